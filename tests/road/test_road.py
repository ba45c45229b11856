"""The road of one opinion, by its verbs: from the draft to the published report, and everything in between counted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import queries as adoption_queries
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.drafting.models import State
from consult.files.feedback import WRITERS, render
from consult.intake import receipts
from consult.intake.arrival import ArrivalPart
from consult.intake.models import SubmissionState
from consult.moderation import service as moderation
from consult.reporting import figures, report_document, report_files, report_versions
from consult.reporting import service as reporting
from consult.reporting.errors import ReportRefused, SameReporter
from consult.reporting.models import ReportState
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation


def test_one_opinion_travels_from_the_form_to_the_published_report(app: Flask) -> None:
    drafter, second = an_actor(Role.DRAFTER), an_actor(Role.DRAFTER, "second")
    publisher, other = an_actor(Role.PUBLISHER), an_actor(Role.PUBLISHER, "other")
    moderator = an_actor(Role.MODERATOR)
    consultation = an_open_consultation(drafter, publisher)
    day = NOON + timedelta(days=3)
    receipt = a_submission(
        consultation,
        ArrivalPart("第三条建议改为六十五周岁，电话13800138000。", "art-3"),
        "总体赞成。",
        name="张三丰",
        at=day,
    )
    rejected = a_submission(consultation, "卖发票请联系我。", at=day)
    late = a_submission(consultation, "我来晚了。", at=NOON + timedelta(days=40))
    assert late.submission.late

    moderation.accept(moderator, receipt.submission, at=day)
    moderation.accept(moderator, late.submission, at=day)
    reason = "advertising"
    moderation.reject(moderator, rejected.submission, reason_id=reason, at=day)

    after = NOON + timedelta(days=45)
    assert consultation.state(after) is State.CLOSED
    with pytest.raises(ReportRefused, match="还有 3 条意见尚未处理完毕"):
        reporting.compile_report(publisher, consultation, at=after)

    for item in adoption_queries.with_decisions(consultation.id):
        outcome = Outcome.PARTLY_ADOPTED if item.opinion.anchor else Outcome.EXPLAINED
        decision = adoption.decide(drafter, item.opinion, outcome, "财政承受能力有限，分步实施。", at=after)
        adoption.review(second, decision, at=after)

    report = reporting.compile_report(publisher, consultation, at=after, statement="感谢参与。")
    reporting.submit_for_review(publisher, report, at=after)
    with pytest.raises(SameReporter):
        reporting.review(publisher, report, at=after)
    reporting.review(other, report, at=after)
    reporting.publish(publisher, report, at=after)

    assert report.state is ReportState.PUBLISHED
    assert consultation.state(after) is State.FEEDBACK_PUBLISHED
    printed = json.loads(render(report_document.document(report), "json"))
    assert printed["figures"]["received"] == 2
    assert printed["figures"]["late"] == 1
    assert printed["figures"]["outcome.partly_adopted"] == 1
    assert "13800138000" not in json.dumps(printed, ensure_ascii=False)
    assert "张三丰" not in json.dumps(printed, ensure_ascii=False)
    looked_up = receipts.find(receipt.number, receipt.key)
    printed_of_it = [row.outcome for row in report_versions.rows(report) if row.submission_id == looked_up.id]
    assert printed_of_it == ["partly_adopted", "explained"]
    report_files.finish(report, at=after)
    assert set(report.files) == set(WRITERS)


def test_every_figure_equals_the_rows_behind_it(app: Flask) -> None:
    drafter, publisher, moderator = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), an_actor(Role.MODERATOR)
    consultation = an_open_consultation(drafter, publisher)
    for n in range(12):
        receipt = a_submission(consultation, f"意见之{n}。", at=NOON + timedelta(days=n * 4))
        if n % 3:
            moderation.accept(moderator, receipt.submission, at=NOON + timedelta(days=50))
    db.session.refresh(consultation)
    for figure in figures.FIGURES.values():
        assert figure.count(consultation.id) == len(figure.ids(consultation.id, limit=1000)), figure.name
    assert figures.FIGURES["waiting"].count(consultation.id) + figures.FIGURES["state.accepted"].count(
        consultation.id
    ) == figures.FIGURES["received"].count(consultation.id)


def test_undoing_an_acceptance_takes_its_opinions_out_of_the_count(app: Flask) -> None:
    drafter, publisher, moderator = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), an_actor(Role.MODERATOR)
    consultation = an_open_consultation(drafter, publisher)
    receipt = a_submission(consultation, "应当公示菜单。", at=NOON + timedelta(days=1))
    moderation.accept(moderator, receipt.submission, at=NOON + timedelta(days=2))
    assert adoption_queries.progress(consultation.id).total == 1
    moderation.undo(moderator, receipt.submission, at=NOON + timedelta(days=2))
    assert receipt.submission.state is SubmissionState.RECEIVED
    assert adoption_queries.progress(consultation.id).total == 0
    moderation.accept(moderator, receipt.submission, at=NOON + timedelta(days=2))
    assert adoption_queries.progress(consultation.id).total == 1
