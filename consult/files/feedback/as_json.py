"""The feedback report as open data."""

from __future__ import annotations

import json
from typing import Any

from consult.files.feedback.document import FeedbackDocument, ThemeLine


def render(document: FeedbackDocument) -> bytes:
    """Return the report as a JSON document, UTF-8."""
    content = {
        "title": document.title,
        "department": document.department,
        "consultation": {"slug": document.slug, "title": document.consultation},
        "version": document.version,
        "replaces": document.replaces or None,
        "published": not document.draft,
        "digest": document.digest or None,
        "dates": [{"label": label, "value": value} for label, value in document.dates],
        "statement": list(document.statement),
        "figures": {figure.name: figure.n for figure in document.figures},
        "labels": {figure.name: figure.label for figure in document.figures},
        "main_opinions": [
            {
                "title": main.title,
                "place": main.place,
                "opinions": main.n,
                "outcome": main.outcome,
                "reason": main.reason,
                "others": [
                    {"opinions": other.n, "outcome": other.outcome, "reason": other.reason} for other in main.others
                ],
            }
            for main in document.main_opinions
        ],
        **({"themes": [_theme(theme) for theme in document.themes]} if document.themes else {}),
        "opinions": [
            {
                "number": row.number,
                "sender": row.sender,
                "sender_kind": row.sender_kind,
                "channel": row.channel,
                "place": row.place,
                "content": row.content,
                "outcome": row.outcome,
                "reason": row.reason,
                "late": row.late,
            }
            for row in document.rows
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _theme(theme: ThemeLine) -> dict[str, Any]:
    return {"name": theme.name, "opinions": theme.n, "outcomes": dict(theme.outcomes)}
