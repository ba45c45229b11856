"""Loads the rule files: the national one, and the department's merged over it, which can't be laxer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from consult.law import rule_file, rule_rows, year_notices
from consult.law.conditions import CONDITIONS
from consult.law.holidays import day_of
from consult.law.rule_file import RulesError
from consult.law.rules import CONFIRMED, ENTERPRISE_RELATED, Rules

A_DAY = date(2026, 1, 1)
"""To compare terms in days and in months by."""
NATIONAL_FILE = Path(__file__).with_name("rules.toml")

TABLES: Mapping[str, type[rule_rows.Row]] = MappingProxyType(
    {
        "period": rule_rows.PeriodRule,
        "counting": rule_rows.CountingRule,
        "clock": rule_rows.ClockRule,
        "retention": rule_rows.RetentionRule,
        "concentration": rule_rows.ConcentrationRule,
        "reason": rule_rows.ReasonRule,
        "sufficiency": rule_rows.SufficiencyRule,
        "invitation": rule_rows.InvitationRule,
        "reminder": rule_rows.ReminderRule,
        "precondition": rule_rows.PreconditionRule,
        "rejection": rule_rows.RejectionRule,
        "wording": rule_rows.WordingRule,
        "holiday": rule_rows.HolidayRule,
        "calendar": rule_rows.CalendarYear,
        "review": rule_rows.ReviewRule,
        "conclusion": rule_rows.ConclusionRule,
        "standard": rule_rows.StandardRule,
        "exception": rule_rows.ExceptionRule,
        "material": rule_rows.MaterialRule,
    }
)


def load(extra: Path | None = None) -> Rules:
    """Load the national rules, with the department's TOML file `extra` merged over them.

    Raises RulesError when a file can't be read, a row is invalid, or a row is laxer than the law.
    """
    base = rule_file.read(NATIONAL_FILE, TABLES)
    if extra is None:
        return _rules(NATIONAL_FILE, base)
    added = rule_file.read(extra, TABLES)
    rules = _rules(extra, rule_file.overlay(base, added))
    _check_not_laxer(extra, national(), rules)
    return rules


@cache
def national() -> Rules:
    """Return the rules of the national file, cached."""
    return load()


def _rules(path: Path, raw: rule_file.Raw) -> Rules:
    tables = {
        name: {key: rule_file.build(path, name, kind, row) for key, row in raw.get(name, {}).items()}
        for name, kind in TABLES.items()
    }
    _check_values(path, tables)
    views: dict[str, Any] = {name: MappingProxyType(rows) for name, rows in tables.items()}
    return Rules(
        periods=views["period"],
        counting=views["counting"],
        clocks=views["clock"],
        retention=views["retention"],
        concentration=views["concentration"]["default"],
        reason=views["reason"]["decision"],
        sufficiency=views["sufficiency"],
        invitation=views["invitation"]["answer"],
        reminders=tuple(views["reminder"].values()),
        preconditions=tuple(views["precondition"].values()),
        rejection_reasons=tuple(views["rejection"].values()),
        wordings=tuple(views["wording"].values()),
        holidays=views["holiday"],
        calendars=views["calendar"],
        reviews=views["review"],
        conclusions=tuple(views["conclusion"].values()),
        standards=views["standard"],
        exceptions=views["exception"],
        material=tuple(views["material"].values()),
    )


def _check_values(path: Path, tables: Mapping[str, Mapping[str, rule_rows.Row]]) -> None:
    for key, row in tables["period"].items():
        if cast(rule_rows.PeriodRule, row).minimum_days < 1:
            raise RulesError(f"规则文件 {path} 的 [[period]] “{key}”：字段 minimum_days 至少为1")
    for key, row in tables["concentration"].items():
        concentration = cast(rule_rows.ConcentrationRule, row)
        if not 0 < concentration.similarity <= 1:
            raise RulesError(f"规则文件 {path} 的 [[concentration]] “{key}”：字段 similarity 应当在0和1之间")
        if not 0 <= concentration.share <= 100:
            raise RulesError(f"规则文件 {path} 的 [[concentration]] “{key}”：字段 share 应当在0和100之间")
    for key, row in tables["reason"].items():
        if cast(rule_rows.ReasonRule, row).characters < 1:
            raise RulesError(f"规则文件 {path} 的 [[reason]] “{key}”：字段 characters 至少为1")
    for key, row in tables["wording"].items():
        rule_file.compiles(f"规则文件 {path} 的 [[wording]] “{key}”", cast(rule_rows.WordingRule, row).patterns)
    _check_tests(path, tables["precondition"])
    for key, row in tables["holiday"].items():
        _check_holiday(f"规则文件 {path} 的 [[holiday]] “{key}”", cast(rule_rows.HolidayRule, row))
    for key, row in tables["calendar"].items():
        _check_calendar(f"规则文件 {path} 的 [[calendar]] “{key}”", key, cast(rule_rows.CalendarYear, row))


def _check_holiday(where: str, rule: rule_rows.HolidayRule) -> None:
    for words in rule.days:
        try:
            day_of(words, A_DAY.year)
        except ValueError as error:
            raise RulesError(f"{where}：“{words}”应当写成 10月1日、五月初五、除夕或者清明") from error


def _check_calendar(where: str, key: str, row: rule_rows.CalendarYear) -> None:
    if not (key.isascii() and key.isdecimal()) or len(key) != 4:
        raise RulesError(f"{where}：id 应当是四位年份")
    if len(row.rest) < 1:
        raise RulesError(f"{where}：字段 rest 没有一个放假日，请照国务院通知填写")
    faults = year_notices.faults_of_days(int(key), row.rest, row.work)
    if faults:
        raise RulesError(f"{where}：{'；'.join(faults)}")


def _check_tests(path: Path, rows: Mapping[str, rule_rows.Row]) -> None:
    for key, row in rows.items():
        test = cast(rule_rows.PreconditionRule, row).test
        if test != CONFIRMED and test not in CONDITIONS:
            known = "、".join((CONFIRMED, *CONDITIONS))
            raise RulesError(f"规则文件 {path} 的 [[precondition]] “{key}”：test “{test}”不认识；可用的：{known}")


def _check_not_laxer(path: Path, law: Rules, rules: Rules) -> None:
    for key, legal in law.periods.items():
        now = rules.periods[key]
        where = f"规则文件 {path} 的 [[period]] “{key}”"
        if not legal.local and now.minimum_days < legal.minimum_days:
            raise RulesError(
                f"{where}：{now.minimum_days}日少于法定的{legal.minimum_days}日（{legal.cited}），只能更长"
            )
        if not legal.local and now.minimum_with_reason < min(legal.minimum_with_reason, now.minimum_days):
            raise RulesError(f"{where}：{legal.cited}没有允许缩短期限")
        if legal.local and now.minimum_days != legal.minimum_days and now.basis == legal.basis:
            raise RulesError(f"{where}：改了天数，请同时在 basis 中写明本省规定的名称和条文")
    for before, after in zip(law.preconditions, rules.preconditions, strict=False):
        if before.test != after.test:
            raise RulesError(
                f"规则文件 {path} 的 [[precondition]] “{before.id}”：字段 test 不能改，可以改 title、next_step 等"
            )
    for key, legal_term in law.retention.items():
        term = rules.retention[key]
        longer = term.last_day(A_DAY) > legal_term.last_day(A_DAY)
        if longer and term.basis == legal_term.basis:
            raise RulesError(
                f"规则文件 {path} 的 [[retention]] “{key}”：比{legal_term.term}更长，请同时在 basis 中写明依据"
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
        laxer = (
            changed.length < clock.length if clock.bound is rule_rows.Bound.AT_LEAST else changed.length > clock.length
        )
        if laxer or not same_shape:
            raise RulesError(
                f"规则文件 {path} 的 [[clock]] “{key}”："
                f"不能比法定的{clock.length}更宽，也不能改变计算方式（{clock.cited}）"
            )
