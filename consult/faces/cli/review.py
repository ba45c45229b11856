"""``flask review …``: record reviews of a version of the draft with their papers; show which are still valid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.clock import now
from consult.consultees import hearings
from consult.consultees.models import Gathering
from consult.drafting.models import Consultation, DraftVersion
from consult.faces.cli.console import (
    DayType,
    actor_named,
    choice_of,
    command_group,
    consultation_named,
    show,
    slug_argument,
)
from consult.faces.cli.papers import keep_file
from consult.law.reviews import Conclusion, ReviewKind
from consult.review import queries, service
from consult.review.models import PaperRole, Review
from consult.review.service import Findings, Paper

review_cli = command_group("review")

DAY = DayType(formats=["%Y-%m-%d"])


@review_cli.command("record", help="登记对一稿的审查结论；角色、材料、日期不齐的，不予登记。")
@slug_argument
@click.option("--kind", required=True, type=choice_of(ReviewKind), help="审查种类。")
@click.option("--conclusion", required=True, help=f"结论：{'、'.join(Conclusion)}。")
@click.option("--by", "username", required=True, help="作出结论的账号。")
@click.option(
    "--document", "documents", multiple=True, type=click.Path(path_type=Path), help="审查意见等原件，可多次。"
)
@click.option("--sent", "sent", type=DAY, help="送审日期。")
@click.option("--returned", "returned", type=DAY, help="退回日期。")
@click.option("--version", "number", type=int, help="稿次；默认为最新的送审稿。")
@click.option("--note", default="", help="说明。")
@click.option("--article", default="", help="例外规定所适用的项。")
@click.option("--until", "until", type=DAY, help="例外规定的实施期限。")
@click.option("--end-condition", default="", help="例外规定的终止条件。")
@click.option("--alternatives", default="", help="对公平竞争影响更小的替代方案的衡量情况。")
@click.option("--meeting", "hearing_id", type=int, help="专家论证会的编号。")
@click.option("--early-reason", default="", help="征求意见期满前送审的理由。")
@click.option("--early-document", "early", multiple=True, type=click.Path(path_type=Path), help="提前送审的证明材料。")
def record(
    slug: str,
    kind: str,
    conclusion: str,
    username: str,
    documents: tuple[Path, ...],
    sent: datetime | None,
    returned: datetime | None,
    number: int | None,
    hearing_id: int | None,
    early: tuple[Path, ...],
    early_reason: str,
    until: datetime | None,
    as_json: bool,
    **words: Any,
) -> None:
    """Record the conclusion of a review of one version; refused where a role, paper or date is missing."""
    consultation = consultation_named(slug)
    review_kind = ReviewKind(kind)
    if conclusion not in list(Conclusion):
        raise Refused(f"没有“{conclusion}”这一结论。可用的结论：{'、'.join(Conclusion)}。")
    role = PaperRole.EXPERT_OPINION if review_kind is ReviewKind.EXPERTS else PaperRole.OPINION
    findings = Findings(
        conclusion=Conclusion(conclusion),
        papers=[_paper(path, role) for path in documents],
        returned_on=returned.date() if returned else None,
        until=until.date() if until else None,
        hearing=_hearing(consultation, hearing_id) if hearing_id is not None else None,
        **words,
    )
    review = service.record_whole(
        actor_named(username),
        _version(consultation, number),
        review_kind,
        findings,
        sent_on=sent.date() if sent else None,
        material=[_paper(path, PaperRole.EMERGENCY) for path in early],
        early_reason=early_reason,
        at=now(),
    )
    name = service.rule_of(review_kind).named(consultation.kind)
    show({"id": review.id, **_document(review)}, f"已登记第 {review.id} 号{name}结论。", as_json)


@review_cli.command("show", help="列出历次审查，以及对现在的文稿是否有效。")
@slug_argument
def show_reviews(slug: str, as_json: bool) -> None:
    """Print every review, and whether it is still valid for the newest version."""
    consultation = consultation_named(slug)
    at = now()
    findings = {kind: queries.finding(consultation, kind, at) for kind in ReviewKind}
    reviews = [
        {**_document(review), **queries.validity(consultation, review, findings[review.kind])}
        for review in queries.of(consultation)
    ]
    document: dict[str, Any] = {
        "consultation": slug,
        "reviews": reviews,
        "standing": [
            {"kind": kind.value, "state": finding.state.value, "passes": finding.passes, "why": finding.why}
            for kind, finding in findings.items()
        ],
    }
    lines = [f"{service.rule_of(kind).named(consultation.kind)}：{finding.why}" for kind, finding in findings.items()]
    show(document, "\n".join(lines), as_json)


def _document(review: Review) -> dict[str, Any]:
    return {
        "review": review.id,
        "kind": review.kind.value,
        "version": review.version.number,
        "conclusion": review.conclusion.value if review.conclusion is not None else None,
        "reviewer": review.reviewer.username if review.reviewer is not None else None,
        "unit": review.reviewing_unit,
        "sent": review.sent_on.isoformat() if review.sent_on else None,
        "returned": review.returned_on.isoformat() if review.returned_on else None,
        "documents": [
            {"name": paper.name, "role": paper.role.value, "sha256": paper.digest} for paper in review.papers
        ],
        "note": review.note,
    }


def _version(consultation: Consultation, number: int | None) -> DraftVersion:
    if number is None:
        newest = queries.newest_version(consultation)
        if newest is None:
            raise Refused("尚无可以审查的文稿，请先上传。")
        return newest
    for version in consultation.versions:
        if version.number == number:
            return version
    raise Refused(f"没有第 {number} 稿。")


def _hearing(consultation: Consultation, hearing_id: int) -> Gathering:
    for hearing in hearings.of(consultation):
        if hearing.id == hearing_id:
            return hearing
    raise Refused(f"这件征求意见没有编号为 {hearing_id} 的会议。")


def _paper(path: Path, role: PaperRole) -> Paper:
    return Paper(keep_file(path), role)
