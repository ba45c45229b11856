"""How pages and commands say what the drafting check found."""

from __future__ import annotations

from collections.abc import Iterable

from consult.text.drafting_check import Finding, Severity


def by_severity(findings: Iterable[Finding]) -> dict[Severity, list[Finding]]:
    """Return the findings by how much they matter, worst first; severities without any are left out."""
    by_severity: dict[Severity, list[Finding]] = {severity: [] for severity in Severity}
    for finding in findings:
        by_severity[finding.severity].append(finding)
    return {severity: rows for severity, rows in by_severity.items() if rows}
