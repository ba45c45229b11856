"""``flask sender …``: keys for the systems that hand submissions over by the API."""

from __future__ import annotations

from typing import Any

import click

from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, choice_of, command_group, show
from consult.faces.cli.wording import local_iso
from consult.intake import api_senders
from consult.intake.models import Channel, TrustedSender

sender_cli = command_group("sender")


@sender_cli.command("create", help="为一个系统建立密钥，仅显示一次。")
@click.option("--name", required=True, help="系统的名称。")
@click.option("--channel", required=True, type=choice_of(Channel), help="渠道。")
@by_option
def create(name: str, channel: str, username: str | None, as_json: bool) -> None:
    """Admit a system and print its key, once."""
    sender, key = api_senders.admit(actor_named(username), name=name, channel=Channel(channel), at=now())
    show({**_document(sender), "key": key}, f"已建立：{sender.name}\n密钥：{key}（仅显示一次）", as_json)


@sender_cli.command("revoke", help="停用一个系统的密钥。")
@click.argument("name", help="系统的名称。")
@by_option
def revoke(name: str, username: str | None, as_json: bool) -> None:
    """Close a system's key."""
    sender = api_senders.revoke(actor_named(username), name, at=now())
    show(_document(sender), f"已停用：{sender.name}", as_json)


@sender_cli.command("list", help="列出有过密钥的系统。")
def list_all(as_json: bool) -> None:
    """List the systems that have or had a key."""
    senders = api_senders.everybody()
    lines = [f"{row.name}  {row.channel.label.words}  {'已停用' if row.revoked_at else '使用中'}" for row in senders]
    show({"senders": [_document(sender) for sender in senders]}, "\n".join(lines) or "尚无接口密钥。", as_json)


def _document(sender: TrustedSender) -> dict[str, Any]:
    return {
        "name": sender.name,
        "channel": sender.channel.value,
        "created_at": local_iso(sender.created_at),
        "revoked_at": local_iso(sender.revoked_at),
    }
