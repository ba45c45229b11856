"""Accounts of an organisation's people in the portal: opened, closed, signed in; a former member gets in nowhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from consult.accounts import passwords
from consult.accounts.errors import NotAllowed, SignInRefused
from consult.accounts.models import SignIn
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.service import check_failures, check_failures_alone, keyed
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, Member, MemberRole
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns
from consult.text.sentences import sentence

USERNAME_CHARACTERS = 120


def admit(
    actor: Actor, consultee: Consultee, *, username: str, name: str, role: MemberRole, at: datetime
) -> tuple[Member, str]:
    """Open an account for one of an organisation's people; return it and its password, which is shown once.

    Staff open the first; who may send in an organisation opens those of colleagues.

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
        take_turns("member.admit")  # two would ask for one name
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
        record(actor, "member.admit", f"member:{member.id}", at=at, consultee=consultee.id, role=role.value)
    return member, password


def dismiss(actor: Actor, member: Member, *, at: datetime) -> None:
    """Close an account: its holder has left, and gets in nowhere from now on."""
    _check_side(actor, member.consultee)
    with transaction():
        hold(member)
        if member.left_at is None:
            member.left_at = at
            record(actor, "member.dismiss", f"member:{member.id}", at=at, consultee=member.consultee_id)


def of(consultee: Consultee) -> list[Member]:
    """Return the accounts of an organisation, former ones included."""
    return list(db.session.scalars(select(Member).where(Member.consultee_id == consultee.id).order_by(Member.id)))


def sign_in(username: str, password: str, address: str | None, *, at: datetime) -> Member:
    """Return the account behind a username and password.

    An unknown name, a wrong password and a former member are refused with the same words at the same cost.

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


def _check_side(actor: Actor, consultee: Consultee) -> None:
    if actor.kind == "consultee":
        if actor.id != consultee.id:
            raise NotAllowed(sentence("只能管理本单位的账号。"))
        return
    require(actor, Act.MANAGE_CONSULTEES)


def _named(username: str) -> Member | None:
    return db.session.scalar(select(Member).where(func.lower(Member.username) == username))
