"""Passkeys: what a browser needs to make or use one, adding and removing one's own, signing in with one."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import passkeys, queries, second_step, sessions
from consult.accounts.passkeys import Challenge
from consult.app_context import settings
from consult.faces.cookies import device
from consult.faces.desk.accounts.passkey_site import passkey_site
from consult.faces.desk.accounts.sign_in import safe_return
from consult.faces.desk.accounts.two_step import limited, show_codes, two_step_page
from consult.faces.desk.accounts.two_step_forms import PasskeyAnswerForm, PasskeyForm, PresentPasswordForm
from consult.faces.desk.blueprint import (
    SECOND_STEP,
    carry,
    current_account,
    desk,
    refusals_to,
    refusals_to_flash,
)
from consult.faces.guards import limiter

Answer = str | Response | tuple[str, int]

CHALLENGE = "passkey_challenge"
"""Key in Flask's session of the challenge that this browser's next answer has to sign, with its moment."""
NEVER = datetime.fromtimestamp(0, UTC).isoformat()


@desk.get("/two-step/passkeys/options")
def passkey_new_options() -> FlaskResponse:
    """Give what the browser needs to make a passkey for one's own account."""
    site = passkey_site() or abort(404)
    return _json(passkeys.options_to_register(current_account(), site, _keep_challenge()))


@desk.post("/two-step/passkeys")
@limited
def passkey_add() -> Answer:
    """Add a passkey to one's own account; with the first second factor recovery codes are shown once."""
    form, site, user = PasskeyForm(), passkey_site() or abort(404), current_account()
    challenge = _kept_challenge()
    if form.validate():
        with refusals_to(form) as tried:
            codes = passkeys.register(
                user,
                form.password.data or "",
                form.name.data or "",
                form.answer.data or "",
                challenge,
                site,
                at=clock.now(),
            )
        if tried.ok:
            carry(sessions.begin(sessions.holder_of(user), device(), at=clock.now()))
            if codes:
                return show_codes(codes)
            flash("通行密钥已登记。", "success")
            return redirect(url_for(".two_step"), 303)
    return two_step_page(passkey=form), 400


@desk.post("/two-step/passkeys/<int:passkey_id>/remove")
@limited
def passkey_remove(passkey_id: int) -> Answer:
    """Remove one of one's own passkeys."""
    form, user = PresentPasswordForm(), current_account()
    passkey = next((key for key in queries.passkeys_of(user) if key.id == passkey_id), None) or abort(404)
    if form.validate():
        with refusals_to(form) as tried:
            passkeys.remove(user, passkey, form.password.data or "", at=clock.now())
        if tried.ok:
            carry(sessions.begin(sessions.holder_of(user), device(), at=clock.now()))
            flash("通行密钥已移除。", "success")
            return redirect(url_for(".two_step"), 303)
    return two_step_page(removing=form), 400


@desk.get("/sign-in/passkey/options")
@limiter.limit(lambda: settings().ratelimit_sign_in)
def passkey_options() -> FlaskResponse:
    """Give what the browser needs to use a passkey: one of the account whose second step waits, or any."""
    site = passkey_site() or abort(404)
    waiting = second_step.waiting(session.get(SECOND_STEP, ""), clock.now())
    return _json(passkeys.options_to_use(waiting[1] if waiting is not None else None, site, _keep_challenge()))


@desk.post("/sign-in/passkey")
@limiter.limit(lambda: settings().ratelimit_sign_in)
def sign_in_passkey() -> Response:
    """Sign in with a passkey: as the second step where one waits, else with it alone."""
    site, token = passkey_site() or abort(404), session.get(SECOND_STEP, "")
    wanted = safe_return(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    answer, challenge, now = PasskeyAnswerForm().answer.data or "", _kept_challenge(), clock.now()
    waiting = second_step.waiting(token, now) is not None
    with refusals_to_flash() as tried:
        if waiting:
            opened = passkeys.finish(token, answer, challenge, site, device(), at=now)
        else:
            opened = passkeys.sign_in(answer, challenge, site, device(), at=now)
    if not tried.ok:
        return redirect(url_for(".second_step" if waiting else ".sign_in", next=wanted), 303)
    carry(opened)
    return redirect(wanted, 303)


def _keep_challenge() -> Challenge:
    challenge = passkeys.new_challenge(clock.now())
    session[CHALLENGE] = [challenge.value.hex(), challenge.made_at.isoformat()]
    return challenge


def _kept_challenge() -> Challenge:
    """Return the challenge that this browser was given last, once; one that is over where there is none."""
    value, made_at = session.pop(CHALLENGE, None) or ("", NEVER)
    return Challenge(bytes.fromhex(value), datetime.fromisoformat(made_at))


def _json(options: str) -> FlaskResponse:
    return FlaskResponse(options, mimetype="application/json")
