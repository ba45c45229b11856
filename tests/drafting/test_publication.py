"""Publishing, shortening, extending, withdrawing; the states that follow from the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.clock import midnight
from consult.drafting import service as drafting
from consult.drafting.errors import FieldMissing, PeriodRefused, SamePerson, WrongState
from consult.drafting.models import Consultation, Stage, State
from consult.ledger.queries import entries
from tests.builders import NOON, a_consultation, an_actor, an_open_consultation
from tests.drafting.test_notice import notice_of


def in_review(kind: str = "normative-document", **fields: object) -> Consultation:
    """Return a consultation that waits for a publisher."""
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author, kind=kind, **fields)
    drafting.submit_for_review(author, consultation, at=NOON)
    return consultation


def test_published_now_it_is_open_at_once_until_the_last_moment(app: Flask) -> None:
    consultation = in_review()
    period = drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON)
    # 1 September 2026 isn't counted; the 30th day is 1 October, a holiday that lasts until the 7th.
    assert period.last_day == date(2026, 10, 8)
    assert consultation.closes_at == midnight(date(2026, 10, 9))
    assert consultation.state(NOON) is State.OPEN
    assert consultation.state(consultation.closes_at - timedelta(microseconds=1)) is State.OPEN
    assert consultation.state(consultation.closes_at) is State.CLOSED
    assert "9月2日起算30日" in consultation.period_words
    assert "民法典" in consultation.period_basis


def test_published_for_a_date_it_opens_at_the_beginning_of_that_local_day(app: Flask) -> None:
    consultation = in_review()
    drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON, opens=date(2026, 9, 3))
    opening = datetime(2026, 9, 2, 16, 0, tzinfo=UTC)
    assert consultation.opens_at == opening
    assert consultation.state(opening - timedelta(microseconds=1)) is State.SCHEDULED
    assert not consultation.is_public(opening - timedelta(microseconds=1))
    assert consultation.state(opening) is State.OPEN
    assert consultation.period_words.startswith("公布日2026年9月3日不计入")


@pytest.mark.parametrize("opens", [date(2026, 8, 31), date(2227, 1, 1), date.max])
def test_a_date_that_is_past_or_far_away_is_refused(app: Flask, opens: date) -> None:
    consultation = in_review()
    with pytest.raises(PeriodRefused) as refusal:
        drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON, opens=opens)
    assert refusal.value.field == "opens"
    assert consultation.stage is Stage.IN_REVIEW


def test_a_period_below_the_minimum_is_refused_where_no_rule_allows_it_even_with_a_reason(app: Flask) -> None:
    consultation = in_review("rules-draft")
    with pytest.raises(PeriodRefused, match=r"不得缩短.*《规章制定程序条例》") as refusal:
        drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON, days=29, reason="情况紧急，需要尽快施行。")
    assert refusal.value.field == "days"
    assert consultation.stage is Stage.IN_REVIEW


def test_a_major_decision_may_be_shortened_with_a_reason_that_is_kept(app: Flask) -> None:
    consultation = in_review("major-decision")
    publisher = an_actor(Role.PUBLISHER)
    with pytest.raises(PeriodRefused, match="请填写缩短期限的理由") as refusal:
        drafting.publish(publisher, consultation, at=NOON, days=10)
    assert refusal.value.field == "reason"
    period = drafting.publish(publisher, consultation, at=NOON, days=10, reason="汛期将至，需要尽快施行。")
    assert period.days == 10
    assert consultation.shortened_reason == "汛期将至，需要尽快施行。"


def test_tied_to_enterprises_even_a_major_decision_is_not_shortened(app: Flask) -> None:
    consultation = in_review("major-decision", enterprise_related=True)
    with pytest.raises(PeriodRefused, match="优化营商环境条例"):
        drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON, days=10, reason="汛期将至。")


def test_a_longer_period_needs_no_reason_and_leaves_none(app: Flask) -> None:
    consultation = in_review()
    drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON, days=45, reason="不需要的理由")
    assert consultation.period_days == 45
    assert consultation.shortened_reason == ""


@pytest.mark.parametrize("days", [0, -3, 3651, 10**12])
def test_a_number_of_days_that_makes_no_sense_is_refused(app: Flask, days: int) -> None:
    with pytest.raises(PeriodRefused):
        drafting.publish(an_actor(Role.PUBLISHER), in_review("major-decision"), at=NOON, days=days, reason="理由充分")


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.MODERATOR, Role.LEGAL, Role.AUDITOR])
def test_nobody_but_publishers_and_administrators_publishes(app: Flask, role: Role) -> None:
    with pytest.raises(NotAllowed, match="信息发布员"):
        drafting.publish(an_actor(role, "x"), in_review(), at=NOON)


def test_who_created_it_does_not_publish_it(app: Flask) -> None:
    admin = an_actor(Role.ADMIN)
    consultation = a_consultation(admin)
    drafting.submit_for_review(admin, consultation, at=NOON)
    with pytest.raises(SamePerson):
        drafting.publish(admin, consultation, at=NOON)
    assert consultation.stage is Stage.IN_REVIEW


def test_who_only_edited_it_does_not_publish_it_either(app: Flask) -> None:
    author, admin = an_actor(Role.DRAFTER), an_actor(Role.ADMIN)
    consultation = a_consultation(author)
    drafting.write_notice(admin, consultation, notice_of(consultation, summary="管理员代改"), at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON)
    with pytest.raises(SamePerson):
        drafting.publish(admin, consultation, at=NOON)
    drafting.publish(an_actor(Role.PUBLISHER), consultation, at=NOON)
    assert consultation.state(NOON) is State.OPEN


def test_what_was_changed_after_the_publisher_looked_is_not_published_unseen(app: Flask) -> None:
    publisher, author = an_actor(Role.PUBLISHER), an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    drafting.submit_for_review(author, consultation, at=NOON)
    seen = consultation.changed_at
    drafting.return_to_drafter(an_actor(Role.PUBLISHER, "p2"), consultation, "请改", at=NOON + timedelta(minutes=1))
    drafting.submit_for_review(author, consultation, at=NOON + timedelta(minutes=2))
    with pytest.raises(WrongState, match="重新核对"):
        drafting.publish(publisher, consultation, at=NOON + timedelta(minutes=3), seen=seen)
    drafting.publish(publisher, consultation, at=NOON + timedelta(minutes=3), seen=consultation.changed_at)


def test_only_what_is_in_review_is_published_and_once(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    with pytest.raises(WrongState):
        drafting.publish(publisher, a_consultation(an_actor(Role.DRAFTER, "d2")), at=NOON)
    consultation = in_review()
    drafting.publish(publisher, consultation, at=NOON)
    with pytest.raises(WrongState):
        drafting.publish(publisher, consultation, at=NOON)


def opened() -> Consultation:
    """Return an open consultation; its last day is 8 October 2026."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def test_an_extension_moves_the_end_and_keeps_what_was_before(app: Flask) -> None:
    consultation = opened()
    before = consultation.closes_at
    extension = drafting.extend_period(
        SYSTEM, consultation, last_day=date(2026, 10, 20), reason="来件较多。", at=NOON + timedelta(days=3)
    )
    assert (extension.closes_before, extension.closes_after) == (before, midnight(date(2026, 10, 21)))
    assert consultation.closes_at == midnight(date(2026, 10, 21))
    assert consultation.period_words.endswith("后经延长，最后一日为2026年10月20日，当日24时截止。")
    assert consultation.extensions == [extension]


@pytest.mark.parametrize("last_day", [date(2026, 10, 8), date(2026, 9, 20), date(2227, 1, 1), date.max])
def test_an_extension_must_be_longer_and_end_some_day(app: Flask, last_day: date) -> None:
    consultation = opened()
    with pytest.raises(PeriodRefused) as refusal:
        drafting.extend_period(SYSTEM, consultation, last_day=last_day, reason="来件较多。", at=NOON)
    assert refusal.value.field == "last_day"


def test_an_extension_has_a_reason(app: Flask) -> None:
    with pytest.raises(FieldMissing, match="延长的理由"):
        drafting.extend_period(SYSTEM, opened(), last_day=date(2026, 10, 20), reason=" ", at=NOON)


def test_what_has_ended_is_not_extended(app: Flask) -> None:
    consultation = opened()
    assert consultation.closes_at is not None
    with pytest.raises(WrongState, match="已经截止"):
        drafting.extend_period(
            SYSTEM, consultation, last_day=date(2026, 11, 20), reason="来件较多。", at=consultation.closes_at
        )


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.MODERATOR, Role.LEGAL, Role.AUDITOR])
def test_nobody_but_publishers_and_administrators_extends_or_withdraws(app: Flask, role: Role) -> None:
    consultation = opened()
    other = an_actor(role, "x")
    with pytest.raises(NotAllowed):
        drafting.extend_period(other, consultation, last_day=date(2026, 10, 20), reason="来件较多。", at=NOON)
    with pytest.raises(NotAllowed):
        drafting.withdraw(other, consultation, "理由", at=NOON)


def test_a_withdrawal_has_a_reason_that_the_public_sees(app: Flask) -> None:
    consultation = opened()
    publisher = an_actor(Role.PUBLISHER, "p2")
    with pytest.raises(FieldMissing):
        drafting.withdraw(publisher, consultation, "", at=NOON)
    drafting.withdraw(publisher, consultation, "上位法已经修改。", at=NOON)
    assert consultation.state(NOON) is State.WITHDRAWN
    assert consultation.withdrawn_reason == "上位法已经修改。"
    assert consultation.is_public(NOON), "what people saw stays to be seen"
    with pytest.raises(WrongState):
        drafting.withdraw(publisher, consultation, "再撤一次。", at=NOON)


def test_what_was_withdrawn_before_it_opened_never_becomes_public(app: Flask) -> None:
    consultation = in_review()
    publisher = an_actor(Role.PUBLISHER)
    drafting.publish(publisher, consultation, at=NOON, opens=date(2026, 9, 10))
    drafting.withdraw(publisher, consultation, "还要再研究。", at=NOON)
    assert not consultation.is_public(NOON + timedelta(days=400))


def test_every_act_is_in_the_ledger_with_who_did_it(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    consultation = a_consultation(author)
    drafting.write_notice(author, consultation, notice_of(consultation), at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON)
    drafting.return_to_drafter(publisher, consultation, "请改", at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON)
    drafting.publish(publisher, consultation, at=NOON)
    drafting.extend_period(publisher, consultation, last_day=date(2026, 10, 20), reason="来件较多。", at=NOON)
    drafting.withdraw(publisher, consultation, "上位法已经修改。", at=NOON)
    acts = entries()[::-1]
    assert [(entry.act.removeprefix("consultation."), entry.actor_name) for entry in acts] == [
        ("create", author.name),
        ("edit", author.name),
        ("submit_for_review", author.name),
        ("return", publisher.name),
        ("submit_for_review", author.name),
        ("publish", publisher.name),
        ("extend", publisher.name),
        ("withdraw", publisher.name),
    ]
    assert {entry.consultation_id for entry in acts} == {consultation.id}
