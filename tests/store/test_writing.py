"""A run of statements is whole, joins what runs already, and stores what is sent twice at once only once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, select

from consult.accounts.models import Role
from consult.drafting.models import Consultation
from consult.intake import receipts
from consult.intake import service as intake
from consult.intake.errors import IdempotencyConflict
from consult.intake.models import RawForm, Submission, SubmissionPart
from consult.ledger.models import LedgerEntry
from consult.store import bulk, counters, db, raw_transaction, transaction
from consult.store.compiled_query import Query
from consult.store.counters import Tally
from consult.store.statement_batching import INSERTS
from tests.builders import NOON, an_actor, an_arrival, an_open_consultation

LATER = NOON + timedelta(hours=1)
SENDERS = 4


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """Return an open consultation."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def rows() -> list[int]:
    """Return how many rows the tables hold that a submission is written into."""
    tables = (Submission, SubmissionPart, RawForm, Tally, LedgerEntry)
    return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_submission_whose_last_row_cannot_be_written_leaves_nothing(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows()
    with monkeypatch.context() as broken:
        broken.setattr(intake, "record_many", lambda *_args, **_how: bulk.insert_rows(LedgerEntry, [{"act": None}]))
        with pytest.raises(Exception, match=r"(?i)null|not null"):
            intake.receive(consultation, an_arrival(), at=LATER)
    assert rows() == before
    assert intake.receive(consultation, an_arrival(), at=LATER).number


def test_rows_that_wait_to_be_written_together_are_found_by_the_next_query(app: Flask) -> None:
    counted = Query(select(func.count()).where(Tally.consultation_id == bindparam("key")))
    with raw_transaction():
        for n in range(2 * INSERTS + 1):
            counters.add(7, [("received", f"{n}", 1), ("channel", f"{n}", 1)])
        assert counted(key=7) == [(2 * (2 * INSERTS + 1),)]
        counters.add(7, [("state", "received", 1)])
    assert counters.counts(7, "state") == {"received": 1}


def test_a_run_of_statements_joins_a_verb_and_goes_back_with_it(consultation: Consultation) -> None:
    before = rows()

    def sent_and_then_refused() -> None:
        with transaction():
            intake.receive(consultation, an_arrival(), at=LATER)
            assert rows()[0] == 1
            raise RuntimeError("refused")

    with pytest.raises(RuntimeError, match="refused"):
        sent_and_then_refused()
    assert rows() == before


def test_a_verb_with_objects_is_refused_inside_a_run_of_statements(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="session"), raw_transaction(), transaction():
        pass


def test_the_same_form_sent_by_several_at_once_is_one_submission_and_one_receipt(
    app: Flask, consultation: Consultation
) -> None:
    key, arrival = consultation.id, an_arrival(idempotency_key="web:one")
    db.session.commit()

    def send(words: str) -> str:
        with app.app_context():
            mine = arrival if words == "same" else an_arrival("别的话。", idempotency_key="web:one")
            return intake.receive(db.session.get_one(Consultation, key), mine, at=LATER).number

    with ThreadPoolExecutor(SENDERS) as pool:
        numbers = set(pool.map(send, ["same"] * SENDERS))
    assert len(numbers) == 1
    assert rows()[:3] == [1, 1, 1]
    assert counters.counts(key, "received") == {"in_time": 1}
    with pytest.raises(IdempotencyConflict):
        send("other")


def test_a_receipt_number_that_is_given_away_is_drawn_anew(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["20261010-AAAAAAAA", "20261010-AAAAAAAA", "20261010-BBBBBBBB"])
    monkeypatch.setattr(receipts, "new_number", lambda _at: next(drawn))
    first, second = (intake.receive(consultation, an_arrival(idempotency_key=key), at=LATER) for key in ("a", "b"))
    assert (first.number, second.number) == ("20261010-AAAAAAAA", "20261010-BBBBBBBB")
    assert rows()[0] == 2
