"""Reading on trial, in a process of its own that a file may take down with it.

Who was cut off while reading a file can't know whether the file did it: a machine that is switched off, or runs out of
memory for another reason, looks the same. A process that only reads this file tells. It has a limit of memory, of the
time that it works and of the time that it is waited for.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Self, TypeVar

ATTEMPTS = 3
"""A file that cut off its reading so often is put aside unread, once it is seen to do it again on trial."""
SECONDS = 120.0
"""Longest that a trial takes; the slowest of ten thousand damaged messages took under two."""
BEGINNING = 60.0
"""Longest, in seconds, that the process is waited for to begin: a machine may be busy."""
MEMORY = 2 << 30
"""Bytes of addresses that the process may have."""

_context = multiprocessing.get_context("spawn")
Result = TypeVar("Result")


class CutOff(Exception):
    """What was tried took its process down, or didn't come to its end in time."""


class Stopped(Exception):
    """The process was told from outside to end, or never began; that says nothing of what was tried."""


class Trial:
    """A process in which one thing after another is tried; what takes it down is followed by a fresh one."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def of(self, work: Callable[..., Result], *arguments: object) -> Result:
        """Return what ``work`` returns; it and its arguments can be pickled.

        Raises:
            CutOff: it took the process down (by an error, too), or the time is over.
            Stopped: the process was told to end, or didn't begin: it can't be started, or no longer knows ``work``,
                since another release was put in the place of this one.
        """
        line = self._begun(work, arguments)
        try:
            if not line.poll(self._seconds):
                raise CutOff(f"not read within {self._seconds:g} s")
            result: Result = line.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        except CutOff:
            self.close()
            raise
        return result

    def close(self) -> None:
        """End the process."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._line = self._process = None

    def _begun(self, work: Callable[..., object], arguments: tuple[object, ...]) -> Connection:
        """Hand over what is to be tried; return the line along which the result comes."""
        line = self._ready()
        try:
            line.send((work, arguments, self._seconds))
            begun = line.poll(BEGINNING) and line.recv()
        except (EOFError, OSError):
            begun = False
        if not begun:
            self.close()
            raise Stopped("the process didn't begin")
        return line

    def _ready(self) -> Connection:
        if self._line is None:
            self._line, other = _context.Pipe()
            self._process = _context.Process(target=_try_all, args=(other, self._memory), daemon=True)
            self._process.start()
            other.close()  # so that the line ends with the process
        return self._line

    def _ended(self) -> CutOff | Stopped:
        """Say how the process ended."""
        process = self._process
        assert process is not None
        process.join(self._seconds)
        code = process.exitcode
        self.close()
        return Stopped() if code in (-signal.SIGTERM, -signal.SIGINT) else CutOff(f"ended with {code}")


def ends_well(work: Callable[..., object], *arguments: object, seconds: float | None = None) -> bool:
    """Say whether a process that does ``work`` comes to its end; raises Stopped when it is told to end before."""
    with Trial(seconds or SECONDS) as trial:
        try:
            trial.of(work, *arguments)
        except CutOff:
            return False
    return True


def _try_all(line: Connection, memory: int) -> None:
    """Do what comes along the line; nobody waits for an end that who sent it doesn't live to see."""
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


def _limit(what: int, amount: int) -> None:
    """Lower a limit; the processes that this one starts may set their own."""
    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))


def _worked() -> int:
    """Return the seconds that this process has worked."""
    used: Any = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime)
