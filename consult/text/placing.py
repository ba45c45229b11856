"""Finds the provision that a free text is about: the one it cites, quotes, names by its caption, or is most like."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest
from operator import itemgetter
from typing import Final

from rapidfuzz import fuzz

from consult.labels import Label, LabelledEnum
from consult.text.anchors import from_words
from consult.text.numerals import NUMERALS
from consult.text.parser.tree import HEADINGS, Draft, Kind, Provision
from consult.text.simplified import simplified
from consult.text.widths import flatten


class Because(LabelledEnum):
    """Why a provision is proposed for a text."""

    CITED = "cited", Label("写明条款", "green")
    QUOTED = "quoted", Label("引用原文", "green")
    CAPTION = "caption", Label("写明条旨", "blue")
    LIKENESS = "likeness", Label("文字相近", "amber")


SURE: Final = frozenset({Because.CITED, Because.QUOTED, Because.CAPTION})
"""What the sender said in so many words; likeness is the machine's guess."""


@dataclass(frozen=True, slots=True)
class Place:
    """A proposed provision: its anchor, why, how sure (0 to 1), and the words of the text that speak for it."""

    anchor: str
    because: Because
    score: float
    words: str


_N: Final = f"[{NUMERALS}]{{1,9}}"
_BRACKETED_N: Final = rf"[(（]?{_N}[)）]?"
_CITED: Final = re.compile(
    rf"第?(?P<article>{_N})条(?:之(?P<sub>{_N}))?"
    rf"(?:第?(?P<para>{_N})款)?(?:第?(?P<item>{_BRACKETED_N})项|[(（](?P<mark>{_N})[)）])?"
    rf"|第(?P<part>{_N})(?P<level>编|章|节)"
)
_TITLE_BEFORE: Final = re.compile(
    r"《([^《》]{2,60})》(?:[(（][^()（）]{0,12}[)）])?(?:的|中|中的|里|里的|草案|征求意见稿)?$"
)
_NAME_BEFORE: Final = re.compile(
    r"([\u4e00-\u9fff]{0,20}(?:法典|法|条例|规定|办法|规则|细则|决定|解释|规范|标准|文件|合同|协议|公约|章程|通知))(?:的|中|中的)?$"
)
_THIS: Final = re.compile(
    r"(?:本|该|此|这个|这部|这份|新|新的|我市|我省|草案|意见稿|征求意见稿|修订稿)(?:法|条例|规定|办法|规则|细则|决定)?$"
)
_DEMAND_BEFORE: Final = re.compile(r"(?:建议|希望|请|应|应当|对|将|把|关于|就|针对|对于|在)[^，。；,;]{0,6}$")
_DEMAND_AFTER: Final = re.compile(
    r"^[^，。；,;]{0,10}(?:改|删|增|加|调整|明确|补充|细化|中|规定|应|建议|不合理|太|过|要|里|的|写|不|没)"
)
_DRAFT_BEFORE: Final = re.compile(r"(?:草案|意见稿|办法|条例|规定|本法)$")
HEAD: Final = 80
"""Letters of a text among which it begins by citing a provision."""
_HEAD_BEFORE: Final = re.compile(
    r"(?:(?:您好|你好|尊敬的[^，。,：:！!]{0,16}|各位领导|领导好?|来电人?(?:反映|建议|认为|提出)|市民(?:反映|建议|认为|提出))[，。,：:！!、]?){0,3}"
    r"(?:[(（]?[0-9一二三四五六七八九十]{1,3}[)）、.．：:])?"
    r"(?:我们?|本人)?(?:有?(?:建议|认为|希望|提议)[，,：:]?)?(?:关于|针对|对于|就|对|将|把|请|在)?"
    r"(?:《[^《》]{2,60}》(?:[(（][^()（）]{0,12}[)）])?)?(?:本|该|此)?(?:办法|条例|规定|草案|征求意见稿|意见稿)*(?:的|中的|中|里的|里)?"
)
_QUOTES: Final = re.compile(r"[“\"「『‘]([^“”\"「」『』‘’]{4,400})[”\"」』’]")
_NEW_WORDS_BEFORE: Final = re.compile(
    r"(?:改为|改成|修改为|调整为|表述为|增加|补充|加上|加入|写成|写明|换成|变更为|替换为)[:：]?$"
)
_QUOTE_LIKENESS: Final = 85.0
_QUOTE_MARGIN: Final = 4.0
_CAPTION_AFTER: Final = r"(?:这一条|那一条|一条|条款|这条|那条|的条文|的规定|部分)"
_LIKENESS: Final = 0.30
_LIKENESS_MARGIN: Final = 1.4
_SHORTEST: Final = 8
"""Letters of a text below which likeness says nothing."""


class Places:
    """The provisions of one draft, indexed once for any number of texts."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._title = _plain(re.sub(r"[（(][^（）()]*[）)]$", "", draft.title))
        self._units = [
            step.provision
            for step in draft.walk()
            if step.provision.kind in (Kind.ARTICLE, Kind.CLAUSE)
            or (step.provision.kind in (Kind.PARAGRAPH, Kind.ITEM) and step.parent is None)
        ]

    def propose(self, text: str) -> Place | None:
        """Return the provision that a text is about, or None where nothing speaks for one."""
        plain = _plain(text)
        return (
            self._cited(_QUOTES.sub("“”", plain))  # what a quotation cites, its author cites
            or self._quoted(text)
            or self._cited(plain)
            or self._by_caption(plain)
            or self._alike(plain)
        )

    def cited_at_head(self, text: str) -> Place | None:
        """Return the provision of this draft that a text begins by citing (第四十一条：…, 建议第八条…), or None."""
        plain = _plain(text)[:HEAD]
        match = _CITED.search(plain)
        if match is None or not _HEAD_BEFORE.fullmatch(plain[: match.start()]):
            return None
        place = self._place_of(match, plain)
        return Place(place.anchor, Because.CITED, 1.0, place.words) if place is not None else None

    def _cited(self, text: str) -> Place | None:
        places = [place for match in _CITED.finditer(text) if (place := self._place_of(match, text)) is not None]
        if not places:
            return None
        best = max(range(len(places)), key=lambda at: (places[at].score, -at))
        several = len({place.anchor.split("-para-")[0] for place in places}) > 1
        chosen = places[best]
        return Place(chosen.anchor, Because.CITED, 0.9 if several else 1.0, chosen.words)

    def _place_of(self, match: re.Match[str], text: str) -> Place | None:
        """Return the place that a citation names; None for another document's, or one that isn't there."""
        before, after = text[: match.start()], text[match.end() :]
        if self._is_foreign(before) or (match.group()[0] != "第" and not _reads_as_citation(match, before, after)):
            return None
        for words in _steps(match):
            try:
                anchor = from_words(words)
            except ValueError:
                continue
            node = self._draft.find(anchor)
            if node is not None:
                demanded = 2 * bool(_DEMAND_BEFORE.search(before)) + bool(_DEMAND_AFTER.match(after))
                return Place(node.anchor, Because.CITED, float(demanded), match.group())
        return None

    def _is_foreign(self, before: str) -> bool:
        """Whether the name in front of a citation is another document's."""
        titled = _TITLE_BEFORE.search(before)
        if titled is not None:
            return not self._is_this(_plain(re.sub(r"[（(][^（）()]*[）)]$", "", titled[1])))
        if _THIS.search(before):
            return False
        named = _NAME_BEFORE.search(before)
        if named is None or not named[1]:
            return False
        name = named[1]
        return not any(self._is_this(name[start:]) for start in range(len(name) - 1))

    def _is_this(self, name: str) -> bool:
        """Whether a name is this draft's, or the end of it (停车场管理办法, 办法)."""
        return bool(name) and (name in self._title or self._title in name)

    def _quoted(self, text: str) -> Place | None:
        for quote in _QUOTES.finditer(simplified(flatten(text))):
            letters = _letters(quote[1])
            if len(letters) < 4 or _NEW_WORDS_BEFORE.search(text[: quote.start()].rstrip()):
                continue
            holding = [unit for unit in self._units if letters in self._letters_of[unit.anchor]]
            if len(holding) == 1:
                return Place(_deepest(holding[0], letters).anchor, Because.QUOTED, 1.0, quote[1])
            if not holding and len(letters) >= _SHORTEST:
                place = self._nearly_quoted(letters, quote[1])
                if place is not None:
                    return place
        return None

    def _nearly_quoted(self, letters: str, words: str) -> Place | None:
        scored = sorted(
            (
                (fuzz.partial_ratio(letters, self._letters_of[unit.anchor]), unit)
                for unit in self._units
                if len(self._letters_of[unit.anchor]) >= len(letters) // 2
            ),
            key=lambda pair: -pair[0],
        )
        if not scored or scored[0][0] < _QUOTE_LIKENESS:
            return None
        if len(scored) > 1 and scored[0][0] - scored[1][0] < _QUOTE_MARGIN:
            return None
        return Place(scored[0][1].anchor, Because.QUOTED, scored[0][0] / 100, words)

    def _by_caption(self, text: str) -> Place | None:
        named = []
        for node in (*self._units, *self._headings):
            caption = _plain(node.heading).strip("（）()【】")
            if len(caption) < 2:
                continue
            name = re.escape(caption)
            match = re.search(rf"[“\"「【《]{name}[”\"」】》]|{name}{_CAPTION_AFTER}|关于{name}", text)
            if match is not None:
                named.append((len(caption), node, match.group()))
        if not named:
            return None
        longest = max(length for length, _, _ in named)
        best = [(node, words) for length, node, words in named if length == longest]
        return Place(best[0][0].anchor, Because.CAPTION, 0.8, best[0][1]) if len(best) == 1 else None

    def _alike(self, text: str) -> Place | None:
        letters = _letters(text)
        if len(letters) < _SHORTEST or not self._units:
            return None
        grams = set(_grams(letters))
        whole = sum(self._weight(gram) for gram in grams)
        scores: defaultdict[int, float] = defaultdict(float)
        for gram in grams:
            for place in self._index.get(gram, ()):
                scores[place] += self._weight(gram)
        ranked = nlargest(2, scores.items(), key=itemgetter(1))
        if not ranked or not whole or ranked[0][1] / whole < _LIKENESS:
            return None
        if len(ranked) > 1 and ranked[0][1] < _LIKENESS_MARGIN * ranked[1][1]:
            return None
        return Place(self._units[ranked[0][0]].anchor, Because.LIKENESS, round(ranked[0][1] / whole, 3), "")

    def _weight(self, gram: str) -> float:
        """Return how much a pair of characters tells provisions apart: those in none count a little, too."""
        n = len(self._units)
        return math.log(1 + n / (1 + len(self._index.get(gram, ()))))

    @cached_property
    def _letters_of(self) -> dict[str, str]:
        return {unit.anchor: _letters(_plain(_words(unit))) for unit in self._units}

    @cached_property
    def _index(self) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for place, unit in enumerate(self._units):
            for gram in set(_grams(self._letters_of[unit.anchor])):
                index.setdefault(gram, []).append(place)
        return index

    @cached_property
    def _headings(self) -> list[Provision]:
        return [step.provision for step in self._draft.walk() if step.provision.kind in HEADINGS]


def _steps(match: re.Match[str]) -> Iterator[str]:
    """Yield a citation in statute words, from the most precise to the article alone."""
    if match["part"]:
        yield f"第{match['part']}{match['level']}"
        return
    article = f"第{match['article']}条" + (f"之{match['sub']}" if match["sub"] else "")
    para = f"第{match['para']}款" if match["para"] else ""
    number = (match["item"] or match["mark"] or "").strip("()（）")
    item = f"第{number}项" if number else ""
    if para and item:
        yield article + para + item
    if item:
        yield article + item
    if para:
        yield article + para
    yield article


def _reads_as_citation(match: re.Match[str], before: str, after: str) -> bool:
    """Whether a number without 第 cites an article (12条要写清楚) and doesn't count things (一条路, 共12条)."""
    if len(match["article"]) == 1 and not match["article"].isascii():
        return False
    begins = not before or not before[-1].isalnum() or _DEMAND_BEFORE.search(before) or _DRAFT_BEFORE.search(before)
    return bool(begins) and bool(match["para"] or not after or not after[0].isalnum() or _DEMAND_AFTER.match(after))


def _deepest(unit: Provision, letters: str) -> Provision:
    """Return the smallest part of a provision that holds the letters."""
    for child in unit.children:
        if letters in _letters(_plain(_words(child))):
            return _deepest(child, letters)
    return unit


def _words(provision: Provision) -> str:
    return "".join(f"{node.heading}{node.text}" for node in provision.walk())


def _plain(text: str) -> str:
    """Return a text in simplified characters and narrow forms, without blanks."""
    return "".join(simplified(flatten(text)).split())


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _grams(letters: str) -> Iterator[str]:
    return (letters[at : at + 2] for at in range(len(letters) - 1))
