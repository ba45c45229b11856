"""Comparisons of versions, and the place of a provision of the public version in another one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask import g
from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting import stored_drafts
from consult.drafting.audit import record_act
from consult.drafting.errors import WrongState
from consult.drafting.models import Consultation, DraftVersion, ProvisionMatch, Stage, VersionKind
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.anchors import WHOLE, article_of
from consult.text.comparison.versions import Comparison, Match, NewAnchor, compare

JUDGED = "consult_judged_matches"
"""Name in ``g``: what people said of possible counterparts, by versions."""
KEPT_COMPARISONS = 32
"""Size of the cache of comparisons in a process; versions never change, so entries stay valid."""
LATER = (VersionKind.PROMULGATED, VersionKind.FOR_SUBMISSION, VersionKind.REVISED)


def between(old: DraftVersion, new: DraftVersion) -> Comparison:
    """Return the comparison of two stored versions, with what people said of possible counterparts."""
    return _compared(_key(old), _key(new), *_judged(old.id, new.id))


Pairs = frozenset[tuple[str, str]]
"""Anchors of the older and the newer version."""


def _judged(old: int, new: int) -> tuple[Pairs, Pairs]:
    """Return the pairs that were confirmed and those that were rejected; looked up once a request, command or job."""
    kept: dict[tuple[int, int], tuple[Pairs, Pairs]] = g.setdefault(JUDGED, {})
    if (old, new) not in kept:
        latest = {(row.old_anchor, row.new_anchor): row.holds for row in judgements(old, new)}
        kept[old, new] = (
            frozenset(pair for pair, holds in latest.items() if holds),
            frozenset(pair for pair, holds in latest.items() if not holds),
        )
    return kept[old, new]


def judgements(old: int, new: int) -> list[ProvisionMatch]:
    """Return what people said of possible counterparts in two versions, oldest first."""
    query = select(ProvisionMatch).where(ProvisionMatch.old_version_id == old, ProvisionMatch.new_version_id == new)
    return list(db.session.scalars(query.order_by(ProvisionMatch.id)))


def judge(
    actor: Actor,
    old: DraftVersion,
    new: DraftVersion,
    pair: tuple[str, str],
    *,
    holds: bool,
    at: datetime,
) -> ProvisionMatch:
    """Say whether two provisions are counterparts; opinions on the older one follow it, or not.

    Arguments:
        pair: anchors in the older and in the newer version.

    Raises:
        WrongState: the versions are of two consultations, or the pair isn't possible and nobody judged it before.
    """
    require(actor, Act.ADD_VERSION, old.consultation)
    if old.consultation_id != new.consultation_id or old.id == new.id:
        raise WrongState("这两稿不能对照。")
    with transaction() as session:
        lock_row(old.consultation)
        g.pop(JUDGED, None)
        possible = {(each.old.anchor, each.new.anchor) for each in between(old, new).possible}
        confirmed, rejected = _judged(old.id, new.id)
        if pair not in possible | confirmed | rejected or pair in (confirmed if holds else rejected):
            raise WrongState("这一对条文已经核对，或者不在可能对应的条文中，请刷新页面。")
        row = ProvisionMatch(
            old_version_id=old.id,
            new_version_id=new.id,
            old_anchor=pair[0],
            new_anchor=pair[1],
            holds=holds,
            at=at,
            by_id=actor.id,
        )
        session.add(row)
        session.flush()
        record_act(
            actor, "draft.match", old.consultation, at, old=f"{old.number}:{pair[0]}", new=f"{new.number}:{pair[1]}",
            holds=holds,
        )  # fmt: skip
    g.pop(JUDGED, None)
    return row


def _key(version: DraftVersion) -> tuple[int, str]:
    return version.id, version.file_digest


@lru_cache(maxsize=KEPT_COMPARISONS)
def _compared(old: tuple[int, str], new: tuple[int, str], confirmed: Pairs, rejected: Pairs) -> Comparison:
    before, after = (stored_drafts.read(db.session.get_one(DraftVersion, key[0])) for key in (old, new))
    return compare(before, after, confirmed=sorted(confirmed), rejected=rejected)


def in_order(version: DraftVersion, other: DraftVersion) -> tuple[DraftVersion, DraftVersion]:
    """Return two versions, the older first; the text in force is older than any draft of its revision."""
    first, second = sorted(
        (version, other), key=lambda version: (version.kind is not VersionKind.IN_FORCE, version.number)
    )
    return first, second


def in_force(consultation: Consultation) -> DraftVersion | None:
    """Return the text in force that the draft revises, if one was uploaded: the last one."""
    return _last(consultation, VersionKind.IN_FORCE)


def latest(consultation: Consultation) -> DraftVersion | None:
    """Return the newest text after the one for comment: revised, for submission or promulgated; for staff only."""
    later = [version for version in consultation.versions if version.kind in LATER]
    return later[-1] if later else None


def previous(consultation: Consultation, version: DraftVersion) -> DraftVersion | None:
    """Return the version that a version is based on: the previous one, or the text in force for the first."""
    if version.kind is VersionKind.IN_FORCE:
        return None
    earlier = [
        candidate
        for candidate in consultation.versions
        if candidate.number < version.number and candidate.kind is not VersionKind.IN_FORCE
    ]
    return earlier[-1] if earlier else in_force(consultation)


def issued_version(consultation: Consultation) -> DraftVersion | None:
    """Return the text that is to be issued: the last one uploaded as such, unless a newer one went to the meeting."""
    final, submitted = (_last(consultation, kind) for kind in (VersionKind.PROMULGATED, VersionKind.FOR_SUBMISSION))
    if final is None or (submitted is not None and submitted.number > final.number):
        return None
    return final


def is_same_in_substance(old: DraftVersion, new: DraftVersion) -> bool:
    """Whether two versions say the same in the same order, but for punctuation, blanks and widths of characters."""
    return _substance(old) == _substance(new)


def _substance(version: DraftVersion) -> str:
    texts = (f"{row.number}{row.heading}{row.text}" for row in version.provisions if row.anchor != WHOLE)
    words = unicodedata.normalize("NFKC", "".join(texts))
    return "".join(char for char in words if char.isalnum())


def public_pairs(consultation: Consultation) -> dict[str, tuple[DraftVersion, DraftVersion]]:
    """Return the public comparisons, old and new version by name.

    ``in-force``: the text in force and the draft out for comment. ``promulgated``: that draft and the promulgated
    document. Revised drafts and those for submission are internal: the published feedback describes their changes.
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
    versions = [version for version in consultation.versions if version.kind is kind]
    return versions[-1] if versions else None


def locate(consultation: Consultation, anchor: str, version: DraftVersion) -> NewAnchor:
    """Return the anchor of a provision of the public version in another version of the draft.

    Arguments:
        anchor: of a provision of the version out for comment; empty or ``draft`` for the whole.
    """
    shown = consultation.public_version
    if shown is None or shown.id == version.id:
        return NewAnchor(anchor, exact=True)
    return between(shown, version).locate(anchor)


def later_for_senders(consultation: Consultation, *, feedback_is_out: bool) -> DraftVersion | None:
    """Return the later version in which a sender may look up the provision of an opinion.

    The promulgated document once it is public; before that, once the feedback is published, the newest internal draft,
    of which only numbers are shown, not the text.
    """
    if (public := public_pairs(consultation).get("promulgated")) is not None:
        return public[1]
    inside = [version for version in consultation.versions if version.kind in LATER[1:]]
    return inside[-1] if feedback_is_out and inside else None


@dataclass(frozen=True)
class LaterProvision:
    """A provision in a later version: its new anchor, and the article's text with changes."""

    version: DraftVersion
    followed: NewAnchor
    match: Match | None


def later_provision(consultation: Consultation, anchor: str) -> LaterProvision | None:
    """Return a provision of the public version in the newest later version; None if there is none."""
    version, shown = latest(consultation), consultation.public_version
    if version is None or shown is None or anchor in ("", "draft"):
        return None
    unit = article_of(anchor)
    matches = between(shown, version).matches
    match = next((match for match in matches if any(old.anchor == unit for old in match.old)), None)
    return LaterProvision(version, locate(consultation, anchor, version), match)
