"""The blueprint of the public pages, and what each of them needs: one consultation by its address, or 404."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort

from consult.drafting import queries
from consult.drafting.models import Consultation

blueprint = Blueprint("public", __name__)


def public_consultation(slug: str, at: datetime) -> Consultation:
    """Return a consultation that everybody may see at ``at``; 404 for any other."""
    consultation = queries.released(slug)
    if consultation is None or not consultation.is_public(at):
        abort(404)
    return consultation
