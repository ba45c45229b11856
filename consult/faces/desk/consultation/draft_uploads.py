"""A draft file between its upload and its confirmation: read by the worker, named by the number of its upload."""

from __future__ import annotations

import io
from dataclasses import dataclass

from werkzeug.datastructures import FileStorage

from consult import clock
from consult.accounts.permissions import Act, Actor
from consult.drafting import draft_units
from consult.drafting.errors import DraftRefused
from consult.drafting.models import Consultation
from consult.drafting.versions import DraftSource
from consult.faces import jobs
from consult.faces.desk.upload_progress import confirmed
from consult.faces.jobs import uploads
from consult.faces.row_ids import row_id
from consult.files import drafts
from consult.intake import staff_uploads
from consult.intake.models import Purpose, StaffUpload


@dataclass(frozen=True)
class Upload:
    """An uploaded draft that was read: the upload, and its parse."""

    staff_upload: StaffUpload
    source: DraftSource

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.staff_upload.file_name

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return staff_uploads.file_of(self.staff_upload)

    @property
    def draft(self) -> draft_units.Draft:
        """The draft as it will be read on the page."""
        return draft_units.read(self.source.rows)


def take(file: FileStorage | None, actor: Actor, act: Act, consultation: Consultation | None = None) -> int:
    """Store an uploaded draft and have it read; return the number of its upload.

    Raises:
        DraftRefused, UnreadableFile: no file was chosen, or it is too large.
    """
    name = (file.filename if file is not None else "") or ""
    if file is None or not name:
        raise DraftRefused("请先选择文稿文件。", "file")
    drafts.refuse_size(name, file.stream.seek(0, io.SEEK_END))
    file.stream.seek(0)
    made = staff_uploads.upload(
        actor, act, Purpose.DRAFT, name, file.stream,
        limit=drafts.MAX_BYTES, at=clock.now(), consultation=consultation,
    )  # fmt: skip
    jobs.ask(uploads.NAME)
    return made.id


def find(number: str | None, actor: Actor, consultation: Consultation | None = None) -> StaffUpload:
    """Return an upload of the actor's by its number.

    Raises:
        UploadRefused: there is none, or it is too old.
    """
    identifier = row_id(number or "")
    return staff_uploads.find(actor, Purpose.DRAFT, identifier, at=clock.now(), consultation=consultation)


def find_confirmed(token: str | None, actor: Actor, consultation: Consultation | None = None) -> StaffUpload:
    """Return an upload of the actor's that was shown and confirmed.

    Raises:
        UploadRefused: there is none, it is too old, or something else was shown.
    """
    identifier, seen = confirmed(token)
    return staff_uploads.find(actor, Purpose.DRAFT, identifier, at=clock.now(), consultation=consultation, seen=seen)


def read(staff_upload: StaffUpload) -> Upload:
    """Return what was read in an upload.

    Raises:
        UploadRefused: it isn't read, or was refused.
    """
    return Upload(staff_upload, DraftSource.from_json(staff_uploads.result_of(staff_upload)))
