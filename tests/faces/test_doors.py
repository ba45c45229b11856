"""The doors of configuration: names that are answered to, settings that don't go together, figures, security.txt."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from config import ROOT, Settings
from consult import clock
from consult.accounts.permissions import SYSTEM
from consult.app import create_app
from consult.app_context import settings
from consult.mailbox import settings as mailboxes
from consult.mailbox.errors import MailboxRefused
from consult.start import FROM_COMMAND_LINE

PUBLIC = "https://yijian.example.gov.cn"


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "localhost.evil.example",
            "localhost@evil.example",
            "a b",
            "127.0.0.1.evil.example",
            "\xe9",
        ],
    )
    @pytest.mark.parametrize("address", ["/", "/desk/", "/api/v1/consultations", "/healthz", "/no-such-page"])
    def test_another_name_is_refused_on_every_kind_of_page(self, client: FlaskClient, host: str, address: str) -> None:
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text

    def test_this_machines_names_are_answered_to(self, client: FlaskClient) -> None:
        for host in ("localhost", "localhost:8000", "127.0.0.1:8000"):
            assert client.get("/healthz", headers={"Host": host}).status_code == 200

    @pytest.mark.parametrize("address", ["/", "/desk/sign-in", "/portal/sign-in", "/api/v1/private-data"])
    @pytest.mark.parametrize(
        ("data", "kind"),
        [
            (b"a=" + b"x" * 150_000_000, "application/x-www-form-urlencoded"),
            (b"a=%00", "application/x-www-form-urlencoded"),
            (b"--B", "multipart/form-data; boundary=B"),
            (b"[" * 5000, "application/json"),
        ],
        ids=["too large", "NUL", "cut", "nested"],
    )
    def test_another_name_is_refused_whatever_is_sent(
        self, client: FlaskClient, address: str, data: bytes, kind: str
    ) -> None:
        answer = client.post(address, data=data, content_type=kind, base_url="http://evil.example")
        assert answer.status_code == 400
        assert b"<html" not in answer.data

    @pytest.mark.parametrize(
        ("given", "answered"),
        [
            ({}, ["localhost", "127.0.0.1"]),
            ({"public_url": f"{PUBLIC}:8443/yijian"}, ["yijian.example.gov.cn", "localhost", "127.0.0.1"]),
            ({"bind_host": "0.0.0.0"}, None),
            ({"bind_host": "::1"}, None),
            (
                {"bind_host": "0.0.0.0", "public_url": PUBLIC},
                ["yijian.example.gov.cn", "localhost", "127.0.0.1"],
            ),
            ({"trusted_hosts": "a.gov.cn, .b.gov.cn", "public_url": PUBLIC}, ["a.gov.cn", ".b.gov.cn"]),
        ],
    )
    def test_which_names_follow_from_the_settings(self, given: dict[str, str], answered: list[str] | None) -> None:
        assert Settings(**given).hosts() == answered  # type: ignore[arg-type]

    def test_behind_a_proxy_the_name_that_it_passes_on_counts(self, tmp_path: Path) -> None:
        app = create_app(Settings(data_dir=tmp_path, secret_key="k", public_url=PUBLIC, trusted_proxies=1))
        client = app.test_client()
        for passed_on, status in (("yijian.example.gov.cn", 200), ("evil.example", 400)):
            headers = {"Host": "127.0.0.1:8000", "X-Forwarded-Host": passed_on}
            assert client.get("/healthz", headers=headers).status_code == status


class TestSettingsThatDontGoTogether:
    def start(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "import wsgi"],
            cwd=ROOT, env=os.environ | {FROM_COMMAND_LINE: ""} | environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("environment", "words"),
        [
            ({"SMTP_HOST": "smtp.example.gov.cn"}, "PUBLIC_URL"),
            ({"SECURITY_CONTACT": "mailto:a@example.gov.cn"}, "SECURITY_EXPIRES"),
            ({"SECURITY_CONTACT": "javascript:alert(1)", "SECURITY_EXPIRES": "2027-01-01"}, "mailto:"),
            ({"PUBLIC_URL": "yijian.example.gov.cn"}, "https://"),
            ({"PORT": "eight"}, "PORT"),
        ],
    )
    def test_the_site_does_not_start_and_says_what_to_set(
        self, tmp_path: Path, environment: dict[str, str], words: str
    ) -> None:
        done = self.start(DATA_DIR=str(tmp_path), **environment)
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr

    def test_with_an_address_it_starts(self, tmp_path: Path) -> None:
        done = self.start(DATA_DIR=str(tmp_path), SMTP_HOST="smtp.example.gov.cn", PUBLIC_URL=PUBLIC)
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_mailbox_needs_an_address_unless_this_machine_alone_reaches_the_site(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailboxes.check_public_url()
        monkeypatch.setattr(settings(), "bind_host", "0.0.0.0")
        mailboxes.check_public_url()
        terms = mailboxes.MailboxSettings("imap.dept.gov.cn", "yijian@dept.gov.cn", "the secret")
        mailbox = mailboxes.add(SYSTEM, terms, at=clock.now())
        with pytest.raises(MailboxRefused, match="PUBLIC_URL"):
            mailboxes.check_public_url()
        monkeypatch.setattr(settings(), "public_url", PUBLIC)
        mailboxes.check_public_url()
        monkeypatch.setattr(settings(), "public_url", "")
        mailboxes.close(SYSTEM, mailbox, at=clock.now())
        mailboxes.check_public_url()

    @pytest.mark.parametrize(
        ("given", "secure"),
        [
            ({}, False),
            ({"public_url": PUBLIC}, True),
            ({"public_url": PUBLIC.upper()}, True),
            ({"public_url": "http://intranet"}, False),
            ({"public_url": PUBLIC, "cookie_secure": False}, False),
            ({"cookie_secure": True}, True),
        ],
    )
    def test_cookies_are_for_https_alone_where_the_address_is(
        self, tmp_path: Path, given: dict[str, str | bool], secure: bool
    ) -> None:
        made = Settings(data_dir=tmp_path, secret_key="k", **given)  # type: ignore[arg-type]
        assert made.cookie_secure is secure
        assert create_app(made).config["SESSION_COOKIE_NAME"] == ("__Host-session" if secure else "session")

    def test_a_wrong_date_is_no_setting(self) -> None:
        with pytest.raises(ValidationError):
            Settings(security_expires="soon")  # type: ignore[arg-type]


class TestFigures:
    @pytest.mark.parametrize(
        "field", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host", "X-Forwarded-Proto"]
    )
    def test_are_closed_to_what_a_proxy_passed_on(self, client: FlaskClient, field: str) -> None:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={field: "127.0.0.1"}).status_code == 403

    def test_are_closed_behind_a_proxy_that_adds_nothing(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings(), "trusted_proxies", 1)
        assert app.test_client().get("/metrics").status_code == 403

    def test_are_open_to_the_token_behind_a_proxy(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings(), "trusted_proxies", 1)
        monkeypatch.setattr(settings(), "metrics_token", "open sesame")
        headers = {"Authorization": "Bearer open sesame", "X-Forwarded-For": "203.0.113.7"}
        assert app.test_client().get("/metrics", headers=headers).status_code == 200
        assert app.test_client().get("/metrics", headers={"Authorization": "Bearer \xe9"}).status_code == 403


class TestSecurityTxt:
    ADDRESS = "/.well-known/security.txt"

    def test_there_is_none_without_a_contact(self, client: FlaskClient) -> None:
        assert client.get(self.ADDRESS).status_code == 404

    def test_it_has_the_fields_of_rfc_9116_until_it_expires(
        self, client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        day = clock.local(clock.now()).date()
        monkeypatch.setattr(settings(), "security_contact", "mailto:anquan@example.gov.cn, https://example.gov.cn/a")
        monkeypatch.setattr(settings(), "security_expires", day)
        monkeypatch.setattr(settings(), "public_url", PUBLIC)
        answer = client.get(self.ADDRESS)
        assert answer.content_type == "text/plain; charset=utf-8"
        assert answer.text.splitlines() == [
            "Contact: mailto:anquan@example.gov.cn",
            "Contact: https://example.gov.cn/a",
            f"Expires: {day}T23:59:59+08:00",
            "Preferred-Languages: zh, en",
            f"Canonical: {PUBLIC}/.well-known/security.txt",
        ]
        monkeypatch.setattr(settings(), "security_expires", day - timedelta(days=1))
        assert client.get(self.ADDRESS).status_code == 404
