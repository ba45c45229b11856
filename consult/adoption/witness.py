"""Holding decisions against the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, exists, literal, select
from sqlalchemy.orm import aliased

from consult.adoption.models import Decision, Opinion
from consult.consultees.responses import states_no_opinion
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.ledger.checking.batches import columns_as_stored, entries_on, facts, ids_of
from consult.ledger.checking.view import as_stored, moment, one_view
from consult.ledger.faults import Fault, What
from consult.ledger.service import digest
from consult.moderation.models import PublicText
from consult.store import db

SET_IN_PLACE = ("outcome", "state", "proposed_at", "reviewed_at")


def faults() -> Iterator[Fault]:
    """Name every decision whose outcome, reason or review isn't as it was recorded, or that never was."""
    with one_view():
        for ids in ids_of(Decision):
            query = (
                select(*columns_as_stored(Decision, *SET_IN_PLACE)).where(Decision.id.in_(ids)).order_by(Decision.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_on({_subject(row) for row in rows})
            replaced = set(db.session.scalars(select(Decision.replaces_id).where(Decision.replaces_id.in_(ids))))
            for row in rows:
                acts = [entry for entry in entries[_subject(row)] if facts(entry).get("decision") == row.id]
                if not acts:
                    message = f"{_words(row)}没有底账：记录被删除，或者这条处理是插入的。"
                    yield Fault("decision", str(row.id), What.INSERTED, message)
                elif not _is_of(acts, row) or bool(row.current) is (row.id in replaced):
                    yield Fault("decision", str(row.id), What.CHANGED, f"{_words(row)}被改动：与底账不符。")


def _subject(row: Any) -> str:
    return f"opinion:{row.opinion_id}" if row.opinion_id else f"group:{row.group_id}"


def _words(row: Any) -> str:
    of = f"第 {row.opinion_id} 号意见" if row.opinion_id else f"第 {row.group_id} 组意见"
    return f"{of}的采纳情况（第 {row.id} 号）"


def _is_of(acts: list[Any], row: Any) -> bool:
    said, returned = facts(acts[-1]), digest({"reason": row.returned_reason})
    try:
        moments = moment(row.proposed_at), moment(row.reviewed_at) if row.reviewed_at else None
        told = moment(acts[0].at), moment(acts[-1].at) if len(acts) > 1 else None
    except ValueError:
        return False
    return (
        moments == told
        and row.author_id == acts[0].actor_id
        and row.reviewer_id == (acts[-1].actor_id if len(acts) > 1 else None)
        and said.get("outcome") == str(row.outcome)
        and said.get("state") == str(row.state)
        and said.get("reason_digest") == digest({"reason": row.reason})
        and said.get("returned_digest", returned) == returned
    )


def opinions() -> Iterator[Fault]:
    """Name every opinion that says what its public text doesn't, stands where it shouldn't, or was moved."""
    with one_view():
        for ids in ids_of(Opinion):
            query = (
                select(
                    Opinion.id,
                    Opinion.submission_id,
                    Opinion.anchor,
                    Opinion.content,
                    Opinion.withdrawn,
                    Opinion.replaced,
                    PublicText.content.label("printed"),
                    SubmissionPart.anchor.label("sent_to"),
                    as_stored(Submission.state).label("state"),
                    _is_first().label("first"),
                )
                .join(SubmissionPart, SubmissionPart.id == Opinion.part_id)
                .join(Submission, Submission.id == Opinion.submission_id)
                .outerjoin(PublicText, PublicText.part_id == Opinion.part_id)
                .where(Opinion.id.in_(ids))
                .order_by(Opinion.id)
            )
            rows = list(db.session.execute(query))
            entries = entries_on({f"opinion:{row.id}" for row in rows})
            for row in rows:
                if words := _wrong(row, entries[f"opinion:{row.id}"]):
                    yield Fault("opinion", str(row.id), What.CHANGED, f"第 {row.id} 号意见{words}")


def _is_first() -> ColumnElement[bool]:
    """Whether no older opinion was drawn from the same part: the whole, and no piece of it."""
    older = aliased(Opinion)
    return ~exists(select(literal(1)).where(older.part_id == Opinion.part_id, older.id < Opinion.id))


def _wrong(row: Any, entries: list[Any]) -> str:
    stands, accepted = not row.withdrawn, str(row.state) == SubmissionState.ACCEPTED.value
    if stands and (not accepted or row.replaced):
        return "被恢复：它的来件没有通过审核，或者它已经拆分。"
    if stands and _plain(row.content) not in _plain(row.printed or ""):
        return "的内容被改动：不是来件公开文本里的话。"
    placed = [facts(entry).get("anchor") for entry in entries if entry.act == "opinion.place"]
    if (placed or row.first) and row.anchor != (placed[-1] if placed else row.sent_to):
        return "被移到别的条文：没有移动的记录。"
    if not stands and not row.replaced and accepted and not states_no_opinion(row.submission_id):
        return "被撤下：它的来件是审核通过的。"
    return ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
