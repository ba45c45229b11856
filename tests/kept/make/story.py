"""The story of the kept instance, by days: what was done, when and by whom."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from consult.accounts import service as accounts
from consult.accounts.permissions import SYSTEM
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.clock import now
from consult.drafting import instruments
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.drafting.release import extend_period
from consult.intake import senders
from consult.intake.mailbox import boxes
from consult.intake.models import Channel
from consult.meeting import facts
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.app_context import settings
from consult.store import db
from tests.clamd import listening
from tests.kept.make import hearing, receiving
from tests.kept.make.base import (
    DRAFT,
    NOTICE_FORM,
    PASSWORD,
    WITH_ANNEXES,
    World,
    accepted,
    drafted,
    open_accounts,
    opinions_of,
    released,
    sent,
    who,
)
from tests.kept.make.ending import meet, publish_report

INSTRUMENTS = """效力级别,名称,公布日期,施行日期,时效性
法律,中华人民共和国食品安全法,2021-04-29,2009-06-01,现行有效
地方政府规章,某省社区食堂管理暂行办法,2018-05-01,2018-06-01,失效
"""
SAME = "优惠的年龄应当降到六十周岁。"


def tell(world: World, folder: Path) -> None:
    """Tell all of it."""
    _prepare(world, folder)
    _release(world)
    _receive(world, folder)
    _november(world)
    _decide_and_report(world)
    _end(world, folder)


def _prepare(world: World, folder: Path) -> None:
    world.at("2026-10-08 09:00")
    world.cli("db", "upgrade")
    world.cli("demo", "load")
    open_accounts(world)
    world.at("2026-10-08 11:00")
    instruments.take(who("legal"), "法规库.csv", INSTRUMENTS.encode("utf-8-sig"), at=now())
    admin = who("admin")
    box = boxes.Terms(
        "127.0.0.1", "yijian@dept.example.gov.cn", "mailbox password 0021", 9, address="yijian@dept.example.gov.cn"
    )
    boxes.add(admin, box, at=now())
    old = boxes.add(admin, boxes.Terms("127.0.0.1", "old@dept.example.gov.cn", "older password", 9), at=now())
    boxes.close(admin, old, at=now())
    world.notes["mailboxes"] = {
        "yijian@dept.example.gov.cn": "mailbox password 0021",
        "old@dept.example.gov.cn": "older password",
    }
    _, key = senders.admit(admin, name="12345热线平台", channel=Channel.HOTLINE, at=now())
    _, revoked = senders.admit(admin, name="旧平台", channel=Channel.NEW_MEDIA, at=now())
    senders.revoke(admin, "旧平台", at=now())
    world.notes["senders"] = {"12345热线平台": key, "旧平台": revoked}
    hearing.fill_register(world, folder)
    client = world.app.test_client()
    wrong = client.post("/desk/sign-in", data={"username": "drafter", "password": "wrong"})
    right = client.post("/desk/sign-in", data={"username": "drafter", "password": PASSWORD})
    assert (wrong.status_code, right.status_code) == (400, 303)
    world.work("seal", "checkpoint")


def _release(world: World) -> None:
    world.at("2026-10-09 10:00")
    for slug, subject, fields in (
        ("kept-meeting", "社区食堂", {"kind": "major-decision", "enterprise_related": True}),
        ("kept-promulgated", "养老驿站", {}),
        ("kept-published", "社区菜店", {"enterprise_related": True}),
        ("kept-review", "社区浴室", {}),
        ("kept-closed", "社区托育点", {"enterprise_related": True}),
        ("kept-withdrawn", "社区快递柜", {}),
    ):
        released(slug, subject, **fields)
    drafting.give(who("drafter"), by_slug("kept-closed"), _user("moderator2"), at=now())
    world.at("2026-10-12 10:00")
    world.notes["invitations"] = hearing.invite_all(world, by_slug("kept-closed"))
    hearing.gather(by_slug("kept-closed"), held=hearing.HELD)
    hearing.gather(by_slug("kept-meeting"), held=hearing.HELD)
    world.at("2026-10-14 10:00")
    hearing.heard(by_slug("kept-meeting"))
    world.work("seal", "checkpoint", "counts")


def _receive(world: World, folder: Path) -> None:
    world.at("2026-10-20 10:00")
    hearing.answer(world, by_slug("kept-closed"), world.notes.pop("invitations"))
    for slug in ("kept-meeting", "kept-promulgated", "kept-published", "kept-review", "kept-closed"):
        receiving.by_every_channel(by_slug(slug))
    receiving.by_mail(world, "社区托育点")
    receiving.by_pages(world, "kept-closed", folder)
    sent(by_slug("kept-withdrawn"), "支持放在小区里。", name="孙六")
    drafting.withdraw(who("publisher"), by_slug("kept-withdrawn"), "上级正在制定同类规定，先行撤回。", at=now())
    receiving.screen(by_slug("kept-closed"))
    with listening() as address:
        settings().clamd_address = address
        world.work()
        settings().clamd_address = ""
    world.at("2026-10-27 10:00")
    hearing.hold_gatherings(by_slug("kept-closed"))
    hearing.hold_gatherings(by_slug("kept-meeting"))
    world.work()


def _november(world: World) -> None:
    world.at("2026-11-02 09:30")
    hearing.invite_again(by_slug("kept-closed"))
    in_force = DRAFT.replace("社区食堂", "社区公园").replace("（征求意见稿）", "").replace("七十周岁", "八十周岁")
    made = released("kept-open", "社区公园", in_force=in_force, enterprise_related=True)
    made_by = world.app.test_client()
    world.at("2026-11-05 15:00")
    receiving.by_every_channel(made)
    receiving.by_mail(world, "社区公园")
    receiving.tables(made)
    extend_period(who("publisher"), made, last_day=date(2026, 12, 18), reason="来信反映需要更多时间。", at=now())
    invitation = hearing.asked(made, "第一大餐饮有限公司")
    hearing.asked(made, "餐饮行业协会")
    world.work()
    token = hearing.invitations.token_from(invitation.nonce)
    assert made_by.get(f"/portal/i/{token}").status_code == 303
    world.notes["links"].append({"consultee": "第一大餐饮有限公司", "token": token, "invitation": invitation.id})
    db.session.expire_all()


def _decide_and_report(world: World) -> None:
    world.at("2026-11-10 09:00")
    late = sent(by_slug("kept-closed"), "刚看到，补一条意见。", name="周七")  # after the period
    moderation.take_up(who("moderator"), late, at=now())
    _partly_decide(by_slug("kept-closed"))
    for slug in ("kept-meeting", "kept-promulgated", "kept-published", "kept-review"):
        _decide_all(by_slug(slug))
    world.at("2026-11-11 09:00")
    for slug in ("kept-meeting", "kept-promulgated", "kept-published"):
        publish_report(by_slug(slug), "感谢参与，收到的意见已经逐条研究。")
    first = reporting.compile_report(who("drafter"), by_slug("kept-review"), at=now(), statement="初稿。")
    reporting.submit_for_review(who("drafter"), first, at=now())
    reporting.return_report(who("legal"), first, "说明写得太短", at=now())
    second = reporting.compile_report(who("drafter"), by_slug("kept-review"), at=now(), statement="逐条研究的情况如下。")
    reporting.submit_for_review(who("drafter"), second, at=now())
    world.at("2026-11-13 09:00")
    _correct(by_slug("kept-published"))
    client = world.app.test_client()
    _give_up_name(world, client)
    world.work()


def _partly_decide(consultation: Consultation) -> None:
    """Place, split, group by the machine and by hand; propose, return, confirm some."""
    drafter, second = who("drafter"), who("drafter2")
    spoken = accepted(consultation, "价格要公示。\n\n样品要留存七天。", name="吴八")[0]
    for piece in adoption.split(drafter, spoken, ["价格要公示。", "样品要留存七天。"], at=now()):
        adoption.place(
            drafter, piece, "art-3-para-1-item-1" if "价格" in piece.content else "art-3-para-1-item-2", at=now()
        )
    adoption.group(drafter, consultation, at=now())
    every = _standing(consultation)
    whole = [opinion for opinion in every if not opinion.anchor and opinion.group_id is None][:3]
    if len(whole) >= 3:
        made = adoption.put_together(drafter, whole[:2], "总体意见", at=now())
        adoption.put_in(drafter, whole[2], made, at=now())
        adoption.take_out(drafter, [whole[2]], at=now())
        adoption.rename(drafter, made, "总体上的意见", at=now())
        adoption.decide(drafter, made, Outcome.EXPLAINED, "已有规定。", at=now())
    alone = [opinion for opinion in _standing(consultation) if opinion.group_id is None]
    decided = [
        adoption.decide(
            drafter, opinion, outcome, "" if outcome is Outcome.ADOPTED else "理由如下：已有规定。", at=now()
        )
        for opinion, outcome in zip(alone, Outcome, strict=False)
    ]
    adoption.review(second, decided[0], at=now())
    adoption.return_decision(second, decided[1], "请写明哪一部分采纳", at=now())
    adoption.decide(drafter, alone[0], Outcome.NOT_ADOPTED, "改为不采纳。", at=now())


def _decide_all(consultation: Consultation) -> None:
    """Screen what waits, group what says the same, decide on all and have another person confirm it."""
    drafter, second = who("drafter"), who("drafter2")
    receiving.let_pass(consultation)
    same = [opinion for opinion in _standing(consultation) if opinion.content == SAME]
    made = adoption.put_together(drafter, same, "降低优惠年龄", at=now())
    decisions = [adoption.decide(drafter, made, Outcome.NOT_ADOPTED, "财政承受能力有限。", at=now())]
    rest = [opinion for opinion in _standing(consultation) if opinion.group_id is None]
    outcomes = list(Outcome)
    for n, opinion in enumerate(rest):
        decisions.append(adoption.decide(drafter, opinion, outcomes[n % 5], "已经研究，理由如上。", at=now()))
    adoption.review_many(second, decisions, at=now())
    db.session.expire_all()


def _correct(consultation: Consultation) -> None:
    opinion = _standing(consultation)[0]
    decision = adoption.decide(who("drafter"), opinion, Outcome.ADOPTED, "更正：采纳。", at=now())
    adoption.review(who("drafter2"), decision, at=now())
    publish_report(consultation, "更正后的说明。", correction="第一条意见的采纳情况有误")


def _give_up_name(world: World, client: Any) -> None:
    came = sent(by_slug("kept-open"), "可以公布我的姓名。", name="郑九", contact="13800138009", publish_name=True)
    from consult.intake.receipts import key_of

    assert client.get(f"/receipts/{came.number}?key={key_of(came.number)}").status_code == 303
    assert client.post(f"/receipts/{came.number}/consent").status_code == 303
    db.session.expire_all()


def _end(world: World, folder: Path) -> None:
    world.at("2026-11-19 16:00")
    meet(by_slug("kept-promulgated"), full=False)
    meet(by_slug("kept-meeting"), full=True)
    assert {fact.name for fact in facts.stated(by_slug("kept-meeting")).values()} >= facts.known_names()
    meet(by_slug("kept-published"), full=False, submit=False)
    world.at("2026-11-23 10:00")
    _last_drafts(world)
    accounts.set_password(who("admin"), _user("moderator2"), PASSWORD + "2", at=now())
    world.at("2026-11-24 10:00")
    world.work()
    world.at("2026-11-24 12:00")
    sent(by_slug("kept-open"), "检查点以后又来一件。", name="冯十")  # waits for its place in the tree
    world.at("2026-11-25 10:00")
    (folder / "summary.json").write_text(json.dumps(world.notes, ensure_ascii=False, default=str))


def _last_drafts(world: World) -> None:
    drafted("kept-drafting", "", text=WITH_ANNEXES)
    noticed = drafted("kept-in-review", "", text=NOTICE_FORM)
    drafting.submit_for_review(who("drafter"), noticed, at=now())
    returned = drafted("kept-returned", "社区停车场", in_force=DRAFT.replace("社区食堂", "社区停车场"))
    drafting.submit_for_review(who("drafter"), returned, at=now())
    drafting.return_to_drafter(who("publisher"), returned, "请写明主要内容", at=now())
    later = drafted("kept-scheduled", "社区书屋")
    drafting.submit_for_review(who("drafter"), later, at=now())
    drafting.publish(who("publisher"), later, at=now(), opens=date(2026, 12, 1))
    short = drafted("kept-short", "社区充电棚", kind="major-decision")
    drafting.submit_for_review(who("drafter"), short, at=now())
    drafting.publish(who("publisher"), short, at=now(), days=10, reason="冬季用电高峰，情况紧急。")


def _standing(consultation: Consultation) -> list[Opinion]:
    query = select(Opinion).where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
    return list(db.session.scalars(query.order_by(Opinion.id)))


def by_slug(slug: str) -> Consultation:
    """Return a consultation by its slug."""
    return db.session.scalars(select(Consultation).where(Consultation.slug == slug)).one()


def _user(username: str) -> Any:
    from consult.accounts.models import User

    return db.session.scalars(select(User).where(User.username == username)).one()


__all__ = ["SYSTEM", "io", "opinions_of", "tell"]
