"""What is similar in matter is proposed on the same provision and joined by a person only."""

from __future__ import annotations

import pytest

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import groups, service, similar
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Opinion, OpinionGroup, Outcome
from consult.drafting.models import Consultation
from consult.store import db
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

RAISE = "建议提高老年人免费乘车的补贴标准。"
RAISE_TOO = "老人坐公交的补助太少，希望上调。"
LOWER = "老年人乘车的补贴应当降低，财政负担太重。"


@pytest.fixture
def consultation(app: object) -> Consultation:
    consultation = open_consultation()
    for anchor, words in (
        ("art-3", RAISE), ("art-3", RAISE), ("art-3", RAISE_TOO), ("art-3", RAISE_TOO), ("art-3", LOWER),
        ("art-4", RAISE_TOO),
    ):  # fmt: skip
        accepted(consultation, (anchor, words))
    return consultation


def grouped(consultation: Consultation) -> list[OpinionGroup]:
    return groups.group(actor(Role.DRAFTER), consultation, at=AFTER)


def test_grouping_leaves_apart_what_is_only_similar_and_a_person_joins_it(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    first, second = grouped(consultation)
    (proposal,) = similar.proposals(drafter, first)
    assert (proposal.subject, proposal.opinions, proposal.similarity.demands) == (second, 2, ("提高",))
    similar.join_groups(drafter, second, first, at=AFTER)
    assert {opinion.content for opinion in opinions_of(consultation) if opinion.group_id == first.id} == {
        RAISE, RAISE_TOO,
    }  # fmt: skip
    assert [group.id for group in grouped(consultation)] == [first.id], "the machine leaves what a person joined"


def test_an_opinion_of_its_own_finds_the_group(consultation: Consultation) -> None:
    grouped(consultation)
    single = accepted(consultation, ("art-3", "老年乘车的补助应当上调一些。")).parts[0]
    opinion = db.session.scalars(db.select(Opinion).where(Opinion.part_id == single.id)).one()
    proposals = similar.proposals(actor(Role.DRAFTER), opinion)
    assert {proposal.subject.anchor for proposal in proposals} == {"art-3"}
    assert LOWER not in {proposal.words for proposal in proposals}
    assert len(proposals) == 2


def test_a_group_that_was_decided_on_is_not_joined_as_a_whole(consultation: Consultation) -> None:
    drafter = actor(Role.DRAFTER)
    first, second = grouped(consultation)
    service.decide(drafter, second, Outcome.ADOPTED, "", at=AFTER)
    with pytest.raises(OpinionRefused, match="已作出处理"):
        similar.join_groups(drafter, second, first, at=AFTER)
    with pytest.raises(OpinionRefused, match="另一组"):
        similar.join_groups(drafter, first, first, at=AFTER)


def test_who_may_not_group_joins_nothing(consultation: Consultation) -> None:
    first, second = grouped(consultation)
    with pytest.raises(NotAllowed):
        similar.join_groups(actor(Role.AUDITOR), second, first, at=AFTER)
