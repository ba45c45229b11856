"""What the comment form brings, read without building the form: fields are bound only where it is shown again.

Binding them takes longer than storing what they hold. Where a field isn't as the form takes it, the form itself is
asked, which says so at the field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from consult.faces.public.forms import ANCHOR_CHARACTERS, PIECES, TOKEN
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, QUOTE_CHARACTERS, Said
from consult.intake.models import SenderKind

_PIECE = re.compile(r"pieces-(\d{1,9})-", re.ASCII)
_KINDS = frozenset(kind.value for kind in SenderKind)
_UNCHECKED = BooleanField.false_values


@dataclass(frozen=True)
class Sent:
    """The fields of ``CommentForm`` that it would accept, but for the files."""

    token: str
    pieces: tuple[Said, ...]
    name: str
    contact: str
    sender_kind: SenderKind
    publish_name: bool
    keep_private: bool


def read(fields: MultiDict[str, str]) -> Sent | None:
    """Return what a form brought; None where ``CommentForm`` says of a field what is wrong with it."""
    kind = fields.get("sender_kind", SenderKind.PERSON)
    if kind not in _KINDS:
        return None
    sent = Sent(
        token=fields.get("token", ""),
        pieces=_pieces(fields),
        name=fields.get("name", ""),
        contact=fields.get("contact", ""),
        sender_kind=SenderKind(kind),
        publish_name=fields.get("publish_name", "") not in _UNCHECKED,
        keep_private=fields.get("keep_private", "") not in _UNCHECKED,
    )
    return sent if _is_within_limits(sent) else None


def _pieces(fields: MultiDict[str, str]) -> tuple[Said, ...]:
    """Return what is said of each place, in the order of their numbers in the form."""
    numbers = sorted({int(found[1]) for found in map(_PIECE.match, fields) if found})
    named = [f"pieces-{number}-" for number in numbers[:PIECES]]
    return tuple(
        Said(fields.get(f"{name}content", ""), fields.get(f"{name}anchor", ""), fields.get(f"{name}quote", ""))
        for name in named
    )


def _is_within_limits(sent: Sent) -> bool:
    return (
        TOKEN.match(sent.token) is not None
        and len(sent.name) <= NAME_CHARACTERS
        and len(sent.contact) <= CONTACT_CHARACTERS
        and all(len(one.anchor) <= ANCHOR_CHARACTERS and len(one.quote) <= QUOTE_CHARACTERS for one in sent.pieces)
    )
