"""The check of the order of locks, under which every test runs, does see a break."""

from __future__ import annotations

from flask import Flask

from consult.adoption.models import Opinion
from consult.drafting.models import Consultation
from consult.store import db, transaction
from consult.store.locking import lock_row
from tests.lock_order import LockOrder
from tests.world import accepted, open_consultation


def an_opinion(consultation: Consultation) -> Opinion:
    accepted(consultation, "同意。")
    return db.session.query(Opinion).order_by(Opinion.id.desc()).limit(1).one()


def test_a_consultation_locked_after_its_opinion_is_a_break(app: Flask, locks: LockOrder) -> None:
    consultation = open_consultation()
    opinion = an_opinion(consultation)
    with transaction():
        lock_row(opinion)
        lock_row(consultation)
    assert locks.broken == [f"consultation {consultation.id} locked after opinion {opinion.id}"]
    locks.broken.clear()


def test_the_later_of_two_rows_locked_first_is_a_break(app: Flask, locks: LockOrder) -> None:
    consultation = open_consultation()
    first, second = an_opinion(consultation), an_opinion(consultation)
    with transaction():
        lock_row(second)
        lock_row(first)
    assert locks.broken == [f"opinion {first.id} locked after opinion {second.id}"]
    locks.broken.clear()


def test_the_order_is_kept_from_the_consultation_down_and_a_row_may_be_locked_again(
    app: Flask, locks: LockOrder
) -> None:
    consultation = open_consultation()
    opinion = an_opinion(consultation)
    with transaction():
        lock_row(consultation)
        lock_row(opinion)
        lock_row(consultation)
    with transaction():
        lock_row(consultation)
    assert locks.broken == []
