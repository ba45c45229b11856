"""HTML pasted from a page reads as it looked."""

from __future__ import annotations

import pytest

from consult.files import drafts
from consult.files.errors import UnreadableFile
from consult.files.html_reader import read_html
from consult.files.libreoffice import office_program

PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>页面标题</title><style>p{color:red}</style></head>
<body><div><h1>某市停车管理办法</h1><p>　　第一条&nbsp;为了<b>规范</b>停车，<br>制定本办法。</p>
<p style="display:none">看不见</p><script>var a="第九条";</script>
<table><tr><td>一类</td><td>10元</td></tr></table><ol start="3"><li>甲</li><li>乙</li></ol></div></body></html>"""


def test_a_page_gives_its_visible_text_line_by_line():
    source = drafts.read("粘贴.html", PAGE.encode())
    assert source.media_type == "text/html"
    assert [line.split() for line in source.text.split("\n")] == [
        ["某市停车管理办法"],
        ["第一条", "为了规范停车，"],
        ["制定本办法。"],
        ["一类", "10元"],
        ["3.甲"],
        ["4.乙"],
    ]


def test_what_a_page_hides_is_left_out_and_preformatted_lines_stay_lines():
    page = "<p hidden>甲</p><p style='font-size:0'>乙</p><pre>第一条 丙\n第二条 丁</pre><ol><li>戊<li>己</ol>"
    assert read_html(page).split("\n") == ["第一条 丙", "第二条 丁", "1.戊", "2.己"]


def test_a_page_in_gb18030_is_read():
    page = PAGE.replace("utf-8", "gb2312").encode("gb18030")
    assert "规范停车" in drafts.read("粘贴.html", page).text


@pytest.mark.skipif(office_program() is not None, reason="LibreOffice is installed and would convert it")
def test_an_old_word_file_is_refused_with_what_to_do_where_nothing_can_convert_it():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le") + b"\0" * 600
    with pytest.raises(UnreadableFile, match=r"另存为 \.docx"):
        drafts.read("草案.doc", data)
