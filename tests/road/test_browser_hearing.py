"""Hearing in a real Chromium: from an empty list to a green gate; an enterprise answers on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from consult import clock
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.accounts.service import create_user
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.consultees import invitations
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation
from consult.intake.mailbox import service as mailbox
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.store import db
from tests.builders import DRAFT, NOON, docx_of
from tests.consultees.test_mail import bounce
from tests.intake.mailbox.letters import a_letter
from tests.road.test_browser_road import CHROMIUM, PASSWORD, PEOPLE, Site, publish, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAMES = ["和顺", "康乐", "福满", "晨光", "南园", "四季", "江畔", "长青", "安泰", "百味"]
REGISTER = "单位名称,规模,行业,地区,电子邮箱\n" + "\n".join(
    [f"{place}餐饮行业协会,,H,南城区,xh{n}@example.cn" for n, place in enumerate(("省", "市"))]
    + [f"{name}餐饮有限公司,{'小型' if n < 4 else '大型'},H,南城区,e{n}@example.cn" for n, name in enumerate(NAMES)]
    + ["北方钢铁有限公司,大型,C,北城区,g@example.cn"]
)
SLUG = "2026-001"
PDF = b"%PDF-1.4\n%%EOF"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
FACTS = {
    "special-group-heard": {"special_group": "false"},
    "fair-competition-review": {"fair_competition": "conforms"},
    "fair-competition-heard": {"public_interest": "false"},
    "legality-review": {"legality": "lawful"},
    "risk-assessment": {"risk_applies": "false"},
    "expert-argument": {"experts_apply": "false"},
    "interpretation-plan": {"interpretation_plan": "true"},
    "interpretation-material": {"interpretation_material": "true"},
    "disclosure-attribute": {"disclosure": "public"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def site(app: Flask, browser: Browser) -> Iterator[Site]:
    for username, role in (PEOPLE | {"legal": Role.LEGAL}).items():
        create_user(
            SYSTEM,
            username=username,
            name=f"{username}的姓名",
            role=role,
            password=PASSWORD,
            at=NOON,
            division="社区服务处",
        )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", browser, 1280)
    server.shutdown()
    thread.join()


def who(username: str) -> Actor:
    return Actor.of(db.session.scalars(select(User).where(User.username == username)).one())


def of(name: str) -> Invitation:
    """Return the invitation of an enterprise as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return next(one for one in db.session.scalars(select(Invitation)) if one.consultee.name.startswith(name))


def link(site: Site, name: str) -> str:
    return f"{site.url}/portal/i/{invitations.token_from(of(name).nonce)}"


def draft_with_a_list(site: Site, folder: Path) -> Page:
    """Upload the draft, import the register, fill the empty list from the proposal, send for review."""
    file = folder / "办法.docx"
    file.write_bytes(docx_of(DRAFT))
    page = site.signed_in("drafter")
    page.goto(f"{site.url}/desk/consultations/new")
    page.set_input_files("input[type=file]", str(file))
    page.click("button:has-text('上传并核对')")
    page.check("input[name=kind][value=normative-document]")
    page.check("input[name=enterprise_related]")
    page.click("button:has-text('条文没有问题')")
    page.wait_for_url(f"**/desk/consultations/{SLUG}**")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/notice")
    write(page, "explanation_html", "为了方便老年人就餐，起草了本办法。")
    page.locator("button:has-text('保存，回到概览')").click()
    page.wait_for_url(f"**/desk/consultations/{SLUG}*")
    page.click("nav >> text=征求意见对象")
    expect(page.locator("main")).to_contain_text("名单是空的")
    page.click("text=看系统建议")
    page.click("button:has-text('看建议')")
    page.click("text=去企业名录")
    table = folder / "名录.csv"
    table.write_text(REGISTER, encoding="utf-8")
    page.set_input_files("input[type=file]", str(table))
    page.click("button:text-is('导入')")
    expect(page.locator("main")).to_contain_text("登记 13 行")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    page.select_option("#sector", "H")
    page.fill("#region", "南城")
    page.click("button:has-text('看建议')")
    expect(page.locator("main")).to_contain_text("建议听取这 12 家")
    expect(page.locator("main")).to_contain_text(
        "行业协会商会，依规定应当听取；所属行业为住宿和餐饮业；所在地区为南城区"
    )
    page.click("button:has-text('列入勾选的')")
    expect(page.locator(".flashes")).to_contain_text("已列入 12 家")
    expect(page.locator("main")).to_contain_text("12 家等草案公开征求意见以后邀请")
    page.goto(f"{site.url}/desk/consultations/{SLUG}")
    page.click("button:has-text('送审')")
    return page


def invite(page: Page, site: Site) -> None:
    """Invite one by letter, the others by mail; send the mail, note the letter."""
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    page.check(f"tr:has-text('{NAMES[0]}') input[type=checkbox]")
    page.select_option("#method", "letter")
    page.click("button:text-is('邀请')")
    expect(page.locator(".flashes")).to_contain_text("已邀请 1 家。请打印信函，送出后登记。")
    with page.expect_download() as printed:
        page.click("text=打印信函（PDF）")
    assert printed.value.suggested_filename.endswith(".pdf")
    page.click("button:text-is('邀请')")
    expect(page.locator(".flashes")).to_contain_text("已邀请 11 家")
    page.click("button:has-text('现在就发邮件')")
    expect(page.locator(".flashes")).to_contain_text("发出邮件 11 封")
    page.click("button:has-text('信函都已送出，登记')")
    expect(page.locator("main")).to_contain_text("12 家还在期限内，等答复")


def on_paper(page: Page, site: Site, folder: Path) -> None:
    """Enter the answer that came by post, with its scan."""
    scan = folder / "复函.pdf"
    scan.write_bytes(PDF)
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    page.click(f"a:has-text('{NAMES[0]}餐饮有限公司')")
    page.fill("#content1", "收费应当分档。")
    page.select_option("#anchor1", "art-3")
    page.check("#no_opinion")
    page.click("button:has-text('登记答复')")
    expect(page.locator(".error-summary")).to_contain_text("不能同时选“无意见”")
    assert page.input_value("#content1") == "收费应当分档。"
    page.uncheck("#no_opinion")
    page.set_input_files("#scan", str(scan))
    page.click("button:has-text('登记答复')")
    expect(page.locator("main")).to_contain_text("第 1 份答复")
    expect(page.locator("main")).to_contain_text("复函.pdf")


def decide_and_report() -> None:
    """Screen, decide, review, compile and publish: what these do in the browser has a road of its own."""
    at = clock.now()
    db.session.rollback()
    one = db.session.scalars(select(Consultation)).one()
    for came in db.session.scalars(select(Submission).where(Submission.consultation_id == one.id)).all():
        if came.state in moderation.WAITING:
            moderation.accept(SYSTEM, came, at=at)
    for opinion in db.session.scalars(select(Opinion).where(Opinion.withdrawn.is_(False))).all():
        made = adoption.decide(who("drafter"), opinion, Outcome.PARTLY_ADOPTED, "已在第三条分档。", at=at)
        adoption.review(who("second"), made, at=at)
    report = reporting.compile_report(who("drafter"), one, at=at, statement="感谢参与。")
    reporting.submit_for_review(who("drafter"), report, at=at)
    reporting.review(who("legal"), report, at=at)
    reporting.publish(who("publisher"), report, at=at)


def state_the_facts(page: Page, site: Site) -> None:
    """Fill in what only people know, precondition by precondition."""
    page.goto(f"{site.url}/desk/consultations/{SLUG}/meeting")
    for precondition, values in FACTS.items():
        for name, value in values.items():
            page.select_option(f"#{precondition}-{name}", value)
        page.click(f"#{precondition} button:text-is('登记')")
        expect(page.locator(".flashes")).to_contain_text("已登记")
    today = clock.local(clock.now()).date()
    for name, days in (("legality_sent_on", 20), ("legality_returned_on", 2)):
        page.fill(f"#legality-review-time-{name}", (today - timedelta(days=days)).isoformat())
    page.click("#legality-review-time button:text-is('登记')")


@pytest.mark.timeout(240)
def test_from_an_empty_list_to_a_green_gate(site: Site, tmp_path: Path) -> None:
    with time_machine.travel(NOON, tick=True) as time:
        page = draft_with_a_list(site, tmp_path)
        publish(site, SLUG)
        invite(page, site)
        time.shift(timedelta(days=2))
        now = clock.now()
        mailbox.ingest(bounce(of(NAMES[1]).message_id or ""), source="bounce.eml", at=now)
        answer = a_letter("回复：征求意见函", "第三条的留样期限应当写明。", sender="e2@example.cn", received=now)
        mailbox.ingest(answer, source="answer.eml", at=now)
        page = site.signed_in("drafter")
        on_paper(page, site, tmp_path)
        visitor = site.page()
        visitor.goto(link(site, NAMES[3]))
        visitor.click("button:has-text('无意见，就这样答复')")
        expect(visitor.locator("h1")).to_contain_text("已收到贵单位的答复")
        for name in ("省餐饮", "市餐饮", *NAMES[4:8]):  # the last two stay silent
            context = site.browser.new_context()  # without script, as any program would
            opened = context.request.get(link(site, name))
            sent = context.request.post(opened.url, multipart={"said-": f"{name}的意见：总体可行。", "verb": "send"})
            assert "已收到贵单位的答复" in sent.text()
            context.close()
        time.shift(timedelta(days=45))
        page = site.signed_in("drafter")
        page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
        board = page.locator("main")
        for words in ("听取意见已经足够", "到期未答复 2", "退回 1", "无意见 1", "已答复 8"):
            expect(board).to_contain_text(words)
        page.click("text=看上会的其他前置条件")
        expect(page.locator("main")).to_contain_text("项没有满足，不能上会")
        decide_and_report()
        page.goto(f"{site.url}/desk/consultations/{SLUG}/new-version")
        final = tmp_path / "送审稿.docx"
        final.write_bytes(docx_of(DRAFT.replace("七十", "六十五")))
        page.set_input_files("input[type=file]", str(final))
        page.check("input[name=kind][value=for_submission]")
        page.locator("main button[type=submit]").first.click()
        page.locator("main form button[type=submit]").first.click()
        state_the_facts(page, site)
        expect(page.locator("main")).to_contain_text("全部满足，可以上会")
        with page.expect_download() as packed:
            page.click("text=下载上会材料（ZIP）")
        assert Path(packed.value.path()).read_bytes().startswith(b"PK")
        legal = site.signed_in("legal")
        legal.goto(f"{site.url}/desk/consultations/{SLUG}/meeting")
        legal.click("button:has-text('提交上会')")
        expect(legal.locator(".flashes")).to_contain_text("已提交上会")


@pytest.fixture
def asked(site: Site) -> str:
    """Have one enterprise be asked; return its personal link."""
    from consult.consultees import listing, register
    from consult.consultees.models import ConsulteeKind, Method
    from tests.builders import an_open_consultation

    one = an_open_consultation(who("drafter"), who("publisher"), enterprise_related=True, slug=SLUG)
    firm = register.add(who("drafter"), register.Entry("和顺餐饮有限公司", ConsulteeKind.ENTERPRISE), at=NOON)
    listing.add(who("drafter"), one, [(firm, "")], at=NOON)
    made = invitations.invite(who("drafter"), one, firm, method=Method.LETTER, at=NOON)
    invitations.mark_sent(who("drafter"), made, at=NOON)
    return link(site, "和顺")


@pytest.mark.timeout(240)
def test_an_enterprise_answers_on_a_phone_hands_over_and_corrects_itself(
    site: Site, asked: str, tmp_path: Path
) -> None:
    site.width = 360
    with time_machine.travel(NOON + timedelta(days=1), tick=True) as time:
        first = site.page()
        first.goto(asked)
        assert "/portal/answer/" in first.url
        first.click("#art-3 summary")
        first.fill("#said-art-3", "留样期限应当写明四十八小时。")
        first.fill("#by", "王五")
        first.click("summary:has-text('交给同事接着写')")
        first.fill("#note", "第四条请你补充。")
        first.click("button:has-text('保存，交给同事')")
        expect(first.locator("main")).to_contain_text("已经保存，还没有发出")
        assert first.evaluate(FITS)
        second = site.page()
        second.goto(first.input_value("#link"))
        expect(second.locator("main")).to_contain_text("王五在")
        expect(second.locator("main")).to_contain_text("留言：第四条请你补充。")
        assert second.input_value("#said-art-3") == "留样期限应当写明四十八小时。"
        assert second.evaluate(FITS)
        second.click("#art-4 summary")
        second.fill("#said-art-4", "选定方式应当公开。")
        scan = tmp_path / "复函.pdf"
        scan.write_bytes(PDF)
        second.set_input_files("#files", str(scan))
        second.fill("#by", "赵六")
        second.click("button:has-text('发出答复')")
        expect(second.locator("h1")).to_contain_text("已收到贵单位的答复")
        expect(second.locator("main")).to_contain_text("赵六 发出")
        expect(second.locator("main")).to_contain_text("复函.pdf")
        number = second.inner_text("[data-number]")
        assert second.evaluate(FITS)
        second.click("text=更正答复")
        assert second.input_value("#said-art-4") == "选定方式应当公开。"
        expect(second.locator("main")).to_contain_text("复函.pdf")
        second.fill("#said-art-4", "选定方式和结果都应当公开。")
        second.click("button:has-text('发出答复')")
        expect(second.locator("main")).to_contain_text("已被更正")
        assert second.inner_text("[data-number]") != number
        answers = of("和顺").responses
        assert [one.submission.parts[-1].content for one in answers] == [
            "选定方式应当公开。",
            "选定方式和结果都应当公开。",
        ]
        assert [file.file_name for file in answers[1].submission.attachments] == ["复函.pdf"]
        time.shift(timedelta(days=45))
        decide_and_report()
        later = site.page()
        later.goto(asked)
        expect(later.locator("main")).to_contain_text("部分采纳")
        expect(later.locator("main")).to_contain_text("已在第三条分档。")
        assert later.evaluate(FITS)
