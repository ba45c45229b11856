"""A department's own letter: filled from placeholders, and no way to do anything else by them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
from docx import Document

from consult.files.letter_template import NAMES, SAMPLE, TemplateRefused, check, fill
from consult.files.sandbox import Sandbox

LETTER = ("{{ 主送 }}：", "{{ 正文 }}", "{{ 成文日期 }}")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(20) as bounded:
        yield bounded


def a_template(*lines: str) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_part(template: bytes, name: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as package, zipfile.ZipFile(out, "w") as written:
        for item in package.infolist():
            data = package.read(item)
            written.writestr(item, data.replace(old, new) if item.filename == name else data)
    return out.getvalue()


def test_every_placeholder_is_filled_and_paragraphs_stay_paragraphs(sandbox: Sandbox) -> None:
    data = fill(a_template(*LETTER, *(f"{name}={{{{ {name} }}}}" for name in NAMES)), SAMPLE, sandbox)
    lines = [paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs]
    assert lines[0] == f"{SAMPLE.to}："
    assert [words for words in SAMPLE.paragraphs() if words not in lines] == []
    assert f"发文字号={SAMPLE.number}" in lines
    assert f"答复码={SAMPLE.code}" in lines
    assert len(Document(io.BytesIO(data)).inline_shapes) == 1


def test_values_are_words_never_markup(sandbox: Sandbox) -> None:
    from dataclasses import replace

    odd = replace(SAMPLE, to="甲<w:p/>&{{ 标题 }}公司")
    data = fill(a_template(*LETTER), odd, sandbox)
    assert Document(io.BytesIO(data)).paragraphs[0].text == "甲<w:p/>&{{ 标题 }}公司："


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{{ 文号 }}", "不认识的占位符：文号"),
        ("{{ 主送.__class__.__mro__ }}", "不允许的表达式"),
        ("{{ ''.__class__.__base__.__subclasses__() }}", "不允许的表达式"),
        ("{% for i in range(999999999) %}x{% endfor %}", "循环次数过多"),
        ("{{ '一' * 9999999999 }}", "内存"),
        ("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", "内存"),
        ("{% include '/etc/passwd' %}", "无法填写"),
        ("{{ 主送 ", "写法有误"),
        ("{{ 主送.下级 }}", "取不到的值"),
        ("{% set x = [1] %}{{ x.append(2) }}", "不允许的表达式"),
    ],
)
def test_a_placeholder_can_do_nothing_but_be_filled(sandbox: Sandbox, line: str, words: str) -> None:
    with pytest.raises(TemplateRefused, match=words):
        check(a_template(*LETTER, line), sandbox)


def test_what_a_letter_needs_must_be_there(sandbox: Sandbox) -> None:
    with pytest.raises(TemplateRefused, match="没有占位符“成文日期”"):
        check(a_template("{{ 主送 }}", "{{ 正文 }}"), sandbox)


def test_outside_files_entities_and_macros_are_refused(sandbox: Sandbox) -> None:
    plain = a_template(*LETTER)
    outside = b'<Relationship Id="rX" TargetMode="External" Target="http://x/t.dotm" Type="http://x/attachedTemplate"/>'
    linked = with_part(plain, "word/_rels/document.xml.rels", b"</Relationships>", outside + b"</Relationships>")
    with pytest.raises(TemplateRefused, match="外部文件"):
        check(linked, sandbox)
    entity = with_part(plain, "word/document.xml", b"<w:document ", b'<!DOCTYPE x [<!ENTITY a "b">]><w:document ')
    with pytest.raises(TemplateRefused, match="文档类型声明"):
        check(entity, sandbox)
    with pytest.raises(TemplateRefused, match=r"不是有效的 .docx"):
        check(b"PK\x03\x04 no package", sandbox)
