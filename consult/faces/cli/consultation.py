"""``flask consultation …``: create, publish, extend, withdraw and show consultations from the console."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.accounts.service import division_named
from consult.clock import local, now
from consult.drafting import service as drafting
from consult.drafting.errors import SamePerson
from consult.drafting.models import Consultation, Stage, State
from consult.faces.cli.console import (
    actor_named,
    by_option,
    consultation_named,
    json_option,
    refusals,
    show,
)
from consult.faces.cli.describe import described, in_lines
from consult.faces.cli.words import STATE_WORDS, end_words, local_iso, moment_words
from consult.settings import rules
from consult.store import db, transaction

consultation_cli = AppGroup("consultation", help="征求意见：建立、发布、延长、撤回、查看。")

DAY = click.DateTime(["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"])


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


@consultation_cli.command("create")
@click.option("--title", required=True, help="标题。")
@click.option("--kind", required=True, help="文件类别，见规则。")
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="征求意见稿，.docx 或 .txt。")
@click.option("--enterprise-related", is_flag=True, help="与市场主体生产经营活动密切相关。")
@click.option("--division", help="起草处室的名称；没有就新建。")
@click.option("--slug", help="网址编号；不写就按年份编号。")
@by_option
@json_option
@refusals
def create(
    title: str,
    kind: str,
    path: Path,
    enterprise_related: bool,
    division: str | None,
    slug: str | None,
    username: str | None,
    as_json: bool,
) -> None:
    """Create a consultation from a draft file and print its slug."""
    actor = actor_named(username)
    _known_kind(kind)
    data = _read(path)
    with transaction():
        made = drafting.create(
            actor,
            title=title,
            kind=kind,
            file_name=path.name,
            data=data,
            at=now(),
            enterprise_related=enterprise_related,
            division_id=_division(division) if division else None,
            slug=slug,
        )
    show(described(made, now()), made.slug, as_json)


def _known_kind(kind: str) -> None:
    """Refuse an unknown kind with the list of those that there are."""
    known = rules().periods
    if kind not in known:
        lines = "\n".join(f"  {row.id}  {row.name}" for row in known.values())
        raise Refused(f"没有“{kind}”这一类文件。可用的类别（--kind）：\n{lines}")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise Refused(f"没有这个文件：{path}。请检查路径。")
    return path.read_bytes()


def _division(name: str) -> int:
    """Return the id of a division, made when there is none of that name: the operator sets the house up."""
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Refused("处室名称应当有 1 到 80 个字。")
    return division_named(name).id


@consultation_cli.command("publish")
@click.argument("slug")
@click.option("--from", "opens", type=DAY, help="公布日期，如 2026-12-01；不写就是现在。")
@click.option("--days", type=int, help="期限，自然日；不写就是法定最短期限。")
@click.option("--reason", default="", help="期限短于法定最短期限的理由，随公告公布。")
@by_option
@json_option
@refusals
def publish(
    slug: str, opens: datetime | None, days: int | None, reason: str, username: str | None, as_json: bool
) -> None:
    """Review a consultation and release it, now or on a day."""
    actor = actor_named(username)
    consultation = consultation_named(slug)
    _another_than_the_author(actor, consultation)
    at = now()
    with transaction():
        _send_for_review(actor, consultation, at)
        drafting.publish(actor, consultation, at=at, opens=_day(opens), days=days, reason=reason)
    verb = "已发布" if consultation.state(at) is State.OPEN else "已定期公布"
    words = (
        f"{verb}：{consultation.slug}\n"
        f"征求意见：{moment_words(consultation.opens_at)} 至 {end_words(consultation.closes_at)}\n"
        f"{consultation.period_words}\n依据：{consultation.period_basis}"
    )
    show(described(consultation, at), words, as_json)


def _another_than_the_author(actor: Actor, consultation: Consultation) -> None:
    require(actor, Act.PUBLISH_CONSULTATION, consultation)
    if actor.id is not None and actor.id == consultation.author_id:
        raise SamePerson("发布人不能是起草人本人，请用另一位信息发布员的账号（--by）。")


def _send_for_review(actor: Actor, consultation: Consultation, at: datetime) -> None:
    """Send a draft for review on the operator's behalf: recorded as the platform's act, not as the publisher's."""
    if consultation.stage is Stage.DRAFTING:
        drafting.submit_for_review(SYSTEM, consultation, at=at)


@consultation_cli.command("extend")
@click.argument("slug")
@click.option("--until", required=True, type=DAY, help="延长后的最后一日，如 2026-12-31。")
@click.option("--reason", required=True, help="延长的理由，公众会看到。")
@by_option
@json_option
@refusals
def extend(slug: str, until: datetime, reason: str, username: str | None, as_json: bool) -> None:
    """Extend a period that has not ended."""
    consultation = consultation_named(slug)
    actor = actor_named(username)
    drafting.extend_period(actor, consultation, last_day=until.date(), reason=reason, at=now())
    words = f"已延长：{consultation.slug} 征求意见至 {end_words(consultation.closes_at)}"
    show(described(consultation, now()), words, as_json)


@consultation_cli.command("withdraw")
@click.argument("slug")
@click.option("--reason", required=True, help="撤回的理由，公众会看到。")
@by_option
@json_option
@refusals
def withdraw(slug: str, reason: str, username: str | None, as_json: bool) -> None:
    """Withdraw a consultation; what was sent stays."""
    consultation = consultation_named(slug)
    drafting.withdraw(actor_named(username), consultation, reason, at=now())
    show(described(consultation, now()), f"已撤回：{consultation.slug}", as_json)


@consultation_cli.command("show")
@click.argument("slug")
@json_option
@refusals
def show_one(slug: str, as_json: bool) -> None:
    """Show state, period with its legal basis, and counts by channel and state."""
    document = described(consultation_named(slug), now())
    show(document, "" if as_json else in_lines(document), as_json)


@consultation_cli.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="只列这个状态的。")
@json_option
@refusals
def list_all(state: str | None, as_json: bool) -> None:
    """List consultations, newest first."""
    at = now()
    found = [
        one
        for one in db.session.scalars(select(Consultation).order_by(Consultation.id.desc()))
        if state is None or one.state(at).value == state
    ]
    lines = [
        f"{one.slug}  {STATE_WORDS[one.state(at)]}  {one.title}"
        + (f"  （至 {end_words(one.closes_at)}）" if one.closes_at else "")
        for one in found
    ]
    show({"consultations": [_listed(one, at) for one in found]}, "\n".join(lines) or "还没有征求意见。", as_json)


def _listed(one: Consultation, at: datetime) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "title": one.title,
        "kind": one.kind,
        "state": one.state(at).value,
        "opens_at": local_iso(one.opens_at),
        "closes_at": local_iso(one.closes_at),
        "created_on": local(one.created_at).date().isoformat(),
    }
