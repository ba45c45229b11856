"""Signing in by the department's identity provider, and linking accounts to its users."""

from __future__ import annotations

from flask import abort, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import identities
from consult.accounts.permissions import Act
from consult.app_context import settings
from consult.faces import identity_provider
from consult.faces.cookies import device
from consult.faces.desk.accounts.administration import account_or_404
from consult.faces.desk.accounts.sign_in import safe_return
from consult.faces.desk.blueprint import (
    SECOND_FACTOR_ELSEWHERE,
    allowed_to,
    carry,
    carry_to_second_step,
    current_actor,
    desk,
    refusals_to_flash,
)
from consult.faces.guards import limiter
from consult.faces.public.feeds import full_address

WANTED = "wanted"
"""Key in Flask's session of the page to go on to."""


@desk.get("/sign-in/identity")
@limiter.limit(lambda: settings().ratelimit_sign_in)
def sign_in_identity() -> Response:
    """Go and sign in at the identity provider."""
    if not settings().oidc_issuer:
        abort(404)
    wanted = safe_return(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    identity_provider.forget_questions()
    session[WANTED] = wanted
    with refusals_to_flash() as tried:
        asked = identity_provider.ask(full_address("desk.identity_answer"))
    return asked if tried.ok else redirect(url_for(".sign_in", next=wanted), 303)


@desk.get("/sign-in/identity/answer")
@limiter.limit(lambda: settings().ratelimit_sign_in)
def identity_answer() -> Response:
    """Take the identity provider's answer."""
    if not settings().oidc_issuer:
        abort(404)
    wanted = safe_return(session.pop(WANTED, ""))
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    with refusals_to_flash() as tried:
        named = identity_provider.answer()
        opened = identities.sign_in(named.subject, named.second_factor, device(), at=clock.now())
    if not tried.ok:
        return redirect(url_for(".sign_in", next=wanted), 303)
    if opened.second_step:
        carry_to_second_step(opened.token)
        return redirect(url_for(".second_step", next=wanted), 303)
    carry(opened.token)
    session[SECOND_FACTOR_ELSEWHERE] = named.second_factor
    return redirect(wanted, 303)


@desk.post("/accounts/<int:user_id>/identity")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_link_identity(user_id: int) -> Response:
    """Note which user of the identity provider an account belongs to; none where the field is empty."""
    user, subject = account_or_404(user_id), request.form.get("subject", "")
    with refusals_to_flash() as tried:
        identities.link(current_actor(), user, subject, at=clock.now())
    if tried.ok:
        flash(f"“{user.name}”的统一身份认证用户已{'关联' if subject.strip() else '取消关联'}。", "success")
    return redirect(url_for(".accounts"), 303)
