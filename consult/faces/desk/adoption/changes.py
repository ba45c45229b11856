"""What the decisions promised against what the newest version of the draft says."""

from __future__ import annotations

from typing import Any

from flask import render_template

from consult.accounts.permissions import Act, may
from consult.adoption import changes, queries
from consult.adoption.changes import LISTS, ChangeLine, Changes
from consult.adoption.errors import DecisionRefused
from consult.drafting.queries import draft_of
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk
from consult.faces.desk.navigation import inside
from consult.text.anchors import in_words
from consult.text.comparison.wording import changed_characters


@desk.get("/consultations/<slug>/adoption/changes")
def adoption_changes(slug: str) -> str:
    """Show what was adopted and not changed, changed and not asked for, and decided on what is gone."""
    consultation, actor = opinions_of(slug), current_actor()
    listed: Changes | None = None
    missing = ""
    try:
        listed = changes.changes(actor, consultation)
    except DecisionRefused as refusal:
        missing = str(refusal)
    label = draft_of(consultation).label_of
    return render_template(
        "desk/adoption/changes.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        listed=listed,
        missing=missing,
        lists=[(words, [_shown(line, label) for line in getattr(listed, name)]) for name, words in LISTS.items()]
        if listed is not None
        else [],
    )


def _shown(line: ChangeLine, label: Any) -> dict[str, Any]:
    return {
        "line": line,
        "place": label(line.anchor) if line.anchor is not None else "（新增）",
        "new_place": in_words(line.new_anchor) if line.new_anchor else "",
        "pieces": [(piece.op.value, piece.text) for piece in changed_characters(line.old, line.new)],
    }
