"""The few named builders that tests make their world with."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

from docx import Document

from consult.accounts.models import Division, Role, User
from consult.accounts.permissions import Actor
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.intake.receipts import Receipt
from consult.mailbox.models import Encryption, Mailbox
from consult.store import db

NOON = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
"""A working day at noon in Asia/Shanghai."""

DRAFT = """社区食堂管理办法（征求意见稿）

第一章 总则
第一条（目的）为了规范社区食堂的建设和运营，方便居民就餐，制定本办法。
第二条 本办法所称社区食堂，是指在社区内为居民提供助餐服务的场所。
第二章 运营
第三条 社区食堂应当遵守下列规定：
（一）公示菜品价格；
（二）留存食品样品；
（三）对七十周岁以上老年人给予优惠。
优惠的具体标准由街道办事处规定。
第四条 社区食堂的运营单位应当通过公开方式选定。
第三章 附则
第五条 本办法自2027年1月1日起施行。
"""


def docx_of(text: str) -> bytes:
    """Return a DOCX with one paragraph for each line of ``text``."""
    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_division(name: str = "社区服务处") -> Division:
    """Return a division, made when there is none of that name."""
    division = db.session.query(Division).filter_by(name=name).one_or_none()
    if division is None:
        division = Division(name=name)
        db.session.add(division)
        db.session.commit()
    return division


def a_user(role: Role, username: str = "", division: str = "社区服务处") -> User:
    """Return an account of a role; without a password it can't sign in."""
    user = User(
        username=username or role.value,
        name=f"测试{role.value}",
        role=role,
        division_id=a_division(division).id,
        active=True,
        created_at=NOON,
    )
    db.session.add(user)
    db.session.commit()
    return user


def an_actor(role: Role, username: str = "", division: str = "社区服务处") -> Actor:
    """Return the actor behind a fresh account of a role."""
    return Actor.of(a_user(role, username, division))


def a_consultation(author: Actor, *, text: str = DRAFT, at: datetime = NOON, **fields: object) -> Consultation:
    """Return a consultation in drafting, its draft read from a DOCX."""
    wanted = {"title": "社区食堂管理办法（征求意见稿）", "kind": "normative-document", **fields}
    return drafting.create(author, file_name="draft.docx", data=docx_of(text), at=at, **wanted)  # type: ignore[arg-type]


def an_open_consultation(
    author: Actor, publisher: Actor, *, text: str = DRAFT, at: datetime = NOON, **fields: object
) -> Consultation:
    """Return a consultation that opened at ``at`` for the rule's own period."""
    consultation = a_consultation(author, text=text, at=at - timedelta(days=1), **fields)
    drafting.submit_for_review(author, consultation, at=at - timedelta(hours=2))
    drafting.publish(publisher, consultation, at=at)
    return consultation


def an_arrival(*texts: str | ArrivalPart, **fields: object) -> Arrival:
    """Return an arrival through the web form; plain words are on the whole draft."""
    parts = tuple(words if isinstance(words, ArrivalPart) else ArrivalPart(words) for words in texts) or (
        ArrivalPart("建议延长营业时间。"),
    )
    raw = json.dumps([[part.anchor, part.content] for part in parts], ensure_ascii=False).encode()
    wanted = {"channel": Channel.WEB, "raw": raw, "raw_media_type": "application/json", **fields}
    return Arrival(parts=parts, **wanted)  # type: ignore[arg-type]


def a_submission(consultation: Consultation, *texts: str | ArrivalPart, at: datetime, **fields: object) -> Receipt:
    """Return the receipt of something sent at ``at``."""
    return intake.receive(consultation, an_arrival(*texts, **fields), at=at)


def a_mailbox(created_at: datetime, fetched_at: datetime | None, error: str = "") -> Mailbox:
    """Return a mailbox that was set up and last read at these moments, not stored yet."""
    return Mailbox(
        address="yijian@example.cn",
        host="imap.example.cn",
        port=993,
        encryption=Encryption.TLS,
        user="yijian",
        password_sealed="",
        created_at=created_at,
        fetched_at=fetched_at,
        error=error,
    )
