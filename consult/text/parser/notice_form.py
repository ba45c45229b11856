"""Builds the tree of a document in notice form: 一、 （一） 1. （1） ①, and text without a number."""

from __future__ import annotations

from typing import Final

from consult.text.numerals import ARABIC
from consult.text.parser.lines import STOPS, Line, Style
from consult.text.parser.tree import FRAME, HEADINGS, RANK, Kind
from consult.text.parser.tree_builder import Branch, add_frame_line, add_paragraph, depth_of, open_heading

STYLE_NAMES: Final = {
    Style.DUN: "head",
    Style.BRACKET: "sub",
    Style.ARABIC: "num",
    Style.ARABIC_BRACKET: "paren",
    Style.CIRCLE: "ring",
    Style.LETTER: "letter",
    Style.HALF: "half",
    Style.SECOND: "dec",
    Style.THIRD: "dec",
    Style.FOURTH: "dec",
    Style.LISTED: "num",
}
_HEADING_LIMIT: Final = 40  # characters of a heading that runs into its text (（一）扩大范围。各处室…)
_COUNTED_DIGITS: Final = 2  # an Arabic mark with more digits is in the tree but not in the outline


def build_notice(lines: list[Line], root: Branch) -> None:
    """Add the clauses and paragraphs of `lines` below `root`.

    The first style of mark in use is the outermost; a style already open closes the levels below it.
    """
    headings: list[tuple[int, Branch]] = [(0, root)]
    stack: list[tuple[Style, Branch]] = []
    for line in lines:
        if line.kind is Kind.ITEM:
            del stack[depth_of(line.style, stack) :]
            parent = stack[-1][1] if stack else headings[-1][1]
            branch = _clause(line, parent)
            parent.children.append(branch)
            stack.append((line.style, branch))
        elif line.kind in HEADINGS:
            stack.clear()
            rank = RANK.get(line.kind, 1 if line.number else 3)
            open_heading(line, rank, headings, root)
        elif line.kind in FRAME:
            stack.clear()
            del headings[1:]
            add_frame_line(line, root)
        else:
            add_paragraph(line, stack[-1][1] if stack else headings[-1][1])


def _clause(line: Line, parent: Branch) -> Branch:
    heading, text = _split_heading(line)
    name = f"{STYLE_NAMES[line.style]}-{line.value}"
    anchor = parent.child_anchor(f"dec-0-{name}" if line.sub else name)
    written = f"{line.written}{heading}"
    shown = heading.rstrip("。")
    return Branch(anchor, Kind.CLAUSE, line, text, shown, line.number, written)


def _split_heading(line: Line) -> tuple[str, str]:
    """A clause's heading and text: the whole line where it ends without a stop, or the first short sentence."""
    text = line.text
    if text and len(text) <= _HEADING_LIMIT and text[-1] not in STOPS:
        return text, ""
    stop = text.find("。", 0, _HEADING_LIMIT + 1)
    if 0 < stop < len(text) - 1 and not any(mark in text[:stop] for mark in "，；："):
        return text[: stop + 1], text[stop + 1 :].lstrip()
    return "", text


def depths(lines: list[Line]) -> tuple[tuple[str, int], ...]:
    """The number of every line that opens with a mark, with its depth from 1.

    Arabic marks count up to two digits, letters not at all: 100. is a clause of the tree but no level here.
    """
    stack: list[Style] = []
    marks: list[tuple[str, int]] = []
    for line in lines:
        style = line.style
        if line.kind is not Kind.ITEM or style is Style.LETTER:
            continue
        if (style is Style.ARABIC or style is Style.LISTED) and sum(c in ARABIC for c in line.number) > _COUNTED_DIGITS:
            continue
        if style in stack:
            del stack[stack.index(style) + 1 :]
        else:
            stack.append(style)
        marks.append((line.number, len(stack)))
    return tuple(marks)
