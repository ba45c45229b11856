"""The input of ``receive``, and its normal form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from consult.files.attachments import CheckedAttachment
from consult.intake.models import Channel, Doubt, SenderKind

NAME_CHARACTERS = 200
CONTACT_CHARACTERS = 300
SUBJECT_CHARACTERS = 500
QUOTE_CHARACTERS = 500
PARTS = 200

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANKS = re.compile(r"\n{4,}")


@dataclass(frozen=True)
class ArrivalPart:
    """A text on one provision (``anchor``) or on the whole draft (empty anchor)."""

    content: str
    anchor: str = ""
    quote: str = ""


@dataclass(frozen=True)
class ArrivalAnswer:
    """A text in answer to the question with this number, of the consultation that it is sent to."""

    number: int
    content: str


@dataclass(frozen=True)
class Arrival:
    """An incoming submission as a face received it.

    ``raw`` is the raw form, byte for byte; ``received_at`` is when it reached the department (aware), by default
    the time of storing; ``idempotency_key`` identifies repeated requests; ``trusted_length`` lifts the limits for
    channels that can't return it to the sender (mail, letters, imports); ``doubt`` is why a moderator should screen it
    singly; ``time_unknown`` says that nobody knows when it was received, so that it isn't late; ``found_clean`` has the
    SHA-256 of attachments that were scanned and are clean.
    """

    channel: Channel
    parts: tuple[ArrivalPart, ...]
    raw: bytes
    raw_media_type: str
    subject: str = ""
    name: str = ""
    contact: str = ""
    publish_name: bool = False
    keep_private: bool = False
    sender_kind: SenderKind = SenderKind.PERSON
    answers: tuple[ArrivalAnswer, ...] = ()
    attachments: tuple[CheckedAttachment, ...] = field(default=())
    found_clean: frozenset[str] = frozenset()
    external_id: str | None = None
    idempotency_key: str | None = None
    received_at: datetime | None = None
    time_unknown: bool = False
    trusted_length: bool = False
    doubt: Doubt = Doubt.NONE


def clean(text: str) -> str:
    """Normalise text for storing: no control characters, one kind of line end, no outer blanks."""
    if text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BLANKS.sub("\n\n\n", _CONTROL.sub("", text)).strip()
