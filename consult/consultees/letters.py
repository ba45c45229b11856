"""The verbs of official letters: prepare one with its number, upload the sealed file; which one an invitation has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local
from consult.consultees.errors import LetterRefused
from consult.consultees.letter_models import (
    AnnexFormat,
    LetterSeries,
    LetterTemplate,
    NumberSource,
    OfficialLetter,
    SealedFile,
    Urgency,
)
from consult.consultees.models import Consultee, Invitation
from consult.drafting.models import Consultation, DraftVersion, State, VersionKind
from consult.files import file_type
from consult.files.attachments import CheckedAttachment
from consult.ledger.service import record
from consult.store import bulk, db, raw_transaction, transaction
from consult.store.locking import lock_row

NUMBER = re.compile(r"(?P<mark>[^\s〔〕\[\]（）()0-9]{1,40})〔(?P<year>\d{4})〕(?P<serial>[1-9]\d{0,5})号")
"""发文字号: 机关代字, year in 六角括号, number without leading zeros and without 第 (GB/T 9704-2012, 7.2.5)."""
_BRACKETS = str.maketrans("[]【】［］（）()", "〔〕〔〕〔〕〔〕〔〕")
PHONE_DIGITS = 7
PREPARABLE = (
    State.DRAFTING,
    State.IN_REVIEW,
    State.SCHEDULED,
    State.OPEN,
    State.CLOSED,
    State.FEEDBACK_REVIEW,
)
SENDABLE = frozenset({file_type.PDF, file_type.OFD, file_type.JPEG, file_type.PNG, file_type.TIFF})
"""Kinds of the sealed file: sealed electronically, or scanned."""
COPIES = 30


@dataclass(frozen=True)
class Entry:
    """What is entered for a letter.

    ``number`` is the 发文字号 as the office's own system gave it, ``mark`` the 机关代字 under which the register here
    gives one: never both. ``copies`` are names with an address or "". ``version`` is by default the draft out for
    comment.
    """

    signer: str
    signed_on: date | None
    contact_name: str
    contact_phone: str
    number: str = ""
    mark: str = ""
    addressee: str = ""
    copies: tuple[tuple[str, str], ...] = ()
    urgency: Urgency = Urgency.NONE
    sealed: bool = True
    annexes: AnnexFormat = AnnexFormat.PDF
    template: LetterTemplate | None = None
    version: DraftVersion | None = field(default=None, compare=False)


def prepare(actor: Actor, consultation: Consultation, entry: Entry, *, at: datetime) -> OfficialLetter:
    """Prepare the letter of a round; one that nothing was sent by is corrected, with the same number if it is given.

    Raises:
        LetterRefused: what is missing or wrong, and what to do.
    """
    require(actor, Act.INVITE, consultation)
    _check(consultation, entry, at)
    with transaction() as session:
        lock_row(consultation)
        earlier = current(consultation)
        version = entry.version or _version(consultation)
        replaced = (
            earlier if earlier is not None and not is_used(earlier) and earlier.version_id == version.id else None
        )
        series, serial = _number(consultation, entry, replaced, at)
        letter = OfficialLetter(
            consultation_id=consultation.id,
            round=_round(earlier, version),
            version_id=version.id,
            number=in_words(series.mark, series.year, serial),
            series_id=series.id,
            serial=serial,
            number_source=NumberSource.OFFICE if entry.number.strip() else NumberSource.REGISTER,
            signer=entry.signer.strip(),
            signed_on=entry.signed_on,
            contact_name=entry.contact_name.strip(),
            contact_phone=entry.contact_phone.strip(),
            addressee=entry.addressee.strip(),
            copies=[[name.strip(), email.strip().lower()] for name, email in entry.copies],
            urgency=entry.urgency,
            sealed=entry.sealed,
            annexes=entry.annexes,
            template_id=entry.template.id if entry.template is not None else None,
            replaces_id=replaced.id if replaced is not None else None,
            at=at,
            by_id=actor.id,
        )
        session.add(letter)
        session.flush()
        if replaced is not None:
            _move(replaced, letter)
        _record(actor, "letter.prepare", letter, at, number=letter.number, source=letter.number_source.value)
    return letter


def _check(consultation: Consultation, entry: Entry, at: datetime) -> None:
    if consultation.state(at) not in PREPARABLE:
        raise LetterRefused("征求意见已经结束，不能再拟征求意见函。")
    if bool(entry.number.strip()) == bool(entry.mark.strip()):
        both = "不能两者都用" if entry.number.strip() else "须选其一"
        raise LetterRefused(
            f"发文字号由本单位办文系统编制的，填写完整字号；由本平台登记簿编号的，填写机关代字。{both}。"
        )
    for words, name in ((entry.signer, "签发人"), (entry.contact_name, "联系人")):
        if not words.strip():
            raise LetterRefused(f"请填写{name}。")
        if len(words.strip()) > 40:
            raise LetterRefused(f"{name}过长，请控制在 40 字以内。")
    if not sum(map(str.isdigit, entry.contact_phone)) >= PHONE_DIGITS or len(entry.contact_phone.strip()) > 40:
        raise LetterRefused("请填写联系电话，至少 7 位数字。")
    if entry.signed_on is None:
        raise LetterRefused("请填写签发日期（成文日期）。")
    if entry.signed_on > local(at).date():
        raise LetterRefused(f"签发日期 {entry.signed_on.isoformat()} 还没有到，请核对。")
    if len(entry.addressee.strip()) > 200:
        raise LetterRefused("主送过长，请控制在 200 字以内。")
    if len(entry.copies) > COPIES:
        raise LetterRefused(f"抄送单位最多 {COPIES} 个。")
    if entry.template is not None and (
        entry.template.retired_at is not None or not serves(entry.template, consultation)
    ):
        raise LetterRefused(f"模板“{entry.template.name}”已经停用，或者是其他处室的，请另选。")


def serves(template: LetterTemplate, consultation: Consultation) -> bool:
    """Whether a template is for the division of a consultation, or for all."""
    return template.division_id in (None, consultation.division_id)


def _version(consultation: Consultation) -> DraftVersion:
    version = consultation.public_version or next(iter(reversed(consultation.versions)), None)
    if version is None:
        raise LetterRefused("还没有征求意见稿，请先上传。")
    return version


def revised(consultation: Consultation) -> DraftVersion | None:
    """Return the newest revised draft, on which a second round can ask for opinions; None where there is none."""
    public = consultation.public_version
    newer = [
        version
        for version in consultation.versions
        if version.kind in (VersionKind.REVISED, VersionKind.FOR_SUBMISSION)
        and public is not None
        and version.number > public.number
    ]
    return newer[-1] if newer else None


def _round(earlier: OfficialLetter | None, version: DraftVersion) -> int:
    if earlier is None:
        return 1 if version.id == version.consultation.public_version_id or version.number == 1 else 2
    return earlier.round if earlier.version_id == version.id else earlier.round + 1


def _number(
    consultation: Consultation, entry: Entry, replaced: OfficialLetter | None, at: datetime
) -> tuple[LetterSeries, int]:
    if entry.number.strip():
        mark, year, serial = parsed(entry.number)
        series = _series(mark, year, NumberSource.OFFICE)
        taken = select(OfficialLetter).where(OfficialLetter.series_id == series.id, OfficialLetter.serial == serial)
        others = [letter for letter in db.session.scalars(taken) if not _same_chain(letter, replaced)]
        if others:
            slug = others[0].consultation.slug
            raise LetterRefused(f"发文字号 {in_words(mark, year, serial)} 已经用于“{slug}”的函，请核对。")
        return series, serial
    mark, year = entry.mark.strip(), local(at).year
    if not re.fullmatch(r"[^\s〔〕\[\]（）()0-9]{1,40}", mark):
        raise LetterRefused("机关代字只写汉字，例如“某市监函”，不带年份和括号。")
    series = _series(mark, year, NumberSource.REGISTER)
    if replaced is not None and replaced.series_id == series.id:
        return series, replaced.serial
    last = db.session.scalar(select(func.max(OfficialLetter.serial)).where(OfficialLetter.series_id == series.id))
    return series, (last or 0) + 1


def _same_chain(letter: OfficialLetter, replaced: OfficialLetter | None) -> bool:
    """Whether a letter is the one that is corrected now, or was corrected on the way to it."""
    step = replaced
    while step is not None:
        if step.id == letter.id:
            return True
        step = db.session.get(OfficialLetter, step.replaces_id) if step.replaces_id is not None else None
    return False


def _series(mark: str, year: int, source: NumberSource) -> LetterSeries:
    """Return the series of a mark and year, locked.

    Raises:
        LetterRefused: its numbers come from elsewhere.
    """
    with raw_transaction():
        bulk.insert_new(LetterSeries, {"mark": mark, "year": year})
    series = db.session.scalars(select(LetterSeries).where(LetterSeries.mark == mark, LetterSeries.year == year)).one()
    lock_row(series)
    used = select(OfficialLetter.number_source).where(OfficialLetter.series_id == series.id)
    for other in set(db.session.scalars(used)) - {source}:
        raise LetterRefused(
            f"“{mark}〔{year}〕”的字号由{other.label.words}编制，不能又由{source.label.words}编制，以免重号。"
        )
    return series


def parsed(words: str) -> tuple[str, int, int]:
    """Return mark, year and number of a 发文字号; brackets of other kinds are put right.

    Raises:
        LetterRefused: it isn't one.
    """
    compact = "".join(words.split()).translate(_BRACKETS).replace("〕第", "〕")
    compact = re.sub(r"〕0+(?=[1-9])", "〕", compact)
    match = NUMBER.fullmatch(compact)
    if match is None:
        raise LetterRefused(f"发文字号“{words.strip()[:80]}”的写法不对，请写成“某市监函〔2026〕12号”。")
    return match["mark"], int(match["year"]), int(match["serial"])


def in_words(mark: str, year: int, serial: int) -> str:
    """Return a 发文字号."""
    return f"{mark}〔{year}〕{serial}号"


def is_used(letter: OfficialLetter) -> bool:
    """Whether anything was sent with a letter."""
    query = select(Invitation.id).where(Invitation.letter_id == letter.id, Invitation.sent_at.is_not(None))
    return db.session.scalar(query.limit(1)) is not None


def _move(replaced: OfficialLetter, letter: OfficialLetter) -> None:
    """Let the invitations that wait go out with the corrected letter; the sealed file of the earlier one doesn't."""
    waiting = select(Invitation).where(Invitation.letter_id == replaced.id)
    for invitation in db.session.scalars(waiting):
        invitation.letter_id = letter.id


def current(consultation: Consultation) -> OfficialLetter | None:
    """Return the newest letter of a consultation, None where there is none: the plain one goes out then."""
    query = select(OfficialLetter).where(OfficialLetter.consultation_id == consultation.id)
    return db.session.scalars(query.order_by(OfficialLetter.id.desc()).limit(1)).first()


def of(consultation: Consultation) -> Sequence[OfficialLetter]:
    """Return all letters of a consultation, oldest first, corrected ones among them."""
    query = select(OfficialLetter).where(OfficialLetter.consultation_id == consultation.id)
    return list(db.session.scalars(query.order_by(OfficialLetter.id)))


def of_invitation(invitation: Invitation) -> OfficialLetter | None:
    """Return the letter that an invitation goes out with."""
    return db.session.get(OfficialLetter, invitation.letter_id) if invitation.letter_id is not None else None


def seal(
    actor: Actor, letter: OfficialLetter, file: CheckedAttachment, invitation: Invitation | None = None, *, at: datetime
) -> SealedFile:
    """Store the sealed letter, for all or for one addressee: what is sent from now on.

    Raises:
        LetterRefused: another kind of file, the letter was corrected since, or the invitation isn't by this letter.
    """
    require(actor, Act.INVITE, letter.consultation)
    if file.media_type not in SENDABLE:
        raise LetterRefused("盖章件须为电子签章的 PDF、OFD，或者扫描的 PDF、图片。")
    with transaction() as session:
        lock_row(letter.consultation)
        newest = current(letter.consultation)
        if newest is None or newest.id != letter.id:
            raise LetterRefused("该函已经更正，请上传更正后的盖章件。")
        if invitation is not None and invitation.letter_id != letter.id:
            raise LetterRefused("该单位不是按这份函邀请的。")
        sealed = SealedFile(
            letter_id=letter.id,
            invitation_id=invitation.id if invitation is not None else None,
            name=file.name[:200],
            media_type=file.media_type,
            size=file.size,
            digest=file.digest,
            at=at,
            by_id=actor.id,
        )
        session.add(sealed)
        session.flush()
        addressee = invitation.consultee_id if invitation is not None else None
        _record(actor, "letter.seal", letter, at, name=sealed.name, digest=sealed.digest, consultee=addressee)
        session.expire(letter, ["seals"])
    return sealed


def sealed_for(letter: OfficialLetter, invitation: Invitation | None) -> SealedFile | None:
    """Return the sealed file that goes to an addressee: its own, else that for all."""
    personal = [row for row in letter.seals if invitation is not None and row.invitation_id == invitation.id]
    files = personal or [row for row in letter.seals if row.invitation_id is None]
    return files[-1] if files else None


def is_ready(invitation: Invitation) -> bool:
    """Whether the letter of an invitation may go out: a sealed one once the sealed file is there."""
    letter = of_invitation(invitation)
    return letter is None or not letter.sealed or sealed_for(letter, invitation) is not None


def _record(actor: Actor, act: str, letter: OfficialLetter, at: datetime, **detail: Any) -> None:
    record(actor, act, f"letter:{letter.id}", at=at, consultation_id=letter.consultation_id, **detail)


def invitation_by(letter: OfficialLetter, consultee: Consultee) -> Invitation:
    """Return the invitation of a consultee by a letter.

    Raises:
        LetterRefused: there is none.
    """
    query = select(Invitation).where(Invitation.letter_id == letter.id, Invitation.consultee_id == consultee.id)
    invitation = db.session.scalars(query.order_by(Invitation.id.desc()).limit(1)).first()
    if invitation is None:
        raise LetterRefused(f"{consultee.name}不是按这份函邀请的。")
    return invitation


def invitations_by(letter: OfficialLetter) -> Sequence[Invitation]:
    """Return the invitations that go out with a letter and aren't revoked."""
    query = select(Invitation).where(Invitation.letter_id == letter.id, Invitation.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(Invitation.id)))


def versions(consultation: Consultation) -> Sequence[DraftVersion]:
    """Return the texts that a letter can ask for opinions on: the draft out for comment, and the newest revised one."""
    public, newer = consultation.public_version, revised(consultation)
    first = public or next(iter(reversed(consultation.versions)), None)
    return [version for version in (first, newer) if version is not None]
