"""Files that staff wait to see read: whatever becomes of the worker, of the uploader, of the file."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Act, Actor
from consult.accounts.service import deactivate
from consult.app_context import blobs
from consult.intake import staff_uploads
from consult.intake.models import ImportStage, Purpose, StaffUpload
from consult.store import db
from tests.builders import NOON, an_actor

PURPOSE = Purpose.DRAFT


def reading(upload: StaffUpload, _actor: Actor, note: staff_uploads.Note) -> bytes:
    """Return the file's own bytes."""
    note(1)
    return blobs().get(upload.digest)


class Killed(BaseException):
    """The worker is no more."""


def killed(upload: StaffUpload, _actor: Actor, _note: staff_uploads.Note) -> bytes:
    raise Killed


def failing(upload: StaffUpload, _actor: Actor, _note: staff_uploads.Note) -> bytes:
    raise ZeroDivisionError


def carry_on(reader: staff_uploads.Reader) -> int:
    try:
        return staff_uploads.carry_on({PURPOSE: reader})
    finally:
        db.session.rollback()


def an_upload(actor: Actor, words: bytes = b"x") -> StaffUpload:
    return staff_uploads.upload(
        actor, Act.CREATE_CONSULTATION, PURPOSE, "../文稿.txt", io.BytesIO(words), limit=100, at=NOON
    )


def test_a_file_that_kills_the_worker_is_read_three_times_and_blocks_no_other(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        drafter = an_actor(Role.DRAFTER)
        bad = an_upload(drafter)
        for _ in range(3):
            with pytest.raises(Killed):
                carry_on(killed)
            assert carry_on(killed) == 0, "another host's worker may be at it"
            clock.shift(timedelta(minutes=5))
        good = an_upload(drafter, b"y")
        assert carry_on(reading) == 2
        assert (bad.stage, good.stage, good.row) == (ImportStage.REFUSED, ImportStage.CHECKED, 1)
        assert "中断了 3 次" in bad.why
        assert good.file_name == "文稿.txt"


def test_who_was_closed_meanwhile_has_nothing_read_and_a_failure_is_said(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False):
        drafter = an_actor(Role.DRAFTER)
        failed = an_upload(drafter)
        assert carry_on(failing) == 1
        assert "ZeroDivisionError" in failed.why
        with pytest.raises(staff_uploads.UploadRefused, match="出错"):
            staff_uploads.result_of(failed)
        waiting = an_upload(drafter)
        deactivate(SYSTEM, db.session.get_one(User, drafter.id), at=NOON)
        assert carry_on(reading) == 1
        assert (waiting.stage, "停用" in waiting.why) == (ImportStage.REFUSED, True)


def test_who_may_not_use_a_file_uploads_none_and_takes_none(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False):
        drafter, auditor = an_actor(Role.DRAFTER), an_actor(Role.AUDITOR)
        with pytest.raises(NotAllowed):
            an_upload(auditor)
        upload = an_upload(drafter)
        with pytest.raises(staff_uploads.UploadRefused, match="还没有检查完"):
            staff_uploads.take(drafter, Act.CREATE_CONSULTATION, upload, at=NOON)
        carry_on(reading)
        assert staff_uploads.find(drafter, PURPOSE, upload.id, at=NOON, seen=upload.shown) == upload
        for at, seen in ((NOON, upload.digest + "0" * 64), (NOON, ""), (NOON + timedelta(days=2), upload.shown)):
            with pytest.raises(staff_uploads.UploadRefused):
                staff_uploads.find(drafter, PURPOSE, upload.id, at=at, seen=seen)


def test_a_file_that_was_swapped_on_the_disk_is_neither_read_nor_stored(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False):
        drafter = an_actor(Role.DRAFTER)
        upload, read = an_upload(drafter), an_upload(drafter, b"y")
        swap(upload.digest)
        assert carry_on(reading) == 2
        assert (upload.stage, "改动" in upload.why) == (ImportStage.REFUSED, True)
        assert staff_uploads.file_of(read) == staff_uploads.result_of(read) == b"y"
        swap(read.digest)
        for stored in (staff_uploads.file_of, staff_uploads.result_of):
            with pytest.raises(staff_uploads.UploadRefused, match="改动"):
                stored(read)


def swap(digest: str) -> None:
    """Put other bytes in the place of a blob."""
    path = blobs().path(digest)
    path.chmod(0o600)
    path.write_bytes(b"z")
