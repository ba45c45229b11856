"""What pages ask of accounts: the divisions with how many accounts they have, the accounts by division."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.models import Division, Identity, Passkey, RecoveryCode, SignIn, Totp, User
from consult.store import db


@dataclass(frozen=True)
class DivisionLine:
    """A division with the number of accounts in it that are open."""

    division: Division
    accounts: int


def divisions() -> list[DivisionLine]:
    """Return every division by name."""
    counts = dict(
        db.session.execute(
            select(User.division_id, func.count()).where(User.active.is_(True)).group_by(User.division_id)
        ).all()
    )
    by_name = db.session.scalars(select(Division).order_by(Division.name))
    return [DivisionLine(division, counts.get(division.id, 0)) for division in by_name]


def accounts() -> list[User]:
    """Return every account: open ones first, by division and name."""
    query = (
        select(User)
        .outerjoin(Division, Division.id == User.division_id)
        .order_by(User.active.desc(), Division.name, User.name, User.id)
    )
    return list(db.session.scalars(query))


def last_sign_ins() -> dict[str, datetime]:
    """Return ``{username: moment}`` of each account's last successful sign-in."""
    query = select(SignIn.username, func.max(SignIn.at)).where(SignIn.succeeded.is_(True)).group_by(SignIn.username)
    return dict(db.session.execute(query).all())


def division_name(division_id: int | None) -> str:
    """Return the name of a division; empty where there is none."""
    division = db.session.get(Division, division_id) if division_id is not None else None
    return division.name if division is not None else ""


def by_username(username: str) -> User | None:
    """Return the account with exactly this username."""
    return db.session.scalar(select(User).where(User.username == username))


def division_by_name(name: str) -> Division | None:
    """Return the division with exactly this name."""
    return db.session.scalar(select(Division).where(Division.name == name))


def totp_of(user: User) -> Totp | None:
    """Return what an account's authenticator app is checked against; ``None`` where none was set up."""
    return db.session.get(Totp, user.id)


def passkeys_of(user: User) -> list[Passkey]:
    """Return the passkeys of an account, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.user_id == user.id).order_by(Passkey.id)))


def has_second_factor(user: User) -> bool:
    """Say whether signing in to an account takes a second step."""
    passkeys = select(Passkey.id).where(Passkey.user_id == user.id).limit(1)
    return totp_of(user) is not None or db.session.scalar(passkeys) is not None


def with_second_factor() -> set[int]:
    """Return the ids of the accounts that signing in to takes a second step."""
    return set(db.session.scalars(select(Totp.user_id).union(select(Passkey.user_id))))


def recovery_codes_left(user: User) -> int:
    """Return how many recovery codes of an account were not used yet."""
    query = select(func.count()).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def identity_of(user: User, issuer: str) -> Identity | None:
    """Return which user of an identity provider an account belongs to."""
    return db.session.scalar(select(Identity).where(Identity.user_id == user.id, Identity.issuer == issuer))


def identities(issuer: str) -> dict[int, str]:
    """Return ``{id of the account: user of the identity provider}`` of all that are linked."""
    return dict(db.session.execute(select(Identity.user_id, Identity.subject).where(Identity.issuer == issuer)).all())
