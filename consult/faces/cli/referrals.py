"""``flask adoption hand-over`` and its kin: opinions passed on to other organisations (转办)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.adoption import referrals
from consult.adoption.models import Opinion, Referral, ReferralState
from consult.clock import local, now
from consult.faces.cli.adoption import adoption_cli
from consult.faces.cli.console import (
    ROW_ID,
    DayType,
    actor_named,
    by_option,
    choice_of,
    consultation_named,
    show,
    slug_argument,
)
from consult.intake import queries as submissions
from consult.intake.models import SubmissionPart
from consult.store import db

DAY = DayType(["%Y-%m-%d"])


@adoption_cli.command("hand-over", help="登记转办：意见，或者未形成意见的来件，转往其他单位办理。")
@slug_argument
@click.option("--opinion", "opinions", type=ROW_ID, multiple=True, help="意见的编号，可以重复。")
@click.option("--submission", help="未形成意见的来件的编号。")
@click.option("--to", "organisation", required=True, help="转往单位。")
@click.option("--on", "day", type=DAY, help="转办日期；不写的，为今天。")
@click.option("--number", default="", help="文号。")
@click.option("--remark", default="", help="转办说明，不得写个人信息。")
@click.option("--hidden", is_flag=True, help="不向来件人显示。")
@by_option
def hand_over(
    slug: str,
    opinions: tuple[int, ...],
    submission: str | None,
    organisation: str,
    day: datetime | None,
    number: str,
    remark: str,
    hidden: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Pass opinions of SLUG on, or the parts of a submission that has none."""
    consultation = consultation_named(slug)
    subjects: list[Opinion | SubmissionPart] = [_opinion(consultation.id, key) for key in opinions]
    if submission is not None:
        subjects += _parts(consultation.id, submission)
    made = referrals.refer(
        actor_named(username),
        subjects,
        organisation,
        at=now(),
        referred_on=_day(day),
        number=number,
        remark=remark,
        shown_to_sender=not hidden,
    )
    facts = {"consultation": slug, "to": organisation, "hand_overs": [each.id for each in made]}
    show(facts, f"已登记转{organisation}办理 {len(made)} 条。意见仍须作出处理。", as_json)


@adoption_cli.command("hand-overs", help="列出转办的意见，或者导出为表格。")
@slug_argument
@click.option("--state", type=choice_of(ReferralState), help="只列这一状态的。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写入的文件，.xlsx 或者 .csv。")
@by_option
def hand_overs(slug: str, state: str | None, out: Path | None, username: str | None, as_json: bool) -> None:
    """Print the referrals of SLUG, newest first, or write them to a file."""
    consultation, actor = consultation_named(slug), actor_named(username)
    if out is not None:
        n = referrals.export(actor, consultation, out)
        show({"consultation": slug, "file": str(out), "rows": n}, f"{out}：{n} 条。", as_json)
        return
    listed = referrals.listed(actor, consultation, ReferralState(state) if state else None)
    words = [f"{each.id}　{each.part.submission.number}　{referrals.in_short(each)}" for each in listed]
    show({"consultation": slug, "hand_overs": [_facts(each) for each in listed]}, "\n".join(words), as_json)


@adoption_cli.command("hand-over-answered", help="登记转往单位答复的日期。")
@slug_argument
@click.argument("key", type=ROW_ID, help="转办的序号。")
@click.option("--on", "day", type=DAY, help="答复日期；不写的，为今天。")
@by_option
def answered(slug: str, key: int, day: datetime | None, username: str | None, as_json: bool) -> None:
    """Note the answer to a referral of SLUG."""
    referral, at = _referral(consultation_named(slug).id, key), now()
    referrals.note_answer(actor_named(username), referral, _day(day) or local(at).date(), at=at)
    show(_facts(referral), "已登记答复日期。", as_json)


@adoption_cli.command("take-back-hand-over", help="撤回转办。")
@slug_argument
@click.argument("key", type=ROW_ID, help="转办的序号。")
@click.option("--reason", required=True, help="撤回的理由。")
@by_option
def take_back(slug: str, key: int, reason: str, username: str | None, as_json: bool) -> None:
    """Take a referral of SLUG back."""
    referral = _referral(consultation_named(slug).id, key)
    referrals.take_back(actor_named(username), referral, reason, at=now())
    show(_facts(referral), "已撤回转办，记录保留。", as_json)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment is not None else None


def _opinion(consultation_id: int, key: int) -> Opinion:
    opinion = db.session.get(Opinion, key)
    if opinion is None or opinion.consultation_id != consultation_id:
        raise Refused(f"这件征求意见里没有第 {key} 号意见。")
    return opinion


def _parts(consultation_id: int, number: str) -> list[SubmissionPart]:
    submission = submissions.by_number(number)
    if submission is None or submission.consultation_id != consultation_id:
        raise Refused(f"这件征求意见里没有编号为 {number} 的来件。")
    return submission.parts


def _referral(consultation_id: int, key: int) -> Referral:
    referral = db.session.get(Referral, key)
    if referral is None or referral.consultation_id != consultation_id:
        raise Refused(f"这件征求意见里没有第 {key} 号转办。")
    return referral


def _facts(referral: Referral) -> dict[str, Any]:
    return {
        "id": referral.id,
        "opinion": referral.opinion_id,
        "submission": referral.part.submission.number,
        "to": referral.organisation,
        "on": referral.referred_on.isoformat(),
        "number": referral.number,
        "remark": referral.remark,
        "state": referral.state.value,
        "answered_on": referral.answered_on.isoformat() if referral.answered_on is not None else None,
        "shown_to_sender": referral.shown_to_sender,
        "taken_back_reason": referral.taken_back_reason,
    }
