"""The addresses of the kept instance with the status that each gives, to the public and to every role."""

from __future__ import annotations

from collections.abc import Iterator

from flask import g
from flask.testing import FlaskClient
from sqlalchemy import select

from consult.consultees.models import Gathering, Invitation
from consult.drafting.models import Consultation, DraftVersion
from consult.intake.mailbox.models import MailMessage
from consult.intake.models import Submission, TableImport
from consult.ledger.models import LedgerCheckpoint
from consult.meeting.models import MeetingFact
from consult.reporting.models import FeedbackReport
from consult.store import db
from tests.kept.make.base import PASSWORD, World

ROLES = ("drafter", "elsewhere", "moderator", "publisher", "legal", "admin", "auditor")
PUBLIC = (
    "/", "/closed", "/results", "/help", "/feed.atom", "/calendar.ics", "/receipts", "/transparency", "/healthz",
    "/transparency/checkpoint.json", "/transparency/checkpoints.json", "/api/v1/consultations", "/api/v1/openapi.json",
    "/desk/", "/portal/", "/portal/sign-in", "/desk/sign-in", "/?q=%E7%A4%BE%E5%8C%BA",
)  # fmt: skip
OF_ONE = (
    "", "/articles/art-3", "/articles/art-99", "/comment", "/draft.docx", "/draft.txt", "/draft.xml", "/report",
    "/report.html", "/report.docx", "/report.pdf", "/report.xlsx", "/report.json", "/compare/in-force",
    "/compare/in-force.docx", "/compare/promulgated",
)  # fmt: skip
OF_API = ("", "/provisions", "/provisions/art-3", "/opinions", "/report", "/report/rows")
DESK = (
    "/desk/", "/desk/accounts", "/desk/clocks", "/desk/instruments", "/desk/ledger", "/desk/mailboxes",
    "/desk/mailboxes/automatic", "/desk/consultations/new", "/desk/password", "/desk/register", "/desk/register/new",
    "/desk/register/1", "/desk/unassigned", "/desk/mailboxes/1",
)  # fmt: skip
DESK_OF_ONE = (
    "", "/adoption", "/adoption/review", "/adoption/table", "/ledger", "/consultees", "/draft", "/check", "/compare",
    "/enter", "/tables", "/gatherings", "/meeting", "/moderation", "/notice", "/report", "/new-version",
)  # fmt: skip
DEEP = ("kept-open", "kept-closed", "kept-meeting", "kept-published", "kept-drafting", "kept-in-review")


def addresses(world: World) -> dict[str, list[list[object]]]:
    """Return ``[address, status]`` by who asks: the public, and each role."""
    answers = {
        "public": _asked(world.app.test_client(), (path for path in list(_public()) if is_worth_asking("public", path)))
    }
    for username in ROLES:
        client = world.app.test_client()
        vars(g).clear()
        signed = client.post("/desk/sign-in", data={"username": username, "password": PASSWORD})
        assert signed.status_code == 303, (username, signed.status_code)
        asked = _desk(deep=username in ("drafter", "admin", "legal"))
        answers[username] = _asked(client, (path for path in list(asked) if is_worth_asking(username, path)))
    vars(g).clear()
    db.session.expire_all()
    return answers


def is_worth_asking(username: str, path: str) -> bool:
    """Say whether a page is looked at after every upgrade: few of the demonstration's, single rows by one role."""
    parts = path.strip("/").split("/")
    slug = next((part for before, part in zip(parts, parts[1:], strict=False) if before == "consultations"), "")
    rest = path.partition(slug)[2] if slug else ""
    if rest in ("/draft.txt", "/compare") or (rest == "/articles/art-99" and slug != "kept-open"):
        return False
    if rest.endswith("/raw"):
        return username == "admin" and slug == "kept-closed"
    if slug and not slug.startswith("kept-"):
        wanted = ("", "/articles/art-3", "/report", "/report.pdf", "/meeting", "/adoption")
        return username in ("public", "admin") and not path.startswith("/api") and rest in wanted
    if slug and username not in ("public", "admin"):
        return slug in DEEP and rest in DESK_OF_ONE
    return True


def _asked(client: FlaskClient, paths: Iterator[str]) -> list[list[object]]:
    answers: list[list[object]] = []
    for path in list(paths):
        vars(g).clear()
        status = client.get(path).status_code
        assert status < 500, (path, status)
        answers.append([path, status])
    return answers


def _slugs() -> list[str]:
    return list(db.session.scalars(select(Consultation.slug).order_by(Consultation.id)))


def _public() -> Iterator[str]:
    yield from PUBLIC
    for slug in _slugs():
        for ending in OF_ONE:
            yield f"/consultations/{slug}{ending}"
        for ending in OF_API:
            yield f"/api/v1/consultations/{slug}{ending}"
    for size in db.session.scalars(select(LedgerCheckpoint.size).order_by(LedgerCheckpoint.size)):
        yield f"/transparency/checkpoints/{size}.json"


def _desk(*, deep: bool) -> Iterator[str]:
    yield from DESK
    for slug in _slugs() if deep else DEEP:
        if deep or slug.startswith("kept-"):
            for ending in DESK_OF_ONE:
                yield f"/desk/consultations/{slug}{ending}"
    if deep:
        for slug in DEEP:
            yield from _deep(slug)


def _deep(slug: str) -> Iterator[str]:
    """Yield the pages of single rows: versions, checks, comparisons, invitations, tables, submissions, reports."""
    consultation = db.session.scalars(select(Consultation).where(Consultation.slug == slug)).one()
    root = f"/desk/consultations/{slug}"
    numbers = list(db.session.scalars(select(DraftVersion.number).where(DraftVersion.consultation_id == consultation.id)))
    for number in numbers:
        yield from (f"{root}/draft/{number}", f"{root}/check/{number}", f"{root}/draft/{number}/file")
        yield f"{root}/draft/{number}/draft.docx"
    for old, new in zip(numbers, numbers[1:], strict=False):
        yield from (f"{root}/compare/{old}/{new}", f"{root}/compare/{old}/{new}.docx")
    for model, words in ((Invitation, "consultees"), (TableImport, "tables")):
        for key in db.session.scalars(select(model.id).where(model.consultation_id == consultation.id).order_by(model.id)):
            yield f"{root}/{words}/{key}"
    for key in db.session.scalars(select(Gathering.id).where(Gathering.consultation_id == consultation.id)):
        yield f"{root}/gatherings/{key}/minutes"
    for fact in db.session.scalars(select(MeetingFact).where(MeetingFact.consultation_id == consultation.id)):
        if fact.evidence_digest:
            yield f"{root}/meeting/evidence/{fact.id}"
    for version in db.session.scalars(select(FeedbackReport.version).where(FeedbackReport.consultation_id == consultation.id)):
        yield from (
            f"{root}/report/{version}",
            f"{root}/report/{version}/file.pdf",
            f"{root}/report/{version}/file.json",
        )
    for came in db.session.scalars(
        select(Submission).where(Submission.consultation_id == consultation.id).order_by(Submission.id)
    ):
        yield f"{root}/moderation/{came.number}/raw"
    yield from (f"{root}/adoption/opinions.xlsx", f"{root}/consultees/letters.docx", f"{root}/meeting/file.zip")
    for mail in db.session.scalars(select(MailMessage.id).where(MailMessage.outcome == "automatic")):
        yield f"/desk/mailboxes/automatic/{mail}/raw"
