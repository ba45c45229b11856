"""The forms for a table of many submissions: which file came by which channel, and which column holds what."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField
from wtforms.validators import InputRequired, Optional

from consult.faces.choices import choices
from consult.faces.desk.column_forms import ColumnsForm, with_columns
from consult.faces.desk.form_fields import OneOfField
from consult.faces.desk.submissions.entry_form import CHANNELS
from consult.intake.import_columns import Field
from consult.intake.models import Channel


class UploadForm(FlaskForm):
    """A table to be looked at."""

    channel = OneOfField(
        "来件渠道",
        choices=choices(CHANNELS),
        default=Channel.HOTLINE.value,
        validators=[InputRequired("请选择渠道。")],
    )
    file = FileField("表格", validators=[FileRequired("请选择表格（.xlsx 或 .csv）。")])
    files = FileField("附件压缩包（选填）")


@with_columns(Field)
class TableForm(ColumnsForm):
    """Which columns of a table hold which field, and what is done where the table leaves it open."""

    with_hidden = BooleanField("连同隐藏、筛选掉的行")
    received_on = DateField("时间缺失或者无法识别的来件，收到于", validators=[Optional()])
