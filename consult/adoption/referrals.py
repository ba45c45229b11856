"""Opinions are passed on to the organisations that they concern (转办): to whom, when, under which number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Act, Actor, is_outside, require
from consult.adoption.errors import NotGiven, OpinionRefused, ReferralRefused
from consult.adoption.holdings import expect_given
from consult.adoption.models import Opinion, Outcome, Referral, ReferralState
from consult.adoption.opinions import expect_in_force
from consult.adoption.private_words import private_in
from consult.clock import local
from consult.drafting.models import Consultation
from consult.files import tables
from consult.intake.arrival import clean
from consult.intake.models import Submission, SubmissionPart
from consult.law.periods import in_words
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import BulkAct, record_many
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared, lock_rows
from consult.text import anchors

ORGANISATION_CHARACTERS, NUMBER_CHARACTERS, REMARK_CHARACTERS = 100, 60, 300
ANSWERED, TAKE_BACK = "opinion.referral_answered", "opinion.take_back_referral"
OUTCOME = Outcome.OUT_OF_SCOPE
"""What is usually decided on an opinion that was passed on."""

COLUMNS, WIDTHS = zip(
    ("序号", 8.0),
    ("来件", 20.0),
    ("意见编号", 10.0),
    ("条文", 16.0),
    ("意见内容", 60.0),
    ("转往单位", 24.0),
    ("转办日期", 12.0),
    ("文号", 20.0),
    ("状态", 10.0),
    ("答复日期", 12.0),
    ("转办说明", 30.0),
    ("撤回的理由", 30.0),
    ("登记人", 12.0),
    strict=True,
)
EVERY = 1_000_000
Subject = Opinion | SubmissionPart


def refer(
    actor: Actor,
    subjects: Sequence[Subject],
    organisation: str,
    *,
    at: datetime,
    referred_on: date | None = None,
    number: str = "",
    remark: str = "",
    shown_to_sender: bool = True,
) -> list[Referral]:
    """Pass opinions of one consultation on to an organisation: all of them or, when one is refused, none.

    A part of a submission is passed on where no opinion stands for it, because it was rejected, for instance. What was
    passed on still needs its decision.

    Arguments:
        referred_on: the local day; None is today.
        number: of the letter that passes it on.
        remark: reason or remark for colleagues.
        shown_to_sender: whether the receipt says so; not where that would reveal a private matter.

    Raises:
        ReferralRefused: no organisation, private data, a day that isn't between arrival and today, passed on already.
        OpinionRefused: an opinion is withdrawn or was split.
        NotGiven: one wasn't given to this drafter of another division.
    """
    consultation = _consultation_of(subjects)
    require(actor, Act.REFER, consultation)
    wanted = list(dict.fromkeys(subjects))
    words = _checked(wanted, organisation, number, remark)
    day = referred_on or local(at).date()
    with transaction() as session:
        _lock(actor, consultation, wanted)
        for subject in wanted:
            part = subject.part if isinstance(subject, Opinion) else subject
            _check_day(day, local(part.submission.received_at).date(), at)
            _check_new(subject, words["organisation"])
        made = [
            Referral(
                consultation_id=consultation.id,
                part_id=subject.part_id if isinstance(subject, Opinion) else subject.id,
                opinion_id=subject.id if isinstance(subject, Opinion) else None,
                referred_on=day,
                shown_to_sender=shown_to_sender,
                referred_at=at,
                referred_by_id=actor.id,
                taken_back_reason="",
                **words,
            )
            for subject in wanted
        ]
        session.add_all(made)
        session.flush()
        _record(actor, Act.REFER, made, at)
    return made


def note_answer(actor: Actor, referral: Referral, answered_on: date, *, at: datetime) -> None:
    """Note the local day on which the organisation answered; another day corrects it.

    Raises:
        ReferralRefused: it was taken back, or the day is before it was passed on or not yet there.
    """
    consultation = db.session.get_one(Consultation, referral.consultation_id)
    require(actor, Act.REFER, consultation)
    with transaction():
        _lock_referral(actor, consultation, referral)
        _check_day(answered_on, referral.referred_on, at, "answered_on")
        if referral.answered_on != answered_on:
            referral.answered_on = answered_on
            db.session.flush()
            _record(actor, ANSWERED, [referral], at)


def take_back(actor: Actor, referral: Referral, reason: str, *, at: datetime) -> None:
    """Take a referral back with a reason; it stays in the list.

    Raises:
        ReferralRefused: no reason, private data in it, taken back already, or answered.
    """
    consultation = db.session.get_one(Consultation, referral.consultation_id)
    require(actor, Act.REFER, consultation)
    reason = clean(reason)
    if not reason:
        raise ReferralRefused("请写明撤回转办的理由。", "reason")
    _check_words(reason, "撤回的理由", REMARK_CHARACTERS, "reason", [referral.opinion or referral.part])
    with transaction():
        _lock_referral(actor, consultation, referral)
        if referral.answered_on is not None:
            raise ReferralRefused("承办单位已经答复，不能撤回。")
        referral.taken_back_at, referral.taken_back_by_id, referral.taken_back_reason = at, actor.id, reason
        db.session.flush()
        _record(actor, TAKE_BACK, [referral], at)


def offered_reason(referral: Referral) -> str:
    """Return the reason offered for the decision on what was passed on, which is printed.

    None where the sender isn't to know of it, or asked that the opinion isn't published.
    """
    hidden = not referral.shown_to_sender or referral.part.submission.keep_private
    if hidden or referral.state is ReferralState.TAKEN_BACK:
        return ""
    return f"所提问题不属于本次征求意见范围，已于{in_words(referral.referred_on)}转{referral.organisation}办理。"


def in_short(referral: Referral) -> str:
    """Return a referral in one line: to whom, when, its number and its state."""
    number = f"（{referral.number}）" if referral.number else ""
    day = referral.referred_on.isoformat()
    return f"{day} 转{referral.organisation}{number}，{referral.state.label.words}"


def of_opinion(opinion: Opinion) -> list[Referral]:
    """Return the referrals of an opinion, and those of the opinion that it was split off, oldest first."""
    same_part = select(Opinion.id).where(Opinion.part_id == opinion.part_id, Opinion.replaced.is_(True))
    query = _loaded().where(Referral.opinion_id.in_(same_part) | (Referral.opinion_id == opinion.id))
    return list(db.session.scalars(query.order_by(Referral.id)))


def in_force(opinion_ids: Collection[int]) -> dict[int, list[Referral]]:
    """Return the referrals of opinions that weren't taken back, oldest first, by opinion."""
    query = select(Referral).where(Referral.opinion_id.in_(opinion_ids), Referral.taken_back_at.is_(None))
    by_id: dict[int, list[Referral]] = {}
    for referral in db.session.scalars(query.order_by(Referral.id)):
        by_id.setdefault(referral.opinion_id or 0, []).append(referral)
    return by_id


def shown_on_receipt(submission: Submission) -> dict[int, list[Referral]]:
    """Return what the receipt of a submission says was passed on, by the id of its part."""
    query = select(Referral).where(
        Referral.part_id.in_([part.id for part in submission.parts]),
        Referral.taken_back_at.is_(None),
        Referral.shown_to_sender.is_(True),
    )
    by_id: dict[int, list[Referral]] = {}
    for referral in db.session.scalars(query.options(joinedload(Referral.opinion)).order_by(Referral.id)):
        by_id.setdefault(referral.part_id, []).append(referral)
    return by_id


def listed(actor: Actor, consultation: Consultation, state: ReferralState | None = None) -> list[Referral]:
    """Return all referrals of a consultation in a state (None: in any), newest first."""
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    return page(consultation.id, state, limit=EVERY)


def page(
    consultation_id: int, state: ReferralState | None = None, *, before: int = 0, limit: int = 50
) -> list[Referral]:
    """Return the referrals of a consultation in a state (None: in any), newest first, with ids below ``before``."""
    query = _loaded().where(Referral.consultation_id == consultation_id)
    if before:
        query = query.where(Referral.id < before)
    if state is ReferralState.TAKEN_BACK:
        query = query.where(Referral.taken_back_at.is_not(None))
    elif state is not None:
        is_open = state is ReferralState.OPEN
        answered = Referral.answered_on.is_(None) if is_open else Referral.answered_on.is_not(None)
        query = query.where(Referral.taken_back_at.is_(None), answered)
    return list(db.session.scalars(query.order_by(Referral.id.desc()).limit(limit)))


def export(actor: Actor, consultation: Consultation, path: Path) -> int:
    """Write the referrals of a consultation to a CSV or XLSX file; return how many. No sender is named.

    Raises:
        ReferralRefused: an unknown ending.
    """
    written = [_cells(referral) for referral in listed(actor, consultation)]
    if path.suffix.lower() == ".csv":
        tables.write_csv(path, COLUMNS, written)
    elif path.suffix.lower() == ".xlsx":
        tables.write_xlsx(path, [tables.Sheet("转办", COLUMNS, written, WIDTHS)])
    else:
        raise ReferralRefused(f"不认识的文件类型“{path.suffix}”。请用 .xlsx 或者 .csv。")
    return len(written)


def _cells(referral: Referral) -> list[str | int]:
    return [
        referral.id,
        referral.part.submission.number,
        referral.opinion_id or "",
        _place(referral.opinion) if referral.opinion is not None else "",
        referral.content,
        referral.organisation,
        referral.referred_on.isoformat(),
        referral.number,
        referral.state.label.words,
        referral.answered_on.isoformat() if referral.answered_on is not None else "",
        referral.remark,
        referral.taken_back_reason,
        referral.referred_by.name if referral.referred_by is not None else "系统",
    ]


def _place(opinion: Opinion) -> str:
    return anchors.in_words(opinion.anchor) if opinion.anchor else "整个草案"


def referral_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of referrals by their ids, for the record."""
    return digests_by_id(select(*Referral.__table__.columns).where(Referral.id.in_(ids)))


def _loaded() -> Select[Referral]:
    return select(Referral).options(
        joinedload(Referral.part).joinedload(SubmissionPart.submission),
        joinedload(Referral.opinion),
        joinedload(Referral.referred_by),
    )


def _consultation_of(subjects: Sequence[Subject]) -> Consultation:
    if not subjects:
        raise ReferralRefused("尚未选择要转办的意见，请先勾选。")
    ids = {
        subject.consultation_id if isinstance(subject, Opinion) else subject.submission.consultation_id
        for subject in subjects
    }
    if len(ids) > 1 or None in ids:
        raise ReferralRefused("一次只能转办同一件征求意见的意见。")
    return db.session.get_one(Consultation, ids.pop())


def _lock(actor: Actor, consultation: Consultation, subjects: Sequence[Subject]) -> None:
    """Lock what is passed on, in lock order."""
    lock_row_shared(consultation)
    parts = [subject for subject in subjects if isinstance(subject, SubmissionPart)]
    lock_rows(Submission, sorted({part.submission_id for part in parts}))
    opinions = lock_rows(Opinion, sorted(subject.id for subject in subjects if isinstance(subject, Opinion)))
    for opinion in opinions:
        expect_in_force(opinion)
    expect_given(actor, consultation, opinions)
    if parts and is_outside(actor, consultation):
        raise NotGiven("本处室为协办处室，只能转办交办的意见。")
    standing = select(Opinion.id).where(Opinion.part_id.in_([part.id for part in parts]), Opinion.withdrawn.is_(False))
    if db.session.scalar(standing.limit(1)) is not None:
        raise OpinionRefused("该条来件已形成意见，请在意见上转办。")


def _lock_referral(actor: Actor, consultation: Consultation, referral: Referral) -> None:
    lock_row_shared(consultation)
    lock_row(referral)
    if referral.taken_back_at is not None:
        raise ReferralRefused("该转办已经撤回。")
    if referral.opinion is not None:
        expect_given(actor, consultation, [referral.opinion])


def _checked(subjects: Sequence[Subject], organisation: str, number: str, remark: str) -> dict[str, Any]:
    organisation, number, remark = (clean(words) for words in (organisation, number, remark))
    if not organisation:
        raise ReferralRefused("请填写转往的单位。", "organisation")
    _check_words(organisation, "转往单位", ORGANISATION_CHARACTERS, "organisation", subjects)
    _check_words(number, "文号", NUMBER_CHARACTERS, "number", subjects)
    _check_words(remark, "转办说明", REMARK_CHARACTERS, "remark", subjects)
    return {"organisation": organisation, "number": number, "remark": remark}


def _check_words(words: str, name: str, most: int, field: str, subjects: Sequence[Subject]) -> None:
    if len(words) > most:
        raise ReferralRefused(f"{name}有 {len(words)} 字，最多 {most} 字，请缩短。", field)
    if private := private_in(words, subjects):
        raise ReferralRefused(f"{name}不得写个人信息（{'、'.join(private)}），请删去后提交。", field)


def _check_day(day: date, first: date, at: datetime, field: str = "referred_on") -> None:
    if not first <= day <= local(at).date():
        before = "来件收到" if field == "referred_on" else "转办"
        raise ReferralRefused(f"日期不能早于{before}之日（{in_words(first)}），也不能晚于今天。", field)


def _check_new(subject: Subject, organisation: str) -> None:
    of = Referral.opinion_id == subject.id if isinstance(subject, Opinion) else Referral.part_id == subject.id
    query = select(Referral.id).where(of, Referral.organisation == organisation, Referral.taken_back_at.is_(None))
    if db.session.scalar(query.limit(1)) is not None:
        raise ReferralRefused(f"该意见已经转{organisation}办理，请刷新查看。", "organisation")


def _record(actor: Actor, act: str, referrals: Sequence[Referral], at: datetime) -> None:
    stands = referral_digests([referral.id for referral in referrals])
    acts = [
        BulkAct(
            f"referral:{referral.id}",
            stands[referral.id],
            {"opinion": referral.opinion_id, "part": referral.part_id, STANDS: stands[referral.id]},
        )
        for referral in referrals
    ]
    record_many(actor, act, acts, at=at, consultation_id=referrals[0].consultation_id)
