"""The reviewer's pages: decisions that colleagues proposed, confirmed or returned one by one or many at once.

A filter (author, provision, outcome, group) stands in the address; all that meets it is confirmed after a preview.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries, service, worklist
from consult.adoption.models import Decision, Outcome
from consult.adoption.review_selection import GROUPS, SINGLE, Selection, authors, review_selection, reviewable_decisions
from consult.adoption.review_selection import shown as review_selection_shown
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.faces.desk.adoption.forms import ReturnForm
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.desk.submissions.behind import behind
from consult.faces.row_ids import row_id
from consult.reporting.snapshot import sender_in_print
from consult.store import db
from consult.text.anchors import WHOLE

PAGE = 50
KINDS = {GROUPS: "归并意见", SINGLE: "单条意见"}


@dataclass(frozen=True)
class Filter:
    """What the reviewer's pages are narrowed to, as their address says it."""

    query: dict[str, Any]
    selection: Selection

    @classmethod
    def asked(cls, consultation: Consultation) -> Filter:
        """Return what the request names; what names nothing is left out."""
        asked = request.args
        author = row_id(asked.get("author", ""))
        outcome = next((each for each in Outcome if each.value == asked.get("outcome")), None)
        place, group = asked.get("at", ""), asked.get("group", "")
        unit = draft_of(consultation).unit_of(place) if place else None
        anchors = ("",) if place == WHOLE else unit.anchors if unit is not None else (place,) if place else None
        kind = group if group in KINDS else str(row_id(group) or "")
        named = {
            "author": str(author or ""),
            "outcome": outcome.value if outcome else "",
            "at": place,
            "group": kind,
        }
        selection = Selection(author or None, anchors, outcome, kind)
        return cls({name: value for name, value in named.items() if value}, selection)


@desk.get("/consultations/<slug>/adoption/review")
def adoption_review(slug: str) -> str:
    """Show the decisions that wait for this reviewer, and one of them."""
    return _page(_consultation(slug), _number("open"))


@desk.post("/consultations/<slug>/adoption/review/<int:key>/<any('confirm', 'return'):verb>")
def adoption_review_one(slug: str, key: int, verb: str) -> str | Response | tuple[str, int]:
    """Confirm a decision or give it back."""
    consultation = _consultation(slug)
    decision = _decision(consultation, key)
    form = ReturnForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            if verb == "confirm":
                service.review(current_actor(), decision, at=clock.now())
            else:
                service.return_decision(current_actor(), decision, form.reason.data or "", at=clock.now())
        if tried.ok:
            flash("已复核同意。" if verb == "confirm" else "已退回。", "success")
            following = _after(consultation, key)
            after = _number("after") or None
            query = Filter.asked(consultation).query
            return redirect(url_for("desk.adoption_review", slug=slug, after=after, open=following, **query), 303)
    return _page(consultation, key, form), 400


@desk.post("/consultations/<slug>/adoption/review")
def adoption_review_many(slug: str) -> Response:
    """Confirm all decisions that were ticked."""
    consultation = _consultation(slug)
    keys = [*map(row_id, request.form.getlist("decision")[:PAGE])]
    with refusals_to_flash() as tried:
        done = service.review_many(current_actor(), [_decision(consultation, key) for key in keys], at=clock.now())
    if tried.ok and keys:
        missed = f"，{len(keys) - done} 条已经变动，未处理" if done < len(keys) else ""
        flash(f"已复核同意 {done} 条{missed}。", "success")
    elif tried.ok:
        flash("尚未勾选要同意的处理。", "warning")
    return redirect(url_for("desk.adoption_review", slug=slug, **Filter.asked(consultation).query), 303)


@desk.route("/consultations/<slug>/adoption/review/all", methods=["GET", "POST"])
def adoption_review_all(slug: str) -> str | Response | tuple[str, int]:
    """Show what meets the filter by outcome and provision, and confirm all of it as it was shown."""
    consultation, form = _consultation(slug), FlaskForm()
    chosen = Filter.asked(consultation)
    if not form.validate_on_submit():
        return _preview(consultation, chosen, form)
    with refusals_to(form) as tried:
        done, missed = review_selection(
            current_actor(), consultation, chosen.selection, request.form.get("seen", ""), at=clock.now()
        )
    if not tried.ok:
        return _preview(consultation, chosen, form), 400
    words = f"，{missed} 条已经变动，未处理" if missed else ""
    flash(f"已复核同意 {done} 条{words}。", "success" if done else "warning")
    return redirect(url_for("desk.adoption_review", slug=slug, **chosen.query), 303)


def _preview(consultation: Consultation, chosen: Filter, form: FlaskForm) -> str:
    actor = current_actor()
    return render_template(
        "desk/adoption/review_all.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=True,
        filter=chosen,
        waiting=review_selection_shown(actor.id, consultation.id, chosen.selection),
        label=draft_of(consultation).label_of,
        form=form,
        **_choices(consultation),
    )


def _consultation(slug: str) -> Consultation:
    return opinions_of(slug, Act.REVIEW_DECISION)


def _decision(consultation: Consultation, key: int) -> Decision:
    decision = db.session.get(Decision, key)
    if decision is None or decision.consultation_id != consultation.id:
        abort(404)
    return decision


def _number(name: str) -> int:
    return row_id(request.args.get(name, ""))


def _after(consultation: Consultation, key: int) -> int | None:
    wanted = Filter.asked(consultation).selection
    following = reviewable_decisions(current_actor().id, consultation.id, wanted, after=key, limit=1)
    return following[0].id if following else None


def _page(consultation: Consultation, opened_key: int, form: ReturnForm | None = None) -> str:
    actor, after = current_actor(), _number("after")
    chosen = Filter.asked(consultation)
    waiting = reviewable_decisions(actor.id, consultation.id, chosen.selection, after=after, limit=PAGE + 1)
    shown = waiting[:PAGE]
    opened = _decision(consultation, opened_key) if opened_key else (shown[0] if shown else None)
    return render_template(
        "desk/adoption/review.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=True,
        may_decide=may(actor, Act.DECIDE, consultation),
        waiting=shown,
        filter=chosen,
        **_choices(consultation),
        after=after,
        goes_on=shown[-1].id if len(waiting) > PAGE else 0,
        form=form or ReturnForm(formdata=None),
        shows="work" if opened_key else "list",
        **_opened(consultation, opened, shown),
    )


def _choices(consultation: Consultation) -> dict[str, Any]:
    """Return what the filter can be set to."""
    units = [(unit.anchor, unit.label) for unit in draft_of(consultation).units]
    return {
        "authors": authors(current_actor().id, consultation.id),
        "places": [(WHOLE, "整个草案"), *units],
        "outcomes": [(outcome.value, outcome.label.brief) for outcome in Outcome],
        "kinds": list(KINDS.items()),
    }


def _opened(consultation: Consultation, opened: Decision | None, shown: list[Decision]) -> dict[str, Any]:
    draft = draft_of(consultation)
    if opened is None:
        return {"opened": None, "label": draft.label_of}
    subject = opened.opinion or opened.group
    keys = [decision.id for decision in shown]
    members = queries.with_decisions(consultation.id, group_id=opened.group_id, limit=5) if opened.group_id else []
    opinions = [opened.opinion] if opened.opinion is not None else [member.opinion for member in members]
    place = keys.index(opened.id) if opened.id in keys else -1
    return {
        "opened": opened,
        "subject": subject,
        "label": draft.label_of,
        "unit": draft.unit_of(subject.anchor) if subject is not None and subject.anchor else None,
        "members": members,
        **behind(opinion.submission for opinion in opinions),
        "line": next(iter(worklist.group_summaries(consultation.id, group_id=opened.group_id)), None)
        if opened.group_id
        else None,
        "history": worklist.history(subject) if subject is not None else [],
        "previous": keys[place - 1] if place > 0 else None,
        "following": keys[place + 1] if 0 <= place < len(keys) - 1 else None,
        "sender_in_print": sender_in_print,
    }
