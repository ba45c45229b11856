"""Holding submissions against the record: each as it was received, each received one still there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import exists, func, literal, select

from consult.intake import evidence, receipts
from consult.intake.evidence import RECEIVE
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart, SubmissionState
from consult.intake.scanning import HOLD_BACK, held_back
from consult.ledger.checking.batches import columns_as_stored, entries_on, facts
from consult.ledger.checking.view import moment, one_view, stream
from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerEntry
from consult.store import db
from consult.text.fingerprint import fingerprint

TOGETHER = 100
"""Submissions read at once: a raw form in a row has up to 256 KiB."""

Rows = dict[int, list[Any]]


def faults() -> Iterator[Fault]:
    """Name every submission whose rows aren't as they were received, that was put in, or that is gone."""
    with one_view():
        last = 0
        while ids := list(
            db.session.scalars(
                select(Submission.id).where(Submission.id > last).order_by(Submission.id).limit(TOGETHER)
            )
        ):
            yield from _together(ids)
            last = ids[-1]
        yield from _gone()


def _together(ids: Sequence[int]) -> Iterator[Fault]:
    stored = list(db.session.execute(_rows(Submission).where(Submission.id.in_(ids)).order_by(Submission.id)))
    parts, files = _of(SubmissionPart, ids), _of(Attachment, ids)
    raws = {row.submission_id: row for row in db.session.execute(_rows(RawForm).where(RawForm.submission_id.in_(ids)))}
    entries = entries_on({f"submission:{row.number}" for row in stored})
    held = held_back([file for of_one in files.values() for file in of_one])
    for row in stored:
        acts = entries[f"submission:{row.number}"]
        words = _wrong(row, parts[row.id], raws.get(row.id), files[row.id], acts)
        words = words or _wrong_holding(files[row.id], held, acts)
        if words:
            what = What.INSERTED if not any(entry.act == RECEIVE for entry in acts) else What.CHANGED
            yield Fault("submission", str(row.number), what, f"来件 {row.number} {words}")


def _rows(model: Any) -> Any:
    return select(*columns_as_stored(model, "received_at", "recorded_at", "channel", "state", "sender_kind"))


def _of(model: type[SubmissionPart] | type[Attachment], ids: Sequence[int]) -> Rows:
    found: Rows = defaultdict(list)
    for row in db.session.execute(_rows(model).where(model.submission_id.in_(ids)).order_by(model.position)):
        found[row.submission_id].append(row)
    return found


def _wrong(row: Any, parts: list[Any], raw: Any, files: list[Any], entries: list[Any]) -> str:
    """Say what is wrong with a submission, or nothing."""
    received = [entry for entry in entries if entry.act == RECEIVE]
    if not received:
        return "没有收件记录：记录被删除，或者这件来件是插入的。"
    if raw is None:
        return "的原始内容被删除。"
    try:
        digests = _digests(row, parts, raw, files, any(entry.act == "submission.withdraw_consent" for entry in entries))
        kept = (
            row.key_hash == receipts.hash_key(receipts.key_of(row.number))
            and row.fingerprint == fingerprint("\n".join(part.content for part in parts))
            and moment(row.recorded_at) == moment(received[0].at)
        )
    except (ValueError, TypeError, AttributeError):
        return "的数据被改动，已经不能读出。"
    if row.digest not in digests or row.digest != received[0].digest:
        return "的内容被改动：与收到时的摘要不符（原始内容、条目、姓名、联系方式或者附件清单）。"
    if not kept:
        return "的登记信息被改动（查询码、文字指纹或者登记时间）。"
    return _wrong_state(row, entries)


def _digests(row: Any, parts: list[Any], raw: Any, files: list[Any], consent_withdrawn: bool) -> set[str]:
    """Return the digests that the rows may have: a consent that was taken back had been given."""
    own = {name: getattr(row, name) for name in evidence.OWN} | {"received_at": moment(row.received_at)}
    form = raw.media_type, raw.blob or sha256(raw.body or b"").hexdigest()
    consents = {row.publish_name} | ({True} if consent_withdrawn else set())
    listed = [part._asdict() for part in parts], form, [file._asdict() for file in files]
    return {
        evidence.digest_of(row.salt, evidence.statement(own | {"publish_name": consent}, *listed))
        for consent in consents
    }


def _wrong_state(row: Any, entries: list[Any]) -> str:
    """Hold the state, the consultation and the lateness against the last acts that set them."""
    state, consultation_id, late = SubmissionState.RECEIVED.value, entries[0].consultation_id, None
    if consultation_id is None:
        state = SubmissionState.UNASSIGNED.value
    for entry in entries:
        detail = facts(entry)
        state = detail.get("state", state)
        late = detail.get("late", late)
        if entry.consultation_id is not None and entry.consultation_id != consultation_id:
            consultation_id = entry.consultation_id
            state = detail.get("state", SubmissionState.RECEIVED.value)
    if row.consultation_id != consultation_id:
        return "被改到别的征求意见下，没有归件的记录。"
    if str(row.state) != state:
        return "的状态被改动：与最近一次办理的记录不符。"
    if late is not None and bool(row.late) is not late:
        return "的逾期标记被改动：与收件或者归件的记录不符。"
    return ""


def _wrong_holding(files: list[Any], held: Mapping[int, str], entries: list[Any]) -> str:
    """Hold the files that are held back against the acts by which they were."""
    noted = {
        (detail.get("position"), detail.get("signature"))
        for detail in (facts(entry) for entry in entries if entry.act == HOLD_BACK)
    }
    if noted != {(file.position, held[file.id]) for file in files if file.id in held}:
        return "的附件隔离情况被改动：与病毒扫描的记录不符。"
    return ""


def _gone() -> Iterator[Fault]:
    """Name the submissions that were received and are no longer there."""
    number = func.substr(LedgerEntry.subject, len("submission:") + 1)
    there = exists(select(literal(1)).where(Submission.number == number).correlate(LedgerEntry))
    for (gone,) in stream(select(number).where(LedgerEntry.act == RECEIVE, ~there).order_by(LedgerEntry.id)):
        yield Fault("submission", str(gone), What.REMOVED, f"来件 {gone} 被删除：收件记录还在。")
