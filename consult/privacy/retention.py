"""Deletion of personal data when their term is over: finds what is due by its state, so that it may be killed anywhere.

Each step is one transaction with its entry in the record and a stub. Files are removed after that, and only those that
no other row names; a run that was killed in between removes them the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Exists, and_, exists, func, literal, or_, select

from consult import outgoing_mail
from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import blobs
from consult.consultees import erasure as consultees
from consult.drafting.models import Consultation, Stage
from consult.file_sources import SOURCES
from consult.intake import restatement
from consult.intake.models import ImportStage, RawForm, StaffUpload, Submission, TableImport
from consult.intake.restatement import NotAsReceived, Personal
from consult.intake.staff_uploads import AT_WORK
from consult.law.rule_rows import RetentionRule
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.mail_queue import service as mail_queue
from consult.mailbox import erasure as mail
from consult.mailbox.models import MailMessage
from consult.privacy import holds
from consult.privacy.models import Erasure
from consult.privacy.terms import (
    CONTACTS,
    LETTERS,
    MEMBERS,
    OUTBOX,
    RAW,
    SENDER,
    SENT_MAIL,
    STRAY_MAIL,
    TABLES,
    UNCONFIRMED,
    UPLOADS,
    is_over,
    terms,
)
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.subscriptions import receipt_letters
from consult.subscriptions import service as subscriptions

BATCH = 200
ENDS = (Act.PROMULGATE.value, Act.WITHDRAW_CONSULTATION.value)
RUN, RUNS = "privacy.run", "retention"
"""Act and subject of the entry of a run."""
ENDED = (Stage.PROMULGATED, Stage.WITHDRAWN)


@dataclass
class Run:
    """What a run deleted, or would delete: how many of each row of the rules, and what it left alone and why."""

    deleted: dict[str, int] = field(default_factory=dict)
    files: int = 0
    held: int = 0
    """Consultations whose term is over and that are on hold."""
    refused: list[str] = field(default_factory=list)
    """Submissions that aren't as the record says."""

    @property
    def total(self) -> int:
        """How many pieces in all."""
        return sum(self.deleted.values())


def run(actor: Actor, *, at: datetime, dry_run: bool = False) -> Run:
    """Delete what is due at a moment, or only count it."""
    require(actor, Act.SEE_PERSONAL_DATA_TERMS if dry_run else Act.DELETE_PERSONAL_DATA)
    done = Run()
    rows, held = terms(), holds.held_ids()
    ended = list(_ended())
    for id_, rule in rows.items():
        over = {consultation_id for consultation_id, day in ended if is_over(rule, day, at)}
        done.held = max(done.held, len(over & held))
        step = STEPS[id_]
        done.deleted[id_] = step(_Due(actor, rule, over - held, at, dry_run, done))
    if not dry_run:
        done.files = remove_files(at)
        _record_run(actor, done, at)
    return done


def _record_run(actor: Actor, done: Run, at: datetime) -> None:
    """Leave an entry of what a run deleted, if anything: each deletion has its own, too."""
    if done.total:
        with transaction():
            counts = {id_: n for id_, n in done.deleted.items() if n}
            record(actor, RUN, RUNS, at=at, deleted=counts, files=done.files, held=done.held)


def last_runs(limit: int) -> Sequence[LedgerEntry]:
    """Return the entries of the last runs that deleted anything, newest first."""
    query = select(LedgerEntry).where(LedgerEntry.subject == RUNS, LedgerEntry.act == RUN)
    return db.session.scalars(query.order_by(LedgerEntry.id.desc()).limit(limit)).all()


def run_as_system(at: datetime) -> int:
    """Delete what is due; return how much. The worker calls it."""
    done = run(SYSTEM, at=at)
    return done.total + done.files


@dataclass(frozen=True)
class _Due:
    """What a step needs: who deletes, under which rule, of which consultations."""

    actor: Actor
    rule: RetentionRule
    consultations: Collection[int]
    at: datetime
    dry_run: bool
    run: Run

    def earliest_kept(self) -> datetime:
        """Return the moment before which a term that begins with a row's own moment is over."""
        day = self.at
        while not is_over(self.rule, day, self.at):
            day -= timedelta(days=1)
        return day


def _ended() -> Iterator[tuple[int, datetime]]:
    """Yield the consultations that have ended, and when."""
    query = (
        select(Consultation.id, func.max(LedgerEntry.at))
        .join(LedgerEntry, LedgerEntry.consultation_id == Consultation.id)
        .where(Consultation.stage.in_(ENDED), LedgerEntry.act.in_(ENDS))
        .group_by(Consultation.id)
    )
    for row in db.session.execute(query):
        yield row[0], row[1]


def _submissions(due: _Due, what: Personal) -> int:
    is_due: list[ColumnElement[bool]] = [
        Submission.consultation_id.in_(due.consultations),
        ~_has_stub(due.rule.id, Submission.number),
    ]
    if what is Personal.RAW:
        is_due.append(Submission.raw.has(RawForm.erased_digest.is_(None)))
    else:
        is_due.append(or_(Submission.name != "", Submission.contact != "", _from_mail()))
    if due.dry_run:
        return db.session.scalar(select(func.count()).select_from(Submission).where(*is_due)) or 0
    deleted, last = 0, 0
    while ids := _next_ids(is_due, last):
        for id_ in ids:
            deleted += _erase(due, id_, what)
        last = ids[-1]
    return deleted


def _next_ids(is_due: Sequence[ColumnElement[bool]], last: int) -> list[int]:
    query = select(Submission.id).where(*is_due, Submission.id > last)
    return list(db.session.scalars(query.order_by(Submission.id).limit(BATCH)))


def _erase(due: _Due, id_: int, what: Personal) -> bool:
    submission = db.session.get_one(Submission, id_)
    try:
        with transaction():
            file = restatement.erase(submission, {what}, at=due.at, actor=due.actor, why="term")
            if what is Personal.SENDER:
                if envelope := mail.erase_sender(submission, at=due.at):
                    leave_stub(due.rule.id, f"envelope:{submission.number}", None, due.at, envelope)
                receipt_letters.delete_address(submission, at=due.at)
            leave_stub(due.rule.id, f"submission:{submission.number}", submission.consultation_id, due.at, file)
    except NotAsReceived as refusal:
        due.run.refused.append(str(refusal))
        return False
    return True


def _from_mail() -> Exists:
    return exists(select(literal(1)).where(MailMessage.submission_id == Submission.id, MailMessage.sender != ""))


def _has_stub(rule: str, number: Any) -> Exists:
    subject = literal("submission:").concat(number)
    return exists(select(literal(1)).where(Erasure.rule == rule, Erasure.subject == subject))


def leave_stub(rule: str, subject: str, consultation_id: int | None, at: datetime, file: str = "") -> None:
    """Leave the stub of a deletion, in the caller's transaction."""
    stub = Erasure(rule=rule, subject=subject, consultation_id=consultation_id, at=at, file=file)
    db.session.add(stub)


def _tables(due: _Due) -> int:
    query = select(TableImport).where(TableImport.consultation_id.in_(due.consultations), TableImport.digest != "")
    imports = db.session.scalars(query.order_by(TableImport.id)).all()
    if due.dry_run:
        return len(imports)
    for table in imports:
        with transaction():
            _erase_table(due, table)
    return len(imports)


def _erase_table(due: _Due, table: TableImport) -> None:
    subject = f"table_import:{table.id}"
    _leave_stubs(due, subject, table.consultation_id, table.digest, table.account, table.files)
    detail = {"why": "term", "sha256": table.digest}
    table.digest = table.account = table.files = ""
    table.notable, table.accounted, table.file_name = [], {}, "（已删除）"
    record(due.actor, "import.erase_personal", subject, at=due.at, consultation_id=table.consultation_id, **detail)


def _leave_stubs(due: _Due, subject: str, consultation_id: int | None, *files: str) -> None:
    for n, digest in enumerate(filter(None, files)):
        leave_stub(due.rule.id, f"{subject}:{n}", consultation_id, due.at, digest)


def _uploads(due: _Due) -> int:
    """Delete what staff uploaded to be shown; tables of submissions, if nothing was taken of them."""
    before = due.earliest_kept()
    uploads = select(StaffUpload.id).where(StaffUpload.uploaded_at < before)
    tables = select(TableImport.id).where(
        TableImport.uploaded_at < before,
        TableImport.digest != "",
        TableImport.consultation_id.not_in(holds.held_ids()),
        or_(
            TableImport.stage.in_((ImportStage.CHOOSING, ImportStage.CHECKED, ImportStage.GIVEN_UP)),
            and_(TableImport.stage == ImportStage.REFUSED, TableImport.taken == 0),
        ),
    )
    upload_ids, table_ids = list(db.session.scalars(uploads)), list(db.session.scalars(tables))
    if not due.dry_run:
        for id_ in upload_ids:
            _erase_upload(due, id_)
        for id_ in table_ids:
            _give_up_table(due, id_)
    return len(upload_ids) + len(table_ids)


def _erase_upload(due: _Due, id_: int) -> None:
    with transaction() as session:
        upload = session.get_one(StaffUpload, id_)
        lock_row(upload)
        subject = f"staff_upload:{id_}"
        _leave_stubs(due, subject, upload.consultation_id, upload.digest, upload.result)
        record(due.actor, "upload.erase_personal", subject, at=due.at, why="term", sha256=upload.digest)
        session.delete(upload)


def _give_up_table(due: _Due, id_: int) -> None:
    with transaction() as session:
        table = session.get_one(TableImport, id_)
        lock_row(table)
        if table.stage not in AT_WORK:
            table.stage = ImportStage.GIVEN_UP
            _erase_table(due, table)


def _stray_mail(due: _Due) -> int:
    before = due.earliest_kept()
    if due.dry_run:
        return len(mail.stray(before, 1_000_000))
    deleted = 0
    while messages := mail.stray(before, BATCH):
        for message in messages:
            with transaction():
                file = mail.erase_stray(message, at=due.at, actor=due.actor)
                leave_stub(due.rule.id, f"mail:{message.id}", None, due.at, file)
        deleted += len(messages)
    return deleted


def _members(due: _Due) -> int:
    before = due.earliest_kept()
    if due.dry_run:
        return len(consultees.members_left(before, 1_000_000))
    deleted = 0
    while members := consultees.members_left(before, BATCH):
        for member in members:
            consultees.erase_member(member, at=due.at, actor=due.actor)
        deleted += len(members)
    return deleted


def _contacts(due: _Due) -> int:
    before = due.earliest_kept()
    contacts = consultees.contacts_over(before)
    if not due.dry_run:
        for contact in contacts:
            consultees.erase_contact(contact, at=due.at, actor=due.actor)
    return len(contacts)


def _letters(due: _Due) -> int:
    if due.dry_run:
        return consultees.count_letters(due.consultations)
    deleted = 0
    while some := consultees.erase_letters(due.consultations, BATCH, at=due.at, actor=due.actor):
        deleted += some
    return deleted


def _outbox(due: _Due) -> int:
    """Remove letters that were kept as files for want of a mail server; each host does its own."""
    before = due.earliest_kept()
    if due.dry_run:
        return len(outgoing_mail.kept_before(before))
    removed = outgoing_mail.remove_kept_before(before)
    if removed:
        with transaction():
            record(due.actor, "outbox.erase_personal", "outbox", at=due.at, letters=removed)
    return removed


def _sent_mail(due: _Due) -> int:
    """Delete the addresses of letters that went out, or never will."""
    before = due.earliest_kept()
    if due.dry_run:
        return mail_queue.count_old_addresses(before)
    deleted = mail_queue.delete_old_addresses(before)
    if deleted:
        with transaction():
            record(due.actor, "sent_mail.erase_personal", "outgoing_mail", at=due.at, letters=deleted)
    return deleted


def _unconfirmed(due: _Due) -> int:
    """Delete the addresses of subscriptions that nobody confirmed."""
    before = due.earliest_kept()
    return subscriptions.count_unconfirmed(before) if due.dry_run else subscriptions.end_unconfirmed(before, due.at)


STEPS: dict[str, Callable[[_Due], int]] = {
    SENDER: lambda due: _submissions(due, Personal.SENDER),
    RAW: lambda due: _submissions(due, Personal.RAW),
    TABLES: _tables,
    UPLOADS: _uploads,
    STRAY_MAIL: _stray_mail,
    MEMBERS: _members,
    CONTACTS: _contacts,
    LETTERS: _letters,
    OUTBOX: _outbox,
    SENT_MAIL: _sent_mail,
    UNCONFIRMED: _unconfirmed,
}


def remove_files(at: datetime) -> int:
    """Remove the files of deleted data from the disk, but for those that another row names; return how many."""
    stubs = db.session.scalars(select(Erasure).where(Erasure.file != "", Erasure.file_gone_at.is_(None))).all()
    if not stubs:
        return 0
    candidates = {stub.file for stub in stubs}
    named = {digest for rows in SOURCES for digest, _ in rows() if digest in candidates}
    named |= set(db.session.scalars(select(MailMessage.blob).where(MailMessage.blob.in_(candidates))))
    removed = sum(blobs().remove(digest) for digest in sorted(candidates - named))
    with transaction():
        for stub in stubs:
            stub.file_gone_at = at
    return removed
