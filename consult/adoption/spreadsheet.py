"""Decisions out to a spreadsheet and back: one row for each opinion, filled in by a drafter, taken row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.adoption.deciding import OUTCOME_NAMES, current, decide, review
from consult.adoption.models import Decision, DecisionState, Opinion, Outcome
from consult.adoption.queries import Decided, decided
from consult.clock import local
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.tables.writing import Value
from consult.intake.arrival import clean
from consult.intake.models import Submission
from consult.store import db, transaction
from consult.store.claiming import hold
from consult.text.anchors import in_words

NUMBER, PLACE, CONTENT, OUTCOME, REASON = "编号", "条文", "意见内容", "采纳情况", "理由"
STATE, GROUP, SUBMISSION, RECEIVED, BASE = "状态", "归并", "来件", "收到", "校验码"
COLUMNS = (NUMBER, PLACE, CONTENT, OUTCOME, REASON, STATE, GROUP, SUBMISSION, RECEIVED, BASE)
WIDTHS = (10, 16, 60, 16, 60, 10, 24, 20, 12, 18)
WHOLE = "整个草案"
STATE_NAMES = {
    None: "未定",
    DecisionState.PROPOSED: "待复核",
    DecisionState.REVIEWED: "已复核",
    DecisionState.RETURNED: "已退回",
}
ALSO = {
    "不采纳": Outcome.NOT_ADOPTED,
    "已采纳": Outcome.ADOPTED,
    "予以采纳": Outcome.ADOPTED,
    "不予采纳": Outcome.NOT_ADOPTED,
    "部分采用": Outcome.PARTLY_ADOPTED,
    "解释": Outcome.EXPLAINED,
    "说明": Outcome.EXPLAINED,
    "不属于本次范围": Outcome.OUT_OF_SCOPE,
    "不属本次范围": Outcome.OUT_OF_SCOPE,
}
"""Words that people write for an outcome beside its own name."""
CHUNK = 200
"""Rows taken in one transaction: long enough to be quick, short enough to keep nobody waiting."""


@dataclass(frozen=True)
class RowRefused:
    """A row that wasn't taken: its number in the file (from 1), the opinion it names, and why."""

    row: int
    number: str
    reason: str


@dataclass
class Taken:
    """What became of a file's rows; every row is in one of the counts or among the refused."""

    taken: int = 0
    unchanged: int = 0
    reviewed: int = 0
    refused: list[RowRefused] = field(default_factory=list)


def write(actor: Actor, consultation: Consultation, path: Path) -> int:
    """Write the opinions of a consultation with their decisions to an XLSX file; return how many.

    A text that begins like a formula is written as text (see ``consult.files.tables``).
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    written = 0

    def rows() -> Iterator[Sequence[Value]]:
        nonlocal written
        for one in _all(consultation.id):
            written += 1
            yield _row(one)

    sheet = tables.Sheet("采纳情况", COLUMNS, rows(), WIDTHS, choices={OUTCOME: tuple(OUTCOME_NAMES.values())})
    tables.write_xlsx(path, [sheet])
    return written


def _all(consultation_id: int) -> Iterator[Decided]:
    after = 0
    while page := decided(consultation_id, after=after, limit=500):
        yield from page
        after = page[-1].opinion.id


def _row(one: Decided) -> tuple[Value, ...]:
    opinion, decision = one.opinion, one.decision
    submission: Submission = opinion.submission
    return (
        str(opinion.id),
        in_words(opinion.anchor) if opinion.anchor else WHOLE,
        opinion.content,
        OUTCOME_NAMES[decision.outcome] if decision else "",
        decision.reason if decision else "",
        STATE_NAMES[decision.state if decision else None],
        opinion.group.title if opinion.group else "",
        submission.number,
        local(submission.received_at).date().isoformat(),
        base_of(decision),
    )


def base_of(decision: Decision | None) -> str:
    """Return the mark of the decision that a row was written from: tells whether it has changed meanwhile."""
    if decision is None:
        return "未定"
    return f"v{decision.id}-{_digest(decision.outcome, decision.reason)}"


def _digest(outcome: Outcome | None, reason: str) -> str:
    return hashlib.sha256(f"{outcome}\0{reason}".encode()).hexdigest()[:8]


def take(
    actor: Actor,
    consultation: Consultation,
    name: str,
    source: bytes | Path,
    *,
    at: datetime,
    reviewer: Actor | None = None,
) -> Taken:
    """Take the decisions of a spreadsheet: every row that somebody changed is proposed, and confirmed by ``reviewer``.

    A row that wasn't changed does nothing. A row whose opinion was decided by somebody else since the export is a
    conflict: it is reported, and what stands stays.

    Arguments:
        name: what messages call the file.
        source: the file or its bytes, XLSX or CSV, with at least the columns 编号, 采纳情况 and 理由.

    Raises:
        TableRefused: the file is no such table.
    """
    require(actor, Act.DECIDE, consultation)
    if reviewer is not None:
        require(reviewer, Act.REVIEW_DECISION, consultation)
    table = tables.read(name, source)
    table.require((NUMBER, OUTCOME, REASON))
    result = Taken()
    seen: dict[str, int] = {}
    rows = iter(table)
    while chunk := list(islice(rows, CHUNK)):
        with transaction():
            hold(consultation)  # what a row was written from is compared with what stands
            for number, cells in chunk:
                _take_row(actor, reviewer, consultation, number, cells, seen, result, at)
    return result


def _take_row(
    actor: Actor,
    reviewer: Actor | None,
    consultation: Consultation,
    row: int,
    cells: dict[str, str] | tables.BadRow,
    seen: dict[str, int],
    result: Taken,
    at: datetime,
) -> None:
    if isinstance(cells, tables.BadRow):
        result.refused.append(RowRefused(row, "", cells.reason))
        return
    key = cells[NUMBER].strip()
    try:
        if key in seen:
            raise Refused(f"和第 {seen[key]} 行是同一条意见，只取前一行")
        opinion = _opinion(consultation, key)
        seen[key] = row
        decision = _changed(actor, opinion, cells, at)
        if decision is None:
            result.unchanged += 1
            return
        result.taken += 1
        if reviewer is not None and decision.state is DecisionState.PROPOSED:
            review(reviewer, decision, at=at)
            result.reviewed += 1
    except Refused as refusal:
        result.refused.append(RowRefused(row, key, str(refusal)))


def _opinion(consultation: Consultation, key: str) -> Opinion:
    if not key:
        raise Refused(f"没有{NUMBER}，不知道是哪一条意见")
    opinion = db.session.get(Opinion, int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if opinion is None or opinion.consultation_id != consultation.id:
        raise Refused(f"这件征求意见里没有{NUMBER}为“{key[:40]}”的意见")
    if opinion.withdrawn:
        raise Refused("这条意见已经拆分，或者它的来件已经撤回审核，请重新导出")
    return opinion


def _changed(actor: Actor, opinion: Opinion, cells: dict[str, str], at: datetime) -> Decision | None:
    """Propose what a row says if it differs from what stands, and from what was exported."""
    outcome, reason = _outcome(cells[OUTCOME]), clean(cells[REASON])
    stands = _standing(opinion)
    base = cells.get(BASE, "").strip()
    if _same(outcome, reason, base, stands):
        return None
    if outcome is None:
        if reason:
            raise Refused(f"写了理由，没有写{OUTCOME}，请填：{'、'.join(OUTCOME_NAMES.values())}")
        raise Refused(f"{OUTCOME}被清空了。作出的处理不能清空，只能改成别的处理")
    if base_of(stands) != base and (base or stands is not None):
        now = f"现在是“{OUTCOME_NAMES[stands.outcome]}”" if stands is not None else "现在未定"
        raise Refused(f"导出以后别的同事改过这一条（{now}），没有覆盖。请重新导出再改")
    return decide(actor, opinion, outcome, reason, at=at)


def _standing(opinion: Opinion) -> Decision | None:
    own = current(opinion)
    return own if own is not None or opinion.group is None else current(opinion.group)


def _same(outcome: Outcome | None, reason: str, base: str, stands: Decision | None) -> bool:
    """Whether a row says what stands, or nothing else than when it was exported."""
    if stands is None and outcome is None and not reason:
        return True
    if stands is not None and (outcome, reason) == (stands.outcome, stands.reason):
        return True
    exported = base.rpartition("-")[2]
    return (base == "未定" and outcome is None and not reason) or exported == _digest(outcome, reason)


def _outcome(words: str) -> Outcome | None:
    plain = "".join(words.split()).strip("。.；;")
    if not plain:
        return None
    for outcome, name in OUTCOME_NAMES.items():
        if plain in (name, outcome.value):
            return outcome
    if plain in ALSO:
        return ALSO[plain]
    raise Refused(f"{OUTCOME}“{plain[:20]}”不认得，请填：{'、'.join(OUTCOME_NAMES.values())}")
