"""`flask draft …` prints what programs and people ask of a draft."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import typst
from flask import Flask

from config import ROOT
from consult.faces.cli.draft import draft_cli
from tests.files.word import docx, level, numbering, paragraph, table

STATUTE = (
    "某市停车管理办法\n第一章 总则\n第一条 根据《停车法》第三条，制定本办法。\n"
    "第二条 依照本办法第九条处理：\n（一）甲；\n（二）乙。"
)
REVISED = (
    "某市停车管理办法\n第一章 总则\n第一条 为了规范停车，制定本办法。\n"
    "第二条 依照本办法第一条处理：\n（一）甲；\n（二）丙。"
)
REGISTER = "level,name,adopted_on,in_force_from,expired\n法律,停车法,2020-01-01,2020-05-01,0\n"


@pytest.fixture
def run():
    """Runs a command of the group in an application of its own."""
    app = Flask("test")
    app.cli.add_command(draft_cli)
    return lambda *arguments: app.test_cli_runner().invoke(args=["draft", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_table_in_a_word_file_is_pointed_at_in_its_outline(run, file):
    path = file("a.docx", docx(paragraph("第一条 收费标准：") + table(("类别", "标准"), ("小型车", "2元"))))
    (warning,) = json.loads(run("outline", path, "--json").stdout)["warnings"]
    assert (warning["code"], warning["line"], warning["anchor"]) == ("table", 2, "art-1-para-1-row-1")
    assert "第2行：表格（2 行 2 列）按行读成文字" in run("outline", path, "--text").stdout


def test_what_the_reader_of_a_pdf_left_out_is_named_beside_the_outline(run, file):
    body = "\n\n".join(f"第{n}条 为了规范停车，制定本办法。" for n in range(1, 4))
    font = '#set text(font: "Noto Serif CJK SC")'
    path = file("a.pdf", typst.compile(f'#set page(numbering: "— 1 —")\n{font}\n{body}'.encode()))
    result = run("outline", path, "--json")
    assert f"{path}：已略去页眉页脚：页码 1 处" in result.stderr
    first, *_ = json.loads(result.stdout)["warnings"]
    assert (first["code"], first["line"], first["message"][:7]) == ("file", 0, "已略去页眉页脚")
    assert len(json.loads(result.stdout)["articles"]) == 3


def test_each_file_gives_one_line_of_json(run, file):
    word = docx(
        paragraph("为了规范停车，制定本办法。", number=(1, 0)),
        numbering=numbering(level(0, "chineseCounting", "第%1条")),
    )
    result = run("outline", file("a.txt", STATUTE), file("b.docx", word), "--json")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert result.exit_code == 0
    assert first["title"] == "某市停车管理办法"
    assert first["chapters"] == ["第一章 总则"]
    assert first["articles"] == [
        {"n": 1, "sub": 0, "paragraphs": 1, "items": 0},
        {"n": 2, "sub": 0, "paragraphs": 1, "items": 2},
    ]
    assert set(first) == {
        "file",
        "title",
        "frame",
        "parts",
        "subparts",
        "chapters",
        "sections",
        "articles",
        "numbered",
        "warnings",
    }
    assert [a["n"] for a in second["articles"]] == [1]


def test_the_tree_has_every_node(run, file):
    document = json.loads(run("outline", file("a.txt", STATUTE), "--json", "--tree").stdout)
    title, chapter, *_ = document["tree"]
    assert (title["kind"], title["text"]) == ("title", "某市停车管理办法")
    assert set(chapter) == {"anchor", "kind", "number", "heading", "text", "children"}
    assert chapter["children"][1]["children"][0]["children"][1]["anchor"] == "art-2-para-1-item-2"


def test_a_file_that_cannot_be_read_does_not_stop_the_others(run, file, tmp_path):
    result = run(
        "outline", file("bad.docx", b"PK\x03\x04junk"), tmp_path / "none.txt", file("a.txt", STATUTE), "--json"
    )
    assert result.exit_code == 1
    assert json.loads(result.stdout)["title"] == "某市停车管理办法"
    assert "bad.docx" in result.stderr
    assert "none.txt" in result.stderr
    assert "Traceback" not in result.output


def test_an_outline_for_people_names_chapters_and_warnings(run, file):
    result = run("outline", file("a.txt", "某办法\n第一章 总则\n第一条 甲。\n第三条 乙。"), "--text")
    assert "第一章 总则" in result.stdout
    assert "第4行" in result.stdout


def test_another_program_is_given_json_lines_unasked(run, file):
    paths = [file("a.txt", STATUTE), file("b.txt", REVISED)]
    assert run("outline", *paths).stdout == run("outline", *paths, "--json").stdout
    assert [json.loads(line)["file"] for line in run("outline", *paths).stdout.splitlines()] == list(map(str, paths))


def test_a_terminal_is_given_text(file, tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "flask", "--app", "wsgi:app", "draft", "outline", file("a.txt", STATUTE)]
    subprocess.run(command, cwd=ROOT, stdout=theirs, env=os.environ | {"DATA_DIR": str(tmp_path)}, check=True)
    os.close(theirs)
    printed = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "某市停车管理办法\r\n　第一章 总则" in printed


def test_no_file_is_wrong_usage(run):
    assert run("outline").exit_code == 2


def test_a_comparison_lists_what_changed(run, file):
    old, new = file("old.txt", STATUTE), file("new.txt", REVISED)
    comparison = json.loads(run("compare", old, new, "--json").stdout)
    assert [match["relation"] for match in comparison["matches"]] == ["changed", "changed"]
    assert comparison["anchors"]["art-2-para-1-item-1"] == "art-2-para-1-item-1"
    text = run("compare", old, new).stdout
    assert "第二条 → 第二条：修改" in text
    assert "［-乙-］［+丙+］" in text


def test_citations_are_looked_up_in_the_register_given(run, file):
    check = json.loads(
        run("citations", file("a.txt", STATUTE), "--instruments", file("r.csv", REGISTER), "--json").stdout
    )
    assert [(c["name"], c["articles"], c["in_force"]) for c in check["citations"]] == [("停车法", ["第三条"], True)]
    assert [(r["words"], r["found"]) for r in check["references"]] == [("第九条", False)]
    text = run("citations", file("a.txt", STATUTE), "--instruments", file("r.csv", REGISTER)).stdout
    assert "现行有效" in text
    assert "第九条" in text


@pytest.mark.parametrize("content", ["甲,乙\n1,2\n", "level,name,adopted_on\n法律,停车法,去年\n"])
def test_a_register_that_cannot_be_read_is_refused(run, file, content):
    result = run("citations", file("a.txt", STATUTE), "--instruments", file("r.csv", content))
    assert result.exit_code == 1
    assert "r.csv" in result.stderr
