"""`flask report …`: compile, review, publish and build the feedback report."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from consult.accounts.errors import Refused
from consult.app_context import blobs
from consult.clock import now
from consult.faces.cli.console import (
    actor_named,
    by_option,
    choice_of,
    command_group,
    consultation_named,
    refuse,
    show,
    slug_argument,
)
from consult.files.feedback import WRITERS, FeedbackDocument
from consult.reporting import (
    private_decisions,
    private_finds,
    publication_check,
    report_document,
    report_files,
    report_verification,
    report_versions,
    service,
    signatures,
    way_out,
)
from consult.reporting.errors import PrivateDataFound
from consult.reporting.models import FeedbackReport, ReportState
from consult.reporting.report_verification import Verified
from consult.text.privacy.kinds import Kind

report_cli = command_group("report")


def _newest(slug: str) -> FeedbackReport:
    report = report_versions.newest(consultation_named(slug).id)
    if report is None:
        raise Refused(f"“{slug}”尚未编制反馈。请先运行 flask report compile {slug}。")
    return report


@report_cli.command("build", help="生成反馈的各种格式；尚未编制的，生成预览；已公布的，取出公布的文件和签名。")
@slug_argument
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="写入的文件夹。")
def build(slug: str, folder: Path, as_json: bool) -> None:
    """Write report.html, .docx, .pdf, .xlsx, .json and .csv of SLUG into a folder.

    The newest version is written; where none was compiled yet, a preview that says that it is one. Of a published
    version the files are the published ones, with their signature. Nothing is written while released words hold
    private data.
    """
    consultation = consultation_named(slug)
    report = report_versions.newest(consultation.id)
    try:
        if report is not None:
            way_out.check_version(report)
        document = report_document.document(report) if report is not None else report_document.preview(consultation)
    except PrivateDataFound as refusal:
        _refuse_private(refusal, slug, as_json)
        return
    folder.mkdir(parents=True, exist_ok=True)
    is_published = report is not None and report.state is ReportState.PUBLISHED
    files = _copy_published(report, folder) if report is not None and is_published else _write(document, folder)
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


def _refuse_private(refusal: PrivateDataFound, slug: str, as_json: bool) -> None:
    private = [
        {"where": way_out.where(find), "kind": find.datum.kind.value, "text": find.datum.text} for find in refusal.finds
    ]
    show({"consultation": slug, "private": private, "files": []}, "未写入任何文件。", as_json)
    refuse(str(refusal))


@report_cli.command("private", help="检查反馈中的疑似个人信息，并列出处理情况。")
@slug_argument
@by_option
def private(slug: str, username: str | None, as_json: bool) -> None:
    """Scan what the report of SLUG would print, and list what looks private with what was decided."""
    consultation = consultation_named(slug)
    private_finds.scan(actor_named(username), consultation)
    entries = private_finds.listed(consultation)
    facts = [
        {
            "kind": entry.kind.value,
            "text": entry.places[0].find.datum.text,
            "where": way_out.where(entry.places[0].find),
            "places": entry.n,
            "choice": entry.decision.choice.value if entry.decision is not None else None,
            "reason": entry.decision.reason if entry.decision is not None else "",
        }
        for entry in private_finds.with_places(consultation, entries)
    ]
    lines = [
        f"{entry.kind.label.words} {fact['text']}（{fact['where']}，共 {entry.n} 处）："
        f"{entry.decision.choice.label.words if entry.decision is not None else '未处理'}"
        for entry, fact in zip((entry for entry in entries if entry.places), facts, strict=True)
    ]
    show({"consultation": slug, "finds": facts}, "\n".join(lines) or "未发现疑似个人信息。", as_json)


@report_cli.command("mask", help="遮盖反馈中尚未处理的疑似个人信息。")
@slug_argument
@click.option(
    "--kind", "kinds", multiple=True, type=choice_of(Kind), help="只遮盖这一类，可写多次；不写的，各类均遮盖。"
)
@click.option("--dry-run", is_flag=True, help="只列出将要遮盖的，不作处理。")
@by_option
def mask(slug: str, kinds: tuple[str, ...], dry_run: bool, username: str | None, as_json: bool) -> None:
    """Mask what looks private in the report of SLUG, of all kinds or of some, where nobody has decided."""
    actor, consultation = actor_named(username), consultation_named(slug)
    chosen = [Kind(kind) for kind in kinds] or list(Kind)
    private_finds.scan(actor, consultation)
    waiting = private_finds.undecided(private_finds.listed(consultation), chosen)
    if not dry_run:
        private_finds.mask_kinds(actor, consultation, chosen, at=now(), seen=private_finds.seen_digest(waiting))
    counts = private_finds.by_kind(waiting)
    named = "、".join(f"{kind.label.words} {n} 个（{places} 处）" for kind, (n, places) in counts.items())
    facts = {kind.value: {"data": n, "places": places} for kind, (n, places) in counts.items()}
    words = f"{'将要遮盖' if dry_run else '已遮盖'}：{named}。" if named else "没有需要遮盖的疑似个人信息。"
    show({"consultation": slug, "masked": facts, "dry_run": dry_run}, words, as_json)


@report_cli.command("release", help="准予在反馈中公开一项信息，例如本单位的办公电话；须写明理由。")
@slug_argument
@click.option("--text", required=True, help="准予公开的信息。")
@click.option("--reason", required=True, help="准予公开的理由。")
@by_option
def release(slug: str, text: str, reason: str, username: str | None, as_json: bool) -> None:
    """Release what looks private in a text, wherever the report of SLUG has it."""
    actor, consultation = actor_named(username), consultation_named(slug)
    made = private_decisions.release_text(actor, consultation, text, reason=reason, at=now())
    words = f"准予公开 {len(made)} 项。" if made else "此前已准予公开。"
    show({"consultation": slug, "released": len(made)}, words, as_json)


def _write(document: FeedbackDocument, folder: Path) -> list[str]:
    layout = report_files.layout()
    paths = {folder / f"report.{extension}": write for extension, write in WRITERS.items()}
    for path, write in paths.items():
        with path.open("wb") as file:
            write(document, file, layout)
    return [str(path) for path in paths]


def _copy_published(report: FeedbackReport, folder: Path) -> list[str]:
    publication_check.require_unaltered(report)
    report_files.finish(report, at=now())
    paths = []
    for extension, digest in report.files.items():
        paths.append(folder / f"report.{extension}")
        with blobs().open(digest) as stored, paths[-1].open("wb") as file:
            shutil.copyfileobj(stored, file)
    paths.append(folder / f"report.{signatures.EXTENSION}")
    paths[-1].write_text(json.dumps(signatures.document(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [str(path) for path in paths]


@report_cli.command("verify", help="核对文件是否就是公布的反馈；签名文件可以离线核对。")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path), help="要核对的文件。"
)
@click.option("--signature", type=click.Path(dir_okay=False, path_type=Path), help="公布的签名 report.sig.json。")
@click.option("--key", default="", help="您从别处得到的公钥，几个用逗号隔开；不写的，认本机的公钥。")
def verify(files: tuple[Path, ...], signature: Path | None, key: str, as_json: bool) -> None:
    """Say of each file whether it is one of a published report: by the signature, offline, and by this site's record.

    Exit 1 when one isn't.
    """
    signed = report_verification.read_signature(signature) if signature is not None else None
    results = [report_verification.verify(path, signed, key) for path in files]
    document = [
        {"file": result.file, "valid": result.is_valid, "report": result.report, "version": result.version}
        | {"signature": result.signature, "record": result.record, "why": result.why}
        for result in results
    ]
    show({"files": document, "valid": all(result.is_valid for result in results)}, _words(results), as_json)
    if not all(result.is_valid for result in results):
        sys.exit(1)


def _words(results: list[Verified]) -> str:
    return "\n".join(f"{result.file}：{'相符' if result.is_valid else '不符'}。{result.why}" for result in results)


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
    report_files.finish(report, at=now())
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
    report_files.finish(report, at=now())
    _show(report, as_json)


def _show(report: FeedbackReport, as_json: bool) -> None:
    numbers = report_versions.unexplained(report)
    facts = {
        "consultation": report.consultation.slug,
        "version": report.version,
        "state": report.state.value,
        "digest": report.digest,
        "unexplained": numbers,
    }
    lines = [f"{report.snapshot['title']} 第{report.version}版：{report.state.label.words}"]
    if numbers:
        listed = "、".join(map(str, numbers[:10])) + (" 等" if len(numbers) > 10 else "")
        lines.append(f"采纳或者部分采纳而没有理由、看不出草案改了什么的有 {len(numbers):,} 条：第 {listed} 条")
    show(facts, "\n".join(lines), as_json)
