"""The published record: pages, documents, and the proof that a receipt's holder can download."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from config import ROOT
from consult.drafting.models import Consultation
from consult.intake import receipts
from consult.ledger import checkpoints
from tests.builders import NOON, a_submission

AT = NOON + timedelta(days=1)


def verified(folder: Path, document: bytes, *options: str) -> tuple[int, str]:
    """Run the script that the site hands out, as a visitor would."""
    (folder / "proof.json").write_bytes(document)
    script = ROOT / "static" / "transparency" / "verify.py"
    ran = subprocess.run(
        [sys.executable, str(script), "proof.json", *options], cwd=folder, check=False, capture_output=True, text=True
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_before_the_first_checkpoint_the_page_says_so(client: FlaskClient) -> None:
    page = client.get("/transparency")
    assert page.status_code == 200
    assert "还没有检查点" in page.text
    assert checkpoints.public_key() in page.text
    assert client.get("/transparency/checkpoint.json").status_code == 404


def test_a_holder_downloads_the_proof_and_checks_it_with_the_script_of_the_site(
    client: FlaskClient, canteen: Consultation, tmp_path: Path
) -> None:
    receipt = a_submission(canteen, "窗口应当公示价格。", at=AT)
    checkpoints.checkpoint(AT)
    assert client.get(f"/receipts/{receipt.number}/proof.json").status_code == 403
    page = client.get(f"/receipts/{receipt.number}?key={receipt.key}", follow_redirects=True)
    assert f"/receipts/{receipt.number}/proof.json" in page.text
    answer = client.get(f"/receipts/{receipt.number}/proof.json")
    assert answer.headers["Cache-Control"] == "no-store, private"
    code, words = verified(tmp_path, answer.data, "--key", checkpoints.public_key())
    assert (code, "核对通过" in words) == (0, True)
    assert "窗口应当公示价格。" in answer.get_json()["content"]


def test_the_key_of_a_receipt_opens_its_proof_and_no_other(client: FlaskClient, canteen: Consultation) -> None:
    mine, other = a_submission(canteen, "一", at=AT), a_submission(canteen, "二", at=AT)
    checkpoints.checkpoint(AT)
    assert client.get(f"/receipts/{mine.number}/proof.json?key={mine.key}").status_code == 200
    assert client.get(f"/receipts/{other.number}/proof.json?key={mine.key}").status_code == 403


def test_until_a_checkpoint_covers_it_the_receipt_says_when_there_will_be_a_proof(
    client: FlaskClient, canteen: Consultation
) -> None:
    receipt = a_submission(canteen, "一", at=AT)
    page = client.get(f"/receipts/{receipt.number}?key={receipt.key}", follow_redirects=True).text
    assert "下一个整点之后" in page
    assert "proof.json" not in page
    answer = client.get(f"/receipts/{receipt.number}/proof.json?key={receipt.key}")
    assert (answer.status_code, "每小时" in answer.get_json()["error"]) == (404, True)


def test_every_pair_of_checkpoints_has_its_consistency_proof(
    client: FlaskClient, canteen: Consultation, tmp_path: Path
) -> None:
    sizes = []
    for n in range(4):
        a_submission(canteen, f"第{n}条", at=AT)
        signed = checkpoints.checkpoint(AT + timedelta(hours=n))
        assert signed is not None
        sizes.append(signed.size)
    for i, old in enumerate(sizes):
        for new in sizes[i:]:
            answer = client.get(f"/transparency/consistency.json?old={old}&new={new}")
            assert verified(tmp_path, answer.data, "--key", checkpoints.public_key())[0] == 0
    page = client.get("/transparency").text
    assert f"old={sizes[2]}&amp;new={sizes[3]}" in page
    listed = client.get("/transparency/checkpoints.json").get_json()
    assert [point["size"] for point in listed["checkpoints"]] == sizes[::-1]


def test_a_receipt_is_checked_against_yesterdays_checkpoint_that_somebody_kept(
    client: FlaskClient, canteen: Consultation, tmp_path: Path
) -> None:
    receipt = a_submission(canteen, "昨天说的", at=AT)
    kept = checkpoints.checkpoint(AT)
    assert kept is not None
    proof = client.get(f"/receipts/{receipt.number}/proof.json?key={receipt.key}").data
    a_submission(canteen, "今天说的", at=AT + timedelta(days=1))
    checkpoints.checkpoint(AT + timedelta(days=1))
    mine = tmp_path / "kept.json"
    mine.write_bytes(client.get(f"/transparency/checkpoints/{kept.size}.json").data)
    assert verified(tmp_path, proof, "--checkpoint", str(mine))[0] == 0
    later = client.get(f"/receipts/{receipt.number}/proof.json?key={receipt.key}").data
    assert verified(tmp_path, later, "--checkpoint", str(mine))[0] == 1  # made for today's
    link = client.get(f"/transparency/consistency.json?old={kept.size}&new={kept.size + 1}").data
    assert verified(tmp_path, link, "--checkpoint", str(mine))[0] == 0


def test_checkpoints_that_never_were_have_no_proof(client: FlaskClient, canteen: Consultation) -> None:
    checkpoints.checkpoint(AT)
    for query in ("", "?old=1", "?old=x&new=y", "?old=99&new=1", f"?old=1&new={10**30}", "?old=-1&new=1"):
        answer = client.get(f"/transparency/consistency.json{query}")
        assert (answer.status_code, "检查点" in answer.get_json()["error"]) == (404, True)
    assert client.get(f"/transparency/checkpoints/{10**30}.json").status_code == 404


def test_a_long_list_goes_on_page_by_page(client: FlaskClient, canteen: Consultation) -> None:
    for n in range(32):
        a_submission(canteen, f"第{n}条", at=AT)
        checkpoints.checkpoint(AT + timedelta(hours=n))
    first = client.get("/transparency").text
    assert first.count("download>一致性证明") == 30
    newest = checkpoints.newest()
    assert newest is not None
    assert f"before={newest.size - 29}" in first
    assert client.get(f"/transparency?before={newest.size - 29}").text.count("/transparency/checkpoints/") == 2


def test_the_script_is_handed_out_whole(client: FlaskClient) -> None:
    answer = client.get("/transparency/verify.py")
    assert answer.data == (ROOT / "static" / "transparency" / "verify.py").read_bytes()
    assert "attachment" in answer.headers["Content-Disposition"]


def test_nothing_published_of_the_record_names_a_sender(client: FlaskClient, canteen: Consultation, app: Flask) -> None:
    receipt = a_submission(canteen, "一", at=AT, name="欧阳某某", contact="13900001234")
    checkpoints.checkpoint(AT)
    for address in ("/transparency", "/transparency/checkpoints.json", "/transparency/checkpoint.json"):
        page = client.get(address).text
        assert "欧阳" not in page
        assert "13900001234" not in page
        assert receipt.number not in page
    assert receipts.key_of(receipt.number) == receipt.key
