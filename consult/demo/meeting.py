"""The demonstration's way to the meeting: postings, reviews, statements, papers, submission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from consult.accounts.permissions import Actor
from consult.app_context import rules
from consult.clock import local
from consult.consultees.models import Gathering
from consult.demo.papers import store_paper
from consult.drafting import postings
from consult.drafting.models import Consultation, DraftVersion, Medium
from consult.law.preconditions import unmet
from consult.law.reviews import Conclusion, ReviewKind
from consult.meeting import checks, flags, gate_states, overrides, service
from consult.review import service as review
from consult.review.models import StandardFinding
from consult.review.queries import newest_version
from consult.review.service import Findings, Paper

REVIEW_DAYS = 17
"""Days of the legality review."""
NOT_AFFECTED = {
    "market_activity": "本文件规范物业服务和燃气入户安检的公示、告知方式，不设置市场准入、经营条件和收费标准。",
    "enterprise_unrelated": "本文件只规定公示和告知的内容、时间，不增加企业经营义务，已经另一人核实。",
    "special_group": "本文件面向全体居民，不专门涉及某一特定群体的利益。",
}
"""Statements of what doesn't apply to the documents, with their reasons."""

AFFECTED = ("market_activity", "special_group", "public_interest")
"""What the document affects that is ready for the meeting."""


@dataclass(frozen=True)
class Staff:
    """The actors of the steps before the meeting."""

    drafter: Actor
    legal: Actor
    publisher: Actor


def post_notice(staff: Staff, consultation: Consultation, *, at: datetime) -> None:
    """Register that the notice was posted in new media on the day of its publication."""
    postings.add(
        staff.publisher,
        consultation,
        medium=Medium.NEW_MEDIA,
        account="演示市住建公众号",
        posted_on=local(at).date(),
        picture=store_paper("公众号发布情况.txt", consultation.title),
        at=at,
    )


def prepare(staff: Staff, consultation: Consultation, *, sent: datetime, experts: Gathering | None = None) -> None:
    """Record the reviews of the 送审稿, the statements and the papers.

    Arguments:
        sent: when the draft went to the legal division.
        experts: the expert argument, for a document that affects market activity and a special group.
    """
    version = newest_version(consultation)
    assert version is not None
    done = sent + timedelta(days=REVIEW_DAYS)
    if experts is None:
        _review_unaffected(staff, consultation, version, done)
        _state_not_affected(staff, consultation, done)
    else:
        _review_affected(staff, version, experts, done)
        for name in AFFECTED:
            flags.state_fact(staff.drafter, consultation, name, True, at=done)
    _review_legality(staff, consultation, version, sent, done)
    flags.state_fact(staff.legal, consultation, "disclosure", "public", at=done)
    for name, words in (("interpretation_plan", "解读方案"), ("interpretation_material", "解读材料")):
        paper = store_paper(f"{words}.txt", f"《{consultation.title}》{words}")
        flags.state_fact(staff.drafter, consultation, name, True, evidence=paper, at=done)


def _state_not_affected(staff: Staff, consultation: Consultation, done: datetime) -> None:
    for name, reason in NOT_AFFECTED.items():
        value = name == "enterprise_unrelated"
        fact = flags.state_fact(staff.legal, consultation, name, value, note=reason, at=done)
        flags.confirm_fact(staff.publisher, fact, at=done + timedelta(hours=1))


def _review_affected(staff: Staff, version: DraftVersion, experts: Gathering, done: datetime) -> None:
    """Record every review of a document that affects market activity, with its papers."""
    fair = Paper(store_paper("公平竞争审查表.txt", "经审查，符合公平竞争审查标准。"))
    clear = dict.fromkeys(rules().standards, StandardFinding.CLEAR.value)
    risk = Paper(store_paper("风险评估报告.txt", "风险等级为低，风险可控。"))
    argument = Paper(store_paper("专家论证意见汇总.txt", "与会专家一致认为方案可行。"))
    for who, kind, findings in (
        (staff.publisher, ReviewKind.FAIR_COMPETITION, Findings(Conclusion.CONFORMS, [fair], standards=clear)),
        (staff.legal, ReviewKind.RISK, Findings(Conclusion.CONTROLLABLE, [risk])),
        (staff.legal, ReviewKind.EXPERTS, Findings(Conclusion.SUPPORTED, [argument], hearing=experts)),
    ):
        review.record_whole(who, version, kind, findings, at=done)


def _review_legality(
    staff: Staff, consultation: Consultation, version: DraftVersion, sent: datetime, done: datetime
) -> None:
    named = review.rule_of(ReviewKind.LEGALITY).named(consultation.kind)
    opinion = Paper(store_paper(f"{named}意见书.txt", f"经审查，《{consultation.title}》（送审稿）合法。"))
    findings = Findings(Conclusion.LAWFUL, [opinion], returned_on=local(done).date())
    review.record_whole(staff.legal, version, ReviewKind.LEGALITY, findings, sent_on=local(sent).date(), at=done)


def _review_unaffected(staff: Staff, consultation: Consultation, version: DraftVersion, done: datetime) -> None:
    """Record why the other reviews don't apply to a document that affects no market activity."""
    for kind, why in (
        (ReviewKind.RISK, "实施本文件不会对社会稳定、公共安全等造成不利影响。"),
        (ReviewKind.EXPERTS, "本文件专业性、技术性不强，已听取社会各方面意见。"),
    ):
        review.record_whole(staff.legal, version, kind, Findings(Conclusion.NOT_APPLICABLE, note=why), at=done)


def leave_open(staff: Staff, consultation: Consultation, *, sent: datetime, today: datetime) -> None:
    """Stop half way: legality is asked for, an exception waits for approval, a paper was withdrawn today."""
    version = newest_version(consultation)
    assert version is not None
    review.ask(staff.drafter, version, ReviewKind.LEGALITY, sent_on=local(sent).date(), at=sent)
    material = store_paper("解读材料.txt", f"《{consultation.title}》解读材料")
    flags.state_fact(staff.drafter, consultation, "interpretation_material", True, evidence=material, at=sent)
    gate_states.update_states(consultation, checks.check(consultation, at=sent), at=sent)
    paper = store_paper("发布情况说明.txt", "公告在报纸和网站发布，公众号当时尚未开通。")
    reason = "公告发布时政务新媒体账号尚未开通，已通过报纸和网站发布。"
    asked = sent + timedelta(days=1)
    overrides.request_override(staff.legal, consultation, "plan-channels", reason, paper, at=asked)
    flags.state_fact(staff.drafter, consultation, "interpretation_material", False, note="解读材料需要修改。", at=today)
    gate_states.update_states(consultation, checks.check(consultation, at=today), at=today)


def submit(staff: Staff, consultation: Consultation, *, at: datetime) -> None:
    """Submit to the meeting; unmet preconditions get an approved exception with a paper."""
    for item in unmet(checks.check(consultation, at=at)):
        paper = store_paper("例外情形说明.txt", item.title, item.why)
        reason = f"演示：{item.title}的情形已经另附说明，请予批准。"
        overrides.request_override(staff.legal, consultation, item.id, reason, paper, at=at)
        overrides.approve(staff.publisher, consultation, item.id, at=at)
    service.submit(staff.legal, consultation, at=at)
