"""How pages name a place of a draft: as the draft does, 第十二条（资金）; for readers of English, Article 12 (资金)."""

from __future__ import annotations

from flask import Flask

from consult.drafting.draft_units import Block, Draft
from consult.faces.languages import ENGLISH, language
from consult.text.anchors import in_words
from consult.text.english_anchors import in_english


def provision_words(anchor: str) -> str:
    """Return an anchor as a citation: 第十二条第二款; what is no anchor, as it is."""
    try:
        return in_english(anchor) if language() is ENGLISH else in_words(anchor)
    except ValueError:
        return anchor


def label_in(anchor: str | None, draft: Draft) -> str:
    """Return what people call the provision with this anchor: 第十三条第二款; no anchor is the whole draft."""
    if language() is not ENGLISH:
        return draft.label_of(anchor or "")
    try:
        return in_english(anchor or "")
    except ValueError:
        return draft.label_of(anchor or "")


def label(block: Block) -> str:
    """Return what people call a block, with its caption: 第十三条（资金）."""
    number = place(block) if language() is ENGLISH else ""
    heading = block.rows[0].heading
    if not number:
        return block.label
    return f"{number} ({heading})" if heading else number


def place(block: Block) -> str:
    """Return the number of a block: 第十三条; nothing where it has none."""
    row = block.rows[0]
    return in_english(row.anchor) if row.number and language() is ENGLISH else row.number


def short_label(block: Block) -> str:
    """Return what people call a block without its caption, where its number says enough."""
    return place(block) or block.label


def register(app: Flask) -> None:
    """Give every template these filters."""
    for filter_ in (provision_words, label_in, label, place, short_label):
        app.add_template_filter(filter_)
