"""Giving opinions on the desk: the page with all of them, the form beside one, views by holder, whoever helps."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from consult.adoption import assignments, groups, service
from consult.adoption.holdings import Work, in_force
from consult.adoption.models import Outcome
from consult.clock import local, now
from consult.drafting.models import Consultation
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

DESK = "/desk/consultations/canteens/adoption"
FIRST, SECOND, WHOLE = "菜价要公示在门口。", "优惠应当从六十五周岁起。", "总体赞成这个办法。"


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> Consultation:
    """A consultation with opinions on article 3, on an item of it, and on the whole."""
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for anchor, text in (("art-3", FIRST), ("art-3-para-1-item-3", SECOND), ("", WHOLE)):
        accepted(consultation, (anchor, text), name="李雷")
    return consultation


def holders(consultation: Consultation) -> dict[str, str]:
    db.session.rollback()
    return {work.key: assignment.holder for work, assignment in in_force(consultation.id).items()}


def listed(page: str) -> list[str]:
    """Return the beginnings of the opinions in the middle pane."""
    return re.findall(r'<span class="excerpt">([^<]+)</span>', page)


def test_many_are_given_at_once_and_shown_with_holder_and_day(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, due = signed_in("drafter"), local(now()).date() + timedelta(days=1)
    answer = client.post(
        f"{DESK}/assignments/give",
        data={
            "work": ["anchor:art-3", "anchor:"],
            "to": f"user-{staff.colleague.id}",
            "due_on": due.isoformat(),
            "remark": "请核对口径。",
        },
    )
    assert answer.status_code == 303
    assert holders(canteens) == {"anchor:": "起草乙", "anchor:art-3": "起草乙"}
    day = f"期限 {due.month}月{due.day}日"
    for path in ("/assignments", "", f"?at=art-3&open=o{opinions_of(canteens)[1].id}"):
        page = client.get(DESK + path).text
        assert (page.count(day) >= 2, "起草乙" in page) == (True, True), path
    assert "请核对口径。" in client.get(f"{DESK}?at=art-3").text
    taken = client.post(f"{DESK}/assignments/take-back", data={"work": ["anchor:art-3"], "due_on": "不是日期"})
    assert taken.status_code == 303
    assert holders(canteens) == {"anchor:": "起草乙"}


def test_what_cannot_be_given_is_said_and_what_was_typed_stays(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client = signed_in("drafter")
    to = f"user-{staff.colleague.id}"
    for fields, words in (
        ({"work": "anchor:", "to": "", "remark": "写好的话"}, "请选择承办人或者承办处室"),
        ({"work": "anchor:", "to": "user-999999", "remark": "写好的话"}, "请选择承办人或者承办处室"),
        ({"to": to, "remark": "写好的话"}, "尚未选择要交办的"),
        ({"work": "nonsense", "to": to, "remark": "写好的话"}, "尚未选择要交办的"),
        ({"work": "anchor:art-99", "to": to, "remark": "写好的话"}, "草案里没有这一条"),
        ({"work": "anchor:", "to": to, "due_on": "2020-01-01", "remark": "写好的话"}, "不能早于今天"),
        ({"work": "anchor:", "to": to, "due_on": "明天", "remark": "写好的话"}, "不是日期"),
        ({"work": "anchor:", "to": f"user-{staff.moderator.id}", "remark": "写好的话"}, "不能承办意见"),
    ):
        answer = client.post(f"{DESK}/assignments/give", data=fields)
        assert (answer.status_code, words in answer.text, "写好的话</textarea>" in answer.text) == (400, True, True)
    assert holders(canteens) == {}


def test_from_the_workspace_one_goes_back_to_what_was_open(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, opinion = signed_in("drafter"), opinions_of(canteens)[1]
    page = client.get(f"{DESK}?at=art-3&open=o{opinion.id}").text
    assert '<input type="hidden" name="work" value="anchor:art-3">' in page, "an item goes with its article"
    answer = client.post(
        f"{DESK}/assignments/give?at=art-3&open=o{opinion.id}",
        data={"work": "anchor:art-3", "to": f"division-{staff.other_drafter.division_id}"},
    )
    assert answer.location.endswith(f"adoption?at=art-3&open=o{opinion.id}")
    assert holders(canteens) == {"anchor:art-3": "建管处"}


def test_a_group_is_given_in_the_right_pane(canteens: Consultation, staff: Staff, signed_in: SignIn) -> None:
    for _ in range(2):
        accepted(canteens, ("art-4", "公开选定的方式要写明。"))
    group = groups.create_group(staff.of("drafter"), opinions_of(canteens)[3:], "公开选定", at=AFTER)
    client = signed_in("drafter")
    page = client.get(f"{DESK}?at=art-4&open=g{group.id}").text
    assert f'<input type="hidden" name="work" value="group:{group.id}">' in page
    to = f"user-{staff.colleague.id}"
    client.post(f"{DESK}/assignments/give?at=art-4&open=g{group.id}", data={"work": f"group:{group.id}", "to": to})
    assert holders(canteens) == {f"group:{group.id}": "起草乙"}
    assert "公开选定" in signed_in("colleague").get(f"{DESK}?at=all&show=held").text


def test_the_views_by_holder_list_what_they_say(canteens: Consultation, staff: Staff, signed_in: SignIn) -> None:
    today = local(now()).date()
    drafter = staff.of("drafter")
    assignments.assign(
        drafter, canteens, [Work(anchor="art-3")], staff.colleague, due_on=today + timedelta(days=2), at=now()
    )
    assignments.assign(drafter, canteens, [Work(anchor="")], staff.drafter, due_on=today + timedelta(days=30), at=now())
    service.decide(drafter, opinions_of(canteens)[0], Outcome.ADOPTED, "", at=now())
    client = signed_in("colleague")
    for query, expected in (
        ("at=all&show=held", [SECOND]),
        ("at=all&show=held-all", [FIRST, SECOND]),
        ("at=all&show=due", [SECOND]),
        (f"at=all&holder=user-{staff.drafter.id}", [WHOLE]),
        ("at=all&holder=nobody", []),
    ):
        assert listed(client.get(f"{DESK}?{query}").text) == expected, query
    assert listed(client.get(f"{DESK}?at=all&holder=nobody&show=undecided").text) == []


def test_after_a_decision_the_next_open_one_of_mine_is_opened(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    assignments.assign(
        staff.of("drafter"), canteens, [Work(anchor="art-3"), Work(anchor="")], staff.colleague, at=now()
    )
    first, second, whole = (opinion.id for opinion in opinions_of(canteens))
    client, seen = signed_in("colleague"), []
    key = f"o{second}"
    for _ in range(3):
        page = client.get(f"{DESK}?at=all&show=held&open={key}").text
        following = re.search(r'name="next" value="([^"]*)"', page)
        assert following is not None
        client.post(
            f"{DESK}/opinions/{key[1:]}/decide?at=all&show=held", data={"outcome": "adopted", "next": following[1]}
        )
        seen.append(int(key[1:]))
        key = following[1]
    assert (seen, key) == ([second, whole, first], "")


def test_what_waits_counts_what_is_mine_and_what_is_overdue(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    drafter = staff.of("drafter")
    assignments.assign(drafter, canteens, [Work(anchor="art-3")], staff.other_drafter, due_on=AFTER.date(), at=AFTER)
    assignments.assign(drafter, canteens, [Work(anchor="")], staff.other_drafter, at=AFTER)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", signed_in("other_drafter").get("/desk/").text))
    assert "2 条 本人承办，逾期" in page
    assert "1 条 本人承办，待处理" in page
    assert "意见待处理" not in page, "of another division's consultation only what was given"


def test_who_helps_is_shown_what_was_given_and_decides_on_nothing_else(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client = signed_in("other_drafter")
    assert client.get(DESK).status_code == 404
    assignments.assign(staff.of("drafter"), canteens, [Work(anchor="art-3")], staff.other_drafter, at=AFTER)
    assert listed(client.get(DESK).text) == [FIRST, SECOND]
    whole = opinions_of(canteens)[2].id
    page = client.get(f"{DESK}?at=all&open=o{whole}").text
    assert "未交办给本人或者本处室" in page
    assert 'id="decision"' not in page
    assert "归并相同的意见" not in page
    assert client.post(f"{DESK}/opinions/{whole}/decide", data={"outcome": "adopted"}).status_code == 403
    handed = client.post(f"{DESK}/assignments/give", data={"work": "anchor:art-3", "to": f"user-{staff.drafter.id}"})
    assert handed.status_code == 400
    for path in ("review", "group", "group/1"):
        assert client.post(f"{DESK}/{path}").status_code in (403, 404, 405)
    assert client.get("/desk/consultations/canteens/reporting").status_code in (403, 404)


@pytest.mark.parametrize("role", ["moderator", "publisher", "auditor"])
def test_other_roles_see_the_holders_and_give_nothing(
    canteens: Consultation, staff: Staff, signed_in: SignIn, role: str
) -> None:
    client = signed_in(role)
    page = client.get(f"{DESK}/assignments").text
    assert ("第三条" in page, "交办所选" in page) == (True, False)
    answer = client.post(f"{DESK}/assignments/give", data={"work": "anchor:", "to": f"user-{staff.drafter.id}"})
    assert answer.status_code == 403
