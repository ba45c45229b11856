"""The sheets of decisions as they go out: groups and single opinions on one, the members of groups on another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, or_, select

from consult.adoption import referrals, sheet_codes, themes
from consult.adoption.group_outcomes import GroupOutcome
from consult.adoption.holdings import Holdings
from consult.adoption.models import Assignment, Decision, Opinion, Outcome, Theme
from consult.adoption.queries import GroupDecision, OwnDecision, with_decision
from consult.adoption.sheet_codes import Code, Key
from consult.adoption.worklist import GroupSummary, group_summaries
from consult.clock import local
from consult.consultees import respondents
from consult.drafting.models import Consultation, ProvisionRow
from consult.files.tables import Sheet
from consult.files.tables.table_writer import Value
from consult.intake.models import SenderKind, Submission
from consult.store import db
from consult.text.anchors import in_words

MAIN, MEMBERS, NOTES = "采纳情况", "成员", "说明"
"""Titles of the sheets."""
NUMBER, PLACE, CONTENT, OUTCOME, REASON = "编号", "条文", "意见内容", "采纳情况", "理由"
PROPOSED, STATE, BASE = "拟修改为", "状态", "校验码"
GROUP = "归并编号"
EXPORTED = "导出行数"
WHOLE = "整个草案"
UNDECIDED = "待处理"
NAMES = tuple(outcome.label.words for outcome in Outcome)
PAGE = 500


@dataclass(frozen=True)
class Line:
    """A row of a sheet: a group, an opinion in no group, or a member of a group."""

    key: Key
    anchor: str
    content: str
    shown: Decision | None
    """The decision that the cells show: the opinion's or group's own."""
    state: str
    code: Code
    sender_kinds: str
    opinions: int = 1
    senders: int = 1
    group_id: int = 0
    """Of a member: its group; 0 of others."""
    others: str = ""
    """What became of a group's members; of a member: what was decided on its group."""
    submission: Submission | None = None
    respondent: str = ""
    assignment: Assignment | None = None
    kind: str = ""
    themes: str = ""
    referrals: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its name, its width in characters, its value, and whether it is filled in by people."""

    name: str
    width: float
    value: Callable[[Line], Value]
    editable: bool = False


def _place(line: Line) -> str:
    return in_words(line.anchor) if line.anchor else WHOLE


def _attached(line: Line) -> str:
    return "、".join(file.file_name for file in line.submission.attachments) if line.submission is not None else ""


def _received(line: Line) -> str:
    return local(line.submission.received_at).date().isoformat() if line.submission is not None else ""


def _due(line: Line) -> str:
    due_on = line.assignment.due_on if line.assignment is not None else None
    return due_on.isoformat() if due_on is not None else ""


DECIDED = (
    Column(PLACE, 16, _place),
    Column(CONTENT, 60, lambda line: line.content),
    Column(OUTCOME, 16, lambda line: line.shown.outcome.label.words if line.shown else "", editable=True),
    Column(REASON, 60, lambda line: line.shown.reason if line.shown else "", editable=True),
    Column(PROPOSED, 40, lambda line: line.shown.proposed_text if line.shown else "", editable=True),
    Column(STATE, 12, lambda line: line.state),
    Column("承办人", 12, lambda line: line.assignment.holder if line.assignment is not None else ""),
    Column("期限", 12, _due),
    Column("类型", 12, lambda line: line.kind),
    Column("主题", 20, lambda line: line.themes),
    Column("转办", 30, lambda line: line.referrals),
)
"""Columns of both sheets; one that people fill in is read by ``spreadsheet.import_decisions``."""
CAME = (
    Column("提出人类型", 16, lambda line: line.sender_kinds),
    Column("收到", 12, _received),
    Column("答复单位", 30, lambda line: line.respondent),
    Column("附件", 30, _attached),
    Column(BASE, 24, lambda line: str(line.code)),
)
_KEY = Column(NUMBER, 12, lambda line: str(line.key))
_SUBMISSION = Column("来件", 20, lambda line: line.submission.number if line.submission is not None else "")
MAIN_COLUMNS = (
    _KEY,
    *DECIDED,
    Column("意见数", 9, lambda line: line.opinions),
    Column("人数", 9, lambda line: line.senders),
    Column("成员采纳情况", 24, lambda line: line.others),
    _SUBMISSION,
    *CAME,
)
MEMBER_COLUMNS = (
    Column(GROUP, 12, lambda line: str(Key(line.group_id, is_group=True))),
    _KEY,
    _SUBMISSION,
    *DECIDED,
    Column("归并意见的采纳情况", 20, lambda line: line.others),
    *CAME,
)
EDITABLE = tuple(column.name for column in DECIDED if column.editable)


class Export:
    """The sheets of one consultation, read a page at a time; ``written`` counts opinions, ``rows`` rows."""

    def __init__(self, consultation: Consultation) -> None:
        self.consultation, self.holdings = consultation, Holdings(consultation)
        self.written = self.rows = 0

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets; the last says how many rows the others have, so their rows must be read first."""
        yield self._sheet(MAIN, MAIN_COLUMNS, self._main())
        yield self._sheet(MEMBERS, MEMBER_COLUMNS, self._members())
        yield Sheet(NOTES, ("项目", "内容"), self._notes(), (20, 100))

    def _sheet(self, title: str, columns: Sequence[Column], lines: Iterable[Line]) -> Sheet:
        return Sheet(
            title,
            [column.name for column in columns],
            ([column.value(line) for column in columns] for line in self._counted(lines)),
            [column.width for column in columns],
            choices={OUTCOME: NAMES},
            editable=EDITABLE,
        )

    def _counted(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            self.rows += 1
            self.written += not line.key.is_group
            yield line

    def _main(self) -> Iterator[Line]:
        """Yield what is decided on provision by provision, in the order of the draft; groups first."""
        for anchor in _anchors_in_order(self.consultation):
            yield from self._groups(anchor)
            yield from self._opinions(Opinion.anchor == anchor, Opinion.group_id.is_(None))

    def _groups(self, anchor: str) -> Iterator[Line]:
        skip = 0
        while page := group_summaries(self.consultation.id, anchors=[anchor], skip=skip, limit=PAGE):
            ids = [summary.group.id for summary in page]
            members, kinds = sheet_codes.memberships(ids), _sender_kinds(ids)
            marks = themes.on_lines([], [summary.group for summary in page])
            for summary in page:
                line = _group_line(summary, members[summary.group.id], kinds[summary.group.id])
                marked = _names(marks[f"g{summary.group.id}"])
                yield replace(line, assignment=self.holdings.of(summary.group), themes=marked)
            skip += len(page)

    def _members(self) -> Iterator[Line]:
        group_id = after = 0
        while True:
            later = or_(Opinion.group_id > group_id, (Opinion.group_id == group_id) & (Opinion.id > after))
            page = self._page(later, order=(Opinion.group_id, Opinion.id))
            yield from page
            if len(page) < PAGE:
                return
            group_id, after = page[-1].group_id, page[-1].key.id

    def _opinions(self, *which: object) -> Iterator[Line]:
        after = 0
        while page := self._page(*which, Opinion.id > after, order=(Opinion.id,)):
            yield from page
            after = page[-1].key.id

    def _page(self, *which: object, order: Sequence[object]) -> list[Line]:
        query: Any = with_decision(Opinion, OwnDecision, GroupDecision, Submission)
        query = query.join(Submission, Submission.id == Opinion.submission_id)
        query = query.where(Opinion.consultation_id == self.consultation.id, *which)
        rows = db.session.execute(query.order_by(*order).limit(PAGE)).all()
        names = respondents.names([opinion.submission_id for opinion, *_ in rows])
        marks = themes.on_lines([opinion for opinion, *_ in rows], [])
        passed_on = referrals.in_force([opinion.id for opinion, *_ in rows])
        return [
            replace(
                _opinion_line(opinion, individual, of_group, submission),
                respondent=names.get(submission.id, ""),
                assignment=self.holdings.of(opinion),
                themes=_names(marks[f"o{opinion.id}"]),
                referrals="；".join(map(referrals.in_short, passed_on.get(opinion.id, []))),
            )
            for opinion, individual, of_group, submission in rows
        ]

    def _notes(self) -> Iterator[Sequence[Value]]:
        yield "征求意见", self.consultation.title
        yield EXPORTED, self.rows
        yield (
            "怎样填写",
            f"“{MAIN}”表一行是一个归并意见，或者一条未归并的意见；填写归并意见的一行，适用于其全部成员。"
            f"个别成员另行处理的，在“{MEMBERS}”表该成员的一行填写；不填的，随归并意见。",
        )
        yield "填写的列", f"{'、'.join(EDITABLE)}。其他列有保护（无密码），改动不导入；{BASE}不得删除或者复制到其他行。"
        yield OUTCOME, "、".join(NAMES)
        yield "排序", "可以筛选。需要排序的，先撤销工作表保护（无密码），选中整张表排序；行、列的次序不影响导入。"


def _anchors_in_order(consultation: Consultation) -> list[str]:
    """Return the provisions that have opinions, in the order of the draft out for comment; the whole comes last."""
    with_opinions = set(
        db.session.scalars(
            select(Opinion.anchor)
            .where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
            .distinct()
        )
    )
    query = select(ProvisionRow.anchor, ProvisionRow.position).where(
        ProvisionRow.version_id == consultation.public_version_id
    )
    positions = {row.anchor: row.position for row in db.session.execute(query)}
    last = len(positions) + 1
    return sorted(with_opinions, key=lambda anchor: (not anchor, positions.get(anchor, last), anchor))


def _sender_kinds(group_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of a group's opinions by kind of sender, in words."""
    query = (
        select(Opinion.group_id, Submission.sender_kind, func.count())
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(Opinion.group_id.in_(group_ids), Opinion.withdrawn.is_(False))
        .group_by(Opinion.group_id, Submission.sender_kind)
    )
    counts: dict[int, Counter[str]] = {}
    for group_id, kind, n in db.session.execute(query):
        counts.setdefault(int(group_id or 0), Counter())[SenderKind(kind).label.words] += n
    return {group_id: _numbers(count) for group_id, count in counts.items()}


def _numbers(counts: Counter[str]) -> str:
    """Return counts in words, largest first; one alone has no number."""
    if len(counts) == 1:
        return next(iter(counts))
    return "、".join(f"{words} {n}" for words, n in counts.most_common())


def _names(marked: Sequence[Theme]) -> str:
    return "、".join(theme.name for theme in marked)


def _group_line(summary: GroupSummary, membership: str, sender_kinds: str) -> Line:
    group = summary.group
    return Line(
        Key(group.id, is_group=True),
        group.anchor,
        group.title,
        summary.decision,
        _states(summary.outcome),
        sheet_codes.of_group(group.id, summary.decision, membership),
        sender_kinds,
        summary.opinions,
        summary.senders,
        others=_outcomes(summary.outcome),
    )


def _states(outcome: GroupOutcome) -> str:
    counts: Counter[str] = Counter()
    for part in outcome.parts:
        counts[part.state.label.words if part.state is not None else UNDECIDED] += part.n
    return _numbers(counts)


def _outcomes(outcome: GroupOutcome) -> str:
    counts: Counter[str] = Counter()
    for part in outcome.parts:
        counts[part.outcome.label.words if part.outcome is not None else UNDECIDED] += part.n
    return _numbers(counts)


def _opinion_line(
    opinion: Opinion, individual: Decision | None, of_group: Decision | None, submission: Submission
) -> Line:
    in_force = individual or of_group
    state = in_force.state.label.words if in_force is not None else UNDECIDED
    follows = individual is None and of_group is not None
    return Line(
        Key(opinion.id),
        opinion.anchor,
        opinion.content,
        individual,
        f"{state}（随归并意见）" if follows else state,
        sheet_codes.of_opinion(opinion, in_force),
        submission.sender_kind.label.words,
        group_id=opinion.group_id or 0,
        others=of_group.outcome.label.words if of_group is not None else "",
        submission=submission,
        kind=opinion.kind.label.words if opinion.kind is not None else "",
    )
