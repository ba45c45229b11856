"""What became of it, by mail: to senders who left an address, and to organisations on each of their points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final

from sqlalchemy import select

from consult.consultees.models import Invitation, Method, Response
from consult.intake import queries, receipts
from consult.intake.models import Submission, SubmissionState
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.mailbox.models import Acknowledgement
from consult.reporting import queries as reports
from consult.reporting import report_versions
from consult.reporting.models import FeedbackReport, ReportRow, ReportState
from consult.reporting.snapshot import outcome_words
from consult.store import db
from consult.subscriptions.models import LetterWish
from consult.subscriptions.service import base_address, compose

RECENT: Final = timedelta(days=7)
QUOTED: Final = 200
"""Characters of an opinion that a letter repeats."""


def queue(at: datetime) -> int:
    """Put a letter into the queue for each sender and organisation whose answer was published; return how many.

    A correction goes to those alone whose answers it changed.
    """
    query = select(FeedbackReport).where(
        FeedbackReport.state == ReportState.PUBLISHED, FeedbackReport.published_at > at - RECENT
    )
    put = 0
    for report in list(db.session.scalars(query.order_by(FeedbackReport.id))):
        if report_versions.published(report.consultation_id) is not report:
            continue
        put += mail_queue.put_missing(_letters(report), at=at)
    return put


def _letters(report: FeedbackReport) -> Iterator[Wanted]:
    for purpose, submission, address in _recipients(report):
        if report.replaces_id is None or _is_changed(report, submission.id):
            yield Wanted(purpose, f"submission:{submission.number}", address, f"{submission.number}.{report.version}")


def _recipients(report: FeedbackReport) -> Iterator[tuple[MailPurpose, Submission, str]]:
    here = Submission.consultation_id == report.consultation_id
    compiled = Submission.recorded_at <= report.compiled_at
    wished = select(Submission, LetterWish.address).join(LetterWish, LetterWish.submission_id == Submission.id)
    for submission, address in db.session.execute(wished.where(here, compiled, LetterWish.ended_at.is_(None))):
        yield MailPurpose.DECISIONS, submission, address
    mailed = select(Submission, Acknowledgement.address).join(
        Acknowledgement, Acknowledgement.submission_id == Submission.id
    )
    answered = Acknowledgement.sent_at.is_not(None)
    for submission, address in db.session.execute(mailed.where(here, compiled, answered)):
        if address:
            yield MailPurpose.DECISIONS, submission, address
    asked = (
        select(Submission, Invitation.email)
        .join(Response, Response.submission_id == Submission.id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(here, compiled, Invitation.method == Method.MAIL, Invitation.email != "", Response.no_opinion.is_(False))
    )
    for submission, address in db.session.execute(asked):
        yield MailPurpose.CONSULTEE_DECISIONS, submission, address


def _is_changed(report: FeedbackReport, submission_id: int) -> bool:
    """Whether a correction answers a submission otherwise than the version that it replaces."""
    columns = (ReportRow.opinion_id, ReportRow.content, ReportRow.outcome, ReportRow.reason, ReportRow.rewording)
    printed = []
    for report_id in (report.id, report.replaces_id):
        query = select(*columns).where(ReportRow.report_id == report_id, ReportRow.submission_id == submission_id)
        printed.append([tuple(row) for row in db.session.execute(query.order_by(ReportRow.opinion_id))])
    return printed[0] != printed[1]


def compose_decisions(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the letter with the published answer to each point of a submission.

    Raises:
        Pointless: there is no published report any more, or the sender wants no letters.
    """
    submission = queries.by_number(letter.subject.partition(":")[2])
    if submission is None or submission.consultation is None:
        raise Pointless("来件不再归入任何征求意见")
    report = report_versions.published(submission.consultation.id)
    if report is None:
        raise Pointless("反馈没有公布")
    wish = db.session.get(LetterWish, submission.id)
    if letter.purpose is MailPurpose.DECISIONS and wish is not None and wish.ended_at is not None:
        raise Pointless("来件人不再要邮件")
    consultation, site = submission.consultation, base_address()
    address = f"{site}/consultations/{consultation.slug}/report"
    to = "您" if letter.purpose is MailPurpose.DECISIONS else "贵单位"
    lines = ["您好：", "", f"{to}对《{consultation.title}》的意见，采纳情况和理由已经公布。", ""]
    lines += _answers(report, submission, address)
    lines += ["", f"全部意见的采纳情况：{address}"]
    if letter.purpose is MailPurpose.DECISIONS:
        lines.append(f"{to}的回执：{site}/receipts/{submission.number}?key={receipts.key_of(submission.number)}")
    subject = f"采纳情况：{consultation.title}"
    return compose(letter.address, subject, lines, at, unsubscribe=wish.token if wish is not None else "")


def _answers(report: FeedbackReport, submission: Submission, address: str) -> list[str]:
    query = select(ReportRow).where(ReportRow.report_id == report.id, ReportRow.submission_id == submission.id)
    rows = list(db.session.scalars(query.order_by(ReportRow.number)))
    if not rows:
        why = reports.rejection(submission)
        if why:
            return [f"这件来件没有公布，理由：{why}。"]
        if submission.state is SubmissionState.DUPLICATE:
            return ["这件来件和另一件内容相同，一并答复，见回执。"]
        return ["这件来件没有需要答复的意见。"]
    lines = []
    for row in rows:
        words = row.content if len(row.content) <= QUOTED else f"{row.content[:QUOTED]}……"
        lines += [f"{row.place}：{words}", f"采纳情况：{outcome_words(row.outcome)}。{row.reason}"]
        if row.rewording:
            lines.append(row.rewording)
        lines += [f"{address}/rows/{row.number}", ""]
    return lines[:-1]
