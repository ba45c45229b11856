"""The verbs of a review: ask for it, pause it, conclude it, confirm it for another version, take it back.

No act overwrites another: whoever concludes differently adds a review, and the gate shows the conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.queries import division_name
from consult.app_context import rules
from consult.clock import local
from consult.consultees import hearings
from consult.consultees.models import Gathering, GatheringKind
from consult.drafting.models import Consultation, DraftVersion, Stage, VersionKind
from consult.files.attachments import CheckedAttachment
from consult.law.periods import in_words
from consult.law.reviews import Conclusion, ReviewKind
from consult.law.rule_rows import ConclusionRule, ReviewRule
from consult.ledger.service import record
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.review import fair_competition
from consult.review.errors import ReviewRefused
from consult.review.ledger_statement import statement
from consult.review.models import PaperRole, Review, ReviewPaper, ReviewPause, ReviewPoint
from consult.store import db, transaction
from consult.store.locking import lock_row

ENDED = (Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED, Stage.WITHDRAWN)
SENTENCE_CHARACTERS = 10
"""Fewest characters of what has to be explained."""


@dataclass(frozen=True)
class Paper:
    """A checked file and what it is in the review.

    ``signatory`` and ``interest`` are for an expert's opinion, ``item`` for one of the checklist of material.
    """

    file: CheckedAttachment
    role: PaperRole = PaperRole.OPINION
    signatory: str = ""
    interest: str = ""
    item: str = ""


@dataclass(frozen=True)
class Findings:
    """What a reviewer concludes, and all that has to come with it.

    Arguments:
        returned_on: local day on which the opinion came back.
        article: the item of an exception (第十二条第一项).
        alternatives: which milder measures were weighed.
        until, end_condition: when an exception ends: a day, or a condition in words.
        hearing: the expert meeting that it rests on.
        points: what the reviewer wants changed, one by one.
        standards: what was found of each standard of fair competition (``StandardFinding``), by the id of its row.
    """

    conclusion: Conclusion
    papers: Sequence[Paper] = ()
    returned_on: date | None = None
    note: str = ""
    article: str = ""
    alternatives: str = ""
    until: date | None = None
    end_condition: str = ""
    hearing: Gathering | None = None
    points: Sequence[str] = field(default=())
    reviewing_unit: str = ""
    standards: Mapping[str, str] = field(default_factory=dict)


def ask(
    actor: Actor,
    version: DraftVersion,
    kind: ReviewKind,
    *,
    sent_on: date | None,
    due_on: date | None = None,
    material: Sequence[Paper] = (),
    early_reason: str = "",
    at: datetime,
) -> Review:
    """Send a version to review.

    Raises:
        ReviewRefused: a day to come, or before the comment period ended without a reason and its paper.
    """
    consultation = version.consultation
    require(actor, Act.ASK_REVIEW, consultation)
    with transaction():
        lock_row(consultation)
        return _ask(actor, version, kind, sent_on, due_on, material, early_reason, at)


def _ask(
    actor: Actor,
    version: DraftVersion,
    kind: ReviewKind,
    sent_on: date | None,
    due_on: date | None,
    material: Sequence[Paper],
    early_reason: str,
    at: datetime,
) -> Review:
    consultation, rule = version.consultation, rule_of(kind)
    _check_open(version)
    _check_sent(rule, consultation, sent_on, early_reason, material, at)
    if due_on is not None and sent_on is not None and due_on < sent_on:
        raise ReviewRefused(f"审查期限 {in_words(due_on)} 早于送审日期 {in_words(sent_on)}，请核对。")
    review = Review(
        consultation_id=consultation.id,
        kind=kind,
        version_id=version.id,
        version_digest=version.file_digest,
        asked_at=at,
        asked_by_id=actor.id,
        sent_on=sent_on,
        due_on=due_on,
        early_reason=early_reason.strip(),
    )
    db.session.add(review)
    db.session.flush()
    _keep(review, material)
    _record(actor, Act.ASK_REVIEW, review, at)
    return review


def conclude(actor: Actor, review: Review, findings: Findings, *, at: datetime) -> Review:
    """Conclude a review that was asked for.

    Raises:
        ReviewRefused: the role, the author, a date, a paper or an explanation isn't as the rules demand.
    """
    require(actor, Act.CONCLUDE_REVIEW)
    consultation = review.version.consultation
    with transaction():
        lock_row(consultation)
        lock_row(review)
        if review.conclusion is not None or review.withdrawn_at is not None:
            raise ReviewRefused("这一次审查已有结论或者已经撤回。意见不同的，请另行登记一次审查。")
        _conclude(actor, review, findings, at)
    return review


def record_whole(
    actor: Actor,
    version: DraftVersion,
    kind: ReviewKind,
    findings: Findings,
    *,
    sent_on: date | None = None,
    material: Sequence[Paper] = (),
    early_reason: str = "",
    at: datetime,
) -> Review:
    """Record a review that was done on paper, request and conclusion at once.

    Raises:
        ReviewRefused: as ``ask`` and ``conclude``.
    """
    require(actor, Act.CONCLUDE_REVIEW)
    with transaction():
        lock_row(version.consultation)
        check_reviewer(actor, version.consultation, kind)
        conclusion_rule(kind, findings.conclusion)
        review = _ask(actor, version, kind, sent_on, None, material, early_reason, at)
        _conclude(actor, review, findings, at)
    return review


def _conclude(actor: Actor, review: Review, findings: Findings, at: datetime) -> None:
    consultation, rule = review.version.consultation, rule_of(review.kind)
    _check_open(review.version)
    check_reviewer(actor, consultation, review.kind)
    chosen = conclusion_rule(review.kind, findings.conclusion)
    _check_returned(rule, review, findings.returned_on, at)
    _check_needs(chosen, findings, at)
    if review.kind is ReviewKind.FAIR_COMPETITION:
        fair_competition.check(consultation, findings.conclusion, findings.reviewing_unit, findings.standards)
    if any(pause.until_on is None for pause in review.pauses):
        raise ReviewRefused("送审材料尚待补正，补正完成后才能出具审查意见。")
    review.conclusion, review.concluded_at, review.reviewer_id = findings.conclusion, at, actor.id
    review.reviewing_unit = findings.reviewing_unit.strip()[:200] or _unit_of(actor)
    review.returned_on, review.note = findings.returned_on, findings.note.strip()
    review.article, review.alternatives = findings.article.strip()[:80], findings.alternatives.strip()
    review.until, review.end_condition = findings.until, findings.end_condition.strip()
    review.hearing_id = findings.hearing.id if findings.hearing is not None else None
    review.standards = dict(findings.standards)
    _keep(review, findings.papers)
    for number, text in enumerate((text for text in findings.points if text.strip()), start=1):
        db.session.add(ReviewPoint(review_id=review.id, number=number, text=text.strip()))
    db.session.flush()
    db.session.refresh(review)
    _record(actor, Act.CONCLUDE_REVIEW, review, at)


def confirm_for(actor: Actor, review: Review, version: DraftVersion, note: str, *, at: datetime) -> Review:
    """Confirm, on the comparison of the two, that a review still stands for another version.

    Raises:
        ReviewRefused: it isn't concluded, not this person's or role's to confirm, or nothing is said of the changes.
    """
    require(actor, Act.CONCLUDE_REVIEW)
    with transaction():
        lock_row(version.consultation)
        lock_row(review)
        _check_open(version)
        check_reviewer(actor, version.consultation, review.kind)
        if review.conclusion is None or review.withdrawn_at is not None:
            raise ReviewRefused("没有结论或者已经撤回的审查，不能确认对新的文稿仍然有效。")
        if version.consultation_id != review.consultation_id or version.number <= review.version.number:
            raise ReviewRefused("只能对同一件征求意见的较新文稿确认。")
        _check_sentence(note, "对照新旧文稿的确认意见")
        fresh = Review(
            consultation_id=review.consultation_id,
            kind=review.kind,
            version_id=version.id,
            version_digest=version.file_digest,
            asked_at=at,
            asked_by_id=actor.id,
            sent_on=review.sent_on,
            due_on=review.due_on,
            early_reason=review.early_reason,
            returned_on=review.returned_on,
            conclusion=review.conclusion,
            concluded_at=at,
            reviewer_id=actor.id,
            reviewing_unit=review.reviewing_unit or _unit_of(actor),
            note=note.strip(),
            article=review.article,
            alternatives=review.alternatives,
            until=review.until,
            end_condition=review.end_condition,
            hearing_id=review.hearing_id,
            standards=dict(review.standards),
            confirms_id=review.id,
        )
        db.session.add(fresh)
        db.session.flush()
        for paper in review.papers:
            copied = ("role", "name", "digest", "size", "item", "signatory", "interest")
            db.session.add(ReviewPaper(review_id=fresh.id, **{name: getattr(paper, name) for name in copied}))
        db.session.flush()
        db.session.refresh(fresh)
        _record(actor, Act.CONCLUDE_REVIEW, fresh, at)
    return fresh


def add_opinion(actor: Actor, review: Review, paper: Paper, *, concludes: Conclusion | None, at: datetime) -> None:
    """Add the market regulator's opinion to a preliminary review (初审意见), once it has come.

    Raises:
        ReviewRefused: the review has no conclusion, or the regulator's opinion doesn't belong to it.
    """
    require(actor, Act.CONCLUDE_REVIEW)
    with transaction():
        lock_row(review.version.consultation)
        lock_row(review)
        _check_open(review.version)
        check_reviewer(actor, review.version.consultation, review.kind)
        if review.conclusion is None or review.withdrawn_at is not None:
            raise ReviewRefused("请先登记初审意见，再登记市场监管部门的审查意见。")
        fair_competition.check_regulator(review, concludes)
        _keep(review, [paper])
        _record(actor, "review.add_opinion", review, at, opinion=paper.file.digest)


def withdraw(actor: Actor, review: Review, reason: str, *, at: datetime) -> None:
    """Take a review back, by who concluded it or asked for it; it stays on record.

    Raises:
        ReviewRefused: no reason, or it is somebody else's.
    """
    require(actor, Act.CONCLUDE_REVIEW if review.conclusion is not None else Act.ASK_REVIEW)
    with transaction():
        lock_row(review.version.consultation)
        lock_row(review)
        _check_open(review.version)
        if actor.id is None or actor.id != (review.reviewer_id or review.asked_by_id):
            raise ReviewRefused("只有作出结论的人可以撤回审查意见；意见不同的，请另行登记一次审查。")
        if review.withdrawn_at is not None:
            raise ReviewRefused("这一次审查已经撤回。")
        _check_sentence(reason, "撤回的理由")
        review.withdrawn_at, review.withdrawn_by_id, review.withdrawn_reason = at, actor.id, reason.strip()
        _record(actor, "review.withdraw", review, at, reason=reason.strip())


def pause(actor: Actor, review: Review, lacking: str, *, on: date, at: datetime) -> None:
    """Send material back for completion: the clock stops from ``on`` (补正, 第二十六条第一款)."""
    require(actor, Act.CONCLUDE_REVIEW)
    with transaction():
        lock_row(review)
        check_reviewer(actor, review.version.consultation, review.kind)
        _check_day(on, at)
        if review.conclusion is not None or any(pause.until_on is None for pause in review.pauses):
            raise ReviewRefused("已有结论，或者正在补正，不能再次退回补正。")
        if review.sent_on is not None and on < review.sent_on:
            raise ReviewRefused("退回补正的日期早于送审日期，请核对。")
        if not lacking.strip():
            raise ReviewRefused("请写明需要补正的材料。")
        review.pauses.append(ReviewPause(from_on=on, lacking=lacking.strip()))
        db.session.flush()
        _record(actor, "review.pause", review, at, lacking=lacking.strip())


def resume(actor: Actor, review: Review, papers: Sequence[Paper], *, on: date, at: datetime) -> None:
    """Hand in what was lacking: the clock runs on from ``on``."""
    require(actor, Act.ASK_REVIEW, review.version.consultation)
    with transaction():
        lock_row(review)
        _check_day(on, at)
        running = next((pause for pause in review.pauses if pause.until_on is None), None)
        if running is None:
            raise ReviewRefused("这一次审查没有需要补正的材料。")
        if on < running.from_on:
            raise ReviewRefused("补正完成的日期早于退回补正的日期，请核对。")
        running.until_on = on
        _keep(review, papers)
        db.session.flush()
        _record(actor, "review.resume", review, at)


def settle_point(actor: Actor, point: ReviewPoint, done: str, *, at: datetime) -> None:
    """Write down what was done about a point of a review."""
    review = db.session.get_one(Review, point.review_id)
    require(actor, Act.ASK_REVIEW, review.version.consultation)
    if not done.strip():
        raise ReviewRefused("请写明对这一条审查意见如何办理。")
    with transaction():
        lock_row(review)
        point.done, point.settled_at, point.settled_by_id = done.strip(), at, actor.id
        db.session.flush()
        _record(actor, "review.settle_point", review, at, point=point.number)


def rule_of(kind: ReviewKind) -> ReviewRule:
    """Return the row of the rules on a kind of review."""
    return rules().reviews[kind.value]


def conclusion_rule(kind: ReviewKind, conclusion: Conclusion) -> ConclusionRule:
    """Return the row on a conclusion of a kind of review.

    Raises:
        ReviewRefused: this kind of review knows no such conclusion.
    """
    known = [row for row in rules().conclusions if row.review == kind.value]
    for row in known:
        if row.conclusion == conclusion.value:
            return row
    names = "、".join(f"{row.conclusion}（{row.name}）" for row in known)
    raise ReviewRefused(f"{rule_of(kind).name}没有“{conclusion.value}”这一结论；可用的结论：{names}。")


def check_reviewer(actor: Actor, consultation: Consultation, kind: ReviewKind) -> None:
    """Refuse who may not conclude: another role, the author of the draft, the drafting division.

    Raises:
        ReviewRefused: with the roles that may.
    """
    rule = rule_of(kind)
    name = rule.named(consultation.kind)
    if actor.id is None or actor.role is None or actor.role.value not in rule.roles:
        who = "、".join(role.label.words for role in Role if role.value in rule.roles)
        raise ReviewRefused(f"{name}的结论只能由具体人员作出：{who}。")
    if actor.id in authors(consultation):
        raise ReviewRefused(f"起草人不能对自己起草的文稿作出{name}结论。")
    if are_one(actor, authors(consultation), consultation.created_at):
        raise ReviewRefused(NOT_TWO)
    if rule.other_division and actor.role.value == "drafter" and actor.division_id == consultation.division_id:
        raise ReviewRefused(f"{name}应当由起草处室以外的人员作出结论（{rule.cited}）。")


def authors(consultation: Consultation) -> frozenset[int]:
    """Return the ids of those who drafted: who created the consultation, who uploaded a version."""
    drafted = {consultation.author_id, *(version.uploaded_by_id for version in consultation.versions)}
    return frozenset(id_ for id_ in drafted if id_ is not None)


def _check_open(version: DraftVersion) -> None:
    stage = version.consultation.stage
    if stage is Stage.SUBMITTED_TO_MEETING and version.kind is VersionKind.PROMULGATED:
        return  # the text to be issued, where it differs from the one that was reviewed
    if stage in ENDED:
        raise ReviewRefused("这件征求意见已经提请审议或者结束，不能再登记审查。")


def _check_day(day: date, at: datetime) -> None:
    if day > local(at).date():
        raise ReviewRefused(f"日期 {in_words(day)} 尚未到来，请核对。")


def _check_sent(
    rule: ReviewRule,
    consultation: Consultation,
    sent_on: date | None,
    early_reason: str,
    material: Sequence[Paper],
    at: datetime,
) -> None:
    if sent_on is None:
        if rule.sent_and_returned:
            raise ReviewRefused(f"请填写{rule.named(consultation.kind)}的送审日期。")
        return
    _check_day(sent_on, at)
    if not rule.after_period:
        return
    closes = consultation.closes_at
    if closes is not None and sent_on >= local(closes).date():
        return
    if not early_reason.strip():
        until = "征求意见尚未公布" if closes is None else f"征求意见期至{in_words(local(closes).date())}之前"
        raise ReviewRefused(
            f"送审日期 {in_words(sent_on)} 时，{until}，送审材料缺少意见采纳情况。"
            "依法不予公开或者情况紧急的，请写明理由并附材料。"
        )
    _check_sentence(early_reason, "提前送审的理由")
    if not any(paper.role is PaperRole.EMERGENCY for paper in material):
        raise ReviewRefused("提前送审的，请上传依法不予公开或者情况紧急的证明材料。")


def _check_returned(rule: ReviewRule, review: Review, returned_on: date | None, at: datetime) -> None:
    name = rule.named(review.version.consultation.kind)
    if returned_on is None:
        if rule.sent_and_returned:
            raise ReviewRefused(f"请填写{name}意见的退回日期；尚未退回的，不能登记结论。")
        return
    _check_day(returned_on, at)
    if review.sent_on is not None and returned_on < review.sent_on:
        raise ReviewRefused(f"退回日期 {in_words(returned_on)} 早于送审日期 {in_words(review.sent_on)}，请核对。")


def _check_needs(rule: ConclusionRule, findings: Findings, at: datetime) -> None:
    opinions = [paper for paper in findings.papers if paper.role is not PaperRole.MATERIAL]
    if "document" in rule.needs and not opinions:
        raise ReviewRefused(f"结论“{rule.name}”须附审查意见或者报告原件，请上传。")
    if "note" in rule.needs:
        _check_sentence(findings.note, f"结论“{rule.name}”的说明")
    if "article" in rule.needs and not findings.article.strip():
        raise ReviewRefused(f"结论“{rule.name}”须写明所适用的项（{rule.cited}）。")
    if "alternatives" in rule.needs:
        _check_sentence(findings.alternatives or findings.note, "没有对公平竞争影响更小的替代方案的说明")
    if "end" in rule.needs:
        if findings.until is None and not findings.end_condition.strip():
            raise ReviewRefused(f"结论“{rule.name}”须确定实施期限或者终止条件（{rule.cited}）。")
        if findings.until is not None and findings.until <= local(at).date():
            raise ReviewRefused("实施期限应当晚于今天，请核对。")
    if "experts" in rule.needs:
        _check_experts(findings, at)


def _check_experts(findings: Findings, at: datetime) -> None:
    signed = [paper for paper in findings.papers if paper.role is PaperRole.EXPERT_OPINION]
    for paper in signed:
        if paper.interest.strip():
            raise ReviewRefused(f"专家{paper.signatory}与决策事项有直接利害关系，不得参与论证（第二十条）。")
    if findings.hearing is None and not signed:
        raise ReviewRefused("专家论证须有已经召开的论证会，或者署名、盖章的书面论证意见（第十九条）。")
    if findings.hearing is not None:
        if findings.hearing.kind is not GatheringKind.EXPERT_ARGUMENT:
            raise ReviewRefused("所选会议不是专家论证会。")
        lacking = hearings.why_not_held(findings.hearing, at)
        if lacking:
            raise ReviewRefused(f"论证会“{findings.hearing.title}”不能作为依据：{lacking}。")


def _check_sentence(words: str, what: str) -> None:
    if sum(character.isalnum() for character in words) < SENTENCE_CHARACTERS:
        raise ReviewRefused(f"请写明{what}，不少于{SENTENCE_CHARACTERS}字。")


def _keep(review: Review, papers: Sequence[Paper]) -> None:
    for paper in papers:
        db.session.add(
            ReviewPaper(
                review_id=review.id,
                role=paper.role,
                name=paper.file.name,
                digest=paper.file.digest,
                size=paper.file.size,
                item=paper.item[:40],
                signatory=paper.signatory.strip()[:80],
                interest=paper.interest.strip(),
            )
        )


def _unit_of(actor: Actor) -> str:
    return division_name(actor.division_id)


def _record(actor: Actor, act: str, review: Review, at: datetime, **detail: Any) -> None:
    db.session.flush()
    db.session.expire(review, ["papers", "points", "pauses"])
    record(
        actor,
        act,
        f"review:{review.id}",
        at=at,
        consultation_id=review.consultation_id,
        kind=review.kind.value,
        version=review.version.number,
        conclusion=review.conclusion.value if review.conclusion is not None else None,
        stands=statement(review),
        **detail,
    )
