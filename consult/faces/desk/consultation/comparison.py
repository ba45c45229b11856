"""Two versions of a draft beside each other, and versions as files."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.drafting import version_comparison
from consult.drafting.models import Consultation, DraftVersion
from consult.faces import draft_files
from consult.faces.change_table import table
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.text.anchors import in_words


@desk.get("/consultations/<slug>/compare/<int:old>/<int:new>")
def draft_compare(slug: str, old: int, new: int) -> str:
    """Show what changed between two versions; with ``all`` what didn't, too."""
    consultation = consultation_or_404(slug)
    before, after = _version(consultation, old), _version(consultation, new)
    now, whole = clock.now(), "all" in request.args
    comparison = version_comparison.between(before, after)
    return render_template(
        "desk/consultation/compare.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(now).value,
        now=now,
        old=before,
        new=after,
        whole=whole,
        table=table(comparison, whole=whole),
        possible=comparison.possible,
        related=comparison.related,
        judged=[
            (each, in_words(each.old_anchor), in_words(each.new_anchor))
            for each in reversed(version_comparison.judgements(before.id, after.id))
        ],
    )


@desk.post("/consultations/<slug>/compare/<int:old>/<int:new>/<any('confirm', 'reject'):verb>")
def draft_match(slug: str, old: int, new: int, verb: str) -> Response:
    """Say whether two provisions that may be counterparts are."""
    consultation = consultation_or_404(slug, Act.ADD_VERSION)
    before, after = _version(consultation, old), _version(consultation, new)
    pair = request.form.get("old_anchor", "")[:80], request.form.get("new_anchor", "")[:80]
    with refusals_to_flash() as tried:
        version_comparison.judge(current_actor(), before, after, pair, holds=verb == "confirm", at=clock.now())
    if tried.ok:
        flash("已确认对应，原条文的意见随之对应到新条文。" if verb == "confirm" else "已登记为不对应。", "success")
    return redirect(url_for(".draft_compare", slug=slug, old=old, new=new) + "#possible", 303)


@desk.get("/consultations/<slug>/compare/<int:old>/<int:new>.docx")
def draft_compare_file(slug: str, old: int, new: int) -> Response:
    """Give the table of changes between two versions as a document."""
    consultation = consultation_or_404(slug)
    return draft_files.comparison_file(
        consultation, _version(consultation, old), _version(consultation, new), whole="all" in request.args
    )


@desk.get("/consultations/<slug>/compare")
def draft_compare_choose(slug: str) -> Response:
    """Go to the comparison that was chosen in the form of two versions."""
    consultation = consultation_or_404(slug)
    chosen = [request.args.get(name, "") for name in ("old", "new")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in chosen):
        abort(404)
    return redirect(url_for(".draft_compare", slug=consultation.slug, old=int(chosen[0]), new=int(chosen[1])), 303)


@desk.get("/consultations/<slug>/draft/<int:number>/draft.<any(docx, xml, json, md):extension>")
def draft_export(slug: str, number: int, extension: str) -> Response:
    """Give a version as it was read: official layout, Akoma Ntoso, JSON, Markdown."""
    return draft_files.draft_file(_version(consultation_or_404(slug), number), extension)


def _version(consultation: Consultation, number: int) -> DraftVersion:
    return next((version for version in consultation.versions if version.number == number), None) or abort(404)
