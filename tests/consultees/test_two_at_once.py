"""Two at the same moment: on the register, on one list, over one invitation; each is counted once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import rules
from consult.consultees import (
    extensions,
    hearing_letters,
    hearing_verification,
    hearings,
    invitations,
    members,
    register,
    reminders,
    responses,
)
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.hearing_models import HearingLetter
from consult.consultees.models import (
    Attendance,
    Consultee,
    GatheringKind,
    Invitation,
    Listed,
    MemberRole,
    Method,
    Reminder,
    Response,
)
from consult.consultees.status import heard, on_list
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Submission
from consult.law.sufficiency import ConsulteeCounts
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.builders import NOON
from tests.consultees.meetings import arranged
from tests.consultees.test_hearing import LATER, an_enterprise, an_invitation
from tests.together import both, elsewhere

A_DAY = timedelta(days=1)
CODE = "91350100M000100Y43"


@pytest.fixture
def invitation(drafter: Actor, consultation: Consultation) -> Invitation:
    return an_invitation(drafter, consultation, an_enterprise(drafter))


def count(model: type[object]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def respond(invitation: Invitation, words: str = "", key: str | None = None) -> None:
    parts = [ArrivalPart(words)] if words else []
    responses.respond(
        invitations.as_consultee(invitation.consultee),
        invitation,
        parts=parts,
        no_opinion=not parts,
        by="经办人",
        at=LATER,
        idempotency_key=key,
    )


# ------------------------------------------------------------------ the register


def test_a_code_that_two_register_together_is_the_first_ones(app: Flask, drafter: Actor) -> None:
    with pytest.raises(ConsulteeRefused, match="已经登记：甲餐饮有限公司"):
        both(
            app,
            lambda: an_enterprise(drafter, "甲餐饮有限公司", credit_code=CODE),
            lambda: an_enterprise(drafter, "乙餐饮有限公司", credit_code=CODE),
        )
    assert count(Consultee) == 1


def test_two_who_change_one_entry_together_leave_one_contact_that_holds(app: Flask, drafter: Actor) -> None:
    consultee = an_enterprise(drafter)
    there, entry = elsewhere(consultee), register.entry_of(consultee)

    def change(to: Consultee, name: str) -> None:
        register.change(drafter, to, register.Entry(entry.name, entry.kind, contact_name=name), at=LATER)

    both(app, lambda: change(consultee, "甲"), lambda: change(there(), "乙"))
    assert [contact.name for contact in consultee.contacts if contact.current] == ["乙"]


def test_of_two_that_are_merged_into_one_another_one_stays(app: Flask, drafter: Actor) -> None:
    consultee, other = an_enterprise(drafter, "甲餐饮公司"), an_enterprise(drafter, "乙餐饮公司")
    consultee_there, other_there = elsewhere(consultee), elsewhere(other)
    with pytest.raises(ConsulteeRefused, match="已经并入"):
        both(
            app,
            lambda: register.merge(drafter, consultee, other, at=LATER),
            lambda: register.merge(drafter, other_there(), consultee_there(), at=LATER),
        )
    assert (consultee.retired_at, other.merged_into_id) == (None, consultee.id)


def test_a_username_that_two_ask_for_together_is_the_first_ones(app: Flask, drafter: Actor) -> None:
    consultee, other = an_enterprise(drafter, "甲餐饮公司"), an_enterprise(drafter, "乙餐饮公司")
    there = elsewhere(other)

    def admit(to: Consultee) -> None:
        members.create_member(drafter, to, username="zhang", name="张", role=MemberRole.SEND, at=NOON)

    with pytest.raises(ConsulteeRefused, match="请换一个"):
        both(app, lambda: admit(consultee), lambda: admit(there()))
    assert [member.consultee_id for member in members.of(consultee)] == [consultee.id]


# ------------------------------------------------------------------ the list


def test_who_is_listed_by_two_together_stands_there_once(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    consultee = an_enterprise(drafter)
    there, him = elsewhere(consultation), elsewhere(consultee)
    added: list[int] = []
    both(
        app,
        lambda: added.append(hearing.add(drafter, consultation, [(consultee, "甲")], at=LATER)),
        lambda: added.append(hearing.add(drafter, there(), [(him(), "乙")], at=LATER)),
    )
    assert (sorted(added), count(Listed)) == ([0, 1], 1)
    assert on_list(consultation) == ConsulteeCounts(enterprises=1)


def test_who_is_invited_by_two_together_gets_one_invitation(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    consultee = an_enterprise(drafter)
    hearing.add(drafter, consultation, [(consultee, "甲")], at=LATER)
    there, him = elsewhere(consultation), elsewhere(consultee)
    with pytest.raises(InvitationRefused, match="已经邀请过"):
        both(
            app,
            lambda: hearing.invite(drafter, consultation, consultee, method=Method.LETTER, at=LATER),
            lambda: hearing.invite(drafter, there(), him(), method=Method.LETTER, at=LATER),
        )
    assert count(Invitation) == 1


def test_nobody_is_invited_who_is_taken_off_the_list_at_that_moment(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    consultee = an_enterprise(drafter)
    hearing.add(drafter, consultation, [(consultee, "甲")], at=LATER)
    there, him = elsewhere(consultation), elsewhere(consultee)
    with pytest.raises(InvitationRefused, match="不在征求意见对象名单上"):
        both(
            app,
            lambda: hearing.remove(drafter, consultation, consultee, "已经歇业", at=LATER),
            lambda: hearing.invite(drafter, there(), him(), method=Method.LETTER, at=LATER),
        )
    assert count(Invitation) == 0


def test_who_answers_at_that_moment_is_not_taken_off_the_list(
    app: Flask, drafter: Actor, consultation: Consultation, invitation: Invitation
) -> None:
    there, him = elsewhere(consultation), elsewhere(invitation.consultee)
    with pytest.raises(ConsulteeRefused, match="已经答复"):
        both(
            app,
            lambda: respond(invitation),
            lambda: hearing.remove(drafter, there(), him(), "已经歇业", at=LATER),
        )
    assert heard(consultation) == ConsulteeCounts(enterprises=1)


def test_who_is_invited_while_it_is_merged_is_invited_as_what_it_was_merged_into_or_not_at_all(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    kept, double = an_enterprise(drafter, "甲餐饮公司"), an_enterprise(drafter, "甲餐饮有限公司")
    hearing.add(drafter, consultation, [(double, "甲")], at=LATER)
    there, him = elsewhere(consultation), elsewhere(double)
    with pytest.raises(InvitationRefused, match="不在征求意见对象名单上"):
        both(
            app,
            lambda: register.merge(drafter, kept, double, at=LATER),
            lambda: hearing.invite(drafter, there(), him(), method=Method.LETTER, at=LATER),
        )
    made = hearing.invite(drafter, consultation, kept, method=Method.LETTER, at=LATER)
    respond(made)
    assert heard(consultation) == ConsulteeCounts(enterprises=1)


def test_who_is_merged_into_another_is_listed_no_more_by_who_began_before(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    kept, double = an_enterprise(drafter, "甲餐饮公司"), an_enterprise(drafter, "甲餐饮有限公司")
    there, him = elsewhere(consultation), elsewhere(double)
    with pytest.raises(ConsulteeRefused, match="已经停用"):
        both(
            app,
            lambda: register.merge(drafter, kept, double, at=LATER),
            lambda: hearing.add(drafter, there(), [(him(), "甲")], at=LATER),
        )
    assert count(Listed) == 0


# ------------------------------------------------------------------ an invitation


def test_of_two_colleagues_who_answer_together_the_second_is_asked_what_its_answer_is_to_the_first(
    app: Flask, consultation: Consultation, invitation: Invitation
) -> None:
    there = elsewhere(invitation)
    with pytest.raises(InvitationRefused, match="“更正”（替代前一份），还是“补充”"):
        both(app, lambda: respond(invitation, "改为每月公示。"), lambda: respond(there(), "改为每周公示。"))
    assert count(Response) == 1
    assert heard(consultation) == ConsulteeCounts(enterprises=1)


def test_an_answer_that_is_sent_twice_at_once_is_one(app: Flask, invitation: Invitation) -> None:
    there = elsewhere(invitation)
    both(app, lambda: respond(invitation, "改为每月公示。", "k"), lambda: respond(there(), "改为每月公示。", "k"))
    assert (count(Response), count(Submission)) == (1, 1)


def test_nobody_declines_after_a_colleague_has_answered(app: Flask, invitation: Invitation) -> None:
    there, consultee = elsewhere(invitation), invitations.as_consultee(invitation.consultee)
    with pytest.raises(InvitationRefused, match="已经答复过"):
        both(
            app,
            lambda: respond(invitation),
            lambda: invitations.decline(consultee, there(), "不便参加", at=LATER),
        )
    assert invitation.declined_at is None


def test_who_answers_while_it_is_taken_back_is_told_so(app: Flask, drafter: Actor, invitation: Invitation) -> None:
    there = elsewhere(invitation)
    with pytest.raises(InvitationRefused, match="已经撤回"):
        both(
            app,
            lambda: hearing.revoke(drafter, invitation, "发错了", at=LATER),
            lambda: respond(there()),
        )
    assert count(Response) == 0


def test_two_colleagues_who_begin_an_answer_together_keep_the_later_words(app: Flask, invitation: Invitation) -> None:
    there = elsewhere(invitation)
    both(
        app,
        lambda: responses.save_draft(invitation, {"note": "甲"}, by="甲", at=LATER),
        lambda: responses.save_draft(there(), {"note": "乙"}, by="乙", at=LATER),
    )
    draft = responses.draft_of(invitation)
    assert draft is not None
    assert draft.content == {"note": "乙"}


def test_what_a_colleague_goes_on_writing_while_the_answer_goes_out_is_kept(app: Flask, invitation: Invitation) -> None:
    responses.save_draft(invitation, {"note": "甲"}, by="甲", at=LATER)
    there = elsewhere(invitation)
    both(
        app,
        lambda: respond(invitation),
        lambda: responses.save_draft(there(), {"note": "乙"}, by="乙", at=LATER),
    )
    draft = responses.draft_of(invitation)
    assert draft is not None
    assert draft.content == {"note": "乙"}


def test_a_deadline_is_never_shortened_by_another_at_the_same_moment(
    app: Flask, drafter: Actor, invitation: Invitation
) -> None:
    there, later, sooner = elsewhere(invitation), date(2026, 11, 30), date(2026, 10, 30)
    with pytest.raises(InvitationRefused, match="必须晚于"):
        both(
            app,
            lambda: extensions.grant_extension(drafter, invitation, later, at=LATER),
            lambda: extensions.grant_extension(drafter, there(), sooner, at=LATER),
        )
    assert "11月30日" in invitation.deadline_words


def test_what_is_sent_by_two_workers_is_noted_once(app: Flask, drafter: Actor, consultation: Consultation) -> None:
    consultee = an_enterprise(drafter)
    hearing.add(drafter, consultation, [(consultee, "甲")], at=LATER)
    made = hearing.invite(drafter, consultation, consultee, method=Method.MAIL, email="a@example.org", at=LATER)
    there = elsewhere(made)
    both(
        app,
        lambda: invitations.mark_sent(SYSTEM, made, at=LATER, message_id="one@example.org"),
        lambda: invitations.mark_sent(SYSTEM, there(), at=LATER, message_id="one@example.org"),
    )
    assert db.session.scalar(select(func.count()).where(LedgerEntry.act == "invitation.send")) == 1


def test_what_somebody_said_at_a_gathering_is_noted_once(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    gathering = hearings.arrange(
        drafter,
        consultation,
        kind=GatheringKind.SYMPOSIUM,
        title="座谈会",
        place="会议室",
        held_at=LATER,
        invited=[],
        others=["王专家"],
        at=NOON,
    )
    attendance: Attendance = gathering.attendances[0]
    there, him = elsewhere(consultation), elsewhere(attendance)
    with pytest.raises(ConsulteeRefused, match="已经登记过"):
        both(
            app,
            lambda: hearings.record_statement(drafter, consultation, attendance, [ArrivalPart("应当留样。")], at=LATER),
            lambda: hearings.record_statement(drafter, there(), him(), [ArrivalPart("应当公示。")], at=LATER),
        )
    assert count(Submission) == 1


def test_a_meeting_that_is_moved_while_it_is_cancelled_stays_what_came_first(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    made = arranged(drafter, consultation, held_at=LATER, at=NOON)
    there, meeting = elsewhere(consultation), elsewhere(made)
    with pytest.raises(ConsulteeRefused, match="已取消"):
        both(
            app,
            lambda: hearings.cancel(drafter, consultation, made, "草案已经撤回重写", at=NOON),
            lambda: hearings.move(
                drafter, there(), meeting(), held_at=LATER + A_DAY, place="", reason="场地临时被占用", at=NOON
            ),
        )
    assert made.held_at == LATER
    assert list(hearing_verification.faults()) == []


def test_those_invited_get_one_letter_each_though_two_prepare_them(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    made = arranged(drafter, consultation, held_at=LATER, at=NOON)
    there, meeting = elsewhere(consultation), elsewhere(made)
    with pytest.raises(ConsulteeRefused, match="都已经准备好"):
        both(
            app,
            lambda: hearing_letters.write(drafter, consultation, made, at=NOON),
            lambda: hearing_letters.write(drafter, there(), meeting(), at=NOON),
        )
    assert count(HearingLetter) == 1


def test_two_who_record_words_of_different_people_leave_the_record_whole(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    made = arranged(drafter, consultation, held_at=LATER, at=NOON, others=["王专家", "李专家"])
    first, second = made.attendances
    there, other = elsewhere(consultation), elsewhere(second)
    both(
        app,
        lambda: hearings.record_statement(drafter, consultation, first, [ArrivalPart("应当留样。")], at=LATER),
        lambda: hearings.record_statement(drafter, there(), other(), [ArrivalPart("应当公示。")], at=LATER),
    )
    assert count(Submission) == 2
    assert list(hearing_verification.faults()) == []


def test_two_workers_that_remind_at_once_note_one_reminder(
    app: Flask, drafter: Actor, consultation: Consultation
) -> None:
    reminded = an_invitation(drafter, consultation, an_enterprise(drafter))
    rule, identifier = rules().reminders[0], reminded.id

    def note() -> None:
        reminders._note(SYSTEM, db.session.get_one(Invitation, identifier), rule.id, NOON)

    both(app, note, note)
    assert count(Reminder) == 1
    assert db.session.query(LedgerEntry).filter_by(act="invitation.remind").count() == 1
