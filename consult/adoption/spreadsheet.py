"""Exports opinions and groups with their decisions to a spreadsheet, and imports what was filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from consult.accounts.permissions import Act, Actor, require
from consult.adoption import sheet_entries
from consult.adoption.errors import DecisionRefused
from consult.adoption.service import propose_many, review_many
from consult.adoption.sheet_export import (
    BASE,
    EXPORTED,
    GROUP,
    MAIN,
    MAIN_COLUMNS,
    MEMBER_COLUMNS,
    MEMBERS,
    NAMES,
    NOTES,
    NUMBER,
    OUTCOME,
    REASON,
    Export,
)  # fmt: skip
from consult.adoption.sheet_rows import EARLIER, CellChange, ImportResult, Reader, RowRefused, Source
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.tables import BadRow, Book, Remark, Table
from consult.store import transaction
from consult.store.locking import lock_row

CHUNK = 200
"""Rows imported in one transaction."""
REQUIRED = (NUMBER, OUTCOME, REASON)
__all__ = [
    "BASE",
    "NAMES",
    "NUMBER",
    "OUTCOME",
    "REASON",
    "CellChange",
    "ImportResult",
    "Preview",
    "RowRefused",
    "export_decisions",
    "import_decisions",
]


@dataclass(frozen=True)
class Preview:
    """What an import would do, and the rows that would be taken; it can be stored and confirmed.

    ``digest`` is that of the file's bytes.
    """

    file_name: str
    digest: str
    result: ImportResult
    rows: Sequence[tuple[Source, int, dict[str, str]]]

    def as_json(self) -> bytes:
        """Return it as bytes."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Preview:
        """Return what ``as_json`` was given."""
        facts = json.loads(data)
        result = facts["result"]
        lists: dict[str, Any] = {
            "applied": [CellChange(**change) for change in result["applied"]],
            "refused": [RowRefused(**row) for row in result["refused"]],
            "conflicts": [RowRefused(**row) for row in result["conflicts"]],
            "remarks": [Remark(**remark) for remark in result["remarks"]],
        }
        rows = [(Source(**source), row, cells) for source, row, cells in facts["rows"]]
        return cls(facts["file_name"], facts["digest"], ImportResult(**(result | lists)), rows)


class PreviewChanged(DecisionRefused):
    """Something was decided or grouped between preview and confirmation: nothing was imported.

    ``preview`` is what the import would do now.
    """

    def __init__(self, preview: Preview) -> None:
        super().__init__("预览后有变化，未导入任何一行。请核对下面的新预览，再次确认。")
        self.preview = preview


def export_decisions(actor: Actor, consultation: Consultation, path: Path) -> int:
    """Write the groups and opinions of a consultation with their decisions to an XLSX file; return how many opinions.

    A group is a row, and so is an opinion in no group; the members of groups are on a sheet of their own, each
    with the decision of its own, if it has one. Text that begins like a formula is stored as text.
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    return write(consultation, path)


def write(consultation: Consultation, path: Path) -> int:
    """Write the sheet for whoever may have it; return how many opinions are in it."""
    export = Export(consultation)
    tables.write_xlsx(path, export.sheets())
    return export.written


def import_decisions(
    actor: Actor,
    consultation: Consultation,
    book: Book | Table,
    *,
    at: datetime,
    reviewer: Actor | None = None,
    digest: str = "",
) -> ImportResult:
    """Import the decisions of a spreadsheet: each changed row is proposed, and confirmed by ``reviewer`` if given.

    A row whose opinion or group was decided by somebody else since the export is a conflict: it is refused.

    Arguments:
        book: a table with at least the columns 编号, 采纳情况 and 理由, and one of members, if there is one.
        digest: the digest of the file's bytes, for the record.

    Raises:
        TableRefused: the file isn't such a table.
    """
    require(actor, Act.DECIDE, consultation)
    if reviewer is not None:
        require(reviewer, Act.REVIEW_DECISION, consultation)
    sheets = _Sheets.of(book)
    importing = _Import(Reader(actor, consultation), at, reviewer)
    for source, table in sheets.read:
        rows = iter(table)
        while chunk := [(source, *row) for row in islice(rows, CHUNK)]:
            importing.take(chunk)
    result = sheets.finish(importing)
    with transaction():
        sheet_entries.record_import(actor, consultation, book.name, digest, result, importing.decisions, at=at)
    return result


def preview_decisions(actor: Actor, consultation: Consultation, book: Book, *, digest: str) -> Preview:
    """Return what ``import_decisions`` would do now; nothing is changed.

    Arguments:
        digest: the digest of the file's bytes.
    """
    require(actor, Act.DECIDE, consultation)
    sheets = _Sheets.of(book)
    importing = _Import(Reader(actor, consultation))
    for source, table in sheets.read:
        rows = iter(table)
        while chunk := [(source, *row) for row in islice(rows, CHUNK)]:
            importing.look(chunk)
    return Preview(book.name, digest, sheets.finish(importing), importing.wanted)


def confirm_preview(actor: Actor, consultation: Consultation, preview: Preview, *, at: datetime) -> ImportResult:
    """Import exactly what a preview showed, all of it or nothing.

    Raises:
        PreviewChanged: it would be something else now.
    """
    require(actor, Act.DECIDE, consultation)
    try:
        with transaction():
            importing = _Import(Reader(actor, consultation), at)
            for start in range(0, len(preview.rows), CHUNK):
                importing.take(preview.rows[start : start + CHUNK])
            result = importing.result
            if result.applied != preview.result.applied or result.refused:
                raise _Differs
            done = replace(preview.result, applied=result.applied, taken=result.taken)
            decisions = importing.decisions
            sheet_entries.record_import(actor, consultation, preview.file_name, preview.digest, done, decisions, at=at)
    except _Differs:  # all is as before the transaction
        raise PreviewChanged(_again(actor, consultation, preview)) from None
    return done


class _Differs(Exception):
    """An import does something else than its preview showed."""


def _again(actor: Actor, consultation: Consultation, preview: Preview) -> Preview:
    """Return what became of a preview: rows that can't be taken any more are refused."""
    importing = _Import(Reader(actor, consultation))
    importing.look(preview.rows)
    now, before = importing.result, preview.result
    result = replace(
        before,
        applied=now.applied,
        taken=now.taken,
        unchanged=before.unchanged + now.unchanged,
        refused=[*before.refused, *now.refused],
        conflicts=[*before.conflicts, *now.conflicts],
    )
    return replace(preview, result=result, rows=importing.wanted)


Rows = Sequence[tuple[Source, int, dict[str, str] | BadRow]]


class _Import:
    """One import: rows are read against what is in force, and proposed a chunk at a time."""

    def __init__(self, reader: Reader, at: datetime | None = None, reviewer: Actor | None = None) -> None:
        self.reader, self.at, self.reviewer = reader, at, reviewer
        self.result = ImportResult()
        self.wanted: list[tuple[Source, int, dict[str, str]]] = []
        """The rows that propose something."""
        self.decisions: list[int] = []
        """What was proposed, by id."""

    def take(self, chunk: Rows) -> None:
        """Propose the decisions of some rows in one transaction; a row that is refused holds no other back."""
        assert self.at is not None
        with transaction():
            lock_row(self.reader.consultation)  # a row's version is compared with the current decision
            proposals = self.reader.read(chunk, self.result, self.wanted)
            decisions = propose_many(self.reader.actor, proposals, at=self.at) if proposals else []
            self.result.taken += len(decisions)
            self.decisions += [decision.id for decision in decisions]
            if self.reviewer is not None:
                self.result.reviewed += review_many(self.reviewer, decisions, at=self.at)

    def look(self, chunk: Rows) -> None:
        """Read some rows without proposing anything."""
        self.result.taken += len(self.reader.read(chunk, self.result, self.wanted))


@dataclass
class _Sheets:
    """The sheets of a book that hold decisions, and what is to be said of the others."""

    book: Book
    read: list[tuple[Source, Table]]
    remarks: list[Remark]
    exported: int | None
    """How many rows went out, where the sheet of notes says it."""

    @classmethod
    def of(cls, book: Book | Table) -> _Sheets:
        """Find the sheets by their columns, by their titles where several have them."""
        if isinstance(book, Table):
            book = Book(book.name, [book])
        fitting = [table for table in book.tables if set(REQUIRED) <= set(table.columns)]
        if not fitting:
            book.tables[0].require(REQUIRED)
        members = _chosen([table for table in fitting if GROUP in table.columns], MEMBERS)
        main = _chosen([table for table in fitting if GROUP not in table.columns], MAIN)
        notes = _chosen([table for table in book.tables if table not in fitting], NOTES, only=True)
        read = [
            (Source(table.sheet, member), table)
            for table, member in ((main, False), (members, True))
            if table is not None
        ]
        left = [table for table in book.tables if table not in (main, members, notes)]
        remarks = [Remark(table.sheet, "这张工作表未导入") for table in left]
        for source, table in read:
            known = {column.name for column in (MEMBER_COLUMNS if source.members else MAIN_COLUMNS)} | {*EARLIER}
            more = [name for name in table.columns if name not in known]
            remarks += [Remark(table.sheet, f"不认识的列未导入：{'、'.join(more)}")] if more else []
        return cls(book, read, remarks, _exported_rows(notes) if notes is not None else None)

    def finish(self, importing: _Import) -> ImportResult:
        """Return the result with what is to be said of the file, whose rows were read."""
        result = importing.result
        result.remarks = [*self.remarks, *self.book.remarks(), *importing.reader.remarks()]
        if self.exported is not None:
            result.missing = max(0, self.exported - len(importing.reader.row_of))
        return result


def _chosen(fitting: Sequence[Table], title: str, *, only: bool = False) -> Table | None:
    named = next((table for table in fitting if table.sheet == title), None)
    return named if named is not None or only else next(iter(fitting), None)


def _exported_rows(notes: Table) -> int | None:
    def cells() -> Iterator[Mapping[str, str]]:
        return (row for _, row in notes.preview() if not isinstance(row, BadRow))

    if {"项目", "内容"} - set(notes.columns):
        return None
    written = next((row["内容"] for row in cells() if row["项目"] == EXPORTED), "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None
