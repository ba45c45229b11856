"""An instance that was made at migration 0021 comes up on the code of today with all that was in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask_migrate import check
from sqlalchemy import Connection, delete, func, insert, select, text

from consult.adoption.models import Decision, Opinion
from consult.clock import local
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.intake.search import SubmissionText, SubmissionToken
from consult.ledger import checkpoints
from consult.mailbox import message_store
from consult.mailbox import settings as mailbox_settings
from consult.mailbox.models import MailMessage
from consult.meeting.models import MeetingFact
from consult.moderation.models import Screening
from consult.store import db
from tests.kept.instance import Kept, kept_instance, of_today, read

ROLES = ("public", "drafter", "elsewhere", "moderator", "publisher", "legal", "admin", "auditor")
WIDE = {"tally", "file_attempt"}
"""Tables whose rows are folded or go away by themselves."""


INDEXED_AGAIN = {"submission_text", "submission_token"}
"""Derived tables that the upgrade empties, because both scripts are searched since."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """The instance, once for all tests here; they only look, but for what signing in and opening write down."""
    with kept_instance(of_today(), tmp_path_factory.mktemp("kept")) as instance:
        yield instance


def test_the_schema_is_that_of_the_models(kept: Kept) -> None:
    check()
    assert read(kept.browser().get("/readyz"))[0] == 200


def test_no_row_is_lost(kept: Kept) -> None:
    tables = {table.name: table for table in db.metadata.sorted_tables}
    fewer = {
        name: (before, now)
        for name, before in kept.expected["counts"].items()
        if name in tables and name not in WIDE and name not in INDEXED_AGAIN
        if (now := db.session.scalar(select(func.count()).select_from(tables[name])) or 0) < before
    }
    assert fewer == {}
    assert set(kept.expected["counts"]) - set(tables) == set()


def test_the_worker_indexes_everything_again(kept: Kept) -> None:
    assert kept.command("jobs", "run-once", "search").exit_code == 0
    db.session.rollback()
    indexed = set(db.session.scalars(select(SubmissionText.submission_id)))
    assert indexed == set(db.session.scalars(select(Submission.id)))
    assert len(indexed) >= kept.expected["counts"]["submission_text"]
    assert set(db.session.scalars(select(SubmissionToken.submission_id).distinct())) == indexed


def test_new_rows_get_ids_of_their_own(kept: Kept) -> None:
    made = kept.command("user", "create", "--username", "fresh", "--name", "新账号", "--role", "auditor", "--json")
    assert made.exit_code == 0, made.output


def test_every_consultation_is_in_the_state_that_it_was_in(kept: Kept) -> None:
    states = {
        consultation.slug: consultation.state(kept.at).value
        for consultation in db.session.scalars(select(Consultation))
    }
    assert states == kept.expected["states"]


def test_every_receipt_opens_with_its_key_and_with_no_other(kept: Kept) -> None:
    for place, receipt in enumerate(kept.expected["receipts"]):
        client = kept.browser()
        opened = client.post("/receipts", data={"number": receipt["number"], "key": receipt["key"]})
        assert opened.status_code == 303, receipt
        if place % 5 == 0:
            status, page = read(client.get(opened.location))
            assert status == 200, receipt
            assert receipt["number"].encode() in page
    number, other = kept.expected["receipts"][0]["number"], kept.expected["receipts"][1]["key"]
    assert kept.browser().post("/receipts", data={"number": number, "key": other}).status_code == 404


@pytest.mark.parametrize("username", ROLES)
def test_every_page_answers_as_it_did(kept: Kept, username: str) -> None:
    client = kept.browser() if username == "public" else kept.signed_in(username)
    answers = [[address, read(client.get(address))[0]] for address, _ in kept.expected["pages"][username]]
    differs = [
        (address, before, now)
        for (address, before), (_, now) in zip(kept.expected["pages"][username], answers, strict=True)
        if now != before
    ]
    assert differs == []


def test_only_accounts_that_were_open_let_in(kept: Kept) -> None:
    for account in kept.expected["accounts"]:
        typed = {"username": account["username"], "password": account["password"]}
        status, _ = read(kept.browser().post("/desk/sign-in", data=typed))
        assert status == (303 if account["active"] else 400), account["username"]


def test_members_sign_in_to_the_portal_and_former_ones_do_not(kept: Kept) -> None:
    for member in kept.expected["members"]:
        client = kept.browser()
        typed = {"username": member["username"], "password": member["password"]}
        status, _ = read(client.post("/portal/sign-in", data=typed))
        assert status == (400 if member["left"] else 303), member["username"]
        assert read(client.get("/portal/"))[0] == (401 if member["left"] else 200)


def test_personal_links_open_their_invitation(kept: Kept) -> None:
    for link in kept.expected["links"]:
        client = kept.browser()
        opened = client.get(f"/portal/i/{link['token']}")
        assert opened.location == f"/portal/answer/{link['invitation']}", link
        status, page = read(
            client.get(opened.location, follow_redirects=True)
        )  # an answered one shows its confirmation
        assert status == 200
        assert link["consultee"].encode() in page


def test_published_reports_are_downloaded_byte_for_byte(kept: Kept) -> None:
    for report in kept.expected["reports"]:
        for ending, digest in report["files"].items():
            address = f"/consultations/{report['slug']}/report.{ending}?version={report['version']}"
            status, data = read(kept.browser().get(address))
            assert (status, hashlib.sha256(data).hexdigest()) == (200, digest), address


def test_raw_mails_are_read_as_they_came(kept: Kept) -> None:
    for mail in kept.expected["mails"]:
        stored = db.session.get_one(MailMessage, mail["id"])
        assert hashlib.sha256(message_store.raw_of(stored)).hexdigest() == mail["sha256"]


def test_passwords_of_mailboxes_are_deciphered_with_the_kept_key(kept: Kept) -> None:
    passwords = {mailbox.address: mailbox_settings.password_of(mailbox) for mailbox in mailbox_settings.all_mailboxes()}
    assert passwords == kept.expected["mailboxes"]


def test_senders_are_known_by_their_keys(kept: Kept) -> None:
    address = "/api/v1/consultations/kept-open/submissions"
    for name, key in kept.expected["senders"].items():
        sent = kept.browser().post(
            address, json={"content": f"{name}：升级以后又来一件。"}, headers={"Authorization": f"Bearer {key}"}
        )
        assert sent.status_code == (401 if name == "旧平台" else 201), sent.text


def test_nothing_of_the_record_was_touched(kept: Kept) -> None:
    """Not even what the code of then took for changed: the upgrade wrote down whom it had recognised."""
    verified = kept.command("ledger", "verify", "--json")
    document = json.loads(verified.stdout)
    assert document["faults"] == []
    assert verified.exit_code == 0
    assert document["entries"] >= kept.expected["ledger"]["entries"]


def test_rows_of_before_are_covered_from_the_upgrade_on(kept: Kept) -> None:
    day = f"{local(kept.at):%Y-%m-%d}"
    (taken_in,) = kept.document("ledger", "verify", "--json")["rows_since"].items()
    assert taken_in[0] == day
    assert taken_in[1] >= sum(kept.expected["counts"][name] for name in ("opinion", "decision", "invitation"))
    printed = kept.command("ledger", "verify").stdout
    assert f"自 {day} 起纳入校验：当时已有的数据 {taken_in[1]} 行" in printed
    assert "全部数据表都已纳入校验" in kept.command("ledger", "enrol").stdout


@pytest.mark.parametrize("model", [Decision, Opinion, Invitation, MeetingFact, Screening])
def test_a_row_of_before_that_is_deleted_is_named(kept: Kept, model: Any) -> None:
    table = model.__table__
    with db.engine.connect() as connection:
        row = connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).one()
    with _unchecked() as connection:
        connection.execute(delete(table).where(table.c.id == row.id))
    messages = [fault["message"] for fault in kept.document("ledger", "verify", "--json")["faults"]]
    with _unchecked() as connection:
        connection.execute(insert(table).values(dict(row._mapping)))
    assert any(f"（{table.name}）第 {row.id} 行被删除" in message for message in messages), messages


@contextmanager
def _unchecked() -> Iterator[Connection]:
    """Yield a connection on which no foreign key is checked, as who owns the database can."""
    on_sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        if on_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.commit()
        if on_sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def test_the_tree_still_has_the_root_that_was_signed(kept: Kept) -> None:
    signed = kept.expected["ledger"]["checkpoint"]
    checkpoint = checkpoints.by_size(signed["size"])
    assert checkpoint is not None
    assert checkpoint.as_document() == signed
    sealed = kept.command("ledger", "checkpoint", "--json")
    assert sealed.exit_code == 0, sealed.output
    grown = json.loads(sealed.stdout)["checkpoint"]
    assert grown["size"] > signed["size"]
    assert grown["public_key"] == signed["public_key"]
    proof = kept.browser().get(f"/transparency/consistency.json?old={signed['size']}&new={grown['size']}")
    assert proof.status_code == 200, proof.text
