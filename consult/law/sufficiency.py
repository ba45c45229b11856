"""Checks whether enough consultees are listed, or have been heard."""

from __future__ import annotations

from dataclasses import dataclass, fields

from consult.law.rule_rows import SufficiencyRule


@dataclass(frozen=True, slots=True)
class ConsulteeCounts:
    """Numbers of consultees by kind; `government_units` are in no other number.

    `small_micro`, `medium_and_smaller`, `private` and `labour_intensive` are among the `enterprises`,
    `lawyers_associations` among the `associations`.

    A consultee counts as heard when it gave opinions or stated that it has none.
    """

    associations: int = 0
    enterprises: int = 0
    small_micro: int = 0
    group_organisations: int = 0
    medium_and_smaller: int = 0
    private: int = 0
    labour_intensive: int = 0
    lawyers_associations: int = 0
    government_units: int = 0

    def plus(self, other: ConsulteeCounts, sign: int = 1) -> ConsulteeCounts:
        """Return the sum of two counts."""
        return ConsulteeCounts(
            **{field.name: getattr(self, field.name) + sign * getattr(other, field.name) for field in fields(self)}
        )

    def minus(self, other: ConsulteeCounts) -> ConsulteeCounts:
        """Return the counts without those of another."""
        return self.plus(other, -1)


KINDS = (
    ("associations", "行业协会商会", "家"),
    ("enterprises", "企业", "家"),
    ("small_micro", "小微企业", "家"),
    ("group_organisations", "人民团体、社会组织或者群众代表", "个"),
    ("medium_and_smaller", "中小微企业", "家"),
    ("private", "民营企业", "家"),
    ("labour_intensive", "劳动密集型企业", "家"),
    ("lawyers_associations", "律师协会", "家"),
    ("government_units", "机关单位", "个"),
)


def missing_counts(counts: ConsulteeCounts, rule: SufficiencyRule) -> tuple[str, ...]:
    """Return what is missing in Chinese, one entry for each kind; empty if sufficient."""
    missing = []
    for name, title, unit in KINDS:
        wanted, have = getattr(rule, name), getattr(counts, name)
        if have < wanted:
            missing.append(f"{title}至少{wanted}{unit}，现有{have}{unit}，还差{wanted - have}{unit}")
    return tuple(missing)
