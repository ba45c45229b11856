"""`flask draft check` and `flask draft register`: the drafting check over a file, and the register behind it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from consult import clock
from consult.accounts.errors import Refused
from consult.drafting import checking, instruments
from consult.faces.checks import GROUPS, STANDING_WORDS, by_severity
from consult.faces.cli.console import actor_named, by_option, json_option, refusals, show
from consult.faces.cli.draft import citation_document, draft_cli, file_argument, read_or_leave, read_register
from consult.law.rules import ENTERPRISE_RELATED
from consult.settings import rules
from consult.text.anchors import in_words
from consult.text.citations import Cited, find_citations
from consult.text.comparison import compare
from consult.text.drafting_check import Finding, check_draft


@draft_cli.command("check")
@click.argument("file", type=file_argument)
@click.option("--kind", default="normative-document", show_default=True, help="Id of the kind of document.")
@click.option("--enterprise-related", is_flag=True, help="It is marked as closely tied to enterprises.")
@click.option("--instruments", "csv_file", type=file_argument, help="CSV or XLSX; by default the stored register.")
@click.option("--since", type=file_argument, help="The version before, to find articles cited by their old numbers.")
@json_option
@refusals
def check(
    file: Path, kind: str, enterprise_related: bool, csv_file: Path | None, since: Path | None, as_json: bool
) -> None:
    """Check FILE the way a legal division does; exit 1 where something must be put right."""
    if kind not in rules().periods:
        raise Refused(f"没有“{kind}”这一类文件；可用的类别：{'、'.join(rules().periods)}。")
    draft = read_or_leave(file)
    known = read_register(csv_file) if csv_file is not None else instruments.register()
    today = clock.local(clock.now()).date()
    findings = check_draft(
        draft,
        known,
        checking.purpose_of(kind, enterprise_related, today),
        compare(read_or_leave(since), draft) if since is not None else None,
    )
    cited = find_citations(draft, known, today)
    document = {
        "file": str(file),
        "kind": kind,
        "enterprise_related": enterprise_related or kind == ENTERPRISE_RELATED,
        "findings": [asdict(finding) for finding in findings],
        "citations": [citation_document(citation) for citation in cited.citations],
    }
    show(document, _lines(findings, cited, len(known)), as_json)
    if any(finding.severity is next(iter(GROUPS)) for finding in findings):
        sys.exit(1)


def _lines(findings: tuple[Finding, ...], cited: Cited, known: int) -> str:
    lines = (
        [] if known else ["文件库是空的，引用的文件没有核对。请用 --instruments 指定清单，或者 flask draft register。"]
    )
    for severity, rows in by_severity(findings).items():
        lines.append(f"{GROUPS[severity][0]}（{len(rows)}）")
        for one in rows:
            place = f"第{one.line}行　" if one.line else ""
            lines.append(f"　{place}{one.message}{f'（{one.basis}）' if one.basis else ''}")
    lines += [] if findings else ["没有发现问题。"]
    lines.append(f"引用文件（{len(cited.citations)}）")
    for citation in cited.citations:
        hint = f"，是否应为《{citation.suggestion}》" if citation.suggestion else ""
        words = STANDING_WORDS[citation.standing][0]
        lines.append(f"　{in_words(citation.anchor)}：《{citation.name}》{'、'.join(citation.articles)}　{words}{hint}")
    return "\n".join(lines)


@draft_cli.command("register")
@click.argument("file", type=file_argument)
@by_option
@json_option
@refusals
def register(file: Path, username: str | None, as_json: bool) -> None:
    """Take instruments from FILE (CSV or XLSX) into the register; every row is taken or reported."""
    taken = instruments.take(actor_named(username), file.name, file.read_bytes(), at=clock.now())
    document = {
        "file": str(file),
        "added": taken.added,
        "changed": taken.changed,
        "unchanged": taken.unchanged,
        "refused": [{"row": row, "reason": reason} for row, reason in taken.refused],
    }
    lines = [f"第{row}行没有取用：{reason}" for row, reason in taken.refused]
    lines.append(
        f"新增{taken.added}行，更新{taken.changed}行，原来就有{taken.unchanged}行，没有取用{len(taken.refused)}行。"
    )
    show(document, "\n".join(lines), as_json)
