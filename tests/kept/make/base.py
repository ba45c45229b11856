"""What the scenes are made with: the clock that the script sets, the accounts, drafts, files and letters."""

from __future__ import annotations

import io
import itertools
import json
import struct
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import time_machine
from docx import Document
from flask import Flask, g
from flask.testing import FlaskClient

from consult.accounts import service as accounts
from consult.accounts.models import User
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption.models import Opinion
from consult.clock import LOCAL, now
from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.faces import jobs
from consult.files.attachments import CheckedAttachment, check
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said
from consult.intake.mailbox import service as mailbox
from consult.intake.models import Channel, Submission
from consult.moderation import service as moderation
from consult.app_context import blobs, settings
from consult.store import db

PASSWORD = "liu-cun-0021-mima"
ACCOUNTS = (
    ("drafter", "起草甲", "drafter", "社区服务处"),
    ("drafter2", "起草乙", "drafter", "社区服务处"),
    ("elsewhere", "起草丙", "drafter", "建管处"),
    ("moderator", "审核甲", "moderator", "社区服务处"),
    ("moderator2", "审核乙", "moderator", "信息中心"),
    ("publisher", "发布甲", "publisher", "办公室"),
    ("publisher2", "发布乙", "publisher", "办公室"),
    ("legal", "法规甲", "legal", "法规处"),
    ("admin", "管理甲", "admin", "信息中心"),
    ("auditor", "审计甲", "auditor", "审计处"),
    ("gone", "离职甲", "drafter", "社区服务处"),
)
DRAFT = """社区食堂管理办法（征求意见稿）

第一章 总则
第一条（目的）为了规范社区食堂的建设和运营，方便居民就餐，根据《中华人民共和国食品安全法》，制定本办法。
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
WITH_ANNEXES = """关于开展社区食堂示范点评选的规定（征求意见稿）

第一条 为了推广社区食堂的经验，开展社区食堂示范点评选，制定本规定。
第二条 申报示范点的社区食堂，应当填写申报表，附送评分表。
第三条 本规定自印发之日起施行。

附件：1.社区食堂示范点申报表
2.社区食堂示范点评分表

某省住房和城乡建设厅
2026年11月20日

附件1
社区食堂示范点申报表
名称：
地址：

附件2
社区食堂示范点评分表
一、环境（30分）
二、服务（70分）
"""
NOTICE_FORM = """某省住房和城乡建设厅关于做好冬季社区食堂供餐保障工作的通知（征求意见稿）

各市、县（区）住房和城乡建设局：

为了做好冬季社区食堂供餐保障工作，现就有关事项通知如下：

一、总体要求
坚持以居民为中心，保障供餐不断档。

二、重点任务
（一）备足食材。社区食堂应当储备三日用量的米面油。
（二）检查设备。每周检查一次燃气和供暖设备。
1.燃气设备由持证人员检查。
2.供暖设备由运营单位检查。

三、工作要求
各地于2026年12月20日前报送落实情况。

附件：冬季社区食堂供餐保障情况表

某省住房和城乡建设厅
2026年12月1日
"""
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_numbers = itertools.count(1)


class Browser(FlaskClient):
    """A browser without script, each of whose requests starts with an empty ``g``, as on a server."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        vars(g).clear()
        answer = super().open(*args, **kwargs)
        vars(g).clear()
        return answer


@dataclass
class World:
    """The instance that is being made."""

    app: Flask
    time: Any
    notes: dict[str, Any] = field(default_factory=dict)

    def at(self, when: str) -> datetime:
        """Set the clock to a local moment (``2026-10-09 10:00``) and return it."""
        moment = datetime.strptime(when, "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)
        self.time.move_to(moment)
        return now()

    def cli(self, *args: str) -> str:
        """Run a command and return what it prints."""
        result = self.app.test_cli_runner().invoke(args=list(args))
        assert result.exit_code == 0, (args, result.output, result.exception)
        return result.stdout

    def work(self, *names: str) -> None:
        """Do the worker's jobs, all of them but the mailbox by default."""
        for name in names or [name for name in jobs.known() if name != "mailbox"]:
            jobs.run(name)
        db.session.rollback()


def travelling() -> Any:
    """Return the traveller through time, which stands still at the beginning."""
    return time_machine.travel(datetime(2026, 10, 8, 9, 0, tzinfo=LOCAL), tick=False)


def who(username: str) -> Actor:
    """Return an account as an actor."""
    return Actor.of(db.session.scalars(db.select(User).where(User.username == username)).one())


def open_accounts(world: World) -> None:
    """Open an account in every role; one of them is closed again."""
    for username, name, role, division in ACCOUNTS:
        accounts.create_user(
            SYSTEM, username=username, name=name, role=role, password=PASSWORD, division=division, at=now()
        )
    gone = db.session.scalars(db.select(User).where(User.username == "gone")).one()
    accounts.deactivate(who("admin"), gone, at=now())
    world.cli(
        "user", "create", "--username", "by-command", "--name", "命令甲", "--role", "auditor", "--password", PASSWORD
    )


def docx_of(text: str) -> bytes:
    """Return a DOCX with one paragraph for each line."""
    document = Document()
    for line in text.split("\n"):
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def png_of(shade: int) -> bytes:
    """Return a small grey picture that stands for a scan."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([shade]) * 64 for _ in range(64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def file(name: str, data: bytes) -> CheckedAttachment:
    """Return a file whose bytes are kept."""
    blobs().put(data)
    return check(name, data, max_bytes=settings().attachment_bytes)


def drafted(
    slug: str, subject: str, *, text: str = "", kind: str = "normative-document", **fields: Any
) -> Consultation:
    """Return a consultation in drafting with notice and explanation; its text in force is uploaded where given."""
    in_force = fields.pop("in_force", "")
    text = text or DRAFT.replace("社区食堂", subject)
    title = text.split("\n")[0]
    author = who("drafter")
    made = drafting.create(
        author, title=title, kind=kind, file_name=f"{title}.docx", data=docx_of(text), at=now(), slug=slug, **fields
    )
    if in_force:
        data = docx_of(in_force)
        versions.add_version(author, made, kind=VersionKind.IN_FORCE, file_name="现行.docx", data=data, at=now())
    notice = drafting.Notice(
        title=title,
        kind=kind,
        enterprise_related=bool(fields.get("enterprise_related")),
        summary=f"{subject}怎样开、谁来管。",
        notice_html=made.notice_html or "<p>请于期限内提出意见。</p>",
        explanation_html=f"<p>为了规范{subject}，拟制定本办法。</p>",
        mail_phrase=f"{subject}意见",
        contact="某市某路1号，邮编000000，电话000-00000000",
    )
    drafting.write_notice(author, made, notice, at=now())
    return made


def released(slug: str, subject: str, **fields: Any) -> Consultation:
    """Return a consultation that opens now for the rule's own period."""
    made = drafted(slug, subject, **fields)
    drafting.submit_for_review(who("drafter"), made, at=now())
    drafting.publish(who("publisher"), made, at=now())
    return made


def sent(consultation: Consultation, *texts: str | Said, channel: Channel = Channel.WEB, **fields: Any) -> Submission:
    """Return a submission that came now, through the one way in."""
    parts = tuple(Said(part) if isinstance(part, str) else part for part in texts)
    raw = json.dumps([next(_numbers), *[[part.anchor, part.content] for part in parts]], ensure_ascii=False).encode()
    by = fields.pop("by", None)
    arrival = Arrival(channel=channel, parts=parts, raw=raw, raw_media_type="application/json", **fields)
    receipt = intake.receive(consultation, arrival, at=now(), **({"actor": by} if by is not None else {}))
    return receipt.submission


def accepted(consultation: Consultation, *texts: str | Said, **fields: Any) -> list[Opinion]:
    """Return the opinions of a submission that the moderator let pass."""
    came = sent(consultation, *texts, **fields)
    moderation.accept(who("moderator"), came, at=now())
    return opinions_of(came)


def opinions_of(came: Submission) -> list[Opinion]:
    """Return the opinions of a submission that are in force, oldest first."""
    query = db.select(Opinion).where(Opinion.submission_id == came.id, Opinion.withdrawn.is_(False))
    return list(db.session.scalars(query.order_by(Opinion.id)))


def letter(
    subject: str,
    text: str,
    *,
    sender: str = "王芳 <wangfang@example.cn>",
    files: tuple[tuple[str, bytes, str], ...] = (),
    charset: str = "utf-8",
    **fields: str,
) -> bytes:
    """Return a mail as its sender's program wrote it."""
    mail = EmailMessage()
    mail["Received"] = f"from a by mx.dept.example.gov.cn; {format_datetime(now())}"
    mail["From"], mail["To"], mail["Subject"] = sender, "yijian@dept.example.gov.cn", subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<kept-{next(_numbers)}@example.cn>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, charset=charset)
    for name, data, kind in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def mailed(raw: bytes) -> Any:
    """Return what became of a mail that came now."""
    return mailbox.ingest(raw, source="来信.eml", at=now())
