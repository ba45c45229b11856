"""Word documents read as their author sees them."""

from __future__ import annotations

import pytest

from consult.files import drafts
from consult.files.docx_numbering import show_number
from consult.files.errors import UnreadableFile
from consult.text.parser.outline import outline
from consult.text.parser.provisions import Draft, parse
from tests.files.word import docx, level, numbering, paragraph, run, table


def lines(data: bytes) -> list[str]:
    return [line for line in drafts.read("草案.docx", data).text.split("\n") if line]


ARTICLES = level(0, "chineseCountingThousand", "第%1条")
ITEMS = level(0, "chineseCounting", "（%1）", suffix="nothing")


def test_articles_numbered_by_word_show_their_numbers():
    body = "".join(paragraph(f"内容{i}。", number=(1, 0)) for i in range(1, 13))
    assert lines(docx(body, numbering=numbering(ARTICLES)))[10:] == ["第十一条 内容11。", "第十二条 内容12。"]


def test_items_under_one_article_begin_again_under_the_next_when_the_list_says_so():
    levels = ARTICLES + level(1, "chineseCounting", "（%2）", suffix="nothing")
    body = "".join(
        paragraph(text, number=(1, depth))
        for text, depth in [("有下列情形的：", 0), ("甲；", 1), ("乙。", 1), ("有下列行为的：", 0), ("丙。", 1)]
    )
    assert lines(docx(body, numbering=numbering(levels))) == [
        "第一条 有下列情形的：",
        "（一）甲；",
        "（二）乙。",
        "第二条 有下列行为的：",
        "（一）丙。",
    ]


def test_a_second_list_of_the_same_kind_starts_over_where_it_is_told_to():
    nums = (
        '<w:num w:numId="9"><w:abstractNumId w:val="1"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    body = "".join(paragraph("项", number=(n, 0)) for n in (1, 1, 9, 9))
    assert lines(docx(body, numbering=numbering(ITEMS, nums=nums))) == ["（一）项", "（二）项", "（一）项", "（二）项"]


def test_two_lists_of_one_definition_count_on():
    nums = '<w:num w:numId="9"><w:abstractNumId w:val="1"/></w:num>'
    body = "".join(paragraph("文", number=(n, 0)) for n in (1, 9, 1))
    assert lines(docx(body, numbering=numbering(ARTICLES, nums=nums))) == ["第一条 文", "第二条 文", "第三条 文"]


def test_a_number_may_come_from_the_paragraph_style():
    styles = (
        '<w:style w:styleId="a"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="b"><w:basedOn w:val="a"/></w:style>'
    )
    body = paragraph("甲", properties='<w:pStyle w:val="a"/>') + paragraph("乙", properties='<w:pStyle w:val="b"/>')
    assert lines(docx(body, numbering=numbering(ARTICLES), styles=styles)) == ["第一条 甲", "第二条 乙"]


def test_a_style_named_by_a_level_takes_that_level():
    levels = level(0, "chineseCounting", "第%1章", more='<w:pStyle w:val="h"/>') + level(
        1, "chineseCounting", "第%2条", more='<w:pStyle w:val="t"/><w:lvlRestart w:val="0"/>'
    )
    styles = "".join(
        f'<w:style w:styleId="{s}"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>' for s in "ht"
    )
    body = "".join(paragraph("文", properties=f'<w:pStyle w:val="{s}"/>') for s in "htthtt")
    assert lines(docx(body, numbering=numbering(levels), styles=styles)) == [
        "第一章 文",
        "第一条 文",
        "第二条 文",
        "第二章 文",
        "第三条 文",
        "第四条 文",
    ]


def test_a_paragraph_taken_out_of_its_list_has_no_number():
    assert lines(docx(paragraph("文", number=(0, 0)), numbering=numbering(ARTICLES))) == ["文"]


def test_tracked_changes_are_taken_as_accepted():
    content = (
        run("期限为") + f"<w:del>{run('二十').replace('w:t ', 'w:delText ').replace('w:t>', 'w:delText>')}</w:del>"
        f"<w:ins>{run('三十')}</w:ins>" + run("日。")
    )
    source = drafts.read("草案.docx", docx(paragraph(content=content)))
    assert source.text == "期限为三十日。"
    assert any("接受修订" in warning for warning in source.warnings)


def test_a_deleted_paragraph_mark_joins_two_paragraphs():
    first = paragraph("前半句，", properties="<w:rPr><w:del/></w:rPr>")
    assert lines(docx(first + paragraph("后半句。"))) == ["前半句，后半句。"]


def test_moved_text_stands_only_where_it_went():
    body = paragraph(content=f"<w:moveTo>{run('移来')}</w:moveTo>") + paragraph(
        content=f"<w:moveFrom>{run('移来')}</w:moveFrom>" + run("留下")
    )
    assert lines(docx(body)) == ["移来", "留下"]


def test_hidden_text_is_left_out():
    body = paragraph(content=run("看得见") + run("看不见", "<w:vanish/>") + run("也看得见", '<w:vanish w:val="0"/>'))
    assert lines(docx(body)) == ["看得见也看得见"]


def test_tables_text_boxes_and_footnotes_are_read():
    cell = "<w:tc>{}</w:tc>"
    table = f"<w:tbl><w:tr>{cell.format(paragraph('甲'))}{cell.format(paragraph('乙'))}</w:tr></w:tbl>"
    box = f"<w:r><w:txbxContent>{paragraph('框里的字')}</w:txbxContent></w:r>"
    note = f'<w:footnote w:type="separator">{paragraph("--")}</w:footnote><w:footnote>{paragraph("注")}</w:footnote>'
    read = lines(docx(paragraph(content=run("正文") + box) + table, footnotes=note))
    assert read == ["正文", "框里的字", "甲\t乙", "附：脚注", "注"]


def test_a_text_box_written_twice_for_old_programs_is_read_once():
    box = "<w:txbxContent>" + paragraph("框里的字") + "</w:txbxContent>"
    both = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    twice = f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"
    assert lines(docx(paragraph(content=twice))) == ["框里的字"]


def test_a_table_of_one_column_holds_the_document_itself():
    rows = "".join(f"<w:tr><w:tc>{paragraph(f'第{n}条 文。')}</w:tc></w:tr>" for n in "一二")
    assert lines(docx(f"<w:tbl>{rows}</w:tbl>")) == ["第一条 文。", "第二条 文。"]


FEES = (("类别", "标准"), ("小型车", "2元"), ("大型车", "4元"))


def test_a_table_is_pointed_at_where_it_stands_in_the_draft():
    body = (
        paragraph("第一条 收费。")
        + paragraph("第二条 标准如下：")
        + paragraph("（一）按次收费的：")
        + table(*FEES)
        + paragraph("第三条 按时收费的：")
        + table(("时段", "标准", "备注"))
    )
    source = drafts.read("草案.docx", docx(body))
    draft = source.draft()
    assert [(warning.code, warning.line, warning.anchor) for warning in draft.warnings] == [
        ("table", 4, "art-2-para-1-item-1-row-1"),
        ("table", 8, "art-3-para-2"),
    ]
    assert source.text.split("\n")[3:6] == ["类别\t标准", "小型车\t2元", "大型车\t4元"]
    assert draft.by_anchor["art-2-para-1-item-1-row-1"].text == "类别\t标准"
    assert [article["paragraphs"] for article in outline(draft)["articles"]] == [1, 1, 2]
    first, second = (warning.message for warning in draft.warnings)
    assert first == "表格（3 行 2 列）按行读成文字，一行一段，格与格之间空开，请核对。"
    assert "（1 行 3 列）" in second


def test_a_table_below_a_broken_line_is_pointed_at_in_its_own_line():
    broken = paragraph(content=run("第一条 甲。") + "<w:r><w:br/></w:r>" + run("乙。"))
    (warning,) = drafts.read("草案.docx", docx(broken + table(*FEES))).draft().warnings
    assert warning.line == 3


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_table_below_a_separator_of_lines_is_pointed_at_in_its_own_line(separator):
    text = paragraph(f"第一条 甲。{separator}乙。") + paragraph("第二条 丙。")
    (warning,) = drafts.read("草案.docx", docx(text + table(*FEES))).draft().warnings
    assert (warning.line, warning.anchor) == (4, "art-2-para-1-row-1")


def test_a_table_in_a_table_is_told_with_it_and_one_without_columns_or_words_not_at_all():
    nested = table(("甲", paragraph("乙") + table(("丙", "丁"))))
    frame = table(("第二条 一列的表格就是正文。",), ("第三条 也是。",))
    source = drafts.read("草案.docx", docx(paragraph("第一条 文。") + nested + frame + table(("", ""))))
    assert [(grid.rows, grid.columns) for grid in source.tables] == [(1, 2)]
    assert "".join(source.text.split()) == "第一条文。甲乙丙丁第二条一列的表格就是正文。第三条也是。"


def test_a_table_above_the_provisions_is_pointed_at_by_its_line_alone():
    (warning,) = drafts.read("草案.docx", docx(table(*FEES) + paragraph("第一条 文。"))).draft().warnings
    assert (warning.line, warning.anchor) == (1, "")


def test_a_draft_is_walked_once_however_many_tables_it_has(monkeypatch):
    body = "".join(paragraph(f"第{n}条 标准如下：") + table(*FEES) for n in range(1, 41))
    source = drafts.read("草案.docx", docx(body))
    walks = []

    def counted(draft, walk=Draft.walk):
        walks.append(draft)
        return walk(draft)

    monkeypatch.setattr(Draft, "walk", counted)
    parse(source.text)
    alone = len(walks)
    walks.clear()
    assert [warning.anchor for warning in source.draft().warnings][-1] == "art-40-para-1-row-1"
    assert len(walks) == alone + 1


def test_a_text_file_has_no_tables():
    text = "第一条 标准如下：\n类别\t标准\n小型车\t2元\n".encode()
    assert drafts.read("草案.txt", text).draft().warnings == ()


def test_a_line_broken_by_hand_is_two_lines():
    content = run("第一款。") + "<w:r><w:br/></w:r>" + run("第二款。")
    assert lines(docx(paragraph(content=content))) == ["第一款。", "第二款。"]


def test_a_draft_numbered_by_word_has_the_outline_of_one_numbered_by_hand():
    levels = ARTICLES + level(1, "chineseCounting", "（%2）", suffix="nothing")
    body = (
        paragraph("某市停车管理办法")
        + paragraph("为了规范停车，制定本办法。", number=(1, 0))
        + paragraph("有下列情形之一的，不得停车：", number=(1, 0))
        + paragraph("消防通道；", number=(1, 1))
        + paragraph("盲道。", number=(1, 1))
        + paragraph("前款规定由公安机关执行。")
    )
    structure = outline(parse(drafts.read("草案.docx", docx(body, numbering=numbering(levels))).text))
    assert structure["title"] == "某市停车管理办法"
    assert structure["articles"] == [
        {"n": 1, "sub": 0, "paragraphs": 1, "items": 0},
        {"n": 2, "sub": 0, "paragraphs": 2, "items": 2},
    ]


@pytest.mark.parametrize(
    ("form", "value", "shown"),
    [
        ("chineseCounting", 21, "二十一"),
        ("chineseCountingThousand", 105, "一百零五"),
        ("japaneseCounting", 12, "十二"),
        ("ideographDigital", 20, "二〇"),
        ("chineseLegalSimplified", 23, "贰拾叁"),
        ("decimalEnclosedCircle", 3, "③"),
        ("decimalFullWidth", 12, "１２"),
        ("upperRoman", 14, "XIV"),
        ("lowerLetter", 27, "aa"),
        ("ideographTraditional", 2, "乙"),
        ("decimal", 7, "7"),
        ("somethingNew", 7, "7"),
    ],
)
def test_words_number_formats_are_shown_as_word_shows_them(form, value, shown):
    assert show_number(value, form) == shown


def test_a_file_that_is_cut_off_is_refused_with_what_to_do():
    data = docx(paragraph("文" * 500))
    with pytest.raises(UnreadableFile, match=r"已损坏.*重新上传"):
        drafts.read("草案.docx", data[: len(data) // 2])


def test_a_document_whose_xml_is_broken_is_refused():
    with pytest.raises(UnreadableFile, match="已损坏"):
        drafts.read("草案.docx", docx("<w:p>"))


def test_a_document_that_declares_entities_is_refused(tmp_path):
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(UnreadableFile, match="已损坏"):
        drafts.read("草案.docx", out.getvalue())


def test_a_package_that_unpacks_to_far_too_much_is_refused():
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b"0" * (30 * 1024 * 1024))
    with pytest.raises(UnreadableFile, match="压缩比异常"):
        drafts.read("草案.docx", out.getvalue())


def test_an_encrypted_document_is_refused_with_what_to_do():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    with pytest.raises(UnreadableFile, match="取消密码"):
        drafts.read("草案.docx", data)


@pytest.mark.parametrize("data", [b"", b" \n", b"\0\0"])
def test_an_empty_file_is_refused(data):
    with pytest.raises(UnreadableFile, match="空文件"):
        drafts.read("草案.docx", data)


def test_a_text_file_that_calls_itself_docx_is_refused():
    with pytest.raises(UnreadableFile, match="已损坏"):
        drafts.read("草案.docx", "第一条 文。".encode())


def test_a_document_of_pictures_only_is_refused():
    with pytest.raises(UnreadableFile, match="没有文字"):
        drafts.read("草案.docx", docx(paragraph("")))
