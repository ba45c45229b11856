"""Reading on trial: a process of its own says whether reading a message comes to its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from consult.files.mail import trial

MESSAGE = b"From: a@example.cn\r\nSubject: =?utf-8?b?5bu66K6u?=\r\n\r\n\xe5\xbb\xba\xe8\xae\xae\r\n"


def is_killed(_raw: bytes) -> None:
    """End as one ends that ran out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def does_not_end(_raw: bytes) -> None:
    """Take too long."""
    time.sleep(60)


def test_a_message_is_read_to_its_end() -> None:
    assert trial.ends_well(MESSAGE)


@pytest.mark.parametrize("what_it_does", [is_killed, does_not_end])
def test_a_process_that_dies_or_does_not_end_says_so(
    monkeypatch: pytest.MonkeyPatch, what_it_does: Callable[[bytes], None]
) -> None:
    monkeypatch.setattr(trial, "read_whole", what_it_does)
    monkeypatch.setattr(trial, "SECONDS", 0.5)
    assert not trial.ends_well(MESSAGE)
