"""Submissions by every channel, screened in every way."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

from sqlalchemy import select

from consult.clock import now
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.intake import table_imports, unassigned
from consult.intake.arrival import Said
from consult.intake.columns import Field
from consult.intake.mailbox import keeping, service, withheld
from consult.intake.mailbox.models import Ending, Mailbox
from consult.intake.models import Channel, Doubt, SenderKind, Submission, SubmissionState
from consult.moderation import service as moderation
from consult.store import db
from tests.clamd import BAD
from tests.kept.make.base import PDF, World, docx_of, file, letter, mailed, png_of, sent, who

SAME = "优惠的年龄应当降到六十周岁。"
HOTLINE = (
    "工单编号,诉求内容,来电人,来电号码,来电时间\n"
    "T0001,希望延长开放时间到晚上九点。,来电人一,13800138011,2026-11-04 09:00:00\n"
    "T0002,,来电人二,13800138012,2026-11-04 09:30:00\n"
    "T0003,价格不要高于周边。,来电人三,13800138013,2026-11-04 10:00:00\n"
)


def by_every_channel(consultation: Consultation) -> None:
    """Take one by each channel, and ten that say the same."""
    for n in range(10):
        sent(consultation, Said(SAME, "art-3"), name=f"居民{n}", contact=f"1380013800{n}")
    moderator = who("moderator")
    sent(consultation, Said("价格公示要写清楚分量。", "art-3-para-1-item-1", "公示菜品价格"), Said("整体支持。"), name="赵一",
         contact="13800138000", publish_name=True, attachments=(file("补充材料.docx", docx_of("补充说明")),))  # fmt: skip
    sent(
        consultation, "我叫李某某，电话13912345678，住在某路某小区3号楼201室，希望早点开。", name="李某某", contact="13912345678"
    )
    sent(consultation, "请不要公开我的这条意见。", keep_private=True, name="王二")
    sent(consultation, "来信：建议设置老人专座。", channel=Channel.LETTER, name="陈三", by=moderator,
         attachments=(file("来信扫描.png", png_of(120 + consultation.id)),))  # fmt: skip
    sent(consultation, "来电：什么时候开始？", channel=Channel.PHONE, name="来电人", contact="010-00000000", by=moderator)
    sent(consultation, "热线：希望延长开放时间。", channel=Channel.HOTLINE, external_id=f"H-{consultation.id}-1", by=moderator)
    sent(consultation, "留言：点赞！", channel=Channel.NEW_MEDIA, external_id=f"W-{consultation.id}-1", by=moderator)
    sent(consultation, "会上发言：要有监督。", channel=Channel.MEETING, subject="居民座谈会", name="居民代表", by=moderator)
    sent(consultation, "本公司建议统一标识。", name="某公司", sender_kind=SenderKind.ENTERPRISE, publish_name=True)
    sent(consultation, "表单由程序填写", doubt=Doubt.TRAP)


def by_mail(world: World, subject: str) -> None:
    """Take mails of many kinds: fitting, in another charset, with files, forwarded, doubled, automatic, unassigned."""
    about = f"关于{subject}管理办法的意见"
    plain = letter(about, f"我对{subject}的意见：建议第三条增加公示食材来源的要求。")
    mailed(plain)
    mailed(plain)  # delivered twice
    mailed(
        letter(about, "第四条：选定结果应当公示。", sender="=?gbk?B?1cXI/Q==?= <zhang@example.cn>", charset="gb18030")
    )
    mailed(letter(about, "见附件。", files=(("意见.docx", docx_of("附件里的意见：第二条太宽。"), "application/msword"),
                                      ("程序.exe", b"MZ" + bytes(200), "application/octet-stream"))))  # fmt: skip
    mailed(letter(about, "图太大，放在附件里。", files=(("照片.png", png_of(33) + bytes(90_000), "image/png"),)))
    mailed(letter(about, "有毒的附件。", files=(("说明.txt", BAD, "text/plain"),)))
    mailed(letter("自动回复：外出", "我正在休假。", Auto_Submitted="auto-replied"))
    waiting = mailed(letter("你好", f"不知道该写到哪里。{subject}", sender="luren1@example.cn"))
    other = mailed(letter("问个问题", "食堂什么时候开？", sender="luren2@example.cn"))
    advert = mailed(letter("优惠办证", "办证加微信。", sender="ad@example.cn"))
    mailed(b"\x00\x01\x02 not a mail at all")
    for ingested, act in ((other, "assign"), (advert, "dismiss")):
        came = db.session.scalars(select(Submission).where(Submission.number == ingested.number)).one()
        if came.consultation_id is None and act == "assign":
            target = db.session.scalars(select(Consultation).where(Consultation.title.like(f"{subject}%"))).one()
            unassigned.assign(who("moderator"), came, target, at=now())
        elif came.consultation_id is None:
            unassigned.dismiss(who("moderator"), came, "广告", at=now())
    assert waiting.number
    _by_imap(about)
    db.session.expire_all()


def _by_imap(about: str) -> None:
    """Keep letters as a fetch keeps them, each seen under a UID; the server keeps one back."""
    box = db.session.scalars(select(Mailbox).where(Mailbox.active.is_(True))).one()
    first = box.last_uid + 1
    letters = [
        keeping.Letter(letter(about, f"信箱里的第{uid}封：开放时间要长。"), f"imap {uid}", now(), uid)
        for uid in (first, first + 1)
    ]
    kept = keeping.keep(letters, at=now(), mailbox=box, uidvalidity=77, read_up_to=first + 3)
    service.sort([mail.id for mail in kept], at=now())
    withheld.note(box, 77, {first + 2: "NO internal error", first + 3: "NO too large"}, at=now())
    withheld.settle(box, 77, [first + 2], Ending.GONE)


def by_pages(world: World, slug: str, folder: Path) -> None:
    """Send by the public form, by the JSON interface, and by a table of the hotline at the command line."""
    client = world.app.test_client()
    address = f"/consultations/{slug}/comment"
    token = re.search(r'<input[^>]*name="token"[^>]*value="([^"]*)"', client.get(address).text)
    assert token
    form = {
        "verb": "send",
        "token": html.unescape(token[1]),
        "sender_kind": "person",
        "pieces-0-anchor": "art-3",
        "pieces-0-content": "网页上写的意见：价格要便宜。",
        "pieces-1-anchor": "",
        "pieces-1-content": "谢谢。",
        "name": "网民甲",
        "contact": "13800138021",
        "files": (io.BytesIO(PDF), "网页附件.pdf"),
    }
    assert client.post(address, data=form, content_type="multipart/form-data").status_code == 303
    api = f"/api/v1/consultations/{slug}/submissions"
    assert client.post(api, json={"content": "接口来的意见。"}, headers={"Idempotency-Key": "k-1"}).status_code == 201
    trusted = {"Authorization": f"Bearer {world.notes['senders']['12345热线平台']}"}
    document = {
        "opinions": [{"anchor": "art-4", "content": "热线转来：要公开。"}],
        "external_id": "RX-1",
        "received_at": "2026-10-19T09:00:00+08:00",
        "name": "热线来电人",
    }
    assert client.post(api, json=document, headers=trusted).status_code == 201
    table = folder / "热线.csv"
    table.write_text(HOTLINE.replace("2026-11-04", "2026-10-18"), encoding="gb18030")
    world.cli("submissions", "import", str(table), "--consultation", slug, "--channel", "hotline", "--by", "moderator")
    db.session.expire_all()


def screen(consultation: Consultation) -> None:
    """Screen in every way; some wait, one is being screened."""
    moderator = who("moderator")
    every = list(
        db.session.scalars(
            select(Submission)
            .where(Submission.consultation_id == consultation.id, Submission.state == SubmissionState.RECEIVED)
            .order_by(Submission.id)
        )
    )
    reasons = moderation.rejection_reasons()
    plain = [came for came in every if came.parts[0].content != SAME]
    same = [came for came in every if came.parts[0].content == SAME]
    moderation.accept_many(moderator, same[:8], at=now())
    moderation.mark_duplicate(moderator, same[8], same[0], at=now())
    private = next(came for came in plain if "13912345678" in came.parts[0].content)
    moderation.accept(moderator, private, at=now())
    moderation.mask(moderator, private, {private.parts[0].id: "希望早点开。"}, at=now())
    robot = next(came for came in plain if came.doubt is Doubt.TRAP)
    moderation.reject(moderator, robot, reason_id=reasons[0].id, reason="像是程序填写的", at=now())
    others = [came for came in plain if came not in (private, robot)]
    moderation.reject(moderator, others[0], reason_id=reasons[-1].id, reason="先退再收", at=now())
    moderation.undo(moderator, others[0], at=now())
    moderation.take_up(moderator, others[1], at=now())
    written = {part.id: f"{part.content}（有删节）" for part in others[2].parts}
    moderation.accept(moderator, others[2], at=now(), public_texts=written)
    for came in others[3:-4]:
        moderation.accept(moderator, came, at=now())


def let_pass(consultation: Consultation) -> None:
    """Let everything pass that waits, but what a robot wrote."""
    moderator, reasons = who("moderator"), moderation.rejection_reasons()
    waiting = select(Submission).where(
        Submission.consultation_id == consultation.id,
        Submission.state.in_([SubmissionState.RECEIVED, SubmissionState.SCREENING]),
    )
    for came in db.session.scalars(waiting.order_by(Submission.id)).all():
        if came.doubt is Doubt.TRAP:
            moderation.reject(moderator, came, reason_id=reasons[0].id, reason="", at=now())
        else:
            moderation.accept(moderator, came, at=now())


def tables(consultation: Consultation) -> None:
    """Upload tables: one is taken, one checked and waiting, one waiting for its columns to be named, one given up."""
    moderator = who("moderator")

    def uploaded(name: str, text: str) -> table_imports.TableImport:
        data = io.BytesIO(text.encode("utf-8-sig"))
        return table_imports.upload(moderator, consultation, Channel.HOTLINE, name, data, limit=1 << 20, at=now())

    taken = uploaded("工单一.csv", HOTLINE)
    jobs.run("imports")
    db.session.expire_all()
    table_imports.take(moderator, taken, at=now())
    jobs.run("imports")
    db.session.expire_all()
    assert taken.stage.value == "taken", taken.why
    uploaded("工单二.csv", HOTLINE.replace("T000", "S000"))
    uploaded("工单三.csv", "甲,乙\n一,二\n")
    away = uploaded("工单四.csv", HOTLINE.replace("T000", "U000"))
    table_imports.give_up(moderator, away, at=now())
    jobs.run("imports")
    waits = uploaded("工单五.csv", HOTLINE.replace("T000", "V000"))
    table_imports.check(
        moderator, waits, {Field.CONTENT: "诉求内容"}, at=now()
    ) if waits.stage.value == "choosing" else None
