"""CPU that commands take from start to end, against Python importing Flask and SQLAlchemy and nothing else.

    python -m benchmarks.command_line

Prints the median CPU seconds of ``flask --help`` and ``flask consultation show`` on a small database, and of importing
``wsgi`` as a web server does, each with its ratio against ``python -c "import flask, sqlalchemy"`` (goal for the two
commands: at most 2.0). CPU time of the process and not the clock on the wall, so that other work on the machine counts
little; the commands take turns, so that it counts alike.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.road import a_consultation, an_app
from config import ROOT
from consult.store import db

ROUNDS = 5
GOAL = 2.0
FLASK = str(Path(sys.executable).with_name("flask"))
BASELINE = "import flask, sqlalchemy"
SLUG = "command-line"
COMMANDS: Mapping[str, Sequence[str]] = {
    BASELINE: (sys.executable, "-c", BASELINE),
    "flask --help": (FLASK, "--help"),
    "flask consultation show": (FLASK, "consultation", "show", SLUG),
    "import wsgi": (sys.executable, "-c", "import wsgi"),
}
WITH_GOAL = ("flask --help", "flask consultation show")


def cpu_seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command that must succeed, and return the CPU seconds of its process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=dict(environment))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment_for(folder: Path) -> dict[str, str]:
    """Return the environment of commands on a small database in ``folder``."""
    app = an_app(folder)
    url = str(app.config["SQLALCHEMY_DATABASE_URI"])
    with app.app_context():
        a_consultation(SLUG)
        db.engine.dispose()
    settings = {"DATA_DIR": str(folder), "DATABASE_URL": url, "SECRET_KEY": "benchmark", "FLASK_APP": "wsgi:app"}
    return os.environ | settings


def main() -> None:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as name:
        environment = environment_for(Path(name))
        seconds: dict[str, list[float]] = {label: [] for label in COMMANDS}
        for command in COMMANDS.values():
            cpu_seconds(command, environment)  # once uncounted: byte code is written, files are read from the disk
        for _ in range(ROUNDS):
            for label, command in COMMANDS.items():
                seconds[label].append(cpu_seconds(command, environment))
    baseline = statistics.median(seconds[BASELINE])
    for label, measured in seconds.items():
        median = statistics.median(measured)
        goal = f"; goal {GOAL}" if label in WITH_GOAL else ""
        print(f"{label}: {median:.2f} s of CPU; ratio {median / baseline:.2f}{goal}")


if __name__ == "__main__":
    main()
