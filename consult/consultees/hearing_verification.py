"""Checking gatherings and disagreements against the record: each as the last act on it left it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from consult.consultees.disagreement_models import Disagreement
from consult.consultees.disagreements import NOTE, disagreement_digest
from consult.consultees.hearing_ledger import gathering_digest
from consult.consultees.models import Gathering
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import detail_of, entries_by_subject
from consult.ledger.verification.database_view import snapshot_read, stream
from consult.store import db


@dataclass(frozen=True)
class _Kind:
    """Rows that acts are on record for: their name, the act that made them, their digest."""

    name: str
    model: type[Gathering] | type[Disagreement]
    first_act: str
    digest: Callable[[int], str]
    words: str
    parts: str

    @property
    def subject(self) -> str:
        """How the record names one, before its id."""
        return f"{self.name}:"

    def fault(self, id_: int, what: Damage, words: str) -> Fault:
        """Return what is wrong with one."""
        return Fault(self.name, str(id_), what, f"第{id_}号{self.words}{words}")


KINDS = (
    _Kind("gathering", Gathering, "gathering.arrange", gathering_digest, "会议", "材料、人员、通知"),
    _Kind("disagreement", Disagreement, NOTE, disagreement_digest, "分歧意见", "各单位意见"),
)


def faults() -> Iterator[Fault]:
    """Name every gathering and disagreement that was changed, inserted or deleted behind the record's back."""
    for kind in KINDS:
        yield from _of_kind(kind)


def _of_kind(kind: _Kind) -> Iterator[Fault]:
    with snapshot_read():
        stored = list(db.session.scalars(select(kind.model.id).order_by(kind.model.id)))
        for id_ in stored:
            subject = f"{kind.subject}{id_}"
            acts = [detail_of(entry) for entry in entries_by_subject([subject])[subject]]
            if not acts:
                yield kind.fault(id_, Damage.INSERTED, "无对应记录：记录被删除，或者它是插入的。")
            elif "stands" in acts[-1] and acts[-1]["stands"] != _digest(kind, id_):
                yield kind.fault(id_, Damage.CHANGED, f"或者其{kind.parts}被改动：与最近一次登记的记录不符。")
        yield from _deleted(kind, {f"{kind.subject}{id_}" for id_ in stored})


def _digest(kind: _Kind, id_: int) -> str:
    try:
        return kind.digest(id_)
    except (ValueError, TypeError, LookupError):  # a column holds what it can't
        return ""


def _deleted(kind: _Kind, stored: set[str]) -> Iterator[Fault]:
    query = select(LedgerEntry.subject).where(LedgerEntry.act == kind.first_act).order_by(LedgerEntry.id)
    for (subject,) in stream(query):
        if subject not in stored:
            yield kind.fault(int(str(subject).removeprefix(kind.subject)), Damage.REMOVED, "被删除：登记的记录还在。")
