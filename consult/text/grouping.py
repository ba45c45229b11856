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

from rapidfuzz import fuzz
from rensa import RMinHash, RMinHashLSH

from consult.text import private
from consult.text.fingerprint import normalise

BANDS = 64
ROWS = ((0.7, 4), (0.5, 3), (0.0, 2))
"""From which threshold on how many rows make a band: fewer rows propose more, so that less alike texts meet."""
SEED = 20_070_405
BATCH = 2_000
SHORT_TEXT = 120
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
    permutations = BANDS * next(rows for least, rows in ROWS if threshold >= least)
    lsh = RMinHashLSH(threshold=threshold, num_perm=permutations, num_bands=BANDS)
    for start in range(0, len(contents), BATCH):
        batch = contents[start : start + BATCH]
        hashes = RMinHash.from_token_sets([_shingles(content) for content in batch], permutations, SEED)
        for at, sketch in enumerate(hashes, start=start):
            leader = _nearest(contents, at, sorted(lsh.query(sketch)), threshold)
            if leader is None:
                groups[at] = [at]
                lsh.insert(at, sketch)
            else:
                groups[leader].append(at)
    return list(groups.values())


def _nearest(contents: list[str], at: int, leaders: list[int], threshold: float) -> int | None:
    """Give the leader that a text resembles most, by at least the threshold; the earliest among equals."""
    best: int | None = None
    bar = threshold
    for leader in leaders:
        likeness = resemblance(contents[at], contents[leader], bar)
        if likeness > bar or (likeness >= bar and best is None):
            best, bar = leader, likeness
    return best


def resemblance(one: str, other: str, bar: float = 0.0) -> float:
    """Say how much two normalised texts resemble each other, 0 to 1; below `bar` it may simply be 0.

    The greater of two: the share of characters that an edit keeps, and the share of pairs of neighbours that both
    have (so that sentences in another order still count). Short texts that turn on different words give 0.
    """
    shorter, longer = sorted((len(one), len(other)))
    if not shorter or 2 * shorter < bar * (shorter + longer):
        return 0.0
    if shorter <= SHORT_TEXT and _turns(one) != _turns(other):
        return 0.0
    kept = fuzz.ratio(one, other, score_cutoff=bar * 100) / 100
    return kept if kept >= bar and kept else max(kept, _shared_pairs(one, other))


def _turns(content: str) -> frozenset[str]:
    return frozenset(TURNS_ON.findall(content))


def _shared_pairs(one: str, other: str) -> float:
    first, second = Counter(_pairs(one)), Counter(_pairs(other))
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def _pairs(content: str) -> Iterator[str]:
    return (content[at : at + 2] for at in range(len(content) - 1))


def _shingles(content: str) -> list[str]:
    return list(set(_pairs(content))) or [content]


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
