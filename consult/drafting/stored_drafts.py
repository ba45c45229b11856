"""A stored version as a parsed draft, with the provisions and anchors that it was stored with."""

from __future__ import annotations

from sqlalchemy import select

from consult.drafting.models import DraftVersion, ProvisionRow
from consult.store import db
from consult.text.parser import provisions as parser
from consult.text.parser.earlier_reading import StoredRow, rebuilt, rows_of

COLUMNS = (
    ProvisionRow.depth,
    ProvisionRow.anchor,
    ProvisionRow.kind,
    ProvisionRow.number,
    ProvisionRow.heading,
    ProvisionRow.text,
)


def read(version: DraftVersion) -> parser.Draft:
    """Return a stored version as a draft.

    Opinions and decisions stand on its provisions as they were read when it was stored. Where the parser of today
    reads its text otherwise, the draft is rebuilt from the stored provisions.
    """
    query = select(*COLUMNS).where(ProvisionRow.version_id == version.id).order_by(ProvisionRow.position)
    stored = [StoredRow(*row) for row in db.session.execute(query)]
    draft = parser.parse(version.text)
    return rebuilt(version.text, version.title, stored) if stored and rows_of(draft) != stored else draft
