"""Proof of work in place of picture puzzles: the form's script solves it unseen, and whoever can't still gets through.

A challenge is an ALTCHA challenge (https://altcha.org, first version of the protocol) signed with a key of its own. It
carries the token of the form it was made for, and one token makes one submission (``web:<token>`` is unique in the
database): that is why a solution counts once, on any number of web hosts, without a store of used ones.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from datetime import timedelta
from typing import Any

from altcha.v1 import ChallengeOptions, create_challenge, extract_params, verify_solution
from flask import Response, abort, g, jsonify, request

from consult import clock, keys
from consult.app_context import settings
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.public.forms import TOKEN_CHARACTERS
from consult.intake.models import Doubt

FIELD = "altcha"
"""Name of the form's field that holds the solution: Base64 of JSON, as ALTCHA's own widget sends it."""
SOLUTION_CHARACTERS = 2_000
WORDS = ("algorithm", "challenge", "salt", "signature")


@blueprint.get("/consultations/<slug>/comment/challenge")
def challenge(slug: str) -> Response:
    """Give the form with a token (``?token=``) a challenge of its own, as the solving script takes it."""
    now = clock.now()
    public_consultation(slug, now)
    token = request.args.get("token", "")
    if settings().proof_of_work == "off" or not token or len(token) > TOKEN_CHARACTERS:
        abort(404)
    made = create_challenge(
        ChallengeOptions(
            hmac_key=_key(),
            max_number=settings().proof_of_work_hashes,
            expires=now + timedelta(minutes=settings().proof_of_work_minutes),
            params={"token": token},
        )
    )
    response = jsonify(made.to_dict() | {"validSeconds": settings().proof_of_work_minutes * 60})
    response.headers["Cache-Control"] = "no-store"
    return response


def doubt() -> Doubt:
    """Return why the form in this request must be looked at by itself: the trap was filled, or no work was proven."""
    if request.form.get("website", "").strip():
        return Doubt.TRAP
    return Doubt.NONE if settings().proof_of_work == "off" or is_proven() else Doubt.UNPROVEN


def limit() -> str:
    """Return how often the sender of this request may submit: oftener with work proven."""
    return settings().ratelimit_proven if is_proven() else settings().ratelimit_submit


def is_proven() -> bool:
    """Whether this request's form brings the solution of a challenge that was made for its token; looked at once."""
    if "work_proven" not in g:
        g.work_proven = _solves(request.form.get(FIELD, ""), request.form.get("token", ""))
    proven: bool = g.work_proven
    return proven


def _solves(solution: str, token: str) -> bool:
    """Whether a solution is right, of our own making, in time, and for this token."""
    sent = _parsed(solution)
    if sent is None or not token:
        return False
    right, _reason = verify_solution(sent, _key())
    return right and extract_params(sent).get("token") == [token]


def _parsed(solution: str) -> Any:
    """Return what a form brought as a solution, or nothing when it isn't of that shape."""
    if not solution or len(solution) > SOLUTION_CHARACTERS:
        return None
    try:
        sent = json.loads(base64.b64decode(solution, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
    whole = isinstance(sent, dict) and type(sent.get("number")) is int
    return sent if whole and all(type(sent.get(word)) is str and sent[word].isascii() for word in WORDS) else None


def _key() -> bytes:
    return hmac.digest(keys.of_sessions(), b"proof of work", "sha256")
