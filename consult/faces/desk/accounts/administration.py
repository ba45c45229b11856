"""Accounts and divisions, for who manages them; one's own password, for everybody."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import passwords, queries, sessions
from consult.accounts import service as accounts_service
from consult.accounts.models import Division, Role, User
from consult.accounts.permissions import Act
from consult.app_context import settings
from consult.faces.cookies import device
from consult.faces.desk.accounts.forms import AccountForm, DivisionForm, PasswordForm, RoleForm
from consult.faces.desk.blueprint import (
    allowed_to,
    carry,
    current_account,
    current_actor,
    desk,
    refusals_to,
    refusals_to_flash,
)
from consult.ledger.two_persons import passwords_given
from consult.store import db

Answer = str | Response | tuple[str, int]


@desk.get("/accounts")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts() -> str:
    """Show every account and division."""
    return _page()


@desk.post("/accounts")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_create() -> Answer:
    """Open an account with a made-up password, which is shown once on the answer and kept nowhere."""
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
            return _page(shown=(user, password, "已创建账号"))
    return _page(account=form), 400


@desk.post("/accounts/<int:user_id>/password")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_password(user_id: int) -> Answer:
    """Give an account another password, which is shown once."""
    user = account_or_404(user_id)
    password = passwords.generate()
    with refusals_to_flash() as tried:
        accounts_service.set_password(current_actor(), user, password, at=clock.now())
    return _page(shown=(user, password, "已重设密码")) if tried.ok else _back()


@desk.post("/accounts/<int:user_id>/role")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_role(user_id: int) -> Response:
    """Give an account another role or division; whoever is signed in with it is out at once."""
    user, form = account_or_404(user_id), RoleForm()
    with refusals_to_flash() as tried:
        accounts_service.change_role(
            current_actor(), user, form.role.data or "", division=form.division.data or None, at=clock.now()
        )
    if tried.ok:
        flash(f"“{user.name}”现在是{user.role.label.words}，须重新登录。", "success")
    return _back()


@desk.post("/accounts/<int:user_id>/deactivate")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_deactivate(user_id: int) -> Response:
    """Close an account; whoever is signed in with it is out at once."""
    user = account_or_404(user_id)
    with refusals_to_flash() as tried:
        accounts_service.deactivate(current_actor(), user, at=clock.now())
    if tried.ok:
        flash(f"“{user.name}”的账号已停用，操作记录予以保留。", "success")
    return _back()


@desk.post("/accounts/<int:user_id>/reactivate")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_reactivate(user_id: int) -> Response:
    """Open a closed account again."""
    user = account_or_404(user_id)
    with refusals_to_flash() as tried:
        accounts_service.reactivate(current_actor(), user, at=clock.now())
    if tried.ok:
        flash(f"“{user.name}”的账号已重新启用。", "success")
    return _back()


@desk.post("/accounts/divisions")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_add_division() -> Answer:
    """Add a division."""
    form = DivisionForm()
    with refusals_to(form) as tried:
        division = accounts_service.add_division(current_actor(), form.name.data or "", at=clock.now())
    if not tried.ok:
        return _page(division=form), 400
    flash(f"已增加“{division.name}”。", "success")
    return _back()


@desk.post("/accounts/divisions/<int:division_id>")
@allowed_to(Act.MANAGE_ACCOUNTS)
def accounts_rename_division(division_id: int) -> Response:
    """Give a division another name."""
    division = db.session.get(Division, division_id) or abort(404)
    with refusals_to_flash() as tried:
        accounts_service.rename_division(current_actor(), division, DivisionForm().name.data or "", at=clock.now())
    if tried.ok:
        flash("处室名称已改。", "success")
    return _back()


@desk.route("/password", methods=["GET", "POST"])
def password() -> Answer:
    """Let everybody change their own password; it ends all other sessions of the account."""
    form, given = PasswordForm(), passwords_given(current_account())
    if not form.is_submitted():
        return render_template("desk/accounts/password.html", form=form, given=given)
    if form.validate():
        with refusals_to(form) as tried:
            token = sessions.change_password(
                current_account(), form.present.data or "", form.fresh.data or "", device(), at=clock.now()
            )
        if tried.ok:
            carry(token)
            flash("密码已改。", "success")
            return redirect(url_for(".home"), 303)
    return render_template("desk/accounts/password.html", form=form, given=given), 400


def account_or_404(user_id: int) -> User:
    """Return the account of an id, or the page that there is none."""
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
        with_second_factor=queries.with_second_factor(),
        identities=queries.identities(settings().oidc_issuer),
        role_hints={role.value: role.label.hint for role in Role},
        roles=list(Role),
        **(context | more),
    )
