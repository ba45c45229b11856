"""The notice and the drafting explanation: written while drafting, read afterwards."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.app_context import rules
from consult.drafting import service as drafting
from consult.drafting.errors import ChangedMeanwhile
from consult.drafting.models import Consultation, Issuer, Stage
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.consultation.forms import NoticeForm
from consult.faces.desk.consultation.overview import gaps
from consult.faces.desk.navigation import inside
from consult.law.rules import ENTERPRISE_RELATED


@desk.get("/consultations/<slug>/notice")
def notice(slug: str) -> str:
    """Show the notice: to write while it is drafted, to read afterwards."""
    consultation = consultation_or_404(slug)
    writable = consultation.stage is Stage.DRAFTING and may(current_actor(), Act.EDIT_CONSULTATION, consultation)
    form = NoticeForm(consultation.kind, formdata=None, obj=consultation) if writable else None
    if form is not None:
        form.seen.data = drafting.notice_digest(consultation)
    return _page(consultation, form)


@desk.post("/consultations/<slug>/notice")
def notice_write(slug: str) -> str | Response | tuple[str, int]:
    """Store what was written; on refusal everything typed is still there."""
    consultation = consultation_or_404(slug, Act.EDIT_CONSULTATION)
    form = NoticeForm(consultation.kind)
    if form.validate():
        with refusals_to(form) as tried:
            drafting.write_notice(
                current_actor(), consultation, _written(form), at=clock.now(), seen=form.seen.data or None
            )
        if tried.ok:
            flash("已保存。", "success")
            goes_on = request.form.get("then") == "overview"
            return redirect(url_for(".consultation" if goes_on else ".notice", slug=slug), 303)
        if isinstance(tried.error, ChangedMeanwhile):
            form.seen.data = drafting.notice_digest(consultation)  # shown below: saving again overwrites it knowingly
            return _page(consultation, form, changed=True), 409
    return _page(consultation, form), 400


def _written(form: NoticeForm) -> drafting.Notice:
    return drafting.Notice(
        title=form.title.data or "",
        kind=form.kind.data or "",
        enterprise_related=bool(form.enterprise_related.data),
        summary=form.summary.data or "",
        notice_html=form.notice_html.data or "",
        explanation_html=form.explanation_html.data or "",
        mail_phrase=form.mail_phrase.data or "",
        contact=form.contact.data or "",
        issuer=Issuer(form.issuer.data or Issuer.DEPARTMENT),
        leading_unit=form.leading_unit.data or "",
    )


def _page(consultation: Consultation, form: NoticeForm | None, *, changed: bool = False) -> str:
    now = clock.now()
    periods = rules().periods
    return render_template(
        "desk/consultation/notice.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        form=form,
        changed=changed,
        gaps=gaps(consultation),
        rows=periods,
        enterprise_rule=periods[ENTERPRISE_RELATED],
        kind_name=periods[consultation.kind].name if consultation.kind in periods else consultation.kind,
    )
