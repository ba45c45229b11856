"""Screening: what may be printed, what is kept out, what is said twice, and the way back."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.drafting.models import Grant
from consult.intake.models import SubmissionState
from consult.ledger.models import LedgerEntry
from consult.moderation import private_data, queries, service
from consult.moderation.errors import ScreeningRefused
from consult.moderation.models import ScreeningKind
from consult.store import db, transaction
from tests.world import AFTER, actor, open_consultation, submission


def test_what_is_accepted_is_printed_without_private_data_and_the_original_stays(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗，请打 13812345678 找我。")
    service.accept(actor(Role.MODERATOR), came, at=AFTER)
    text = queries.printed(came)[came.parts[0].id]
    assert came.state is SubmissionState.ACCEPTED
    assert "13812345678" not in text.content
    assert text.content.startswith("路灯太暗")
    assert "13812345678" in came.parts[0].content


def test_the_senders_own_name_and_contact_are_masked_wherever_the_text_repeats_them(app: Flask) -> None:
    came = submission(
        open_consultation(), "我是向阳小区的慕容晓白，联系 park_lover 即可。", name="慕容晓白", contact="park_lover"
    )
    text, masked = service.proposed_text(came.parts[0], private_data.of(came))
    assert "慕容晓白" not in text
    assert "park_lover" not in text
    assert masked == 2


def test_a_released_name_stays_in_the_text(app: Flask) -> None:
    came = submission(open_consultation(), "绿洲园林公司建议延长开放时间。", name="绿洲园林公司", publish_name=True)
    assert service.proposed_text(came.parts[0], private_data.of(came))[0] == "绿洲园林公司建议延长开放时间。"


def test_the_moderators_own_words_are_printed_where_they_were_written(app: Flask) -> None:
    came = submission(open_consultation(), "张大爷家的狗不牵绳。", "第二点。")
    first, second = came.parts
    service.accept(actor(Role.MODERATOR), came, at=AFTER, public_texts={first.id: "邻居家的狗不牵绳。"})
    printed = queries.printed(came)
    assert printed[first.id].content == "邻居家的狗不牵绳。"
    assert printed[second.id].content == "第二点。"


def test_an_empty_public_text_is_refused_and_nothing_is_accepted(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    with pytest.raises(ScreeningRefused, match="公开文本是空的"):
        service.accept(actor(Role.MODERATOR), came, at=AFTER, public_texts={came.parts[0].id: " \n "})
    assert came.state is SubmissionState.RECEIVED
    assert queries.printed(came) == {}


def test_a_rejection_needs_a_reason_of_the_rules(app: Flask) -> None:
    came = submission(open_consultation(), "买药请加微信。")
    moderator = actor(Role.MODERATOR)
    with pytest.raises(ScreeningRefused, match="请选择不予公开的理由"):
        service.reject(moderator, came, reason_id="because", at=AFTER)
    with pytest.raises(ScreeningRefused, match="请选择不予公开的理由"):
        service.reject(moderator, came, reason_id="duplicate", at=AFTER)
    service.reject(moderator, came, reason_id="advertising", at=AFTER)
    assert came.state is SubmissionState.REJECTED


def test_a_reason_that_needs_words_is_refused_without_them(app: Flask) -> None:
    came = submission(open_consultation(), "……")
    with pytest.raises(ScreeningRefused, match="说明"):
        service.reject(actor(Role.MODERATOR), came, reason_id="other-reason", reason="  ", at=AFTER)


def test_what_was_screened_is_not_screened_again(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    moderator = actor(Role.MODERATOR)
    service.accept(moderator, came, at=AFTER)
    with pytest.raises(ScreeningRefused, match="已经审核过"):
        service.reject(moderator, came, reason_id="unrelated", at=AFTER)
    with pytest.raises(ScreeningRefused, match="已经审核过"):
        service.accept(moderator, came, at=AFTER)


def test_an_undone_acceptance_waits_again_and_both_acts_stay_on_record(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    moderator = actor(Role.MODERATOR)
    service.accept(moderator, came, at=AFTER)
    service.undo(moderator, came, at=AFTER)
    assert came.state is SubmissionState.RECEIVED
    acts = queries.acts(came)
    assert [act.kind for act in acts] == [ScreeningKind.ACCEPT, ScreeningKind.UNDO]
    assert acts[0].undone_by_id == acts[1].id
    with pytest.raises(ScreeningRefused, match="没有可以撤销"):
        service.undo(moderator, came, at=AFTER)


def test_undoing_a_masking_brings_the_former_public_text_back(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    moderator, part = actor(Role.MODERATOR), came.parts[0]
    service.accept(moderator, came, at=AFTER)
    service.mask(moderator, came, {part.id: "路灯〔已隐去〕。"}, at=AFTER)
    service.undo(moderator, came, at=AFTER)
    assert queries.printed(came)[part.id].content == "路灯太暗。"
    assert came.state is SubmissionState.ACCEPTED


def test_only_what_was_accepted_has_a_public_text_to_change(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    with pytest.raises(ScreeningRefused, match="审核通过"):
        service.mask(actor(Role.MODERATOR), came, {came.parts[0].id: "路灯。"}, at=AFTER)


def test_the_same_text_sent_again_is_suspected_and_marked_as_the_duplicate_of_the_first(app: Flask) -> None:
    consultation = open_consultation()
    first = submission(consultation, "冬季也应当开放十六小时。")
    other = submission(consultation, "建议增加路灯。")
    again = submission(consultation, "冬季也应当开放十六小时。 ")
    assert queries.same_text(again) == [first]
    assert queries.repeated([first, other, again]) == {again.id}
    service.mark_duplicate(actor(Role.MODERATOR), again, first, at=AFTER)
    assert again.state is SubmissionState.DUPLICATE
    assert again.duplicate_of_id == first.id


def test_a_duplicate_names_neither_itself_nor_another_duplicate_nor_what_was_rejected(app: Flask) -> None:
    consultation, moderator = open_consultation(), actor(Role.MODERATOR)
    first, second, third, spam = (submission(consultation, "冬季也应当开放。") for _ in range(4))
    service.reject(moderator, spam, reason_id="unrelated", at=AFTER)
    with pytest.raises(ScreeningRefused, match="不是它本身"):
        service.mark_duplicate(moderator, first, first, at=AFTER)
    with pytest.raises(ScreeningRefused, match="不予公开"):
        service.mark_duplicate(moderator, first, spam, at=AFTER)
    service.mark_duplicate(moderator, second, first, at=AFTER)
    with pytest.raises(ScreeningRefused, match="本身也是重复件"):
        service.mark_duplicate(moderator, third, second, at=AFTER)
    with pytest.raises(ScreeningRefused, match="先撤销那一件"):
        service.mark_duplicate(moderator, first, third, at=AFTER)


def test_a_duplicate_of_another_consultations_submission_is_refused(app: Flask) -> None:
    here = submission(open_consultation("canteens"), "同一段话。")
    there = submission(open_consultation("streets"), "同一段话。")
    with pytest.raises(ScreeningRefused, match="同一件征求意见"):
        service.mark_duplicate(actor(Role.MODERATOR), here, there, at=AFTER)


def test_counts_follow_every_act_and_its_undoing(app: Flask) -> None:
    consultation, moderator = open_consultation(), actor(Role.MODERATOR)
    first, second, third = (submission(consultation, f"第{n}件。") for n in "一二三")
    service.accept(moderator, first, at=AFTER)
    service.take_up(moderator, second, at=AFTER)
    service.reject(moderator, third, reason_id="unrelated", at=AFTER)
    assert queries.counts(consultation.id) == {
        SubmissionState.ACCEPTED: 1,
        SubmissionState.SCREENING: 1,
        SubmissionState.REJECTED: 1,
    }
    service.undo(moderator, third, at=AFTER)
    service.undo(moderator, first, at=AFTER)
    assert queries.counts(consultation.id) == {SubmissionState.RECEIVED: 2, SubmissionState.SCREENING: 1}


def test_a_whole_page_is_accepted_at_once_but_for_what_a_colleague_was_faster_with(app: Flask) -> None:
    consultation, moderator = open_consultation(), actor(Role.MODERATOR)
    page = [submission(consultation, f"第{n}件。") for n in "一二三"]
    service.reject(actor(Role.MODERATOR), page[1], reason_id="unrelated", at=AFTER)
    assert service.accept_many(moderator, page, at=AFTER) == [page[1]]
    assert [screened.state for screened in page] == [
        SubmissionState.ACCEPTED,
        SubmissionState.REJECTED,
        SubmissionState.ACCEPTED,
    ]


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.PUBLISHER, Role.LEGAL, Role.AUDITOR])
def test_nobody_but_moderators_screens(app: Flask, role: Role) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    with pytest.raises(NotAllowed, match="审核员"):
        service.accept(actor(role), came, at=AFTER)


def test_a_moderator_of_another_division_screens_only_what_was_given_to_them(app: Flask) -> None:
    consultation = open_consultation()
    came = submission(consultation, "路灯太暗。")
    stranger = actor(Role.MODERATOR, "道路处")
    with pytest.raises(NotAllowed, match="不归您的处室办理"):
        service.accept(stranger, came, at=AFTER)
    with transaction() as session:
        session.add(Grant(consultation_id=consultation.id, user_id=stranger.id or 0, at=AFTER))
    db.session.refresh(consultation)
    service.accept(stranger, came, at=AFTER)
    assert came.state is SubmissionState.ACCEPTED


def test_every_act_is_in_the_ledger_without_the_senders_words(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗，电话 13812345678。")
    moderator = actor(Role.MODERATOR)
    service.accept(moderator, came, at=AFTER)
    service.undo(moderator, came, at=AFTER)
    query = db.select(LedgerEntry).where(LedgerEntry.subject == f"submission:{came.number}").order_by(LedgerEntry.id)
    entries = list(db.session.scalars(query))
    assert [entry.act for entry in entries] == ["submission.receive", "submission.accept", "submission.undo"]
    assert all("路灯" not in str(entry.detail) and "13812345678" not in str(entry.detail) for entry in entries)


def test_of_two_moderators_at_once_one_is_told_that_the_other_was_faster(app: Flask) -> None:
    came = submission(open_consultation(), "路灯太暗。")
    key, moderators = came.id, [actor(Role.MODERATOR), actor(Role.MODERATOR)]
    db.session.remove()
    gate, answers = threading.Barrier(2), []

    def screen(who: int) -> None:
        with app.app_context():
            from consult.intake.models import Submission

            mine = db.session.get_one(Submission, key)
            gate.wait()
            try:
                service.reject(moderators[who], mine, reason_id="unrelated", at=AFTER)
                answers.append("done")
            except ScreeningRefused:
                answers.append("refused")
            db.session.remove()

    threads = [threading.Thread(target=screen, args=(who,)) for who in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["done", "refused"]
    consultation_id = db.session.get_one(type(came), key).consultation_id
    assert queries.counts(consultation_id or 0) == {SubmissionState.REJECTED: 1}
