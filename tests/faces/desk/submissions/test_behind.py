"""An answer by stamped letter carries the organisation's name and its attachment wherever it is read and decided."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from consult import clock
from consult.adoption import service as adoption
from consult.adoption.models import Decision, Opinion, Outcome
from consult.app_context import blobs, settings
from consult.consultees import confirmation, invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.consultees.response_kinds import ResponseStanding
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.attachments import CheckedAttachment, check
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel, Submission
from consult.moderation import service as moderation
from consult.reporting import report_files
from consult.reporting import service as reporting
from consult.store import db
from tests.builders import a_submission, an_open_consultation
from tests.clamd import BAD, listening
from tests.consultees.answering import arrive
from tests.faces.desk.conftest import SignIn, Staff

NAME = "甲餐饮有限公司"
HERE = "/desk/consultations/canteen"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    at = clock.now() - timedelta(days=2)
    return an_open_consultation(staff.of("drafter"), staff.of("publisher"), slug="canteen", at=at)


@pytest.fixture
def invitation(staff: Staff, consultation: Consultation) -> Invitation:
    drafter, at = staff.of("drafter"), clock.now()
    consultee = register.add(drafter, register.Entry(NAME, ConsulteeKind.ENTERPRISE), at=at)
    hearing.add(drafter, consultation, [(consultee, "")], at=at)
    made = hearing.invite(drafter, consultation, consultee, method=Method.LETTER, at=at)
    invitations.mark_sent(drafter, made, at=at)
    return made


def a_scan(data: bytes = b"%PDF-1.4\n%%EOF", name: str = "盖章复函.pdf") -> CheckedAttachment:
    blobs().put(data)
    return check(name, data, max_bytes=1 << 20)


def by_letter(
    staff: Staff, invitation: Invitation, scan: CheckedAttachment | None = None, publish_name: bool = False
) -> Submission:
    """Return the submission of a letter that was typed in, confirmed and let through."""
    drafter, at = staff.of("drafter"), clock.now()
    number = responses.enter(
        drafter,
        invitation,
        parts=[ArrivalPart("见复函。", "art-3")],
        attachments=[scan or a_scan()],
        publish_name=publish_name,
        at=at,
    ).number
    response = confirmation.by_number(invitation.consultation, number)
    confirmation.confirm(drafter, response, ResponseStanding.OPINION, at=at)
    moderation.accept(staff.of("moderator"), response.submission, at=at)
    return response.submission


def opinion_of(submission: Submission) -> Opinion:
    return db.session.scalars(select(Opinion).where(Opinion.submission_id == submission.id)).one()


def decided(staff: Staff, opinion: Opinion) -> Decision:
    return adoption.decide(staff.of("drafter"), opinion, Outcome.ADOPTED, "", at=clock.now())


def shows(client: FlaskClient, address: str, submission: Submission) -> tuple[bool, bool]:
    """Say whether a page names the organisation, and whether it leads to the scan."""
    page = client.get(address)
    assert page.status_code == 200
    link = f'href="{HERE}/moderation/{submission.number}/attachments/0"'
    return NAME in page.text, " ".join(link.split()) in " ".join(page.text.split())


def test_name_and_scan_are_shown_on_every_page_of_the_desk_that_reads_or_decides(
    staff: Staff, consultation: Consultation, invitation: Invitation, signed_in: SignIn
) -> None:
    submission = by_letter(staff, invitation)
    opinion = opinion_of(submission)
    moderator, drafter, reviewer = signed_in("moderator"), signed_in("drafter"), signed_in("colleague")
    assert shows(moderator, f"{HERE}/moderation?state=accepted&open={submission.number}", submission) == (True, True)
    assert shows(drafter, f"{HERE}/consultees/{invitation.id}", submission) == (True, True)
    assert shows(drafter, f"{HERE}/adoption?open=o{opinion.id}", submission) == (True, True)
    assert shows(drafter, f"{HERE}/adoption/together?opinion={opinion.id}", submission) == (True, True)
    decision = decided(staff, opinion)
    assert shows(reviewer, f"{HERE}/adoption/review?open={decision.id}", submission) == (True, True)


def test_the_table_of_decisions_names_organisation_and_scan(
    staff: Staff, consultation: Consultation, invitation: Invitation, signed_in: SignIn
) -> None:
    by_letter(staff, invitation)
    moderation.accept(
        staff.of("moderator"),
        a_submission(consultation, "赞成。", at=clock.now(), name="张三").submission,
        at=clock.now(),
    )
    data = signed_in("drafter").get(f"{HERE}/adoption/opinions.xlsx").data
    sheet = load_workbook(io.BytesIO(data)).worksheets[0]
    head, *rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    named = [(row[head.index("答复单位")], row[head.index("附件")]) for row in rows]
    assert named == [(NAME, "盖章复函.pdf"), ("", "")]


def test_a_mail_of_an_organisation_is_read_under_its_name(
    staff: Staff, consultation: Consultation, invitation: Invitation, signed_in: SignIn
) -> None:
    response = arrive(invitation, "mail", "改为每周公示。", at=clock.now())
    page = signed_in("moderator").get(f"{HERE}/moderation?open={response.submission.number}").text
    assert f"答复单位：{NAME}" in page


def test_a_scan_with_a_virus_is_named_where_it_is_decided_and_leads_nowhere(
    staff: Staff,
    consultation: Consultation,
    invitation: Invitation,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submission = by_letter(staff, invitation, a_scan(BAD, "复函.txt"))
    with listening() as address:
        monkeypatch.setattr(settings(), "clamd_address", address)
        jobs.run("scan")
    page = f"{HERE}/adoption?open=o{opinion_of(submission).id}"
    assert shows(signed_in("drafter"), page, submission) == (True, False)
    assert "已隔离</span>" in signed_in("drafter").get(page).text


@pytest.mark.parametrize("publish_name", [True, False])
def test_a_report_prints_the_name_with_consent_and_the_desk_shows_it_anyway(
    staff: Staff, consultation: Consultation, invitation: Invitation, signed_in: SignIn, publish_name: bool
) -> None:
    submission = by_letter(staff, invitation, publish_name=publish_name)
    adoption.review(staff.of("colleague"), decided(staff, opinion_of(submission)), at=clock.now())
    later = consultation.closes_at
    assert later is not None
    report = reporting.compile_report(
        staff.of("drafter"), consultation, statement="收到意见一条。", at=later + timedelta(hours=1)
    )
    report_files.finish(report, at=later + timedelta(hours=1))
    client = signed_in("drafter")
    assert shows(client, f"{HERE}/report/{report.version}", submission) == (True, True)
    shown_as_kind = "公布为“企业”" in client.get(f"{HERE}/report/{report.version}").text
    assert shown_as_kind is not publish_name
    printed = client.get(f"{HERE}/report/{report.version}/file.html").text
    assert (NAME in printed) is publish_name


def test_consent_to_print_the_name_is_entered_from_the_paper(
    staff: Staff, consultation: Consultation, invitation: Invitation, signed_in: SignIn
) -> None:
    client, typed = signed_in("drafter"), {"channel": Channel.LETTER.value, "content": "改为每周公示。", "anchor": ""}
    address = f"{HERE}/consultees/{invitation.id}/enter"
    refused = client.post(address, data={**typed, "publish_name": "1"})
    assert 'name="publish_name" value="1" checked' in " ".join(refused.text.split())
    scan = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "复函.pdf")
    client.post(address, data={**typed, "publish_name": "1", "scan": scan})
    assert [submission.publish_name for submission in db.session.scalars(select(Submission))] == [True]
