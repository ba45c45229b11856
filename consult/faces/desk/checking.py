"""The drafting check: what a legal division would point at in a version, and every instrument that it cites."""

from __future__ import annotations

from flask import abort, render_template

from consult import clock
from consult.drafting import checking
from consult.drafting.models import VersionKind
from consult.faces.checks import GROUPS, STANDING_WORDS, by_severity
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk
from consult.faces.desk.forms.drafting import VERSION_WORDS
from consult.faces.desk.sections import inside


@desk.get("/consultations/<slug>/check")
@desk.get("/consultations/<slug>/check/<int:number>")
def draft_check(slug: str, number: int | None = None) -> str:
    """Check a version, by default the newest; the text in force is not a draft, so it isn't checked."""
    one = consultation_or_404(slug)
    drafts = [version for version in one.versions if version.kind is not VersionKind.IN_FORCE]
    version = next((version for version in reversed(drafts) if number in (None, version.number)), None) or abort(404)
    now = clock.now()
    checked = checking.check(one, version, clock.local(now).date())
    return render_template(
        "desk/consultation/check.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(now).value,
        now=now,
        version=version,
        drafts=drafts,
        checked=checked,
        groups=by_severity(checked.findings),
        group_words=GROUPS,
        standing_words=STANDING_WORDS,
        version_words=VERSION_WORDS,
    )
