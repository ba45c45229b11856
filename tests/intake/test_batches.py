"""Many submissions at once by the one way in."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.intake import batches, receipts, witness
from consult.intake.arrival import Arrival, Said
from consult.intake.models import Channel
from consult.store import tally, transaction
from tests.world import DURING, open_consultation


def test_a_receipt_number_that_is_given_away_is_drawn_anew_inside_a_larger_transaction_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultation = open_consultation()
    drawn = iter(["20261010-AAAAAAAA", "20261010-AAAAAAAA", *(f"20261010-BBBBBBB{n}" for n in range(2, 9))])
    monkeypatch.setattr(receipts, "new_number", lambda _at: next(drawn))
    arrivals = [
        Arrival(Channel.HOTLINE, (Said(f"意见{n}"),), b"{}", "application/json", idempotency_key=f"row:{n}")
        for n in range(2)
    ]
    with transaction():
        outcomes = batches.receive_many(consultation, arrivals, at=DURING, actor=SYSTEM)
    assert [outcome.replayed for outcome in outcomes if isinstance(outcome, receipts.Receipt)] == [False, False]
    assert tally.counts(consultation.id, "received") == {"in_time": 2}
    assert list(witness.faults()) == []
