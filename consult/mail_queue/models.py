"""A letter on its way out. Its words aren't stored: they may open something, and are composed when it is sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id, enum_of


class MailPurpose(LabelledEnum):
    """What a letter is for; who composes it is registered by purpose (``consult.mail_queue.hooks``)."""

    ACKNOWLEDGEMENT = "acknowledgement", Label("邮件来件的回执", "plain")
    COLLECTED = "collected", Label("邮件来件的汇总回执", "plain")
    RECEIPT = "receipt", Label("网页来件的回执", "plain")
    DECISIONS = "decisions", Label("告知采纳情况", "plain")
    CONSULTEE_DECISIONS = "consultee_decisions", Label("向单位告知采纳情况", "plain")
    CONFIRM_SUBSCRIPTION = "confirm_subscription", Label("确认订阅", "plain")
    EVALUATION = "evaluation", Label("后评估征求意见", "plain")
    NEWS = "news", Label("订阅通知", "plain")
    INVITATION = "invitation", Label("征求意见函", "plain")
    INVITATION_COPY = "invitation_copy", Label("抄送的征求意见函", "plain")
    REMINDER = "reminder", Label("提醒答复征求意见函", "plain")
    MEETING = "meeting", Label("会议通知", "plain")


class MailState(LabelledEnum):
    """The state of a letter."""

    WAITING = "waiting", Label("待发送", "amber")
    SENT = "sent", Label("已发送", "green")
    REFUSED = "refused", Label("被拒收", "seal")
    """The mail server will never take it."""
    GIVEN_UP = "given_up", Label("不再发送", "plain")
    """It was put off too often, or somebody said so."""
    POINTLESS = "pointless", Label("已无须发送", "plain")
    """What it would say is no longer so: unsubscribed, withdrawn, deleted."""


class OutgoingMail(Base):
    """A letter to one address, from its being due to its end."""

    __tablename__ = "outgoing_mail"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    purpose: Mapped[MailPurpose] = mapped_column(enum_of(MailPurpose))
    subject: Mapped[str] = mapped_column(String(80))
    """What it is about, as ``kind:key``; with the purpose this is what composes it."""
    address: Mapped[str] = mapped_column(String(320))
    """Lower case; empty once the term is over."""
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    """Without brackets. A letter that goes out twice, after a kill, does so under one."""
    queued_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[MailState] = mapped_column(enum_of(MailState), default=MailState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it is tried next; while it is being sent, when another worker may take it over."""
    answer: Mapped[str] = mapped_column(String(300), default="")
    """What the mail server said last, or why it isn't sent, in Chinese."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("ix_outgoing_mail_due", "state", "next_at"),
        Index("ix_outgoing_mail_address", "address", "queued_at"),
        Index("ix_outgoing_mail_subject", "subject"),
        {"info": {NOT_IN_RECORD: "letters on their way; what rests on one that was sent has an act of its own"}},
    )
