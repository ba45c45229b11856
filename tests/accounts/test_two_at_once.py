"""Two at the same moment over accounts: somebody always manages them, and each name is one person's."""

from __future__ import annotations

from contextlib import suppress

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from consult.accounts import service
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Division, Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.store import db
from tests.accounts.test_service import ADDRESS, AT, PASSWORD, an_account, fail_to_sign_in
from tests.together import both, elsewhere


def test_two_administrators_who_close_each_others_account_leave_one(app: Flask) -> None:
    account, other = an_account("one", Role.ADMIN), an_account("other", Role.ADMIN)
    first, second = Actor.of(account), Actor.of(other)
    there = elsewhere(account)
    with pytest.raises(AccountRefused, match="最后一个管理员"):
        both(
            app,
            lambda: service.deactivate(first, other, at=AT),
            lambda: service.deactivate(second, there(), at=AT),
        )
    assert (account.active, other.active) == (True, False)


def test_a_username_that_two_ask_for_together_is_one_persons_whatever_its_capitals(app: Flask) -> None:
    with pytest.raises(AccountRefused, match="已经有人用了"):
        both(app, lambda: an_account("chen"), lambda: an_account("Chen"))
    assert db.session.scalars(select(User.username)).all() == ["chen"]


def test_a_division_that_two_name_together_is_one(app: Flask) -> None:
    with pytest.raises(AccountRefused, match="已经有“建设处”了"):
        both(
            app,
            lambda: service.add_division(SYSTEM, "建设处", at=AT),
            lambda: service.add_division(SYSTEM, "建设处", at=AT),
        )
    assert db.session.scalar(select(func.count()).select_from(Division)) == 1


def test_two_accounts_of_a_new_division_that_are_opened_together_share_it(app: Flask) -> None:
    both(app, lambda: an_account("chen"), lambda: an_account("li"))
    assert len(set(db.session.scalars(select(User.division_id)))) == 1


def test_two_divisions_that_are_renamed_together_have_a_name_each(app: Flask) -> None:
    division, other = (service.add_division(SYSTEM, name, at=AT) for name in ("甲处", "乙处"))
    there = elsewhere(other)
    with pytest.raises(AccountRefused, match="已经有“建设处”了"):
        both(
            app,
            lambda: service.rename_division(SYSTEM, division, "建设处", at=AT),
            lambda: service.rename_division(SYSTEM, there(), "建设处", at=AT),
        )
    assert (division.name, other.name) == ("建设处", "乙处")


def test_passwords_that_are_tried_at_once_are_no_more_than_those_tried_in_turn(app: Flask) -> None:
    an_account()
    fail_to_sign_in(service.FAILURES - 1)
    with pytest.raises(SignInRefused, match="分钟后再试"):
        both(
            app,
            lambda: fail_to_sign_in(1),
            lambda: service.sign_in("chen", PASSWORD, ADDRESS, at=AT),
        )


def test_who_signs_in_with_an_older_password_does_not_bring_it_back(app: Flask) -> None:
    user = an_account()
    user.password_hash = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    db.session.commit()

    def sign_in() -> None:
        with suppress(SignInRefused):  # on SQLite it may be looked at only after it was changed
            service.sign_in("chen", PASSWORD, ADDRESS, at=AT)

    both(app, lambda: service.set_password(SYSTEM, user, "another horse 9", at=AT), sign_in)
    assert service.sign_in("chen", "another horse 9", ADDRESS, at=AT) == user
