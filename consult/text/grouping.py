"""Groups texts that say the same; made for a million of them.

Sketches propose whom to compare (`sketching`), an alignment decides (`agreement`): a text joins the leader that it
shares most with and says the same as, else it leads a group of its own. The text that most others share leads first,
so the groups don't depend on the order in which the texts came. What joins is compared with its leader, and what it
adds with what others added, so that no chain of small steps joins an opinion and its opposite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from consult.text import asides
from consult.text.fingerprint import normalise
from consult.text.leading import SENTENCE_END, Grouping, Leader
from consult.text.letter_frame import without_salutation
from consult.text.privacy import detection
from consult.text.sketching import SHINGLE, band_keys

TITLE_CHARACTERS = 120
SHORTEST_TITLE = 4
SAMPLE = 50
SAMPLED_CHARACTERS = 4_000


def group(texts: Sequence[str], threshold: float) -> list[list[int]]:
    """Group texts that say the same with at least `threshold` of their characters in common.

    The threshold is above 0 and up to 1: equal but for spacing, marks, width and script. Returns the indices of each
    group in ascending order, groups in the order of their first text; an empty text or one that says what no other says
    is a group of one. Raises ValueError on a threshold out of range.
    """
    return sorted((sorted(indices) for indices in led_groups(texts, threshold)[0].values()), key=lambda group: group[0])


def led_groups(texts: Sequence[str], threshold: float) -> tuple[dict[int, list[int]], dict[int, Leader]]:
    """Return the members of each group by its leader, and what is known of leaders that others were compared with."""
    check_threshold(threshold)
    contents, keys = band_keys(texts)
    members: dict[str, list[int]] = {}
    for index, content in enumerate(contents):
        if content:
            members.setdefault(content, []).append(index)
        elif marks := normalise(texts[index]):
            members.setdefault(f"\0{marks}", []).append(index)
        else:
            members[f"\0{index}\0"] = [index]
    firsts = [
        max(indices, key=lambda index: _marks(texts[index])) if len(indices) > 1 else indices[0]
        for content, indices in members.items()
        if len(content) >= SHINGLE and content[0] != "\0"
    ]
    run = Grouping([texts[i] for i in firsts], [contents[i] for i in firsts], threshold)
    joined: dict[int, int] = {}
    if len(firsts) > 1 and threshold < 1:
        copies = np.fromiter((len(members[contents[i]]) for i in firsts), dtype=np.int64, count=len(firsts))
        joined = run.joined(keys[firsts], copies)
    of_content = {contents[first]: first for first in firsts}
    leader_of = {firsts[place]: firsts[leader] for place, leader in joined.items()}
    groups: dict[int, list[int]] = {}
    for content, indices in members.items():
        first = of_content.get(content, indices[0])
        groups.setdefault(leader_of.get(first, first), []).extend(indices)
    return groups, {firsts[place]: leader for place, leader in run.leaders.items()}


def _marks(text: str) -> int:
    """Count the marks that tell where sentences end: of copies, the one with the most is the best to take apart."""
    return sum(map(text.count, "，。；！？、,.;!?\n"))


def check_threshold(threshold: float) -> None:
    """Raise ValueError on a threshold out of range."""
    if not 0 < threshold <= 1:
        raise ValueError(f"归并的相似度应当在0和1之间，现在是{threshold}")


def _pairs(content: str) -> Iterator[str]:
    return (content[at : at + 2] for at in range(len(content) - 1))


def title(texts: Sequence[str]) -> str:
    """Return a title for a group: a whole sentence of its most typical text.

    That is the text whose words most of the texts share. Salutation and numbering are left out, private data masked,
    and only a sentence of more than 120 characters ends in an ellipsis. Empty when there is no text. For groups of more
    than 50 texts, an even sample of 50 is used.
    """
    step = max(1, len(texts) // SAMPLE)
    sample = [text[:SAMPLED_CHARACTERS] for text in texts[::step][:SAMPLE] if text.strip()]
    spread = Counter(pair for text in sample for pair in set(_pairs(normalise(text))))

    def shared(text: str) -> float:
        pairs = set(_pairs(normalise(text)))
        return sum(spread[pair] for pair in pairs) / (len(pairs) + SHORTEST_TITLE) if pairs else 0.0

    return max(_sentences(max(sample, key=shared)), key=shared) if sample else ""


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text as titles: first those that say something, else all there is."""
    masked = detection.mask(text, detection.find(text))
    bare = [without_salutation(" ".join(part.split())).strip() for part in SENTENCE_END.split(masked)]
    telling = [sentence for sentence in bare if len(normalise(sentence)) >= SHORTEST_TITLE]
    chosen = [sentence for sentence in telling if not all(map(asides.is_aside, asides.clauses(sentence)))] or telling
    chosen = chosen or [sentence for sentence in bare if sentence][:1] or [" ".join(masked.split())]
    return [_cut(sentence.rstrip("。；;！!？?，, ") or sentence) for sentence in chosen]


def _cut(sentence: str) -> str:
    """Shorten a sentence to the length of a title, at a comma where there is one in its second half."""
    if len(sentence) <= TITLE_CHARACTERS:
        return sentence
    head = sentence[: TITLE_CHARACTERS - 1]
    comma = max(head.rfind("，"), head.rfind(","))
    return (head[:comma] if comma >= TITLE_CHARACTERS // 2 else head) + "…"
