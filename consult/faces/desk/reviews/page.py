"""What the page of the reviews shows: each kind with its state, its acts, and the forms that the actor may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request

from consult import clock
from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, may
from consult.app_context import rules
from consult.consultees import hearings
from consult.consultees.models import GatheringKind
from consult.drafting.models import Consultation, Issuer
from consult.faces.desk.blueprint import current_actor
from consult.faces.desk.navigation import inside
from consult.faces.desk.reviews.typed import UPLOAD_ROWS, roles_of
from consult.intake import file_scans
from consult.law.reviews import Conclusion, ReviewFinding, ReviewKind, ReviewState
from consult.law.rule_rows import ConclusionRule, ReviewRule
from consult.review import fair_competition, material, queries, service
from consult.review.material import MaterialItem
from consult.review.models import Review, StandardFinding

TONES = {
    ReviewState.STANDS: "green",
    ReviewState.ASKED: "blue",
    ReviewState.PAUSED: "amber",
    ReviewState.MISSING: "plain",
}
STATE_WORDS = {
    ReviewState.MISSING: "尚未送审",
    ReviewState.ASKED: "审查中",
    ReviewState.PAUSED: "待补正",
    ReviewState.STANDS: "有效",
    ReviewState.LAPSED: "文稿已更换，待确认",
    ReviewState.CONFLICT: "结论不一致",
    ReviewState.BROKEN: "材料缺失",
}


@dataclass(frozen=True)
class ReviewLine:
    """One review as the page shows it, with what the actor may do on it."""

    review: Review
    conclusion: ConclusionRule | None
    is_current: bool
    is_paused: bool
    may_conclude: bool
    may_withdraw: bool
    may_confirm: bool
    lacking: str
    items: list[MaterialItem]


@dataclass(frozen=True)
class KindSection:
    """Everything about one kind of review."""

    kind: ReviewKind
    rule: ReviewRule
    name: str
    finding: ReviewFinding
    state: str
    tone: str
    lines: list[ReviewLine]
    conclusions: list[ConclusionRule]
    items: list[MaterialItem]
    why_not_reviewer: str

    @property
    def has_open(self) -> bool:
        """Whether a review of this kind on the newest version still waits for its conclusion."""
        return self.finding.state in (ReviewState.ASKED, ReviewState.PAUSED)


def page(consultation: Consultation, refusal: str = "", at_form: str = "") -> str:
    """Return the page; on a refusal with what was typed in the form ``at_form``."""
    at, actor = clock.now(), current_actor()
    sections = [_section(consultation, kind, actor, at) for kind in ReviewKind]
    digests = {paper.digest for section in sections for line in section.lines for paper in line.review.papers}
    return render_template(
        "desk/reviews/reviews.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        today=clock.local(at).date(),
        sections=sections,
        newest=queries.newest_version(consultation),
        versions=queries.reviewable(consultation),
        held_back=file_scans.held_back(digests),
        may_ask=may(actor, Act.ASK_REVIEW, consultation) and consultation.stage not in service.ENDED,
        standards=_standards(),
        StandardFinding=StandardFinding,
        exceptions=rules().exceptions,
        roles_of=roles_of,
        upload_rows=UPLOAD_ROWS,
        expert_meetings=[h for h in hearings.of(consultation) if h.kind is GatheringKind.EXPERT_ARGUMENT],
        by_government=consultation.issuer is Issuer.GOVERNMENT,
        by_several=consultation.issuer is Issuer.JOINT,
        typed=request.form if at_form else {},
        refusal=refusal,
        at_form=at_form,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {"CONFORMS": Conclusion.CONFORMS, "FAIR": ReviewKind.FAIR_COMPETITION, "EXPERTS": ReviewKind.EXPERTS}


def _standards() -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for row in rules().standards.values():
        groups.setdefault(row.group, []).append(row)
    return groups


def _section(consultation: Consultation, kind: ReviewKind, actor: Actor, at: datetime) -> KindSection:
    rule, finding = service.rule_of(kind), queries.finding(consultation, kind, at)
    lines = [
        _line(consultation, review, actor, at) for review in reversed(queries.of(consultation)) if review.kind is kind
    ]
    newest = queries.newest_version(consultation)
    stands = finding.state is ReviewState.STANDS
    return KindSection(
        kind=kind,
        rule=rule,
        name=rule.named(consultation.kind),
        finding=finding,
        state="未通过" if stands and not finding.passes else STATE_WORDS[finding.state],
        tone=TONES.get(finding.state, "seal") if finding.passes or not stands else "seal",
        lines=lines,
        conclusions=[row for row in rules().conclusions if row.review == kind.value],
        items=material.checklist(kind, newest, at) if newest is not None else [],
        why_not_reviewer=_why_not(actor, consultation, kind),
    )


def _why_not(actor: Actor, consultation: Consultation, kind: ReviewKind) -> str:
    if not may(actor, Act.CONCLUDE_REVIEW):
        return "您的账号不能登记审查结论。"
    try:
        service.check_reviewer(actor, consultation, kind)
    except Refused as refusal:
        return str(refusal)
    return ""


def _line(consultation: Consultation, review: Review, actor: Actor, at: datetime) -> ReviewLine:
    newest = queries.newest_version(consultation)
    is_current = newest is not None and review.version_digest == newest.file_digest
    withdrawn, ended = review.withdrawn_at is not None, consultation.stage in service.ENDED
    is_reviewer = not ended and not withdrawn and not _why_not(actor, consultation, review.kind)
    concluded = review.conclusion is not None
    return ReviewLine(
        review=review,
        conclusion=service.conclusion_rule(review.kind, review.conclusion) if review.conclusion is not None else None,
        is_current=is_current,
        is_paused=any(pause.until_on is None for pause in review.pauses),
        may_conclude=is_reviewer and not concluded,
        may_withdraw=not ended and not withdrawn and actor.id == (review.reviewer_id or review.asked_by_id),
        may_confirm=is_reviewer and concluded and not is_current,
        lacking=fair_competition.lacking(review) if concluded and not withdrawn else "",
        items=material.checklist(review.kind, review.version, at, review),
    )
