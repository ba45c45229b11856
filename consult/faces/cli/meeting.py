"""`flask meeting …`: the preconditions of the deliberation meeting."""

from __future__ import annotations

import hashlib
import sys
from datetime import datetime
from pathlib import Path

import click

from consult.clock import now
from consult.drafting.models import Stage
from consult.faces.cli.console import (
    DayType,
    actor_named,
    by_option,
    choice_of,
    command_group,
    consultation_named,
    show,
    slug_argument,
)
from consult.faces.cli.papers import keep_file
from consult.issuance import service as issuance
from consult.issuance.models import MeetingOutcome
from consult.issuance.service import Issue, Result
from consult.law.preconditions import Check
from consult.meeting import checks, meeting_file, overrides, service

meeting_cli = command_group("meeting")


@meeting_cli.command("check", help="逐项检查上会前置条件；有未满足的，退出码为 1。")
@slug_argument
def check(slug: str, as_json: bool) -> None:
    """Print every precondition of SLUG: met or not, legal basis, evidence; exit 1 when one is unmet."""
    consultation = consultation_named(slug)
    results = checks.check(consultation, at=now())
    open_ = [item.id for item in results if not item.passes]
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
            for item in results
        ],
    }
    show(document, "\n".join(_line(item) for item in results), as_json)
    if open_:
        click.echo(f"还有 {len(open_)} 项前置条件没有满足，不能上会。", err=True)
        sys.exit(1)


def _line(item: Check) -> str:
    line = f"[{item.state.label.words}] {item.title}：{item.why}\n    依据：{item.basis}"
    return f"{line}\n    下一步：{item.next_step}" if item.next_step else line


@meeting_cli.command("override", help="按例外情形报批一项前置条件，由另一人批准后计入。")
@slug_argument
@click.argument("precondition", help="前置条件的编号，见 flask meeting check。")
@click.option("--reason", required=True, help="理由，写成完整的一句话。")
@click.option("--document", type=click.Path(path_type=Path), help="证明材料。")
@click.option("--by", "username", required=True, help="报批人的账号。")
def ask_override(
    slug: str, precondition: str, reason: str, document: Path | None, username: str, as_json: bool
) -> None:
    """Ask that an unmet precondition be passed; it counts once another person has approved it."""
    consultation, actor = consultation_named(slug), actor_named(username)
    paper = keep_file(document) if document is not None else None
    made = overrides.request_override(actor, consultation, precondition, reason, paper, at=now())
    show(
        {"consultation": slug, "precondition": precondition, "id": made.id, "approved": False},
        f"已报批“{precondition}”，等待另一人批准。",
        as_json,
    )


@meeting_cli.command("approve-override", help="批准他人报批的例外情形。")
@slug_argument
@click.argument("precondition", help="前置条件的编号，见 flask meeting check。")
@click.option("--by", "username", required=True, help="批准人的账号。")
def approve_override(slug: str, precondition: str, username: str, as_json: bool) -> None:
    """Approve the override that another person asked for."""
    made = overrides.approve(actor_named(username), consultation_named(slug), precondition, at=now())
    show(
        {"consultation": slug, "precondition": precondition, "id": made.id, "approved": True},
        f"已批准“{precondition}”按例外情形处理。",
        as_json,
    )


@meeting_cli.command("result", help="登记会议结果，以会议纪要为准。")
@slug_argument
@click.option("--outcome", required=True, type=choice_of(MeetingOutcome), help="结果。")
@click.option("--on", "held_on", required=True, type=DayType(formats=["%Y-%m-%d"]), help="会议日期。")
@click.option("--meeting", "name", required=True, help="会议名称。")
@click.option("--minutes", required=True, type=click.Path(path_type=Path), help="会议纪要。")
@click.option("--changes", default="", help="会议要求修改的内容，或者暂缓、未通过的理由。")
@click.option("--differing", default="", help="不同意见。")
@click.option("--by", "username", required=True, help="登记人的账号。")
def record_result(
    slug: str,
    outcome: str,
    held_on: datetime,
    name: str,
    minutes: Path,
    changes: str,
    differing: str,
    username: str,
    as_json: bool,
) -> None:
    """Record what the meeting decided on SLUG, with its minutes."""
    result = Result(MeetingOutcome(outcome), held_on.date(), name, changes, differing)
    consultation = consultation_named(slug)
    made = issuance.record_result(actor_named(username), consultation, result, keep_file(minutes), at=now())
    facts = {"consultation": slug, "id": made.id, "outcome": outcome, "state": consultation.state(now()).value}
    show(facts, f"已登记：{made.outcome.label.words}。", as_json)


@meeting_cli.command("issue", help="登记印发：文号、日期、在何处公布。")
@slug_argument
@click.option("--number", required=True, help="发文字号。")
@click.option("--register-number", default="", help="统一登记号。")
@click.option("--on", "issued_on", required=True, type=DayType(formats=["%Y-%m-%d"]), help="印发日期。")
@click.option("--effective", required=True, type=DayType(formats=["%Y-%m-%d"]), help="施行日期。")
@click.option("--where", required=True, help="在何处公布。")
@click.option("--by", "username", required=True, help="登记人的账号。")
def issue(
    slug: str,
    number: str,
    register_number: str,
    issued_on: datetime,
    effective: datetime,
    where: str,
    username: str,
    as_json: bool,
) -> None:
    """Issue the document of SLUG; the text is the one that was uploaded as the issued one."""
    consultation = consultation_named(slug)
    facts = Issue(number, issued_on.date(), effective.date(), where, register_number)
    verb = issuance.complete if consultation.stage is Stage.PROMULGATED else issuance.issue
    made = verb(actor_named(username), consultation, facts, at=now())
    show({"consultation": slug, "number": made.document_number}, f"已登记印发：{made.document_number}。", as_json)


@meeting_cli.command("dossier", help="生成上会材料（ZIP）。")
@slug_argument
@click.option("--out", required=True, type=click.Path(path_type=Path), help="写入的 ZIP 文件。")
@by_option
def write_dossier(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write the meeting's file of SLUG: checklist, drafts, opinions, consultees, responses, reviews, index."""
    data = meeting_file.build(actor_named(username), consultation_named(slug), at=now())
    out.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    show(
        {"file": str(out), "bytes": len(data), "sha256": digest}, f"已写出上会材料：{out}（SHA-256 {digest}）", as_json
    )


@meeting_cli.command("submit", help="登记为已提请审议；前置条件未满足的，不予登记。")
@slug_argument
@by_option
def submit(slug: str, username: str | None, as_json: bool) -> None:
    """Mark SLUG as submitted to the meeting; refused while a precondition is unmet."""
    consultation = consultation_named(slug)
    service.submit(actor_named(username), consultation, at=now())
    show({"consultation": slug, "state": "submitted_to_meeting"}, f"{slug} 已提交上会。", as_json)
