"""The forms for a table of many submissions: which file came by which channel, and which column holds what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from consult.faces.desk.forms.entry import CHANNELS
from consult.faces.desk.forms.fields import OneOfField
from consult.intake.columns import FIELD_WORDS, Columns, Field
from consult.intake.models import Channel

NO_COLUMN = "表里没有"


class UploadForm(FlaskForm):
    """A table to be looked at."""

    channel = OneOfField(
        "怎么来的",
        choices=[SelectChoice(channel.value, words) for channel, words in CHANNELS.items()],
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

    content = ColumnField(FIELD_WORDS[Field.CONTENT])
    subject = ColumnField(FIELD_WORDS[Field.SUBJECT])
    name = ColumnField(FIELD_WORDS[Field.NAME])
    contact = ColumnField(FIELD_WORDS[Field.CONTACT])
    received_at = ColumnField(FIELD_WORDS[Field.RECEIVED_AT])
    external_id = ColumnField(FIELD_WORDS[Field.EXTERNAL_ID])
    anchor = ColumnField(FIELD_WORDS[Field.ANCHOR])

    def offer(self, names: Sequence[str]) -> None:
        """Let every field choose among the table's columns."""
        choices = [SelectChoice("", NO_COLUMN), *(SelectChoice(name, name) for name in names)]
        for field in Field:
            self[field.value].choices = choices

    def told(self) -> Columns:
        """Return what was chosen; an empty name says that the table has no such column."""
        return {field: self[field.value].data or "" for field in Field}
