"""From when opinions are concentrated: what the department set, and what was set for one consultation."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import concentration, concentration_standards, queries
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import ConcentrationForm
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside

SET = "已设定。各组意见是否较为集中已按新标准更新。"


@desk.route("/concentration", methods=["GET", "POST"])
@allowed_to(Act.SET_CONCENTRATION)
def concentration_standard() -> str | Response | tuple[str, int]:
    """Show the department's standard, and set it."""
    return _handled(None, "set")


@desk.get("/consultations/<slug>/adoption/concentration")
def adoption_concentration(slug: str) -> str:
    """Show the standard of a consultation."""
    return _page(opinions_of(slug), ConcentrationForm(formdata=None))


@desk.post("/consultations/<slug>/adoption/concentration/<any('set', 'follow'):verb>")
def adoption_concentration_set(slug: str, verb: str) -> str | Response | tuple[str, int]:
    """Set a standard for one consultation, or let it go by the department's again."""
    return _handled(opinions_of(slug, Act.SET_CONCENTRATION), verb)


def _handled(consultation: Consultation | None, verb: str) -> str | Response | tuple[str, int]:
    form = ConcentrationForm()
    if verb == "follow":
        del form.senders
    if not form.is_submitted():
        return _page(consultation, ConcentrationForm(formdata=None))
    if form.validate():
        with refusals_to(form) as tried:
            concentration_standards.set_standard(
                current_actor(),
                consultation,
                senders=form.senders.data if form.senders else None,
                share=form.share.data or 0,
                share_senders=form.share_senders.data or 5,
                reason=form.standard_reason.data or "",
                at=clock.now(),
            )
        if tried.ok:
            flash(SET, "success")
            return redirect(_address(consultation), 303)
    shown = form if verb == "set" else ConcentrationForm(formdata=None)
    return _page(consultation, shown, form), 400


def _address(consultation: Consultation | None) -> str:
    if consultation is None:
        return url_for("desk.concentration_standard")
    return url_for("desk.adoption_concentration", slug=consultation.slug)


def _page(consultation: Consultation | None, form: ConcentrationForm, refused: ConcentrationForm | None = None) -> str:
    actor = current_actor()
    around = (
        {"desk_nav": inside(actor, consultation), "progress": queries.progress(consultation.id)}
        if consultation is not None
        else {}
    )
    return render_template(
        "desk/adoption/concentration.html",
        consultation=consultation,
        form=form,
        refused=refused,
        rule=concentration.in_force(consultation.id if consultation is not None else None),
        of_department=concentration.in_force(None),
        own=concentration.own_standard(consultation.id) if consultation is not None else None,
        history=concentration_standards.standards(consultation.id if consultation is not None else None),
        may_set=may(actor, Act.SET_CONCENTRATION, consultation),
        may_review=consultation is not None and may(actor, Act.REVIEW_DECISION, consultation),
        **around,
    )
