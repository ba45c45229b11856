"""Questions of a consultation in the portal: answered, kept, sent, corrected; and tried by who means ill."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.consultees import confirmation, invitations, responses, status
from consult.consultees.models import Invitation
from consult.drafting import questions
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, QuestionTopic
from consult.intake import verification
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.review import heard_opinions
from consult.store import db
from tests.builders import a_consultation, an_actor
from tests.faces.portal.test_portal import invited

COST = "执行成本是多少？"


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


def opened(drafter: Actor, slug: str, count: int = 1) -> Consultation:
    """Return an open consultation that asks about competition (1) and has so many questions of its own."""
    publisher, at = an_actor(Role.PUBLISHER, f"publisher-{slug}"), clock.now() - timedelta(days=2)
    drafted = a_consultation(drafter, slug=slug, enterprise_related=True, at=at - timedelta(days=1))
    for n in range(count):
        text = COST if not n else f"第 {n} 问？"
        questions.add(drafter, drafted, QuestionTopic.OWN, text, at=at - timedelta(hours=3))
    drafting.submit_for_review(drafter, drafted, at=at - timedelta(hours=2))
    drafting.publish(publisher, drafted, at=at)
    return drafted


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    return opened(drafter, "canteen")


@pytest.fixture
def invitation(drafter: Actor, consultation: Consultation) -> Invitation:
    return invited(drafter, consultation)


@pytest.fixture
def portal(client: FlaskClient, invitation: Invitation) -> FlaskClient:
    client.get(f"/portal/i/{invitations.token_of(invitation)}")
    return client


def write(client: FlaskClient, invitation: Invitation, **fields: str):  # type: ignore[no-untyped-def]
    address = f"/portal/answer/{invitation.id}"
    named = {name.replace("answer_", "answer-"): value for name, value in fields.items()}
    return client.post(address, data={"token": "t1", **named}, content_type="multipart/form-data")


def page(client: FlaskClient, invitation: Invitation, query: str = "") -> str:
    return client.get(f"/portal/answer/{invitation.id}{query}").text


def typed(text: str) -> dict[int, str]:
    """Return what stands in the fields for answers."""
    fields = re.findall(r'<textarea [^>]*name="answer-(\d+)"[^>]*>([^<]*)</textarea>', text)
    return {int(number): words.strip() for number, words in fields}


def answered(submission: Submission) -> list[tuple[int, str]]:
    return [(answer.question.number, answer.content) for answer in submission.answers]


def test_an_answer_to_the_question_on_competition_is_sent_shown_and_counts_as_heard_on_it(
    portal: FlaskClient, consultation: Consultation, invitation: Invitation
) -> None:
    shown = page(portal, invitation)
    assert COST in shown
    assert typed(shown) == {1: "", 2: ""}
    sent = write(portal, invitation, verb="send", answer_1="没有影响。", answer_2=" ")
    assert sent.status_code == 303
    confirmed = portal.get(sent.location).text
    assert ("公平竞争有何影响" in confirmed, "没有影响。" in confirmed, COST in confirmed) == (True, True, False)
    (response,) = invitation.responses
    assert answered(response.submission) == [(1, "没有影响。")]
    assert response.submission.parts == []
    assert list(verification.faults()) == []
    moderator = an_actor(Role.MODERATOR)
    moderation.accept(moderator, response.submission, at=clock.now())
    assert status.heard_on_competition(consultation).enterprises == 1
    moderation.undo(moderator, response.submission, at=clock.now())
    assert status.heard_on_competition(consultation).enterprises == 0


@pytest.mark.parametrize(("verb", "words"), [("send", "回答问题2个"), ("none", "无意见；回答问题2个")])
def test_the_review_of_competition_says_that_an_organisation_answered_the_questions(
    portal: FlaskClient, consultation: Consultation, invitation: Invitation, verb: str, words: str
) -> None:
    write(portal, invitation, verb=verb, answer_1="没有影响。", answer_2="两万元")
    moderation.accept(an_actor(Role.MODERATOR), invitation.responses[0].submission, at=clock.now())
    assert [(row[0], row[3]) for row in heard_opinions.organisations(consultation)] == [("甲餐饮", words)]


def test_who_has_no_opinion_can_still_answer_the_questions(
    portal: FlaskClient, consultation: Consultation, invitation: Invitation
) -> None:
    sent = write(portal, invitation, verb="none", answer_1="没有影响。")
    (response,) = invitation.responses
    assert (response.no_opinion, answered(response.submission)) == (True, [(1, "没有影响。")])
    confirmed = portal.get(sent.location).text
    assert ("无意见。" in confirmed, "没有影响。" in confirmed) == (True, True)
    moderation.accept(an_actor(Role.MODERATOR), response.submission, at=clock.now())
    assert status.heard_on_competition(consultation).enterprises == 1


def test_a_draft_keeps_the_answers_for_a_colleague(app: Flask, portal: FlaskClient, invitation: Invitation) -> None:
    write(portal, invitation, verb="save", answer_2="两万元\r\n（估计）")
    colleague = app.test_client()
    colleague.get(f"/portal/i/{invitations.token_of(invitation)}")
    assert typed(page(colleague, invitation)) == {1: "", 2: "两万元\n（估计）"}
    assert not invitation.responses


def test_nothing_typed_is_lost_when_the_answer_is_refused(portal: FlaskClient, invitation: Invitation) -> None:
    refused = write(portal, invitation, verb="none", answer_2="两万元", **{"said-art-3": "其实有一条。"})
    assert (refused.status_code, typed(refused.text)[2]) == (400, "两万元")
    assert typed(page(portal, invitation))[2] == "两万元"


def test_a_correction_begins_with_the_answers_and_an_addition_without_them(
    portal: FlaskClient, consultation: Consultation, invitation: Invitation
) -> None:
    write(portal, invitation, verb="none", answer_1="没有影响。", answer_2="两万元")
    assert typed(page(portal, invitation, "?correct=1")) == {1: "没有影响。", 2: "两万元"}
    assert typed(page(portal, invitation, "?add=1")) == {1: "", 2: ""}
    first = invitation.responses[0]
    corrected = write(
        portal, invitation, verb="none", relation=f"replaces-{first.id}", answer_1="提高准入门槛。", token="t2"
    )
    assert corrected.status_code == 303
    db.session.expire_all()
    assert [answered(response.submission) for response in invitation.responses] == [
        [(1, "没有影响。"), (2, "两万元")],
        [(1, "提高准入门槛。")],
    ]
    added = write(portal, invitation, verb="send", relation="adds", answer_2="三万元", token="t3")
    text = portal.get(added.location).text
    assert all(words in text for words in ("没有影响。", "提高准入门槛。", "三万元"))
    moderator = an_actor(Role.MODERATOR)
    for response in confirmation.of(consultation):
        if response.standing.value != "replaced":
            moderation.accept(moderator, response.submission, at=clock.now())
    assert status.heard_on_competition(consultation).enterprises == 1


def test_an_addition_repeats_no_attachment_of_what_was_sent(portal: FlaskClient, invitation: Invitation) -> None:
    scan = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "复函.pdf")
    write(portal, invitation, verb="send", answer_1="没有影响。", files=scan)  # type: ignore[arg-type]
    page(portal, invitation, "?add=1")
    write(portal, invitation, verb="send", relation="adds", answer_2="两万元", token="t2")
    db.session.expire_all()
    assert [len(response.submission.attachments) for response in invitation.responses] == [1, 0]


def test_two_tabs_send_one_answer_and_the_second_says_what_it_is_to_the_first(
    portal: FlaskClient, invitation: Invitation
) -> None:
    write(portal, invitation, verb="send", answer_1="没有影响。")
    again = write(portal, invitation, verb="send", answer_1="没有影响。")
    assert (again.status_code, len(invitation.responses)) == (303, 1)
    changed = write(portal, invitation, verb="send", answer_1="影响很大。")
    assert (changed.status_code, typed(changed.text)[1]) == (400, "影响很大。")
    other_tab = write(portal, invitation, verb="send", answer_1="影响很大。", token="t2")
    assert (other_tab.status_code, "请选择这一份是“更正”" in other_tab.text) == (400, True)
    assert typed(other_tab.text)[1] == "影响很大。"
    db.session.expire_all()
    assert len(invitation.responses) == 1


def test_a_question_of_another_consultation_is_answered_nowhere(
    portal: FlaskClient, drafter: Actor, invitation: Invitation
) -> None:
    opened(drafter, "parking", count=4)
    refused = write(portal, invitation, verb="send", answer_1="没有影响。", answer_5="好")
    assert (refused.status_code, "没有编号为 5 的问题" in refused.text) == (400, True)
    assert typed(refused.text)[1] == "没有影响。"
    assert not invitation.responses
    for name in ("answer-", "answer-x", "answer--1", "answer-１", "answer-9999999"):
        assert write(portal, invitation, verb="send", **{name: "好"}).status_code == 400
    assert not invitation.responses


def test_eleven_questions_are_all_answered_and_a_twelfth_is_none(client: FlaskClient, drafter: Actor) -> None:
    invitation = invited(drafter, opened(drafter, "parking", count=10))
    client.get(f"/portal/i/{invitations.token_of(invitation)}")
    assert sorted(typed(page(client, invitation))) == list(range(1, 12))
    eleven = {f"answer-{n}": f"答 {n}" for n in range(1, 12)}
    assert write(client, invitation, verb="send", **eleven, **{"answer-12": "多答"}).status_code == 400
    assert write(client, invitation, verb="send", **eleven).status_code == 303
    assert answered(invitation.responses[0].submission) == [(n, f"答 {n}") for n in range(1, 12)]


@pytest.mark.parametrize("fields", [{"answer-1": ""}, {"answer-1": " \r\n　", "answer-2": "\0"}])
def test_empty_answers_are_none(portal: FlaskClient, invitation: Invitation, fields: dict[str, str]) -> None:
    refused = write(portal, invitation, verb="send", **fields)
    assert (refused.status_code, "还没有写意见" in refused.text) == (400, True)
    assert not invitation.responses
    assert write(portal, invitation, verb="none", **fields).status_code == 303
    assert answered(invitation.responses[0].submission) == []


def test_an_answer_of_a_megabyte_is_refused_in_words_and_kept(portal: FlaskClient, invitation: Invitation) -> None:
    long = "影" * (1 << 18) + "a" * (1 << 18)
    refused = write(portal, invitation, verb="send", answer_1=long, answer_2="两万元")
    assert (refused.status_code, "524,288 字" in refused.text) == (400, True)
    assert typed(refused.text) == {1: long, 2: "两万元"}
    draft = responses.draft_of(invitation)
    assert draft is not None
    assert draft.content["answers"] == [[1, long], [2, "两万元"]]
    assert not invitation.responses


def test_the_form_to_fill_in_is_for_who_was_invited(
    portal: FlaskClient, drafter: Actor, consultation: Consultation, invitation: Invitation
) -> None:
    address = f"/portal/answer/{invitation.id}/form.docx"
    assert address in page(portal, invitation)
    form = portal.get(address)
    words = [cell.text for table in Document(io.BytesIO(form.data)).tables for cell in table._cells]
    assert ("甲餐饮" in words, f"2. {COST}" in words) == (True, True)
    other = invited(drafter, consultation, "乙餐饮有限公司")
    assert portal.get(f"/portal/answer/{other.id}/form.docx").status_code == 404
    assert portal.application.test_client().get(address).status_code == 401


def test_words_of_an_answer_are_words_on_every_page(portal: FlaskClient, invitation: Invitation) -> None:
    sent = write(portal, invitation, verb="send", answer_1="<script>alert(1)</script>")
    text = portal.get(sent.location).text
    assert ("<script>alert" in text, "&lt;script&gt;alert(1)" in text) == (False, True)
