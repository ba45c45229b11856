"""An instance of before keys had generations gets new ones, with all that was given out still good."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import select

from consult import keys
from consult.keys import Purpose
from consult.mailbox import settings as mailboxes
from consult.mailbox.models import Mailbox
from consult.store import db
from tests.kept.instance import Kept, kept_instance, of_today, read


def damage(kept: Kept) -> set[str]:
    printed = json.loads(kept.command("ledger", "verify", "--json").stdout)
    return {fault["which"] for fault in printed["faults"]}


def test_what_was_given_out_of_old_opens_after_two_rotations_and_another_secret(tmp_path: Path) -> None:
    with kept_instance(of_today(), tmp_path) as kept:
        before = damage(kept)
        passwords = [mailboxes.password_of(mailbox) for mailbox in db.session.scalars(select(Mailbox))]
        assert passwords
        for generation in (2, 3):
            assert kept.command("keys", "rotate").exit_code == 0
            assert {keys.newest(purpose) for purpose in Purpose} == {generation}
            assert damage(kept) == before
        kept.app.config["SECRET_KEY"] = "another secret"
        kept.app.extensions["consult.keys"].clear()
        assert damage(kept) == before
        db.session.expire_all()
        assert [mailboxes.password_of(mailbox) for mailbox in db.session.scalars(select(Mailbox))] == passwords
        for receipt in kept.expected["receipts"][:20]:
            client = kept.browser()
            typed = {"number": receipt["number"], "key": receipt["key"]}
            opened = client.post("/receipts", data=typed)
            assert opened.status_code == 303, receipt
            status, page = read(client.get(opened.location))
            assert status == 200
            assert receipt["key"].encode() in page, "the key that was handed out is shown again"
        for link in kept.expected["links"]:
            assert read(kept.browser().get(f"/portal/i/{link['token']}"))[0] == 303, link
