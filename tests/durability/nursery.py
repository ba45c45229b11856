"""A parent with the application loaded, which forks the site's processes on demand: a start costs milliseconds.

``python -m tests.durability.nursery SLUG`` rehearses on a consultation, then reads one word a line from its standard
input, forks that process as the leader of a group of its own, and answers with its number. Settings come from the
environment, as in production.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from config import ROOT


def _web() -> None:
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", "wsgi:app"]
    run()


def _flask(*words: str) -> Callable[[], None]:
    def command() -> None:
        from flask.cli import ScriptInfo

        from wsgi import app

        app.cli.main(list(words), prog_name="flask", obj=ScriptInfo(create_app=lambda: app))

    return command


PROCESSES: Mapping[str, Callable[[], None]] = {
    "web": _web,
    "worker": _flask("worker", "run"),
    "fetch": _flask("mailbox", "fetch", "--json"),
}


def _rehearse(slug: str) -> None:
    """Do once what the processes will do, so that what is compiled and loaded on first use is inherited by each."""
    from consult.store import db
    from wsgi import app

    browser = app.test_client()
    browser.get(f"/consultations/{slug}/comment")
    receipt = browser.post(f"/api/v1/consultations/{slug}/submissions", json={"content": "试一下。"}).json
    browser.get(f"{receipt['receipt']}?key={receipt['key']}", follow_redirects=True)
    app.test_cli_runner().invoke(args=["jobs", "run-once"])
    with app.app_context():
        db.engine.dispose()


def _main(slug: str) -> None:
    import gunicorn.app.wsgiapp
    import gunicorn.workers.gthread  # noqa: F401 - loaded here, so that no child has to

    _rehearse(slug)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the children
    print("ready", flush=True)
    for word in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            os.setsid()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            PROCESSES[word.strip()]()
            os._exit(0)
        print(child, flush=True)


class Nursery:
    """The parent, seen from a test."""

    def __init__(self, environment: Mapping[str, str], slug: str, log: Path) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.nursery", slug],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("ab"),
            text=True,
        )
        assert self._parent.stdout is not None
        assert self._parent.stdout.readline() == "ready\n", log.read_text()

    def start(self, name: str) -> Running:
        """Fork one of PROCESSES."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{name}\n")
        self._parent.stdin.flush()
        return Running(name, int(self._parent.stdout.readline()))

    def close(self) -> None:
        """End the parent; its children are killed by who started them."""
        self._parent.kill()
        self._parent.wait()


class Running:
    """A process that was started, with its children."""

    def __init__(self, name: str, pid: int) -> None:
        self.name, self.pid = name, pid

    def is_alive(self) -> bool:
        """Whether the process itself still runs."""
        return Path(f"/proc/{self.pid}").exists()

    def children(self) -> list[int]:
        """Return its living children: of the web server, the web workers."""
        try:
            return [int(word) for word in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except FileNotFoundError:
            return []

    def kill(self) -> bool:
        """Kill the process and its children where they stand; say whether it was still running."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return kill(self.pid)  # one that was forked just now leads no group yet
        return True


def kill(pid: int) -> bool:
    """Kill one process where it stands; say whether it was still running."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    _main(sys.argv[1])
