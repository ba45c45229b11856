"""Mail that fits no consultation: shown with what it might be about, given to one, or put aside with a reason."""

from __future__ import annotations

from flask import Response as Download
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.drafting import worklists
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import allowed_to, consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.row_ids import row_id
from consult.intake import unassigned as waiting
from consult.intake.models import Submission, SubmissionState
from consult.mailbox import message_store, queries
from consult.mailbox.models import MailMessage


@desk.get("/unassigned")
@allowed_to(Act.ASSIGN_SUBMISSION)
def unassigned() -> str:
    """List what waits, oldest first, by key; or what was put aside."""
    aside = request.args.get("show") == "aside"
    state = SubmissionState.REJECTED if aside else SubmissionState.UNASSIGNED
    key = row_id(request.args.get("after", ""))
    page = waiting.waiting(state=state, after=key, limit=waiting.PAGE + 1)
    shown = page[: waiting.PAGE]
    show = "aside" if aside else None
    more = len(page) > waiting.PAGE
    mails = queries.by_submission([submission.id for submission in shown])
    choices = _choices()
    return render_template(
        "desk/submissions/unassigned.html",
        submissions=shown,
        mails=mails,
        remarks=queries.remarks(list(mails)),
        choices=choices,
        suggested={id_: _suggested(mail, choices) for id_, mail in mails.items()},
        aside=aside,
        n=waiting.count_unassigned(),
        next=url_for(".unassigned", show=show, after=shown[-1].id) if more else None,
        first=url_for(".unassigned", show=show) if key else None,
    )


@desk.post("/unassigned/<number>/assign")
@allowed_to(Act.ASSIGN_SUBMISSION)
def unassigned_assign(number: str) -> Response:
    """Give a submission to a consultation."""
    submission = _submission(number)
    consultation = consultation_or_404(request.form.get("consultation", ""))
    with refusals_to_flash() as tried:
        waiting.assign(current_actor(), submission, consultation, at=clock.now())
    if tried.ok:
        late = "，按收到的时间是逾期来件" if submission.late else ""
        flash(f"{number} 已归到《{consultation.title}》{late}。", "success")
    return redirect(url_for(".unassigned"), 303)


@desk.post("/unassigned/<number>/dismiss")
@allowed_to(Act.ASSIGN_SUBMISSION)
def unassigned_dismiss(number: str) -> Response:
    """Say that a submission is no opinion."""
    with refusals_to_flash() as tried:
        waiting.dismiss(current_actor(), _submission(number), request.form.get("reason", ""), at=clock.now())
    if tried.ok:
        flash(f"{number} 已标为“不是意见”，仍然保存，可以恢复。", "success")
    return redirect(url_for(".unassigned"), 303)


@desk.post("/unassigned/<number>/restore")
@allowed_to(Act.ASSIGN_SUBMISSION)
def unassigned_restore(number: str) -> Response:
    """Let a submission that was put aside wait again."""
    with refusals_to_flash():
        waiting.restore(current_actor(), _submission(number), at=clock.now())
    return redirect(url_for(".unassigned"), 303)


@desk.get("/unassigned/<number>/raw")
@allowed_to(Act.ASSIGN_SUBMISSION)
def unassigned_raw(number: str) -> Download:
    """Hand out the raw message as a file that no browser opens by itself."""
    submission = _submission(number)
    mail = queries.by_submission([submission.id]).get(submission.id) or abort(404)
    headers = {"Content-Disposition": f'attachment; filename="{submission.number}.eml"'}
    return Download(message_store.raw_of(mail), mimetype="application/octet-stream", headers=headers)


def _submission(number: str) -> Submission:
    return waiting.by_number(number) or abort(404)


def _choices() -> list[Consultation]:
    """Return the consultations that the actor may assign to, out for comment or closed, newest first."""
    actor, at = current_actor(), clock.now()
    held = worklists.listing(actor, at, limit=200)
    return [
        consultation
        for consultation in held
        if consultation.is_public(at) and may(actor, Act.ASSIGN_SUBMISSION, consultation)
    ]


def _suggested(mail: MailMessage, choices: list[Consultation]) -> list[Consultation]:
    ids = (mail.facts or {}).get("suggested", [])
    by_id = {choice.id: choice for choice in choices}
    return [by_id[id_] for id_ in ids if id_ in by_id]
