"""LibreOffice as the tests need it: one headless process with a profile of its own, driven by its own Python."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 90
"""How long a start or an edit may take on a busy machine."""
PYTHON = "/usr/bin/python3"
"""Debian's Python, for which python3-uno is installed."""
EDIT = Path(__file__).with_name("edit.py")


@dataclass
class LibreOffice:
    """A running soffice."""

    home: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> LibreOffice:
        """Start soffice; it listens on a pipe that only this test process knows."""
        home = Path(tempfile.mkdtemp(prefix="calc-"))
        process = subprocess.Popen(
            [
                "soffice", "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
                f"-env:UserInstallation=file://{home}/profile", f"--accept=pipe,name={home.name};urp;",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        return cls(home, process)

    def edit(self, source: Path, target: Path, sheets: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Open a file, edit its sheets as ``edit.py`` says, save it as XLSX; return what it saw before."""
        order = json.dumps({"pipe": self.home.name, "source": str(source), "target": str(target), "sheets": sheets})
        deadline = time.monotonic() + SECONDS
        while True:
            done = subprocess.run(
                [PYTHON, str(EDIT)], input=order, capture_output=True, text=True, timeout=SECONDS, check=False
            )
            if done.returncode != 3:  # 3: it doesn't listen yet
                break
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError("soffice doesn't answer")
            time.sleep(0.3)
        assert done.returncode == 0, done.stderr
        saw: dict[str, Any] = json.loads(done.stdout)
        return saw

    def stop(self) -> None:
        """End it and everything that it started."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)
