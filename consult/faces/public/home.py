"""The home page, the list of published feedback, help, and what readers subscribe to."""

from __future__ import annotations

from flask import Response, render_template, request, url_for

from consult import clock
from consult.app_context import rules
from consult.drafting import queries
from consult.drafting.queries import PublicList
from consult.faces.public import feeds
from consult.faces.public.blueprint import blueprint
from consult.faces.row_ids import row_id
from consult.reporting import queries as reports
from consult.store import counters

SEARCH_CHARACTERS = 60
RECENT_FEEDBACK = 3
FEED_ENTRIES = 50


@blueprint.get("/")
def home() -> str:
    """Show what is open first, then what is being studied and what was answered."""
    now = clock.now()
    words = request.args.get("q", "")[:SEARCH_CHARACTERS].strip()
    kind = request.args.get("kind", "")
    shelves = {shelf: queries.listing(shelf, now, words=words, kind=kind) for shelf in PublicList}
    ids = [consultation.id for consultation in shelves[PublicList.OPEN]]
    return render_template(
        "public/home.html",
        now=now,
        words=words,
        kind=kind,
        kinds=[(known, kind_name(known)) for known in queries.kinds_in_use(now)],
        shelves=shelves,
        received=received(ids),
        feedback=reports.recent(RECENT_FEEDBACK),
        page=queries.PAGE,
    )


@blueprint.get("/closed")
def closed() -> str:
    """Show all consultations whose period has ended and whose feedback isn't out yet, by key."""
    now = clock.now()
    consultations = queries.listing(PublicList.CLOSED, now, after=request.args.get("after", ""), limit=queries.PAGE + 1)
    shown = consultations[: queries.PAGE]
    return render_template(
        "public/closed.html",
        consultations=shown,
        received=received([consultation.id for consultation in shown]),
        next=url_for(".closed", after=shown[-1].slug) if len(consultations) > queries.PAGE else None,
    )


@blueprint.get("/results")
def results() -> str:
    """Show all published feedback, newest first, by key."""
    before = request.args.get("before", "")
    published = reports.recent(queries.PAGE + 1, before=row_id(before))
    shown = published[: queries.PAGE]
    return render_template(
        "public/results.html",
        feedback=shown,
        next=url_for(".results", before=shown[-1].report_id) if len(published) > queries.PAGE else None,
    )


@blueprint.get("/help")
def help_page() -> str:
    """Show how to take part, and what happens to personal data."""
    return render_template("public/help.html")


@blueprint.get("/feed.atom")
def feed() -> Response:
    """Give what opened and what was answered as an Atom feed."""
    now = clock.now()
    opened = queries.listing(PublicList.OPEN, now, limit=FEED_ENTRIES)
    closed = queries.listing(PublicList.CLOSED, now, limit=FEED_ENTRIES)
    entries = feeds.atom([*opened, *closed], reports.recent(FEED_ENTRIES), now)
    return Response(entries, mimetype="application/atom+xml")


@blueprint.get("/calendar.ics")
def calendar() -> Response:
    """Give the last days of open periods as a calendar to subscribe to."""
    now = clock.now()
    return Response(
        feeds.deadlines(queries.listing(PublicList.OPEN, now, limit=FEED_ENTRIES), now), mimetype="text/calendar"
    )


def received(consultation_ids: list[int]) -> dict[int, int]:
    """Return how many submissions came to each consultation, late ones too."""
    in_time = counters.count_for(consultation_ids, "received", "in_time")
    late = counters.count_for(consultation_ids, "received", "late")
    return {key: in_time.get(key, 0) + late.get(key, 0) for key in consultation_ids}


def kind_name(kind: str) -> str:
    """Return what people call a kind of document."""
    return rules().period(kind).name
