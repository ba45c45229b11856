"""``flask demo load``: fill an empty database with a consultation in every state."""

from __future__ import annotations

from typing import Any

from consult.clock import now
from consult.demo import demo_accounts
from consult.demo.scenario import LoadedDemo, load_demo
from consult.drafting.models import State
from consult.faces.cli.console import command_group, show
from consult.intake.receipts import Receipt

demo_cli = command_group("demo")

SHOWN_RECEIPTS = ("jia-zhuang-dian-ti", "lao-jiu-xiao-qu")
"""Consultations of which a receipt is printed, to look up."""


@demo_cli.command("load", help="向空数据库装入演示用的征求意见、账号和意见。")
def load(as_json: bool) -> None:
    """Fill an empty database with made-up consultations, accounts and opinions."""
    at = now()
    world = load_demo(at)
    consultations = [
        {"slug": slug, "title": each.title, "state": each.state(at).value} for slug, each in world.consultations.items()
    ]
    receipts = [_receipt(world.receipts[slug][0], slug) for slug in SHOWN_RECEIPTS]
    document = {
        "consultations": consultations,
        "submissions": sum(map(len, world.receipts.values())),
        "password": demo_accounts.PASSWORD,
        "accounts": [
            {"username": each.username, "role": each.role.value, "name": each.name} for each in demo_accounts.ACCOUNTS
        ],
        "receipts": receipts,
    }
    show(document, "" if as_json else _lines(world, document), as_json)


def _receipt(receipt: Receipt, slug: str) -> dict[str, str]:
    return {"consultation": slug, "number": receipt.number, "key": receipt.key}


def _lines(world: LoadedDemo, document: dict[str, Any]) -> str:
    states = [f"  {State.words_of(row['state'])}：{row['title']}" for row in document["consultations"]]
    accounts = [f"  {each.username:<10}{each.words}　{each.name}" for each in demo_accounts.ACCOUNTS]
    receipts = [f"  {row['number']}  {row['key']}（{row['consultation']}）" for row in document["receipts"]]
    return "\n".join(
        [
            f"已装入 {len(states)} 件征求意见、{document['submissions']} 件来件：",
            *states,
            f"演示账号（密码都是 {demo_accounts.PASSWORD}，只用于演示，不要用在正式环境）：",
            *accounts,
            "可以查询的回执（编号和查询码）：",
            *receipts,
        ]
    )
