"""Mail on its way out: to the department's mail server, or into files under ``data_dir/outbox`` where there is none."""

from __future__ import annotations

import os
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from consult.accounts.errors import Refused
from consult.app_context import settings

SECONDS = 30


class MailNotSent(Refused):
    """The mail server didn't take a message now; it is tried again."""


class MailRejected(MailNotSent):
    """The mail server will never take this message: the address is wrong."""


class MailPutOff(MailNotSent):
    """The mail server takes nothing for this address just now; for others it may."""


def send(message: EmailMessage) -> str:
    """Send a message, or keep it in the outbox; return its Message-ID without brackets.

    A message of the same Message-ID that is kept in the outbox already isn't kept twice.

    Raises:
        MailNotSent: the server can't be reached or took it not.
        MailRejected: the server says that it will never take it.
        MailPutOff: it takes nothing for this address now.
    """
    identifier = str(message["Message-ID"]).strip("<> ")
    if settings().smtp_host:
        _to_server(message)
    else:
        _to_outbox(message, identifier)
    return identifier


def _to_server(message: EmailMessage) -> None:
    config = settings()
    try:
        with smtplib.SMTP(config.smtp_host, config.smtp_port, timeout=SECONDS) as server:
            if config.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if config.smtp_user:
                server.login(config.smtp_user, config.smtp_password)
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()), (0, b""))
        answer = words.decode("utf-8", "replace")[:200] if isinstance(words, bytes) else str(words)[:200]
        if 500 <= code < 600:
            raise MailRejected(f"邮件服务器不收这个地址：{code} {answer}") from refused
        raise MailPutOff(f"邮件服务器暂时不收：{code} {answer}") from refused
    except (OSError, smtplib.SMTPException) as error:
        raise MailNotSent(f"邮件发不出去：{type(error).__name__}。稍后会再发。") from error


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
