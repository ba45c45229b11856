"""A table of the register: uploaded, its columns named, checked, then taken by the worker."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import BooleanField

from consult import clock
from consult.accounts.permissions import Act
from consult.app_context import blobs, sandbox, settings
from consult.consultees import register_columns
from consult.consultees import register_import as imports
from consult.consultees.register_columns import Field
from consult.faces import jobs
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.column_forms import ColumnsForm, with_columns
from consult.faces.desk.upload_progress import progress_page
from consult.faces.jobs import uploads
from consult.faces.row_ids import row_id
from consult.files import tables
from consult.files.blobs import BlobError
from consult.files.tables import TableRefused
from consult.intake import staff_uploads
from consult.intake.models import ImportStage, Purpose, StaffUpload


class RegisterTableForm(FlaskForm):
    """A spreadsheet to import."""

    file = FileField("表格", validators=[FileRequired("请选择表格（.xlsx 或 .csv）。")])


@with_columns(Field)
class ReadingForm(ColumnsForm):
    """Which columns of a table hold which field, and how what is in doubt is read."""

    with_hidden = BooleanField("连同隐藏、筛选掉的行")
    mend = BooleanField("采用订正（代码中误写的字母、邮箱中误写的标点）")


@desk.post("/register/import")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_import() -> Response | tuple[str, int]:
    """Keep a table of the register and have it checked."""
    form = RegisterTableForm()
    if form.validate_on_submit():
        file = form.file.data
        made = staff_uploads.upload(
            current_actor(), Act.MANAGE_CONSULTEES, Purpose.REGISTER, file.filename, file.stream,
            limit=settings().request_bytes, at=clock.now(),
        )  # fmt: skip
        jobs.ask(uploads.NAME)
        return redirect(url_for(".register_import_one", identifier=made.id), 303)
    return render_template("desk/consultees/import.html", form=form, summary=None), 400


@desk.get("/register/import/<int:identifier>")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_import_one(identifier: int) -> str | Response:
    """Show how far a table of the register is, what its check says, or what became of its rows."""
    with refusals_to_flash() as tried:
        staff_upload = _table(identifier)
    if not tried.ok:
        return redirect(url_for(".register"), 303)
    return _one(staff_upload)


@desk.post("/register/import/<int:identifier>")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_import_take(identifier: int) -> Response:
    """Have a checked table taken into the register."""
    with refusals_to_flash() as tried:
        staff_upload = _table(identifier, seen=request.form.get("seen", ""))
        staff_uploads.take(current_actor(), Act.MANAGE_CONSULTEES, staff_upload, at=clock.now())
        jobs.ask(uploads.NAME)
    return redirect(url_for(".register_import_one", identifier=identifier) if tried.ok else url_for(".register"), 303)


@desk.post("/register/import/<int:identifier>/check")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_import_check(identifier: int) -> str | Response | tuple[str, int]:
    """Have a table checked under the columns that were chosen."""
    with refusals_to_flash() as known:
        staff_upload = _table(identifier)
    if not known.ok:
        return redirect(url_for(".register"), 303)
    form = _reading_form(staff_upload)
    if form.validate():
        with refusals_to(form) as tried:
            chosen = imports.Options(form.mapping(), form.with_hidden.data, form.mend.data)
            options = chosen.as_json()
            staff_uploads.read_again(current_actor(), Act.MANAGE_CONSULTEES, staff_upload, options, at=clock.now())
        if tried.ok:
            jobs.ask(uploads.NAME)
            return redirect(url_for(".register_import_one", identifier=identifier), 303)
    return _one(staff_upload, form), 400


def _one(staff_upload: StaffUpload, form: ReadingForm | None = None) -> str:
    stage = staff_upload.stage
    if stage in staff_uploads.AT_WORK:
        return progress_page(staff_upload, "导入名录", url_for(".register"))
    asks = stage in (ImportStage.CHECKED, ImportStage.REFUSED)
    columns = form or (_reading_form(staff_upload) if asks else None)
    if stage is ImportStage.REFUSED and not (columns and columns.columns):
        return progress_page(staff_upload, "导入名录", url_for(".register"))
    read = stage is not ImportStage.REFUSED
    return render_template(
        "desk/consultees/import.html",
        form=RegisterTableForm(formdata=None),
        columns=columns,
        hint=register_columns.hint,
        one=staff_upload,
        summary=imports.Summary.from_json(staff_uploads.result_of(staff_upload)) if read else None,
        outcomes=imports.RowOutcome,
    )


def _reading_form(staff_upload: StaffUpload) -> ReadingForm:
    """Return the form with a table's columns; without any where it can't be read."""
    options = imports.Options.from_json(staff_upload.options)
    try:
        path = blobs().path(staff_upload.digest)
        book = tables.read_beginnings(staff_upload.file_name, path, sandbox(), register_columns.names_a_field)
    except (TableRefused, BlobError):
        book = None
    names: list[str] = []
    chosen = options.columns
    if book is not None:
        names = list(dict.fromkeys(column for table in book.tables for column in table.columns))
        try:
            chosen = imports.open_sheets(book, options.columns).columns
        except TableRefused:
            chosen = options.columns
    form = ReadingForm(data={"with_hidden": options.with_hidden, "mend": options.mend})
    form.offer(names, chosen)
    return form


def _table(identifier: int, seen: str | None = None) -> StaffUpload:
    return staff_uploads.find(current_actor(), Purpose.REGISTER, row_id(identifier), at=clock.now(), seen=seen)
