"""``flask demo load``: fill an empty database with a consultation in every state."""

from __future__ import annotations

from typing import Any

from flask.cli import AppGroup

from consult.clock import now
from consult.faces.cli.console import json_option, refusals, show
from consult.faces.cli.demo_content import cast
from consult.faces.cli.demo_content.story import Told, tell
from consult.faces.cli.words import STATE_WORDS
from consult.intake.receipts import Receipt

demo_cli = AppGroup("demo", help="演示内容。")

SHOWN_RECEIPTS = ("jia-zhuang-dian-ti", "lao-jiu-xiao-qu")
"""Consultations of which a receipt is printed, to look up."""


@demo_cli.command("load")
@json_option
@refusals
def load(as_json: bool) -> None:
    """Fill an empty database with made-up consultations, accounts and opinions."""
    at = now()
    told = tell(at)
    consultations = [
        {"slug": slug, "title": one.title, "state": one.state(at).value} for slug, one in told.consultations.items()
    ]
    receipts = [_receipt(told.receipts[slug][0], slug) for slug in SHOWN_RECEIPTS]
    document = {
        "consultations": consultations,
        "submissions": sum(map(len, told.receipts.values())),
        "password": cast.PASSWORD,
        "accounts": [{"username": one.username, "role": one.role.value, "name": one.name} for one in cast.ACCOUNTS],
        "receipts": receipts,
    }
    show(document, "" if as_json else _lines(told, document), as_json)


def _receipt(receipt: Receipt, slug: str) -> dict[str, str]:
    return {"consultation": slug, "number": receipt.number, "key": receipt.key}


def _lines(told: Told, document: dict[str, Any]) -> str:
    states = [f"  {STATE_WORDS[one['state']]}：{one['title']}" for one in document["consultations"]]
    accounts = [f"  {one.username:<10}{one.words}　{one.name}" for one in cast.ACCOUNTS]
    receipts = [f"  {one['number']}  {one['key']}（{one['consultation']}）" for one in document["receipts"]]
    return "\n".join(
        [
            f"已装入 {len(states)} 件征求意见、{document['submissions']} 件来件：",
            *states,
            f"演示账号（密码都是 {cast.PASSWORD}，只用于演示，不要用在正式环境）：",
            *accounts,
            "可以查询的回执（编号和查询码）：",
            *receipts,
        ]
    )
