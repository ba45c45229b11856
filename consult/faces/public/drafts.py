"""The draft out for comment as files, and beside the text in force or the document that came of it."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from consult import clock
from consult.drafting import version_comparison
from consult.drafting.models import Consultation, DraftVersion
from consult.faces import draft_files
from consult.faces.change_table import table
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.public.home import kind_name
from consult.text.sentences import sentence

PAIRS = {
    "in-force": (sentence("与现行规定对照"), sentence("现行规定"), sentence("征求意见稿")),
    "promulgated": (
        sentence("公布施行的文本和征求意见稿对照"),
        sentence("征求意见稿"),
        sentence("公布施行的文本"),
    ),
}
"""The comparisons that everybody may see: what the page is called, and its two sides."""


@blueprint.get("/consultations/<slug>/draft.<any(docx, xml, json, md):extension>")
def draft_file(slug: str, extension: str) -> Response:
    """Give the draft out for comment: official layout, Akoma Ntoso, JSON, Markdown."""
    consultation = public_consultation(slug, clock.now())
    return draft_files.draft_file(consultation.public_version or abort(404), extension)


@blueprint.get("/consultations/<slug>/compare/<any('in-force', promulgated):name>")
def compare(slug: str, name: str) -> str:
    """Show what the draft changes in the text in force, or what became of it; with ``all`` what didn't change, too."""
    consultation, old, new = _pair(slug, name)
    now, whole = clock.now(), "all" in request.args
    title, old_words, new_words = PAIRS[name]
    return render_template(
        "public/compare.html",
        consultation=consultation,
        kind_name=kind_name(consultation.kind),
        state=consultation.state(now),
        now=now,
        name=name,
        page_title=title,
        old=old,
        new=new,
        old_words=old_words,
        new_words=new_words,
        whole=whole,
        table=table(version_comparison.between(old, new), whole=whole),
    )


@blueprint.get("/consultations/<slug>/compare/<any('in-force', promulgated):name>.docx")
def compare_file(slug: str, name: str) -> Response:
    """Give the table of changes as a document."""
    consultation, old, new = _pair(slug, name)
    return draft_files.comparison_file(consultation, old, new, whole="all" in request.args)


def _pair(slug: str, name: str) -> tuple[Consultation, DraftVersion, DraftVersion]:
    consultation = public_consultation(slug, clock.now())
    pair = version_comparison.public_pairs(consultation).get(name)
    if pair is None:
        abort(404)
    return consultation, *pair
