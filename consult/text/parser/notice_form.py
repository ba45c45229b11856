"""Builds the tree of a document in notice form: 一、 （一） 1. （1） ①, and text without a number."""

from __future__ import annotations

from typing import Final

from consult.text.numerals import ARABIC
from consult.text.parser.lines import STOPS, Line, Style, rows_among
from consult.text.parser.tree import FRAME, HEADINGS, RANK, Kind
from consult.text.parser.tree_builder import Branch, add_frame_line, add_paragraph, depth_of, leaf, open_heading

STYLE_NAMES: Final = {
    Style.FORMAL: "formal",
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
    stopped: dict[tuple[str, Style], bool] = {}  # whether the marks below a parent are headings with a full stop
    rows = rows_among(lines)
    for index, line in enumerate(lines):
        if line.kind is Kind.ITEM:
            del stack[depth_of(line.style, stack) :]
            parent = stack[-1][1] if stack else headings[-1][1]
            siblings = parent.anchor, line.style
            is_heading = _is_stopped_phrase(line.text) and stopped.get(siblings, True)
            if is_heading:
                is_heading = stopped[siblings] = _heads_text(lines, index, stack, siblings in stopped)
            branch = _clause(line, parent, is_heading)
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
        elif line.place in rows:
            parent = stack[-1][1] if stack else headings[-1][1]
            parent.children.append(leaf(parent.next_anchor("row"), Kind.ROW, line))
        else:
            add_paragraph(line, stack[-1][1] if stack else headings[-1][1])


def _is_stopped_phrase(text: str) -> bool:
    """Whether a line is a short phrase with its full stop: 指导思想。"""
    return (
        1 < len(text) <= _HEADING_LIMIT
        and text.find("。") == len(text) - 1
        and not any(c in text for c in "，；：！？")
    )


def _heads_text(lines: list[Line], index: int, stack: list[tuple[Style, Branch]], others_do: bool) -> bool:
    """Whether a clause stands above a mark that is not open yet, or above text, as the others of its kind do.

    The last one of a list may be followed by text that belongs to none of them, so one alone doesn't count.
    """
    style, outer = lines[index].style, [open_style for open_style, _ in stack]
    following = lines[index + 1] if index + 1 < len(lines) else None
    if following is None or following.kind not in (Kind.ITEM, Kind.PARAGRAPH):
        return False
    if following.kind is Kind.ITEM:
        return following.style is not style and following.style not in outer
    later = (line for line in lines[index + 1 :] if line.kind is Kind.ITEM and line.style in (style, *outer))
    following_mark = next(later, None)
    return others_do or (following_mark is not None and following_mark.style is style)


def _clause(line: Line, parent: Branch, is_heading: bool) -> Branch:
    heading, text = (line.text, "") if is_heading else _split_heading(line)
    name = f"{STYLE_NAMES[line.style]}-{line.value}"
    anchor = parent.child_anchor(f"dec-0-{name}" if line.sub else name)
    written = f"{line.written}{heading}"
    shown = heading.rstrip("。") if text else heading
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
