"""Ways to answer an invitation, for tests: by the portal, by mail, on paper, by telephone."""

from __future__ import annotations

from datetime import datetime

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import blobs
from consult.consultees import confirmation, invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Method, Response
from consult.consultees.response_kinds import ResponseStanding
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel
from consult.store import db
from tests.builders import NOON, a_submission
from tests.world import actor

SCAN = b"%PDF-1.4 scan"
WAYS = ("portal", "mail", "paper", "telephone")


def an_invited(
    drafter: Actor, consultation: Consultation, name: str = "甲餐饮有限公司", at: datetime = NOON, **fields: object
) -> Invitation:
    """Return an invitation of an enterprise that was sent."""
    entry = register.Entry(name, ConsulteeKind.ENTERPRISE, **fields)  # type: ignore[arg-type]
    consultee: Consultee = register.add(drafter, entry, at=at)
    hearing.add(drafter, consultation, [(consultee, "本市企业")], at=at)
    invitation = hearing.invite(drafter, consultation, consultee, method=Method.HAND, at=at)
    invitations.mark_sent(drafter, invitation, at=at)
    return invitation


def scan() -> CheckedAttachment:
    """Return a scanned letter that is kept."""
    return CheckedAttachment("复函.pdf", "application/pdf", len(SCAN), blobs().put(SCAN))


def answer(invitation: Invitation, way: str, words: str, *, at: datetime, **related: Response | None) -> Response:
    """Return an answer of one way that counts, confirmed where somebody has to."""
    response = arrive(invitation, way, words, at=at, **related)
    if response.standing is ResponseStanding.PROPOSED:
        other = actor(Role.ADMIN)
        confirmation.confirm(other, response, ResponseStanding.OPINION, at=at, **related)
    return response


def arrive(invitation: Invitation, way: str, words: str, *, at: datetime, **related: Response | None) -> Response:
    """Return an answer as it came."""
    parts, drafter = [ArrivalPart(words)], actor(Role.ADMIN)
    if way == "portal":
        by = invitations.as_consultee(invitation.consultee)
        number = responses.respond(by, invitation, parts=parts, by="经办人", at=at, **related).number
    elif way == "mail":
        mail = a_submission(invitation.consultation, *parts, at=at, channel=Channel.MAILBOX).submission
        responses.attach(SYSTEM, invitation, mail, because=(words,), at=at)
        number = mail.number
    elif way == "paper":
        number = responses.enter(drafter, invitation, parts=parts, attachments=[scan()], at=at).number
    else:
        caller = responses.Caller("钱二", "0591-87654321", at)
        number = responses.enter(drafter, invitation, channel=Channel.PHONE, parts=parts, caller=caller, at=at).number
    db.session.expire(invitation, ["responses"])
    return confirmation.by_number(invitation.consultation, number)
