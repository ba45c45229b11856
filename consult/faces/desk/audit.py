"""The record: who did what, when; of one consultation, or of everything."""

from __future__ import annotations

from flask import render_template, request, url_for
from sqlalchemy import select

from consult import clock
from consult.accounts.permissions import Act, require
from consult.drafting import desks
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk
from consult.faces.desk.sections import inside
from consult.faces.desk.telling import ACTS, told
from consult.ledger import queries
from consult.ledger.models import LedgerEntry
from consult.store import db

ROOMS = {
    "": "全部",
    "account.": "账号和登录",
    "consultation.": "征求意见",
    "submission.": "来件",
    "opinion.": "采纳",
    "report.": "反馈报告",
    "consultee.": "征求意见对象",
    "meeting.": "上会",
}


@desk.get("/ledger")
def ledger() -> str:
    """Show the whole record, newest first, by key; of one consultation or one kind of act where asked."""
    actor = current_actor()
    require(actor, Act.SEE_LEDGER)
    slug, room = request.args.get("consultation", "").strip(), request.args.get("act", "")
    room = room if room in ROOMS or room in ACTS else ""
    consultation_id = db.session.scalar(select(Consultation.id).where(Consultation.slug == slug)) if slug else None
    unknown = bool(slug) and consultation_id is None
    page = [] if unknown else _page(consultation_id, room)
    shown = page[: queries.PAGE]
    return render_template(
        "desk/ledger.html",
        lines=[told(entry) for entry in shown],
        titles=desks.titles(sorted({entry.consultation_id for entry in shown if entry.consultation_id})),
        places=queries.places([entry.id for entry in shown]),
        slug=slug,
        unknown=unknown,
        room=room,
        rooms=ROOMS,
        **_paging("desk.ledger", page, consultation=slug or None, act=room or None),
    )


@desk.get("/consultations/<slug>/ledger")
def consultation_ledger(slug: str) -> str:
    """Show the record of one consultation to whoever may see it."""
    one = consultation_or_404(slug)
    now = clock.now()
    page = _page(one.id, "")
    shown = page[: queries.PAGE]
    return render_template(
        "desk/consultation/ledger.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        lines=[told(entry) for entry in shown],
        places=queries.places([entry.id for entry in shown]),
        **_paging("desk.consultation_ledger", page, slug=slug),
    )


def _page(consultation_id: int | None, act: str) -> list[LedgerEntry]:
    before = request.args.get("before", "")
    key = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else 0
    return queries.entries(consultation_id=consultation_id, act=act, before=key, limit=queries.PAGE + 1)


def _paging(endpoint: str, page: list[LedgerEntry], **query: str | None) -> dict[str, str | None]:
    more = len(page) > queries.PAGE
    last = page[queries.PAGE - 1].id if more else None
    return {
        "next": url_for(endpoint, **query, before=last) if more else None,  # type: ignore[arg-type]
        "first": url_for(endpoint, **query) if request.args.get("before") else None,  # type: ignore[arg-type]
    }
