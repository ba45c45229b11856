"""Opinions follow screening: drawn on acceptance, withdrawn with it, pieces kept."""

from __future__ import annotations

from flask import Flask

from consult.accounts.models import Role
from consult.adoption import opinions
from consult.intake.models import Submission
from consult.moderation import service as moderation
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of, submission

TWO_POINTS = "公示菜价很好。\n\n优惠应当从六十五周岁起。"


def screened_again(came: Submission, text: str = "") -> None:
    """Undo an acceptance and accept once more, with another public text where one is given."""
    moderator = actor(Role.MODERATOR)
    moderation.undo(moderator, came, at=AFTER)
    texts = {came.parts[0].id: text} if text else None
    moderation.accept(moderator, came, at=AFTER, public_texts=texts)


def test_accepting_draws_one_opinion_of_each_part_as_it_is_printed(app: Flask) -> None:
    came = submission(open_consultation(), ("art-3", "菜价公示，电话 13812345678。"), "总体赞成。")
    assert opinions_of(came) == []
    moderation.accept(actor(Role.MODERATOR), came, at=AFTER)
    drawn = opinions_of(came)
    assert [(opinion.anchor, opinion.content) for opinion in drawn] == [
        ("art-3", "菜价公示，电话 【电话】。"),
        ("", "总体赞成。"),
    ]


def test_undoing_withdraws_them_and_accepting_again_revives_the_same(app: Flask) -> None:
    came = accepted(open_consultation(), "总体赞成。")
    before = opinions_of(came)
    moderation.undo(actor(Role.MODERATOR), came, at=AFTER)
    assert opinions_of(came) == []
    moderation.accept(actor(Role.MODERATOR), came, at=AFTER)
    assert opinions_of(came) == before


def test_a_rejection_after_an_undone_acceptance_leaves_no_opinion(app: Flask) -> None:
    came = accepted(open_consultation(), "总体赞成。")
    moderator = actor(Role.MODERATOR)
    moderation.undo(moderator, came, at=AFTER)
    moderation.reject(moderator, came, reason_id="unrelated", at=AFTER)
    assert opinions_of(came) == []


def test_masking_later_changes_what_the_opinion_prints(app: Flask) -> None:
    came = accepted(open_consultation(), "三单元的老李家赞成。")
    moderation.mask(actor(Role.MODERATOR), came, {came.parts[0].id: "一户邻居赞成。"}, at=AFTER)
    assert [opinion.content for opinion in opinions_of(came)] == ["一户邻居赞成。"]


def test_a_duplicate_gives_no_opinion(app: Flask) -> None:
    consultation = open_consultation()
    first = accepted(consultation, "总体赞成。")
    again = submission(consultation, "总体赞成。")
    moderation.mark_duplicate(actor(Role.MODERATOR), again, first, at=AFTER)
    assert opinions_of(again) == []
    assert len(opinions_of(consultation)) == 1


def test_split_pieces_are_kept_when_the_submission_comes_back(app: Flask) -> None:
    came = accepted(open_consultation(), TWO_POINTS)
    pieces = opinions.split(actor(Role.DRAFTER), opinions_of(came)[0], TWO_POINTS.split("\n\n"), at=AFTER)
    assert opinions_of(came) == pieces
    screened_again(came)
    assert opinions_of(came) == pieces


def test_a_piece_split_further_does_not_come_back_beside_its_own_pieces(app: Flask) -> None:
    came = accepted(open_consultation(), "甲乙丙。\n\n丁。")
    drafter = actor(Role.DRAFTER)
    first, second = opinions.split(drafter, opinions_of(came)[0], ["甲乙丙。", "丁。"], at=AFTER)
    smaller = opinions.split(drafter, first, ["甲乙", "丙。"], at=AFTER)
    screened_again(came)
    assert opinions_of(came) == [second, *smaller]


def test_the_whole_comes_back_where_a_piece_no_longer_stands_in_the_public_text(app: Flask) -> None:
    came = accepted(open_consultation(), TWO_POINTS)
    whole = opinions_of(came)[0]
    opinions.split(actor(Role.DRAFTER), whole, TWO_POINTS.split("\n\n"), at=AFTER)
    screened_again(came, text="公示菜价很好。")
    assert opinions_of(came) == [whole]
    assert whole.content == "公示菜价很好。"
    screened_again(came)
    assert opinions_of(came) == [whole]
