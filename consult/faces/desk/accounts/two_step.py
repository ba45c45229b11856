"""One's own second factor: setting an authenticator app up, recovery codes, giving it up; taking away a lost one."""

from __future__ import annotations

from typing import Any

import segno
from flask import flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import queries, second_factor, sessions
from consult.accounts.errors import AccountRefused
from consult.accounts.permissions import Act
from consult.app_context import settings
from consult.faces.cookies import device
from consult.faces.desk.accounts.administration import account_or_404
from consult.faces.desk.accounts.passkey_site import passkey_site
from consult.faces.desk.accounts.two_step_forms import EmailForm, PasskeyForm, PresentPasswordForm, TotpForm
from consult.faces.desk.blueprint import (
    allowed_to,
    carry,
    current_account,
    current_actor,
    desk,
    refusals_to,
    refusals_to_flash,
)
from consult.faces.guards import limiter
from consult.ledger.two_persons import factors_taken

Answer = str | Response | tuple[str, int]

limited = limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
"""These pages ask for the password: who found an open browser isn't to try many."""


@desk.get("/two-step")
def two_step() -> str:
    """Show how one's own account is protected beside its password."""
    return two_step_page()


@desk.route("/two-step/app", methods=["GET", "POST"])
@limited
def two_step_app() -> Answer:
    """Set an authenticator app up, or another; recovery codes are shown once, on the answer."""
    form, user = TotpForm(), current_account()
    if form.is_submitted() and form.validate():
        with refusals_to(form) as tried:
            codes = second_factor.set_up_totp(
                user, form.password.data or "", form.offer.data or "", form.code.data or "", at=clock.now()
            )
        if tried.ok:
            carry(sessions.begin(sessions.holder_of(user), device(), at=clock.now()))
            return show_codes(codes)
    offer = _still_good(form.offer.data or "") or second_factor.offer(user)
    form.offer.data = offer
    secret = second_factor.offered_secret(user, offer)
    page = render_template(
        "desk/accounts/two_step_app.html",
        form=form,
        due=second_factor.is_due(user),
        replaces=queries.totp_of(user) is not None,
        picture=segno.make(second_factor.address_of(user, secret), error="m", micro=False).svg_data_uri(
            scale=5, border=2, dark="#000", light="#fff"
        ),
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
    )
    return (page, 400) if form.is_submitted() else page


@desk.post("/two-step/codes")
@limited
def two_step_codes() -> Answer:
    """Make other recovery codes, which are shown once."""
    form, user = PresentPasswordForm(), current_account()
    if form.validate():
        with refusals_to(form) as tried:
            codes = second_factor.renew_recovery_codes(user, form.password.data or "", at=clock.now())
        if tried.ok:
            return show_codes(codes)
    return two_step_page(renewing=form), 400


@desk.post("/two-step/give-up")
@limited
def two_step_give_up() -> Answer:
    """Do without the second factor again."""
    form, user = PresentPasswordForm(), current_account()
    if form.validate():
        with refusals_to(form) as tried:
            second_factor.give_up(user, form.password.data or "", at=clock.now())
        if tried.ok:
            carry(sessions.begin(sessions.holder_of(user), device(), at=clock.now()))
            flash("两步验证已停用。", "success")
            return redirect(url_for(".two_step"), 303)
    return two_step_page(giving_up=form), 400


@desk.post("/two-step/email")
def two_step_email() -> Answer:
    """Note the address for notices of what others do to one's account."""
    form = EmailForm()
    if form.validate():
        with refusals_to(form) as tried:
            second_factor.set_email(current_account(), form.email.data or "", at=clock.now())
        if tried.ok:
            flash("通知邮箱已保存。", "success")
            return redirect(url_for(".two_step"), 303)
    return two_step_page(email=form), 400


@desk.post("/accounts/<int:user_id>/second-factor")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_take_factor(user_id: int) -> Response:
    """Take a lost second factor away from an account."""
    user = account_or_404(user_id)
    with refusals_to_flash() as tried:
        mailed = second_factor.take_away(current_actor(), user, at=clock.now())
    if tried.ok:
        how = "已发邮件通知本人。" if mailed else "本人没有登记通知邮箱或者邮件未发出，请当面告知。"
        flash(f"“{user.name}”的两步验证已解除。{how}", "success")
    return redirect(url_for(".accounts"), 303)


def _still_good(offer: str) -> str:
    try:
        second_factor.offered_secret(current_account(), offer)
    except AccountRefused:
        return ""
    return offer


def show_codes(codes: list[str]) -> str:
    """Show recovery codes, once."""
    return render_template("desk/accounts/recovery_codes.html", codes=codes)


def two_step_page(**tried: FlaskForm) -> str:
    """Show the state of one's own second factors, with the forms that were just refused."""
    user = current_account()
    forms: dict[str, Any] = {
        "renewing": PresentPasswordForm(formdata=None),
        "giving_up": PresentPasswordForm(formdata=None),
        "passkey": PasskeyForm(formdata=None),
        "removing": PresentPasswordForm(formdata=None),
        "email": EmailForm(formdata=None, data={"email": user.email or ""}),
    }
    return render_template(
        "desk/accounts/two_step.html",
        totp=queries.totp_of(user),
        passkeys=queries.passkeys_of(user),
        passkeys_work=passkey_site() is not None,
        codes_left=queries.recovery_codes_left(user),
        needed=user.role in settings().roles_with_second_factor(),
        taken=factors_taken(user),
        **(forms | tried),
    )
