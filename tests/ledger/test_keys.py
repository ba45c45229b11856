"""Keys with generations: what was made with an old one stays valid, what is new needs the newest one."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from config import ROOT
from consult import clock, keys
from consult.accounts import service as accounts
from consult.accounts import sessions
from consult.accounts.models import AccountSession, Division, HolderKind, Role, Totp
from consult.accounts.permissions import SYSTEM, NotAllowed
from consult.accounts.sessions import Device
from consult.app_context import settings
from consult.consultees import invitations, register
from consult.consultees import service as hearing
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.drafting.terms import BySlug
from consult.faces.cli.ledger import everything_wrong
from consult.intake import receipts, service
from consult.intake.errors import ReceiptNotFound
from consult.intake.ledger_statement import receipt_proof
from consult.intake.models import Submission
from consult.intake.receipts import Receipt
from consult.keys import KeysUnusable, Purpose
from consult.ledger import checkpoints, key_rotation, proofs, publication, signing_key, tree, tree_heads
from consult.ledger.errors import RecordBroken
from consult.ledger.models import LedgerEntry
from consult.ledger.rows.coverage import RowDigests, rows_query
from consult.ledger.service import NONCE_DIGITS, _sealed, leaf_data
from consult.ledger.verification import CheckedCounts
from consult.mailbox import settings as mailboxes
from consult.mailbox.models import Mailbox
from consult.start import FROM_COMMAND_LINE
from consult.store import db
from consult.stored_secrets import decrypt, encrypt
from tests.builders import a_division, a_user, an_actor, an_arrival, an_open_consultation

SLUG = "canteen"
NOBODY = Device("192.0.2.1", "test")


@pytest.fixture
def site(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A site with keys of its own, an open consultation and a submission."""
    monkeypatch.setattr(settings(), "keys_file", tmp_path / "keys.json")
    key_rotation.begin(clock.now())
    an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=clock.now(), slug=SLUG)
    send()
    yield app
    app.extensions["consult.keys"].clear()


def send() -> Receipt:
    return service.receive(BySlug(SLUG), an_arrival(f"建议{secrets.token_hex(4)}"), at=clock.now())


def signed_now() -> str:
    """Sign a checkpoint and a tree head; return the public key in force."""
    assert checkpoints.checkpoint(clock.now()) is not None
    tree_heads.sign(clock.now())
    return checkpoints.public_key()


def an_invitation() -> Invitation:
    author = an_actor(Role.ADMIN, "author")
    consultation = an_open_consultation(
        author, an_actor(Role.PUBLISHER, "other"), at=clock.now(), enterprise_related=True
    )
    consultee = register.add(
        author, register.Entry("甲厂", ConsulteeKind.ENTERPRISE, email="a@example.com"), at=clock.now()
    )
    hearing.add(author, consultation, [(consultee, "")], at=clock.now())
    return hearing.invite(author, consultation, consultee, method=Method.MAIL, at=clock.now())


def rotate(*purposes: Purpose) -> None:
    key_rotation.rotate(SYSTEM, purposes or tuple(Purpose), at=clock.now())
    db.session.rollback()


def wrong() -> list[tuple[str, str]]:
    db.session.rollback()
    return [(fault.where, fault.what.value) for fault in everything_wrong(CheckedCounts())]


def behind_the_back(statement: Any) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(statement)
    db.session.expire_all()


def environment() -> dict[str, str]:
    return os.environ | {
        FROM_COMMAND_LINE: "",
        "DATABASE_URL": settings().database_url,
        "DATA_DIR": str(settings().data_dir),
        "KEYS_FILE": str(keys.path()),
        "SECRET_KEY": settings().secret_key,
    }


def keys_in_file() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(keys.path().read_text())
    return document


class TestAfterRotations:
    def test_receipts_of_every_generation_open_and_show_their_key(self, site: Flask) -> None:
        given = [send()]
        first_key = given[0].key
        for _ in range(2):
            rotate()
            given.append(send())
        assert given[0].key == first_key, "the key that was handed out"
        assert len({receipt.key for receipt in given}) == 3
        for receipt in given:
            assert receipts.find(receipt.number, receipt.key).number == receipt.number
            assert receipts.key_of(receipt.number) == receipt.key
            with pytest.raises(ReceiptNotFound):
                receipts.find(receipt.number, receipts.new_key(given[0].number))
        assert keys.newest(Purpose.RECEIPTS) == 3

    def test_the_record_verifies_whole_each_time_and_after_what_is_done_in_between(self, site: Flask) -> None:
        division, later = a_division("建设处"), a_division("规划处")
        assert wrong() == []
        for n in range(3):
            rotate()
            assert wrong() == []
            division.name = f"建设{n}处"
            db.session.commit()
            send()
            tree.seal(clock.now())
            assert wrong() == []
        db.session.delete(later)
        db.session.commit()
        assert wrong() == []

    def test_passwords_of_mailboxes_are_readable_and_encrypted_again(self, site: Flask) -> None:
        terms = mailboxes.MailboxSettings("imap.dept.gov.cn", "yijian@dept.gov.cn", "the secret")
        mailbox = mailboxes.add(SYSTEM, terms, at=clock.now())
        stored = {mailbox.password_sealed}
        for _ in range(2):
            rotate(Purpose.SECRETS)
            assert mailboxes.password_of(db.session.get_one(Mailbox, mailbox.id)) == "the secret"
            stored.add(mailbox.password_sealed)
        assert len(stored) == 3
        assert wrong() == []

    def test_codes_of_a_second_factor_count_and_its_secret_is_encrypted_again(self, site: Flask) -> None:
        user = a_user(Role.LEGAL, "fa")
        factor = Totp(user_id=user.id, secret_sealed=encrypt("JBSWY3DPEHPK3PXP"), last_step=0, created_at=clock.now())
        db.session.add(factor)
        db.session.commit()
        before = factor.secret_sealed
        rotate(Purpose.SECRETS)
        assert db.session.get_one(Totp, user.id).secret_sealed != before
        assert decrypt(db.session.get_one(Totp, user.id).secret_sealed) == "JBSWY3DPEHPK3PXP"
        assert wrong() == []

    def test_links_that_were_sent_open_and_a_reminder_has_the_same(self, site: Flask) -> None:
        invitation = an_invitation()
        link = invitations.link_of(invitation)
        rotate()
        token = link.rpartition("/")[2]
        assert invitations.open_link(token, at=clock.now()).id == invitation.id
        assert invitations.link_of(db.session.get_one(Invitation, invitation.id)) == link

    def test_sessions_end_and_signing_in_begins_others(self, site: Flask) -> None:
        user = a_user(Role.DRAFTER, "wang")
        token = sessions.begin(sessions.holder_of(user), NOBODY, at=clock.now())
        assert sessions.behind(token, clock.now()) is not None
        rotate(Purpose.RECEIPTS)
        assert sessions.behind(token, clock.now()) is not None, "other keys leave sessions alone"
        rotate(Purpose.SESSIONS)
        assert sessions.behind(token, clock.now()) is None
        again = sessions.begin(sessions.holder_of(user), NOBODY, at=clock.now())
        assert sessions.behind(again, clock.now()) is not None
        ended = db.session.scalars(select(AccountSession).where(AccountSession.kind == HolderKind.USER)).all()
        assert len(ended) == 2

    def test_each_is_a_row_of_the_record_that_says_who(self, site: Flask) -> None:
        admin = an_actor(Role.ADMIN)
        key_rotation.rotate(admin, [Purpose.LINKS], at=clock.now())
        entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "keys.rotate")).one()
        assert (entry.subject, entry.actor_name, entry.detail["generation"]) == ("keys:links", admin.name, 2)
        assert entry.detail["fingerprint"] == keys.fingerprint(Purpose.LINKS, 2)
        key = (keys.generation(Purpose.LINKS, 2) or b"").decode()
        assert key not in json.dumps(entry.detail)

    def test_only_administrators_may(self, site: Flask) -> None:
        for role in set(Role) - {Role.ADMIN}:
            with pytest.raises(NotAllowed):
                key_rotation.rotate(an_actor(role, f"the {role}"), [Purpose.LINKS], at=clock.now())
        assert keys.newest(Purpose.LINKS) == 1

    def test_a_page_of_the_desk_asks_to_sign_in_once(self, site: Flask, client: Any) -> None:
        typed = {"username": "wang", "password": "jue ce yi jian 9"}
        accounts.create_user(SYSTEM, name="王", role=Role.AUDITOR, at=clock.now(), **typed)
        assert client.post("/desk/sign-in", data=typed).status_code == 303
        assert client.get("/desk/").status_code == 200
        rotate()
        assert client.get("/desk/").status_code == 302
        assert client.post("/desk/sign-in", data=typed).status_code == 303
        assert client.get("/desk/").status_code == 200


class TestAnotherSecret:
    def test_ends_sessions_and_nothing_else(self, site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        receipt, user = send(), a_user(Role.DRAFTER, "wang")
        key = receipt.key
        token = sessions.begin(sessions.holder_of(user), NOBODY, at=clock.now())
        monkeypatch.setitem(site.config, "SECRET_KEY", "another secret")
        site.extensions["consult.keys"].clear()  # as after a restart
        assert receipts.key_of(receipt.number) == key
        assert sessions.behind(token, clock.now()) is None
        assert wrong() == []
        rotate()
        assert wrong() == []
        assert receipts.key_of(receipt.number) == key

    def test_with_a_removed_file_is_named(self, site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        keys.path().unlink()
        site.extensions["consult.keys"].clear()
        assert wrong() == [], "generation 1 is what the same secret gives"
        keys.path().unlink()
        monkeypatch.setitem(site.config, "SECRET_KEY", "another secret")
        site.extensions["consult.keys"].clear()
        assert {where for where, _ in wrong()} == {"keys"}


class TestForgeries:
    """A forger writes to the database; some have an old key besides."""

    def resealed(self, entry: LedgerEntry, key: bytes, **columns: Any) -> Any:
        with db.session.no_autoflush:
            for name, value in columns.items():
                setattr(entry, name, value)
            seal = _sealed(secrets.token_hex(NONCE_DIGITS // 2), leaf_data(entry), key)
            id_ = entry.id
            db.session.rollback()
        return update(LedgerEntry).where(LedgerEntry.id == id_).values(seal=seal, **columns)

    def has_a_wrong_seal(self) -> bool:
        db.session.rollback()
        return any("被改动或者插入" in fault.message for fault in everything_wrong(CheckedCounts()))

    def newest(self) -> LedgerEntry:
        return db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id.desc()).limit(1)).one()

    def test_an_entry_after_the_rotation_sealed_with_the_old_key_is_named(self, site: Flask) -> None:
        rotate(Purpose.SEALS)
        send()
        old, new = keys.generation(Purpose.SEALS, 1), keys.generation(Purpose.SEALS, 2)
        assert old is not None
        assert new is not None
        behind_the_back(self.resealed(self.newest(), new))
        assert not self.has_a_wrong_seal(), "only the journal knows that it is another seal"
        behind_the_back(self.resealed(self.newest(), old))
        assert self.has_a_wrong_seal()

    def test_an_entry_put_in_with_the_old_key_is_named(self, site: Flask) -> None:
        rotate(Purpose.SEALS)
        last = self.newest()
        columns = {c.name: getattr(last, c.name) for c in LedgerEntry.__table__.columns if c.name not in ("id", "seal")}
        entry = LedgerEntry(**(columns | {"act": "account.create", "subject": "user:forger"}))
        key = keys.generation(Purpose.SEALS, 1) or b""
        seal = _sealed(secrets.token_hex(NONCE_DIGITS // 2), leaf_data(entry), key)
        values = columns | {"act": "account.create", "subject": "user:forger", "seal": seal}
        behind_the_back(insert(LedgerEntry).values(id=last.id + 1, **values))
        assert self.has_a_wrong_seal()

    def test_a_row_rewritten_with_its_digest_of_the_old_key_is_named(self, site: Flask) -> None:
        division = a_division("建设处")
        rotate(Purpose.ROWS)
        division.name = "建设二处"
        db.session.commit()
        assert wrong() == []
        behind_the_back(update(Division).where(Division.id == division.id).values(name="假处"))
        assert ("division", "changed") in wrong()
        table = Division.__table__
        row = db.session.execute(rows_query(table).where(table.c.id == division.id)).mappings().one()  # type: ignore[arg-type]
        entry = self.newest()
        detail = json.loads(json.dumps(entry.detail))
        detail["rows"]["division"][0][2] = RowDigests(1).of(table, row)  # type: ignore[arg-type]
        behind_the_back(update(LedgerEntry).where(LedgerEntry.id == entry.id).values(detail=detail))
        assert {"entry", "division"} <= {where for where, _ in wrong()}

    @pytest.mark.parametrize("which", ["unchanged since", "changed since"])
    def test_a_row_changed_after_the_rotation_is_named_by_its_number(self, site: Flask, which: str) -> None:
        division = a_division("建设处")
        rotate(Purpose.ROWS)
        if which == "changed since":
            division.name = "建设二处"
            db.session.commit()
        id_ = division.id
        behind_the_back(update(Division).where(Division.id == id_).values(name="假处"))
        named = [(f.where, f.which) for f in everything_wrong(CheckedCounts()) if f.where == "division"]
        assert named == [("division", str(id_))]

    def test_a_row_changed_behind_the_back_and_then_by_a_verb_across_a_rotation_is_named(self, site: Flask) -> None:
        division = a_division("建设处")
        rotate(Purpose.ROWS)
        behind_the_back(update(Division).where(Division.id == division.id).values(name="假处"))
        division.name = "建设二处"
        db.session.commit()
        assert ("division", "changed") in wrong()

    def test_a_forged_row_is_not_taken_over_to_a_new_key(self, site: Flask) -> None:
        division = a_division("建设处")
        behind_the_back(update(Division).where(Division.id == division.id).values(name="假处"))
        with pytest.raises(RecordBroken, match="division"):
            rotate()
        assert {keys.newest(purpose) for purpose in Purpose} == {1}
        assert "coming" not in keys_in_file()
        assert ("division", "changed") in wrong()

    def test_a_receipt_with_a_key_of_the_old_generation_is_named(self, site: Flask) -> None:
        rotate(Purpose.RECEIPTS)
        receipt = send()
        assert wrong() == []
        old = receipts._derived(keys.generation(Purpose.RECEIPTS, 1) or b"", receipt.number)
        statement = update(Submission).where(Submission.number == receipt.number)
        behind_the_back(statement.values(key_hash=receipts.hash_key(old)))
        assert ("submission", "changed") in wrong()

    def test_the_act_of_a_rotation_can_not_be_moved(self, site: Flask) -> None:
        rotate(Purpose.SEALS)
        entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "keys.rotate")).one()
        behind_the_back(update(LedgerEntry).where(LedgerEntry.id == entry.id).values(act="keys.begin"))
        assert ("entry", "changed") in wrong()


class TestTheFile:
    def exchange(self, site: Flask, content: str | None) -> None:
        keys.path().unlink()
        if content is not None:
            keys.path().write_text(content)
        site.extensions["consult.keys"].clear()

    @pytest.mark.parametrize(
        "content", ["", "{}", "[]", '{"generations": {"seals": []}}', '{"generations": {"seals": "x"}}', "\0"]
    )
    def test_one_that_is_no_file_of_keys_is_named_with_a_sentence(self, site: Flask, content: str) -> None:
        rotate()
        self.exchange(site, content)
        result = site.test_cli_runner().invoke(args=["ledger", "verify"])
        assert result.exit_code == 1, result.output
        assert "密钥文件" in result.stdout
        assert "Traceback" not in result.output

    def test_one_of_another_site_is_named(self, site: Flask) -> None:
        other = {"generations": {purpose.value: [keys.new_key(purpose)] for purpose in Purpose}}
        self.exchange(site, json.dumps(other))
        result = site.test_cli_runner().invoke(args=["ledger", "verify"])
        assert result.exit_code == 1
        assert "不是" in result.stdout
        assert "来自另一个站点" in result.stdout
        with pytest.raises(KeysUnusable, match="另一个站点"):
            rotate()

    def test_with_one_of_another_site_neither_web_server_nor_worker_starts(self, site: Flask) -> None:
        other = {"generations": {purpose.value: [keys.new_key(purpose)] for purpose in Purpose}}
        self.exchange(site, json.dumps(other))
        db.session.rollback()
        for command in (["-c", "import wsgi"], ["-m", "flask", "worker", "run"]):
            done = subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
            )
            assert done.returncode == 1, done.stderr
            assert "来自另一个站点" in done.stderr
            assert "Traceback" not in done.stderr

    def test_one_with_generations_in_another_order_is_named(self, site: Flask) -> None:
        rotate(Purpose.SEALS)
        document = keys_in_file()
        document["generations"]["seals"].reverse()
        self.exchange(site, json.dumps(document))
        assert ("keys", "changed") in wrong()

    def test_an_earlier_copy_is_named_and_a_running_process_keeps_its_keys(self, site: Flask) -> None:
        earlier = keys.path().read_text()
        rotate()
        keys.path().write_text(earlier)
        assert keys.newest(Purpose.SEALS) == 2, "this process knew of the second"
        assert wrong() == []
        self.exchange(site, earlier)
        assert ("keys", "removed") in wrong()
        assert site.test_client().get("/readyz").status_code == 503

    def test_a_removed_one_is_named_and_a_running_process_keeps_its_keys(self, site: Flask) -> None:
        rotate()
        keys.path().unlink()
        assert keys.newest(Purpose.SEALS) == 2
        send()
        assert wrong() == []
        site.extensions["consult.keys"].clear()
        assert ("keys", "removed") in wrong()

    def test_it_is_its_owners_alone_before_and_after_a_rotation(self, site: Flask) -> None:
        for _ in range(2):
            assert stat.S_IMODE(keys.path().stat().st_mode) == 0o600
            rotate()
        assert {path.name for path in keys.path().parent.iterdir() if "keys" in path.name} == {"keys.json", "keys.lock"}

    def test_generation_one_is_what_the_secret_was(self, site: Flask) -> None:
        assert keys.generation(Purpose.SEALS, 1) == site.config["SECRET_KEY"].encode()
        assert keys.of_sessions() == site.config["SECRET_KEY"].encode()


ROTATES = """
import os, signal, sys
from consult.app import create_app
app = create_app()
from consult import clock, keys
from consult.accounts.permissions import SYSTEM
from consult.ledger import key_rotation
from consult.files import keyring
from consult.store import database
if sys.argv[1] == "before":
    key_rotation._record = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
elif sys.argv[1] == "after":
    kept, calls = keyring.replace, []
    def replace(path, ring):
        if not ring.coming:
            os.kill(os.getpid(), signal.SIGKILL)
        kept(path, ring)
    keyring.replace = replace
with app.app_context():
    key_rotation.rotate(SYSTEM, list(keys.Purpose), at=clock.now())
"""


class TestSeveralProcesses:
    def run(self, how: str) -> int:
        db.session.rollback()
        done = subprocess.run([sys.executable, "-c", ROTATES, how], cwd=ROOT, env=environment(), check=False)
        return done.returncode

    def test_another_process_learns_of_a_rotation_without_a_restart(self, site: Flask) -> None:
        before = send()
        assert self.run("whole") == 0
        assert {keys.newest(purpose) for purpose in Purpose} == {2}
        after = send()
        assert receipts.generation_of(after.number, after.submission.key_hash) == 2
        assert receipts.find(before.number, before.key)
        assert wrong() == []

    @pytest.mark.parametrize(("how", "generation"), [("before", 1), ("after", 2)])
    def test_a_killed_rotation_happened_or_did_not(self, site: Flask, how: str, generation: int) -> None:
        assert self.run(how) == -9
        assert "coming" in keys_in_file()
        assert {keys.newest(purpose) for purpose in Purpose} == {generation}
        send()
        assert wrong() == []
        rotate()
        assert "coming" not in keys_in_file()
        assert {keys.newest(purpose) for purpose in Purpose} == {generation + 1}
        send()
        assert wrong() == []

    def test_who_sends_meanwhile_is_stored_and_the_record_is_whole(self, site: Flask) -> None:
        def submit(_: int) -> Receipt:
            with site.app_context():
                try:
                    return send()
                finally:
                    db.session.remove()

        def turn(_: int) -> None:
            with site.app_context():
                try:
                    rotate()
                finally:
                    db.session.remove()

        db.session.rollback()
        with ThreadPoolExecutor(4) as pool:
            sent, turns = pool.map(submit, range(30)), pool.map(turn, range(4))
            given = list(sent)
            list(turns)
        assert keys.newest(Purpose.SEALS) == 5
        assert wrong() == []
        for receipt in given:
            assert receipts.find(receipt.number, receipts.key_of(receipt.number))


class TestTheSigningKey:
    """What checkpoints and tree heads are signed with."""

    @pytest.fixture
    def signed(self, site: Flask) -> tuple[str, str]:
        """Return the public key of a checkpoint before a rotation, and of one after it."""
        before = signed_now()
        rotate(Purpose.CHECKPOINTS)
        send()
        return before, signed_now()

    def test_what_an_earlier_one_signed_stays_valid_under_its_own_public_key(self, signed: tuple[str, str]) -> None:
        before, after = signed
        assert before != after
        assert signing_key.public_keys() == [before, after]
        points = checkpoints.page()
        assert [point.public_key for point in points] == [after, before]
        assert all(proofs.is_signature_valid(point) for point in points)
        assert [checkpoints.read_file(path) for path in checkpoints.files()] == points[::-1]
        assert wrong() == []

    def test_the_published_list_and_page_name_every_public_key(self, signed: tuple[str, str], client: Any) -> None:
        listed = client.get("/transparency/checkpoints.json").json
        assert (listed["public_key"], listed["public_keys"]) == (signed[1], list(signed))
        page = client.get("/transparency").text
        assert "用签发时的公钥验证" in page
        assert all(key in page for key in signed)

    def test_proofs_of_either_are_found_true_offline(self, site: Flask, tmp_path: Path) -> None:
        receipt = send()
        old = signed_now()
        given = {"old": receipt_proof(receipt.submission)}
        before = checkpoints.newest()
        rotate(Purpose.CHECKPOINTS)
        receipt = send()
        new = signed_now()
        given["new"], after = receipt_proof(receipt.submission), checkpoints.newest()
        assert before is not None
        assert after is not None
        given["both"] = publication.consistency(before.size, after.size)
        for name, key in (("old", old), ("new", new), ("both", f"{old},{new}")):
            (tmp_path / f"{name}.json").write_text(json.dumps(given[name]))
            command = [sys.executable, "-I", ROOT / "static/transparency/verify.py", tmp_path / f"{name}.json"]
            done = subprocess.run([*command, "--key", key], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert subprocess.run([*command, "--key", "0" * 64], capture_output=True, check=False).returncode == 1

    @pytest.mark.parametrize("which", ["checkpoint", "head"])
    def test_one_signed_with_the_old_key_after_the_rotation_is_named(
        self, site: Flask, which: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signed_now()
        rotate(Purpose.CHECKPOINTS)
        send()
        old = keys.generation(Purpose.CHECKPOINTS, 1)
        assert old is not None
        module = checkpoints if which == "checkpoint" else tree_heads
        monkeypatch.setattr(module, "signing_key", lambda: signing_key._private(old.decode()))
        signed_now()
        db.session.rollback()
        faults = [fault.message for fault in everything_wrong(CheckedCounts())]
        assert any("已经停用的密钥签名" in message for message in faults)

    def test_generation_one_is_the_key_in_the_file_of_before(self, site: Flask) -> None:
        held = (settings().data_dir / "ledger_key").read_text().strip()
        assert keys.generation(Purpose.CHECKPOINTS, 1) == held.encode()


class TestAPurposeThatAFileFromBeforeLacks:
    """A version that signs or encrypts something more finds a file that is older than it."""

    def test_it_gets_one_generation_whichever_process_is_first(self, site: Flask) -> None:
        written = keys_in_file()
        lacking = {purpose: of for purpose, of in written["generations"].items() if purpose != "sessions"}
        keys.path().write_text(json.dumps({"generations": lacking}))
        db.session.execute(delete(LedgerEntry).where(LedgerEntry.subject == "keys:sessions"))
        db.session.commit()
        program = (
            "from consult.start import application; from consult import keys\n"
            "app = application()\nwith app.app_context(): print(keys.current(keys.Purpose.SESSIONS).decode())"
        )
        started = [
            subprocess.Popen(
                [sys.executable, "-c", program], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        seen = {process.communicate()[0].strip().splitlines()[-1] for process in started}
        assert len(seen) == 1, "all of them have the one key"
        after = keys_in_file()["generations"]
        assert after.pop("sessions") == [*seen]
        assert after == lacking, "the others are as they were"

    def test_the_record_notes_it_once(self, site: Flask) -> None:
        db.session.execute(delete(LedgerEntry).where(LedgerEntry.subject == "keys:checkpoints"))
        db.session.commit()

        def note(_: int) -> None:
            with site.app_context():
                key_rotation.begin(clock.now())
                db.session.remove()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(note, range(4)))
        query = select(LedgerEntry.act).where(LedgerEntry.subject == "keys:checkpoints")
        assert db.session.scalars(query).all() == [key_rotation.BEGIN]


class TestTheCommand:
    def test_lists_generations_and_never_a_key(self, site: Flask) -> None:
        rotate(Purpose.LINKS)
        result = site.test_cli_runner().invoke(args=["keys", "list"])
        assert result.exit_code == 0, result.output
        assert re.search(r"links\t征求意见函的链接\t第 2 代，\d{4}-\d\d-\d\d 登记", result.stdout)
        printed = result.stdout + site.test_cli_runner().invoke(args=["keys", "list", "--json"]).stdout
        for of_purpose in keys_in_file()["generations"].values():
            assert not [key for key in of_purpose if key in printed]

    def test_rotates_what_is_named_or_all(self, site: Flask) -> None:
        runner = site.test_cli_runner()
        assert runner.invoke(args=["keys", "rotate", "seals", "rows"]).exit_code == 0
        assert (keys.newest(Purpose.SEALS), keys.newest(Purpose.ROWS), keys.newest(Purpose.LINKS)) == (2, 2, 1)
        assert runner.invoke(args=["keys", "rotate", "--json"]).exit_code == 0
        assert (keys.newest(Purpose.SEALS), keys.newest(Purpose.LINKS)) == (3, 2)
        assert runner.invoke(args=["keys", "rotate", "nonsense"]).exit_code == 2
        assert wrong() == []
