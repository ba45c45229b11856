"""Builds the tree of a document in statute form: 编、分编、章、节、条、款、项、目."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from consult.text.parser.articles import as_plain
from consult.text.parser.lines import SENTENCE_ENDS, Line, Style, rows_among, shape_of
from consult.text.parser.marks import read_opening
from consult.text.parser.tree import FRAME, HEADINGS, RANK, STRUCTURE, Kind, Provision
from consult.text.parser.tree_builder import (
    Branch,
    add_frame_line,
    add_paragraph,
    depth_of,
    leaf,
    open_heading,
    provision,
    with_row,
)

_RUN: Final = re.compile("A[PI]*|[^A]")  # an article with the lines below it, or any other line
_MAYBE_HEADING: Final = re.compile("I(?=[AEBCSHI])|[EBCS](?=[PH])")
_DUN_RANK: Final = 5
_BRACKET_RANK: Final = 6
_BRACKETS: Final = frozenset("（(")
_HEADING_LIMIT: Final = 40  # characters of a heading that has no 章 or 节 in it
_NEXT_LINE_TITLE_LIMIT: Final = 30  # characters of a chapter's title on the next line


def build_statute(lines: list[Line], root: Branch, ready: Sequence[Line | Provision] = ()) -> None:
    """Add the provisions of `lines` below `root`, after those that are `ready`.

    `lines` are settled: every ARTICLE line is an article. Text before the first heading or article is the preamble.
    """
    open_branches: list[tuple[int, Branch]] = [(0, root)]
    append = root.children.append
    started = False
    for piece in chain(ready, _with_articles_built(_with_headings(lines), root)):
        if type(piece) is Provision:
            started = True
            append(piece)
        elif type(piece) is not Line:
            continue
        elif piece.kind in HEADINGS:
            started = True
            open_heading(piece, _rank(piece, open_branches), open_branches, root)
            append = open_branches[-1][1].children.append
        elif piece.kind in FRAME:
            del open_branches[1:]
            append = root.children.append
            add_frame_line(piece, root)
        else:
            _add_loose_line(piece, open_branches[-1][1], root, started)


def _with_articles_built(lines: list[Line], root: Branch) -> Iterator[Line | Provision]:
    """Yield the lines in order, each article together with its lines as a provision."""
    for run in _RUN.finditer(shape_of(lines)):
        start, end = run.span()
        line = lines[start]
        if line.kind is Kind.ARTICLE:
            anchor = root.child_anchor(f"art-{line.value}-{line.sub}" if line.sub else f"art-{line.value}")
            yield build_article(line, lines[start + 1 : end], anchor)
        else:
            yield line


def _add_loose_line(line: Line, parent: Branch, root: Branch, started: bool) -> None:
    """Add a line outside any article: the preamble, or text under a heading."""
    if not started:
        parent.children.append(leaf(root.next_anchor("preamble"), Kind.PREAMBLE, line))
    else:
        parent.children.append(leaf(parent.next_anchor("para"), Kind.PARAGRAPH, line))


def _rank(line: Line, open_branches: list[tuple[int, Branch]]) -> int:
    """The rank of a heading; 附则 without a number has that of the highest open heading."""
    if line.kind is not Kind.HEADING:
        return RANK[line.kind]
    if line.style is Style.DUN:
        return _DUN_RANK
    if line.style is Style.BRACKET:
        return _BRACKET_RANK
    if line.number:  # 第一部分
        return 1
    numbered = [rank for rank, _ in open_branches[1:] if rank < _DUN_RANK]
    return numbered[0] if numbered else RANK[Kind.CHAPTER]


def _with_headings(lines: list[Line]) -> list[Line]:
    """Recognise headings without 章 or 节, and join a chapter's title on the next line to its number."""
    changed: dict[int, Line | None] = {}  # None: the line has become part of the one before it
    bracket_headings = False
    for match in _MAYBE_HEADING.finditer(shape_of(lines)):
        index = match.start()
        line, following = lines[index], lines[index + 1]
        if index in changed:
            continue
        if line.kind is not Kind.ITEM:
            if _title_continues(line) and _is_title(following, lines, index):
                joint = "" if line.heading else "\n"
                heading = f"{line.heading}{following.source}"
                changed[index] = line._replace(heading=heading, written=f"{line.written}{joint}{following.source}")
                changed[index + 1] = None
        elif _looks_like_heading(line) and _is_structure(following):
            if line.style is Style.DUN:
                changed[index] = _as_heading(line)
                bracket_headings = False
            elif line.style is Style.BRACKET:
                before = changed.get(index - 1, lines[index - 1] if index else None)
                after_heading = before is not None and before.kind is Kind.HEADING
                bracket_headings = (line.value == 1 and after_heading) or (bracket_headings and line.value > 1)
                if bracket_headings:
                    changed[index] = _as_heading(line)
    if not changed:
        return lines
    merged = (changed.get(index, line) for index, line in enumerate(lines))
    return [line for line in merged if line is not None]


def _title_continues(line: Line) -> bool:
    """Whether a heading's title is on the next line, or broken over two: 第二节 请求没收、"""
    return not line.heading or line.heading[-1] in "、，"


def _is_structure(line: Line) -> bool:
    return line.kind in STRUCTURE or _looks_like_heading(line)


def _looks_like_heading(line: Line) -> bool:
    text = line.text
    return line.kind is Kind.ITEM and 0 < len(text) <= _HEADING_LIMIT and text[-1] not in SENTENCE_ENDS


def _as_heading(line: Line) -> Line:
    return line._replace(kind=Kind.HEADING, heading=line.text, text="", written=f"{line.written}{line.text}")


def _is_title(line: Line, lines: list[Line], index: int) -> bool:
    """Whether a line is a chapter's title: 第一章 on the line before, an article or a heading on the line after."""
    after = lines[index + 2] if index + 2 < len(lines) else None
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= _NEXT_LINE_TITLE_LIMIT
        and line.text[-1] not in SENTENCE_ENDS
        and after is not None
        and (after.kind is Kind.ARTICLE or after.kind in RANK)
    ) or (line.kind is Kind.HEADING and not line.number and after is not None and after.kind is Kind.ARTICLE)


def build_article(line: Line, rest: list[Line], anchor: str) -> Provision:
    """One article with its paragraphs, items, points and rows of tables; `rest` are the lines below its first one."""
    rows: list[Line] = []
    if places := rows_among(rest):
        rows = [below for below in rest if below.place in places]
        rest = [below for below in rest if below.place not in places]
    if any(below.kind is Kind.ITEM for below in rest) or not line.text or line.text[0] in _BRACKETS:
        paragraphs = _paragraphs(_from_the_lead(line, rest), f"{anchor}-para-")
    else:
        paragraphs = _plain_paragraphs([line, *rest], f"{anchor}-para-")
    for row in rows:
        paragraphs = with_row(paragraphs, row, anchor)
    return Provision(anchor, Kind.ARTICLE, line.number, line.heading, "", paragraphs, line.place, line.written)


def _plain_paragraphs(lines: list[Line], stem: str) -> tuple[Provision, ...]:
    """The paragraphs of an article without a list."""
    return tuple(
        [
            provision((f"{stem}{count}", Kind.PARAGRAPH, "", "", line.text, (), line.place, ""))
            for count, line in enumerate(lines, 1)
        ]
    )


def _paragraphs(lines: list[Line], stem: str) -> tuple[Provision, ...]:
    """An article's paragraphs, each with the list below it."""
    paragraphs: list[Provision] = []
    index, total = 0, len(lines)
    while index < total:
        head = lines[index]
        text = ""
        if head.kind is not Kind.ITEM:
            text = head.text
            index += 1
        start = index
        while index < total and lines[index].kind is Kind.ITEM:
            index += 1
        para = f"{stem}{len(paragraphs) + 1}"
        items: tuple[Provision, ...] = ()
        if index > start:
            index = _end_of_list(lines, start, index) if index < total else index
            items = _items(lines[start:index], para)
        paragraphs.append(provision((para, Kind.PARAGRAPH, "", "", text, items, head.place, "")))
    return tuple(paragraphs)


def _end_of_list(lines: list[Line], start: int, end: int) -> int:
    """The end of a list; plain lines inside it belong to the item above them if the next mark is consecutive."""
    style = lines[start].style
    value = max(line.value for line in lines[start:end] if line.style is style)
    for index in range(end, len(lines)):
        line = lines[index]
        if line.style is not style:
            continue
        if line.value <= value:
            break
        value = line.value
        end = index + 1
    while end < len(lines) and lines[end].kind is Kind.ITEM and lines[end].style is not style:
        end += 1
    return end


def _from_the_lead(line: Line, rest: list[Line]) -> list[Line]:
    """An article's lines from the text beside its number on; an item there (第五条 （一）…) becomes a separate line."""
    if any(follower.style is Style.CIRCLE for follower in rest):
        rest = _without_footnotes(line, rest)
    text = line.text
    if not text:
        return rest if rest and rest[0].kind is Kind.PARAGRAPH else [line, *rest]
    if text[0] in _BRACKETS and (opening := read_opening(line.place, text)) is not None and opening.value == 1:
        return [line._replace(text=""), opening, *rest]
    return [line, *rest]


def _without_footnotes(line: Line, rest: list[Line]) -> list[Line]:
    """Turn footnotes into plain lines: ① after a full stop; ① after a colon or among items is a list."""
    kept: list[Line] = []
    before = line
    for follower in rest:
        if follower.style is Style.CIRCLE and before.kind is not Kind.ITEM and not before.text.endswith(("：", ":")):
            follower = as_plain(follower)
        kept.append(follower)
        before = follower
    return kept


def _items(lines: list[Line], para: str) -> tuple[Provision, ...]:
    """The items under one paragraph, with the points and further paragraphs of each."""
    first, stem = lines[0].style, f"{para}-item-"
    plain: list[Provision] = []
    for count, line in enumerate(lines, 1):
        place, _, text, written, number, value, _, _, style, *_ = line
        if style is not first or value != count:
            return _nested_items(lines, para)
        plain.append(provision((f"{stem}{count}", Kind.ITEM, number, "", text, (), place, written)))
    return tuple(plain)


def _nested_items(lines: list[Line], para: str) -> tuple[Provision, ...]:
    """A list with nested lists: a style already open closes the levels below it.

    A plain line belongs to the item whose successor comes next.
    """
    root = Branch(para, Kind.PARAGRAPH, lines[0])
    stack: list[tuple[Style, Branch]] = []
    for index, line in enumerate(lines):
        if line.kind is not Kind.ITEM:
            upcoming = next(later.style for later in lines[index:] if later.kind is Kind.ITEM)
            del stack[depth_of(upcoming, stack) + 1 :]
            add_paragraph(line, stack[-1][1])
            continue
        del stack[depth_of(line.style, stack) :]
        parent = stack[-1][1] if stack else root
        kind = Kind.POINT if stack else Kind.ITEM
        anchor = parent.child_anchor(f"{kind.value}-{line.value}")
        branch = Branch(anchor, kind, line, line.text, "", line.number, line.written)
        parent.children.append(branch)
        stack.append((line.style, branch))
    return root.finish().children
