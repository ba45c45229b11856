"""The library of reasons: what is in it, where each was used, and what is added, changed and retired."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import reason_library
from consult.adoption.models import Decision, ReasonTemplate
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import TemplateForm
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.row_ids import row_id
from consult.store import db

PAGE = 50


@desk.route("/reasons", methods=["GET", "POST"])
@allowed_to(Act.KEEP_REASONS)
def reasons() -> str | Response | tuple[str, int]:
    """List the reasons that one can choose from, and add one."""
    form = TemplateForm()
    if not form.is_submitted():
        return _page(TemplateForm(formdata=None))
    if form.validate():
        with refusals_to(form) as tried:
            reason_library.add_template(
                current_actor(),
                form.chosen,
                form.words.data or "",
                form.basis.data or "",
                shared=bool(form.shared.data),
                at=clock.now(),
            )
        if tried.ok:
            flash("已存入理由库。", "success")
            return redirect(url_for("desk.reasons"), 303)
    return _page(form), 400


@desk.route("/reasons/<int:key>", methods=["GET", "POST"])
@allowed_to(Act.KEEP_REASONS)
def reason(key: int) -> str | Response | tuple[str, int]:
    """Show a reason with the decisions that have it, and change it."""
    template = _template(key)
    if request.method == "GET":
        form = TemplateForm(formdata=None, outcome=template.outcome.value, words=template.words, basis=template.basis)
        return _one(template, form)
    form = TemplateForm()
    if form.validate():
        with refusals_to(form) as tried:
            made = reason_library.change_template(
                current_actor(), template, form.chosen, form.words.data or "", form.basis.data or "", at=clock.now()
            )
        if tried.ok:
            flash("已修改。已作出的处理不变。", "success")
            return redirect(url_for("desk.reason", key=made.id), 303)
    return _one(template, form), 400


@desk.post("/reasons/<int:key>/retire")
@allowed_to(Act.KEEP_REASONS)
def reason_retire(key: int) -> Response:
    """Take a reason out of the library."""
    with refusals_to_flash() as tried:
        reason_library.retire_template(current_actor(), _template(key), at=clock.now())
    if tried.ok:
        flash("已停用。已作出的处理不变。", "success")
    return redirect(url_for("desk.reasons"), 303)


def _template(key: int) -> ReasonTemplate:
    template = reason_library.offered(current_actor(), key)
    if template is None:
        abort(404)
    return template


def _page(form: TemplateForm) -> str:
    actor = current_actor()
    listed = reason_library.templates(actor)
    return render_template(
        "desk/adoption/reasons.html",
        form=form,
        listed=listed,
        uses=reason_library.uses(listed),
        placeholders=reason_library.PLACEHOLDERS,
        may_share=reason_library.may_keep(actor, None),
        may_add=reason_library.may_keep(actor, actor.division_id),
    )


def _one(template: ReasonTemplate, form: TemplateForm) -> str:
    actor, after = current_actor(), row_id(request.args.get("after", ""))
    used = reason_library.decisions_with(template, after=after, limit=PAGE + 1)
    return render_template(
        "desk/adoption/reason.html",
        template=template,
        form=form,
        n=reason_library.uses([template]).get(template.first_id, 0),
        used=[_shown(actor, decision) for decision in used[:PAGE]],
        after=after,
        next=used[PAGE - 1].id if len(used) > PAGE else None,
        may_change=reason_library.may_keep(actor, template.division_id),
        placeholders=reason_library.PLACEHOLDERS,
    )


def _shown(actor: Any, decision: Decision) -> dict[str, Any]:
    """Return a decision's words and, where the reader may see its opinions, its address."""
    consultation = db.session.get_one(Consultation, decision.consultation_id)
    opened = f"o{decision.opinion_id}" if decision.opinion_id else f"g{decision.group_id}"
    sees = may(actor, Act.SEE_SUBMISSIONS, consultation)
    return {
        "decision": decision,
        "title": consultation.title,
        "url": url_for("desk.adoption", slug=consultation.slug, at="all", open=opened) if sees else None,
    }
