"""The verbs of accounts: create, change the password, close, open again, sign in; add and rename divisions."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import unicodedata
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select

from consult.accounts import passwords
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Division, Role, SignIn, User
from consult.accounts.permissions import OWN_DIVISION_ONLY, ROLE_NAMES, Act, Actor, require
from consult.accounts.recording import record
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns

USERNAME = re.compile(r"\w[\w.@-]{0,63}")
NAME_CHARACTERS = 64
DIVISION_CHARACTERS = 80

NAMING = "account.names"
"""What who opens an account, or adds or renames a division, takes turns with: two would ask for one name."""
CLOSING = "account.close"
"""What who closes an account takes turns with: of two administrators who close each other's one stays."""

FAILURES = 5
"""Wrong passwords for one username from one address after which it has to wait."""
WAIT = timedelta(minutes=15)


def create_user(
    actor: Actor,
    *,
    username: str,
    name: str,
    role: Role | str,
    password: str,
    at: datetime,
    division: str | None = None,
) -> User:
    """Open an account; a division of a new name is created with it.

    Raises:
        AccountRefused: says which field is wrong and what to do.
        NotAllowed: the actor doesn't manage accounts.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    username, name = _plain(username), _plain(name)
    role = _role(role)
    _check_names(username, name)
    passwords.check(password, username)
    password_hash = passwords.make_hash(password)  # before the write lock: it takes a while on purpose
    with transaction() as session:
        take_turns(NAMING)
        if _named(username) is not None:
            raise AccountRefused(f"用户名“{username}”已经有人用了，请换一个。")
        unit = _division(division, role)
        user = User(
            username=username,
            name=name,
            role=role,
            division_id=unit.id if unit is not None else None,
            password_hash=password_hash,
            active=True,
            created_at=at,
        )
        session.add(user)
        session.flush()
        facts = {"role": role.value, "division": unit.name if unit is not None else None}
        record(actor, "account.create", f"user:{username}", at=at, **facts)
    return user


def set_password(actor: Actor, user: User, password: str, *, at: datetime) -> None:
    """Give an account another password: one's own, or anybody's by who manages accounts.

    Raises:
        AccountRefused: the password can't be used.
    """
    if actor.id != user.id or actor.kind != "user":
        require(actor, Act.MANAGE_ACCOUNTS)
    passwords.check(password, user.username)
    password_hash = passwords.make_hash(password)
    with transaction():
        hold(user)
        user.password_hash = password_hash
        record(actor, "account.set_password", f"user:{user.username}", at=at)


def deactivate(actor: Actor, user: User, *, at: datetime) -> None:
    """Close an account; what it did stays on record.

    Raises:
        AccountRefused: it is the actor's own, or the last administrator's.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    if actor.kind == "user" and actor.id == user.id:
        raise AccountRefused("不能停用自己的账号。请由另一位管理员操作。")
    with transaction() as session:
        take_turns(CLOSING)
        hold(user)
        others = select(func.count()).where(User.role == Role.ADMIN, User.active.is_(True), User.id != user.id)
        if user.role is Role.ADMIN and user.active and not session.scalar(others):
            raise AccountRefused("这是最后一个管理员账号，停用后就没有人能管理账号了。请先建立另一个管理员。")
        if user.active:
            user.active = False
            record(actor, "account.deactivate", f"user:{user.username}", at=at)


def reactivate(actor: Actor, user: User, *, at: datetime) -> None:
    """Open a closed account again."""
    require(actor, Act.MANAGE_ACCOUNTS)
    with transaction():
        hold(user)
        if not user.active:
            user.active = True
            record(actor, "account.reactivate", f"user:{user.username}", at=at)


def add_division(actor: Actor, name: str, *, at: datetime) -> Division:
    """Add a division.

    Raises:
        AccountRefused: the name is empty, too long or taken.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    with transaction() as session:
        take_turns(NAMING)
        name = _division_name(name)
        division = Division(name=name)
        session.add(division)
        session.flush()
        record(actor, "account.add_division", f"division:{division.id}", at=at, name=name)
    return division


def rename_division(actor: Actor, division: Division, name: str, *, at: datetime) -> None:
    """Give a division another name; its accounts and consultations stay its own.

    Raises:
        AccountRefused: the name is empty, too long or taken.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    name = _plain(name)
    with transaction():
        take_turns(NAMING)
        hold(division)
        before = division.name
        if name == before:
            return
        name = _division_name(name)
        division.name = name
        record(actor, "account.rename_division", f"division:{division.id}", at=at, before=before, name=name)


def sign_in(username: str, password: str, address: str | None, *, at: datetime) -> User:
    """Return the account behind a username and password.

    An unknown name costs as long as a wrong password. After FAILURES wrong passwords for one name from one address,
    that pair waits until WAIT has passed since the first of them; others aren't kept out by it.

    Arguments:
        address: the visitor's network address; only a keyed hash of it is kept.

    Raises:
        SignInRefused: the name or password is wrong, the account is closed, or there were too many failures.
    """
    user = _named(_plain(username))
    known_as = user.username if user is not None else "?" + keyed(_plain(username))[:32]
    address_hash = keyed(address) if address else None
    check_failures(known_as, address_hash, at)
    matched = user.password_hash if user is not None else None
    right = passwords.matches(matched, password)
    allowed = user is not None and right and user.active
    outdated = allowed and passwords.is_outdated(matched or "")
    renewed = passwords.make_hash(password) if outdated else None  # before the transaction, as it takes a while
    with transaction() as session:
        check_failures_alone(known_as, address_hash, at)
        session.add(SignIn(username=known_as, at=at, succeeded=allowed, address_hash=address_hash))
        act = "account.sign_in" if allowed else "account.sign_in_refused"
        record(Actor.of(user) if user is not None and allowed else _VISITOR, act, f"user:{known_as}", at=at)
        if user is not None and renewed is not None:
            hold(user)
            if user.password_hash == matched:  # else another was set meanwhile
                user.password_hash = renewed
    if user is None or not right:
        raise SignInRefused("用户名或者密码不对，请核对后再试。")
    if not allowed:
        raise SignInRefused("这个账号已经停用。需要使用的，请联系管理员。")
    return user


_VISITOR = Actor("public", None, "未登录")


def check_failures(known_as: str, address_hash: str | None, at: datetime) -> None:
    """Refuse where one name failed too often from one address.

    Raises:
        SignInRefused: says how long to wait.
    """
    failures: list[datetime] = []
    query = (
        select(SignIn.at, SignIn.succeeded)
        .where(SignIn.username == known_as, SignIn.address_hash == address_hash, SignIn.at > at - WAIT, SignIn.at <= at)
        .order_by(SignIn.at.desc(), SignIn.id.desc())
        .limit(FAILURES)
    )
    for moment, succeeded in db.session.execute(query):
        if succeeded:
            return
        failures.append(moment)
    if len(failures) < FAILURES:
        return
    minutes = max(1, math.ceil((failures[-1] + WAIT - at).total_seconds() / 60))
    raise SignInRefused(f"密码输错 {FAILURES} 次，请 {minutes} 分钟后再试。忘记密码的，请联系管理员重设。")


def check_failures_alone(known_as: str, address_hash: str | None, at: datetime) -> None:
    """Refuse as ``check_failures`` does, once the attempts that end at this moment count; inside a transaction.

    Trying a password takes a while: many that are tried at once would all be tried before the first has failed.
    """
    take_turns(f"account.sign_in {known_as} {address_hash}")
    check_failures(known_as, address_hash, at)


def keyed(text: str) -> str:
    """Return a digest of a name or an address that nobody can reverse without the platform's key."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, b"sign-in\0" + text.encode(), hashlib.sha256).hexdigest()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _named(username: str) -> User | None:
    return db.session.scalar(select(User).where(func.lower(User.username) == username.lower()))


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        known = "、".join(f"{r.value}（{ROLE_NAMES[r]}）" for r in Role)
        raise AccountRefused(f"没有“{role}”这个角色，可以用：{known}。") from None


def _check_names(username: str, name: str) -> None:
    if not USERNAME.fullmatch(username):
        raise AccountRefused(f"用户名“{username}”不能用：只能用文字、数字和 . _ - @，不超过 64 个字符。")
    if not name or len(name) > NAME_CHARACTERS:
        raise AccountRefused(f"请填写姓名，最多 {NAME_CHARACTERS} 字。")
    if not name.isprintable():
        raise AccountRefused("姓名里有不能显示的字符，请重新填写。")


def _division(name: str | None, role: Role) -> Division | None:
    name = _plain(name or "")
    if not name:
        if role in OWN_DIVISION_ONLY:
            raise AccountRefused(f"角色“{ROLE_NAMES[role]}”只办理本处室的征求意见，请写明处室。")
        return None
    return division_named(name)


def division_named(name: str) -> Division:
    """Return the division of a name, made where there is none, in the caller's transaction.

    Raises:
        AccountRefused: the name is too long or can't be shown.
    """
    _check_division_name(name)
    take_turns(NAMING)
    found = db.session.scalar(select(Division).where(Division.name == name))
    if found is None:
        found = Division(name=name)
        db.session.add(found)
        db.session.flush()
    return found


def _check_division_name(name: str) -> None:
    if len(name) > DIVISION_CHARACTERS or not name.isprintable():
        raise AccountRefused(f"处室名称最多 {DIVISION_CHARACTERS} 字，不能有不能显示的字符。")


def _division_name(name: str) -> str:
    """Return the name of a division that isn't there yet."""
    name = _plain(name)
    if not name:
        raise AccountRefused("请填写处室名称。")
    _check_division_name(name)
    if db.session.scalar(select(Division.id).where(Division.name == name)) is not None:
        raise AccountRefused(f"已经有“{name}”了，请换一个名称。")
    return name
