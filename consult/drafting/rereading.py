"""A stored version read by the rules of today: what would differ, and another version with that reading.

A version keeps the provisions that it was stored with, because opinions and decisions stand on their anchors; a better
reading becomes a version of its own by somebody's act.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs
from consult.drafting import stored_drafts, versions
from consult.drafting.errors import WrongState
from consult.drafting.models import DraftVersion, ProvisionRow
from consult.drafting.versions import DraftSource
from consult.store import db
from consult.text.parser.earlier_reading import StoredRow, rows_of
from consult.text.parser.provisions import Draft, Form, parse


@dataclass(frozen=True)
class Rereading:
    """The reading of today of a version's text, and where it differs: rows stored and rows read, as they stand."""

    draft: Draft
    differences: tuple[tuple[tuple[StoredRow, ...], tuple[StoredRow, ...]], ...]


def rereading(version: DraftVersion) -> Rereading | None:
    """Return the reading of today of a stored version; None where it is the one that was stored."""
    query = select(*stored_drafts.COLUMNS).where(ProvisionRow.version_id == version.id)
    stored = [StoredRow(*row) for row in db.session.execute(query.order_by(ProvisionRow.position))]
    draft = parse(version.text)
    today = rows_of(draft)
    if not stored or stored == today or draft.form is Form.PLAIN:
        return None
    matcher = SequenceMatcher(None, stored, today, autojunk=False)
    differences = tuple(
        (tuple(stored[i1:i2]), tuple(today[j1:j2]))
        for operation, i1, i2, j1, j2 in matcher.get_opcodes()
        if operation != "equal"
    )
    return Rereading(draft, differences)


def reread(actor: Actor, version: DraftVersion, *, at: datetime) -> DraftVersion:
    """Store a version again as it is read today: another version of the same kind, from the same file.

    Raises:
        WrongState: it is read today as it was, or a version of its kind can't be added in the consultation's stage.
    """
    require(actor, Act.ADD_VERSION, version.consultation)
    again = rereading(version)
    if again is None:
        raise WrongState("按现行规则读取的条文与已保存的相同，不用重读。")
    source = DraftSource(
        text=version.text,
        title=again.draft.title or version.title,
        rows=versions.flat_rows(again.draft),
        warnings=[asdict(warning) for warning in again.draft.warnings],
    )
    with blobs().open(version.file_digest) as file:
        data = file.read()
    return versions.add_version(
        actor,
        version.consultation,
        kind=version.kind,
        file_name=version.file_name,
        data=data,
        source=source,
        at=at,
    )
