"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import queries, sessions
from consult.accounts import second_step as second_steps
from consult.app_context import settings
from consult.faces import cookies
from consult.faces.cookies import device
from consult.faces.desk.accounts.passkey_site import passkey_site
from consult.faces.desk.accounts.sign_in_form import SignInForm
from consult.faces.desk.accounts.two_step_forms import SecondStepForm
from consult.faces.desk.blueprint import (
    SECOND_STEP,
    carry,
    carry_to_second_step,
    current_account,
    current_session,
    desk,
    refusals_to,
)
from consult.faces.guards import limiter


@desk.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Let a member of staff in, and on to the page that they asked for."""
    wanted = safe_return(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    form = SignInForm()
    passkeys = passkey_site() is not None
    if request.method == "GET":
        return render_template("desk/accounts/sign_in.html", form=form, passkeys=passkeys, wanted=wanted)
    if form.validate():
        with refusals_to(form) as tried:
            opened = sessions.sign_in(form.username.data or "", form.password.data or "", device(), at=clock.now())
        if tried.ok and opened.second_step:
            carry_to_second_step(opened.token)
            return redirect(url_for(".second_step", next=wanted), 303)
        if tried.ok:
            carry(opened.token)
            return redirect(wanted, 303)
    return render_template("desk/accounts/sign_in.html", form=form, passkeys=passkeys, wanted=wanted), 400


@desk.route("/sign-in/step", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
def second_step() -> str | Response | tuple[str, int]:
    """Ask who has given the right password for a code."""
    wanted, token = safe_return(request.args.get("next", "")), session.get(SECOND_STEP, "")
    waiting = second_steps.waiting(token, clock.now())
    if waiting is None:
        return redirect(url_for(".sign_in", next=wanted), 303)
    form, passkeys = SecondStepForm(), passkey_site() is not None and bool(queries.passkeys_of(waiting[1]))
    if not form.is_submitted():
        return render_template("desk/accounts/second_step.html", form=form, passkeys=passkeys, wanted=wanted)
    if form.validate():
        with refusals_to(form) as tried:
            opened = second_steps.finish_by_code(token, form.code.data or "", device(), at=clock.now())
        if tried.ok:
            carry(opened)
            return redirect(wanted, 303)
    return render_template("desk/accounts/second_step.html", form=form, passkeys=passkeys, wanted=wanted), 400


@desk.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    sessions.sign_out(current_session(), current_account(), at=clock.now())
    session.clear()
    flash("已退出登录。", "success")
    return cookies.signed_out(redirect(url_for("desk.sign_in"), 303))


def safe_return(target: str) -> str:
    """Return a path of this site's desk to go on to: what was asked for when it is one, else the desk's first page."""
    home = url_for("desk.home") if "desk.home" in current_app.view_functions else "/desk/"
    plain = target.isprintable() and "\\" not in target
    try:
        parts = urlsplit(target)
    except ValueError:
        return home
    local = not parts.scheme and not parts.netloc and parts.path.startswith("/desk") and not target.startswith("//")
    if not (plain and local) or parts.path.startswith(url_for("desk.sign_in")):
        return home
    return target
