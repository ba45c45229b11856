"""Classifies parsed messages as automatic or as submissions, and stores the result in their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consult.accounts.permissions import PUBLIC
from consult.drafting.models import Consultation
from consult.files.charsets import readable
from consult.files.mail import Mail, TextSource, Way
from consult.files.mail.message_reader import ELSEWHERE
from consult.intake import batches, filled_forms
from consult.intake.arrival import PARTS, Arrival, ArrivalPart, clean
from consult.intake.errors import NotOpen, SubmissionRefused
from consult.intake.models import Channel, Submission
from consult.mailbox import attachments, hook_calls, hooks, routing, virus_scanning
from consult.mailbox.models import MailMessage, Outcome, RefusedFile
from consult.store import db

LEGIBLE = 0.5
"""Share of ordinary characters below which a text is not legible."""
UNREADABLE_TEXT = "（邮件无法读取，原件已保存，请人工查看。）"
WITHOUT_TEXT = "（邮件没有可读的文字，附件已隔离，请人工查看原件。）"
REFERENCE_CHARACTERS = 120


@dataclass(frozen=True)
class ParsedMessage:
    """A stored message after parsing, before classification."""

    id: int
    raw: bytes
    digest: str
    server_at: datetime | None
    mail: Mail
    files: attachments.CheckedFiles
    refused_unread: bool = False


@dataclass(frozen=True)
class RoutedMessage:
    """A message's locked row with its route; None for automatic mail."""

    row: MailMessage
    parsed: ParsedMessage
    route: routing.Route | None


def store_classification(messages: Sequence[RoutedMessage], at: datetime) -> None:
    """Store the classification of locked messages, in the caller's transaction, in a batch per consultation."""
    with db.session.no_autoflush:  # flush the rows of a batch together at the end
        by_target: dict[int, list[tuple[RoutedMessage, routing.Route]]] = defaultdict(list)
        nowhere: list[tuple[RoutedMessage, routing.Route]] = []
        for message in messages:
            _note(message, at)
            if message.route is not None:
                target = message.route.target
                (by_target[target.id] if target is not None else nowhere).append((message, message.route))
        for id_, some in by_target.items():
            nowhere += _create_submissions(db.session.get_one(Consultation, id_), some, at)
        _create_submissions(None, nowhere, at)
    for id_, some in by_target.items():
        stored = (
            (db.session.get_one(Submission, message.row.submission_id), message.parsed.mail) for message, _ in some
        )
        hook_calls.call_hooks(id_, stored, at)


def note(row: MailMessage, parsed: ParsedMessage, at: datetime) -> None:
    """Fill a message's row from the parsed message."""
    mail = parsed.mail
    row.message_id, row.sender = _plain(mail.message_id, 500), _plain(mail.from_address, 320)
    row.subject = clean(mail.subject)[:500]
    dated = mail if row.enclosed_in is None else replace(mail, received=None)
    row.received_at = received_at(dated, parsed.server_at, at)
    row.facts = {"defects": [_plain(words, 300) for words in mail.defects[:20]]}
    row.facts |= {name: value for name, value in vars(mail.auth).items() if value}
    if mail.spam:
        row.facts = (row.facts or {}) | {"spam": _plain(mail.spam, 100)}


def _note(message: RoutedMessage, at: datetime) -> None:
    row, mail = message.row, message.parsed.mail
    note(row, message.parsed, at)
    if message.route is None:
        row.outcome, row.automatic, row.why = Outcome.AUTOMATIC, mail.auto.value, f"{mail.auto.label.words}，不是意见"
        if mail.bounce is not None:
            for hook in hooks.mail_hooks.all():
                hook.on_bounce(mail.bounce, at)
        return
    row.facts = (row.facts or {}) | {"suggested": list(message.route.suggested)}
    if mail.writer is not None or row.enclosed_in is not None:
        way = mail.writer.way if mail.writer is not None else Way.ENCLOSED
        row.facts = row.facts | {"way": way.value}
    db.session.add_all(
        RefusedFile(mail_id=row.id, position=place, name=file.name, size=file.size, digest=file.digest, why=file.why)
        for place, file in enumerate(message.parsed.files.refused)
    )


def _create_submissions(
    consultation: Consultation | None, messages: Sequence[tuple[RoutedMessage, routing.Route]], at: datetime
) -> list[tuple[RoutedMessage, routing.Route]]:
    """Create submissions from messages; return, without a route, those that the consultation no longer accepts."""
    refused = []
    arrivals = [_arrival(message, consultation, at) for message, _ in messages]
    outcomes = batches.receive_together(consultation, arrivals, at=at, actor=PUBLIC) if arrivals else []
    for (message, route), outcome in zip(messages, outcomes, strict=True):
        if isinstance(outcome, NotOpen):  # withdrawn since routing
            refused.append((message, routing.Route(None, str(outcome), route.suggested)))
        elif isinstance(outcome, SubmissionRefused):
            raise outcome
        else:
            _settle(message, route, outcome.submission_id, is_placed=consultation is not None)
    return refused


def _arrival(message: RoutedMessage, consultation: Consultation | None, at: datetime) -> Arrival:
    parsed, mail = message.parsed, message.parsed.mail
    text = "" if _says_only_forms(parsed) else _text(parsed)
    forms = [filled_forms.placed(form, consultation) for form in parsed.files.forms]
    opinions_of_forms = tuple(part for form in forms for part in form.parts)[: PARTS - 1]
    answers = {answer.number: answer for form in forms for answer in form.answers}
    received = message.row.received_at or at
    if consultation is not None and consultation.opens_at is not None:
        received = max(received, consultation.opens_at)  # mail before the opening counts from the opening
    return Arrival(
        channel=Channel.MAILBOX,
        parts=(ArrivalPart(text), *opinions_of_forms)
        if text
        else opinions_of_forms or (() if parsed.files.taken else (ArrivalPart(_stand_in(mail)),)),
        answers=tuple(answers[number] for number in sorted(answers)),
        raw=parsed.raw,
        raw_media_type="message/rfc822",
        subject=mail.title,
        name=mail.from_name if mail.writer is None else mail.writer.name,
        contact=mail.from_address if mail.writer is None else mail.writer.address,
        attachments=parsed.files.taken,
        found_clean=parsed.files.clean,
        external_id=_plain(mail.message_id, REFERENCE_CHARACTERS) or None,
        idempotency_key=f"mail:{parsed.digest}",
        received_at=received,
        trusted_length=True,
    )


def _settle(message: RoutedMessage, route: routing.Route, submission_id: int, *, is_placed: bool) -> None:
    """Store which submission a message became, and what is still due for it."""
    row, parsed = message.row, message.parsed
    row.submission_id = submission_id
    row.body = None  # the bytes are now in the submission's raw form
    row.outcome = Outcome.STORED if is_placed else Outcome.UNASSIGNED
    row.why = route.why
    if not _is_legible(parsed):
        row.outcome, row.why = Outcome.QUARANTINED, f"{_why_unreadable(parsed)}；{route.why}"
    elif parsed.files.refused:
        row.why = f"{route.why}；{len(parsed.files.refused)} 个附件没有收进清单，保存在原件里"
    if ELSEWHERE in (defect for mail in (parsed.mail, *parsed.mail.nested) for defect in mail.defects):
        row.why = f"{row.why}；附件没有随信寄来"
    if parsed.files.unscanned:
        row.scan_due, row.why = True, f"{row.why}；{virus_scanning.UNSCANNED}"
    if parsed.files.forms:
        opinions = sum(len(form.rows) for form in parsed.files.forms)
        row.why = f"{row.why}；所附意见反馈表读入 {opinions} 条意见"
    row.answer_due = is_placed and parsed.mail.may_be_answered
    row.answer_held = bool(parsed.mail.spam)
    if parsed.mail.spam:
        row.why = f"{row.why}；本单位邮件网关判为垃圾邮件（{_plain(parsed.mail.spam, 60)}），受理后再发回执"


def received_at(mail: Mail, server_at: datetime | None, at: datetime) -> datetime:
    """Return when a message reached the department: the earlier of the servers' times.

    The sender's date is no evidence; without a server's time, or if that is in the future, it is ``at``.
    """
    known = [moment for moment in (mail.received, server_at) if moment is not None]
    return min([*known, at]) if known else at


def _text(parsed: ParsedMessage) -> str:
    """Return the sender's text; if it is empty and there are no files, the quoted text, so that nothing is lost."""
    if written := clean(parsed.mail.text):
        return written
    return "" if parsed.files.taken or parsed.mail.unreadable else clean(parsed.mail.quoted)


def _says_only_forms(parsed: ParsedMessage) -> bool:
    """Whether the text was taken from attached files that are all reply forms, which say it opinion by opinion."""
    attached = [file for file in parsed.mail.attachments if not file.inline]
    return parsed.mail.text_source is TextSource.ATTACHMENT and len(parsed.files.forms) == len(attached) > 0


def _is_legible(parsed: ParsedMessage) -> bool:
    """Whether there is anything to read: text or files."""
    if parsed.mail.unreadable or _is_no_message(parsed) or _is_infected(parsed):
        return False
    return bool(parsed.files.taken or _text(parsed))


def _is_no_message(parsed: ParsedMessage) -> bool:
    """Whether there is neither a header nor text: a file that was never a message."""
    mail = parsed.mail
    headed = mail.from_address or mail.subject or mail.message_id or mail.date or mail.to
    return not headed and (b"\x00" in parsed.raw[:4096] or readable(mail.text[:2000]) < LEGIBLE)


def _is_infected(parsed: ParsedMessage) -> bool:
    """Whether the whole text was extracted from infected files."""
    return parsed.files.infected and not parsed.files.taken and parsed.mail.text_source is TextSource.ATTACHMENT


def _stand_in(mail: Mail) -> str:
    return UNREADABLE_TEXT if mail.unreadable else WITHOUT_TEXT


def _why_unreadable(parsed: ParsedMessage) -> str:
    if parsed.refused_unread or not parsed.raw.strip():
        return parsed.mail.defects[0] if parsed.refused_unread else "邮件是空的"
    if parsed.mail.encrypted:
        return "邮件加了密，平台无法打开"
    if parsed.files.refused:
        return "没有可读的文字，附件已隔离"
    return parsed.mail.defects[0] if parsed.mail.unreadable and parsed.mail.defects else "邮件里没有可读的内容"


def _plain(text: str, characters: int) -> str:
    return clean(text.replace("\n", " "))[:characters]
