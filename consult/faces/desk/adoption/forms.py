"""The forms beside an opinion: what becomes of it and why, its place, its pieces, its group."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from consult.adoption.models import Decision, Outcome
from consult.faces.desk.form_fields import DayField
from consult.faces.row_ids import row_id
from consult.text.opinion_kinds import OpinionKind

KEYS = {outcome.value: str(place) for place, outcome in enumerate(Outcome, 1)}
"""The key that chooses each outcome: 1 to 5."""


class DecisionForm(FlaskForm):
    """What becomes of an opinion or a group, and why."""

    outcome = RadioField(
        "采纳情况",
        choices=[SelectChoice(outcome.value, outcome.label.brief) for outcome in Outcome],
        validators=[InputRequired("请选择采纳情况。")],
    )
    reason = TextAreaField("理由")
    proposed_text = TextAreaField("拟修改为")
    template = HiddenField()
    """The reason of the library that was chosen."""

    @classmethod
    def showing(cls, decision: Decision | None) -> DecisionForm:
        """Return the form before any input: the present decision, or empty."""
        if decision is None:
            return cls(formdata=None)
        return cls(
            formdata=None, outcome=decision.outcome.value, reason=decision.reason, proposed_text=decision.proposed_text
        )

    @property
    def template_id(self) -> int | None:
        """The reason of the library that was chosen, if one was."""
        return row_id(self.template.data or "") or None

    @property
    def chosen(self) -> Outcome:
        """The outcome that was chosen."""
        return Outcome(self.outcome.data)


class SplitForm(FlaskForm):
    """The pieces of an opinion, an empty line between them."""

    pieces = TextAreaField("分段", validators=[InputRequired("请保留原文，在要分开的地方空一行。")])


class TitleForm(FlaskForm):
    """The title of a group."""

    title = StringField("标题")


class AssignForm(FlaskForm):
    """To whom work is given, until when, with which words."""

    to = StringField("承办人")
    due_on = DayField("办理期限")
    remark = TextAreaField("交办说明")


class CommentForm(FlaskForm):
    """Words to colleagues."""

    words = TextAreaField("内部讨论")


class KindForm(FlaskForm):
    """The kind of opinions; empty confirms what is proposed."""

    kind = SelectField(
        "意见类型",
        choices=[
            SelectChoice("", "按系统提出的类型确认"),
            *(SelectChoice(kind.value, kind.label.words) for kind in OpinionKind),
        ],
    )

    @property
    def chosen(self) -> OpinionKind | None:
        """The kind that was chosen; None for the one that is proposed."""
        return OpinionKind(self.kind.data) if self.kind.data else None


class ThemeForm(FlaskForm):
    """A theme that there is, or the name of a new one."""

    theme = StringField("主题")
    name = StringField("新主题")


class ReferralForm(FlaskForm):
    """To whom something is passed on, when, under which number, with which remark."""

    organisation = StringField("转往单位")
    referred_on = DayField("转办日期")
    number = StringField("文号")
    remark = TextAreaField("转办说明")
    hidden = BooleanField("不向来件人显示")


class AnsweredForm(FlaskForm):
    """The day on which the organisation answered."""

    answered_on = DayField("答复日期")


class ReturnForm(FlaskForm):
    """Why a decision goes back to its author."""

    reason = TextAreaField("退回的理由")


class TableForm(FlaskForm):
    """A spreadsheet with decisions, or the preview of one that is confirmed."""

    preview = HiddenField()
    file = FileField("填好的表格", validators=[FileRequired("请选择填好的表格（.xlsx 或 .csv）。")])


class ConcentrationForm(FlaskForm):
    """From when opinions are concentrated, and why it is set so."""

    senders = IntegerField("人数", validators=[InputRequired("请填写人数。")])
    share = IntegerField("占该条文提出人的比例（%）", validators=[Optional()])
    share_senders = IntegerField("按比例计算的最少人数", validators=[Optional()])
    standard_reason = TextAreaField("理由")


class TemplateForm(FlaskForm):
    """A reason of the library."""

    outcome = RadioField(
        "采纳情况",
        choices=[SelectChoice(outcome.value, outcome.label.brief) for outcome in Outcome],
        validators=[InputRequired("请选择采纳情况。")],
    )
    words = TextAreaField("理由")
    basis = StringField("依据")
    shared = BooleanField("各处室共用")

    @property
    def chosen(self) -> Outcome:
        """The outcome that was chosen."""
        return Outcome(self.outcome.data)


class ViewForm(FlaskForm):
    """The name of a view, and whether the division sees it."""

    name = StringField("名称")
    shared = BooleanField("本处室共用")
