"""Reading on trial: a process of its own says whether reading a file comes to its end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from consult.files import sandbox
from consult.files.mail.message_reader import read_with_attachments
from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped

MESSAGE = b"From: a@example.cn\r\nSubject: =?utf-8?b?5bu66K6u?=\r\n\r\n\xe5\xbb\xba\xe8\xae\xae\r\n"


def is_killed(*_: object) -> str:
    """End as one ends that ran out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def is_told_to_end(*_: object) -> str:
    """End as one ends whose service is stopped."""
    os.kill(os.getpid(), signal.SIGTERM)
    return ""


def does_not_end(*_: object) -> str:
    """Take too long."""
    time.sleep(60)
    return ""


def needs_too_much(*_: object) -> int:
    """Ask for more memory than a trial has."""
    return len(bytearray(sandbox.MEMORY))


def works_for_ever(*_: object) -> None:
    """Work as long as one is let."""
    while True:
        pass


def fails(*_: object) -> str:
    """Raise what nobody foresaw."""
    raise RuntimeError("unforeseen")


def process() -> int:
    """Name the process."""
    return os.getpid()


def test_a_message_is_read_to_its_end() -> None:
    assert sandbox.survives(read_with_attachments, MESSAGE)


@pytest.mark.parametrize(
    ("what_it_does", "seconds", "how"),
    [
        (is_killed, sandbox.SECONDS, "ended with -9"),
        (does_not_end, 0.5, "not read within 0.5 s"),
        (needs_too_much, sandbox.SECONDS, "ended with 1"),
        (fails, sandbox.SECONDS, "ended with 1"),
    ],
)
def test_a_process_that_dies_or_does_not_end_says_how(
    what_it_does: Callable[..., object], seconds: float, how: str
) -> None:
    with Sandbox(seconds) as tried, pytest.raises(ReaderDied, match=f"^{how}$"):
        tried.of(what_it_does, MESSAGE)
    assert not sandbox.survives(what_it_does, MESSAGE, seconds=seconds)


def test_as_much_memory_as_is_allowed_is_had() -> None:
    with Sandbox(memory=sandbox.MEMORY + (1 << 30)) as tried:
        assert tried.of(needs_too_much) == sandbox.MEMORY


def test_one_that_is_told_to_end_says_nothing_of_the_file() -> None:
    with Sandbox() as tried, pytest.raises(SandboxStopped):
        tried.of(is_told_to_end)


def test_one_that_does_not_begin_says_nothing_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = ModuleType("tests.files.replaced_by_another_release")
    monkeypatch.setitem(sys.modules, replaced.__name__, replaced)
    monkeypatch.setattr(process, "__module__", replaced.__name__)
    monkeypatch.setattr(replaced, "process", process, raising=False)
    with Sandbox() as tried, pytest.raises(SandboxStopped):
        tried.of(process)


def test_one_process_reads_many_and_another_goes_on_when_it_is_taken_down() -> None:
    with Sandbox() as tried:
        first = tried.of(process)
        assert tried.of(process) == first != os.getpid()
        with pytest.raises(ReaderDied):
            tried.of(is_killed)
        assert tried.of(process) not in (first, os.getpid())


def test_a_process_that_nobody_waits_for_any_more_does_not_work_for_ever() -> None:
    with Sandbox() as tried:
        line = tried._ready()
        line.send((works_for_ever, (), 0))
        assert line.recv() is True, "it has begun"
        assert line.poll(30)
        with pytest.raises(EOFError):
            line.recv()
