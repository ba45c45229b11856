"""The page of a file that staff uploaded while the worker reads it, or says why it can't be used."""

from __future__ import annotations

from flask import render_template

from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import current_actor
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.intake.models import ImportStage, StaffUpload
from consult.intake.staff_uploads import AT_WORK

READ = (ImportStage.CHECKED, ImportStage.TAKEN)


def confirmed(token: str | None) -> tuple[int, str]:
    """Return the number of an upload and the digests of what was shown, as ``StaffUpload.confirmation`` has them."""
    number, _, seen = (token or "").partition("-")
    return row_id(number), seen


def progress_page(staff_upload: StaffUpload, title: str, again: str, consultation: Consultation | None = None) -> str:
    """Show how far reading an upload is, or why it failed; ``again`` is the address where another is uploaded."""
    return render_template(
        "desk/upload_progress.html",
        **({"desk_nav": inside(current_actor(), consultation)} if consultation is not None else {}),
        one=staff_upload,
        at_work=staff_upload.stage in AT_WORK,
        title=title,
        again=again,
    )
