"""Consultees: the register, the list, invitations, every way to answer, members with accounts, gatherings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from consult.accounts.permissions import SYSTEM
from consult.clock import LOCAL, now
from consult.consultees import deadlines, gatherings, invitations, listing, mailing, members, register, responses
from consult.consultees.models import Consultee, ConsulteeKind, GatheringKind, Invitation, MemberRole, Method, Size
from consult.drafting.models import Consultation
from consult.intake.arrival import Said
from consult.intake.models import Channel
from consult.store import db
from tests.kept.make.base import PDF, World, docx_of, file, letter, mailed, png_of, who

_E, _A, _G = ConsulteeKind.ENTERPRISE, ConsulteeKind.ASSOCIATION, ConsulteeKind.GROUP_ORGANISATION
REGISTER = (
    ("餐饮行业协会", _A, None, "xiehui@example.cn"),
    ("物业管理协会", _A, None, "wuye@example.cn"),
    ("第一大餐饮有限公司", _E, Size.LARGE, "yi@example.cn"),
    ("第二大餐饮有限公司", _E, Size.LARGE, "er@example.cn"),
    ("中型餐饮有限公司", _E, Size.MEDIUM, "zhong@example.cn"),
    ("小型餐饮有限公司", _E, Size.SMALL, "xiao@example.cn"),
    ("微型餐饮店", _E, Size.MICRO, "wei@example.cn"),
    ("退信餐饮有限公司", _E, Size.SMALL, "nobody@example.cn"),
    ("谢绝餐饮有限公司", _E, Size.MEDIUM, "no@example.cn"),
    ("沉默餐饮有限公司", _E, Size.SMALL, "silent@example.cn"),
    ("撤回餐饮有限公司", _E, Size.SMALL, "revoked@example.cn"),
    ("延期餐饮有限公司", _E, Size.MEDIUM, "later@example.cn"),
    ("纸质餐饮有限公司", _E, Size.SMALL, ""),
    ("电话餐饮有限公司", _E, Size.MICRO, "dianhua@example.cn"),
    ("来信餐饮有限公司", _E, Size.SMALL, "laixin@example.cn"),
    ("客套餐饮有限公司", _E, Size.SMALL, "ketao@example.cn"),
    ("附件餐饮有限公司", _E, Size.SMALL, "fujian@example.cn"),
    ("更正餐饮有限公司", _E, Size.SMALL, "gengzheng@example.cn"),
    ("草稿餐饮有限公司", _E, Size.SMALL, "caogao@example.cn"),
    ("列名餐饮有限公司", _E, Size.SMALL, "lieming@example.cn"),
    ("老年人协会联络处", _G, None, "laoren@example.cn"),
)
TABLE = (
    "名称,统一社会信用代码,类型,规模,行业,地区,联系人,电话,邮箱\n"
    "导入餐饮有限公司,91350100M000100Y43,企业,小型,H,某省某市,赵一,13800138001,daoru@example.cn\n"
    "导入烹饪协会,,行业协会商会,,H,某省某市,钱二,13800138002,pengren@example.cn\n"
    ",,企业,小型,H,某省,,,\n"
)


def fill_register(world: World, folder: Any) -> None:
    """Fill the register: typed in, imported, merged, retired; two members get accounts."""
    drafter = who("drafter")
    for name, kind, size, email in REGISTER:
        register.add(
            drafter,
            register.Entry(
                name,
                kind,
                size=size,
                sector="H" if kind is _E else "",
                region="某省某市",
                contact_name="联系人甲",
                phone="13900139000",
                email=email,
            ),
            at=now(),
        )
    (folder / "名录.csv").write_text(TABLE, encoding="utf-8")
    world.cli("consultees", "import", str(folder / "名录.csv"))
    double = register.add(drafter, register.Entry("第一大餐饮公司", _E, size=Size.LARGE), at=now(), checked=True)
    register.merge(drafter, named("第一大餐饮有限公司"), double, at=now())
    closed = register.add(drafter, register.Entry("歇业餐饮有限公司", _E, size=Size.MICRO), at=now())
    register.retire(drafter, closed, "已经注销", at=now())
    changed = named("小型餐饮有限公司")
    register.change(drafter, changed, register.Entry("小型餐饮有限公司", _E, size=Size.MICRO, sector="H",
                    region="某省某市", email="xiao2@example.cn"), at=now())  # fmt: skip
    world.notes["members"] = []
    for organisation, username, role in (
        ("第一大餐饮有限公司", "yi-send@example.cn", MemberRole.SEND),
        ("第一大餐饮有限公司", "yi-draft@example.cn", MemberRole.DRAFT),
        ("餐饮行业协会", "xiehui-send@example.cn", MemberRole.SEND),
        ("第二大餐饮有限公司", "er-left@example.cn", MemberRole.SEND),
    ):
        consultee = named(organisation)
        member, password = members.admit(drafter, consultee, username=username, name="成员甲", role=role, at=now())
        left = "left" in username
        if left:
            members.dismiss(drafter, member, at=now())
        world.notes["members"].append({"username": username, "password": password, "left": left})


def named(name: str) -> Consultee:
    """Return a consultee by its name, the one kept."""
    query = db.select(Consultee).where(Consultee.name == name, Consultee.merged_into_id.is_(None))
    return db.session.scalars(query).one()


def asked(consultation: Consultation, name: str, method: Method = Method.MAIL, **fields: Any) -> Invitation:
    """Return the invitation of a consultee that is put on the list now."""
    drafter, consultee = who("drafter"), named(name)
    listing.add(drafter, consultation, [(consultee, "起草处室指定")], at=now())
    return invitations.invite(drafter, consultation, consultee, method=method, at=now(), **fields)


def invite_all(world: World, consultation: Consultation) -> dict[str, Invitation]:
    """Put everybody on the list and invite nearly all: by mail, which goes out now, and by hand."""
    made = {name: asked(consultation, name) for name, _, _, email in REGISTER[:-2] if email}
    made["纸质餐饮有限公司"] = asked(consultation, "纸质餐饮有限公司", Method.LETTER)
    invitations.mark_sent(who("drafter"), made["纸质餐饮有限公司"], at=now())
    invitations.mark_delivered(who("drafter"), made["纸质餐饮有限公司"], at=now())
    made["老年人协会联络处"] = asked(consultation, "老年人协会联络处", Method.HAND, last_day=date(2026, 11, 20))
    invitations.mark_sent(who("drafter"), made["老年人协会联络处"], at=now())
    listing.add(who("drafter"), consultation, [(named("列名餐饮有限公司"), "")], at=now())
    away = named("导入餐饮有限公司")
    listing.add(who("drafter"), consultation, [(away, "")], at=now())
    listing.remove(who("drafter"), consultation, away, "业务不相干", at=now())
    assert all(not done.trouble for done in mailing.send_waiting(now(), consultation))
    db.session.expire_all()
    return made


def answer(world: World, consultation: Consultation, made: dict[str, Invitation]) -> None:
    """Have them answer in every way that there is, or not."""
    drafter, client = who("drafter"), world.app.test_client()
    world.notes["links"] = []
    for name in ("餐饮行业协会", "第一大餐饮有限公司", "草稿餐饮有限公司", "沉默餐饮有限公司", "更正餐饮有限公司"):
        token = invitations.token_from(made[name].nonce)
        assert client.get(f"/portal/i/{token}").status_code == 303
        world.notes["links"].append({"consultee": name, "token": token, "invitation": made[name].id})
    db.session.expire_all()
    _by_portal(made)
    _by_mail(made)
    scan = file("盖章复函.png", png_of(200))
    responses.enter(drafter, made["纸质餐饮有限公司"], channel=Channel.LETTER,
                    parts=[Said("建议公开选定的方式写明招标。", "art-4")], attachments=[scan], at=now(),
                    received_on=date(2026, 10, 20))  # fmt: skip
    responses.enter(drafter, made["老年人协会联络处"], channel=Channel.LETTER, no_opinion=True,
                    attachments=[file("无意见复函.pdf", PDF)], at=now())  # fmt: skip
    responses.enter(drafter, made["电话餐饮有限公司"], channel=Channel.PHONE, no_opinion=True, at=now())
    invitations.decline(invitations.as_consultee(named("谢绝餐饮有限公司")), made["谢绝餐饮有限公司"],
                        "已不经营此项业务", at=now())  # fmt: skip
    invitations.revoke(drafter, made["撤回餐饮有限公司"], "发错了单位", at=now())
    late = made["延期餐饮有限公司"]
    deadlines.ask_extension(invitations.as_consultee(late.consultee), late, "需要开会研究", at=now())
    deadlines.grant_extension(drafter, late, date(2026, 11, 18), at=now())
    other = made["沉默餐饮有限公司"]
    deadlines.ask_extension(invitations.as_consultee(other.consultee), other, "人手不够", at=now())
    deadlines.refuse_extension(drafter, other, "期限不能再延", at=now())


def _by_portal(made: dict[str, Invitation]) -> None:
    first, association = made["第一大餐饮有限公司"], made["餐饮行业协会"]
    by = invitations.as_consultee(first.consultee, members.of(first.consultee)[0])
    responses.save_draft(
        first, {"parts": [["art-3", "先写一点"]], "attachments": [], "note": ""}, by="成员甲", at=now()
    )
    responses.respond(by, first, parts=[Said("建议优惠由财政补贴。", "art-3"), Said("总体赞成。")],
                      attachments=[file("复函.pdf", PDF + b"%1\n")], publish_name=True, by="成员甲", at=now())  # fmt: skip
    responses.respond(
        invitations.as_consultee(association.consultee), association, no_opinion=True, by="秘书处", at=now()
    )
    corrected = made["更正餐饮有限公司"]
    by = invitations.as_consultee(corrected.consultee)
    responses.respond(by, corrected, no_opinion=True, by="经理", at=now())
    responses.respond(by, corrected, parts=[Said("更正：建议删去第四条。", "art-4")], by="经理", at=now())
    responses.save_draft(
        made["草稿餐饮有限公司"], {"parts": [["art-3", "还没写完"]], "attachments": [], "note": ""}, by="乙", at=now()
    )


def _by_mail(made: dict[str, Invitation]) -> None:
    def reply(name: str, text: str, **fields: Any) -> None:
        invitation = made[name]
        mailed(letter(f"回复：征求意见函：{invitation.consultation.title}", text, sender=invitation.email,
                      In_Reply_To=f"<{invitation.message_id}>", **fields))  # fmt: skip

    reply("来信餐饮有限公司", "我公司建议第三条增加过敏原提示。")
    reply("客套餐饮有限公司", "收到，谢谢")
    reply(
        "附件餐饮有限公司",
        "详见附件。",
        files=(("复函.docx", docx_of("我公司建议放宽第四条。"), "application/msword"),),
    )
    reply("微型餐饮店", "经研究，我店无意见。")
    reply("微型餐饮店", "补充：建议价格牌统一样式。")
    reply("小型餐饮有限公司", "我公司没有意见，但是建议第三条再细化。")
    mailed(
        (
            "From: MAILER-DAEMON@mx.example.cn\r\nTo: zqyj@example.gov.cn\r\nSubject: Undelivered\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nno such user\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
            "Final-Recipient: rfc822; nobody@example.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 no such user\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{made['退信餐饮有限公司'].message_id}>\r\n"
            "Subject: x\r\n\r\nx\r\n--b--\r\n"
        ).encode()
    )
    db.session.expire_all()


def gather(consultation: Consultation, *, held: datetime) -> None:
    """Arrange a symposium, a hearing and an expert argument before they are held."""
    drafter = who("drafter")
    for kind, title in (
        (GatheringKind.SYMPOSIUM, "企业座谈会"),
        (GatheringKind.HEARING, "听证会"),
        (GatheringKind.EXPERT_ARGUMENT, "专家论证会"),
    ):
        invited = [named("物业管理协会"), named("第二大餐饮有限公司")] if kind is GatheringKind.SYMPOSIUM else []
        made = gatherings.arrange(drafter, consultation, kind=kind, title=title, place="三楼会议室", held_at=held,
                                  invited=invited, others=["居民代表甲", "专家乙"], at=now())  # fmt: skip
        gatherings.send_materials(drafter, consultation, made, at=now())


def hold_gatherings(consultation: Consultation) -> None:
    """Note who came and what was said; one gathering keeps no minutes."""
    drafter = who("drafter")
    for made in gatherings.of(consultation):
        if made.kind is not GatheringKind.HEARING:
            minutes = file(f"{made.title}纪要.docx", docx_of(f"{made.title}纪要"))
        else:
            minutes = None
        came = {row.id for row in made.attendances[:-1]}
        gatherings.keep_minutes(drafter, consultation, made, came=came, minutes=minutes, at=now())
        first = made.attendances[0]
        gatherings.said(drafter, consultation, first, [Said(f"{made.title}上的发言：价格要稳定。", "art-3")], at=now())


def heard(consultation: Consultation) -> None:
    """Have as many be heard as the rules demand."""
    for name in ("餐饮行业协会", "第一大餐饮有限公司", "第二大餐饮有限公司", "中型餐饮有限公司", "小型餐饮有限公司",
                 "微型餐饮店", "老年人协会联络处"):  # fmt: skip
        made = asked(consultation, name, Method.HAND)
        invitations.mark_sent(who("drafter"), made, at=now())
        responses.respond(invitations.as_consultee(made.consultee), made, no_opinion=True, by="钱二", at=now())


def invite_again(consultation: Consultation) -> None:
    """Invite a consultee whose mail bounced once more, by a better address, and remind who hasn't answered."""
    back = db.session.scalars(
        db.select(Invitation).where(Invitation.consultation_id == consultation.id, Invitation.bounced_at.is_not(None))
    ).one()
    invitations.send_anew(who("drafter"), back, method=Method.MAIL, email="somebody@example.cn", at=now())
    mailing.send_waiting(now(), consultation)
    mailing.remind(SYSTEM, now())


HELD = datetime(2026, 10, 26, 14, 0, tzinfo=LOCAL)
