"""Exports opinions with their decisions to a spreadsheet, and imports the decisions that a drafter filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.adoption.holdings import Holdings, expect_given
from consult.adoption.models import MADE, Decision, Opinion, Outcome
from consult.adoption.queries import DecidedOpinion, with_decisions
from consult.adoption.service import Proposal, effective_decisions, propose_many, review_many
from consult.adoption.versions import UNDECIDED as UNDECIDED_VERSION
from consult.adoption.versions import content_digest, is_seen, version_of
from consult.clock import local
from consult.consultees import respondents
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.tables import Table
from consult.files.tables.table_writer import Value
from consult.intake.arrival import clean
from consult.intake.models import Submission
from consult.store import transaction
from consult.store.locking import lock_row, lock_rows
from consult.text.anchors import in_words

NUMBER, PLACE, CONTENT, OUTCOME, REASON = "编号", "条文", "意见内容", "采纳情况", "理由"
PROPOSED = "拟修改为"
STATE, GROUP, SUBMISSION, RECEIVED, BASE = "状态", "归并", "来件", "收到", "校验码"
RESPONDENT, ATTACHED = "答复单位", "附件"
COLUMNS = (
    NUMBER,
    PLACE,
    CONTENT,
    OUTCOME,
    REASON,
    PROPOSED,
    STATE,
    GROUP,
    SUBMISSION,
    RECEIVED,
    RESPONDENT,
    ATTACHED,
    BASE,
)
WIDTHS = (10, 16, 60, 16, 60, 40, 10, 24, 20, 12, 30, 30, 18)
WHOLE = "整个草案"
UNDECIDED = "待处理"
NAMES = tuple(outcome.label.words for outcome in Outcome)
ALSO = {
    "不采纳": Outcome.NOT_ADOPTED,
    "已采纳": Outcome.ADOPTED,
    "予以采纳": Outcome.ADOPTED,
    "不予采纳": Outcome.NOT_ADOPTED,
    "部分采用": Outcome.PARTLY_ADOPTED,
    "解释": Outcome.EXPLAINED,
    "说明": Outcome.EXPLAINED,
    "不属于本次范围": Outcome.OUT_OF_SCOPE,
}
"""Accepted synonyms of outcomes."""
CHUNK = 200
"""Rows imported in one transaction."""


@dataclass(frozen=True)
class RowRefused:
    """A row that wasn't imported: its number in the file (from 1), its opinion, and why."""

    row: int
    number: str
    reason: str


@dataclass(frozen=True)
class CellChange:
    """A cell whose decision was taken over: the opinion, the column, what was in force and what was proposed."""

    id: int
    kind: str
    cell: str
    old: str
    new: str


class Conflict(Refused):
    """Somebody else decided on a row's opinion since the export."""


@dataclass
class ImportResult:
    """The result of an import; each row is in one count or refused, conflicts among those that are refused."""

    rows: int = 0
    applied: list[CellChange] = field(default_factory=list)
    conflicts: list[RowRefused] = field(default_factory=list)
    taken: int = 0
    unchanged: int = 0
    reviewed: int = 0
    refused: list[RowRefused] = field(default_factory=list)


def export_decisions(actor: Actor, consultation: Consultation, path: Path) -> int:
    """Write the opinions of a consultation with their decisions to an XLSX file; return how many.

    Text that begins like a formula is stored as text (see ``consult.files.tables``).
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    written = 0

    def rows() -> Iterator[Sequence[Value]]:
        nonlocal written
        for page in _pages(consultation.id):
            names = respondents.names([item.opinion.submission_id for item in page])
            written += len(page)
            yield from (_row(item, names.get(item.opinion.submission_id, "")) for item in page)

    sheet = tables.Sheet("采纳情况", COLUMNS, rows(), WIDTHS, choices={OUTCOME: NAMES})
    tables.write_xlsx(path, [sheet])
    return written


def _pages(consultation_id: int) -> Iterator[list[DecidedOpinion]]:
    after = 0
    while page := with_decisions(consultation_id, after=after, limit=500):
        yield page
        after = page[-1].opinion.id


def _row(item: DecidedOpinion, respondent: str) -> tuple[Value, ...]:
    opinion, decision = item.opinion, item.decision
    submission: Submission = opinion.submission
    return (
        str(opinion.id),
        in_words(opinion.anchor) if opinion.anchor else WHOLE,
        opinion.content,
        decision.outcome.label.words if decision else "",
        decision.reason if decision else "",
        decision.proposed_text if decision else "",
        decision.state.label.words if decision else UNDECIDED,
        opinion.group.title if opinion.group else "",
        submission.number,
        local(submission.received_at).date().isoformat(),
        respondent,
        "、".join(file.file_name for file in submission.attachments),
        version_of(decision),
    )


def import_decisions(
    actor: Actor,
    consultation: Consultation,
    table: Table,
    *,
    at: datetime,
    reviewer: Actor | None = None,
) -> ImportResult:
    """Import the decisions of a spreadsheet: each changed row is proposed, and confirmed by ``reviewer`` if given.

    A row whose opinion was decided by somebody else since the export is a conflict: it is refused.

    Arguments:
        table: with at least the columns 编号, 采纳情况 and 理由.

    Raises:
        TableRefused: the file isn't such a table.
    """
    require(actor, Act.DECIDE, consultation)
    if reviewer is not None:
        require(reviewer, Act.REVIEW_DECISION, consultation)
    table.require((NUMBER, OUTCOME, REASON))
    importing = _Import(actor, reviewer, consultation, at)
    rows = iter(table)
    while chunk := list(islice(rows, CHUNK)):
        importing.take(chunk)
    return importing.result


Rows = Sequence[tuple[int, dict[str, str] | tables.BadRow]]


class _Import:
    """One import: rows are read against what is in force, and proposed a chunk at a time."""

    def __init__(self, actor: Actor, reviewer: Actor | None, consultation: Consultation, at: datetime) -> None:
        self.actor, self.reviewer, self.consultation, self.at = actor, reviewer, consultation, at
        self.result = ImportResult()
        self._row_of: dict[str, int] = {}
        self._holdings: Holdings | None = None

    def take(self, chunk: Rows) -> None:
        """Propose the decisions of some rows in one transaction; a row that is refused holds no other back."""
        with transaction():
            lock_row(self.consultation)  # a row's version is compared with the current decision
            self._holdings = Holdings(self.consultation)
            named = {cells[NUMBER].strip() for _, cells in chunk if not isinstance(cells, tables.BadRow)}
            ids = sorted(int(key) for key in named if key.isascii() and key.isdecimal() and len(key) < 19)
            opinions = {opinion.id: opinion for opinion in lock_rows(Opinion, ids)}
            in_force = effective_decisions(list(opinions.values()))
            proposals = [
                proposal for row, cells in chunk if (proposal := self._read(row, cells, opinions, in_force)) is not None
            ]
            decisions = propose_many(self.actor, proposals, at=self.at) if proposals else []
            self.result.taken += len(decisions)
            if self.reviewer is not None:
                self.result.reviewed += review_many(self.reviewer, decisions, at=self.at)

    def _read(
        self,
        row: int,
        cells: dict[str, str] | tables.BadRow,
        opinions: Mapping[int, Opinion],
        in_force: Mapping[int, Decision | None],
    ) -> Proposal | None:
        """Return what a row proposes; None when it is unchanged, or refused and noted."""
        self.result.rows += 1
        if isinstance(cells, tables.BadRow):
            self.result.refused.append(RowRefused(row, "", cells.reason))
            return None
        key = cells[NUMBER].strip()
        try:
            if key in self._row_of:
                raise Refused(f"和第 {self._row_of[key]} 行是同一条意见，只取前一行")
            opinion = self._opinion(key, opinions)
            self._row_of[key] = row
            proposal = _proposal(opinion, in_force[opinion.id], cells)
            if proposal is not None:
                expect_given(self.actor, self.consultation, [opinion], self._holdings)
        except Refused as refusal:
            refused = RowRefused(row, key, str(refusal))
            self.result.refused.append(refused)
            if isinstance(refusal, Conflict):
                self.result.conflicts.append(refused)
            return None
        if proposal is None:
            self.result.unchanged += 1
        else:
            self.result.applied += _changed_cells(proposal, in_force[opinion.id])
        return proposal

    def _opinion(self, key: str, opinions: Mapping[int, Opinion]) -> Opinion:
        if not key:
            raise Refused(f"没有{NUMBER}，不知道是哪一条意见")
        opinion = opinions.get(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if opinion is None or opinion.consultation_id != self.consultation.id:
            raise Refused(f"这件征求意见里没有{NUMBER}为“{key[:40]}”的意见")
        if opinion.withdrawn:
            raise Refused("这条意见已经拆分，或者它的来件已经撤回审核，请重新导出")
        return opinion


def _proposal(opinion: Opinion, decision: Decision | None, cells: dict[str, str]) -> Proposal | None:
    """Return what a row proposes if it differs from the effective decision and from the exported one."""
    outcome, reason = _outcome(cells[OUTCOME]), clean(cells[REASON])
    base = cells.get(BASE, "").strip()
    proposed = cells.get(PROPOSED)  # sheets exported earlier don't have it
    kept = decision.proposed_text if decision is not None and outcome in MADE else ""
    proposed_text = clean(proposed) if proposed is not None else kept
    if _same(outcome, reason, proposed_text, base, decision):
        return None
    if outcome is None:
        if reason or proposed_text:
            raise Refused(f"写了理由或者{PROPOSED}，没有写{OUTCOME}，请填：{'、'.join(NAMES)}")
        raise Refused(f"{OUTCOME}已被清空。已作出的处理不能清空，只能变更")
    if (base or decision is not None) and not is_seen(base, decision):
        now = f"现为“{decision.outcome.label.words}”" if decision is not None else "现为待处理"
        raise Conflict(f"导出后他人已修改这一条（{now}），未覆盖。请重新导出后修改")
    return Proposal(opinion, outcome, reason, proposed_text).checked()


def _changed_cells(proposal: Proposal, before: Decision | None) -> Iterator[CellChange]:
    cells = (
        (OUTCOME, before.outcome.label.words if before else "", proposal.outcome.label.words),
        (REASON, before.reason if before else "", proposal.reason),
        (PROPOSED, before.proposed_text if before else "", proposal.proposed_text),
    )
    return (CellChange(proposal.subject.id, "opinion", cell, old, new) for cell, old, new in cells if old != new)


def _same(outcome: Outcome | None, reason: str, proposed_text: str, base: str, decision: Decision | None) -> bool:
    """Whether a row equals the effective decision, or is unchanged since the export."""
    empty = outcome is None and not reason and not proposed_text
    if empty and (decision is None or base == UNDECIDED_VERSION):
        return True
    now = (decision.outcome, decision.reason, decision.proposed_text) if decision is not None else None
    return (outcome, reason, proposed_text) == now or base.rpartition("-")[2] == content_digest(
        outcome, reason, proposed_text
    )


def _outcome(words: str) -> Outcome | None:
    plain = "".join(words.split()).strip("。.；;")
    if not plain:
        return None
    for outcome in Outcome:
        if plain in (outcome.label.words, outcome.label.brief, outcome.value):
            return outcome
    if plain in ALSO:
        return ALSO[plain]
    raise Refused(f"{OUTCOME}“{plain[:20]}”不认得，请填：{'、'.join(NAMES)}")
