"""The way out: what a report prints passes here, masked as was decided, and not at all while it holds private data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.reporting import private_decisions
from consult.reporting.errors import PrivateDataFound
from consult.reporting.models import FeedbackReport, FindChoice, ReportRow
from consult.reporting.private_scan import (
    HEAD,
    Find,
    Row,
    Texts,
    Values,
    finds_in,
    head,
    numbered,
    scanned,
    table,
    texts_of,
    with_texts,
)
from consult.reporting.report_versions import rows as rows_of_version
from consult.reporting.report_versions import submissions
from consult.reporting.snapshot import Printed
from consult.text.privacy import detection

BATCH = 500
MOST_NAMED = 1000
"""Finds that are kept to be named; all are counted."""
NAMED_IN_A_SENTENCE = 3
TYPED = ("statement", "correction_reason")
"""What the compiler of a report types, by the name of the field."""
WHERE = {
    "title": "标题",
    "consultation": "标题",
    "dates": "抬头",
    "main_opinions": "主要意见",
    "statement": "说明文字",
    "correction_reason": "更正的原因",
    "sender": "反馈人",
    "place": "条文",
    "content": "意见内容",
    "reason": "理由",
    "rewording": "修改的文字",
}
PARTS_OF_MAIN = {"title": "标题", "reason": "理由", "others": "理由", "rewording": "修改的文字"}


def where(find: Find) -> str:
    """Return in Chinese where a find stands."""
    first, *rest = find.column.split(".")
    if find.row != HEAD:
        line = f"序号 {find.number} " if find.number else ""
        return f"{line}{WHERE.get(first, '其他内容')}"
    if first == "main_opinions" and len(rest) > 1:
        return f"主要意见第 {int(rest[0]) + 1} 类{PARTS_OF_MAIN.get(rest[1], '')}"
    return WHERE.get(first, "报告正文")


class WayOut:
    """What a report of a consultation prints, masked as was decided; ``open`` are finds that nobody has decided on."""

    def __init__(self, consultation: Consultation, printed: Printed | None = None) -> None:
        self._consultation = consultation
        self._printed = printed or Printed.now(consultation)
        self._decisions = private_decisions.in_force(consultation.id)
        self.open: list[Find] = []
        self.count = 0
        """How many finds nobody has decided on."""
        self._last_release: datetime | None = None

    def words(self, field: str, text: str) -> str:
        """Return a text that somebody typed for the report, masked."""
        texts = {field: text}
        return self._masked(texts, finds_in(self._consultation.id, HEAD, texts)).get(field, text)

    def head(self) -> dict[str, Any]:
        """Return what is printed beside the table, masked."""
        ((_, values),) = self._through([head(self._printed)])
        return values

    def rows(self) -> Iterator[Values]:
        """Yield the rows of the table, masked, without numbers."""
        return (values for _, values in self._through(table(self._consultation, self._printed)))

    def _through(self, rows: Iterable[Row]) -> Iterator[tuple[Row, Values]]:
        for number, (row, finds) in enumerate(scanned(self._consultation.id, rows), 1):
            values = row[2]
            if finds:
                if row[0] != HEAD:
                    finds = [numbered(find, number) for find in finds]
                values = with_texts(values, self._masked(dict(texts_of(values)), finds))
            yield row, values

    def _masked(self, texts: Texts, finds: list[Find]) -> Texts:
        to_mask: dict[str, list[detection.PrivateDatum]] = {}
        for find in finds:
            decision = self._decisions.get(find.key)
            if decision is None:
                self._note(find)
            elif decision.choice is FindChoice.MASK:
                to_mask.setdefault(find.column, []).append(find.datum)
            elif self._last_release is None or decision.at > self._last_release:
                self._last_release = decision.at
        return {column: detection.mask(texts[column], data) for column, data in to_mask.items()}

    def _note(self, find: Find) -> None:
        self.count += 1
        if len(self.open) < MOST_NAMED:
            self.open.append(find)

    def check(self, *, field: str = "") -> None:
        """Refuse what still holds private data.

        Raises:
            PrivateDataFound: with the first finds.
        """
        if not self.count:
            return
        named = "、".join(
            f"{where(find)}的{find.datum.kind.label.words}“{private_decisions.starred(find.datum)}”"
            for find in self.open[:NAMED_IN_A_SENTENCE]
        )
        more = "等" if self.count > NAMED_IN_A_SENTENCE else ""
        raise PrivateDataFound(
            f"有 {self.count:,} 处疑似个人信息尚未处理：{named}{more}。请逐项遮盖，或者写明理由准予公开。",
            self.open,
            field,
        )

    def released_after(self, moment: datetime | None) -> bool:
        """Whether something that passed was released only after a moment, such as that of the review."""
        return self._last_release is not None and moment is not None and self._last_release > moment


def decide_typed(
    actor: Actor,
    consultation: Consultation,
    typed: Mapping[str, str],
    choices: Mapping[str, tuple[FindChoice, str]],
    *,
    at: datetime,
) -> None:
    """Mask or release private data in words that somebody types, by choice and reason for each digest of a datum.

    Raises:
        ReportRefused: a release without a reason.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    for find in finds_in(consultation.id, HEAD, dict(typed)):
        if find.digest in choices:
            choice, reason = choices[find.digest]
            private_decisions.decide(actor, consultation, [find], choice, at=at, reason=reason)


def looks_private(consultation_id: int, *texts: str) -> list[str]:
    """Return in words what in some texts looks private and isn't released, to warn whoever types them."""
    decisions = private_decisions.in_force(consultation_id)
    finds = finds_in(consultation_id, HEAD, {str(place): text for place, text in enumerate(texts)})
    return list(
        dict.fromkeys(
            f"{find.datum.kind.label.words}“{find.datum.text}”"
            for find in finds
            if (decision := decisions.get(find.key)) is None or decision.choice is not FindChoice.RELEASE
        )
    )


def check_typed(consultation: Consultation, typed: Mapping[str, str]) -> None:
    """Refuse words typed for a report while they hold private data on which nobody decided; for the first that does.

    Raises:
        PrivateDataFound: with the field's name.
    """
    for field, text in typed.items():
        out = WayOut(consultation)
        out.words(field, text)
        out.check(field=field)


def check_version(report: FeedbackReport) -> None:
    """Refuse a stored version that prints private data; what was released isn't refused.

    Raises:
        PrivateDataFound: with the first finds.
    """
    out = StoredOut(report)
    out.through()
    out.check()


class StoredOut(WayOut):
    """What a stored version prints: what was to be masked there is found as well, since it wasn't."""

    def __init__(self, report: FeedbackReport) -> None:
        super().__init__(report.consultation)
        self._report = report
        self._decisions = {
            key: decision for key, decision in self._decisions.items() if decision.choice is FindChoice.RELEASE
        }

    def through(self) -> None:
        """Look through all that it prints."""
        report = self._report
        beside = dict(texts_of(report.snapshot)) | {field: getattr(report, field) for field in TYPED}
        self._masked(beside, finds_in(report.consultation_id, HEAD, beside))
        for batch, behind in _batches(report):
            rows: list[Row] = [(row.opinion_id, behind.get(row.submission_id), _values(row)) for row in batch]
            for row, (_, finds) in zip(batch, scanned(report.consultation_id, rows, _store_nothing), strict=True):
                self._masked({}, [numbered(find, row.number) for find in finds])


def _store_nothing(_statement: Any) -> None:
    """What a stored version prints isn't what the next one will."""


def _batches(report: FeedbackReport) -> Iterator[tuple[list[ReportRow], dict[int, Submission]]]:
    after = 0
    while batch := rows_of_version(report, after=after, limit=BATCH):
        yield batch, submissions(batch)
        after = batch[-1].number


def _values(row: ReportRow) -> Values:
    return {name: value for name, value in _columns(row) if name not in ("report_id", "number")}


def _columns(row: ReportRow) -> Iterator[tuple[str, Any]]:
    return ((column.key, getattr(row, column.key)) for column in ReportRow.__mapper__.column_attrs)
