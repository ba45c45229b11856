"""The first page of the desk: what waits for whom, and the consultations that one may see."""

from __future__ import annotations

from flask import render_template, request, url_for

from consult import clock
from consult.drafting import worklists
from consult.drafting.models import State
from consult.drafting.publication import is_provisional
from consult.faces.desk.blueprint import current_actor, desk
from consult.faces.desk.home.legal import lapsed_rows
from consult.faces.desk.home.todo import todos
from consult.faces.row_ids import row_id
from consult.store import counters


@desk.get("/")
def home() -> str:
    """Show what waits for the account that is signed in, then the consultations that it may see, by key."""
    actor, now = current_actor(), clock.now()
    red = lapsed_rows(actor, worklists.unfinished(actor), now)
    asked = request.args.get("state", "")
    state = State(asked) if asked in set(State) else None
    before = request.args.get("before", "")
    consultations = worklists.listing(
        actor,
        now,
        state=state,
        before=row_id(before),
        limit=worklists.PAGE + 1,
    )
    shown = consultations[: worklists.PAGE]
    ids = [consultation.id for consultation in shown]
    return render_template(
        "desk/home/home.html",
        now=now,
        todos=todos(actor, now),
        is_provisional=is_provisional,
        red=red,
        consultations=shown,
        received=counters.count_for(ids, "received", "in_time"),
        late=counters.count_for(ids, "received", "late"),
        counts=worklists.count_by_state(actor, now),
        chosen=state,
        next=url_for(".home", state=asked or None, before=shown[-1].id)
        if len(consultations) > worklists.PAGE
        else None,
        first=url_for(".home", state=asked or None) if before else None,
    )
