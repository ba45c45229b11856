"""A second round: opinions on a revised draft, kept on the provisions of the draft that the public read."""

from __future__ import annotations

from collections.abc import Iterable

from consult.consultees import letters
from consult.consultees.models import Invitation
from consult.drafting import queries, version_comparison
from consult.drafting.draft_units import Draft
from consult.drafting.models import DraftVersion
from consult.intake.arrival import ArrivalPart
from consult.text.anchors import in_words


def version_of(invitation: Invitation) -> DraftVersion | None:
    """Return the revised draft that an invitation asks for opinions on; None for the one that the public reads."""
    letter = letters.of_invitation(invitation)
    if letter is None or letter.version_id == invitation.consultation.public_version_id:
        return None
    return letter.version


def draft_of(invitation: Invitation) -> Draft:
    """Return the draft that an invitation asks for opinions on, for display."""
    version = version_of(invitation)
    return queries.draft_of(invitation.consultation) if version is None else queries.draft_of_version(version)


def on_public_draft(invitation: Invitation, parts: Iterable[ArrivalPart]) -> list[ArrivalPart]:
    """Return parts on the provisions of the draft that the public reads, as opinions are kept.

    A part on a revised draft says so in its words; what has no counterpart in the public draft is on the whole.
    """
    version, public = version_of(invitation), invitation.consultation.public_version
    if version is None or public is None:
        return list(parts)
    comparison = version_comparison.between(version, public)
    kind, placed = version.kind.label.words, []
    for part in parts:
        if not part.content.strip() or not part.anchor:
            placed.append(part)
            continue
        earlier = comparison.locate(part.anchor).anchor
        words = f"（{kind}{in_words(part.anchor)}）\n{part.content}"
        placed.append(ArrivalPart(words, earlier or "", part.quote))
    return placed
