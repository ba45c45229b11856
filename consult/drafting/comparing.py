"""Versions beside each other: what changed between two, and where a provision of the public one went."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from consult.drafting.models import Consultation, DraftVersion, Stage, VersionKind
from consult.store import db
from consult.text import provisions as parser
from consult.text.anchors import article_of
from consult.text.comparison import Comparison, Followed, Match, compare

KEPT_COMPARISONS = 32
"""How many comparisons a process remembers; versions never change, so neither do these."""
LATER = (VersionKind.PROMULGATED, VersionKind.FOR_SUBMISSION, VersionKind.REVISED)


def between(old: DraftVersion, new: DraftVersion) -> Comparison:
    """Return the comparison of two stored versions."""
    return _compared(_key(old), _key(new))


def _key(version: DraftVersion) -> tuple[int, str]:
    return version.id, version.file_digest


@lru_cache(maxsize=KEPT_COMPARISONS)
def _compared(old: tuple[int, str], new: tuple[int, str]) -> Comparison:
    texts = [db.session.get_one(DraftVersion, key[0]).text for key in (old, new)]
    return compare(parser.parse(texts[0]), parser.parse(texts[1]))


def in_order(one: DraftVersion, other: DraftVersion) -> tuple[DraftVersion, DraftVersion]:
    """Return two versions, the older first; the text in force is older than any draft of its revision."""
    first, second = sorted((one, other), key=lambda version: (version.kind is not VersionKind.IN_FORCE, version.number))
    return first, second


def in_force(consultation: Consultation) -> DraftVersion | None:
    """Return the text in force that the draft revises, if one was uploaded: the last one."""
    return _last(consultation, VersionKind.IN_FORCE)


def latest(consultation: Consultation) -> DraftVersion | None:
    """Return the newest text after the one for comment: revised, for submission or promulgated; for staff only."""
    later = [version for version in consultation.versions if version.kind in LATER]
    return later[-1] if later else None


def before(consultation: Consultation, version: DraftVersion) -> DraftVersion | None:
    """Return what a version was made from: the version before it, the text in force before the first."""
    if version.kind is VersionKind.IN_FORCE:
        return None
    earlier = [
        one for one in consultation.versions if one.number < version.number and one.kind is not VersionKind.IN_FORCE
    ]
    return earlier[-1] if earlier else in_force(consultation)


def public_pairs(consultation: Consultation) -> dict[str, tuple[DraftVersion, DraftVersion]]:
    """Return the comparisons that everybody may see, old and new, by name.

    ``in-force``: the text in force beside the draft out for comment. ``promulgated``: that draft beside the document
    as it was promulgated. Revised drafts and those for submission are internal: what they changed is told by the
    published feedback.
    """
    shown = consultation.public_version
    if shown is None:
        return {}
    pairs = {}
    if (base := in_force(consultation)) is not None:
        pairs["in-force"] = (base, shown)
    final = _last(consultation, VersionKind.PROMULGATED)
    if final is not None and consultation.stage is Stage.PROMULGATED:
        pairs["promulgated"] = (shown, final)
    return pairs


def _last(consultation: Consultation, kind: VersionKind) -> DraftVersion | None:
    found = [version for version in consultation.versions if version.kind is kind]
    return found[-1] if found else None


def follow(consultation: Consultation, anchor: str, version: DraftVersion) -> Followed:
    """Return where a provision of the public version went in another version of the draft.

    Arguments:
        anchor: of a provision of the version out for comment; empty or ``draft`` for the whole.
    """
    shown = consultation.public_version
    if shown is None or shown.id == version.id:
        return Followed(anchor, exact=True)
    return between(shown, version).follow(anchor)


def later_for_senders(consultation: Consultation, *, feedback_is_out: bool) -> DraftVersion | None:
    """Return the later version in which who sent an opinion may see where its provision went.

    The promulgated document once it is public; before that, once the feedback is out, the newest internal draft: of
    that one numbers only, its words stay inside.
    """
    if (public := public_pairs(consultation).get("promulgated")) is not None:
        return public[1]
    inside = [version for version in consultation.versions if version.kind in LATER[1:]]
    return inside[-1] if feedback_is_out and inside else None


@dataclass(frozen=True)
class Later:
    """A provision in a later version: where it went, and the article's words with what changed in them."""

    version: DraftVersion
    followed: Followed
    match: Match | None


def later(consultation: Consultation, anchor: str) -> Later | None:
    """Return what became of a provision of the public version in the newest later one; None where there is none."""
    version, shown = latest(consultation), consultation.public_version
    if version is None or shown is None or anchor in ("", "draft"):
        return None
    unit = article_of(anchor)
    matches = between(shown, version).matches
    match = next((one for one in matches if any(old.anchor == unit for old in one.old)), None)
    return Later(version, follow(consultation, anchor, version), match)
