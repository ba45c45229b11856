"""Two people who work on one consultation's report at the same moment."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, Stage
from consult.ledger.models import LedgerEntry
from consult.reporting import service as reporting
from consult.reporting.errors import ReportRefused
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import db
from tests.together import both, elsewhere
from tests.world import AFTER, actor, open_consultation


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return open_consultation()


def compiled(consultation: Consultation, reason: str = "") -> FeedbackReport:
    return reporting.compile_report(actor(Role.DRAFTER), consultation, at=AFTER, correction_reason=reason)


def reviewed(consultation: Consultation, reason: str = "") -> FeedbackReport:
    report = compiled(consultation, reason)
    reporting.submit_for_review(actor(Role.DRAFTER), report, at=AFTER)
    reporting.review(actor(Role.PUBLISHER), report, at=AFTER)
    return report


def states(consultation: Consultation) -> list[ReportState]:
    query = select(FeedbackReport.state).where(FeedbackReport.consultation_id == consultation.id)
    return list(db.session.scalars(query.order_by(FeedbackReport.version)))


def test_of_two_reports_that_are_compiled_together_the_first_is_set_aside(
    app: Flask, consultation: Consultation
) -> None:
    drafter, there = actor(Role.DRAFTER), elsewhere(consultation)
    both(
        app,
        lambda: reporting.compile_report(drafter, consultation, at=AFTER),
        lambda: reporting.compile_report(drafter, there(), at=AFTER),
    )
    assert states(consultation) == [ReportState.DISCARDED, ReportState.COMPILED]


def test_a_report_is_published_once_and_by_the_first_of_two(app: Flask, consultation: Consultation) -> None:
    report = reviewed(consultation)
    first, second = actor(Role.PUBLISHER), actor(Role.PUBLISHER)
    there = elsewhere(report)
    with pytest.raises(ReportRefused, match="不能公布"):
        both(
            app,
            lambda: reporting.publish(first, report, at=AFTER),
            lambda: reporting.publish(second, there(), at=AFTER),
        )
    assert (report.state, report.published_by_id) == (ReportState.PUBLISHED, first.id)
    published = LedgerEntry.act == "report.publish", LedgerEntry.subject.startswith("report:")
    assert db.session.scalar(select(func.count()).where(*published)) == 1


def test_what_is_returned_is_published_by_nobody_who_began_before(app: Flask, consultation: Consultation) -> None:
    report = reviewed(consultation)
    reviewer, publisher, there = actor(Role.PUBLISHER), actor(Role.PUBLISHER), elsewhere(report)
    with pytest.raises(ReportRefused, match="不能公布"):
        both(
            app,
            lambda: reporting.return_report(reviewer, report, "数字不对。", at=AFTER),
            lambda: reporting.publish(publisher, there(), at=AFTER),
        )
    assert report.state is ReportState.DISCARDED


def test_what_is_taken_back_is_reviewed_by_nobody_who_began_before(app: Flask, consultation: Consultation) -> None:
    report = compiled(consultation)
    drafter, reviewer = actor(Role.DRAFTER), actor(Role.PUBLISHER)
    reporting.submit_for_review(drafter, report, at=AFTER)
    there = elsewhere(report)
    with pytest.raises(ReportRefused, match="只有送审中的"):
        both(
            app,
            lambda: reporting.take_back(drafter, report, at=AFTER),
            lambda: reporting.review(reviewer, there(), at=AFTER),
        )
    assert (report.state, report.reviewed_by_id) == (ReportState.COMPILED, None)
    assert consultation.stage is Stage.RELEASED
    reporting.submit_for_review(drafter, report, at=AFTER)
    reporting.review(reviewer, report, at=AFTER)
    with pytest.raises(ReportRefused, match="尚未审核的"):
        reporting.take_back(drafter, report, at=AFTER)


def test_of_two_who_review_together_the_first_is_the_reviewer(app: Flask, consultation: Consultation) -> None:
    report = compiled(consultation)
    reporting.submit_for_review(actor(Role.DRAFTER), report, at=AFTER)
    first, second, there = actor(Role.PUBLISHER), actor(Role.PUBLISHER), elsewhere(report)
    with pytest.raises(ReportRefused, match="只有送审中的"):
        both(
            app,
            lambda: reporting.review(first, report, at=AFTER),
            lambda: reporting.review(second, there(), at=AFTER),
        )
    assert report.reviewed_by_id == first.id


def test_what_is_compiled_while_a_report_is_published_is_its_correction_and_needs_a_reason(
    app: Flask, consultation: Consultation
) -> None:
    report = reviewed(consultation)
    publisher, drafter, there = actor(Role.PUBLISHER), actor(Role.DRAFTER), elsewhere(consultation)
    with pytest.raises(ReportRefused, match="更正必须写明"):
        both(
            app,
            lambda: reporting.publish(publisher, report, at=AFTER),
            lambda: reporting.compile_report(drafter, there(), at=AFTER),
        )
    assert states(consultation) == [ReportState.PUBLISHED]


def test_nothing_is_published_of_what_is_withdrawn_at_that_moment(app: Flask, consultation: Consultation) -> None:
    report = reviewed(consultation)
    publisher, there = actor(Role.PUBLISHER), elsewhere(report)
    with pytest.raises(ReportRefused, match="撤回"):
        both(
            app,
            lambda: drafting.withdraw(actor(Role.PUBLISHER), consultation, "上位法修改", at=AFTER),
            lambda: reporting.publish(publisher, there(), at=AFTER),
        )
    assert (consultation.stage, report.state) == (Stage.WITHDRAWN, ReportState.REVIEWED)
