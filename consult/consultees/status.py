"""The standing of consultees in one consultation, stored in their rows of the list and counted by insertion.

The stored standing doesn't depend on the clock; silence after the deadline is derived when it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import select

from consult.consultees import doubles, standing_queries
from consult.consultees.models import (
    Consultee,
    ConsulteeKind,
    Invitation,
    Listed,
    Ownership,
    RegisterCorrection,
    Response,
    Size,
)
from consult.consultees.register_history import FIELDS, LABOUR, LAWYERS, Snapshot, corrections_of, counted_as
from consult.consultees.response_kinds import COUNTING
from consult.drafting.models import Consultation, Question, QuestionTopic
from consult.intake.models import Answer as AnswerToQuestion
from consult.intake.models import Submission, SubmissionState
from consult.labels import Label, LabelledEnum
from consult.law.sufficiency import ConsulteeCounts
from consult.store import counters, db

FACET = "hearing"
UNINVITED = "none"
MOMENT = "%Y%m%dT%H%M"
SMALL = (Size.SMALL, Size.MICRO)
AT_ONCE = 400
ANY_TIME = datetime.min.replace(tzinfo=UTC)
"""For counts that don't depend on the clock."""


class Standing(LabelledEnum, translated=True):
    """The standing of a consultee, as shown on the board."""

    PREPARED = "prepared", Label("待发出", "plain", hint="邮件由系统发出；信函、当面送的，送出后登记")
    SENT = "sent", Label("已发出", "blue", hint="等待答复；有电子邮箱的，到期前由系统发出提醒")
    OPENED = "opened", Label("已打开，未答复", "blue", hint="等待答复；有电子邮箱的，到期前由系统发出提醒")
    BOUNCED = "bounced", Label("退回", "seal", hint="更换地址重发，或者改邀其他单位")
    DECLINED = "declined", Label("谢绝", "amber", hint="换一家")
    SILENT = "silent", Label("到期未答复", "seal", hint="电话催办、延期，或者改邀其他单位")
    NO_OPINION = "no_opinion", Label("无意见", "green")
    HEARD = "heard", Label("已答复", "green")
    REVOKED = "revoked", Label("已撤回", "plain", hint="视需要重新邀请")


UNINVITED_LABEL = Label("未邀请", "plain", hint="发征求意见函")
"""Label of a consultee without an invitation."""


def label_of(standing: Standing | None) -> Label:
    """Return the label of a standing, also of None."""
    return standing.label if standing is not None else UNINVITED_LABEL


HEARD = (Standing.HEARD, Standing.NO_OPINION)
"""Standings that count as heard; silence is never heard."""
WAITED_FOR = (Standing.SENT, Standing.OPENED)
"""Standings that become silent after the deadline."""


def standing(invitation: Invitation, at: datetime) -> Standing:
    """Return the standing of an invitation's consultee at ``at``."""
    where, who = invitation.consultation_id, invitation.consultee_id
    answered = standing_queries.answers(where, [who]).get(who, [])
    spoke = who in standing_queries.speakers(where, [who])
    return at_moment(_without_clock(invitation, answered, spoke=spoke), invitation.answer_by, at)


def at_moment(kept: Standing, answer_by: datetime | None, at: datetime) -> Standing:
    """Return a stored standing as of ``at``: silent after the deadline without an answer."""
    late = answer_by is not None and at >= answer_by
    return Standing.SILENT if late and kept in WAITED_FOR else kept


def _without_clock(invitation: Invitation, answered: list[standing_queries.Answer], *, spoke: bool) -> Standing:
    heard_as = _heard(answered, spoke=spoke)
    if heard_as is not None:
        return heard_as
    if invitation.revoked_at is not None:
        return Standing.REVOKED
    if invitation.declined_at is not None:
        return Standing.DECLINED
    if invitation.bounced_at is not None:
        return Standing.BOUNCED
    if invitation.sent_at is None:
        return Standing.PREPARED
    return Standing.OPENED if invitation.opened_at is not None else Standing.SENT


def _heard(answered: list[standing_queries.Answer], *, spoke: bool) -> Standing | None:
    """Return how a consultee was heard, or None; an opinion takes precedence over "no opinion"."""
    if spoke or any(not answer.no_opinion for answer in answered):
        return Standing.HEARD
    return Standing.NO_OPINION if answered else None


def update_standings(consultation_id: int, consultee_ids: Iterable[int]) -> None:
    """Update standings and counts of these consultees, in the caller's transaction."""
    wanted = sorted(set(consultee_ids))
    db.session.flush()
    for start in range(0, len(wanted), AT_ONCE):
        _update_batch(consultation_id, wanted[start : start + AT_ONCE])


def update_all_lists(consultee_ids: list[int]) -> None:
    """Update all lists with one of these consultees, in the caller's transaction."""
    db.session.flush()
    lists = select(Listed.consultation_id).where(Listed.consultee_id.in_(consultee_ids)).distinct()
    for consultation_id in sorted(db.session.scalars(lists)):
        update_standings(consultation_id, consultee_ids)


def _update_batch(consultation_id: int, ids: list[int]) -> None:
    rows = list(
        db.session.scalars(
            select(Listed)
            .where(Listed.consultation_id == consultation_id, Listed.consultee_id.in_(ids))
            .order_by(Listed.id)
            .with_for_update(of=Listed)  # concurrent updates would count a row twice
            .execution_options(populate_existing=True)
        )
    )
    basis = _load_facts(consultation_id, ids)
    changes: list[tuple[str, str, int]] = []
    for row in rows:
        invitation = basis.invitations.get(row.consultee_id)
        row.standing, row.answer_by = basis.standing_of(row.consultee_id), invitation.answer_by if invitation else None
        counted = "" if row.removed_at is not None else _key(basis.counted_as(row.consultee_id), row)
        if counted != row.counted:
            changes += [(FACET, row.counted, -1)] if row.counted else []
            changes += [(FACET, counted, 1)] if counted else []
            row.counted = counted
    db.session.flush()
    counters.add(consultation_id, changes)


@dataclass(frozen=True)
class _StandingFacts:
    """The data from which standings are derived."""

    consultees: dict[int, Consultee]
    invitations: dict[int, Invitation]
    answers: dict[int, list[standing_queries.Answer]]
    spoke: dict[int, Snapshot | None]
    corrections: dict[int, list[RegisterCorrection]]

    def standing_of(self, consultee_id: int) -> str:
        """Return the value of a standing; ``none`` if neither invited nor heard."""
        answered, spoke = self.answers.get(consultee_id, []), consultee_id in self.spoke
        invitation = self.invitations.get(consultee_id)
        if invitation is not None:
            return _without_clock(invitation, answered, spoke=spoke).value
        heard_as = _heard(answered, spoke=spoke)
        return UNINVITED if heard_as is None else heard_as.value

    def counted_as(self, consultee_id: int) -> dict[str, str]:
        """Return the values by which it is counted: those of the day on which it was heard."""
        answered = self.answers.get(consultee_id, [])
        kept = answered[0].heard_as if answered else self.spoke.get(consultee_id)
        return counted_as(kept, self.consultees[consultee_id], self.corrections.get(consultee_id, []))


def _load_facts(consultation_id: int, ids: list[int]) -> _StandingFacts:
    consultees = db.session.scalars(select(Consultee).where(Consultee.id.in_(ids)))
    return _StandingFacts(
        {consultee.id: consultee for consultee in consultees},
        standing_queries.newest_invitations(consultation_id, ids),
        standing_queries.answers(consultation_id, ids),
        standing_queries.speakers(consultation_id, ids),
        corrections_of(ids),
    )


def _key(values: Mapping[str, str], row: Listed) -> str:
    waits = row.answer_by is not None and row.standing in WAITED_FOR
    until = row.answer_by.astimezone(UTC).strftime(MOMENT) if waits and row.answer_by is not None else ""
    return "/".join((values["kind"], values["size"], values["sector"], row.standing, until, values["traits"]))


def recount(consultation: Consultation) -> dict[str, int]:
    """Recompute the counts of a list row by row, to check those of ``update_standings``."""
    recounted: Counter[str] = Counter()
    for row in db.session.scalars(select(Listed).where(Listed.consultation_id == consultation.id)):
        if row.removed_at is not None:
            continue
        basis = _load_facts(consultation.id, [row.consultee_id])
        invitation = basis.invitations.get(row.consultee_id)
        fresh = Listed(
            standing=basis.standing_of(row.consultee_id), answer_by=invitation.answer_by if invitation else None
        )
        recounted[_key(basis.counted_as(row.consultee_id), fresh)] += 1
    return dict(recounted)


@dataclass(frozen=True)
class Cell:
    """A count of the list by kind, size, sector and standing (None: not invited)."""

    kind: ConsulteeKind
    size: Size | None
    sector: str
    standing: Standing | None
    n: int
    traits: frozenset[str] = frozenset()

    @property
    def is_heard(self) -> bool:
        """Whether they count as heard."""
        return self.standing in HEARD


def cells(consultation: Consultation, at: datetime) -> list[Cell]:
    """Return the counts of a list at ``at``; their number doesn't grow with the list."""
    return [_cell(key, n, at) for key, n in counters.counts(consultation.id, FACET).items()]


def _cell(key: str, n: int, at: datetime) -> Cell:
    kind, size, sector, kept, until, *traits = key.split("/")
    answer_by = datetime.strptime(until, MOMENT).replace(tzinfo=UTC) if until else None
    stands = None if kept == UNINVITED else at_moment(Standing(kept), answer_by, at)
    named = frozenset(traits[0].split("+")) if traits and traits[0] else frozenset[str]()
    return Cell(ConsulteeKind(kind), Size(size) if size else None, sector, stands, n, named)


def values_of(counted: str) -> dict[str, str]:
    """Return the values (``register_history.FIELDS``) that a row of the list is counted under by its key."""
    kind, size, sector, _standing, _until, *traits = counted.split("/")
    return dict(zip(FIELDS, (kind, size, sector, traits[0] if traits else ""), strict=True))


def counted(cells: Iterable[Cell]) -> ConsulteeCounts:
    """Count by kind, as the rules of sufficiency do."""
    listed = list(cells)
    firms = [cell for cell in listed if cell.kind is ConsulteeKind.ENTERPRISE]
    associations = [cell for cell in listed if cell.kind is ConsulteeKind.ASSOCIATION]
    return ConsulteeCounts(
        associations=_sum(associations),
        enterprises=_sum(firms),
        small_micro=_sum(cell for cell in firms if cell.size in SMALL),
        group_organisations=_sum(cell for cell in listed if cell.kind is ConsulteeKind.GROUP_ORGANISATION),
        medium_and_smaller=_sum(cell for cell in firms if cell.size in (*SMALL, Size.MEDIUM)),
        private=_sum(cell for cell in firms if Ownership.PRIVATE in cell.traits),
        labour_intensive=_sum(cell for cell in firms if LABOUR in cell.traits),
        lawyers_associations=_sum(cell for cell in associations if LAWYERS in cell.traits),
        government_units=_sum(cell for cell in listed if cell.kind is ConsulteeKind.GOVERNMENT_UNIT),
    )


def _sum(cells: Iterable[Cell]) -> int:
    return sum(cell.n for cell in cells)


def count_doubles_once(
    counts: ConsulteeCounts, consultation: Consultation, is_among: Callable[[Cell, int], bool] = lambda _cell, _id: True
) -> ConsulteeCounts:
    """Return the counts with suspected doubles on the list counted once.

    Arguments:
        is_among: whether a consultee, by its cell and id, is in the counts.
    """
    suspected = doubles.unresolved(consultation)
    query = select(Listed.consultee_id, Listed.counted).where(
        Listed.consultation_id == consultation.id, Listed.consultee_id.in_(set().union(*suspected))
    )
    keys = {row.consultee_id: row.counted for row in db.session.execute(query)} if suspected else {}
    for ids in suspected:
        by_id = {id_: _cell(keys[id_], 1, ANY_TIME) for id_ in sorted(ids) if keys[id_]}
        same = [cell for id_, cell in by_id.items() if is_among(cell, id_)]
        if len(same) > 1:
            counts = counts.minus(counted(same)).plus(counted([_as_one(same)]))
    return counts


def _as_one(same: list[Cell]) -> Cell:
    """Return the cell for several doubles: small, private and so on only if all of them are."""
    sizes = {cell.size for cell in same}
    size = Size.SMALL if sizes <= set(SMALL) else Size.MEDIUM if sizes <= {*SMALL, Size.MEDIUM} else None
    return replace(same[0], size=size, traits=frozenset.intersection(*(cell.traits for cell in same)))


def on_list(consultation: Consultation) -> ConsulteeCounts:
    """Count the consultees on the list, suspected doubles once."""
    return count_doubles_once(counted(cells(consultation, ANY_TIME)), consultation)


def heard(consultation: Consultation) -> ConsulteeCounts:
    """Count the consultees heard, suspected doubles once: by an answer, or at a gathering that counts."""
    heard_cells = (cell for cell in cells(consultation, ANY_TIME) if cell.is_heard)
    return count_doubles_once(counted(heard_cells), consultation, lambda cell, _: cell.is_heard)


def heard_on_competition(consultation: Consultation) -> ConsulteeCounts:
    """Count the consultees that answered the question on competition, suspected doubles once."""
    answered = (
        select(Invitation.consultee_id)
        .join(Response, Response.invitation_id == Invitation.id)
        .join(Submission, Submission.id == Response.submission_id)
        .join(AnswerToQuestion, AnswerToQuestion.submission_id == Response.submission_id)
        .join(Question, Question.id == AnswerToQuestion.question_id)
        .where(
            Invitation.consultation_id == consultation.id,
            Question.topic == QuestionTopic.COMPETITION,
            AnswerToQuestion.content != "",
            Response.standing.in_(COUNTING),
            Submission.consultation_id == consultation.id,
            Submission.state == SubmissionState.ACCEPTED,
        )
    )
    query = select(Listed.consultee_id, Listed.counted).where(
        Listed.consultation_id == consultation.id, Listed.counted != "", Listed.consultee_id.in_(answered)
    )
    rows = {row.consultee_id: _cell(row.counted, 1, ANY_TIME) for row in db.session.execute(query)}
    return count_doubles_once(counted(rows.values()), consultation, lambda _, consultee_id: consultee_id in rows)
