"""Hearing enterprises and associations: register, list, invitation, response; silence is never heard."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.adoption import queries as adoption_queries
from consult.consultees import doubles, invitations, register, responses, selection
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused, EntryRefused, InvitationRefused
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Method, Size
from consult.consultees.status import Standing, heard, standing
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import SubmissionState
from consult.law.sufficiency import ConsulteeCounts
from consult.moderation import service as moderation
from tests.builders import NOON, an_actor

LATER = NOON + timedelta(days=2)


def an_enterprise(actor: Actor, name: str = "甲餐饮有限公司", **fields: object) -> Consultee:
    entry = register.Entry(name, ConsulteeKind.ENTERPRISE, **fields)  # type: ignore[arg-type]
    return register.add(actor, entry, at=NOON)


def an_invitation(actor: Actor, consultation: Consultation, consultee: Consultee) -> Invitation:
    hearing.add(actor, consultation, [(consultee, "本市最大的社区食堂运营单位")], at=LATER)
    made = hearing.invite(actor, consultation, consultee, method=Method.LETTER, at=LATER)
    invitations.mark_sent(actor, made, at=LATER)
    return made


@pytest.mark.parametrize("code", ["91350100M000100Y4", "91350100M000100Y44", "91350100m000100y4Z"])
def test_a_wrong_credit_code_is_refused_with_what_to_check(drafter: Actor, code: str) -> None:
    with pytest.raises(ConsulteeRefused, match="校验位"):
        an_enterprise(drafter, credit_code=code)


def test_a_right_credit_code_is_kept_and_taken_once(drafter: Actor) -> None:
    assert an_enterprise(drafter, credit_code="91350100m000100y43").credit_code == "91350100M000100Y43"
    with pytest.raises(ConsulteeRefused, match="已经登记"):
        an_enterprise(drafter, "乙餐饮有限公司", credit_code="91350100M000100Y43")


def test_near_equal_names_are_offered_for_merging(drafter: Actor) -> None:
    kept = an_enterprise(drafter, "和顺餐饮管理有限公司")
    double = an_enterprise(drafter, "和顺餐饮管理有限责任公司", email="A@example.com")
    an_enterprise(drafter, "山海建材有限公司")
    assert [(pair.first, pair.second) for pair in doubles.of(kept)] == [(kept, double)]
    register.merge(drafter, kept, double, at=LATER)
    assert double.merged_into_id == kept.id
    assert doubles.of(kept) == []


def test_the_list_says_what_it_lacks_and_the_proposal_says_why(drafter: Actor, consultation: Consultation) -> None:
    assert len(selection.missing(consultation)) == 3
    register.add(drafter, register.Entry("餐饮行业协会", ConsulteeKind.ASSOCIATION, sector="H"), at=NOON)
    for n in range(6):
        an_enterprise(drafter, f"餐饮企业{n}", sector="H", size=Size.MICRO if n % 2 else Size.LARGE, region="南城区")
    an_enterprise(drafter, "钢铁厂", sector="C", size=Size.LARGE)
    proposals = selection.propose(consultation, selection.Wanted(sectors=("H",), region="南城"))
    assert all(proposal.why for proposal in proposals)
    assert "钢铁厂" not in [proposal.consultee.name for proposal in proposals]
    hearing.add(drafter, consultation, [(p.consultee, p.why) for p in proposals], at=LATER)
    assert selection.missing(consultation) == ()
    assert selection.propose(consultation, selection.Wanted(sectors=("H",), region="南城")) == []


def test_silence_and_refusal_are_not_heard_but_no_opinion_is(drafter: Actor, consultation: Consultation) -> None:
    silent, declined, content = (an_invitation(drafter, consultation, an_enterprise(drafter, n)) for n in "甲乙丙")
    invitations.decline(invitations.as_consultee(declined.consultee), declined, "不便参加", at=LATER)
    consultee = invitations.as_consultee(content.consultee)
    receipt = responses.respond(consultee, content, no_opinion=True, by="经办人", at=LATER)
    late = silent.answer_by
    assert standing(silent, late) is Standing.SILENT
    assert standing(declined, late) is Standing.DECLINED
    assert standing(content, late) is Standing.NO_OPINION
    assert heard(consultation) == ConsulteeCounts(enterprises=1)
    moderation.accept(an_actor(Role.MODERATOR), receipt.submission, at=LATER)
    assert adoption_queries.progress(consultation.id).total == 0


def test_a_corrected_response_counts_once_and_the_first_stays(drafter: Actor, consultation: Consultation) -> None:
    invitation = an_invitation(drafter, consultation, an_enterprise(drafter))
    consultee = invitations.as_consultee(invitation.consultee)
    first = responses.respond(consultee, invitation, parts=[ArrivalPart("改为每月公示。", "art-3")], by="甲", at=LATER)
    moderation.accept(an_actor(Role.MODERATOR), first.submission, at=LATER)
    with pytest.raises(InvitationRefused, match="请选择这一份是“更正”"):
        responses.respond(consultee, invitation, parts=[ArrivalPart("改为每周公示。", "art-3")], by="乙", at=LATER)
    parts = [ArrivalPart("改为每周公示。", "art-3")]
    (earlier,) = invitation.responses
    second = responses.respond(consultee, invitation, parts=parts, by="乙", at=LATER, replaces=earlier)
    assert [response.version for response in invitation.responses] == [1, 2]
    assert first.submission.state is SubmissionState.DUPLICATE
    assert first.submission.duplicate_of_id == second.submission.id
    assert first.submission.parts[0].content == "改为每月公示。"
    assert adoption_queries.progress(consultation.id).total == 0


def test_a_link_opens_only_its_own_invitation_and_only_while_it_lives(
    drafter: Actor, consultation: Consultation
) -> None:
    invitation = an_invitation(drafter, consultation, an_enterprise(drafter, "甲"))
    other = an_invitation(drafter, consultation, an_enterprise(drafter, "乙"))
    token = invitations.token_of(invitation)
    assert invitations.open_link(token, at=LATER) is invitation
    with pytest.raises(InvitationRefused, match="只能答复发给本单位"):
        responses.respond(invitations.as_consultee(invitation.consultee), other, no_opinion=True, by="甲", at=LATER)
    messages = set()
    hearing.revoke(drafter, invitation, "发错了", at=LATER)
    for attempt, at in (
        ("x" * 27, LATER),
        (token, LATER),
        (invitations.token_of(other), other.token_expires_at),
    ):
        with pytest.raises(EntryRefused) as refused:
            invitations.open_link(attempt, at=at)
        messages.add(refused.value.message)
    assert len(messages) == 1
    with pytest.raises(InvitationRefused, match="撤回或者过期"):
        responses.respond(
            invitations.as_consultee(invitation.consultee), invitation, no_opinion=True, by="甲", at=LATER
        )


def test_a_deadline_on_a_holiday_is_refused_with_the_day(drafter: Actor, consultation: Consultation) -> None:
    consultee = an_enterprise(drafter)
    hearing.add(drafter, consultation, [(consultee, "")], at=LATER)
    with pytest.raises(InvitationRefused, match="2026-10-01 是休息日"):
        hearing.invite(drafter, consultation, consultee, method=Method.HAND, last_day=date(2026, 10, 1), at=LATER)


def test_a_consultee_off_the_list_or_without_an_address_is_not_invited(
    drafter: Actor, consultation: Consultation
) -> None:
    consultee = an_enterprise(drafter)
    with pytest.raises(InvitationRefused, match="不在征求意见对象名单上"):
        hearing.invite(drafter, consultation, consultee, method=Method.LETTER, at=LATER)
    hearing.add(drafter, consultation, [(consultee, "")], at=LATER)
    with pytest.raises(InvitationRefused, match="没有电子邮箱"):
        hearing.invite(drafter, consultation, consultee, method=Method.MAIL, at=LATER)
