"""The feedback report as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import BinaryIO

from consult.files.export.volume import Block, Chart, Facts, Heading, Line, Look, Table
from consult.files.export.xml_characters import xml_text
from consult.files.feedback.document import FeedbackDocument, Row
from consult.files.feedback.layout import Layout, front

HEADER = ("序号", "条款", "反馈人", "意见内容", "采纳情况", "理由")
STYLE = """
body{max-width:60em;margin:2em auto;padding:0 1em;color:#1a1d21;background:#fff;
 font:17px/1.75 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.7em;line-height:1.35}h2{font-size:1.25em;margin-top:2em}h3{font-size:1.05em;margin:1.2em 0 0}
.centred{text-align:center}.right{text-align:right}
table{border-collapse:collapse;width:100%;font-size:.92em}th,td{border:1px solid #b6bdc5;padding:.4em .6em;
 vertical-align:top;text-align:left;white-space:pre-line;overflow-wrap:anywhere}th{background:#f6f6f3}
td{unicode-bidi:isolate}.wide{overflow-x:auto}
figure{margin:1em 0;max-width:36em}
@media print{body{margin:0;font-size:11pt}tr{break-inside:avoid}}
"""


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the report as a whole HTML page, UTF-8."""
    for piece in _pieces(document, layout):
        out.write(piece.encode())


def _pieces(document: FeedbackDocument, layout: Layout) -> Iterator[str]:
    yield (
        '<!doctype html>\n<html lang="zh-Hans"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(xml_text(document.title))}</title><style>{STYLE}</style></head><body>\n<h1>{escape(xml_text(document.title))}</h1>\n"
    )
    yield from (_block(block) for block in front(document, layout))
    if heading := layout.heading("table"):
        yield f'<h2>{escape(heading)}</h2><div class="wide"><table><thead>{_cells("th", HEADER)}</thead><tbody>\n'
        yield from (_row(row) for row in document.rows)
        yield "</tbody></table></div>\n"
    for words in (document.checkpoint, f"校验：SHA-256 {document.digest}" if document.digest else ""):
        if words:
            yield f"<p>{escape(words)}</p>\n"
    yield "</body></html>\n"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{escape(xml_text(block.words))}</h{block.level + 1}>\n"
    if isinstance(block, Line):
        look = f' class="{block.look.value}"' if block.look in (Look.CENTRED, Look.RIGHT) else ""
        return f"<p{look}>{escape(xml_text(block.words))}</p>\n"
    if isinstance(block, Chart):
        return f"<figure>{block.svg}</figure>\n"  # drawn here; its words are escaped by the XML writer
    head, rows = ("", block.pairs) if isinstance(block, Facts) else (_head(block), block.rows)
    body = "".join(_cells("td", [str(cell) for cell in row]) for row in rows)
    return f'<div class="wide"><table>{head}<tbody>{body}</tbody></table></div>\n'


def _head(table: Table) -> str:
    return f"<thead>{_cells('th', [words for words, _ in table.columns])}</thead>"


def _row(row: Row) -> str:
    return _cells("td", (str(row.number), row.place, row.sender, row.content, row.outcome, row.answer))


def _cells(tag: str, cells: tuple[str, ...] | list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(xml_text(cell))}</{tag}>" for cell in cells) + "</tr>\n"
