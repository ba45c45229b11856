"""The form for what came on paper, by telephone or in a meeting."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from consult.faces.choices import choices
from consult.faces.desk.form_fields import DayField, OneOfField, PlainField
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, SUBJECT_CHARACTERS
from consult.intake.models import Channel, SenderKind

PIECES = 60
"""Provisions that one letter may speak of on the form."""
EMPTY_PIECES = 2
"""Empty places for an opinion that a fresh form shows."""
EXTERNAL_ID_CHARACTERS = 120

CHANNELS = tuple(channel for channel in Channel if channel.label.entered_by_staff)
"""Channels that staff type in; the others come by themselves."""


class PieceForm(Form):
    """What is said of one provision; an empty anchor means the whole draft."""

    anchor = SelectField("针对", validate_choice=False)
    content = TextAreaField("意见")


class EntryForm(FlaskForm):
    """One letter, call or speaker, with its opinions on several provisions."""

    channel = OneOfField(
        "来件渠道",
        choices=choices(CHANNELS),
        default=Channel.LETTER.value,
        validators=[InputRequired("请选择渠道。")],
    )
    received = DayField("收到的日期")
    subject = PlainField(
        "事由", validators=[Length(max=SUBJECT_CHARACTERS, message=f"事由最多 {SUBJECT_CHARACTERS} 字，请缩短。")]
    )
    external_id = PlainField(
        "来件编号",
        validators=[Length(max=EXTERNAL_ID_CHARACTERS, message=f"来件编号最多 {EXTERNAL_ID_CHARACTERS} 字，请核对。")],
    )
    sender_kind = OneOfField(
        "意见提出人",
        choices=choices(SenderKind),
        default=SenderKind.PERSON.value,
        validators=[InputRequired("请选择意见提出人。")],
    )
    name = PlainField(
        "姓名或者单位名称",
        validators=[Length(max=NAME_CHARACTERS, message=f"姓名或者单位名称最多 {NAME_CHARACTERS} 字，请缩短。")],
    )
    contact = PlainField(
        "联系方式",
        validators=[Length(max=CONTACT_CHARACTERS, message=f"联系方式最多 {CONTACT_CHARACTERS} 字，请缩短。")],
    )
    publish_name = BooleanField("本人明确同意公布姓名或者单位名称")
    keep_private = BooleanField("本人要求不公开意见内容")
    pieces = FieldList(FormField(PieceForm), max_entries=PIECES)
    files = MultipleFileField("原件扫描件、录音整理、会议记录")
    token = HiddenField()

    def offer(self, places: list[tuple[str, str]]) -> None:
        """Let every opinion choose among these provisions, as (anchor, words)."""
        for piece in self.pieces:
            piece.anchor.choices = [SelectChoice("", "整个草案"), *(SelectChoice(*place) for place in places)]

    def add_pieces(self, n: int = 1) -> None:
        """Add empty places for opinions, as many as there is room for."""
        for _ in range(min(n, PIECES - len(self.pieces))):
            self.pieces.append_entry({"anchor": "", "content": ""})

    def filled(self) -> list[Any]:
        """Return the pieces in which something was written."""
        return [piece for piece in self.pieces if (piece.content.data or "").strip()]
