"""Answers of one consultee: what counts, what corrects or adds to what, who confirms, what screening does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import queries as adoption
from consult.consultees import confirmation, hearings, invitations, register, responses, status
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.models import ConsulteeKind, GatheringKind, Invitation, Response, Size
from consult.consultees.response_kinds import ResponseStanding, Way
from consult.consultees.status import Standing, heard, standing
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel, SubmissionState
from consult.law.sufficiency import ConsulteeCounts
from consult.moderation import service as moderation
from consult.store import counters, db
from tests.builders import NOON
from tests.consultees.answering import WAYS, an_invited, answer, arrive, scan
from tests.world import actor

LATER = NOON + timedelta(days=2)
OPINION, NO_OPINION, NOT_AN_ANSWER = (
    ResponseStanding.OPINION,
    ResponseStanding.NO_OPINION,
    ResponseStanding.NOT_AN_ANSWER,
)
OFF_TOPIC = "advertising"
ONE = ConsulteeCounts(enterprises=1)
NOBODY = ConsulteeCounts()
MIXED = ("portal", "mail", "paper", "telephone", "portal")


@pytest.fixture
def invitation(drafter: Actor, consultation: Consultation) -> Invitation:
    return an_invited(drafter, consultation)


def stands(invitation: Invitation) -> Standing:
    return standing(invitation, LATER)


# ------------------------------------------------------------------ chains


@pytest.mark.parametrize("ways", [*[(way,) * 5 for way in WAYS], MIXED], ids=[*WAYS, "mixed"])
def test_five_answers_that_each_correct_the_one_before_leave_the_last(
    invitation: Invitation, ways: tuple[str, ...]
) -> None:
    earlier: Response | None = None
    for n, way in enumerate(ways):
        at = LATER + timedelta(hours=n)
        earlier = answer(invitation, way, f"改为{n + 1}次。", at=at, **({"replaces": earlier} if earlier else {}))
    db.session.expire(invitation, ["responses"])
    *replaced, last = invitation.responses
    assert [response.standing for response in replaced] == [ResponseStanding.REPLACED] * 4
    assert {response.submission.duplicate_of_id for response in replaced} == {last.submission_id}
    assert (last.standing, last.submission.state) == (OPINION, SubmissionState.RECEIVED)
    assert heard(invitation.consultation) == ONE


@pytest.mark.parametrize("ways", [*[(way,) * 5 for way in WAYS], MIXED], ids=[*WAYS, "mixed"])
def test_five_answers_that_add_to_one_another_all_count_and_all_are_decided(
    invitation: Invitation, ways: tuple[str, ...]
) -> None:
    earlier: Response | None = None
    for n, way in enumerate(ways):
        at = LATER + timedelta(hours=n)
        earlier = answer(invitation, way, f"再提一点：{n + 1}。", at=at, **({"adds_to": earlier} if earlier else {}))
    db.session.expire(invitation, ["responses"])
    for response in invitation.responses:
        moderation.accept(SYSTEM, response.submission, at=LATER + timedelta(days=1))
    assert {response.standing for response in invitation.responses} == {OPINION}
    assert adoption.progress(invitation.consultation_id).total == 5
    assert heard(invitation.consultation) == ONE


def test_a_correction_of_what_was_accepted_and_masked_replaces_it(invitation: Invitation) -> None:
    first = answer(invitation, "portal", "改为每月公示，电话 13800000000。", at=LATER)
    moderation.accept(SYSTEM, first.submission, at=LATER)
    moderation.mask(SYSTEM, first.submission, {first.submission.parts[0].id: "改为每月公示。"}, at=LATER)
    answer(invitation, "portal", "改为每周公示。", at=LATER, replaces=first)
    assert first.submission.state is SubmissionState.DUPLICATE


def test_the_same_sending_twice_is_one_answer_and_asks_for_nothing(invitation: Invitation) -> None:
    by = invitations.as_consultee(invitation.consultee)
    for _ in range(2):
        responses.respond(by, invitation, no_opinion=True, by="甲", at=LATER, idempotency_key="k")
    assert len(invitation.responses) == 1


def test_only_an_answer_that_counts_can_be_corrected(drafter: Actor, invitation: Invitation) -> None:
    other = answer(an_invited(drafter, invitation.consultation, "乙餐饮有限公司"), "portal", "意见", at=LATER)
    with pytest.raises(InvitationRefused, match="不是本单位现行有效的答复"):
        arrive(invitation, "portal", "改", at=LATER, replaces=other)
    first = answer(invitation, "portal", "意见", at=LATER)
    with pytest.raises(InvitationRefused, match="只能选择一项"):
        arrive(invitation, "portal", "改", at=LATER, replaces=first, adds_to=first)


# ------------------------------------------------------------------ confirming


@pytest.mark.parametrize("way", ["mail", "paper", "telephone"])
def test_what_came_by_mail_or_was_typed_in_counts_once_it_is_confirmed(invitation: Invitation, way: str) -> None:
    response = arrive(invitation, way, "改为每月公示。", at=LATER)
    assert (response.standing, stands(invitation)) == (ResponseStanding.PROPOSED, Standing.SENT)
    assert heard(invitation.consultation) == NOBODY
    moderator = actor(Role.MODERATOR)
    confirmation.confirm(moderator, response, OPINION, at=LATER)
    assert (response.confirmed_by_id, response.confirmed_at) == (moderator.id, LATER)
    assert (stands(invitation), heard(invitation.consultation)) == (Standing.HEARD, ONE)


def test_a_second_message_replaces_nothing_until_somebody_says_what_it_is(invitation: Invitation) -> None:
    first = answer(invitation, "mail", "改为每月公示。", at=LATER)
    second = arrive(invitation, "mail", "改为每周公示。", at=LATER)
    moderator = actor(Role.MODERATOR)
    with pytest.raises(InvitationRefused, match="请选择这一件是更正"):
        confirmation.confirm(moderator, second, OPINION, at=LATER)
    assert (first.standing, second.standing) == (OPINION, ResponseStanding.PROPOSED)
    confirmation.confirm(moderator, second, OPINION, replaces=first, at=LATER)
    assert (first.standing, second.standing) == (ResponseStanding.REPLACED, OPINION)


def test_who_confirmed_a_correction_wrongly_takes_it_back_and_the_first_answer_counts_again(
    invitation: Invitation,
) -> None:
    first = answer(invitation, "portal", "改为每月公示。", at=LATER)
    thanks = answer(invitation, "mail", "收到，谢谢。", at=LATER, replaces=first)
    confirmation.confirm(actor(Role.MODERATOR), thanks, NOT_AN_ANSWER, at=LATER)
    assert (first.standing, thanks.standing, thanks.replaces_id) == (OPINION, NOT_AN_ANSWER, None)
    assert first.submission.state is SubmissionState.RECEIVED
    assert heard(invitation.consultation) == ONE


def test_a_letter_with_its_scan_is_confirmed_by_who_entered_it(drafter: Actor, invitation: Invitation) -> None:
    responses.enter(drafter, invitation, parts=[ArrivalPart("见复函。")], attachments=[scan()], at=LATER)
    (response,) = invitation.responses
    confirmation.confirm(drafter, response, OPINION, at=LATER)
    assert (response.way, heard(invitation.consultation)) == (Way.PAPER, ONE)


@pytest.mark.parametrize(
    "caller",
    [
        None,
        responses.Caller("", "0591-87654321", LATER),
        responses.Caller("钱二", "12", LATER),
        responses.Caller("钱二", "0591-87654321", LATER + timedelta(hours=1)),
    ],
)
def test_without_a_scan_the_caller_is_named(
    drafter: Actor, invitation: Invitation, caller: responses.Caller | None
) -> None:
    with pytest.raises(InvitationRefused, match=r"没有扫描件的|还没有到"):
        responses.enter(drafter, invitation, channel=Channel.PHONE, no_opinion=True, caller=caller, at=LATER)


def test_without_a_scan_another_person_confirms(drafter: Actor, invitation: Invitation) -> None:
    caller = responses.Caller("钱二", "0591-87654321", LATER)
    responses.enter(drafter, invitation, channel=Channel.PHONE, no_opinion=True, caller=caller, at=LATER)
    (response,) = invitation.responses
    with pytest.raises(InvitationRefused, match="登记人以外的另一人"):
        confirmation.confirm(drafter, response, NO_OPINION, at=LATER)
    confirmation.confirm(actor(Role.DRAFTER), response, NO_OPINION, at=LATER)
    assert stands(invitation) is Standing.NO_OPINION


def test_who_may_neither_enter_nor_screen_confirms_nothing(invitation: Invitation) -> None:
    response = arrive(invitation, "mail", "改为每月公示。", at=LATER)
    for role, division in ((Role.LEGAL, "社区服务处"), (Role.AUDITOR, "社区服务处"), (Role.DRAFTER, "别的处")):
        with pytest.raises(NotAllowed):
            confirmation.confirm(actor(role, division), response, OPINION, at=LATER)
    with pytest.raises(InvitationRefused, match="以提交为准"):
        confirmation.confirm(
            actor(Role.MODERATOR), answer(invitation, "portal", "意见", at=LATER), NOT_AN_ANSWER, at=LATER
        )


def test_a_mail_confirmed_as_no_opinion_or_no_answer_leaves_nothing_to_decide(invitation: Invitation) -> None:
    for kind in (NO_OPINION, NOT_AN_ANSWER):
        response = arrive(invitation, "mail", "我公司无意见。", at=LATER)
        moderation.accept(SYSTEM, response.submission, at=LATER)
        assert adoption.progress(invitation.consultation_id).total == 1
        confirmation.confirm(actor(Role.MODERATOR), response, kind, at=LATER)
        assert adoption.progress(invitation.consultation_id).total == 0


# ------------------------------------------------------------------ heard follows the submission


def test_an_answer_that_is_rejected_hears_nobody_until_that_is_undone(invitation: Invitation) -> None:
    response = answer(invitation, "portal", "骂人的话。", at=LATER)
    moderation.reject(SYSTEM, response.submission, reason_id=OFF_TOPIC, reason="与草案无关", at=LATER)
    assert (stands(invitation), heard(invitation.consultation)) == (Standing.SENT, NOBODY)
    moderation.undo(SYSTEM, response.submission, at=LATER)
    assert (stands(invitation), heard(invitation.consultation)) == (Standing.HEARD, ONE)


def test_an_answer_that_repeats_one_of_the_same_sender_is_heard_while_that_one_is(invitation: Invitation) -> None:
    first = answer(invitation, "mail", "改为每月公示。", at=LATER)
    again = answer(invitation, "mail", "改为每月公示。", at=LATER, adds_to=first)
    moderation.mark_duplicate(SYSTEM, again.submission, first.submission, at=LATER)
    assert heard(invitation.consultation) == ONE
    moderation.reject(SYSTEM, first.submission, reason_id=OFF_TOPIC, reason="与草案无关", at=LATER)
    assert heard(invitation.consultation) == NOBODY


def test_words_at_a_meeting_that_are_rejected_hear_nobody(drafter: Actor, invitation: Invitation) -> None:
    consultation = invitation.consultation
    meeting = hearings.arrange(
        drafter,
        consultation,
        kind=GatheringKind.SYMPOSIUM,
        title="座谈会",
        place="一楼",
        held_at=LATER,
        invited=[invitation.consultee],
        others=[],
        at=NOON,
    )
    receipt = hearings.record_statement(
        drafter, consultation, meeting.attendances[0], [ArrivalPart("改为每月公示。")], at=LATER
    )
    came = {meeting.attendances[0].id}
    hearings.keep_minutes(drafter, consultation, meeting, came=came, minutes=scan(), at=LATER)
    assert heard(consultation) == ONE
    moderation.reject(SYSTEM, receipt.submission, reason_id=OFF_TOPIC, reason="与草案无关", at=LATER)
    assert heard(consultation) == NOBODY


def test_who_has_an_answer_that_waits_is_not_taken_off_the_list(drafter: Actor, invitation: Invitation) -> None:
    arrive(invitation, "mail", "改为每月公示。", at=LATER)
    with pytest.raises(ConsulteeRefused, match="待确认"):
        hearing.remove(drafter, invitation.consultation, invitation.consultee, "换一家", at=LATER)


# ------------------------------------------------------------------ as on the day of the hearing


def registered(invitation: Invitation, **changes: object) -> register.Entry:
    return replace(register.entry_of(invitation.consultee), **changes)  # type: ignore[arg-type]


def test_a_change_of_the_register_after_the_hearing_does_not_count(drafter: Actor, consultation: Consultation) -> None:
    invitation = an_invited(drafter, consultation, size=Size.LARGE)
    answer(invitation, "portal", "意见", at=LATER)
    register.change(drafter, invitation.consultee, registered(invitation, size=Size.MICRO), at=LATER)
    assert heard(consultation) == ConsulteeCounts(enterprises=1)
    assert counters.counts(consultation.id, status.FACET) == status.recount(consultation)


def test_a_correction_of_the_register_counts(drafter: Actor, consultation: Consultation) -> None:
    invitation = an_invited(drafter, consultation, size=Size.LARGE)
    answer(invitation, "portal", "意见", at=LATER)
    entry = registered(invitation, size=Size.MICRO)
    with pytest.raises(ConsulteeRefused, match="理由"):
        register.change(drafter, invitation.consultee, entry, at=LATER, correction=True)
    register.change(drafter, invitation.consultee, entry, at=LATER, correction=True, reason="登记时看错营业收入")
    assert heard(consultation) == ConsulteeCounts(enterprises=1, small_micro=1, medium_and_smaller=1)


def test_an_association_that_is_registered_as_an_enterprise_now_was_wrong_on_the_day(
    drafter: Actor, consultation: Consultation
) -> None:
    invitation = an_invited(drafter, consultation)
    register.change(drafter, invitation.consultee, registered(invitation, kind=ConsulteeKind.ASSOCIATION), at=NOON)
    answer(invitation, "portal", "意见", at=LATER)
    assert heard(consultation) == ConsulteeCounts(associations=1)
    register.change(drafter, invitation.consultee, registered(invitation, kind=ConsulteeKind.ENTERPRISE), at=LATER)
    assert heard(consultation) == ONE
    assert invitation.responses[0].heard_as["kind"] == "association"  # type: ignore[index]


def test_two_entries_of_different_kinds_are_not_merged(drafter: Actor, consultation: Consultation) -> None:
    association = register.add(drafter, register.Entry("餐饮协会", ConsulteeKind.ASSOCIATION), at=NOON)
    enterprise = register.add(drafter, register.Entry("餐饮公司", ConsulteeKind.ENTERPRISE), at=NOON)
    with pytest.raises(ConsulteeRefused, match="类型不同"):
        register.merge(drafter, enterprise, association, at=LATER)
