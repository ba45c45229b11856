"""Who may do what: the one place that every verb asks.

A role allows an act; on a consultation, the division decides as well: a drafter acts for the division's own
consultations, a moderator for those of the division and those given to them. A drafter elsewhere who was given opinions
of a consultation (协办) sees it and decides on them. An auditor sees all and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, Protocol, TypeVar

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User

P = ParamSpec("P")
R = TypeVar("R")


class Act(StrEnum):
    """Every act that a permission is needed for; the value names the act in the ledger."""

    SEE_CONSULTATION = "consultation.see"
    CREATE_CONSULTATION = "consultation.create"
    EDIT_CONSULTATION = "consultation.edit"
    SUBMIT_FOR_REVIEW = "consultation.submit_for_review"
    RETURN_CONSULTATION = "consultation.return"
    PUBLISH_CONSULTATION = "consultation.publish"
    NOTE_POSTING = "consultation.note_posting"
    EXTEND_PERIOD = "consultation.extend"
    WITHDRAW_CONSULTATION = "consultation.withdraw"
    PROMULGATE = "consultation.promulgate"
    RECORD_MEETING_RESULT = "meeting.record_result"
    KEEP_ISSUED_DOCUMENT = "document.keep"
    ADD_VERSION = "draft.add_version"
    MANAGE_INSTRUMENTS = "draft.take_instruments"
    SET_CALENDAR = "calendar.set"
    APPLY_CALENDAR = "calendar.apply"
    RECEIVE_FOR_SENDER = "submission.enter"
    ASSIGN_SUBMISSION = "submission.assign"
    EXPORT_SUBMISSIONS = "submission.export"
    SEE_SUBMISSIONS = "submission.see"
    SCREEN = "submission.screen"
    GIVE_SCREENING = "submission.give_screening"
    MANAGE_CONSULTEES = "consultee.manage"
    INVITE = "consultee.invite"
    DECIDE = "opinion.decide"
    ASSIGN_OPINIONS = "opinion.assign"
    DISCUSS = "opinion.comment"
    GROUP = "opinion.group"
    SET_CONCENTRATION = "opinion.set_concentration"
    KEEP_REASONS = "reason.keep"
    REFER = "opinion.refer"
    MARK = "theme.mark"
    REVIEW_DECISION = "opinion.review"
    COMPILE_REPORT = "report.compile"
    REVIEW_REPORT = "report.review"
    PUBLISH_REPORT = "report.publish"
    ASK_REVIEW = "review.ask"
    CONCLUDE_REVIEW = "review.conclude"
    STATE_MEETING_FACT = "meeting.state_fact"
    CONFIRM_MEETING_FACT = "meeting.confirm_fact"
    OVERRIDE_PRECONDITION = "meeting.override"
    APPROVE_OVERRIDE = "meeting.approve_override"
    SUBMIT_TO_MEETING = "meeting.submit"
    MANAGE_ACCOUNTS = "account.manage"
    MANAGE_MAILBOXES = "mailbox.manage"
    SEE_LEDGER = "ledger.see"
    ROTATE_KEYS = "keys.rotate"
    SEE_HEALTH = "health.see"
    BACK_UP = "backup.create"
    RESTORE = "record.restore"
    MOVE_DATABASE = "record.move"
    HOLD_PERSONAL_DATA = "privacy.hold"
    DELETE_PERSONAL_DATA = "privacy.delete"
    DECIDE_PRIVACY_REQUEST = "privacy.decide"
    SEE_PERSONAL_DATA_TERMS = "privacy.see"


_D, _M, _P, _L, _A, _U = (
    Role.DRAFTER,
    Role.MODERATOR,
    Role.PUBLISHER,
    Role.LEGAL,
    Role.ADMIN,
    Role.AUDITOR,
)

ALLOWED: dict[Act, frozenset[Role]] = {
    Act.SEE_CONSULTATION: frozenset(Role),
    Act.SEE_SUBMISSIONS: frozenset(Role),
    Act.CREATE_CONSULTATION: frozenset({_D, _A}),
    Act.EDIT_CONSULTATION: frozenset({_D, _A}),
    Act.SUBMIT_FOR_REVIEW: frozenset({_D, _A}),
    Act.RETURN_CONSULTATION: frozenset({_P, _A}),
    Act.PUBLISH_CONSULTATION: frozenset({_P, _A}),
    Act.NOTE_POSTING: frozenset({_D, _P, _A}),
    Act.EXTEND_PERIOD: frozenset({_P, _A}),
    Act.WITHDRAW_CONSULTATION: frozenset({_P, _A}),
    Act.PROMULGATE: frozenset({_P, _A}),
    Act.RECORD_MEETING_RESULT: frozenset({_L, _P, _A}),
    Act.KEEP_ISSUED_DOCUMENT: frozenset({_L, _P, _A}),
    Act.ADD_VERSION: frozenset({_D, _A}),
    Act.MANAGE_INSTRUMENTS: frozenset({_L, _A}),
    Act.SET_CALENDAR: frozenset({_L, _P, _A}),
    Act.APPLY_CALENDAR: frozenset({_P, _A}),
    Act.RECEIVE_FOR_SENDER: frozenset({_D, _M, _P, _A}),
    Act.ASSIGN_SUBMISSION: frozenset({_M, _D, _P, _A}),
    Act.EXPORT_SUBMISSIONS: frozenset({_D, _P, _L, _A, _U}),
    Act.SCREEN: frozenset({_M, _A}),
    Act.GIVE_SCREENING: frozenset({_D, _P, _A}),
    Act.MANAGE_CONSULTEES: frozenset({_D, _A}),
    Act.INVITE: frozenset({_D, _A}),
    Act.DECIDE: frozenset({_D, _A}),
    Act.ASSIGN_OPINIONS: frozenset({_D, _A}),
    Act.DISCUSS: frozenset({_D, _L, _P, _A}),
    Act.GROUP: frozenset({_D, _A}),
    Act.SET_CONCENTRATION: frozenset({_L, _P, _A}),
    Act.KEEP_REASONS: frozenset({_D, _L, _A}),
    Act.REFER: frozenset({_D, _A}),
    Act.MARK: frozenset({_D, _A}),
    Act.REVIEW_DECISION: frozenset({_D, _L, _P, _A}),
    Act.COMPILE_REPORT: frozenset({_D, _P, _A}),
    Act.REVIEW_REPORT: frozenset({_P, _L, _A}),
    Act.PUBLISH_REPORT: frozenset({_P, _A}),
    Act.ASK_REVIEW: frozenset({_D, _L, _P, _A}),
    Act.CONCLUDE_REVIEW: frozenset({_D, _L, _P}),
    Act.STATE_MEETING_FACT: frozenset({_D, _L, _A}),
    Act.CONFIRM_MEETING_FACT: frozenset({_D, _L, _P, _A}),
    Act.OVERRIDE_PRECONDITION: frozenset({_L}),
    Act.APPROVE_OVERRIDE: frozenset({_L, _P}),
    Act.SUBMIT_TO_MEETING: frozenset({_L, _P, _A}),
    Act.MANAGE_ACCOUNTS: frozenset({_A}),
    Act.MANAGE_MAILBOXES: frozenset({_A, _P}),
    Act.SEE_LEDGER: frozenset({_A, _U, _L}),
    Act.ROTATE_KEYS: frozenset({_A}),
    Act.SEE_HEALTH: frozenset({_A}),
    Act.BACK_UP: frozenset({_A}),
    Act.RESTORE: frozenset({_A}),
    Act.MOVE_DATABASE: frozenset({_A}),
    Act.HOLD_PERSONAL_DATA: frozenset({_L, _A}),
    Act.DELETE_PERSONAL_DATA: frozenset({_L, _P, _A}),
    Act.DECIDE_PRIVACY_REQUEST: frozenset({_L, _P, _A}),
    Act.SEE_PERSONAL_DATA_TERMS: frozenset({_A, _U, _L, _P}),
}

OWN_DIVISION_ONLY = frozenset({_D, _M})
"""Roles that act on the consultations of their own division, and on those given to them, only."""
HELPING = frozenset({Act.SEE_CONSULTATION, Act.SEE_SUBMISSIONS, Act.DECIDE, Act.DISCUSS, Act.REFER})
"""What a drafter does on a consultation of another division with opinions given to them; which: adoption says."""


class Concern(Protocol):
    """What an act is on: something that belongs to a division and may have been given to somebody."""

    @property
    def division_id(self) -> int | None: ...

    @property
    def given_to(self) -> frozenset[int]: ...

    @property
    def helpers(self) -> frozenset[int]: ...

    @property
    def helping_divisions(self) -> frozenset[int]: ...


@dataclass(frozen=True)
class Actor:
    """Who does something: a member of staff, the public, a consultee, or the platform itself.

    ``kind`` is ``user``, ``public``, ``consultee`` or ``system``; ``id`` is the account's or consultee's id.
    """

    kind: str
    id: int | None
    name: str
    role: Role | None = None
    division_id: int | None = None

    @classmethod
    def of(cls, user: User) -> Actor:
        """Return the actor behind an account."""
        return cls("user", user.id, user.name, user.role, user.division_id)


PUBLIC = Actor("public", None, "公众")
SYSTEM = Actor("system", None, "系统")


def may(actor: Actor, act: Act, concern: Concern | None = None) -> bool:
    """Say whether ``actor`` may do ``act``, on ``concern`` where there is one."""
    if actor.kind == "system":
        return True
    if actor.role is None or actor.role not in ALLOWED[act]:
        return False
    if concern is None or not is_outside(actor, concern):
        return True
    if actor.role is not Role.DRAFTER:
        return actor.id in concern.given_to
    return act in HELPING and (actor.id in concern.helpers or actor.division_id in concern.helping_divisions)


def is_outside(actor: Actor, concern: Concern) -> bool:
    """Say whether a drafter's or moderator's division isn't the one that the matter belongs to."""
    is_inside = actor.division_id is not None and actor.division_id == concern.division_id
    return actor.role in OWN_DIVISION_ONLY and not is_inside


def require(actor: Actor, act: Act, concern: Concern | None = None) -> None:
    """Refuse unless ``actor`` may do ``act``.

    Raises:
        NotAllowed: with a sentence that names the role that may.
    """
    if may(actor, act, concern):
        return
    if actor.role is not None and actor.role in ALLOWED[act]:
        if concern is not None and may(actor, Act.DECIDE, concern):
            raise NotAllowed("本处室为协办处室，只能处理交办的意见。其他事项请联系起草处室。")
        raise NotAllowed("这件征求意见不归您的处室办理，也没有交给您。请联系起草处室或管理员。")
    who = "、".join(role.label.words for role in Role if role in ALLOWED[act])
    raise NotAllowed(f"您的账号不能做这一步，需要：{who}。")


def requires(act: Act, actor: Callable[[], Actor]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that refuses a call unless the actor may do ``act``; ``actor`` returns the actor of the call.

    It serves pages that are about no one consultation.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            require(actor(), act)
            return function(*args, **kwargs)

        return checked

    return decorate
