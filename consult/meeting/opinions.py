"""《意见听取和采纳情况》: who said what, what became of it and why; the public and organisations apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, case, or_, select

from consult.adoption.models import Decision, DecisionState, Opinion
from consult.adoption.service import OUTCOME_NAMES
from consult.consultees.models import Invitation, Response
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.files.export import official_layout as layout
from consult.intake.models import SenderKind, Submission
from consult.store import db

ORGANISATIONS = (SenderKind.ENTERPRISE, SenderKind.ASSOCIATION)
Row = tuple[str, ...]


def tables(consultation: Consultation) -> tuple[list[Row], list[Row]]:
    """Return the rows (who, place, opinion, outcome, reason) of the public, and of enterprises and associations.

    A private person isn't named: the receipt's number stands for them. An answer of "no opinion" is a row too.
    """
    draft = drafting.draft_of(consultation)
    own = (Decision.opinion_id == Opinion.id) & Decision.current.is_(True)
    query = (
        select(Opinion, Submission, Decision)
        .join(Submission, Submission.id == Opinion.submission_id)
        .outerjoin(Decision, or_(own, and_(Decision.group_id == Opinion.group_id, Decision.current.is_(True))))
        .where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
        .order_by(Opinion.id, case((Decision.opinion_id.is_not(None), 0), else_=1))
    )
    public: list[Row] = []
    organisations: list[Row] = []
    last = 0
    for opinion, submission, decision in db.session.execute(query):
        if opinion.id == last:
            continue  # its own decision came first; the group's doesn't hold for it
        last = opinion.id
        named = submission.sender_kind in ORGANISATIONS
        who = submission.name if named and submission.name else f"来件 {submission.number}"
        row = (who, draft.label_of(opinion.anchor), opinion.content, *_decided(decision))
        (organisations if named else public).append(row)
    organisations += _without_opinion(consultation)
    return public, organisations


def _decided(decision: Decision | None) -> tuple[str, str]:
    if decision is None:
        return "未定", ""
    words = OUTCOME_NAMES[decision.outcome]
    return words if decision.state is DecisionState.REVIEWED else f"{words}（待复核）", decision.reason


def _without_opinion(consultation: Consultation) -> list[Row]:
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id, Response.no_opinion.is_(True))
        .order_by(Response.id)
    )
    return [
        (one.invitation.consultee.name, "", "无意见", "", "")
        for one in db.session.scalars(query)
        if one.invitation.responses[-1].id == one.id
    ]


def to_docx(title: str, who: str, rows: Sequence[Row]) -> bytes:
    """Return the account of one side as a Word document."""
    heads = (("提出人", 40), ("条款", 30), ("意见", 82), ("采纳情况", 28), ("理由", 67))
    return table_docx(f"《{title}》意见听取和采纳情况（{who}）", f"共 {len(rows)} 条。", heads, rows)


def table_docx(title: str, words: str, heads: Sequence[tuple[str, int]], rows: Iterable[Row]) -> bytes:
    """Return a titled table as a Word document in landscape; ``heads`` are words and widths in millimetres."""
    fonts = layout.Fonts()
    document = layout.new_document(fonts, landscape=True)
    layout.add_title(document, title, fonts)
    layout.add_line(document, words)
    table = layout.begin_table(document, heads, fonts)
    for row in rows:
        _fill(table.add_row(), row)
    return layout.saved(document)


def _fill(made: Any, row: Row) -> None:
    for cell, text in zip(made.cells, row, strict=True):
        for n, line in enumerate(text.split("\n")):
            layout.add_run(cell.add_paragraph() if n else cell.paragraphs[0], line, "", layout.SIZE_4)
