"""Two people who work on one consultation at the same moment: what one has done, the other sees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import midnight
from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.errors import FieldMissing, GrantRefused, PeriodRefused, WrongState
from consult.drafting.models import Consultation, PeriodExtension, Stage, VersionKind
from consult.intake import service as intake
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.builders import DRAFT, NOON, a_consultation, a_user, an_actor, an_arrival, an_open_consultation, docx_of
from tests.together import both, elsewhere


def add(actor: Actor, consultation: Consultation, kind: VersionKind) -> None:
    versions.add_version(actor, consultation, kind=kind, file_name="new.docx", data=docx_of(DRAFT), at=NOON)


def acts(act: str) -> int:
    return db.session.scalar(select(func.count()).where(LedgerEntry.act == act)) or 0


def in_review() -> Consultation:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    drafting.submit_for_review(author, consultation, at=NOON)
    return consultation


def test_two_consultations_that_are_created_together_get_a_number_each(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    both(app, lambda: a_consultation(author), lambda: a_consultation(author))
    slugs = db.session.scalars(select(Consultation.slug).order_by(Consultation.id)).all()
    assert slugs == ["2026-001", "2026-002"]


def test_an_address_that_two_ask_for_together_is_the_first_ones(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    with pytest.raises(FieldMissing, match="已经用过"):
        both(app, lambda: a_consultation(author, slug="canteens"), lambda: a_consultation(author, slug="canteens"))
    assert db.session.scalar(select(func.count()).select_from(Consultation)) == 1


def test_two_versions_that_are_uploaded_together_are_numbered_on(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = an_open_consultation(author, an_actor(Role.PUBLISHER))
    there = elsewhere(consultation)
    both(
        app,
        lambda: add(author, consultation, VersionKind.REVISED),
        lambda: add(author, there(), VersionKind.REVISED),
    )
    assert [version.number for version in consultation.versions] == [1, 2, 3]


def test_a_draft_that_is_sent_for_review_is_exchanged_no_more_by_who_began_before(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    there, draft = elsewhere(consultation), consultation.public_version_id
    with pytest.raises(WrongState, match="送审后不能更换"):
        both(
            app,
            lambda: drafting.submit_for_review(author, consultation, at=NOON),
            lambda: add(author, there(), VersionKind.FOR_COMMENT),
        )
    assert consultation.public_version_id == draft


def test_what_is_returned_while_it_is_published_stays_returned(app: Flask) -> None:
    consultation, publishers = in_review(), [an_actor(Role.PUBLISHER, f"p{n}") for n in range(2)]
    there = elsewhere(consultation)
    with pytest.raises(WrongState, match="只有送审中的"):
        both(
            app,
            lambda: drafting.return_to_drafter(publishers[0], consultation, "请补充依据。", at=NOON),
            lambda: drafting.publish(publishers[1], there(), at=NOON),
        )
    assert (consultation.stage, consultation.opens_at) == (Stage.DRAFTING, None)


def test_what_is_taken_back_while_it_is_published_is_not_published(app: Flask) -> None:
    author = an_actor(Role.DRAFTER, "a-drafter")
    consultation, publisher = in_review(), an_actor(Role.PUBLISHER, "p0")
    there = elsewhere(consultation)
    with pytest.raises(WrongState, match="只有送审中的"):
        both(
            app,
            lambda: drafting.take_back(author, consultation, at=NOON),
            lambda: drafting.publish(publisher, there(), at=NOON),
        )
    assert (consultation.stage, consultation.opens_at) == (Stage.DRAFTING, None)


def test_of_two_who_publish_together_the_first_sets_the_period(app: Flask) -> None:
    consultation, publishers = in_review(), [an_actor(Role.PUBLISHER, f"p{n}") for n in range(2)]
    there = elsewhere(consultation)
    with pytest.raises(WrongState, match="只有送审中的"):
        both(
            app,
            lambda: drafting.publish(publishers[0], consultation, at=NOON, days=60),
            lambda: drafting.publish(publishers[1], there(), at=NOON),
        )
    assert (consultation.reviewer_id, consultation.period_days) == (publishers[0].id, 60)
    assert acts("consultation.publish") == 1


def test_an_extension_is_never_shortened_by_another_at_the_same_moment(app: Flask) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), publisher := an_actor(Role.PUBLISHER))
    there = elsewhere(consultation)
    with pytest.raises(PeriodRefused, match="必须晚于"):
        both(
            app,
            lambda: drafting.extend_period(
                publisher, consultation, last_day=date(2026, 11, 30), reason="来件很多", at=NOON
            ),
            lambda: drafting.extend_period(publisher, there(), last_day=date(2026, 10, 30), reason="来件很多", at=NOON),
        )
    assert consultation.closes_at == midnight(date(2026, 12, 1))
    assert db.session.scalar(select(func.count()).select_from(PeriodExtension)) == 1


def test_what_is_withdrawn_is_published_by_nobody_who_began_before(app: Flask) -> None:
    consultation, publisher = in_review(), an_actor(Role.PUBLISHER)
    there = elsewhere(consultation)
    with pytest.raises(WrongState):
        both(
            app,
            lambda: drafting.withdraw(SYSTEM, consultation, "上位法修改", at=NOON),
            lambda: drafting.publish(publisher, there(), at=NOON),
        )
    assert consultation.stage is Stage.WITHDRAWN


def test_what_two_give_to_one_moderator_together_is_given_once(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation, moderator = a_consultation(author), a_user(Role.MODERATOR, "outside", "信息中心")
    there, him = elsewhere(consultation), elsewhere(moderator)
    with pytest.raises(GrantRefused, match="已交办"):
        both(
            app,
            lambda: drafting.grant_access(author, consultation, moderator, at=NOON),
            lambda: drafting.grant_access(author, there(), him(), at=NOON),
        )
    assert consultation.given_to == {moderator.id}


def test_a_submission_waits_for_nobody_who_works_on_its_consultation(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    consultation = an_open_consultation(an_actor(Role.DRAFTER), publisher)
    there, came = elsewhere(consultation), []

    def send() -> None:
        came.append(intake.receive(there(), an_arrival(), at=NOON + timedelta(hours=1)))

    def extend() -> None:
        drafting.extend_period(publisher, consultation, last_day=date(2026, 11, 30), reason="来件很多", at=NOON)

    both(app, extend, send)
    assert len(came) == 1
