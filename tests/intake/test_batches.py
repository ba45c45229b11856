"""Many submissions at once by the one way in."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.intake import batches, receipts, verification
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.store import counters, transaction
from tests.together import both, elsewhere
from tests.world import DURING, open_consultation


def test_a_receipt_number_that_is_given_away_is_drawn_anew_inside_a_larger_transaction_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultation = open_consultation()
    drawn = iter(["20261010-AAAAAAAA", "20261010-AAAAAAAA", *(f"20261010-BBBBBBB{n}" for n in range(2, 9))])
    monkeypatch.setattr(receipts, "new_number", lambda _at: next(drawn))
    arrivals = [
        Arrival(Channel.HOTLINE, (ArrivalPart(f"意见{n}"),), b"{}", "application/json", idempotency_key=f"row:{n}")
        for n in range(2)
    ]
    with transaction():
        outcomes = batches.receive_many(consultation, arrivals, at=DURING, actor=SYSTEM)
    assert [outcome.replayed for outcome in outcomes if isinstance(outcome, receipts.Receipt)] == [False, False]
    assert counters.counts(consultation.id, "received") == {"in_time": 2}
    assert list(verification.faults()) == []


def test_two_tables_with_the_same_rows_in_another_order_are_taken_together(app: Flask) -> None:
    consultation = open_consultation()
    arrival, other = (
        Arrival(Channel.HOTLINE, (ArrivalPart(f"意见{n}"),), b"{}", "application/json", idempotency_key=f"row:{n}")
        for n in range(2)
    )
    there = elsewhere(consultation)
    second: list[batches.Outcome] = []
    both(
        app,
        lambda: batches.receive_many(consultation, [arrival], at=DURING, actor=SYSTEM),
        lambda: second.extend(batches.receive_many(there(), [other, arrival], at=DURING, actor=SYSTEM)),
        lambda: batches.receive_many(consultation, [other], at=DURING, actor=SYSTEM),
    )
    assert [outcome.replayed for outcome in second if isinstance(outcome, receipts.Receipt)] == [True, True]
    assert counters.counts(consultation.id, "received") == {"in_time": 2}
    assert list(verification.faults()) == []
