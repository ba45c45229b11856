"""Private data is detected once for each submission and detector, not each time that somebody looks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.drafting import terms
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.consent import withdraw_consent
from consult.intake.errors import TooLong
from consult.intake.models import Channel, Submission
from consult.moderation import private_data, queries, service
from consult.moderation.models import PrivateData
from consult.store import db, transaction
from consult.store.database import write_if_free
from consult.text.privacy import detection
from tests.world import AFTER, DURING, actor, open_consultation, submission

PRIVATE = "路灯太暗，请打 13812345678 找我。"


@pytest.fixture
def looked() -> Iterator[list[str]]:
    """List the texts in which private data was sought."""
    texts: list[str] = []
    find = detection.find

    def counted(text: str, known: object = ()) -> object:
        texts.append(text)
        return find(text, known)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detection, "find", counted)
        yield texts


def masked(came: Submission) -> str:
    """Return the proposed public text of a submission's first part, as another request sees it."""
    db.session.rollback()
    return service.proposed_text(came.parts[0], private_data.of(came))[0]


def kept() -> list[tuple[int, str]]:
    """Return what is kept, as submission and detector."""
    db.session.rollback()
    rows = db.session.execute(select(PrivateData.submission_id, PrivateData.detector))
    return [(row.submission_id, row.detector) for row in rows.all()]


def test_it_is_detected_at_the_first_look_and_only_then(app: Flask, looked: list[str]) -> None:
    came = submission(open_consultation(), PRIVATE)
    first = masked(came)
    assert "13812345678" not in first
    assert [masked(came), masked(came)] == [first, first]
    assert looked == [PRIVATE]
    service.accept(actor(Role.MODERATOR), came, at=AFTER)
    assert queries.printed(came)[came.parts[0].id].content == first
    assert looked == [PRIVATE]


def test_the_worker_has_it_ready_before_anybody_looks(app: Flask, looked: list[str]) -> None:
    consultation = open_consultation()
    came = [submission(consultation, f"{PRIVATE}{n}") for n in range(3)]
    assert (private_data.detect_new(AFTER), private_data.detect_new(AFTER)) == (3, 0)
    assert len(looked) == 3
    assert all("13812345678" not in masked(submission_) for submission_ in came)
    assert len(looked) == 3
    again = submission(consultation, "又一件 13912345678")
    assert private_data.detect_new(AFTER) == 1
    assert kept()[-1][0] == again.id


def test_what_another_detector_marked_is_marked_again_once(
    app: Flask, looked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    came = submission(open_consultation(), PRIVATE)
    with monkeypatch.context() as patch:
        patch.setattr(private_data, "version", lambda: "of last year")
        masked(came)
    assert kept() == [(came.id, "of last year")]
    masked(came)
    masked(came)
    assert len(looked) == 2
    assert kept() == [(came.id, private_data.version())]


def test_a_look_while_somebody_writes_waits_for_nobody_and_changes_nothing(app: Flask) -> None:
    came = submission(open_consultation(), PRIVATE)
    with transaction():
        assert "13812345678" not in service.proposed_text(came.parts[0], private_data.of(came))[0]
    masked(came)
    assert len(kept()) == 1


def test_what_is_not_committed_yet_can_be_looked_at(app: Flask) -> None:
    consultation = open_consultation()
    with transaction():
        came = submission(consultation, PRIVATE)
        assert "13812345678" not in service.proposed_text(came.parts[0], private_data.of(came))[0]
    masked(came)
    assert len(kept()) == 1


def test_what_two_detected_at_once_is_kept_once(app: Flask) -> None:
    came = submission(open_consultation(), PRIVATE)
    row = private_data._row(came.id, private_data._detected(came))
    for _ in range(2):
        assert write_if_free(private_data._store([row]))
    assert kept() == [(came.id, private_data.version())]


def test_all_texts_of_a_submission_together_have_a_limit(app: Flask) -> None:
    named = terms.BySlug(open_consultation().slug)

    def send(*lengths: int) -> None:
        parts = tuple(ArrivalPart("好" * length) for length in lengths)
        intake.receive(named, Arrival(Channel.WEB, parts, b"{}", "application/json"), at=DURING)

    send(*[20_000] * 5)
    with pytest.raises(TooLong, match="一共有 100,001 字，最多 100,000 字"):
        send(*[20_000] * 5, 1)
    with pytest.raises(TooLong, match="这条意见有 20,001 字"):
        send(20_001)
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 1


def test_what_cannot_be_sent_back_is_cut_and_says_so_and_the_raw_form_is_whole(app: Flask) -> None:
    raw = ("好" * 150_000).encode()
    parts = (ArrivalPart("一" * 60_000), ArrivalPart("二" * 60_000), ArrivalPart("三"))
    arrival = Arrival(Channel.MAILBOX, parts, raw, "message/rfc822", trusted_length=True)
    receipt = intake.receive(terms.BySlug(open_consultation().slug), arrival, at=DURING)
    first, second = receipt.submission.parts
    assert first.content == "一" * 60_000
    assert second.content.startswith("二" * 40_000 + "\n（来件共 120,001 字，这里只列到第 100,000 字")
    assert len(second.content) < 40_100


def test_the_list_of_the_queue_reads_no_long_texts(app: Flask) -> None:
    came = submission(open_consultation(), "长" * 19_000, "第二处")
    excerpt = queries.excerpts([came])[came.id]
    assert (excerpt.words, excerpt.places) == ("长" * 200, 2)


def test_a_name_is_private_again_once_its_consent_is_withdrawn(app: Flask) -> None:
    consultation = open_consultation()
    came = submission(consultation, "孔方明认为价格要公示。", name="孔方明", publish_name=True)
    assert private_data.of(came).in_part(came.parts[0]) == ()
    withdraw_consent(came, at=DURING)
    assert [datum.text for datum in private_data.of(came).in_part(came.parts[0])] == ["孔方明"]
