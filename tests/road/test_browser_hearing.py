"""Hearing in a real Chromium: from an empty list to a green gate; an enterprise answers on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from consult import clock
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.accounts.service import create_user
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.consultees import invitations
from consult.consultees import service as hearing
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.mailbox import service as mailbox
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.store import db
from tests import chromium
from tests.builders import DRAFT, NOON, docx_of
from tests.consultees.test_mail_hook import bounce
from tests.mailbox.letters import a_letter
from tests.road.test_browser_road import PASSWORD, PEOPLE, Site, publish, report, write

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
WHY_NOT = "本办法只规定社区食堂的运营，不涉及这一情形。"
"""Why something doesn't touch the document."""
STATED: dict[str, dict[str, str]] = {
    "special-group-heard": {"special_group": "false"},
    "interpretation-plan": {"interpretation_plan": "true"},
    "interpretation-material": {"interpretation_material": "true"},
    "disclosure-attribute": {"disclosure": "public"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from chromium.launched()


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
    with chromium.served(app) as url:
        yield Site(url, browser, 1280)


def who(username: str) -> Actor:
    return Actor.of(db.session.scalars(select(User).where(User.username == username)).one())


def of(name: str) -> Invitation:
    """Return the invitation of an enterprise as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return next(
        invitation
        for invitation in db.session.scalars(select(Invitation))
        if invitation.consultee.name.startswith(name)
    )


def link(site: Site, name: str) -> str:
    return f"{site.url}/portal/i/{invitations.token_of(of(name))}"


def draft_with_a_list(site: Site, folder: Path) -> Page:
    """Upload the draft, import the register, fill the empty list from the proposal, send for review."""
    file = folder / "办法.docx"
    file.write_bytes(docx_of(DRAFT))
    page = site.signed_in("drafter")
    page.goto(f"{site.url}/desk/consultations/new")
    page.set_input_files("input[type=file]", str(file))
    page.click("button:has-text('上传并核对')")
    chromium.let_worker_read(page)
    page.check("input[name=kind][value=normative-document]")
    page.check("input[name=enterprise_related]")
    page.click("button:has-text('确认无误')")
    page.wait_for_url(f"**/desk/consultations/{SLUG}**")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/notice")
    write(page, "explanation_html", "为了方便老年人就餐，起草了本办法。")
    page.locator("button:has-text('保存并返回概览')").click()
    page.wait_for_url(f"**/desk/consultations/{SLUG}*")
    page.click("nav >> text=征求意见对象")
    expect(page.locator("main")).to_contain_text("名单为空")
    page.click("text=查看系统建议")
    page.click("button:has-text('看建议')")
    page.click("text=打开企业名录")
    table = folder / "名录.csv"
    table.write_text(REGISTER, encoding="utf-8")
    page.set_input_files("input[type=file]", str(table))
    page.click("button:has-text('上传并检查')")
    chromium.let_worker_read(page)
    page.click("button:has-text('确认导入')")
    chromium.let_worker_read(page)
    expect(page.locator("main")).to_contain_text("登记 13 行")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    page.select_option("#sector", "H")
    page.fill("#region", "南城")
    page.click("button:has-text('看建议')")
    expect(page.locator("main")).to_contain_text("建议听取这 12 家")
    expect(page.locator("main")).to_contain_text(
        "行业协会商会，依规定应当听取；所属行业为住宿和餐饮业；所在地区为南城区"
    )
    page.click("button:has-text('添加所选')")
    expect(page.locator(".flashes")).to_contain_text("已列入 12 家")
    expect(page.locator("main")).to_contain_text("12 家待草案公开征求意见后邀请")
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
    page.click("button:has-text('立即发送邮件')")
    expect(page.locator(".flashes")).to_contain_text("发出邮件 11 封")
    page.click("button:has-text('登记信函已送出')")
    expect(page.locator("main")).to_contain_text("12 家在期限内，等待答复")


def on_paper(page: Page, site: Site, folder: Path) -> None:
    """Enter the answer that came by post, with its scan."""
    scan = folder / "复函.pdf"
    scan.write_bytes(PDF)
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    page.click(f"a:has-text('{NAMES[0]}餐饮有限公司')")
    page.fill("#content1", "收费应当分档。")
    page.select_option("#anchor1", "art-3")
    page.check("#no_opinion")
    page.set_input_files("#scan", str(scan))
    page.click("button:has-text('登记答复')")
    expect(page.locator(".error-summary")).to_contain_text("不能同时选“无意见”")
    assert page.input_value("#content1") == "收费应当分档。"
    page.uncheck("#no_opinion")
    page.set_input_files("#scan", str(scan))
    page.click("button:has-text('登记答复')")
    expect(page.locator("main")).to_contain_text("第 1 份答复")
    expect(page.locator("main")).to_contain_text("复函.pdf")
    page.click("button:text-is('确认为意见')")
    expect(page.locator(".flashes")).to_contain_text("已确认为意见，计入听取")


def decide_and_report() -> None:
    """Screen, decide, review, compile and publish by the verbs."""
    at = clock.now()
    db.session.rollback()
    consultation = db.session.scalars(select(Consultation)).one()
    waiting = select(Submission).where(Submission.consultation_id == consultation.id)
    for submission in db.session.scalars(waiting.where(Submission.state.in_(moderation.WAITING))).all():
        moderation.accept(SYSTEM, submission, at=at)
    for opinion in db.session.scalars(select(Opinion).where(Opinion.withdrawn.is_(False))).all():
        decision = adoption.decide(who("drafter"), opinion, Outcome.PARTLY_ADOPTED, "已在第三条分档。", at=at)
        adoption.review(who("second"), decision, at=at)
    report = reporting.compile_report(who("drafter"), consultation, at=at, statement="感谢参与。")
    reporting.submit_for_review(who("drafter"), report, at=at)
    reporting.review(who("legal"), report, at=at)
    reporting.publish(who("publisher"), report, at=at)


def confirm_mail(page: Page, site: Site) -> None:
    """Confirm what came by mail: it doesn't count by itself."""
    page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
    expect(page.locator("main")).to_contain_text("待确认的答复 1")
    page.click("article:has-text('第三条的留样期限应当写明') button:text-is('确认为意见')")
    expect(page.locator(".flashes")).to_contain_text("已确认为意见，计入听取")


def screen_all(site: Site) -> None:
    """Accept all that came, those with attachments ticked by hand."""
    page = site.signed_in("moderator")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/moderation/accept-page")
    for box in page.locator("input[name=number]").all():
        box.check()
    page.click("button:has-text('确认通过所选')")
    expect(page.locator(".flashes")).to_contain_text("通过")


def decide_all(site: Site) -> None:
    """Decide on all opinions, one after another, then have the whole list confirmed by another drafter."""
    page = site.signed_in("drafter")
    address = f"{site.url}/desk/consultations/{SLUG}/adoption?show=undecided&at=all"
    for _ in range(40):
        page.goto(address)
        links = page.locator(".pane a[href*='open=']")
        if not links.count():
            break
        page.goto(site.url + str(links.first.get_attribute("href")))
        page.check("#decision input[value=partly_adopted]")
        page.fill("#decision [name=reason]", "收费和留样已在第三条分档写明。")
        page.locator("#decision button:has-text('提交复核')").click()
        page.wait_for_load_state()
    reviewer = site.signed_in("second")
    reviewer.goto(f"{site.url}/desk/consultations/{SLUG}/adoption/review")
    reviewer.check("[data-check-all=decision]")
    reviewer.click("button:has-text('同意所选')")
    expect(reviewer.locator("main")).to_contain_text("无待复核的处理")


def upload_final(site: Site, folder: Path) -> None:
    """Upload the 送审稿."""
    page = site.signed_in("drafter")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/new-version")
    final = folder / "送审稿.docx"
    final.write_bytes(docx_of(DRAFT.replace("七十", "六十五")))
    page.set_input_files("input[type=file]", str(final))
    page.check("input[name=kind][value=for_submission]")
    page.locator("main button[type=submit]").first.click()
    chromium.let_worker_read(page)
    page.locator("main form button[type=submit]").first.click()


def a_file(folder: Path, name: str) -> str:
    """Write a paper into the folder and return its path."""
    path = folder / name
    path.write_text(f"{name}的内容", encoding="utf-8")
    return str(path)


def state_the_facts(site: Site, folder: Path) -> None:
    """Fill in what only people know, precondition by precondition, with reason and paper."""
    page = site.signed_in("drafter")
    page.goto(f"{site.url}/desk/consultations/{SLUG}/meeting")
    for precondition, values in STATED.items():
        for name, value in values.items():
            page.select_option(f"#{precondition}-{name}", value)
        page.click(f"#{precondition} summary:has-text('说明、证明材料')")
        page.fill(f"#{precondition}-note", WHY_NOT)
        if "interpretation" in precondition:
            page.set_input_files(f"#{precondition}-evidence", a_file(folder, f"{precondition}.txt"))
        page.click(f"#{precondition} button:text-is('登记')")
        expect(page.locator(".flashes")).to_contain_text("已登记")
    page.click("#plan-channels a:text-is('登记发布情况')")
    page.click("#notice summary:text-is('登记发布情况')")
    page.select_option("#medium-notice", "new_media")
    page.fill("#account-notice", "某某发布")
    page.fill("#day-notice", clock.local(NOON).date().isoformat())
    page.fill("#link-notice", "https://example.cn/notice")
    page.click("#notice button:text-is('登记')")
    expect(page.locator(".flashes")).to_contain_text("已登记")


def record_review(
    page: Page,
    site: Site,
    kind: str,
    conclusion: str,
    *,
    paper: str = "",
    note: str = "",
    days: tuple[int, int] = (0, 0),
) -> None:
    """Enter a review that was done on paper: its conclusion, its dates (days ago), the signed opinion or the reason."""
    page.goto(f"{site.url}/desk/consultations/{SLUG}/reviews")
    page.click(f"#record-{kind} > summary")
    page.check(f"#record-{kind}-{conclusion}")
    if any(days):
        today = clock.local(clock.now()).date()
        for name, ago in zip(("sent", "returned"), days, strict=True):
            page.fill(f"#record-{kind}-{name}", (today - timedelta(days=ago)).isoformat())
    if paper:
        page.set_input_files(f"#record-{kind}-paper-0", paper)
    if note:
        page.fill(f"#record-{kind}-note", note)
    page.click(f"#record-{kind} button:text-is('登记结论')")
    expect(page.locator(".flashes")).to_contain_text("已登记")


@pytest.mark.timeout(400)
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
        visitor.click("button:has-text('回复“无意见”')")
        expect(visitor.locator("h1")).to_contain_text("已收到贵单位的答复")
        for name in ("省餐饮", "市餐饮", *NAMES[4:8]):  # the last two stay silent
            context = site.browser.new_context()  # without script, as any program would
            opened = context.request.get(link(site, name))
            answer = {"said-": f"{name}的意见：总体可行。", "answer-1": "对公平竞争没有影响。", "verb": "send"}
            sent = context.request.post(opened.url, multipart=answer)
            assert "已收到贵单位的答复" in sent.text()
            context.close()
        confirm_mail(page, site)
        time.shift(timedelta(days=45))
        page = site.signed_in("drafter")
        page.goto(f"{site.url}/desk/consultations/{SLUG}/consultees")
        board = page.locator("main")
        for words in ("听取意见已达要求", "到期未答复 2", "退回 1", "无意见 1", "已答复 8"):
            expect(board).to_contain_text(words)
        page.click("text=查看其他前置条件")
        expect(page.locator("main")).to_contain_text("项未满足，不能上会")
        screen_all(site)
        decide_all(site)
        report(site, SLUG)
        time.shift(timedelta(days=1))
        upload_final(site, tmp_path)
        state_the_facts(site, tmp_path)
        time.shift(timedelta(days=14))
        publisher = site.signed_in("publisher")
        publisher.goto(f"{site.url}/desk/consultations/{SLUG}/meeting")
        publisher.click(
            "#special-group-heard button:has-text('确认')"
        )  # the draft names 老年人: a second person is asked
        expect(publisher.locator(".flashes")).to_contain_text("已确认")
        record_review(publisher, site, "fair-competition", "conforms", paper=a_file(tmp_path, "审查意见.txt"))
        legal = site.signed_in("legal")
        record_review(legal, site, "risk", "controllable", paper=a_file(tmp_path, "风险评估报告.txt"))
        record_review(
            legal, site, "experts", "not_applicable", note="本办法不涉及专业性、技术性较强的事项，不组织专家论证。"
        )
        opinion = a_file(tmp_path, "合法性审核意见书.txt")
        record_review(legal, site, "legality", "lawful", paper=opinion, days=(12, 1))
        legal.goto(f"{site.url}/desk/consultations/{SLUG}/meeting")
        expect(legal.locator("main")).to_contain_text("全部满足，可以提请审议")
        with legal.expect_download() as packed:
            legal.click("text=下载上会材料（ZIP）")
        assert Path(packed.value.path()).read_bytes().startswith(b"PK")
        legal.click("button:has-text('提请审议')")
        expect(legal.locator(".flashes")).to_contain_text("已提请审议")


@pytest.fixture
def asked(site: Site) -> str:
    """Have one enterprise be asked; return its personal link."""
    from consult.consultees import register
    from consult.consultees.models import ConsulteeKind, Method
    from tests.builders import an_open_consultation

    consultation = an_open_consultation(who("drafter"), who("publisher"), enterprise_related=True, slug=SLUG)
    firm = register.add(who("drafter"), register.Entry("和顺餐饮有限公司", ConsulteeKind.ENTERPRISE), at=NOON)
    hearing.add(who("drafter"), consultation, [(firm, "")], at=NOON)
    made = hearing.invite(who("drafter"), consultation, firm, method=Method.LETTER, at=NOON)
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
        first.click("summary:has-text('转交同事继续填写')")
        first.fill("#note", "第四条请你补充。")
        first.click("button:has-text('保存并转交')")
        expect(first.locator("main")).to_contain_text("已保存，尚未提交")
        assert first.evaluate(FITS)
        second = site.page()
        second.goto(first.input_value("#link"))
        expect(second.locator("main")).to_contain_text("王五于")
        expect(second.locator("main")).to_contain_text("留言：第四条请你补充。")
        assert second.input_value("#said-art-3") == "留样期限应当写明四十八小时。"
        assert second.evaluate(FITS)
        second.click("#art-4 summary")
        second.fill("#said-art-4", "选定方式应当公开。")
        scan = tmp_path / "复函.pdf"
        scan.write_bytes(PDF)
        second.set_input_files("#files", str(scan))
        second.fill("#by", "赵六")
        second.click("button:has-text('提交答复')")
        expect(second.locator("h1")).to_contain_text("已收到贵单位的答复")
        expect(second.locator("main")).to_contain_text("赵六提交")
        expect(second.locator("main")).to_contain_text("复函.pdf")
        number = second.inner_text("[data-number]")
        assert second.evaluate(FITS)
        second.click("text=更正答复")
        assert second.input_value("#said-art-4") == "选定方式应当公开。"
        expect(second.locator("main")).to_contain_text("复函.pdf")
        second.fill("#said-art-4", "选定方式和结果都应当公开。")
        second.click("button:has-text('提交答复')")
        expect(second.locator("main")).to_contain_text("已更正")
        assert second.inner_text("[data-number]") != number
        answers = of("和顺").responses
        assert [response.submission.parts[-1].content for response in answers] == [
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
