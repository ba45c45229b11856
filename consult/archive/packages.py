"""Packages that are built by the worker and taken from the desk; they hold personal data and are removed soon."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import structlog
from sqlalchemy import ColumnElement, or_, select

from consult.accounts.errors import Refused
from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import blobs
from consult.archive.models import ArchivePackage
from consult.archive.service import BUILT, Describe, build
from consult.drafting.models import Consultation
from consult.files.blobs import BlobError
from consult.intake.ledger_statement import ERASE
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.store import DATABASE_ERRORS, db, transaction
from consult.store.locking import lock_row

KEPT: Final = timedelta(days=7)
BYTES: Final = 1 << 40
"""The largest package."""
NAME: Final = "归档包.zip"
FAILED: Final = "未能生成，请联系管理员查看日志。"
BUILDING: Final = timedelta(days=1)
"""Longer than a package takes from its file to its row."""
log = structlog.get_logger()


def ask(actor: Actor, consultation: Consultation, *, at: datetime) -> ArchivePackage:
    """Ask for a package; the worker builds it soon. What waits already isn't asked for twice."""
    require(actor, Act.EXPORT_SUBMISSIONS, consultation)
    with transaction() as session:
        lock_row(consultation)
        waiting = newest(consultation)
        if waiting is not None and waiting.built_at is None and not waiting.failed:
            return waiting
        package = ArchivePackage(
            consultation_id=consultation.id,
            asked_at=at,
            asked_by_id=actor.id,
            digest="",
            size=0,
            submissions=0,
            failed="",
        )
        session.add(package)
        session.flush()
        record(actor, "archive.ask", f"archive:{package.id}", at=at, consultation_id=consultation.id)
    return package


def newest(consultation: Consultation) -> ArchivePackage | None:
    """Return the package that was asked for last."""
    query = select(ArchivePackage).where(ArchivePackage.consultation_id == consultation.id)
    return db.session.scalars(query.order_by(ArchivePackage.id.desc()).limit(1)).first()


def build_due(at: datetime, describe: Describe) -> int:
    """Build all packages that were asked for; return how many."""
    query = select(ArchivePackage.id).where(ArchivePackage.built_at.is_(None), ArchivePackage.failed == "")
    return sum(
        _build(db.session.get_one(ArchivePackage, id_), at, describe)
        for id_ in list(db.session.scalars(query.order_by(ArchivePackage.id)))
    )


def _build(package: ArchivePackage, at: datetime, describe: Describe) -> bool:
    asker = package.asked_by
    if asker is not None and not asker.active:
        return _fail(package, "申请人的账号已经停用，请由在用账号重新生成。")
    actor = Actor.of(asker) if asker is not None else SYSTEM
    with tempfile.TemporaryDirectory(prefix="archive-") as folder:
        path = Path(folder) / NAME
        try:
            built = build(actor, package.consultation, path, at=at, describe=describe)
            with path.open("rb") as file:
                digest = blobs().put_stream(file, BYTES)
        except Refused as refused:  # who asked may it no more, or the report isn't what was published
            return _fail(package, str(refused))
        except BlobError as damaged:
            return _fail(package, f"有文件缺失或者损坏：{damaged}")
        except DATABASE_ERRORS:
            raise  # the next run tries again
        except Exception:  # one that can't be built doesn't keep the others waiting
            log.exception("archive_not_built", package=package.id)
            db.session.rollback()
            return _fail(package, FAILED)
        size = path.stat().st_size
    with transaction():
        lock_row(package)
        if package.built_at is not None:  # another worker was first; ``_remove_strays`` finds this file
            return False
        package.built_at, package.digest, package.size, package.submissions = at, digest, size, built.submissions
        record(
            SYSTEM,
            "archive.keep",
            f"archive:{package.id}",
            at=at,
            consultation_id=package.consultation_id,
            content_digest=digest,
        )
    return True


def _fail(package: ArchivePackage, why: str) -> bool:
    with transaction():
        package.failed = why
    return False


def open_package(actor: Actor, package: ArchivePackage, *, at: datetime) -> BinaryIO:
    """Open a package for who may take submissions out; that it was taken goes to the record.

    Raises:
        Refused: it isn't built, or was removed.
    """
    require(actor, Act.EXPORT_SUBMISSIONS, package.consultation)
    if package.built_at is None or package.removed_at is not None or _is_over(package, at):
        raise Refused("归档包尚未生成，或者已经删除，请重新生成。")
    try:
        file = blobs().open(package.digest)
    except BlobError:
        raise Refused("归档包缺失或者损坏，请重新生成。") from None
    with transaction():
        subject = f"archive:{package.id}"
        record(actor, "archive.take", subject, at=at, consultation_id=package.consultation_id)
    return file


def _is_over(package: ArchivePackage, at: datetime) -> bool:
    """Whether a package's term is over, or it holds what was deleted of a person since it was built."""
    assert package.built_at is not None
    return package.built_at <= at - KEPT or db.session.scalar(select(1).where(_has_erased(package))) is not None


def _has_erased(package: ArchivePackage | type[ArchivePackage]) -> ColumnElement[bool]:
    return (
        select(LedgerEntry.id)
        .where(
            LedgerEntry.act == ERASE,
            LedgerEntry.consultation_id == package.consultation_id,
            LedgerEntry.at >= package.built_at,
        )
        .exists()
    )


def remove_due(at: datetime) -> int:
    """Remove the packages whose term is over, or of which a person's data were deleted since; return how many."""
    due = or_(ArchivePackage.built_at <= at - KEPT, _has_erased(ArchivePackage))
    query = select(ArchivePackage.id).where(due, ArchivePackage.removed_at.is_(None)).order_by(ArchivePackage.id)
    ids = list(db.session.scalars(query))
    for id_ in ids:
        package = db.session.get_one(ArchivePackage, id_)
        blobs().remove(package.digest)  # first, so that a worker that is killed here does it again
        with transaction():
            lock_row(package)
            package.removed_at = at
            record(SYSTEM, "archive.remove", f"archive:{id_}", at=at, consultation_id=package.consultation_id)
    _remove_strays(at)
    return len(ids)


def _remove_strays(at: datetime) -> None:
    """Remove the files of packages whose worker was killed before it noted them: the record says what was built."""
    kept = set(db.session.scalars(select(ArchivePackage.digest).where(ArchivePackage.removed_at.is_(None))))
    built = select(LedgerEntry.digest).where(LedgerEntry.act == BUILT, LedgerEntry.at <= at - BUILDING)
    for digest in set(db.session.scalars(built)) - kept:
        blobs().remove(digest)
