"""Personal data of a sender leave a submission, or are corrected, and the record goes on proving the rest.

The digest of a receipt covers name, contact and raw form, so that it can't be recomputed without them. Before they go,
the rows are compared with the record once more; the act's entry then has the digest of what stays: texts and their
provisions, answers, time, attachments, and the SHA-256 of the raw form. From then on the rows are held to that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.intake import ledger_statement, search
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, clean
from consult.intake.ledger_statement import CORRECT, ERASE
from consult.intake.models import Submission
from consult.labels import Label, LabelledEnum
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.sentences import sentence


class Personal(LabelledEnum):
    """What of a submission is personal: who sent it, with the consent to publish the name, and the raw form."""

    SENDER = "sender", Label("姓名、联系方式", "plain")
    RAW = "raw", Label("原始表单、原始邮件", "plain")


class NotAsReceived(Refused):
    """The rows aren't what the record says: whoever changed them must be found before anything is deleted."""


def erase(submission: Submission, what: Collection[Personal], *, at: datetime, actor: Actor, why: str) -> str:
    """Delete personal data of a submission; return the digest of a raw form that was a file, for it to be removed.

    Raises:
        NotAsReceived: the rows no longer match the record.
    """
    require(actor, Act.DELETE_PERSONAL_DATA, submission.consultation)
    with transaction():
        _check(submission)
        file = ""
        if Personal.SENDER in what:
            submission.name = submission.contact = ""
            submission.publish_name = False
            search.replace_words(submission)
        if Personal.RAW in what and submission.raw.erased_digest is None:
            raw = submission.raw
            file = raw.blob or ""
            raw.erased_digest = ledger_statement.raw_digest(raw)
            raw.body, raw.blob = ledger_statement.erased_note(raw.erased_digest), None
        _restate(submission, ERASE, at=at, actor=actor, why=why, erased=sorted(what))
        return file


def correct(submission: Submission, name: str, contact: str, *, at: datetime, actor: Actor, why: str) -> None:
    """Write the name and contact that the sender says are right.

    Raises:
        NotAsReceived: the rows no longer match the record.
    """
    require(actor, Act.DELETE_PERSONAL_DATA, submission.consultation)
    with transaction():
        _check(submission)
        submission.name = clean(name)[:NAME_CHARACTERS]
        submission.contact = clean(contact)[:CONTACT_CHARACTERS]
        search.replace_words(submission)
        _restate(submission, CORRECT, at=at, actor=actor, why=why)


def _check(submission: Submission) -> None:
    lock_row(submission)
    db.session.refresh(submission.raw)
    try:
        ledger_statement.statement_of(submission)
    except ValueError:
        raise NotAsReceived(
            sentence("来件 %(number)s 与收到时的记录不符，先查明原因，再处理其中的个人信息。", number=submission.number)
        ) from None


def _restate(submission: Submission, act: str, *, at: datetime, actor: Actor, why: str, **detail: object) -> None:
    db.session.flush()
    record(
        actor,
        act,
        f"submission:{submission.number}",
        at=at,
        consultation_id=submission.consultation_id,
        content_digest=ledger_statement.digest_of(submission.salt, ledger_statement.stated_now(submission)),
        why=why,
        **detail,
    )
