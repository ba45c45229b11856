"""What happened to issued documents."""

from __future__ import annotations

from sqlalchemy import select

from consult.issuance.models import DocumentAct, DocumentActKind, IssuedDocument
from consult.store import db


def acts(document: IssuedDocument) -> list[DocumentAct]:
    """Return what happened to a document, oldest first."""
    query = select(DocumentAct).where(DocumentAct.consultation_id == document.consultation_id)
    return list(db.session.scalars(query.order_by(DocumentAct.id)))


def standing(document: IssuedDocument, kind: DocumentActKind) -> DocumentAct | None:
    """Return the last act of a kind, which counts."""
    query = select(DocumentAct).where(DocumentAct.consultation_id == document.consultation_id, DocumentAct.kind == kind)
    return db.session.scalars(query.order_by(DocumentAct.id.desc()).limit(1)).first()
