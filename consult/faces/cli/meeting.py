"""`flask meeting …`: the preconditions of the deliberation meeting."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, consultation_named, json_option, refusals, show
from consult.law.preconditions import Check, CheckState
from consult.meeting import dossier, service

meeting_cli = AppGroup("meeting", help="The preconditions of the deliberation meeting.")

MARKS = {
    CheckState.MET: "已满足",
    CheckState.UNMET: "未满足",
    CheckState.NOT_APPLICABLE: "不适用",
    CheckState.OVERRIDDEN: "经批准放行",
}


@meeting_cli.command("check")
@click.argument("slug")
@json_option
@refusals
def check(slug: str, as_json: bool) -> None:
    """Print every precondition of SLUG: met or not, legal basis, evidence; exit 1 when one is unmet."""
    consultation = consultation_named(slug)
    checks = service.check(consultation, at=now())
    open_ = [item.id for item in checks if not item.passes]
    document = {
        "consultation": slug,
        "ready": not open_,
        "unmet": open_,
        "preconditions": [
            {
                "id": item.id,
                "title": item.title,
                "state": item.state.value,
                "met": item.passes,
                "why": item.why,
                "basis": item.basis,
                "next_step": item.next_step,
                "evidence": list(item.evidence),
            }
            for item in checks
        ],
    }
    show(document, "\n".join(_line(item) for item in checks), as_json)
    if open_:
        click.echo(f"还有 {len(open_)} 项前置条件没有满足，不能上会。", err=True)
        sys.exit(1)


def _line(item: Check) -> str:
    line = f"[{MARKS[item.state]}] {item.title}：{item.why}\n    依据：{item.basis}"
    return f"{line}\n    下一步：{item.next_step}" if item.next_step else line


@meeting_cli.command("dossier")
@click.argument("slug")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="ZIP file to write.")
@by_option
@json_option
@refusals
def write_dossier(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write the meeting's file of SLUG: checklist, drafts, opinions, consultees, responses, reviews, index."""
    data = dossier.build(actor_named(username), consultation_named(slug), at=now())
    out.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    show(
        {"file": str(out), "bytes": len(data), "sha256": digest}, f"已写出上会材料：{out}（SHA-256 {digest}）", as_json
    )


@meeting_cli.command("submit")
@click.argument("slug")
@by_option
@json_option
@refusals
def submit(slug: str, username: str | None, as_json: bool) -> None:
    """Mark SLUG as submitted to the meeting; refused while a precondition is unmet."""
    consultation = consultation_named(slug)
    service.submit(actor_named(username), consultation, at=now())
    show({"consultation": slug, "state": "submitted_to_meeting"}, f"{slug} 已提交上会。", as_json)
