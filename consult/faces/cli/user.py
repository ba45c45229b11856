"""``flask user``: accounts of staff."""

from __future__ import annotations

import sys
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from consult.accounts import passwords, service
from consult.accounts.errors import AccountRefused
from consult.accounts.models import Role, User
from consult.accounts.permissions import ROLE_NAMES, SYSTEM
from consult.clock import local, now
from consult.faces.cli.console import json_option, refusals, show
from consult.store import db

user_cli = AppGroup("user", help="Accounts of staff.")


@user_cli.command("create")
@click.option("--username", required=True)
@click.option("--name", required=True, help="The person's name, as colleagues see it.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--division", help="The unit; created when it is new. Drafters and moderators need one.")
@click.option("--password", help="Asked for at a terminal, else generated and printed.")
@json_option
@refusals
def create(username: str, name: str, role: str, division: str | None, password: str | None, as_json: bool) -> None:
    """Open an account."""
    chosen, generated = _password(password)
    user = service.create_user(
        SYSTEM, username=username, name=name, role=role, division=division, password=chosen, at=now()
    )
    document = _document(user)
    lines = f"已建立账号 {user.username}（{user.name}，{_unit(user)}）。"
    if generated:
        document["password"] = chosen
        lines += f"\n密码：{chosen}（只显示这一次）"
    show(document, lines, as_json)


@user_cli.command("password")
@click.argument("username")
@click.option("--password", help="Asked for at a terminal, else generated and printed.")
@json_option
@refusals
def change_password(username: str, password: str | None, as_json: bool) -> None:
    """Give an account another password."""
    user = _named(username)
    chosen, generated = _password(password)
    service.set_password(SYSTEM, user, chosen, at=now())
    document = _document(user) | ({"password": chosen} if generated else {})
    lines = f"已修改账号 {user.username} 的密码。" + (f"\n密码：{chosen}（只显示这一次）" if generated else "")
    show(document, lines, as_json)


@user_cli.command("deactivate")
@click.argument("username")
@json_option
@refusals
def deactivate(username: str, as_json: bool) -> None:
    """Close an account; what it did stays on record."""
    user = _named(username)
    service.deactivate(SYSTEM, user, at=now())
    show(_document(user), f"已停用账号 {user.username}。", as_json)


@user_cli.command("reactivate")
@click.argument("username")
@json_option
@refusals
def reactivate(username: str, as_json: bool) -> None:
    """Open a closed account again."""
    user = _named(username)
    service.reactivate(SYSTEM, user, at=now())
    show(_document(user), f"已重新启用账号 {user.username}。", as_json)


@user_cli.command("list")
@json_option
@refusals
def list_users(as_json: bool) -> None:
    """Print every account."""
    users = list(db.session.scalars(select(User).order_by(User.username)))
    lines = [
        f"{user.username}\t{user.name}\t{_unit(user)}\t{'在用' if user.active else '已停用'}\t"
        f"{local(user.created_at):%Y-%m-%d}"
        for user in users
    ]
    show({"users": [_document(user) for user in users]}, "\n".join(lines) or "还没有账号。", as_json)


def _password(given: str | None) -> tuple[str, bool]:
    """Return the password to use and whether it was generated here."""
    if given is not None:
        return given, False
    if not sys.stdin.isatty():
        return passwords.generate(), True
    return str(click.prompt("密码", hide_input=True, confirmation_prompt="再输一次", err=True)), False


def _named(username: str) -> User:
    user = db.session.scalar(select(User).where(User.username == username))
    if user is None:
        raise AccountRefused(f"没有用户名为“{username}”的账号。用 flask user list 查看全部账号。")
    return user


def _unit(user: User) -> str:
    return "，".join(filter(None, [ROLE_NAMES[user.role], user.division.name if user.division else ""]))


def _document(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.name,
        "role": user.role.value,
        "division": user.division.name if user.division else None,
        "active": user.active,
        "created_at": user.created_at.isoformat(),
    }
