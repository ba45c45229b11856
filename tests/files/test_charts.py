"""Charts: SVG without script or style, that a page, a PDF and, as PNG, a DOCX can show."""

from datetime import date, timedelta

from lxml import etree

from consult.files.charts import WIDTH, Bar, Day, as_png, bars, line

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "g", "rect", "line", "text", "title", "a", "path", "circle"}


def tags(svg):
    return {element.tag.removeprefix(SVG) for element in etree.fromstring(svg).iter()}


def test_a_bar_has_its_label_number_colour_and_address():
    rows = [
        Bar("采纳", 12, "/desk/a?x=1&y=2", "adopted"),
        Bar("第十二条（物业服务收费的公开）", 3000, "/desk/b"),
        Bar("<script>", 0),
    ]
    svg = bars(rows, "意见 & 条文")
    root = etree.fromstring(svg)
    links = [link.get("href") for link in root.iter(f"{SVG}a")]
    shapes = [rect for rect in root.iter(f"{SVG}rect") if "chart-bar" in (rect.get("class") or "")]
    words = [text.text for text in root.iter(f"{SVG}text") if text.text]
    assert sorted(links) == ["/desk/a?x=1&y=2", "/desk/b"]
    by_title = {rect.find(f"{SVG}title").text: rect for rect in shapes}
    assert set(by_title) == {"采纳：12", "第十二条（物业服务收费的公开）：3,000", "<script>：0"}
    longest, short = by_title["第十二条（物业服务收费的公开）：3,000"], by_title["采纳：12"]
    assert float(longest.get("width")) > float(short.get("width")) > 0
    assert float(short.get("y")) < float(longest.get("y")), "the first row on top"
    assert longest.getparent().get("href") == "/desk/b"
    assert {"12", "3,000", "0", "采纳", "第十二条（物业服务…", "<script>"} <= set(words)
    assert root.get("aria-label") == "意见 & 条文"
    assert tags(svg) <= ALLOWED
    assert "style" not in svg


def test_equal_labels_are_bars_of_their_own_and_no_rows_make_no_chart():
    svg = bars([Bar("附件", 2), Bar("附件", 5)], "两个")
    assert svg.count("chart-bar") == 2
    assert bars([], "空") == line([], "空") == ""


def test_a_line_has_a_dot_a_day_and_names_the_first_and_the_last():
    start = date(2026, 2, 20)
    days = [Day(start + timedelta(days=n), n * 7 % 11, f"/day/{n}") for n in range(40)]
    svg = line(days, "按日")
    root = etree.fromstring(svg)
    words = {text.text for text in root.iter(f"{SVG}text")}
    assert len(list(root.iter(f"{SVG}circle"))) == 40
    assert {"2月20日", "3月31日"} <= words
    assert [link.get("href") for link in root.iter(f"{SVG}a")] == [f"/day/{n}" for n in range(40)]
    assert tags(svg) <= ALLOWED
    assert len(list(etree.fromstring(line(days[:1], "一天")).iter(f"{SVG}circle"))) == 1


def test_a_chart_becomes_a_png_twice_as_wide():
    png = as_png(bars([Bar("采纳", 12, "/a", "adopted"), Bar("未采纳", 7)], "图"))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20], "big") == 2 * WIDTH
