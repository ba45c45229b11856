"""One row of a table becomes an arrival: its fields, its raw form, its key, the place and the time it speaks of."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from sqlalchemy import select

from consult.clock import LOCAL, local
from consult.drafting.models import Consultation, ProvisionRow
from consult.intake.arrival import Arrival, Said, clean
from consult.intake.columns import Columns, Field, is_afterwards
from consult.intake.models import Channel
from consult.store import db
from consult.text.anchors import WHOLE, article_of, from_words
from consult.text.compact_json import writer
from consult.text.moments import read_moment

EXTERNAL_ID_CHARACTERS = 120
OWN_CLOCK = frozenset({Channel.WEB, Channel.PORTAL})
"""Channels whose time this platform's own clock knows; a file doesn't tell it otherwise."""
_CITED = re.compile(
    r"第[^第条]{1,8}条(?:之[一二三四五六七八九十\d]{1,3})?"
    r"(?:第[^第款]{1,4}款)?(?:第[^第项]{1,6}项)?(?:第[^第目]{1,6}目)?"
)
_LEAKED = re.compile(r"_x000[dD]_\r?\n?")
_written = writer(sort_keys=False)
_BARE_NUMBER = re.compile(r"\d{1,4}")


class RowReader:
    """Reads the rows of one table for one consultation and channel.

    ``at`` is the moment of the import, which counts for what has no better one.
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
        """Return the row as an arrival, and a remark on what its writer might not expect."""
        value = {field: _plain(cells.get(column, "")) for field, column in self._columns.items()}
        received_at, late_words = self._received(value.get(Field.RECEIVED_AT, ""))
        anchor, place_words = self._place(value.get(Field.ANCHOR, ""))
        external_id = clean(value.get(Field.EXTERNAL_ID, ""))
        arrival = Arrival(
            channel=self._channel,
            parts=(Said(value[Field.CONTENT], anchor),),
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
        """Return what makes a row the same row: the other system's number, else all that the row says.

        A serial number, a name or a time that differs makes two rows of the same words two. What the other system
        says of its answer is left out, since it comes later.
        """
        if external_id:
            short = external_id if len(external_id) <= EXTERNAL_ID_CHARACTERS - 30 else _sha(external_id)
            return f"{self._key}id:{short}"
        said = [f"{column}={_normal(text)}" for column, text in cells.items() if text and not is_afterwards(column)]
        return f"{self._key}row:{_sha(chr(0).join(sorted(said)))}"

    def _received(self, words: str) -> tuple[datetime | None, str]:
        """Return when the row counts as received (None: at the import), with a remark where the file says otherwise."""
        if not words or self._channel in OWN_CLOCK:
            return None, ""
        said = read_moment(words, LOCAL)
        if said is None:
            return None, f"时间“{words[:30]}”看不懂，按导入时间计"
        at = said.at
        if said.whole_day and local(self._opens_at).date() == local(at).date():
            at = max(at, self._opens_at)
        if at > self._at:
            return None, f"时间“{words[:30]}”在将来，按导入时间计"
        if at < self._opens_at:
            return None, "写于公布之前，按导入时间计"
        return at, ""

    def _place(self, words: str) -> tuple[str, str]:
        """Return the anchor that a cell names, and a remark where the draft has no such place."""
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
    """Return the anchor of the first provision that words name; empty where they name none."""
    cited = _CITED.search(words)
    number = _BARE_NUMBER.fullmatch(words.removesuffix("条"))
    for candidate in (words, cited[0] if cited else "", f"第{number[0]}条" if number else ""):
        try:
            return from_words(candidate)
        except ValueError:
            continue
    return ""


def _plain(text: str) -> str:
    """Return a cell without the line ends that a spreadsheet program left escaped in a CSV file (``_x000D_``)."""
    return (_LEAKED.sub("\n", text) if "_x000" in text else text).strip()


def _normal(text: str) -> str:
    """Return a cell as it is compared: a time in one form, whatever the file's format makes of it."""
    text = clean(_plain(text))
    moment = read_moment(text, LOCAL) if len(text) <= 40 and any(map(str.isdigit, text)) else None
    return moment.at.isoformat() if moment is not None else text


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
