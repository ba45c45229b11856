"""Parses a draft: from plain text to a tree of provisions, whatever the text looks like."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from consult.text.parser.annex_lists import titles_of
from consult.text.parser.articles import as_plain, recognise_articles
from consult.text.parser.closings import closing_of
from consult.text.parser.documents import split_documents
from consult.text.parser.fast_path import Run, read_runs
from consult.text.parser.front_matter import end_of_notes, split_front, with_addressee
from consult.text.parser.line_openings import cut, lines_of
from consult.text.parser.lines import Line
from consult.text.parser.notice_form import build_notice, depths
from consult.text.parser.numbering_checks import find_warnings
from consult.text.parser.statute_form import build_statute
from consult.text.parser.titles import end_of_title
from consult.text.parser.traditional import as_written, has_traditional
from consult.text.parser.tree import STRUCTURE, Draft, DraftWarning, Form, Kind, Provision, Step
from consult.text.parser.tree_builder import Branch
from consult.text.simplified import simplified_each

__all__ = ["Draft", "DraftWarning", "Form", "Kind", "Provision", "Step", "parse"]


def parse(text: str) -> Draft:
    """Read a draft.

    Never raises: for any `text` the tree is valid and contains all of it except whitespace, and anything suspicious is
    in `warnings`.
    """
    if has_traditional(text):
        return as_written(_parse(simplified_each(text)), text)
    return _parse(text)


def _parse(text: str) -> Draft:
    rows = cut(text)
    runs = read_runs(rows)
    return (runs and _by_runs(text, *runs)) or _line_by_line(text, lines_of(rows))


def _line_by_line(text: str, lines: list[Line]) -> Draft:
    """Read any text: decide which lines are articles, split it into the document and its annexes, build the tree."""
    title, front, body, contents = split_front(lines)
    body = recognise_articles(body)
    if contents:
        body = sorted([*body, *(line.as_kind(Kind.TOC) for line in contents)], key=lambda line: line.place)
    root = Branch("", Kind.DOCUMENT, Line(0, Kind.DOCUMENT, ""))
    (_, main), *annexes = split_documents(body)
    form = _build(main, root)
    announced = _announced(main)
    for label, below in annexes:
        root.children.append(_annex(label, below, root, announced))
        announced |= _announced(below)
        form = _form(below) if form is Form.PLAIN else form  # a letter that sends out the rules annexed to it
    numbered = tuple(mark for document in (main, *(below for _, below in annexes)) for mark in depths(document))
    return _draft(text, title, form, front, root, numbered if form is Form.NOTICE else ())


def _by_runs(text: str, before: list[Line], runs: list[Run]) -> Draft | None:
    """Read a statute from the fast path's runs; None if its beginning turns out to be ambiguous."""
    title, front, body, contents = split_front(before)
    if contents or not body or body[-1] is not before[-1]:
        return None
    root = Branch("", Kind.DOCUMENT, Line(0, Kind.DOCUMENT, ""))
    label: Line | None = None
    opening = body[:-1]
    announced: frozenset[str] = frozenset()
    for number, (middle, documents, _) in enumerate(runs, 1):
        (_, closing), *annexes = documents
        if number == 1:
            _build(closing, root, (*opening, *middle))
        else:
            root.children.append(_annex(label, opening, root, announced, middle, closing))
        announced |= _announced(closing)
        if number < len(runs):
            label, opening = annexes.pop()
        for annex_label, lines in annexes:
            root.children.append(_annex(annex_label, lines, root, announced))
            announced |= _announced(lines)
        announced |= _announced(opening)
    unsure = {place for run in runs for place in run.unsure}
    return _draft(text, title, Form.STATUTE, front, root, (), unsure)


def _draft(
    text: str,
    title: str,
    form: Form,
    front: list[tuple[Kind, Line]],
    root: Branch,
    numbered: tuple[tuple[str, int], ...],
    unsure: Collection[int] | None = None,
) -> Draft:
    provisions = root.finish().children
    return Draft(title, form, provisions, find_warnings(provisions, text, unsure), _front_nodes(front), numbered)


def _build(lines: list[Line], root: Branch, ready: Sequence[Line | Provision] = ()) -> Form:
    """Build one document below `root` in statute or notice form, and return the form."""
    closing = closing_of(lines)
    form = _form(lines[:closing])
    lines = [*lines[:closing], *(_as_closing(line) for line in lines[closing:])]
    if form is Form.STATUTE:
        build_statute(lines, root, ready)
    else:
        build_notice([as_plain(line) if line.kind is Kind.ARTICLE else line for line in lines], root)
    return form


def _as_closing(line: Line) -> Line:
    return line if line.kind is Kind.ATTACHMENT else line.as_kind(Kind.SIGNATURE)


def _announced(lines: list[Line]) -> frozenset[str]:
    """The titles, without spaces, that the lists of annexes in a document name."""
    listed = [line.text for line in lines if line.kind is Kind.ATTACHMENT]
    return frozenset("".join(title.split()).strip("《》") for title in titles_of(listed))


def _form(lines: list[Line]) -> Form:
    """Statute form if there are articles, unless 一、 comes first and the articles are only quoted."""
    first = next((line for line in lines if line.kind is Kind.ITEM or line.kind is Kind.ARTICLE), None)
    article = next((line for line in lines if line.kind is Kind.ARTICLE), None)
    if first is None or article is None:
        return Form.NOTICE if first else Form.PLAIN
    if first.kind is not Kind.ITEM or lines[0].kind in STRUCTURE:
        return Form.STATUTE
    before = lines[lines.index(article) - 1]  # 一、将第一条修改为：
    quoted = article.value != 1 or (before.kind is Kind.ITEM and before.source[-1] in "：:")
    return Form.NOTICE if quoted else Form.STATUTE


def _annex(
    label: Line | None,
    lines: list[Line],
    root: Branch,
    announced: Collection[str] = (),
    ready: Sequence[Line | Provision] = (),
    closing: Sequence[Line] = (),
) -> Branch:
    """An annex with its own provisions, whose anchors begin with the annex's.

    It contains `lines`, or where nodes are `ready` the lines before the first article, which ends them, then these
    nodes, then `closing`. Its title is one of those `announced`, or ends
    like one.
    """
    anchor = root.next_anchor("annex")
    written, heading = [label.written] if label else [], label.heading if label else ""
    taken = 0 if heading else end_of_title(lines, announced)
    written += [line.source for line in lines[:taken]]
    heading += "".join(line.text for line in lines[:taken])
    line = label or lines[0]
    branch = Branch(anchor, Kind.ANNEX, line, "", heading, label.number if label else "", "\n".join(written))
    below = _with_head(lines[taken:])
    if ready:
        _build(list(closing), branch, (*below[:-1], *ready))
    else:
        _build(below, branch)
    return branch


def _with_head(lines: list[Line]) -> list[Line]:
    """An annex's lines, with the notes and the addressee below its title as lines of the frame."""
    notes = end_of_notes(lines)
    return [*(line.as_kind(Kind.NOTE) for line in lines[:notes]), *with_addressee(lines[notes:])]


def _front_nodes(front: list[tuple[Kind, Line]]) -> tuple[Provision, ...]:
    counts: dict[Kind, int] = {}
    nodes = []
    for kind, line in front:
        counts[kind] = counts.get(kind, 0) + 1
        nodes.append(Provision(f"{kind.value}-{counts[kind]}", kind, "", "", line.source, (), line.place))
    return tuple(nodes)
