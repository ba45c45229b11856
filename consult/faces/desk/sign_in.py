"""Signing in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import service as accounts
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.forms.sign_in import SignInForm
from consult.faces.guards import limiter
from consult.ledger.service import record
from consult.settings import settings
from consult.store import transaction

KEPT_FROM_BEFORE = "_flashes"


@desk.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Let a member of staff in, and on to the page that they asked for."""
    wanted = safe_return(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(wanted, 303)
    form = SignInForm()
    if request.method == "GET":
        return render_template("desk/sign_in.html", form=form)
    if form.validate():
        with refusals_to(form) as tried:
            user = accounts.sign_in(
                form.username.data or "", form.password.data or "", request.remote_addr, at=clock.now()
            )
        if tried.ok:
            session.clear()  # nothing that a visitor's session held goes on into the account's
            session.permanent = True
            login_user(user)
            return redirect(wanted, 303)
    return render_template("desk/sign_in.html", form=form), 400


@desk.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    actor = current_actor()
    with transaction():
        record(actor, "account.sign_out", f"user:{current_user.username}", at=clock.now())
    logout_user()
    session.clear()
    flash("已退出登录。", "success")
    return redirect(url_for("desk.sign_in"), 303)


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
