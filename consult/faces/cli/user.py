"""``flask user``: accounts of staff."""

from __future__ import annotations

import sys
from typing import Any

import click

from consult.accounts import passwords, queries, service
from consult.accounts.errors import AccountRefused
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM
from consult.clock import local, now
from consult.faces.cli.console import choice_of, command_group, show

user_cli = command_group("user")


@user_cli.command("create", help="创建账号。")
@click.option("--username", required=True, help="用户名。")
@click.option("--name", required=True, help="姓名。")
@click.option("--role", required=True, type=choice_of(Role), help="角色。")
@click.option("--division", help="处室，没有的即新建；起草处室和审核员必填。")
@click.option("--password", help="密码；不写的，在终端上询问，否则自动生成并显示。")
def create(username: str, name: str, role: str, division: str | None, password: str | None, as_json: bool) -> None:
    """Open an account."""
    chosen, generated = _password(password)
    user = service.create_user(
        SYSTEM, username=username, name=name, role=role, division=division, password=chosen, at=now()
    )
    document = _document(user)
    lines = f"已创建账号 {user.username}（{user.name}，{_unit(user)}）。"
    if generated:
        document["password"] = chosen
        lines += f"\n密码：{chosen}（仅显示一次）"
    show(document, lines, as_json)


@user_cli.command("password", help="修改账号的密码。")
@click.argument("username", help="用户名。")
@click.option("--password", help="密码；不写的，在终端上询问，否则自动生成并显示。")
def change_password(username: str, password: str | None, as_json: bool) -> None:
    """Give an account another password."""
    user = _named(username)
    chosen, generated = _password(password)
    service.set_password(SYSTEM, user, chosen, at=now())
    document = _document(user) | ({"password": chosen} if generated else {})
    lines = f"已修改账号 {user.username} 的密码。" + (f"\n密码：{chosen}（仅显示一次）" if generated else "")
    show(document, lines, as_json)


@user_cli.command("remove-second-factor", help="解除账号的两步验证。")
@click.argument("username", help="用户名。")
def remove_second_factor(username: str, as_json: bool) -> None:
    """Take a lost second factor away."""
    from consult.accounts import second_factor  # needs mail, which no other command of accounts does

    user = _named(username)
    second_factor.take_away(SYSTEM, user, at=now())
    show(_document(user), f"已解除账号 {user.username} 的两步验证。", as_json)


@user_cli.command("role", help="改账号的角色或处室；该账号须重新登录。")
@click.argument("username", help="用户名。")
@click.argument("role", type=choice_of(Role), help="角色。")
@click.option("--division", help="处室，没有的即新建；起草处室和审核员必填。")
def change_role(username: str, role: str, division: str | None, as_json: bool) -> None:
    """Give an account another role or division."""
    user = _named(username)
    service.change_role(SYSTEM, user, role, division=division, at=now())
    show(_document(user), f"账号 {user.username} 现在是{_unit(user)}。", as_json)


@user_cli.command("deactivate", help="停用账号；已有的记录保留。")
@click.argument("username", help="用户名。")
def deactivate(username: str, as_json: bool) -> None:
    """Close an account; what it did stays on record."""
    user = _named(username)
    service.deactivate(SYSTEM, user, at=now())
    show(_document(user), f"已停用账号 {user.username}。", as_json)


@user_cli.command("reactivate", help="重新启用账号。")
@click.argument("username", help="用户名。")
def reactivate(username: str, as_json: bool) -> None:
    """Open a closed account again."""
    user = _named(username)
    service.reactivate(SYSTEM, user, at=now())
    show(_document(user), f"已重新启用账号 {user.username}。", as_json)


@user_cli.command("list", help="列出全部账号。")
def list_users(as_json: bool) -> None:
    """Print every account."""
    users = sorted(queries.accounts(), key=lambda user: user.username)
    lines = [
        f"{user.username}\t{user.name}\t{_unit(user)}\t{'在用' if user.active else '已停用'}\t"
        f"{local(user.created_at):%Y-%m-%d}"
        for user in users
    ]
    show({"users": [_document(user) for user in users]}, "\n".join(lines) or "尚无账号。", as_json)


def _password(given: str | None) -> tuple[str, bool]:
    """Return the password to use and whether it was generated here."""
    if given is not None:
        return given, False
    if not sys.stdin.isatty():
        return passwords.generate(), True
    return str(click.prompt("密码", hide_input=True, confirmation_prompt="再输一次", err=True)), False


def _named(username: str) -> User:
    user = queries.by_username(username)
    if user is None:
        raise AccountRefused(f"没有用户名为“{username}”的账号。用 flask user list 查看全部账号。")
    return user


def _unit(user: User) -> str:
    return "，".join(filter(None, [user.role.label.words, user.division.name if user.division else ""]))


def _document(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.name,
        "role": user.role.value,
        "division": user.division.name if user.division else None,
        "active": user.active,
        "created_at": user.created_at.isoformat(),
    }
