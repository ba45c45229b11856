"""Converts a row of a table to an arrival: fields, raw form, idempotency key, anchors and time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.clock import LOCAL, local
from consult.drafting.models import Consultation, ProvisionRow
from consult.files.tables import NamedCells, Tally
from consult.files.tables.cell_values import is_no_opinion
from consult.files.tables.import_sheets import ImportSheet, Line
from consult.files.tables.row_cells import RowCells, plain, shortened
from consult.intake.arrival import (
    CONTACT_CHARACTERS,
    NAME_CHARACTERS,
    SUBJECT_CHARACTERS,
    Arrival,
    ArrivalPart,
    clean,
)
from consult.intake.errors import NotARecord, SubmissionRefused, TimeUnknown
from consult.intake.import_columns import Field, base_of, heading_of, is_afterwards
from consult.intake.import_files import RowFiles
from consult.intake.models import Channel
from consult.store import db
from consult.text.anchors import WHOLE, article_of, from_words
from consult.text.compact_json import json_encoder
from consult.text.date_parsing import Moment, complete_datetime, parse_datetime, read_datetime

EXTERNAL_ID_CHARACTERS = 120
_CITED = re.compile(
    r"第[^第条]{1,8}条(?:之[一二三四五六七八九十\d]{1,3})?"
    r"(?:第[^第款]{1,4}款)?(?:第[^第项]{1,6}项)?(?:第[^第目]{1,6}目)?"
)
_written = json_encoder(sort_keys=False)
_BARE_NUMBER = re.compile(r"\d{1,4}")
_LIMITS = {
    Field.NAME: NAME_CHARACTERS,
    Field.CONTACT: CONTACT_CHARACTERS,
    Field.SUBJECT: SUBJECT_CHARACTERS,
    Field.EXTERNAL_ID: EXTERNAL_ID_CHARACTERS,
}
"""Longest text that is kept of a field beside the raw form, in characters."""
_NUMBERS = (Field.CONTACT, Field.EXTERNAL_ID, Field.NAME)
"""Fields in which a number of a spreadsheet program is a fault."""
_BETWEEN = {Field.CONTACT: "，", Field.EXTERNAL_ID: "-", Field.ANCHOR: "", Field.ATTACHMENT: "；"}
"""What stands between the words of a field's columns; a blank for the others."""


@dataclass(frozen=True)
class ReadRow:
    """A row as an arrival, what was unexpected about it, and the account of its cells."""

    arrival: Arrival
    remark: str
    cells: Tally


@dataclass(frozen=True)
class _Received:
    """When a row was received, None for the import, with a remark; ``fallback`` if nobody says when."""

    at: datetime | None
    remark: str = ""
    fallback: bool = False


class RowReader:
    """Reads the rows of a table for one consultation and channel, in order.

    Arguments:
        at: the time of the import, used for rows without a time.
        received_on: when rows without a readable time were received, as the staff say.
        files: the attachments that rows name.
    """

    def __init__(
        self,
        consultation: Consultation,
        channel: Channel,
        at: datetime,
        *,
        received_on: datetime | None = None,
        files: RowFiles | None = None,
    ) -> None:
        self._opens_at = consultation.opens_at or at
        self._closes_at = consultation.closes_at
        self._channel, self._at, self._received_on = channel, at, received_on
        self._files = files or RowFiles()
        self._key = f"import:{consultation.id}:{channel.value}:"
        query = select(ProvisionRow.anchor).where(ProvisionRow.version_id == consultation.public_version_id)
        self._anchors = set(db.session.scalars(query))
        self._heads: dict[str, str] = {}
        self._previous: dict[str, str] = {}
        self._sheet: ImportSheet[Field] | None = None

    def read(self, line: Line[Field]) -> ReadRow:
        """Return a row as an arrival.

        Raises:
            NotARecord, TimeUnknown: it can't be taken.
        """
        assert isinstance(line.cells, NamedCells)
        if line.sheet is not self._sheet:
            self._sheet, self._previous = line.sheet, {}
        cells = RowCells(line, self._previous, numbers=_NUMBERS, opinion=Field.CONTENT)
        self._previous = {column: text for column, text in cells.words.items() if text}
        columns = line.sheet.columns
        value = {field: self._joined(field, columns[field], cells) for field in columns}
        parts, remarks = self._parts(columns, cells)
        attachments, wrong = self._files.of_row(value.get(Field.ATTACHMENT, ""))
        if wrong:
            cells.name(columns[Field.ATTACHMENT][0], wrong)
        if not parts and not attachments:
            self._refuse_empty(columns[Field.CONTENT], cells)
        time = self._received(value.get(Field.RECEIVED_AT, ""))
        if time.fallback and value.get(Field.RECEIVED_AT):
            cells.name(columns[Field.RECEIVED_AT][0], time.remark)
        for field, most in _LIMITS.items():
            if len(value.get(field, "")) > most:
                cells.name(columns[field][0], f"超过 {most} 字，只登记前 {most} 字，全文见来件原件")
        external_id = clean(value.get(Field.EXTERNAL_ID, ""))
        meant = {**line.cells, **cells.resolved}
        arrival = Arrival(
            channel=self._channel,
            parts=parts,
            raw=_written(meant if line.cells.carried else dict(line.cells)).encode("utf-8", "surrogatepass"),
            raw_media_type="application/json",
            subject=value.get(Field.SUBJECT, ""),
            name=value.get(Field.NAME, ""),
            contact=value.get(Field.CONTACT, ""),
            attachments=attachments,
            external_id=external_id[:EXTERNAL_ID_CHARACTERS] or None,
            idempotency_key=self._key_of(meant, "" if self._is_shared(columns, cells) else external_id),
            received_at=time.at,
            time_unknown=time.fallback,
            trusted_length=True,
        )
        return ReadRow(arrival, "；".join(filter(None, (time.remark, wrong, *remarks))), cells.tally())

    @staticmethod
    def _refuse_empty(contents: Sequence[str], cells: RowCells[Field]) -> None:
        phrases = [cells.empty_words[column] for column in contents if column in cells.empty_words]
        if phrases:
            answer = "；征求意见对象的答复请在“征求意见对象”登记" if any(map(is_no_opinion, phrases)) else ""
            raise NotARecord(f"“{shortened(phrases[0])}”：没有意见内容，不登记为来件{answer}")
        if why := cells.why(contents):
            raise SubmissionRefused(f"内容是空的：{why}")

    @staticmethod
    def _is_shared(columns: Mapping[Field, Sequence[str]], cells: RowCells[Field]) -> bool:
        """Whether the number of a row is that of rows above: merged, or ditto."""
        return any(column in cells.resolved for column in columns.get(Field.EXTERNAL_ID, ()))

    def _joined(self, field: Field, columns: Sequence[str], cells: RowCells[Field]) -> str:
        if len(columns) == 1:
            return cells.words[columns[0]]
        words = dict.fromkeys(filter(None, (cells.words[column] for column in columns)))
        return _BETWEEN.get(field, " ").join(words)

    def _key_of(self, cells: Mapping[str, str], external_id: str) -> str:
        """Return the identity of a row: the other system's number, else its whole content.

        Rows with the same text but a different serial number, name or time are different. Columns about the handling
        are left out, because they are filled in later.
        """
        if external_id:
            short = external_id if len(external_id) <= EXTERNAL_ID_CHARACTERS - 30 else _sha(external_id)
            return f"{self._key}id:{short}"
        pairs = [f"{column}={_normal(text)}" for column, text in cells.items() if text and not is_afterwards(column)]
        return f"{self._key}row:{_sha(chr(0).join(sorted(pairs)))}"

    def _received(self, words: str) -> _Received:
        """Return when the row counts as received.

        A row is late because its file says so, or its time is the platform's own; never because nobody knows its time.

        Raises:
            TimeUnknown: the period is over, and the file says something that can't be read.
        """
        if self._channel.label.by_its_own_clock:
            return _Received(None)
        moment, remark = self._moment(words)
        wrong, doubtful = "没有收到时间", False
        if moment is not None:
            at = moment.at
            if moment.whole_day and local(self._opens_at).date() == local(at).date():
                at = max(at, self._opens_at)
            if self._opens_at <= at <= self._at:
                return _Received(at, remark)
            doubtful = at > self._at
            wrong = f"时间“{words[:30]}”在将来" if doubtful else "来件时间早于公布日期"
        elif words:
            wrong, doubtful = f"时间“{words[:30]}”无法识别", True
        if self._received_on is not None:
            return _Received(self._received_on, f"{wrong}，按指定的收到日期登记")
        over = self._closes_at is not None and self._at >= self._closes_at
        if over and doubtful:
            raise TimeUnknown(f"{wrong}，征求意见已经结束，不能确定是否逾期：请改正时间，或者指定收到日期")
        if not words and not over:
            return _Received(None, fallback=True)
        return _Received(None, f"{wrong}，按导入时间登记{'，不作逾期处理，请核对' if over else ''}", fallback=True)

    def _moment(self, words: str) -> tuple[Moment | None, str]:
        """Return the time that a cell says, with a remark if it says it in part."""
        moment = read_datetime(words, LOCAL) if words else None
        if moment is not None or not words:
            return moment, ""
        moment = complete_datetime(words, LOCAL, local(self._opens_at).date(), self._last_day())
        if moment is None:
            return None, ""
        day = f"{moment.at.year}年{moment.at.month}月{moment.at.day}日"
        return moment, f"“{words[:30]}”按征求意见期间补全为{day}"

    def _last_day(self) -> date:
        ends = self._at if self._closes_at is None else min(self._at, self._closes_at - timedelta(seconds=1))
        return local(ends).date()

    def _parts(
        self, columns: Mapping[Field, Sequence[str]], cells: RowCells[Field]
    ) -> tuple[tuple[ArrivalPart, ...], list[str]]:
        """Return what a row says: a part for each provision, and one for the rest with a heading for each column."""
        contents = columns[Field.CONTENT]
        titled = len({base_of(column) for column in contents}) > 1
        parts: list[ArrivalPart] = []
        general: dict[str, list[str]] = {}
        remarks: list[str] = []
        for column in contents:
            text = self._with_reasons(column, columns, cells)
            if not text:
                continue
            anchor = self._head_anchor(column) if titled else ""
            if anchor:
                parts.append(ArrivalPart(text, anchor))
                continue
            anchor = self._row_anchor(column, columns, cells, remarks)
            general.setdefault(anchor, []).append(f"【{heading_of(column)}】\n{text}" if titled else text)
        for anchor, texts in general.items():
            parts.append(ArrivalPart("\n\n".join(texts), anchor))
        return tuple(parts), list(dict.fromkeys(remarks))

    def _with_reasons(self, column: str, columns: Mapping[Field, Sequence[str]], cells: RowCells[Field]) -> str:
        """Return an opinion with its reasons: those of the columns between it and the next opinion."""
        contents, order = columns[Field.CONTENT], cells.order
        text = cells.words[column]
        belonging = [reason for reason in columns.get(Field.REASON, ()) if _owner(reason, contents, order) == column]
        reasons = [cells.words[reason] for reason in belonging if cells.words[reason]]
        return "\n".join(filter(None, (text, *(f"理由：{reason}" for reason in reasons))))

    def _head_anchor(self, column: str) -> str:
        """Return the provision of the draft that a column's name cites."""
        if column not in self._heads:
            anchor = _anchor_in(heading_of(column), bare=False)
            places = [place for place in (anchor, article_of(anchor) if anchor else "") if place in self._anchors]
            self._heads[column] = places[0] if places else ""
        return self._heads[column]

    def _row_anchor(
        self, content: str, columns: Mapping[Field, Sequence[str]], cells: RowCells[Field], remarks: list[str]
    ) -> str:
        anchors = columns.get(Field.ANCHOR, ())
        if len(anchors) > 1 and len(columns[Field.CONTENT]) > 1:
            order = cells.order
            before = [column for column in anchors if order.index(column) < order.index(content)]
            anchors = before[-1:] or anchors[:1]
        words = "".join(cells.words[column] for column in anchors)
        anchor, remark = self._place(words)
        if remark and remark not in remarks:
            remarks.append(remark)
            cells.name(anchors[0], remark)
        return anchor

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


def _owner(reason: str, contents: Sequence[str], order: Sequence[str]) -> str:
    """Return the opinion's column that a reason's column belongs to: the nearest before it, else the first."""
    before = [column for column in contents if order.index(column) < order.index(reason)]
    return before[-1] if before else contents[0]


def _anchor_in(words: str, *, bare: bool = True) -> str:
    """Return the anchor of the first provision cited in a text; empty if there is none.

    Arguments:
        bare: whether a number alone is an article.
    """
    for candidate in _candidates(words, bare=bare):
        try:
            return from_words(candidate)
        except ValueError:
            continue
    return ""


def _candidates(words: str, *, bare: bool) -> Iterator[str]:
    if bare:
        yield words
    if cited := _CITED.search(words):
        yield cited[0]
    if bare and (number := _BARE_NUMBER.fullmatch(words.removesuffix("条"))):
        yield f"第{number[0]}条"


def _normal(text: str) -> str:
    """Normalise a cell for comparison: times in one form, independent of the file's format."""
    text = clean(plain(text))
    moment = parse_datetime(text, LOCAL) if len(text) <= 40 and any(map(str.isdigit, text)) else None
    return moment.at.isoformat() if moment is not None else text


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
