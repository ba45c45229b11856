"""A report as a document to render: a stored version, or a preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, overload

from sqlalchemy import func, select

from consult.adoption.models import Decision, Outcome
from consult.adoption.queries import UNDECIDED, decision_words
from consult.app_context import settings
from consult.clock import local
from consult.drafting.models import Consultation
from consult.files.feedback import (
    CountLine,
    Counts,
    FeedbackDocument,
    FigureLine,
    MainOpinion,
    OtherAnswer,
    Rewording,
    Row,
    ThemeLine,
)
from consult.intake.models import Channel, SenderKind
from consult.law.periods import in_words
from consult.reporting import count_tables, figures
from consult.reporting.models import FeedbackReport, ReportRow
from consult.reporting.report_versions import rows
from consult.reporting.snapshot import lines, outcome_words
from consult.reporting.way_out import WayOut
from consult.store import db
from consult.text.anchors import article_of

BATCH = 1000
"""Rows of the table in one query."""


class _StoredRows(Sequence[Row]):
    """The table of a stored report, read in batches each time it is iterated."""

    def __init__(self, report: FeedbackReport) -> None:
        self._report = report

    def __len__(self) -> int:
        query = select(func.count()).select_from(ReportRow).where(ReportRow.report_id == self._report.id)
        return db.session.scalar(query) or 0

    def __iter__(self) -> Iterator[Row]:
        after = 0
        while True:
            batch = rows(self._report, after=after, limit=BATCH)
            yield from (_printed(row) for row in batch)
            if len(batch) < BATCH:
                return
            after = batch[-1].number

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return list(self)[index]


def _printed(row: ReportRow) -> Row:
    return Row(
        number=row.number,
        sender=row.sender,
        place=f"{row.place}（逾期来件）" if row.late else row.place,
        content=row.content,
        outcome=outcome_words(row.outcome),
        reason=row.reason,
        channel=Channel(row.channel).label.words,
        sender_kind=SenderKind(row.sender_kind).label.words,
        late=row.late,
        rewording=row.rewording,
    )


def document(report: FeedbackReport, *, published_at: datetime | None = None) -> FeedbackDocument:
    """Return a stored report as a document to render, marked as a draft until it is published."""
    moment = published_at or report.published_at
    dates = [*report.snapshot["dates"]]
    day = in_words(local(moment).date()) if moment is not None else ""
    if day:
        dates.append(["反馈公布", day])
    replaces = ""
    if report.replaces is not None:
        replaces = f"本反馈为第{report.version}版，更正第{report.replaces.version}版：{report.correction_reason}"
    return _document(
        report.snapshot,
        version=report.version,
        statement=report.statement,
        dates=dates,
        table=_StoredRows(report),
        digest=report.digest,
        replaces=replaces,
        day=day,
        at=moment or report.compiled_at,
        checkpoint=report.checkpoint,
    )


def preview(consultation: Consultation) -> FeedbackDocument:
    """Return a preview of the report as a document, marked as a draft; nothing is stored.

    Outcomes that nobody has reviewed say so: the figures don't count them.

    Raises:
        PrivateDataFound: it holds private data on which nobody has decided.
    """
    out = WayOut(consultation)
    table = [
        replace(_printed(ReportRow(number=number, **values)), outcome=_words(line.decision))
        for number, (line, values) in enumerate(zip(lines(consultation.id), out.rows(), strict=True), 1)
    ]
    content = out.head()
    out.check()
    return _document(content, version=0, dates=content["dates"], table=table)


def _words(decision: Decision | None) -> str:
    return decision_words(decision.outcome, decision.state) if decision is not None else UNDECIDED


def main_opinion(main: dict[str, Any]) -> MainOpinion:
    """Return a main opinion of a snapshot in words; snapshots of earlier versions know no exceptions."""
    return MainOpinion(
        main["title"],
        main["place"],
        main["n"],
        outcome_words(main["outcome"]),
        main["reason"],
        tuple(
            OtherAnswer(other["n"], outcome_words(other["outcome"]), other["reason"])
            for other in main.get("others", [])
        ),
        Rewording(*main["rewording"]) if "rewording" in main else None,
    )


def article_in(consultation: Consultation, anchor: str) -> str:
    """Return the anchor of the page that shows a provision: its article; ``draft`` for the whole, else empty."""
    article = article_of(anchor)
    if not article:
        return "draft"
    version = consultation.public_version
    return article if version is not None and any(row.anchor == article for row in version.provisions) else ""


def counts_of(content: dict[str, Any]) -> Counts:
    """Return the tables of a snapshot in words; snapshots of earlier versions have none."""
    tables = content.get("tables", {})
    words: dict[str, Mapping[str, str]] = {
        "channels": {kind.value: kind.label.words for kind in Channel},
        "senders": {kind.value: kind.label.words for kind in SenderKind},
        "apart": count_tables.APART_WORDS,
        "articles": content.get("places", {}),
    }
    return Counts(**{name: tuple(_counted(line, words[name]) for line in lines) for name, lines in tables.items()})


def _counted(line: list[Any], words: Mapping[str, str]) -> CountLine:
    key, submissions, opinions, outcomes = line
    by_outcome = {outcome.label.short or outcome.label.words: outcomes.get(outcome.value, 0) for outcome in Outcome}
    return CountLine(words[key], submissions, opinions, by_outcome)


def _document(
    content: dict[str, Any],
    *,
    version: int,
    dates: list[list[str]],
    table: Sequence[Row],
    statement: str = "",
    digest: str = "",
    replaces: str = "",
    day: str = "",
    at: datetime | None = None,
    checkpoint: str = "",
) -> FeedbackDocument:
    return FeedbackDocument(
        title=content["title"],
        department=settings().department,
        consultation=content["consultation"],
        slug=content["slug"],
        version=version,
        dates=tuple((label, value) for label, value in dates),
        statement=tuple(line.strip() for line in statement.split("\n") if line.strip()),
        figures=tuple(
            FigureLine(name, figures.FIGURES[name].label, n)
            for name, n in content["figures"].items()
            if name in figures.FIGURES
        ),
        main_opinions=tuple(main_opinion(main) for main in content["main_opinions"]),
        themes=tuple(
            ThemeLine(each["name"], each["n"], tuple((outcome_words(name), n) for name, n in each["outcomes"].items()))
            for each in content.get("themes", [])
        ),
        rows=table,
        digest=digest,
        replaces=replaces,
        draft=not day,
        day=day,
        at=at,
        checkpoint=checkpoint,
        counts=counts_of(content),
        rejections=tuple(content.get("rejections", {}).items()),
        heard=tuple((count_tables.HEARD_WORDS[key], n) for key, n in content.get("heard", [])),
    )
