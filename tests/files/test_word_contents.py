"""What stands in Word documents beside plain paragraphs: read, or named with its place."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

import pytest

from config import ROOT
from consult.files import drafts
from consult.files.errors import UnreadableFile
from tests.conftest import missing
from tests.files.word import W, docx, paragraph, run, table

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def package(body, *, main="word/document.xml", relations="", parts=(), strict=False):
    """A package whose main part is called `main`, with more parts (name, content)."""
    out = io.BytesIO()
    namespaces = f'xmlns:w="{W}" xmlns:r="{OFFICE}" xmlns:m="{M}"'
    if strict:
        namespaces = (
            'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main" '
            'xmlns:r="http://purl.oclc.org/ooxml/officeDocument/relationships"'
        )
    kind = "http://purl.oclc.org/ooxml/officeDocument/relationships" if strict else OFFICE
    relation = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        target = f'<Relationship Id="a" Type="{kind}/officeDocument" Target="/{main}"/>'
        file.writestr("_rels/.rels", relation.format(target))
        file.writestr(main, f"<w:document {namespaces}><w:body>{body}</w:body></w:document>")
        folder, _, base = main.rpartition("/")
        file.writestr(f"{folder}/_rels/{base}.rels", relation.format(relations))
        for name, content in parts:
            file.writestr(name, content)
    return out.getvalue()


def texts(data):
    return [line for line in drafts.read("草案.docx", data).text.split("\n") if line]


def warned(data):
    return [(w.code, w.line) for w in drafts.read("草案.docx", data).draft().warnings]


BODY = "".join(map(paragraph, ["某办法", "第一条 甲。", "第二条 乙。"]))


@pytest.mark.parametrize("main", ["word/document2.xml", "word/正文.xml", "doc/main.xml"])
def test_the_main_part_may_have_any_name(main):
    assert texts(package(BODY, main=main)) == ["某办法", "第一条 甲。", "第二条 乙。"]


def test_strict_open_xml_is_read_like_the_other_kind():
    assert texts(package(BODY, strict=True)) == ["某办法", "第一条 甲。", "第二条 乙。"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chunk.html", "<html><meta charset='utf-8'><p>第二条 乙。</p><p>第三条 丙。</p></html>".encode()),
        ("chunk.htm", "<html><meta charset='gb2312'><p>第二条 乙。</p><p>第三条 丙。</p></html>".encode("gb18030")),
        ("chunk.txt", "第二条 乙。\r\n第三条 丙。".encode("gb18030")),
        (
            "chunk.mht",
            "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
            "Content-Type: text/html; charset=utf-8\r\n\r\n<p>第二条 乙。</p><p>第三条 丙。</p>\r\n--x--\r\n".encode(),
        ),
        ("chunk.docx", docx(paragraph("第二条 乙。") + paragraph("第三条 丙。"))),
    ],
)
def test_a_file_inside_the_document_is_read_where_it_stands(name, content):
    relation = f'<Relationship Id="c" Type="{OFFICE}/aFChunk" Target="{name}"/>'
    body = f'{paragraph("某办法")}{paragraph("第一条 甲。")}<w:altChunk r:id="c"/>{paragraph("第四条 丁。")}'
    data = package(body, relations=relation, parts=[(f"word/{name}", content)])
    assert texts(data) == ["某办法", "第一条 甲。", "第二条 乙。", "第三条 丙。", "第四条 丁。"]
    assert warned(data) == []


@pytest.mark.parametrize("relation", ["", f'<Relationship Id="c" Type="{OFFICE}/aFChunk" Target="chunk.rtf"/>'])
def test_a_file_inside_the_document_that_cannot_be_read_is_named_with_its_place(relation):
    body = f'{paragraph("某办法")}{paragraph("第一条 甲。")}<w:altChunk r:id="c"/>{paragraph("第二条 乙。")}'
    data = package(body, relations=relation, parts=[("word/chunk.rtf", b"{\\rtf1}")])
    assert warned(data) == [("unread", 3)]


A, V = "http://schemas.openxmlformats.org/drawingml/2006/main", "urn:schemas-microsoft-com:vml"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
OLE = "urn:schemas-microsoft-com:office:office"


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (f'<w:drawing><a:blip xmlns:a="{A}"/></w:drawing>', "图片"),
        (f'<w:pict><v:shape xmlns:v="{V}"><v:imagedata/></v:shape></w:pict>', "图片"),
        (f'<w:drawing><c:chart xmlns:c="{CHART}"/></w:drawing>', "图表"),
        (f'<w:object><o:OLEObject xmlns:o="{OLE}" ProgID="Equation.3"/></w:object>', "嵌入的对象"),
    ],
)
def test_a_picture_is_named_with_its_place(element, kind):
    body = BODY + paragraph(content=f"{run('第三条 按下图：')}<w:r>{element}</w:r>") + paragraph("第四条 丁。")
    source = drafts.read("草案.docx", package(body))
    (warning,) = source.draft().warnings
    assert (warning.code, warning.line, warning.anchor) == ("unread", 4, "art-3")
    assert f"此处有{kind}" in warning.message


def t(words):
    return f"<m:r><m:t>{escape(words)}</m:t></m:r>"


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        (f"<m:f><m:num>{t('m')}</m:num><m:den>{t('n')}</m:den></m:f>", "m/n"),
        (f"<m:f><m:num>{t('a+b')}</m:num><m:den>{t('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:sSup><m:e>{t('x')}</m:e><m:sup>{t('2')}</m:sup></m:sSup>", "x^2"),
        (f"<m:sSub><m:e>{t('P')}</m:e><m:sub>{t('i')}</m:sub></m:sSub>", "P_i"),
        (f"<m:rad><m:deg/><m:e>{t('a+b')}</m:e></m:rad>", "√(a+b)"),
        (
            f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{t("i=1")}</m:sub><m:sup>{t("n")}</m:sup>'
            f"<m:e>{t('x')}</m:e></m:nary>",
            "∑(i=1→n)x",
        ),
        (f"<m:d><m:e>{t('a')}</m:e></m:d>", "(a)"),
    ],
)
def test_a_formula_stands_on_one_line_with_its_signs(inner, shown):
    body = paragraph(content=f"{run('水价为')}<m:oMath>{inner}</m:oMath>{run('。')}")
    assert texts(package(BODY + body))[-1] == f"水价为{shown}。"


@pytest.mark.parametrize(
    ("font", "code", "shown"), [("Wingdings", "F0FC", "✓"), ("Wingdings 2", "F0A3", "□"), ("Symbol", "F061", "α")]
)
def test_a_symbol_of_a_known_font_is_read(font, code, shown):
    body = paragraph(content=f'{run("选择")}<w:r><w:sym w:font="{font}" w:char="{code}"/></w:r>')
    assert texts(package(BODY + body))[-1] == f"选择{shown}"
    assert warned(package(BODY + body)) == []


def test_a_symbol_of_another_font_is_named_with_its_place():
    body = paragraph(content=f'{run("第三条 选")}<w:r><w:sym w:font="某图标" w:char="F0FC"/></w:r>')
    assert warned(package(BODY + body)) == [("unread", 4)]


@pytest.mark.parametrize(
    "heads",
    [
        ("修改前", "修改后"),
        ("现行条文", "修订草案"),
        ("旧", "新", "理由"),
        ("序号", "原条文", "修改后条文"),
        ("原规定", "拟修改为"),
    ],
)
def test_a_table_of_changes_is_read_as_its_new_text(heads):
    new = next(at for at, head in enumerate(heads) if head in ("修改后", "修订草案", "新", "修改后条文", "拟修改为"))
    rows = [tuple(f"第{n}条 {'新' if at == new else '旧'}文。" for at in range(len(heads))) for n in ("一", "二")]
    data = docx(paragraph("某办法修改对照表") + table(heads, *rows))
    assert texts(data) == ["某办法修改对照表", "第一条 新文。", "第二条 新文。"]
    assert warned(data) == [("comparison", 2)]


def test_an_ordinary_table_is_no_table_of_changes():
    data = docx(BODY + table(("类别", "新标准"), ("一类", "40元")))
    assert texts(data)[-2:] == ["类别\t新标准", "一类\t40元"]
    assert warned(data) == [("table", 4)]


def test_a_merged_cell_keeps_its_label_in_each_row():
    def cell(words, properties=""):
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(words)}</w:tc>"

    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    rows = [
        cell("居民", start) + cell("一级") + cell("3元"),
        cell("", on) + cell("二级") + cell("4元"),
        cell("单位", start) + cell("水价与电价", '<w:gridSpan w:val="2"/>'),
        cell("", on) + cell("一级") + cell("5元"),
    ]
    body = BODY + "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"
    assert texts(docx(body))[3:] == ["居民\t一级\t3元", "居民\t二级\t4元", "单位\t水价与电价", "单位\t一级\t5元"]


def test_a_package_without_a_main_part_is_refused_with_what_to_do():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("word/other.xml", "<a/>")
    with pytest.raises(UnreadableFile, match="另存为"):
        drafts.read("草案.docx", out.getvalue())


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "articles", "expected"),
    [("24-altchunk", 3, []), ("35-othername", 2, []), ("41-image-in-text", 2, [("unread", 3)])],
)
def test_the_cases_are_read_or_named(name, articles, expected):
    path = ROOT.parent / "shared" / "cases" / "text" / f"{name}.docx"
    if not path.exists():
        missing(f"the cases are not at {path.parent}")
    draft = drafts.read(path.name, path.read_bytes()).draft()
    assert len(draft.provisions) == articles
    assert [(warning.code, warning.line) for warning in draft.warnings] == expected
