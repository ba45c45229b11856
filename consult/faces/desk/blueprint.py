"""The blueprint of the desk, and what every page of it needs: who acts, on what, and how a refusal is shown.

A view parses, calls one verb and renders. The pattern for every form on the desk::

    form = ReasonForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            drafting.withdraw(current_actor(), consultation, form.reason.data, at=now())
        if tried.ok:
            flash("已撤回。", "success")
            return redirect(url_for("desk.consultation", slug=slug), 303)
    return page(consultation, withdraw=form), 400

The form keeps what was typed; its ``form_errors`` hold the refusal, which ``error_summary(form)`` prints beside it. A
verb that the actor isn't allowed (``NotAllowed``) is not a form's business: it goes on to the 403 page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, abort, current_app, flash, g, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import second_factor, sessions
from consult.accounts.errors import NotAllowed, Refused
from consult.accounts.models import AccountSession, User
from consult.accounts.permissions import Act, Actor, requires
from consult.drafting import worklists
from consult.drafting.models import Consultation
from consult.faces.guards import login
from consult.files.attachments import AttachmentRefused
from consult.files.errors import UnreadableFile
from consult.files.tables.errors import TableRefused
from consult.law.rules import RulesError

P = ParamSpec("P")
R = TypeVar("R")

desk = Blueprint("desk", __name__, url_prefix="/desk")

SECOND_STEP = "second_step"
"""Key in Flask's session of the token that opens the second step of signing in."""

SECOND_FACTOR_ELSEWHERE = "second_factor_elsewhere"
"""Key in Flask's session: whether the identity provider asked for a second factor when this session was opened."""

REFUSALS = (Refused, UnreadableFile, AttachmentRefused, TableRefused, RulesError)
"""What may be wrong with what somebody asked for; the text of each is for them."""

OPEN_WITH_A_FIRST_PASSWORD = frozenset({"desk.password", "desk.sign_out", "desk.sign_in"})
"""Endpoints for who has still to change a password that another person set."""

OPEN_WITHOUT_SECOND_FACTOR = frozenset(
    {"desk.two_step_app", "desk.passkey_new_options", "desk.passkey_add", "desk.sign_out", "desk.sign_in"}
)
"""Endpoints for who has still to set up the second factor that the role needs."""

OPEN_TO_VISITORS = frozenset(
    {
        "desk.sign_in",
        "desk.second_step",
        "desk.passkey_options",
        "desk.sign_in_passkey",
        "desk.sign_in_identity",
        "desk.identity_answer",
    }
)
"""Endpoints that need no account."""


@desk.before_request
def _ask_to_sign_in() -> Response | None:
    if current_user.is_authenticated:
        sessions.note_use(current_session(), clock.now())
        if current_account().password_due and request.endpoint not in OPEN_WITH_A_FIRST_PASSWORD:
            return redirect(url_for("desk.password"), 303)
        if _second_factor_is_due() and request.endpoint not in OPEN_WITHOUT_SECOND_FACTOR:
            return redirect(url_for("desk.two_step_app"), 303)
        return None
    if request.endpoint in OPEN_TO_VISITORS:
        return None
    return login.unauthorized()  # type: ignore[no-any-return]


def _second_factor_is_due() -> bool:
    user = current_account()
    return not (user.password_due or session.get(SECOND_FACTOR_ELSEWHERE)) and second_factor.is_due(user)


@desk.after_request
def _keep_nothing(response: Response) -> Response:
    """Keep pages of the desk out of the browser's and every proxy's store."""
    response.headers["Cache-Control"] = "no-store"
    return response


def current_account() -> User:
    """Return the account that is signed in; 401 without one."""
    if not current_user.is_authenticated:
        abort(401)
    return current_user._get_current_object()  # type: ignore[no-any-return]


def current_actor() -> Actor:
    """Return who acts: the account that is signed in; 401 without one."""
    return Actor.of(current_account())


def current_session() -> AccountSession:
    """Return the session that this request came with; 401 without one."""
    current_account()
    session: AccountSession = g.account_session
    return session


def carry(token: str) -> None:
    """Have the browser carry the token of a session that was just opened, and nothing of before."""
    session.clear()
    g.pop("csrf_token", None)  # it was made for the session of before
    session.permanent = True
    session["_user_id"] = token


def carry_to_second_step(token: str) -> None:
    """Have the browser carry the token of who has still the second step to do, and nothing of before."""
    session.clear()
    session[SECOND_STEP] = token


def allowed_to(act: Act) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the decorator of a view that is only for accounts that may do ``act``; others get the 403 page.

    A view about one consultation asks ``consultation_or_404`` instead.
    """
    return requires(act, current_actor)


def consultation_or_404(slug: str, act: Act = Act.SEE_CONSULTATION) -> Consultation:
    """Return the consultation at an address of the desk, if the actor may see it; 404 for any other.

    Raises:
        NotAllowed: the actor may see it, but not do ``act`` on it; goes on to the 403 page.
    """
    return worklists.consultation_for(current_actor(), slug, act) or abort(404)


class Tried:
    """What came of an act: ``ok``, or the ``refusal`` in words."""

    def __init__(self) -> None:
        self.refusal = ""
        self.error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was refused."""
        return self.error is None


@contextmanager
def refusals_to(form: Any) -> Iterator[Tried]:
    """Run an act; a refusal becomes an error of the form: of the field that it names, else of the whole.

    Raises:
        NotAllowed: goes on to the 403 page.
    """
    tried = Tried()
    try:
        yield tried
    except NotAllowed:
        raise
    except REFUSALS as error:
        tried.error, tried.refusal = error, str(error)
        field = getattr(form, getattr(error, "field", "") or "-", None)
        if field is not None and hasattr(field, "errors"):
            field.errors = [*field.errors, tried.refusal]
        else:
            form.form_errors.append(tried.refusal)


@contextmanager
def refusals_to_flash(*, quiet: bool = False) -> Iterator[Tried]:
    """Run an act that has no fields to keep (a button in a list); a refusal becomes a message on the next page.

    Arguments:
        quiet: the view shows the refusal itself.

    Raises:
        NotAllowed: goes on to the 403 page.
    """
    tried = Tried()
    try:
        yield tried
    except NotAllowed:
        raise
    except REFUSALS as error:
        tried.error, tried.refusal = error, str(error)
        if not quiet:
            flash(tried.refusal, "error")


def has(endpoint: str) -> bool:
    """Say whether a page of the desk exists in this application."""
    return endpoint in current_app.view_functions
