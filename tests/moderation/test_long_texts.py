"""Long submissions in pieces: nothing is lost between them, and edits of one piece leave the others as they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.moderation import long_texts, private_data, queries, service, verification
from consult.moderation.errors import ScreeningRefused
from consult.moderation.long_texts import PIECE, SHOWN, FirstView, Piece
from consult.moderation.private_data import Detected
from consult.store import db
from tests.world import AFTER, actor, open_consultation, submission

TELEPHONE = "请打13812345678找我，"
LONG = TELEPHONE * 700


def arrived(*contents: str) -> Submission:
    """Return a submission in which the worker has detected private data."""
    consultation = db.session.scalar(db.select(Consultation)) or open_consultation()
    came = submission(consultation, *contents)
    private_data.detect_new(AFTER)
    return came


def rewrite(came: Submission, nth: int, typed: str, *, role: Role = Role.MODERATOR, seen: str | None = None) -> None:
    """Rewrite a piece as the page of pieces does."""
    detected = private_data.of(came)
    piece = long_texts.pieces(came, detected)[nth]
    assert isinstance(piece.source, SubmissionPart)
    public = service.public_text(piece.source)
    place = long_texts.place_in(public, piece, detected)
    seen = service.seen_digest(public) if seen is None else seen
    service.mask_piece(actor(role), came, piece.source, typed, place=place, seen=seen, at=AFTER)


def view(came: Submission) -> FirstView:
    return long_texts.first_view(came, private_data.of(came), queries.printed(came))


@given(st.lists(st.sampled_from([TELEPHONE, "一\n", "长" * 999 + "。", "a", "字" * 4001]), min_size=1, max_size=20))
def test_pieces_hold_every_character_once_and_part_no_datum(texts: list[str]) -> None:
    content = "".join(texts)
    part = SubmissionPart(id=1, content=content)
    spans = [("phone", i, i + 11) for i in range(len(content)) if content.startswith("13812345678", i)]
    came = Submission(parts=[part], answers=[])
    pieces = long_texts.pieces(came, Detected({"1": spans}, {}))
    assert "".join(content[piece.start : piece.end] for piece in pieces) == content
    assert all(0 < piece.end - piece.start <= PIECE for piece in pieces)
    assert not [piece for piece in pieces for _, start, end in spans if start < piece.end < end]


@given(st.text("甲乙。\n", min_size=0, max_size=9000), st.text("甲乙丙。", max_size=12000))
def test_the_places_of_all_pieces_cover_the_public_text_whatever_it_became(content: str, public: str) -> None:
    part = SubmissionPart(id=1, content=content)
    nothing = Detected({}, {})
    pieces = long_texts.pieces(Submission(parts=[part], answers=[]), nothing)
    places = [long_texts.place_in(public, piece, nothing) for piece in pieces]
    assert places[0][0] == 0
    assert places[-1][1] == len(public)
    assert all(before[1] == after[0] for before, after in pairwise(places))


def test_the_first_view_is_bounded_whatever_was_sent(app: Flask) -> None:
    whole = (TELEPHONE * 20_000)[: settings().comment_characters]
    came = arrived(*[whole] * 5)
    shown = sum(piece.end - piece.start for piece in view(came).pieces)
    assert SHOWN * 0.7 < shown <= SHOWN
    assert (
        shown + view(came).hidden_characters == sum(len(part.content) for part in came.parts) == view(came).characters
    )
    many = arrived(*(f"第{n}处。" for n in range(200)))
    assert len(view(many).pieces) < 30
    assert view(many).hidden_texts == 200 - len(view(many).pieces)
    ordinary = arrived("路灯太暗。", "菜价要公示。")
    assert [piece.is_whole for piece in view(ordinary).pieces] == [True, True]
    assert view(ordinary).hidden_characters == 0


def test_a_piece_is_masked_before_acceptance_and_printed_so(app: Flask) -> None:
    came = arrived(LONG + "邻居老王总在楼道里吸烟。", "第二处。")
    [part, other] = came.parts
    proposed = service.public_text(part)
    rewrite(came, 1, "这一段改写过。\r\n")
    assert came.state is SubmissionState.RECEIVED
    text = service.public_text(part)
    assert "这一段改写过。\n" in text
    first, *_, last = long_texts.pieces(came, private_data.of(came))[:-1]
    assert text.startswith(long_texts.proposed(first, private_data.of(came)))
    rewrite(came, 2, service.public_text(part)[slice(*_place(came, last))].replace("老王", "【姓名】"))
    service.accept(actor(Role.MODERATOR), came, at=AFTER)
    printed = queries.printed(came)
    assert "老王" not in printed[part.id].content
    assert "这一段改写过。" in printed[part.id].content
    assert len(printed[part.id].content) < len(proposed)
    assert printed[other.id].content == "第二处。"
    assert "13812345678" not in printed[part.id].content
    assert list(verification.texts()) == []
    assert list(verification.faults()) == []


def _place(came: Submission, piece: Piece) -> tuple[int, int]:
    assert isinstance(piece.source, SubmissionPart)
    return long_texts.place_in(service.public_text(piece.source), piece, private_data.of(came))


def test_undoing_the_first_masking_of_what_waits_brings_the_proposal_back(app: Flask) -> None:
    came = arrived(LONG)
    proposed = service.public_text(came.parts[0])
    rewrite(came, 0, "改写。")
    assert service.public_text(came.parts[0]) != proposed
    service.undo(actor(Role.MODERATOR), came, at=AFTER)
    assert service.public_text(came.parts[0]) == proposed
    assert came.state is SubmissionState.RECEIVED
    assert list(verification.texts()) == []


def test_a_piece_of_a_text_that_a_colleague_changed_meanwhile_is_refused(app: Flask) -> None:
    came = arrived(LONG)
    seen = service.seen_digest(service.public_text(came.parts[0]))
    rewrite(came, 0, "同事的话。")
    text = service.public_text(came.parts[0])
    with pytest.raises(ScreeningRefused, match="刚刚被修改过"):
        rewrite(came, 1, "", seen=seen)
    assert service.public_text(came.parts[0]) == text


@pytest.mark.parametrize("place", [(-1, 5), (5, 4), (0, 1_000_000)])
def test_a_place_outside_of_the_text_is_refused(app: Flask, place: tuple[int, int]) -> None:
    came = arrived(LONG)
    [part] = came.parts
    seen = service.seen_digest(service.public_text(part))
    with pytest.raises(ScreeningRefused):
        service.mask_piece(actor(Role.MODERATOR), came, part, "x", place=place, seen=seen, at=AFTER)


def test_nobody_but_moderators_masks_a_piece_and_not_of_what_was_rejected(app: Flask) -> None:
    came = arrived(LONG)
    with pytest.raises(NotAllowed):
        rewrite(came, 0, "改写。", role=Role.DRAFTER)
    service.reject(actor(Role.MODERATOR), came, reason_id="advertising", reason="卖发票", at=AFTER)
    with pytest.raises(ScreeningRefused, match="没有公开文本"):
        rewrite(came, 0, "改写。")
    assert queries.printed(came) == {}
