"""``flask privacy``: terms of personal data, deletion when they are over, holds, requests."""

from __future__ import annotations

from dataclasses import asdict

import click

from consult.accounts.errors import Refused
from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, command_group, consultation_named, show, slug_argument
from consult.intake.queries import by_number
from consult.privacy import holds, requests, retention
from consult.privacy.models import PrivacyRequest
from consult.privacy.terms import terms

privacy_cli = command_group("privacy")

reason_option = click.option("--reason", required=True, help="理由。")


@privacy_cli.command("terms", help="列出各类个人信息的保存期限和依据。")
def list_terms(as_json: bool) -> None:
    """Print how long each kind of personal data is kept, on what basis, and what stays."""
    rows = terms().values()
    lines = [f"{row.name}：{row.starts}起{row.term}，到期删除，保留{row.kept}。依据：{row.cited}" for row in rows]
    show({"terms": [asdict(row) | {"term": row.term, "cited": row.cited} for row in rows]}, "\n".join(lines), as_json)


@privacy_cli.command("run", help="删除到期的个人信息；加 --dry-run 的，只统计，不删除。")
@click.option("--dry-run", is_flag=True, help="只统计，不删除。")
@by_option
def run(dry_run: bool, username: str | None, as_json: bool) -> None:
    """Delete personal data whose term is over, or count them."""
    done = retention.run(actor_named(username), at=now(), dry_run=dry_run)
    verb = "到期" if dry_run else "已删除"
    lines = [f"{row.name}：{verb} {done.deleted[id_]} 件" for id_, row in terms().items()]
    if not dry_run:
        lines.append(f"清除文件 {done.files} 个")
    if done.held:
        lines.append(f"{done.held} 件征求意见已到期，因复议、诉讼或者投诉暂停删除。")
    show(asdict(done) | {"dry_run": dry_run}, "\n".join([*lines, *done.refused]), as_json)


@privacy_cli.command("hold", help="一件征求意见有复议、诉讼或者投诉的，暂停删除其中的个人信息。")
@slug_argument
@reason_option
@by_option
def hold(slug: str, reason: str, username: str | None, as_json: bool) -> None:
    """Stop deletion for a consultation."""
    holds.place(actor_named(username), consultation_named(slug), reason, at=now())
    show({"consultation": slug, "held": True}, "已暂停删除。", as_json)


@privacy_cli.command("lift", help="恢复到期删除。")
@slug_argument
@reason_option
@by_option
def lift(slug: str, reason: str, username: str | None, as_json: bool) -> None:
    """Let deletion go on."""
    holds.lift(actor_named(username), consultation_named(slug), reason, at=now())
    show({"consultation": slug, "held": False}, "已恢复到期删除。", as_json)


@privacy_cli.command("erase", help="申请人以书面或者当面提出的，删除一件来件的姓名、联系方式和原始表单。")
@click.argument("number", help="来件的回执编号。")
@reason_option
@by_option
def erase(number: str, reason: str, username: str | None, as_json: bool) -> None:
    """Delete the personal data of the submission NUMBER, as its sender asked."""
    submission = by_number(number)
    if submission is None:
        raise Refused(f"没有回执编号为“{number[:40]}”的来件。")
    requests.erase(actor_named(username), submission, reason, at=now())
    show({"number": number, "erased": True}, f"来件 {number} 的姓名、联系方式和原始表单已删除。", as_json)


@privacy_cli.command("requests", help="列出待办理的更正、删除申请和办理期限。")
@by_option
def list_requests(username: str | None, as_json: bool) -> None:
    """Print the requests that wait for a decision, the most urgent first."""
    waiting = requests.undecided(actor_named(username))
    rows = [
        {
            "id": request.id,
            "submission": request.submission.number,
            "kind": request.kind.value,
            "state": request.state.value,
            "asked_at": request.asked_at.isoformat(),
            "provisional": request.due.provisional is not None,
            "due_on": request.due_day.isoformat() if request.due_day else None,
        }
        for request in waiting
    ]
    lines = [
        f"{request.id}\t{request.submission.number}\t{request.kind.label.words}\t{request.state.label.words}\t"
        f"{_due_words(request)}"
        for request in waiting
    ]
    show({"requests": rows}, "\n".join(lines) or "没有待办理的申请。", as_json)


def _due_words(request: PrivacyRequest) -> str:
    return f"{request.due_day} 前办理" + ("（暂定）" if request.due.provisional is not None else "")
