"""Where notice, report and issued text were posted besides the website: account, day, and the link or picture."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local
from consult.drafting.audit import record_act
from consult.drafting.errors import FieldMissing, WrongState
from consult.drafting.models import Consultation, Medium, NoticePosting, PublicText
from consult.files.attachments import CheckedAttachment
from consult.store import db, transaction
from consult.store.locking import lock_row


def add(
    actor: Actor,
    consultation: Consultation,
    *,
    medium: Medium,
    account: str,
    posted_on: date,
    link: str = "",
    picture: CheckedAttachment | None = None,
    about: PublicText = PublicText.NOTICE,
    public_since: date | None = None,
    at: datetime,
) -> NoticePosting:
    """Register a posting.

    Arguments:
        public_since: for a text of a later stage, the local day from which it was public, as that stage knows it.

    Raises:
        FieldMissing: no account, neither link nor picture, an invalid link or day.
        WrongState: the text isn't public.
    """
    require(actor, Act.NOTE_POSTING, consultation)
    link = link.strip()
    if not account.strip():
        raise FieldMissing("请填写发布的账号、报刊或者电台电视台名称。", "account")
    if not link and picture is None:
        raise FieldMissing("请填写链接，或者上传截图、剪报。", "link")
    if link and (urlsplit(link).scheme not in ("http", "https") or not urlsplit(link).hostname):
        raise FieldMissing("链接应当以 http:// 或者 https:// 开头，请核对。", "link")
    if posted_on > local(at).date():
        raise FieldMissing("发布日期尚未到来，请核对。", "posted_on")
    with transaction() as session:
        lock_row(consultation)
        if not consultation.is_public(at) or consultation.opens_at is None:
            raise WrongState("公布征求意见以后才能登记发布情况。")
        since = local(consultation.opens_at).date() if about is PublicText.NOTICE else public_since
        if since is None:
            raise WrongState(f"{about.label.words}尚未公布，不能登记发布情况。")
        if posted_on < since:
            raise FieldMissing("发布日期早于公布日期，请核对。", "posted_on")
        posting = NoticePosting(
            consultation_id=consultation.id,
            about=about,
            medium=medium,
            account=account.strip()[:200],
            posted_on=posted_on,
            link=link[:1000],
            picture_name=picture.name if picture is not None else "",
            picture_digest=picture.digest if picture is not None else "",
            at=at,
            by_id=actor.id,
        )
        session.add(posting)
        session.flush()
        record_act(
            actor,
            Act.NOTE_POSTING,
            consultation,
            at,
            posting=posting.id,
            about=about.value,
            medium=medium.value,
            account=posting.account,
            posted_on=posted_on.isoformat(),
            link=posting.link,
            picture=posting.picture_digest,
        )
    return posting


def withdraw(actor: Actor, consultation: Consultation, posting: NoticePosting, reason: str, *, at: datetime) -> None:
    """Withdraw a posting that was registered by mistake; the row stays."""
    require(actor, Act.NOTE_POSTING, consultation)
    if not reason.strip():
        raise FieldMissing("请写明撤销登记的理由。", "reason")
    with transaction():
        lock_row(consultation)
        db.session.refresh(posting)
        if posting.withdrawn_at is not None:
            raise WrongState("这条登记已经撤销。")
        posting.withdrawn_at, posting.withdrawn_reason = at, reason.strip()
        record_act(actor, "consultation.withdraw_posting", consultation, at, posting=posting.id, reason=reason.strip())


def by_id(consultation: Consultation, identifier: int) -> NoticePosting | None:
    """Return a posting of a consultation that wasn't withdrawn, by its id."""
    posting = db.session.get(NoticePosting, identifier)
    if posting is None or posting.withdrawn_at is not None or posting.consultation_id != consultation.id:
        return None
    return posting


def of(consultation: Consultation, about: PublicText = PublicText.NOTICE) -> list[NoticePosting]:
    """Return the postings of the notice, or of another text, that weren't withdrawn, oldest first."""
    query = select(NoticePosting).where(
        NoticePosting.consultation_id == consultation.id,
        NoticePosting.about == about,
        NoticePosting.withdrawn_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(NoticePosting.id)))
