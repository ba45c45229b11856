"""The start page of the legal division: what waits, and what turned red since yesterday."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from consult import clock
from consult.app_context import blobs
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.faces import jobs
from consult.faces.desk.home.todo import todos
from consult.files import attachments
from consult.law.reviews import Conclusion, ReviewKind
from consult.meeting import gate_states
from consult.review import service
from consult.review.models import Review
from consult.review.service import Findings, Paper
from consult.store import db
from tests.builders import DRAFT, docx_of
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import released


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    return released(staff, days=50)


def whats(app: Flask, staff: Staff, name: str) -> list[str]:
    db.session.expire_all()
    with app.test_request_context():
        return [
            line.what for line in todos(staff.of(name), clock.now()) if "审核" in line.what and "来件" not in line.what
        ]


def asked(staff: Staff, consultation: Consultation) -> Review:
    day = clock.local(clock.now()).date()
    version = consultation.versions[-1]
    return service.ask(staff.of("drafter"), version, ReviewKind.LEGALITY, sent_on=day, at=clock.now())


def conclude(staff: Staff, review: Review, at: datetime | None = None) -> None:
    data = "审核意见".encode()
    blobs().put(data)
    paper = Paper(attachments.check("意见书.txt", data, max_bytes=1000))
    findings = Findings(Conclusion.LAWFUL, [paper], clock.local(clock.now()).date())
    service.conclude(staff.of("legal"), review, findings, at=at or clock.now())


def test_a_review_waits_for_the_legal_division_until_it_is_concluded_and_again_after_a_newer_version(
    app: Flask, staff: Staff, consultation: Consultation
) -> None:
    review = asked(staff, consultation)
    assert whats(app, staff, "legal") == ["合法性审核待出具意见"]
    assert whats(app, staff, "drafter") == whats(app, staff, "publisher") == []
    day = clock.local(clock.now()).date()
    service.pause(staff.of("legal"), review, "缺少采纳情况", on=day, at=clock.now())
    assert whats(app, staff, "legal") == []
    service.resume(staff.of("drafter"), review, [], on=day, at=clock.now())
    conclude(staff, review)
    assert whats(app, staff, "legal") == []
    data = docx_of(DRAFT.replace("七十周岁", "六十周岁"))
    versions.add_version(
        staff.of("drafter"),
        consultation,
        kind=VersionKind.FOR_SUBMISSION,
        file_name="新.docx",
        data=data,
        at=clock.now(),
    )
    assert whats(app, staff, "legal") == ["合法性审核换稿待确认"]


def test_what_turned_red_leads_to_the_page_where_the_paper_is_added(
    signed_in: SignIn, staff: Staff, consultation: Consultation
) -> None:
    review = asked(staff, consultation)
    conclude(staff, review)
    jobs.run("gate-states")
    assert "昨日以来" not in signed_in("legal").get("/desk/").text
    service.withdraw(staff.of("legal"), review, "送审材料有误，需要重新审核全文。", at=clock.now())
    jobs.run("gate-states")
    page = signed_in("legal").get("/desk/").text
    assert "昨日以来转为未满足的前置条件" in page
    here = f"/desk/consultations/{consultation.slug}"
    assert f'href="{here}/meeting#legality-review"' in page
    assert f'href="{here}/reviews#legality"' in page
    assert "昨日以来" not in signed_in("drafter").get("/desk/").text
    tomorrow = clock.now() + timedelta(days=1)
    assert gate_states.turned_red([consultation.id], tomorrow) == []


def test_a_view_of_the_gate_keeps_its_states_too(signed_in: SignIn, staff: Staff, consultation: Consultation) -> None:
    review = asked(staff, consultation)
    conclude(staff, review)
    page = f"/desk/consultations/{consultation.slug}/meeting"
    assert signed_in("legal").get(page).status_code == 200
    service.withdraw(staff.of("legal"), review, "送审材料有误，需要重新审核全文。", at=clock.now())
    assert f'href="/desk/consultations/{consultation.slug}/reviews#legality"' in signed_in("auditor").get(page).text
    red = gate_states.turned_red([consultation.id], clock.now() - timedelta(hours=1))
    assert "legality-review" in {state.precondition for state in red}
