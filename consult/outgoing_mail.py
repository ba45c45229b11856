"""Mail on its way out: to the department's mail server, or into files under ``data_dir/outbox`` where there is none."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import time
from contextlib import ExitStack, suppress
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from threading import Timer
from typing import Any

from consult.accounts.errors import Refused
from consult.app_context import settings

SECONDS = 30
"""How long one answer of the mail server may take."""
SECONDS_IN_ALL = 90
"""How long one message may take."""
NOT_ALLOWED = (530, 535)
"""Answers that are about the account that sends, not about the message."""


class MailNotSent(Refused):
    """The mail server didn't take a message now; it is tried again."""


class MailRejected(MailNotSent):
    """The mail server will never take this message."""


class MailPutOff(MailNotSent):
    """The mail server doesn't take this message just now; others it may."""


def send(message: EmailMessage) -> str:
    """Send a message, or keep it in the outbox; return its Message-ID without brackets.

    A message of the same Message-ID that is kept in the outbox already isn't kept twice.

    Raises:
        MailNotSent: the server can't be reached or took it not.
        MailRejected: the server says that it will never take it.
        MailPutOff: it doesn't take this message now.
    """
    identifier = str(message["Message-ID"]).strip("<> ")
    if settings().smtp_host:
        _to_server(message)
    else:
        _to_outbox(message, identifier)
    return identifier


def _to_server(message: EmailMessage) -> None:
    """Hand a message to the server within a time in total: one that answers a byte at a time holds nobody up.

    What a server answers to MAIL, RCPT or DATA is about this message; what it answers before, about everything.
    """
    with ExitStack() as open_connections:
        try:
            server = _connection()
            open_connections.callback(_leave, server)
            _introduce(server)
        except (OSError, smtplib.SMTPException) as error:
            raise MailNotSent(f"连不上邮件服务器：{type(error).__name__}。稍后会再发。") from error
        notify = ["NOTIFY=FAILURE,DELAY"] if server.has_extn("dsn") else []
        try:
            server.send_message(message, rcpt_options=notify)
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()), (0, b""))
            raise _fate(code, words) from refused
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
            raise _fate(refused.smtp_code, refused.smtp_error) from refused
        except (OSError, smtplib.SMTPException) as error:
            raise MailPutOff(f"邮件服务器没有答复：{type(error).__name__}。稍后会再发。") from error


def _leave(server: smtplib.SMTP) -> None:
    """Part from a server; what it answers changes nothing about the message."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _introduce(server: smtplib.SMTP) -> None:
    config = settings()
    if config.smtp_starttls:
        server.starttls(context=ssl.create_default_context())
    if config.smtp_user:
        server.login(config.smtp_user, config.smtp_password)
    server.ehlo_or_helo_if_needed()


def _connection() -> smtplib.SMTP:
    config = settings()
    if config.smtp_tls:
        context = ssl.create_default_context()
        return _ServerByTLS(config.smtp_host, config.smtp_port, timeout=SECONDS, context=context)
    return _Server(config.smtp_host, config.smtp_port, timeout=SECONDS)


class _Server(smtplib.SMTP):
    """Waits for a server's answers no longer than a time in total: a socket's limit begins again with every byte."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._ends = time.monotonic() + SECONDS_IN_ALL
        self._is_broken_off = False
        super().__init__(*args, **kwargs)

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer, or have the connection broken off."""
        timer = Timer(max(self._ends - time.monotonic(), 0), self._break_off)
        timer.daemon = True
        timer.start()
        try:
            answer = super().getreply()
        finally:
            timer.cancel()
        if self._is_broken_off:  # the half of a line that had come reads like an answer
            raise smtplib.SMTPServerDisconnected("too slow")
        return answer

    def _break_off(self) -> None:
        self._is_broken_off = True
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _ServerByTLS(_Server, smtplib.SMTP_SSL):
    """A mail server that speaks TLS from the first byte."""


def _fate(code: int, words: bytes | str) -> MailNotSent:
    if code in NOT_ALLOWED:
        return MailNotSent(f"邮件服务器要求登录：{code}。请检查 SMTP_USER、SMTP_PASSWORD。")
    answer = words.decode("utf-8", "replace")[:200] if isinstance(words, bytes) else str(words)[:200]
    if 500 <= code < 600:
        return MailRejected(f"邮件服务器拒收：{code} {answer}")
    return MailPutOff(f"邮件服务器暂时不收：{code} {answer}")


def _to_outbox(message: EmailMessage, identifier: str) -> None:
    folder = settings().data_dir / "outbox"
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() or c in ".-@_" else "_" for c in identifier)[:120]
    path = folder / f"{name}.eml"
    if path.exists():
        return
    fresh = folder / f".{name}.{os.getpid()}"
    fresh.write_bytes(message.as_bytes())
    fresh.replace(path)


def kept_before(moment: datetime) -> list[Path]:
    """Return the letters in this host's outbox that were written before a moment, half written ones among them."""
    folder = settings().data_dir / "outbox"
    files = [path for path in folder.glob("*") if path.is_file()] if folder.is_dir() else []
    return [path for path in files if path.stat().st_mtime < moment.timestamp()]


def remove_kept_before(moment: datetime) -> int:
    """Remove those letters; return how many."""
    letters = kept_before(moment)
    for path in letters:
        path.unlink(missing_ok=True)
    return len(letters)
