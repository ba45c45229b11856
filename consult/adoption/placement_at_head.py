"""Places an opinion that staff entered or imported under the provision that its text begins by citing.

What came through a form was placed by its sender; a row of a table has no such choice. The provision is a proposal
(``Opinion.placed_because``) until a person confirms it.
"""

from __future__ import annotations

from functools import lru_cache

from consult.adoption.models import Opinion
from consult.drafting import stored_drafts
from consult.drafting.models import DraftVersion
from consult.intake.models import Submission
from consult.store import db
from consult.text.placing import HEAD, Places

DRAFTS = 4
"""Drafts whose provisions are remembered."""


def propose_at_head(submission: Submission, opinion: Opinion) -> None:
    """Place a new opinion on the whole draft under the provision that it begins by citing, if there is one."""
    if opinion.anchor or not submission.channel.label.entered_by_staff or "条" not in opinion.content[:HEAD]:
        return
    version = submission.consultation.public_version if submission.consultation is not None else None
    place = _places(version.id, version.file_digest).cited_at_head(opinion.content) if version is not None else None
    if place is not None:
        opinion.anchor, opinion.placed_because = place.anchor, place.because


@lru_cache(maxsize=DRAFTS)
def _places(version_id: int, _file_digest: str) -> Places:
    return Places(stored_drafts.read(db.session.get_one(DraftVersion, version_id)))
