"""涉企意见听取台账: over all consultations of a year, as a page and as XLSX."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.row_ids import row_id
from consult.meeting import hearing_account, yearly_ledger

PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@desk.get("/hearings")
@allowed_to(Act.SEE_CONSULTATION)
def hearings_ledger() -> str | tuple[str, int]:
    """Show a page of the ledger of one year, by default the newest."""
    actor, at = current_actor(), clock.now()
    years = yearly_ledger.years(actor)
    year = row_id(request.args.get("year", "")) or (years[0] if years else clock.local(at).year)
    entries, after = [], row_id(request.args.get("after", ""))
    with refusals_to_flash(quiet=True) as tried:
        entries = yearly_ledger.page(actor, year, at=at, after=after, limit=PAGE + 1)
    shown = render_template(
        "desk/consultees/hearings_ledger.html",
        year=year,
        years=years,
        refusal=tried.refusal,
        entries=entries[:PAGE],
        words=hearing_account,
        may_export=may(actor, Act.EXPORT_SUBMISSIONS),
        next=url_for(".hearings_ledger", year=year, after=entries[PAGE - 1].account.listed.id)
        if len(entries) > PAGE
        else None,
        first=url_for(".hearings_ledger", year=year) if after else None,
    )
    return shown if tried.ok else (shown, 400)


@desk.get("/hearings/<int:year>.xlsx")
@allowed_to(Act.EXPORT_SUBMISSIONS)
def hearings_ledger_xlsx(year: int) -> Response:
    """Give the ledger of a year as XLSX."""
    data = b""
    with refusals_to_flash() as tried:
        data = yearly_ledger.build(current_actor(), year, at=clock.now())
    if not tried.ok:
        return redirect(url_for(".hearings_ledger"), 303)
    return download(data, f"涉企意见听取台账-{year}.xlsx", XLSX)
