"""`flask report …`: compile, review, publish and build the feedback report."""

from __future__ import annotations

from pathlib import Path

import click

from consult.accounts.errors import Refused
from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, command_group, consultation_named, show, slug_argument
from consult.files.feedback import RENDERERS, render
from consult.reporting import report_document, report_versions, service
from consult.reporting.models import FeedbackReport

report_cli = command_group("report")


def _newest(slug: str) -> FeedbackReport:
    report = report_versions.newest(consultation_named(slug).id)
    if report is None:
        raise Refused(f"“{slug}”尚未编制反馈。请先运行 flask report compile {slug}。")
    return report


@report_cli.command("build", help="生成反馈的各种格式；尚未编制的，生成预览。")
@slug_argument
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="写入的文件夹。")
def build(slug: str, folder: Path, as_json: bool) -> None:
    """Write report.html, .docx, .pdf, .xlsx and .json of SLUG into a folder.

    The newest version is written; where none was compiled yet, a preview that says that it is one.
    """
    consultation = consultation_named(slug)
    report = report_versions.newest(consultation.id)
    document = report_document.document(report) if report is not None else report_document.preview(consultation)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for extension in RENDERERS:
        path = folder / f"report.{extension}"
        path.write_bytes(render(document, extension))
        files.append(str(path))
    facts = {
        "consultation": slug,
        "version": document.version,
        "state": report.state.value if report is not None else "preview",
        "rows": len(document.rows),
        "figures": {figure.name: figure.n for figure in document.figures},
        "files": files,
    }
    words = report.state.label.words if report is not None else "预览"
    show(facts, "\n".join([f"{document.title}（{words}，{len(document.rows)} 条）", *files]), as_json)


@report_cli.command("compile", help="编制反馈并送审。")
@slug_argument
@click.option("--statement", default="", help="部门的说明，印在统计数字之前。")
@click.option("--correction", default="", help="更正已公布反馈的理由。")
@by_option
def compile_(slug: str, statement: str, correction: str, username: str | None, as_json: bool) -> None:
    """Compile the report of SLUG and send it for review."""
    actor = actor_named(username)
    consultation = consultation_named(slug)
    report = service.compile_report(actor, consultation, at=now(), statement=statement, correction_reason=correction)
    service.submit_for_review(actor, report, at=now())
    _show(report, as_json)


@report_cli.command("review", help="审核反馈；审核人不能是编制人。")
@slug_argument
@by_option
def review(slug: str, username: str | None, as_json: bool) -> None:
    """Confirm the report of SLUG; not by who compiled it."""
    report = _newest(slug)
    service.review(actor_named(username), report, at=now())
    _show(report, as_json)


@report_cli.command("publish", help="公布经他人审核的反馈。")
@slug_argument
@click.option("--by", "username", required=True, help="公布人的用户名。")
def publish(slug: str, username: str, as_json: bool) -> None:
    """Publish the report of SLUG, if another person reviewed it."""
    report = _newest(slug)
    service.publish(actor_named(username), report, at=now())
    _show(report, as_json)


def _show(report: FeedbackReport, as_json: bool) -> None:
    facts = {
        "consultation": report.consultation.slug,
        "version": report.version,
        "state": report.state.value,
        "digest": report.digest,
    }
    show(facts, f"{report.snapshot['title']} 第{report.version}版：{report.state.label.words}", as_json)
