"""Where attachments are handed on, one that is held back is not: it is named, with what was found in it."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask

from consult import clock
from consult.app_context import blobs, settings
from consult.consultees import invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import ConsulteeKind, Method
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.attachments import CheckedAttachment, check
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel
from tests.builders import a_submission, an_open_consultation
from tests.clamd import BAD, SIGNATURE, listening
from tests.faces.cli.console import run
from tests.faces.desk.conftest import SignIn, Staff

GOOD = "一份说明。".encode()
WORDS = f"这个附件被病毒扫描隔离：{SIGNATURE}"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    return an_open_consultation(
        staff.of("drafter"), staff.of("publisher"), slug="canteen", at=clock.now() - timedelta(days=2)
    )


def files() -> tuple[CheckedAttachment, ...]:
    blobs().put_many([BAD, GOOD])
    return tuple(check(name, data, max_bytes=1 << 20) for name, data in (("甲.txt", BAD), ("乙.txt", GOOD)))


def scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as address:
        monkeypatch.setattr(settings(), "clamd_address", address)
        jobs.run("scan")


@pytest.fixture
def number(consultation: Consultation, monkeypatch: pytest.MonkeyPatch) -> str:
    """A submission by mail of two files, of which the first is held back."""
    receipt = a_submission(consultation, "见附件。", at=clock.now(), attachments=files(), channel=Channel.MAILBOX)
    scanned(monkeypatch)
    return receipt.number


def test_the_moderator_is_told_and_gets_only_the_other_file(number: str, signed_in: SignIn) -> None:
    client = signed_in("moderator")
    page = client.get(f"/desk/consultations/canteen/moderation?open={number}").text
    assert "已隔离</span>" in page
    assert f"查出 {SIGNATURE}" in page
    assert "邮件原件中亦含该附件，请勿打开" in page
    address = f"/desk/consultations/canteen/moderation/{number}/attachments"
    assert f"{address}/0" not in page
    assert f"{address}/1" in page
    refused = client.get(f"{address}/0")
    assert (refused.status_code, WORDS in refused.text, BAD in refused.data) == (403, True, False)
    assert "Content-Disposition" not in refused.headers
    assert client.get(f"{address}/1").data == GOOD
    assert client.post(f"/desk/consultations/canteen/moderation/{number}/accept").status_code == 303


def test_the_archive_leaves_it_out_and_says_which_it_was(number: str, app: Flask, tmp_path: Path) -> None:
    out = tmp_path / "all.zip"
    assert run(app, "submissions", "export", "canteen", "--out", str(out)).exit_code == 0
    with zipfile.ZipFile(out) as packed:
        (submission,) = json.loads(packed.read("submissions.json"))["submissions"]
        infected, clean = submission["attachments"]
        assert (infected["path"], infected["held_back"]) == (None, SIGNATURE)
        assert infected["sha256"] == sha256(BAD).hexdigest()
        assert (packed.read(clean["path"]), clean["held_back"]) == (GOOD, None)
        assert set(packed.namelist()) == {"submissions.json", submission["raw"], clean["path"]}
    table = tmp_path / "all.csv"
    assert run(app, "submissions", "export", "canteen", "--out", str(table)).exit_code == 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert f"甲.txt（{WORDS}）；乙.txt" in row.values()
    assert f"甲.txt（{WORDS}）" in run(app, "submissions", "show", number).stdout


def test_the_meeting_file_says_so_in_its_place(
    consultation: Consultation, staff: Staff, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    enterprise = register.add(staff.of("drafter"), register.Entry("甲餐饮", ConsulteeKind.ENTERPRISE), at=clock.now())
    hearing.add(staff.of("drafter"), consultation, [(enterprise, "")], at=clock.now())
    invited = hearing.invite(staff.of("drafter"), consultation, enterprise, method=Method.LETTER, at=clock.now())
    consultee = invitations.as_consultee(invited.consultee)
    responses.respond(
        consultee, invited, parts=[ArrivalPart("见附件。")], attachments=files(), by="甲餐饮", at=clock.now()
    )
    scanned(monkeypatch)
    answer = signed_in("drafter").get("/desk/consultations/canteen/meeting/file.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        attached = {name.rpartition(" ")[2]: packed.read(name) for name in packed.namelist() if "甲餐饮-" in name}
    assert attached == {
        "甲餐饮-甲.txt-已隔离.txt": f"甲餐饮-甲.txt\n{WORDS}\n".encode(),
        "甲餐饮-乙.txt": GOOD,
    }
