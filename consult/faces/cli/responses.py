"""``flask consultees responses`` and ``confirm``: what came back to the invitations, and what a person says it is."""

from __future__ import annotations

from typing import Any

import click

from consult.clock import now
from consult.consultees import confirmation
from consult.consultees.models import Response
from consult.consultees.response_kinds import CONFIRMABLE, ResponseStanding
from consult.faces.cli.console import actor_named, by_option, choice_of, consultation_named, show, slug_argument
from consult.faces.cli.consultees import consultees_cli


@consultees_cli.command("responses", help="列出复函：单位、方式、确认情况。")
@slug_argument
def list_responses(slug: str, as_json: bool) -> None:
    """Print each response of consultation SLUG: by whom, how it came, what it was confirmed to be."""
    rows = [_described(response) for response in confirmation.of(consultation_named(slug))]
    lines = [
        f"{row['number']}\t{row['consultee']}\t{row['way'].label.words}\t{row['standing'].label.words}"
        + (f"\t拟为{row['proposed_as'].label.words}：{'；'.join(row['because'])}" if _waits(row) else "")
        for row in rows
    ]
    show({"consultation": slug, "responses": rows}, "\n".join(lines) or "尚无复函。", as_json)


def _waits(row: dict[str, Any]) -> bool:
    return row["standing"] is ResponseStanding.PROPOSED and row["proposed_as"] is not None


@consultees_cli.command("confirm", help="确认一份复函的性质；只有意见和“无意见”计入已答复。")
@slug_argument
@click.argument("number", help="复函的回执编号。")
@click.option("--as", "as_", required=True, type=choice_of(CONFIRMABLE), help="复函的性质。")
@click.option("--replaces", help="更正的复函的回执编号。")
@click.option("--adds-to", help="补充的复函的回执编号。")
@by_option
def confirm(
    slug: str, number: str, as_: str, replaces: str | None, adds_to: str | None, username: str | None, as_json: bool
) -> None:
    """Say what the response NUMBER of consultation SLUG is; only an opinion and "no opinion" count as heard."""
    consultation, actor = consultation_named(slug), actor_named(username)
    response = confirmation.by_number(consultation, number)
    confirmation.confirm(
        actor,
        response,
        ResponseStanding(as_),
        replaces=confirmation.by_number(consultation, replaces) if replaces else None,
        adds_to=confirmation.by_number(consultation, adds_to) if adds_to else None,
        at=now(),
    )
    row = _described(response)
    show(row, f"{row['number']} {row['consultee']}：{row['standing'].label.words}", as_json)


def _described(response: Response) -> dict[str, Any]:
    return {
        "number": response.submission.number,
        "consultee": response.invitation.consultee.name,
        "way": response.way,
        "standing": response.standing,
        "confirmed_by": response.confirmed_by.username if response.confirmed_by is not None else None,
        "confirmed_at": response.confirmed_at,
        "replaces": response.replaces.submission.number if response.replaces is not None else None,
        "adds_to": response.adds_to.submission.number if response.adds_to is not None else None,
        "proposed_as": response.proposed_as,
        "because": response.because,
        "caller": {"name": response.caller_name, "phone": response.caller_phone, "at": response.called_at}
        if response.caller_name
        else None,
        "scan": bool(response.submission.attachments),
    }
