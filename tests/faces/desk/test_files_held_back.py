"""Where the desk gives files out that staff uploaded, one that is held back is not, and its place says so."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from consult import clock
from consult.app_context import blobs, settings
from consult.consultees import hearings
from consult.consultees.models import Gathering, GatheringKind
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.faces import jobs
from consult.files.attachments import CheckedAttachment, check
from consult.meeting import flags
from consult.meeting import service as meeting
from tests.builders import DRAFT, an_open_consultation
from tests.clamd import BAD, SIGNATURE, listening
from tests.faces.desk.conftest import SignIn, Staff

GOOD = "一份说明。".encode()
HERE = "/desk/consultations/canteen"
WORDS = f"这个文件被病毒扫描隔离：{SIGNATURE}"


def a_file(data: bytes) -> CheckedAttachment:
    blobs().put(data)
    return check("材料.txt", data, max_bytes=1 << 20)


def an_address(staff: Staff, consultation: Consultation, data: bytes, place: str) -> tuple[str, str]:
    """Keep a file in a place; return the page that names it and the address that gives it out."""
    drafter, at = staff.of("drafter"), clock.now()
    if place == "draft":
        kind, text = VersionKind.REVISED, f"{DRAFT}\n".encode() + data
        made = versions.add_version(drafter, consultation, kind=kind, file_name="改稿.txt", data=text, at=at)
        return f"{HERE}/draft/{made.number}", f"{HERE}/draft/{made.number}/file"
    if place == "evidence":
        flags.state_fact(drafter, consultation, "disclosure", "public", at=at, evidence=a_file(data))
        (fact,) = meeting.facts_stated(consultation)
        return f"{HERE}/meeting", f"{HERE}/meeting/evidence/{fact.id}"
    gathering: Gathering = hearings.arrange(
        drafter, consultation, kind=GatheringKind.SYMPOSIUM, title="座谈会", place="", held_at=at - timedelta(days=1),
        invited=[], others=["张三"], at=at - timedelta(days=2),
    )  # fmt: skip
    hearings.keep_minutes(drafter, consultation, gathering, came=set(), minutes=a_file(data), at=at)
    return f"{HERE}/gatherings", f"{HERE}/gatherings/{gathering.id}/minutes"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    return an_open_consultation(
        staff.of("drafter"), staff.of("publisher"), slug="canteen", at=clock.now() - timedelta(days=2)
    )


def scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as address:
        monkeypatch.setattr(settings(), "clamd_address", address)
        jobs.run("scan-files")


@pytest.fixture
def client(signed_in: SignIn) -> FlaskClient:
    return signed_in("drafter")


PLACES = ["draft", "evidence", "minutes"]


@pytest.mark.parametrize("place", PLACES)
def test_an_infected_file_is_named_and_not_given_out(
    staff: Staff, consultation: Consultation, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    page, address = an_address(staff, consultation, BAD, place)
    assert BAD in client.get(address).data
    assert f'href="{address}"' in client.get(page).text
    scanned(monkeypatch)
    shown = client.get(page).text
    assert "已隔离</span>" in shown
    assert f"查出 {SIGNATURE}" in shown
    assert ("请另行登记" in shown) is (place != "draft")  # a draft's provisions stay; the other files are entered again
    assert f'href="{address}"' not in shown
    refused = client.get(address)
    assert (refused.status_code, WORDS in refused.text, refused.mimetype) == (403, True, "text/html")
    assert "Content-Disposition" not in refused.headers


@pytest.mark.parametrize("place", PLACES)
def test_a_clean_file_is_given_out_as_a_download(
    staff: Staff, consultation: Consultation, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    page, address = an_address(staff, consultation, GOOD, place)
    scanned(monkeypatch)
    assert f'href="{address}"' in client.get(page).text
    answer = client.get(address)
    assert GOOD in answer.data
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_meeting_file_says_so_in_its_place(
    staff: Staff, consultation: Consultation, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("draft", "evidence"):
        an_address(staff, consultation, BAD, place)
    scanned(monkeypatch)
    with zipfile.ZipFile(io.BytesIO(client.get(f"{HERE}/meeting/file.zip").data)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    held = {name.partition(" ")[2]: data for name, data in files.items() if name.endswith("-已隔离.txt")}
    assert held["改稿.txt-已隔离.txt"] == f"改稿.txt\n{WORDS}\n".encode()
    assert held["材料.txt-已隔离.txt"] == f"材料.txt\n{WORDS}\n".encode()
    assert not any(BAD in data for data in files.values())


def test_minutes_of_another_consultation_are_not_given_out_here(
    staff: Staff, consultation: Consultation, client: FlaskClient
) -> None:
    other = an_open_consultation(
        staff.of("drafter"), staff.of("publisher"), slug="parking", at=clock.now() - timedelta(days=2)
    )
    _, address = an_address(staff, other, GOOD, "minutes")
    assert client.get(address).status_code == 404
    assert client.get(address.replace("canteen", "parking")).data == GOOD
