"""The forms on the way of a feedback report."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

STATEMENT_CHARACTERS = 20_000
REASON_CHARACTERS = 2_000


class CompileForm(FlaskForm):
    """The department's own words above the figures, and why a published report is corrected."""

    statement = TextAreaField(
        "说明文字",
        validators=[Length(max=STATEMENT_CHARACTERS, message=f"说明文字最多 {STATEMENT_CHARACTERS:,} 字，请缩短。")],
    )
    correction_reason = TextAreaField(
        "更正的原因",
        validators=[Length(max=REASON_CHARACTERS, message=f"更正的原因最多 {REASON_CHARACTERS:,} 字，请缩短。")],
    )


class ReturnReportForm(FlaskForm):
    """Why a report goes back."""

    reason = TextAreaField(
        "退回的理由",
        validators=[Length(max=REASON_CHARACTERS, message=f"退回的理由最多 {REASON_CHARACTERS:,} 字，请缩短。")],
    )


class ReleaseForm(FlaskForm):
    """Why private data may be printed."""

    reason = StringField("准予公开的理由")
