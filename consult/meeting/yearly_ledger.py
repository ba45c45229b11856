"""涉企意见听取台账: over all consultations of a year, how each consultee was heard and what became of it."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Act, Actor, may, require
from consult.clock import local, midnight
from consult.consultees.models import ConsulteeKind, Listed
from consult.consultees.status import HEARD
from consult.drafting.models import Consultation
from consult.drafting.worklists import visible_to
from consult.files import tables
from consult.files.tables import Sheet
from consult.law.periods import in_words
from consult.ledger.service import record
from consult.meeting import hearing_account as hearing
from consult.meeting.errors import MeetingRefused
from consult.meeting.hearing_account import Account
from consult.store import db, transaction

EXPORT = "hearing.export_ledger"
FIRST_YEAR, LAST_YEAR = 2000, 2100
AT_ONCE = 200
SHEETS = (
    ("企业和行业协会商会", (ConsulteeKind.ENTERPRISE, ConsulteeKind.ASSOCIATION)),
    ("人民团体、社会组织", (ConsulteeKind.GROUP_ORGANISATION,)),
    ("机关单位", (ConsulteeKind.GOVERNMENT_UNIT,)),
)
COLUMNS = {
    "文件": 34,
    "公布日期": 16,
    "截止日期": 16,
    "单位名称": 30,
    "统一社会信用代码": 22,
    "类型": 14,
    "规模": 8,
    "所有制": 8,
    "劳动密集型": 10,
    "行业": 20,
    "基本情况的时点": 14,
    "列入理由": 36,
    "征求意见函": 40,
    "答复": 40,
    "情况": 26,
    "意见采纳情况": 30,
    "改邀单位": 30,
}
"""Columns of the table of consultees, and their widths in characters."""
SUMMARY = {
    "文件": 40,
    "公布日期": 16,
    "截止日期": 16,
    "列入名单（家）": 14,
    "已发函（家）": 14,
    "已听取（家）": 14,
    "其中无意见（家）": 16,
    "未听取（家）": 14,
    "意见（条）": 12,
    "意见采纳情况": 44,
}
"""Columns of the table of consultations: enterprises and associations only."""


@dataclass(frozen=True)
class Entry:
    """One consultee on the list of one consultation."""

    consultation: Consultation
    account: Account


def years(actor: Actor) -> list[int]:
    """Return the local years in which consultations that an actor may see were published, newest first."""
    require(actor, Act.SEE_CONSULTATION)
    query = select(func.min(Consultation.opens_at), func.max(Consultation.opens_at)).where(
        visible_to(actor), Consultation.opens_at.is_not(None)
    )
    first, last = db.session.execute(query).one()
    if first is None or last is None:
        return []
    return list(range(local(last).year, local(first).year - 1, -1))


def page(actor: Actor, year: int, *, at: datetime, after: int = 0, limit: int) -> list[Entry]:
    """Return entries of a year, by consultation and list, from beyond the row of a list with the id ``after``.

    Raises:
        MeetingRefused: that can be no year.
    """
    require(actor, Act.SEE_CONSULTATION)
    query = (
        select(Listed, Consultation)
        .join(Consultation, Consultation.id == Listed.consultation_id)
        .where(visible_to(actor), Consultation.opens_at >= _start(year), Consultation.opens_at < _start(year + 1))
        .options(joinedload(Listed.consultee))
        .order_by(Listed.consultation_id, Listed.id)
        .limit(limit)
    )
    last = db.session.get(Listed, after) if after else None
    if last is not None:
        same = and_(Listed.consultation_id == last.consultation_id, Listed.id > last.id)
        query = query.where(or_(Listed.consultation_id > last.consultation_id, same))
    rows = [(consultation, row) for row, consultation in db.session.execute(query)]
    names = {consultation.id: consultation for consultation, _ in rows}
    return [Entry(names[account.listed.consultation_id], account) for account in hearing.of_rows(rows, at)]


def build(actor: Actor, year: int, *, at: datetime) -> bytes:
    """Return the ledger of a year as XLSX, over the consultations whose submissions an actor may take out.

    Raises:
        NotAllowed: the actor may take none out.
        MeetingRefused: that can be no year, or nobody was on a list in it.
    """
    require(actor, Act.EXPORT_SUBMISSIONS)
    entries = [entry for entry in _all(actor, year, at) if may(actor, Act.EXPORT_SUBMISSIONS, entry.consultation)]
    if not entries:
        raise MeetingRefused(f"{year}年没有列入征求意见名单的单位，无台账可导出。")
    sheets = [Sheet("文件", list(SUMMARY), _summaries(entries), list(SUMMARY.values()))]
    for name, kinds in SHEETS:
        rows = [_row(entry) for entry in entries if entry.account.described.kind in kinds]
        if rows:
            sheets.append(Sheet(name, list(COLUMNS), rows, list(COLUMNS.values())))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        tables.write_xlsx(path, sheets)
        data = path.read_bytes()
    with transaction():
        digest = hashlib.sha256(data).hexdigest()
        record(actor, EXPORT, f"year:{year}", at=at, rows=len(entries), digest=digest)
    return data


def _all(actor: Actor, year: int, at: datetime) -> Iterator[Entry]:
    after = 0
    while entries := page(actor, year, at=at, after=after, limit=AT_ONCE):
        yield from entries
        after = entries[-1].account.listed.id


def _start(year: int) -> datetime:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MeetingRefused(f"年份应当在{FIRST_YEAR}到{LAST_YEAR}之间。")
    return midnight(date(year, 1, 1))


def _dates(consultation: Consultation) -> tuple[str, str]:
    last = consultation.last_day
    return hearing.day(consultation.opens_at), in_words(last) if last is not None else ""


def _row(entry: Entry) -> tuple[str, ...]:
    account, described = entry.account, entry.account.described
    return (
        entry.consultation.title,
        *_dates(entry.consultation),
        described.name,
        account.listed.consultee.credit_code or "",
        described.kind.label.words,
        described.size,
        described.ownership,
        "是" if described.labour_intensive else "",
        described.sector,
        described.as_of,
        *hearing.course_words(account),
    )


def _summaries(entries: Sequence[Entry]) -> list[tuple[str | int, ...]]:
    """Return a row for each consultation: its enterprises and associations that are on the list."""
    grouped: dict[int, list[Entry]] = {}
    for entry in entries:
        grouped.setdefault(entry.consultation.id, []).append(entry)
    return [_summary(of_one[0].consultation, [entry.account for entry in of_one]) for of_one in grouped.values()]


def _summary(consultation: Consultation, accounts: Sequence[Account]) -> tuple[str | int, ...]:
    counted = [account for account in accounts if account.described.kind in SHEETS[0][1] and not account.was_removed]
    heard = [account for account in counted if account.standing in HEARD]
    opinions = Counter(hearing.decision_words(each) for account in counted for each in account.opinions)
    return (
        consultation.title,
        *_dates(consultation),
        len(counted),
        sum(any(invitation.sent_at is not None for invitation in account.invitations) for account in counted),
        len(heard),
        sum(not account.opinions and hearing.outcome_words(account) == hearing.NO_OPINION for account in heard),
        len(counted) - len(heard),
        sum(opinions.values()),
        "，".join(f"{words}{n}条" for words, n in sorted(opinions.items())),
    )
