"""Groups texts that say the same in nearly the same words, among a hundred thousand.

MinHash proposes, RapidFuzz decides: a text joins the group whose leader (its first text) it resembles most, if by at
least the threshold; else it leads a group of its own. Every member thus resembles the leader, and no chain of small
steps joins texts that say different things. Short texts of nearly the same words can say the opposite (同意 and 不同意,
第十二条 and 第十三条): there the words on which it turns must be the same. The same input gives the same groups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process
from rensa import RMinHash, RMinHashLSH

from consult.text import private
from consult.text.fingerprint import normalise

BANDS = 64
ROWS = ((0.7, 5), (0.5, 3), (0.0, 2))
"""From which threshold on how many rows make a band: fewer rows propose more, so that less alike texts meet."""
SEED = 20_070_405
BATCH = 2_000
SHORT_TEXT = 120
FEWEST_CLAUSES = 3
CLAUSE_END = re.compile(r"[,.;:!?]+")
COMPARED_CHARACTERS = 20_000
"""Beyond this many characters two texts are compared by their beginnings; nobody repeats as much by chance."""

TURNS_ON = re.compile(
    r"第[0-9〇零一二三四五六七八九十百]+[编章节条款项]|[不无未勿非]|反对|支持|同意|赞成|拥护|删除|删去|取消|废除|保留|增加|增设|提高|上调|"
    r"延长|放宽|减少|降低|下调|缩短|收紧|[0-9]+(?:\.[0-9]+)?|[〇零一二三四五六七八九十百千万两半]+(?=[日天周月年元倍成个人名户次米平级])"
)
SENTENCE_END = re.compile(r"(?<=[。！？；!?;\n])|\s{2,}")
SALUTATION = re.compile(
    r"^(?:[^,，。：:]{0,20}(?:领导|书记|市长|县长|局长|同志|部门|单位|老师|编辑)[^。，,：:]{0,6}[，,：:。！!]*"
    r"|[，,\s]*(?:您|你|大家)们?好[，,。！!\s]*|[0-9一二三四五六七八九十]+[、.．]\s*|[（(][0-9一二三四五六七八九十]+[）)])+"
)
TITLE_CHARACTERS = 40
SHORTEST_TITLE = 4
SAMPLE = 50


def group(texts: Sequence[str], threshold: float) -> list[list[int]]:
    """Group texts that resemble each other by at least `threshold` (above 0, up to 1: the same but for spacing).

    Returns the indices of each group in ascending order, groups in the order of their first text; a text that
    resembles no other is a group of one. Empty texts stand alone. Raises ValueError on a threshold out of range.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"归并的相似度应当在0和1之间，现在是{threshold}")
    members = _by_content(texts)
    contents = list(members)
    groups: list[list[int]] = []
    for leader in _lead(contents, threshold):
        groups.append(sorted(index for at in leader for index in members[contents[at]]))
    groups += [[index] for index, text in enumerate(texts) if not normalise(text)]
    return sorted(groups, key=lambda one: one[0])


def _by_content(texts: Sequence[str]) -> dict[str, list[int]]:
    """Put together what is the same but for spacing and width; empty texts are left out."""
    members: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        content = normalise(text)[:COMPARED_CHARACTERS]
        if content:
            members.setdefault(content, []).append(index)
    return members


def _lead(contents: list[str], threshold: float) -> list[list[int]]:
    """Give groups of positions in `contents`, the leader first."""
    groups: dict[int, list[int]] = {}
    leaders = _Leaders(threshold)
    for start in range(0, len(contents), BATCH):
        looks = [_Look.of(content) for content in contents[start : start + BATCH]]
        for at, look, sketches in leaders.sketched(looks, start):
            leader = leaders.nearest(look, sketches)
            if leader is None:
                groups[at] = [at]
                leaders.add(at, look, sketches)
            else:
                groups[leader].append(at)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Look:
    """What of a normalised text is compared: itself, its clauses in one fixed order, the words it turns on."""

    content: str
    ordered: str
    turns: str

    @classmethod
    def of(cls, content: str) -> _Look:
        clauses = CLAUSE_END.split(content)
        ordered = content if len(clauses) < FEWEST_CLAUSES else "".join(sorted(clauses))
        return cls(content, ordered, " ".join(sorted(set(TURNS_ON.findall(content)))))

    @property
    def short(self) -> bool:
        return len(self.content) <= SHORT_TEXT

    def may_say_the_same(self, other: _Look) -> bool:
        return self.turns == other.turns or not (self.short or other.short)

    def shingles(self, salt: str = "") -> list[str]:
        """Give the pairs of neighbours; salted with the words it turns on, other turns share none."""
        return [salt + pair for pair in set(_pairs(self.content))] or [salt + self.content]


Sketches = tuple[RMinHash, RMinHash]


class _Leaders:
    """The groups' leaders, short and long ones apart: a short one is met only by what turns on the same words."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._permutations = BANDS * next(rows for least, rows in ROWS if threshold >= least)
        self._looks: dict[int, _Look] = {}
        self._short, self._long = (
            RMinHashLSH(threshold=threshold, num_perm=self._permutations, num_bands=BANDS) for _ in range(2)
        )

    def sketched(self, looks: list[_Look], start: int) -> Iterator[tuple[int, _Look, Sketches]]:
        salted = RMinHash.from_token_sets([look.shingles(look.turns) for look in looks], self._permutations, SEED)
        plain = RMinHash.from_token_sets([look.shingles() for look in looks], self._permutations, SEED)
        return zip(range(start, start + len(looks)), looks, zip(salted, plain, strict=True), strict=True)

    def add(self, at: int, look: _Look, sketches: Sketches) -> None:
        self._looks[at] = look
        (self._short if look.short else self._long).insert(at, sketches[0 if look.short else 1])

    def nearest(self, look: _Look, sketches: Sketches) -> int | None:
        """Give the leader that a text resembles most, by at least the threshold; the earliest among equals.

        Only where none does as written, the clauses are compared in their fixed order.
        """
        near = sorted((*self._short.query(sketches[0]), *self._long.query(sketches[1])))
        possible = [at for at in near if self._looks[at].turns == look.turns] if look.short else near
        best = self._closest(look.content, [self._looks[at].content for at in possible])
        if best is None:
            best = self._closest(look.ordered, [self._looks[at].ordered for at in possible])
        return None if best is None else possible[best]

    def _closest(self, content: str, choices: list[str]) -> int | None:
        best = process.extractOne(
            content, choices, scorer=fuzz.ratio, processor=None, score_cutoff=self._threshold * 100
        )
        return best[2] if best else None


def resemblance(one: str, other: str) -> float:
    """Say how much two normalised texts resemble each other, 0 to 1.

    It is the share of characters that an edit keeps, as written or with the clauses of both in one fixed order (so
    that sentences in another order still count), whichever is more. Short texts that turn on different words give 0.
    """
    first, second = _Look.of(one), _Look.of(other)
    if not one or not other or not first.may_say_the_same(second):
        return 0.0
    return max(fuzz.ratio(one, other), fuzz.ratio(first.ordered, second.ordered)) / 100


def _pairs(content: str) -> Iterator[str]:
    return (content[at : at + 2] for at in range(len(content) - 1))


def title(texts: Sequence[str]) -> str:
    """Give one short line that stands for a group: the sentence whose words most of the texts share.

    At most 40 characters, without salutation and numbering, private data masked; empty when there is no text.
    Groups of more than 50 texts are judged by 50 of them, evenly picked.
    """
    step = max(1, len(texts) // SAMPLE)
    sample = [text for text in texts[::step][:SAMPLE] if text.strip()]
    spread = Counter(pair for text in sample for pair in set(_pairs(normalise(text))))
    best, best_score = "", -1.0
    for sentence in dict.fromkeys(sentence for text in sample for sentence in _sentences(text)):
        pairs = set(_pairs(normalise(sentence)))
        score = sum(spread[pair] for pair in pairs) / (len(pairs) + SHORTEST_TITLE) if pairs else 0.0
        if score > best_score:
            best, best_score = sentence, score
    return best


def _sentences(text: str) -> Iterator[str]:
    """Give the sentences of a text as titles: bare of salutation, private data masked, cut to length."""
    masked = private.mask(text, private.find(text))
    bare = [SALUTATION.sub("", " ".join(part.split())).strip() for part in SENTENCE_END.split(masked)]
    long_enough = [one for one in bare if len(normalise(one)) >= SHORTEST_TITLE]
    for sentence in long_enough or [one for one in bare if one][:1] or [" ".join(masked.split())]:
        yield _cut(sentence.rstrip("。；;！!？?，, ") or sentence)


def _cut(sentence: str) -> str:
    """Shorten a sentence to the length of a title, at a comma where there is one in its second half."""
    if len(sentence) <= TITLE_CHARACTERS:
        return sentence
    head = sentence[: TITLE_CHARACTERS - 1]
    comma = max(head.rfind("，"), head.rfind(","))
    return (head[:comma] if comma >= TITLE_CHARACTERS // 2 else head) + "…"
