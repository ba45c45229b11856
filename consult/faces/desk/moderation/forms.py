"""The form beside a submission that is screened: the texts to be printed, and why something isn't printed."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from consult.moderation.service import REASON_CHARACTERS, rejection_reasons


class ScreeningForm(FlaskForm):
    """What a moderator wrote; the texts to be printed are fields ``text-<part id>``."""

    reason_id = RadioField("不予公开的理由", validators=[Optional()])
    reason = TextAreaField(
        "说明", validators=[Length(max=REASON_CHARACTERS, message=f"说明最多 {REASON_CHARACTERS} 字，请缩短。")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason_id.choices = [SelectChoice(rule.id, rule.name) for rule in rejection_reasons()]


class PieceForm(FlaskForm):
    """A piece of a public text, and where it stood in the text that the moderator saw."""

    text = TextAreaField("公开文本")
    start = IntegerField(widget=HiddenInput())
    end = IntegerField(widget=HiddenInput())
    seen = HiddenField()


def public_texts(sent: MultiDict[str, str]) -> dict[int, str]:
    """Return the texts to be printed by part id, as they were typed."""
    return {int(name[5:]): text for name, text in sent.items() if name.startswith("text-") and name[5:].isdecimal()}
