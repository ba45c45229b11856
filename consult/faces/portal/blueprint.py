"""The blueprint of the portal and who stands at its door: the holder of a link, or a member with an account.

A link is traded for a signed pass in a cookie, so that its token stays out of logs, history and Referer. Every request
looks at the database again: a revoked link and a former member are out at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Actor
from consult.consultees import invitations
from consult.consultees.models import Consultee, Invitation, Member, MemberRole
from consult.faces.guards import keep_address_secret
from consult.settings import settings
from consult.store import db
from consult.text.sentences import sentence

portal = Blueprint("portal", __name__, url_prefix="/portal")

COOKIE = "portal"
SECONDS = 4 * 3600
MARK = 24
"""Characters of a hash that a pass carries, so that it dies with the link or the password that it was given for."""


@dataclass(frozen=True)
class Visitor:
    """Who is at the door: for which consultee, by which link or account."""

    consultee: Consultee
    invitation: Invitation | None = None
    member: Member | None = None

    @property
    def may_send(self) -> bool:
        """Whether this visitor may send for the organisation, or only write."""
        return self.member is None or self.member.role is MemberRole.SEND

    @property
    def name(self) -> str:
        """What the record calls the visitor."""
        return self.member.name if self.member is not None else sentence("持函人")

    @property
    def actor(self) -> Actor:
        """The actor of a verb."""
        return invitations.as_consultee(self.consultee, self.member)


@portal.after_request
def _keep_secret(response: Response) -> Response:
    keep_address_secret()
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="portal-pass")


def let_in(response: Response, *, invitation: Invitation | None = None, member: Member | None = None) -> Response:
    """Give the browser a signed pass."""
    held: dict[str, Any] = {}
    if invitation is not None:
        held = {"i": invitation.id, "h": invitation.token_hash[:MARK]}
    elif member is not None:
        held = {"m": member.id, "h": (member.password_hash or "")[-MARK:]}
    response.set_cookie(
        COOKIE,
        _signer().dumps(held),
        max_age=SECONDS,
        path="/portal",
        httponly=True,
        secure=settings().cookie_secure,
        samesite="Lax",
    )
    return response


def see_out(response: Response) -> Response:
    """Take the pass away."""
    response.delete_cookie(COOKIE, path="/portal")
    return response


def visitor() -> Visitor | None:
    """Return who holds a pass that still counts."""
    try:
        held = _signer().loads(request.cookies.get(COOKIE, ""), max_age=SECONDS)
    except BadSignature:
        return None
    if "i" in held:
        invitation = db.session.get(Invitation, held["i"])
        if invitation is None or invitation.token_hash[:MARK] != held["h"]:
            return None
        return Visitor(invitation.consultee, invitation) if invitations.is_live(invitation, clock.now()) else None
    member = db.session.get(Member, held.get("m", 0))
    if member is None or member.left_at is not None or (member.password_hash or "")[-MARK:] != held["h"]:
        return None
    return Visitor(member.consultee, member=member)


def at_the_door() -> Visitor:
    """Return who holds a pass; 401 (a page that says how to come in) for anybody else."""
    found = visitor()
    if found is None:
        abort(401)
    return found


def invitation_or_404(identifier: int) -> tuple[Visitor, Invitation]:
    """Return the visitor and an invitation that is theirs and not revoked; 404 for any other."""
    who = at_the_door()
    invitation = db.session.get(Invitation, identifier)
    if invitation is None or invitation.revoked_at is not None or invitation.consultee_id != who.consultee.id:
        abort(404)
    if who.invitation is not None and who.invitation.id != invitation.id:
        abort(404)
    return who, invitation
