"""The form on which a consultee answers by hand, and the questions as letters put them."""

from __future__ import annotations

from consult.consultees.invitations import last_day
from consult.consultees.models import Invitation
from consult.drafting import questions
from consult.files.reply_form import ReplyForm
from consult.law.periods import in_words


def of(invitation: Invitation) -> ReplyForm:
    """Return the form for the consultee that was invited."""
    consultation = invitation.consultation
    return ReplyForm(
        title=consultation.title,
        to=invitation.consultee.name,
        questions=tuple(question.text for question in questions.of(consultation)),
        deadline=in_words(last_day(invitation)),
        contact=consultation.contact,
    )
