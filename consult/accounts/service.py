"""The verbs of accounts: create, change password or role, close, open again, sign in; add and rename divisions."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import func, select

from config import is_loopback
from consult import keys
from consult.accounts import passwords, queries
from consult.accounts.audit_hook import record
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Division, HolderKind, Role, SessionEnd, SignIn, User
from consult.accounts.permissions import OWN_DIVISION_ONLY, Act, Actor, require
from consult.accounts.session_ends import end_all
from consult.app_context import settings
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

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
    username, name = plain(username), plain(name)
    role = _role(role)
    _check_names(username, name)
    passwords.check(password, username, name, division or "")
    password_hash = passwords.make_hash(password)  # before the write lock: it takes a while on purpose
    with transaction() as session:
        advisory_lock(NAMING)
        if _named(username) is not None:
            raise AccountRefused(f"用户名“{username}”已经有人用了，请换一个。")
        unit = _division(division, role)
        user = User(
            username=username,
            name=name,
            role=role,
            division_id=unit.id if unit is not None else None,
            password_hash=password_hash,
            password_due=actor.kind == "user",
            active=True,
            created_at=at,
        )
        session.add(user)
        session.flush()
        record(actor, "account.create", f"user:{username}", at=at, **_facts(user))
    return user


def set_password(actor: Actor, user: User, password: str, *, at: datetime) -> None:
    """Give an account another password: one's own, or anybody's by who manages accounts; then its holder gets mail.

    Raises:
        AccountRefused: the password can't be used.
    """
    if actor.id != user.id or actor.kind != "user":
        require(actor, Act.MANAGE_ACCOUNTS)
    passwords.check(password, user.username, user.name, user.division.name if user.division is not None else "")
    password_hash = passwords.make_hash(password)
    with transaction():
        lock_row(user)
        user.password_hash = password_hash
        user.password_due = actor.kind == "user" and actor.id != user.id
        end_all(HolderKind.USER, user.id, SessionEnd.PASSWORD, at)
        record(actor, "account.set_password", f"user:{user.username}", at=at)
    if actor.id != user.id or actor.kind != "user":
        from consult.accounts.holder_mail import write_to_holder  # for its cost: most commands write no mail

        did = f"重设了您账号“{user.username}”的密码"
        write_to_holder(user, by=actor.name, title="密码已重设", did=did, advice="已经登录的须重新登录。", at=at)


def change_own_password(user: User, present: str, fresh: str, *, at: datetime) -> None:
    """Let somebody who knows the present password have another.

    Raises:
        AccountRefused: the present password is wrong, or the other can't be used.
    """
    if not passwords.matches(user.password_hash, present):
        raise AccountRefused("现在的密码不对，请核对。")
    if fresh == present:
        raise AccountRefused("新密码不能和现在的密码一样，请换一个。")
    set_password(Actor.of(user), user, fresh, at=at)


def change_role(actor: Actor, user: User, role: Role | str, *, division: str | None = None, at: datetime) -> None:
    """Give an account another role, or another division; all its sessions end, and its holder gets mail.

    Arguments:
        division: its name, made where there is none; none for a role that needs none.

    Raises:
        AccountRefused: it is the actor's own, the last administrator's, or the role needs a division.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    role = _role(role)
    if actor.kind == "user" and actor.id == user.id:
        raise AccountRefused("不能改自己的角色。请由另一位管理员操作。")
    with transaction() as session:
        advisory_lock(NAMING)
        advisory_lock(CLOSING)
        lock_row(user)
        unit = _division(division, role)
        before = _facts(user)
        if role is not Role.ADMIN:
            _keep_an_administrator(user, "改了角色")
        user.role, user.division_id, user.division = role, unit.id if unit is not None else None, unit
        session.flush()
        if _facts(user) == before:
            return
        end_all(HolderKind.USER, user.id, SessionEnd.ROLE, at)
        were = {f"{name}_before": value for name, value in before.items()}
        record(actor, "account.set_role", f"user:{user.username}", at=at, **_facts(user), **were)
    from consult.accounts.holder_mail import write_to_holder  # for its cost: most commands write no mail

    now_is = user.role.label.words + (f"（{user.division.name}）" if user.division is not None else "")
    did = f"将您账号“{user.username}”的角色改为{now_is}"
    write_to_holder(user, by=actor.name, title="角色已更改", did=did, advice="已经登录的须重新登录。", at=at)


def _facts(user: User) -> dict[str, str | None]:
    return {"role": user.role.value, "division": user.division.name if user.division is not None else None}


def _keep_an_administrator(user: User, after: str) -> None:
    """Refuse what would leave nobody who manages accounts, with the lock of CLOSING."""
    others = select(func.count()).where(User.role == Role.ADMIN, User.active.is_(True), User.id != user.id)
    if user.role is Role.ADMIN and user.active and not db.session.scalar(others):
        raise AccountRefused(f"这是最后一个管理员账号，{after}就没有人能管理账号了。请先建立另一个管理员。")


def deactivate(actor: Actor, user: User, *, at: datetime) -> None:
    """Close an account; what it did stays on record.

    Raises:
        AccountRefused: it is the actor's own, or the last administrator's.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    if actor.kind == "user" and actor.id == user.id:
        raise AccountRefused("不能停用自己的账号。请由另一位管理员操作。")
    with transaction():
        advisory_lock(CLOSING)
        lock_row(user)
        _keep_an_administrator(user, "停用后")
        if user.active:
            user.active = False
            end_all(HolderKind.USER, user.id, SessionEnd.CLOSED, at)
            record(actor, "account.deactivate", f"user:{user.username}", at=at)


def reactivate(actor: Actor, user: User, *, at: datetime) -> None:
    """Open a closed account again."""
    require(actor, Act.MANAGE_ACCOUNTS)
    with transaction():
        lock_row(user)
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
        advisory_lock(NAMING)
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
    name = plain(name)
    with transaction():
        advisory_lock(NAMING)
        lock_row(division)
        before = division.name
        if name == before:
            return
        name = _division_name(name)
        division.name = name
        record(actor, "account.rename_division", f"division:{division.id}", at=at, before=before, name=name)


def sign_in(username: str, password: str, address: str | None, *, at: datetime) -> User:
    """Return the account behind a username and password; where it has a second factor, that is the first step only.

    An unknown name costs as long as a wrong password. After FAILURES wrong passwords for one name from one address,
    that pair waits until WAIT has passed since the first of them; others aren't kept out by it.

    Arguments:
        address: the visitor's network address; only a keyed hash of it is kept.

    Raises:
        SignInRefused: the name or password is wrong, the account is closed, or there were too many failures.
    """
    user = _named(plain(username))
    known_as = user.username if user is not None else "?" + keyed(plain(username))[:32]
    address_hash = keyed(address) if address else None
    check_failures(known_as, address_hash, at)
    matched = user.password_hash if user is not None else None
    right = passwords.matches(matched, password)
    demonstration = right and password == passwords.DEMONSTRATION and not _on_this_machine(address)
    allowed = user is not None and right and user.active and not demonstration
    outdated = allowed and passwords.is_outdated(matched or "")
    renewed = passwords.make_hash(password) if outdated else None  # before the transaction, as it takes a while
    with transaction() as session:
        check_failures_alone(known_as, address_hash, at)
        first_step = allowed and user is not None and queries.has_second_factor(user)
        if not first_step:  # else the second step says how the attempt ended
            session.add(SignIn(username=known_as, at=at, succeeded=allowed, address_hash=address_hash))
        act = "account.first_step" if first_step else "account.sign_in" if allowed else "account.sign_in_refused"
        record(Actor.of(user) if user is not None and allowed else _VISITOR, act, f"user:{known_as}", at=at)
        if user is not None and renewed is not None:
            lock_row(user)
            if user.password_hash == matched:  # else another was set meanwhile
                user.password_hash = renewed
    if user is None or not right:
        raise SignInRefused("用户名或者密码不对，请核对后再试。")
    if demonstration:
        raise SignInRefused("演示账号的密码是公开的，只能在本机使用。请管理员用 flask user password 另设密码。")
    if not allowed:
        raise SignInRefused("这个账号已经停用。需要使用的，请联系管理员。")
    return user


def _on_this_machine(address: str | None) -> bool:
    """Say whether settings keep the site to this machine, and the request came from it, wherever the server listens."""
    return settings().on_this_machine_alone() and (address is None or is_loopback(address))


_VISITOR = Actor("public", None, "未登录")


def check_failures(known_as: str, address_hash: str | None, at: datetime) -> None:
    """Refuse where one name failed too often from one address.

    Raises:
        SignInRefused: says how long to wait.
    """
    minutes = minutes_to_wait(known_as, address_hash, at)
    if minutes:
        raise SignInRefused(f"密码输错 {FAILURES} 次，请 {minutes} 分钟后再试。忘记密码的，请联系管理员重设。")


def minutes_to_wait(known_as: str, address_hash: str | None, at: datetime) -> int:
    """Return how many minutes one name has to wait at one address after its failures there; 0 for not at all."""
    failures: list[datetime] = []
    query = (
        select(SignIn.at, SignIn.succeeded)
        .where(SignIn.username == known_as, SignIn.address_hash == address_hash, SignIn.at > at - WAIT, SignIn.at <= at)
        .order_by(SignIn.at.desc(), SignIn.id.desc())
        .limit(FAILURES)
    )
    for moment, succeeded in db.session.execute(query):
        if succeeded:
            return 0
        failures.append(moment)
    if len(failures) < FAILURES:
        return 0
    return max(1, math.ceil((failures[-1] + WAIT - at).total_seconds() / 60))


def check_failures_alone(known_as: str, address_hash: str | None, at: datetime) -> None:
    """Refuse as ``check_failures`` does, once the attempts that end at this moment count; inside a transaction.

    Trying a password takes a while: many that are tried at once would all be tried before the first has failed.
    """
    advisory_lock(f"account.sign_in {known_as} {address_hash}")
    check_failures(known_as, address_hash, at)


def keyed(text: str) -> str:
    """Return a digest of a name or an address that nobody can reverse without the platform's key."""
    key = keys.current(keys.Purpose.SIGN_IN)
    return hmac.new(key, b"sign-in\0" + text.encode(), hashlib.sha256).hexdigest()


def plain(text: str) -> str:
    """Return a name as it is stored: composed characters, no blanks around it."""
    return unicodedata.normalize("NFKC", text).strip()


def _named(username: str) -> User | None:
    return db.session.scalar(select(User).where(func.lower(User.username) == username.lower()))


def _role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        known = "、".join(f"{r.value}（{r.label.words}）" for r in Role)
        raise AccountRefused(f"没有“{role}”这个角色，可以用：{known}。") from None


def _check_names(username: str, name: str) -> None:
    if not USERNAME.fullmatch(username):
        raise AccountRefused(f"用户名“{username}”不能用：只能用文字、数字和 . _ - @，不超过 64 个字符。")
    if not name or len(name) > NAME_CHARACTERS:
        raise AccountRefused(f"请填写姓名，最多 {NAME_CHARACTERS} 字。")
    if not name.isprintable():
        raise AccountRefused("姓名里有不能显示的字符，请重新填写。")


def _division(name: str | None, role: Role) -> Division | None:
    name = plain(name or "")
    if not name:
        if role in OWN_DIVISION_ONLY:
            raise AccountRefused(f"角色“{role.label.words}”只办理本处室的征求意见，请写明处室。")
        return None
    return division_named(name)


def division_named(name: str) -> Division:
    """Return the division of a name, made where there is none, in the caller's transaction.

    Raises:
        AccountRefused: the name is too long or can't be shown.
    """
    _check_division_name(name)
    advisory_lock(NAMING)
    division = db.session.scalar(select(Division).where(Division.name == name))
    if division is None:
        division = Division(name=name)
        db.session.add(division)
        db.session.flush()
    return division


def _check_division_name(name: str) -> None:
    if len(name) > DIVISION_CHARACTERS or not name.isprintable():
        raise AccountRefused(f"处室名称最多 {DIVISION_CHARACTERS} 字，不能有不能显示的字符。")


def _division_name(name: str) -> str:
    """Return the name of a division that isn't there yet."""
    name = plain(name)
    if not name:
        raise AccountRefused("请填写处室名称。")
    _check_division_name(name)
    if db.session.scalar(select(Division.id).where(Division.name == name)) is not None:
        raise AccountRefused(f"已经有“{name}”了，请换一个名称。")
    return name
