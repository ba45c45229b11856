"""How commands name states and channels, and write days and moments; the words are those of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from consult.clock import local
from consult.drafting.models import State
from consult.intake.models import Channel, SubmissionState

STATE_WORDS = {
    State.DRAFTING: "起草中",
    State.IN_REVIEW: "审核中",
    State.SCHEDULED: "待公布",
    State.OPEN: "正在征求意见",
    State.CLOSED: "已截止，正在研究",
    State.FEEDBACK_REVIEW: "反馈审核中",
    State.FEEDBACK_PUBLISHED: "已公布反馈",
    State.SUBMITTED_TO_MEETING: "已提请审议",
    State.PROMULGATED: "已公布施行",
    State.WITHDRAWN: "已撤回",
}
SUBMISSION_WORDS = {
    SubmissionState.UNASSIGNED: "待归类",
    SubmissionState.RECEIVED: "已收到",
    SubmissionState.SCREENING: "审核中",
    SubmissionState.ACCEPTED: "审核通过",
    SubmissionState.REJECTED: "不予公开",
    SubmissionState.DUPLICATE: "重复来件",
}
CHANNEL_WORDS = {
    Channel.WEB: "网站",
    Channel.MAILBOX: "征集信箱",
    Channel.PORTAL: "企业端",
    Channel.LETTER: "信函",
    Channel.PHONE: "电话",
    Channel.HOTLINE: "12345热线",
    Channel.NEW_MEDIA: "政务新媒体",
    Channel.MEETING: "座谈会、听证会",
}


def moment_words(moment: datetime | None) -> str:
    """Return a moment in local time, ``2026-11-24 15:04``; nothing for nothing."""
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


def end_words(closes_at: datetime | None) -> str:
    """Return the end of a period as people say it: its last day and 24时."""
    if closes_at is None:
        return ""
    last = local(closes_at) - timedelta(microseconds=1)
    return f"{last:%Y-%m-%d} 24时" if local(closes_at).hour == 0 else moment_words(closes_at)


def local_iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with the local offset."""
    return local(moment).isoformat(timespec="seconds") if moment is not None else None
