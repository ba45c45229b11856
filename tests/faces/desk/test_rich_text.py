"""The rich-text editor in a real Chromium: typed, formatted, pasted, saved and read back."""

from __future__ import annotations

import re

import pytest
from lxml import html
from playwright.sync_api import Browser, Page

from consult.drafting.models import Consultation
from consult.drafting.rich_text import ATTRIBUTES, TAGS, sanitise
from consult.store import db
from tests.faces.desk.served import Office
from tests.faces.public.test_browser import AXE, RULES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BOX = "#explanation_html-rich"
WHOLE = (
    "<h2>一、必要性</h2><h3>（一）背景</h3><h4>1.现状</h4>"
    "<p>近年来，<strong>社区食堂</strong>、<em>助餐点</em>、<u>配送</u>增多，H<sub>2</sub>O、m<sup>2</sup>，"
    '见<a href="https://www.gov.cn/a?b=1&amp;c=2" title="条例">条例</a>。<br>另行说明。</p>'
    "<ul><li>便利</li><li>安全<ol><li>进货</li><li>留样</li></ol></li></ul>"
    "<blockquote><p>引文一段。</p></blockquote><hr>"
    '<table><thead><tr><th colspan="2">项目</th><th>数量</th></tr></thead>'
    '<tbody><tr><td rowspan="2">食堂</td><td>新建</td><td>12</td></tr>'
    "<tr><td>改建</td><td>8</td></tr></tbody></table><p>特此说明。</p>"
)
"""Every element and attribute that the server keeps, but <b> and <i>, which the editor writes as <strong> and <em>."""
ITEM = "<p class=MsoListParagraph style='mso-list:l{list} level1 lfo1'>{mark}{words}</p>\n"
MARK = "<span style='mso-list:Ignore'>{}<span>&nbsp;</span></span>"
WORD = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8>'
    "<style>p.MsoNormal{color:red}</style></head>\n<body lang=ZH-CN><!--StartFragment-->"
    "<h1>起草<o:p></o:p>说明</h1><p class=MsoNormal><b>第一段</b><span style='color:red'>红字</span>，\n"
    "<span style='font-weight:bold'>粗</span><o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>\n"
    + ITEM.format(list=0, mark=f"<![if !supportLists]>{MARK.format('1.')}<![endif]>", words="甲项")
    + ITEM.format(list=0, mark=f"<![if !supportLists]>{MARK.format('2.')}<![endif]>", words="乙项")
    + ITEM.format(list=1, mark=MARK.format("·"), words="要点")
    + ITEM.format(list=2, mark=MARK.format("（一）"), words="目标")
    + '<p class=MsoNormal><a href="https://www.gov.cn/">中国政府网</a><a href="javascript:alert(1)">坏链接</a></p>'
    "<script>alert(1)</script>\n<table class=MsoTableGrid style='border:none'><tr style='height:1'>"
    "<td width=9 colspan=2 style='width:9pt'><p class=MsoNormal>格</p></td></tr></table>\n"
    "<!--EndFragment--></body></html>"
)
"""What Word puts on the clipboard: conditional comments, lists as paragraphs with their marks, empty paragraphs."""


def notice(browser: Browser, office: Office, explanation: str = "", size: str = "desk", **options: object) -> Page:
    """Return the drafter's page of the notice, after ``explanation`` was stored."""
    page = office.visit(browser, size, "drafter", **options)
    db.session.rollback()
    consultation = stored_draft(office)
    consultation.explanation_html = explanation
    db.session.commit()
    page.goto(office.address("/desk/consultations/{drafted}/notice"))
    return page


def stored_draft(office: Office) -> Consultation:
    """Return the consultation that is being drafted, as it is stored now."""
    db.session.expire_all()
    return db.session.scalars(db.select(Consultation).where(Consultation.slug == office.slugs["drafted"])).one()


def saved(page: Page, office: Office) -> str:
    """Save the notice and return the explanation as it is stored."""
    page.click("button:has-text('保存') >> nth=0")
    page.wait_for_selector("text=已保存")
    db.session.rollback()
    return stored_draft(office).explanation_html


def paste(page: Page, kind: str, text: str) -> None:
    """Paste ``text`` over all that the editor holds."""
    page.click(BOX)
    page.keyboard.press("Control+a")
    page.evaluate(
        """([box, kind, text]) => {
          const data = new DataTransfer();
          data.setData(kind, text);
          const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
          document.querySelector(box).dispatchEvent(event);
        }""",
        [BOX, kind, text],
    )
    page.wait_for_timeout(100)


def tool(page: Page, words: str) -> None:
    """Press a button of the explanation's toolbar."""
    page.get_by_role("toolbar", name="起草说明的格式").get_by_role("button", name=words, exact=True).click()


def tree(fragment: str) -> str:
    """Return a fragment as its tree is printed, so that two can be compared."""
    return html.tostring(html.fragment_fromstring(fragment, create_parent=True), encoding="unicode")


def test_the_example_of_everything_holds_everything_that_the_server_keeps() -> None:
    assert {element.tag for element in html.fragment_fromstring(WHOLE, True).iter()} - {"div"} == TAGS - {"b", "i"}
    assert all(name in WHOLE for names in ATTRIBUTES.values() for name in names)
    assert tree(sanitise(WHOLE)) == tree(WHOLE)


def test_what_is_written_and_formatted_is_stored_as_it_looks(browser: Browser, office: Office) -> None:
    page = notice(browser, office)
    page.click(BOX)
    tool(page, "一级标题")
    page.keyboard.type("一、必要性")
    page.keyboard.press("Enter")
    page.keyboard.type("社区食堂")
    page.keyboard.press("Control+b")
    page.keyboard.type("增多")
    page.keyboard.press("Control+b")
    page.keyboard.type("。")
    page.keyboard.press("Enter")
    tool(page, "项目符号")
    page.keyboard.type("便利")
    page.keyboard.press("Enter")
    page.keyboard.type("安全")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("见条例")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowLeft")
    tool(page, "链接")
    page.fill("#explanation_html-address", "javascript:alert(1)")
    page.keyboard.press("Enter")
    assert page.locator(".rich-link .error:visible").count() == 1
    page.fill("#explanation_html-address", "www.gov.cn/tiaoli")
    page.keyboard.press("Enter")
    value = saved(page, office)
    assert value == (
        "<h2>一、必要性</h2><p>社区食堂<strong>增多</strong>。</p><ul><li>便利</li><li>安全</li></ul>"
        '<p>见<a href="https://www.gov.cn/tiaoli">条例</a></p>'
    )
    assert page.locator(f"{BOX} h2").inner_text() == "一、必要性"
    assert office.complaints == []


@pytest.mark.parametrize(
    ("words", "element"),
    [
        ("一级标题", "h2"),
        ("二级标题", "h3"),
        ("三级标题", "h4"),
        ("编号", "ol"),
        ("项目符号", "ul"),
        ("引用", "blockquote"),
    ],
)
def test_a_button_turns_a_paragraph_into_it_and_back(
    browser: Browser, office: Office, words: str, element: str
) -> None:
    page = notice(browser, office, "<p>一段话</p>")
    page.click(f"{BOX} >> text=一段话")
    tool(page, words)
    button = page.get_by_role("toolbar", name="起草说明的格式").get_by_role("button", name=words, exact=True)
    assert button.get_attribute("aria-pressed") == "true"
    assert f"<{element}>" in page.input_value("#explanation_html")
    tool(page, words)
    assert button.get_attribute("aria-pressed") == "false"
    assert page.input_value("#explanation_html") == "<p>一段话</p>"
    assert office.complaints == []


def test_everything_that_the_server_keeps_survives_an_edit(browser: Browser, office: Office) -> None:
    page = notice(browser, office, WHOLE)
    assert page.input_value("#explanation_html") == WHOLE
    page.click(f"{BOX} >> text=特此说明。")
    page.keyboard.press("End")
    page.keyboard.type("完。")
    assert tree(saved(page, office)) == tree(WHOLE.replace("特此说明。", "特此说明。完。"))
    assert office.complaints == []


def test_what_nobody_edits_is_stored_as_it_was(browser: Browser, office: Office) -> None:
    odd = "<p><b>粗</b>  与 <i>斜</i></p>\n<p></p>"
    page = notice(browser, office, odd)
    page.fill("#summary", "只改这里。")
    assert saved(page, office) == odd


def test_pasting_from_word_keeps_words_headings_lists_links_and_tables(browser: Browser, office: Office) -> None:
    page = notice(browser, office, "<p>旧的</p>")
    paste(page, "text/html", WORD)
    value = saved(page, office)
    assert "旧的" not in value
    assert "<h2>起草说明</h2>" in value
    assert "<p><strong>第一段</strong>红字， <strong>粗</strong></p>" in value
    assert "<ol><li>甲项</li><li>乙项</li></ol><ul><li>要点</li></ul><p>（一）目标</p>" in value
    assert '<a href="https://www.gov.cn/">中国政府网</a>坏链接' in value
    assert '<td colspan="2">' in value
    assert "格" in value
    for gone in ("style", "<span", "script", "alert", "class", "Mso", "width", "o:p"):
        assert gone not in value
    assert office.complaints == []


def test_plain_text_is_pasted_as_paragraphs(browser: Browser, office: Office) -> None:
    page = notice(browser, office)
    paste(page, "text/plain", "第一行\n第二行 <b>不是标记</b>")
    assert saved(page, office) == "<p>第一行</p><p>第二行 &lt;b&gt;不是标记&lt;/b&gt;</p>"


def test_the_toolbar_is_one_stop_of_the_tab_key_and_the_text_is_no_trap(browser: Browser, office: Office) -> None:
    page = notice(browser, office, "<ul><li>一项</li></ul>")
    page.click(f"{BOX} >> text=一项")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "加粗"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "斜体"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "重做"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == BOX[1:]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != BOX[1:]
    assert page.input_value("#explanation_html") == "<ul><li>一项</li></ul>"


def test_undo_takes_back_what_was_typed(browser: Browser, office: Office) -> None:
    page = notice(browser, office, "<p>原文</p>")
    page.click(f"{BOX} >> text=原文")
    page.keyboard.press("End")
    page.keyboard.press("Control+b")
    page.keyboard.type("新字")
    assert "<strong>新字</strong>" in page.input_value("#explanation_html")
    for _ in range(3):
        tool(page, "撤销")
    assert re.sub(r"</?strong>", "", page.input_value("#explanation_html")) == "<p>原文</p>"


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_editor_is_accessible_in_light_and_dark(browser: Browser, office: Office, size: str) -> None:
    for scheme in ("light", "dark"):
        page = notice(browser, office, WHOLE, size, color_scheme=scheme)
        page.click(f"{BOX} >> text=特此说明。")
        tool(page, "加粗")
        tool(page, "链接")
        page.evaluate(AXE)
        violations = page.evaluate(f"() => axe.run(document, {RULES})")["violations"]
        assert [f"{rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert office.complaints == []


def test_without_script_the_textarea_takes_words_and_markup(browser: Browser, office: Office) -> None:
    page = notice(browser, office, java_script_enabled=False)
    page.fill("#explanation_html", "没有脚本\n也能写。")
    page.click("button:has-text('保存') >> nth=0")
    db.session.rollback()
    assert stored_draft(office).explanation_html == "<p>没有脚本</p><p>也能写。</p>"
    page.fill("#explanation_html", WHOLE)
    page.click("button:has-text('保存') >> nth=0")
    db.session.rollback()
    assert tree(stored_draft(office).explanation_html) == tree(WHOLE)
