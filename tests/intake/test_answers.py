"""Answers to a consultation's questions: through every way in, in the record, shown, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting import questions
from consult.drafting import service as drafting
from consult.drafting.errors import FieldMissing, WrongState
from consult.drafting.models import Consultation, QuestionTopic
from consult.intake import batches, verification
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalAnswer, ArrivalPart
from consult.intake.errors import EmptyContent, IdempotencyConflict, UnknownQuestion
from consult.intake.ledger_statement import statement_of
from consult.intake.models import Answer, Channel, Submission, SubmissionState
from consult.moderation import answers, submission_archive
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import a_consultation, an_actor

PHONE = "13800138000"


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    """A consultation that opened two days ago and asks about competition (1) and cost (2)."""
    publisher, at = an_actor(Role.PUBLISHER), clock.now() - timedelta(days=2)
    drafted = a_consultation(drafter, slug="canteen", enterprise_related=True, at=at - timedelta(days=1))
    questions.add(drafter, drafted, QuestionTopic.OWN, "执行成本是多少？", at=at - timedelta(hours=3))
    drafting.submit_for_review(drafter, drafted, at=at - timedelta(hours=2))
    drafting.publish(publisher, drafted, at=at)
    return drafted


def arriving(*parts: str, answered: dict[int, str], key: str | None = None) -> Arrival:
    return Arrival(
        channel=Channel.WEB,
        parts=tuple(map(ArrivalPart, parts)),
        answers=tuple(ArrivalAnswer(number, words) for number, words in answered.items()),
        raw=repr((parts, answered)).encode(),
        raw_media_type="text/plain",
        idempotency_key=key,
    )


def answers_of(submission: Submission) -> list[tuple[int, str]]:
    return [(answer.question.number, answer.content) for answer in submission.answers]


@pytest.mark.parametrize("nothing", ["", "　\n", "/", "。", "——", "\u2060", "…"])
def test_an_answer_without_a_word_is_none(consultation: Consultation, nothing: str) -> None:
    arrival = arriving("意见。", answered={1: nothing, 2: "5"})
    submission = intake.receive(consultation, arrival, at=clock.now()).submission
    assert answers_of(submission) == [(2, "5")]
    with pytest.raises(EmptyContent):
        intake.receive(consultation, arriving(answered={1: nothing}), at=clock.now())


def test_an_answer_alone_is_a_submission_that_is_screened_counted_and_in_the_record(consultation: Consultation) -> None:
    arrival = arriving(answered={2: f"每家约两万元，问{PHONE}", 1: "没有影响"})
    submission = intake.receive(consultation, arrival, at=clock.now()).submission
    assert (submission.parts, answers_of(submission)) == ([], [(1, "没有影响"), (2, f"每家约两万元，问{PHONE}")])
    assert b"answers" in statement_of(submission)
    assert list(verification.faults()) == []
    moderation.accept(an_actor(Role.MODERATOR), submission, at=clock.now())
    assert submission.state is SubmissionState.ACCEPTED
    document = submission_archive.document(submission)
    assert [PHONE in answer["content"] for answer in document["answers"]] == [False, True]
    assert not any(PHONE in answer["masked"] for answer in document["answers"])
    assert answers.counts(consultation) == {1: 1, 2: 1}


def test_answers_come_beside_opinions_singly_and_in_batches(consultation: Consultation) -> None:
    arrival = arriving("赞成", answered={1: "没有影响", 2: " "})
    single = intake.receive(consultation, arrival, at=clock.now()).submission
    actor = an_actor(Role.PUBLISHER, "importer")
    (receipt,) = batches.receive_many(consultation, [arrival], at=clock.now(), actor=actor)
    together = db.session.scalars(select(Submission).where(Submission.number == receipt.number)).one()  # type: ignore[union-attr]
    assert answers_of(single) == answers_of(together) == [(1, "没有影响")]
    assert list(verification.faults()) == []


def test_a_submission_without_answers_is_recorded_as_before_there_were_any(consultation: Consultation) -> None:
    submission = intake.receive(consultation, arriving("赞成", answered={}), at=clock.now()).submission
    assert b"answers" not in statement_of(submission)


@pytest.mark.parametrize(
    ("answered", "refusal"), [({3: "好"}, UnknownQuestion), ({1: " "}, EmptyContent), ({}, EmptyContent)]
)
def test_what_answers_no_question_is_refused(
    consultation: Consultation, answered: dict[int, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        intake.receive(consultation, arriving(answered=answered), at=clock.now())
    assert db.session.scalars(select(Submission)).all() == []


def test_a_question_is_answered_once(consultation: Consultation) -> None:
    twice = Arrival(
        channel=Channel.WEB,
        parts=(),
        answers=(ArrivalAnswer(1, "有"), ArrivalAnswer(1, "没有")),
        raw=b"",
        raw_media_type="text/plain",
    )
    with pytest.raises(UnknownQuestion, match="一次"):
        intake.receive(consultation, twice, at=clock.now())


def test_the_same_sending_with_another_answer_is_a_conflict(consultation: Consultation) -> None:
    first = arriving("赞成", answered={1: "没有影响"}, key="k")
    assert (
        intake.receive(consultation, first, at=clock.now()).number
        == intake.receive(consultation, first, at=clock.now()).number
    )
    other = arriving("赞成", answered={1: "有影响"}, key="k")
    with pytest.raises(IdempotencyConflict):
        intake.receive(consultation, other, at=clock.now())
    actor = an_actor(Role.PUBLISHER, "importer")
    (outcome,) = batches.receive_many(consultation, [other], at=clock.now(), actor=actor)
    assert isinstance(outcome, IdempotencyConflict)


def test_a_changed_answer_is_found(consultation: Consultation) -> None:
    intake.receive(consultation, arriving(answered={1: "没有影响"}), at=clock.now())
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(update(Answer).values(content="影响很大"))
    db.session.expire_all()
    assert [fault.where for fault in verification.faults()] == ["submission"]


def test_a_new_consultation_about_enterprises_asks_about_competition_until_the_question_is_taken_out(
    drafter: Actor,
) -> None:
    plain = a_consultation(drafter, slug="plain")
    assert questions.of(plain) == []
    drafted = a_consultation(drafter, slug="firms", enterprise_related=True)
    (asked,) = questions.of(drafted)
    assert asked.topic is QuestionTopic.COMPETITION
    questions.remove(drafter, drafted, asked, at=clock.now())
    notice = drafting.Notice(drafted.title, drafted.kind, True, "", drafted.notice_html, "", "", "")
    drafting.write_notice(drafter, drafted, notice, at=clock.now())
    assert questions.of(drafted) == []


def test_ten_questions_of_its_own_are_the_most_and_only_while_it_is_drafted(
    drafter: Actor, consultation: Consultation
) -> None:
    drafted = a_consultation(drafter, slug="firms", enterprise_related=True)
    for n in range(10):
        questions.add(drafter, drafted, QuestionTopic.OWN, f"问题{n}", at=clock.now())
    with pytest.raises(FieldMissing, match="不超过 10 个"):
        questions.add(drafter, drafted, QuestionTopic.OWN, "问题", at=clock.now())
    with pytest.raises(WrongState):
        questions.add(drafter, consultation, QuestionTopic.OWN, "问题", at=clock.now())
    with pytest.raises(WrongState):
        questions.remove(drafter, consultation, questions.of(consultation)[0], at=clock.now())


def test_the_form_takes_answers_without_script_and_keeps_them_when_refused(
    app: Flask, consultation: Consultation
) -> None:
    client = app.test_client()
    page = client.get("/consultations/canteen/comment").text
    assert "执行成本是多少？" in page
    assert 'name="answer-1"' in page
    form = {
        "pieces-0-anchor": "",
        "pieces-0-content": "",
        "token": "t" * 32,
        "answer-2": "两万元",
        "sender_kind": "person",
    }
    kept = client.post("/consultations/canteen/comment", data=form | {"name": "x" * 300})
    assert (kept.status_code, ">两万元</textarea>" in kept.text) == (400, True)
    sent = client.post("/consultations/canteen/comment", data=form)
    assert sent.status_code == 303
    submission = db.session.scalars(select(Submission)).one()
    assert answers_of(submission) == [(2, "两万元")]
    assert "两万元".encode() in (submission.raw.body or b"")
    receipt = client.get(sent.location).text
    assert "执行成本是多少？" in receipt
    assert "两万元" in receipt


def test_the_interface_names_the_questions_and_takes_answers(app: Flask, consultation: Consultation) -> None:
    client = app.test_client()
    listed = client.get("/api/v1/consultations/canteen").json
    assert [(question["number"], question["topic"]) for question in listed["questions"]] == [
        (1, "competition"),
        (2, "own"),
    ]
    where = "/api/v1/consultations/canteen/submissions"
    alone = client.post(where, json={"answers": [{"question": 1, "content": "没有影响"}]})
    both = client.post(where, json={"content": "赞成", "answers": [{"question": 2, "content": "两万元"}]})
    assert (alone.status_code, both.status_code) == (201, 201)
    assert [
        answers_of(submission) for submission in db.session.scalars(select(Submission).order_by(Submission.id))
    ] == [
        [(1, "没有影响")],
        [(2, "两万元")],
    ]
    assert client.post(where, json={"answers": []}).status_code == 422
    unknown = client.post(where, json={"content": "赞成", "answers": [{"question": 9, "content": "好"}]})
    assert (unknown.status_code, "没有编号为 9 的问题" in unknown.text) == (409, True)
