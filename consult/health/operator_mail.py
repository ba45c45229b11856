"""Mail to the operator about what has been red for a while: once for each trouble, and once when it is over.

Since when something is red lies in a file, because the database may be what is away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from consult import outgoing_mail
from consult.app_context import settings
from consult.clock import local
from consult.files.mail.compose import AddressRefused, message
from consult.health.checks import Finding, Level

log = structlog.get_logger()

Known = dict[str, dict[str, str]]
"""What is red by its name: ``since``, and ``written`` once the operator was written to."""


def look(findings: Sequence[Finding], at: datetime) -> int:
    """Write to the operator about what has been red long enough, and about what is well again; return how many mails.

    A mail that isn't taken is tried again at the next look.
    """
    known, red = _read(), {finding.name: finding for finding in findings if finding.level is Level.RED}
    over = [name for name, of in known.items() if name not in red and of.get("written")]
    current: Known = {
        name: known.get(name, {"since": at.isoformat(), "title": finding.title}) for name, finding in red.items()
    }
    patience = timedelta(minutes=settings().operator_mail_minutes)
    due = [
        name
        for name, of in current.items()
        if not of.get("written") and at - datetime.fromisoformat(of["since"]) >= patience
    ]
    for name in due:
        log.error("health_red", check=name, since=current[name]["since"])
    sent = 0
    if due and _write("异常", [_line(red[name], current[name]["since"]) for name in due], at):
        sent += 1
        for name in due:
            current[name] = {**current[name], "written": at.isoformat()}
    if over and not _write("已经恢复", [f"{known[name].get('title', name)}：已经恢复。" for name in over], at):
        current |= {name: known[name] for name in over}
    elif over:
        sent += 1
    _store(current)
    return sent


def _line(finding: Finding, since: str) -> str:
    return f"{finding.title}（自 {local(datetime.fromisoformat(since)):%Y-%m-%d %H:%M} 起）：{finding.words}"


def _write(what: str, lines: Sequence[str], at: datetime) -> bool:
    """Write to the operator; return whether that is done: also where there is nobody to write to."""
    config = settings()
    if not config.operator_mail:
        return True
    try:
        mail = message(
            sender=config.mail_sender,
            sender_name=config.site_name,
            to=config.operator_mail,
            subject=f"{config.site_name}：{what} {len(lines)} 项",
            text="\n".join([*lines, "", f"详情见办公端“运行情况”，或者运行 flask jobs list。{config.public_url}"]),
            at=at,
        )
        outgoing_mail.send(mail)
    except (outgoing_mail.MailNotSent, AddressRefused, OSError) as error:
        log.error("operator_not_written_to", error=type(error).__name__)
        return False
    return True


def _path() -> Path:
    return settings().data_dir / "jobs" / "red.state"


def _read() -> Known:
    try:
        stored = json.loads(_path().read_text(encoding="utf-8"))
        return {str(name): {str(key): str(value) for key, value in of.items()} for name, of in stored.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _store(known: Known) -> None:
    fresh = _path().with_suffix(f".{os.getpid()}")
    try:
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
        fresh.replace(_path())
    except OSError as error:  # the disk may be what is red
        log.error("operator_state_not_kept", error=type(error).__name__)
