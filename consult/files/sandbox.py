"""A sandbox: runs a reader in a subprocess that a hostile file may kill.

When a worker dies while reading a file, the file is not necessarily the cause: a power cut or memory used up by
something else looks the same. A subprocess that reads only this file shows whether it is. It has limits of memory, CPU
time and elapsed time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self, TypeVar

ATTEMPTS = 3
"""Interrupted attempts after which a file is tried in the sandbox, and put aside unread if it fails there."""
SECONDS = 30.0
"""Timeout of one call; the slowest of ten thousand damaged messages took under two seconds."""
BEGINNING = 60.0
"""Timeout in seconds for the start of the subprocess: the machine may be busy."""
MEMORY = 512 << 20
"""Address space of the subprocess, in bytes."""

_context = multiprocessing.get_context("spawn")
Result = TypeVar("Result")


class ReaderDied(Exception):
    """The call killed its subprocess, or didn't finish in time."""


class SandboxStopped(Exception):
    """The subprocess was terminated from outside, or never started; that says nothing about the call."""


class Sandbox:
    """A subprocess for one call after another; it is replaced when a call kills it."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.seconds, self._memory = seconds, memory
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Return the result of ``work``; it and its arguments must be picklable.

        Raises:
            ReaderDied: it killed the subprocess (an exception counts, too), or timed out.
            SandboxStopped: the subprocess was terminated or didn't start: it can't be started, or can't import ``work``
                because another release was deployed in the meantime.
        """
        line = self._begun(work, arguments)
        try:
            if not line.poll(self.seconds):
                raise ReaderDied(f"not read within {self.seconds:g} s")
            result: Result = line.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        except ReaderDied:
            self.close()
            raise
        return result

    def close(self) -> None:
        """Terminate the subprocess."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            _kill(self._process)
            self._process.join()
        self._line = self._process = None

    def _begun(self, work: Callable[..., object], arguments: tuple[object, ...]) -> Connection:
        """Send the call to the subprocess; return the connection that the result comes on."""
        line = self._ready()
        try:
            line.send((work, arguments, self.seconds))
            begun = line.poll(BEGINNING) and line.recv()
        except (EOFError, OSError):
            begun = False
        if not begun:
            self.close()
            raise SandboxStopped("the process didn't begin")
        return line

    def _ready(self) -> Connection:
        if self._line is None:
            self._line, other = _context.Pipe()
            self._process = _context.Process(target=_try_all, args=(other, self._memory), daemon=True)
            self._process.start()
            other.close()  # so that the connection closes with the subprocess
        return self._line

    def _ended(self) -> ReaderDied | SandboxStopped:
        """Return the error for the way the subprocess ended."""
        process = self._process
        assert process is not None
        process.join(self.seconds)
        code = process.exitcode
        self.close()
        return SandboxStopped() if code in (-signal.SIGTERM, -signal.SIGINT) else ReaderDied(f"ended with {code}")


def survives(work: Callable[..., object], *arguments: object, seconds: float | None = None) -> bool:
    """Whether ``work`` finishes in a sandbox; raises SandboxStopped if that is terminated from outside."""
    with Sandbox(seconds or SECONDS) as trial:
        try:
            trial.of(work, *arguments)
        except ReaderDied:
            return False
    return True


def _try_all(line: Connection, memory: int) -> None:
    """Execute the calls that arrive on the connection; ends with its parent."""
    os.setpgid(0, 0)  # so that what a reader starts ends with it
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _limit(resource.RLIMIT_AS, memory)
    try:
        while True:
            work, arguments, seconds = line.recv()
            line.send(True)
            _limit(resource.RLIMIT_CPU, _worked() + int(seconds) + 1)
            line.send(work(*arguments))
    except (EOFError, BrokenPipeError):
        return


def _kill(process: BaseProcess) -> None:
    """Kill a subprocess and what it started."""
    process.kill()
    if process.pid is not None:
        with contextlib.suppress(OSError):  # nothing is left of its group
            os.killpg(process.pid, signal.SIGKILL)


def _limit(what: int, amount: int) -> None:
    """Lower a resource limit; child processes may set others."""
    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))


def _worked() -> int:
    """Return the CPU seconds used by this process."""
    used: Any = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime)
