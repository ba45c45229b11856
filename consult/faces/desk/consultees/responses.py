"""Confirming on the desk what a message of a consultee is: an opinion, no opinion, or no answer."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import confirmation
from consult.consultees import response_chain as chain
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import Invitation
from consult.consultees.models import Response as Answer
from consult.consultees.response_kinds import CONFIRMABLE, ResponseStanding
from consult.drafting.models import Consultation
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash

SHOWN = 20
"""Responses that are shown at once to be confirmed."""
DONE = {
    ResponseStanding.OPINION: "已确认为意见，计入听取。",
    ResponseStanding.NO_OPINION: "已确认为“无意见”，计入听取。",
    ResponseStanding.NOT_AN_ANSWER: "已登记为不是答复，不计入听取。",
}


def may_confirm(consultation: Consultation) -> bool:
    """Say whether the actor may confirm responses of a consultation."""
    actor = current_actor()
    return may(actor, Act.RECEIVE_FOR_SENDER, consultation) or may(actor, Act.SCREEN, consultation)


def earlier_answers(waiting: list[Answer]) -> dict[int, list[Answer]]:
    """Return, by the id of a response, the answers that count beside it, newest first."""
    by_consultee: dict[int, list[Answer]] = {}
    for response in waiting:
        invitation: Invitation = response.invitation
        if invitation.consultee_id not in by_consultee:
            by_consultee[invitation.consultee_id] = list(reversed(chain.counted_responses(invitation)))
    return {
        response.id: [answer for answer in by_consultee[response.invitation.consultee_id] if answer.id != response.id]
        for response in waiting
    }


@desk.post("/consultations/<slug>/consultees/responses/<number>")
def consultees_confirm(slug: str, number: str) -> Response:
    """Say what a response is; where an earlier one counts, whether it corrects that one or adds to it."""
    consultation = consultation_or_404(slug)
    goes_to = url_for(".consultees", slug=slug) + "#waiting-title"
    with refusals_to_flash():
        response = confirmation.by_number(consultation, number)
        if request.form.get("from") == "invitation":
            goes_to = url_for(".consultees_one", slug=slug, identifier=response.invitation_id)
        chosen = form_values.one_of(ResponseStanding, request.form.get("as", ""), ResponseStanding.PROPOSED, "答复")
        if chosen not in CONFIRMABLE:
            raise InvitationRefused("请选择：意见、无意见，或者不是答复。")
        related = (
            {} if chosen is ResponseStanding.NOT_AN_ANSWER else _related(consultation, request.form.get("relation", ""))
        )
        confirmation.confirm(current_actor(), response, chosen, **related, at=clock.now())
        flash(DONE[chosen], "success")
    return redirect(goes_to, 303)


def _related(consultation: Consultation, relation: str) -> dict[str, Answer]:
    """Return the earlier answer that was chosen: ``replaces-NUMBER`` or ``adds-NUMBER`` of its receipt."""
    verb, _, number = relation.partition("-")
    names = {"replaces": "replaces", "adds": "adds_to"}
    return {names[verb]: confirmation.by_number(consultation, number)} if verb in names and number else {}
