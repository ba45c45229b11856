"""Converts a row of a table to an arrival: fields, raw form, idempotency key, anchor and time."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from sqlalchemy import select

from consult.clock import LOCAL, local
from consult.drafting.models import Consultation, ProvisionRow
from consult.intake.arrival import Arrival, ArrivalPart, clean
from consult.intake.import_columns import Columns, Field, is_afterwards
from consult.intake.models import Channel
from consult.store import db
from consult.text.anchors import WHOLE, article_of, from_words
from consult.text.compact_json import json_encoder
from consult.text.date_parsing import parse_datetime

EXTERNAL_ID_CHARACTERS = 120
_CITED = re.compile(
    r"第[^第条]{1,8}条(?:之[一二三四五六七八九十\d]{1,3})?"
    r"(?:第[^第款]{1,4}款)?(?:第[^第项]{1,6}项)?(?:第[^第目]{1,6}目)?"
)
_LEAKED = re.compile(r"_x000[dD]_\r?\n?")
_written = json_encoder(sort_keys=False)
_BARE_NUMBER = re.compile(r"\d{1,4}")


class RowReader:
    """Reads the rows of one table for one consultation and channel.

    ``at`` is the time of the import, used for rows without a time.
    """

    def __init__(self, consultation: Consultation, channel: Channel, columns: Columns, at: datetime) -> None:
        self._opens_at = consultation.opens_at or at
        self._channel = channel
        self._columns = columns
        self._at = at
        self._key = f"import:{consultation.id}:{channel.value}:"
        query = select(ProvisionRow.anchor).where(ProvisionRow.version_id == consultation.public_version_id)
        self._anchors = set(db.session.scalars(query)) if Field.ANCHOR in columns else set()

    def read(self, cells: dict[str, str]) -> tuple[Arrival, str]:
        """Return the row as an arrival, and a remark about anything unexpected."""
        value = {field: _plain(cells.get(column, "")) for field, column in self._columns.items()}
        received_at, late_words = self._received(value.get(Field.RECEIVED_AT, ""))
        anchor, place_words = self._place(value.get(Field.ANCHOR, ""))
        external_id = clean(value.get(Field.EXTERNAL_ID, ""))
        arrival = Arrival(
            channel=self._channel,
            parts=(ArrivalPart(value[Field.CONTENT], anchor),),
            raw=_written(cells).encode("utf-8", "surrogatepass"),
            raw_media_type="application/json",
            subject=value.get(Field.SUBJECT, ""),
            name=value.get(Field.NAME, ""),
            contact=value.get(Field.CONTACT, ""),
            external_id=external_id[:EXTERNAL_ID_CHARACTERS] or None,
            idempotency_key=self._key_of(cells, external_id),
            received_at=received_at,
            trusted_length=True,
        )
        return arrival, "；".join(filter(None, (late_words, place_words)))

    def _key_of(self, cells: dict[str, str], external_id: str) -> str:
        """Return the identity of a row: the other system's number, else its whole content.

        Rows with the same text but a different serial number, name or time are different. Columns about the handling
        are left out, because they are filled in later.
        """
        if external_id:
            short = external_id if len(external_id) <= EXTERNAL_ID_CHARACTERS - 30 else _sha(external_id)
            return f"{self._key}id:{short}"
        pairs = [f"{column}={_normal(text)}" for column, text in cells.items() if text and not is_afterwards(column)]
        return f"{self._key}row:{_sha(chr(0).join(sorted(pairs)))}"

    def _received(self, words: str) -> tuple[datetime | None, str]:
        """Return when the row counts as received (None: at the import), with a remark if the file says otherwise."""
        if not words or self._channel.label.by_its_own_clock:
            return None, ""
        moment = parse_datetime(words, LOCAL)
        if moment is None:
            return None, f"时间“{words[:30]}”无法识别，按导入时间计"
        at = moment.at
        if moment.whole_day and local(self._opens_at).date() == local(at).date():
            at = max(at, self._opens_at)
        if at > self._at:
            return None, f"时间“{words[:30]}”在将来，按导入时间计"
        if at < self._opens_at:
            return None, "来件时间早于公布日期，按导入时间登记"
        return at, ""

    def _place(self, words: str) -> tuple[str, str]:
        """Return the anchor that a cell refers to, and a remark if the draft has no such provision."""
        words = clean(words)
        if not words:
            return "", ""
        anchor = words if words in self._anchors else _anchor_in(words)
        for place in (anchor, article_of(anchor)):
            if place in self._anchors:
                return place, ""
        if anchor == WHOLE:
            return "", ""
        return "", f"草案里没有“{words[:30]}”，按对整个草案的意见收下"


def _anchor_in(words: str) -> str:
    """Return the anchor of the first provision cited in a text; empty if there is none."""
    cited = _CITED.search(words)
    number = _BARE_NUMBER.fullmatch(words.removesuffix("条"))
    for candidate in (words, cited[0] if cited else "", f"第{number[0]}条" if number else ""):
        try:
            return from_words(candidate)
        except ValueError:
            continue
    return ""


def _plain(text: str) -> str:
    """Remove escaped line ends (``_x000D_``) that a spreadsheet program left in a CSV file."""
    return (_LEAKED.sub("\n", text) if "_x000" in text else text).strip()


def _normal(text: str) -> str:
    """Normalise a cell for comparison: times in one form, independent of the file's format."""
    text = clean(_plain(text))
    moment = parse_datetime(text, LOCAL) if len(text) <= 40 and any(map(str.isdigit, text)) else None
    return moment.at.isoformat() if moment is not None else text


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
