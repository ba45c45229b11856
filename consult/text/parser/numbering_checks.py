"""Warnings about a tree: gaps, duplicate and misplaced numbers, skipped levels, unclosed brackets."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from consult.text.anchors import in_words
from consult.text.numerals import read_number
from consult.text.parser.tree import RANK, DraftWarning, Kind, Provision

_QUOTES: Final = ("“", "”", "引号")
_PAIRS: Final = (("（", "）", "圆括号"), ("《", "》", "书名号"), _QUOTES, ("【", "】", "方头括号"))
_FIRST_OF_LIST: Final = ("1.", "1．", "1、")
_COUNTED: Final = re.compile(r"(?:第[一二三四五六七八九十]{1,3}[，,：:]|[一二三四五六七八九十]{1,3}[是要][^否])")
_REPEATED: Final = re.compile(r"-x\d+$")
_ARTICLE_TAILS: Final = tuple(f"art-{number}" for number in range(2000))
_TAILS: Final = {kind: tuple(f"{kind}-{number}" for number in range(1, 200)) for kind in (*RANK, Kind.ITEM)}
_SEQUENCED_APART: Final = frozenset({Kind.PARAGRAPH, Kind.ARTICLE})
_WITHOUT_SEQUENCE: Final = _SEQUENCED_APART | {Kind.HEADING, Kind.ANNEX}
_LEVEL_NAME: Final = {1: "编", 2: "分编", 3: "章", 4: "节"}


def find_warnings(
    provisions: tuple[Provision, ...], source: str, unsure: Collection[int] | None = None
) -> tuple[DraftWarning, ...]:
    """Warnings in the order of the source: gap, duplicate, out_of_order, level_skipped, unclosed_bracket, unread_mark
    and empty.

    Brackets are checked only if they are unbalanced in `source` as a whole. `unsure` are the places of the articles
    whose lists may not be consecutive; all other articles and lists are then known to be. None if nothing is known.
    """
    warnings: list[DraftWarning] = []
    pairs = [pair for pair in _PAIRS if pair[0] in source or pair[1] in source]
    pairs = [pair for pair in pairs if source.count(pair[0]) != source.count(pair[1])]
    if not provisions:
        warnings.append(DraftWarning("empty", "没有读到正文，请检查文件内容。", 1))
    _check_document(provisions, warnings, unsure)
    if pairs:
        nodes = [below for top in provisions for below in top.walk()]
        for node in nodes:
            _check_brackets(node, pairs, warnings)
        if _QUOTES in pairs:
            _check_quotes(nodes, warnings)
    _check_unread_marks(provisions, source, warnings)
    warnings.sort(key=lambda warning: warning.line)
    return tuple(warnings)


def _check_unread_marks(provisions: tuple[Provision, ...], source: str, warnings: list[DraftWarning]) -> None:
    """Point at paragraphs that count in words, 第一，…… or 一是……: they are text, without a number of their own."""
    if not any(first in source for first in ("一是", "第一，", "一要")):
        return
    counted = [node for top in provisions for node in top.walk() if not node.written and _COUNTED.match(node.text)]
    if len(counted) > 1:
        message = (
            f"有{len(counted)}段以“{counted[0].text[:2]}”一类的字样分项，按段落读取，没有序号；"
            "需要逐项征求意见的，请改用（一）（二）这样的序号。"
        )
        warnings.append(DraftWarning("unread_mark", message, counted[0].place, counted[0].anchor))


def _check_document(
    provisions: tuple[Provision, ...], warnings: list[DraftWarning], unsure: Collection[int] | None, counted: int = 0
) -> None:
    """Check one document; an annex is a separate document, whose title may be the first mark (附件：1.清单)."""
    articles: list[Provision] = []
    stack = list(reversed(provisions))
    running: dict[str, int] = {"num": counted} if counted else {}
    warnings.extend(_sequence(provisions, running))
    while stack:
        node = stack.pop()
        kind = node.kind
        if kind is Kind.ANNEX:
            _check_document(node.children, warnings, unsure, 1 if node.heading.startswith(_FIRST_OF_LIST) else 0)
            continue
        children = node.children
        if kind is Kind.ARTICLE:
            articles.append(node)
            if unsure is not None and node.place not in unsure:
                continue
            for items in [paragraph.children for paragraph in children if paragraph.children]:
                if not _is_plain_list(items):
                    warnings.extend(_sequence(items, running))
                    stack.extend(item for item in items if item.children)
        elif children and children[0].kind is children[-1].kind is Kind.ARTICLE and _have_plain_lists(children, unsure):
            articles.extend([child for child in children if child.kind is Kind.ARTICLE])
        elif children:
            if children[-1].kind not in _SEQUENCED_APART or children[0].kind not in _SEQUENCED_APART:
                if kind in RANK:
                    _check_level(node, warnings)
                if not _counts_from_one(children):
                    warnings.extend(_sequence(children, running))
            stack.extend(reversed(children))
    if unsure is not None:
        articles = articles[:1]  # the others are consecutive
    if not _articles_are_consecutive(articles):
        warnings.extend(_article_sequence(articles))


def _have_plain_lists(articles: Sequence[Provision], unsure: Collection[int] | None) -> bool:
    """Whether all lists below the articles count from one."""
    if unsure is not None:
        articles = [article for article in articles if article.place in unsure]
    lists = [paragraph.children for article in articles for paragraph in article.children if paragraph.children]
    return all(map(_is_plain_list, lists))


def _check_level(node: Provision, warnings: list[DraftWarning]) -> None:
    below = [child for child in node.children if child.kind in RANK]
    for child in below[:1]:
        skipped = RANK[child.kind] - RANK[node.kind]
        if skipped > 1 and not (node.kind is Kind.PART and child.kind is Kind.CHAPTER):
            message = f"{in_words(node.anchor)}下面直接是{_LEVEL_NAME[RANK[child.kind]]}，中间缺一级标题。"
            warnings.append(DraftWarning("level_skipped", message, child.place, child.anchor))


def _numbers(node: Provision) -> tuple[int, int] | None:
    """A node's number and sub-number, from its anchor."""
    parts = _REPEATED.sub("", node.anchor).split("-")
    digits: list[int] = []
    while parts and parts[-1].isdigit():
        digits.insert(0, int(parts.pop()))
    if not digits:
        return None
    return (digits[0], digits[1] if len(digits) > 1 else 0)


def _articles_are_consecutive(articles: list[Provision]) -> bool:
    """Whether the articles are 1, 2, 3 …, each followed by its 之一, 之二 …; true of most statutes."""
    value = sub = 0
    for node in articles:
        anchor = node.anchor
        if anchor.endswith(_ARTICLE_TAILS[value + 1]):
            value, sub = value + 1, 0
        elif anchor.endswith(f"art-{value}-{sub + 1}"):
            sub += 1
        else:
            return False
        if value + 1 == len(_ARTICLE_TAILS):
            return False
    return True


def _article_sequence(articles: list[Provision]) -> Iterator[DraftWarning]:
    seen: set[tuple[int, int]] = set()
    last = (0, 0)
    for node in articles:
        number = _numbers(node) or (0, 0)
        warning = _compare(node, number, last, seen)
        if warning is not None:
            yield warning
        seen.add(number)
        last = max(last, number)


def _counts_from_one(nodes: tuple[Provision, ...]) -> bool:
    """Whether the siblings are of one kind and numbered 1, 2, 3 …, as nearly all are."""
    first = nodes[0].kind
    tails = _TAILS.get(first, ())
    return len(nodes) <= len(tails) and all(
        node.kind is first and node.anchor.endswith(tail) for node, tail in zip(nodes, tails, strict=False)
    )


def _is_plain_list(nodes: tuple[Provision, ...]) -> bool:
    """Whether the siblings are items 1, 2, 3 … without points."""
    return nodes[0].kind is Kind.ITEM and _counts_from_one(nodes) and not any(node.children for node in nodes)


def _sequence(nodes: tuple[Provision, ...], running: dict[str, int]) -> Iterator[DraftWarning]:
    """Check the numbers of siblings: headings, clauses, items and points, each kind and style of mark separately.

    `running` maps each style of mark to its last number so far: marks that continue under the next heading
    (一、1. 2. 二、3. 4.) are correct.
    """
    last: dict[str, tuple[int, int]] = {}
    seen: dict[str, set[tuple[int, int]]] = {}
    for node in nodes:
        if node.kind in _WITHOUT_SEQUENCE or not node.number:
            continue
        number = _numbers(node)
        if number is None or read_number(node.number.strip("（）()〔〕、．. ")) == 0:
            continue
        group = _REPEATED.sub("", node.anchor).rstrip("-0123456789")
        style = group.rpartition("-")[2]
        if group not in last and running.get(style) == number[0] - 1:
            last[group] = (number[0] - 1, 0)
        running[style] = number[0]
        warning = _compare(node, number, last.get(group, (0, 0)), seen.setdefault(group, set()), node.kind in RANK)
        if warning is not None:
            yield warning
        seen[group].add(number)
        last[group] = max(last.get(group, (0, 0)), number)


def _compare(
    node: Provision,
    number: tuple[int, int],
    last: tuple[int, int],
    seen: set[tuple[int, int]],
    any_start: bool = False,
) -> DraftWarning | None:
    """Compare a number with the highest one before it; the warning, or None."""
    value, sub = number
    if number not in seen and number > last:
        runs_on = value == last[0] + 1 if sub == 0 else (value, sub - 1) == last or (sub == 1 and value == last[0])
        if runs_on or (any_start and not seen):
            return None
    words = in_words(node.anchor)
    if number in seen:
        return DraftWarning("duplicate", f"{words}：序号重复出现，请核对编号。", node.place, node.anchor)
    if number < last:
        return DraftWarning("out_of_order", f"{words}：序号排在了更大的序号之后，请核对顺序。", node.place, node.anchor)
    if sub and sub == 1 and value == last[0] + 1:
        return DraftWarning("gap", f"{words}：前面缺少第{value}条，请核对编号。", node.place, node.anchor)
    return DraftWarning("gap", f"{words}：与前一个序号不连续，中间缺少序号，请核对编号。", node.place, node.anchor)


def _check_brackets(node: Provision, pairs: list[tuple[str, str, str]], warnings: list[DraftWarning]) -> None:
    text = node.text
    for opening, closing, name in pairs:
        if name == _QUOTES[2]:
            continue
        if (opening in text or closing in text) and text.count(opening) != text.count(closing):
            message = f"{name}没有成对：“{opening}”{text.count(opening)}个，“{closing}”{text.count(closing)}个。"
            warnings.append(DraftWarning("unclosed_bracket", message, node.place, node.anchor))


def _check_quotes(nodes: list[Provision], warnings: list[DraftWarning]) -> None:
    """Check for unclosed quotations; one over several paragraphs opens each with “ and is closed once, at its end."""
    opened_in: Provision | None = None
    for node in nodes:
        text = node.text
        if not text:
            continue
        goes_on = opened_in is not None and text.startswith("“")
        if opened_in is not None and not goes_on:
            _report_quotes(opened_in, warnings)
        balance = text.count("“") - text.count("”")
        if balance not in (0, 1) and not (goes_on and balance == -1):
            _report_quotes(node, warnings)
        opened_in = node if balance == 1 or (goes_on and balance > 0) else None
    if opened_in is not None:
        _report_quotes(opened_in, warnings)


def _report_quotes(node: Provision, warnings: list[DraftWarning]) -> None:
    opened, closed = node.text.count("“"), node.text.count("”")
    message = f"引号没有成对：“““{opened}个，“””{closed}个。"
    warnings.append(DraftWarning("unclosed_bracket", message, node.place, node.anchor))
