"""``flask consultees …``: the register from a table, the invitations of a consultation, the reminders."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import Actor
from consult.clock import now
from consult.consultees import board, imports, invitations, listing, mailing, register
from consult.consultees.columns import FIELD_WORDS, Field
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Method
from consult.consultees.standing import UNINVITED
from consult.drafting.models import Consultation
from consult.faces.cli.console import actor_named, by_option, consultation_named, json_option, refusals, show
from consult.files import tables
from consult.store import db

consultees_cli = AppGroup("consultees", help="征求意见对象：导入名录、邀请、提醒。")

OUTCOME_WORDS = {
    imports.RowOutcome.TAKEN: "登记",
    imports.RowOutcome.CHANGED: "更新",
    imports.RowOutcome.ALREADY: "已经登记",
    imports.RowOutcome.REFUSED: "没有登记",
}
SHOWN = 30


def _mapping(_context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]) -> dict[Field, str]:
    """Read ``FIELD=COLUMN…``; an empty column says that the table has none."""
    told: dict[Field, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or field.strip() not in list(Field):
            known = "、".join(f"{field.value}（{words}）" for field, words in FIELD_WORDS.items())
            raise click.BadParameter(f"“{pair}”应当写成 字段=列名；字段有：{known}")
        told[Field(field.strip())] = column.strip()
    return told


@consultees_cli.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--map", "told", multiple=True, callback=_mapping, help="字段=列名，可以写多次。")
@click.option("--dry-run", is_flag=True, help="只检查，不登记。")
@by_option
@json_option
@refusals
def import_table(path: Path, told: dict[Field, str], dry_run: bool, username: str | None, as_json: bool) -> None:
    """Take a table of enterprises and associations into the register, and account for every row."""
    if not path.is_file():
        raise Refused(f"没有这个文件：{path}。请检查路径。")
    table = tables.read(path.name, path)
    columns = imports.open_table(table, told)
    work = imports.Import(table, columns, actor_named(username), now(), dry_run)
    accounts = list(imports.run(work))
    counts = Counter(account.outcome for account in accounts)
    refused = [account for account in accounts if account.outcome is imports.RowOutcome.REFUSED]
    document = {
        "file": path.name,
        "dry_run": dry_run,
        "mapping": {field.value: column for field, column in columns.items()},
        "rows": len(accounts),
        **{outcome.value: counts[outcome] for outcome in imports.RowOutcome},
        "account": [
            {"row": one.row, "outcome": one.outcome.value, "name": one.name, "reason": one.reason} for one in accounts
        ],
    }
    told_counts = "，".join(f"{words} {counts[outcome]} 行" for outcome, words in OUTCOME_WORDS.items())
    lines = ["列：" + "，".join(f"{FIELD_WORDS[field]} ← {column}" for field, column in columns.items())]
    lines.append(f"{'（只检查，没有登记）' if dry_run else ''}共 {len(accounts)} 行：{told_counts}。")
    told_rows = [one for one in accounts if one.reason and one.outcome is not imports.RowOutcome.CHANGED]
    lines += [f"  第 {one.row} 行 {one.name} {OUTCOME_WORDS[one.outcome]}：{one.reason}" for one in told_rows[:SHOWN]]
    if len(told_rows) > SHOWN:
        lines.append(f"  ……另有 {len(told_rows) - SHOWN} 行，用 --json 看全部。")
    show(document, "\n".join(lines), as_json)
    if refused and len(refused) == len(accounts):
        click.echo(f"没有登记任何一行：{refused[0].reason}（第 {refused[0].row} 行）。", err=True)
        sys.exit(1)


@consultees_cli.command("list")
@click.argument("slug", required=False)
@click.option("--find", "words", default="", help="名称里的字，或者统一社会信用代码。")
@click.option("--after", type=int, default=0, help="从这个编号之后列起。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@json_option
@refusals
def list_consultees(slug: str | None, words: str, after: int, limit: int, as_json: bool) -> None:
    """Print the register, or the board of consultation SLUG: where each on the list stands."""
    if slug is None:
        found = register.find(words=words, after=after, limit=limit)
        show({"consultees": [_described(one) for one in found]}, "\n".join(map(_line, found)) or "没有。", as_json)
        return
    consultation, at = consultation_named(slug), now()
    rows = [
        {
            **_described(place.consultee),
            "why": place.listed.why,
            "standing": place.standing.value if place.standing else None,
        }
        | _times(place.invitation)
        for place in board.every(consultation, at)
    ]
    lacking = listing.missing(consultation)
    lines = [f"{row['name']}\t{row['standing'] or '未邀请'}\t{row['why']}" for row in rows]
    lines.append("名单满足要求。" if not lacking else "名单还缺：" + "；".join(lacking))
    show({"consultation": slug, "consultees": rows, "lacks": list(lacking)}, "\n".join(lines), as_json)


@consultees_cli.command("invite")
@click.argument("slug")
@click.option("--propose", is_flag=True, help="只列出系统建议的名单和理由。")
@click.option("--take-proposal", is_flag=True, help="把建议的名单全部列入，再邀请。")
@click.option("--sector", multiple=True, help="行业门类（字母 A 到 T），可以写多次。")
@click.option("--region", default="", help="地区，从名称的开头比较。")
@click.option("--word", multiple=True, help="单位名称里的字。")
@click.option("--consultee", "wanted", multiple=True, help="名称、统一社会信用代码或编号；不在名单上的先列入。")
@click.option("--reason", default="", help="列入名单的理由。")
@click.option("--method", type=click.Choice([method.value for method in Method]), default=Method.MAIL.value)
@click.option("--last-day", type=click.DateTime(["%Y-%m-%d"]), help="答复的最后一天；不写的按规则数工作日。")
@by_option
@json_option
@refusals
def invite(
    slug: str,
    propose: bool,
    take_proposal: bool,
    sector: tuple[str, ...],
    region: str,
    word: tuple[str, ...],
    wanted: tuple[str, ...],
    reason: str,
    method: str,
    last_day: datetime | None,
    username: str | None,
    as_json: bool,
) -> None:
    """Propose whom to hear in SLUG, or invite those on its list (or those named) who aren't invited yet."""
    consultation, actor, at = consultation_named(slug), actor_named(username), now()
    if propose or take_proposal:
        proposals = listing.propose(
            consultation,
            listing.Wanted(tuple(s.upper() for s in sector), region, word or listing.subject_words(consultation)),
        )
        if propose:
            _show_proposal(consultation, proposals, as_json)
            return
        listing.add(actor, consultation, [(one.consultee, one.why) for one in proposals], at=at)
    chosen = [_named(words) for words in wanted]
    listing.add(actor, consultation, [(one, reason) for one in chosen], at=at)
    _invite(consultation, actor, chosen, Method(method), last_day.date() if last_day else None, at, as_json)


def _invite(
    consultation: Consultation,
    actor: Actor,
    chosen: list[Consultee],
    method: Method,
    last_day: date | None,
    at: datetime,
    as_json: bool,
) -> None:
    if not chosen:
        chosen = [place.consultee for place in board.every(consultation, at, only=UNINVITED)]
        if not chosen:
            raise Refused("名单上没有还没邀请的单位。请先列入名单：--propose 看建议，--consultee 指定。")
    made: list[dict[str, Any]] = []
    troubles: list[dict[str, Any]] = []
    for consultee in chosen:
        try:
            invitation = invitations.invite(actor, consultation, consultee, method=method, last_day=last_day, at=at)
            made.append({**_described(consultee), "invitation": invitation.id, "deadline": invitation.deadline_words})
        except Refused as refusal:
            troubles.append({**_described(consultee), "reason": str(refusal)})
    lines = [f"已邀请 {one['name']}：{one['deadline']}" for one in made]
    lines += [f"没有邀请 {one['name']}：{one['reason']}" for one in troubles]
    lacking = listing.missing(consultation)
    if lacking:
        lines.append("名单还缺：" + "；".join(lacking))
    document = {"consultation": consultation.slug, "invited": made, "refused": troubles, "lacks": list(lacking)}
    show(document, "\n".join(lines), as_json)
    if troubles and not made:
        click.echo(troubles[0]["reason"], err=True)
        sys.exit(1)


@consultees_cli.command("remind")
@by_option
@json_option
@refusals
def remind(username: str | None, as_json: bool) -> None:
    """Send the invitations by mail that wait and the reminders that are due, each once; exit 1 when one wasn't sent."""
    actor, at = actor_named(username), now()
    sent = mailing.send_waiting(at)
    reminded = mailing.remind(actor, at)
    document = {
        "invitations": [_sent(one) for one in sent],
        "reminders": [_sent(one) for one in reminded],
    }
    out, again = (sum(not one.trouble for one in group) for group in (sent, reminded))
    lines = [f"发出征求意见函 {out} 封，提醒 {again} 封。"]
    lines += [f"  {one.invitation.consultee.name}：{one.trouble}" for one in (*sent, *reminded) if one.trouble]
    show(document, "\n".join(lines), as_json)
    failed = [one for one in (*sent, *reminded) if one.trouble and one.invitation.email]
    if failed:
        names = "、".join(one.invitation.consultee.name for one in failed[:SHOWN])
        click.echo(f"有 {len(failed)} 封没有发出（{names}）：{failed[0].trouble}", err=True)
        sys.exit(1)


def _sent(one: mailing.Sent) -> dict[str, Any]:
    return {
        "consultation": one.invitation.consultation.slug,
        "consultee": one.invitation.consultee.name,
        "rule": one.rule,
        "sent": not one.trouble,
        "reason": one.trouble,
    }


def _show_proposal(consultation: Consultation, proposals: list[listing.Proposed], as_json: bool) -> None:
    lacking = listing.missing(consultation)
    document = {
        "consultation": consultation.slug,
        "proposed": [{**_described(one.consultee), "why": one.why} for one in proposals],
        "lacks": list(lacking),
    }
    lines = [f"{one.consultee.id}\t{one.consultee.name}\t{one.why}" for one in proposals] or ["名录里没有合适的单位。"]
    lines.append("名单满足要求。" if not lacking else "名单还缺：" + "；".join(lacking))
    show(document, "\n".join(lines), as_json)


def _named(words: str) -> Consultee:
    plain = words.strip()
    query = select(Consultee).where(Consultee.merged_into_id.is_(None))
    for condition in (
        Consultee.id == int(plain) if plain.isdecimal() and len(plain) < 18 else None,
        Consultee.credit_code == plain.upper(),
        Consultee.name == plain,
    ):
        found = list(db.session.scalars(query.where(condition).limit(2))) if condition is not None else []
        if len(found) > 1:
            raise Refused(f"名录里有几家“{plain}”，请用统一社会信用代码或者编号指定。")
        if found:
            return found[0]
    raise Refused(f"名录里没有“{plain}”。请核对，或者先导入。")


def _described(consultee: Consultee) -> dict[str, Any]:
    return {
        "id": consultee.id,
        "name": consultee.name,
        "kind": consultee.kind.value,
        "credit_code": consultee.credit_code,
        "size": consultee.size.value if consultee.size else None,
        "sector": consultee.sector,
        "region": consultee.region,
    }


def _times(invitation: Invitation | None) -> dict[str, Any]:
    if invitation is None:
        return {}
    return {"invitation": invitation.id, "answer_by": invitation.answer_by, "sent_at": invitation.sent_at}


def _line(consultee: Consultee) -> str:
    kind = {ConsulteeKind.ENTERPRISE: "企业", ConsulteeKind.ASSOCIATION: "行业协会商会"}.get(consultee.kind, "社会组织")
    return "\t".join([str(consultee.id), consultee.name, kind, consultee.credit_code or "", consultee.region])
