"""Packages asked for on the desk: built by the worker as who asked, taken by who may, removed after their term."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import func, select

from consult import clock
from consult.accounts.errors import NotAllowed, Refused
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import blobs
from consult.archive import packages
from consult.archive.models import ArchivePackage
from consult.archive.service import BUILT, Built
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.faces.jobs import archive as archive_job
from consult.intake.models import Submission
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.privacy import requests
from consult.store import db
from tests.archive.test_archive import loaded
from tests.builders import an_actor
from tests.signed_in import sign_in_as
from tests.snapshot import Kept, kept


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[None]]:
    with kept(session_app, loaded) as world:
        yield world


@pytest.fixture
def consultation(world: Kept[None]) -> Iterator[Consultation]:
    with world.turn():
        yield db.session.scalars(select(Consultation).where(Consultation.opens_at.is_not(None)).limit(1)).one()


def acts(act: str) -> int:
    return db.session.scalar(select(func.count()).where(LedgerEntry.act == act)) or 0


def test_a_package_is_asked_for_once_built_taken_and_removed(consultation: Consultation) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    assert packages.ask(actor, consultation, at=at).id == package.id
    with pytest.raises(Refused, match="尚未生成"):
        packages.open_package(actor, package, at=at)
    assert archive_job.build(at) == 1
    assert archive_job.build(at) == 0
    with packages.open_package(actor, package, at=at) as file:
        data = file.read()
    assert hashlib.sha256(data).hexdigest() == package.digest
    assert len(data) == package.size
    with zipfile.ZipFile(io.BytesIO(data)) as content:
        assert "rebuild.py" in content.namelist()
    assert acts("archive.take") == 1
    assert packages.remove_due(at + timedelta(days=6)) == 0
    assert packages.remove_due(at + timedelta(days=8)) == 1
    assert not blobs().exists(package.digest)
    with pytest.raises(Refused, match="已经删除"):
        packages.open_package(actor, package, at=at)
    assert packages.ask(actor, consultation, at=at).id != package.id
    assert list(everything_wrong(CheckedCounts())) == []


def test_a_package_is_given_to_nobody_once_its_term_is_over_even_before_it_is_removed(
    consultation: Consultation,
) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    archive_job.build(at)
    with pytest.raises(Refused, match="已经删除"):
        packages.open_package(actor, package, at=at + packages.KEPT)


def test_what_is_deleted_of_a_person_leaves_with_the_packages_that_hold_it(consultation: Consultation) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    archive_job.build(at)
    submission = db.session.scalars(
        select(Submission).where(Submission.consultation_id == consultation.id, Submission.name != "")
    ).first()
    assert submission is not None
    requests.erase(SYSTEM, submission, "来信申请删除。", at=at + timedelta(minutes=1))
    with pytest.raises(Refused, match="已经删除"):
        packages.open_package(actor, package, at=at + timedelta(minutes=2))
    assert packages.remove_due(at + timedelta(minutes=2)) == 1
    assert not blobs().exists(package.digest)
    again = packages.ask(actor, consultation, at=at + timedelta(minutes=3))
    archive_job.build(at + timedelta(minutes=3))
    packages.open_package(actor, again, at=at + timedelta(minutes=4)).close()


def test_one_that_cannot_be_built_says_so_and_does_not_keep_the_others_waiting(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    other = db.session.scalars(
        select(Consultation).where(Consultation.opens_at.is_not(None), Consultation.id != consultation.id)
    ).first()
    assert other is not None
    broken, good = packages.ask(actor, consultation, at=at), packages.ask(actor, other, at=at)
    real = packages.build

    def breaks(actor: Actor, built: Consultation, *args: Any, **more: Any) -> Built:
        if built.id == consultation.id:
            raise KeyError("没有想到的错误")
        return real(actor, built, *args, **more)

    monkeypatch.setattr(packages, "build", breaks)
    assert archive_job.build(at) == 1
    assert good.built_at == at
    assert broken.failed == packages.FAILED
    assert archive_job.build(at) == 0


def test_the_file_of_a_worker_that_was_killed_is_removed(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    with monkeypatch.context() as patch:
        patch.setattr(packages, "lock_row", killed)
        with pytest.raises(KeyboardInterrupt):
            archive_job.build(at)
    db.session.rollback()
    stray = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == BUILT)).one().digest
    assert blobs().exists(stray)
    assert archive_job.build(at + timedelta(minutes=1)) == 1
    packages.remove_due(at + timedelta(days=2))
    assert not blobs().exists(stray)
    assert blobs().exists(package.digest)
    with monkeypatch.context() as patch:
        patch.setattr(packages, "lock_row", killed)
        with pytest.raises(KeyboardInterrupt):
            packages.remove_due(at + timedelta(days=8))
    db.session.rollback()
    assert packages.remove_due(at + timedelta(days=8)) == 1
    assert not blobs().exists(package.digest)


def killed(_row: object) -> None:
    raise KeyboardInterrupt


def test_two_workers_that_build_at_once_leave_one_package(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    real = packages.build

    def built_by_another_meanwhile(*args: Any, **more: Any) -> Built:
        monkeypatch.setattr(packages, "build", real)
        archive_job.build(at + timedelta(seconds=5))
        return real(*args, **more)

    monkeypatch.setattr(packages, "build", built_by_another_meanwhile)
    assert archive_job.build(at) == 0
    assert package.built_at == at + timedelta(seconds=5)
    assert acts("archive.keep") == 1


@pytest.mark.parametrize("role", [Role.MODERATOR])
def test_who_may_not_take_submissions_out_neither_asks_nor_takes(consultation: Consultation, role: Role) -> None:
    keeper, other, at = an_actor(Role.PUBLISHER, "keeper"), an_actor(role, "other"), clock.now()
    with pytest.raises(NotAllowed):
        packages.ask(other, consultation, at=at)
    package = packages.ask(keeper, consultation, at=at)
    archive_job.build(at)
    with pytest.raises(NotAllowed):
        packages.open_package(other, package, at=at)


def test_who_asked_and_may_it_no_more_gets_nothing(consultation: Consultation) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    assert actor.id is not None
    package = packages.ask(actor, consultation, at=at)
    db.session.get_one(User, actor.id).role = Role.MODERATOR
    db.session.commit()
    assert archive_job.build(at) == 0
    assert package.built_at is None
    assert package.failed
    assert archive_job.build(at) == 0


def test_who_asked_and_left_since_gets_nothing_built(consultation: Consultation) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    assert actor.id is not None
    package = packages.ask(actor, consultation, at=at)
    db.session.get_one(User, actor.id).active = False
    db.session.commit()
    assert archive_job.build(at) == 0
    assert package.failed


def test_a_file_that_is_gone_is_named_and_the_others_are_in_the_package(consultation: Consultation) -> None:
    actor, at = an_actor(Role.PUBLISHER, "keeper"), clock.now()
    package = packages.ask(actor, consultation, at=at)
    assert archive_job.build(at) == 1
    blobs().remove(package.digest)
    with pytest.raises(Refused, match="缺失或者损坏"):
        packages.open_package(actor, package, at=at)


def test_the_desk_offers_builds_and_gives_it(consultation: Consultation, session_app: Flask) -> None:
    actor = an_actor(Role.PUBLISHER, "keeper")
    assert actor.id is not None
    browser = sign_in_as(session_app.test_client(), actor.id)
    address = f"/desk/consultations/{consultation.slug}/meeting"
    g.pop("_login_user", None)
    db.session.rollback()
    assert "生成归档包" in browser.get(address).text
    assert browser.get(f"{address}/archive.zip").status_code == 404
    assert browser.post(f"{address}/archive").status_code == 303
    archive_job.build(clock.now())
    db.session.expire_all()
    assert "满七日自动删除" in browser.get(address).text
    answer = browser.get(f"{address}/archive.zip")
    assert answer.status_code == 200
    package = db.session.scalars(select(ArchivePackage)).one()
    assert hashlib.sha256(answer.data).hexdigest() == package.digest
    moderator = an_actor(
        Role.MODERATOR,
        "m-2",
    )
    assert moderator.id is not None
    other = sign_in_as(session_app.test_client(), moderator.id)
    g.pop("_login_user", None)
    db.session.rollback()
    assert "生成归档包" not in other.get(address).text
    assert other.get(f"{address}/archive.zip").status_code == 404
    assert Actor.of(db.session.get_one(User, actor.id)).id == actor.id
