"""The verbs: ask for a kit; the worker finds by state which are to be drawn, and draws them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, or_, select

from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import blobs
from consult.drafting.models import Consultation, PublicText, Stage
from consult.files.blobs import BlobError
from consult.files.publicity import FILES, draw
from consult.files.sandbox import ReaderDied, SandboxStopped
from consult.issuance.models import IssuedDocument
from consult.ledger.models import LedgerEntry
from consult.ledger.service import is_seal_valid, record
from consult.publicity import words
from consult.publicity.errors import NotPublic
from consult.publicity.models import PublicityKit
from consult.reporting.errors import ReportAltered
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import DATABASE_ERRORS, db, transaction
from consult.store.locking import lock_row

RECENT: Final = timedelta(days=30)
"""How long after a text became public, or changed, its kit is drawn without being asked for."""
BYTES: Final = 64 << 20
"""The largest file."""
DRAW: Final = "publicity.draw"
CARD: Final = "card.png"
FAILED: Final = "未能生成，请稍后重试；仍不成功的，请联系管理员查看日志。"
log = structlog.get_logger()


def ask(actor: Actor, consultation: Consultation, about: PublicText, *, at: datetime) -> PublicityKit:
    """Ask for a kit; the worker draws it soon. What waits already isn't asked for twice.

    Raises:
        NotPublic: the text isn't public.
    """
    require(actor, Act.NOTE_POSTING, consultation)
    with transaction():
        lock_row(consultation)
        words.compose(consultation, about, at)
        waiting = newest(consultation, about)
        if waiting is not None and waiting.drawn_at is None and not waiting.failed:
            return waiting
        return _ask(actor, consultation, about, at)


def _ask(actor: Actor, consultation: Consultation, about: PublicText, at: datetime) -> PublicityKit:
    kit = PublicityKit(
        consultation_id=consultation.id,
        about=about,
        asked_at=at,
        asked_by_id=actor.id,
        checked_at=at,
        basis="",
        files={},
        failed="",
    )
    db.session.add(kit)
    db.session.flush()
    record(actor, "publicity.ask", _subject(kit), at=at, consultation_id=consultation.id, about=about.value)
    return kit


def _subject(kit: PublicityKit) -> str:
    return f"publicity:{kit.id}"


def newest(consultation: Consultation, about: PublicText, *criteria: ColumnElement[bool]) -> PublicityKit | None:
    """Return the kit that was asked for last."""
    query = select(PublicityKit).where(
        PublicityKit.consultation_id == consultation.id, PublicityKit.about == about, *criteria
    )
    return db.session.scalars(query.order_by(PublicityKit.id.desc()).limit(1)).first()


def by_id(consultation: Consultation, identifier: int) -> PublicityKit | None:
    """Return a kit of a consultation by its id."""
    kit = db.session.get(PublicityKit, identifier)
    return kit if kit is not None and kit.consultation_id == consultation.id else None


def drawn(consultation: Consultation, about: PublicText) -> PublicityKit | None:
    """Return the last kit that was drawn."""
    return newest(consultation, about, PublicityKit.drawn_at.is_not(None))


def is_current(kit: PublicityKit, at: datetime) -> bool:
    """Whether a drawn kit says what the public pages say now."""
    try:
        return kit.basis == words.basis(words.compose(kit.consultation, kit.about, at))
    except (NotPublic, ReportAltered):
        return False


def card(consultation: Consultation) -> str:
    """Return the digest of the preview card of a consultation's page.

    Empty where none was drawn, it isn't that, or the consultation was withdrawn: the card invites to take part.
    """
    if consultation.stage is Stage.WITHDRAWN:
        return ""
    for about in (PublicText.ISSUED, PublicText.REPORT, PublicText.NOTICE):
        kit = drawn(consultation, about)
        if kit is not None:
            return kit.files.get(CARD, "") if _is_as_drawn(kit) else ""
    return ""


def _is_as_drawn(kit: PublicityKit) -> bool:
    """Whether the record says of a kit that it has these files: a page shows no others."""
    query = select(LedgerEntry).where(LedgerEntry.subject == _subject(kit), LedgerEntry.act == DRAW)
    act = db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(1)).first()
    return act is not None and is_seal_valid(act) and act.detail.get("files") == kit.files


def draw_due(at: datetime) -> int:
    """Ask for the kits of what became public or changed lately, and draw all that were asked for; return how many."""
    _ask_for_changed(at)
    query = select(PublicityKit.id).where(PublicityKit.drawn_at.is_(None), PublicityKit.failed == "")
    return sum(_draw(db.session.get_one(PublicityKit, id_), at) for id_ in list(db.session.scalars(query)))


def _ask_for_changed(at: datetime) -> None:
    since = at - RECENT
    reported = select(FeedbackReport.consultation_id).where(
        FeedbackReport.state == ReportState.PUBLISHED, FeedbackReport.published_at > since
    )
    issued = select(IssuedDocument.consultation_id).where(IssuedDocument.at > since)
    query = select(Consultation).where(
        Consultation.opens_at <= at,
        Consultation.stage != Stage.WITHDRAWN,
        or_(
            Consultation.opens_at > since,
            Consultation.changed_at > since,
            Consultation.id.in_(reported),
            Consultation.id.in_(issued),
        ),
    )
    for consultation in list(db.session.scalars(query.order_by(Consultation.id))):
        for about in PublicText:
            public = words.public_since(consultation, about, at)
            if public is None:
                continue
            changed = max(public, consultation.changed_at)
            last = newest(consultation, about)
            if changed > since and (last is None or last.checked_at < changed):
                _ask_again(consultation, about, at)


def _ask_again(consultation: Consultation, about: PublicText, at: datetime) -> None:
    """Ask for a kit unless the last one is asked for already, or says the same."""
    with transaction():
        lock_row(consultation)
        last = newest(consultation, about)
        if last is None or (last.drawn_at is not None and not is_current(last, at)) or last.failed:
            _ask(SYSTEM, consultation, about, at)
        else:
            last.checked_at = at


def _draw(kit: PublicityKit, at: datetime) -> bool:
    """Draw a kit; where it can't be drawn, the row says so. Return whether it was drawn."""
    consultation = kit.consultation
    try:
        composed = words.compose(consultation, kit.about, at)
        before = drawn(consultation, kit.about)
        if before is not None and before.basis == words.basis(composed) and _are_there(before):
            files = dict(before.files)
        else:
            files = {name: blobs().put_stream(io.BytesIO(data), BYTES) for name, data in draw(composed).items()}
    except (NotPublic, ReportAltered) as refused:
        return _fail(kit, str(refused))
    except SandboxStopped:
        return False  # the next run tries again
    except ReaderDied:
        return _fail(kit, FAILED)
    except DATABASE_ERRORS:
        raise  # the next run tries again
    except Exception:  # one that can't be drawn doesn't keep the others waiting
        log.exception("kit_not_drawn", kit=kit.id)
        db.session.rollback()
        return _fail(kit, FAILED)
    with transaction():
        lock_row(consultation)
        kit.basis, kit.files, kit.drawn_at = words.basis(composed), files, at
        record(SYSTEM, DRAW, _subject(kit), at=at, consultation_id=consultation.id, basis=kit.basis, files=files)
    return True


def _are_there(kit: PublicityKit) -> bool:
    try:
        return bool(kit.files) and all(map(blobs().verify, kit.files.values()))
    except BlobError:
        return False


def _fail(kit: PublicityKit, why: str) -> bool:
    with transaction():
        kit.failed = why
    return False


def files_of(actor: Actor, kit: PublicityKit) -> dict[str, str]:
    """Return the digests of a kit's files by name."""
    require(actor, Act.SEE_CONSULTATION, kit.consultation)
    return {name: kit.files[name] for name in FILES if name in kit.files}
