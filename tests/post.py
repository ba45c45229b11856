"""A real mail server that takes what the platform sends, and refuses whom a test tells it to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from consult.app_context import settings


class Post:
    """What a real mail server took, and whom it refuses for good or for now."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.refuses: dict[str, str] = {}

    async def take_recipient(self, *given: Any) -> str:
        """Take a recipient or not."""
        envelope, address = given[2], given[3]
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def take_message(self, *given: Any) -> str:
        """Take a message."""
        self.taken.append(given[2])
        return "250 OK"


@contextmanager
def a_mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """Run a mail server that the running application sends to."""
    post = Post()
    handler = SimpleNamespace(handle_RCPT=post.take_recipient, handle_DATA=post.take_message)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
    monkeypatch.setattr(settings(), "smtp_port", port)
    try:
        yield post
    finally:
        controller.stop()
