"""The moderator sees which attachments the search has no words of, and can open them all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from consult import clock
from consult.app_context import blobs
from consult.faces import jobs
from consult.files.attachments import check
from consult.files.sandbox import ATTEMPTS
from consult.intake import attachment_text
from tests.builders import a_submission, an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.intake.test_attachment_text import DEADLY, dies_of_one


def test_the_moderator_is_told_of_a_file_that_nobody_can_read(
    staff: Staff, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now()
    consultation = an_open_consultation(
        staff.of("drafter"), staff.of("publisher"), slug="canteen", at=at - timedelta(days=2)
    )
    contents = (("甲.txt", DEADLY), ("乙.txt", "停车收费".encode()))
    blobs().put_many([data for _, data in contents])
    files = tuple(check(name, data, max_bytes=1 << 20) for name, data in contents)
    number = a_submission(consultation, "见附件。", at=at, attachments=files).number
    monkeypatch.setattr(attachment_text, "text_of_blob", dies_of_one)
    for _ in range(ATTEMPTS):
        jobs.run("search")
    client = signed_in("moderator")
    page = client.get(f"/desk/consultations/canteen/moderation?open={number}").text
    assert page.count("无法读取文字</span>") == 1
    assert page.index("甲.txt") < page.index("无法读取文字</span>") < page.index("乙.txt")
    assert "不在按词查找的范围" in page
    assert client.get(f"/desk/consultations/canteen/moderation/{number}/attachments/0").data == DEADLY
    assert number in client.get("/desk/consultations/canteen/moderation/find?number=停车收费").text
