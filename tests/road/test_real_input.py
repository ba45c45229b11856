"""Real statutes as drafts and real messages as submissions, from import to the published report.

Every figure equals the rows behind it, every message is found by its receipt, no private number is on a public page.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pypdfium2
import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from openpyxl import load_workbook
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.adoption import groups, sheet_export, spreadsheet
from consult.adoption import queries as adoption_queries
from consult.adoption import service as adoption
from consult.adoption.models import DecisionState, Opinion, Outcome
from consult.app_context import blobs
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.feedback.as_json import SCHEMA
from consult.intake import import_columns, receipts, spreadsheet_import
from consult.intake.models import Channel, Submission, SubmissionState
from consult.moderation import queries as moderation_queries
from consult.moderation import service as moderation
from consult.reporting import figures, private_finds, report_files, report_versions
from consult.reporting import service as reporting
from consult.reporting.errors import PrivateDataFound
from consult.reporting.models import FeedbackReport
from consult.store import counters, db
from consult.text.privacy.kinds import Kind
from tests.builders import NOON, a_consultation, an_actor

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

MESSAGES = 2816
SHARED = "住房公积金管理条例(2019-03-24)", "物业管理条例(2018-03-19)"
CLOSED = NOON + timedelta(days=60)
PRIVATE = (
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    re.compile(r"(?<!\d)\d{15}(?!\d)"),
    re.compile(r"[\w.+-]+[@＠][\w-]+(\.[\w-]+)+"),
)
OUTCOMES = tuple(Outcome)


def as_docx(path: Path) -> bytes:
    """Return a statute of the corpus as an office would hand it in."""
    document = Document()
    for line in path.read_text(encoding="utf-8").split("\n"):
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def open_consultation(author: Actor, publisher: Actor, path: Path) -> Consultation:
    """Return an open consultation on a statute of the corpus."""
    consultation = drafting.create(
        author,
        title=f"{path.stem.split('(')[0]}（修订草案征求意见稿）",
        kind="administrative-regulation",
        file_name="draft.docx",
        data=as_docx(path),
        at=NOON,
    )
    drafting.submit_for_review(author, consultation, at=NOON)
    drafting.publish(publisher, consultation, at=NOON)
    return consultation


def import_messages(corpus: Path, consultation: Consultation, actor: Actor) -> list[spreadsheet_import.RowAccount]:
    """Import every message of the corpus into a consultation."""
    book = tables.read_book("citizen-messages.csv", corpus / "citizen-messages.csv", import_columns.is_known)
    work = spreadsheet_import.Import(
        consultation=consultation,
        sheets=spreadsheet_import.open_sheets(book, {}),
        channel=Channel.NEW_MEDIA,
        actor=actor,
        at=NOON + timedelta(days=5),
    )
    return list(spreadsheet_import.run(work))


def all_submissions(consultation: Consultation) -> Iterator[Submission]:
    """Yield a consultation's waiting submissions page by page, as a moderator's queue does."""
    after = 0
    while page := moderation_queries.queue(consultation.id, [SubmissionState.RECEIVED], after=after, limit=50):
        yield from page
        after = page[-1].id


def screen(consultation: Consultation, moderator: Actor) -> None:
    """Accept most, reject every fiftieth, mark as duplicate what was sent word for word before."""
    reason = moderation.rejection_reasons()[0].id
    for n, submission in enumerate(all_submissions(consultation)):
        same = moderation_queries.same_text(submission)
        originals = [earlier for earlier in same if earlier.state is SubmissionState.ACCEPTED]
        at = NOON + timedelta(days=6)
        if originals:
            moderation.mark_duplicate(moderator, submission, originals[0], at=at)
        elif n % 50 == 0:
            moderation.reject(moderator, submission, reason_id=reason, reason="测试", at=at)
        else:
            moderation.accept(moderator, submission, at=at)


def decide_and_review(consultation: Consultation, author: Actor, reviewer: Actor) -> None:
    """Decide on every opinion in turn with each outcome, and have it reviewed."""
    while page := adoption_queries.with_decisions(consultation.id, undecided=True, limit=50):
        for item in page:
            outcome = OUTCOMES[item.opinion.id % len(OUTCOMES)]
            adoption.decide(author, item.opinion, outcome, "经研究，已在修订中统筹考虑。", at=CLOSED)
    while page := adoption_queries.with_decisions(consultation.id, state=DecisionState.PROPOSED, limit=50):
        adoption.review_many(reviewer, [item.decision for item in page if item.decision], at=CLOSED)


def decide_by_sheet(consultation: Consultation, author: Actor, reviewer: Actor, path: Path) -> None:
    """Decide on every group and on the first hundred single opinions in a spreadsheet, as an office does."""
    spreadsheet.export_decisions(author, consultation, path)
    book = load_workbook(path)
    sheet = book[sheet_export.MAIN]
    place = {cell.value: cell.column for cell in sheet[1]}
    singles = filled = 0
    for number in range(2, sheet.max_row + 1):
        is_group = str(sheet.cell(number, place[sheet_export.NUMBER]).value).startswith("G")
        singles += not is_group
        if is_group or singles <= 100:
            sheet.cell(number, place[sheet_export.OUTCOME]).value = Outcome.NOT_ADOPTED.label.words
            sheet.cell(number, place[sheet_export.REASON]).value = "现行规定已有要求，不再重复规定。"
            filled += 1
    book.save(path)
    result = spreadsheet.import_decisions(
        author, consultation, tables.read_book(path.name, path), at=CLOSED, reviewer=reviewer
    )
    assert (result.taken, result.refused, result.conflicts) == (filled, [], [])


def check_files(report: FeedbackReport) -> None:
    """Every format has every row, and the figures that were printed."""
    rows = report_versions.rows(report, limit=10 * MESSAGES)
    numbers, contents = [row.number for row in rows], [row.content for row in rows]
    data = {extension: blobs().get(digest) for extension, digest in report.files.items()}
    document = json.loads(data["json"])
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    assert [row["content"] for row in document["opinions"]] == contents
    assert document["figures"] == report.snapshot["figures"]
    lines = list(csv.reader(io.StringIO(data["csv"].decode("utf-8-sig"), newline="")))
    assert [int(line[0]) for line in lines[1:]] == numbers
    sheet = load_workbook(io.BytesIO(data["xlsx"]), read_only=True)["逐条意见"]
    assert list(dict.fromkeys(row[0] for row in sheet.values))[1:] == numbers
    docx = Document(io.BytesIO(data["docx"])).tables[-1]._tbl.tr_lst
    assert [int(row.tc_lst[0].p_lst[0].text) for row in docx[1:]] == numbers
    html = etree.HTML(data["html"].decode()).xpath("//table")[-1].xpath("tbody/tr/td[1]/text()")
    assert list(map(int, html)) == numbers
    with pypdfium2.PdfDocument(data["pdf"]) as made:
        text = "".join(page.get_textpage().get_text_bounded() for page in made)
    total = report.snapshot["figures"]["received"]
    for words in (text, data["html"].decode(), "".join(p.text for p in Document(io.BytesIO(data["docx"])).paragraphs)):
        assert f"共收到来件{total}件" in re.sub(r"\s", "", words)


@pytest.mark.timeout(900)
def test_2816_real_messages_travel_to_the_report_and_none_is_lost(
    app: Flask, client: FlaskClient, corpus: Path, tmp_path: Path
) -> None:
    drafter, second = an_actor(Role.DRAFTER), an_actor(Role.DRAFTER, "second")
    publisher, other = an_actor(Role.PUBLISHER), an_actor(Role.PUBLISHER, "other")
    moderator = an_actor(Role.MODERATOR)
    fund, property_ = (open_consultation(drafter, publisher, corpus / "statutes" / f"{name}.txt") for name in SHARED)
    expected = json.loads((corpus / "statutes" / f"{SHARED[1]}.outline.json").read_text(encoding="utf-8"))
    version = property_.public_version
    assert version is not None
    assert sum(row.kind == "article" for row in version.provisions) == len(expected["articles"])

    account = import_messages(corpus, property_, drafter)
    assert len(account) == MESSAGES
    assert {row.outcome for row in account} == {spreadsheet_import.RowOutcome.TAKEN}
    again = import_messages(corpus, property_, drafter)
    assert {row.outcome for row in again} == {spreadsheet_import.RowOutcome.ALREADY}
    assert [row.number for row in again] == [row.number for row in account]

    screen(property_, moderator)
    groups.group(drafter, property_, at=CLOSED)
    decide_by_sheet(property_, drafter, second, tmp_path / "decisions.xlsx")
    decide_and_review(property_, drafter, second)
    with pytest.raises(PrivateDataFound):
        reporting.compile_report(publisher, property_, at=CLOSED)
    private_finds.mask_kinds(drafter, property_, list(Kind), at=CLOSED)
    report = reporting.compile_report(publisher, property_, at=CLOSED)
    reporting.submit_for_review(publisher, report, at=CLOSED)
    reporting.review(other, report, at=CLOSED)
    reporting.publish(publisher, report, at=CLOSED)
    report_files.finish(report, at=CLOSED)

    check_figures(property_, report.snapshot["figures"], report.id)
    check_files(report)
    check_receipts(property_, [row.number for row in account])
    check_public_pages(client, property_, fund)


def check_figures(consultation: Consultation, printed: dict[str, int], report_id: int) -> None:
    """Every printed figure equals its rows, counted by hand from the tables; sums agree with one another."""
    for name, figure in figures.FIGURES.items():
        assert printed[name] == len(figure.ids(consultation.id, limit=10_000)), name
    states = db.session.execute(
        select(Submission.state, func.count())
        .where(Submission.consultation_id == consultation.id)
        .group_by(Submission.state)
    )
    by_state = {state.value: n for state, n in states}
    assert sum(by_state.values()) == printed["received"] + printed["late"] == MESSAGES
    assert by_state == counters.counts(consultation.id, "state")
    assert printed["waiting"] == 0
    opinions = db.session.scalar(
        select(func.count()).where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
    )
    assert opinions == printed["opinions"] + printed["opinions_late"] == by_state["accepted"]
    assert sum(printed[f"outcome.{outcome.value}"] for outcome in Outcome) == printed["opinions"]
    assert sum(n for name, n in printed.items() if name.startswith("channel.")) == printed["received"]
    report = report_versions.published(consultation.id)
    assert report is not None
    assert report.id == report_id
    assert len(report_versions.rows(report, limit=10_000)) == opinions


def check_receipts(consultation: Consultation, numbers: list[str]) -> None:
    """Each receipt opens its own submission, and what the report printed of it is what was accepted."""
    assert len(set(numbers)) == MESSAGES
    report = report_versions.published(consultation.id)
    assert report is not None
    printed = {row.submission_id for row in report_versions.rows(report, limit=10 * MESSAGES)}
    for number in numbers:
        submission = receipts.find(number, receipts.key_of(number))
        assert submission.number == number
        assert (submission.id in printed) == (submission.state is SubmissionState.ACCEPTED)


def check_public_pages(client: FlaskClient, consultation: Consultation, other: Consultation) -> None:
    """Walk the public pages that print anything of the submissions, and look for private numbers."""
    slug = consultation.slug
    pages = ["/", "/results", "/feed.atom", "/calendar.ics", f"/consultations/{slug}", f"/consultations/{other.slug}"]
    pages += [f"/consultations/{slug}/report.json"]
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        check_clean(answer.get_data(as_text=True), address)
    address, seen = f"/consultations/{slug}/report", 0
    while address:
        text = client.get(address).get_data(as_text=True)
        check_clean(text, address)
        seen += 1
        match = re.search(r'href="([^"]*/report\?[^"]*after=\d+[^"]*)"', text)
        address = match[1].replace("&amp;", "&") if match else ""
        assert seen < 1000
    assert seen > 10


def check_clean(text: str, where: str) -> None:
    """Refuse a page with a telephone number, an identity number or an e-mail address of a private person."""
    text = text.replace("zqyj@example.gov.cn", "")
    for pattern in PRIVATE:
        match = pattern.search(re.sub(r"[0-9a-f]{40,}", "", text))
        assert match is None, (where, match and match[0])


def test_a_consultation_without_submissions_stays_empty_beside_a_full_one(app: Flask) -> None:
    empty = a_consultation(an_actor(Role.DRAFTER))
    assert figures.counts(empty.id) == dict.fromkeys(figures.FIGURES, 0)
