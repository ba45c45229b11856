"""The blueprint of the portal and its sessions: by the link of an invitation, or by a member's account.

A link is traded for a session, so that its token stays out of logs, history and Referer. Every request looks at the
database again: who signed out, a revoked link and a former member are out at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, g
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import sessions
from consult.accounts.permissions import Actor
from consult.consultees import invitations, portal_sessions
from consult.consultees.models import Consultee, Invitation, Member, MemberRole
from consult.consultees.portal_sessions import Entered
from consult.faces import cookies
from consult.faces.guards import keep_address_secret
from consult.store import db
from consult.text.sentences import sentence

portal = Blueprint("portal", __name__, url_prefix="/portal")

COOKIE = "portal"


@dataclass(frozen=True)
class Visitor:
    """A visitor of the portal: for which consultee, by which link or account."""

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
        return self.member.name if self.member is not None else sentence("凭函件链接")

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


def set_session_cookie(response: Response, token: str) -> Response:
    """Give the browser the token of a session."""
    cookies.keep(response, COOKIE, token, seconds=None, path="/portal")
    return response


def clear_session_cookie(response: Response) -> Response:
    """Take the token away."""
    cookies.drop(response, COOKIE, path="/portal")
    return response


def entered() -> Entered | None:
    """Return the session that this request came with, if it still counts."""
    token = cookies.read(COOKIE)
    if "entered" not in g:
        g.entered = portal_sessions.behind(token, clock.now()) if token else None
    current: Entered | None = g.entered
    return current


@portal.before_request
def _note_use() -> None:
    here = entered()
    if here is not None:
        sessions.note_use(here.session, clock.now())


def visitor() -> Visitor | None:
    """Return whoever has a session that still counts."""
    here = entered()
    if here is None:
        return None
    if here.invitation is not None:
        return Visitor(here.invitation.consultee, here.invitation)
    return Visitor(here.member.consultee, member=here.member) if here.member is not None else None


def visitor_or_401() -> Visitor:
    """Return the visitor; 401 (a page that says how to sign in) without one."""
    return visitor() or abort(401)


def invitation_or_404(identifier: int) -> tuple[Visitor, Invitation]:
    """Return the visitor and an invitation that is theirs and not revoked; 404 for any other."""
    who = visitor_or_401()
    invitation = db.session.get(Invitation, identifier)
    if invitation is None or invitation.revoked_at is not None or invitation.consultee_id != who.consultee.id:
        abort(404)
    if who.invitation is not None and who.invitation.id != invitation.id:
        abort(404)
    return who, invitation
