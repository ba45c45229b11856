"""The first page of the desk: what waits for whom, and the consultations that one may see."""

from __future__ import annotations

from flask import render_template, request, url_for

from consult import clock
from consult.drafting import desks
from consult.drafting.models import State
from consult.faces.desk.blueprint import current_actor, desk
from consult.faces.desk.todo import todos
from consult.store import tally


@desk.get("/")
def home() -> str:
    """Show what waits for the account that is signed in, then the consultations that it may see, by key."""
    actor, now = current_actor(), clock.now()
    asked = request.args.get("state", "")
    state = State(asked) if asked in set(State) else None
    before = request.args.get("before", "")
    found = desks.listing(
        actor,
        now,
        state=state,
        before=int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else 0,
        limit=desks.PAGE + 1,
    )
    shown = found[: desks.PAGE]
    ids = [consultation.id for consultation in shown]
    return render_template(
        "desk/home.html",
        now=now,
        todos=todos(actor, now),
        consultations=shown,
        received=tally.count_for(ids, "received", "in_time"),
        late=tally.count_for(ids, "received", "late"),
        counts=desks.count_by_state(actor, now),
        chosen=state,
        next=url_for(".home", state=asked or None, before=shown[-1].id) if len(found) > desks.PAGE else None,
        first=url_for(".home", state=asked or None) if before else None,
    )
