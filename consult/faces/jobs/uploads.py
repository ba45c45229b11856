"""Files that staff uploaded and wait to see read: drafts, the register, sheets of decisions, instruments."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from consult.accounts.permissions import Actor
from consult.adoption import spreadsheet
from consult.app_context import blobs, sandbox
from consult.consultees import register_columns, register_import
from consult.drafting import instruments, versions
from consult.drafting.models import Consultation
from consult.faces.jobs import Job
from consult.files import tables
from consult.files.tables import Table
from consult.intake import staff_uploads
from consult.intake.models import ImportStage, Purpose, StaffUpload
from consult.intake.staff_uploads import Note, Reader
from consult.store import db

NAME = "uploads"


def read_draft(upload: StaffUpload, _actor: Actor, _note: Note) -> bytes:
    """Read and parse a draft."""
    return versions.read_in_sandbox(upload.file_name, blobs().path(upload.digest)).as_json()


def import_register(upload: StaffUpload, actor: Actor, note: Note) -> bytes:
    """Check a table of the register, or take it once that is confirmed."""
    path = blobs().path(upload.digest)
    book = tables.read_whole_book(upload.file_name, path, sandbox(), register_columns.names_a_field)
    chosen = register_import.Options.from_json(upload.options)
    sheets = register_import.open_sheets(book, chosen.columns, with_hidden=chosen.with_hidden)
    dry_run = upload.stage is ImportStage.CHECKING
    work = register_import.Import(sheets, actor, upload.asked_at, dry_run, mend=chosen.mend)
    return register_import.summarise(work, note).as_json()


def preview_decisions(upload: StaffUpload, actor: Actor, _note: Note) -> bytes:
    """Compare a filled-in sheet with the decisions there are."""
    consultation = db.session.get_one(Consultation, upload.consultation_id)
    book = tables.read_whole_book(upload.file_name, blobs().path(upload.digest), sandbox())
    return spreadsheet.preview_decisions(actor, consultation, book, digest=upload.digest).as_json()


def import_instruments(upload: StaffUpload, actor: Actor, _note: Note) -> bytes:
    """Import a table of instruments."""
    taken = instruments.import_register(actor, _table(upload), at=upload.asked_at)
    return json.dumps(asdict(taken), ensure_ascii=False).encode()


READERS: dict[Purpose, Reader] = {
    Purpose.DRAFT: read_draft,
    Purpose.REGISTER: import_register,
    Purpose.DECISIONS: preview_decisions,
    Purpose.INSTRUMENTS: import_instruments,
}


def _table(upload: StaffUpload) -> Table:
    return tables.read_all(upload.file_name, blobs().path(upload.digest), sandbox())


def carry_on(_at: datetime) -> int:
    """Process the files that wait."""
    return staff_uploads.carry_on(READERS)


JOBS = (Job(NAME, carry_on),)
