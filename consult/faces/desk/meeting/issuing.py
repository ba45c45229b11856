"""The end of the road on the meeting's page: the result with its minutes, the issue, what becomes of the document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import abort, flash, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, Actor, may
from consult.archive import packages
from consult.drafting.models import Consultation, Stage
from consult.drafting.version_comparison import issued_version
from consult.faces import jobs
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.jobs import archive
from consult.faces.uploads import keep, takes_scans
from consult.intake import file_scans
from consult.issuance import document_acts, evaluation, queries, service
from consult.issuance.document_acts import Happening
from consult.issuance.errors import IssueRefused
from consult.issuance.models import DocumentActKind, IssuedDocument, MeetingOutcome
from consult.issuance.service import Issue, Result

TYPED = 4000


def shown(actor: Actor, consultation: Consultation, at: datetime) -> dict[str, Any]:
    """Return what the page shows of the end of the road."""
    document = service.document_of(consultation)
    stage = consultation.stage
    return {
        "results": service.results(consultation),
        "outcomes": MeetingOutcome,
        "may_record_result": stage is Stage.SUBMITTED_TO_MEETING
        and may(actor, Act.RECORD_MEETING_RESULT, consultation),
        "may_issue": stage is Stage.SUBMITTED_TO_MEETING and may(actor, Act.PROMULGATE, consultation),
        "may_complete": stage is Stage.PROMULGATED and document is None and may(actor, Act.PROMULGATE, consultation),
        "lacking": service.missing(consultation, at) if stage is Stage.SUBMITTED_TO_MEETING else [],
        "final": issued_version(consultation),
        "document": document,
        "validity": document_acts.validity(document, at) if document is not None else None,
        "document_acts": queries.acts(document) if document is not None else [],
        "document_act_kinds": DocumentActKind,
        "evaluations": evaluation.calls(document) if document is not None else [],
        "may_evaluate": document is not None and may(actor, Act.CREATE_CONSULTATION, consultation),
        "archived": packages.newest(consultation),
        "may_archive": may(actor, Act.EXPORT_SUBMISSIONS, consultation),
        "may_keep_document": document is not None and may(actor, Act.KEEP_ISSUED_DOCUMENT, consultation),
    }


def _day(name: str, words: str) -> date:
    """Return a day that was typed.

    Raises:
        Refused: there is none, or it is no day.
    """
    typed = form_values.day(request.form.get(name, ""))
    if typed is None:
        raise IssueRefused(f"请填写{words}。")
    return typed


def _typed(name: str) -> str:
    return request.form.get(name, "")[: TYPED + 1]


def _done(slug: str, done: Callable[[Consultation], object], words: str, anchor: str = "issuing") -> Response:
    consultation = consultation_or_404(slug)
    with refusals_to_flash() as tried:
        done(consultation)
    if tried.ok:
        flash(words, "success")
    return redirect(url_for(".meeting", slug=slug, _anchor=anchor), 303)


@desk.post("/consultations/<slug>/meeting/result")
@takes_scans
def meeting_result(slug: str) -> Response:
    """Record what the meeting decided, with its minutes."""

    def record(consultation: Consultation) -> None:
        outcome = _typed("outcome")
        if outcome not in set(MeetingOutcome):
            raise IssueRefused("请选择会议结果。")
        held_on = _day("held_on", "会议日期")
        result = Result(MeetingOutcome(outcome), held_on, _typed("meeting"), _typed("changes"), _typed("differing"))
        files = keep(request.files.getlist("minutes"))
        service.record_result(current_actor(), consultation, result, files[0] if files else None, at=clock.now())

    return _done(slug, record, "会议结果已登记。")


@desk.post("/consultations/<slug>/meeting/issue")
def meeting_issue(slug: str) -> Response:
    """Issue the document; of one that was promulgated before, add the facts of its issue."""

    def issue(consultation: Consultation) -> None:
        issued_on, effective_on = _day("issued_on", "印发日期"), _day("effective_on", "施行日期")
        numbers = _typed("document_number"), _typed("register_number")
        facts = Issue(numbers[0], issued_on, effective_on, _typed("published_in"), numbers[1])
        verb = service.complete if consultation.stage is Stage.PROMULGATED else service.issue
        verb(current_actor(), consultation, facts, at=clock.now())

    return _done(slug, issue, "已登记印发。")


@desk.post("/consultations/<slug>/meeting/document")
@takes_scans
def meeting_document(slug: str) -> Response:
    """Record what happened to the issued document: filed, valid until, evaluated, repealed."""

    def act(consultation: Consultation) -> None:
        document, kind = service.document_of(consultation), _typed("kind")
        if document is None or kind not in set(DocumentActKind):
            raise IssueRefused("请先登记印发，再选择要登记的事项。")
        chosen = DocumentActKind(kind)
        until = _day("until", "有效期的最后一日") if chosen is DocumentActKind.VALIDITY else None
        happening = Happening(
            chosen,
            _day("on", "日期"),
            until,
            _typed("organisation"),
            _typed("number"),
            _typed("words"),
            _typed("heard"),
        )
        files = keep(request.files.getlist("paper"))
        document_acts.act(current_actor(), document, happening, files[0] if files else None, at=clock.now())

    return _done(slug, act, "已登记。")


@desk.post("/consultations/<slug>/meeting/evaluation")
def meeting_evaluation(slug: str) -> Response:
    """Create the consultation that hears the public on how the issued document works."""
    consultation = consultation_or_404(slug)
    document: IssuedDocument = service.document_of(consultation) or abort(404)
    with refusals_to_flash() as tried:
        call = evaluation.open_call(current_actor(), document, at=clock.now())
    if tried.ok:
        flash("已建立后评估征求意见，请核对公告后送审。", "success")
        return redirect(url_for("desk.consultation", slug=call.slug), 303)
    return redirect(url_for(".meeting", slug=slug, _anchor="issuing"), 303)


@desk.post("/consultations/<slug>/meeting/archive")
def meeting_archive(slug: str) -> Response:
    """Ask for the archive package; the worker builds it."""

    def ask(consultation: Consultation) -> None:
        packages.ask(current_actor(), consultation, at=clock.now())

    answer = _done(slug, ask, "正在生成归档包，请稍后刷新。", "archive")
    jobs.ask(archive.NAME)
    return answer


@desk.get("/consultations/<slug>/meeting/archive.zip")
def meeting_archive_file(slug: str) -> Response:
    """Give the archive package, as a download."""
    consultation = consultation_or_404(slug)
    package = packages.newest(consultation) or abort(404)
    with refusals_to_flash():
        file = packages.open_package(current_actor(), package, at=clock.now())
        return send_file(file, "application/zip", as_attachment=True, download_name=f"{slug}-归档包.zip")
    return redirect(url_for(".meeting", slug=slug, _anchor="archive"), 303)


@desk.get("/consultations/<slug>/meeting/minutes/<int:identifier>")
def meeting_minutes(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the minutes of a result, as a download; a file that is held back to nobody."""
    consultation = consultation_or_404(slug)
    made = next((result for result in service.results(consultation) if result.id == identifier), None) or abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(made.minutes_digest), made.minutes_name)
    return redirect(url_for(".meeting", slug=slug), 303)


@desk.get("/consultations/<slug>/meeting/document/<int:identifier>")
def meeting_document_paper(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the paper of an act on the issued document, as a download."""
    consultation = consultation_or_404(slug)
    document: IssuedDocument = service.document_of(consultation) or abort(404)
    acts = queries.acts(document)
    made = next((act for act in acts if act.id == identifier and act.paper_digest), None) or abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(made.paper_digest), made.paper_name)
    return redirect(url_for(".meeting", slug=slug), 303)
