"""One consultation from inside: publishing, periods, returning, extending, withdrawing, giving; and who may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, Stage, State
from consult.drafting.publication import rest_day_note
from consult.store import db
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted, in_review, received, released

ROLES = ["drafter", "moderator", "publisher", "legal", "admin", "auditor"]


def today():
    """Return the local day."""
    return clock.local(clock.now()).date()


def fresh(slug: str) -> Consultation:
    """Return a consultation as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Consultation).filter_by(slug=slug).one()


def act(client: FlaskClient, slug: str, verb: str, **data: str):
    """Send the form of an act."""
    return client.post(f"/desk/consultations/{slug}/{verb}", data=data)


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("make", [drafted, in_review, released])
def test_every_role_reads_every_page_of_it_in_every_state(signed_in: SignIn, staff: Staff, make, name: str) -> None:
    slug = make(staff).slug
    client = signed_in(name)
    for path in ("", "/notice", "/draft", "/draft/1", "/ledger", "/period"):
        answer = client.get(f"/desk/consultations/{slug}{path}")
        assert answer.status_code == 200, path
    assert "社区食堂管理办法" in client.get(f"/desk/consultations/{slug}").text


def test_drafted_sent_returned_sent_again_and_published(signed_in: SignIn, staff: Staff) -> None:
    slug = drafted(staff).slug
    author, publisher = signed_in("drafter"), signed_in("publisher")
    assert act(author, slug, "submit-for-review").status_code == 303
    assert act(publisher, slug, "return", **{"back-reason": "第三条要改。"}).status_code == 303
    page = author.get(f"/desk/consultations/{slug}").text
    assert "已退回，请修改后重新送审：</b>第三条要改。" in page
    assert act(author, slug, "submit-for-review").status_code == 303
    assert act(publisher, slug, "publish", opens=today().isoformat(), days="30").status_code == 303
    consultation = fresh(slug)
    assert consultation.state(clock.now()) is State.OPEN
    assert consultation.reviewer_id == staff.publisher.id
    page = publisher.get(f"/desk/consultations/{slug}").text
    assert consultation.period_words in page
    assert "《民法典》第二百零一条" in page


def test_published_for_a_date_it_is_scheduled_and_not_yet_public(signed_in: SignIn, staff: Staff) -> None:
    slug = in_review(staff).slug
    client = signed_in("publisher")
    opens = today() + timedelta(days=3)
    assert act(client, slug, "publish", opens=opens.isoformat(), days="30").status_code == 303
    assert fresh(slug).state(clock.now()) is State.SCHEDULED
    assert client.get(f"/consultations/{slug}").status_code == 404
    assert "待公布" in client.get(f"/desk/consultations/{slug}").text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"opens": "2020-01-01", "days": "30"}, "已经过去"),
        ({"opens": "下周一", "days": "30"}, "“下周一”不是日期"),
        ({"opens": "2026-02-30", "days": "30"}, "不是日期"),
        ({"opens": "9999-12-31", "days": "30"}, "“9999-12-31”不是日期"),
        ({"opens": "2999-12-31", "days": "30"}, "太远"),
        ({"opens": "", "days": "三十"}, "“三十”不是天数"),
        ({"opens": "", "days": "29"}, "不得缩短"),
        ({"opens": "", "days": "0"}, "不得缩短"),
        ({"opens": "", "days": "4000"}, "1日和3650日之间"),
        ({"opens": "", "days": "30", "reason": "长" * 1001}, "理由最多 1000 字"),
    ],
)
def test_a_publication_that_cannot_be_says_why_beside_what_was_typed(
    signed_in: SignIn, staff: Staff, data: dict[str, str], words: str
) -> None:
    slug = in_review(staff).slug
    answer = act(signed_in("publisher"), slug, "publish", **data)
    assert answer.status_code == 400
    assert "发布未成功" in answer.text
    assert words in answer.text
    for typed in (data["opens"], data["days"]):
        assert f'value="{typed}"' in answer.text
    assert fresh(slug).stage is Stage.IN_REVIEW


def test_shortened_only_where_the_rule_allows_it_and_only_with_a_reason(signed_in: SignIn, staff: Staff) -> None:
    slug = in_review(staff, kind="major-decision").slug
    client = signed_in("publisher")
    refused = act(client, slug, "publish", days="10", reason="  ")
    assert refused.status_code == 400
    assert "请填写缩短期限的理由" in refused.text
    assert '<details class="fold quiet" open>' in refused.text, "the field asked for is in sight"
    assert act(client, slug, "publish", days="10", reason="汛期将至，需要尽快施行。").status_code == 303
    assert fresh(slug).shortened_reason == "汛期将至，需要尽快施行。"
    assert "汛期将至，需要尽快施行。" in client.get(f"/consultations/{slug}").text, "the public reads why"


def test_what_if_counts_before_anything_is_published(signed_in: SignIn, staff: Staff) -> None:
    slug = drafted(staff).slug
    client = signed_in("drafter")
    page = client.get(f"/desk/consultations/{slug}?opens=2026-09-01&days=30").text
    assert "公布日2026年9月1日不计入，自9月2日起算30日" in page
    assert "最后一日 <b>2026年10月8日</b>" in page, "the thirtieth day is a holiday"
    part = client.get(f"/desk/consultations/{slug}/period?opens=2026-04-03&days=45").text
    assert "<html" not in part
    assert "第45日为5月18日" in part
    for bad in ("opens=nonsense&days=30", "opens=2026-09-01&days=zehn", "opens=9999-12-30&days=30", "days=5"):
        answer = client.get(f"/desk/consultations/{slug}/period?{bad}")
        assert answer.status_code == 200
        assert 'class="error"' in answer.text


def test_what_changed_since_the_publisher_looked_is_not_published(signed_in: SignIn, staff: Staff) -> None:
    consultation = in_review(staff)
    slug, seen = consultation.slug, consultation.changed_at.isoformat()
    drafting.return_to_drafter(staff.of("second_publisher"), consultation, "请改", at=clock.now())
    drafting.submit_for_review(staff.of("drafter"), consultation, at=clock.now())
    client = signed_in("publisher")
    answer = act(client, slug, "publish", days="30", seen=seen)
    assert answer.status_code == 400
    assert "请重新核对后发布" in answer.text
    assert act(client, slug, "publish", days="30", seen="yesterday").status_code == 400
    assert act(client, slug, "publish", days="30", seen=fresh(slug).changed_at.isoformat()).status_code == 303


def test_who_wrote_it_sees_no_button_and_is_refused_all_the_same(signed_in: SignIn, staff: Staff) -> None:
    consultation = drafted(staff, by="admin")
    drafting.submit_for_review(staff.of("admin"), consultation, at=clock.now())
    slug, client = consultation.slug, signed_in("admin")
    page = client.get(f"/desk/consultations/{slug}").text
    assert "不得发布" in page
    assert "审核同意并发布" not in page
    answer = act(client, slug, "publish", days="30")
    assert answer.status_code == 400
    assert fresh(slug).stage is Stage.IN_REVIEW


def test_extended_with_a_reason_that_the_public_reads(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    client = signed_in("publisher")
    last = clock.local(fresh(slug).closes_at).date()
    refused = act(client, slug, "extend", **{"extend-last_day": last.isoformat(), "extend-reason": ""})
    assert refused.status_code == 400
    assert "请写明延长的理由" in refused.text
    assert f'value="{last.isoformat()}"' in refused.text
    early = {"extend-last_day": today().isoformat(), "extend-reason": "来件较多，需要更长时间。"}
    refused = act(client, slug, "extend", **early)
    assert "必须晚于现在的截止日" in refused.text
    assert "来件较多，需要更长时间。</textarea>" in refused.text
    assert "请填写新的截止日" in act(client, slug, "extend", **{"extend-reason": "来件较多。"}).text
    while rest_day_note(last):
        last += timedelta(days=1)
    assert act(client, slug, "extend", **(early | {"extend-last_day": last.isoformat()})).status_code == 303
    assert clock.local(fresh(slug).closes_at).date() == last + timedelta(days=1)
    assert "来件较多，需要更长时间。" in client.get(f"/consultations/{slug}").text


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-12-13", "2026年12月13日（星期日，休息日），休息日结束的次日是12月14日（星期一）"),
        ("2027-01-01", "2027年1月1日（星期五，暂按休息日），休息日结束的次日是1月4日（星期一）"),
    ],
)
def test_an_extension_to_a_day_of_rest_is_refused_with_the_next_working_day(
    signed_in: SignIn, staff: Staff, day: str, words: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 9, 2, tzinfo=UTC), tick=False):
        slug, client = released(staff).slug, signed_in("publisher")
        extended = {"extend-last_day": day, "extend-reason": "来件较多，需要更长时间。"}
        refused = act(client, slug, "extend", **extended)
        assert refused.status_code == 400
        assert words in refused.text
        assert f'value="{day}"' in refused.text
        assert act(client, slug, "extend", **(extended | {"extend-last_day": "2027-01-12"})).status_code == 303


def test_a_draft_without_explanation_is_not_released(signed_in: SignIn, staff: Staff) -> None:
    consultation = in_review(staff)
    consultation.explanation_html = "<p> </p>"
    db.session.commit()
    refused = act(signed_in("publisher"), consultation.slug, "publish", days="30")
    assert refused.status_code == 400
    assert "还没有起草说明，不能发布" in refused.text
    assert fresh(consultation.slug).stage is Stage.IN_REVIEW


def test_withdrawn_with_a_reason_and_what_came_in_stays(signed_in: SignIn, staff: Staff) -> None:
    consultation = released(staff)
    received(consultation, 2)
    slug, client = consultation.slug, signed_in("publisher")
    refused = act(client, slug, "withdraw", **{"withdraw-reason": " "})
    assert refused.status_code == 400
    assert "请写明撤回的理由" in refused.text
    assert act(client, slug, "withdraw", **{"withdraw-reason": "上位法已经修改。"}).status_code == 303
    page = client.get(f"/desk/consultations/{slug}").text
    assert "上位法已经修改。" in page
    assert "<b>2</b> 件来件" in page


def test_given_to_a_moderator_elsewhere_and_taken_back(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    author, moderator = signed_in("drafter"), signed_in("other_moderator")
    assert moderator.get(f"/desk/consultations/{slug}").status_code == 404
    wanted = {"give-user": str(staff.other_moderator.id)}
    assert act(author, slug, "give", **wanted).status_code == 303
    assert moderator.get(f"/desk/consultations/{slug}").status_code == 200
    assert "已交办" in act(author, slug, "give", **wanted).text
    assert "不是在用的审核员账号" in act(author, slug, "give", **{"give-user": str(staff.legal.id)}).text
    assert act(author, slug, "give", **{"give-user": "999999"}).status_code == 404
    assert act(author, slug, f"take-back/{staff.other_moderator.id}").status_code == 303
    assert moderator.get(f"/desk/consultations/{slug}").status_code == 404
    assert (
        "没有交给"
        in author.post(f"/desk/consultations/{slug}/take-back/{staff.other_moderator.id}", follow_redirects=True).text
    )


FORBIDDEN = {
    "submit-for-review": ["moderator", "publisher", "legal", "auditor"],
    "return": ["drafter", "moderator", "legal", "auditor"],
    "publish": ["drafter", "moderator", "legal", "auditor"],
    "extend": ["drafter", "moderator", "legal", "auditor"],
    "withdraw": ["drafter", "moderator", "legal", "auditor"],
    "give": ["moderator", "legal", "auditor"],
    "take-back": ["moderator", "legal", "auditor"],
    "notice": ["moderator", "publisher", "legal", "auditor"],
    "new-version": ["moderator", "publisher", "legal", "auditor"],
}
FORMS = {
    "return": {"back-reason": "理由"},
    "publish": {"days": "30"},
    "extend": {"extend-last_day": "2027-06-01", "extend-reason": "理由"},
    "withdraw": {"withdraw-reason": "理由"},
}


@pytest.mark.parametrize(("verb", "name"), [(verb, name) for verb, names in FORBIDDEN.items() for name in names])
def test_who_may_not_do_it_gets_403_in_plain_words_and_nothing_happens(
    signed_in: SignIn, staff: Staff, verb: str, name: str
) -> None:
    makers = {"extend": released, "return": in_review, "publish": in_review}
    consultation = makers.get(verb, drafted)(staff)
    slug, before = consultation.slug, (consultation.stage, consultation.closes_at, consultation.changed_at)
    data = dict(FORMS.get(verb, {}))
    path = verb
    if verb in ("give", "take-back"):
        data["give-user"] = str(staff.other_moderator.id)
        path = f"take-back/{staff.other_moderator.id}" if verb == "take-back" else verb
    answer = act(signed_in(name), slug, path, **data)
    assert answer.status_code == 403
    assert "您的账号不能做这一步，需要：" in answer.text
    again = fresh(slug)
    assert (again.stage, again.closes_at, again.changed_at) == before
    assert again.given_to == frozenset()


@pytest.mark.parametrize("verb", ["submit-for-review", "return", "publish", "extend", "withdraw", "give"])
def test_a_link_or_a_stranger_moves_nothing(app: Flask, signed_in: SignIn, staff: Staff, verb: str) -> None:
    slug = in_review(staff).slug
    assert signed_in("admin").get(f"/desk/consultations/{slug}/{verb}").status_code == 405
    visitor = app.test_client().post(f"/desk/consultations/{slug}/{verb}")
    assert visitor.status_code == 302
    assert "/desk/sign-in" in visitor.location
    assert signed_in("other_drafter").post(f"/desk/consultations/{slug}/{verb}").status_code == 404
    assert fresh(slug).stage is Stage.IN_REVIEW


def test_without_its_token_a_form_does_nothing(
    app: Flask, signed_in: SignIn, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = in_review(staff).slug
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for token in ({}, {"csrf_token": "forged"}):
        answer = act(signed_in("publisher"), slug, "publish", days="30", **token)
        assert answer.status_code == 400
    assert fresh(slug).stage is Stage.IN_REVIEW


def test_an_address_that_leads_nowhere_is_404(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    client = signed_in("admin")
    for path in ("nothing-there", f"{slug}/draft/7", f"{slug}/draft/7/file", f"{slug}/enter/20261124-XXXXXXXX"):
        assert client.get(f"/desk/consultations/{path}").status_code == 404, path
