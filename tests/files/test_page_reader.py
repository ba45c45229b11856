"""Saved web pages: the document is read, menus and footers aren't, and what a script shows is there."""

from __future__ import annotations

import quopri

import pytest

from config import ROOT
from consult.files import drafts
from consult.files.page_reader import read_page
from consult.text.parser.outline import outline
from tests.conftest import missing

TITLE = "某市供水管理办法"
LINES = [
    "第一章 总则",
    "第一条 为规范供水，保障用水安全，根据有关法律、法规，结合本市实际，制定本办法。",
    "第二条 本市行政区域内供水、用水及其监督管理活动，适用本办法。",
    "第三条 有下列情形之一的，可以暂停供水：",
    "（一）管道检修的；",
    "（二）突发事件的。",
    "第二章 附则",
    "第四条 本办法自2027年1月1日起施行。",
]
P = "".join(f"<p>{line}</p>" for line in LINES)
BR = "<br/>".join(LINES)
MENU = "".join(
    f'<li><a href="/{n}.html">{word}</a></li>' for n, word in enumerate(["首页", "政务公开", "办事服务", "互动交流"])
)
NEWS = "".join(f'<li><a href="/n{n}.html">某市召开第{n}次供水工作会议部署近期工作</a></li>' for n in range(8))
FOOT = "<p>主办：某市人民政府办公室　网站标识码：1000000001　某ICP备10000001号</p>"
SHARE = '<div class="share">分享到：<a>微信</a><a>微博</a></div>'

PAGES = {
    "divs with classes": f"""<div class="header"><div class="logo">某市人民政府</div><ul class="nav">{MENU}</ul></div>
        <div class="location">当前位置：<a>首页</a>&gt;<a>文件</a></div>
        <div class="main"><h1>{TITLE}</h1><div class="TRS_Editor">{P}</div>{SHARE}</div>
        <div class="right"><h3>相关新闻</h3><ul>{NEWS}</ul></div><div class="footer">{FOOT}</div>""",
    "landmarks": f"<header><nav><ul>{MENU}</ul></nav></header><main><article><h1>{TITLE}</h1>{P}</article></main>"
    f"<aside><ul>{NEWS}</ul></aside><footer>{FOOT}</footer>",
    "a table for layout": f"<table><tr><td colspan=2><a>首页</a> <a>公开</a> <a>服务</a> <a>互动</a></td></tr><tr>"
    f"<td><ul>{NEWS}</ul></td><td><p>{TITLE}</p>{P}</td></tr><tr><td colspan=2 class=bottom>{FOOT}</td></tr></table>",
    "line breaks": f'<div id="top"><ul>{MENU}</ul></div><div id="zoom">{TITLE}<br/>{BR}</div>'
    f'<div id="foot">{FOOT}</div>',
    "the title in the metadata": f'<div class="nav"><ul>{MENU}</ul></div><div class="content">{P}</div>',
    "hidden until a script runs": f'<div style="display:none" id="app"><h1>{TITLE}</h1>{P}</div>'
    f"<div class=foot>{FOOT}</div>",
    "hidden by visibility": f'<div style="visibility:hidden"><p>{TITLE}</p>{P}</div>',
    "no structure": f"<p>{TITLE}</p>{P}",
    "two containers": f'<div class="nav"><ul>{MENU}</ul></div><div><h2>{TITLE}</h2></div><div>{P}</div>',
}


def page(body, title="", meta=""):
    head = f"<meta charset='utf-8'><title>{title}</title>{meta}"
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def contents(outlined):
    return {name: outlined[name] for name in ("title", "chapters", "articles")}


EXPECTED = {"title": TITLE, "chapters": ["第一章 总则", "第二章 附则"]}


@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_the_document_of_a_page_is_read_and_its_furniture_is_not(body):
    meta = f'<meta name="ArticleTitle" content="{TITLE}">' if TITLE not in body else ""
    data = page(body, f"{TITLE}_某市人民政府", meta).encode()
    source = drafts.read("办法.html", data)
    read = outline(source.draft())
    assert contents(read) | {"articles": []} == {**EXPECTED, "articles": []}
    assert [(article["n"], article["items"]) for article in read["articles"]] == [(1, 0), (2, 0), (3, 2), (4, 0)]
    assert not any(word in source.text for word in ("政务公开", "供水工作会议", "微信"))
    assert source.text.count(TITLE) == 1


@pytest.mark.parametrize(
    ("title", "meta"),
    [
        (f"{TITLE}_某市人民政府门户网站", ""),
        (f"{TITLE} - 某市司法局", ""),
        (TITLE, ""),
        ("某市人民政府", f'<meta name="ArticleTitle" content="{TITLE}">'),
    ],
)
def test_a_title_that_only_the_page_gives_is_the_first_line(title, meta):
    assert read_page(page(P, title, meta)).text.split("\n")[0] == TITLE


@pytest.mark.parametrize("title", ["某市人民政府门户网站", "政府信息公开", ""])
def test_the_name_of_a_site_is_no_title(title):
    assert read_page(page(P, title)).text.split("\n")[0] == LINES[0]


def test_signature_date_and_annexes_beside_the_text_belong_to_it():
    end = (
        '<div class="luokuan"><p>某市人民政府</p><p>2026年5月8日</p></div>'
        '<div class="fj"><p>附件：<a href="a.docx">1.名单.docx</a> <a href="b.xlsx">2.价格表.xlsx</a></p></div>'
    )
    lines = read_page(page(f'<div><div class="text"><h1>{TITLE}</h1>{P}</div>{end}</div>')).text.split("\n")
    assert lines[-3:-1] == ["某市人民政府", "2026年5月8日"]
    assert lines[-1].startswith("附件：")


def test_what_is_shown_by_a_script_is_read_with_a_warning():
    (warning,) = read_page(page(PAGES["hidden by visibility"])).warnings
    assert "由脚本打开" in warning


def test_words_that_stay_hidden_are_not_read():
    body = f'<p>{TITLE}</p>{P}<div style="display:none">第五条 隐藏的内容。</div><p hidden>第六条 乙。</p>'
    assert "隐藏" not in read_page(page(body)).text
    assert read_page(page(body)).warnings == ()


def test_what_is_left_out_beside_the_text_is_named():
    source = read_page(page(f"<div>某市人民政府网站群 今日天气晴</div><div><h1>{TITLE}</h1>{P}</div>"))
    assert "天气" not in source.text
    assert "今日天气晴" in source.warnings[0]


def test_a_list_of_links_in_the_text_stays():
    body = f'<h1>{TITLE}</h1>{P}<p>参见<a href="/1.html">《某办法》</a>和<a href="/2.html">《某条例》</a>的规定。</p>'
    assert "参见《某办法》和《某条例》的规定。" in read_page(page(body)).text


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_page_saved_in_one_file_is_read(charset):
    html = page(PAGES["divs with classes"], TITLE).replace("utf-8", charset).encode(charset)
    archive = (
        b"From: <Saved by Blink>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----B"\r\n\r\n------B\r\n'
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Location: http://example.test/\r\n\r\n" + quopri.encodestring(html) + b"\r\n------B\r\n"
        b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n------B--\r\n"
    )
    source = drafts.read("办法.mht", archive)
    assert outline(source.draft())["chapters"] == EXPECTED["chapters"]
    assert "政务公开" not in source.text


@pytest.mark.corpus
def test_the_hidden_case_is_read():
    path = ROOT.parent / "shared" / "cases" / "text" / "h1-visibility.html"
    if not path.exists():
        missing(f"the cases are not at {path.parent}")
    draft = drafts.read(path.name, path.read_bytes()).draft()
    assert (draft.title, len(draft.provisions)) == ("某市供水管理办法", 1)
