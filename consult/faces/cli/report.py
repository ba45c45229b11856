"""`flask report …`: compile, review, publish and build the feedback report."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from consult.accounts.errors import Refused
from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, consultation_named, json_option, refusals, show
from consult.files.feedback import RENDERERS, render
from consult.reporting import printing, service, stored
from consult.reporting.models import FeedbackReport

report_cli = AppGroup("report", help="The feedback report of a consultation.")


def _newest(slug: str) -> FeedbackReport:
    report = stored.newest(consultation_named(slug).id)
    if report is None:
        raise Refused(f"“{slug}”还没有编制反馈。请先运行 flask report compile {slug}。")
    return report


@report_cli.command("build")
@click.argument("slug")
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@json_option
@refusals
def build(slug: str, folder: Path, as_json: bool) -> None:
    """Write report.html, .docx, .pdf, .xlsx and .json of SLUG into a folder.

    The newest version is written; where none was compiled yet, a preview that says that it is one.
    """
    consultation = consultation_named(slug)
    report = stored.newest(consultation.id)
    document = printing.document(report) if report is not None else printing.preview(consultation)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for extension in RENDERERS:
        path = folder / f"report.{extension}"
        path.write_bytes(render(document, extension))
        files.append(str(path))
    state = report.state.value if report is not None else "preview"
    facts = {
        "consultation": slug,
        "version": document.version,
        "state": state,
        "rows": len(document.rows),
        "figures": {figure.name: figure.n for figure in document.figures},
        "files": files,
    }
    show(facts, "\n".join([f"{document.title}（{state}，{len(document.rows)} 条）", *files]), as_json)


@report_cli.command("compile")
@click.argument("slug")
@click.option("--statement", default="", help="Words of the department, printed above the figures.")
@click.option("--correction", default="", help="Why a published report is corrected.")
@by_option
@json_option
@refusals
def compile_(slug: str, statement: str, correction: str, username: str | None, as_json: bool) -> None:
    """Compile the report of SLUG and send it for review."""
    actor = actor_named(username)
    consultation = consultation_named(slug)
    report = service.compile_report(actor, consultation, at=now(), statement=statement, correction_reason=correction)
    service.submit_for_review(actor, report, at=now())
    _show(report, as_json)


@report_cli.command("review")
@click.argument("slug")
@by_option
@json_option
@refusals
def review(slug: str, username: str | None, as_json: bool) -> None:
    """Confirm the report of SLUG; not by who compiled it."""
    report = _newest(slug)
    service.review(actor_named(username), report, at=now())
    _show(report, as_json)


@report_cli.command("publish")
@click.argument("slug")
@click.option("--by", "username", required=True, help="Username of the publisher.")
@json_option
@refusals
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
    show(facts, f"{report.snapshot['title']} 第{report.version}版：{report.state.value}", as_json)
