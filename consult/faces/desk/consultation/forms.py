"""The forms around a draft: upload, confirm, notice, publish, extend, withdraw, give."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from consult.app_context import rules
from consult.drafting.models import Issuer, VersionKind
from consult.drafting.service import REASON_CHARACTERS
from consult.faces.choices import choices
from consult.faces.desk.form_fields import DayField, DaysField, OneOfField, PlainField
from consult.faces.row_ids import row_id
from consult.law.rules import ENTERPRISE_RELATED

REASON = Length(max=REASON_CHARACTERS, message=f"理由最多 {REASON_CHARACTERS} 字，请缩短。")


def kinds(present: str = "") -> list[tuple[str, str]]:
    """Return the kinds of document to choose from.

    Being tied to enterprises is a tick beside the kind, not a kind: it is offered only where ``present`` says so.
    """
    return [(key, rule.name) for key, rule in rules().periods.items() if key != ENTERPRISE_RELATED or key == present]


class UploadForm(FlaskForm):
    """A draft file."""

    file = FileField("文稿")


class VersionForm(FlaskForm):
    """A draft file that becomes another version."""

    file = FileField("文稿")
    kind = OneOfField("这一稿是", validators=[InputRequired("请选择稿次类别。")])

    def __init__(self, allowed: list[VersionKind], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = choices(allowed)
        if not self.is_submitted() and allowed:
            self.kind.data = allowed[0].value


class RegisterForm(FlaskForm):
    """A table of instruments."""

    file = FileField("文件清单", validators=[FileRequired("请先选择表格文件。")])


class ClockForm(FlaskForm):
    """The day that the clocks are counted from; asked by address, changes nothing."""

    class Meta:
        csrf = False

    start = DayField("起算日")


class DocumentFields(FlaskForm):
    """Title and kind of a document, shared by the forms that ask for them; limits are drafting's to check."""

    title = PlainField("标题")
    kind = OneOfField("文件类别", validators=[InputRequired("请选择文件类别，征求意见的最短期限由类别决定。")])
    enterprise_related = BooleanField("与企业生产经营活动密切相关")
    issuer = OneOfField("出台单位", default=Issuer.DEPARTMENT.value, choices=choices(Issuer))
    leading_unit = PlainField("牵头起草单位")

    def __init__(self, present: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = [SelectChoice(*kind) for kind in kinds(present)]


class ConfirmForm(DocumentFields):
    """The previewed draft and what it is; ``draft`` is the signed name of the uploaded file."""

    draft = HiddenField()


class NoticeForm(DocumentFields):
    """What the drafter writes around the draft; ``seen`` is the state of the notice that was begun from."""

    summary = TextAreaField("简介")
    notice_html = TextAreaField("公告")
    explanation_html = TextAreaField("起草说明")
    mail_phrase = PlainField("邮件主题用语")
    contact = PlainField("来信来电的地址、邮编和电话")
    seen = HiddenField()


class PublishForm(FlaskForm):
    """When it opens, how long, and why shorter; ``seen`` is the state of what the publisher looked at."""

    opens = DayField("公布日期")
    days = DaysField("期限")
    reason = TextAreaField("缩短期限的理由", validators=[REASON])
    seen = HiddenField()


class WhatIfForm(FlaskForm):
    """A day and a number of days to count from; asked by address, changes nothing."""

    class Meta:
        csrf = False

    opens = DayField("公布日期", id="if-opens")
    days = DaysField("期限", id="if-days")


class ReasonForm(FlaskForm):
    """An act that needs a reason: returning, withdrawing."""

    reason = TextAreaField("理由", validators=[REASON])


class ExtendForm(ReasonForm):
    """The new last day and why."""

    last_day = DayField("新的截止日", validators=[])


class GiveForm(FlaskForm):
    """The moderator to give a consultation to."""

    user = SelectField("审核员", coerce=row_id, validate_choice=False)
