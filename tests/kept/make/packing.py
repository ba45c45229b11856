"""What is packed: the data folder, the database as rows or as a file, and what to expect of both."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import func, inspect, select

from consult.clock import now
from consult.consultees.models import Invitation, Member, Response
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.intake import receipts
from consult.intake.mailbox import keeping
from consult.intake.mailbox.models import MailMessage
from consult.intake.models import Channel, Submission
from consult.ledger import checking, checkpoints
from consult.meeting import service as meeting
from consult.reporting.models import FeedbackReport, ReportState
from consult.app_context import blobs
from consult.store import db
from tests.kept.make.base import ACCOUNTS, PASSWORD, World
from tests.kept.make.pages import addresses

NAME = "0021"
LEFT_OUT = ("jobs", "queue.sqlite3")


def pack(world: World, kind: str, data: Path, url: str, out: Path) -> None:
    """Write the archive and the manifest of one kind of database."""
    checked = checking.Checked()
    faults = list(everything_wrong(checked))
    # Answers by mail: the code of then set who speaks after the digest was taken, and took its own change for a forgery.
    answers = set(
        db.session.scalars(select(Submission.number).join(Response).where(Submission.channel == Channel.MAILBOX))
    )
    assert {fault.which for fault in faults} == answers, faults
    expected = _expected(world, kind, checked) | {"faults": sorted(answers)}
    db.session.remove()
    rows = _rows_of(url) if url else {}
    db.engine.dispose()
    out.mkdir(parents=True, exist_ok=True)
    if not url:
        with sqlite3.connect(data / "consult.sqlite3") as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("VACUUM")
        connection.close()
    with tarfile.open(out / f"{NAME}-{kind}.tar.xz", "w:xz", preset=9) as archive:
        for path in sorted(data.rglob("*")):
            inside = path.relative_to(data)
            if path.is_file() and inside.parts[0] not in LEFT_OUT and not path.name.endswith(("-wal", "-shm")):
                archive.add(path, f"data/{inside}")
        for name, content in rows.items():
            member = tarfile.TarInfo(f"rows/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    text = json.dumps(expected, ensure_ascii=False, indent=1, sort_keys=True)
    (out / f"{NAME}-{kind}.json").write_text(text + "\n", encoding="utf-8")


def _rows_of(url: str) -> dict[str, bytes]:
    """Return each table's rows in COPY's text format, its columns, and where the sequences are."""
    files: dict[str, bytes] = {}
    order: list[dict[str, Any]] = []
    inspected = inspect(db.engine)
    known = [table.name for table in db.metadata.sorted_tables]
    assert set(known) | {"alembic_version"} == set(inspected.get_table_names())
    with psycopg.connect(url) as connection:
        for name in known:
            columns = [column["name"] for column in inspected.get_columns(name)]
            listed = ", ".join(f'"{column}"' for column in columns)
            with connection.cursor().copy(f'COPY "{name}" ({listed}) TO STDOUT') as copy:
                files[f"{name}.copy"] = b"".join(bytes(block) for block in copy)
            order.append({"table": name, "columns": columns})
        sequences = dict(
            connection.execute(
                "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
            ).fetchall()
        )
    files["tables.json"] = json.dumps({"tables": order, "sequences": sequences}, indent=1).encode()
    return files


def _expected(world: World, kind: str, checked: checking.Checked) -> dict[str, Any]:
    at = now()
    every = list(db.session.scalars(select(Consultation).order_by(Consultation.id)))
    newest = checkpoints.newest()
    assert newest is not None
    return {
        "at": at.isoformat(),
        "kind": kind,
        "revision": NAME,
        "secret_key": world.app.config["SECRET_KEY"],
        "password": PASSWORD,
        "accounts": [
            {"username": u, "role": r, "password": PASSWORD + "2" if u == "moderator2" else PASSWORD, "active": u != "gone"}
            for u, _, r, _ in ACCOUNTS
        ],
        "members": world.notes["members"],
        "links": world.notes["links"],
        "senders": world.notes["senders"],
        "mailboxes": world.notes["mailboxes"],
        "states": {consultation.slug: consultation.state(at).value for consultation in every},
        "receipts": [
            {"number": came.number, "key": receipts.key_of(came.number), "state": came.state.value, "channel": came.channel.value,
             "consultation": came.consultation.slug if came.consultation else None}
            for came in db.session.scalars(select(Submission).order_by(Submission.id))
        ],  # fmt: skip
        "counts": _counts(),
        "ledger": {**vars(checked), "checkpoint": newest.as_document()},
        "gate": {consultation.slug: [[c.id, c.state.value, c.why] for c in meeting.check(consultation, at=at)] for consultation in every},
        "reports": [
            {"slug": report.consultation.slug, "version": report.version,
             "files": {ending: hashlib.sha256(blobs().get(digest)).hexdigest() for ending, digest in report.files.items()}}
            for report in db.session.scalars(
                select(FeedbackReport).where(FeedbackReport.state == ReportState.PUBLISHED).order_by(FeedbackReport.id)
            )
        ],  # fmt: skip
        "mails": [
            {"id": mail.id, "outcome": mail.outcome.value if mail.outcome else None, "sha256": hashlib.sha256(keeping.raw_of(mail)).hexdigest()}
            for mail in db.session.scalars(select(MailMessage).order_by(MailMessage.id))
        ],
        "pages": addresses(world),
        "figures": {"members": db.session.scalar(select(func.count(Member.id))),
                    "invitations": db.session.scalar(select(func.count(Invitation.id)))},
    }  # fmt: skip


def _counts() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }
