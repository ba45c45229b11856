"""A meeting counts when it was held with the papers that the law demands, and falls with any one of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import blobs
from consult.clock import local
from consult.consultees import hearing_papers, hearing_verification, hearings
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_models import HearingPaper, HearingPaperRole
from consult.consultees.models import Attendance, Consultee, Gathering, GatheringKind, Interest
from consult.consultees.status import heard
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import NOON
from tests.consultees.meetings import ADDRESS, a_file, arranged, hold, publish_before
from tests.consultees.test_hearing import an_enterprise

HELD = NOON + timedelta(days=10)
AFTER = HELD + timedelta(days=1)
KINDS = list(GatheringKind)


@pytest.fixture
def firm(drafter: Actor, consultation: Consultation) -> Consultee:
    consultee = an_enterprise(drafter)
    hearing.add(drafter, consultation, [(consultee, "本市最大")], at=NOON)
    return consultee


@pytest.fixture
def meeting(drafter: Actor, consultation: Consultation, firm: Consultee) -> Callable[[GatheringKind], Gathering]:
    def held(kind: GatheringKind) -> Gathering:
        made = arranged(drafter, consultation, kind, held_at=HELD, at=NOON, invited=[firm])
        if kind is GatheringKind.HEARING:
            publish_before(drafter, consultation, made, at=NOON + timedelta(days=1))
        hold(drafter, consultation, made)
        return made

    return held


Meeting = Callable[[GatheringKind], Gathering]


@pytest.mark.parametrize("kind", KINDS)
def test_a_meeting_with_all_that_it_needs_counts_and_who_spoke_is_heard(
    meeting: Meeting, kind: GatheringKind, consultation: Consultation
) -> None:
    made = meeting(kind)
    assert hearings.why_not_held(made, AFTER) == ""
    assert heard(consultation).enterprises == 1
    assert list(hearing_verification.faults()) == []


def test_a_meeting_to_come_does_not_count(drafter: Actor, consultation: Consultation) -> None:
    made = arranged(drafter, consultation, GatheringKind.SYMPOSIUM, held_at=HELD, at=NOON)
    assert hearings.why_not_held(made, NOON) == "会议尚未召开"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_has_spoken_before_it_was_held(drafter: Actor, consultation: Consultation, kind: GatheringKind) -> None:
    made = arranged(drafter, consultation, kind, held_at=HELD, at=NOON)
    for act in (
        lambda: hearings.record_statement(drafter, consultation, made.attendances[0], [ArrivalPart("赞成。")], at=NOON),
        lambda: hearings.no_opinion(drafter, consultation, made.attendances[0], at=NOON),
        lambda: hearings.keep_minutes(drafter, consultation, made, came=set(), minutes=a_file(), at=NOON),
    ):
        with pytest.raises(ConsulteeRefused, match="还没有召开"):
            act()
    assert db.session.scalars(select(Submission)).all() == []


def test_a_meeting_falls_with_its_minutes(meeting: Meeting) -> None:
    made = meeting(GatheringKind.SYMPOSIUM)
    blobs().path(made.minutes_digest).unlink()
    assert hearings.why_not_held(made, AFTER) == "会议笔录“笔录.txt”的文件已不存在"


def test_a_meeting_falls_when_all_that_was_said_is_rejected(
    meeting: Meeting, consultation: Consultation, drafter: Actor
) -> None:
    made = meeting(GatheringKind.SYMPOSIUM)
    for submission in db.session.scalars(select(Submission)).all():
        moderation.reject(
            SYSTEM, submission, reason_id=moderation.rejection_reasons()[0].id, reason="与草案无关", at=AFTER
        )
    db.session.expire_all()
    assert hearings.why_not_held(made, AFTER) == "没有登记到会人员的发言"


@pytest.mark.parametrize("role", [*hearing_papers.PUBLISHED, HearingPaperRole.SIGNED_RECORD])
def test_a_public_hearing_without_one_of_its_papers_does_not_count(
    meeting: Meeting, role: HearingPaperRole, consultation: Consultation, drafter: Actor
) -> None:
    made = meeting(GatheringKind.HEARING)
    db.session.execute(delete(HearingPaper).where(HearingPaper.role == role))
    db.session.commit()
    assert hearings.why_not_held(made, AFTER) != ""
    assert [(fault.where, fault.what.value) for fault in hearing_verification.faults()] == [("gathering", "changed")]


@pytest.mark.parametrize("role", hearing_papers.PUBLISHED)
def test_what_was_published_on_the_day_of_the_hearing_came_too_late(
    meeting: Meeting, role: HearingPaperRole, consultation: Consultation, drafter: Actor
) -> None:
    made = meeting(GatheringKind.HEARING)
    day = local(HELD).date()
    hearings.keep_paper(drafter, consultation, made, role, address=ADDRESS, published_on=day, at=AFTER)
    assert "没有在召开以前公布" in hearings.why_not_held(made, AFTER)
    assert heard(consultation).enterprises == 0


def test_a_rule_of_selection_is_not_needed_where_everybody_who_applied_took_part(
    meeting: Meeting, consultation: Consultation, drafter: Actor
) -> None:
    made, role = meeting(GatheringKind.HEARING), HearingPaperRole.SELECTION_RULE
    with pytest.raises(ConsulteeRefused, match="原因"):
        hearings.keep_paper(drafter, consultation, made, role, unnecessary="无", at=AFTER)
    hearings.keep_paper(drafter, consultation, made, role, unnecessary="报名的人全部参加", at=AFTER)
    assert hearings.why_not_held(made, AFTER) == ""
    with pytest.raises(ConsulteeRefused, match="必须公布"):
        hearings.keep_paper(
            drafter, consultation, made, HearingPaperRole.NOTICE, unnecessary="报名的人全部参加", at=AFTER
        )


def test_a_publication_needs_its_day_and_where_it_can_be_read(consultation: Consultation, drafter: Actor) -> None:
    made, role = arranged(drafter, consultation, held_at=HELD, at=NOON), HearingPaperRole.NOTICE
    today = local(NOON).date()
    for day, address, words in (
        (None, ADDRESS, "日期"),
        (today + timedelta(days=1), ADDRESS, "还没有到"),
        (today, "", "网址"),
        (today, "javascript:alert(1)", "网址"),
    ):
        with pytest.raises(ConsulteeRefused, match=words):
            hearings.keep_paper(drafter, consultation, made, role, address=address, published_on=day, at=NOON)
    with pytest.raises(ConsulteeRefused, match="请选择"):
        hearings.keep_paper(drafter, consultation, made, HearingPaperRole.SIGNED_RECORD, at=AFTER)


@pytest.mark.parametrize("interest", [None, Interest.DIRECT])
def test_an_expert_with_a_direct_interest_or_never_asked_spoils_the_argument(
    meeting: Meeting, interest: Interest | None, consultation: Consultation, drafter: Actor
) -> None:
    made = meeting(GatheringKind.EXPERT_ARGUMENT)
    if interest is None:
        db.session.execute(update(Attendance).values(interest=None))
        db.session.commit()
    else:
        hearings.ask_interest(drafter, consultation, made.attendances[0], interest, "任该公司董事", at=AFTER)
    db.session.expire_all()
    assert "利害关系" in hearings.why_not_held(made, AFTER)


def test_an_interest_is_put_in_words(meeting: Meeting, consultation: Consultation, drafter: Actor) -> None:
    made = meeting(GatheringKind.EXPERT_ARGUMENT)
    with pytest.raises(ConsulteeRefused, match="什么利害关系"):
        hearings.ask_interest(drafter, consultation, made.attendances[0], Interest.INDIRECT, " ", at=AFTER)
    hearings.ask_interest(drafter, consultation, made.attendances[0], Interest.INDIRECT, "曾受委托研究", at=AFTER)
    assert hearings.why_not_held(made, AFTER) == ""


def test_who_came_and_has_no_opinion_is_heard_with_nothing_to_decide(
    consultation: Consultation, drafter: Actor, firm: Consultee
) -> None:
    made = arranged(drafter, consultation, GatheringKind.SYMPOSIUM, held_at=HELD, at=NOON, invited=[firm], others=[])
    hearings.no_opinion(drafter, consultation, made.attendances[0], at=AFTER)
    assert heard(consultation).enterprises == 0
    came = {made.attendances[0].id}
    hearings.keep_minutes(drafter, consultation, made, came=came, minutes=a_file(), at=AFTER)
    assert heard(consultation).enterprises == 1
    submission = db.session.scalars(select(Submission)).one()
    moderation.accept(SYSTEM, submission, at=AFTER)
    assert hearings.why_not_held(made, AFTER) == ""
    assert list(hearing_verification.faults()) == []


# ------------------------------------------------------------------ moved and cancelled


def test_a_meeting_is_moved_with_a_reason_and_the_old_time_stays_on_record(
    consultation: Consultation, drafter: Actor
) -> None:
    made = arranged(drafter, consultation, held_at=HELD, at=NOON)
    later = HELD + timedelta(days=3)
    with pytest.raises(ConsulteeRefused, match="原因"):
        hearings.move(drafter, consultation, made, held_at=later, place="", reason="。", at=NOON)
    hearings.move(drafter, consultation, made, held_at=later, place="", reason="场地临时被占用", at=NOON)
    (change,) = hearing_papers.changes_of(made)
    assert (change.from_held_at, change.to_held_at, made.held_at) == (HELD, later, later)
    assert list(hearing_verification.faults()) == []


def test_a_notice_of_the_old_time_does_not_count_for_the_new(
    consultation: Consultation, drafter: Actor, firm: Consultee
) -> None:
    made = arranged(drafter, consultation, held_at=HELD, at=NOON, invited=[firm])
    publish_before(drafter, consultation, made, at=NOON)
    later = HELD + timedelta(days=3)
    hearings.move(drafter, consultation, made, held_at=later, place="", reason="场地临时被占用", at=NOON)
    hold(drafter, consultation, made)
    assert "与现定的时间、地点不一致" in hearings.why_not_held(made, later + timedelta(days=1))
    assert heard(consultation).enterprises == 0


@pytest.mark.parametrize("when", [NOON - timedelta(days=1), NOON])
def test_a_meeting_is_not_moved_into_the_past(consultation: Consultation, drafter: Actor, when: datetime) -> None:
    made = arranged(drafter, consultation, held_at=HELD, at=NOON)
    with pytest.raises(ConsulteeRefused, match="已经过去"):
        hearings.move(drafter, consultation, made, held_at=when, place="", reason="场地临时被占用", at=NOON)


def test_a_meeting_that_was_held_is_neither_moved_nor_cancelled(
    meeting: Meeting, consultation: Consultation, drafter: Actor
) -> None:
    made = meeting(GatheringKind.SYMPOSIUM)
    later = AFTER + timedelta(days=3)
    with pytest.raises(ConsulteeRefused, match="已经召开"):
        hearings.move(drafter, consultation, made, held_at=later, place="", reason="场地临时被占用", at=AFTER)
    with pytest.raises(ConsulteeRefused, match="已经召开"):
        hearings.cancel(drafter, consultation, made, "场地临时被占用", at=AFTER)


def test_a_cancelled_meeting_does_not_count_and_takes_nothing_more(consultation: Consultation, drafter: Actor) -> None:
    made = arranged(drafter, consultation, held_at=HELD, at=NOON)
    hearings.cancel(drafter, consultation, made, "草案已经撤回重写", at=NOON)
    assert hearings.why_not_held(made, AFTER) == "会议已取消：草案已经撤回重写"
    with pytest.raises(ConsulteeRefused, match="已取消"):
        hearings.record_statement(drafter, consultation, made.attendances[0], [ArrivalPart("赞成。")], at=AFTER)
    with pytest.raises(ConsulteeRefused, match="已取消"):
        hearings.move(drafter, consultation, made, held_at=AFTER, place="", reason="场地临时被占用", at=NOON)
    assert list(hearing_verification.faults()) == []


def test_a_meeting_changed_inserted_or_deleted_behind_the_record_is_named(
    meeting: Meeting, consultation: Consultation, drafter: Actor
) -> None:
    meeting(GatheringKind.SYMPOSIUM)
    other = arranged(drafter, consultation, held_at=HELD, at=NOON)
    db.session.execute(update(Gathering).where(Gathering.id != other.id).values(place="别处"))
    db.session.execute(delete(Attendance).where(Attendance.gathering_id == other.id))
    db.session.execute(delete(Gathering).where(Gathering.id == other.id))
    db.session.add(
        Gathering(
            id=1000,
            consultation_id=consultation.id,
            kind=GatheringKind.HEARING,
            title="插",
            held_at=HELD,
            created_at=NOON,
        )
    )
    db.session.commit()
    assert sorted(fault.what.value for fault in hearing_verification.faults()) == ["changed", "inserted", "removed"]
