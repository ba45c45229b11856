"""The checklist of what is handed in for a review, and what there is of each item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consult.app_context import rules
from consult.drafting.models import DraftVersion
from consult.law.reviews import ReviewKind, ReviewState
from consult.law.rule_rows import MaterialRule
from consult.reporting import queries as reporting
from consult.review import queries
from consult.review.models import Review, ReviewPaper


@dataclass(frozen=True)
class MaterialItem:
    """An item of the checklist: its row, what the platform has of it in words, and the papers handed in for it."""

    row: MaterialRule
    held: str
    papers: tuple[ReviewPaper, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether the platform has it or a paper was handed in."""
        return bool(self.held or self.papers)


def checklist(
    kind: ReviewKind, version: DraftVersion, at: datetime, review: Review | None = None
) -> list[MaterialItem]:
    """Return the items that a review of this kind asks for, in the order of the rules."""
    papers = review.papers if review is not None else []
    return [
        MaterialItem(row, _held(row, version, at), tuple(paper for paper in papers if paper.item == row.id))
        for row in rules().material
        if row.review == kind.value
    ]


def _held(row: MaterialRule, version: DraftVersion, at: datetime) -> str:
    consultation = version.consultation
    if row.held == "version":
        return f"第{version.number}稿《{version.title}》"
    if row.held == "explanation":
        return "起草说明" if consultation.explanation_html.strip() else ""
    if row.held == "report":
        report = reporting.standing(consultation.id)
        return f"意见采纳情况反馈报告（第{report.version}版）" if report is not None else ""
    if row.held == "fair-competition":
        standing = queries.finding(consultation, ReviewKind.FAIR_COMPETITION, at)
        return standing.why if standing.state is ReviewState.STANDS else ""
    return ""
