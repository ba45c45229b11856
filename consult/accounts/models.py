"""Divisions, users and the record of sign-ins."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.store import Base, UTCDateTime, big_id, enum_of


class Role(StrEnum):
    """What an account is for (product.md, People)."""

    DRAFTER = "drafter"
    MODERATOR = "moderator"
    PUBLISHER = "publisher"
    LEGAL = "legal"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Division(Base):
    """An internal unit (处室) of the department."""

    __tablename__ = "division"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class User(Base):
    """An account of a member of staff."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role] = mapped_column(enum_of(Role))
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    division: Mapped[Division | None] = relationship(lazy="joined")

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account may sign in."""
        return self.active

    def get_id(self) -> str:
        """Return what the session keeps of the user: with another password, every session of before is over."""
        return f"{self.id}.{hashlib.sha256((self.password_hash or '').encode()).hexdigest()[:16]}"


class SignIn(Base):
    """One attempt to sign in; the address is kept as a keyed hash only."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    succeeded: Mapped[bool]
    address_hash: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_sign_in_username_at", "username", "at"),)
