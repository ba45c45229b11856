"""What the desk asks of reports that aren't out yet."""

from __future__ import annotations

from flask import Flask

from consult.accounts.models import Role
from consult.drafting.models import Consultation
from consult.reporting.models import FeedbackReport, ReportState
from consult.reporting.queries import unfinished
from consult.store import db
from tests.builders import NOON, a_consultation, an_actor


def a_report(consultation: Consultation, version: int, state: ReportState) -> FeedbackReport:
    """Return a stored report of a consultation."""
    report = FeedbackReport(
        consultation_id=consultation.id, version=version, state=state, snapshot={}, digest="0" * 64, compiled_at=NOON
    )
    db.session.add(report)
    db.session.commit()
    return report


def test_only_reports_that_somebody_has_to_act_on_are_unfinished(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    asked, other = a_consultation(author), a_consultation(author)
    reports = [a_report(asked, version, state) for version, state in enumerate(ReportState, start=1)]
    a_report(other, 1, ReportState.IN_REVIEW)
    waiting = [report for report in reports if report.state in (ReportState.IN_REVIEW, ReportState.REVIEWED)]
    assert unfinished([asked.id]) == waiting
    assert unfinished([]) == []
