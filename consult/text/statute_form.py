"""Building the tree of a document in statute form: 编、分编、章、节、条、款、项、目."""

from __future__ import annotations

from typing import Final

from consult.text.articles import as_plain
from consult.text.growing import Branch, leaf, provision
from consult.text.marks import Line, Style, read_opening
from consult.text.tree import Kind, Provision

_RANK: Final = {Kind.PART: 1, Kind.SUBPART: 2, Kind.CHAPTER: 3, Kind.SECTION: 4}
_DUN_RANK: Final = 5
_BRACKET_RANK: Final = 6
_UNNUMBERED: Final = "heading"
_BRACKETS: Final = frozenset("（(")
_SENTENCE_ENDS: Final = "。；：，、;:,"
_HEADING_LIMIT: Final = 40  # characters of a heading that has no 章 or 节 in it
_NEXT_LINE_TITLE_LIMIT: Final = 30  # characters of a chapter's title that stands on the next line


def grow_statute(lines: list[Line], root: Branch) -> None:
    """Hang the provisions of `lines` under `root`.

    `lines` are settled: every ARTICLE line is an article. Text before the first heading or article is the preamble.
    """
    lines = _with_headings(lines)
    open_branches: list[tuple[int, Branch]] = [(0, root)]
    index, total = 0, len(lines)
    started = False
    while index < total:
        line = lines[index]
        kind = line.kind
        if kind is Kind.ARTICLE:
            started = True
            end = index + 1
            while end < total and ((below := lines[end].kind) is Kind.PARAGRAPH or below is Kind.ITEM):
                end += 1
            open_branches[-1][1].children.append(_article(line, lines[index + 1 : end], root))
            index = end
        elif kind in _RANK or kind is Kind.HEADING:
            started = True
            _open_heading(line, open_branches, root)
            index += 1
        else:
            _hang_loose(line, open_branches[-1][1], root, started)
            index += 1


def _hang_loose(line: Line, parent: Branch, root: Branch, started: bool) -> None:
    """A line outside any article: the preamble, or text under a heading."""
    if not started:
        name = f"preamble-{root.next_number('preamble')}"
        anchor = f"{root.anchor}-{name}" if root.anchor else name
        parent.children.append(leaf(anchor, Kind.PREAMBLE, line))
        return
    anchor = parent.child_anchor(f"para-{parent.next_number('para')}")
    parent.children.append(leaf(anchor, Kind.PARAGRAPH, line))


def _open_heading(line: Line, open_branches: list[tuple[int, Branch]], root: Branch) -> None:
    rank = _rank(line, open_branches)
    while open_branches[-1][0] >= rank:
        open_branches.pop()
    parent = open_branches[-1][1]
    if line.kind is Kind.HEADING:
        name = f"{_UNNUMBERED}-{root.next_number(_UNNUMBERED)}"
        anchor = f"{root.anchor}-{name}" if root.anchor else name
    else:
        number = f"{line.value}-{line.sub}" if line.sub else str(line.value)
        anchor = parent.child_anchor(f"{line.kind.value}-{number}")
    branch = Branch(anchor, line.kind, line, line.text, line.heading, line.number, line.written)
    parent.children.append(branch)
    open_branches.append((rank, branch))


def _rank(line: Line, open_branches: list[tuple[int, Branch]]) -> int:
    """How high a heading stands; 附则 without a number stands beside the highest heading that is open."""
    if line.kind is not Kind.HEADING:
        return _RANK[line.kind]
    if line.style is Style.DUN:
        return _DUN_RANK
    if line.style is Style.BRACKET:
        return _BRACKET_RANK
    if line.number:  # 第一部分
        return 1
    numbered = [rank for rank, _ in open_branches[1:] if rank < _DUN_RANK]
    return numbered[0] if numbered else _RANK[Kind.CHAPTER]


def _with_headings(lines: list[Line]) -> list[Line]:
    """Recognise headings that no 章 or 节 betrays, and put a chapter's title on the next line beside its number."""
    merged: list[Line] = []
    bracket_headings = False
    skip = False
    for index, line in enumerate(lines):
        if skip:
            skip = False
            continue
        kind = line.kind
        if kind is Kind.PARAGRAPH or kind is Kind.ARTICLE:
            merged.append(line)
            continue
        following = lines[index + 1] if index + 1 < len(lines) else None
        if kind is Kind.ITEM and following is not None and _is_structure(following):
            if line.style is Style.DUN and _looks_like_heading(line):
                line = _as_heading(line)
                bracket_headings = False
            elif line.style is Style.BRACKET and _looks_like_heading(line):
                after_heading = bool(merged) and merged[-1].kind is Kind.HEADING
                bracket_headings = (line.value == 1 and after_heading) or (bracket_headings and line.value > 1)
                line = _as_heading(line) if bracket_headings else line
        elif (kind in _RANK) and not line.heading and following is not None and _is_title(following, lines, index):
            line = line._replace(heading=following.source, written=f"{line.written}\n{following.source}")
            skip = True
        merged.append(line)
    return merged


def _is_structure(line: Line) -> bool:
    return line.kind is Kind.ARTICLE or line.kind in _RANK or line.kind is Kind.HEADING or _looks_like_heading(line)


def _looks_like_heading(line: Line) -> bool:
    text = line.text
    return line.kind is Kind.ITEM and 0 < len(text) <= _HEADING_LIMIT and text[-1] not in _SENTENCE_ENDS


def _as_heading(line: Line) -> Line:
    return line._replace(kind=Kind.HEADING, heading=line.text, text="", written=f"{line.written}{line.text}")


def _is_title(line: Line, lines: list[Line], index: int) -> bool:
    """第一章 alone on its line, 总则 on the next, an article or a heading after that."""
    after = lines[index + 2] if index + 2 < len(lines) else None
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= _NEXT_LINE_TITLE_LIMIT
        and line.text[-1] not in _SENTENCE_ENDS
        and after is not None
        and (after.kind is Kind.ARTICLE or after.kind in _RANK)
    ) or (line.kind is Kind.HEADING and not line.number and after is not None and after.kind is Kind.ARTICLE)


def _article(line: Line, rest: list[Line], root: Branch) -> Provision:
    """One article with its paragraphs, items and points."""
    name = f"art-{line.value}-{line.sub}" if line.sub else f"art-{line.value}"
    anchor = root.child_anchor(name)
    if not rest and line.text[:1] not in _BRACKETS:
        only = provision(f"{anchor}-para-1", Kind.PARAGRAPH, "", "", line.text, (), line.place, "")
        return provision(anchor, Kind.ARTICLE, line.number, line.heading, "", (only,), line.place, line.written)
    rest = _from_the_lead(line, rest)
    stem = f"{anchor}-para-"
    paragraphs: list[Provision] = []
    index, total = 0, len(rest)
    while index < total:
        head = rest[index]
        own = ""
        if head.kind is not Kind.ITEM:
            own = head.text
            index += 1
        start = index
        while index < total and rest[index].kind is Kind.ITEM:
            index += 1
        para = f"{stem}{len(paragraphs) + 1}"
        items = _items(rest[start:index], para) if index > start else ()
        paragraphs.append(provision(para, Kind.PARAGRAPH, "", "", own, items, head.place, ""))
    return provision(anchor, Kind.ARTICLE, line.number, line.heading, "", tuple(paragraphs), line.place, line.written)


def _from_the_lead(line: Line, rest: list[Line]) -> list[Line]:
    """An article's lines from the text beside its number on: an item there (第五条 （一）…) is a line of its own."""
    for follower in rest:
        if follower.style is Style.CIRCLE:
            rest = _without_footnotes(line, rest)
            break
    text = line.text
    if not text:
        return rest if rest and rest[0].kind is Kind.PARAGRAPH else [line, *rest]
    if text[0] in "（(" and (opening := read_opening(line.place, text)) is not None and opening.value == 1:
        return [line._replace(text=""), opening, *rest]
    return [line, *rest]


def _without_footnotes(line: Line, rest: list[Line]) -> list[Line]:
    """① after a full stop is a note on the text, not a list; ① after a colon or among items is one."""
    kept: list[Line] = []
    before = line
    for follower in rest:
        if follower.style is Style.CIRCLE and before.kind is not Kind.ITEM and not before.text.endswith(("：", ":")):
            follower = as_plain(follower)
        kept.append(follower)
        before = follower
    return kept


def _items(lines: list[Line], para: str) -> tuple[Provision, ...]:
    """The items under one paragraph, with the points under each: a style already open closes what is below it."""
    style, stem = lines[0].style, f"{para}-item-"
    plain: list[Provision] = []
    for count, line in enumerate(lines, 1):
        if line.style is not style or line.value != count:
            break
        plain.append(provision(f"{stem}{count}", Kind.ITEM, line.number, "", line.text, (), line.place, line.written))
    else:
        return tuple(plain)
    root = Branch(para, Kind.PARAGRAPH, lines[0])
    stack: list[tuple[Style, Branch]] = []
    for line in lines:
        depth = next((at for at, (style, _) in enumerate(stack) if style is line.style), len(stack))
        del stack[depth:]
        parent = stack[-1][1] if stack else root
        kind = Kind.POINT if stack else Kind.ITEM
        anchor = parent.child_anchor(f"{kind.value}-{line.value}")
        branch = Branch(anchor, kind, line, line.text, "", line.number, line.written)
        parent.children.append(branch)
        stack.append((line.style, branch))
    return root.finish().children
