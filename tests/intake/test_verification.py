"""A change of anything that was received is found, and the submission is named."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update

from config import ROOT
from consult.accounts.models import Role
from consult.app_context import blobs as store
from consult.file_sources import SOURCES
from consult.files.attachments import CheckedAttachment
from consult.intake import verification
from consult.intake.consent import withdraw_consent
from consult.intake.ledger_statement import receipt_proof
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart, SubmissionState
from consult.ledger import checkpoints, file_verification, tree
from consult.ledger.errors import NotProvable
from consult.ledger.faults import Damage
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts, verify
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation

AT = NOON + timedelta(days=1)


@pytest.fixture
def numbers(app: Flask) -> list[str]:
    """Receipt numbers of three submissions; the second has an attachment and consent to print the name."""
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    file = CheckedAttachment(name="附图.txt", media_type="text/plain", size=6, digest=store().put("图样".encode()))
    sent = [
        a_submission(consultation, "第一条意见", at=AT),
        a_submission(
            consultation, "第二条意见", "再说一点", at=AT, name="王小明", publish_name=True, attachments=(file,)
        ),
        a_submission(consultation, "第三条意见", at=AT),
    ]
    return [receipt.number for receipt in sent]


def behind_the_back(statement: object) -> None:
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def found() -> list[tuple[str, str, Damage]]:
    db.session.expire_all()
    return [(fault.where, fault.which, fault.what) for fault in verification.faults()]


def stored(number: str) -> Submission:
    return db.session.scalars(select(Submission).where(Submission.number == number)).one()


def test_what_was_received_and_worked_on_as_it_should_be_is_whole(numbers: list[str]) -> None:
    moderator = an_actor(Role.MODERATOR)
    moderation.accept(moderator, stored(numbers[0]), at=AT)
    moderation.undo(moderator, stored(numbers[0]), at=AT)
    withdraw_consent(stored(numbers[1]), at=AT)
    assert found() == []
    assert list(verify(CheckedCounts())) == []
    assert list(file_verification.faults(SOURCES)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "李四"},
        {"contact": "x"},
        {"subject": "别的"},
        {"channel": "letter"},
        {"sender_kind": "enterprise"},
        {"keep_private": True},
        {"publish_name": False},
        {"received_at": AT - timedelta(days=1)},
        {"recorded_at": AT - timedelta(days=1)},
        {"external_id": "7"},
        {"salt": "0" * 32},
        {"salt": "zz"},
        {"digest": "0" * 64},
        {"key_hash": "0" * 64},
        {"fingerprint": "0" * 64},
        {"state": SubmissionState.ACCEPTED},
        {"consultation_id": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_field_of_a_submission_is_found(numbers: list[str], change: dict[str, object]) -> None:
    behind_the_back(update(Submission).where(Submission.number == numbers[1]).values(**change))
    assert found() == [("submission", numbers[1], Damage.CHANGED)]


def test_a_changed_raw_form_is_found(numbers: list[str]) -> None:
    behind_the_back(update(RawForm).where(RawForm.submission_id == stored(numbers[2]).id).values(body=b"other"))
    assert found() == [("submission", numbers[2], Damage.CHANGED)]


@pytest.mark.parametrize("change", [{"content": "好"}, {"anchor": "art-2"}, {"quote": "字"}, {"position": 7}])
def test_a_changed_part_is_found(numbers: list[str], change: dict[str, object]) -> None:
    part = stored(numbers[1]).parts[0].id
    behind_the_back(update(SubmissionPart).where(SubmissionPart.id == part).values(**change))
    assert found() == [("submission", numbers[1], Damage.CHANGED)]


def test_a_removed_part_attachment_or_raw_form_is_found(numbers: list[str]) -> None:
    behind_the_back(delete(RawForm).where(RawForm.submission_id == stored(numbers[0]).id))
    behind_the_back(delete(Attachment))
    assert found() == [("submission", numbers[0], Damage.CHANGED), ("submission", numbers[1], Damage.CHANGED)]


def test_a_removed_submission_is_known_by_its_entry(numbers: list[str]) -> None:
    id_ = stored(numbers[2]).id
    for table in ("submission_part", "submission_raw", "attachment"):
        behind_the_back(f"DELETE FROM {table} WHERE submission_id = {id_}")
    behind_the_back(delete(Submission).where(Submission.id == id_))
    assert found() == [("submission", numbers[2], Damage.REMOVED)]


def test_a_submission_whose_entry_was_removed_before_it_was_sealed_is_found(numbers: list[str]) -> None:
    behind_the_back(delete(LedgerEntry).where(LedgerEntry.subject == f"submission:{numbers[0]}"))
    assert found() == [("submission", numbers[0], Damage.INSERTED)]


def test_a_value_that_cannot_be_is_named_not_stumbled_over(numbers: list[str]) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL holds no such values
    behind_the_back(f"UPDATE submission SET received_at = 'once' WHERE number = '{numbers[0]}'")
    behind_the_back(f"UPDATE submission SET channel = 'pigeon' WHERE number = '{numbers[1]}'")
    assert found() == [("submission", numbers[0], Damage.CHANGED), ("submission", numbers[1], Damage.CHANGED)]


def test_a_missing_and_an_altered_file_are_named(numbers: list[str]) -> None:
    digest = stored(numbers[1]).attachments[0].digest
    path = store().path(digest)
    path.chmod(0o600)
    path.write_bytes(b"other")
    assert [(f.where, f.which, f.what) for f in file_verification.faults(SOURCES)] == [("blob", digest, Damage.CHANGED)]
    path.unlink()
    fault = next(iter(file_verification.faults(SOURCES)))
    assert fault.what is Damage.REMOVED
    assert numbers[1] in fault.message


def test_a_receipt_is_proved_offline_against_a_checkpoint_and_a_forged_one_is_refused(
    numbers: list[str], tmp_path: Path
) -> None:
    with pytest.raises(NotProvable, match="每小时"):
        receipt_proof(stored(numbers[1]))
    signed = checkpoints.checkpoint(datetime.now(UTC))
    assert signed is not None
    document = receipt_proof(stored(numbers[1]))
    assert _verified(tmp_path, document, signed.public_key) == 0
    assert "第二条意见" in document["content"]
    assert _verified(tmp_path, document | {"content": document["content"].replace("第二条", "第五条")}, "") == 1
    assert _verified(tmp_path, document | {"index": document["index"] + 1}, "") == 1
    assert _verified(tmp_path, document, "0" * 64) == 1
    assert document["size"] == tree.size()


def _verified(folder: Path, document: dict[str, object], key: str) -> int:
    path = folder / "proof.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    script = ROOT / "static" / "transparency" / "verify.py"
    return subprocess.run(
        [sys.executable, str(script), str(path), *(["--key", key] if key else [])], check=False, capture_output=True
    ).returncode
