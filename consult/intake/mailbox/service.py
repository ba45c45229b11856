"""The verbs of the mailbox: take messages in, sort them, and give those that fit nowhere to a consultation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select

from consult.drafting.models import Consultation
from consult.files import trial
from consult.files.mail import Auto, Mail, read, whole
from consult.files.trial import ATTEMPTS
from consult.intake.mailbox import enclosed, followers, keeping, routing
from consult.intake.mailbox.becoming import Sorted, Understood, write_down
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import Mailbox, MailMessage, Outcome, Sighting
from consult.intake.models import Submission
from consult.settings import settings
from consult.store import AWAY, db, transaction

log = structlog.get_logger()

TOGETHER = 32
"""Messages sorted in one transaction."""


@dataclass(frozen=True)
class Ingested:
    """What became of a message: the outcome, the consultation's slug and the receipt's number if any, and why."""

    outcome: Outcome
    consultation: str | None = None
    number: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Resumed:
    """What became of a message whose sorting had been cut off, and where it came from: file, or UID of a mailbox."""

    source: str
    uid: int | None
    mailbox_id: int | None
    ingested: Ingested


def ingest(raw: bytes, *, source: str, at: datetime, server_at: datetime | None = None) -> Ingested:
    """Take one message in: keep its bytes, then find out what it is.

    Arguments:
        source: where it came from, for people to read (a file's name).
        at: aware moment.
        server_at: when a mail server took it, where that is known.
    """
    return ingest_many([Letter(raw, source, server_at)], at=at)[0]


def ingest_many(letters: Sequence[Letter], *, at: datetime) -> list[Ingested]:
    """Take several messages in, as ``ingest`` does each; in the same order."""
    kept = keeping.keep(letters, at=at)
    sort([one.id for one in kept], at=at)
    return outcomes(kept)


def outcomes(kept: Sequence[keeping.Kept]) -> list[Ingested]:
    """Return what became of stored messages; one that had come before is a duplicate of the first."""
    query = (
        select(MailMessage.id, MailMessage.outcome, MailMessage.why, Consultation.slug, Submission.number)
        .outerjoin(Submission, Submission.id == MailMessage.submission_id)
        .outerjoin(Consultation, Consultation.id == Submission.consultation_id)
        .where(MailMessage.id.in_([one.id for one in kept]))
    )
    rows = {row.id: row for row in db.session.execute(query)}
    found = []
    for one in kept:
        row = rows[one.id]
        outcome = Outcome.DUPLICATE if one.again else row.outcome
        why = "同一封邮件已经收过" if one.again else row.why
        found.append(Ingested(outcome, row.slug, row.number, why))
    return found


def pending(limit: int = 500) -> list[int]:
    """Return ids of messages that were kept and not sorted: their sorting was cut off."""
    query = select(MailMessage.id).where(MailMessage.outcome.is_(None)).order_by(MailMessage.id).limit(limit)
    return list(db.session.scalars(query))


def resume(*, at: datetime) -> list[Resumed]:
    """Sort what was kept and whose sorting was cut off; return what became of each.

    A message that cut it off ``ATTEMPTS`` times is first read on trial, and put aside unread if that doesn't end well,
    so that it can't hold up the others.
    """
    ids = pending()
    for id_ in ids:
        with transaction() as session:
            mail = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
            if mail.outcome is None:
                mail.attempts += 1
        sort([id_], at=at)
    return _places(ids)


def _places(ids: Sequence[int]) -> list[Resumed]:
    """Return what became of messages, each with where it came from."""
    query = (
        select(MailMessage.id, MailMessage.source, func.min(Sighting.uid), func.min(Sighting.mailbox_id))
        .outerjoin(Sighting, Sighting.mail_id == MailMessage.id)
        .where(MailMessage.id.in_(ids))
        .group_by(MailMessage.id, MailMessage.source)
        .order_by(MailMessage.id)
    )
    found = list(db.session.execute(query))
    told = outcomes([keeping.Kept(row[0], again=False) for row in found])
    return [Resumed(row[1], row[2], row[3], one) for row, one in zip(found, told, strict=True)]


def sort(ids: Sequence[int], *, at: datetime) -> None:
    """Find out what kept messages are, and write each down once, whoever else is at it."""
    own, trusted = own_addresses(), trusted_hosts()
    for start in range(0, len(ids), TOGETHER):
        batch = list(dict.fromkeys(ids[start : start + TOGETHER]))
        read_ones = [_understand(row, own, trusted) for row in _unsorted(batch)]
        try:
            _write_all_down(read_ones, at)
        except AWAY:
            raise
        except Exception:  # of one message among them, or a receipt number that was given away
            log.exception("mail_batch_failed", ids=batch)
            for one in read_ones:
                _write_alone(one, at)


def _write_all_down(read_ones: Sequence[Understood], at: datetime) -> None:
    if not read_ones:
        return
    known = routing.targets()
    linked = [follower.consultations_of for follower in followers.all_of_them()]
    routes = [
        routing.route(one.mail, known, at=at, linked=linked) if one.mail.auto is Auto.NONE else None
        for one in read_ones
    ]
    with transaction():
        mails = {row.id: row for row in db.session.scalars(_lock([one.id for one in read_ones]))}
        found = zip(read_ones, routes, strict=True)
        write_down([Sorted(mails[one.id], one, way) for one, way in found if one.id in mails], at)


def _write_alone(one: Understood, at: datetime) -> None:
    """Write one message down by itself; one that can't be is put aside unread, with the reason."""
    try:
        _write_all_down([one], at)
    except AWAY:
        raise
    except Exception as error:
        log.exception("mail_failed", id=one.id)
        words = f"登记这封邮件时出错（{type(error).__name__}），没有读取，原件已保存"
        aside = replace(one, mail=_unread(words), files=enclosed.Enclosed(), refused_unread=True)
        _write_all_down([aside], at)


def _unread(words: str) -> Mail:
    return Mail(unreadable=True, defects=(words,))


def own_addresses() -> list[str]:
    """Return the addresses that the platform writes from and that its mailboxes stand for."""
    boxes = db.session.execute(select(Mailbox.address, Mailbox.user)).all()
    named = [settings().mail_sender, *(one for row in boxes for one in row)]
    return list(dict.fromkeys(one for one in named if "@" in one))


def trusted_hosts() -> list[str]:
    """Return the names under which our own mail servers state what they found about a sender."""
    told = [host.strip() for host in settings().mail_trusted_hosts.split(",")]
    return [host for host in dict.fromkeys([*told, *db.session.scalars(select(Mailbox.host))]) if host]


def _unsorted(ids: Sequence[int]) -> list[MailMessage]:
    query = select(MailMessage).where(MailMessage.id.in_(ids), MailMessage.outcome.is_(None)).order_by(MailMessage.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _lock(ids: Sequence[int]) -> Any:
    query = select(MailMessage).where(MailMessage.id.in_(ids), MailMessage.outcome.is_(None))
    return query.order_by(MailMessage.id).with_for_update().execution_options(populate_existing=True)


def _understand(row: MailMessage, own: Sequence[str], trusted: Sequence[str]) -> Understood:
    raw = keeping.raw_of(row)
    if row.attempts > ATTEMPTS and not trial.ends_well(whole.read_whole, raw):
        words = f"读取这封邮件时程序中断了 {row.attempts - 1} 次，单独试读也没有读完，没有再读，原件已保存"
        return Understood(row.id, raw, row.digest, row.server_at, _unread(words), enclosed.Enclosed(), True)
    mail = read(raw, own_addresses=own, trusted_hosts=trusted)
    files = enclosed.take(mail) if mail.auto is Auto.NONE else enclosed.Enclosed()
    return Understood(row.id, raw, row.digest, row.server_at, mail, files)
