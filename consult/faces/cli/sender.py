"""``flask sender …``: keys for the systems that hand submissions over by the API."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, json_option, refusals, show
from consult.faces.cli.words import CHANNEL_WORDS, local_iso
from consult.intake import senders
from consult.intake.models import Channel, TrustedSender

sender_cli = AppGroup("sender", help="接口密钥：给代收意见的系统（热线、新媒体平台等）。")


@sender_cli.command("create")
@click.option("--name", required=True, help="系统的名称。")
@click.option("--channel", required=True, type=click.Choice([channel.value for channel in Channel]), help="渠道。")
@by_option
@json_option
@refusals
def create(name: str, channel: str, username: str | None, as_json: bool) -> None:
    """Admit a system and print its key, once."""
    sender, key = senders.admit(actor_named(username), name=name, channel=Channel(channel), at=now())
    show({**_document(sender), "key": key}, f"已建立：{sender.name}\n密钥：{key}（只显示这一次）", as_json)


@sender_cli.command("revoke")
@click.argument("name")
@by_option
@json_option
@refusals
def revoke(name: str, username: str | None, as_json: bool) -> None:
    """Close a system's key."""
    sender = senders.revoke(actor_named(username), name, at=now())
    show(_document(sender), f"已停用：{sender.name}", as_json)


@sender_cli.command("list")
@json_option
@refusals
def list_all(as_json: bool) -> None:
    """List the systems that have or had a key."""
    found = senders.everybody()
    lines = [f"{one.name}  {CHANNEL_WORDS[one.channel]}  {'已停用' if one.revoked_at else '使用中'}" for one in found]
    show({"senders": [_document(one) for one in found]}, "\n".join(lines) or "还没有接口密钥。", as_json)


def _document(sender: TrustedSender) -> dict[str, Any]:
    return {
        "name": sender.name,
        "channel": sender.channel.value,
        "created_at": local_iso(sender.created_at),
        "revoked_at": local_iso(sender.revoked_at),
    }
