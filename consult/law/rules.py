"""The rules as data: read once at start, from the project's file and then the department's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from consult.law import rulefile
from consult.law.calendar import Calendar, published
from consult.law.rows import (
    Basis,
    Bound,
    CalendarYear,
    ClockRule,
    ConcentrationRule,
    CountingRule,
    InvitationRule,
    PeriodRule,
    PreconditionRule,
    RejectionRule,
    ReminderRule,
    Row,
    SufficiencyRule,
    WordingRule,
)
from consult.law.rulefile import RulesError

__all__ = ["Basis", "PeriodRule", "Rules", "RulesError", "load", "national"]

ENTERPRISE_RELATED = "enterprise-related"
CONFIRMED = "confirmed"
"""The test of a department's own precondition: met when the legal division has confirmed it."""

NATIONAL_FILE = Path(__file__).with_name("rules.toml")

TABLES: Mapping[str, type[Row]] = MappingProxyType(
    {
        "period": PeriodRule,
        "counting": CountingRule,
        "clock": ClockRule,
        "concentration": ConcentrationRule,
        "sufficiency": SufficiencyRule,
        "invitation": InvitationRule,
        "reminder": ReminderRule,
        "precondition": PreconditionRule,
        "rejection": RejectionRule,
        "wording": WordingRule,
        "calendar": CalendarYear,
    }
)


@dataclass(frozen=True, slots=True)
class Rules:
    """Every rule in force, in the order of the files; by id where a stage asks for one by its id."""

    periods: Mapping[str, PeriodRule]
    counting: Mapping[str, CountingRule]
    clocks: Mapping[str, ClockRule]
    concentration: ConcentrationRule
    sufficiency: Mapping[str, SufficiencyRule]
    invitation: InvitationRule
    reminders: tuple[ReminderRule, ...]
    preconditions: tuple[PreconditionRule, ...]
    rejection_reasons: tuple[RejectionRule, ...]
    wordings: tuple[WordingRule, ...]
    calendars: Mapping[str, CalendarYear]

    @property
    def calendar(self) -> Calendar:
        """The working-day calendar: the published notices, and those that the department's file adds."""
        return published().extended(self.calendars)

    def period(self, kind: str, enterprise_related: bool = False) -> PeriodRule:
        """Give the comment period for a kind of document: the longest of those that apply.

        Where a document is also tied to the business of enterprises, both rules apply: the days are the
        longer ones, the basis names both, and shortening stops at what the stricter rule demands. Raises
        RulesError on an unknown kind.
        """
        if kind not in self.periods:
            raise RulesError(f"没有“{kind}”这一类文件的征求意见期限；可用的类别：{'、'.join(self.periods)}")
        own = self.periods[kind]
        if not enterprise_related or kind == ENTERPRISE_RELATED:
            return own
        return _both(own, self.periods[ENTERPRISE_RELATED])

    def wordings_for(self, kind: str) -> tuple[WordingRule, ...]:
        """Give the rows of the drafting check that concern a kind of document."""
        return tuple(row for row in self.wordings if not row.applies_to or kind in row.applies_to)


def _both(own: PeriodRule, enterprise: PeriodRule) -> PeriodRule:
    if own.local and own.minimum_days <= enterprise.minimum_days:
        return enterprise
    longer = own if own.minimum_days > enterprise.minimum_days else enterprise
    floor = max(own.minimum_with_reason, enterprise.minimum_with_reason)
    return replace(
        longer,
        name=f"{own.name}（与市场主体生产经营活动密切相关）",
        basis=(*own.basis, *enterprise.basis),
        shortening=own.shortening if floor < longer.minimum_days else "",
        floor=floor,
    )


def load(extra: Path | None = None) -> Rules:
    """Read the national rules and lay the department's file over them.

    `extra` is a TOML file of the same shape. Raises RulesError (Chinese: file, row, what) when a file can't
    be read, a row is incomplete or of a wrong type, or a row would be laxer than the law.
    """
    base = rulefile.read(NATIONAL_FILE, TABLES)
    if extra is None:
        return _rules(NATIONAL_FILE, base)
    added = rulefile.read(extra, TABLES)
    rules = _rules(extra, rulefile.overlay(base, added))
    _refuse_laxer(extra, national(), rules)
    return rules


@cache
def national() -> Rules:
    """Give the rules of the project's own file, read once."""
    return load()


def _rules(path: Path, raw: rulefile.Raw) -> Rules:
    tables = {
        name: {key: rulefile.build(path, name, kind, row) for key, row in raw.get(name, {}).items()}
        for name, kind in TABLES.items()
    }
    _refuse_nonsense(path, tables)
    views: dict[str, Any] = {name: MappingProxyType(rows) for name, rows in tables.items()}
    return Rules(
        periods=views["period"],
        counting=views["counting"],
        clocks=views["clock"],
        concentration=views["concentration"]["default"],
        sufficiency=views["sufficiency"],
        invitation=views["invitation"]["answer"],
        reminders=tuple(views["reminder"].values()),
        preconditions=tuple(views["precondition"].values()),
        rejection_reasons=tuple(views["rejection"].values()),
        wordings=tuple(views["wording"].values()),
        calendars=views["calendar"],
    )


def _refuse_nonsense(path: Path, tables: Mapping[str, Mapping[str, Row]]) -> None:
    for key, row in tables["period"].items():
        if cast(PeriodRule, row).minimum_days < 1:
            raise RulesError(f"规则文件 {path} 的 [[period]] “{key}”：字段 minimum_days 至少为1")
    for key, row in tables["concentration"].items():
        if not 0 < cast(ConcentrationRule, row).similarity <= 1:
            raise RulesError(f"规则文件 {path} 的 [[concentration]] “{key}”：字段 similarity 应当在0和1之间")
    for key, row in tables["wording"].items():
        rulefile.compiles(f"规则文件 {path} 的 [[wording]] “{key}”", cast(WordingRule, row).patterns)
    _refuse_unknown_tests(path, tables["precondition"])
    for key, row in tables["calendar"].items():
        year = cast(CalendarYear, row)
        if not key.isdecimal() or len(key) != 4:
            raise RulesError(f"规则文件 {path} 的 [[calendar]] “{key}”：id 应当是四位年份")
        if len(year.rest) < 1:
            raise RulesError(f"规则文件 {path} 的 [[calendar]] “{key}”：字段 rest 没有一个放假日，请照国务院通知填写")


def _refuse_unknown_tests(path: Path, rows: Mapping[str, Row]) -> None:
    from consult.law.conditions import CONDITIONS  # they take the rules as an argument, so they come after them

    for key, row in rows.items():
        test = cast(PreconditionRule, row).test
        if test != CONFIRMED and test not in CONDITIONS:
            known = "、".join((CONFIRMED, *CONDITIONS))
            raise RulesError(f"规则文件 {path} 的 [[precondition]] “{key}”：test “{test}”不认识；可用的：{known}")


def _refuse_laxer(path: Path, law: Rules, rules: Rules) -> None:
    for key, own in law.periods.items():
        now = rules.periods[key]
        where = f"规则文件 {path} 的 [[period]] “{key}”"
        if not own.local and now.minimum_days < own.minimum_days:
            raise RulesError(f"{where}：{now.minimum_days}日少于法定的{own.minimum_days}日（{own.cited}），只能更长")
        if not own.local and now.minimum_with_reason < min(own.minimum_with_reason, now.minimum_days):
            raise RulesError(f"{where}：{own.cited}没有允许缩短期限")
        if own.local and now.minimum_days != own.minimum_days and now.basis == own.basis:
            raise RulesError(f"{where}：改了天数，请同时在 basis 中写明本省规定的名称和条文")
    for before, after in zip(law.preconditions, rules.preconditions, strict=False):
        if before.test != after.test:
            raise RulesError(
                f"规则文件 {path} 的 [[precondition]] “{before.id}”：字段 test 不能改，可以改 title、next_step 等"
            )
    heard = rules.sufficiency[ENTERPRISE_RELATED]
    if heard.associations < 1 or heard.enterprises < 1:
        raise RulesError(
            f"规则文件 {path} 的 [[sufficiency]] “{heard.id}”：associations 和 enterprises 至少各为1（{heard.cited}）"
        )
    for key, clock in law.clocks.items():
        changed = rules.clocks[key]
        same_shape = (changed.unit, changed.bound, changed.direction) == (
            clock.unit,
            clock.bound,
            clock.direction,
        )
        laxer = changed.length < clock.length if clock.bound is Bound.AT_LEAST else changed.length > clock.length
        if laxer or not same_shape:
            raise RulesError(
                f"规则文件 {path} 的 [[clock]] “{key}”："
                f"不能比法定的{clock.length}更宽，也不能改变计算方式（{clock.cited}）"
            )
