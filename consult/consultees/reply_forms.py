"""The form on which a consultee answers by hand: as it goes out with its questions, and as it comes back."""

from __future__ import annotations

import re
from datetime import date, datetime

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs, sandbox
from consult.consultees import responses, rounds
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import last_day
from consult.consultees.models import Invitation
from consult.drafting import questions
from consult.files import reply_form_reader
from consult.files.attachments import CheckedAttachment
from consult.files.reply_form import ReplyForm
from consult.files.reply_form_reader import READABLE, FilledForm
from consult.files.sandbox import ReaderDied, SandboxStopped
from consult.intake import filled_forms
from consult.intake.filled_forms import Placed
from consult.intake.models import Channel
from consult.intake.receipts import Receipt
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


def read(file: CheckedAttachment) -> FilledForm | None:
    """Return what a stored file says if it is a reply form that was filled in; read in the bounded process."""
    if file.media_type not in READABLE:
        return None
    try:
        with sandbox() as bounded:
            form = bounded.of(reply_form_reader.read, blobs().get(file.digest), file.media_type)
    except (ReaderDied, SandboxStopped):  # it is kept as it came, and a person reads it
        return None
    return form if form is not None and not form.is_blank else None


def enter(
    actor: Actor,
    invitation: Invitation,
    file: CheckedAttachment,
    *,
    channel: Channel = Channel.LETTER,
    received_on: date | None = None,
    at: datetime,
) -> tuple[Receipt, FilledForm, Placed]:
    """Enter a reply form that came back as the answer to an invitation, with the file; it counts once it is confirmed.

    Raises:
        InvitationRefused: the file isn't a form that can be read, or is of another document; or as ``responses.enter``.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, invitation.consultation)
    form, consultation = read(file), invitation.consultation
    if form is None:
        raise InvitationRefused(
            f"“{file.name}”不是填写过的意见反馈表，或者是没有文字的扫描件，请在登记答复时录入意见并上传该文件。"
        )
    titles = {_core(version.title) for version in consultation.versions} | {_core(consultation.title)}
    if form.title and _core(form.title) not in titles:
        raise InvitationRefused(f"该表是对《{form.title}》的意见，不是本件，请核对。")
    answer = filled_forms.placed(form, consultation, rounds.version_of(invitation))
    receipt = responses.enter(
        actor,
        invitation,
        channel=channel,
        parts=rounds.on_public_draft(invitation, answer.parts) if not form.no_opinion else (),
        answers=answer.answers,
        attachments=[file],
        no_opinion=form.no_opinion,
        publish_name=bool(form.publish),
        at=at,
        received_on=received_on,
    )
    return receipt, form, answer


def _core(title: str) -> str:
    """Return a title without what varies in writing it."""
    return re.sub(r"[\s《》（）()]|征求意见稿|修改稿|送审稿", "", title)


def names_another(form: FilledForm, invitation: Invitation) -> bool:
    """Whether a form names another organisation than the one that was invited."""
    return bool(form.to) and "".join(form.to.split()) != "".join(invitation.consultee.name.split())
