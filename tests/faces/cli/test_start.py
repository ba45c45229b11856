"""The command line starts like a command line: it lists its groups without importing what stands behind them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import FlaskGroup

from config import ROOT
from consult.faces.cli.groups import GROUPS, LazyGroup
from consult.start import on_demand
from tests.faces.cli.console import run
from tests.world import open_consultation

HEAVY = (
    "alembic", "argon2", "babel", "bleach", "consult.faces.desk", "consult.faces.public", "consult.text.parser",
    "cryptography", "docx", "huey", "imap_tools", "lxml", "numpy", "opencc", "openpyxl", "pypdfium2", "rapidfuzz",
    "rjieba", "sklearn", "typst", "wtforms",
)  # fmt: skip
"""What neither the list of commands nor a look at one consultation needs."""
BESIDE_HELP = ("consult.app", "pydantic", "sqlalchemy")
"""What a look at a consultation needs, and the list of commands doesn't."""
CONTRACT = (
    "db upgrade", "demo load", "user create", "draft outline", "draft compare", "draft citations",
    "consultation create", "consultation publish", "consultation show", "mailbox fetch", "mailbox ingest",
    "submissions import", "submissions export", "consultees import", "consultees invite", "consultees remind",
    "consultees responses", "consultees confirm",
    "adoption group", "adoption import", "adoption export", "report build", "report publish",
    "meeting check", "archive build", "ledger verify", "review record", "review show",
    "worker run", "jobs run-once", "draft check", "draft register",
)  # fmt: skip
"""Commands that other programs call."""
PROBE = """
import sys
from flask.cli import main
try:
    main()
except SystemExit as ended:
    code = ended.code
heavy = sys.argv[0].split(",")
print("IMPORTED", *(name for name in heavy if name in sys.modules))
sys.exit(code)
"""


def imported_by(data_dir: Path, database_url: str, heavy: tuple[str, ...], *arguments: str) -> list[str]:
    """Run ``flask`` in a process of its own; return which of the heavy modules it had imported at its end."""
    probe = PROBE.replace("sys.argv[0].split", f"{','.join(heavy)!r}.split")
    environment = os.environ | {"DATA_DIR": str(data_dir), "DATABASE_URL": database_url, "FLASK_APP": "wsgi:app"}
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments],
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("IMPORTED")[2].split()


@pytest.fixture
def console(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """``flask …`` with an application that is set up as far as it is needed, on the test's database."""
    monkeypatch.setenv("DATABASE_URL", app.config["SETTINGS"].database_url)
    monkeypatch.setenv("DATA_DIR", str(app.config["SETTINGS"].data_dir))
    monkeypatch.setenv("RATELIMIT_ENABLED", "false")

    def command(*arguments: str) -> tuple[int, str]:
        result = on_demand().test_cli_runner().invoke(args=list(arguments))
        return result.exit_code, result.output

    return command


def _itself(app: Flask) -> Flask:
    return app


def test_help_lists_every_group_with_its_help(app: Flask) -> None:
    listed = run(app, "--help").stdout
    for name, group in GROUPS.items():
        assert any(line.split() == [name, *group.help.split()] for line in listed.splitlines()), name


def test_the_list_and_the_modules_say_the_same_of_a_group(app: Flask) -> None:
    for name, listed in GROUPS.items():
        group = app.cli.commands[name]
        assert isinstance(group, LazyGroup)
        assert group.load().help == group.help == listed.help


def test_a_command_in_a_module_of_its_own_is_the_command_of_its_group(app: Flask) -> None:
    for name, listed in GROUPS.items():
        group = LazyGroup(app, name)  # type: ignore[arg-type]
        context = click.Context(group)
        alone = {command: group.get_command(context, command) for command in listed.light}
        assert alone == {command: group.load().get_command(context, command) for command in listed.light}


def test_help_imports_nothing_that_is_heavy(tmp_path: Path) -> None:
    assert imported_by(tmp_path, "", HEAVY + BESIDE_HELP, "--help") == []


def test_showing_a_consultation_imports_nothing_that_is_heavy(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    arguments = ("consultation", "show", open_consultation().slug)
    assert imported_by(settings.data_dir, settings.database_url, HEAVY, *arguments) == []


def test_the_probe_sees_what_a_command_imports(tmp_path: Path) -> None:
    assert "consult.text.parser" in imported_by(tmp_path, "", HEAVY, "draft", "outline", "--help")


@pytest.mark.parametrize("words", CONTRACT)
def test_commands_that_other_programs_call_are_found(app: Flask, words: str) -> None:
    result = run(app, *words.split(), "--help")
    assert result.exit_code == 0, result.output


def test_routes_shows_the_same_addresses_on_demand_as_under_a_server(
    app: Flask, console: Callable[..., tuple[int, str]]
) -> None:
    assert console("--help")[0] == 0  # nothing before asked for the addresses
    listed = [
        CliRunner().invoke(FlaskGroup(create_app=partial(_itself, each)), ["routes"]).output
        for each in (app, on_demand())
    ]
    assert listed[0] == listed[1]
    assert "public.home" in listed[1]


def test_an_application_on_demand_answers_requests_as_a_whole_one_does(
    app: Flask, console: Callable[..., tuple[int, str]]
) -> None:
    consultation = open_consultation()
    answers = [each.test_client().get("/").text for each in (app, on_demand())]
    assert consultation.title in answers[0]
    assert answers[0] == answers[1]


def test_jobs_are_known_to_commands_that_ask_for_no_page(app: Flask, console: Callable[..., tuple[int, str]]) -> None:
    assert console("jobs", "list")[1] == run(app, "jobs", "list").output


def test_a_command_without_pages_runs_the_hooks_of_later_stages(
    console: Callable[..., tuple[int, str]],
) -> None:
    from consult.intake.hooks import after_assignment
    from consult.mailbox.hooks import mail_hooks
    from consult.moderation.hooks import after_screening

    console("user", "list")
    assert all(hooks.all() for hooks in (after_assignment, mail_hooks, after_screening))


def test_a_server_gets_the_whole_application_before_the_first_request(tmp_path: Path) -> None:
    script = "import sys, wsgi; print('consult.faces.desk.meeting.gate' in sys.modules, 'docx' in sys.modules)"
    environment = {k: v for k, v in os.environ.items() if k != "FLASK_RUN_FROM_CLI"} | {"DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert done.stdout.split() == ["True", "True"]
