"""What a message that was read becomes: a program's, or a submission; written down in its row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consult.accounts.permissions import PUBLIC
from consult.drafting.models import Consultation
from consult.files.charsets import readable
from consult.files.mail import Auto, Mail, TextSource
from consult.intake import batches
from consult.intake.arrival import Arrival, Said, clean
from consult.intake.errors import NotOpen, SubmissionRefused
from consult.intake.mailbox import enclosed, followers, routing, scanning
from consult.intake.mailbox.models import MailMessage, Outcome, RefusedFile
from consult.intake.models import Channel, Submission
from consult.store import db

LEGIBLE = 0.5
"""Share of a text's characters that people write, below which it is none."""
UNREADABLE_TEXT = "（邮件无法读取，原件已保存，请人工查看。）"
WITHOUT_TEXT = "（邮件没有可读的文字，附件已隔离，请人工查看原件。）"
REFERENCE_CHARACTERS = 120


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


@dataclass(frozen=True)
class Sorted:
    """A locked message with where it belongs; without a way it is a program's."""

    row: MailMessage
    one: Understood
    way: routing.Route | None


def write_down(messages: Sequence[Sorted], at: datetime) -> None:
    """Write down what locked messages are, inside a transaction: the submissions of one consultation go in together."""
    with db.session.no_autoflush:  # the rows of a batch go out together, at its end
        by_target: dict[int, list[tuple[Sorted, routing.Route]]] = defaultdict(list)
        nowhere: list[tuple[Sorted, routing.Route]] = []
        for message in messages:
            _note(message, at)
            if message.way is not None:
                target = message.way.target
                (by_target[target.id] if target is not None else nowhere).append((message, message.way))
        for id_, some in by_target.items():
            nowhere += _become_submissions(db.session.get_one(Consultation, id_), some, at)
        _become_submissions(None, nowhere, at)
    for id_, some in by_target.items():
        became = ((db.session.get_one(Submission, letter.row.submission_id), letter.one.mail) for letter, _ in some)
        followers.tell(id_, became, at)


def _note(message: Sorted, at: datetime) -> None:
    """Fill a message's row with what was read of it."""
    row, mail = message.row, message.one.mail
    row.message_id, row.sender = _plain(mail.message_id, 500), _plain(mail.from_address, 320)
    row.subject = clean(mail.subject)[:500]
    row.received_at = received_at(mail, message.one.server_at, at)
    row.facts = {"defects": [_plain(words, 300) for words in mail.defects[:20]]}
    row.facts |= {name: value for name, value in vars(mail.auth).items() if value}
    if message.way is None:
        row.outcome, row.automatic, row.why = Outcome.AUTOMATIC, mail.auto.value, AUTOMATIC_WORDS[mail.auto]
        if mail.bounce is not None:
            for follower in followers.all_of_them():
                follower.bounced(mail.bounce, at)
        return
    row.facts = row.facts | {"suggested": list(message.way.suggested)}
    db.session.add_all(
        RefusedFile(mail_id=row.id, position=place, name=file.name, size=file.size, digest=file.digest, why=file.why)
        for place, file in enumerate(message.one.files.refused)
    )


def _become_submissions(
    consultation: Consultation | None, messages: Sequence[tuple[Sorted, routing.Route]], at: datetime
) -> list[tuple[Sorted, routing.Route]]:
    """Make submissions of messages; return those that the consultation takes no more, with the reason as their way."""
    put_off = []
    arrivals = [_arrival(message, consultation, at) for message, _ in messages]
    outcomes = batches.receive_together(consultation, arrivals, at=at, actor=PUBLIC) if arrivals else []
    for (message, way), outcome in zip(messages, outcomes, strict=True):
        if isinstance(outcome, NotOpen):  # withdrawn since it was looked at
            put_off.append((message, routing.Route(None, str(outcome), way.suggested)))
        elif isinstance(outcome, SubmissionRefused):
            raise outcome
        else:
            _settle(message, way, outcome.submission_id, is_placed=consultation is not None)
    return put_off


def _arrival(message: Sorted, consultation: Consultation | None, at: datetime) -> Arrival:
    one, mail = message.one, message.one.mail
    text = _text(one)
    received = message.row.received_at or at
    if consultation is not None and consultation.opens_at is not None:
        received = max(received, consultation.opens_at)  # what came before the opening counts from the opening
    return Arrival(
        channel=Channel.MAILBOX,
        parts=(Said(text),) if text else () if one.files.taken else (Said(_stand_in(mail)),),
        raw=one.raw,
        raw_media_type="message/rfc822",
        subject=mail.subject,
        name=mail.from_name,
        contact=mail.from_address,
        attachments=one.files.taken,
        found_clean=one.files.clean,
        external_id=_plain(mail.message_id, REFERENCE_CHARACTERS) or None,
        idempotency_key=f"mail:{one.digest}",
        received_at=received,
        trusted_length=True,
    )


def _settle(message: Sorted, way: routing.Route, submission_id: int, *, is_placed: bool) -> None:
    """Write down which submission a message became, and what is still to be done about it."""
    row, one = message.row, message.one
    row.submission_id = submission_id
    row.body = None  # the submission's raw form holds the bytes from now on
    row.outcome = Outcome.STORED if is_placed else Outcome.UNASSIGNED
    row.why = way.why
    if not _is_legible(one):
        row.outcome, row.why = Outcome.QUARANTINED, f"{_why_unreadable(one)}；{way.why}"
    elif one.files.refused:
        row.why = f"{way.why}；{len(one.files.refused)} 个附件没有收进清单，保存在原件里"
    if one.files.unscanned:
        row.scan_due, row.why = True, f"{row.why}；{scanning.UNSCANNED}"
    row.answer_due = is_placed and one.mail.may_be_answered


def received_at(mail: Mail, server_at: datetime | None, at: datetime) -> datetime:
    """Return when a message reached the department: what the servers noted, the earlier where there are two.

    The sender's own date is no evidence; without a server's, and for one that lies in the future, it is now.
    """
    known = [moment for moment in (mail.received, server_at) if moment is not None]
    return min([*known, at]) if known else at


def _text(one: Understood) -> str:
    """Return the sender's words; without any, and without files, those below the answer mark: nothing is lost."""
    if own := clean(one.mail.text):
        return own
    return "" if one.files.taken or one.mail.unreadable else clean(one.mail.quoted)


def _is_legible(one: Understood) -> bool:
    """Say whether there is anything that a person can read: words or files."""
    if one.mail.unreadable or _is_no_message(one) or _is_infected(one):
        return False
    return bool(one.files.taken or _text(one))


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
    Auto.RECALL: "撤回邮件的通知，不是意见",
    Auto.LIST: "邮件列表的邮件，不是意见",
    Auto.BULK: "群发邮件，不是意见",
    Auto.OWN: "平台自己发出的邮件，不是意见",
}
