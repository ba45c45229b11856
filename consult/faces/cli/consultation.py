"""``flask consultation …``: create, publish, extend, withdraw and show consultations from the console."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.accounts.permissions import SYSTEM
from consult.app_context import rules
from consult.clock import local, now
from consult.drafting import service as drafting
from consult.drafting import worklists
from consult.drafting.direct_publication import review_and_publish
from consult.drafting.models import Consultation, Issuer, State
from consult.drafting.publication import has_explanation
from consult.faces.cli.console import (
    DayType,
    actor_named,
    by_option,
    choice_of,
    consultation_named,
    show,
    slug_argument,
)
from consult.faces.cli.consultation_description import described
from consult.faces.cli.consultation_show import consultation_cli
from consult.faces.cli.wording import end_words, local_iso, moment_words
from consult.files import drafts

DAY = DayType(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"])


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


@consultation_cli.command("create", help="按文稿创建征求意见，输出编号。")
@click.option("--title", required=True, help="标题。")
@click.option("--kind", required=True, help="文件类别，见规则。")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="征求意见稿，.docx 或 .txt。")
@click.option("--explanation", "explanation", type=click.Path(path_type=Path), help="起草说明，.docx 或 .txt。")
@click.option("--enterprise-related", is_flag=True, help="与市场主体生产经营活动密切相关。")
@click.option(
    "--issuer",
    type=choice_of(Issuer),
    default=Issuer.DEPARTMENT.value,
    help="由谁出台：本部门、多个部门联合、人民政府或者人大。",
)
@click.option("--leading-unit", default="", help="多个部门联合出台的，牵头起草单位的名称。")
@click.option("--division", help="起草处室的名称；没有的，新建。")
@click.option("--slug", help="网址编号；不写的，按年份编号。")
@by_option
def create(
    title: str,
    kind: str,
    path: Path,
    explanation: Path | None,
    enterprise_related: bool,
    division: str | None,
    slug: str | None,
    username: str | None,
    as_json: bool,
    issuer: str,
    leading_unit: str,
) -> None:
    """Create a consultation from a draft file and print its slug."""
    actor = actor_named(username)
    _known_kind(kind)
    data = path.read_bytes()
    made = drafting.create(
        actor,
        title=title,
        kind=kind,
        file_name=path.name,
        data=data,
        at=now(),
        enterprise_related=enterprise_related,
        division=_division_name(division) if division else "",
        slug=slug,
        issuer=Issuer(issuer),
        leading_unit=leading_unit,
        explanation=drafts.read(explanation.name, explanation.read_bytes()).text if explanation is not None else "",
    )
    show(described(made, now()), made.slug, as_json)


def _known_kind(kind: str) -> None:
    """Refuse an unknown kind with the list of those that there are."""
    known = rules().periods
    if kind not in known:
        lines = "\n".join(f"  {row.id}  {row.name}" for row in known.values())
        raise Refused(f"没有“{kind}”这一类文件。可用的类别（--kind）：\n{lines}")


def _division_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Refused("处室名称应当有 1 到 80 个字。")
    return name


@consultation_cli.command("publish", help="审核并公布，即时或者定期。")
@slug_argument
@click.option("--from", "opens", type=DAY, help="公布日期，如 2026-12-01；不写的，即时公布。")
@click.option("--days", type=int, help="期限，自然日；不写的，为法定最短期限。")
@click.option("--reason", default="", help="期限短于法定最短期限的理由，随公告公布。")
@by_option
def publish(
    slug: str, opens: datetime | None, days: int | None, reason: str, username: str | None, as_json: bool
) -> None:
    """Review a consultation and release it, now or on a day."""
    actor = actor_named(username)
    consultation = consultation_named(slug)
    at = now()
    review_and_publish(actor, consultation, at=at, opens=_day(opens), days=days, reason=reason)
    if not has_explanation(consultation):
        click.echo("注意：没有起草说明。公布草案应当同时公布起草说明；没有起草说明的，不能提请审议。", err=True)
    verb = "已发布" if consultation.state(at) is State.OPEN else "已确定公布日期"
    words = (
        f"{verb}：{consultation.slug}\n"
        f"征求意见：{moment_words(consultation.opens_at)} 至 {end_words(consultation.closes_at)}\n"
        f"{consultation.period_words}\n依据：{consultation.period_basis}"
    )
    show(described(consultation, at), words, as_json)


@consultation_cli.command("extend", help="延长尚未届满的期限。")
@slug_argument
@click.option("--until", required=True, type=DAY, help="延长后的最后一日，如 2026-12-31。")
@click.option("--reason", required=True, help="延长的理由，向公众公开。")
@by_option
def extend(slug: str, until: datetime, reason: str, username: str | None, as_json: bool) -> None:
    """Extend a period that has not ended."""
    consultation = consultation_named(slug)
    actor = actor_named(username)
    drafting.extend_period(actor, consultation, last_day=until.date(), reason=reason, at=now())
    words = f"已延长：{consultation.slug} 征求意见至 {end_words(consultation.closes_at)}"
    show(described(consultation, now()), words, as_json)


@consultation_cli.command("withdraw", help="撤回征求意见，已收到的来件保留。")
@slug_argument
@click.option("--reason", required=True, help="撤回的理由，向公众公开。")
@by_option
def withdraw(slug: str, reason: str, username: str | None, as_json: bool) -> None:
    """Withdraw a consultation; what was sent stays."""
    consultation = consultation_named(slug)
    drafting.withdraw(actor_named(username), consultation, reason, at=now())
    show(described(consultation, now()), f"已撤回：{consultation.slug}", as_json)


@consultation_cli.command("list", help="列出征求意见，新的在前。")
@click.option("--state", type=choice_of(State), help="只列出这一状态的。")
def list_all(state: str | None, as_json: bool) -> None:
    """List consultations, newest first."""
    at = now()
    consultations = worklists.listing(SYSTEM, at, state=State(state) if state else None, limit=None)
    lines = [
        f"{consultation.slug}  {consultation.state(at).label.words}  {consultation.title}"
        + (f"  （至 {end_words(consultation.closes_at)}）" if consultation.closes_at else "")
        for consultation in consultations
    ]
    document = {"consultations": [_listed(consultation, at) for consultation in consultations]}
    show(document, "\n".join(lines) or "尚无征求意见。", as_json)


def _listed(consultation: Consultation, at: datetime) -> dict[str, Any]:
    return {
        "slug": consultation.slug,
        "title": consultation.title,
        "kind": consultation.kind,
        "state": consultation.state(at).value,
        "opens_at": local_iso(consultation.opens_at),
        "closes_at": local_iso(consultation.closes_at),
        "created_on": local(consultation.created_at).date().isoformat(),
    }
