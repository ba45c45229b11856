"""Accounts and divisions, for who manages them; one's own password, for everybody."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import passwords, queries
from consult.accounts import service as accounts_service
from consult.accounts.errors import AccountRefused
from consult.accounts.models import Division, User
from consult.accounts.permissions import ROLE_NAMES, Act, require
from consult.faces.desk.blueprint import current_account, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.forms.accounts import ROLE_HINTS, AccountForm, DivisionForm, PasswordForm
from consult.store import db

Answer = str | Response | tuple[str, int]


@desk.get("/accounts")
def accounts() -> str:
    """Show every account and division."""
    require(current_actor(), Act.MANAGE_ACCOUNTS)
    return _page()


@desk.post("/accounts")
def accounts_create() -> Answer:
    """Open an account with a made-up password, which is shown once on the answer and kept nowhere."""
    require(current_actor(), Act.MANAGE_ACCOUNTS)
    form = AccountForm()
    if form.validate():
        password = passwords.generate()
        with refusals_to(form) as tried:
            user = accounts_service.create_user(
                current_actor(),
                username=form.username.data or "",
                name=form.name.data or "",
                role=form.role.data or "",
                division=form.division.data or None,
                password=password,
                at=clock.now(),
            )
        if tried.ok:
            return _page(shown=(user, password, "已建立账号"))
    return _page(account=form), 400


@desk.post("/accounts/<int:user_id>/password")
def accounts_password(user_id: int) -> Answer:
    """Give an account another password, which is shown once."""
    user = _user(user_id)
    password = passwords.generate()
    with refusals_to_flash() as tried:
        accounts_service.set_password(current_actor(), user, password, at=clock.now())
    return _page(shown=(user, password, "已重设密码")) if tried.ok else _back()


@desk.post("/accounts/<int:user_id>/deactivate")
def accounts_deactivate(user_id: int) -> Response:
    """Close an account; whoever is signed in with it is out at once."""
    user = _user(user_id)
    with refusals_to_flash() as tried:
        accounts_service.deactivate(current_actor(), user, at=clock.now())
    if tried.ok:
        flash(f"“{user.name}”的账号已停用，他做过的事都还在记录里。", "success")
    return _back()


@desk.post("/accounts/<int:user_id>/reactivate")
def accounts_reactivate(user_id: int) -> Response:
    """Open a closed account again."""
    user = _user(user_id)
    with refusals_to_flash() as tried:
        accounts_service.reactivate(current_actor(), user, at=clock.now())
    if tried.ok:
        flash(f"“{user.name}”的账号已重新启用。", "success")
    return _back()


@desk.post("/accounts/divisions")
def accounts_add_division() -> Answer:
    """Add a division."""
    require(current_actor(), Act.MANAGE_ACCOUNTS)
    form = DivisionForm()
    with refusals_to(form) as tried:
        division = accounts_service.add_division(current_actor(), form.name.data or "", at=clock.now())
    if not tried.ok:
        return _page(division=form), 400
    flash(f"已增加“{division.name}”。", "success")
    return _back()


@desk.post("/accounts/divisions/<int:division_id>")
def accounts_rename_division(division_id: int) -> Response:
    """Give a division another name."""
    require(current_actor(), Act.MANAGE_ACCOUNTS)
    division = db.session.get(Division, division_id) or abort(404)
    with refusals_to_flash() as tried:
        accounts_service.rename_division(current_actor(), division, DivisionForm().name.data or "", at=clock.now())
    if tried.ok:
        flash("处室名称已改。", "success")
    return _back()


@desk.route("/password", methods=["GET", "POST"])
def password() -> Answer:
    """Let everybody change their own password; it ends all other sessions of the account."""
    form = PasswordForm()
    if not form.is_submitted():
        return render_template("desk/accounts/password.html", form=form)
    if form.validate():
        with refusals_to(form) as tried:
            user = current_account()
            if not passwords.matches(user.password_hash, form.present.data or ""):
                raise AccountRefused("现在的密码不对，请核对。")
            accounts_service.set_password(current_actor(), user, form.fresh.data or "", at=clock.now())
        if tried.ok:
            login_user(user)
            flash("密码已改。", "success")
            return redirect(url_for(".home"), 303)
    return render_template("desk/accounts/password.html", form=form), 400


def _user(user_id: int) -> User:
    require(current_actor(), Act.MANAGE_ACCOUNTS)
    return db.session.get(User, user_id) or abort(404)


def _back() -> Response:
    return redirect(url_for(".accounts"), 303)


def _page(**more: Any) -> str:
    context: dict[str, Any] = {
        "account": AccountForm(formdata=None),
        "division": DivisionForm(formdata=None),
        "shown": None,
    }
    return render_template(
        "desk/accounts/accounts.html",
        users=queries.accounts(),
        divisions=queries.divisions(),
        last_sign_ins=queries.last_sign_ins(),
        role_names=ROLE_NAMES,
        role_hints={role.value: words for role, words in ROLE_HINTS.items()},
        **(context | more),
    )
