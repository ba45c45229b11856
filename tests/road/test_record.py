"""The record of a whole road is whole, and whatever is touched of it behind the application's back is named."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, update

from consult.accounts.models import Role
from consult.adoption import queries as adoption_queries
from consult.adoption import service as adoption
from consult.adoption.models import Decision, Outcome
from consult.moderation import service as moderation
from consult.moderation.models import Screening
from consult.reporting import report_files
from consult.reporting import service as reporting
from consult.reporting.models import FeedbackReport, ReportRow
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation


@pytest.fixture
def road(app: Flask) -> None:
    """Three submissions, screened, undone and screened again, decided, a decision returned, a report published."""
    drafter, second = an_actor(Role.DRAFTER), an_actor(Role.DRAFTER, "second")
    publisher, other = an_actor(Role.PUBLISHER), an_actor(Role.PUBLISHER, "other")
    moderator = an_actor(Role.MODERATOR)
    consultation = an_open_consultation(drafter, publisher)
    day, after = NOON + timedelta(days=3), NOON + timedelta(days=45)
    first, second_one, third = (
        a_submission(consultation, words, at=day).submission for words in ("赞成。", "反对。", "广告")
    )
    moderation.take_up(moderator, first, at=day)
    moderation.accept(moderator, first, at=day)
    moderation.undo(moderator, first, at=day)
    moderation.accept(moderator, first, at=day)
    moderation.accept(moderator, second_one, at=day)
    moderation.reject(moderator, third, reason_id="advertising", reason="卖东西", at=day)
    for item in adoption_queries.with_decisions(consultation.id):
        returned = adoption.decide(drafter, item.opinion, Outcome.NOT_ADOPTED, "与上位法规定不一致。", at=after)
        adoption.return_decision(second, returned, "请写明理由", at=after)
        decision = adoption.decide(drafter, item.opinion, Outcome.EXPLAINED, "现行规定已有。", at=after)
        adoption.review(second, decision, at=after)
    report = reporting.compile_report(publisher, consultation, at=after, statement="感谢参与。")
    reporting.submit_for_review(publisher, report, at=after)
    reporting.review(other, report, at=after)
    reporting.publish(publisher, report, at=after)
    report_files.finish(report, at=after)
    db.session.commit()


def found(app: Flask) -> list[str]:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["ledger", "verify", "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == (0 if document["ok"] else 1), result.stderr
    return [f"{fault['where']} {fault['what']}" for fault in document["faults"]]


def touch(statement: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(statement)


@pytest.mark.usefixtures("road")
class TestTheRoad:
    def test_an_untouched_road_is_whole(self, app: Flask) -> None:
        assert found(app) == []

    @pytest.mark.parametrize(
        "change", [{"outcome": Outcome.ADOPTED}, {"reason": "好"}, {"state": "proposed"}], ids=lambda c: next(iter(c))
    )
    def test_a_changed_decision_is_named(self, app: Flask, change: dict[str, object]) -> None:
        touch(update(Decision).where(Decision.id == 2).values(**change))
        assert found(app) == ["decision changed"]

    @pytest.mark.parametrize(
        "change",
        [{"reason": "别的"}, {"reason_id": "abuse"}, {"kind": "accept"}, {"at": NOON}, {"by_id": None}],
        ids=lambda c: next(iter(c)),
    )
    def test_a_changed_act_of_screening_is_named(self, app: Flask, change: dict[str, object]) -> None:
        touch(update(Screening).where(Screening.kind == "reject").values(**change))
        assert found(app) == ["screening changed"]

    @pytest.mark.parametrize("change", [{"statement": "不谢。"}, {"snapshot": {}}, {"digest": "0" * 64}])
    def test_a_changed_report_is_named(self, app: Flask, change: dict[str, object]) -> None:
        touch(update(FeedbackReport).values(**change))
        assert sorted(found(app)) == ["feedback_report changed", "report changed"]

    def test_a_changed_or_removed_line_of_a_report_is_named(self, app: Flask) -> None:
        touch(update(ReportRow).where(ReportRow.number == 1).values(reason="别的"))
        assert found(app) == ["report changed"]
        touch(delete(ReportRow).where(ReportRow.number == 1))
        assert found(app) == ["report changed"]
