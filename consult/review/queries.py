"""What is asked of reviews: the acts of a consultation, and which review stands for its newest version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from consult.app_context import blobs
from consult.clock import local
from consult.consultees import hearings
from consult.consultees.models import Gathering
from consult.drafting import version_comparison
from consult.drafting.models import Consultation, DraftVersion, Stage, VersionKind
from consult.law.periods import in_words
from consult.law.reviews import ReviewFinding, ReviewKind, ReviewState, in_conflict, missing
from consult.review import fair_competition
from consult.review.models import PaperRole, Review
from consult.review.service import conclusion_rule, rule_of
from consult.store import db

ISSUING = (Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED)
REVIEWED = (VersionKind.FOR_SUBMISSION, VersionKind.REVISED, VersionKind.FOR_COMMENT)


def of(consultation: Consultation) -> list[Review]:
    """Return every review of a consultation, oldest first."""
    return list(db.session.scalars(select(Review).where(Review.consultation_id == consultation.id).order_by(Review.id)))


def newest_version(consultation: Consultation) -> DraftVersion | None:
    """Return the version that reviews have to stand for: the newest 送审稿, else the newest draft.

    Once it is before the meeting, the text to be issued, if it differs from that one in substance.
    """
    reviewed = _newest_draft(consultation)
    final = version_comparison.issued_version(consultation) if consultation.stage in ISSUING else None
    if reviewed is None or final is None or version_comparison.is_same_in_substance(reviewed, final):
        return reviewed
    return final


def reviewable(consultation: Consultation) -> list[DraftVersion]:
    """Return the versions that may be reviewed, newest first: drafts, and once before the meeting the one to issue."""
    final = version_comparison.issued_version(consultation) if consultation.stage in ISSUING else None
    return [version for version in reversed(consultation.versions) if version.kind in REVIEWED or version is final]


def _newest_draft(consultation: Consultation) -> DraftVersion | None:
    for kinds in ((VersionKind.FOR_SUBMISSION,), REVIEWED):
        versions = [version for version in consultation.versions if version.kind in kinds]
        if versions:
            return max(versions, key=lambda version: version.number)
    return None


def waiting(consultation_ids: Collection[int]) -> dict[int, list[tuple[ReviewKind, bool]]]:
    """Return by consultation the kinds that wait for a reviewer; true: to confirm for a newer version."""
    query = select(Review).where(Review.consultation_id.in_(consultation_ids), Review.withdrawn_at.is_(None))
    grouped: dict[tuple[int, ReviewKind], list[Review]] = {}
    for review in db.session.scalars(query.order_by(Review.id)):
        grouped.setdefault((review.consultation_id, review.kind), []).append(review)
    kinds: dict[int, list[tuple[ReviewKind, bool]]] = {}
    for (consultation_id, kind), reviews in grouped.items():
        newest = newest_version(reviews[-1].version.consultation)
        on_it = [review for review in reviews if newest is not None and review.version_digest == newest.file_digest]
        if not on_it and any(review.conclusion is not None for review in reviews):
            kinds.setdefault(consultation_id, []).append((kind, True))
        elif any(review.conclusion is None and not is_paused(review) for review in on_it):
            kinds.setdefault(consultation_id, []).append((kind, False))
    return kinds


def is_paused(review: Review) -> bool:
    """Say whether its material waits for completion."""
    return any(pause.until_on is None for pause in review.pauses)


def finding(consultation: Consultation, kind: ReviewKind, at: datetime) -> ReviewFinding:
    """Return the review of a kind that stands for the newest version at a moment, or why none does."""
    reviews = [review for review in of(consultation) if review.kind is kind and review.withdrawn_at is None]
    return judge(consultation, kind, reviews, at)


def validity(consultation: Consultation, review: Review, standing: ReviewFinding) -> dict[str, str | bool]:
    """Say whether one review still stands for the newest version, and why not (``stands``, ``why``)."""
    if review.withdrawn_at is not None:
        return {"stands": False, "why": f"已撤回：{review.withdrawn_reason}"}
    version = newest_version(consultation)
    if version is None or review.version_digest != version.file_digest:
        return {"stands": False, "why": "文稿已更换，须由审查人对照新旧文稿确认"}
    if review.conclusion is None or standing.state is not ReviewState.STANDS:
        return {"stands": False, "why": standing.why}
    return {"stands": True, "why": standing.why}


def judge(consultation: Consultation, kind: ReviewKind, reviews: Sequence[Review], at: datetime) -> ReviewFinding:
    """Return what ``reviews`` (of one kind, none withdrawn, oldest first) amount to for the newest version."""
    name = rule_of(kind).named(consultation.kind)
    version = newest_version(consultation)
    if version is None or not reviews:
        return missing(kind, name)
    on_it = [review for review in reviews if review.version_digest == version.file_digest]
    concluded = [review for review in on_it if review.conclusion is not None]
    if not concluded:
        return _not_concluded(kind, name, reviews, on_it, version)
    latest = {review.reviewer_id: review for review in concluded}
    if in_conflict([review.conclusion for review in latest.values() if review.conclusion is not None]):
        words = "；".join(_in_words(review) for review in latest.values())
        return ReviewFinding(kind, ReviewState.CONFLICT, f"{name}结论不一致：{words}")
    return _standing(concluded[-1], version, at)


def _not_concluded(
    kind: ReviewKind, name: str, reviews: Sequence[Review], on_it: Sequence[Review], version: DraftVersion
) -> ReviewFinding:
    if on_it:
        if any(pause.until_on is None for pause in on_it[-1].pauses):
            return ReviewFinding(kind, ReviewState.PAUSED, f"{name}送审材料待补正：{on_it[-1].pauses[-1].lacking}")
        return ReviewFinding(kind, ReviewState.ASKED, f"已送{name}，尚未退回", sent_on=on_it[-1].sent_on)
    earlier = reviews[-1]
    why = f"{name}针对的是第{earlier.version.number}稿，现为第{version.number}稿，须由审查人对照新旧文稿确认"
    return ReviewFinding(kind, ReviewState.LAPSED, why, earlier.conclusion, version=earlier.version.number)


def _standing(review: Review, version: DraftVersion, at: datetime) -> ReviewFinding:
    kind, broken, lacking = review.kind, _broken(review, at), fair_competition.lacking(review)
    assert review.conclusion is not None
    rule = conclusion_rule(kind, review.conclusion)
    state = ReviewState.BROKEN if broken else ReviewState.STANDS
    return ReviewFinding(
        kind,
        state,
        broken or (f"{_in_words(review)}；{lacking}" if lacking else _in_words(review)),
        review.conclusion,
        passes=rule.passes and not broken and not lacking,
        version=version.number,
        sent_on=review.sent_on,
        returned_on=review.returned_on,
        due_on=review.due_on,
        paused_days=sum((pause.until_on - pause.from_on).days for pause in review.pauses if pause.until_on),
        papers=tuple(paper.name for paper in review.papers),
    )


def _broken(review: Review, at: datetime) -> str:
    """Say what the conclusion rested on and is no longer there; empty where all stands."""
    for paper in review.papers:
        if not blobs().exists(paper.digest):
            return f"材料“{paper.name}”的文件已不存在"
        if paper.role is PaperRole.EXPERT_OPINION and paper.interest.strip():
            return f"专家{paper.signatory}与决策事项有直接利害关系，不得参与论证"
    if review.hearing_id is not None:
        lacking = hearings.why_not_held(db.session.get_one(Gathering, review.hearing_id), at)
        if lacking:
            return f"所依据的论证会不能作为依据：{lacking}"
    if review.until is not None and review.until < local(at).date():
        return f"例外规定的实施期限已于{in_words(review.until)}届满"
    return ""


def _in_words(review: Review) -> str:
    assert review.conclusion is not None
    who = f"{review.reviewing_unit}{review.reviewer.name}" if review.reviewer is not None else review.reviewing_unit
    day = f"{in_words(review.returned_on)}退回，" if review.returned_on is not None else ""
    name = conclusion_rule(review.kind, review.conclusion).name
    return f"第{review.version.number}稿，{day}{who}：{name}"
