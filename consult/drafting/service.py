"""The verbs of drafting: create, write the notice, send for review, return, publish, extend, withdraw."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local, midnight
from consult.drafting import versions
from consult.drafting.errors import FieldMissing, PeriodRefused, SamePerson, WrongState
from consult.drafting.models import Consultation, PeriodExtension, Stage, State, VersionKind
from consult.drafting.notice import core_title, standard_notice
from consult.drafting.rich_text import sanitise
from consult.law import periods
from consult.ledger.service import record
from consult.settings import rules
from consult.store import db, transaction

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
NOTICE_CHARACTERS = 100_000


@dataclass(frozen=True)
class Notice:
    """What the drafter writes around the draft; HTML is sanitised when it is stored."""

    title: str
    kind: str
    enterprise_related: bool
    summary: str
    notice_html: str
    explanation_html: str
    mail_phrase: str
    contact: str


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
    slug: str | None = None,
) -> Consultation:
    """Create a consultation from a draft file.

    Arguments:
        kind: id of a kind of document in the rules.
        data: bytes of a draft file.
        slug: address of the public page; by default ``<year>-<count>``.

    Raises:
        UnreadableFile, DraftRefused: the draft can't be used.
        FieldMissing: no title, an unknown kind, a slug that is taken or isn't an address.
    """
    require(actor, Act.CREATE_CONSULTATION)
    rules().period(kind)  # refuses an unknown kind
    text, draft = versions.read_draft(file_name, data)
    title = (title or draft.title).strip()
    if not title:
        raise FieldMissing("请填写标题：文稿里没有找到标题。")
    if len(title) > versions.TITLE_CHARACTERS:
        raise FieldMissing(f"标题有 {len(title)} 字，最多 {versions.TITLE_CHARACTERS} 字，请缩短。")
    with transaction() as session:
        consultation = Consultation(
            slug=_free_slug(slug, at),
            title=title,
            kind=kind,
            enterprise_related=enterprise_related,
            mail_phrase=core_title(title)[:80],
            division_id=division_id if division_id is not None else actor.division_id,
            author_id=actor.id,
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
            text=text,
            draft=draft,
            actor=actor,
            at=at,
        )
        consultation.public_version = version
        _record(actor, Act.CREATE_CONSULTATION, consultation, at, draft=version.file_digest, kind=kind)
    return consultation


def _free_slug(asked: str | None, at: datetime) -> str:
    if asked:
        if not SLUG.fullmatch(asked):
            raise FieldMissing(f"网址编号“{asked}”只能用小写字母、数字和连字符，不超过 80 个字符。")
        if db.session.scalar(select(Consultation.id).where(Consultation.slug == asked)) is not None:
            raise FieldMissing(f"网址编号“{asked}”已经用过，请换一个。")
        return asked
    year = local(at).year
    count = db.session.scalar(select(func.count()).where(Consultation.slug.like(f"{year}-%"))) or 0
    while True:
        count += 1
        slug = f"{year}-{count:03d}"
        if db.session.scalar(select(Consultation.id).where(Consultation.slug == slug)) is None:
            return slug


def write_notice(actor: Actor, consultation: Consultation, notice: Notice, *, at: datetime) -> None:
    """Store what the drafter wrote; only while the consultation is in drafting."""
    require(actor, Act.EDIT_CONSULTATION, consultation)
    rules().period(notice.kind)
    title = notice.title.strip()
    if not title or len(title) > versions.TITLE_CHARACTERS:
        raise FieldMissing(f"请填写标题，最多 {versions.TITLE_CHARACTERS} 字。")
    with transaction():
        _expect(consultation, Stage.DRAFTING, "送审之后不能再改公告。需要修改的，请先退回。")
        consultation.title = title
        consultation.kind = notice.kind
        consultation.enterprise_related = notice.enterprise_related
        consultation.summary = notice.summary.strip()[:300]
        consultation.notice_html = sanitise(notice.notice_html[:NOTICE_CHARACTERS])
        consultation.explanation_html = sanitise(notice.explanation_html[:NOTICE_CHARACTERS])
        consultation.mail_phrase = notice.mail_phrase.strip()[:80] or core_title(title)[:80]
        consultation.contact = notice.contact.strip()[:300]
        consultation.changed_at = at
        _record(
            actor,
            Act.EDIT_CONSULTATION,
            consultation,
            at,
            title=title,
            notice=consultation.notice_html,
            explanation=consultation.explanation_html,
        )


def submit_for_review(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Send a drafted consultation to the publisher."""
    require(actor, Act.SUBMIT_FOR_REVIEW, consultation)
    with transaction():
        _expect(consultation, Stage.DRAFTING, "只有起草中的征求意见可以送审。")
        if not consultation.notice_html.strip():
            raise FieldMissing("还没有写公告。请先写好公告再送审。")
        consultation.stage = Stage.IN_REVIEW
        consultation.returned_reason = ""
        consultation.changed_at = at
        _record(actor, Act.SUBMIT_FOR_REVIEW, consultation, at)


def return_to_drafter(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> None:
    """Give a consultation in review back to its drafter with a reason."""
    require(actor, Act.RETURN_CONSULTATION, consultation)
    reason = _reason(reason, "请写明退回的理由，起草处室要据此修改。")
    with transaction():
        _expect(consultation, Stage.IN_REVIEW, "只有送审中的征求意见可以退回。")
        consultation.stage = Stage.DRAFTING
        consultation.returned_reason = reason
        consultation.changed_at = at
        _record(actor, Act.RETURN_CONSULTATION, consultation, at, reason=reason)


def proposed_period(
    consultation: Consultation, published: date, days: int | None = None, reason: str = ""
) -> periods.Period:
    """Return the period that a publication on ``published`` (local date) would give.

    Raises:
        PeriodRefused: below the minimum without a rule that allows it, or without a reason.
    """
    rule = rules().period(consultation.kind, enterprise_related=consultation.enterprise_related)
    wanted = rule.minimum_days if days is None else days
    try:
        periods.check_minimum(rule, wanted, reason)
        return periods.period(published, wanted, rule=rule)
    except periods.PeriodError as error:
        raise PeriodRefused(str(error)) from error


def publish(
    actor: Actor,
    consultation: Consultation,
    *,
    at: datetime,
    opens: date | None = None,
    days: int | None = None,
    reason: str = "",
) -> periods.Period:
    """Review and release a consultation: it opens now, or at the start of a local day.

    Arguments:
        opens: local date in the future; ``None`` or today means now.
        days: natural days of the period; by default the rule's minimum.
        reason: why the period is shorter than the minimum; printed in the notice.

    Raises:
        SamePerson: the publisher is the author.
        PeriodRefused: see ``proposed_period``; or the date is past.
        WrongState: it isn't in review.
    """
    require(actor, Act.PUBLISH_CONSULTATION, consultation)
    today = local(at).date()
    opens = opens or today
    if opens < today:
        raise PeriodRefused(f"公布日期 {opens.isoformat()} 已经过去，请选今天或者以后的日期。")
    period = proposed_period(consultation, opens, days, reason)
    with transaction():
        _expect(consultation, Stage.IN_REVIEW, "只有送审中的征求意见可以发布。")
        if actor.id is not None and actor.id == consultation.author_id:
            raise SamePerson("发布人不能是起草人本人，请由另一位信息发布员审核发布。")
        rule = rules().period(consultation.kind, enterprise_related=consultation.enterprise_related)
        consultation.stage = Stage.RELEASED
        consultation.reviewer_id = actor.id
        consultation.opens_at = at if opens == today else midnight(opens)
        consultation.closes_at = period.closes_at
        consultation.period_days = period.days
        consultation.period_words = period.arithmetic
        consultation.period_basis = period.basis
        consultation.shortened_reason = reason.strip() if period.days < rule.minimum_days else ""
        consultation.changed_at = at
        _record(
            actor,
            Act.PUBLISH_CONSULTATION,
            consultation,
            at,
            opens=consultation.opens_at.isoformat(),
            closes=period.closes_at.isoformat(),
            days=period.days,
            shortened_reason=consultation.shortened_reason,
        )
    return period


def extend_period(
    actor: Actor, consultation: Consultation, *, last_day: date, reason: str, at: datetime
) -> PeriodExtension:
    """Extend a period that has not ended, so that ``last_day`` (local date) is its last.

    Raises:
        PeriodRefused: the day isn't later than the present last day.
        WrongState: the period has ended or isn't released.
    """
    require(actor, Act.EXTEND_PERIOD, consultation)
    reason = _reason(reason, "请写明延长的理由，公众会看到。")
    with transaction() as session:
        if consultation.state(at) not in (State.OPEN, State.SCHEDULED) or consultation.closes_at is None:
            raise WrongState("只有正在征求意见或者已定期公布的才能延长期限；已经截止的不能再延长。")
        closes_after = midnight(last_day + timedelta(days=1))
        if closes_after <= consultation.closes_at:
            raise PeriodRefused("延长后的截止日必须晚于现在的截止日。")
        extension = PeriodExtension(
            consultation_id=consultation.id,
            at=at,
            by_id=actor.id,
            closes_before=consultation.closes_at,
            closes_after=closes_after,
            reason=reason,
        )
        session.add(extension)
        consultation.closes_at = closes_after
        consultation.changed_at = at
        _record(actor, Act.EXTEND_PERIOD, consultation, at, closes=closes_after.isoformat(), reason=reason)
    return extension


def withdraw(actor: Actor, consultation: Consultation, reason: str, *, at: datetime) -> None:
    """Withdraw a consultation that isn't promulgated; what was sent stays."""
    require(actor, Act.WITHDRAW_CONSULTATION, consultation)
    reason = _reason(reason, "请写明撤回的理由，公众会看到。")
    with transaction():
        if consultation.stage in (Stage.PROMULGATED, Stage.WITHDRAWN):
            raise WrongState("已经印发或者已经撤回的不能再撤回。")
        consultation.stage = Stage.WITHDRAWN
        consultation.withdrawn_reason = reason
        consultation.changed_at = at
        _record(actor, Act.WITHDRAW_CONSULTATION, consultation, at, reason=reason)


def move(actor: Actor, act: Act, consultation: Consultation, stage: Stage, *, at: datetime) -> None:
    """Move a consultation to a later stage on behalf of a later room, which has checked that it may."""
    with transaction():
        consultation.stage = stage
        consultation.changed_at = at
        _record(actor, act, consultation, at, stage=stage.value)


def _expect(consultation: Consultation, stage: Stage, message: str) -> None:
    if consultation.stage is not stage:
        raise WrongState(message)


def _reason(reason: str, message: str) -> str:
    if not reason.strip():
        raise FieldMissing(message)
    return reason.strip()


def _record(actor: Actor, act: Act, consultation: Consultation, at: datetime, **detail: Any) -> None:
    subject = f"consultation:{consultation.slug}"
    record(actor, act, subject, at=at, consultation_id=consultation.id, **detail)
