"""Two transactions at the same moment on the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Division
from consult.store import claiming, db, tally, transaction
from consult.store.claiming import claimed, hold
from consult.store.tally import FOLD_AT, Tally
from tests.together import both, elsewhere


def test_two_workers_that_fold_together_fold_once(app: Flask) -> None:
    for _ in range(FOLD_AT + 1):
        with transaction():
            tally.add(1, [("state", "received", 1)])
    folded: list[int] = []
    both(app, lambda: folded.append(tally.fold()), lambda: folded.append(tally.fold()))
    assert folded == [FOLD_AT, 0]
    assert tally.counts(1, "state") == {"received": FOLD_AT + 1}
    assert db.session.scalar(select(func.count()).select_from(Tally)) == 1


def test_a_row_that_is_held_is_read_as_the_other_left_it_and_keeps_what_was_changed_before(app: Flask) -> None:
    with transaction() as session:
        division = Division(name="甲处")
        session.add(division)
    there = elsewhere(division)

    def rename(to: Division, name: str) -> None:
        with transaction():
            hold(to)
            to.name += name

    def twice() -> None:
        with transaction():
            rename(there(), "丙")
            rename(there(), "丁")

    both(app, lambda: rename(division, "乙"), twice)
    assert division.name == "甲处乙丙丁"


def test_a_row_that_another_made_and_took_away_since_is_made_anew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    really, asked = claiming.insert_unless_there, []

    def insert(*model: Any, **values: Any) -> None:
        asked.append(values)
        if len(asked) > 1:  # at first the other's was there
            really(*model, **values)

    monkeypatch.setattr(claiming, "insert_unless_there", insert)
    with transaction():
        assert claimed(Division, {"name": "建设处"}).name == "建设处"
    assert len(asked) == 2
