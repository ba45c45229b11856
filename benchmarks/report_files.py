"""The files of a feedback report at size: seconds and memory of each format, and DOCX against python-docx's own table.

    python -m benchmarks.report_files                # 10,000 and 100,000 opinions
    python -m benchmarks.report_files 1000 10000

Each format is written in a process of its own; memory is that of the process and of what it starts. Goals: under 1 GB
at 100,000 opinions, linear, and DOCX at least 10 times faster a row than ``table.add_row``.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any, overload

from consult.files.feedback import WRITERS, FeedbackDocument, Layout, Row
from consult.files.feedback.document import FigureLine

SIZES = (10_000, 100_000)
BY_HAND = 300
"""Rows of the table that python-docx makes."""
WORDS = "建议将收费标准在小区出入口、物业服务窗口和网站上同时公示，调整以前至少提前三十日告知业主，并说明理由和依据。"
REASON = "经研究，第三条已经规定收费项目和标准应当公示，公示的期限在实施细则中规定。"


class Rows(Sequence[Row]):
    """Rows that are made as they are read, as those of a stored report are."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(self._n))]
        if not 0 <= place < self._n:
            raise IndexError(place)
        content = WORDS * (1 + place % 4)
        return Row(place + 1, "朱**", f"第{place % 60 + 1}条", content, "未采纳", REASON, "网页", "个人")


def document(n: int) -> FeedbackDocument:
    """Return a report of ``n`` opinions."""
    return FeedbackDocument(
        title="《某办法（征求意见稿）》公众意见采纳情况",
        department="某厅",
        consultation="某办法（征求意见稿）",
        slug="measure",
        version=1,
        dates=(("征求意见", "2026年7月1日至7月31日"),),
        statement=(),
        figures=(FigureLine("received", "件来件", n), FigureLine("opinions", "条意见", n)),
        main_opinions=(),
        rows=Rows(n),
    )


def _write(extension: str, n: int, answer: Connection) -> None:
    with tempfile.TemporaryFile() as file:
        begun = time.perf_counter()
        WRITERS[extension](document(n), file, Layout())
        seconds = time.perf_counter() - begun
        size = file.seek(0, 2)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answer.send((seconds, peak / 1024, size / 2**20))


def measured(extension: str, n: int) -> tuple[float, float, float]:
    """Write one format; return seconds, peak memory of the largest process in MB, and the file's size in MB."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_write, args=(extension, n, there))
    process.start()
    there.close()
    seconds, peak, size = here.recv()
    process.join()
    return seconds, peak, size


def by_hand() -> float:
    """Return the seconds a row that python-docx takes for the same table."""
    from docx import Document

    made = Document()
    table = made.add_table(rows=1, cols=6)
    begun = time.perf_counter()
    for row in Rows(BY_HAND):
        cells = table.add_row().cells
        words = (str(row.number), row.place, row.sender, row.content, row.outcome, row.answer)
        for cell, text in zip(cells, words, strict=True):
            cell.text = text
    return (time.perf_counter() - begun) / BY_HAND


def main() -> None:
    """Print a line for each format and size."""
    sizes = [int(word) for word in sys.argv[1:]] or list(SIZES)
    for extension in WRITERS:
        first = 0.0
        for n in sizes:
            seconds, peak, size = measured(extension, n)
            a_row = seconds / n
            first = first or a_row
            print(
                f"{extension:4} {n:>7,}: {seconds:7.1f} s, {1000 * a_row:.3f} ms a row ({a_row / first:.2f} times), "
                f"{peak:,.0f} MB, file {size:,.1f} MB",
                flush=True,
            )
            if extension == "docx" and n == sizes[-1]:
                print(f"docx against python-docx's add_row: {by_hand() / a_row:.1f} times as fast (goal 10)")


if __name__ == "__main__":
    main()
