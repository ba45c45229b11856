"""The rules as data, as `loading` reads them once at start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from consult.law import rule_rows
from consult.law.calendar import Calendar, published
from consult.law.rule_file import RulesError
from consult.law.rule_rows import Basis, PeriodRule

__all__ = ["Basis", "PeriodRule", "Rules", "RulesError"]

ENTERPRISE_RELATED = "enterprise-related"
MAJOR_DECISION = "major-decision"
CONFIRMED = "confirmed"
"""Test of a precondition added by the department: met when the legal division has confirmed it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules in force, in the order of the files; mappings by id where stages look them up."""

    periods: Mapping[str, PeriodRule]
    counting: Mapping[str, rule_rows.CountingRule]
    clocks: Mapping[str, rule_rows.ClockRule]
    retention: Mapping[str, rule_rows.RetentionRule]
    concentration: rule_rows.ConcentrationRule
    reason: rule_rows.ReasonRule
    sufficiency: Mapping[str, rule_rows.SufficiencyRule]
    invitation: rule_rows.InvitationRule
    reminders: tuple[rule_rows.ReminderRule, ...]
    preconditions: tuple[rule_rows.PreconditionRule, ...]
    rejection_reasons: tuple[rule_rows.RejectionRule, ...]
    wordings: tuple[rule_rows.WordingRule, ...]
    holidays: Mapping[str, rule_rows.HolidayRule]
    calendars: Mapping[str, rule_rows.CalendarYear]
    reviews: Mapping[str, rule_rows.ReviewRule]
    conclusions: tuple[rule_rows.ConclusionRule, ...]
    standards: Mapping[str, rule_rows.StandardRule]
    exceptions: Mapping[str, rule_rows.ExceptionRule]
    material: tuple[rule_rows.MaterialRule, ...]

    @property
    def calendar(self) -> Calendar:
        """The working-day calendar: the published notices, and those of `calendars`."""
        return replace(published(), holidays=tuple(self.holidays.values())).extended(self.calendars)

    def period(self, kind: str, enterprise_related: bool = False) -> PeriodRule:
        """Return the comment period for a kind of document: the longest that applies.

        For an enterprise-related document both rules apply: the longer days, both bases, the higher floor.
        Raises RulesError on an unknown kind.
        """
        if kind not in self.periods:
            raise RulesError(f"没有“{kind}”这一类文件的征求意见期限；可用的类别：{'、'.join(self.periods)}")
        by_kind = self.periods[kind]
        if not enterprise_related or kind == ENTERPRISE_RELATED:
            return by_kind
        return _combined(by_kind, self.periods[ENTERPRISE_RELATED])


def _combined(by_kind: PeriodRule, enterprise: PeriodRule) -> PeriodRule:
    if by_kind.local and by_kind.minimum_days <= enterprise.minimum_days:
        return enterprise
    longer = by_kind if by_kind.minimum_days > enterprise.minimum_days else enterprise
    floor = max(by_kind.minimum_with_reason, enterprise.minimum_with_reason)
    return replace(
        longer,
        name=f"{by_kind.name}（与市场主体生产经营活动密切相关）",
        basis=(*by_kind.basis, *enterprise.basis),
        shortening=by_kind.shortening if floor < longer.minimum_days else "",
        floor=floor,
    )
