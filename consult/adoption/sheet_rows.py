"""What a row of a filled-in sheet proposes, read against what is in force; a row that can't be taken says why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import Actor, is_outside
from consult.adoption.groups import DECIDING
from consult.adoption.holdings import Holdings, expect_given
from consult.adoption.models import MADE, Decision, Opinion, OpinionGroup, Outcome
from consult.adoption.service import NOT_DECIDING, Proposal, effective_decisions
from consult.adoption.sheet_codes import Code, Key, memberships, of_group, of_opinion
from consult.adoption.sheet_export import BASE, CONTENT, EDITABLE, GROUP, NAMES, NUMBER, OUTCOME, PROPOSED, REASON
from consult.adoption.versions import UNDECIDED, content_digest, is_seen
from consult.drafting.models import Consultation
from consult.files.tables import BadRow, NamedCells, Odd, Remark
from consult.intake.arrival import clean
from consult.store import db
from consult.store.locking import lock_rows

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
EARLIER = ("归并",)
"""Columns of sheets exported earlier."""
ODD_WORDS = {
    Odd.FORMULA: "是公式，请改成文字（复制后选择性粘贴为数值）",
    Odd.DATE: "是日期，可能由表格软件转换而来，请把单元格设为文本后重新填写",
    Odd.MERGED: "在合并单元格里，请取消合并后逐行填写",
    Odd.RUINED: "是超过 15 位的数字，已被表格软件改动，请把单元格设为文本后重新填写",
    Odd.ERROR: "是错误值，请改成文字",
    Odd.UNCOMPUTED: "是公式，请改成文字（复制后选择性粘贴为数值）",
}
READ = (NUMBER, GROUP, *EDITABLE, BASE)
"""Columns that decide what a row proposes."""
COMPARED = 300
"""Characters of a content that are compared with what was exported."""
NAMED = 5
"""Rows of one kind that a remark names."""
REGROUPED = "导出后这个归并意见的成员有变化（导出时 {before} 条，现为 {now} 条），未导入。请重新导出后填写"


@dataclass(frozen=True)
class Source:
    """The sheet that a row is of: its title, and whether it lists members of groups."""

    sheet: str
    members: bool = False


@dataclass(frozen=True)
class RowRefused:
    """A row that wasn't imported: its number in the sheet (from 1), its opinion or group, why, and its sheet.

    Of a conflict also what is in force now, whose decision that is, and its reason.
    """

    row: int
    number: str
    reason: str
    sheet: str = ""
    in_force: str = ""
    by: str = ""
    because: str = ""


@dataclass(frozen=True)
class CellChange:
    """A cell that was taken over: of which opinion or group, the column, what it showed and what was proposed."""

    id: int
    kind: str
    cell: str
    old: str
    new: str


@dataclass
class ImportResult:
    """The result of an import; each row is taken, unchanged or refused, conflicts among those that are refused."""

    rows: int = 0
    applied: list[CellChange] = field(default_factory=list)
    conflicts: list[RowRefused] = field(default_factory=list)
    taken: int = 0
    unchanged: int = 0
    reviewed: int = 0
    refused: list[RowRefused] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    """What of the file wasn't imported, besides rows."""
    missing: int = 0
    """Rows that the file had when it was exported and has no more, as far as the file says it."""


class Conflict(Refused):
    """Somebody decided on a row's opinion or group since the export, or changed the group."""

    def __init__(self, message: str, decision: Decision | None) -> None:
        super().__init__(message)
        self.in_force = decision.outcome.label.words if decision is not None else "待处理"
        self.by = _author(decision)
        self.because = decision.reason if decision is not None else ""


def _author(decision: Decision | None) -> str:
    return decision.author.name if decision is not None and decision.author is not None else ""


Subject = Opinion | OpinionGroup


@dataclass
class _InForce:
    """What is there of the rows of a chunk, by key, and what was decided on it."""

    subjects: dict[Key, Subject] = field(default_factory=dict)
    decisions: dict[Key, Decision | None] = field(default_factory=dict)
    """Of a group its own; of an opinion the effective one."""
    memberships: dict[int, str] = field(default_factory=dict)


class Reader:
    """Reads the rows of a sheet; those of one opinion or group only once."""

    def __init__(self, actor: Actor, consultation: Consultation) -> None:
        self.actor, self.consultation = actor, consultation
        self.row_of: dict[Key, tuple[Source, int]] = {}
        self._holdings = Holdings(consultation) if is_outside(actor, consultation) else None
        self._of_groups: dict[int, Decision | None] = {}
        """What was in force on groups for which an earlier row proposes something."""
        self._edited: dict[str, list[int]] = {}
        """Rows whose content was changed, by sheet."""

    def read(
        self,
        rows: Sequence[tuple[Source, int, dict[str, str] | BadRow]],
        result: ImportResult,
        wanted: list[tuple[Source, int, dict[str, str]]],
    ) -> list[Proposal]:
        """Return what rows propose; ``result`` counts them, those that propose something are added to ``wanted``.

        There each has a check code: its own or, where the sheet has none of a row, that of what is in force now.
        """
        keys = {key for *_, cells in rows if not isinstance(cells, BadRow) and (key := Key.read(cells[NUMBER]))}
        there = self._in_force(keys)
        proposals = []
        for source, row, cells in rows:
            result.rows += 1
            number = cells[NUMBER].strip() if not isinstance(cells, BadRow) else ""
            try:
                line = self._line(source, row, cells, there)
                proposal = self._proposal(line, there, result)
            except Refused as refusal:
                now = (refusal.in_force, refusal.by, refusal.because) if isinstance(refusal, Conflict) else ()
                refused = RowRefused(row, number[:40], str(refusal), source.sheet, *now)
                result.refused.append(refused)
                if now:
                    result.conflicts.append(refused)
                continue
            if proposal is None:
                result.unchanged += 1
            else:
                proposals.append(proposal)
                wanted.append((source, row, line.kept(there.memberships)))
        return proposals

    def remarks(self) -> list[Remark]:
        """Say which rows had another content than exported, which isn't imported."""
        return [
            Remark(
                sheet,
                f"“{CONTENT}”有改动的 {len(rows)} 行（第 {'、'.join(map(str, rows[:NAMED]))} 行"
                f"{'等' if len(rows) > NAMED else ''}），改动未导入；{CONTENT}不能在表格里修改",
            )
            for sheet, rows in self._edited.items()
        ]

    def _in_force(self, keys: set[Key]) -> _InForce:
        opinions = lock_rows(Opinion, sorted(key.id for key in keys if not key.is_group))
        group_ids = sorted(key.id for key in keys if key.is_group)
        there = _InForce(memberships=memberships(group_ids) if group_ids else {})
        there.subjects |= {Key(opinion.id): opinion for opinion in opinions}
        there.decisions |= {Key(id_): decision for id_, decision in effective_decisions(opinions).items()}
        if group_ids:
            groups = select(OpinionGroup).where(OpinionGroup.id.in_(group_ids))
            decided = select(Decision).where(Decision.group_id.in_(group_ids), Decision.current.is_(True))
            again = {"populate_existing": True}
            for group in db.session.scalars(groups.execution_options(**again)):
                there.subjects[Key(group.id, is_group=True)] = group
            for decision in db.session.scalars(decided.execution_options(**again)):
                there.decisions[Key(decision.group_id or 0, is_group=True)] = decision
        return there

    def _line(self, source: Source, row: int, cells: dict[str, str] | BadRow, there: _InForce) -> _Line:
        """Return a row with its opinion or group."""
        if isinstance(cells, BadRow):
            raise Refused(cells.reason)
        key = Key.read(cells[NUMBER])
        if key is not None and key in self.row_of:
            first, number = self.row_of[key]
            where = f"第 {number} 行" if first == source else f"工作表“{first.sheet}”第 {number} 行"
            what = "同一个归并意见" if key.is_group else "同一条意见"
            raise Refused(f"和{where}是{what}，只取前一行")
        subject = self._subject(cells[NUMBER].strip(), key, there)
        assert key is not None
        self.row_of[key] = (source, row)
        self._note_edited(source, row, subject, cells)
        decision = there.decisions.get(key)
        line = _Line(subject, key, source.members and not key.is_group, decision, cells)
        if isinstance(subject, Opinion) and subject.group_id in self._of_groups and not line.own:
            line.standing = self._of_groups[subject.group_id]
        return line

    def _proposal(self, line: _Line, there: _InForce, result: ImportResult) -> Proposal | None:
        """Return what a row proposes; None when it is unchanged."""
        subject = line.subject
        proposal = line.proposal(there.memberships)
        if proposal is None:
            return None
        if self.consultation.stage not in DECIDING:
            raise Refused(NOT_DECIDING)
        expect_given(self.actor, self.consultation, [subject], self._holdings)
        if isinstance(subject, OpinionGroup):
            self._of_groups[subject.id] = line.standing
        result.applied += line.changed_cells(proposal)
        return proposal

    def _subject(self, written: str, key: Key | None, there: _InForce) -> Subject:
        if not written:
            raise Refused(f"没有{NUMBER}，不知道是哪一条意见")
        subject = there.subjects.get(key) if key is not None else None
        if subject is None or subject.consultation_id != self.consultation.id:
            if key is not None and key.is_group:
                raise Refused(f"这件征求意见里没有{NUMBER}为“{key}”的归并意见，可能导出后已重新归并。请重新导出后填写")
            raise Refused(f"这件征求意见里没有{NUMBER}为“{written[:40]}”的意见")
        if isinstance(subject, Opinion) and subject.withdrawn:
            raise Refused("这条意见已经拆分，或者它的来件已经撤回审核，请重新导出")
        if isinstance(subject, OpinionGroup) and subject.id not in there.memberships:
            raise Refused("这个归并意见已没有成员（成员已移出，或者来件已撤回审核），请重新导出")
        return subject

    def _note_edited(self, source: Source, row: int, subject: Subject, cells: Mapping[str, str]) -> None:
        text = subject.content if isinstance(subject, Opinion) else subject.title
        if CONTENT in cells and _plain(cells[CONTENT]) != _plain(text):
            self._edited.setdefault(source.sheet, []).append(row)


def _plain(text: str) -> str:
    """Return the beginning of a text without what writing it to a sheet and reading it may change."""
    return "".join(char for char in text[: 2 * COMPARED] if char.isalnum())[:COMPARED]


@dataclass
class _Line:
    """A row with its opinion or group, and the decision in force on it."""

    subject: Subject
    key: Key
    member: bool
    """Its cells show the opinion's own decision only; empty ones follow the group."""
    standing: Decision | None
    cells: dict[str, str]

    def __post_init__(self) -> None:
        self.code = Code.read(self.cells.get(BASE, ""))

    @property
    def shown(self) -> Decision | None:
        """The decision that the cells show, if nobody changed anything."""
        return None if self.member and not self.own else self.standing

    @property
    def own(self) -> bool:
        """Whether the decision in force is on this opinion or group itself."""
        return self.standing is not None and (self.key.is_group or self.standing.opinion_id is not None)

    def proposal(self, memberships: Mapping[int, str]) -> Proposal | None:
        """Return what the row proposes if it differs from the decision in force and from the exported one."""
        self._expect_plain()
        outcome, reason = _outcome(self.cells[OUTCOME]), clean(self.cells[REASON])
        proposed = self.cells.get(PROPOSED)  # sheets exported earlier don't have it
        kept = self.shown.proposed_text if self.shown is not None and outcome in MADE else ""
        proposed_text = clean(proposed) if proposed is not None else kept
        self._expect_group()
        if (outcome, reason, proposed_text) == _content(self.shown):
            return None
        if self.code.home and self.code.home != str(self.key):
            raise Refused(
                f"{BASE}是{NUMBER}“{self.code.home[:40]}”一行的，与本行不符：可能从别的行复制而来，或者只对部分列排了序。"
                "请重新导出后填写"
            )
        if self._is_as_exported(outcome, reason, proposed_text):
            return None
        if outcome is None:
            if reason or proposed_text:
                raise Refused(f"写了理由或者{PROPOSED}，没有写{OUTCOME}，请填：{'、'.join(NAMES)}")
            raise Refused(f"{OUTCOME}已被清空。已作出的处理不能清空，只能变更")
        self._expect_seen(memberships)
        return Proposal(self.subject, outcome, reason, proposed_text).checked()

    def kept(self, memberships: Mapping[int, str]) -> dict[str, str]:
        """Return the cells that decide what the row proposes, with a check code in any case."""
        cells = {name: self.cells[name] for name in READ if name in self.cells}
        if self.code.home:
            return cells
        if isinstance(self.subject, OpinionGroup):
            return cells | {BASE: str(of_group(self.key.id, self.standing, memberships[self.key.id]))}
        return cells | {BASE: str(of_opinion(self.subject, self.standing))}

    def changed_cells(self, proposal: Proposal) -> Iterator[CellChange]:
        """Yield the cells that a proposal changes."""
        shown = self.shown
        cells = (
            (OUTCOME, shown.outcome.label.words if shown else "", proposal.outcome.label.words),
            (REASON, shown.reason if shown else "", proposal.reason),
            (PROPOSED, shown.proposed_text if shown else "", proposal.proposed_text),
        )
        kind = "group" if self.key.is_group else "opinion"
        return (CellChange(self.key.id, kind, cell, old, new) for cell, old, new in cells if old != new)

    def _expect_plain(self) -> None:
        odd = self.cells.odd if isinstance(self.cells, NamedCells) else {}
        for column in EDITABLE:
            if column in odd:
                raise Refused(f"“{column}”{ODD_WORDS[odd[column]]}")

    def _expect_group(self) -> None:
        """Check that nobody moved a member to another group by its cell."""
        written = "".join(self.cells.get(GROUP, "").split())
        if not self.member or not written:
            return
        now = self._group_now()
        if written != (self.code.within or now):
            raise Refused(
                f"{GROUP}被改为“{written[:40]}”，平台上为“{now or '未归并'}”。归并关系不能在表格里调整，请在平台上办理"
            )

    def _group_now(self) -> str:
        group_id = self.subject.group_id if isinstance(self.subject, Opinion) else None
        return str(Key(group_id, is_group=True)) if group_id is not None else ""

    def _is_as_exported(self, outcome: Outcome | None, reason: str, proposed_text: str) -> bool:
        empty = outcome is None and not reason and not proposed_text
        if self.code.follows or self.code.version == UNDECIDED:
            return empty
        return self.code.digest == content_digest(outcome, reason, proposed_text)

    def _expect_seen(self, memberships: Mapping[int, str]) -> None:
        """Check that what is in force, and the group, are as when the sheet was exported.

        Raises:
            Conflict: they aren't.
        """
        if self.code.home:
            self._expect_same_group(memberships)
        if not self.code.version:
            if self.standing is not None:
                raise Conflict(
                    f"没有{BASE}，无法核对导出后有无变更；{self._now()}，未覆盖。请重新导出后修改", self.standing
                )
        elif not is_seen(self.code.version, self.standing):
            raise Conflict(f"导出后他人已修改这一条（{self._now()}），未覆盖。请重新导出后修改", self.standing)

    def _expect_same_group(self, memberships: Mapping[int, str]) -> None:
        if self.key.is_group:
            now = memberships[self.key.id]
            if self.code.within and self.code.within != now:
                before, after = (code.partition(".")[0] for code in (self.code.within, now))
                raise Conflict(REGROUPED.format(before=before[:20], now=after), self.standing)
        elif self.code.within != self._group_now():
            now = f"已归入“{self._group_now()}”" if self._group_now() else "已移出归并"
            raise Conflict(f"导出后这条意见{now}，未导入。请重新导出后填写", self.standing)

    def _now(self) -> str:
        if self.standing is None:
            return "现为待处理"
        who = _author(self.standing)
        return f"现为“{self.standing.outcome.label.words}”{f'，{who}' if who else ''}"


def _content(decision: Decision | None) -> tuple[Outcome | None, str, str]:
    if decision is None:
        return None, "", ""
    return decision.outcome, decision.reason, decision.proposed_text


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
