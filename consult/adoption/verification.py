"""Verifies decisions and opinions against the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.orm import aliased

from consult.accounts.permissions import Act
from consult.adoption.assignments import assignment_digests
from consult.adoption.concentration_standards import standard_digests
from consult.adoption.discussion import comment_digests
from consult.adoption.kinds import SET_KIND
from consult.adoption.models import (
    Assignment,
    ConcentrationStandard,
    Decision,
    DecisionState,
    Opinion,
    OpinionComment,
    OpinionGroup,
    ReasonTemplate,
    Referral,
    Theme,
    ThemeMark,
)
from consult.adoption.reason_library import template_digests
from consult.adoption.referrals import referral_digests
from consult.adoption.themes import mark_digests, theme_digests
from consult.consultees.confirmation import has_no_opinion
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.service import digest
from consult.ledger.verification import subjects
from consult.ledger.verification.batches import BATCH, columns_as_text, detail_of, entries_by_subject, id_batches
from consult.ledger.verification.database_view import parse_time, snapshot_read, stored_text, stream
from consult.ledger.verification.subjects import Subject
from consult.moderation.models import PublicText
from consult.store import db

SUBJECTS = (
    Subject("opinion", Opinion, "意见第", recorded=False),
    Subject("group", OpinionGroup, "归并意见第", recorded=False),
    Subject("comment", OpinionComment, "意见的内部讨论第", digests=comment_digests),
    Subject("concentration", ConcentrationStandard, "较为集中的标准第", digests=standard_digests),
    Subject("reason", ReasonTemplate, "理由库第", digests=template_digests),
    Subject("referral", Referral, "意见的转办第", digests=referral_digests),
    Subject("theme", Theme, "意见的主题第", digests=theme_digests),
    Subject("theme_mark", ThemeMark, "意见的主题标记第", digests=mark_digests),
    Subject("assignment", Assignment, "意见的承办第", digests=assignment_digests),
)
SET_IN_PLACE = ("outcome", "state", "proposed_at", "reviewed_at")


def faults() -> Iterator[Fault]:
    """Yield a fault for every decision that differs from its ledger entries or has none."""
    with snapshot_read():
        for ids in id_batches(Decision):
            query = select(*columns_as_text(Decision, *SET_IN_PLACE)).where(Decision.id.in_(ids)).order_by(Decision.id)
            rows = list(db.session.execute(query))
            entries = entries_by_subject({_subject(row) for row in rows})
            replacing = Decision.replaces_id.in_(ids) & (Decision.state != DecisionState.UNDONE)
            replaced = set(db.session.scalars(select(Decision.replaces_id).where(replacing)))
            for row in rows:
                acts = [entry for entry in entries[_subject(row)] if detail_of(entry).get("decision") == row.id]
                if not acts:
                    message = f"{_words(row)}无对应记录：记录被删除，或者这条处理是插入的。"
                    yield Fault("decision", str(row.id), Damage.INSERTED, message)
                elif not _is_of(acts, row) or bool(row.current) is (row.id in replaced or _is_undone(row)):
                    yield Fault("decision", str(row.id), Damage.CHANGED, f"{_words(row)}被改动：与底账不符。")
        yield from _deleted()


def _deleted() -> Iterator[Fault]:
    """Name every decision that was made and isn't there."""
    query = select(LedgerEntry.subject, stored_text(LedgerEntry.detail).label("detail"))
    rows = stream(query.where(LedgerEntry.act == Act.DECIDE).order_by(LedgerEntry.id))
    while some := list(islice(rows, BATCH)):
        made = {
            id_: str(row.subject).partition(":")[2]
            for row in some
            if isinstance(id_ := detail_of(row).get("decision"), int)
        }
        there = set(db.session.scalars(select(Decision.id).where(Decision.id.in_(made))))
        for id_ in sorted(made.keys() - there):
            message = f"采纳情况第 {id_} 号（对第 {made[id_]} 号意见或者归并意见）被删除：提出它的记录还在。"
            yield Fault("decision", str(id_), Damage.REMOVED, message)


def missing_opinions() -> Iterator[Fault]:
    """Name every part of an accepted submission that has no opinion, and every opinion that an act names and isn't."""
    drawn = exists(select(literal(1)).where(Opinion.part_id == SubmissionPart.id))
    with snapshot_read():
        query = (
            select(SubmissionPart.id, Submission.id.label("submission_id"), Submission.number)
            .join(Submission, Submission.id == SubmissionPart.submission_id)
            .where(Submission.state == SubmissionState.ACCEPTED, Submission.consultation_id.is_not(None), ~drawn)
        )
        for row in list(db.session.execute(query.order_by(SubmissionPart.id))):
            if not has_no_opinion(row.submission_id):
                message = f"来件 {row.number} 的第 {row.id} 号条目没有意见：它审核通过，意见被删除。"
                yield Fault("opinion", str(row.id), Damage.REMOVED, message)
    for subject in SUBJECTS:
        yield from subjects.faults(subject)


def _subject(row: Any) -> str:
    return f"opinion:{row.opinion_id}" if row.opinion_id else f"group:{row.group_id}"


def _words(row: Any) -> str:
    of = f"第 {row.opinion_id} 号意见" if row.opinion_id else f"第 {row.group_id} 组意见"
    return f"{of}的采纳情况（第 {row.id} 号）"


def _is_undone(row: Any) -> bool:
    return str(row.state) == DecisionState.UNDONE.value


def _is_of(acts: list[Any], row: Any) -> bool:
    detail, returned = detail_of(acts[-1]), digest({"reason": row.returned_reason})
    reviewed = acts[-1] if len(acts) > 1 and not _is_undone(row) else None
    try:
        stored = parse_time(row.proposed_at), parse_time(row.reviewed_at) if row.reviewed_at else None
        recorded = parse_time(acts[0].at), parse_time(reviewed.at) if reviewed is not None else None
    except ValueError:
        return False
    return (
        stored == recorded
        and row.author_id == acts[0].actor_id
        and row.reviewer_id == (reviewed.actor_id if reviewed is not None else None)
        and detail.get("outcome") == str(row.outcome)
        and detail.get("state") == str(row.state)
        and detail.get("reason_digest") == digest({"reason": row.reason})
        and detail.get("returned_digest", returned) == returned
        and detail.get("proposed_digest", "") == (digest({"text": row.proposed_text}) if row.proposed_text else "")
    )


def opinions() -> Iterator[Fault]:
    """Yield a fault for every opinion whose text, provision or withdrawal differs from its submission and acts."""
    with snapshot_read():
        for ids in id_batches(Opinion):
            query = (
                select(
                    Opinion.id,
                    Opinion.submission_id,
                    Opinion.anchor,
                    Opinion.content,
                    Opinion.withdrawn,
                    Opinion.replaced,
                    stored_text(Opinion.kind).label("kind"),
                    Opinion.kind_confirmed,
                    PublicText.content.label("printed"),
                    SubmissionPart.anchor.label("sent_to"),
                    stored_text(Submission.state).label("state"),
                    _is_first().label("first"),
                )
                .join(SubmissionPart, SubmissionPart.id == Opinion.part_id)
                .join(Submission, Submission.id == Opinion.submission_id)
                .outerjoin(PublicText, PublicText.part_id == Opinion.part_id)
                .where(Opinion.id.in_(ids))
                .order_by(Opinion.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_by_subject({f"opinion:{row.id}" for row in rows})
            for row in rows:
                if words := _wrong(row, entries[f"opinion:{row.id}"]):
                    yield Fault("opinion", str(row.id), Damage.CHANGED, f"第 {row.id} 号意见{words}")


def _is_first() -> ColumnElement[bool]:
    """Whether it is the oldest opinion of its part: the whole, not a piece."""
    older = aliased(Opinion)
    return ~exists(select(literal(1)).where(older.part_id == Opinion.part_id, older.id < Opinion.id))


def _wrong(row: Any, entries: list[Any]) -> str:
    in_force, accepted = not row.withdrawn, str(row.state) == SubmissionState.ACCEPTED.value
    if in_force and (not accepted or row.replaced):
        return "被恢复：它的来件没有通过审核，或者它已经拆分。"
    if in_force and _plain(row.content) not in _plain(row.printed or ""):
        return "的内容被改动：不是来件公开文本里的话。"
    placed = [detail_of(entry).get("anchor") for entry in entries if entry.act == "opinion.place"]
    if (placed or row.first) and row.anchor != (placed[-1] if placed else row.sent_to):
        return "被移到别的条文：没有移动的记录。"
    kinds = [detail_of(entry).get("kind") for entry in entries if entry.act == SET_KIND]
    if bool(row.kind_confirmed) is not bool(kinds) or (kinds and row.kind != kinds[-1]):
        return "的类型被改动：与确认类型的记录不符。"
    if not in_force and not row.replaced and accepted and not has_no_opinion(row.submission_id):
        return "被撤下：它的来件是审核通过的。"
    return ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
