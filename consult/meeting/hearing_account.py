"""How each consultee of a consultation was heard: chosen, invited, answered, what became of it, who came instead.

The account of the meeting's file and the ledger over all consultations both read it here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload, selectinload

from consult.adoption import queries
from consult.adoption.models import Outcome
from consult.adoption.queries import DecidedOpinion, with_decisions
from consult.clock import local
from consult.consultees import hearing_proof
from consult.consultees.invitations import last_day
from consult.consultees.models import (
    Attendance,
    ConsulteeKind,
    Gathering,
    Invitation,
    Listed,
    Ownership,
    RegisterCorrection,
    Response,
    Size,
)
from consult.consultees.register import SECTORS
from consult.consultees.register_history import LABOUR, Snapshot, corrections_of, counted_as
from consult.consultees.response_kinds import COUNTING, ResponseStanding
from consult.consultees.standing_queries import is_in_force
from consult.consultees.status import UNINVITED, Standing, at_moment, label_of
from consult.drafting.models import Consultation
from consult.law.periods import in_words
from consult.store import db

AT_ONCE = 200
NO_OPINION = "无意见"
WITHOUT_SCAN = "（无扫描件，登记来电人并经核实）"


@dataclass(frozen=True)
class Described:
    """What the register said of a consultee when it was heard, in words; as it says now where it wasn't."""

    name: str
    kind: ConsulteeKind
    size: str
    ownership: str
    labour_intensive: bool
    sector: str
    of_the_day: bool
    """As on the day of the hearing; else as the register says now."""

    @property
    def as_of(self) -> str:
        """Of what time this is, in words."""
        return "听取意见时" if self.of_the_day else "现登记"

    @property
    def words(self) -> str:
        """Size, ownership and sector in one line."""
        parts = (self.size, self.ownership, "劳动密集型" if self.labour_intensive else "", self.sector)
        return "、".join(part for part in parts if part)


@dataclass
class Account:
    """One consultee on the list of one consultation, with everything that it was heard by."""

    listed: Listed
    described: Described
    standing: Standing | None
    invitations: list[Invitation] = field(default_factory=list)
    """Oldest first."""
    responses: list[Response] = field(default_factory=list)
    speeches: list[tuple[Gathering, Attendance]] = field(default_factory=list)
    opinions: list[DecidedOpinion] = field(default_factory=list)
    replaced_by: list[Invitation] = field(default_factory=list)
    """Invitations of others that went out instead of one of these."""

    @property
    def counting(self) -> list[Response]:
        """The responses that count: confirmed, and part of the proceeding."""
        where = self.listed.consultation_id
        return [
            response
            for response in self.responses
            if response.standing in COUNTING and is_in_force(response.submission, where)
        ]

    @property
    def replaces(self) -> list[Invitation]:
        """The invitations of others that this one was asked instead of."""
        return [
            invitation.replaces
            for invitation in self.invitations
            if invitation.replaces is not None and invitation.replaces.consultee_id != invitation.consultee_id
        ]

    @property
    def was_removed(self) -> bool:
        """Whether it was taken off the list."""
        return self.listed.removed_at is not None


def accounts(
    consultation: Consultation, at: datetime, *, after: int = 0, limit: int | None = None
) -> Iterator[Account]:
    """Yield the account of everyone who is or was on the list, in the order in which they were put on it.

    Arguments:
        after: id of the row of the list from behind which to begin.
        limit: at most so many.
    """
    left = limit
    while left is None or left > 0:
        query = (
            select(Listed)
            .where(Listed.consultation_id == consultation.id, Listed.id > after)
            .options(joinedload(Listed.consultee))
            .order_by(Listed.id)
            .limit(AT_ONCE if left is None else min(AT_ONCE, left))
        )
        rows = list(db.session.scalars(query))
        if not rows:
            return
        yield from _of_rows(consultation, rows, at)
        after = rows[-1].id
        left = None if left is None else left - len(rows)


def of_rows(rows: Iterable[tuple[Consultation, Listed]], at: datetime) -> list[Account]:
    """Return the accounts of rows of the lists of several consultations, in their order."""
    grouped: dict[int, tuple[Consultation, list[Listed]]] = {}
    for consultation, row in rows:
        grouped.setdefault(consultation.id, (consultation, []))[1].append(row)
    return [account for consultation, listed in grouped.values() for account in _of_rows(consultation, listed, at)]


def _of_rows(consultation: Consultation, rows: list[Listed], at: datetime) -> list[Account]:
    ids = [row.consultee_id for row in rows]
    invitations = _invitations(consultation, ids)
    speeches = _speeches(consultation, ids)
    corrections = corrections_of(ids)
    replaced = _replaced_by([invitation.id for each in invitations.values() for invitation in each])
    accounts: list[Account] = []
    for row in rows:
        sent = invitations.get(row.consultee_id, [])
        responses = sorted((response for each in sent for response in each.responses), key=lambda each: each.id)
        account = Account(
            row,
            _described(row, None, ()),
            None if row.standing == UNINVITED else at_moment(Standing(row.standing), row.answer_by, at),
            sent,
            responses,
            speeches.get(row.consultee_id, []),
            replaced_by=[other for invitation in sent for other in replaced.get(invitation.id, [])],
        )
        account.described = _described(row, _heard_as(account), corrections.get(row.consultee_id, ()))
        accounts.append(account)
    _add_opinions(consultation, accounts)
    return accounts


def _heard_as(account: Account) -> Snapshot | None:
    """Return what the register said of a consultee on the day of its hearing, as the counts take it."""
    if account.counting:
        return account.counting[0].heard_as
    return next((attendance.heard_as for _, attendance in account.speeches), None)


def _described(row: Listed, kept: Snapshot | None, corrections: Iterable[RegisterCorrection]) -> Described:
    consultee = row.consultee
    values = counted_as(kept, consultee, corrections)
    traits = values["traits"].split("+")
    return Described(
        name=kept["name"] if kept is not None else consultee.name,
        kind=ConsulteeKind(values["kind"]),
        size=Size(values["size"]).label.words if values["size"] else "",
        ownership="".join(owner.label.words for owner in Ownership if owner.value in traits),
        labour_intensive=LABOUR in traits,
        sector=SECTORS.get(values["sector"], ""),
        of_the_day=kept is not None,
    )


def _invitations(consultation: Consultation, ids: Collection[int]) -> dict[int, list[Invitation]]:
    query = (
        select(Invitation)
        .where(Invitation.consultation_id == consultation.id, Invitation.consultee_id.in_(ids))
        .options(
            selectinload(Invitation.responses).joinedload(Response.submission),
            selectinload(Invitation.reminders),
            joinedload(Invitation.replaces),
        )
        .order_by(Invitation.id)
    )
    by_consultee: defaultdict[int, list[Invitation]] = defaultdict(list)
    for invitation in db.session.scalars(query):
        by_consultee[invitation.consultee_id].append(invitation)
    return by_consultee


def _replaced_by(ids: Collection[int]) -> dict[int, list[Invitation]]:
    before = aliased(Invitation)
    query = (
        select(Invitation)
        .join(before, before.id == Invitation.replaces_id)
        .where(Invitation.replaces_id.in_(ids), Invitation.consultee_id != before.consultee_id)
        .options(joinedload(Invitation.consultee))
        .order_by(Invitation.id)
    )
    by_replaced: defaultdict[int, list[Invitation]] = defaultdict(list)
    for invitation in db.session.scalars(query):
        by_replaced[invitation.replaces_id or 0].append(invitation)
    return by_replaced


def _speeches(consultation: Consultation, ids: Collection[int]) -> dict[int, list[tuple[Gathering, Attendance]]]:
    """Return who spoke at a gathering that counts, with their part in it."""
    query = (
        select(Gathering)
        .join(Attendance, Attendance.gathering_id == Gathering.id)
        .where(Gathering.consultation_id == consultation.id, Attendance.consultee_id.in_(ids))
        .distinct()
        .order_by(Gathering.id)
    )
    by_consultee: defaultdict[int, list[tuple[Gathering, Attendance]]] = defaultdict(list)
    for gathering in db.session.scalars(query):
        if hearing_proof.why_not_proved(gathering):
            continue
        for attendance in hearing_proof.spoke(gathering):
            if attendance.consultee_id is not None:
                by_consultee[attendance.consultee_id].append((gathering, attendance))
    return by_consultee


def _add_opinions(consultation: Consultation, accounts: list[Account]) -> None:
    """Add to each account the opinions that it was heard by, with the decisions that hold."""
    whose: dict[int, Account] = {}
    for account in accounts:
        for response in account.counting:
            whose[response.submission.duplicate_of_id or response.submission_id] = account
        for _, attendance in account.speeches:
            if attendance.submission_id is not None:
                whose[attendance.submission_id] = account
    after = 0
    while whose:
        batch = with_decisions(consultation.id, submission_ids=whose, after=after, limit=AT_ONCE)
        for each in batch:
            whose[each.opinion.submission_id].opinions.append(each)
        if len(batch) < AT_ONCE:
            return
        after = batch[-1].opinion.id


# ------------------------------------------------------------------ in words


def day(moment: datetime | None) -> str:
    """Return the local day of a moment in words."""
    return in_words(local(moment).date()) if moment is not None else ""


def chosen_words(account: Account) -> str:
    """Say how a consultee came on the list, and whom it is heard instead of."""
    lines = [account.listed.why.strip() or "起草处室列入"]
    for before in account.replaces:
        lines.append(f"改邀：代替{before.consultee.name}（{failure_of(before)}）")
    return "\n".join(lines)


def failure_of(invitation: Invitation) -> str:
    """Say why an invitation brought no answer."""
    if invitation.bounced_at is not None:
        return f"{day(invitation.bounced_at)}退回" + (f"：{invitation.bounced_why}" if invitation.bounced_why else "")
    if invitation.declined_at is not None:
        return f"{day(invitation.declined_at)}谢绝" + (
            f"：{invitation.declined_why}" if invitation.declined_why else ""
        )
    if invitation.revoked_at is not None:
        return f"{day(invitation.revoked_at)}撤回"
    return "未发出" if invitation.sent_at is None else "到期未答复"


def invited_words(account: Account) -> str:
    """Say when and how a consultee was invited, until when it was to answer, and when it was reminded."""
    lines = []
    for invitation in account.invitations:
        method = invitation.method.label.words
        sent = f"{day(invitation.sent_at)}以{method}发出" if invitation.sent_at is not None else f"{method}，未发出"
        line = f"{sent}，答复期限{in_words(last_day(invitation))}"
        if invitation.reminders:
            line += f"，{'、'.join(day(reminder.at) for reminder in invitation.reminders)}提醒"
        lines.append(line)
    if not lines:
        lines = [f"邀请参加{day(gathering.held_at)}{gathering.kind.label.words}" for gathering, _ in account.speeches]
    return "\n".join(lines) or "未邀请"


def answered_words(account: Account) -> str:
    """Say when and how a consultee answered, each answer with what it was confirmed to be."""
    lines = []
    for response in account.responses:
        line = f"{day(response.submission.received_at)}，{response.way.label.words}，{_standing_of(response, account)}"
        if response.late:
            line += "（逾期）"
        if response.standing in COUNTING and not response.has_scan:
            line += WITHOUT_SCAN
        lines.append(line)
    for gathering, attendance in account.speeches:
        statement = "表示无意见" if attendance.no_opinion else "发言"
        lines.append(f"{day(gathering.held_at)}，在{gathering.kind.label.words}上{statement}")
    return "\n".join(lines) or "未答复"


def _standing_of(response: Response, account: Account) -> str:
    if response.standing in COUNTING and response not in account.counting:
        return f"{response.submission.state.label.words}，不计入"
    if response.standing is ResponseStanding.OPINION:
        return "提出意见"
    return response.standing.label.words


def standing_words(account: Account) -> str:
    """Say where a consultee stands."""
    if account.was_removed:
        return f"{day(account.listed.removed_at)}移出名单：{account.listed.removed_reason}"
    words = label_of(account.standing).words
    if account.standing in (Standing.BOUNCED, Standing.DECLINED):
        return failure_of(account.invitations[-1]) if account.invitations else words
    return words


def outcome_words(account: Account) -> str:
    """Say what became of a consultee's opinions, in numbers."""
    counts: Counter[str] = Counter()
    for each in account.opinions:
        counts[decision_words(each)] += 1
    if counts:
        order = [outcome.label.words for outcome in Outcome]
        names = sorted(counts, key=lambda words: (order.index(words) if words in order else len(order), words))
        return f"{sum(counts.values())}条：" + "，".join(f"{name}{counts[name]}条" for name in names)
    opinions = [response for response in account.counting if response.standing is ResponseStanding.OPINION]
    if any(response.submission.parts for response in opinions):
        return "尚未整理出意见"
    if opinions:
        return "只回答问题"
    return NO_OPINION if account.counting or account.speeches else ""


def decision_words(each: DecidedOpinion) -> str:
    """Say what was decided on an opinion; unless another person confirmed it, it says so."""
    decision = each.decision
    return queries.decision_words(decision.outcome, decision.state) if decision is not None else queries.UNDECIDED


def replaced_words(account: Account) -> str:
    """Say who was asked instead of a consultee, and when."""
    return "\n".join(
        f"{invitation.consultee.name}（{day(invitation.created_at)}）" for invitation in account.replaced_by
    )


def course_words(account: Account) -> tuple[str, ...]:
    """Say how a consultee was chosen, asked, answered, counts, was decided on and replaced, in the order of a table."""
    return (
        chosen_words(account),
        invited_words(account),
        answered_words(account),
        standing_words(account),
        outcome_words(account),
        replaced_words(account),
    )


def unlisted(consultation: Consultation) -> list[DecidedOpinion]:
    """Return the opinions of organisations that weren't on the list: they came of their own accord."""
    answered = (
        select(Response.submission_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id)
    )
    spoke = (
        select(Attendance.submission_id)
        .join(Gathering, Gathering.id == Attendance.gathering_id)
        .where(Gathering.consultation_id == consultation.id, Attendance.consultee_id.is_not(None))
    )
    theirs = {*db.session.scalars(answered), *db.session.scalars(spoke)}
    items: list[DecidedOpinion] = []
    after = 0
    while batch := with_decisions(consultation.id, organisations=True, after=after, limit=AT_ONCE):
        items += [
            each
            for each in batch
            if each.opinion.submission_id not in theirs and each.opinion.submission.duplicate_of_id not in theirs
        ]
        after = batch[-1].opinion.id
    return items
