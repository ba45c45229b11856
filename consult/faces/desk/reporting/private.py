"""Private data in what a report would print: shown in place, masked or released with a reason, one by one or many."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside
from consult.faces.desk.reporting.forms import ReleaseForm
from consult.reporting import private_decisions, private_finds, way_out
from consult.reporting.models import FindChoice
from consult.reporting.private_finds import Listed, Place
from consult.text.privacy.kinds import Kind

PAGE = 50
FIRST = 3
"""Data that the report's own page shows."""
SHOWN = {"open": None, "mask": FindChoice.MASK, "release": FindChoice.RELEASE}


@desk.get("/consultations/<slug>/report/private")
def reporting_private(slug: str) -> str:
    """List private data with the words around them."""
    return _page(consultation_or_404(slug, Act.SEE_SUBMISSIONS))


@desk.post("/consultations/<slug>/report/private/<any('scan', 'decide', 'mask'):verb>")
def reporting_private_act(slug: str, verb: str) -> Response | tuple[str, int]:
    """Scan what would be printed, decide on one datum, or mask all of some kinds that were shown."""
    consultation = consultation_or_404(slug, Act.COMPILE_REPORT)
    form = ReleaseForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            words = _act(verb, consultation, form)
        if tried.ok:
            flash(words, "success")
            return redirect(url_for("desk.reporting_private", slug=slug, kind=_kinds(request.args)), 303)
    return _page(consultation, form), 400


def _act(verb: str, consultation: Consultation, form: ReleaseForm) -> str:
    actor, at = current_actor(), clock.now()
    if verb == "scan":
        private_finds.scan(actor, consultation)
        return "已检查。"
    if verb == "mask":
        kinds = _kinds(request.form)
        made = private_finds.mask_kinds(actor, consultation, kinds, at=at, seen=request.form.get("seen", ""))
        return f"已遮盖 {len(made):,} 项。"
    choice = FindChoice.RELEASE if request.form.get("choice") == FindChoice.RELEASE else FindChoice.MASK
    reason = form.reason.data or ""
    private_finds.decide(actor, consultation, request.form.get("find", ""), choice, at=at, reason=reason)
    return "已准予公开，审核时一并核对。" if choice is FindChoice.RELEASE else "已遮盖。"


def _kinds(asked: MultiDict[str, str]) -> list[Kind]:
    return [kind for kind in Kind if kind.value in asked.getlist("kind")]


def _page(consultation: Consultation, form: ReleaseForm | None = None) -> str:
    show = request.args.get("show", "open")
    choice = SHOWN.get(show)
    entries = private_finds.listed(consultation)
    waiting = private_finds.undecided(entries)
    kinds = _kinds(request.args) or list(Kind)
    chosen = (
        private_finds.undecided(entries, kinds)
        if choice is None
        else [entry for entry in entries if entry.decision is not None and entry.decision.choice is choice]
    )
    after = int(after) if (after := request.args.get("after", "")).isdecimal() and len(after) < 9 else 0
    shown = chosen[after : after + PAGE]
    return render_template(
        "desk/reporting/private.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        form=form,
        may_decide_private=may(current_actor(), Act.COMPILE_REPORT, consultation),
        failed=request.form.get("find", "") if form is not None else "",
        scanned=private_finds.was_scanned(consultation.id),
        waiting=waiting,
        by_kind=private_finds.by_kind(waiting),
        chosen=chosen,
        kinds=kinds,
        seen=private_finds.seen_digest(chosen),
        show="open" if choice is None else show,
        next=after + PAGE if len(chosen) > after + PAGE else None,
        **in_place(consultation, shown),
    )


def in_place(consultation: Consultation, entries: list[Listed]) -> dict[str, Any]:
    """Return data with the words around them, and where each is changed, for the template."""

    def change(place: Place) -> tuple[str, str]:
        return _change(consultation.slug, place)

    return {"found": private_finds.with_places(consultation, entries), "where": way_out.where, "change": change}


def _change(slug: str, place: Place) -> tuple[str, str]:
    """Return what is changed where, to be rid of a datum: words and address."""
    column = place.find.column.split(".")[0]
    if place.group is not None:
        return "修改归并意见", url_for("desk.adoption", slug=slug, at="all", open=f"g{place.group}", _anchor="work")
    if not place.submission:
        return "修改征求意见", url_for("desk.consultation", slug=slug)
    if column in ("content", "sender"):
        return f"修改来件 {place.submission} 的公开文本", url_for(
            "desk.moderation_find", slug=slug, number=place.submission
        )
    return "修改采纳情况", url_for("desk.adoption", slug=slug, at="all", open=f"o{place.find.row}", _anchor="work")


def section(consultation: Consultation) -> dict[str, Any]:
    """Return what the report's own page shows of private data."""
    entries = private_finds.listed(consultation)
    waiting = private_finds.undecided(entries)
    return {
        "private_scanned": private_finds.was_scanned(consultation.id),
        "private_waiting": waiting,
        "releases": private_decisions.releases(consultation.id),
        "may_decide_private": may(current_actor(), Act.COMPILE_REPORT, consultation),
        **in_place(consultation, waiting[:FIRST]),
    }
