"""What forms offer of an enumeration, and the enumerations that templates read labels of."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from wtforms.fields.choices import SelectChoice

from consult.adoption.models import DecisionState, Outcome
from consult.consultees import status
from consult.drafting.models import State
from consult.intake.models import Channel, SubmissionState
from consult.labels import LabelledEnum
from consult.reporting.models import ReportState


def choices(members: Iterable[LabelledEnum]) -> list[SelectChoice]:
    """Return members to choose from, each with its words."""
    return [SelectChoice(member.value, member.label.words) for member in members]


def register(app: Flask) -> None:
    """Let templates find the label of a value that was kept as text."""
    app.jinja_env.globals.update(
        Channel=Channel,
        ConsultationState=State,
        DecisionState=DecisionState,
        Outcome=Outcome,
        ReportState=ReportState,
        SubmissionState=SubmissionState,
        standing_label=status.label_of,
    )
