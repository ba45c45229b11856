"""Conditions on the notice, the period and the hearings."""

from __future__ import annotations

from consult.law import clocks, periods
from consult.law.conditions.finding import Finding, condition, met, met_if_true, not_applicable, unmet
from consult.law.facts import Facts, NoticeChannel
from consult.law.rules import MAJOR_DECISION, Rules

BEYOND_THE_WEBSITE = frozenset({NoticeChannel.NEW_MEDIA, NoticeChannel.PRESS, NoticeChannel.BROADCAST})
PLANNED = (NoticeChannel.WEBSITE, NoticeChannel.MAILBOX, NoticeChannel.NEW_MEDIA)


@condition("notice-period")
def notice_period(facts: Facts, rules: Rules) -> Finding:
    """The period was as long as the law requires, or shorter with a published reason where it allows that."""
    if facts.kind is None or facts.kind not in rules.periods or facts.period_days is None:
        return unmet("尚未公布，或者文件类别未确定")
    if facts.enterprise_related is None:
        return unmet("尚未确认是否与市场主体生产经营活动密切相关，不能确定最低期限")
    rule = rules.period(facts.kind, enterprise_related=facts.enterprise_related)
    try:
        periods.check_minimum(rule, facts.period_days, facts.shortening_reason)
    except periods.PeriodError as error:
        return unmet(str(error))
    if facts.period_days < rule.minimum_days:
        return met(f"公开征求意见{facts.period_days}日，短于{rule.minimum_days}日，公告已说明理由")
    return met(f"公开征求意见{facts.period_days}日，不少于{rule.minimum_days}日")


@condition("period-ended")
def period_ended(facts: Facts, rules: Rules) -> Finding:
    """The comment period is over."""
    return met_if_true(facts.period_ended, "征求意见期已届满", "征求意见期尚未届满", "尚未公布")


@condition("draft-published")
def draft_published(facts: Facts, rules: Rules) -> Finding:
    """The draft itself was public."""
    return met_if_true(facts.draft_published, "征求意见稿已公开", "征求意见稿没有公开", "未登记征求意见稿是否公开")


@condition("explanation-published")
def explanation_published(facts: Facts, rules: Rules) -> Finding:
    """The drafting explanation was public beside the draft."""
    return met_if_true(facts.explanation_published, "起草说明已公开", "起草说明没有公开", "未登记起草说明是否公开")


@condition("notice-states-how")
def notice_states_how(facts: Facts, rules: Rules) -> Finding:
    """The notice states how and until when opinions can be given, and ends with department and date."""
    if facts.notice_lacks is None:
        return unmet("公告尚未公布")
    if facts.notice_lacks:
        return unmet(f"公告文字缺少{'、'.join(facts.notice_lacks)}")
    return met("公告写明了提出意见的方式和期限，署名和日期齐全")


@condition("notice-channels")
def notice_channels(facts: Facts, rules: Rules) -> Finding:
    """A major decision was published on the website and in new media, press or broadcast; others at least online."""
    if facts.kind is None or facts.notice_channels is None:
        return unmet("公告尚未公布")
    if NoticeChannel.WEBSITE not in facts.notice_channels:
        return unmet("没有通过政府网站公布")
    if facts.kind == MAJOR_DECISION and not facts.notice_channels & BEYOND_THE_WEBSITE:
        return unmet("只通过政府网站公布，还应通过政务新媒体或者报刊、广播、电视等途径，并登记发布情况")
    return met(
        f"通过{'、'.join(channel.label.words for channel in NoticeChannel if channel in facts.notice_channels)}公布"
    )


@condition("plan-channels")
def plan_channels(facts: Facts, rules: Rules) -> Finding:
    """The consultation ran on the website, on a working mailbox and in new media, as the department's plan asks."""
    if facts.notice_channels is None:
        return unmet("公告尚未公布")
    missing = [channel.label.words for channel in PLANNED if channel not in facts.notice_channels]
    if missing:
        return unmet(f"没有通过{'、'.join(missing)}征求意见")
    return met(f"已通过{'、'.join(channel.label.words for channel in PLANNED)}征求意见")


@condition("hearing-material")
def hearing_material(facts: Facts, rules: Rules) -> Finding:
    """The material of every hearing reached its participants in time."""
    if facts.hearings is None:
        return unmet("未登记是否召开听证会")
    if not facts.hearings:
        return not_applicable("没有召开听证会")
    calendar = rules.calendar
    for hearing in facts.hearings:
        clock = clocks.compute(rules.clocks["hearing-material"], hearing.held_on, calendar)
        if hearing.material_delivered_on is None:
            return unmet(f"{periods.in_words(hearing.held_on)}听证会的材料未登记送达日期")
        if not clock.satisfied(hearing.material_delivered_on):
            delivered = periods.in_words(hearing.material_delivered_on)
            return unmet(f"听证会材料于{delivered}送达，晚于规定日期。{clock.arithmetic}")
        if hearing.lacking:
            return unmet(f"{periods.in_words(hearing.held_on)}听证会不能计入：{hearing.lacking}")
    return met(f"{len(facts.hearings)}次听证会的材料均按时送达")
