"""Letters in one file to print: each begins a page of its own, numbered from 1, and no page between them is blank."""

from __future__ import annotations

import io

from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn

from consult.files.letters import Letter, to_docx


def a_letter(to: str) -> Letter:
    """Return a letter."""
    return Letter(
        "某省某厅", to, "某办法（征求意见稿）", "2027年1月8日", "https://example.org/i/x", "某路1号", "2026年12月1日"
    )


def test_each_letter_is_a_part_of_its_own_numbered_from_one() -> None:
    document = Document(io.BytesIO(to_docx([a_letter(f"第{n}家公司") for n in range(3)])))
    assert [section.start_type for section in document.sections] == [WD_SECTION.NEW_PAGE] * 3
    starts = [section._sectPr.find(qn("w:pgNumType")) for section in document.sections]
    assert [start is not None and start.get(qn("w:start")) for start in starts[1:]] == ["1", "1"]
    assert "w:br " not in document.element.xml  # a break of its own would leave a blank page behind a full one
    assert [text for text in (p.text for p in document.paragraphs) if text.startswith("第")] == [
        f"第{n}家公司：" for n in range(3)
    ]
    assert {section._sectPr.find(qn("w:docGrid")).get(qn("w:type")) for section in document.sections} == {"lines"}
