"""``flask sender``: keys for systems that hand submissions over."""

from __future__ import annotations

import json

from flask import Flask

from consult.intake import api_senders
from consult.intake.models import TrustedSender
from consult.store import db
from tests.faces.cli.console import run

CREATE = ("sender", "create", "--name", "热线平台", "--channel", "hotline", "--json")


def test_a_key_is_shown_once_and_only_its_digest_is_kept(app: Flask) -> None:
    key = json.loads(run(app, *CREATE).stdout)["key"]
    sender = api_senders.known(key)
    assert sender is not None
    assert sender.channel.value == "hotline"
    assert key not in json.dumps([str(value) for value in vars(db.session.query(TrustedSender).one()).values()])
    assert "key" not in json.loads(run(app, "sender", "list", "--json").stdout)["senders"][0]


def test_a_revoked_key_opens_nothing_and_its_name_is_not_given_again(app: Flask) -> None:
    key = json.loads(run(app, *CREATE).stdout)["key"]
    assert run(app, "sender", "revoke", "热线平台").exit_code == 0
    assert api_senders.known(key) is None
    again = run(app, *CREATE)
    assert again.exit_code == 1
    assert "已经有密钥" in again.stderr


def test_an_unknown_name_is_refused(app: Flask) -> None:
    assert run(app, "sender", "revoke", "谁").exit_code == 1
