"""Work is given to drafters and divisions by unit of the draft or by group (承办), handed over, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from consult.accounts.models import Division, User
from consult.accounts.permissions import ALLOWED, OWN_DIVISION_ONLY, Act, Actor, may, require
from consult.adoption.errors import AssignmentRefused
from consult.adoption.groups import DECIDING
from consult.adoption.holdings import Holdings, Work, is_holder
from consult.adoption.models import Assignment, Opinion, OpinionGroup
from consult.adoption.private_words import private_in
from consult.clock import local
from consult.drafting.helping import set_helpers
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import BulkAct, record_many
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import lock_row

REMARK_CHARACTERS = 300
HAND_OVER, TAKE_BACK = "opinion.hand_over", "opinion.take_back"
HOLDERS = ALLOWED[Act.DECIDE]
"""Roles that work is given to."""


def assign(
    actor: Actor,
    consultation: Consultation,
    works: Sequence[Work],
    to: User | Division,
    *,
    at: datetime,
    due_on: date | None = None,
    remark: str = "",
) -> list[Assignment]:
    """Give work to a drafter or a division: all of it or, when one is refused, none; what others held is handed over.

    What the same holder has with the same last day stays as it is, unless there is a remark. Who helps hands work over
    with the day that it has, or an earlier one.

    Arguments:
        due_on: the last local day; None is none, where the actor helps the day that stands.
        remark: words for whoever takes it over, at most ``REMARK_CHARACTERS`` characters.

    Raises:
        NotAllowed: the actor neither drafts nor holds all of it, or hands it over to another division.
        AssignmentRefused: nothing chosen, an unknown unit or group, a holder that can't decide, a day that is over,
            private data in the remark.
    """
    require(actor, Act.DECIDE, consultation)
    remark = _checked_remark(remark)
    wanted = list(dict.fromkeys(works))
    if not wanted:
        raise AssignmentRefused("尚未选择要交办的条文或者归并意见，请先勾选。")
    if due_on is not None and due_on < local(at).date():
        raise AssignmentRefused("办理期限不能早于今天。", "due_on")
    with transaction() as session:
        _expect_open(consultation)
        holdings = Holdings(consultation)
        _check_private(consultation, holdings, wanted, remark)
        helps = not may(actor, Act.ASSIGN_OPINIONS, consultation)
        if helps:
            _check_helper(actor, [holdings.given.get(work) for work in wanted], to, due_on)
        _check_holder(to)
        given: list[Assignment] = []
        made: list[Assignment] = []
        ended: list[Assignment] = []
        for work in wanted:
            _check_work(consultation, holdings, work)
            before = holdings.given.get(work)
            day = before.due_on if before is not None and helps and due_on is None else due_on
            if before is not None and _is_same(before, to, day) and not remark:
                given.append(before)
                continue
            if before is not None:
                before.ended_at, before.ended_by_id = at, actor.id
                ended.append(before)
            made.append(_assignment(actor, consultation, work, to, day, remark, before, at))
            given.append(made[-1])
        session.flush()  # what is replaced first
        session.add_all(made)
        session.flush()
        _record(actor, HAND_OVER, ended, at)
        _record(actor, Act.ASSIGN_OPINIONS, made, at)
        _update_helpers(actor, consultation, frozenset(each.user_id for each in made), at)
    return given


def take_back(actor: Actor, consultation: Consultation, works: Sequence[Work], *, at: datetime) -> int:
    """Take work back, so that it is nobody's in particular; return how much of it was given to somebody.

    Raises:
        NotAllowed: the actor isn't of the drafting division.
        AssignmentRefused: nothing chosen.
    """
    require(actor, Act.ASSIGN_OPINIONS, consultation)
    if not works:
        raise AssignmentRefused("尚未选择要收回的条文或者归并意见，请先勾选。")
    with transaction() as session:
        lock_row(consultation)
        given = Holdings(consultation).given
        ended = [given[work] for work in dict.fromkeys(works) if work in given]
        for assignment in ended:
            assignment.ended_at, assignment.ended_by_id = at, actor.id
        session.flush()
        _record(actor, TAKE_BACK, ended, at)
        _update_helpers(actor, consultation, frozenset(), at)
    return len(ended)


def holders(consultation: Consultation) -> tuple[list[User], list[Division]]:
    """Return the drafters that work can be given to, those of the drafting division first, and the divisions."""
    drafters = select(User).where(User.role.in_(HOLDERS), User.active.is_(True)).options(joinedload(User.division))
    drafts = User.division_id == consultation.division_id
    people = db.session.scalars(drafters.order_by(drafts.desc().nulls_last(), User.division_id, User.name, User.id))
    divisions = select(Division).where(_has_drafters()).order_by(Division.name)
    return list(people), list(db.session.scalars(divisions))


def holder_named(key: str) -> User | Division | None:
    """Return the drafter or the division that a key (``Assignment.holder_key``) names; None where it names none."""
    kind, _, number = key.partition("-")
    if kind not in ("user", "division") or not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    return db.session.get(User, int(number)) if kind == "user" else db.session.get(Division, int(number))


def assignment_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of assignments by their ids, for the record."""
    return digests_by_id(select(*Assignment.__table__.columns).where(Assignment.id.in_(ids)))


def _has_drafters() -> Any:
    return exists().where(User.division_id == Division.id, User.role.in_(HOLDERS), User.active.is_(True))


def _checked_remark(remark: str) -> str:
    remark = clean(remark)
    if len(remark) > REMARK_CHARACTERS:
        raise AssignmentRefused(f"交办说明有 {len(remark)} 字，最多 {REMARK_CHARACTERS} 字，请缩短。", "remark")
    return remark


def _check_private(consultation: Consultation, holdings: Holdings, works: Sequence[Work], remark: str) -> None:
    groups = [work.group_id for work in works if work.group_id is not None]
    units = [work.anchor for work in works if work.anchor is not None]
    anchors = [anchor for unit in units for anchor in holdings.units.get(unit, (unit,))]
    on = (Opinion.consultation_id == consultation.id) & (Opinion.group_id.in_(groups) | Opinion.anchor.in_(anchors))
    if private := private_in(remark, opinions=on):
        raise AssignmentRefused(f"交办说明不得写个人信息（{'、'.join(private)}），请删去后提交。", "remark")


def _expect_open(consultation: Consultation) -> None:
    lock_row(consultation)  # no decisions meanwhile
    if consultation.stage not in DECIDING:
        raise AssignmentRefused("这件征求意见还没有公开、已经上会或者已经撤回，现在不能交办意见。")


def _check_helper(
    actor: Actor, standing: Sequence[Assignment | None], to: User | Division, due_on: date | None
) -> None:
    """Check what somebody of another division hands over: what they hold, within the division, and no later."""
    division_id = to.division_id if isinstance(to, User) else to.id
    holds_all = all(is_holder(actor, assignment) for assignment in standing)
    if not holds_all or division_id is None or division_id != actor.division_id:
        raise AssignmentRefused("协办处室只能移交本人、本处室承办的意见，且只能移交给本处室人员。", "to")
    days = [each.due_on for each in standing if each is not None and each.due_on is not None]
    if due_on is not None and days and due_on > min(days):
        raise AssignmentRefused("办理期限不能晚于原期限；不填的，原期限不变。", "due_on")


def _check_holder(to: User | Division) -> None:
    if isinstance(to, User) and not (to.active and to.role in HOLDERS):
        raise AssignmentRefused(f"“{to.name}”不是在用的起草处室账号，不能承办意见。", "to")
    if isinstance(to, Division) and not db.session.scalar(select(_has_drafters()).where(Division.id == to.id)):
        raise AssignmentRefused(f"“{to.name}”没有在用的起草处室账号，不能承办意见。", "to")


def _check_work(consultation: Consultation, holdings: Holdings, work: Work) -> None:
    if work.group_id is not None:
        group = db.session.get(OpinionGroup, work.group_id)
        if group is None or group.consultation_id != consultation.id:
            raise AssignmentRefused("归并意见已经变动，请刷新再看。")
        group.kept = True  # computed grouping would take it away from its holder
        return
    anchor = work.anchor or ""
    if not anchor or (anchor in holdings.units and holdings.unit(anchor) == anchor):
        return
    on_it = select(Opinion.id).where(Opinion.consultation_id == consultation.id, Opinion.anchor == anchor).limit(1)
    if anchor in holdings.units or db.session.scalar(on_it) is None:
        raise AssignmentRefused("草案里没有这一条，请从条文列表里选。意见按条交办，不按款、项交办。")


def _is_same(before: Assignment, to: User | Division, due_on: date | None) -> bool:
    holder = before.user_id if isinstance(to, User) else before.division_id
    return holder == to.id and before.due_on == due_on


def _assignment(
    actor: Actor,
    consultation: Consultation,
    work: Work,
    to: User | Division,
    due_on: date | None,
    remark: str,
    before: Assignment | None,
    at: datetime,
) -> Assignment:
    return Assignment(
        consultation_id=consultation.id,
        anchor=work.anchor,
        group_id=work.group_id,
        user_id=to.id if isinstance(to, User) else None,
        division_id=to.id if isinstance(to, Division) else None,
        due_on=due_on,
        remark=remark,
        given_at=at,
        given_by_id=actor.id,
        replaces_id=before.id if before is not None else None,
    )


def _record(actor: Actor, act: str, changed: Sequence[Assignment], at: datetime) -> None:
    if not changed:
        return
    digests = assignment_digests([assignment.id for assignment in changed])
    acts = [
        BulkAct(f"assignment:{each.id}", digests[each.id], _facts(each) | {STANDS: digests[each.id]})
        for each in changed
    ]
    record_many(actor, act, acts, at=at, consultation_id=changed[0].consultation_id)


def _facts(assignment: Assignment) -> dict[str, Any]:
    of = {"anchor": assignment.anchor} if assignment.group_id is None else {"group": assignment.group_id}
    due = {"due_on": assignment.due_on.isoformat()} if assignment.due_on is not None else {}
    return {**of, "to": assignment.holder, **due}


def _update_helpers(actor: Actor, consultation: Consultation, given_now: frozenset[int | None], at: datetime) -> None:
    """Let in the drafters and divisions elsewhere that hold something, and nobody else.

    Who was given it when in the drafting division, and has left it since, gets in only by being given something again.
    """
    let_in = consultation.helpers | given_now
    given = Holdings(consultation).given.values()
    users = {
        each.user.id
        for each in given
        if each.user is not None
        and each.user.id in let_in
        and each.user.role in OWN_DIVISION_ONLY
        and (each.user.division_id is None or each.user.division_id != consultation.division_id)
    }
    divisions = {each.division_id for each in given if each.division_id is not None} - {consultation.division_id}
    set_helpers(actor, consultation, users, divisions, at=at)
