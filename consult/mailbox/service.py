"""The verbs of the mailbox: ingest messages, classify them, resume after an interruption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.files import sandbox
from consult.files.mail import Auto, Mail
from consult.files.mail.message import MAYBE_A_PERSON
from consult.files.mail.message_reader import read_with_attachments
from consult.files.sandbox import ATTEMPTS, ReaderDied, SandboxStopped
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.mailbox import attachments, hooks, message_store, routing
from consult.mailbox.bounded_reading import PUT_ASIDE, Reader
from consult.mailbox.classification import ParsedMessage, RoutedMessage, note, received_at, store_classification
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import Mailbox, MailMessage, Outcome, Sighting
from consult.store import DATABASE_ERRORS, db, transaction
from consult.store.locking import lock_row

log = structlog.get_logger()

BATCH = 32
"""Messages classified in one transaction."""


@dataclass(frozen=True)
class Became:
    """A submission that a message became: slug of its consultation if any, number, and its sender in words."""

    consultation: str | None
    number: str
    sender: str


@dataclass(frozen=True)
class Ingested:
    """The result of ingesting a message: outcome, slug of the consultation and receipt number if any, and why.

    ``submissions`` has all that it became; of several, the first's consultation and number are those of the message.
    """

    outcome: Outcome
    consultation: str | None = None
    number: str | None = None
    why: str = ""
    submissions: tuple[Became, ...] = ()


@dataclass(frozen=True)
class Resumed:
    """The result for a message whose classification was interrupted, and its source: file, or UID of a mailbox."""

    source: str
    uid: int | None
    mailbox_id: int | None
    ingested: Ingested


def ingest(raw: bytes, *, source: str, at: datetime, server_at: datetime | None = None) -> Ingested:
    """Ingest one message: store its bytes, then classify it.

    Arguments:
        source: where it came from, for display (a file's name).
        at: aware moment.
        server_at: when a mail server accepted it, if known.
    """
    return ingest_many([RawMessage(raw, source, server_at)], at=at)[0]


def ingest_many(letters: Sequence[RawMessage], *, at: datetime) -> list[Ingested]:
    """Ingest several messages; the results are in the same order."""
    kept = message_store.store(letters, at=at)
    classify([stored.id for stored in kept], at=at)
    return outcomes(kept)


def outcomes(kept: Sequence[message_store.StoredMessage]) -> list[Ingested]:
    """Return the results for stored messages; a repeated delivery is a duplicate."""
    rows = _rows([stored.id for stored in kept])
    inside = _rows([id_ for row in rows.values() for id_ in _letters_in(row)])
    results = []
    for stored in kept:
        row = rows[stored.id]
        outcome = Outcome.DUPLICATE if stored.is_repeat else row.outcome
        why = "同一封邮件已经收过" if stored.is_repeat else row.why
        brought = [inside[id_] for id_ in _letters_in(row)] or [row]
        became = tuple(Became(each.slug, each.number, _sender(each)) for each in brought if each.number is not None)
        first = became[0] if became else Became(None, "", "")
        results.append(Ingested(outcome, first.consultation, first.number or None, why, became))
    return results


def _rows(ids: Sequence[int]) -> dict[int, Any]:
    columns = MailMessage.id, MailMessage.outcome, MailMessage.why, MailMessage.facts
    query = (
        select(*columns, Consultation.slug, Submission.number, Submission.name, Submission.contact)
        .outerjoin(Submission, Submission.id == MailMessage.submission_id)
        .outerjoin(Consultation, Consultation.id == Submission.consultation_id)
        .where(MailMessage.id.in_(ids))
    )
    return {row.id: row for row in db.session.execute(query)} if ids else {}


def _letters_in(row: Any) -> list[int]:
    return list((row.facts or {}).get("letters", []))


def _sender(row: Any) -> str:
    return f"{row.name} <{row.contact}>" if row.name and row.contact else row.name or row.contact


def pending(limit: int = 500) -> list[int]:
    """Return ids of stored messages that aren't classified: their classification was interrupted."""
    query = select(MailMessage.id).where(MailMessage.outcome.is_(None)).order_by(MailMessage.id).limit(limit)
    return list(db.session.scalars(query))


def resume(*, at: datetime) -> list[Resumed]:
    """Classify stored messages whose classification was interrupted; return the results.

    A message that interrupted it ``ATTEMPTS`` times is first parsed in the sandbox, and stored as unreadable if that
    fails, so that it doesn't block the others.
    """
    ids = pending()
    for id_ in ids:
        with transaction() as session:
            mail = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
            if mail.outcome is None:
                mail.attempts += 1
        classify([id_], at=at)
    return _with_sources(ids)


def _with_sources(ids: Sequence[int]) -> list[Resumed]:
    """Return the results for messages, each with its source."""
    query = (
        select(MailMessage.id, MailMessage.source, func.min(Sighting.uid), func.min(Sighting.mailbox_id))
        .outerjoin(Sighting, Sighting.mail_id == MailMessage.id)
        .where(MailMessage.id.in_(ids))
        .group_by(MailMessage.id, MailMessage.source)
        .order_by(MailMessage.id)
    )
    rows = list(db.session.execute(query))
    results = outcomes([message_store.StoredMessage(row[0], is_repeat=False) for row in rows])
    return [Resumed(row[1], row[2], row[3], result) for row, result in zip(rows, results, strict=True)]


def classify(ids: Sequence[int], *, at: datetime) -> None:
    """Classify stored messages, each once, even if other processes do the same."""
    addresses, hosts = own_addresses(), trusted_hosts()
    for start in range(0, len(ids), BATCH):
        batch = list(dict.fromkeys(ids[start : start + BATCH]))
        with Reader() as reader:
            parsed_messages = [_parse(row, addresses, hosts, reader) for row in _unclassified(batch)]
        enclosing = [parsed for parsed in parsed_messages if parsed.mail.enclosed and parsed.mail.auto is Auto.NONE]
        for parsed in enclosing:
            classify(_open(parsed, at), at=at)
        parsed_messages = [parsed for parsed in parsed_messages if parsed not in enclosing]
        try:
            _store_all(parsed_messages, at)
        except DATABASE_ERRORS:
            raise
        except Exception:  # caused by one message, or a receipt number that is taken
            log.exception("mail_batch_failed", ids=batch)
            for parsed in parsed_messages:
                _store_single(parsed, at)


def _open(parsed: ParsedMessage, at: datetime) -> list[int]:
    """Store the letters that a message only encloses as messages of their own; return their ids.

    They came when it did, whatever their own fields say.
    """
    mail = parsed.mail
    with transaction() as session:
        source = session.get_one(MailMessage, parsed.id).source
        moment = received_at(mail, parsed.server_at, at)
        raws = [message_store.RawMessage(raw, source, moment) for raw in mail.enclosed]
        kept = list(dict.fromkeys(stored.id for stored in message_store.store(raws, at=at, enclosed_in=parsed.id)))
        row = session.get_one(MailMessage, parsed.id, with_for_update=True, populate_existing=True)
        if row.outcome is not None:
            return []
        note(row, parsed, at)
        left = len([file for file in mail.attachments if not file.inline])
        row.outcome, row.facts = Outcome.STORED, (row.facts or {}) | {"letters": kept}
        row.why = f"转来 {len(kept)} 封来信，分别登记" + (f"；另附的 {left} 个文件保存在原件里" if left else "")
        return kept


def _store_all(parsed_messages: Sequence[ParsedMessage], at: datetime) -> None:
    if not parsed_messages:
        return
    known = routing.targets()
    linked = [hook.consultations_of for hook in hooks.mail_hooks.all()]
    routes = [routing.route_if_submission(parsed.mail, known, at=at, linked=linked) for parsed in parsed_messages]
    with transaction():
        mails = {row.id: row for row in db.session.scalars(_lock([parsed.id for parsed in parsed_messages]))}
        routed = zip(parsed_messages, routes, strict=True)
        store_classification(
            [RoutedMessage(mails[item.id], item, route) for item, route in routed if item.id in mails], at
        )


def _store_single(parsed: ParsedMessage, at: datetime) -> None:
    """Store the classification of one message; if that fails, store it as unreadable with the reason."""
    try:
        _store_all([parsed], at)
    except DATABASE_ERRORS:
        raise
    except Exception as error:
        log.exception("mail_failed", id=parsed.id)
        words = f"登记这封邮件时出错（{type(error).__name__}），没有读取，原件已保存"
        aside = replace(parsed, mail=_unread(words), files=attachments.CheckedFiles(), refused_unread=True)
        _store_all([aside], at)


def _unread(words: str) -> Mail:
    return Mail(unreadable=True, defects=(words,))


def own_addresses() -> list[str]:
    """Return the addresses that the platform sends from and those of its mailboxes."""
    boxes = db.session.execute(select(Mailbox.address, Mailbox.user)).all()
    named = [settings().mail_sender, *(address for row in boxes for address in row)]
    return list(dict.fromkeys(address for address in named if "@" in address))


def trusted_hosts() -> list[str]:
    """Return the host names of our mail servers in Authentication-Results."""
    hosts = [host.strip() for host in settings().mail_trusted_hosts.split(",")]
    return [host for host in dict.fromkeys([*hosts, *db.session.scalars(select(Mailbox.host))]) if host]


def _unclassified(ids: Sequence[int]) -> list[MailMessage]:
    query = select(MailMessage).where(MailMessage.id.in_(ids), MailMessage.outcome.is_(None)).order_by(MailMessage.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _lock(ids: Sequence[int]) -> Any:
    query = select(MailMessage).where(MailMessage.id.in_(ids), MailMessage.outcome.is_(None))
    return query.order_by(MailMessage.id).with_for_update().execution_options(populate_existing=True)


def _parse(row: MailMessage, own_addresses: Sequence[str], trusted: Sequence[str], reader: Reader) -> ParsedMessage:
    raw = message_store.raw_of(row)
    if row.attempts > ATTEMPTS and not sandbox.survives(read_with_attachments, raw):
        words = f"读取这封邮件时程序中断了 {row.attempts - 1} 次，单独试读也没有读完，没有再读，原件已保存"
        return _aside(row, raw, words)
    try:
        mail = reader.message(raw, own_addresses, trusted)
    except ReaderDied as why:
        log.warning("mail_put_aside", id=row.id, why=str(why))
        return _aside(row, raw, PUT_ASIDE)
    files = attachments.check_files(mail, reader) if mail.auto in MAYBE_A_PERSON else attachments.CheckedFiles()
    return ParsedMessage(row.id, raw, row.digest, row.server_at, mail, files)


def _aside(row: MailMessage, raw: bytes, words: str) -> ParsedMessage:
    return ParsedMessage(row.id, raw, row.digest, row.server_at, _unread(words), attachments.CheckedFiles(), True)


def reclassify_as_submission(actor: Actor, row: MailMessage, *, at: datetime) -> str:
    """Create an unassigned submission from a message classified as automatic; return its number.

    Raises:
        MailboxRefused: it isn't such a message, or is already a submission.
    """
    require(actor, Act.ASSIGN_SUBMISSION)
    raw = message_store.raw_of(row)
    with Reader() as reader:
        try:
            mail = reader.message(raw, own_addresses(), trusted_hosts())
        except (ReaderDied, SandboxStopped) as why:
            raise MailboxRefused(f"{PUT_ASIDE}。请下载原件查看。") from why
        files = attachments.check_files(mail, reader)
    parsed = ParsedMessage(row.id, raw, row.digest, row.server_at, replace(mail, auto=Auto.NONE), files)
    with transaction() as session:
        lock_row(row)
        if row.outcome is not Outcome.AUTOMATIC:
            raise MailboxRefused("这封邮件已经不在自动邮件里，请刷新页面。")
        row.automatic = ""
        route = routing.Route(None, "人工确认是公众来信，请归类", ())
        store_classification([RoutedMessage(row, parsed, route)], at)
        session.flush()
        number = session.get_one(Submission, row.submission_id).number
        record(actor, "mail.reconsider", f"submission:{number}", at=at)
        return number
