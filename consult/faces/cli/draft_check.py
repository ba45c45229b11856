"""`flask draft check` and `flask draft register`: the drafting check over a file, and the register behind it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from consult import clock
from consult.accounts.errors import Refused
from consult.app_context import rules
from consult.drafting import draft_check, instruments
from consult.faces.cli.console import actor_named, by_option, show
from consult.faces.cli.draft import citation_document, draft_cli, file_argument, read_draft, read_register
from consult.faces.draft_check_wording import by_severity
from consult.files import tables
from consult.law.rules import ENTERPRISE_RELATED
from consult.text.anchors import in_words
from consult.text.citations import Citations, find_citations
from consult.text.comparison.versions import compare
from consult.text.drafting_check import Finding, Severity, check_draft


@draft_cli.command("check", help="检查文稿；有必须改正之处的，退出码为 1。")
@click.argument("file", type=file_argument, help="文稿，.docx 或 .txt。")
@click.option("--kind", default="normative-document", show_default=True, help="文件类别，见规则。")
@click.option("--enterprise-related", is_flag=True, help="与市场主体生产经营活动密切相关。")
@click.option("--instruments", "csv_file", type=file_argument, help="文件清单，CSV 或 XLSX；不写的，用文件库。")
@click.option("--since", type=file_argument, help="前一稿，用于发现沿用旧条号的引用。")
def check(
    file: Path, kind: str, enterprise_related: bool, csv_file: Path | None, since: Path | None, as_json: bool
) -> None:
    """Check FILE the way a legal division does; exit 1 where something must be put right."""
    if kind not in rules().periods:
        raise Refused(f"没有“{kind}”这一类文件；可用的类别：{'、'.join(rules().periods)}。")
    draft = read_draft(file)
    known = read_register(csv_file) if csv_file is not None else instruments.register()
    today = clock.local(clock.now()).date()
    findings = check_draft(
        draft,
        known,
        draft_check.purpose_of(kind, enterprise_related, today),
        compare(read_draft(since), draft) if since is not None else None,
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
    if any(finding.severity is Severity.ERROR for finding in findings):
        sys.exit(1)


def _lines(findings: tuple[Finding, ...], cited: Citations, known: int) -> str:
    lines = (
        [] if known else ["文件库为空，引用的文件没有核对。请用 --instruments 指定清单，或者 flask draft register。"]
    )
    for severity, rows in by_severity(findings).items():
        lines.append(f"{severity.label.words}（{len(rows)}）")
        for finding in rows:
            place = f"第{finding.line}行　" if finding.line else ""
            lines.append(f"　{place}{finding.message}{f'（{finding.basis}）' if finding.basis else ''}")
    lines += [] if findings else ["未发现问题。"]
    lines.append(f"引用文件（{len(cited.citations)}）")
    for citation in cited.citations:
        hint = f"，是否应为《{citation.suggestion}》" if citation.suggestion else ""
        words = citation.status.label.words
        lines.append(f"　{in_words(citation.anchor)}：《{citation.name}》{'、'.join(citation.articles)}　{words}{hint}")
    return "\n".join(lines)


@draft_cli.command("register", help="把文件清单（CSV 或 XLSX）导入文件库，逐行报告。")
@click.argument("file", type=file_argument, help="文件清单，CSV 或 XLSX。")
@by_option
def register(file: Path, username: str | None, as_json: bool) -> None:
    """Take instruments from FILE (CSV or XLSX) into the register; every row is taken or reported."""
    taken = instruments.import_register(actor_named(username), tables.read(file.name, file), at=clock.now())
    document = {
        "file": str(file),
        "added": taken.added,
        "changed": taken.changed,
        "unchanged": taken.unchanged,
        "refused": [{"row": row, "reason": reason} for row, reason in taken.refused],
    }
    lines = [f"第{row}行未导入：{reason}" for row, reason in taken.refused]
    lines.append(
        f"新增{taken.added}行，更新{taken.changed}行，原已登记{taken.unchanged}行，未导入{len(taken.refused)}行。"
    )
    show(document, "\n".join(lines), as_json)
