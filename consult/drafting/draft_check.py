"""The drafting check of a stored version: its findings and citations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from consult.drafting import stored_drafts, version_comparison
from consult.drafting.instruments import register
from consult.drafting.models import Consultation, DraftVersion
from consult.law.rules import ENTERPRISE_RELATED
from consult.text.citations import Citations, find_citations
from consult.text.drafting_check import Finding, Purpose, check_draft, words_about_enterprises, words_about_groups

NORMATIVE = frozenset({"normative-document", ENTERPRISE_RELATED})
"""Kinds of document that must state their period of validity."""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check; ``since`` is the version compared with, ``known`` the size of the register."""

    findings: tuple[Finding, ...]
    cited: Citations
    since: DraftVersion | None
    known: int


def purpose_of(kind: str, enterprise_related: bool, today: date | None = None) -> Purpose:
    """Return the parameters of the check for a document; ``kind`` is its id in the rules."""
    return Purpose(kind in NORMATIVE, enterprise_related or kind == ENTERPRISE_RELATED, today)


def check(consultation: Consultation, version: DraftVersion, today: date) -> CheckResult:
    """Check a version against the register of instruments and the previous version."""
    known = register()
    draft = stored_drafts.read(version)
    before = version_comparison.previous(consultation, version)
    findings = check_draft(
        draft,
        known,
        purpose_of(consultation.kind, consultation.enterprise_related, today),
        version_comparison.between(before, version) if before is not None else None,
    )
    return CheckResult(findings, find_citations(draft, known, today), before, len(known))


def group_words(version: DraftVersion) -> tuple[str, ...]:
    """Return the particular groups of people that a version names."""
    return words_about_groups(stored_drafts.read(version))


def enterprise_words(version: DraftVersion) -> tuple[str, ...]:
    """Return the wording about enterprises in a version, for drafts not marked as enterprise-related."""
    return words_about_enterprises(stored_drafts.read(version))
