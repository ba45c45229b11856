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
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, QUOTE_CHARACTERS, ArrivalAnswer, ArrivalPart
from consult.intake.models import SENDERS_FROM_OUTSIDE, SenderKind
from consult.subscriptions.service import address_in

_PIECE = re.compile(r"pieces-(\d{1,9})-", re.ASCII)
ANSWER = "answer-"
"""Beginning of the names of fields for answers; the number of the question follows."""
_ANSWER = re.compile(r"answer-(\d{1,6})", re.ASCII)
_KINDS = frozenset(kind.value for kind in SENDERS_FROM_OUTSIDE)
_UNCHECKED = BooleanField.false_values


@dataclass(frozen=True)
class Sent:
    """The fields of ``CommentForm`` that it would accept, but for the files."""

    token: str
    pieces: tuple[ArrivalPart, ...]
    name: str
    contact: str
    sender_kind: SenderKind
    publish_name: bool
    keep_private: bool
    mail_to: str = ""
    """Where the receipt goes by mail; empty where the sender doesn't want it."""
    answers: tuple[ArrivalAnswer, ...] = ()


def read(fields: MultiDict[str, str]) -> Sent | None:
    """Return the data of a form; None where a field of ``CommentForm`` has an error."""
    kind = fields.get("sender_kind", SenderKind.PERSON)
    if kind not in _KINDS:
        return None
    by_mail = fields.get("by_mail", "") not in _UNCHECKED
    sent = Sent(
        token=fields.get("token", ""),
        pieces=_pieces(fields),
        answers=answers(fields),
        name=fields.get("name", ""),
        contact=fields.get("contact", ""),
        sender_kind=SenderKind(kind),
        publish_name=fields.get("publish_name", "") not in _UNCHECKED,
        keep_private=fields.get("keep_private", "") not in _UNCHECKED,
        mail_to=address_in(fields.get("contact", "")) if by_mail else "",
    )
    if by_mail and not sent.mail_to:
        return None
    return sent if _is_within_limits(sent) else None


def answers(fields: MultiDict[str, str]) -> tuple[ArrivalAnswer, ...]:
    """Return the text in answer to each question, by the number in the field's name; also for the forms of the desk."""
    matches = ((_ANSWER.fullmatch(name), words) for name, words in fields.items() if name.startswith(ANSWER))
    return tuple(ArrivalAnswer(int(matched[1]), words.replace("\r\n", "\n")) for matched, words in matches if matched)


def _pieces(fields: MultiDict[str, str]) -> tuple[ArrivalPart, ...]:
    """Return what is said of each place, in the order of their numbers in the form."""
    numbers = sorted({int(match[1]) for match in map(_PIECE.match, fields) if match})
    named = [f"pieces-{number}-" for number in numbers[:PIECES]]
    return tuple(
        ArrivalPart(fields.get(f"{name}content", ""), fields.get(f"{name}anchor", ""), fields.get(f"{name}quote", ""))
        for name in named
    )


def _is_within_limits(sent: Sent) -> bool:
    return (
        TOKEN.match(sent.token) is not None
        and len(sent.name) <= NAME_CHARACTERS
        and len(sent.contact) <= CONTACT_CHARACTERS
        and all(
            len(piece.anchor) <= ANCHOR_CHARACTERS and len(piece.quote) <= QUOTE_CHARACTERS for piece in sent.pieces
        )
    )
