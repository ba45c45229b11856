"""What a report prints in which order, under which headings and in which fonts; a department may set its own.

A template is a TOML file: ``[fonts]`` with names for ``title``, ``body``, ``heading``, ``subheading``, and
``[[section]]`` with the ``id`` of a section and, where it isn't the usual one, its ``heading``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path

from consult.files import charts
from consult.files.errors import UnreadableFile
from consult.files.export.official_layout import Fonts
from consult.files.export.volume import Block, Chart, Heading, Line, Look, Table
from consult.files.feedback.document import CountLine, FeedbackDocument, MainOpinion
from consult.text.numerals import write_number

TABLE_HEADING = "附：逐条意见采纳情况"
CHARACTERS = 40
"""Longest name of a font, and longest heading of a section, in characters."""
BARS = 12
"""Bars of a chart at most, so that it leaves room on its page for what belongs to it."""
OUTCOME_MM = 21
WIDTH_MM = 156


@dataclass(frozen=True)
class Section:
    """A section: its id and its heading without a number."""

    id: str
    heading: str


SECTIONS: dict[str, str] = {
    "process": "公众参与过程",
    "main": "主要意见和采纳情况",
    "apart": "公众和单位意见",
    "articles": "各条意见分布",
    "themes": "按主题统计",
    "screening": "未纳入的来件",
    "table": TABLE_HEADING,
}
"""Ids of the sections with their usual headings, in the usual order."""


@dataclass(frozen=True)
class Layout:
    """Sections in order, and fonts."""

    sections: tuple[Section, ...] = tuple(Section(name, heading) for name, heading in SECTIONS.items())
    fonts: Fonts = field(default_factory=Fonts)

    def heading(self, name: str) -> str:
        """Return the heading of a section; empty when it isn't printed."""
        return next((section.heading for section in self.sections if section.id == name), "")


def read(path: Path | None) -> Layout:
    """Return the layout that a template file describes, the usual one without a file.

    Raises:
        UnreadableFile: there is no such file, or something in it isn't known; the message says what.
    """
    return _read(path, path.stat().st_mtime_ns) if path is not None and path.exists() else _absent(path)


def _absent(path: Path | None) -> Layout:
    if path is not None:
        raise UnreadableFile(f"没有反馈报告的版式文件 {path}。")
    return Layout()


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Layout:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"反馈报告的版式文件 {path} 读不出：{error}") from None
    unknown = set(content) - {"fonts", "section"}
    if unknown:
        raise UnreadableFile(f"版式文件 {path} 里有不认识的内容：{'、'.join(sorted(unknown))}。")
    return Layout(_sections(path, content.get("section")), _fonts(path, content.get("fonts", {})))


def _sections(path: Path, rows: object) -> tuple[Section, ...]:
    if rows is None:
        return Layout().sections
    chosen = [_section(path, row) for row in rows] if isinstance(rows, list) else []
    names = [section.id for section in chosen]
    if not chosen or len(set(names)) < len(names):
        raise UnreadableFile(f"版式文件 {path}：[[section]] 至少一节，每节只写一次。")
    if "table" in names[:-1]:
        raise UnreadableFile(f"版式文件 {path}：逐条意见（table）只能放在最后。")
    return tuple(chosen)


def _section(path: Path, row: object) -> Section:
    name = row.get("id") if isinstance(row, dict) else None
    if not isinstance(row, dict) or name not in SECTIONS or set(row) - {"id", "heading"}:
        raise UnreadableFile(f"版式文件 {path}：[[section]] 的 id 是 {'、'.join(SECTIONS)} 之一，另可写 heading。")
    return Section(name, _words(path, "heading", row.get("heading", SECTIONS[name])))


def _fonts(path: Path, named: object) -> Fonts:
    known = {known.name for known in fields(Fonts)}
    if not isinstance(named, dict) or set(named) - known:
        raise UnreadableFile(f"版式文件 {path}：[fonts] 只能有 {'、'.join(sorted(known))}。")
    return replace(Fonts(), **{key: _words(path, key, value) for key, value in named.items()})


def _words(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > CHARACTERS or any(ord(c) < 32 for c in value):
        raise UnreadableFile(f"版式文件 {path}：{key} 要写一行文字，不超过 {CHARACTERS} 个字符。")
    return value.strip()


def front(document: FeedbackDocument, layout: Layout) -> Iterator[Block]:
    """Yield what is printed before the table of all opinions: head, statement, sections that have something."""
    if document.draft:
        yield Line("（未公布的稿子，不作为正式反馈）", Look.CENTRED)
    yield from (Line(f"{label}：{value}") for label, value in document.dates)
    yield from (Line(words) for words in (document.replaces, *document.statement) if words)
    number = 0
    for section in layout.sections:
        blocks = list(_WRITERS[section.id](document)) if section.id in _WRITERS else []
        if blocks:
            number += 1
            yield Heading(f"{write_number(number)}、{section.heading}")
            yield from blocks
    yield Line(document.department, Look.RIGHT)
    if document.day:
        yield Line(document.day, Look.RIGHT)


def _process(document: FeedbackDocument) -> Iterator[Block]:
    yield Line(document.participation())
    yield from chart_of("各渠道来件", [(line.words, line.submissions or 0, "") for line in document.counts.channels])
    yield from _spread("渠道", document.counts.channels)
    yield from _spread("来件人", document.counts.senders)


def _main(document: FeedbackDocument) -> Iterator[Block]:
    yield Line(document.adoption())
    outcomes = [(line.label, line.n, line.name.removeprefix("outcome.")) for line in document.lines("outcome.")]
    yield from chart_of("采纳情况", outcomes)
    for number, main in enumerate(document.main_opinions, 1):
        yield Heading(f"（{write_number(number)}）{main.title}（{main.place}，{main.n}条）", 2)
        yield Line(f"采纳情况：{main.answer()}")
        yield from (Line(words) for words in reworded(main))


def reworded(main: MainOpinion) -> tuple[str, ...]:
    """Return the old and the new words of what a main opinion changes."""
    if main.rewording is None:
        return ()
    old = (f"征求意见稿：{main.rewording.old}",) if main.rewording.old else ()
    return (*old, f"{main.rewording.label}：{main.rewording.new}")


def _apart(document: FeedbackDocument) -> Iterator[Block]:
    yield from _spread("", document.counts.apart)
    if document.heard:
        yield Line("单独征求意见：" + "，".join(f"{words}{n}家" for words, n in document.heard) + "。")


def _articles(document: FeedbackDocument) -> Iterator[Block]:
    most = f"意见最多的{BARS}条" if len(document.counts.articles) > BARS else "各条意见"
    yield from chart_of(most, [(line.words, line.opinions, "") for line in document.counts.articles])
    yield from _spread("条款", document.counts.articles)


def _themes(document: FeedbackDocument) -> Iterator[Block]:
    yield from (Line(theme.line()) for theme in document.themes)


def _screening(document: FeedbackDocument) -> Iterator[Block]:
    if document.rejections:
        yield Table((("不予公开的理由", 126), ("件数", 30)), [(words, f"{n}") for words, n in document.rejections])
    if document.n("late"):
        yield Line(f"期满后收到来件{document.n('late')}件，意见{document.n('opinions_late')}条，不计入以上数字。")


def chart_of(title: str, rows: Sequence[tuple[str, int, str]]) -> Iterator[Chart]:
    """Yield a chart of words, numbers and tones; none for a single bar, and of many the largest, in their order.

    The table below it has them all.
    """
    largest = sorted(range(len(rows)), key=lambda place: -rows[place][1])[:BARS]
    shown = [rows[place] for place in sorted(largest)]
    if len(shown) > 1:
        bars = [charts.Bar(words, n, tone=tone) for words, n, tone in shown]
        listed = "，".join(f"{words}{n}" for words, n, _ in shown)
        yield Chart(charts.bars(bars, f"{title}：{listed}"), f"{title}：{listed}")


def _spread(words: str, lines: tuple[CountLine, ...]) -> Iterator[Block]:
    """Yield a table of counts: only the outcomes that occur have a column."""
    if not lines:
        return
    outcomes = [name for name in lines[0].outcomes if any(line.outcomes[name] for line in lines)]
    submissions = lines[0].submissions is not None
    head = [(words, WIDTH_MM - (34 if submissions else 17) - OUTCOME_MM * len(outcomes))]
    head += [("来件", 17)] if submissions else []
    head += [("意见", 17), *((name, OUTCOME_MM) for name in outcomes)]
    rows = []
    for line in lines:
        numbers = [line.submissions] if submissions else []
        rows.append((line.words, *(f"{n}" for n in [*numbers, line.opinions, *(line.outcomes[o] for o in outcomes)])))
    yield Table(tuple(head), rows)


_WRITERS: dict[str, Callable[[FeedbackDocument], Iterator[Block]]] = {
    "process": _process,
    "main": _main,
    "apart": _apart,
    "articles": _articles,
    "themes": _themes,
    "screening": _screening,
}
