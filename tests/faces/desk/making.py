"""Consultations in every state, made by the staff of the desk's tests, and files to upload."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult import clock
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.store import db
from tests.builders import DRAFT, a_submission, docx_of
from tests.drafting.test_notice import notice_of
from tests.faces.desk.conftest import Staff

TITLE = "社区食堂管理办法（征求意见稿）"


def ago(days: float) -> datetime:
    """Return the moment so many days before now."""
    return clock.now() - timedelta(days=days)


def drafted(staff: Staff, *, kind: str = "normative-document", days: float = 1, by: str = "drafter") -> Consultation:
    """Return a consultation in drafting, with a notice, an explanation and a contact."""
    author = staff.of(by)
    made = drafting.create(author, title=TITLE, kind=kind, file_name="文稿.docx", data=docx_of(DRAFT), at=ago(days + 1))
    written = notice_of(made, summary="怎样开、谁来管。", explanation_html="<p>为什么制定。</p>", contact="某路1号")
    drafting.write_notice(author, made, written, at=ago(days))
    return made


def in_review(staff: Staff, *, kind: str = "normative-document", days: float = 1) -> Consultation:
    """Return a consultation that waits for a publisher."""
    made = drafted(staff, kind=kind, days=days + 0.1)
    drafting.submit_for_review(staff.of("drafter"), made, at=ago(days))
    return made


def released(staff: Staff, *, kind: str = "normative-document", days: float = 2) -> Consultation:
    """Return a consultation that was published so many days ago for the rule's own period."""
    made = in_review(staff, kind=kind, days=days + 0.1)
    drafting.publish(staff.of("publisher"), made, at=ago(days))
    return made


def received(consultation: Consultation, n: int, *, days: float = 1) -> None:
    """Have so many submissions come in."""
    for i in range(n):
        a_submission(consultation, f"第{i}条意见。", at=ago(days), raw=f"{consultation.slug}-{i}".encode())


def upload(data: bytes, name: str = "文稿.docx") -> tuple[io.BytesIO, str]:
    """Return a file as Flask's client sends it."""
    return io.BytesIO(data), name


def token_in(page: str, name: str = "draft") -> str:
    """Return what the form of a preview sends to confirm it."""
    (token,) = re.findall(rf'name="{name}"[^>]* value="([^"]+)"', page)
    return str(token)


def sent(client: FlaskClient, address: str, data: dict[str, Any]) -> TestResponse:
    """Upload a file that the worker reads; return the page of what was read, or the refusal of the upload."""
    answer = client.post(address, data=data)
    if answer.status_code != 303:
        return answer
    assert "data-follow" in client.get(answer.location).text
    jobs.run("uploads")
    db.session.rollback()
    return client.get(answer.location)
