"""Opinions on the whole draft with the provision that each seems to be about: confirmed by a person, many at once."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import placement, queries
from consult.drafting.queries import draft_of
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.text.anchors import WHOLE

PAGE = 50


@desk.get("/consultations/<slug>/adoption/place")
def adoption_place(slug: str) -> str:
    """Show the proposals, those that the sender said in so many words ticked."""
    consultation, actor = opinions_of(slug), current_actor()
    after = row_id(request.args.get("after", ""))
    proposed = list(placement.proposals(actor, consultation, after=after, limit=PAGE + 1))
    draft = draft_of(consultation)
    return render_template(
        "desk/adoption/place.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_decide=may(actor, Act.DECIDE, consultation),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        proposals=proposed[:PAGE],
        after=after,
        goes_on=proposed[PAGE - 1].opinion.id if len(proposed) > PAGE else 0,
        label=draft.label_of,
        places=[(WHOLE, "整个草案"), *((unit.anchor, unit.label) for unit in draft.units)],
        unit_anchors={unit.anchor for unit in draft.units},
    )


@desk.post("/consultations/<slug>/adoption/place")
def adoption_place_many(slug: str) -> Response:
    """Assign the opinions that were ticked to the provisions chosen beside them."""
    consultation = opinions_of(slug, Act.DECIDE)
    chosen = {key: request.form.get(f"anchor-{key}", "") for key in map(row_id, request.form.getlist("opinion")[:PAGE])}
    with refusals_to_flash() as tried:
        anchors = {key: "" if anchor == WHOLE else anchor for key, anchor in chosen.items()}
        n = placement.place_many(current_actor(), consultation, anchors, at=clock.now())
    if tried.ok:
        flash(f"已归入条文 {n} 条。", "success")
    return redirect(url_for("desk.adoption_place", slug=slug, after=row_id(request.args.get("after", "")) or None), 303)
