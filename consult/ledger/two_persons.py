"""Whether two accounts are two persons: not where one set the other's password or took its second factor away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.accounts.models import User
from consult.accounts.permissions import Actor
from consult.ledger.models import LedgerEntry
from consult.store import db

FIRST = "account.create"
PASSWORDS = ("account.set_password", FIRST)
"""Acts after which somebody knows another's password."""
FACTORS = ("account.take_factor",)
GIVING = (*PASSWORDS, *FACTORS, "account.link_identity")
"""Acts after which somebody may be able to sign in as another, by a lost factor or another's identity too."""
SHOWN = 10
NOT_TWO = (
    "两个账号中，一个的密码由另一个设置或者重设，或者统一身份认证、两步验证由另一个关联、解除，不能视为两人办理。"
    "请由其他同事办理。"
)


@dataclass(frozen=True)
class Given:
    """That another person, or the platform's command, set an account's password or took its second factor away."""

    at: datetime
    by: str
    act: str

    @property
    def first(self) -> bool:
        """Whether it was done by opening the account."""
        return self.act == FIRST


def passwords_given(user: User) -> list[Given]:
    """Return who set the password of an account but its holder, the newest first."""
    return _by_others(user, PASSWORDS)


def factors_taken(user: User) -> list[Given]:
    """Return who took the second factor of an account away, the newest first."""
    return _by_others(user, FACTORS)


def _by_others(user: User, acts: tuple[str, ...]) -> list[Given]:
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.subject == f"user:{user.username}", LedgerEntry.act.in_(acts))
        .order_by(LedgerEntry.id.desc())
    )
    others = [entry for entry in db.session.scalars(query) if (entry.actor_kind, entry.actor_id) != ("user", user.id)]
    return [Given(entry.at, entry.actor_name, entry.act) for entry in others[:SHOWN]]


def are_one(actor: Actor, others: Iterable[int | None], since: datetime | None = None) -> bool:
    """Say whether an actor and one of the accounts count as one person.

    Arguments:
        since: what was done before this moment doesn't count; ``None`` counts it all.
    """
    ids = {other for other in others if other is not None and other != actor.id}
    if actor.kind != "user" or actor.id is None or not ids:
        return False
    query = select(User.id, User.username).where(User.id.in_([actor.id, *ids]))
    subjects = {id_: f"user:{username}" for id_, username in db.session.execute(query)}
    pairs = {(actor.id, subjects.get(other)) for other in ids} | {(other, subjects.get(actor.id)) for other in ids}
    entries = select(LedgerEntry.actor_id, LedgerEntry.subject).where(
        LedgerEntry.subject.in_(list(subjects.values())),
        LedgerEntry.act.in_(GIVING),
        LedgerEntry.actor_kind == "user",
    )
    if since is not None:
        entries = entries.where(LedgerEntry.at >= since)
    return any((giver, subject) in pairs for giver, subject in db.session.execute(entries))
