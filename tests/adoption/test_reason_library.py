"""The library of reasons: of a division or of all, filled in when chosen, with where each was used."""

import pytest
from flask import Flask
from sqlalchemy import update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import reason_library, service, verification
from consult.adoption.errors import TemplateRefused
from consult.adoption.models import Outcome, ReasonTemplate
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

WORDS = "{条款}对此已有规定，关于“{意见}”的要求由{部门}另行研究。"
VALUES = {"条款": "第三条", "意见": "菜价要公示", "部门": "社区服务处"}


def test_a_reason_is_filled_in_counted_changed_and_retired(app: Flask) -> None:
    consultation, drafter, legal = open_consultation(), actor(Role.DRAFTER), actor(Role.LEGAL, "法规处")
    other = actor(Role.DRAFTER, "建管处")
    first, second, elsewhere = (
        opinions_of(accepted(consultation, (anchor, "菜价要公示。")))[0] for anchor in ("art-3", "art-3", "art-2")
    )
    kept = reason_library.add_template(drafter, Outcome.EXPLAINED, WORDS, at=AFTER)
    law = reason_library.add_template(
        legal, Outcome.NOT_ADOPTED, "上位法已经作出规定，不再重复。", "《价格法》第十三条", shared=True, at=AFTER
    )
    assert [each.id for each in reason_library.templates(drafter)] == [kept.id, law.id]
    assert [each.id for each in reason_library.templates(other)] == [law.id], "another division has reasons of its own"

    by_use = reason_library.offers(drafter, [first.anchor], VALUES)
    words = {offer.template.id: offer.words for offer in by_use}
    assert words[kept.id] == "第三条对此已有规定，关于“菜价要公示”的要求由社区服务处另行研究。"
    assert words[law.id] == "根据《价格法》第十三条，上位法已经作出规定，不再重复。"

    service.decide(drafter, first, Outcome.EXPLAINED, words[kept.id], at=AFTER, template_id=kept.id)
    service.decide(drafter, elsewhere, Outcome.NOT_ADOPTED, words[law.id], at=AFTER, template_id=law.id)
    service.decide(drafter, second, Outcome.EXPLAINED, "完全是另外写的一条理由。", at=AFTER, template_id=kept.id)
    assert reason_library.uses([kept, law]) == {kept.id: 1, law.id: 1}, "what was rewritten isn't from the library"
    ranked = [
        [offer.template.id for offer in reason_library.offers(drafter, [each.anchor], VALUES)]
        for each in (second, elsewhere)
    ]
    assert ranked == [[kept.id, law.id], [law.id, kept.id]], "those used on the provision come first"

    newer = reason_library.change_template(
        drafter, kept, Outcome.EXPLAINED, "{条款}已经写明，具体办法另行制定。", at=AFTER
    )
    assert [each.id for each in reason_library.templates(drafter)] == [newer.id, law.id]
    assert reason_library.uses([newer]) == {kept.id: 1}, "the uses of earlier versions count"
    assert [each.opinion_id for each in reason_library.decisions_with(newer)] == [first.id]
    with pytest.raises(TemplateRefused):
        reason_library.change_template(drafter, kept, Outcome.EXPLAINED, "又改一次，与他人同时。", at=AFTER)
    reason_library.retire_template(drafter, newer, at=AFTER)
    assert [each.id for each in reason_library.templates(drafter)] == [law.id]
    assert reason_library.offered(drafter, newer.id) is None
    assert list(verification.missing_opinions()) == []

    db.session.execute(update(ReasonTemplate).where(ReasonTemplate.id == law.id).values(words="不予采纳。"))
    db.session.commit()
    assert [fault.what.value for fault in verification.missing_opinions()] == ["changed"]


@pytest.mark.parametrize(
    ("words", "basis"),
    [
        ("不予采纳", ""), ("无", ""), ("{条款}{意见}{部门}", ""), ("{姓名}不符合本办法的规定。", ""),
        ("{依据}已经作出规定，不再重复。", ""), ("字" * 2001, ""), ("上位法已经作出规定。", "据" * 301),
    ],
)  # fmt: skip
def test_a_reason_that_says_nothing_or_has_an_unknown_placeholder_isnt_stored(
    app: Flask, words: str, basis: str
) -> None:
    with pytest.raises(TemplateRefused):
        reason_library.add_template(actor(Role.DRAFTER), Outcome.NOT_ADOPTED, words, basis, at=AFTER)


def test_each_division_keeps_its_own_and_the_legal_staff_those_of_all(app: Flask) -> None:
    drafter, other, legal = actor(Role.DRAFTER), actor(Role.DRAFTER, "建管处"), actor(Role.LEGAL)
    words = "上位法已经作出规定，不再重复。"
    kept = reason_library.add_template(drafter, Outcome.NOT_ADOPTED, words, at=AFTER)
    for doing in (
        lambda: reason_library.add_template(drafter, Outcome.NOT_ADOPTED, words, shared=True, at=AFTER),
        lambda: reason_library.change_template(other, kept, Outcome.NOT_ADOPTED, words, at=AFTER),
        lambda: reason_library.retire_template(other, kept, at=AFTER),
        lambda: reason_library.add_template(actor(Role.MODERATOR), Outcome.NOT_ADOPTED, words, at=AFTER),
    ):
        with pytest.raises(NotAllowed):
            doing()
    reason_library.retire_template(legal, kept, at=AFTER)
