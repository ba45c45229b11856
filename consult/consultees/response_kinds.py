"""Kinds of responses and ways in which they come."""

from __future__ import annotations

from consult.labels import Label, LabelledEnum


class ResponseStanding(LabelledEnum, translated=True):
    """The kind of a response: proposed until it is confirmed; ``opinion`` and ``no_opinion`` count as heard."""

    PROPOSED = "proposed", Label("待确认", "amber")
    OPINION = "opinion", Label("意见", "green")
    NO_OPINION = "no_opinion", Label("无意见", "green")
    NOT_AN_ANSWER = "not_an_answer", Label("不是答复", "plain")
    REPLACED = "replaced", Label("已更正", "plain")
    """Replaced by a correction."""


COUNTING = (ResponseStanding.OPINION, ResponseStanding.NO_OPINION)
CONFIRMABLE = (*COUNTING, ResponseStanding.NOT_AN_ANSWER)
"""Kinds that a person can confirm a message as."""


class Way(LabelledEnum):
    """How a response came."""

    PORTAL = "portal", Label("企业端", "plain")
    MAIL = "mail", Label("邮件", "plain")
    PAPER = "paper", Label("信函", "plain")
    TELEPHONE = "telephone", Label("电话", "plain")
    MEETING = "meeting", Label("会议", "plain")
