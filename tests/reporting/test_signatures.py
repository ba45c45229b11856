"""A published report is signed over its files; what was swapped, forged, replayed or left out isn't taken for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from sqlalchemy import update

from config import ROOT
from consult.accounts.models import Role
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.app_context import blobs
from consult.ledger.models import LedgerEntry
from consult.ledger.signing_key import public_key
from consult.reporting import report_files, service, verification
from consult.reporting.models import FeedbackReport
from consult.store import db
from tests.builders import an_actor, an_open_consultation
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

SCRIPT = ROOT / "static" / "transparency" / "verify.py"


@dataclass
class Published:
    """A published report, and a folder with its files as the public downloads them."""

    report: FeedbackReport
    folder: Path

    def path(self, extension: str) -> Path:
        return self.folder / f"report.{extension}"

    def signature(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.path("sig.json").read_bytes())
        return document


@pytest.fixture
def published(app: Flask, tmp_path: Path) -> Published:
    drafter, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    consultation = an_open_consultation(drafter, publisher, at=PUBLISHED, slug="canteens")
    accepted(consultation, ("art-3", "菜价要公示。"))
    [opinion] = opinions_of(consultation)
    decision = adoption.decide(drafter, opinion, Outcome.ADOPTED, "", proposed_text="菜价每日公示。", at=AFTER)
    adoption.review(publisher, decision, at=AFTER)
    report = service.compile_report(drafter, consultation, at=AFTER)
    service.submit_for_review(drafter, report, at=AFTER)
    service.review(an_actor(Role.LEGAL), report, at=AFTER)
    service.publish(an_actor(Role.PUBLISHER, "second"), report, at=AFTER)
    assert report_files.finish(report, at=AFTER)
    result = app.test_cli_runner().invoke(args=["report", "build", "canteens", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.stderr
    return Published(report, tmp_path)


def by_script(published: Published, *options: str) -> tuple[int, str]:
    """Run the public's script without the project and without its packages' folder."""
    command = [sys.executable, "-I", str(SCRIPT), str(published.path("sig.json")), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=published.folder)
    return done.returncode, done.stdout + done.stderr


def by_command(app: Flask, published: Published, *options: str) -> tuple[int, dict[str, Any]]:
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["report", "verify", *options, "--json"])
    return result.exit_code, json.loads(result.stdout) if result.stdout else {"error": result.stderr}


def test_every_format_is_verified_by_script_and_command(app: Flask, published: Published) -> None:
    files = [str(published.path(extension)) for extension in published.report.files]
    assert len(files) == 6
    code, words = by_script(published, *[word for file in files for word in ("--file", file)], "--key", public_key())
    assert code == 0, words
    assert "已经收录在公开记录里" in words
    code, document = by_command(app, published, *files, "--signature", str(published.path("sig.json")))
    assert (code, document["valid"]) == (0, True)
    assert {(row["signature"], row["record"]) for row in document["files"]} == {(True, True)}
    assert by_command(app, published, *files)[0] == 0
    assert list(verification.faults()) == []


def swapped_file(published: Published) -> None:
    published.path("docx").write_bytes(published.path("docx").read_bytes() + b" ")


def forged_statement(published: Published) -> None:
    document = published.signature()
    statement = json.loads(document["statement"])
    statement["files"]["docx"] = "0" * 64
    published.path("sig.json").write_text(json.dumps({**document, "statement": json.dumps(statement)}))


def another_key(published: Published) -> None:
    document, key = published.signature(), Ed25519PrivateKey.generate()
    signature = key.sign(f"consult-report/1\n{document['statement']}".encode()).hex()
    forged = {"public_key": key.public_key().public_bytes_raw().hex(), "signature": signature}
    published.path("sig.json").write_text(json.dumps({**document, **forged}))


def another_proof(published: Published) -> None:
    document = published.signature()
    published.path("sig.json").write_text(
        json.dumps({**document, "proof": {**document["proof"], "index": document["proof"]["index"] - 1}})
    )


@pytest.mark.parametrize("forge", [swapped_file, forged_statement, another_key, another_proof])
def test_a_forgery_is_refused_by_both(app: Flask, published: Published, forge: Callable[[Published], None]) -> None:
    forge(published)
    docx = str(published.path("docx"))
    assert by_script(published, "--file", docx, "--key", public_key())[0] == 1
    code, document = by_command(app, published, docx, "--signature", str(published.path("sig.json")))
    assert (code, document["valid"]) == (1, False)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"kind": "consult-report/1"}', "[" * 5000, '{"kind": "consult-report/1", "statement": 3}'],
)
def test_what_is_no_signature_is_refused_with_words(app: Flask, published: Published, content: str) -> None:
    published.path("sig.json").write_text(content)
    docx = str(published.path("docx"))
    assert by_command(app, published, docx, "--signature", str(published.path("sig.json")))[0] == 1
    code, words = by_script(published, "--file", docx)
    assert code == 1
    assert "Traceback" not in words


def test_a_draft_that_says_it_is_one_is_no_published_file(app: Flask, published: Published) -> None:
    published.path("docx").write_bytes(b"not of this report")
    code, document = by_command(app, published, str(published.path("docx")))
    assert (code, document["files"][0]["record"]) == (1, False)
    assert by_command(app, published, str(published.folder / "none.docx"))[0] == 1


def test_a_signature_or_a_file_changed_in_the_database_is_found_and_stops_the_page(
    app: Flask, published: Published
) -> None:
    client, page = app.test_client(), "/consultations/canteens/report"
    assert client.get(f"{page}.sig.json").get_json()["proof"]
    report = published.report
    other = json.dumps({**json.loads(report.signature), "signature": "00" * 64})
    draft = {**report.files, "csv": blobs().put(b"forged")}
    signatures: list[dict[str, Any]] = [{"signature": other}, {"signature": ""}]
    for change in (*signatures, {"checkpoint": "另一个"}, {"files": draft}, {"files": {}}):
        before = {name: getattr(report, name) for name in change}
        _write(report, change)
        assert client.get(page).status_code == 503, change
        assert [fault.where for fault in verification.faults()] == ["report"], change
        _write(report, before)
    assert client.get(page).status_code == 200


def _write(report: FeedbackReport, values: dict[str, Any]) -> None:
    which = FeedbackReport.id == report.id
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(update(FeedbackReport).where(which).values(values))
    db.session.expire_all()


def test_what_is_signed_once_is_left_as_it_is(app: Flask, published: Published) -> None:
    files, signature = dict(published.report.files), published.report.signature
    assert not report_files.finish(published.report, at=AFTER)
    assert (published.report.files, published.report.signature) == (files, signature)
    assert db.session.query(LedgerEntry).filter(LedgerEntry.act == "report.sign").count() == 1


def test_the_row_page_says_who_confirmed_it_and_what_was_changed(app: Flask, published: Published) -> None:
    client = app.test_client()
    page = client.get("/consultations/canteens/report/rows/1").text
    for words in ("菜价要公示。", "拟修改为：菜价每日公示。", "信息发布员", "采纳"):
        assert words in page
    assert "意见合理" not in page
    assert client.get("/consultations/canteens/report/rows/2").status_code == 404
    assert client.get("/consultations/canteens/report/rows/99999999999999999999").status_code == 404
    article = client.get("/consultations/canteens/articles/art-3").text
    assert "/consultations/canteens/report/rows/1" in article
    assert "article=art-3" in article
    assert "菜价要公示。" in client.get("/consultations/canteens/report?article=art-3").text
    assert "菜价要公示。" not in client.get("/consultations/canteens/report?late=1").text
