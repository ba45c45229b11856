"""The verbs of drafting: create, write the notice, send for review, return, withdraw, grant access.

Publishing and extending are in ``publication``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.models import Role, User
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.service import division_named
from consult.app_context import rules
from consult.clock import local
from consult.drafting import questions, versions
from consult.drafting.audit import record_act
from consult.drafting.errors import ChangedMeanwhile, FieldMissing, FieldTooLong, GrantRefused, WrongState
from consult.drafting.models import Consultation, Grant, Issuer, QuestionTopic, Stage, State, VersionKind
from consult.drafting.notice import core_title, is_standard_notice, standard_notice
from consult.drafting.publication import extend_period, proposed_period, publish
from consult.drafting.rich_text import sanitise_bounded
from consult.law.rules import RulesError
from consult.ledger.models import LedgerEntry
from consult.ledger.service import digest
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

__all__ = [
    "Notice",
    "create",
    "extend_period",
    "grant_access",
    "proposed_period",
    "publish",
    "return_to_drafter",
    "revoke_access",
    "set_stage",
    "submit_for_review",
    "take_back",
    "withdraw",
    "write_notice",
]

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
NOTICE_CHARACTERS = 100_000
"""Longest notice or explanation, in characters of HTML."""
SUMMARY_CHARACTERS = 300
PHRASE_CHARACTERS = 80
CONTACT_CHARACTERS = 300
UNIT_CHARACTERS = 200
REASON_CHARACTERS = 1000


@dataclass(frozen=True)
class Notice:
    """The texts that accompany the draft; HTML is sanitised when it is stored."""

    title: str
    kind: str
    enterprise_related: bool
    summary: str
    notice_html: str
    explanation_html: str
    mail_phrase: str
    contact: str
    issuer: Issuer = Issuer.DEPARTMENT
    leading_unit: str = ""


CREATION = "consultation.create"
"""The lock under which consultations are created, one after another."""


def create(
    actor: Actor,
    *,
    title: str,
    kind: str,
    file_name: str,
    data: bytes,
    at: datetime,
    enterprise_related: bool = False,
    division_id: int | None = None,
    division: str = "",
    slug: str | None = None,
    source: versions.DraftSource | None = None,
    issuer: Issuer = Issuer.DEPARTMENT,
    leading_unit: str = "",
    explanation: str = "",
    evaluates: Consultation | None = None,
) -> Consultation:
    """Create a consultation from a draft file.

    Arguments:
        kind: id of a kind of document in the rules.
        data: bytes of a draft file.
        division_id: the division that drafts; by default the actor's.
        division: name of the division instead of its id; a division of a new name is created with it.
        slug: address of the public page; by default ``<year>-<count>``.
        issuer: who issues the document; ``leading_unit`` leads where several departments do.
        source: the parse result of ``data`` from its upload; without it, ``data`` is parsed now.
        explanation: the drafting explanation, HTML or plain text.
        evaluates: of a consultation on how an issued document works, the one that led to that document.

    Raises:
        FieldTooLong: the explanation is too long.
        UnreadableFile, DraftRefused: the draft can't be used.
        FieldMissing: no title, an unknown kind, a slug that is taken or invalid.
    """
    require(actor, Act.CREATE_CONSULTATION)
    _check_kind(kind)
    leading_unit = _leading_unit(issuer, leading_unit)
    source = source or versions.read_draft(file_name, data)
    title = _title(title.strip() or source.title)
    _check_length(explanation, NOTICE_CHARACTERS, "起草说明（连同格式）", "explanation_html")
    explanation = sanitise_bounded(explanation, "起草说明", "explanation_html")
    with transaction() as session:
        if division:
            division_id = division_named(division).id
        advisory_lock(CREATION)  # otherwise two could get the same slug
        consultation = Consultation(
            slug=_free_slug(slug, at),
            title=title,
            kind=kind,
            enterprise_related=enterprise_related,
            issuer=issuer,
            leading_unit=leading_unit,
            mail_phrase=core_title(title)[:PHRASE_CHARACTERS],
            explanation_html=explanation,
            division_id=division_id if division_id is not None else actor.division_id,
            author_id=actor.id,
            evaluates_id=evaluates.id if evaluates is not None else None,
            stage=Stage.DRAFTING,
            created_at=at,
            changed_at=at,
        )
        session.add(consultation)
        session.flush()
        consultation.notice_html = standard_notice(consultation)
        version = versions.store_version(
            consultation,
            kind=VersionKind.FOR_COMMENT,
            file_name=file_name,
            data=data,
            source=source,
            actor=actor,
            at=at,
        )
        consultation.public_version = version
        _ask_about_competition(actor, consultation, at)
        record_act(
            actor, Act.CREATE_CONSULTATION, consultation, at, stored=version, draft=version.file_digest, kind=kind
        )
    return consultation


def _ask_about_competition(actor: Actor, consultation: Consultation, at: datetime) -> None:
    """Ask about the effect on competition where enterprises are concerned, unless that question was removed."""
    if consultation.enterprise_related and not questions.ever_asked_competition(consultation):
        questions.store(consultation, QuestionTopic.COMPETITION, questions.COMPETITION, actor, at)


def _free_slug(wanted: str | None, at: datetime) -> str:
    if wanted:
        if not SLUG.fullmatch(wanted):
            raise FieldMissing(f"网址编号“{wanted}”只能用小写字母、数字和连字符，不超过 80 个字符。", "slug")
        if db.session.scalar(select(Consultation.id).where(Consultation.slug == wanted)) is not None:
            raise FieldMissing(f"网址编号“{wanted}”已经用过，请换一个。", "slug")
        return wanted
    year = local(at).year
    count = db.session.scalar(select(func.count()).where(Consultation.slug.like(f"{year}-%"))) or 0
    while True:
        count += 1
        slug = f"{year}-{count:03d}"
        if db.session.scalar(select(Consultation.id).where(Consultation.slug == slug)) is None:
            return slug


def _check_kind(kind: str) -> None:
    try:
        rules().period(kind)
    except RulesError as error:
        raise FieldMissing(f"{error}。请从列出的类别中选一类。", "kind") from None


def _title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise FieldMissing("请填写标题。", "title")
    if len(title) > versions.TITLE_CHARACTERS:
        raise FieldTooLong(f"标题有 {len(title)} 字，最多 {versions.TITLE_CHARACTERS} 字，请缩短。", "title")
    return title


def _leading_unit(issuer: Issuer, named: str) -> str:
    named = " ".join(named.split())
    if issuer is not Issuer.JOINT:
        return ""
    if not named:
        raise FieldMissing("多个部门联合出台的，请填写牵头起草单位：公平竞争审查由它开展。", "leading_unit")
    if len(named) > UNIT_CHARACTERS:
        raise FieldTooLong(f"牵头起草单位有 {len(named)} 字，最多 {UNIT_CHARACTERS} 字，请缩短。", "leading_unit")
    return named


def notice_digest(consultation: Consultation) -> str:
    """Return the digest (SHA-256, hexadecimal) of the fields that ``write_notice`` stores."""
    return digest({field.name: getattr(consultation, field.name) for field in fields(Notice)})


def write_notice(
    actor: Actor, consultation: Consultation, notice: Notice, *, at: datetime, seen: str | None = None
) -> None:
    """Store the notice; only while the consultation is in drafting.

    A notice that is still the standard one is composed again, so that it has the current title, phrase and contact.

    Arguments:
        seen: the ``notice_digest`` that the drafter started from; later changes aren't overwritten silently.

    Raises:
        WrongState: it isn't in drafting.
        ChangedMeanwhile: somebody changed it since ``seen``.
        FieldMissing, FieldTooLong: the field in ``field`` is missing or too long; nothing is stored.
    """
    require(actor, Act.EDIT_CONSULTATION, consultation)
    _check_kind(notice.kind)
    title = _title(notice.title)
    leading_unit = _leading_unit(notice.issuer, notice.leading_unit)
    _check_lengths(notice)
    explanation = sanitise_bounded(notice.explanation_html, "起草说明", "explanation_html")
    announcement = sanitise_bounded(notice.notice_html, "公告", "notice_html")
    with transaction():
        _expect(consultation, Stage.DRAFTING, "送审之后不能再改公告。需要修改的，请先由信息发布员退回。")
        before = notice_digest(consultation)
        untouched = is_standard_notice(consultation, notice.notice_html)
        consultation.title = title
        consultation.kind = notice.kind
        consultation.enterprise_related = notice.enterprise_related
        consultation.issuer, consultation.leading_unit = notice.issuer, leading_unit
        consultation.summary = notice.summary.strip()
        consultation.explanation_html = explanation
        consultation.mail_phrase = notice.mail_phrase.strip() or core_title(title)[:PHRASE_CHARACTERS]
        consultation.contact = notice.contact.strip()
        consultation.notice_html = standard_notice(consultation) if untouched else announcement
        if seen is not None and before not in (seen, notice_digest(consultation)):
            raise ChangedMeanwhile(
                f"您打开这一页之后，公告又有改动（最近一次由“{_last_writer(consultation)}”保存），您写的还没有存。"
                "请对照下面“已保存的公告”，把要并进来的改好；再保存一次，就以您写的为准。"
            )
        consultation.changed_at = at
        _ask_about_competition(actor, consultation, at)
        record_act(
            actor,
            Act.EDIT_CONSULTATION,
            consultation,
            at,
            title=title,
            kind=notice.kind,
            enterprise_related=notice.enterprise_related,
            notice=consultation.notice_html,
            explanation=consultation.explanation_html,
        )


def _last_writer(consultation: Consultation) -> str:
    query = select(LedgerEntry.actor_name).where(
        LedgerEntry.consultation_id == consultation.id, LedgerEntry.act == Act.EDIT_CONSULTATION
    )
    return db.session.scalar(query.order_by(LedgerEntry.id.desc()).limit(1)) or ""


def _check_lengths(notice: Notice) -> None:
    for text, limit, name, field in (
        (notice.summary.strip(), SUMMARY_CHARACTERS, "简介", "summary"),
        (notice.mail_phrase.strip(), PHRASE_CHARACTERS, "邮件主题用语", "mail_phrase"),
        (notice.contact.strip(), CONTACT_CHARACTERS, "联系方式", "contact"),
        (notice.notice_html, NOTICE_CHARACTERS, "公告（连同格式）", "notice_html"),
        (notice.explanation_html, NOTICE_CHARACTERS, "起草说明（连同格式）", "explanation_html"),
    ):
        _check_length(text, limit, name, field)


def _check_length(text: str, limit: int, name: str, field: str) -> None:
    if len(text) > limit:
        raise FieldTooLong(f"{name}有 {len(text):,} 字，最多 {limit:,} 字，请缩短。", field)


def submit_for_review(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Send a drafted consultation to the publisher."""
    require(actor, Act.SUBMIT_FOR_REVIEW, consultation)
    with transaction():
        _expect(consultation, Stage.DRAFTING, "只有起草中的征求意见可以送审。")
        if not consultation.notice_html.strip():
            raise FieldMissing("尚未填写公告。请填写公告后送审。", "notice_html")
        consultation.stage = Stage.IN_REVIEW
        consultation.returned_reason = ""
        consultation.changed_at = at
        record_act(actor, Act.SUBMIT_FOR_REVIEW, consultation, at)


def return_to_drafter(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> None:
    """Return a consultation in review to its drafter with a reason."""
    require(actor, Act.RETURN_CONSULTATION, consultation)
    reason = _reason(reason, "请写明退回的理由，起草处室要据此修改。")
    with transaction():
        _expect(consultation, Stage.IN_REVIEW, "只有送审中的征求意见可以退回。")
        consultation.stage = Stage.DRAFTING
        consultation.returned_reason = reason
        consultation.changed_at = at
        record_act(actor, Act.RETURN_CONSULTATION, consultation, at, reason=reason)


def take_back(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Take a consultation back from review, for its division to change it; it has to be sent again."""
    require(actor, Act.SUBMIT_FOR_REVIEW, consultation)
    with transaction():
        _expect(consultation, Stage.IN_REVIEW, "只有送审中的征求意见可以收回；已经审核发布或者退回的，不必收回。")
        consultation.stage = Stage.DRAFTING
        consultation.changed_at = at
        record_act(actor, "consultation.take_back", consultation, at)


def withdraw(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> None:
    """Withdraw a consultation that isn't promulgated; its submissions stay.

    One that never opened remains hidden from the public.
    """
    require(actor, Act.WITHDRAW_CONSULTATION, consultation)
    reason = _reason(reason, "请写明撤回的理由，向公众公开。")
    with transaction():
        lock_row(consultation)
        if consultation.stage in (Stage.PROMULGATED, Stage.WITHDRAWN):
            raise WrongState("已经印发或者已经撤回的不能再撤回。")
        if consultation.state(at) is State.SCHEDULED:
            consultation.opens_at = consultation.closes_at = None
        consultation.stage = Stage.WITHDRAWN
        consultation.withdrawn_reason = reason
        consultation.changed_at = at
        record_act(actor, Act.WITHDRAW_CONSULTATION, consultation, at, reason=reason)


def grant_access(actor: Actor, consultation: Consultation, user: User, *, at: datetime) -> None:
    """Grant a moderator of another division access to a consultation, to see and screen its submissions.

    Raises:
        GrantRefused: the account isn't a moderator's, is closed, or has access already.
    """
    require(actor, Act.GIVE_SCREENING, consultation)
    with transaction() as session:
        lock_row(consultation)
        if user.role is not Role.MODERATOR or not user.active:
            raise GrantRefused(f"“{user.name}”不是在用的审核员账号，不能交给他审核。", "user")
        if user.division_id is not None and user.division_id == consultation.division_id:
            raise GrantRefused(f"“{user.name}”是本处室的审核员，可直接审核，无需交办。", "user")
        if user.id in consultation.given_to:
            raise GrantRefused(f"已交办给“{user.name}”了。", "user")
        session.add(Grant(consultation_id=consultation.id, user_id=user.id, at=at))
        session.expire(consultation, ["grants"])
        record_act(actor, Act.GIVE_SCREENING, consultation, at, to=f"{user.name}（{user.username}）")


def revoke_access(actor: Actor, consultation: Consultation, user: User, *, at: datetime) -> None:
    """Revoke a moderator's access to a consultation; the moderator's acts stay.

    Raises:
        GrantRefused: this account has no such access.
    """
    require(actor, Act.GIVE_SCREENING, consultation)
    with transaction() as session:
        lock_row(consultation)
        grant = session.get(Grant, (consultation.id, user.id))
        if grant is None:
            raise GrantRefused(f"没有交给“{user.name}”，无需收回。", "user")
        session.delete(grant)
        session.flush()
        session.expire(consultation, ["grants"])
        record_act(actor, Act.GIVE_SCREENING, consultation, at, taken_back_from=f"{user.name}（{user.username}）")


def set_stage(actor: Actor, act: Act, consultation: Consultation, stage: Stage, *, at: datetime) -> None:
    """Set the stage, for a verb of a later stage, which has locked the consultation and checked permissions."""
    with transaction():
        consultation.stage = stage
        consultation.changed_at = at
        record_act(actor, act, consultation, at, stage=stage.value)


def _expect(consultation: Consultation, stage: Stage, message: str) -> None:
    lock_row(consultation)
    if consultation.stage is not stage:
        raise WrongState(message)


def _reason(reason: str, message: str) -> str:
    reason = reason.strip()
    if not reason:
        raise FieldMissing(message, "reason")
    if len(reason) > REASON_CHARACTERS:
        raise FieldTooLong(f"理由有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。", "reason")
    return reason
