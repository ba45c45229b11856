"""Verifies submissions against the ledger: each unchanged since its receipt, none missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from sqlalchemy import exists, func, literal, select

from consult.intake import attachment_opening, ledger_statement, receipts
from consult.intake.ledger_statement import ERASE, RECEIVE, RECOGNISE, RESTATING, erased_note
from consult.intake.models import Answer, Attachment, RawForm, SenderKind, Submission, SubmissionPart, SubmissionState
from consult.intake.virus_scanning import HOLD_BACK, held_back
from consult.keys import Purpose
from consult.ledger import key_times
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import columns_as_text, detail_of, entries_by_subject
from consult.ledger.verification.database_view import LeastGeneration, parse_time, snapshot_read, stream
from consult.store import db
from consult.text.fingerprint import fingerprint

TOGETHER = 100
"""Submissions read at once: each may have a raw form of up to 256 KiB in its row."""

Rows = dict[int, list[Any]]


def faults() -> Iterator[Fault]:
    """Yield a fault for every submission that was changed, inserted without a record, or is missing."""
    with snapshot_read():
        least = key_times.least(Purpose.RECEIPTS)
        last = 0
        while ids := list(
            db.session.scalars(
                select(Submission.id).where(Submission.id > last).order_by(Submission.id).limit(TOGETHER)
            )
        ):
            yield from _together(ids, least)
            last = ids[-1]
        yield from _gone()


def kinds_as_received(ids: Sequence[int]) -> dict[str, str]:
    """Return ``{number: kind of sender}`` of submissions that match their receipt but for who was recognised later."""
    kinds: dict[str, str] = {}
    stored, parts, files, answers, raws = _stored(ids)
    entries = entries_by_subject({f"submission:{row.number}" for row in stored})
    for row in stored:
        acts, raw = entries[f"submission:{row.number}"], raws.get(row.id)
        if raw is None or any(entry.act == RECOGNISE for entry in acts):
            continue
        for kind in (str(row.sender_kind), *SenderKind):
            as_received = SimpleNamespace(**{**row._mapping, "sender_kind": str(kind)})
            if row.digest in _digests(as_received, parts[row.id], answers[row.id], raw, files[row.id], acts):
                if kind != str(row.sender_kind):
                    kinds[row.number] = str(kind)
                break
    return kinds


def _stored(ids: Sequence[int]) -> tuple[list[Any], Rows, Rows, Rows, dict[int, Any]]:
    """Return submissions with their parts, files, answers and raw forms."""
    stored = list(db.session.execute(_rows(Submission).where(Submission.id.in_(ids)).order_by(Submission.id)))
    raws = {row.submission_id: row for row in db.session.execute(_rows(RawForm).where(RawForm.submission_id.in_(ids)))}
    return stored, _of(SubmissionPart, ids), _of(Attachment, ids), _answers_of(ids), raws


def _together(ids: Sequence[int], least: LeastGeneration) -> Iterator[Fault]:
    stored, parts, files, answers, raws = _stored(ids)
    entries = entries_by_subject({f"submission:{row.number}" for row in stored})
    every = [file for of_one in files.values() for file in of_one]
    held, unfit = held_back(every), attachment_opening.refused(every)
    for row in stored:
        acts = entries[f"submission:{row.number}"]
        words = _wrong(row, parts[row.id], answers[row.id], raws.get(row.id), files[row.id], acts, least)
        words = words or _wrong_holding(files[row.id], held, unfit, acts)
        if words:
            what = Damage.INSERTED if not any(entry.act == RECEIVE for entry in acts) else Damage.CHANGED
            yield Fault("submission", str(row.number), what, f"来件 {row.number} {words}")


def _rows(model: Any) -> Any:
    return select(*columns_as_text(model, "received_at", "recorded_at", "channel", "state", "sender_kind"))


def _of(model: type[SubmissionPart] | type[Attachment], ids: Sequence[int]) -> Rows:
    rows: Rows = defaultdict(list)
    for row in db.session.execute(_rows(model).where(model.submission_id.in_(ids)).order_by(model.position)):
        rows[row.submission_id].append(row)
    return rows


def _answers_of(ids: Sequence[int]) -> Rows:
    answers_of: Rows = defaultdict(list)
    query = _rows(Answer).where(Answer.submission_id.in_(ids)).order_by(Answer.question_id)
    for row in db.session.execute(query):
        answers_of[row.submission_id].append(row)
    return answers_of


def _wrong(
    row: Any,
    parts: list[Any],
    answers: list[Any],
    raw: Any,
    files: list[Any],
    entries: list[Any],
    least: LeastGeneration,
) -> str:
    """Return what is wrong with a submission, or the empty string."""
    received = [entry for entry in entries if entry.act == RECEIVE]
    if not received:
        return "没有收件记录：记录被删除，或者这件来件是插入的。"
    if raw is None:
        return "的原始内容被删除。"
    try:
        digests = _digests(row, parts, answers, raw, files, entries)
        kept = (
            receipts.generation_of(row.number, row.key_hash) >= least(received[0].id)
            and row.fingerprint == fingerprint("\n".join(text.content for text in (*parts, *answers)))
            and parse_time(row.recorded_at) == parse_time(received[0].at)
        )
    except (ValueError, TypeError, AttributeError):
        return "的数据被改动，已经不能读出。"
    restated = [entry for entry in entries if entry.act in RESTATING]
    expected = restated[-1].digest if restated else row.digest
    if expected not in digests or row.digest != received[0].digest:
        return "的内容被改动：与收到时的摘要不符（原始内容、条目、姓名、联系方式或者附件清单）。"
    if not _is_erased_as_recorded(raw, restated):
        return "的原始内容被删除或者换过：没有按期限删除它的记录，或者记录写明已经删除而它还在。"
    if not kept:
        return "的登记信息被改动（查询码、文字指纹或者登记时间）。"
    return _wrong_state(row, entries)


def _is_erased_as_recorded(raw: Any, restated: list[Any]) -> bool:
    """Whether the raw form is there, or a note in its place because an act deleted it."""
    recorded = any("raw" in detail_of(entry).get("erased", ()) for entry in restated if entry.act == ERASE)
    if raw.erased_digest is None:
        return not recorded
    return recorded and raw.blob is None and raw.body == erased_note(raw.erased_digest)


def _digests(
    row: Any, parts: list[Any], answers: list[Any], raw: Any, files: list[Any], entries: list[Any]
) -> set[str]:
    """Return the digests that the rows may have: a withdrawn consent had been given.

    Who speaks may have been recognised later; the act names what was received.
    """
    columns = {name: getattr(row, name) for name in ledger_statement.OWN} | {"received_at": parse_time(row.received_at)}
    recognised = [detail_of(entry) for entry in entries if entry.act == RECOGNISE]
    if recognised and recognised[-1].get("sender_kind") == str(row.sender_kind):
        columns["sender_kind"] = recognised[0].get("sender_kind_before")
    form = raw.media_type, raw.erased_digest or raw.blob or sha256(raw.body or b"").hexdigest()
    withdrawn = any(entry.act == "submission.withdraw_consent" for entry in entries)
    consents = {row.publish_name} | ({True} if withdrawn else set())
    listed = (
        [part._asdict() for part in parts],
        form,
        [file._asdict() for file in files],
        [answer._asdict() for answer in answers],
    )
    return {
        ledger_statement.digest_of(row.salt, ledger_statement.statement(columns | {"publish_name": consent}, *listed))
        for consent in consents
    }


def _wrong_state(row: Any, entries: list[Any]) -> str:
    """Compare state, consultation and lateness with the last acts that set them."""
    state, consultation_id, late = SubmissionState.RECEIVED.value, entries[0].consultation_id, None
    if consultation_id is None:
        state = SubmissionState.UNASSIGNED.value
    for entry in entries:
        detail = detail_of(entry)
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


def _wrong_holding(files: list[Any], held: Mapping[int, str], unfit: Mapping[int, str], entries: list[Any]) -> str:
    """Compare the files that are held back with the acts in the ledger."""
    if _noted(entries, HOLD_BACK, "signature") != _found(files, held):
        return "的附件隔离情况被改动：与病毒扫描的记录不符。"
    if _noted(entries, attachment_opening.HOLD_BACK, "why") != _found(files, unfit):
        return "的附件隔离情况被改动：与附件检查的记录不符。"
    return ""


def _noted(entries: list[Any], act: str, field: str) -> set[tuple[Any, Any]]:
    """Return position and finding of each file that an act holds back."""
    details = (detail_of(entry) for entry in entries if entry.act == act)
    return {(detail.get("position"), detail.get(field)) for detail in details}


def _found(files: list[Any], findings: Mapping[int, str]) -> set[tuple[Any, Any]]:
    return {(file.position, findings[file.id]) for file in files if file.id in findings}


def _gone() -> Iterator[Fault]:
    """Yield a fault for every recorded submission that is missing."""
    number = func.substr(LedgerEntry.subject, len("submission:") + 1)
    there = exists(select(literal(1)).where(Submission.number == number).correlate(LedgerEntry))
    for (gone,) in stream(select(number).where(LedgerEntry.act == RECEIVE, ~there).order_by(LedgerEntry.id)):
        yield Fault("submission", str(gone), Damage.REMOVED, f"来件 {gone} 被删除：收件记录还在。")
