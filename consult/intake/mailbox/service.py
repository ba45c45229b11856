"""The verbs of the mailbox: take messages in, sort them, and give those that fit nowhere to a consultation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DatabaseError

from consult.drafting.models import Consultation
from consult.files.charsets import readable
from consult.files.mail import Auto, Mail, TextSource, read
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said, clean
from consult.intake.errors import NotOpen
from consult.intake.mailbox import enclosed, followers, keeping, routing, scanning
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import Mailbox, MailMessage, Outcome, RefusedFile, Sighting
from consult.intake.models import Channel, Submission
from consult.settings import settings
from consult.store import db, transaction

log = structlog.get_logger()

TOGETHER = 32
"""Messages sorted in one transaction."""
ATTEMPTS = 3
"""A message that cut off its sorting so often is put aside unread."""
LEGIBLE = 0.5
"""Share of a text's characters that people write, below which it is none."""
UNREADABLE_TEXT = "（邮件无法读取，原件已保存，请人工查看。）"
WITHOUT_TEXT = "（邮件没有可读的文字，附件已隔离，请人工查看原件。）"
REFERENCE_CHARACTERS = 120


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


@dataclass(frozen=True)
class Understood:
    """A stored message as it was read, before it is written down what it is."""

    id: int
    raw: bytes
    digest: str
    server_at: datetime | None
    mail: Mail
    files: enclosed.Enclosed
    refused_unread: bool = False


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

    A message that cuts it off again and again is put aside unread, so that it can't hold up the others.
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
        except DatabaseError:
            raise  # the database is away: what isn't sorted now is sorted later
        except Exception:
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
        asked = _Asked()
        for one, way in zip(read_ones, routes, strict=True):
            if one.id in mails:
                write_down(mails[one.id], one, way, at, asked)


def _write_alone(one: Understood, at: datetime) -> None:
    """Write one message down by itself; one that can't be is put aside unread, with the reason."""
    try:
        _write_all_down([one], at)
    except DatabaseError:
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
    if row.attempts > ATTEMPTS:
        words = f"读取这封邮件时程序中断了 {row.attempts - 1} 次，没有再读，原件已保存"
        return Understood(row.id, raw, row.digest, row.server_at, _unread(words), enclosed.Enclosed(), True)
    mail = read(raw, own_addresses=own, trusted_hosts=trusted)
    files = enclosed.take(mail) if mail.auto is Auto.NONE else enclosed.Enclosed()
    return Understood(row.id, raw, row.digest, row.server_at, mail, files)


class _Asked:
    """What is asked once for all messages of a transaction: the consultations, and whom their mail concerns."""

    def __init__(self) -> None:
        self._consultations: dict[int, Consultation | None] = {}
        self._followers: dict[int, list[followers.Follower]] = {}

    def consultation(self, id_: int) -> Consultation | None:
        """Return a consultation."""
        if id_ not in self._consultations:
            self._consultations[id_] = db.session.get(Consultation, id_)
        return self._consultations[id_]

    def followers(self, id_: int) -> list[followers.Follower]:
        """Return the later stages that wait for mail about a consultation."""
        if id_ not in self._followers:
            self._followers[id_] = [one for one in followers.all_of_them() if one.awaits(id_)]
        return self._followers[id_]


def write_down(
    row: MailMessage, one: Understood, way: routing.Route | None, at: datetime, asked: _Asked | None = None
) -> None:
    """Write down what a locked message is, inside a transaction; without a way it is a program's."""
    asked = asked or _Asked()
    with db.session.no_autoflush:  # the rows of a batch go out together, at its end
        consultation = _note(row, one, way, at, asked)
    if consultation is None:
        return
    if waiting := asked.followers(consultation.id):
        submission = db.session.get_one(Submission, row.submission_id)
        for follower in waiting:
            follower.taken(submission, one.mail, at)


def _note(
    row: MailMessage, one: Understood, way: routing.Route | None, at: datetime, asked: _Asked
) -> Consultation | None:
    """Fill a message's row and make the submission; return the consultation that it belongs to."""
    mail = one.mail
    row.message_id, row.sender = _plain(mail.message_id, 500), _plain(mail.from_address, 320)
    row.subject = clean(mail.subject)[:500]
    row.received_at = received_at(mail, one.server_at, at)
    row.facts = {"defects": [_plain(words, 300) for words in mail.defects[:20]]}
    row.facts |= {name: value for name, value in vars(mail.auth).items() if value}
    if way is None:
        row.outcome, row.automatic, row.why = Outcome.AUTOMATIC, mail.auto.value, AUTOMATIC_WORDS[mail.auto]
        if mail.bounce is not None:
            for follower in followers.all_of_them():
                follower.bounced(mail.bounce, at)
        return None
    row.facts = row.facts | {"suggested": list(way.suggested)}
    db.session.add_all(
        RefusedFile(mail_id=row.id, position=place, name=file.name, size=file.size, digest=file.digest, why=file.why)
        for place, file in enumerate(one.files.refused)
    )
    return _become_submission(row, one, way, at, asked)


def _become_submission(
    row: MailMessage, one: Understood, way: routing.Route, at: datetime, asked: _Asked
) -> Consultation | None:
    mail = one.mail
    text = _text(mail, bool(one.files.taken))
    legible = bool(text or one.files.taken) and not (mail.unreadable or _is_no_message(one) or _is_infected(one))
    consultation = asked.consultation(way.target.id) if way.target is not None else None
    received = row.received_at or at
    if consultation is not None and consultation.opens_at is not None:
        received = max(received, consultation.opens_at)  # what came before the opening counts from the opening
    arrival = Arrival(
        channel=Channel.MAILBOX,
        parts=(Said(text),) if text else () if one.files.taken else (Said(_stand_in(mail)),),
        raw=one.raw,
        raw_media_type="message/rfc822",
        subject=mail.subject,
        name=mail.from_name,
        contact=mail.from_address,
        attachments=one.files.taken,
        external_id=_plain(mail.message_id, REFERENCE_CHARACTERS) or None,
        idempotency_key=f"mail:{one.digest}",
        received_at=received,
        trusted_length=True,
    )
    try:
        receipt = intake.receive(consultation, arrival, at=at)
    except NotOpen as refusal:  # withdrawn since it was looked at
        consultation, way = None, routing.Route(None, str(refusal), way.suggested)
        receipt = intake.receive(None, replace(arrival, received_at=row.received_at), at=at)
    row.submission_id = receipt.submission_id
    row.body = None  # the submission's raw form holds the bytes from now on
    row.outcome = Outcome.STORED if consultation is not None else Outcome.UNASSIGNED
    row.why = way.why
    if not legible:
        row.outcome, row.why = Outcome.QUARANTINED, f"{_why_unreadable(one)}；{way.why}"
    elif one.files.refused:
        row.why = f"{way.why}；{len(one.files.refused)} 个附件没有收进清单，保存在原件里"
    if one.files.unscanned:
        row.scan_due, row.why = True, f"{row.why}；{scanning.UNSCANNED}"
    row.answer_due = consultation is not None and mail.may_be_answered
    return consultation


def tell(submission: Submission, mail: Mail, at: datetime) -> None:
    """Tell the later stages that a message became a submission of its consultation."""
    for follower in followers.all_of_them():
        if submission.consultation_id is not None and follower.awaits(submission.consultation_id):
            follower.taken(submission, mail, at)


def received_at(mail: Mail, server_at: datetime | None, at: datetime) -> datetime:
    """Return when a message reached the department: what the servers noted, the earlier where there are two.

    The sender's own date is no evidence; without a server's, and for one that lies in the future, it is now.
    """
    known = [moment for moment in (mail.received, server_at) if moment is not None]
    return min([*known, at]) if known else at


def _text(mail: Mail, has_files: bool) -> str:
    """Return the sender's words; without any, and without files, those below the answer mark: nothing is lost."""
    if own := clean(mail.text):
        return own
    return "" if has_files or mail.unreadable else clean(mail.quoted)


def _is_no_message(one: Understood) -> bool:
    """Say whether something without any header holds no text either: a file that was never a message."""
    mail = one.mail
    headed = mail.from_address or mail.subject or mail.message_id or mail.date or mail.to
    return not headed and (b"\x00" in one.raw[:4096] or readable(mail.text[:2000]) < LEGIBLE)


def _is_infected(one: Understood) -> bool:
    """Say whether all that a message says was read from files in which the scanner found something."""
    return one.files.infected and not one.files.taken and one.mail.text_source is TextSource.ATTACHMENT


def _stand_in(mail: Mail) -> str:
    return UNREADABLE_TEXT if mail.unreadable else WITHOUT_TEXT


def _why_unreadable(one: Understood) -> str:
    if one.refused_unread or not one.raw.strip():
        return one.mail.defects[0] if one.refused_unread else "邮件是空的"
    if one.mail.encrypted:
        return "邮件加了密，平台打不开"
    if one.files.refused:
        return "没有可读的文字，附件已隔离"
    return one.mail.defects[0] if one.mail.unreadable and one.mail.defects else "邮件里没有可读的内容"


def _plain(text: str, characters: int) -> str:
    return clean(text.replace("\n", " "))[:characters]


AUTOMATIC_WORDS = {
    Auto.AUTO_REPLY: "自动回复，不是意见",
    Auto.BOUNCE: "退信，不是意见",
    Auto.READ_RECEIPT: "阅读回执，不是意见",
    Auto.LIST: "邮件列表的邮件，不是意见",
    Auto.BULK: "群发邮件，不是意见",
    Auto.OWN: "平台自己发出的邮件，不是意见",
}
