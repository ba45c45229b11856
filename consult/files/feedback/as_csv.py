"""The table of the feedback report as CSV, for any spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
from typing import BinaryIO, Final

from consult.files.feedback.document import FeedbackDocument
from consult.files.feedback.layout import Layout

HEADER: Final = ("序号", "条款", "反馈人", "反馈人类别", "渠道", "意见内容", "采纳情况", "理由", "修改", "备注")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be computed by a spreadsheet (OWASP, CSV injection); an apostrophe goes before it."""


def write(document: FeedbackDocument, out: BinaryIO, layout: Layout) -> None:
    """Write the table, UTF-8 with the mark that Excel looks for."""
    out.write(codecs.BOM_UTF8)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for row in document.rows:
        words = (row.place, row.sender, row.sender_kind, row.channel, row.content, row.outcome, row.reason)
        late = "逾期" if row.late else ""
        writer.writerow((row.number, *(_plain(cell) for cell in (*words, row.rewording, late))))
    text.detach()


def _plain(cell: str) -> str:
    cell = cell.replace("\x00", "")
    return f"'{cell}" if cell.startswith(FORMULA) else cell
