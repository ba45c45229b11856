"""The notice and the drafting explanation: written while drafting, read afterwards."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.drafting import service as drafting
from consult.drafting.errors import ChangedMeanwhile
from consult.drafting.models import Consultation, Stage
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.consultations import gaps
from consult.faces.desk.forms.drafting import NoticeForm
from consult.faces.desk.sections import inside
from consult.law.rules import ENTERPRISE_RELATED
from consult.settings import rules


@desk.get("/consultations/<slug>/notice")
def notice(slug: str) -> str:
    """Show the notice: to write while it is drafted, to read afterwards."""
    one = consultation_or_404(slug)
    writable = one.stage is Stage.DRAFTING and may(current_actor(), Act.EDIT_CONSULTATION, one)
    form = NoticeForm(one.kind, formdata=None, obj=one) if writable else None
    if form is not None:
        form.seen.data = drafting.notice_digest(one)
    return _page(one, form)


@desk.post("/consultations/<slug>/notice")
def notice_write(slug: str) -> str | Response | tuple[str, int]:
    """Store what was written; on refusal everything typed is still there."""
    one = consultation_or_404(slug)
    require(current_actor(), Act.EDIT_CONSULTATION, one)
    form = NoticeForm(one.kind)
    if form.validate():
        with refusals_to(form) as tried:
            drafting.write_notice(current_actor(), one, _written(form), at=clock.now(), seen=form.seen.data or None)
        if tried.ok:
            flash("已保存。", "success")
            goes_on = request.form.get("then") == "overview"
            return redirect(url_for(".consultation" if goes_on else ".notice", slug=slug), 303)
        if isinstance(tried.error, ChangedMeanwhile):
            form.seen.data = drafting.notice_digest(one)  # shown below: saved once more, it is overwritten knowingly
            return _page(one, form, changed=True), 409
    return _page(one, form), 400


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
    )


def _page(one: Consultation, form: NoticeForm | None, *, changed: bool = False) -> str:
    now = clock.now()
    periods = rules().periods
    return render_template(
        "desk/consultation/notice.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        form=form,
        changed=changed,
        gaps=gaps(one),
        rows=periods,
        enterprise_rule=periods[ENTERPRISE_RELATED],
        kind_name=periods[one.kind].name if one.kind in periods else one.kind,
    )
