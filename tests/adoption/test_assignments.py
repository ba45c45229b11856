"""Work is given by unit of the draft and by group, handed over and taken back; who helps decides on what was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Division, Role, User
from consult.accounts.permissions import SYSTEM, Act, Actor, may
from consult.accounts.service import change_role
from consult.adoption import (
    assignments,
    groups,
    holdings,
    opinions,
    placement,
    service,
    spreadsheet,
    undo,
    verification,
)
from consult.adoption.board import board, own_lines
from consult.adoption.errors import AssignmentRefused, NotGiven
from consult.adoption.holdings import Holdings, Work
from consult.adoption.models import Assignment, Opinion, Outcome
from consult.clock import LOCAL
from consult.drafting import service as drafting
from consult.drafting import worklists
from consult.drafting.ledger_statement import consultation_digest
from consult.drafting.models import Consultation
from consult.files import tables
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.adoption.test_spreadsheet import filled_in
from tests.builders import a_user
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

DAY = AFTER.date() + timedelta(days=7)
REASON = "现行规定已经写明，见第三条。"
WHOLE, FIRST, THIRD = (Work(anchor=anchor) for anchor in ("", "art-1", "art-3"))


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """Opinions 1 to 4: on article 1, on the third item of article 3, on article 3, on the whole."""
    consultation = open_consultation()
    accepted(consultation, ("art-1", "目的应当写明便民。"))
    accepted(consultation, ("art-3-para-1-item-3", "优惠应当从六十五周岁起。\n\n也要优惠学生。"))
    accepted(consultation, ("art-3", "留样应当满四十八小时。"))
    accepted(consultation, "总体赞成。")
    return consultation


@pytest.fixture
def drafter(consultation: Consultation) -> Actor:
    return actor(Role.DRAFTER)


@pytest.fixture
def helper(consultation: Consultation) -> User:
    return a_user(Role.DRAFTER, "helper", division="燃气处")


def division_of(user: User) -> Division:
    return db.session.get_one(Division, user.division_id)


def holders(consultation: Consultation) -> list[str]:
    """Return the name of each opinion's holder; empty for those that nobody was given."""
    holdings = Holdings(consultation)
    covering = [holdings.of(opinion) for opinion in opinions_of(consultation)]
    return [assignment.holder if assignment is not None else "" for assignment in covering]


def test_what_is_said_on_an_item_goes_with_its_article_and_a_group_before_its_article(
    consultation: Consultation, drafter: Actor
) -> None:
    li, wang = a_user(Role.DRAFTER, "li"), a_user(Role.DRAFTER, "wang")
    li.name, wang.name = "甲", "乙"
    db.session.commit()
    assignments.assign(drafter, consultation, [WHOLE, THIRD], li, at=AFTER)
    assert holders(consultation) == ["", "甲", "甲", "甲"]
    second, third = opinions_of(consultation)[1:3]
    opinions.set_provision(drafter, second, "art-3", at=AFTER)
    group = groups.create_group(drafter, [second, third], "优惠", at=AFTER)
    assignments.assign(drafter, consultation, [Work(group_id=group.id)], wang, at=AFTER)
    assert holders(consultation) == ["", "乙", "乙", "甲"]
    assert [(line.work, line.progress.total) for line in board(drafter, consultation)] == [
        (WHOLE, 1),
        (FIRST, 1),
        (THIRD, 0),
        (Work(group_id=group.id), 2),
    ]
    assert [line.progress.open for line in own_lines(Actor.of(wang), consultation)] == [2]


def test_the_condition_in_the_database_says_the_same_as_the_holder_of_each(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    second, third = opinions_of(consultation)[1:3]
    opinions.set_provision(drafter, second, "art-3", at=AFTER)
    group = groups.create_group(drafter, [second, third], "优惠", at=AFTER)
    assignments.assign(drafter, consultation, [Work(group_id=group.id), FIRST], helper, at=AFTER)
    assignments.assign(drafter, consultation, [THIRD, WHOLE], a_user(Role.DRAFTER, "own"), at=AFTER)
    holdings = Holdings(consultation)
    for assignment in holdings.given.values():
        covered = db.session.scalars(select(Opinion.id).where(holdings.covered([assignment]))).all()
        assert sorted(covered) == [each.id for each in opinions_of(consultation) if holdings.of(each) is assignment]


def test_a_new_holder_ends_the_earlier_one_and_both_are_in_the_record(
    consultation: Consultation, drafter: Actor
) -> None:
    li, wang = a_user(Role.DRAFTER, "li"), a_user(Role.DRAFTER, "wang")
    (first,) = assignments.assign(drafter, consultation, [THIRD], li, due_on=DAY, at=AFTER)
    (second,) = assignments.assign(Actor.of(li), consultation, [THIRD], wang, remark="我出差。", at=AFTER)
    assert (first.ended_at, first.ended_by_id, second.replaces_id) == (AFTER, li.id, first.id)
    acts = db.session.execute(
        select(LedgerEntry.act, LedgerEntry.subject).where(LedgerEntry.subject.startswith("assignment:"))
    ).all()
    assert sorted(map(tuple, acts)) == [
        ("opinion.assign", f"assignment:{first.id}"),
        ("opinion.assign", f"assignment:{second.id}"),
        ("opinion.hand_over", f"assignment:{first.id}"),
    ]
    assert list(verification.missing_opinions()) == []


def test_the_same_again_changes_nothing_and_another_day_is_a_new_act(
    consultation: Consultation, drafter: Actor
) -> None:
    li = a_user(Role.DRAFTER, "li")
    (first,) = assignments.assign(drafter, consultation, [THIRD], li, due_on=DAY, at=AFTER)
    assert assignments.assign(drafter, consultation, [THIRD], li, due_on=DAY, at=AFTER) == [first]
    assert assignments.assign(drafter, consultation, [THIRD], li, due_on=DAY + timedelta(days=1), at=AFTER) != [first]


def test_all_or_none(consultation: Consultation, drafter: Actor) -> None:
    li = a_user(Role.DRAFTER, "li")
    for wrong in (Work(anchor="art-99"), Work(anchor="art-3-para-1-item-3"), Work(group_id=77)):
        with pytest.raises(AssignmentRefused):
            assignments.assign(drafter, consultation, [FIRST, wrong], li, at=AFTER)
    assert holders(consultation) == ["", "", "", ""]


def test_who_cannot_decide_holds_nothing(consultation: Consultation, drafter: Actor) -> None:
    closed = a_user(Role.DRAFTER, "closed", division="空处")
    closed.active = False
    db.session.commit()
    for wrong in (a_user(Role.MODERATOR), closed, division_of(closed)):
        with pytest.raises(AssignmentRefused, match="不能承办"):
            assignments.assign(drafter, consultation, [FIRST], wrong, at=AFTER)
    with pytest.raises(AssignmentRefused, match="不能早于今天"):
        assignments.assign(drafter, consultation, [FIRST], drafter_user(drafter), due_on=DAY - timedelta(8), at=AFTER)
    with pytest.raises(AssignmentRefused, match="尚未选择"):
        assignments.assign(drafter, consultation, [], drafter_user(drafter), at=AFTER)
    with pytest.raises(AssignmentRefused, match="301 字"):
        assignments.assign(drafter, consultation, [FIRST], drafter_user(drafter), remark="长" * 301, at=AFTER)


def test_a_remark_holds_no_private_data(consultation: Consultation, drafter: Actor) -> None:
    parts = [("art-3-para-1-item-1", words) for words in ("票价应当再低些。", "票价还应当再低些。")]
    came = accepted(consultation, *parts, ("art-3", "优惠应当早些。"), "建议推迟施行。", name="王小明")
    group = groups.create_group(drafter, opinions_of(came)[:2], "票价", at=AFTER)
    li = a_user(Role.DRAFTER, "li")
    for work in (THIRD, WHOLE, Work(group_id=group.id)):
        with pytest.raises(AssignmentRefused, match="姓名、联系方式") as refusal:
            assignments.assign(drafter, consultation, [work], li, remark="请联系王小明。", at=AFTER)
        assert refusal.value.field == "remark"
    with pytest.raises(AssignmentRefused, match="电话"):
        assignments.assign(drafter, consultation, [FIRST], li, remark="请致电 13800138000。", at=AFTER)
    assert assignments.assign(drafter, consultation, [FIRST], li, remark="请联系王小明。", at=AFTER), (
        "of another article"
    )


def drafter_user(drafter: Actor) -> User:
    return db.session.get_one(User, drafter.id)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.PUBLISHER, Role.LEGAL, Role.AUDITOR])
def test_other_roles_give_nothing(consultation: Consultation, drafter: Actor, role: Role) -> None:
    with pytest.raises(NotAllowed):
        assignments.assign(actor(role), consultation, [FIRST], drafter_user(drafter), at=AFTER)
    with pytest.raises(NotAllowed):
        assignments.take_back(actor(role), consultation, [FIRST], at=AFTER)


def test_after_the_meeting_nothing_is_given(consultation: Consultation, drafter: Actor) -> None:
    drafting.withdraw(SYSTEM, consultation, "依据已经废止。", at=AFTER)
    with pytest.raises(AssignmentRefused, match="现在不能交办"):
        assignments.assign(drafter, consultation, [FIRST], drafter_user(drafter), at=AFTER)


@pytest.mark.parametrize("whole_division", [False, True])
def test_another_division_sees_and_decides_as_long_as_it_holds_something(
    consultation: Consultation, drafter: Actor, helper: User, whole_division: bool
) -> None:
    before, elsewhere = consultation_digest(consultation.id), Actor.of(helper)
    assert not may(elsewhere, Act.SEE_CONSULTATION, consultation)
    to = division_of(helper) if whole_division else helper
    assignments.assign(drafter, consultation, [FIRST, THIRD], to, at=AFTER)
    assert {act for act in Act if may(elsewhere, act, consultation)} == {
        Act.SEE_CONSULTATION,
        Act.SEE_SUBMISSIONS,
        Act.DECIDE,
        Act.DISCUSS,
        Act.REFER,
    }
    colleague = Actor.of(a_user(Role.DRAFTER, "colleague", division="燃气处"))
    moderator = Actor.of(a_user(Role.MODERATOR, "gas-moderator", division="燃气处"))
    for other, expected in ((elsewhere, True), (colleague, whole_division), (moderator, False)):
        assert may(other, Act.SEE_CONSULTATION, consultation) is expected
        assert (consultation in worklists.listing(other, AFTER)) is expected
    assignments.take_back(drafter, consultation, [FIRST], at=AFTER)
    assert may(elsewhere, Act.DECIDE, consultation)
    assignments.assign(drafter, consultation, [THIRD], drafter_user(drafter), at=AFTER)
    assert not may(elsewhere, Act.SEE_CONSULTATION, consultation)
    assert worklists.listing(elsewhere, AFTER) == []
    assert consultation_digest(consultation.id) == before


def test_a_helper_hands_over_within_the_own_division_only_and_only_what_is_held(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    colleague, elsewhere = a_user(Role.DRAFTER, "colleague", division="燃气处"), Actor.of(helper)
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    for works, to in (([FIRST], drafter_user(drafter)), ([THIRD], colleague), ([FIRST, THIRD], colleague)):
        with pytest.raises(AssignmentRefused, match="只能移交"):
            assignments.assign(elsewhere, consultation, works, to, at=AFTER)
    with pytest.raises(NotAllowed, match="协办处室"):
        assignments.take_back(elsewhere, consultation, [FIRST], at=AFTER)
    assignments.assign(elsewhere, consultation, [FIRST], colleague, at=AFTER)
    assert may(Actor.of(colleague), Act.DECIDE, consultation)
    assert not may(elsewhere, Act.DECIDE, consultation)


def test_a_helper_hands_over_with_the_day_that_stands_or_an_earlier_one(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    colleague, elsewhere = a_user(Role.DRAFTER, "colleague", division="燃气处"), Actor.of(helper)
    assignments.assign(drafter, consultation, [FIRST], helper, due_on=DAY, at=AFTER)
    with pytest.raises(AssignmentRefused, match="不能晚于"):
        assignments.assign(elsewhere, consultation, [FIRST], colleague, due_on=DAY + timedelta(1), at=AFTER)
    (kept,) = assignments.assign(elsewhere, consultation, [FIRST], helper, at=AFTER)
    (late,) = assignments.assign(elsewhere, consultation, [FIRST], helper, remark="急。", at=AFTER + timedelta(9))
    (earlier,) = assignments.assign(elsewhere, consultation, [FIRST], colleague, due_on=DAY - timedelta(1), at=AFTER)
    assert (kept.due_on, late.due_on, earlier.due_on) == (DAY, DAY, DAY - timedelta(1))
    (freed,) = assignments.assign(drafter, consultation, [FIRST], colleague, at=AFTER)
    assert freed.due_on is None


def test_no_division_is_nobodys_own(consultation: Consultation, drafter: Actor, helper: User) -> None:
    other = a_user(Role.DRAFTER, "other")
    helper.division_id = other.division_id = None
    db.session.commit()
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    with pytest.raises(AssignmentRefused, match="只能移交"):
        assignments.assign(Actor.of(helper), consultation, [FIRST], other, at=AFTER)


def _decide(helper: Actor, opinion: Opinion) -> None:
    service.decide(helper, opinion, Outcome.EXPLAINED, REASON, at=AFTER)


def _decide_many(helper: Actor, opinion: Opinion) -> None:
    given = opinions_of(db.session.get_one(Consultation, opinion.consultation_id))[0]
    service.decide_many(helper, [given, opinion], Outcome.EXPLAINED, REASON, at=AFTER)


def _split(helper: Actor, opinion: Opinion) -> None:
    opinions.split(helper, opinion, opinion.content.split("\n\n"), at=AFTER)


def _place(helper: Actor, opinion: Opinion) -> None:
    opinions.set_provision(helper, opinion, "art-2", at=AFTER)


def _place_many(helper: Actor, opinion: Opinion) -> None:
    consultation = db.session.get_one(Consultation, opinion.consultation_id)
    placement.place_many(helper, consultation, {opinion.id: "art-2"}, at=AFTER)


WAYS: list[Callable[[Actor, Opinion], None]] = [_decide, _decide_many, _split, _place, _place_many]


@pytest.mark.parametrize("way", WAYS)
def test_a_helper_works_on_what_was_given_and_on_nothing_else(
    consultation: Consultation, drafter: Actor, helper: User, way: Callable[[Actor, Opinion], None]
) -> None:
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    opinion = opinions_of(consultation)[1]
    with pytest.raises(NotGiven, match=f"第 {opinion.id} 号意见未交办"):
        way(Actor.of(helper), opinion)
    assert service.effective(opinions_of(consultation)[0]) is None, "all or none"
    assignments.assign(drafter, consultation, [THIRD], division_of(helper), at=AFTER)
    way(Actor.of(helper), opinion)


def test_a_helper_decides_on_a_group_that_was_given_and_groups_nothing(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    second, third = opinions_of(consultation)[1:3]
    opinions.set_provision(drafter, second, "art-3", at=AFTER)
    group = groups.create_group(drafter, [second, third], "优惠", at=AFTER)
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    elsewhere = Actor.of(helper)
    with pytest.raises(NotGiven, match="归并意见“优惠”"):
        service.decide(elsewhere, group, Outcome.EXPLAINED, REASON, at=AFTER)
    with pytest.raises(NotAllowed):
        groups.remove_from_group(elsewhere, [second], at=AFTER)
    with pytest.raises(NotAllowed):
        groups.group(elsewhere, consultation, at=AFTER)
    assignments.assign(drafter, consultation, [Work(group_id=group.id)], helper, at=AFTER)
    decision = service.decide(elsewhere, group, Outcome.EXPLAINED, REASON, at=AFTER)
    with pytest.raises(NotAllowed):
        service.review(Actor.of(a_user(Role.DRAFTER, "colleague", division="燃气处")), decision, at=AFTER)


def test_what_was_handed_over_since_is_not_undone_any_more(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    assignments.assign(drafter, consultation, [FIRST, WHOLE], helper, at=AFTER)
    decision = service.decide(Actor.of(helper), opinions_of(consultation)[0], Outcome.ADOPTED, "", at=AFTER)
    assignments.assign(drafter, consultation, [FIRST], drafter_user(drafter), at=AFTER)
    with pytest.raises(NotGiven):
        undo.undo_many(Actor.of(helper), [decision], at=AFTER)
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    assert undo.undo_many(Actor.of(helper), [decision], at=AFTER) == 1


def test_a_helpers_sheet_is_taken_row_by_row_where_it_was_given(
    consultation: Consultation, drafter: Actor, helper: User, tmp_path: Path
) -> None:
    assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    spreadsheet.export_decisions(Actor.of(helper), consultation, tmp_path / "a.xlsx")
    filled = filled_in(tmp_path / "a.xlsx", {row: {"采纳情况": "解释说明", "理由": REASON} for row in (2, 3)})
    taken = spreadsheet.import_decisions(Actor.of(helper), consultation, tables.read(filled.name, filled), at=AFTER)
    assert (taken.taken, [row.row for row in taken.refused]) == (1, [3])
    assert "未交办" in taken.refused[0].reason


def test_who_moves_to_another_division_comes_back_by_nobodys_unrelated_act(
    consultation: Consultation, drafter: Actor
) -> None:
    moved = a_user(Role.DRAFTER, "moved")
    assignments.assign(drafter, consultation, [THIRD], moved, at=AFTER)
    change_role(SYSTEM, moved, Role.DRAFTER, division="燃气处", at=AFTER)
    assert not may(Actor.of(moved), Act.SEE_SUBMISSIONS, consultation)
    assignments.assign(drafter, consultation, [FIRST], drafter_user(drafter), at=AFTER)
    assert not may(Actor.of(moved), Act.SEE_SUBMISSIONS, consultation)
    assignments.assign(drafter, consultation, [THIRD], moved, at=AFTER, remark="仍请承办。")
    assert may(Actor.of(moved), Act.SEE_SUBMISSIONS, consultation)
    assignments.take_back(drafter, consultation, [FIRST], at=AFTER)
    assert may(Actor.of(moved), Act.SEE_SUBMISSIONS, consultation)


def test_a_colleague_of_the_own_division_decides_on_anothers(consultation: Consultation, drafter: Actor) -> None:
    assignments.assign(drafter, consultation, [FIRST], a_user(Role.DRAFTER, "one"), at=AFTER)
    service.decide(drafter, opinions_of(consultation)[0], Outcome.ADOPTED, "", at=AFTER)


def test_a_group_that_was_given_keeps_its_opinions(consultation: Consultation, drafter: Actor) -> None:
    for _ in range(3):
        accepted(consultation, ("art-4", "公开选定的方式应当写明。"))
    (made,) = groups.group(drafter, consultation, at=AFTER)
    assignments.assign(drafter, consultation, [Work(group_id=made.id)], drafter_user(drafter), at=AFTER)
    assert groups.group(drafter, consultation, 1.0, at=AFTER)[0].id == made.id


def test_one_holder_only_is_held_by_the_database_too(consultation: Consultation, drafter: Actor, helper: User) -> None:
    (made,) = assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    row = {column.name: getattr(made, column.name) for column in Assignment.__table__.columns} | {"id": 900}
    for wrong in ({}, {"anchor": "art-2", "division_id": helper.division_id}, {"anchor": None}):
        with pytest.raises(IntegrityError):
            behind_the_back(insert(Assignment).values(row | wrong))


def test_a_holder_changed_behind_the_records_back_is_named(
    consultation: Consultation, drafter: Actor, helper: User
) -> None:
    (made,) = assignments.assign(drafter, consultation, [FIRST], helper, at=AFTER)
    assert list(verification.missing_opinions()) == []
    behind_the_back(update(Assignment).where(Assignment.id == made.id).values(user_id=drafter.id))
    assert [(fault.where, fault.what.value) for fault in verification.missing_opinions()] == [("assignment", "changed")]


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (datetime(2026, 12, 6, 23, 59, tzinfo=LOCAL), (False, False)),
        (datetime(2026, 12, 7, 0, 0, tzinfo=LOCAL), (True, False)),
        (datetime(2026, 12, 10, 23, 59, tzinfo=LOCAL), (True, False)),
        (datetime(2026, 12, 11, 0, 0, tzinfo=LOCAL), (True, True)),
    ],
)
def test_work_is_due_soon_from_three_days_before_and_overdue_after_its_last_day(
    moment: datetime, state: tuple[bool, bool]
) -> None:
    given = Assignment(due_on=date(2026, 12, 10))
    assert (holdings.is_due_soon(given, moment), holdings.is_overdue(given, moment)) == state
    assert not holdings.is_due_soon(Assignment(due_on=None), moment)
