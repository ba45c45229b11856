"""What pages ask of accounts: the divisions with how many accounts they have, the accounts by division."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.models import Division, SignIn, User
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
    found = db.session.scalars(select(Division).order_by(Division.name))
    return [DivisionLine(division, counts.get(division.id, 0)) for division in found]


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
