"""``flask adoption …``: group what says the same; decisions out to a spreadsheet and back."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.adoption import (
    changes,
    concentration,
    concentration_standards,
    groups,
    placement,
    reason_library,
    spreadsheet,
    worklist,
)
from consult.adoption.changes import LISTS, ChangeLine, Changes
from consult.adoption.models import Outcome
from consult.adoption.worklist import GroupSummary
from consult.clock import now
from consult.drafting.queries import draft_of
from consult.faces.cli.console import (
    actor_named,
    by_option,
    choice_of,
    command_group,
    consultation_named,
    show,
    slug_argument,
)
from consult.files import tables
from consult.text.anchors import in_words
from consult.text.placing import Because

adoption_cli = command_group("adoption")

EVERY_GROUP = 1_000_000


@adoption_cli.command("group", help="逐条归并相同意见，列出各组，人数多的在前。")
@slug_argument
@click.option("--threshold", type=float, help="视为相同意见的相似度（0 到 1）；不写的，按规则。")
@by_option
def group(slug: str, threshold: float | None, username: str | None, as_json: bool) -> None:
    """Group opinions that say the same, provision by provision, and print the groups, largest first."""
    consultation = consultation_named(slug)
    groups.group(actor_named(username), consultation, threshold, at=now())
    label = draft_of(consultation).label_of
    lines = worklist.group_summaries(consultation.id, limit=EVERY_GROUP)
    facts = {"consultation": slug, "groups": [_facts(line, label(line.group.anchor)) for line in lines]}
    words = [
        f"{line.opinions} 条 {line.senders} 人{'　较为集中' if line.group.concentrated else ''}　"
        f"{label(line.group.anchor)}　{line.group.title}"
        for line in lines
    ]
    show(facts, "\n".join([f"归并为 {len(lines)} 组。", *words]), as_json)


def _facts(line: GroupSummary, place: str) -> dict[str, Any]:
    main, *_ = answers = line.outcome.answers
    members = [opinion for opinion in line.group.opinions if not opinion.withdrawn]
    return {
        "id": line.group.id,
        "anchor": line.group.anchor,
        "place": place,
        "title": line.group.title,
        "opinions": line.opinions,
        "senders": line.senders,
        "concentrated": line.group.concentrated,
        "outcome": main.outcome.value if main.outcome is not None else None,
        "parts": [
            {
                "outcome": answer.outcome.value if answer.outcome is not None else None,
                "reason": answer.reason,
                "opinions": answer.n,
            }
            for answer in answers
        ],
        "members": [opinion.id for opinion in members],
        "numbers": list(dict.fromkeys(opinion.submission.number for opinion in members)),
    }


@adoption_cli.command("concentration", help="查看、设定意见较为集中的标准；不写编号的，为部门标准。")
@click.argument("slug", required=False, help="征求意见的编号。")
@click.option("--senders", type=int, help="人数。")
@click.option("--share", type=int, default=0, help="占该条文提出人的百分比；不写的，不按比例。")
@click.option("--share-senders", type=int, default=5, show_default=True, help="按比例计算的最少人数。")
@click.option("--follow", is_flag=True, help="改按部门标准。")
@click.option("--reason", default="", help="设定的理由。")
@by_option
def show_concentration(
    slug: str | None,
    senders: int | None,
    share: int,
    share_senders: int,
    follow: bool,
    reason: str,
    username: str | None,
    as_json: bool,
) -> None:
    """Print from when opinions are concentrated, after setting it where numbers are given."""
    actor, consultation = actor_named(username), consultation_named(slug) if slug else None
    if senders is not None or follow:
        concentration_standards.set_standard(
            actor,
            consultation,
            senders=None if follow else senders,
            share=share,
            share_senders=share_senders,
            reason=reason,
            at=now(),
        )
    elif share:
        raise Refused("请同时用 --senders 写人数。")
    rule = concentration.in_force(consultation.id if consultation is not None else None)
    facts = {"senders": rule.senders, "share": rule.share, "share_senders": rule.share_senders}
    show({"consultation": slug, **facts}, f"较为集中的标准：{rule.words}。", as_json)


@adoption_cli.command("reasons", help="列出理由库；写明 --words 的，先存入一条。")
@click.option("--outcome", type=choice_of(Outcome), help="采纳情况。")
@click.option("--words", default="", help="理由，可用占位词 {条款}、{意见}、{部门}、{依据}。")
@click.option("--basis", default="", help="依据的文件名称和条文。")
@click.option("--shared", is_flag=True, help="各处室共用。")
@by_option
def show_reasons(
    outcome: str | None, words: str, basis: str, shared: bool, username: str | None, as_json: bool
) -> None:
    """Print the reasons that somebody can choose from, after adding one where its words are given."""
    actor = actor_named(username)
    if words:
        if outcome is None:
            raise Refused("请用 --outcome 写明采纳情况。")
        reason_library.add_template(actor, Outcome(outcome), words, basis, shared=shared, at=now())
    listed = reason_library.templates(actor)
    uses = reason_library.uses(listed)
    facts = [
        {
            "id": each.id,
            "outcome": each.outcome.value,
            "words": each.words,
            "basis": each.basis,
            "shared": each.division_id is None,
            "uses": uses.get(each.first_id, 0),
        }
        for each in listed
    ]
    lines = [f"{each.outcome.label.words}　使用 {uses.get(each.first_id, 0)} 次　{each.words}" for each in listed]
    show({"reasons": facts}, "\n".join([f"理由库 {len(listed)} 条。", *lines]), as_json)


@adoption_cli.command("changes", help="核对采纳的意见与后续文稿：采纳而未改、无人提出而改、所提条文已删去。")
@slug_argument
@click.option("--from", "since", type=int, help="对照的文稿序号；不写的，征求意见稿。")
@click.option("--to", "until", type=int, help="后续文稿的序号；不写的，最新一稿。")
@by_option
def show_changes(slug: str, since: int | None, until: int | None, username: str | None, as_json: bool) -> None:
    """Print what the decisions promised against what a later version says, provision by provision."""
    consultation = consultation_named(slug)
    listed = changes.changes(actor_named(username), consultation, since=since, until=until)
    facts = {"consultation": slug, "from": listed.old.number, "to": listed.new.number}
    show(
        facts | {name: [_line_facts(line) for line in getattr(listed, name)] for name in LISTS},
        "\n".join(_list_words(listed)),
        as_json,
    )


def _line_facts(line: ChangeLine) -> dict[str, Any]:
    return {
        "anchor": line.anchor,
        "new_anchor": line.new_anchor,
        "opinions": list(line.opinions),
        "outcome": line.outcome.value if line.outcome is not None else None,
        "possible": list(line.possible),
        "old": line.old,
        "new": line.new,
        "proposed": line.proposed,
    }


def _list_words(listed: Changes) -> Iterator[str]:
    for name, words in LISTS.items():
        lines: tuple[ChangeLine, ...] = getattr(listed, name)
        yield f"{words}：{len(lines)} 处。"
        for line in lines:
            place = in_words(line.anchor or line.new_anchor or "") or "整个草案"
            outcome = f"　{line.outcome.label.words}" if line.outcome is not None else ""
            yield f"　{place}　意见 {len(line.opinions)} 条{outcome}"


@adoption_cli.command("place", help="为针对整个草案的意见提出所属条文；加 --apply 的，来件人写明的随即归入。")
@slug_argument
@click.option(
    "--apply", is_flag=True, help="归入来件人写明条款、引用原文或者写明条旨的；文字相近的只列出，须人工确认。"
)
@by_option
def place(slug: str, apply: bool, username: str | None, as_json: bool) -> None:
    """Print a proposed provision for each opinion of SLUG on the whole draft, one line each."""
    consultation, actor = consultation_named(slug), actor_named(username)
    proposals = list(placement.proposals(actor, consultation))
    certain = {each.opinion.id: each.place.anchor for each in proposals if each.sure}
    facts = [_proposal_facts(each, apply) for each in proposals]  # before applying: the anchor as it was
    if apply and certain:
        placement.place_many(actor, consultation, certain, at=now())
    for fact in facts:
        reason = Because(fact["because"]).label.words
        words = f"{fact['number']}　意见 {fact['opinion']} → {in_words(fact['proposed'])}　{reason}"
        click.echo(json.dumps(fact, ensure_ascii=False) if as_json else words)
    if not as_json:
        done = f"，已归入 {len(certain)} 条" if apply else ""
        click.echo(f"提出所属条文 {len(facts)} 条{done}。")


def _proposal_facts(proposal: placement.Proposal, apply: bool) -> dict[str, Any]:
    return {
        "opinion": proposal.opinion.id,
        "number": proposal.opinion.submission.number,
        "anchor": proposal.opinion.anchor,
        "proposed": proposal.place.anchor,
        "because": proposal.place.because.value,
        "score": proposal.place.score,
        "words": proposal.place.words,
        "applied": apply and proposal.sure,
    }


@adoption_cli.command("export", help="导出意见和采纳情况，填写后可以导入。")
@slug_argument
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="写入的文件，.xlsx。")
@by_option
def export(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write the groups and opinions of SLUG with their decisions, to be filled in and imported again."""
    if out.suffix.lower() != ".xlsx":
        raise Refused(f"导出的是 Excel 表格，文件名要以 .xlsx 结尾：{out.name}")
    consultation = consultation_named(slug)
    written = spreadsheet.export_decisions(actor_named(username), consultation, out)
    show({"consultation": slug, "file": str(out), "rows": written}, f"{out}：{written} 条意见。", as_json)


@adoption_cli.command("import", help="导入填好的采纳情况（归并意见和成员），逐行报告。")
@click.argument("path", type=click.Path(path_type=Path), help="填好的表格，.xlsx。")
@click.option("--consultation", "slug", required=True, help="征求意见的编号。")
@by_option
@click.option("--review-by", "reviewer", help="复核人的用户名，不能是作出处理的人；不写的，等待复核。")
@click.option("--dry-run", is_flag=True, help="只核对并列出将导入的内容，不导入。")
def import_table(
    path: Path, slug: str, username: str | None, reviewer: str | None, dry_run: bool, as_json: bool
) -> None:
    """Take the decisions of a filled-in spreadsheet; every row is taken, unchanged, or reported with why.

    Leaves with 1 when rows were refused and none was taken.
    """
    author, second = actor_named(username), actor_named(reviewer) if reviewer else None
    if second is not None and second.id == author.id:
        raise Refused("复核人不能是作出处理的人，请用 --by 和 --review-by 写两个不同的账号。")
    consultation = consultation_named(slug)
    book = tables.read_book(path.name, path)
    if dry_run:
        taken = spreadsheet.preview_decisions(author, consultation, book, digest="").result
    else:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        taken = spreadsheet.import_decisions(author, consultation, book, at=now(), reviewer=second, digest=digest)
    facts = {"file": path.name, "consultation": slug, "dry_run": dry_run, **asdict(taken)}
    show(facts, "\n".join(_result_words(taken, dry_run)), as_json)
    if taken.refused and not taken.taken:
        first = taken.refused[0]
        click.echo(f"未导入任何一行：第 {first.row} 行，{first.reason}", err=True)
        sys.exit(1)


def _result_words(taken: spreadsheet.ImportResult, dry_run: bool) -> Iterator[str]:
    reviewed = "" if dry_run else f"（其中复核 {taken.reviewed}）"
    yield (
        f"{'将导入' if dry_run else '导入'} {taken.taken} 行{reviewed}，未改动 {taken.unchanged} 行，"
        f"未导入 {len(taken.refused)} 行。"
    )
    for row in taken.refused:
        sheet = f"工作表“{row.sheet}”" if row.sheet else ""
        yield f"{sheet}第 {row.row} 行（编号 {row.number or '空'}）：{row.reason}"
    for remark in taken.remarks:
        yield f"工作表“{remark.where}”：{remark.words}。"
    if taken.missing:
        yield f"导出时有、现在没有的 {taken.missing} 行：平台上的处理未变。"
