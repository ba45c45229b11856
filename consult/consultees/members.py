"""Accounts of organisations in the portal: create, close, sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consult.accounts import passwords
from consult.accounts.errors import NotAllowed, SignInRefused
from consult.accounts.models import HolderKind, SessionEnd, SignIn
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.service import check_failures, check_failures_alone, keyed
from consult.accounts.session_ends import end_all
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.ledger_statement import member_digest
from consult.consultees.models import Consultee, Member, MemberRole
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row
from consult.text.sentences import sentence

USERNAME_CHARACTERS = 120


def create_member(
    actor: Actor, consultee: Consultee, *, username: str, name: str, role: MemberRole, at: datetime
) -> tuple[Member, str]:
    """Create an account of an organisation; return it and its password, which is shown once.

    Staff create the first; members who may send create those of colleagues.

    Raises:
        ConsulteeRefused: no name, or the username is taken or can't be used.
        NotAllowed: neither staff nor that organisation.
    """
    _check_side(actor, consultee)
    plain = username.strip().lower()
    if not 3 <= len(plain) <= USERNAME_CHARACTERS or not plain.isprintable() or " " in plain:
        raise ConsulteeRefused(sentence("登录名要有 3 到 120 个字符，中间不能有空格；可以用邮箱。"))
    if not name.strip():
        raise ConsulteeRefused(sentence("请填写姓名。"))
    password = passwords.generate()
    password_hash = passwords.make_hash(password)
    with transaction() as session:
        advisory_lock("member.admit")  # otherwise two could get the same name
        if _named(plain) is not None:
            raise ConsulteeRefused(sentence("这个登录名不能用，请换一个。"))
        member = Member(
            consultee_id=consultee.id,
            username=plain,
            name=name.strip()[:80],
            role=role,
            password_hash=password_hash,
            created_at=at,
        )
        session.add(member)
        session.flush()
        record(actor, "member.admit", f"member:{member.id}", at=at, **_detail(member))
    return member, password


def close_member(actor: Actor, member: Member, *, at: datetime) -> None:
    """Close an account of somebody who has left."""
    _check_side(actor, member.consultee)
    with transaction():
        lock_row(member)
        if member.left_at is None:
            member.left_at = at
            end_all(HolderKind.MEMBER, member.id, SessionEnd.CLOSED, at)
            record(actor, "member.dismiss", f"member:{member.id}", at=at, **_detail(member))


def change_password(member: Member, present: str, fresh: str, *, at: datetime) -> None:
    """Let a member who knows the present password have another; all sessions of the account end.

    Raises:
        ConsulteeRefused: the present password is wrong, or the other is the same.
        AccountRefused: the other can't be used.
    """
    if not passwords.matches(member.password_hash, present):
        raise ConsulteeRefused(sentence("现在的密码不对，请核对。"))
    if fresh == present:
        raise ConsulteeRefused(sentence("新密码不能和现在的密码一样，请换一个。"))
    passwords.check(fresh, member.username, member.name, member.consultee.name)
    password_hash = passwords.make_hash(fresh)
    with transaction():
        lock_row(member)
        member.password_hash = password_hash
        end_all(HolderKind.MEMBER, member.id, SessionEnd.PASSWORD, at)
        record(_holder(member), "member.set_password", f"member:{member.id}", at=at, **_detail(member))


def _holder(member: Member) -> Actor:
    return Actor("consultee", member.consultee_id, member.name)


def of(consultee: Consultee) -> list[Member]:
    """Return the accounts of an organisation, also closed ones."""
    return list(db.session.scalars(select(Member).where(Member.consultee_id == consultee.id).order_by(Member.id)))


def sign_in(username: str, password: str, address: str | None, *, at: datetime) -> Member:
    """Return the account behind a username and password.

    An unknown name, a wrong password and a closed account give the same error at the same cost.

    Raises:
        SignInRefused: one of these, or too many failures.
    """
    member = _named(username.strip().lower()[:USERNAME_CHARACTERS])
    known_as = f"portal:{member.id}" if member is not None else "portal?" + keyed(username.strip().lower())[:32]
    address_hash = keyed(address) if address else None
    check_failures(known_as, address_hash, at)
    right = passwords.matches(member.password_hash if member is not None else None, password)
    allowed = member is not None and right and member.left_at is None
    with transaction() as session:
        check_failures_alone(known_as, address_hash, at)
        session.add(SignIn(username=known_as, at=at, succeeded=allowed, address_hash=address_hash))
        act = "member.sign_in" if allowed else "member.sign_in_refused"
        record(Actor("consultee", None, "企业端"), act, known_as, at=at)
    if member is None or not allowed:
        raise SignInRefused(sentence("登录名或者密码不对，请核对后再试。"))
    return member


def record_move(actor: Actor, member: Member, *, at: datetime) -> None:
    """Record that an account was moved to the consultee that its own was merged into."""
    record(actor, "member.move", f"member:{member.id}", at=at, **_detail(member))


def _detail(member: Member) -> dict[str, Any]:
    db.session.flush()
    return {"consultee": member.consultee_id, "role": member.role.value, "stands": member_digest(member.id)}


def _check_side(actor: Actor, consultee: Consultee) -> None:
    if actor.kind == "consultee":
        if actor.id != consultee.id:
            raise NotAllowed(sentence("只能管理本单位的账号。"))
        return
    require(actor, Act.MANAGE_CONSULTEES)


def _named(username: str) -> Member | None:
    return db.session.scalar(select(Member).where(func.lower(Member.username) == username))
