"""One fact: whatever is done in whatever order, every page, paper, sheet and figure says the same of each opinion.

What they must say is worked out here by a small model of the acts, not by the code under test.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as examples
from hypothesis import strategies as st
from lxml import etree

from consult.accounts.errors import Refused
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.adoption import groups, opinions, queries, review_selection, service, spreadsheet, undo, worklist
from consult.adoption.models import MADE, Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.versions import version_of
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.faces.cli.ledger import everything_wrong
from consult.faces.desk.adoption.panes import Where, Workspace
from consult.files import tables
from consult.intake.models import Submission
from consult.intake.receipts import key_of
from consult.ledger.verification import CheckedCounts
from consult.meeting import facts
from consult.moderation import service as moderation
from consult.reporting import figures, report_versions
from consult.reporting import service as reporting
from consult.reporting.errors import ReportRefused
from consult.reporting.models import FeedbackReport
from consult.reporting.report_document import preview
from consult.reporting.snapshot import ProvisionLabels, lines, main_opinions
from consult.review import heard_opinions
from consult.store import db
from tests.builders import DRAFT
from tests.conftest import _empty
from tests.world import AFTER, actor, open_consultation, submission

EXAMPLES = int(os.environ.get("ONE_FACT_EXAMPLES", "8"))
"""How many sequences are tried; a long run takes thousands."""
ANCHORS = ("art-3", "art-3-para-1-item-1", "art-4", "")
REASONS = ("现行法规已有规定。", "第三条已有分档办法。", "将在实施细则中明确。")
PROPOSED = ("公示菜品价格和来源", "公示菜品价格和供货单位")
LIKE = "优惠应当从六十五周岁起。"
WITH_LIKE = 10
"""Enough senders for a group that is concentrated."""
TWO_POINTS = "菜价要公示。\n\n样品要留存四十八小时。"
FACT = tuple[Outcome | None, str, str, DecisionState | None]
"""Outcome, reason, proposed words, state."""
NOTHING: FACT = (None, "", "", None)


@dataclass(eq=False)
class Ruling:
    """A decision as the model has it."""

    outcome: Outcome
    reason: str
    proposed: str
    author: int
    stroke: datetime
    before: Ruling | None
    state: DecisionState = DecisionState.PROPOSED

    @property
    def fact(self) -> FACT:
        return self.outcome, self.reason, self.proposed, self.state

    def says(self, outcome: Outcome, reason: str, proposed: str) -> bool:
        same = (self.outcome, self.reason, self.proposed) == (outcome, reason, proposed)
        return same and self.state is not DecisionState.RETURNED


@dataclass
class Point:
    """An opinion as the model has it."""

    submission: int
    part: int
    anchor: str
    content: str
    group: int | None = None
    alone: bool = False
    replaced: bool = False


Subject = tuple[str, int]


@dataclass
class World:
    """A consultation whose period is over, its people, and the model of what was done."""

    consultation: Consultation
    drafters: list[Actor]
    reviewer: Actor
    moderator: Actor
    publisher: Actor
    points: dict[int, Point]
    accepted: set[int]
    rulings: dict[Subject, Ruling] = field(default_factory=dict)
    """In force."""
    ever: list[tuple[Subject, Ruling]] = field(default_factory=list)
    """All that was made, in order, except what was undone."""
    kept: set[int] = field(default_factory=set)
    """Groups that a person made or changed."""
    decided_ever: set[int] = field(default_factory=set)
    at: datetime = AFTER
    done: Counter[str] = field(default_factory=Counter)

    def in_force(self) -> dict[int, Point]:
        return {
            k: point for k, point in self.points.items() if point.submission in self.accepted and not point.replaced
        }

    def holds(self, key: int) -> Ruling | None:
        group = self.points[key].group
        return self.rulings.get(("o", key)) or (self.rulings.get(("g", group)) if group is not None else None)

    def facts(self) -> dict[int, FACT]:
        return {key: ruling.fact if (ruling := self.holds(key)) else NOTHING for key in self.in_force()}

    def pick(self, which: int) -> tuple[int, Opinion]:
        keys = sorted(self.points)  # also those not in force: they must be refused
        key = keys[which % len(keys)]
        return key, db.session.get_one(Opinion, key)

    def pick_group(self, which: int) -> OpinionGroup:
        made: list[OpinionGroup] = list(db.session.scalars(db.select(OpinionGroup).order_by(OpinionGroup.id)))
        if not made:
            raise Refused("no group yet")
        return made[which % len(made)]

    def decide(self, subject: Subject, outcome: Outcome, reason: str, proposed: str, author: Actor) -> None:
        before = self.rulings.get(subject)
        if before is not None and before.says(outcome, reason, proposed):
            return
        assert author.id is not None
        made = Ruling(outcome, reason, proposed, author.id, self.at, before)
        self.rulings[subject] = made
        self.ever.append((subject, made))
        if subject[0] == "g":
            self.decided_ever.add(subject[1])


def a_world() -> World:
    """Return 16 opinions in four places: ten alike, one that makes two points, others."""
    consultation = open_consultation()
    came = [submission(consultation, ("art-3", LIKE), contact=f"a{n}@example.cn") for n in range(WITH_LIKE)]
    came += [
        submission(consultation, ("art-3", TWO_POINTS), ("art-4", "选定要公开。")),
        submission(consultation, ("art-3", "优惠应当从六十周岁起，一直到八十周岁。"), ("", "总体赞成。")),
        submission(
            consultation, ("art-4", "选定应当公开。"), ("art-3-para-1-item-1", "公示要在入口处。"), name="某公司"
        ),
    ]
    moderator = actor(Role.MODERATOR)
    moderation.accept_many(moderator, came, at=AFTER)
    return World(
        consultation,
        [actor(Role.DRAFTER), actor(Role.DRAFTER)],
        actor(Role.LEGAL),
        moderator,
        actor(Role.PUBLISHER),
        {
            opinion.id: Point(opinion.submission_id, opinion.part_id, opinion.anchor, opinion.content)
            for opinion in db.session.scalars(db.select(Opinion).order_by(Opinion.id))
        },
        {each.id for each in came},
    )


@dataclass(frozen=True)
class Step:
    """One act with the choices that it needs."""

    act: str
    first: int = 0
    second: int = 0
    outcome: Outcome = Outcome.NOT_ADOPTED
    words: int = 0

    @property
    def reason(self) -> str:
        return "" if self.outcome is Outcome.ADOPTED and self.words == 2 else REASONS[self.words]

    @property
    def proposed(self) -> str:
        return PROPOSED[self.second % 2] if self.outcome in MADE and self.words else ""

    def author(self, world: World) -> Actor:
        return world.drafters[self.second % 2]


def decide_on_page(world: World, step: Step) -> None:
    key, opinion = world.pick(step.first)
    author, seen = step.author(world), version_of(service.effective(opinion))
    service.decide(author, opinion, step.outcome, step.reason, at=world.at, proposed_text=step.proposed, seen=seen)
    world.decide(("o", key), step.outcome, step.reason, step.proposed, author)


def decide_together(world: World, step: Step) -> None:
    chosen = dict([world.pick(step.first), world.pick(step.second)])
    author = step.author(world)
    service.decide_many(
        author, list(chosen.values()), step.outcome, step.reason, at=world.at, proposed_text=step.proposed
    )
    for key in chosen:
        world.decide(("o", key), step.outcome, step.reason, step.proposed, author)


def decide_group(world: World, step: Step) -> None:
    group, author = world.pick_group(step.first), step.author(world)
    service.decide(author, group, step.outcome, step.reason, at=world.at, proposed_text=step.proposed)
    world.decide(("g", group.id), step.outcome, step.reason, step.proposed, author)


def decide_member(world: World, step: Step) -> None:
    """An exception in a group, mostly a decided one."""
    members = [key for key, point in sorted(world.in_force().items()) if ("g", point.group) in world.rulings]
    if not members:
        raise Refused("no group is decided yet")
    places = sorted(world.points)
    decide_on_page(
        world,
        Step("", places.index(members[step.first % len(members)]), step.second, step.outcome, step.words),
    )


def exported(world: World) -> dict[str, dict[str, str]]:
    """Return the rows of both sheets by number, as a person reads them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        spreadsheet.export_decisions(world.drafters[0], world.consultation, path)
        rows = [cells for table in tables.read_book(path.name, path).tables for _, cells in table]
        return {cells["编号"]: cells for cells in rows if isinstance(cells, dict) and "编号" in cells}


def decide_on_sheet(world: World, step: Step) -> None:
    """Fill in the row of an opinion, on whichever sheet it is, and import both."""
    key, _ = world.pick(step.first)
    author = step.author(world)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.xlsx"
        spreadsheet.export_decisions(author, world.consultation, path)
        assert write_row(
            path, str(key), {"采纳情况": step.outcome.label.words, "理由": step.reason, "拟修改为": step.proposed}
        )
        book = tables.read_book(path.name, path)
        result = spreadsheet.import_decisions(author, world.consultation, book, at=world.at)
    assert not result.refused
    before = world.rulings.get(("o", key))
    if before is None or (before.outcome, before.reason, before.proposed) != (step.outcome, step.reason, step.proposed):
        world.decide(("o", key), step.outcome, step.reason, step.proposed, author)


def write_row(path: Path, number: str, cells: dict[str, str]) -> bool:
    """Write cells into the row of a number, as in a spreadsheet program; whether there is such a row."""
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        columns = {str(cell.value): column for column, cell in enumerate(sheet[1], 1)}
        for row in range(2, sheet.max_row + 1):
            if "编号" in columns and str(sheet.cell(row, columns["编号"]).value) == number:
                for name, words in cells.items():
                    sheet.cell(row, columns[name]).value = words or None
                book.save(path)
                return True
    return False


def undo_last(world: World, step: Step) -> None:
    author = step.author(world)
    mine = [(subject, ruling) for subject, ruling in world.ever if ruling.author == author.id]
    stroke = [each for each in mine if each[1].stroke == mine[-1][1].stroke]
    undone = [
        each for each in stroke if world.rulings.get(each[0]) is each[1] and each[1].state is DecisionState.PROPOSED
    ]
    shown = undo.last_stroke(author.id, world.consultation.id)
    undo.undo_many(author, shown, at=world.at)
    assert len(shown) == len(undone)
    for subject, ruling in undone:
        world.ever.remove((subject, ruling))
        if ruling.before is not None:
            world.rulings[subject] = ruling.before
        else:
            del world.rulings[subject]


def review_one(world: World, step: Step) -> None:
    decision, ruling = waiting(world, step.first)
    service.review(world.reviewer, decision, at=world.at)
    ruling.state = DecisionState.REVIEWED


def return_one(world: World, step: Step) -> None:
    decision, ruling = waiting(world, step.first)
    service.return_decision(world.reviewer, decision, "请写明依据。", at=world.at)
    ruling.state = DecisionState.RETURNED


def waiting(world: World, which: int) -> tuple[Decision, Ruling]:
    """Return a decision that the reviewer's page lists, and the model's."""
    listed = review_selection.reviewable_decisions(world.reviewer.id, world.consultation.id, limit=100)
    if not listed:
        raise Refused("nothing to review")
    decision = listed[which % len(listed)]
    key: Subject = ("o", decision.opinion_id) if decision.opinion_id else ("g", decision.group_id or 0)
    return decision, world.rulings[key]


def regroup(world: World, _step: Step) -> None:
    """Have the machine group; who was in a decided group stays there, alone."""
    before = {key: point.group for key, point in world.points.items()}
    groups.group(world.drafters[0], world.consultation, at=world.at)
    stored = {row.id: row.group_id for row in db.session.execute(db.select(Opinion.id, Opinion.group_id))}
    for key, point in world.points.items():
        if before[key] in world.kept | world.decided_ever:
            assert stored[key] == before[key], "computed grouping moved an opinion out of a group that a person made"
        elif key not in world.in_force() or point.alone:
            assert stored[key] == before[key], "computed grouping moved an opinion that it must leave alone"
        else:
            assert stored[key] is None or stored[key] not in world.decided_ever, "it joined a group that is decided"
        point.group = stored[key]


def put_together(world: World, step: Step) -> None:
    chosen = dict([world.pick(step.first), world.pick(step.second)])
    made = groups.create_group(step.author(world), list(chosen.values()), "归为一组", at=world.at)
    world.kept.add(made.id)
    for key in chosen:
        world.points[key].group, world.points[key].alone = made.id, False


def merge(world: World, step: Step) -> None:
    """Move a whole group into another one, member by member, as the page does."""
    source, target = world.pick_group(step.first), world.pick_group(step.second)
    members = [key for key, point in world.in_force().items() if point.group == source.id]
    if source.id == target.id or source.anchor != target.anchor or not members:
        raise Refused("nothing to merge")
    for key in members:
        groups.move_to_group(step.author(world), db.session.get_one(Opinion, key), target, at=world.at)
        world.points[key].group, world.points[key].alone = target.id, False
    world.kept.add(target.id)


def put_in(world: World, step: Step) -> None:
    (key, opinion), into = world.pick(step.first), world.pick_group(step.second)
    groups.move_to_group(step.author(world), opinion, into, at=world.at)
    world.kept.add(into.id)
    world.points[key].group, world.points[key].alone = into.id, False


def take_out(world: World, step: Step) -> None:
    grouped = [key for key, point in sorted(world.in_force().items()) if point.group is not None]
    if not grouped:
        raise Refused("none is in a group")
    key = grouped[step.first % len(grouped)]
    groups.remove_from_group(step.author(world), [db.session.get_one(Opinion, key)], at=world.at)
    point = world.points[key]
    world.kept.add(point.group or 0)
    point.group, point.alone = None, True


def split(world: World, step: Step) -> None:
    key, opinion = world.pick(step.first)
    pieces = (
        [each for each in opinion.content.replace("\n", "").partition("。") if each] if "。" in opinion.content else []
    )
    made = opinions.split(step.author(world), opinion, pieces, at=world.at)
    point = world.points[key]
    point.replaced = True
    for piece in made:
        world.points[piece.id] = Point(point.submission, point.part, point.anchor, piece.content)


def move(world: World, step: Step) -> None:
    key, opinion = world.pick(step.first)
    anchor = ANCHORS[step.second % len(ANCHORS)]
    opinions.set_provision(step.author(world), opinion, anchor, at=world.at)
    if world.points[key].anchor != anchor:
        world.points[key].anchor, world.points[key].group = anchor, None


def take_back_screening(world: World, step: Step) -> None:
    came = db.session.get_one(Submission, sorted(world.accepted)[step.first % len(world.accepted)])
    moderation.undo(world.moderator, came, at=world.at)
    world.accepted.discard(came.id)


def screen_again(world: World, step: Step) -> None:
    """Accept again; every other time with a text that no longer has the pieces that were split off."""
    gone = sorted({point.submission for point in world.points.values()} - world.accepted)
    if not gone:
        raise Refused("all are accepted")
    came = db.session.get_one(Submission, gone[step.first % len(gone)])
    texts = {part.id: "（略）" + part.content[-3:] if step.second % 2 else part.content for part in came.parts}
    moderation.accept(world.moderator, came, at=world.at, public_texts=texts)
    world.accepted.add(came.id)
    for part, text in texts.items():
        whole, *rest = [point for _, point in sorted(world.points.items()) if point.part == part]
        pieces = [piece for piece in rest if not piece.replaced]
        if not all(piece.content in text for piece in pieces):
            whole.replaced = False
            for piece in pieces:
                piece.replaced = True
        whole.content = text


def new_version(world: World, step: Step) -> None:
    text = DRAFT.replace("七十周岁", ("六十五周岁", "六十周岁")[step.first % 2]).replace("第四条 社区", "第四条　社区")
    versions.add_version(
        step.author(world),
        world.consultation,
        kind=VersionKind.REVISED,
        file_name="revised.txt",
        data=f"{text}{'　' * len(world.consultation.versions)}".encode(),
        at=world.at,
    )


ACTS: dict[str, Callable[[World, Step], None]] = {
    act.__name__: act
    for act in (
        decide_on_page,
        decide_together,
        decide_group,
        decide_member,
        decide_on_sheet,
        undo_last,
        review_one,
        return_one,
        regroup,
        put_together,
        merge,
        put_in,
        take_out,
        split,
        move,
        take_back_screening,
        screen_again,
        new_version,
    )
}


def do(world: World, step: Step) -> None:
    """Do one act; one that is refused changes nothing."""
    world.at += timedelta(minutes=1)
    try:
        ACTS[step.act](world, step)
        world.done[step.act] += 1
    except Refused:
        db.session.rollback()
    db.session.expire_all()
    world.consultation = db.session.get_one(Consultation, world.consultation.id)


def fact_of(decision: Decision | None) -> FACT:
    if decision is None:
        return NOTHING
    return decision.outcome, decision.reason, decision.proposed_text, decision.state


def check_lists(world: World) -> None:
    """What the workspace, its figures and the reviewer's page say of each opinion."""
    key, expected = world.consultation.id, world.facts()
    listed = queries.with_decisions(key, limit=None)
    assert {item.opinion.id: fact_of(item.decision) for item in listed} == expected
    stored = [item.opinion for item in listed]
    assert {each.id: (each.anchor, each.content, each.group_id) for each in stored} == {
        id_: (point.anchor, point.content, point.group) for id_, point in world.in_force().items()
    }
    assert {each.id: fact_of(service.effective(each)) for each in stored} == expected
    assert {id_: fact_of(each) for id_, each in service.effective_decisions(stored).items()} == expected
    states = Counter(fact[3] for fact in expected.values())
    assert queries.progress(key) == queries.Progress.of(states)
    by_anchor = worklist.progress_by_anchor(key)
    assert sum((each.progress for each in by_anchor), queries.Progress()) == queries.Progress.of(states)
    for outcome in Outcome:
        assert [item.opinion.id for item in queries.with_decisions(key, outcome=outcome, limit=None)] == [
            id_ for id_, fact in sorted(expected.items()) if fact[0] is outcome
        ]
    for state in (*list(DecisionState)[:3], None):
        narrowed: dict[str, Any] = {"state": state} if state is not None else {"undecided": True}
        assert [item.opinion.id for item in queries.with_decisions(key, limit=None, **narrowed)] == [
            id_ for id_, fact in sorted(expected.items()) if fact[3] is state
        ]
        assert {line.group.id for line in worklist.group_summaries(key, **narrowed)} == {
            world.points[id_].group for id_, fact in expected.items() if fact[3] is state
        } - {None}
    check_groups(world, expected)
    check_review(world, expected)


def check_groups(world: World, expected: dict[int, FACT]) -> None:
    summaries = worklist.group_summaries(world.consultation.id)
    members: dict[int, list[int]] = {}
    for id_, point in world.in_force().items():
        if point.group is not None:
            members.setdefault(point.group, []).append(id_)
    assert {line.group.id: line.opinions for line in summaries} == {key: len(ids) for key, ids in members.items()}
    for line in summaries:
        of = [expected[id_] for id_ in members[line.group.id]]
        parts: Counter[tuple[Outcome | None, str, DecisionState | None]] = Counter()
        for part in line.outcome.parts:
            parts[(part.outcome, part.reason, part.state)] += part.n
        assert parts == Counter((outcome, reason, state) for outcome, reason, _, state in of)
        assert line.outcome.n == line.opinions
        ruling = world.rulings.get(("g", line.group.id))
        assert fact_of(line.decision) == (ruling.fact if ruling else NOTHING)
        exceptions = sum(("o", id_) in world.rulings for id_ in members[line.group.id])
        assert worklist.count_own_decisions(line.group.id) == exceptions


def check_review(world: World, expected: dict[int, FACT]) -> None:
    """The reviewer is shown exactly the decisions that wait and that some opinion follows."""
    listed = review_selection.reviewable_decisions(world.reviewer.id, world.consultation.id, limit=100)
    shown = {(("o", each.opinion_id) if each.opinion_id else ("g", each.group_id)) for each in listed}
    followed = {
        ("o", id_) if ("o", id_) in world.rulings else ("g", world.points[id_].group)
        for id_, fact in expected.items()
        if fact[3] is DecisionState.PROPOSED
    }
    assert shown == followed
    open_ = queries.open_work([world.consultation.id], world.reviewer.id)[world.consultation.id]
    states = Counter(fact[3] for fact in expected.values())
    assert (open_.undecided, open_.returned, open_.to_confirm) == (
        states[None],
        states[DecisionState.RETURNED],
        states[DecisionState.PROPOSED],
    )


def check_papers(app: Flask, world: World) -> None:
    """What the workspace's pages, the sheet, the gate, the preview and the record say."""
    expected, consultation = world.facts(), world.consultation
    states = Counter(fact[3] for fact in expected.values())
    with app.test_request_context("/?at=all&show=all"):
        workspace = Workspace(consultation, Where.asked(consultation.slug), world.drafters[0])
        shown = [line.opinion.opinion.id for line in workspace.lines if line.opinion is not None]
        assert workspace.progress.total == len(expected)
    alone = {id_ for id_ in expected if world.points[id_].group is None or ("o", id_) in world.rulings}
    assert sorted(shown) == sorted(alone)
    sheet = exported(world)
    for id_, fact in expected.items():
        cells = sheet[str(id_)]
        assert cells["状态"].partition("（")[0] == (fact[3].label.words if fact[3] else "待处理")
        if "归并编号" in cells and ("o", id_) not in world.rulings:
            cells = sheet[cells["归并编号"]]
        filled_in = (cells["采纳情况"], cells["理由"], cells["拟修改为"])
        assert filled_in == (fact[0].label.words if fact[0] else "", fact[1], fact[2])
    gate = facts.collect(consultation, world.at)
    assert (gate.opinions_total, gate.opinions_undecided, gate.opinions_unreviewed) == (
        len(expected),
        states[None] + states[DecisionState.RETURNED],
        states[DecisionState.PROPOSED],
    )
    check_preview(world, expected)
    assert list(everything_wrong(CheckedCounts())) == []


def check_preview(world: World, expected: dict[int, FACT]) -> None:
    consultation = world.consultation
    rows = {line.opinion.id: fact_of(line.decision) for line in lines(consultation.id)}
    assert rows == expected
    document = preview(consultation)
    words = Counter(row.outcome for row in document.rows)
    figure = {line.name: line.n for line in document.figures}
    assert figure["opinions"] + figure["opinions_late"] == len(expected) == len(document.rows)
    for outcome in Outcome:
        assert figure[f"outcome.{outcome.value}"] == words[outcome.label.words]
    assert words == Counter(words_of(fact) for fact in expected.values())
    big = {group for group, n in groups_by_size(world).items() if n >= WITH_LIKE}
    assert {main["group"] for main in main_opinions(consultation, ProvisionLabels(consultation))} == big
    for main in main_opinions(consultation, ProvisionLabels(consultation)):
        check_main(main, Counter(expected[id_][:2] for id_ in expected if world.points[id_].group == main["group"]))
    paper = heard_opinions.public(consultation)
    counts = Counter(words_of(fact) for fact in expected.values())
    assert sorted(paper.partition("：")[2].split("，")) == sorted(f"{words}{n}条" for words, n in counts.items() if n)


def words_of(fact: FACT) -> str:
    """Return what a paper says of an opinion before the report is published."""
    outcome, _, _, state = fact
    if outcome is None or state is None:
        return "待处理"
    return outcome.label.words + ("" if state is DecisionState.REVIEWED else f"（{state.label.words}）")


def groups_by_size(world: World) -> Counter[int]:
    """Return the number of senders of each group."""
    senders = {(point.group, point.submission) for point in world.in_force().values() if point.group is not None}
    return Counter(group for group, _ in senders if group is not None)


def check_main(main: dict[str, Any], members: Counter[tuple[Outcome | None, str]]) -> None:
    """What is printed of a group is what most of its members got, and the exceptions add up."""
    most = members[(Outcome(str(main["outcome"])) if main["outcome"] else None, str(main["reason"]))]
    assert most == max(members.values())
    assert most + sum(int(str(other["n"])) for other in main["others"]) == main["n"] == members.total()


def check_compile(world: World, correction: str = "") -> FeedbackReport | None:
    """A report is compiled when, and only when, all that it prints is decided and reviewed."""
    complete = all(fact[3] is DecisionState.REVIEWED for fact in world.facts().values())
    screened = not ({point.submission for point in world.points.values()} - world.accepted)
    try:
        report = reporting.compile_report(
            world.drafters[0], world.consultation, at=world.at, correction_reason=correction
        )
    except ReportRefused:
        db.session.rollback()
        assert not (complete and screened)
        return None
    assert complete
    assert screened
    check_printed(world, report)
    return report


def check_printed(world: World, report: FeedbackReport) -> None:
    printed = report_versions.rows(report, limit=1000)
    assert {row.opinion_id: (row.outcome, row.reason, row.content, row.anchor) for row in printed} == {
        id_: (fact[0].value if fact[0] else "", fact[1], world.points[id_].content, world.points[id_].anchor)
        for id_, fact in world.facts().items()
    }
    by_outcome = Counter(row.outcome for row in printed)
    assert report_versions.rows_by_outcome(report) == {(each, False): n for each, n in by_outcome.items()}
    for outcome in Outcome:
        assert report.snapshot["figures"][f"outcome.{outcome.value}"] == by_outcome[outcome.value]
        assert len(figures.FIGURES[f"outcome.{outcome.value}"].ids(world.consultation.id)) == by_outcome[outcome.value]


def finish(world: World) -> None:
    """Screen, decide and review all that is open, as an office does at the end."""
    while {point.submission for point in world.points.values()} - world.accepted:
        do(world, Step("screen_again"))
    for fact_key in [key for key, fact in sorted(world.facts().items()) if fact[3] in (None, DecisionState.RETURNED)]:
        place = sorted(world.points).index(fact_key)
        do(world, Step("decide_on_page", place, outcome=Outcome.EXPLAINED, words=place % 3))
    while review_selection.reviewable_decisions(world.reviewer.id, world.consultation.id, limit=1):
        do(world, Step("review_one"))


def publish(world: World, report: FeedbackReport) -> None:
    reporting.submit_for_review(world.drafters[0], report, at=world.at)
    reporting.review(world.reviewer, report, at=world.at)
    reporting.publish(world.publisher, report, at=world.at)


def items(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """Return what a list of the JSON interface holds."""
    answer = client.get(address).json
    assert answer is not None
    listed: list[dict[str, Any]] = answer["items"]
    return listed


def check_public(client: FlaskClient, world: World, report: FeedbackReport) -> None:
    """What the senders' receipts and the JSON interface say is what the published report printed."""
    printed = {row.opinion_id: row for row in report_versions.rows(report, limit=1000)}
    api = f"/api/v1/consultations/{world.consultation.slug}"
    rows = items(client, f"{api}/report/rows?limit=100")
    assert [(row["outcome"], row["reason"], row["content"]) for row in rows] == [
        (row.outcome, row.reason, row.content) for row in printed.values()
    ]
    listed = items(client, f"{api}/opinions?limit=100")
    assert {row["id"] for row in listed} == set(world.in_force())
    for row in listed:
        here = printed.get(row["id"])
        answer = (here.outcome, here.reason) if here is not None else (None, None)
        assert (row["outcome"], row["reason"], row["content"]) == (*answer, world.points[row["id"]].content)
    for came in db.session.scalars(db.select(Submission).order_by(Submission.id)):
        sent = {"number": came.number, "key": key_of(came.number)}
        page = client.post("/receipts", data=sent, follow_redirects=True).text
        answered = Counter((row.outcome, row.reason) for row in printed.values() if row.submission_id == came.id)
        assert answers_on(page) == Counter({answer_words(*answer): n for answer, n in answered.items()})


def answer_words(outcome: str, reason: str) -> tuple[str, str]:
    """Return a printed decision as a receipt shows it."""
    label = "处理" if outcome == Outcome.ADOPTED else "理由"
    return Outcome(outcome).label.words, f"{label}{reason}" if reason else ""


def answers_on(page: str) -> Counter[tuple[str, str]]:
    """Return the outcomes and reasons that a receipt shows."""
    answers: Counter[tuple[str, str]] = Counter()
    for article in etree.HTML(page).iterfind(".//article"):
        outcomes = article.xpath(".//span[contains(@class, 'tag')]/text()")
        reasons = [
            "".join(text for line in why.xpath("p[b='处理' or b='理由']") for text in line.itertext()).strip()
            for why in article.iterfind(".//div[@class='why']")
        ]
        answers.update(zip(outcomes, reasons, strict=True))
    return answers


step = st.builds(
    Step,
    act=st.sampled_from(sorted(ACTS)),
    first=st.integers(0, 19),
    second=st.integers(0, 19),
    outcome=st.sampled_from(list(Outcome)),
    words=st.integers(0, 2),
)


def a_fresh_world() -> World:
    db.session.rollback()
    db.session.remove()
    _empty()
    return a_world()


def try_out(app: Flask, steps: list[Step]) -> None:
    world = a_fresh_world()
    check_lists(world)
    for each in steps:
        note(f"{each}")
        do(world, each)
        check_lists(world)
    check_papers(app, world)
    check_compile(world)
    finish(world)
    assert check_compile(world) is not None
    check_papers(app, world)


@pytest.mark.timeout(300 + 30 * EXAMPLES)
@examples(
    max_examples=EXAMPLES,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(step, min_size=6, max_size=24))
def test_whatever_is_done_all_say_the_same(app: Flask, steps: list[Step]) -> None:
    try_out(app, steps)


def test_each_act_is_one_that_can_be_done(app: Flask) -> None:
    """Guards the test above: none of its acts is refused whenever it is tried."""
    world = a_fresh_world()
    for each in (
        Step("regroup"),
        Step("decide_group"),
        Step("decide_member", outcome=Outcome.ADOPTED, words=1),
        Step("decide_on_page", 15, outcome=Outcome.ADOPTED, words=1),
        Step("decide_on_sheet", 11, outcome=Outcome.EXPLAINED),
        Step("undo_last"),
        Step("decide_together", 12, 13),
        Step("review_one"),
        Step("return_one"),
        Step("take_out"),
        Step("take_out"),
        Step("put_together", 0, 1),
        Step("merge", 1, 0),
        Step("put_in", 12, 0),
        Step("split", 10),
        Step("move", 14, 2),
        Step("take_back_screening"),
        Step("screen_again"),
        Step("new_version"),
    ):
        do(world, each)
        check_lists(world)
    assert {act for act in ACTS if not world.done[act]} == set()
    check_papers(app, world)


@pytest.mark.timeout(300 + 30 * EXAMPLES)
@examples(
    max_examples=1 + EXAMPLES // 20, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(before=st.lists(step, min_size=6, max_size=10), after=st.lists(step, min_size=4, max_size=8))
def test_what_was_published_is_what_all_are_told_until_it_is_corrected(
    client: FlaskClient, app: Flask, before: list[Step], after: list[Step]
) -> None:
    world = a_fresh_world()
    for each in before:
        do(world, each)
    finish(world)
    report = check_compile(world)
    assert report is not None
    publish(world, report)
    printed = printed_facts(world)
    check_public(client, world, report)
    assert facts.collect(world.consultation, world.at).feedback_current
    for each in after:
        note(f"{each}")
        do(world, each)
        check_lists(world)
        assert not (facts.collect(world.consultation, world.at).feedback_current and printed_facts(world) != printed)
    check_public(client, world, report)
    finish(world)
    correction = check_compile(world, "补正采纳情况。")
    assert correction is not None
    publish(world, correction)
    check_public(client, world, correction)
    check_papers(app, world)


def printed_facts(world: World) -> dict[int, tuple[object, ...]]:
    points = world.in_force()
    return {id_: (*fact[:2], points[id_].content, points[id_].anchor) for id_, fact in world.facts().items()}
