"""How pages and commands say what the drafting check found."""

from __future__ import annotations

from collections.abc import Iterable

from consult.text.citations import Standing
from consult.text.drafting_check import Finding, Severity

GROUPS = {
    Severity.ERROR: ("必须改", "seal"),
    Severity.WARNING: ("请核对", "amber"),
    Severity.NOTE: ("供参考", ""),
}
"""Severities in words, with the tone in which they are shown."""
STANDING_WORDS = {
    Standing.IN_FORCE: ("现行有效", "green"),
    Standing.NOT_YET: ("尚未施行", "amber"),
    Standing.SUPERSEDED: ("旧版本", "seal"),
    Standing.EXPIRED: ("已失效", "seal"),
    Standing.MISSPELT: ("名称有误", "seal"),
    Standing.UNKNOWN: ("文件库没有", ""),
    Standing.SELF: ("本文件", ""),
}
"""What the register knows of a cited instrument, in words, with their tone."""


def by_severity(findings: Iterable[Finding]) -> dict[Severity, list[Finding]]:
    """Return the findings by how much they matter, worst first; severities without any are left out."""
    found: dict[Severity, list[Finding]] = {severity: [] for severity in Severity}
    for finding in findings:
        found[finding.severity].append(finding)
    return {severity: rows for severity, rows in found.items() if rows}
