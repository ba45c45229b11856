"""Tables of a hotline, a message board or new media: uploaded, columns named, checked, then taken by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask import abort, flash, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.models import User
from consult.accounts.permissions import Act
from consult.app_context import blobs
from consult.clock import LOCAL, local
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.desk.submissions.table_forms import TableForm, UploadForm
from consult.faces.jobs import imports
from consult.faces.uploads import LARGEST_BODY, takes_scans
from consult.files.blobs import BlobError
from consult.files.tables import BadRow, Book, TableRefused
from consult.intake import import_columns, uploaded_tables
from consult.intake.import_columns import Field
from consult.intake.models import Channel, TableImport
from consult.intake.spreadsheet_import import RowOutcome
from consult.store import db

PREVIEW_ROWS = 5
DONE_WORDS = {"take": "已开始导入，可以离开这一页。", "give-up": "已放弃，不再导入。"}


@desk.get("/consultations/<slug>/tables")
def enter_tables(slug: str) -> str:
    """Show the tables of a consultation, and the form for another."""
    return _list(_consultation(slug), UploadForm(formdata=None))


@desk.post("/consultations/<slug>/tables")
@takes_scans
def enter_tables_upload(slug: str) -> Response | tuple[str, int]:
    """Keep a table and have it checked."""
    consultation, form = _consultation(slug), UploadForm()
    if form.validate():
        file = form.file.data
        with refusals_to(form) as tried:
            upload = uploaded_tables.upload(
                current_actor(), consultation, Channel(form.channel.data), file.filename or "表格", file.stream,
                limit=LARGEST_BODY, at=clock.now(), files=form.files.data.stream if form.files.data else None,
            )  # fmt: skip
        if tried.ok:
            jobs.ask(imports.NAME)
            return redirect(url_for(".enter_table", slug=slug, identifier=upload.id), 303)
    return _list(consultation, form), 400


@desk.get("/consultations/<slug>/tables/<int:identifier>")
def enter_table(slug: str, identifier: int) -> str:
    """Show one table: its columns and first rows, how far it is, what became of its rows."""
    consultation = _consultation(slug)
    return _one(consultation, _table(consultation, identifier))


@desk.post("/consultations/<slug>/tables/<int:identifier>/check")
def enter_table_check(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Have a table checked under the columns that were chosen."""
    consultation = _consultation(slug)
    upload = _table(consultation, identifier)
    book = _opened(upload)
    form = _table_form(upload, book)
    if form.validate():
        with refusals_to(form) as tried:
            uploaded_tables.check(
                current_actor(), upload, form.mapping(), at=clock.now(),
                with_hidden=form.with_hidden.data, received_on=_day(consultation, form.received_on.data),
            )  # fmt: skip
        if tried.ok:
            jobs.ask(imports.NAME)
            return redirect(url_for(".enter_table", slug=slug, identifier=identifier), 303)
    return _one(consultation, upload, book, form), 400


@desk.post("/consultations/<slug>/tables/<int:identifier>/<any('take', 'give-up'):verb>")
def enter_table_act(slug: str, identifier: int, verb: str) -> Response:
    """Have a checked table taken, or put it away."""
    consultation = _consultation(slug)
    upload = _table(consultation, identifier)
    act = uploaded_tables.take if verb == "take" else uploaded_tables.give_up
    with refusals_to_flash() as tried:
        act(current_actor(), upload, at=clock.now())
    if tried.ok:
        flash(DONE_WORDS[verb], "success")
        if verb == "give-up":
            return redirect(url_for(".enter_tables", slug=slug), 303)
        jobs.ask(imports.NAME)
    return redirect(url_for(".enter_table", slug=slug, identifier=identifier), 303)


@desk.get("/consultations/<slug>/tables/<int:identifier>/account.csv")
def enter_table_account(slug: str, identifier: int) -> Response:
    """Give the account of a table's rows, each with its receipt or the reason why it wasn't taken."""
    upload = _table(_consultation(slug), identifier)
    if not upload.account:
        abort(404)
    name = f"{upload.file_name.rpartition('.')[0] or upload.file_name}-逐行结果.csv"
    return send_file(blobs().open(upload.account), mimetype="text/csv", as_attachment=True, download_name=name)


def _consultation(slug: str) -> Consultation:
    return consultation_or_404(slug, Act.RECEIVE_FOR_SENDER)


def _table(consultation: Consultation, identifier: int) -> TableImport:
    upload = db.session.get(TableImport, identifier)
    return upload if upload is not None and upload.consultation_id == consultation.id else abort(404)


def _opened(upload: TableImport) -> Book | None:
    """Return the heads and first rows of an import; none when they can't be read any more, as its account says."""
    try:
        return uploaded_tables.beginning_of(upload)
    except (TableRefused, BlobError):
        return None


def _table_form(upload: TableImport, book: Book | None, **options: Any) -> TableForm:
    form = TableForm(**options)
    chosen = uploaded_tables.columns_of(upload)
    form.offer(_column_names(upload, book), chosen)
    return form


def _column_names(upload: TableImport, book: Book | None) -> list[str]:
    """Return the columns to choose from: of the sheets that are read, or of all where that isn't known yet."""
    if book is None:
        return [name for names in uploaded_tables.columns_of(upload).values() for name in names]
    try:
        return uploaded_tables.sheets_of(upload, book).names
    except TableRefused:
        return list(dict.fromkeys(column for table in book.tables for column in table.columns))


def _day(consultation: Consultation, day: date | None) -> datetime | None:
    """Return a day as a moment at which submissions are received: its beginning, or that of the period."""
    if day is None:
        return None
    moment = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
    opens_at = consultation.opens_at
    return opens_at if opens_at is not None and local(opens_at).date() == day else moment


def _list(consultation: Consultation, form: UploadForm) -> str:
    now = clock.now()
    return render_template(
        "desk/submissions/tables.html",
        **_common(consultation),
        form=form,
        tables=uploaded_tables.of_consultation(consultation),
        released=consultation.opens_at is not None and consultation.opens_at <= now,
    )


def _one(
    consultation: Consultation, upload: TableImport, book: Book | None = None, form: TableForm | None = None
) -> str:
    asks = upload.stage in uploaded_tables.ASKING
    if asks and form is None:
        book = _opened(upload)
        day = local(upload.received_on).date() if upload.received_on is not None else None
        options = {"with_hidden": upload.with_hidden, "received_on": day}
        form = _table_form(upload, book, formdata=None, data=options)
    return render_template(
        "desk/submissions/table.html",
        **_common(consultation),
        one=upload,
        form=form,
        rows=_preview(upload, book) if asks and book is not None and upload.columns else [],
        fields=Field,
        hint=import_columns.hint,
        outcomes=RowOutcome,
        account=upload.accounted,
        at_work=upload.stage in uploaded_tables.AT_WORK,
        uploader=db.session.get(User, upload.user_id),
    )


def _common(consultation: Consultation) -> dict[str, Any]:
    now = clock.now()
    return {
        "desk_nav": inside(current_actor(), consultation),
        "consultation": consultation,
        "state": consultation.state(now).value,
        "now": now,
    }


def _preview(upload: TableImport, book: Book) -> list[tuple[int | str, dict[Field, str], str]]:
    """Return the first rows as they will be read, each as (number, words by field, what is wrong with it)."""
    try:
        sheets = uploaded_tables.sheets_of(upload, book)
    except TableRefused:
        return []
    return [
        (line.row, {}, cells.reason) if isinstance(cells, BadRow) else (line.row, _read(cells, line.sheet.columns), "")
        for line, cells in islice(sheets.records(), PREVIEW_ROWS)
    ]


def _read(cells: dict[str, str], columns: Mapping[Field, tuple[str, ...]]) -> dict[Field, str]:
    return {
        field: "\n".join(filter(None, (cells.get(column, "").strip() for column in names)))
        for field, names in columns.items()
    }
