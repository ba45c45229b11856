"""Rows that staff imported are under the provision that they begin by citing, until a person says otherwise."""

from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.adoption import opinions, placement
from consult.adoption.models import Opinion
from consult.adoption.whole_text import whole_text
from consult.intake.models import Channel
from consult.moderation import service as moderation
from consult.store import db
from consult.text.placing import Because
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of


def placed(consultation, words: str, **fields) -> Opinion:
    return opinions_of(accepted(consultation, words, **{"channel": Channel.HOTLINE, **fields}))[0]


def test_a_row_that_begins_by_citing_a_provision_is_proposed_there_and_a_person_confirms_it(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    cited = [placed(consultation, f"第三条：菜价应当每天公示，第{n}位来电人。") for n in range(3)]
    assert {(each.anchor, each.placed_because) for each in cited} == {("art-3", Because.CITED)}
    others = [
        placed(consultation, "《民法典》第二条规定了调整的范围，请研究。"),
        placed(consultation, "饭菜太贵，第三条应当再想想。"),
        placed(consultation, "第九条不合理。"),
        placed(consultation, "第三条：菜价应当公示。", channel=Channel.WEB),
    ]
    assert {(each.anchor, each.placed_because) for each in others} == {("", None)}
    proposed = {each.opinion.id: each for each in placement.proposals(drafter, consultation)}
    assert {each.id for each in cited} <= proposed.keys()
    assert (proposed[cited[0].id].place.words, proposed[cited[0].id].sure) == ("第三条", True)

    assert placement.place_many(drafter, consultation, {cited[0].id: "art-3"}, at=AFTER) == 1
    opinions.set_provision(drafter, cited[1], "art-2", at=AFTER)
    assert [(each.anchor, each.placed_because) for each in cited[:2]] == [("art-3", None), ("art-2", None)]
    left = {each.opinion.id for each in placement.proposals(drafter, consultation)}
    assert left & {each.id for each in cited} == {cited[2].id}

    moderation.undo(SYSTEM, cited[1].submission, at=AFTER)
    moderation.accept(SYSTEM, cited[1].submission, at=AFTER)
    db.session.refresh(cited[1])
    assert (cited[1].anchor, cited[1].placed_because) == ("art-2", None), "what a person said stays"


def test_the_whole_text_shows_the_opinion_where_it_stands_and_the_others_beside_it(app: Flask) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    came = accepted(consultation, "您好。菜价要公示。\n我的电话13812345678。\n营业时间要延长。", name="李四")
    first, second = opinions.split(drafter, opinions_of(came)[0], ["菜价要公示。", "营业时间要延长。"], at=AFTER)
    shown = whole_text(first, as_sent=True)
    assert [(piece.text, piece.opinion_id) for piece in shown.parts[0].pieces] == [
        ("您好。", None), ("菜价要公示。", first.id), ("\n我的电话13812345678。\n", None),
        ("营业时间要延长。", second.id),
    ]  # fmt: skip
    assert "13812345678" not in "".join(piece.text for piece in whole_text(first, as_sent=False).parts[0].pieces)
    first.content = "别的话。"
    assert not whole_text(first, as_sent=True).is_marked
    db.session.rollback()
