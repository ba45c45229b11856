"""Whether enough consultees are on a list, or have been heard."""

from __future__ import annotations

from dataclasses import dataclass

from consult.law.rows import SufficiencyRule


@dataclass(frozen=True, slots=True)
class ConsulteeCounts:
    """How many consultees of each kind; `small_micro` are among the `enterprises`.

    A consultee counts as heard when it gave opinions or stated that it has none; silence is never heard.
    """

    associations: int = 0
    enterprises: int = 0
    small_micro: int = 0
    group_organisations: int = 0


KINDS = (
    ("associations", "行业协会商会", "家"),
    ("enterprises", "企业", "家"),
    ("small_micro", "小微企业", "家"),
    ("group_organisations", "人民团体、社会组织或者群众代表", "个"),
)


def lacks(counts: ConsulteeCounts, rule: SufficiencyRule) -> tuple[str, ...]:
    """Say in Chinese what is still missing, one entry a kind; empty when it suffices."""
    found = []
    for name, title, unit in KINDS:
        wanted, have = getattr(rule, name), getattr(counts, name)
        if have < wanted:
            found.append(f"{title}至少{wanted}{unit}，现有{have}{unit}，还差{wanted - have}{unit}")
    return tuple(found)


def suffices(counts: ConsulteeCounts, rule: SufficiencyRule) -> bool:
    """Say whether nothing is missing."""
    return not lacks(counts, rule)
