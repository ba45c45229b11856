"""The drafting check: what a legal division would point at in a version, and every instrument that it cites."""

from __future__ import annotations

from flask import abort, render_template

from consult import clock
from consult.drafting import draft_check as checking
from consult.drafting.models import VersionKind
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk
from consult.faces.desk.navigation import inside
from consult.faces.draft_check_wording import by_severity


@desk.get("/consultations/<slug>/check")
@desk.get("/consultations/<slug>/check/<int:number>")
def draft_check(slug: str, number: int | None = None) -> str:
    """Check a version, by default the newest; the text in force is not a draft, so it isn't checked."""
    consultation = consultation_or_404(slug)
    drafts = [version for version in consultation.versions if version.kind is not VersionKind.IN_FORCE]
    version = next((version for version in reversed(drafts) if number in (None, version.number)), None) or abort(404)
    now = clock.now()
    checked = checking.check(consultation, version, clock.local(now).date())
    return render_template(
        "desk/consultation/check.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        version=version,
        drafts=drafts,
        checked=checked,
        groups=by_severity(checked.findings),
    )
