"""Citations in a draft: every 《…》 and article with its status, and internal references that point to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from consult.labels import Label, LabelledEnum
from consult.text.anchors import from_words
from consult.text.instruments import Instrument, Register, normalise
from consult.text.numerals import NUMERALS
from consult.text.parser.tree import Draft, Kind, Provision


class CitationStatus(LabelledEnum):
    """The status of a cited instrument according to the register."""

    IN_FORCE = "in_force", Label("现行有效", "green")
    NOT_YET = "not_yet_in_force", Label("尚未施行", "amber")
    SUPERSEDED = "superseded", Label("旧版本", "seal")
    EXPIRED = "expired", Label("已失效", "seal")
    MISSPELT = "misspelt", Label("名称有误", "seal")
    UNKNOWN = "unknown", Label("文件库没有", "plain")
    SELF = "self", Label("本文件", "plain")


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of an instrument.

    `anchor` is where it occurs; `articles` are the articles cited right after the name, in words; `instrument` is the
    version cited, `current` the one in force; `suggestion` is the probable name of an unknown instrument.
    """

    name: str
    anchor: str
    line: int
    status: CitationStatus
    articles: tuple[str, ...] = ()
    instrument: Instrument | None = None
    current: Instrument | None = None
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a provision of the draft itself; `exists` is False if there is no such provision."""

    words: str
    target: str
    anchor: str
    line: int
    exists: bool


_N: Final = f"[{NUMERALS}]{{1,9}}"
_ARTICLE: Final = (
    rf"第\s*{_N}\s*条(?:之{_N}(?![款项条]))?(?:第{_N}款)?(?:第[（(]?{_N}[）)]?项)?(?:第[（(]?{_N}[）)]?目)?"
)
_CHAIN: Final = re.compile(
    rf"{_ARTICLE}(?:\s*(?:、|，|,|和|或者|或|及|以及|至|到|—|－|-)\s*(?:{_ARTICLE}|第{_N}款(?:第[（(]?{_N}[）)]?项)?|第[（(]?{_N}[）)]?项))*"
)
_STEP: Final = re.compile(rf"{_ARTICLE}|第{_N}款(?:第[（(]?{_N}[）)]?项)?|第[（(]?{_N}[）)]?项")
_OWN_DOCUMENT: Final = re.compile(r"本(?:法|条例|办法|规定|细则|规则|决定|意见|通知|方案|章程|规程|解释|制度|准则)\s*$")
_WITHIN: Final = re.compile(
    rf"本条(?P<own>第{_N}款(?:第[（(]?{_N}[）)]?项)?)|(?P<before>前(?P<how>两|二|三)?(?P<what>款|条|项))"
)
_ALIAS: Final = re.compile(
    r"[（(][^（）()]{0,8}(?:以下|下文)?(?:统称|简称|称)\s*(?:为)?\s*[“《]?([^“”《》（）()]{2,20})[”》]?[）)]"
)
_VERSION_YEAR: Final = re.compile(
    r"^\s*[（(〔\[][^（）()〔〕\[\]]{0,12}?((?:19|20)\d{2})\s*年?[^（）()〔〕\[\]]{0,14}[）)〕\]]"
)
_FULL_NAME_LIMIT: Final = 40  # characters before 第…条 in which the name of a statute without 《》 is looked for
_COUNTS: Final = {"两": 2, "二": 2, "三": 3, None: 1}


@dataclass(frozen=True, slots=True)
class Citations:
    """The result of `find_citations`: instruments cited, and references within the draft."""

    citations: tuple[Citation, ...]
    references: tuple[Reference, ...]

    @property
    def dangling(self) -> tuple[Reference, ...]:
        """The references to provisions that don't exist."""
        return tuple(reference for reference in self.references if not reference.exists)


def find_citations(draft: Draft, register: Register, today: date | None = None) -> Citations:
    """Find every instrument and article that a draft cites.

    `today` decides what is not yet in force; without it, versions are compared by their order only.
    """
    finder = _Finder(draft, register, today)
    for step in draft.walk():
        finder.read(step.provision, step.parent)
    return Citations(tuple(finder.citations), tuple(finder.references))


class _Finder:
    """One walk through a draft, remembering short names as they are introduced."""

    def __init__(self, draft: Draft, register: Register, today: date | None) -> None:
        self._draft, self._register, self._today = draft, register, today
        self._title = normalise(re.sub(r"[（(][^（）()]*稿[）)]$", "", draft.title))
        self._aliases: dict[str, str] = {}
        self._has_articles = any(step.provision.kind is Kind.ARTICLE for step in draft.walk())
        self._article = ""
        self._articles: list[str] = []
        self.citations: list[Citation] = []
        self.references: list[Reference] = []

    def read(self, node: Provision, parent: Provision | None) -> None:
        """Read one provision's own text."""
        if node.kind is Kind.ARTICLE:
            self._article = node.anchor
            self._articles.append(node.anchor)
        elif node.kind in (Kind.ANNEX, Kind.SIGNATURE, Kind.PREAMBLE, Kind.CHAPTER):
            self._article = ""
        text = (
            node.text
            if node.kind is not Kind.CLAUSE
            else f"{node.heading.rstrip('。')}。{node.text}"
            if node.heading
            else node.text
        )
        if not text:
            return
        ends: dict[int, str] = {}
        for start, end, name in _bracketed(text):
            if self._defines_alias(text, start):
                continue
            ends[end] = name
            alias = _ALIAS.match(text, end)
            if alias:
                self._aliases[alias[1]] = name
                ends[alias.end()] = name
        named = {end: name for end, name in ends.items() if name}
        chains = list(_CHAIN.finditer(text))
        articles_after = self._read_chains(node, text, chains, named)
        reported: set[str] = set()
        for end, name in named.items():
            if name in reported and end not in articles_after:
                continue
            reported.add(name)
            self._cite(node, name, text[end:], articles_after.get(end, ()))
        self._read_within(node, parent, text)

    @staticmethod
    def _defines_alias(text: str, start: int) -> bool:
        """Whether 《…》 at `start` is the short name being introduced: (以下简称《决定》)."""
        return re.search(r"(?:简称|统称|以下称)\s*(?:为)?$", text[:start]) is not None

    def _read_chains(
        self, node: Provision, text: str, chains: list[re.Match[str]], named: dict[int, str]
    ) -> dict[int, tuple[str, ...]]:
        """Assign each chain of articles (第八条、第九条第二款) to the instrument it belongs to."""
        articles: dict[int, tuple[str, ...]] = {}
        for chain in chains:
            words = tuple("".join(step.group().split()) for step in _STEP.finditer(chain.group()))
            before = text[: chain.start()].rstrip()
            if chain.start() in named or len(before) in named:
                end = chain.start() if chain.start() in named else len(before)
                articles[end] = articles.get(end, ()) + words
            elif _OWN_DOCUMENT.search(before) or not (name := self._plain_name(before)):
                if not _OWN_DOCUMENT.search(before) and self._belongs_to_earlier(text, chain.start(), chains, named):
                    continue
                self._refer(node, words)
            else:
                self._cite(node, name, "", words)
        return articles

    def _belongs_to_earlier(self, text: str, start: int, chains: list[re.Match[str]], named: dict[int, str]) -> bool:
        """Whether articles without a name continue a citation in the same clause: 依照《甲法》第三条的规定和第五条…."""
        clause = max(text.rfind(mark, 0, start) for mark in "。；，：")
        return any(clause < end <= start for end in named) and any(chain.start() < start for chain in chains)

    def _plain_name(self, before: str) -> str:
        """The statute named without 《》 right before an article: a short name introduced earlier, or a known one."""
        tail = before[-_FULL_NAME_LIMIT:]
        alias = max((short for short in self._aliases if tail.endswith(short)), key=len, default="")
        if alias:
            return self._aliases[alias]
        for start in range(len(tail)):
            if self._register.versions(tail[start:]):
                return tail[start:]
        return ""

    def _refer(self, node: Provision, words: tuple[str, ...]) -> None:
        """Look the articles of a chain up in the draft itself."""
        if not self._has_articles:
            return
        current = ""
        prefix = (
            node.anchor.split("-art-")[0] + "-" if node.anchor.startswith("annex-") and "-art-" in node.anchor else ""
        )
        for word in words:
            try:
                anchor = from_words(word)
            except ValueError:
                continue
            if anchor.startswith("art-"):
                current = re.sub(r"-(?:para|item).*", "", anchor)
            elif current:
                anchor = f"{current}-{anchor}"
            target = f"{prefix}{anchor}"
            exists = self._draft.find(target) is not None
            self.references.append(Reference(word, target, node.anchor, node.place, exists))

    def _read_within(self, node: Provision, parent: Provision | None, text: str) -> None:
        """Resolve relative references: 本条第二款, 前款, 前条."""
        if not self._article or not self._has_articles:
            return
        for match in _WITHIN.finditer(text):
            if match["own"]:
                target = f"{self._article}-{from_words(match['own'])}"
                self.references.append(
                    Reference(match.group(), target, node.anchor, node.place, self._draft.find(target) is not None)
                )
            elif not text[match.end() :].startswith(("所得",)):
                self._read_before(node, match)

    def _read_before(self, node: Provision, match: re.Match[str]) -> None:
        steps = _COUNTS[match["how"]]
        if match["what"] == "条":
            position = len(self._articles) - 1 - steps
            target = self._articles[position] if position >= 0 else ""
        elif match["what"] == "款":
            here = re.search(r"-para-(\d+)", node.anchor)
            number = int(here[1]) - steps if here else 0
            target = f"{self._article}-para-{number}" if number > 0 else ""
        else:
            return
        self.references.append(Reference(match.group(), target, node.anchor, node.place, bool(target)))

    def _cite(self, node: Provision, name: str, after: str, articles: tuple[str, ...]) -> None:
        full_name = self._aliases.get(name, name)
        if self._title and normalise(full_name) == self._title:
            status, instrument, current, suggestion = CitationStatus.SELF, None, None, ""
        else:
            status, instrument, current, suggestion = self._judge(full_name, after)
        self.citations.append(
            Citation(name, node.anchor, node.place, status, articles, instrument, current, suggestion)
        )

    def _judge(self, name: str, after: str) -> tuple[CitationStatus, Instrument | None, Instrument | None, str]:
        versions = self._register.versions(name)
        if not versions:
            likely = self._register.likely(name)
            if likely is None:
                return CitationStatus.UNKNOWN, None, None, ""
            return (CitationStatus.MISSPELT if likely[1] else CitationStatus.UNKNOWN), None, None, likely[0]
        begun = [v for v in versions if self._today is None or v.began <= self._today]
        valid = [v for v in begun if not v.expired]
        current = valid[-1] if valid else None
        year = _VERSION_YEAR.match(after)
        if (
            year
            and (cited_version := self._of_year(versions, int(year[1]))) is not None
            and cited_version is not current
        ):
            return (CitationStatus.SUPERSEDED if current else CitationStatus.EXPIRED), cited_version, current, ""
        if current is not None:
            return CitationStatus.IN_FORCE, current, current, ""
        if not begun:
            return CitationStatus.NOT_YET, versions[-1], None, ""
        return CitationStatus.EXPIRED, versions[-1], None, ""

    @staticmethod
    def _of_year(versions: list[Instrument], year: int) -> Instrument | None:
        """The version of a year; a year not in the register but before the newest version means an older one."""
        for version in versions:
            if year in (version.began.year, (version.adopted_on or version.began).year):
                return version
        newest = versions[-1]
        if newest.began.year > year:
            return Instrument(newest.name, newest.level, date(year, 1, 1), None, expired=True)
        return None


def _bracketed(text: str) -> Iterator[tuple[int, int, str]]:
    """Every outermost 《…》 with its position: names nested in a name (《关于修改〈甲法〉的决定》) belong to it."""
    depth = start = 0
    for at, c in enumerate(text):
        if c == "《":
            if not depth:
                start = at
            depth += 1
        elif c == "》" and depth:
            depth -= 1
            if not depth and 1 < at - start <= 120:
                yield start, at + 1, text[start + 1 : at]
