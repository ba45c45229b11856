"""The forms for a table of many submissions: which file came by which channel, and which column holds what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from consult.faces.choices import choices
from consult.faces.desk.form_fields import OneOfField
from consult.faces.desk.submissions.entry_form import CHANNELS
from consult.intake.import_columns import Columns, Field
from consult.intake.models import Channel

NO_COLUMN = "表里没有"


class UploadForm(FlaskForm):
    """A table to be looked at."""

    channel = OneOfField(
        "来件渠道",
        choices=choices(CHANNELS),
        default=Channel.HOTLINE.value,
        validators=[InputRequired("请选择渠道。")],
    )
    file = FileField("表格", validators=[FileRequired("请选择表格（.xlsx 或 .csv）。")])


class ColumnField(SelectField):
    """One of a table's columns, or none."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, default="", invalid_choice_message="表里没有这一列，请从列出的列里选。", **options)


class ColumnsForm(FlaskForm):
    """Which column of a table holds which field; one field of the form for each ``Field``, by its value."""

    content = ColumnField(Field.CONTENT.label.words)
    subject = ColumnField(Field.SUBJECT.label.words)
    name = ColumnField(Field.NAME.label.words)
    contact = ColumnField(Field.CONTACT.label.words)
    received_at = ColumnField(Field.RECEIVED_AT.label.words)
    external_id = ColumnField(Field.EXTERNAL_ID.label.words)
    anchor = ColumnField(Field.ANCHOR.label.words)

    def offer(self, names: Sequence[str]) -> None:
        """Let every field choose among the table's columns."""
        choices = [SelectChoice("", NO_COLUMN), *(SelectChoice(name, name) for name in names)]
        for field in Field:
            self[field.value].choices = choices

    def mapping(self) -> Columns:
        """Return what was chosen; an empty name says that the table has no such column."""
        return {field: self[field.value].data or "" for field in Field}
