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

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, abort, current_app, flash, request
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from consult.accounts.errors import NotAllowed, Refused
from consult.accounts.models import User
from consult.accounts.permissions import Act, Actor, may
from consult.drafting.models import Consultation
from consult.faces.guards import login
from consult.files.attachments import AttachmentRefused
from consult.files.errors import UnreadableFile
from consult.files.tables.errors import TableRefused
from consult.law.rules import RulesError
from consult.store import db

desk = Blueprint("desk", __name__, url_prefix="/desk")

REFUSALS = (Refused, UnreadableFile, AttachmentRefused, TableRefused, RulesError)
"""What may be wrong with what somebody asked for; the text of each is for them."""

OPEN_TO_VISITORS = frozenset({"desk.sign_in"})
"""Endpoints that need no account."""


@desk.before_request
def _ask_to_sign_in() -> Response | None:
    if request.endpoint in OPEN_TO_VISITORS or current_user.is_authenticated:
        return None
    return login.unauthorized()  # type: ignore[no-any-return]


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


def consultation_or_404(slug: str) -> Consultation:
    """Return the consultation at an address of the desk, if the actor may see it; 404 for any other."""
    consultation = db.session.scalar(select(Consultation).where(Consultation.slug == slug))
    if consultation is None or not may(current_actor(), Act.SEE_CONSULTATION, consultation):
        abort(404)
    return consultation


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
