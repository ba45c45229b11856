"""The feedback report as open data; ``report.schema.json`` beside this module describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from consult.files.feedback.document import CountLine, FeedbackDocument, MainOpinion, Row
from consult.files.feedback.layout import Layout

SCHEMA: Final = Path(__file__).with_name("report.schema.json")
FORMAT: Final = "consult-feedback/2"


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the report as a JSON document, UTF-8; the opinions are its last member."""
    head = json.dumps(_head(document), ensure_ascii=False, indent=1)
    out.write(head.removesuffix("\n}").encode() + b',\n "opinions": [')
    first = True
    for row in document.rows:
        out.write(b"\n  " if first else b",\n  ")
        out.write(json.dumps(_row(row), ensure_ascii=False).encode())
        first = False
    out.write(b"]\n}\n" if first else b"\n ]\n}\n")


def _head(document: FeedbackDocument) -> dict[str, Any]:
    counts = document.counts
    return {
        "format": FORMAT,
        "title": document.title,
        "department": document.department,
        "consultation": {"slug": document.slug, "title": document.consultation},
        "version": document.version,
        "replaces": document.replaces or None,
        "published": not document.draft,
        "digest": document.digest or None,
        "checkpoint": document.checkpoint or None,
        "dates": [{"label": label, "value": value} for label, value in document.dates],
        "statement": list(document.statement),
        "figures": {figure.name: figure.n for figure in document.figures},
        "labels": {figure.name: figure.label for figure in document.figures},
        "rejections": [{"reason": words, "submissions": n} for words, n in document.rejections],
        "heard": [{"answer": words, "organisations": n} for words, n in document.heard],
        "counts": {
            "channels": [_count(line) for line in counts.channels],
            "senders": [_count(line) for line in counts.senders],
            "apart": [_count(line) for line in counts.apart],
            "articles": [_count(line) for line in counts.articles],
        },
        "themes": [
            {"name": theme.name, "opinions": theme.n, "outcomes": dict(theme.outcomes)} for theme in document.themes
        ],
        "main_opinions": [_main(main) for main in document.main_opinions],
    }


def _count(line: CountLine) -> dict[str, Any]:
    outcomes: Mapping[str, int] = line.outcomes
    return {
        "name": line.words,
        "submissions": line.submissions,
        "opinions": line.opinions,
        "outcomes": {words: n for words, n in outcomes.items() if n},
    }


def _main(main: MainOpinion) -> dict[str, Any]:
    reworded = main.rewording
    return {
        "title": main.title,
        "place": main.place,
        "opinions": main.n,
        "outcome": main.outcome,
        "reason": main.reason,
        "rewording": {"old": reworded.old, "new": reworded.new, "made": reworded.made} if reworded else None,
        "others": [{"opinions": other.n, "outcome": other.outcome, "reason": other.reason} for other in main.others],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "number": row.number,
        "sender": row.sender,
        "sender_kind": row.sender_kind,
        "channel": row.channel,
        "place": row.place,
        "content": row.content,
        "outcome": row.outcome,
        "reason": row.reason,
        "rewording": row.rewording,
        "late": row.late,
    }
