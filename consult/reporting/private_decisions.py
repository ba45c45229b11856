"""What becomes of private data in the reports of a consultation: masked, or released with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import BulkAct, record_many
from consult.ledger.verification.subjects import STANDS, Subject
from consult.reporting.errors import ReportRefused
from consult.reporting.models import FindChoice, FindDecision
from consult.reporting.private_scan import Find, finds_in
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.privacy import detection
from consult.text.privacy.kinds import Kind, PrivateDatum

REASON_CHARACTERS = 500
DECIDE = "report.decide_find"
QUARTER = 4
LONGEST_SHOWN = 40

Key = tuple[Kind, str]


def in_force(consultation_id: int) -> dict[Key, FindDecision]:
    """Return the decisions in force by kind and digest of the datum."""
    query = select(FindDecision).where(FindDecision.consultation_id == consultation_id)
    rows = db.session.scalars(query.options(joinedload(FindDecision.by)).order_by(FindDecision.id))
    return {(decision.kind, decision.digest): decision for decision in rows}


def releases(consultation_id: int) -> list[FindDecision]:
    """Return the releases in force, the newest first, for whoever reviews the report."""
    standing = in_force(consultation_id).values()
    return sorted(
        (decision for decision in standing if decision.choice is FindChoice.RELEASE),
        key=lambda decision: decision.id,
        reverse=True,
    )


def decide(
    actor: Actor,
    consultation: Consultation,
    finds: Iterable[Find],
    choice: FindChoice,
    *,
    at: datetime,
    reason: str = "",
) -> list[FindDecision]:
    """Mask data, or release them with a reason, wherever reports of the consultation have them.

    What was decided so already stays as it is. Returns the new decisions.

    Raises:
        ReportRefused: a release without a reason.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    reason = _checked(choice, reason)
    with transaction() as session:
        lock_row(consultation)
        standing = in_force(consultation.id)
        made: list[FindDecision] = []
        for find in {find.key: find for find in finds}.values():
            before = standing.get(find.key)
            if before is not None and (before.choice, before.reason) == (choice, reason):
                continue
            made.append(
                FindDecision(
                    consultation_id=consultation.id,
                    kind=find.datum.kind,
                    digest=find.digest,
                    shown=starred(find.datum),
                    choice=choice,
                    reason=reason,
                    at=at,
                    by_id=actor.id,
                    replaces_id=before.id if before is not None else None,
                )
            )
        session.add_all(made)
        session.flush()
        _record(actor, consultation, made, at)
    return made


def release_text(
    actor: Actor, consultation: Consultation, text: str, *, reason: str, at: datetime
) -> list[FindDecision]:
    """Release all private data in a text, such as the department's own telephone, wherever reports have it.

    Raises:
        ReportRefused: nothing in it looks private, or there is no reason.
    """
    finds = finds_in(consultation.id, 0, {"": clean(text)})
    if not finds:
        raise ReportRefused("这段文字里没有发现疑似个人信息，不需要准予公开。")
    return decide(actor, consultation, finds, FindChoice.RELEASE, reason=reason, at=at)


def starred(datum: PrivateDatum) -> str:
    """Return a datum with all but its ends starred: who reads it knows which it is, and not what it is."""
    text = detection.plain(datum.kind, datum.text)
    kept = max(1, min(len(text) // QUARTER, 4)) if len(text) > 1 else 0
    tail = text[len(text) - kept :] if kept and len(text) > 2 else ""
    return (text[:kept] + "*" * min(8, max(1, len(text) - kept - len(tail))) + tail)[:LONGEST_SHOWN]


def _checked(choice: FindChoice, reason: str) -> str:
    if choice is FindChoice.MASK:
        return ""
    reason = clean(reason)
    if not reason:
        raise ReportRefused("准予公开的，请写明理由，例如“本单位对外公开的办公电话”。")
    if len(reason) > REASON_CHARACTERS:
        raise ReportRefused(f"准予公开的理由有 {len(reason)} 字，最多 {REASON_CHARACTERS} 字，请缩短。")
    if finds_in(0, 0, {"": reason}):
        raise ReportRefused("准予公开的理由不得写个人信息，请删去后提交。")
    return reason


def _record(actor: Actor, consultation: Consultation, made: list[FindDecision], at: datetime) -> None:
    digests = find_digests([decision.id for decision in made])
    acts = [
        BulkAct(
            f"find:{decision.id}",
            digests[decision.id],
            {
                "choice": decision.choice.value,
                "kind": decision.kind.value,
                "shown": decision.shown,
                "reason": decision.reason,
                STANDS: digests[decision.id],
            },
        )
        for decision in made
    ]
    record_many(actor, DECIDE, acts, at=at, consultation_id=consultation.id)


def find_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of decisions by their ids, for the record."""
    return digests_by_id(select(*FindDecision.__table__.columns).where(FindDecision.id.in_(ids)))


SUBJECT = Subject("find", FindDecision, "对疑似个人信息的处理第", digests=find_digests)
