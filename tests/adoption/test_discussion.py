"""Colleagues discuss an opinion or a group: internal, in the record, never changed; and who else has it open."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import Actor
from consult.adoption import assignments, discussion, groups, presence, service, spreadsheet, verification
from consult.adoption.errors import CommentRefused, NotGiven
from consult.adoption.holdings import Work
from consult.adoption.models import OpinionComment, Outcome
from consult.drafting.models import Consultation
from consult.files import tables
from consult.intake.models import SenderKind
from consult.reporting import service as reporting
from consult.reporting.models import ReportRow
from consult.store import db
from tests.builders import a_user
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

SECRET = "口径待定，先不对外答复。"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    consultation = open_consultation()
    accepted(consultation, ("art-3", "优惠应当早些。"), name="王小明", contact="13800138000")
    accepted(consultation, ("art-3", "优惠应当早些。"))
    return consultation


def test_what_was_said_stands_in_order_and_its_author_strikes_it_out(consultation: Consultation) -> None:
    drafter, legal = actor(Role.DRAFTER), actor(Role.LEGAL)
    opinion = opinions_of(consultation)[0]
    first = discussion.add_comment(drafter, opinion, f" {SECRET} ", at=AFTER)
    second = discussion.add_comment(legal, opinion, "请征求发改部门意见。", at=AFTER)
    assert [(each.author_id, each.words) for each in discussion.comments(opinion)] == [
        (drafter.id, SECRET),
        (legal.id, "请征求发改部门意见。"),
    ]
    with pytest.raises(CommentRefused, match="只能删除本人的"):
        discussion.strike_comment(drafter, second, at=AFTER)
    discussion.strike_comment(drafter, first, at=AFTER)
    discussion.strike_comment(drafter, first, at=AFTER + timedelta(days=1))
    assert (first.struck_at, first.words) == (AFTER, SECRET)
    assert discussion.comment_counts([opinion.id], []) == {f"o{opinion.id}": 1}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (" \n", "请填写"),
        ("长" * 2001, "2,001 字"),
        ("请回电 139 1234 5678 核实。", "个人信息（电话"),
        ("身份证 11010519491231002X 已核。", "身份证号"),
        ("王小明说的有道理。", "来件人的姓名、联系方式"),
        ("已联系13800138000。", "个人信息"),
    ],
)
def test_private_data_and_what_is_too_long_are_refused(consultation: Consultation, words: str, why: str) -> None:
    with pytest.raises(CommentRefused, match=why):
        discussion.add_comment(actor(Role.DRAFTER), opinions_of(consultation)[0], words, at=AFTER)


def test_on_a_group_none_of_its_senders_is_named(consultation: Consultation) -> None:
    accepted(consultation, ("art-3", "优惠应当早些。"), name="%", contact="a_b@example.cn")
    drafter = actor(Role.DRAFTER)
    (group,) = groups.group(drafter, consultation, at=AFTER)
    for words in ("王小明说的有道理。", "13800138000 已联系。"):
        with pytest.raises(CommentRefused, match="个人信息"):
            discussion.add_comment(drafter, group, words, at=AFTER)
    discussion.add_comment(drafter, group, "三人说的有道理。", at=AFTER)


def test_an_organisation_may_be_named(consultation: Consultation) -> None:
    accepted(consultation, "赞成。", name="新城餐饮公司", sender_kind=SenderKind.ENTERPRISE)
    opinion = opinions_of(consultation)[2]
    assert discussion.add_comment(actor(Role.DRAFTER), opinion, "新城餐饮公司已书面答复。", at=AFTER).id


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.AUDITOR])
def test_other_roles_say_nothing(consultation: Consultation, role: Role) -> None:
    with pytest.raises(NotAllowed):
        discussion.add_comment(actor(role), opinions_of(consultation)[0], SECRET, at=AFTER)


def test_who_helps_discusses_what_was_given(consultation: Consultation) -> None:
    accepted(consultation, "总体赞成。")
    helper = a_user(Role.DRAFTER, "helper", division="燃气处")
    first, _, whole = opinions_of(consultation)
    with pytest.raises(NotAllowed):
        discussion.add_comment(Actor.of(helper), first, SECRET, at=AFTER)
    assignments.assign(actor(Role.DRAFTER), consultation, [Work(anchor="art-3")], helper, at=AFTER)
    assert discussion.add_comment(Actor.of(helper), first, SECRET, at=AFTER).id
    with pytest.raises(NotGiven):
        discussion.add_comment(Actor.of(helper), whole, SECRET, at=AFTER)


def test_a_group_that_is_discussed_stays(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    (group,) = groups.group(drafter, consultation, at=AFTER)
    discussion.add_comment(drafter, group, SECRET, at=AFTER)
    assert [each.id for each in groups.group(drafter, consultation, 1.0, at=AFTER)] == [group.id]
    assert discussion.comment_counts([], [group.id]) == {f"g{group.id}": 1}


def test_what_is_forged_put_in_or_deleted_is_named(consultation: Consultation) -> None:
    comment = discussion.add_comment(actor(Role.DRAFTER), opinions_of(consultation)[0], SECRET, at=AFTER)
    row = {column.name: getattr(comment, column.name) for column in OpinionComment.__table__.columns}
    assert list(verification.missing_opinions()) == []
    for forgery, what in (
        (update(OpinionComment).values(words="别的话。"), "changed"),
        (update(OpinionComment).values(words=SECRET, struck_at=AFTER), "changed"),
        (delete(OpinionComment), "removed"),
        (insert(OpinionComment).values(row | {"id": 99}), "inserted"),
    ):
        behind_the_back(forgery)
        named = [(fault.where, fault.what.value) for fault in verification.missing_opinions()]
        assert ("comment", what) in named


def test_a_colleague_who_has_the_same_open_is_named_for_three_minutes(consultation: Consultation) -> None:
    reader, colleague = actor(Role.DRAFTER), actor(Role.DRAFTER)
    name = db.session.get_one(User, colleague.id).name

    def seen(subject: str, minutes: float) -> list[str]:
        db.session.rollback()
        return presence.others(reader, consultation, subject, AFTER + timedelta(minutes=minutes))

    presence.note(colleague, consultation, "o1", AFTER)
    assert (seen("o1", 2.9), seen("o1", 3), seen("o2", 1)) == ([name], [], [])
    db.session.rollback()
    presence.note(colleague, consultation, "o1", AFTER + timedelta(seconds=59))
    assert seen("o1", 3) == []  # noted once a minute
    presence.note(colleague, consultation, "o2", AFTER + timedelta(seconds=20))
    assert (seen("o1", 1), seen("o2", 1)) == ([], [name])
    assert presence.others(colleague, consultation, "o2", AFTER + timedelta(minutes=2)) == []


def test_report_and_sheet_know_nothing_of_it(consultation: Consultation, tmp_path: Path) -> None:
    drafter, publisher = actor(Role.DRAFTER), actor(Role.PUBLISHER)
    for opinion in opinions_of(consultation):
        discussion.add_comment(drafter, opinion, SECRET, at=AFTER)
        service.review(actor(Role.LEGAL), service.decide(drafter, opinion, Outcome.ADOPTED, "", at=AFTER), at=AFTER)
    report = reporting.compile_report(publisher, consultation, at=AFTER, statement="感谢参与。")
    printed = db.session.execute(select(ReportRow.__table__).where(ReportRow.report_id == report.id)).all()
    assert (len(printed), SECRET in str(printed), SECRET in str(report.snapshot)) == (2, False, False)
    spreadsheet.export_decisions(drafter, consultation, tmp_path / "a.xlsx")
    cells = [cell for _, row in tables.read("a.xlsx", tmp_path / "a.xlsx") for cell in row.values()]
    assert (len(cells) > 10, any(SECRET in cell for cell in cells)) == (True, False)
