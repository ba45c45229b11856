"""Sessions: what ends them, how long they last, and that their last use costs no page a wait."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select, update

from config import Settings
from consult import by_role
from consult.accounts import service, sessions, user_agent
from consult.accounts.models import AccountSession, Role, SessionEnd, User
from consult.accounts.permissions import SYSTEM
from consult.accounts.sessions import Device
from consult.store import db, transaction

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse 8"
HERE = Device("203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


def an_account(username: str = "chen", role: Role = Role.PUBLISHER) -> User:
    return service.create_user(SYSTEM, username=username, name="陈一", role=role, password=PASSWORD, at=AT)


def signed_in(at: datetime = AT) -> str:
    return sessions.sign_in("chen", PASSWORD, HERE, at=at).token


def opens(token: str, at: datetime = AT) -> bool:
    return sessions.behind(token, at) is not None


def test_a_token_is_kept_as_a_hash_only_with_where_it_was_given(app: Flask) -> None:
    an_account()
    token = signed_in()
    row = db.session.scalars(select(AccountSession)).one()
    assert token not in {str(getattr(row, column.key)) for column in AccountSession.__table__.columns}
    assert (row.address, row.agent) == ("203.0.113.7", "Firefox，Linux")
    assert opens(token)
    assert not opens(row.token_hash)
    assert not opens("")
    assert not opens("\ud800")


def test_a_new_password_ends_every_session(app: Flask) -> None:
    user = an_account()
    old = [signed_in(), signed_in()]
    fresh = sessions.change_password(user, PASSWORD, "another horse 9", HERE, at=AT)
    assert [opens(token) for token in old] == [False, False]
    assert opens(fresh)
    assert {row.ended_why for row in db.session.scalars(select(AccountSession))} == {None, SessionEnd.PASSWORD}


def test_a_closed_account_has_no_session_and_gets_none_back_when_it_is_opened_again(app: Flask) -> None:
    user = an_account()
    token = signed_in()
    service.deactivate(SYSTEM, user, at=AT)
    assert not opens(token)
    service.reactivate(SYSTEM, user, at=AT)
    assert not opens(token)


@pytest.mark.parametrize("change", [{"role": Role.ADMIN}, {"password_hash": "another"}, {"active": False}])
def test_a_change_behind_the_verbs_ends_a_session_as_well(app: Flask, change: dict[str, object]) -> None:
    user = an_account()
    token = signed_in()
    with transaction() as session:
        session.execute(update(User).where(User.id == user.id).values(**change))
    assert not opens(token)


def test_one_ends_all_others_or_all(app: Flask) -> None:
    user = an_account()
    here, there, third = signed_in(), signed_in(), signed_in()
    present = sessions.behind(here, AT)
    assert present is not None
    assert sessions.sign_out_everywhere(present[0], user, others_only=True, at=AT) == 2
    assert (opens(here), opens(there), opens(third)) == (True, False, False)
    assert sessions.sign_out_everywhere(present[0], user, others_only=False, at=AT) == 1
    assert not opens(here)


def test_a_session_ends_after_its_roles_limits(app: Flask) -> None:
    user = an_account()
    token = signed_in()
    assert opens(token, AT + timedelta(minutes=239))
    assert not opens(token, AT + timedelta(minutes=240))
    for hour in range(3, 12, 3):
        present = sessions.behind(token, AT + timedelta(hours=hour))
        assert present is not None
        sessions.note_use(present[0], AT + timedelta(hours=hour))
        db.session.rollback()
    assert opens(token, AT + timedelta(hours=11, minutes=59))
    assert not opens(token, AT + timedelta(hours=12))
    service.create_user(SYSTEM, username="admin", name="管理", role=Role.ADMIN, password=PASSWORD, at=AT)
    token = sessions.sign_in("admin", PASSWORD, HERE, at=AT).token
    assert opens(token, AT + timedelta(minutes=59))
    assert not opens(token, AT + timedelta(minutes=60))
    assert user.role is Role.PUBLISHER


def test_the_last_use_is_noted_once_a_minute(app: Flask) -> None:
    an_account()
    token = signed_in()
    seen = []
    for seconds in (20, 59, 60, 61, 119, 121):
        present = sessions.behind(token, AT + timedelta(seconds=seconds))
        assert present is not None
        sessions.note_use(present[0], AT + timedelta(seconds=seconds))
        db.session.rollback()
        seen.append((db.session.scalars(select(AccountSession.seen_at)).one() - AT).seconds)
    assert seen == [0, 0, 60, 60, 60, 121]


def test_noting_the_last_use_does_not_wait_for_another_writer(app: Flask) -> None:
    an_account()
    token = signed_in()
    row_id = db.session.scalars(select(AccountSession.id)).one()
    db.session.rollback()
    holding, done = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context(), transaction() as session:
            session.execute(update(AccountSession).where(AccountSession.id == row_id).values(agent="x"))
            holding.set()
            done.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert holding.wait(10)
        present = sessions.behind(token, AT + timedelta(minutes=5))
        assert present is not None
        sessions.note_use(present[0], AT + timedelta(minutes=5))
        assert not done.is_set()
    finally:
        done.set()
        writer.join()
    db.session.rollback()
    assert db.session.scalars(select(AccountSession.seen_at)).one() == AT


def test_sessions_of_long_ago_are_forgotten(app: Flask) -> None:
    an_account()
    signed_in()
    recent = signed_in(AT + timedelta(days=60))
    assert sessions.forget(AT + timedelta(days=91)) == 1
    assert opens(recent, AT + timedelta(days=60, minutes=1))


def test_limits_are_read_by_role_and_nonsense_is_refused() -> None:
    limits = by_role.read("240, admin=60 ,portal = 30")
    assert (limits.of("admin"), limits.of("portal"), limits.of("drafter"), limits.largest) == (60, 30, 240, 240)
    assert frozenset(by_role.NAMES) - {by_role.PORTAL, by_role.LINK} == {role.value for role in Role}
    for nonsense in ("", "admin=60", "0", "-5", "240, king=5", "240, admin=²", "9" * 40):
        with pytest.raises(ValueError, match="session_hours"):
            Settings(session_hours=nonsense)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge，Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Version/17.0 Mobile Safari/604.1", "Safari，iPhone"),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/111 MicroMessenger/8.0.40", "微信，Android"),
        ("<script>alert(1)</script>" * 100, "其他浏览器"),
        ("", "其他浏览器"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert user_agent.words(agent) == words


def test_a_row_put_in_or_changed_by_hand_opens_nothing(app: Flask) -> None:
    """Whoever writes to the database has tokens of their own and the rows of others, not the key of sessions."""
    chief, other = an_account(role=Role.ADMIN), an_account("wang")
    mine = sessions.sign_in("wang", PASSWORD, HERE, at=AT).token
    step = sessions.begin(sessions.step_holder_of(chief), HERE, at=AT)
    signed_in()
    row = AccountSession.__table__.c
    stolen = db.session.scalars(select(AccountSession).where(row.holder_id == chief.id, row.kind == "user")).one()
    forged = {
        other.id: {"holder_id": chief.id, "stamp": stolen.stamp},
        chief.id: {"kind": "user"},
    }
    with transaction() as session:
        for holder_id, values in forged.items():
            kind = "user" if holder_id == other.id else "step"
            session.execute(update(AccountSession).where(row.holder_id == holder_id, row.kind == kind).values(**values))
    assert [opens(mine), opens(step)] == [False, False]
    with transaction() as session:
        session.execute(
            update(AccountSession).where(row.id == stolen.id).values(token_hash=sha256(b"known").hexdigest())
        )
    assert not opens("known")
    long = signed_in()
    year = AT + timedelta(days=365)
    with transaction() as session:
        session.execute(update(AccountSession).where(row.ended_at.is_(None)).values(created_at=year, seen_at=year))
    assert not opens(long, year)
