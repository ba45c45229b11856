"""Consultations and drafts held against the record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Executable, delete, text, update

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting import publication, verification, versions
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, DraftVersion, Grant, PeriodExtension, ProvisionRow, VersionKind
from consult.ledger.faults import Damage
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.builders import DRAFT, NOON, a_consultation, an_actor, an_open_consultation, docx_of


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    publisher = an_actor(Role.PUBLISHER)
    opened = an_open_consultation(drafter, publisher, slug="canteen")
    publication.extend_period(
        publisher, opened, last_day=(NOON + timedelta(days=62)).date(), reason="应公众要求。", at=NOON
    )
    return opened


def behind_the_back(statement: Executable) -> None:
    with db.engine.begin() as connection:
        connection.execute(statement)
    db.session.expire_all()


def found() -> list[tuple[str, str, Damage]]:
    return [(fault.where, fault.which, fault.what) for fault in verification.faults()]


def test_what_the_verbs_did_is_whole(drafter: Actor, consultation: Consultation) -> None:
    a_consultation(drafter, slug="other")
    versions.add_version(
        drafter, consultation, kind=VersionKind.REVISED, file_name="b.docx", data=docx_of(DRAFT), at=NOON
    )
    assert found() == []
    drafting.withdraw(an_actor(Role.PUBLISHER, "third"), consultation, "条件变化。", at=NOON)
    assert found() == []


def test_a_changed_word_of_a_published_draft_is_named_with_its_version(consultation: Consultation) -> None:
    changed = update(ProvisionRow).where(ProvisionRow.anchor == "art-1")
    behind_the_back(changed.values(text=ProvisionRow.text + "。"))
    assert found() == [("draft", "canteen/1", Damage.CHANGED)]


def test_a_removed_provision_is_named(consultation: Consultation) -> None:
    behind_the_back(delete(ProvisionRow).where(ProvisionRow.anchor == "art-1"))
    assert found() == [("draft", "canteen/1", Damage.CHANGED)]


def test_a_version_under_another_number_is_missed_and_one_put_in_is_named(consultation: Consultation) -> None:
    behind_the_back(update(DraftVersion).values(number=7))
    assert found() == [("draft", "canteen/1", Damage.REMOVED), ("draft", "canteen/7", Damage.INSERTED)]


def test_a_day_more_or_a_removed_extension_is_named(consultation: Consultation) -> None:
    before = consultation.closes_at
    assert before is not None
    behind_the_back(update(Consultation).values(closes_at=before - timedelta(days=1)))
    assert found() == [("consultation", "canteen", Damage.CHANGED)]
    behind_the_back(update(Consultation).values(closes_at=before))
    assert found() == []
    behind_the_back(delete(PeriodExtension))
    assert found() == [("consultation", "canteen", Damage.CHANGED)]


def test_another_address_is_named(consultation: Consultation) -> None:
    behind_the_back(update(Consultation).values(slug="kitchen"))
    assert ("consultation", "kitchen", Damage.INSERTED) in found()


def test_a_removed_consultation_is_known_by_its_entry(drafter: Actor) -> None:
    gone = a_consultation(drafter, slug="gone")
    behind_the_back(delete(ProvisionRow))
    behind_the_back(update(Consultation).values(public_version_id=None))
    behind_the_back(delete(DraftVersion).where(DraftVersion.consultation_id == gone.id))
    behind_the_back(delete(Consultation).where(Consultation.id == gone.id))
    assert found() == [("consultation", "gone", Damage.REMOVED)]


def test_a_value_that_cannot_be_is_named_not_stumbled_over(app: Flask, consultation: Consultation) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL holds no such values
    behind_the_back(text("UPDATE consultation SET opens_at = 'neulich'"))
    behind_the_back(text("UPDATE draft_version SET warnings = '{'"))
    assert found() == [("consultation", "canteen", Damage.CHANGED), ("draft", "canteen/1", Damage.CHANGED)]


def test_an_entry_from_before_texts_were_noted_accuses_nobody(consultation: Consultation) -> None:
    behind_the_back(update(LedgerEntry).values(detail={}))
    assert found() == []


COVERED = {
    "consultation": "author_id changed_at closes_at contact created_at division_id enterprise_related evaluates_id "
    "explanation_html id issuer kind leading_unit mail_phrase notice_html opens_at period_basis "
    "period_days period_words public_version_id returned_reason reviewer_id shortened_reason slug "
    "stage summary title withdrawn_reason",
    "period_extension": "at by_id closes_after closes_before consultation_id id reason",
    "grant": "at consultation_id user_id",
    "draft_version": "consultation_id file_digest file_name id kind number text title uploaded_at uploaded_by_id "
    "warnings",
    "provision_row": "anchor depth heading id kind number parent_anchor position text version_id",
}
"""Columns that the digests in the record cover: with one more, digests from before need `row_digests.BEFORE`.

A new one is left out of them, or told under a name of its own.
"""


def test_the_digests_in_the_record_cover_the_same_columns_for_ever() -> None:
    models = (Consultation, PeriodExtension, Grant, DraftVersion, ProvisionRow)
    covered = (" ".join(sorted(column.name for column in model.__table__.columns)) for model in models)
    assert list(covered) == list(COVERED.values())
