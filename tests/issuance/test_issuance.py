"""From the meeting to the issued text and after: nothing is issued that wasn't decided on and reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app, g
from sqlalchemy import delete, func, select, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import User
from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import LOCAL
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Method
from consult.drafting import publication, versions
from consult.drafting import service as drafting
from consult.drafting.errors import WrongState
from consult.drafting.models import Consultation, Stage, State, VersionKind
from consult.drafting.notice import core_title
from consult.faces.cli.ledger import everything_wrong
from consult.faces.desk.home.todo import todos
from consult.files.attachments import CheckedAttachment
from consult.intake.models import Submission
from consult.issuance import document_acts, evaluation, queries, service
from consult.issuance.document_acts import Happening
from consult.issuance.errors import IssueRefused
from consult.issuance.models import DocumentAct, DocumentActKind, IssuedDocument, MeetingOutcome, MeetingResult
from consult.issuance.service import Issue, Result
from consult.law.reviews import Conclusion, ReviewKind
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from consult.privacy import requests
from consult.reporting import service as reporting
from consult.review import queries as reviews
from consult.review import service as review
from consult.review.models import Review
from consult.review.service import Findings, Paper
from consult.store import db
from consult.subscriptions import evaluation_letters, receipt_letters
from consult.subscriptions import service as subscriptions
from consult.subscriptions.models import LetterWish
from tests.builders import DRAFT, docx_of
from tests.faces.cli.console import run
from tests.meeting.green import READY, Green, a_paper, build
from tests.signed_in import sign_in_as
from tests.snapshot import Kept, kept
from tests.together import both, elsewhere

MEETING = READY + timedelta(days=1)
AFTER = READY + timedelta(days=2)
ON = AFTER.date()
REVIEWED = DRAFT.replace("七十周岁", "六十五周岁").replace("（征求意见稿）", "")
FACTS = Issue(
    "某建发〔2026〕12号", AFTER.date(), date(2027, 1, 1), "本厅网站；省人民政府公报2026年第20期", "SD-2026-0012"
)


def submitted() -> Green:
    green = build()
    meeting.submit(green.legal, green.consultation, at=READY)
    return green


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[Green]]:
    with kept(session_app, submitted) as world:
        yield world


@pytest.fixture
def green(world: Kept[Green]) -> Iterator[Green]:
    with world.turn() as green:
        yield green


def decide(
    green: Green,
    outcome: MeetingOutcome = MeetingOutcome.PASSED,
    at: datetime = MEETING,
    minutes: CheckedAttachment | None = None,
    **words: str,
) -> None:
    result = Result(outcome, at.date(), words.pop("meeting", "2026年第12次厅务会议"), **words)
    service.record_result(green.legal, green.consultation, result, minutes or a_paper("会议纪要.txt"), at=at)


def upload(green: Green, text: str = REVIEWED, at: datetime = AFTER) -> None:
    data = docx_of(text)
    versions.add_version(
        green.drafter, green.consultation, kind=VersionKind.PROMULGATED, file_name="发布稿.docx", data=data, at=at
    )


def issued(green: Green) -> IssuedDocument:
    decide(green)
    upload(green)
    return service.issue(green.publisher, green.consultation, FACTS, at=AFTER)


def test_what_was_passed_and_reviewed_is_issued_and_the_public_reads_it(green: Green, session_app: Flask) -> None:
    document = issued(green)
    assert green.consultation.state(AFTER) is State.PROMULGATED
    assert document.version.kind is VersionKind.PROMULGATED
    page = session_app.test_client().get("/consultations/green").text
    assert "某建发〔2026〕12号" in page
    assert "省人民政府公报2026年第20期" in page
    assert "看公布施行的文本和与征求意见稿的对照" in page


@pytest.mark.parametrize(
    ("done", "why"),
    [
        ((), "尚未登记会议结果；尚未上传发布稿"),
        (("upload",), "尚未登记会议结果"),
        (("decide",), "尚未上传发布稿"),
    ],
)
def test_nothing_is_issued_on_less(green: Green, done: tuple[str, ...], why: str) -> None:
    for step in done:
        {"upload": upload, "decide": decide}[step](green)
    with pytest.raises(IssueRefused, match=why):
        service.issue(green.publisher, green.consultation, FACTS, at=AFTER)
    assert green.consultation.stage is Stage.SUBMITTED_TO_MEETING


def test_a_result_rests_on_its_minutes_and_says_why(green: Green) -> None:
    held = Result(MeetingOutcome.PASSED, MEETING.date(), "厅务会议")
    with pytest.raises(IssueRefused, match="会议纪要"):
        service.record_result(green.legal, green.consultation, held, None, at=MEETING)
    with pytest.raises(NotAllowed):
        service.record_result(green.drafter, green.consultation, held, a_paper(), at=MEETING)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"outcome": MeetingOutcome.PASSED_WITH_CHANGES}, "修改的内容"),
        ({"outcome": MeetingOutcome.PUT_OFF, "changes": "再议"}, "理由"),
        ({"meeting": " "}, "会议名称"),
        ({"meeting": "会" * 201}, "最多 200 字"),
        ({"differing": "异" * 4001}, "最多 4,000 字"),
    )
    for bad, why in refused:
        with pytest.raises(IssueRefused, match=why):
            decide(green, **bad)
    for day, why in ((READY.date() - timedelta(days=1), "早于提请"), (MEETING.date() + timedelta(days=1), "尚未到来")):
        result = Result(MeetingOutcome.PASSED, day, "厅务会议")
        with pytest.raises(IssueRefused, match=why):
            service.record_result(green.legal, green.consultation, result, a_paper(), at=MEETING)
    assert service.results(green.consultation) == []


@pytest.mark.parametrize("outcome", [MeetingOutcome.PUT_OFF, MeetingOutcome.REFUSED])
def test_what_was_put_off_comes_before_the_meeting_again(green: Green, outcome: MeetingOutcome) -> None:
    upload(green)
    decide(green, outcome, changes="请再听取街道的意见。", differing="财务处建议缩小优惠范围。")
    assert green.consultation.stage is Stage.FEEDBACK_PUBLISHED
    with pytest.raises(IssueRefused, match="提请审议以后"):
        service.issue(green.publisher, green.consultation, FACTS, at=AFTER)
    again = AFTER + timedelta(days=1)
    meeting.submit(green.legal, green.consultation, at=again)
    with pytest.raises(IssueRefused, match="尚未登记会议结果"):
        service.issue(green.publisher, green.consultation, FACTS, at=again)
    decide(green, at=again)
    service.issue(
        green.publisher, green.consultation, Issue("某建发〔2026〕13号", again.date(), again.date(), "网站"), at=again
    )
    assert len(service.results(green.consultation)) == 2


def test_a_change_of_substance_goes_back_to_both_reviews(green: Green) -> None:
    decide(green, MeetingOutcome.PASSED_WITH_CHANGES, changes="优惠的年龄改为六十周岁。")
    upload(green, REVIEWED.replace("六十五周岁", "六十周岁"))
    for wanted in ("公平竞争", "合法性"):
        with pytest.raises(IssueRefused, match=wanted):
            service.issue(green.publisher, green.consultation, FACTS, at=AFTER)
    final = green.consultation.versions[-1]
    opinion = [Paper(a_paper())]
    review.record_whole(
        green.publisher, final, ReviewKind.FAIR_COMPETITION, Findings(Conclusion.CONFORMS, opinion), at=AFTER
    )
    with pytest.raises(IssueRefused, match="合法性"):
        service.issue(green.publisher, green.consultation, FACTS, at=AFTER)
    sent = AFTER.date() - timedelta(days=1)
    lawful = Findings(Conclusion.LAWFUL, opinion, AFTER.date())
    review.record_whole(green.legal, final, ReviewKind.LEGALITY, lawful, sent_on=sent, at=AFTER)
    service.issue(green.publisher, green.consultation, FACTS, at=AFTER)


@pytest.mark.parametrize(
    "text",
    [
        REVIEWED.replace("；\n", "，\n"),
        REVIEWED.replace("规定：", "规定:"),
        REVIEWED.replace("社区食堂，是指", "社区食堂 ，是指"),
    ],
)
def test_what_differs_in_stops_alone_stays_reviewed(green: Green, text: str) -> None:
    decide(green)
    upload(green, text)
    service.issue(green.publisher, green.consultation, FACTS, at=AFTER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("应当公开", "可以公开"),
        ("第四条 社区", "第四条 全部社区"),
        ("（二）留存食品样品；\n", ""),
        ("给予优惠", "不给予优惠"),
    ],
)
def test_the_smallest_change_of_words_is_one_of_substance(green: Green, old: str, new: str) -> None:
    text = REVIEWED.replace(old, new)
    assert text != REVIEWED or old == "应当公开"
    decide(green)
    upload(green, text if text != REVIEWED else REVIEWED.replace("应当", "可以", 1))
    with pytest.raises(IssueRefused, match="对照新旧文稿确认"):
        service.issue(green.publisher, green.consultation, FACTS, at=AFTER)


def test_a_review_that_fell_since_stops_the_issue(green: Green) -> None:
    decide(green)
    upload(green)
    db.session.execute(update(Review).values(withdrawn_at=AFTER))
    db.session.commit()
    with pytest.raises(IssueRefused, match="公平竞争"):
        service.issue(green.publisher, green.consultation, FACTS, at=AFTER)


def test_a_draft_may_not_be_reviewed_again_once_it_is_before_the_meeting(green: Green) -> None:
    assert reviews.newest_version(green.consultation) is green.version
    with pytest.raises(review.ReviewRefused):
        review.record_whole(
            green.publisher,
            green.version,
            ReviewKind.FAIR_COMPETITION,
            Findings(Conclusion.CONFORMS, [Paper(a_paper())]),
            at=AFTER,
        )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"document_number": " "}, "发文字号"),
        ({"document_number": "字" * 81}, "最多 80 字"),
        ({"issued_on": MEETING.date() - timedelta(days=1)}, "早于会议日期"),
        ({"issued_on": AFTER.date() + timedelta(days=1)}, "尚未到来"),
        ({"effective_on": AFTER.date() - timedelta(days=1)}, "施行日期早于"),
        ({"published_in": ""}, "在何处公布"),
    ],
)
def test_numbers_days_and_places_are_checked(green: Green, changed: dict[str, Any], why: str) -> None:
    decide(green)
    upload(green)
    with pytest.raises(IssueRefused, match=why):
        service.issue(green.publisher, green.consultation, replace(FACTS, **changed), at=AFTER)


def test_only_who_may_issues_and_only_once(green: Green, world: Kept[Green], session_app: Flask) -> None:
    decide(green)
    upload(green)
    for who in (green.drafter, green.legal):
        with pytest.raises(NotAllowed):
            service.issue(who, green.consultation, FACTS, at=AFTER)
    there = elsewhere(green.consultation)
    with pytest.raises(IssueRefused):
        both(
            session_app,
            lambda: service.issue(green.publisher, green.consultation, FACTS, at=AFTER),
            lambda: service.issue(green.publisher, there(), FACTS, at=AFTER),
        )
    assert db.session.scalar(select(func.count()).where(LedgerEntry.act == "document.issue")) == 1
    with pytest.raises(IssueRefused, match="已经登记"):
        service.complete(green.publisher, green.consultation, FACTS, at=AFTER)
    with pytest.raises(WrongState):
        upload(green)


def test_what_is_withdrawn_isn_t_issued_by_who_began_before(green: Green, session_app: Flask) -> None:
    decide(green)
    upload(green)
    there = elsewhere(green.consultation)
    with pytest.raises(IssueRefused, match="提请审议以后"):
        both(
            session_app,
            lambda: drafting.withdraw(green.publisher, green.consultation, "上位法修改", at=AFTER),
            lambda: service.issue(green.publisher, there(), FACTS, at=AFTER),
        )
    assert db.session.query(IssuedDocument).count() == 0


def test_one_promulgated_before_is_asked_for_its_text_and_facts(green: Green) -> None:
    green.consultation.stage = Stage.PROMULGATED
    db.session.commit()
    assert service.document_of(green.consultation) is None
    with pytest.raises(IssueRefused, match="先上传发布稿"):
        service.complete(green.publisher, green.consultation, FACTS, at=AFTER)
    upload(green)
    with pytest.raises(WrongState, match="不能更换"):
        upload(green)
    document = service.complete(green.publisher, green.consultation, FACTS, at=AFTER)
    assert document.document_number == FACTS.document_number


def test_a_document_is_filed_valid_evaluated_and_repealed(green: Green) -> None:
    document = issued(green)

    def act(kind: DocumentActKind, on: date = ON, paper: bool = False, at: datetime = AFTER, **facts: Any) -> None:
        made = Happening(kind, on, **facts)
        document_acts.act(green.legal, document, made, a_paper("报告.txt") if paper else None, at=at)

    act(DocumentActKind.FILED, organisation="省人民政府", number="备〔2026〕3号")
    act(DocumentActKind.VALIDITY, until=date(2031, 11, 25))
    state = document_acts.validity(document, AFTER)
    assert (state.in_force, state.review_due, state.until) == (
        False,
        False,
        date(2031, 11, 25),
    )  # in force on 1 January
    for day, due in ((date(2031, 5, 24), False), (date(2031, 5, 25), True), (date(2031, 11, 25), True)):
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL)
        assert document_acts.validity(document, moment).review_due is due, day
        assert [each.consultation_id for each, _ in document_acts.due_for_review(moment)] == [
            document.consultation_id
        ] * due
    over = datetime(2031, 11, 26, 12, tzinfo=LOCAL)
    assert not document_acts.validity(document, over).in_force
    later = datetime(2030, 3, 1, 12, tzinfo=LOCAL)
    evaluated = {"organisation": "省社会科学院", "words": "实施效果良好，建议继续有效。", "heard": HEARD}
    act(DocumentActKind.EVALUATED, on=later.date(), at=later, paper=True, **evaluated)
    act(DocumentActKind.VALIDITY, on=later.date(), at=later, until=date(2036, 1, 1))
    assert document_acts.validity(document, over).in_force
    act(DocumentActKind.REPEALED, on=over.date(), at=over, words="由新的办法代替。", number="某建发〔2031〕5号")
    assert "废止" in document_acts.validity(document, over).words
    with pytest.raises(IssueRefused, match="已经废止"):
        act(DocumentActKind.FILED, on=over.date(), at=over, organisation="省人民政府")


@pytest.mark.parametrize(
    ("kind", "facts", "why"),
    [
        (DocumentActKind.FILED, {}, "哪个机关"),
        (DocumentActKind.VALIDITY, {}, "最后一日"),
        (DocumentActKind.VALIDITY, {"until": AFTER.date()}, "最后一日"),
        (DocumentActKind.EVALUATED, {"organisation": "省社会科学院", "words": "实施效果良好。"}, "评估报告"),
        (DocumentActKind.REPEALED, {"words": "废止"}, "理由"),
        (DocumentActKind.FILED, {"organisation": "省政府", "on": MEETING.date()}, "早于印发日期"),
        (DocumentActKind.FILED, {"organisation": "省政府", "on": AFTER.date() + timedelta(days=1)}, "尚未到来"),
    ],
)
def test_what_an_act_has_to_come_with(green: Green, kind: DocumentActKind, facts: dict[str, Any], why: str) -> None:
    document = issued(green)
    happening = Happening(kind, facts.pop("on", ON), **facts)
    with pytest.raises(IssueRefused, match=why):
        document_acts.act(green.legal, document, happening, None, at=AFTER)
    assert queries.acts(document) == []


def test_who_assessed_before_doesn_t_evaluate_after(green: Green) -> None:
    db.session.execute(update(Review).where(Review.kind == ReviewKind.RISK).values(reviewing_unit="某某 风险评估中心"))
    db.session.commit()
    document = issued(green)
    happening = Happening(
        DocumentActKind.EVALUATED, AFTER.date(), organisation="某某风险评估中心", words="实施效果良好。"
    )
    with pytest.raises(IssueRefused, match="第三十六条"):
        document_acts.act(green.legal, document, happening, a_paper(), at=AFTER)


@pytest.mark.parametrize("name", ["某某风险评估有限公司", "  某某 风险评估有限公司", "某某风险评估有限责任公司"])
def test_another_way_to_write_its_name_makes_nobody_another(green: Green, name: str) -> None:
    unit = update(Review).where(Review.kind == ReviewKind.RISK).values(reviewing_unit="某某风险评估有限公司")
    db.session.execute(unit)
    db.session.commit()
    document = issued(green)
    happening = Happening(DocumentActKind.EVALUATED, ON, organisation=name, words="实施效果良好。", heard=HEARD)
    with pytest.raises(IssueRefused, match="不得承担后评估"):
        document_acts.act(green.legal, document, happening, a_paper(), at=AFTER)


HEARD = "2026年11月召开座谈会，听取20户居民的意见。"
EVALUATED = Happening(DocumentActKind.EVALUATED, ON, organisation="省社会科学院", words="实施效果良好，建议继续施行。")


def test_an_evaluation_hears_the_public_here_or_says_how(green: Green) -> None:
    document = issued(green)
    with pytest.raises(IssueRefused, match="听取社会公众的意见"):
        document_acts.act(green.legal, document, EVALUATED, a_paper(), at=AFTER)
    with pytest.raises(IssueRefused, match="听取社会公众的意见"):
        document_acts.act(green.legal, document, replace(EVALUATED, heard="听过"), a_paper(), at=AFTER)
    made = document_acts.act(green.legal, document, replace(EVALUATED, heard=HEARD), a_paper(), at=AFTER)
    assert made.heard == HEARD


def opened_call(green: Green, at: datetime) -> Consultation:
    """Open the consultation on how the issued document works."""
    document = service.document_of(green.consultation)
    assert document is not None
    call = evaluation.open_call(green.drafter, document, at=at)
    drafting.submit_for_review(green.drafter, call, at=at)
    publication.publish(green.publisher, call, at=at)
    return call


def test_the_public_is_heard_on_the_issued_text_and_who_spoke_before_is_written_to(
    green: Green, session_app: Flask
) -> None:
    document = issued(green)
    spoke = db.session.scalars(select(Submission).where(Submission.consultation_id == green.consultation.id)).first()
    assert spoke is not None
    receipt_letters.ask(spoke.number, "li@example.com", at=AFTER)
    call = opened_call(green, AFTER)
    assert call.public_version is not None
    assert call.public_version.file_digest == document.version.file_digest
    assert "后评估" in call.title
    assert "第三十六条" in call.notice_html
    with pytest.raises(IssueRefused, match="正在办理"):
        evaluation.open_call(green.drafter, document, at=AFTER)
    page = session_app.test_client().get("/consultations/green").text
    assert f"/consultations/{call.slug}" in page
    assert "评估的文件" in session_app.test_client().get(f"/consultations/{call.slug}").text
    n = evaluation_letters.queue(AFTER)
    assert n >= 1
    assert evaluation_letters.queue(AFTER) == 0
    purpose = OutgoingMail.purpose == MailPurpose.EVALUATION
    letter = db.session.scalars(select(OutgoingMail).where(purpose, OutgoingMail.address == "li@example.com")).one()
    words = evaluation_letters.compose_evaluation(letter, AFTER).get_content()
    assert f"/consultations/{call.slug}" in words
    assert db.session.scalar(select(func.count(OutgoingMail.address.distinct())).where(purpose)) == n
    subscriptions.end(db.session.get_one(LetterWish, spoke.id), at=AFTER)
    with pytest.raises(Pointless):
        evaluation_letters.compose_evaluation(letter, AFTER)


def test_what_the_public_said_counts_once_it_is_published_and_once(green: Green) -> None:
    document = issued(green)
    call = opened_call(green, AFTER)
    assert call.closes_at is not None
    over = call.closes_at + timedelta(days=1)
    assert evaluation.heard(document) is None
    report = reporting.compile_report(green.drafter, call, at=over)
    reporting.submit_for_review(green.drafter, report, at=over)
    reporting.review(green.legal, report, at=over)
    assert evaluation.heard(document) is None
    reporting.publish(green.publisher, report, at=over)
    with pytest.raises(MeetingRefused, match="后评估征求意见不提请审议"):
        meeting.submit(green.legal, call, at=over)
    later = over + timedelta(days=1)
    done = replace(EVALUATED, on=over.date())
    document_acts.act(green.legal, document, done, a_paper(), at=later)
    with pytest.raises(IssueRefused, match="听取社会公众的意见"):
        document_acts.act(green.legal, document, done, a_paper(), at=later + timedelta(days=1))


def test_a_correction_of_what_was_heard_before_is_no_new_hearing(green: Green) -> None:
    document = issued(green)
    call = opened_call(green, AFTER)
    assert call.closes_at is not None
    over = call.closes_at + timedelta(days=1)

    def published(at: datetime, reason: str = "") -> None:
        report = reporting.compile_report(green.drafter, call, at=at, correction_reason=reason)
        reporting.submit_for_review(green.drafter, report, at=at)
        reporting.review(green.legal, report, at=at)
        reporting.publish(green.publisher, report, at=at)

    published(over)
    assert evaluation.heard(document) is not None
    done = replace(EVALUATED, on=over.date())
    document_acts.act(green.legal, document, done, a_paper(), at=over + timedelta(days=1))
    published(over + timedelta(days=2), "更正一处文字错误。")
    assert evaluation.heard(document) is None
    with pytest.raises(IssueRefused, match="听取社会公众的意见"):
        document_acts.act(green.legal, document, done, a_paper(), at=over + timedelta(days=3))


def test_an_evaluation_that_was_withdrawn_is_opened_again_and_one_of_two_at_once_is_refused(green: Green) -> None:
    document = issued(green)
    call = opened_call(green, AFTER)
    drafting.withdraw(green.publisher, call, "公告有误，重新征求意见。", at=AFTER)
    assert evaluation_letters.queue(AFTER) == 0
    again = evaluation.open_call(green.drafter, document, at=AFTER)
    assert again.id != call.id
    with pytest.raises(IssueRefused, match="正在办理"):
        evaluation.open_call(green.drafter, document, at=AFTER)


def test_the_longest_title_is_evaluated_too(green: Green) -> None:
    document = issued(green)
    green.consultation.title = "长" * 200
    call = evaluation.open_call(green.drafter, document, at=AFTER)
    assert len(call.title) == 200
    assert call.title.endswith("…》实施情况（后评估）")


def test_the_phrase_of_an_evaluation_keeps_its_brackets_in_pairs() -> None:
    assert core_title("《某办法》实施情况（后评估）") == "《某办法》实施情况"
    assert core_title("《甲》和《乙》") == "《甲》和《乙》"
    assert core_title("《某办法（征求意见稿）》") == "某办法"


def test_who_had_the_address_deleted_hears_of_no_evaluation(green: Green) -> None:
    issued(green)
    spoke = db.session.scalars(select(Submission).where(Submission.consultation_id == green.consultation.id)).first()
    assert spoke is not None
    receipt_letters.ask(spoke.number, "li@example.com", at=AFTER)
    opened_call(green, AFTER)
    evaluation_letters.queue(AFTER)
    query = select(OutgoingMail).where(
        OutgoingMail.purpose == MailPurpose.EVALUATION, OutgoingMail.subject.endswith(spoke.number)
    )
    assert db.session.scalars(query).one().address == "li@example.com"
    requests.erase(SYSTEM, spoke, "来信申请删除。", at=AFTER + timedelta(minutes=1))
    letter = db.session.scalars(query).one()
    assert (letter.address, letter.state) == ("", MailState.POINTLESS)
    with pytest.raises(Pointless):
        receipt_letters.wish_of(spoke.number)
    assert db.session.scalar(select(func.count()).where(OutgoingMail.address == "li@example.com")) == 0
    evaluation_letters.queue(AFTER + timedelta(minutes=2))
    assert db.session.scalars(query).one().address == ""


@pytest.mark.parametrize("never_reached", ["revoked_at", "bounced_at", "sent_at"])
def test_an_address_that_no_letter_reached_hears_of_no_evaluation(green: Green, never_reached: str) -> None:
    issued(green)
    invitation = Invitation(
        consultation_id=green.consultation.id,
        consultee=Consultee(name="写错的单位", name_key="写错", created_at=READY, kind=ConsulteeKind.ENTERPRISE),
        method=Method.MAIL,
        email="wrong@example.com",
        nonce="n",
        token_hash="h",
        token_expires_at=AFTER,
        answer_by=AFTER,
        created_at=READY,
        sent_at=READY,
    )
    db.session.add(invitation)
    db.session.commit()
    call = opened_call(green, AFTER)
    wanted = {letter.address for letter in evaluation_letters._letters(call)}
    assert "wrong@example.com" in wanted
    setattr(invitation, never_reached, None if never_reached == "sent_at" else READY)
    db.session.commit()
    assert "wrong@example.com" not in {letter.address for letter in evaluation_letters._letters(call)}


def test_what_was_repealed_is_evaluated_no_more_and_only_by_its_keepers(green: Green) -> None:
    document = issued(green)
    with pytest.raises(NotAllowed):
        evaluation.open_call(green.legal, document, at=AFTER)
    document_acts.act(
        green.legal, document, Happening(DocumentActKind.REPEALED, ON, words="被新的办法替代。"), None, at=AFTER
    )
    with pytest.raises(IssueRefused, match="已经废止"):
        evaluation.open_call(green.drafter, document, at=AFTER)


def test_a_number_belongs_to_one_document(green: Green) -> None:
    issued(green)
    other = drafting.create(
        green.drafter, title="另一办法", kind="major-decision", file_name="a.docx", data=docx_of(DRAFT), at=AFTER
    )
    other.stage = Stage.PROMULGATED
    db.session.commit()
    data = docx_of(REVIEWED)
    versions.add_version(green.drafter, other, kind=VersionKind.PROMULGATED, file_name="b.docx", data=data, at=AFTER)
    with pytest.raises(IssueRefused, match="已经用于另一件"):
        service.complete(green.publisher, other, FACTS, at=AFTER)


def test_the_start_page_reminds_of_validity_and_of_what_is_missing(green: Green) -> None:
    document = issued(green)
    valid = Happening(DocumentActKind.VALIDITY, ON, until=date(2031, 11, 25))
    document_acts.act(green.legal, document, valid, None, at=AFTER)

    def lines(day: date, who: Actor) -> list[str]:
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL)
        return [line.what for line in todos(who, moment) if line.consultation == green.consultation]

    with current_app.test_request_context("/desk"):
        assert lines(date(2031, 5, 24), green.legal) == []
        assert lines(date(2031, 5, 25), green.legal) == ["有效期将满，待清理评估"]
        assert lines(date(2031, 5, 25), green.drafter) == []
        assert lines(date(2031, 11, 26), green.legal) == []
        db.session.delete(db.session.get_one(DocumentAct, 1))
        db.session.delete(document)
        db.session.commit()
        assert lines(ON, green.publisher) == ["印发情况待补登"]
        assert lines(ON, green.legal) == []


def test_the_record_covers_the_end_of_the_road(app: Flask) -> None:
    green = submitted()
    document = issued(green)
    filed = Happening(DocumentActKind.FILED, ON, organisation="省人民政府")
    document_acts.act(green.legal, document, filed, a_paper("备案回执.txt"), at=AFTER)
    assert list(everything_wrong(CheckedCounts())) == []
    for touched in (
        update(MeetingResult).values(outcome=MeetingOutcome.PASSED_WITH_CHANGES),
        update(IssuedDocument).values(issued_on=MEETING.date()),
        delete(DocumentAct),
    ):
        db.session.rollback()
        with db.engine.begin() as behind_the_application:
            behind_the_application.execute(touched)
        assert {fault.where for fault in everything_wrong(CheckedCounts())} >= {touched.table.name}


def test_at_the_console(green: Green, session_app: Flask, tmp_path: Path) -> None:
    minutes = tmp_path / "会议纪要.txt"
    minutes.write_text("审议通过。", encoding="utf-8")
    upload(green)
    publisher = db.session.get_one(User, green.publisher.id).username
    day = MEETING.date().isoformat()
    meant = (
        "meeting",
        "result",
        "green",
        "--on",
        day,
        "--meeting",
        "厅务会议",
        "--minutes",
        str(minutes),
        "--by",
        publisher,
    )
    assert run(session_app, *meant, "--outcome", "nonsense").exit_code == 2
    assert run(session_app, *meant, "--outcome", "passed_with_changes").exit_code == 1
    assert run(session_app, *meant, "--outcome", "passed").exit_code == 0
    facts = ("--on", ON.isoformat(), "--effective", ON.isoformat(), "--where", "本厅网站", "--by", publisher)
    assert run(session_app, "meeting", "issue", "green", "--number", " ", *facts).exit_code == 1
    printed = run(session_app, "meeting", "issue", "green", "--number", "某建发〔2026〕12号", *facts)
    assert (printed.exit_code, printed.stdout) == (0, "已登记印发：某建发〔2026〕12号。\n")


def test_on_the_desk(green: Green, session_app: Flask) -> None:
    assert green.publisher.id is not None
    client = sign_in_as(session_app.test_client(), green.publisher.id)
    g.pop("_login_user", None)
    db.session.rollback()
    page = "/desk/consultations/green/meeting"
    fields = {"outcome": "passed", "held_on": MEETING.date().isoformat(), "meeting": "厅务会议"}
    assert "请上传会议纪要" in client.post(f"{page}/result", data=fields, follow_redirects=True).text
    minutes = (BytesIO("审议通过。".encode()), "会议纪要.txt")
    assert (
        "会议结果已登记"
        in client.post(f"{page}/result", data={**fields, "minutes": minutes}, follow_redirects=True).text
    )
    assert "尚未上传发布稿" in client.get(page).text
    upload(green)
    typed = {"document_number": "某建发〔2026〕12号", "issued_on": ON.isoformat(), "published_in": "网站"}
    assert "请填写施行日期" in client.post(f"{page}/issue", data=typed, follow_redirects=True).text
    typed["effective_on"] = "2027-01-01"
    assert "某建发〔2026〕12号" in client.post(f"{page}/issue", data=typed, follow_redirects=True).text
    act = {"kind": "filed", "on": ON.isoformat(), "organisation": "省人民政府"}
    assert "省人民政府" in client.post(f"{page}/document", data=act, follow_redirects=True).text
    assert "没有这样" not in client.post(f"{page}/document", data={**act, "kind": "x"}, follow_redirects=True).text
    (result,) = service.results(green.consultation)
    assert client.get(f"{page}/minutes/{result.id}").data == "审议通过。".encode()
    assert client.get(f"{page}/minutes/99").status_code == 404
    assert client.get(f"{page}/document/1").status_code == 404
