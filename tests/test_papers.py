"""The papers beside the code: decisions, links between pages, licences of what the platform uses."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from importlib import import_module
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

from config import Settings
from consult.store import Base
from scripts import er_diagram, labels, sbom
from scripts.audit import verdict

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

FREE = re.compile(r"MIT|BSD|Apache|PSF|LGPL|Lesser General Public")
"""Licences that go with the project's own; see docs/decisions/0024-licence.md."""
DECIDED = {"psycopg", "psycopg-binary", "python-stdnum", "feedgen", "docxtpl"}
"""Packages under the LGPL that the decision names."""
BY_FILE = {"certifi"}
"""Packages under the MPL that the decision names."""


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the checkout that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).exists()]


def links(page: Path) -> list[str]:
    """Return the relative targets of a page's links and pictures, without their fragments."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#|/", target)]


def test_every_decision_has_a_number_of_its_own_a_date_and_a_status():
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    for page in DECISIONS:
        title, blank, date, status = page.read_text(encoding="utf-8").splitlines()[:4]
        assert title.startswith("# "), page.name
        assert blank == "", page.name
        assert re.fullmatch(r"- Date: 20\d\d-\d\d-\d\d", date), page.name
        assert re.fullmatch(r"- Status: (accepted|superseded by \d{4})", status), page.name


def test_the_index_of_decisions_is_complete():
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{4}) \| \[(.+?)\]\((.+?)\) \| (\S+) \| .+ \|$", index, re.MULTILINE)
    expected = []
    for page in DECISIONS:
        title, _, date, _ = page.read_text(encoding="utf-8").splitlines()[:4]
        expected.append((page.name[:4], title.removeprefix("# "), page.name, date.removeprefix("- Date: ")))
    assert rows == expected


ROOMS = {path.name.removesuffix(".py") for path in (ROOT / "consult").iterdir()} - {"__init__", "__pycache__"}
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "consult").rglob("*.py"))


def is_named_rightly(code: str) -> bool:
    """Say whether what a page names in code is there: a path, a module or what is in it, a function that is called.

    Rooms of ``consult`` may be named without it. What is neither, such as a field or a library's name, isn't judged.
    """
    if re.fullmatch(r"[\w-][\w./*-]*/[\w./*-]*|\w+\.py", code):
        top = code.split("/")[0]
        folders = [ROOT, ROOT / "consult"] if "/" in code else [ROOT]
        known = top in ROOMS or (ROOT / top).exists() or code.endswith(".py")
        return not known or any(any(folder.glob(code.rstrip("/"))) for folder in folders)
    if re.fullmatch(r"\w+(\.\w+)+(\(.*\))?", code):
        return is_importable(code.split("(")[0])
    if match := re.fullmatch(r"([a-z]\w*)\(.*\)", code):
        return re.search(rf"\b{match[1]}\(", SOURCE) is not None
    return True


def is_importable(dotted: str) -> bool:
    """Say whether a dotted name leads to a module of the house or to what is in it; other names aren't judged."""
    first, *names = dotted.removeprefix("consult.").split(".")
    if first not in ROOMS:
        return (
            first not in {"tests", "benchmarks", "scripts"}
            or (ROOT / dotted.replace(".", "/")).with_suffix(".py").exists()
        )
    module = import_module(f"consult.{first}")
    while names and hasattr(module, "__path__") and find_spec(f"{module.__name__}.{names[0]}") is not None:
        module = import_module(f"{module.__name__}.{names.pop(0)}")
    thing: object = module
    for name in names:
        if not hasattr(thing, name):
            return False
        thing = getattr(thing, name)
    return True


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: decision.stem)
def test_what_a_decision_names_of_the_code_is_there(decision: Path):
    text = re.sub(r"```.*?```", "", decision.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not [code for code in re.findall(r"`([^`\n]+)`", text) if not is_named_rightly(code)]


@pytest.mark.parametrize(
    "code",
    ["store/tally.py", "witness.py", "intake.scanning.content_of", "consult.store.locking.hold", "hold_still(row)"],
)
def test_what_was_renamed_is_found_missing(code: str):
    assert not is_named_rightly(code)


def test_a_folder_of_decisions_holds_nothing_without_a_number():
    others = {page.name for page in (ROOT / "docs/decisions").iterdir()} - {page.name for page in DECISIONS}
    assert others == {"README.md"}


@pytest.mark.parametrize("page", tracked("*.md"), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path):
    broken = [target for target in links(page) if not (page.parent / target).exists()]
    assert not broken


def test_every_page_that_a_source_names_exists():
    missing = {
        f"{source.relative_to(ROOT)}: {name}"
        for source in tracked("*.py", "*.html", "*.js", "*.css", "*.toml", "Makefile")
        for name in re.findall(r"docs/[\w/.-]+\.md", source.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    }
    assert not missing


def test_every_package_that_the_platform_needs_is_under_a_licence_that_was_weighed():
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements/runtime.txt").read_text(encoding="utf-8"), re.MULTILINE)
    stated = {name: licence(name) for name in locked}
    assert {name for name, text in stated.items() if not FREE.search(text)} == BY_FILE
    assert {name for name, text in stated.items() if "LGPL" in text or "Lesser" in text} == DECIDED


def licence(package: str) -> str:
    """Return what an installed package states about its licence."""
    stated = metadata(package)
    classifiers = [text for text in stated.get_all("Classifier") or [] if text.startswith("License")]
    text = f"{stated.get('License-Expression') or ''} {(stated.get('License') or '')[:80]} {' '.join(classifiers)}"
    return text if text.strip() else NOT_STATED.get(package, "")


NOT_STATED = {"huey": "MIT", "pyrage": "MIT"}
"""Packages whose metadata say nothing, with the licence that their distribution holds."""


def test_the_bill_of_materials_has_all_that_is_locked_and_all_that_is_vendored():
    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    listed = json.loads(sbom.bill())["components"]
    packages = {f"{item['name']}=={item['version']}" for item in listed if item["purl"].startswith("pkg:pypi/")}
    assert packages == set(re.findall(r"^[^\s#]+==[^\s\\;]+", locked, re.MULTILINE))
    digests = {each["content"] for item in listed for each in item.get("hashes", [])}
    assert digests == set(re.findall(r"sha256:([0-9a-f]{64})", locked))
    scripts = {(item["name"], item["version"]) for item in listed if item["purl"].startswith("pkg:npm/")}
    vendored = (ROOT / "static" / "vendor" / "README.md").read_text(encoding="utf-8")
    assert scripts == set(re.findall(r"`([\w-]+)` \(npm\) \| ([\d.]+)", vendored))


def test_an_audit_that_got_no_answer_is_no_clean_audit():
    clean = {"name": "flask", "version": "3.1.3", "vulns": []}
    skipped = {"name": "lxml", "skip_reason": "not found"}
    vulnerable = {"name": "lxml", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}

    assert verdict(ROOT, {"dependencies": [clean]})[0] is True
    assert verdict(ROOT, {"dependencies": [clean, skipped]})[0] is False
    assert verdict(ROOT, {"dependencies": [clean, vulnerable]})[0] is False
    assert verdict(ROOT, {"dependencies": []})[0] is False
    assert verdict(ROOT, None)[0] is False


PATHS = re.compile(
    r"`(config\.py|(?:consult|tests|scripts|templates|static|docs|migrations|requirements|benchmarks)/[\w/.*-]+)`"
)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/security.md"])
def test_every_path_that_a_page_names_exists(page: str):
    named = PATHS.findall((ROOT / page).read_text(encoding="utf-8"))
    assert named
    assert not [path for path in named if not list(ROOT.glob(path.rstrip("/")))]


def settings_of(page: str) -> list[list[str]]:
    """Return the settings that each row of a page's table of settings names."""
    first_cells = re.findall(r"^\| (`[A-Z].*?) \|", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    return [re.findall(r"`([A-Z][A-Z_]+)`", cell) for cell in first_cells]


def test_both_introductions_name_the_same_settings_and_each_is_a_setting():
    rows = settings_of("README.md")
    assert len(rows) > 25
    assert settings_of("README.zh.md") == rows
    assert not {name for row in rows for name in row} - {name.upper() for name in Settings.model_fields}


def drawn(text: str) -> str:
    """Return what a picture or page says of tables and columns, without the sentences that models say of themselves."""
    return re.sub(r"<title>.*?</title>|(?<=` \| )[^|`]*(?:`[^|`]*`[^|`]*)*(?= \| )", "", text, flags=re.DOTALL)


def test_the_picture_of_the_tables_shows_the_models_as_they_are():
    panels = er_diagram.panels()
    stale = "the models changed: run `make diagram` and commit docs/er.svg and docs/data-model.md"
    assert drawn((ROOT / er_diagram.SVG).read_text(encoding="utf-8")) == drawn(er_diagram.drawing(panels)), stale
    assert drawn((ROOT / er_diagram.PAGE).read_text(encoding="utf-8")) == drawn(er_diagram.listing(panels)), stale


def test_every_table_is_in_the_picture_once():
    drawn = [table.name for panel in er_diagram.panels() for table in panel.tables]
    assert sorted(drawn) == sorted(Base.metadata.tables)


GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")


def classes_of(package: str) -> dict[str, str]:
    """Return the body of every class in a package of ``consult``, by its name."""
    bodies: dict[str, str] = {}
    for source in ROOT.glob(f"consult/**/{package}/**/*.py"):
        for name, body in re.findall(
            r"^class (\w+)\b(.*?)(?=^\S|\Z)", source.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            bodies.setdefault(name, body)
    return bodies


def test_every_class_of_the_glossary_is_in_the_package_that_it_names():
    rows = re.findall(r"^\| `(\w+)` \| ([a-z]+) \|", GLOSSARY, re.MULTILINE)
    assert len(rows) > 20
    assert not [(name, package) for name, package in rows if name not in classes_of(package)]


@pytest.mark.parametrize(("name", "package"), re.findall(r"^### `(\w+)` in (\w+):", GLOSSARY, re.MULTILINE))
def test_every_state_of_the_models_has_its_word_in_the_glossary(name: str, package: str):
    section = GLOSSARY.split(f"### `{name}` in {package}:")[1].split("\n###")[0]
    [states] = [states for states in labels.labelled() if labels.name_of(states) == f"consult.{package}.models.{name}"]
    declared = [
        (member.name, member.label.words, member.label.public.words if member.label.public else "") for member in states
    ]
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|；]+?)(?:；对公众：([^|]+?))? \|", section, re.MULTILINE)
    assert rows == declared


def test_fifteen_everyday_changes_each_name_their_files():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    changes = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    assert [change.split(".")[0] for change in changes[:15]] == [str(number) for number in range(1, 16)]
    assert not [change for change in changes if not PATHS.findall(change)]


def test_a_module_named_beside_another_exists():
    """``as_docx.py`` or ``names.py`` alone: some module of the platform has that name."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    known = {source.name for source in tracked("*.py")}
    assert not [name for name in re.findall(r"`(\w+\.py)`", text) if name not in known]


def events() -> dict[str, tuple[str, str]]:
    """Return what the sources log: level and file of each event."""
    written: dict[str, tuple[str, str]] = {}
    for source in tracked("consult/*.py"):
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not call.args or not isinstance(call.func, ast.Attribute):
                continue
            logs = call.func.attr == "_log_once" or ast.unparse(call.func.value) == "log"
            if logs and isinstance(call.args[0], ast.Constant):
                level = call.func.attr if call.func.attr in ("info", "warning") else "error"
                written[call.args[0].value] = level, str(source.relative_to(ROOT))
    return written


def test_the_page_of_what_is_logged_names_every_event_and_who_writes_it():
    page = (ROOT / "docs/logging.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (info|warning|error) \| `([^`]+)` \|", page, re.MULTILINE)
    assert {event: (level, place) for event, level, place in rows} == events()
    assert [event for event, _, _ in rows] == sorted(events())
