"""Whether a gathering counts: it was held, and has the papers that the law requires of its kind.

Derived from acts and papers each time, never stored (docs/decisions/0028-the-gate-derives.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from consult.app_context import blobs
from consult.clock import local
from consult.consultees import hearing_papers
from consult.consultees.hearing_models import HearingPaper, HearingPaperRole
from consult.consultees.models import Attendance, Gathering, GatheringKind, Interest
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionState
from consult.law.periods import in_words
from consult.store import db

IN_FORCE = (SubmissionState.RECEIVED, SubmissionState.SCREENING, SubmissionState.ACCEPTED)
"""States of a submission that is in force."""


def why_not_held(gathering: Gathering, at: datetime) -> str:
    """Return in Chinese what a gathering lacks to count as held at ``at``; empty when it counts."""
    if gathering.cancelled_at is not None:
        return f"会议已取消：{gathering.cancelled_reason}"
    if at < gathering.held_at:
        return "会议尚未召开"
    return why_not_proved(gathering)


def why_not_proved(gathering: Gathering) -> str:
    """Return the same regardless of the time."""
    if gathering.cancelled_at is not None:
        return f"会议已取消：{gathering.cancelled_reason}"
    return _record(gathering) or _OF_KIND[gathering.kind](gathering)


def counting(consultation_id: int) -> frozenset[int]:
    """Return the ids of the gatherings of a consultation that count."""
    gatherings = db.session.scalars(select(Gathering).where(Gathering.consultation_id == consultation_id))
    return frozenset(gathering.id for gathering in gatherings if not why_not_proved(gathering))


def spoke(gathering: Gathering) -> list[Attendance]:
    """Return those who came and whose statement is in force."""
    return [
        attendance
        for attendance in gathering.attendances
        if attendance.came and attendance.submission is not None and _is_in_force(attendance.submission, gathering)
    ]


def _is_in_force(submission: Submission, gathering: Gathering) -> bool:
    original = submission.duplicate_of if submission.state is SubmissionState.DUPLICATE else submission
    return (
        submission.consultation_id == gathering.consultation_id and original is not None and original.state in IN_FORCE
    )


def _record(gathering: Gathering) -> str:
    if not gathering.minutes_digest:
        return "没有会议笔录"
    if not blobs().exists(gathering.minutes_digest):
        return f"会议笔录“{gathering.minutes_name}”的文件已不存在"
    if not any(attendance.came for attendance in gathering.attendances):
        return "没有到会人员"
    if not spoke(gathering):
        return "没有登记到会人员的发言"
    return ""


def _symposium(gathering: Gathering) -> str:
    return ""


def _public_hearing(gathering: Gathering) -> str:
    """Check a public hearing against 《重大行政决策程序暂行条例》第十六条、第十七条."""
    if not gathering.place:
        return "没有写明听证地点"
    consultation = db.session.get_one(Consultation, gathering.consultation_id)
    if consultation.opens_at is None or consultation.opens_at >= gathering.held_at:
        return "听证会召开以前没有公布草案及其说明"
    papers = hearing_papers.newest(gathering)
    for role in hearing_papers.PUBLISHED:
        lacking = _not_published_before(gathering, role, papers)
        if lacking:
            return lacking
    signed = papers.get(HearingPaperRole.SIGNED_RECORD)
    if signed is None:
        return "没有经听证参加人确认并签字的听证会记录"
    return "" if blobs().exists(signed.digest) else f"听证会记录“{signed.name}”的文件已不存在"


def _not_published_before(
    gathering: Gathering, role: HearingPaperRole, papers: Mapping[HearingPaperRole, HearingPaper]
) -> str:
    paper, words = papers.get(role), role.label.words
    if paper is None:
        return f"没有登记{words}的公布情况"
    if paper.unnecessary:
        return ""
    if paper.digest and not blobs().exists(paper.digest):
        return f"{words}“{paper.name}”的文件已不存在"
    held_on = local(gathering.held_at).date()
    if paper.published_on is None or paper.published_on >= held_on:
        return f"{words}没有在召开以前公布"
    if role is HearingPaperRole.NOTICE and (paper.held_at, paper.place) != (gathering.held_at, gathering.place):
        return f"公布的是{in_words(local(paper.held_at))}在{paper.place}召开，与现定的时间、地点不一致"
    return ""


def _expert_argument(gathering: Gathering) -> str:
    """Check an expert argument against 第二十条: no expert with a direct interest takes part."""
    for attendance in gathering.attendances:
        if not attendance.came:
            continue
        if attendance.interest is None:
            return f"没有登记{attendance.name}与决策事项有无利害关系"
        if attendance.interest is Interest.DIRECT:
            return f"{attendance.name}与决策事项有直接利害关系：{attendance.interest_words}"
    return ""


_OF_KIND = {
    GatheringKind.SYMPOSIUM: _symposium,
    GatheringKind.HEARING: _public_hearing,
    GatheringKind.EXPERT_ARGUMENT: _expert_argument,
}
