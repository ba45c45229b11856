"""The record: who did what, when; of one consultation, or of everything."""

from __future__ import annotations

from flask import render_template, request, url_for

from consult import clock
from consult.accounts.permissions import Act
from consult.drafting import queries as drafting
from consult.drafting import worklists
from consult.faces.audit_wording import ACTS, in_words
from consult.faces.desk.blueprint import allowed_to, consultation_or_404, current_actor, desk
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.ledger import queries
from consult.ledger.models import LedgerEntry

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
@allowed_to(Act.SEE_LEDGER)
def ledger() -> str:
    """Show the whole record, newest first, by key; of one consultation or one kind of act where asked."""
    slug, room = request.args.get("consultation", "").strip(), request.args.get("act", "")
    room = room if room in ROOMS or room in ACTS else ""
    consultation = drafting.by_slug(slug) if slug else None
    unknown = bool(slug) and consultation is None
    page = [] if unknown else _page(consultation.id if consultation is not None else None, room)
    shown = page[: queries.PAGE]
    return render_template(
        "desk/ledger/ledger.html",
        lines=[in_words(entry) for entry in shown],
        titles=worklists.titles(sorted({entry.consultation_id for entry in shown if entry.consultation_id})),
        places=queries.leaf_positions([entry.id for entry in shown]),
        slug=slug,
        unknown=unknown,
        room=room,
        rooms=ROOMS,
        **_paging("desk.ledger", page, consultation=slug or None, act=room or None),
    )


@desk.get("/consultations/<slug>/ledger")
def consultation_ledger(slug: str) -> str:
    """Show the record of one consultation to whoever may see it."""
    consultation = consultation_or_404(slug)
    now = clock.now()
    page = _page(consultation.id, "")
    shown = page[: queries.PAGE]
    return render_template(
        "desk/consultation/ledger.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        lines=[in_words(entry) for entry in shown],
        places=queries.leaf_positions([entry.id for entry in shown]),
        **_paging("desk.consultation_ledger", page, slug=slug),
    )


def _page(consultation_id: int | None, act: str) -> list[LedgerEntry]:
    key = row_id(request.args.get("before", ""))
    return queries.entries(consultation_id=consultation_id, act=act, before=key, limit=queries.PAGE + 1)


def _paging(endpoint: str, page: list[LedgerEntry], **query: str | None) -> dict[str, str | None]:
    more = len(page) > queries.PAGE
    last = page[queries.PAGE - 1].id if more else None
    return {
        "next": url_for(endpoint, **query, before=last) if more else None,  # type: ignore[arg-type]
        "first": url_for(endpoint, **query) if request.args.get("before") else None,  # type: ignore[arg-type]
    }
