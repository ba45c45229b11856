"""``flask consultees …``: the register from a table, the invitations of a consultation, the reminders."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.accounts.permissions import Actor
from consult.clock import now
from consult.consultees import (
    board,
    confirmation,
    delivery,
    disagreements,
    groups,
    letters,
    queries,
    register,
    register_columns,
    register_import,
    reminders,
    selection,
)
from consult.consultees import service as hearing
from consult.consultees.deadlines import count_in_words
from consult.consultees.models import Consultee, Invitation, Method
from consult.consultees.register_columns import Field
from consult.consultees.status import UNINVITED, Standing, label_of
from consult.drafting.models import Consultation
from consult.faces.cli.console import (
    DayType,
    actor_named,
    by_option,
    choice_of,
    command_group,
    consultation_named,
    map_option,
    show,
    slug_argument,
)
from consult.faces.cli.import_report import named_lines
from consult.faces.row_ids import LARGEST
from consult.files import tables
from consult.meeting import yearly_ledger

consultees_cli = command_group("consultees")

SHOWN = 30


@consultees_cli.command("import", help="导入征求意见对象名录，逐行报告。")
@click.argument("path", type=click.Path(path_type=Path), help="名录表格，.xlsx 或 .csv。")
@map_option(Field, "字段=列名，可以写多次，同一字段也可以写多次。")
@click.option("--with-hidden", is_flag=True, help="连同隐藏、筛选掉的行。")
@click.option("--mend", is_flag=True, help="采用订正：代码中误写的字母 O、I 改为数字，邮箱中误写的标点改为点。")
@click.option("--dry-run", is_flag=True, help="只检查，不登记。")
@by_option
def import_table(
    path: Path,
    mapping: dict[Field, tuple[str, ...]],
    with_hidden: bool,
    mend: bool,
    dry_run: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Take a table of enterprises and associations into the register, and account for every row."""
    book = tables.read_book(path.name, path, register_columns.names_a_field)
    sheets = register_import.open_sheets(book, mapping, with_hidden=with_hidden)
    work = register_import.Import(sheets, actor_named(username), now(), dry_run, mend=mend)
    accounts = list(register_import.run(work))
    accounted = sheets.account(register_columns.hint)
    for account in accounts:
        account.account_to(accounted)
    accounted.cells.add(sheets.beside())
    counts = Counter(account.outcome for account in accounts)
    refused = [account for account in accounts if account.outcome is register_import.RowOutcome.REFUSED]
    document = {
        "file": path.name,
        "dry_run": dry_run,
        "mapping": register_columns.stored(sheets.columns),
        **{outcome.value: counts[outcome] for outcome in register_import.RowOutcome},
        **accounted.as_json(),
        "account": [
            {"row": each.row, "outcome": each.outcome.value, "name": each.name, "reason": each.reason}
            | ({"sheet": each.sheet} if each.sheet else {})
            for each in accounts
        ],
    }
    totals = "，".join(f"{outcome.label.words} {counts[outcome]} 行" for outcome in register_import.RowOutcome)
    columns = sheets.columns.items()
    lines = ["列：" + "，".join(f"{field.label.words} ← {'、'.join(names)}" for field, names in columns)]
    lines.append(f"{'（只检查，未登记）' if dry_run else ''}共 {len(accounts)} 行：{totals}。")
    remarks = [row for row in accounts if row.reason and row.outcome is not register_import.RowOutcome.LEFT]
    lines += [f"  {row.place} {row.name} {row.outcome.label.words}：{row.reason}" for row in remarks[:SHOWN]]
    if len(remarks) > SHOWN:
        lines.append(f"  ……另有 {len(remarks) - SHOWN} 行，用 --json 看全部。")
    for name, tally in accounted.tallies():
        lines += named_lines(name, tally, tally.named)
    show(document, "\n".join(lines), as_json)
    if refused and not set(counts) & {*register_import.ENTERED, register_import.RowOutcome.ALREADY}:
        click.echo(f"未登记任何一行：{refused[0].reason}（{refused[0].place}）。", err=True)
        sys.exit(1)


@consultees_cli.command("list", help="列出名录；写明 SLUG 的，列出其名单和办理情况。")
@click.argument("slug", required=False, help="征求意见的编号。")
@click.option("--find", "words", default="", help="名称关键词或者统一社会信用代码。")
@click.option("--after", type=click.IntRange(0, LARGEST), default=0, help="从这个编号之后列起。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="最多列出几家。")
def list_consultees(slug: str | None, words: str, after: int, limit: int, as_json: bool) -> None:
    """Print the register, or the list of consultation SLUG with the status of each consultee."""
    if slug is None:
        consultees = register.find(words=words, after=after, limit=limit)
        document = {"consultees": [_described(consultee) for consultee in consultees]}
        show(document, "\n".join(map(_line, consultees)) or "无此单位。", as_json)
        return
    consultation, at = consultation_named(slug), now()
    rows = [
        {
            **_described(place.consultee),
            "why": place.listed.why,
            "standing": place.standing.value if place.standing else None,
        }
        | _times(place.invitation)
        for place in board.all_places(consultation, at)
    ]
    lacking = selection.missing(consultation)
    lines = [f"{row['name']}\t{_standing_words(row['standing'])}\t{row['why']}" for row in rows]
    lines.append("名单满足要求。" if not lacking else "名单尚缺：" + "；".join(lacking))
    show({"consultation": slug, "consultees": rows, "lacks": list(lacking)}, "\n".join(lines), as_json)


@consultees_cli.command("invite", help="建议名单，或者向名单中尚未邀请的（或指定的）单位发函。")
@slug_argument
@click.option("--propose", is_flag=True, help="只列出系统建议的名单和理由。")
@click.option("--take-proposal", is_flag=True, help="按建议的名单全部列入并发函。")
@click.option("--sector", multiple=True, help="行业门类（字母 A 到 T），可以写多次。")
@click.option("--region", default="", help="地区，从名称的开头比较。")
@click.option("--word", multiple=True, help="单位名称中的字，可以写多次。")
@click.option("--consultee", "wanted", multiple=True, help="名称、统一社会信用代码或编号；不在名单上的先列入。")
@click.option("--group", "group", default="", help="常用名单的名称或编号；其中的单位都列入。")
@click.option("--reason", default="", help="列入名单的理由。")
@click.option("--method", type=choice_of(Method), default=Method.MAIL.value, help="发函方式。")
@click.option("--last-day", type=DayType(["%Y-%m-%d"]), help="答复截止日；不写的按规则数工作日。")
@click.option("--letter", "by_letter", is_flag=True, help="须按已拟好编号的征求意见函发出；没有拟函的，不发。")
@by_option
def invite(
    slug: str,
    propose: bool,
    take_proposal: bool,
    sector: tuple[str, ...],
    region: str,
    word: tuple[str, ...],
    wanted: tuple[str, ...],
    group: str,
    reason: str,
    method: str,
    last_day: datetime | None,
    by_letter: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Propose consultees for SLUG, or invite those on its list (or those named) who aren't invited yet."""
    consultation, actor, at = consultation_named(slug), actor_named(username), now()
    if by_letter and letters.current(consultation) is None:
        raise Refused("尚未拟征求意见函，请先用 flask consultees letter 拟函编号。")
    if propose or take_proposal:
        proposals = selection.propose(
            consultation,
            selection.Wanted(tuple(s.upper() for s in sector), region, word or selection.subject_words(consultation)),
        )
        if propose:
            _show_proposal(consultation, proposals, as_json)
            return
        hearing.add(actor, consultation, [(proposal.consultee, proposal.why) for proposal in proposals], at=at)
    chosen = [queries.named(words) for words in wanted]
    if group:
        saved = groups.named(actor, group)
        chosen += [consultee for consultee in groups.members(saved) if consultee not in chosen]
        reason = reason or f"常用名单“{saved.name}”"
    hearing.add(actor, consultation, [(consultee, reason) for consultee in chosen], at=at)
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
        chosen = [place.consultee for place in board.all_places(consultation, at, only=UNINVITED)]
        if not chosen:
            raise Refused("名单中无未邀请的单位。请先列入名单：--propose 看建议，--consultee 指定。")
    made: list[dict[str, Any]] = []
    troubles: list[dict[str, Any]] = []
    for consultee in chosen:
        try:
            invitation = hearing.invite(actor, consultation, consultee, method=method, last_day=last_day, at=at)
            official = letters.of_invitation(invitation)
            made.append(
                {
                    **_described(consultee),
                    "invitation": invitation.id,
                    "deadline": count_in_words(invitation),
                    "letter": official.number if official is not None else None,
                    "round": invitation.round,
                }
            )
        except Refused as refusal:
            troubles.append({**_described(consultee), "reason": str(refusal)})
    lines = [f"已邀请 {row['name']}：{row['deadline']}" for row in made]
    lines += [f"未邀请 {row['name']}：{row['reason']}" for row in troubles]
    lacking = selection.missing(consultation)
    if lacking:
        lines.append("名单尚缺：" + "；".join(lacking))
    document = {"consultation": consultation.slug, "invited": made, "refused": troubles, "lacks": list(lacking)}
    show(document, "\n".join(lines), as_json)
    if troubles and not made:
        click.echo(troubles[0]["reason"], err=True)
        sys.exit(1)


@consultees_cli.command("group", help="常用名单：列出；--save 保存，--retire 停用。")
@click.option("--save", "name", default="", help="按这个名称保存；同名的由新的替代。")
@click.option("--from", "slug", default="", help="取这一件征求意见的名单。")
@click.option("--consultee", "wanted", multiple=True, help="名称、统一社会信用代码或编号，可以写多次。")
@click.option("--retire", "retired", default="", help="停用的常用名单：名称或编号。")
@by_option
def group(name: str, slug: str, wanted: tuple[str, ...], retired: str, username: str | None, as_json: bool) -> None:
    """List the saved groups of consultees, save one from a list or from names, or retire one."""
    actor, at = actor_named(username), now()
    if name:
        chosen = [queries.named(words) for words in wanted]
        chosen += groups.listed(consultation_named(slug)) if slug else []
        groups.save(actor, name, chosen, at=at)
    if retired:
        groups.retire(actor, groups.named(actor, retired), at=at)
    rows, lines = [], []
    for row in groups.offered(actor):
        names = [consultee.name for consultee in groups.members(row)]
        division = row.division.name if row.division else None
        rows.append({"id": row.id, "name": row.name, "division": division, "consultees": names})
        lines.append(f"{row.id}\t{row.name}\t{len(names)} 家\t{'、'.join(names[:5])}")
    show({"groups": rows}, "\n".join(lines) or "没有常用名单。", as_json)


@consultees_cli.command("remind", help="发出待发的征求意见函和到期的提醒；有未发出的，退出码为 1。")
@by_option
def remind(username: str | None, as_json: bool) -> None:
    """Send waiting invitations and due reminders by mail, each once; exit 1 when one wasn't sent."""
    actor, at = actor_named(username), now()
    sent = delivery.send_waiting(at, insist=True)
    reminded = reminders.remind(actor, at, insist=True)
    document = {
        "invitations": [_sent(letter) for letter in sent],
        "reminders": [_sent(letter) for letter in reminded],
    }
    out, again = (sum(not letter.trouble for letter in batch) for batch in (sent, reminded))
    letters = (*sent, *reminded)
    lines = [f"发出征求意见函 {out} 封，提醒 {again} 封。"]
    lines += [f"  {letter.invitation.consultee.name}：{letter.trouble}" for letter in letters if letter.trouble]
    show(document, "\n".join(lines), as_json)
    failed = [letter for letter in letters if letter.trouble and letter.invitation.email]
    if failed:
        names = "、".join(letter.invitation.consultee.name for letter in failed[:SHOWN])
        click.echo(f"有 {len(failed)} 封未发出（{names}）：{failed[0].trouble}", err=True)
        sys.exit(1)


def _sent(letter: delivery.Sent) -> dict[str, Any]:
    return {
        "consultation": letter.invitation.consultation.slug,
        "consultee": letter.invitation.consultee.name,
        "rule": letter.rule,
        "sent": not letter.trouble,
        "reason": letter.trouble,
    }


@consultees_cli.command("ledger", help="写出某一年的涉企意见听取台账（XLSX）。")
@click.option("--year", type=int, required=True, help="公布征求意见的年份。")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="要写出的 XLSX 文件。")
@by_option
def write_ledger(year: int, out: Path, username: str | None, as_json: bool) -> None:
    """Write the ledger of a year (涉企意见听取台账): who was chosen, invited and heard how, and what became of it."""
    if not out.resolve().parent.is_dir():
        raise Refused(f"没有这个文件夹：{out.resolve().parent}。请先创建，或者换一个位置。")
    data = yearly_ledger.build(actor_named(username), year, at=now())
    out.write_bytes(data)
    document = {"year": year, "file": str(out), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    show(document, f"已写出{year}年涉企意见听取台账：{out}", as_json)


@consultees_cli.command("disagreement", help="登记与机关单位没有达成一致的问题和各方意见。")
@slug_argument
@click.option("--question", required=True, help="没有达成一致的问题。")
@click.option("--unit", "units", multiple=True, required=True, help="复函的来件编号，可以接“=意见”；可以写多次。")
@click.option("--ours", required=True, help="起草单位的意见。")
@click.option("--reason", required=True, help="理由。")
@click.option("--basis", required=True, help="依据。")
@by_option
def note_disagreement(
    slug: str,
    question: str,
    units: tuple[str, ...],
    ours: str,
    reason: str,
    basis: str,
    username: str | None,
    as_json: bool,
) -> None:
    """Note a question of SLUG on which no agreement was reached with units of government."""
    consultation = consultation_named(slug)
    held = {}
    for line in units:
        number, _, words = line.partition("=")
        held[confirmation.by_number(consultation, number)] = words
    noted = disagreements.note(
        actor_named(username), consultation, question, held, ours=ours, reason=reason, basis=basis, at=now()
    )
    show({"consultation": slug, "disagreement": noted.id}, f"已登记第{noted.id}号分歧意见。", as_json)


@consultees_cli.command("settle-disagreement", help="登记某一分歧意见经协商达成一致。")
@slug_argument
@click.argument("number", type=click.IntRange(1, 2**31 - 1), help="分歧意见的编号。")
@click.option("--how", required=True, help="协商一致的情况。")
@by_option
def settle_disagreement(slug: str, number: int, how: str, username: str | None, as_json: bool) -> None:
    """Note that agreement was reached on question NUMBER of SLUG after all."""
    consultation = consultation_named(slug)
    noted = disagreements.by_number(consultation, number)
    disagreements.settle(actor_named(username), consultation, noted, how, at=now())
    show(
        {"consultation": slug, "disagreement": number, "settled": True},
        f"第{number}号分歧意见已登记为协商一致。",
        as_json,
    )


def _show_proposal(consultation: Consultation, proposals: list[selection.Proposed], as_json: bool) -> None:
    lacking = selection.missing(consultation)
    document = {
        "consultation": consultation.slug,
        "proposed": [{**_described(proposal.consultee), "why": proposal.why} for proposal in proposals],
        "lacks": list(lacking),
    }
    lines = [f"{row.consultee.id}\t{row.consultee.name}\t{row.why}" for row in proposals] or ["名录中无合适单位。"]
    lines.append("名单满足要求。" if not lacking else "名单尚缺：" + "；".join(lacking))
    show(document, "\n".join(lines), as_json)


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
    kind = consultee.kind.label.words
    return "\t".join([str(consultee.id), consultee.name, kind, consultee.credit_code or "", consultee.region])


def _standing_words(standing: str | None) -> str:
    return label_of(Standing(standing) if standing else None).words
