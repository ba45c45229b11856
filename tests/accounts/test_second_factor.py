"""Two-step sign-in: what counts as a second step, that it counts once, and what setting up and taking away end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select

from config import Settings
from consult import stored_secrets
from consult.accounts import queries, second_factor, second_step, service, sessions
from consult.accounts.errors import AccountRefused, NotAllowed, SignInRefused
from consult.accounts.models import AccountSession, RecoveryCode, Role, SessionEnd, SignIn, Totp, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.accounts.sessions import Device
from consult.app_context import settings
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.two_persons import are_one, factors_taken, passwords_given
from consult.store import db

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"
HERE, THERE = Device("203.0.113.7", "Firefox/128.0"), Device("198.51.100.9", "Firefox/128.0")
STEP = timedelta(seconds=second_factor.STEP_SECONDS)


def an_account(username: str = "chen", role: Role = Role.PUBLISHER) -> User:
    return service.create_user(SYSTEM, username=username, name="陈一", role=role, password=PASSWORD, at=AT)


def code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


def set_up(user: User, at: datetime = AT) -> tuple[str, list[str]]:
    """Return the secret of an authenticator app that was set up, and the recovery codes."""
    offer = second_factor.offer(user)
    secret = second_factor.offered_secret(user, offer)
    return secret, second_factor.set_up_totp(user, PASSWORD, offer, code(secret, at), at=at)


def first_step(at: datetime = AT, username: str = "chen") -> str:
    opened = sessions.sign_in(username, PASSWORD, HERE, at=at)
    assert opened.second_step
    return opened.token


def finish(token: str, typed: str, at: datetime, device: Device = HERE) -> str:
    return second_step.finish_by_code(token, typed, device, at=at)


def acts() -> list[str]:
    query = select(LedgerEntry.act).where(LedgerEntry.subject != DIGESTS_OF_ROWS)
    return list(db.session.scalars(query.order_by(LedgerEntry.id)))


def test_a_password_alone_opens_nothing_once_an_app_was_set_up(app: Flask) -> None:
    secret, _ = set_up(an_account())
    token = first_step()
    assert sessions.behind(token, AT) is None
    later = AT + STEP
    opened = finish(token, code(secret, later), later)
    assert sessions.behind(opened, later) is not None
    assert second_step.waiting(token, later) is None
    assert acts()[-2:] == ["account.first_step", "account.sign_in"]
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "account.sign_in")).one()
    assert entry.detail == {"second_step": "totp"}


def test_secret_and_codes_lie_nowhere_as_they_are(app: Flask) -> None:
    secret, codes = set_up(an_account())
    factor = db.session.scalars(select(Totp)).one()
    assert secret not in factor.secret_sealed
    assert stored_secrets.decrypt(factor.secret_sealed) == secret
    kept = list(db.session.scalars(select(RecoveryCode.code_hash)))
    assert len(set(kept)) == second_factor.RECOVERY_CODES == len(set(codes))
    for entry in db.session.scalars(select(LedgerEntry)):
        assert not any(word in str(entry.detail) for word in (secret, *codes))


def test_a_code_counts_once_and_so_do_those_before_it(app: Flask) -> None:
    secret, _ = set_up(an_account())
    with pytest.raises(SignInRefused, match="只能用一次"):
        finish(first_step(), code(secret, AT), AT)  # the one that confirmed the app
    with pytest.raises(SignInRefused, match="只能用一次"):
        finish(first_step(), code(secret, AT - STEP), AT)
    ahead = code(secret, AT + STEP)
    assert finish(first_step(), ahead, AT)
    with pytest.raises(SignInRefused, match="只能用一次"):
        finish(first_step(AT + STEP), ahead, AT + STEP)


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(app: Flask, steps: int, counts: bool) -> None:
    secret, _ = set_up(an_account())
    later = AT + 10 * STEP
    token, typed = first_step(later), code(secret, later + steps * STEP)
    if counts:
        assert finish(token, typed, later)
    else:
        with pytest.raises(SignInRefused):
            finish(token, typed, later)


def test_a_recovery_code_stands_in_once_however_it_is_typed(app: Flask) -> None:
    user = an_account()
    _, codes = set_up(user)
    assert finish(first_step(), f" {codes[0].upper().replace('-', ' ')} ", AT)
    with pytest.raises(SignInRefused):
        finish(first_step(), codes[0], AT)
    assert queries.recovery_codes_left(user) == second_factor.RECOVERY_CODES - 1
    fresh = second_factor.renew_recovery_codes(user, PASSWORD, at=AT)
    with pytest.raises(SignInRefused):
        finish(first_step(), codes[1], AT)
    assert finish(first_step(), fresh[0], AT)


def test_codes_of_another_account_are_worth_nothing(app: Flask) -> None:
    set_up(an_account())
    secret, codes = set_up(an_account("li"))
    for typed in (code(secret, AT + STEP), codes[0]):
        with pytest.raises(SignInRefused):
            finish(first_step(), typed, AT + STEP)
    assert finish(first_step(username="li"), codes[0], AT)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "\ud800", "１２３４５６", "0" * 5000, "x\x00y"]
)
def test_what_is_no_code_is_refused_in_words(app: Flask, typed: str) -> None:
    set_up(an_account())
    with pytest.raises(SignInRefused, match="验证未通过"):
        finish(first_step(), typed, AT)


def test_full_width_digits_are_digits(app: Flask) -> None:
    secret, _ = set_up(an_account())
    typed = code(secret, AT + STEP).translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert finish(first_step(), typed, AT + STEP)


def test_the_second_step_is_over_after_ten_minutes_or_with_another_password(app: Flask) -> None:
    user = an_account()
    _, codes = set_up(user)
    token = first_step()
    for over in (AT + second_step.LASTS, AT + timedelta(hours=3)):
        with pytest.raises(SignInRefused, match="已超时"):
            finish(token, codes[0], over)
    service.set_password(SYSTEM, user, "another horse 9", at=AT)
    with pytest.raises(SignInRefused, match="已超时"):
        finish(token, codes[0], AT)


def test_a_closed_account_does_not_get_through_the_second_step(app: Flask) -> None:
    user = an_account()
    _, codes = set_up(user)
    token = first_step()
    service.deactivate(SYSTEM, user, at=AT)
    with pytest.raises(SignInRefused, match="已超时"):
        finish(token, codes[0], AT)


def test_the_token_of_a_session_is_no_token_of_a_second_step(app: Flask) -> None:
    user = an_account()
    whole = sessions.begin(sessions.holder_of(user), HERE, at=AT)
    set_up(user)
    for token in (whole, "", "x"):
        with pytest.raises(SignInRefused, match="已超时"):
            finish(token, "123456", AT)


def test_after_five_wrong_codes_from_one_address_even_the_right_one_waits(app: Flask) -> None:
    _, codes = set_up(an_account())
    token = first_step()
    for _ in range(service.FAILURES):
        with pytest.raises(SignInRefused, match="验证未通过"):
            finish(token, "000000", AT)
    with pytest.raises(SignInRefused, match="15 分钟"):
        finish(first_step(), codes[0], AT)
    assert finish(first_step(), codes[0], AT, THERE), "another address isn't kept out"


def test_an_account_waits_whatever_the_addresses_and_a_success_does_not_start_the_count_again(app: Flask) -> None:
    _, codes = set_up(an_account())
    token = first_step()
    for n in range(second_step.FAILURES_OF_ACCOUNT):
        with pytest.raises(SignInRefused, match="验证未通过。"):
            finish(token, "000000", AT, Device(f"203.0.113.{n + 20}", ""))
        if n == 4:
            assert finish(first_step(), codes[0], AT)
    with pytest.raises(SignInRefused, match="一小时内"):
        finish(first_step(), codes[1], AT, THERE)
    later = AT + second_step.WAIT_OF_ACCOUNT
    assert finish(first_step(later), codes[1], later, THERE)


def test_a_right_password_alone_forgives_no_failures_and_is_no_sign_in(app: Flask) -> None:
    set_up(an_account())
    for _ in range(service.FAILURES - 1):
        with pytest.raises(SignInRefused):
            service.sign_in("chen", "wrong password", HERE.address, at=AT)
    first_step()
    assert queries.last_sign_ins() == {}
    with pytest.raises(SignInRefused, match="用户名或者密码不对"):
        service.sign_in("chen", "wrong password", HERE.address, at=AT)
    with pytest.raises(SignInRefused, match="分钟后再试"):
        first_step()


def test_who_guesses_codes_leaves_entries_in_the_record(app: Flask) -> None:
    set_up(an_account())
    with pytest.raises(SignInRefused):
        finish(first_step(), "000000", AT)
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "account.second_step_refused")).one()
    assert (entry.actor_kind, entry.subject) == ("public", "user:chen")
    failed = db.session.scalars(select(SignIn).where(SignIn.succeeded.is_(False))).one()
    assert "chen" not in failed.username


def test_setting_up_asks_for_the_password_and_a_code_of_this_very_offer(app: Flask) -> None:
    user, other = an_account(), an_account("li")
    offer, theirs = second_factor.offer(user), second_factor.offer(other)
    secret = second_factor.offered_secret(user, offer)
    right = code(secret, AT)
    for password, sealed, typed, words in (
        ("wrong horse 8", offer, right, "密码不对"),
        (PASSWORD, offer, code(secret, AT + 5 * STEP), "动态口令不对"),
        (PASSWORD, theirs, right, "已失效"),
        (PASSWORD, stored_secrets.encrypt("a mailbox's password"), right, "已失效"),
        (PASSWORD, secret, right, "已失效"),
        (PASSWORD, "", right, "已失效"),
        (PASSWORD, "\ud800", right, "已失效"),
    ):
        with pytest.raises(AccountRefused, match=words):
            second_factor.set_up_totp(user, password, sealed, typed, at=AT)
    assert not queries.has_second_factor(user)
    assert second_factor.set_up_totp(user, PASSWORD, offer, right, at=AT)


def test_every_change_of_the_factor_ends_all_sessions(app: Flask) -> None:
    user, admin = an_account(), Actor.of(an_account("guan", Role.ADMIN))
    changes = (
        lambda: set_up(user),
        lambda: set_up(user, AT + STEP),
        lambda: second_factor.give_up(user, PASSWORD, at=AT),
        lambda: set_up(user),
        lambda: second_factor.take_away(admin, user, at=AT),
    )
    for change in changes:
        token = sessions.begin(sessions.holder_of(user), HERE, at=AT)
        assert sessions.behind(token, AT) is not None
        change()
        assert sessions.behind(token, AT) is None
    ended = {row.ended_why for row in db.session.scalars(select(AccountSession))}
    assert ended == {SessionEnd.FACTOR}


def test_another_app_makes_the_one_before_and_its_codes_worthless(app: Flask) -> None:
    user = an_account()
    old, old_codes = set_up(user)
    later = AT + 5 * STEP
    fresh, _ = set_up(user, later)
    for typed in (code(old, later + STEP), old_codes[0]):
        with pytest.raises(SignInRefused):
            finish(first_step(later), typed, later)
    assert finish(first_step(later), code(fresh, later + STEP), later + STEP)


def test_only_another_administrator_takes_a_lost_factor_away(app: Flask) -> None:
    user, admin = an_account(), an_account("guan", Role.ADMIN)
    set_up(user)
    set_up(admin)
    with pytest.raises(NotAllowed, match="管理员"):
        second_factor.take_away(Actor.of(user), admin, at=AT)
    with pytest.raises(AccountRefused, match="自己"):
        second_factor.take_away(Actor.of(admin), admin, at=AT)
    second_factor.take_away(Actor.of(admin), user, at=AT)
    assert not sessions.sign_in("chen", PASSWORD, HERE, at=AT).second_step
    assert list(db.session.scalars(select(RecoveryCode.user_id).where(RecoveryCode.user_id == user.id))) == []
    with pytest.raises(AccountRefused, match="没有设置"):
        second_factor.take_away(Actor.of(admin), user, at=AT)
    assert [given.by for given in factors_taken(user)] == ["陈一"]


def test_who_took_anothers_factor_away_is_no_second_person_beside_them(app: Flask) -> None:
    user, admin, third = an_account(), an_account("guan", Role.ADMIN), an_account("li")
    set_up(user)
    second_factor.take_away(Actor.of(admin), user, at=AT)
    assert are_one(Actor.of(admin), [user.id])
    assert are_one(Actor.of(user), [admin.id])
    assert are_one(Actor.of(user), [admin.id], AT)
    assert not are_one(Actor.of(user), [admin.id], AT + timedelta(seconds=1))
    assert not are_one(Actor.of(admin), [third.id])
    assert [given.act for given in passwords_given(user)] == ["account.create"]


def test_the_holder_is_told_by_mail_who_took_the_factor_away(app: Flask) -> None:
    user, admin = an_account(), Actor.of(an_account("guan", Role.ADMIN))
    set_up(user)
    assert not second_factor.take_away(admin, user, at=AT), "nobody to tell without an address"
    set_up(user)
    second_factor.set_email(user, "chen@example.gov.cn", at=AT)
    assert second_factor.take_away(admin, user, at=AT)
    (mail,) = (settings().data_dir / "outbox").glob("*.eml")
    assert b"chen@example.gov.cn" in mail.read_bytes()


@pytest.mark.parametrize("email", ["chen", "a@b\r\nBcc: x@example.cn", "@", "a b@example.cn", "chen@"])
def test_what_is_no_address_is_refused(app: Flask, email: str) -> None:
    user = an_account()
    with pytest.raises(AccountRefused, match="邮箱地址不对"):
        second_factor.set_email(user, email, at=AT)
    assert user.email is None


def test_a_role_that_needs_it_is_due_until_it_is_set_up_and_cannot_give_it_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, publisher = an_account("guan", Role.ADMIN), an_account()
    assert not second_factor.is_due(admin)
    for roles, due in (("admin", [True, False]), ("publisher , admin", [True, True]), ("all", [True, True])):
        changed = Settings(data_dir=settings().data_dir, second_factor_roles=roles)
        monkeypatch.setitem(app.config, "SETTINGS", changed)
        assert [second_factor.is_due(user) for user in (admin, publisher)] == due
    set_up(admin)
    assert not second_factor.is_due(admin)
    with pytest.raises(AccountRefused, match="必须使用"):
        second_factor.give_up(admin, PASSWORD, at=AT)


@pytest.mark.parametrize("roles", ["king", "admin portal", "admin, ALL"])
def test_a_role_that_there_is_not_stops_the_settings(roles: str) -> None:
    with pytest.raises(ValidationError, match="可以用"):
        Settings(second_factor_roles=roles)


def test_roles_of_the_settings_are_those_of_the_accounts() -> None:
    assert Settings(second_factor_roles="all").roles_with_second_factor() == {role.value for role in Role}


def test_a_secret_whose_key_was_exchanged_is_named_and_recovery_codes_still_count(app: Flask) -> None:
    secret, codes = set_up(an_account())
    factor = db.session.scalars(select(Totp)).one()
    factor.secret_sealed = "of another key"
    db.session.commit()
    with pytest.raises(AccountRefused, match="密钥已更换"):
        finish(first_step(), code(secret, AT + STEP), AT + STEP)
    assert finish(first_step(), codes[0], AT)


@pytest.mark.parametrize("kind", ["totp", "recovery"])
def test_one_code_sent_by_many_at_once_lets_one_in(app: Flask, kind: str) -> None:
    secret, codes = set_up(an_account())
    later = AT + STEP
    typed = code(secret, later) if kind == "totp" else codes[0]
    tokens = [first_step() for _ in range(4)]
    db.session.remove()
    start = threading.Barrier(len(tokens), timeout=60)

    def attempt(n: int) -> bool:
        with app.app_context():
            start.wait()
            try:
                return bool(finish(tokens[n], typed, later, Device(f"203.0.113.{n + 30}", "")))
            except SignInRefused:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(tokens)) as people:
        let_in = list(people.map(attempt, range(len(tokens))))
    assert sorted(let_in) == [False, False, False, True]


def test_guesses_sent_at_once_are_no_more_than_those_sent_in_turn(app: Flask) -> None:
    set_up(an_account())
    tokens = [first_step() for _ in range(8)]
    db.session.remove()
    start = threading.Barrier(len(tokens), timeout=60)

    def guess(n: int) -> str:
        with app.app_context():
            start.wait()
            try:
                return finish(tokens[n], f"00000{n}", AT)
            except SignInRefused as refusal:
                return str(refusal)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(tokens)) as people:
        answers = list(people.map(guess, range(len(tokens))))
    assert sum("分钟后再试" in answer for answer in answers) == len(tokens) - service.FAILURES
