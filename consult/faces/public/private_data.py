"""Tells who is writing what in the text looks private and will be masked; keeps and logs nothing of it."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, request

from consult.faces.address_guard import takes_json
from consult.faces.guards import csrf, limiter
from consult.faces.i18n import translated
from consult.faces.public.blueprint import blueprint
from consult.text.privacy import detection

MOST_CHARACTERS = 20_000
MOST_SHOWN = 5
CHECKS = "900 per hour"
"""From one address; a form asks after a pause in typing."""


@blueprint.post("/private-data")
@csrf.exempt  # it changes nothing, and a stale token is no reason to be silent
@limiter.limit(CHECKS)
@takes_json
def private_data() -> Response:
    """Return what looks private in a text: its kind in the reader's language, and the characters."""
    text = _text(_document())
    shown = [{"kind": translated(datum.kind.label.words), "text": datum.text} for datum in detection.find(text)]
    response = jsonify({"count": len(shown), "found": shown[:MOST_SHOWN]})
    response.headers["Cache-Control"] = "no-store"
    return response


def _document() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:  # nested too deeply
        return None


def _text(sent: Any) -> str:
    text = sent.get("text") if isinstance(sent, dict) else None
    if not isinstance(text, str):
        abort(400)
    if len(text) > MOST_CHARACTERS:
        abort(413)
    return text
