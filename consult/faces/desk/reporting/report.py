"""The way of a feedback report on the desk: compile, look through, review by another person, publish, correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries as adoption
from consult.adoption import worklist
from consult.app_context import blobs
from consult.drafting.models import Consultation, State
from consult.faces import jobs
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside
from consult.faces.desk.reporting import private
from consult.faces.desk.reporting.forms import CompileForm, ReturnReportForm
from consult.faces.desk.submissions.behind import behind
from consult.faces.jobs import report_files
from consult.faces.row_ids import row_id
from consult.moderation import queries as moderation
from consult.moderation.service import WAITING
from consult.reporting import distributions, figures, four_eyes, queries, report_document, report_versions, service
from consult.reporting.errors import PrivateDataFound
from consult.reporting.models import FeedbackReport, FindChoice, ReportRow, ReportState
from consult.reporting.private_scan import Find

ROWS = 50
CHOICE = "find-"
"""What the names of fields for private data in typed words begin with; the datum's digest follows."""
OCTETS = "application/octet-stream"
STEPS = (ReportState.COMPILED, ReportState.IN_REVIEW, ReportState.REVIEWED, ReportState.PUBLISHED)
ACT_NAMES = {
    "report.compile": "编制",
    "report.submit_for_review": "送审",
    "report.return": "退回",
    "report.take_back": "收回",
    "report.review": "审核同意",
    "report.publish": "公布",
    "report.make_files": "生成各种格式的文件",
    "report.sign": "签名",
}


@desk.get("/consultations/<slug>/report")
def reporting(slug: str) -> str:
    """Show how far the report is, what is missing, and what can be done next."""
    return _page(consultation_or_404(slug))


@desk.post("/consultations/<slug>/report/compile")
def reporting_compile(slug: str) -> Response | tuple[str, int]:
    """Freeze the account as the next version."""
    consultation = consultation_or_404(slug)
    form = CompileForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            report = service.compile_report(
                current_actor(),
                consultation,
                at=clock.now(),
                statement=form.statement.data or "",
                correction_reason=form.correction_reason.data or "",
                choices=_choices(),
            )
        if tried.ok:
            jobs.ask(report_files.NAME)
            flash(f"已编制第 {report.version} 版。请预览全文后送审。", "success")
            return redirect(url_for("desk.reporting", slug=slug), 303)
        if isinstance(tried.error, PrivateDataFound) and tried.error.field:
            return _page(consultation, compile_form=form, typed={find.digest: find for find in tried.error.finds}), 400
    return _page(consultation, compile_form=form), 400


def _choices() -> dict[str, tuple[FindChoice, str]]:
    """Return what was chosen for private data in what was typed, by their digests."""
    return {
        name.removeprefix(CHOICE): (
            FindChoice.RELEASE if value == FindChoice.RELEASE else FindChoice.MASK,
            request.form.get(f"reason-{name.removeprefix(CHOICE)}", ""),
        )
        for name, value in request.form.items()
        if name.startswith(CHOICE)
    }


@desk.post(
    "/consultations/<slug>/report/<int:version>/<any('submit', 'take-back', 'review', 'return', 'publish'):verb>"
)
def reporting_act(slug: str, version: int, verb: str) -> Response | tuple[str, int]:
    """Do the next step with a version."""
    consultation = consultation_or_404(slug)
    report = _version(consultation, version)
    form = ReturnReportForm() if verb == "return" else FlaskForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            words = _act(verb, report, form)
        if tried.ok:
            flash(words, "success")
            return redirect(url_for("desk.reporting", slug=slug), 303)
    return _page(consultation, act_form=form), 400


def _act(verb: str, report: FeedbackReport, form: Any) -> str:
    actor, at = current_actor(), clock.now()
    if verb == "submit":
        service.submit_for_review(actor, report, at=at)
        return "已送审，等待其他人员审核。"
    if verb == "take-back":
        service.take_back(actor, report, at=at)
        return "已收回，可以再送审，或者重新编制。"
    if verb == "review":
        service.review(actor, report, at=at)
        return "已审核同意，可以由信息发布员公布。"
    if verb == "return":
        service.return_report(actor, report, form.reason.data or "", at=at)
        return "已退回。"
    service.publish(actor, report, at=at)
    jobs.ask(report_files.NAME)
    return "反馈已经公布，公众现在可以看到。"


@desk.get("/consultations/<slug>/report/<int:version>")
def reporting_version(slug: str, version: int) -> str:
    """Show a version as it would be printed: its figures, main opinions, and its table by key."""
    consultation = consultation_or_404(slug, Act.SEE_SUBMISSIONS)
    report = _version(consultation, version)
    rows = report_versions.rows(report, after=_number("after"), limit=ROWS + 1)
    return render_template(
        "desk/reporting/version.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        report=report,
        document=report_document.document(report),
        rows=rows[:ROWS],
        **_behind(rows[:ROWS]),
        next=rows[ROWS - 1].number if len(rows) > ROWS else None,
    )


def _behind(rows: Sequence[ReportRow]) -> dict[str, Any]:
    submissions = report_versions.submissions(rows)
    return {"submissions": submissions, **behind(submissions.values())}


@desk.get("/consultations/<slug>/report/<int:version>/file.<extension>")
def reporting_file(slug: str, version: int, extension: str) -> Response:
    """Give a version as a file, marked as a draft until it is published."""
    consultation = consultation_or_404(slug, Act.SEE_SUBMISSIONS)
    report = _version(consultation, version)
    digest = report.files.get(extension)
    if digest is None:
        abort(404)
    name = f"{slug}-反馈第{version}版.{extension}"
    return send_file(blobs().open(digest), OCTETS, as_attachment=True, download_name=name)


@desk.get("/consultations/<slug>/report/figures/<name>")
def reporting_figure(slug: str, name: str) -> str:
    """List the rows that a figure counts, by key."""
    consultation = consultation_or_404(slug, Act.SEE_SUBMISSIONS)
    figure = distributions.figure(consultation, name) or abort(404)
    rows = figures.page(figure, consultation.id, after=_number("after"), limit=ROWS + 1)
    return render_template(
        "desk/reporting/figure.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        figure=figure,
        n=figure.count(consultation.id),
        rows=rows[:ROWS],
        next=rows[ROWS - 1].id if len(rows) > ROWS else None,
        after=_number("after"),
    )


def _version(consultation: Consultation, version: int) -> FeedbackReport:
    return report_versions.by_version(consultation.id, version) or abort(404)


def _number(name: str) -> int:
    return row_id(request.args.get(name, ""))


def _page(
    consultation: Consultation,
    compile_form: CompileForm | None = None,
    act_form: FlaskForm | None = None,
    typed: Mapping[str, Find] | None = None,
) -> str:
    actor = current_actor()
    report = report_versions.newest(consultation.id)
    standing = report_versions.published(consultation.id)
    last = queries.versions(consultation.id)
    earlier = report or (last[0] if last else None)
    return render_template(
        "desk/reporting/report.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        report=report,
        standing=standing,
        versions=last,
        history=queries.history(last[0]) if last else [],
        act_names=ACT_NAMES,
        step=STEPS.index(report.state) if report is not None else -1,
        missing=_missing(consultation),
        unexplained=report_versions.unexplained(report) if report is not None and report is not standing else [],
        compile_form=compile_form
        or CompileForm(formdata=None, statement=earlier.statement if earlier is not None else ""),
        act_form=act_form,
        may_compile=may(actor, Act.COMPILE_REPORT, consultation),
        may_review=may(actor, Act.REVIEW_REPORT, consultation),
        may_publish=may(actor, Act.PUBLISH_REPORT, consultation),
        figures=figures.FIGURES,
        state=consultation.state(clock.now()),
        typed=typed or {},
        steps_to_come=four_eyes.steps(consultation, actor, report),
        **private.section(consultation),
    )


def _missing(consultation: Consultation) -> list[tuple[bool, str, str]]:
    """Return what must be done before a report can be compiled: whether it is, in words, and where to do it."""
    slug, state = consultation.slug, consultation.state(clock.now())
    counts = moderation.counts(consultation.id)
    waiting = sum(counts.get(state, 0) for state in WAITING)
    progress = adoption.progress(consultation.id)
    vague = worklist.count_vague(consultation.id)
    over = state not in (State.DRAFTING, State.IN_REVIEW, State.SCHEDULED, State.OPEN, State.WITHDRAWN)
    opinions = url_for("desk.adoption", slug=slug, at="all")
    return [
        (over, "征求意见已经截止" if over else "征求意见还没有截止", ""),
        (
            waiting == 0,
            f"还有 {waiting:,} 件来件未审核" if waiting else "来件均已审核",
            url_for("desk.moderation", slug=slug),
        ),
        (
            progress.undecided + progress.returned == 0,
            f"还有 {progress.undecided:,} 条意见待处理，{progress.returned:,} 条被退回"
            if progress.undecided + progress.returned
            else "各条意见均有采纳情况",
            f"{opinions}&show=undecided",
        ),
        (
            progress.proposed == 0,
            f"还有 {progress.proposed:,} 条等待复核" if progress.proposed else "采纳情况均经复核",
            url_for("desk.adoption_review", slug=slug),
        ),
        (
            vague == 0,
            f"{vague:,} 条意见的理由没有说明为什么，公布前请补充" if vague else "理由均已说明",
            f"{opinions}&show=vague",
        ),
    ]
