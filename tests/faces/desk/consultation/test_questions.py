"""Questions are chosen on the desk while drafting; their answers are read there, masked."""

from __future__ import annotations

from datetime import timedelta

from consult import clock
from consult.drafting import questions
from consult.drafting import service as drafting
from consult.drafting.models import QuestionTopic
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalAnswer
from consult.intake.models import Channel
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted


def test_questions_are_added_and_taken_out_while_drafting_and_answers_read_afterwards(
    staff: Staff, signed_in: SignIn
) -> None:
    consultation, client = drafted(staff), signed_in("drafter")
    questions.add(staff.of("drafter"), consultation, QuestionTopic.COMPETITION, "", at=clock.now())
    where = f"/desk/consultations/{consultation.slug}/questions"
    assert "公平竞争" in client.get(where).text
    assert "请写明要问的问题" in client.post(f"{where}/add", data={"text": " "}, follow_redirects=True).text
    client.post(f"{where}/add", data={"text": "执行成本是多少？"})
    client.post(f"{where}/remove", data={"number": "1"})
    page = client.get(where).text
    assert ("执行成本是多少？" in page, "增加关于公平竞争影响的问题" in page) == (True, True)
    client.post(f"{where}/add", data={"topic": "competition"})
    assert [question.number for question in questions.of(consultation)] == [2, 3]
    drafting.submit_for_review(staff.of("drafter"), consultation, at=clock.now() - timedelta(hours=1))
    drafting.publish(staff.of("publisher"), consultation, at=clock.now() - timedelta(hours=1))
    refused = client.post(f"{where}/add", data={"text": "还有吗？"}, follow_redirects=True)
    assert "送审后不能再增加" in refused.text
    answer = Arrival(Channel.WEB, (), b"", "text/plain", answers=(ArrivalAnswer(2, "两万元，电话13800138000"),))
    number = intake.receive(consultation, answer, at=clock.now()).number
    assert f"{where}/2" in client.get(where).text
    read = client.get(f"{where}/2").text
    assert (number in read, "两万元" in read, "13800138000" in read) == (True, True, False)
    opened = signed_in("moderator").get(f"/desk/consultations/{consultation.slug}/moderation?open={number}").text
    assert "对问题的回答：执行成本是多少？" in opened
