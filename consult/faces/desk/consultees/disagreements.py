"""Questions on which no agreement was reached with units of government: noted, and settled after all."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import disagreements
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import LARGEST, row_id


@desk.route("/consultations/<slug>/disagreements", methods=["GET", "POST"], endpoint="disagreements")
def disagreements_page(slug: str) -> str | Response | tuple[str, int]:
    """Show the questions; note one; on refusal what was typed stays."""
    consultation = consultation_or_404(slug)
    if request.method == "GET":
        return _page(consultation)
    form = request.form
    ticked = {row_id(value) for value in form.getlist("unit")}
    with refusals_to_flash(quiet=True) as tried:
        disagreements.note(
            current_actor(),
            consultation,
            form.get("question", ""),
            {
                response: form.get(f"words-{response.id}", "")
                for response in disagreements.opinions(consultation)
                if response.id in ticked
            },
            ours=form.get("ours", ""),
            reason=form.get("reason", ""),
            basis=form.get("basis", ""),
            at=clock.now(),
        )
    if not tried.ok:
        return _page(consultation, tried.refusal), 400
    flash("已登记，列入上会材料。", "success")
    return redirect(url_for(".disagreements", slug=slug), 303)


@desk.post("/consultations/<slug>/disagreements/<int:identifier>/settle")
def disagreements_settle(slug: str, identifier: int) -> Response:
    """Note that agreement was reached after all."""
    consultation = consultation_or_404(slug)
    with refusals_to_flash() as tried:
        noted = disagreements.by_number(consultation, min(identifier, LARGEST))
        disagreements.settle(current_actor(), consultation, noted, request.form.get("how", ""), at=clock.now())
    if tried.ok:
        flash("已登记为协商一致。", "success")
    return redirect(url_for(".disagreements", slug=slug), 303)


def _page(consultation: Consultation, refusal: str = "") -> str:
    actor, at = current_actor(), clock.now()
    return render_template(
        "desk/consultees/disagreements.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        noted=disagreements.of(consultation),
        opinions=disagreements.opinions(consultation),
        counts=disagreements.counts,
        words_of=disagreements.words_of,
        may_note=may(actor, Act.INVITE, consultation) and consultation.stage not in disagreements.ENDED,
        typed=request.form,
        refusal=refusal,
    )
