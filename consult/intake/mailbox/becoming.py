"""What a message that was read becomes: a program's, or a submission; written down in its row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from consult.drafting.models import Consultation
from consult.files.charsets import readable
from consult.files.mail import Auto, Mail, TextSource
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said, clean
from consult.intake.errors import NotOpen
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


class Asked:
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
    row: MailMessage, one: Understood, way: routing.Route | None, at: datetime, asked: Asked | None = None
) -> None:
    """Write down what a locked message is, inside a transaction; without a way it is a program's."""
    asked = asked or Asked()
    with db.session.no_autoflush:  # the rows of a batch go out together, at its end
        consultation = _note(row, one, way, at, asked)
    if consultation is None:
        return
    if waiting := asked.followers(consultation.id):
        submission = db.session.get_one(Submission, row.submission_id)
        for follower in waiting:
            follower.taken(submission, one.mail, at)


def _note(
    row: MailMessage, one: Understood, way: routing.Route | None, at: datetime, asked: Asked
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
    row: MailMessage, one: Understood, way: routing.Route, at: datetime, asked: Asked
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
