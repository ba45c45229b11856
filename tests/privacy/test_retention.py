"""Personal data are deleted when their term is over, and nothing else is; the record proves both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from config import ROOT
from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Act
from consult.app_context import blobs, settings
from consult.clock import LOCAL
from consult.consultees import members, register, service
from consult.consultees.models import Consultee, ConsulteeKind, Contact, Invitation, Member, MemberRole, Method
from consult.consultees.register import Entry
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.intake import restatement, staff_uploads, uploaded_tables
from consult.intake.ledger_statement import erased_note, receipt_proof
from consult.intake.models import Channel, ImportStage, Purpose, RawForm, StaffUpload, Submission
from consult.intake.search import SubmissionText, read_new
from consult.ledger import checkpoints
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.mailbox.models import MailMessage
from consult.moderation import service as moderation
from consult.privacy import holds, retention
from consult.privacy.errors import HoldRefused
from consult.privacy.models import Erasure
from consult.store import db
from tests.builders import DRAFT, a_submission, docx_of
from tests.files.samples import zipped
from tests.mailbox.letters import a_letter, canteens, ingest, stored
from tests.world import AFTER, DURING, actor, open_consultation

ENDED = AFTER
LAST_DAY = datetime(2029, 11, 24, 15, 59, tzinfo=LOCAL)
OVER = datetime(2029, 11, 25, 0, 1, tzinfo=LOCAL)
"""Three years to the day after the withdrawal, and the day after that."""
LARGE = b'{"name": ["\xe8\xb5\xb5\xe4\xb8\x80"]}' + b" " * 300_000


@pytest.fixture
def ended(app: Flask) -> Consultation:
    """A consultation with two submissions, one with a raw form that is a file; withdrawn on 24 November 2026."""
    consultation = open_consultation()
    named(consultation, "价格要公示。")
    named(consultation, "建议延长营业时间。", raw=LARGE)
    end(consultation)
    return consultation


@pytest.fixture(autouse=True)
def an_empty_outbox(app: Flask) -> None:
    """Leave no letter of another test in the folder, which tests share."""
    outbox = Path(app.config["SETTINGS"].data_dir) / "outbox"
    outbox.mkdir(exist_ok=True)
    for letter in outbox.iterdir():
        letter.unlink()


def named(consultation: Consultation, words: str, **fields: Any) -> Submission:
    wanted = {"name": "赵一", "contact": "13812345678", "publish_name": True, **fields}
    came = a_submission(consultation, words, at=DURING, **wanted).submission
    moderation.accept(SYSTEM, came, at=DURING + timedelta(hours=1))
    return came


def end(consultation: Consultation) -> None:
    drafting.withdraw(actor(Role.PUBLISHER), consultation, "不再制定。", at=ENDED)


def faults() -> list[str]:
    return [fault.message for fault in everything_wrong(CheckedCounts())]


def left() -> list[tuple[str, str, bool]]:
    db.session.expire_all()
    return [
        (came.name, came.contact, came.raw.erased_digest is None)
        for came in db.session.query(Submission).order_by(Submission.id)
    ]


def test_nothing_goes_on_the_last_day_and_all_of_it_on_the_next(ended: Consultation) -> None:
    assert retention.run(SYSTEM, at=LAST_DAY).total == 0
    assert left() == [("赵一", "13812345678", True)] * 2
    done = retention.run(SYSTEM, at=OVER)
    assert (done.deleted["sender-contact"], done.deleted["raw-form"], done.files) == (2, 2, 1)
    assert left() == [("", "", False)] * 2
    assert [part.content for came in db.session.query(Submission).order_by(Submission.id) for part in came.parts] == [
        "价格要公示。",
        "建议延长营业时间。",
    ]
    assert faults() == []
    assert retention.run(SYSTEM, at=OVER).total == 0


def test_no_copy_stays_in_database_files_or_search(ended: Consultation, app: Flask) -> None:
    read_new(DURING)
    assert "赵一" in (db.session.query(SubmissionText).first() or SubmissionText(words="")).words
    retention.run(SYSTEM, at=OVER)
    wanted = ("赵一", "13812345678")
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            plain = " ".join(
                value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in row
            )
            assert not any(words in plain for words in wanted), table.name
    data = Path(app.config["SETTINGS"].data_dir)
    holding = [path for path in data.rglob("*") if path.is_file() and path.suffix not in {".db", ".db-wal", ".sqlite"}]
    assert [path for path in holding if wanted[0].encode() in path.read_bytes()] == []


def test_a_receipt_still_proves_the_opinion(ended: Consultation, tmp_path: Path) -> None:
    retention.run(SYSTEM, at=OVER)
    signed = checkpoints.checkpoint(OVER)
    assert signed is not None
    document = receipt_proof(db.session.query(Submission).order_by(Submission.id).first())  # type: ignore[arg-type]
    stated = json.loads(document["content"])
    assert (stated["parts"][0]["content"], stated["name"], stated["contact"]) == ("价格要公示。", "", "")
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    script = ROOT / "static" / "transparency" / "verify.py"
    assert subprocess.run([sys.executable, script, path], check=False, capture_output=True).returncode == 0


ZEROS = "0" * 64
FORGERIES: dict[str, str] = {
    "the text": "UPDATE submission_part SET content = '改过'",
    "a name put back": "UPDATE submission SET name = '钱二'",
    "another digest of the raw form": f"UPDATE submission_raw SET erased_digest = '{ZEROS}'",
    "another note": "UPDATE submission_raw SET body = 'x'",
    "the deletion denied": "UPDATE submission_raw SET erased_digest = NULL",
    "the stub deleted": "DELETE FROM personal_data_erasure",
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_what_is_changed_after_the_deletion_is_named(ended: Consultation, forged: str) -> None:
    retention.run(SYSTEM, at=OVER)
    db.session.execute(text(FORGERIES[forged]))
    db.session.commit()
    assert faults() != []


def test_a_deletion_without_an_act_is_named(ended: Consultation) -> None:
    raw = db.session.query(RawForm).filter(RawForm.body.is_not(None)).one()
    digest = sha256(raw.body or b"").hexdigest()
    note = erased_note(digest)
    statement = text("UPDATE submission_raw SET erased_digest = :digest, body = :note WHERE submission_id = :id")
    db.session.execute(statement, {"digest": digest, "note": note, "id": raw.submission_id})
    db.session.commit()
    assert any("没有按期限删除它的记录" in message for message in faults())


def test_a_submission_that_was_altered_is_left_and_named(ended: Consultation) -> None:
    db.session.execute(text("UPDATE submission SET name = '钱二' WHERE id = 1"))
    db.session.commit()
    done = retention.run(SYSTEM, at=OVER)
    assert done.deleted["sender-contact"] == 1
    assert len(done.refused) == 2
    assert [name for name, _, _ in left()] == ["钱二", ""]


def test_a_hold_keeps_all_until_it_is_lifted(ended: Consultation) -> None:
    legal = actor(Role.LEGAL)
    with pytest.raises(HoldRefused, match="理由"):
        holds.place(legal, ended, " ", at=ENDED)
    with pytest.raises(NotAllowed):
        holds.place(actor(Role.MODERATOR), ended, "行政诉讼。", at=ENDED)
    holds.place(legal, ended, "行政诉讼（2027）行初1号。", at=ENDED)
    with pytest.raises(HoldRefused, match="已经暂停"):
        holds.place(legal, ended, "又一件。", at=ENDED)
    done = retention.run(SYSTEM, at=OVER)
    assert (done.total, done.held) == (0, 1)
    holds.lift(legal, ended, "判决生效。", at=OVER)
    with pytest.raises(HoldRefused, match="没有暂停"):
        holds.lift(legal, ended, "判决生效。", at=OVER)
    assert retention.run(SYSTEM, at=OVER).deleted["sender-contact"] == 2
    assert faults() == []


def test_a_dry_run_counts_the_same_and_changes_nothing(ended: Consultation) -> None:
    entries = db.session.query(LedgerEntry).count()
    counted = retention.run(SYSTEM, at=OVER, dry_run=True)
    assert db.session.query(LedgerEntry).count() == entries
    assert left() == [("赵一", "13812345678", True)] * 2
    assert retention.run(SYSTEM, at=OVER).deleted == counted.deleted


@pytest.mark.parametrize("after", range(4))
def test_a_run_that_is_killed_goes_on_the_next_time(
    ended: Consultation, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    class Killed(BaseException):
        pass

    erase, calls = restatement.erase, iter(range(100))

    def dying(*given: Any, **named_: Any) -> str:
        if next(calls) == after:
            raise Killed
        return erase(*given, **named_)

    monkeypatch.setattr(restatement, "erase", dying)
    with pytest.raises(Killed):
        retention.run(SYSTEM, at=OVER)
    db.session.rollback()
    assert faults() == []
    retention.run(SYSTEM, at=OVER)
    assert left() == [("", "", False)] * 2
    assert faults() == []


def test_a_run_that_is_killed_before_the_files_removes_them_the_next_time(
    ended: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = db.session.query(RawForm).filter(RawForm.blob.is_not(None)).one().blob or ""
    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove_files", _killed)
        with pytest.raises(KeyboardInterrupt):
            retention.run(SYSTEM, at=OVER)
    assert blobs().exists(file)
    assert retention.run(SYSTEM, at=OVER).files == 1
    assert not blobs().exists(file)
    assert faults() == []


def _killed(_at: datetime) -> int:
    raise KeyboardInterrupt


def test_a_file_that_another_submission_still_has_stays(ended: Consultation) -> None:
    other = open_consultation("other")
    named(other, "同样的原始表单。", raw=LARGE)
    file = db.session.query(RawForm).filter(RawForm.blob.is_not(None)).first().blob or ""  # type: ignore[union-attr]
    assert retention.run(SYSTEM, at=OVER).files == 0
    assert blobs().exists(file)
    assert faults() == []


def test_an_open_consultation_keeps_all_however_old(app: Flask) -> None:
    named(open_consultation(), "价格要公示。")
    assert retention.run(SYSTEM, at=OVER + timedelta(days=9000)).total == 0


def test_who_may_not_delete_is_refused(ended: Consultation) -> None:
    with pytest.raises(NotAllowed):
        retention.run(actor(Role.DRAFTER), at=OVER)
    with pytest.raises(NotAllowed):
        retention.run(actor(Role.AUDITOR), at=OVER)
    assert retention.run(actor(Role.AUDITOR), at=OVER, dry_run=True).deleted["sender-contact"] == 2


def test_the_sender_of_a_message_goes_with_the_submission_and_stray_messages_a_year_after_they_came(
    app: Flask,
) -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("社区食堂管理办法")))
    ingest(a_letter("自动回复", sender="赵一 <zhaoyi@example.cn>", Auto_Submitted="auto-replied"))
    assert faults() == []
    retention.run(SYSTEM, at=DURING + timedelta(days=364))
    assert db.session.query(MailMessage).filter(MailMessage.erased_at.is_not(None)).count() == 0
    done = retention.run(SYSTEM, at=DURING + timedelta(days=367))
    assert done.deleted["stray-mail"] == 1
    assert submission.consultation_id == consultation.id
    end(consultation)
    retention.run(SYSTEM, at=OVER)
    for mail in db.session.query(MailMessage):
        assert (mail.sender, mail.body) == ("", None)
    assert faults() == []
    assert db.session.query(Erasure).count() >= 3


def test_a_closed_account_a_superseded_contact_and_the_address_of_a_letter_go(
    app: Flask, invited: Callable[[Consultation], Invitation]
) -> None:
    consultation = open_consultation()
    invitation = invited(consultation)
    drafter = actor(Role.DRAFTER)
    member, _ = members.create_member(
        drafter, invitation.consultee, username="zhaoyi", name="赵一", role=MemberRole.SEND, at=DURING
    )
    members.close_member(drafter, member, at=DURING)
    end(consultation)
    assert faults() == []
    retention.run(SYSTEM, at=OVER)
    db.session.expire_all()
    assert db.session.query(Invitation).one().email == ""
    kept = db.session.query(Member).one()
    assert (kept.name, kept.username, kept.password_hash) == ("（已删除）", f"erased-{kept.id}", None)
    assert [(contact.email, contact.current) for contact in db.session.query(Contact).order_by(Contact.id)] == [
        ("", False),
        ("neu@example.cn", True),
    ]
    assert faults() == []


@pytest.fixture
def invited(app: Flask) -> Callable[[Consultation], Invitation]:
    """Invite an association whose contact was replaced later."""

    def invite(consultation: Consultation) -> Invitation:
        drafter = actor(Role.DRAFTER)
        entry = Entry(name="餐饮行业协会", kind=ConsulteeKind.ASSOCIATION, contact_name="钱二", email="alt@example.cn")
        consultee: Consultee = register.add(drafter, entry, at=DURING)
        service.add(drafter, consultation, [(consultee, "相关行业")], at=DURING)
        invitation = service.invite(drafter, consultation, consultee, method=Method.MAIL, at=DURING)
        changed = Entry(
            name="餐饮行业协会", kind=ConsulteeKind.ASSOCIATION, contact_name="孙三", email="neu@example.cn"
        )
        register.change(drafter, consultee, changed, at=DURING)
        return invitation

    return invite


def test_letters_kept_as_files_go_a_year_after_they_were_written(app: Flask) -> None:
    outbox = settings().data_dir / "outbox"
    for name, day in (("old.eml", DURING), (".half.123", DURING), ("new.eml", DURING + timedelta(days=300))):
        (outbox / name).write_text("To: zhaoyi@example.cn")
        os.utime(outbox / name, (day.timestamp(), day.timestamp()))
    over = DURING + timedelta(days=367)
    assert retention.run(SYSTEM, at=DURING + timedelta(days=364)).deleted["outbox"] == 0
    assert retention.run(SYSTEM, at=over, dry_run=True).deleted["outbox"] == 2
    assert retention.run(SYSTEM, at=over).deleted["outbox"] == 2
    assert [path.name for path in outbox.iterdir()] == ["new.eml"]
    entry = db.session.query(LedgerEntry).filter_by(act="outbox.erase_personal").one()
    assert entry.detail == {"letters": 2}
    assert retention.run(SYSTEM, at=over).deleted["outbox"] == 0
    assert faults() == []


def test_what_was_uploaded_and_not_confirmed_goes_after_a_month(app: Flask) -> None:
    drafter, moderator, draft = actor(Role.DRAFTER), actor(Role.MODERATOR), docx_of(DRAFT)
    consultation = open_consultation()
    content = "内容,电话\n建议延长营业时间。,13800138000\n"
    tables = [
        uploaded_tables.upload(
            moderator,
            consultation,
            Channel.HOTLINE,
            "热线.csv",
            BytesIO((content + n).encode()),
            limit=1000,
            at=DURING,
            files=BytesIO(zipped({f"{n[0]}.txt": n.encode()})),
        )
        for n in ("1,1\n", "2,2\n")
    ]
    uploads = [
        staff_uploads.upload(
            drafter, Act.CREATE_CONSULTATION, Purpose.DRAFT, "文稿.docx", BytesIO(data), limit=100_000, at=DURING
        )
        for data in (draft, "第一条 甲。".encode())
    ]
    used = uploads[0].digest
    uploads[1].result = blobs().put(b"{}")
    for upload in uploads:
        upload.stage = ImportStage.CHECKED
    tables[0].stage, tables[1].stage = ImportStage.CHECKED, ImportStage.TAKEN
    db.session.commit()
    drafting.create(drafter, title="办法", kind="normative-document", file_name="文稿.docx", data=draft, at=DURING)
    gone = [uploads[1].digest, uploads[1].result, tables[0].digest, tables[0].files]
    holds.place(actor(Role.LEGAL), consultation, "行政诉讼", at=DURING)
    assert retention.run(SYSTEM, at=DURING + timedelta(days=30)).deleted["unconfirmed-uploads"] == 0
    over = DURING + timedelta(days=32)
    assert retention.run(SYSTEM, at=over, dry_run=True).deleted["unconfirmed-uploads"] == 2, "a hold keeps the table"
    holds.lift(actor(Role.LEGAL), consultation, "判决已经生效", at=DURING)
    run = retention.run(SYSTEM, at=over)
    assert (run.deleted["unconfirmed-uploads"], run.files) == (3, 4)
    (entry,) = [each for each in retention.last_runs(9) if each.at == over]
    assert entry.detail == {"deleted": {"unconfirmed-uploads": 3}, "files": 4, "held": 0}
    assert [blobs().exists(digest) for digest in (*gone, used, tables[1].digest)] == [False] * 4 + [True] * 2
    assert (tables[0].stage, db.session.query(StaffUpload).count()) == (ImportStage.GIVEN_UP, 0)
    assert retention.run(SYSTEM, at=over).total == 0
    assert faults() == []
