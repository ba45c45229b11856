"""``flask consultees responses`` and ``confirm``: what came back to the invitations, and what a person says it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.clock import now
from consult.consultees import confirmation, queries, reply_forms
from consult.consultees.models import Response
from consult.consultees.response_kinds import CONFIRMABLE, ResponseStanding
from consult.faces.cli.console import (
    DayType,
    actor_named,
    by_option,
    choice_of,
    consultation_named,
    show,
    slug_argument,
)
from consult.faces.cli.consultees import consultees_cli
from consult.faces.cli.papers import keep_file
from consult.intake import filled_forms
from consult.text.anchors import in_words


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


@consultees_cli.command(
    "import-reply", help="读入填好的意见反馈表（.docx、.xlsx、.pdf 等），逐条登记；确认后计入听取。"
)
@slug_argument
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), help="填好的意见反馈表。")
@click.option("--consultee", default="", help="哪一家的：名称、统一社会信用代码或编号；不写的按表上的单位名称。")
@click.option("--received", type=DayType(["%Y-%m-%d"]), help="收到的日期；不写的按今天计。")
@click.option("--dry-run", is_flag=True, help="只读，不登记。")
@by_option
def import_reply(
    slug: str,
    path: Path,
    consultee: str,
    received: datetime | None,
    dry_run: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Enter a reply form that came back to a letter of SLUG, opinion by opinion."""
    consultation, actor, at, file = consultation_named(slug), actor_named(username), now(), keep_file(path)
    form = reply_forms.read(file)
    if form is None:
        raise Refused(f"“{path.name}”不是填写过的意见反馈表，或者是没有文字的扫描件。")
    number, taken = None, filled_forms.placed(form, consultation)
    if not dry_run:
        invitation = queries.invitation_of(consultation, queries.named(consultee or form.to))
        day = received.date() if received is not None else None
        receipt, form, taken = reply_forms.enter(actor, invitation, file, received_on=day, at=at)
        number = receipt.number
    document = {
        "consultation": slug,
        "file": path.name,
        "number": number,
        "consultee": form.to,
        "no_opinion": form.no_opinion,
        "publish_name": form.publish,
        "opinions": [{"anchor": part.anchor, "content": part.content} for part in taken.parts],
        "answers": [{"question": answer.number, "content": answer.content} for answer in taken.answers],
        "left": list(taken.left),
    }
    lines = [f"{in_words(part.anchor)}\t{part.content}" for part in taken.parts]
    lines += [f"问题 {answer.number}\t{answer.content}" for answer in taken.answers]
    lines += [f"未读入：{words}" for words in taken.left]
    lines.append(f"已登记，编号 {number}，待确认。" if number else "只读，未登记。")
    show(document, "\n".join(lines), as_json)
