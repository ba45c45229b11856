"""The drafting check over a stored version: what a legal division would point at, and what the version cites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from consult.drafting import comparing
from consult.drafting.instruments import register
from consult.drafting.models import Consultation, DraftVersion
from consult.law.rules import ENTERPRISE_RELATED
from consult.text import provisions as parser
from consult.text.citations import Cited, find_citations
from consult.text.drafting_check import Finding, Purpose, check_draft

NORMATIVE = frozenset({"normative-document", ENTERPRISE_RELATED})
"""Kinds of document that state how long they hold."""


@dataclass(frozen=True)
class Checked:
    """What a check found; ``since`` is the version that numbers were compared with, ``known`` the register's size."""

    findings: tuple[Finding, ...]
    cited: Cited
    since: DraftVersion | None
    known: int


def purpose_of(kind: str, enterprise_related: bool, today: date | None = None) -> Purpose:
    """Return what the check needs to know of a document besides its text; ``kind`` is its id in the rules."""
    return Purpose(kind in NORMATIVE, enterprise_related or kind == ENTERPRISE_RELATED, today)


def check(consultation: Consultation, version: DraftVersion, today: date) -> Checked:
    """Check a version against the register of instruments and the version before it."""
    known = register()
    draft = parser.parse(version.text)
    before = comparing.before(consultation, version)
    findings = check_draft(
        draft,
        known,
        purpose_of(consultation.kind, consultation.enterprise_related, today),
        comparing.between(before, version) if before is not None else None,
    )
    return Checked(findings, find_citations(draft, known, today), before, len(known))
