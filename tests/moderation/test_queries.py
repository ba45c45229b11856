"""The queue: in the order of coming, paged by key on both sides."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import event

from consult.accounts.models import Role
from consult.intake.models import SubmissionState
from consult.moderation import queries, service
from consult.store import db
from tests.world import AFTER, actor, open_consultation, submission

WAITING = [SubmissionState.RECEIVED, SubmissionState.SCREENING]


def test_the_queue_goes_on_where_the_last_page_ended_and_back_again(app: Flask) -> None:
    consultation = open_consultation()
    came = [submission(consultation, f"第 {n} 件。") for n in range(5)]
    first = queries.page(consultation.id, WAITING, limit=2)
    assert (first.submissions, first.earlier, first.later) == (came[:2], False, True)
    second = queries.page(consultation.id, WAITING, after=first.last, limit=2)
    assert (second.submissions, second.earlier, second.later) == (came[2:4], True, True)
    last = queries.page(consultation.id, WAITING, after=second.last, limit=2)
    assert (last.submissions, last.earlier, last.later) == (came[4:], True, False)
    back = queries.page(consultation.id, WAITING, before=second.first, limit=2)
    assert (back.submissions, back.earlier, back.later) == (came[:2], False, True)


def test_states_are_merged_in_the_order_of_coming(app: Flask) -> None:
    consultation = open_consultation()
    came = [submission(consultation, f"第 {n} 件。") for n in range(4)]
    service.take_up(actor(Role.MODERATOR), came[1], at=AFTER)
    assert queries.page(consultation.id, WAITING).submissions == came
    assert queries.neighbour(came[0], WAITING) == came[1]
    assert queries.neighbour(came[2], WAITING, forward=False) == came[1]
    assert queries.neighbour(came[3], WAITING) is None


def test_a_submission_is_found_by_its_number_in_its_own_consultation_only(app: Flask) -> None:
    here, there = open_consultation("canteens"), open_consultation("streets")
    came = submission(here, "路灯太暗。")
    assert queries.by_number(here.id, f" {came.number.lower()} ") == came
    assert queries.by_number(there.id, came.number) is None


def test_a_page_of_the_queue_reads_an_index_and_never_the_whole_table(app: Flask) -> None:
    consultation = open_consultation()
    came = [submission(consultation, f"第 {n} 件。") for n in range(3)]
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL plans by statistics: on three rows a scan is right
    asked: list[tuple[str, object]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        queries.page(consultation.id, WAITING, after=1)
        queries.repeated(came)
        queries.counts(consultation.id)
        queries.same_text(came[2])
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    for statement, parameters in asked:
        if statement.lstrip().startswith("SELECT"):
            plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not any(str(step[3]).startswith("SCAN") for step in plan), (statement, plan)
