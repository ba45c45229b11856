"""Whether two contents say something else at the same point: another number, provision, place, party, or the opposite.

The contents are aligned and what differs is compared. What reads as a slip of the keyboard (a letter left out, doubled,
swapped or wrong) is no difference; a word for another word is.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from consult.text.alignment import LONG, Edit, differences, parted_runs, trimmed, without_moved
from consult.text.dictionary import holds_words, is_another_word, is_out_of_place, is_word_for_letter
from consult.text.numerals import read_number
from consult.text.sounds import sound_alike
from consult.text.turning_words import (
    ADVERBS,
    DECISIVE,
    EMPTY_LETTERS,
    EMPTY_WORDS,
    NEGATIONS,
    NUMERALS,
    STANDING_NEGATIONS,
    TAKEN_FOR_EACH_OTHER,
    are_contrasted,
    count_negations,
    is_other_term,
    says_nothing,
)

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|[〇零一二三四五六七八九十百千万亿两半壹贰叁肆伍陆柒捌玖拾佰仟]+")
PLACE_OR_PARTY = re.compile(
    r".{0,2}?(?:[路街巷弄村镇乡区县市省州苑园城庄湾桥局委办厅院所队部处站馆校]|小区|社区|大厦|广场|学校|医院|公司|中心|银行|"
    r"协会|大学|中学|小学|街道|大道|花园|公寓)"
)
REPLACED = 5
"""So many characters in a row, of both together, are no slip of the keyboard."""
SLIPS_PER_DOUBT, SLIPS_PER_UNLIKELY = 3, 8
"""Among so many slips, one may have made another word or number by chance, or even what looks like the opposite."""


class Verdict(Enum):
    """What a difference is: a slip of the keyboard, something else said, or one that looks like the other."""

    SLIP = 0
    DOUBTFUL = 1
    UNLIKELY = 2
    """A slip only in a text full of them."""
    OTHER = 3


class Comparison(NamedTuple):
    """How two contents compare: whether they conflict, and what each has that the other lacks."""

    conflict: bool
    common: int
    """Characters that are the same at the same point."""
    added: tuple[tuple[int, str], ...]
    """What only the other has, with the place in the content; at least two characters each."""
    missing: tuple[str, ...]
    """What only the content has, at least as long as a sentence."""
    left_out: tuple[str, ...] = ()
    """What only the content has, three characters or more."""
    replaced: tuple[tuple[int, int, str], ...] = ()
    """What the other has where the content has something else, one of them two letters or more."""
    certain: bool = False
    """Whether they conflict however many slips there are."""
    in_place: bool = False
    """Whether nothing as long as a sentence differs: another order wouldn't bring them nearer."""


def compare(content: str, other: str) -> Comparison:
    """Align two contents and judge what differs."""
    edits = without_moved(content, other, differences(content, other))
    in_place = all(edit.end - edit.start < LONG and edit.to - edit.at < LONG for edit in edits)
    common = len(content) - sum(edit.end - edit.start for edit in edits)
    doubted = Comparison(True, common, (), (), in_place=in_place)
    conflict = doubted._replace(certain=True)
    slips, doubtful, unlikely = 0, 0, 0
    added: list[tuple[int, str]] = []
    missing: list[str] = []
    for edit in edits:
        lost, gained = edit.end - edit.start, edit.to - edit.at
        if lost <= 1 and gained <= 1 and says_nothing(content[edit.start : edit.end], other[edit.at : edit.to]):
            slips += 1
            continue
        if (lost >= LONG or gained >= LONG) and _turned_at_the_edge(content, other, edit):
            return conflict
        if gained >= LONG and lost <= 1:
            added.append((edit.start, other[edit.at : edit.to]))
            doubtful += lost and content[edit.start] not in EMPTY_LETTERS
        elif lost >= LONG and gained <= 1:
            missing.append(content[edit.start : edit.end])
            doubtful += gained and other[edit.at] not in EMPTY_LETTERS
        else:
            if gained >= 2 and not lost:
                added.append((edit.start, other[edit.at : edit.to]))
            judged = _judge(content, other, edit)
            if judged is Verdict.OTHER or (
                min(lost, gained) == 1 < max(lost, gained) and _contrasts(content, other, edit)
            ):
                return conflict
            slips += judged is Verdict.SLIP
            doubtful += judged is Verdict.DOUBTFUL
            unlikely += judged is Verdict.UNLIKELY
    if slips < doubtful * SLIPS_PER_DOUBT + unlikely * SLIPS_PER_UNLIKELY:
        return doubted
    for edit in parted_runs(edits):
        if sorted(content[edit.start : edit.end]) != sorted(other[edit.at : edit.to]) and is_another_word(
            content, other, edit
        ):
            return conflict
    left_out = tuple(content[start:end] for start, end, at, to in edits if end - start > 2 and to - at <= 1)
    replaced = tuple(
        (start, end, other[at:to])
        for start, end, at, to in edits
        if start < end and at < to and 1 < max(end - start, to - at) < LONG
    )
    return Comparison(False, common, tuple(added), tuple(missing), left_out, replaced, in_place=in_place)


def _turned_at_the_edge(content: str, other: str, edit: Edit) -> bool:
    """Whether what one adds begins or ends with a letter that makes another word, number or the opposite of the rest.

    大家都说不 before 同意, or 前面那一段南 in the place of the 北 of 北侧.
    """
    start, end, at, to = edit
    if end - start > to - at:
        return _turned_at_the_edge(other, content, Edit(at, to, start, end))
    if to - at < LONG or end - start > 1:
        return False
    for edge in (Edit(start, end, at, at + 1), Edit(start, end, to - 1, to)):
        beside = Edit(end, end, edge.at, edge.to)
        if other[edge.at] in NEGATIONS and _turned(content, other, beside) is Verdict.OTHER:
            return True
        if start < end and _judge(content, other, edge) is not Verdict.SLIP:
            return True
    return start == end and _grown(content, other, edit)


def _contrasts(content: str, other: str, edit: Edit) -> bool:
    """Whether a letter stands for its opposite at either end of what the other has there: 南侧 and 我住北侧."""
    start, end, at, to = edit
    lost, gained = content[start:end], other[at:to]
    return any(are_contrasted(a, b) for a in (lost[0], lost[-1]) for b in (gained[0], gained[-1]))


def _grown(content: str, other: str, edit: Edit) -> bool:
    """Whether a number goes on into what is added beside it: 2 becomes 200."""
    start, _, at, to = edit
    before = content[start - 1 : start] in NUMERALS and other[at] in NUMERALS
    after = content[start : start + 1] in NUMERALS and other[to - 1] in NUMERALS
    return before or after


def _judge(content: str, other: str, edit: Edit) -> Verdict:
    start, end, at, to = edit = trimmed(content, other, edit)
    lost, gained = content[start:end], other[at:to]
    if f"{lost}{gained}" in TAKEN_FOR_EACH_OTHER:
        return Verdict.SLIP
    if len(lost) <= 1 and len(gained) <= 1:
        if says_nothing(lost, gained):
            return Verdict.SLIP
    elif EMPTY_LETTERS.issuperset(lost) and EMPTY_LETTERS.issuperset(gained):
        return Verdict.SLIP
    if not NUMERALS.isdisjoint(lost + gained) and not _slip_for_digit(lost, gained):
        numbers = _numbers(content, start, end), _numbers(other, at, to)
        if numbers[0] and numbers[1]:
            return _judge_numbers(*numbers, lost, gained)
    if not (lost and gained) and _doubled(content, start, end) | _doubled(other, at, to):
        return Verdict.DOUBTFUL if lost + gained in STANDING_NEGATIONS else Verdict.SLIP
    slipped = len(lost) == len(gained) == 1 and (_doubled(content, start, end) or _doubled(other, at, to))
    if _other_sign(lost, gained) or are_contrasted(lost, gained):
        if slipped:
            return Verdict.DOUBTFUL
        one_letter = len(lost) == len(gained) == 1 and not (lost + gained).isascii()
        return Verdict.UNLIKELY if one_letter and NEGATIONS.isdisjoint(lost + gained) else Verdict.OTHER
    if slipped:
        return Verdict.SLIP
    turned = _turned(content, other, edit)
    if (lost in EMPTY_WORDS and len(gained) <= 2) or (gained in EMPTY_WORDS and len(lost) <= 2):
        return turned
    if turned is not Verdict.SLIP or not lost or not gained or sorted(lost) == sorted(gained):
        return turned
    if min(len(lost), len(gained)) > 1 and len(lost) + len(gained) >= REPLACED:
        return Verdict.OTHER if holds_words(lost) and holds_words(gained) else Verdict.UNLIKELY
    if (
        len(lost) >= 2
        and len(gained) >= 2
        and set(lost).isdisjoint(gained)
        and PLACE_OR_PARTY.match(content, end, end + 4)
    ):
        return Verdict.OTHER
    if len(lost) == len(gained) == 2 and set(lost).isdisjoint(gained):
        return Verdict.OTHER if is_another_word(content, other, edit) else Verdict.DOUBTFUL
    if len(lost) == len(gained) == 1:
        return _judge_letter(content, other, edit)
    if is_another_word(content, other, edit):
        return Verdict.OTHER
    if min(len(lost), len(gained)) == 1 and max(len(lost), len(gained)) > 2:
        return Verdict.DOUBTFUL
    return Verdict.DOUBTFUL if is_word_for_letter(content, other, edit) else Verdict.SLIP


def _judge_letter(content: str, other: str, edit: Edit) -> Verdict:
    """Judge a letter that stands for another: a slip unless it makes another word that may stand there."""
    start, end, at, to = edit
    if not is_another_word(content, other, edit):
        return Verdict.SLIP
    if sound_alike(content[start:end], other[at:to]) and not is_other_term(content, other, start, at):
        return Verdict.SLIP
    return Verdict.SLIP if is_out_of_place(content, other, edit) else Verdict.DOUBTFUL


def _doubled(text: str, start: int, end: int) -> bool:
    """Whether a span is one letter, the same as one beside it."""
    return end == start + 1 and text[start] in (text[start - 1 : start], text[end : end + 1])


def _judge_numbers(numbers: list[str], others: list[str], lost: str, gained: str) -> Verdict:
    if [_value(number) for number in numbers] == [_value(number) for number in others]:
        return Verdict.SLIP
    slip = sorted(lost) == sorted(gained) or len(lost + gained) == 1
    return Verdict.DOUBTFUL if slip else Verdict.OTHER


def _value(number: str) -> int | str:
    return value if (value := read_number(number)) is not None else number


def _slip_for_digit(lost: str, gained: str) -> bool:
    """Whether a letter stands where the other has a numeral: no other number."""
    return bool(lost and gained) and NUMERALS.isdisjoint(lost) != NUMERALS.isdisjoint(gained)


def _numbers(text: str, start: int, end: int) -> list[str]:
    """Return the numbers that a span touches."""
    while start and text[start - 1] in NUMERALS:
        start -= 1
    while end < len(text) and text[end] in NUMERALS:
        end += 1
    return NUMBER.findall(text, start, end)


def _other_sign(lost: str, gained: str) -> bool:
    """Whether Latin letters or digits stand for others: A2 and A3."""
    signs = [c for c in lost if c.isascii()], [c for c in gained if c.isascii()]
    return bool(signs[0] and signs[1] and signs[0] != signs[1])


def _turned(content: str, other: str, edit: Edit) -> Verdict:
    """Judge whether only one side says no."""
    start, end, at, to = edit
    lost, gained = content[start:end], other[at:to]
    if NEGATIONS.isdisjoint(lost + gained) or count_negations(content, start, end) == count_negations(other, at, to):
        return Verdict.SLIP
    if len(lost) == len(gained) == 1:  # a slip for 不 leaves no word
        letters = lost + gained
        if (
            not (lost.isascii() or gained.isascii())
            and EMPTY_LETTERS.isdisjoint(letters)
            and ADVERBS.isdisjoint(letters)
            and not is_another_word(content, other, edit)
        ):
            return Verdict.SLIP
    decisive = len(lost + gained) > 1 or DECISIVE.match(content, end) or DECISIVE.match(other, to)
    return Verdict.OTHER if decisive else Verdict.DOUBTFUL
