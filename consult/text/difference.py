"""Whether two contents say something else at the same point: another number, provision, place, party, or the opposite.

The contents are aligned and what differs is compared. What reads as a slip of the keyboard (a letter left out, doubled,
swapped or wrong) is no difference; a word for another word is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from consult.text.asides import is_aside
from consult.text.numerals import read_number

NUMERALS = frozenset("0123456789.〇零一二三四五六七八九十百千万亿两半壹贰叁肆伍陆柒捌玖拾佰仟")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|[〇零一二三四五六七八九十百千万亿两半壹贰叁肆伍陆柒捌玖拾佰仟]+")
EMPTY_LETTERS = frozenset(
    "的了请也就还再是在和与及吧啊呢吗嘛呀哦呵哈地得着过把我你他她它们人这那之其以而且则又很些个啦嗯唉哎"
)
"""Letters that turn nothing when one of them is missing, added or takes another's place."""
TAKEN_FOR_EACH_OTHER = frozenset(
    each
    for pair in """
        需须 做作 账帐 象像 已以 哪那 坐座 订定 份分 纪记 划画 连联 检捡 缴交 致至 帖贴 密秘 侯候 复覆
    """.split()  # noqa: SIM905
    for each in (pair, pair[::-1])
)
"""Letters that many write for each other; no word turns on them."""
NEGATIONS = frozenset("不未无勿莫没毋禁否拒反非免")
NEGATES_NOTHING = re.compile(
    r"非常|不断|不仅|不但|不光|不只|不过|不管|不论|不久|不少|不然|不同(?!意)|对不起|差不多|不好意思|受不了|无论|无奈|未来|"
    r"没收|没关系|"
    r"反映|反应|反馈|反复|反正|反而|反倒|反思|是否|能否|可否|否则|要不|免得|以免|难免|避免|莫名"
)
CONTRASTS = """
    高低 大小中微 多少 有没无 双单 宽严紧松 早晚迟 快慢缓急 远近 长短 东南西北中 左右 上下中 前后 前本上下后该 内外 男女
    老少新旧幼青 有无 进出入 收退 买卖 增减 升降涨跌 加减 开关停 公私 城乡 干湿 冷热 轻重
    年月日天周季时分秒 元角分 米里亩 甲乙丙丁戊己庚辛 区县市省镇乡村 路街巷道弄 章节条款项目 %‰元倍
    应可须勿 宜忌 或且 首末 始终 主次副 正负反 真假 好坏 优劣 强弱 厚薄 深浅 贵贱便 存取 借还贷
    贫富 胜败 赢输 奖罚惩 纵容 奖惩 存废 立废 留拆删去 保弃 同异 是非 先后 全半部 每隔 夫妻父母子
    官民 警民 校企 医患 买租 住商 水电气煤 春夏秋冬 昼夜 晨夜 夜日 白夜黑 生死 集散 合分 聚散
    供需 批驳 免收 松紧 准禁 许禁 给收 放收 建拆 扩缩 延缩 满空 超足 明暗 软硬 直弯 粗细 方圆 最不
    可不 要不别 必不 能不
""".split()  # noqa: SIM905
"""Letters that stand for each other in an opposite: 从宽 and 从严, 东侧 and 西侧."""
CONTRASTED = {letter: {n for n, kind in enumerate(CONTRASTS) if letter in kind} for letter in set("".join(CONTRASTS))}
PLACE_OR_PARTY = re.compile(
    r".{0,2}?(?:[路街巷弄村镇乡区县市省州苑园城庄湾桥局委办厅院所队部处站馆校]|小区|社区|大厦|广场|学校|医院|公司|中心|银行|"
    r"协会|大学|中学|小学|街道|大道|花园|公寓)"
)
EMPTY_WORDS = frozenset(
    """
    确实 其实 真的 实在 的确 已经 非常 十分 特别 比较 目前 现在 当然 一直 总是 经常 大概 基本
    几乎 简直 居然 究竟 毕竟 甚至 而且 并且 因此 所以 由于 然后 另外 还有 以及 关于 对于 根据
    按照 这个 那个 这些 那些 这样 那样 什么 怎么 我们 他们 你们 大家 自己
    """.split()  # noqa: SIM905
)
LONGEST_WORD = 5
RARE, RARER = 20, 200
"""A word seen less often, or so many times less often than the other, is a slip for it."""
NEAR = 8
"""Characters either side of a difference that decide where its words end."""
LONG = 6
"""Characters from which what one text adds is looked at as a sentence of its own."""
REPLACED = 5
"""So many characters in a row, of both together, are no slip of the keyboard."""
SLIPS_PER_DOUBT = 3
"""Among so many slips, one may have made another word or number by chance."""
TURNS = re.compile(
    r"但|然而|可是|(?<!只)不过|除非|除了|只有|前提|除外|例外|以外|之外|不同意|反对|不赞成|不支持|不认可|不认同|不接受|"
    r"不愿|不应|不该|不要|"
    r"不能|不得|不宜|不必|无需|不用|不可|暂缓|取消|拒绝|仅限|仅对|限于|如果|否则|保留意见|没必要|没有必要|反而|相反|倒是"
)


class Verdict(Enum):
    """What a difference is: a slip of the keyboard, something else said, or one that looks like the other."""

    SLIP = 0
    DOUBTFUL = 1
    OTHER = 2


class Edit(NamedTuple):
    """Where two contents differ: `[start, end)` in the content, `[at, to)` in the other."""

    start: int
    end: int
    at: int
    to: int


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
    in_place: bool = False
    """Whether nothing as long as a sentence differs: another order wouldn't bring them nearer."""


def compare(content: str, other: str) -> Comparison:
    """Align two contents and judge what differs."""
    edits = _without_moved(content, other, _edits(content, other))
    in_place = all(edit.end - edit.start < LONG and edit.to - edit.at < LONG for edit in edits)
    common = len(content) - sum(edit.end - edit.start for edit in edits)
    conflict = Comparison(True, common, (), (), in_place=in_place)
    slips, doubtful = 0, 0
    added: list[tuple[int, str]] = []
    missing: list[str] = []
    for edit in edits:
        lost, gained = edit.end - edit.start, edit.to - edit.at
        if lost <= 1 and gained <= 1 and _says_nothing(content[edit.start : edit.end], other[edit.at : edit.to]):
            slips += 1
            continue
        if (lost >= LONG or gained >= LONG) and _turned_at_the_edge(content, other, edit):
            return conflict
        if edit.start == 0 or edit.end == len(content):
            edit = _without_aside(content, other, edit)
            lost, gained = edit.end - edit.start, edit.to - edit.at
        if gained >= LONG and lost <= 1:
            added.append((edit.start, other[edit.at : edit.to]))
        elif lost >= LONG and gained <= 1:
            missing.append(content[edit.start : edit.end])
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
    if slips < doubtful * SLIPS_PER_DOUBT:
        return conflict
    for edit in _joined(edits):
        if sorted(content[edit.start : edit.end]) != sorted(other[edit.at : edit.to]) and _another_word(
            content, other, edit
        ):
            return conflict
    left_out = tuple(content[start:end] for start, end, at, to in edits if end - start > 2 and to - at <= 1)
    return Comparison(False, common, tuple(added), tuple(missing), left_out, in_place)


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
    return any(_contrasting(a, b) for a in (lost[0], lost[-1]) for b in (gained[0], gained[-1]))


def _grown(content: str, other: str, edit: Edit) -> bool:
    """Whether a number goes on into what is added beside it: 2 becomes 200."""
    start, _, at, to = edit
    before = content[start - 1 : start] in NUMERALS and other[at] in NUMERALS
    after = content[start : start + 1] in NUMERALS and other[to - 1] in NUMERALS
    return before or after


def _edits(content: str, other: str) -> list[Edit]:
    """Return the differences in order; neighbouring ones are one."""
    edits: list[Edit] = []
    for operation in Levenshtein.opcodes(content, other):
        if operation.tag == "equal":
            continue
        start, end, at, to = operation.src_start, operation.src_end, operation.dest_start, operation.dest_end
        if edits and edits[-1].end == start and edits[-1].to == at:
            edits[-1] = Edit(edits[-1].start, end, edits[-1].at, to)
        else:
            edits.append(Edit(start, end, at, to))
    edits = _whole_insertions(content, other, edits)
    if all(edit.end - edit.start <= 1 for edit in edits):
        return edits
    return [part for edit in edits for part in _parted(content, other, edit)]


def _whole_insertions(content: str, other: str, edits: list[Edit]) -> list[Edit]:
    """Join two insertions into one where the letters between them fit behind it as well: 一个老兵一个|问题."""
    joined: list[Edit] = []
    for edit in edits:
        last = joined[-1] if joined else None
        if last is not None and last.start == last.end and edit.start == edit.end:
            between = edit.start - last.end
            if between <= LONG and other[edit.to - between : edit.to] == content[last.end : edit.start]:
                joined[-1] = Edit(last.start, last.end, last.at, edit.to - between)
                continue
        joined.append(edit)
    return joined


def _parted(content: str, other: str, edit: Edit) -> Iterator[Edit]:
    """Yield a short difference letter by letter where a letter that says nothing stands for another: 的路 and 地胣."""
    start, end, at, to = edit
    if not 1 < end - start == to - at < LONG or not any(
        a in EMPTY_LETTERS and b in EMPTY_LETTERS for a, b in zip(content[start:end], other[at:to], strict=True)
    ):
        yield edit
        return
    for n in range(end - start):
        if content[start + n] != other[at + n]:
            yield Edit(start + n, start + n + 1, at + n, at + n + 1)


def _without_moved(content: str, other: str, edits: list[Edit]) -> list[Edit]:
    """Leave out what both have, at different places."""
    gained = {other[edit.at : edit.to] for edit in edits if edit.start == edit.end and edit.to - edit.at > 1}
    if not gained:
        return edits
    moved = gained & {content[edit.start : edit.end] for edit in edits if edit.at == edit.to}
    if not moved:
        return edits
    return [
        edit
        for edit in edits
        if not (
            (edit.start == edit.end and other[edit.at : edit.to] in moved)
            or (edit.at == edit.to and content[edit.start : edit.end] in moved)
        )
    ]


def _without_aside(content: str, other: str, edit: Edit) -> Edit:
    """Leave a greeting or thanks out of a difference at the beginning or end."""
    start, end, at, to = edit
    lost, gained = content[start:end], other[at:to]
    if is_aside(lost) and (not gained or len(gained) >= LONG):
        start = end
    if is_aside(gained) and (start == end or len(lost) >= LONG):
        at = to
    return Edit(start, end, at, to)


def _joined(edits: list[Edit]) -> Iterator[Edit]:
    """Yield runs of short differences that single characters part: 业主大会 and 物业公司 have 业 in common."""
    run: list[Edit] = []
    for edit in edits:
        if max(edit.end - edit.start, edit.to - edit.at) >= LONG:
            continue
        if run and not (edit.start - run[-1].end <= 1 and edit.at - run[-1].to <= 1):
            if len(run) > 1:
                yield Edit(run[0].start, run[-1].end, run[0].at, run[-1].to)
            run = []
        run.append(edit)
    if len(run) > 1:
        yield Edit(run[0].start, run[-1].end, run[0].at, run[-1].to)


def _judge(content: str, other: str, edit: Edit) -> Verdict:
    start, end, at, to = edit = _trimmed(content, other, edit)
    lost, gained = content[start:end], other[at:to]
    if f"{lost}{gained}" in TAKEN_FOR_EACH_OTHER:
        return Verdict.SLIP
    if len(lost) <= 1 and len(gained) <= 1:
        if _says_nothing(lost, gained):
            return Verdict.SLIP
    elif EMPTY_LETTERS.issuperset(lost) and EMPTY_LETTERS.issuperset(gained):
        return Verdict.SLIP
    if not NUMERALS.isdisjoint(lost + gained) and not _slip_for_digit(lost, gained):
        numbers = _numbers(content, start, end), _numbers(other, at, to)
        if numbers[0] and numbers[1]:
            return _judge_numbers(*numbers, lost, gained)
    if not (lost and gained) and _doubled(content, start, end) | _doubled(other, at, to):
        return Verdict.SLIP if NEGATIONS.isdisjoint(lost + gained) else Verdict.DOUBTFUL
    slipped = len(lost) == len(gained) == 1 and (_doubled(content, start, end) or _doubled(other, at, to))
    if _other_sign(lost, gained) or _contrasting(lost, gained):
        return Verdict.DOUBTFUL if slipped else Verdict.OTHER
    if slipped:
        return Verdict.SLIP
    turned = _turned(content, other, edit)
    if (lost in EMPTY_WORDS and len(gained) <= 2) or (gained in EMPTY_WORDS and len(lost) <= 2):
        return turned
    if turned is not Verdict.SLIP or not lost or not gained or sorted(lost) == sorted(gained):
        return turned
    if min(len(lost), len(gained)) > 1 and len(lost) + len(gained) >= REPLACED:
        return Verdict.OTHER
    if (
        len(lost) >= 2
        and len(gained) >= 2
        and set(lost).isdisjoint(gained)
        and PLACE_OR_PARTY.match(content, end, end + 4)
    ):
        return Verdict.OTHER
    if len(lost) == len(gained) == 2 and set(lost).isdisjoint(gained):
        return Verdict.OTHER if _another_word(content, other, edit) else Verdict.DOUBTFUL
    if _another_word(content, other, edit):
        return Verdict.DOUBTFUL if len(lost) == len(gained) == 1 else Verdict.OTHER
    return Verdict.DOUBTFUL if _word_for_letter(content, other, edit) else Verdict.SLIP


def _says_nothing(lost: str, gained: str) -> bool:
    """Whether a letter that says nothing is missing, added, or stands where there was another; never for a no."""
    if lost in EMPTY_LETTERS:
        return gained not in NEGATIONS
    return gained in EMPTY_LETTERS and lost not in NEGATIONS


def _trimmed(content: str, other: str, edit: Edit) -> Edit:
    """Leave out of a short difference, at its ends, letters that say nothing and letters typed twice."""
    start, end, at, to = edit
    if max(end - start, to - at) >= LONG:
        return edit
    while start < end and at < to and _idle(content[start], other[at]):
        start, at = start + 1, at + 1
    while start < end and at < to and _idle(content[end - 1], other[to - 1]):
        end, to = end - 1, to - 1
    while end - start > to - at > 0 and (part := _idle_end(content, start, end)) != (start, end):
        start, end = part
    while to - at > end - start > 0 and (part := _idle_end(other, at, to)) != (at, to):
        at, to = part
    return Edit(start, end, at, to)


def _idle(letter: str, other: str) -> bool:
    return (letter in EMPTY_LETTERS and other in EMPTY_LETTERS) or f"{letter}{other}" in TAKEN_FOR_EACH_OTHER


def _idle_end(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without a letter at one of its ends that says nothing or is the one beside it."""
    if text[start] in EMPTY_LETTERS or text[start] == text[start - 1 : start]:
        return start + 1, end
    if text[end - 1] in EMPTY_LETTERS or text[end - 1] == text[end : end + 1]:
        return start, end - 1
    return start, end


def _word_for_letter(content: str, other: str, edit: Edit) -> bool:
    """Whether a word stands where the other has a single letter of a word: 双向级 and 市级."""
    start, end, at, to = edit
    if end - start > to - at:
        content, other, start, end, at, to = other, content, at, to, start, end
    if not end - start == 1 < to - at or content[start] in other[at:to] or not _frequency(other[at:to]):
        return False
    return bool(_frequency(content[max(0, start - 1) : end]) or _frequency(content[start : end + 1]))


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
    if NEGATIONS.isdisjoint(lost + gained) or _negations(content, start, end) == _negations(other, at, to):
        return Verdict.SLIP
    if len(lost) == len(gained) == 1:  # a slip for 不 leaves no word
        letters = lost + gained
        if (
            EMPTY_LETTERS.isdisjoint(letters)
            and ADVERBS.isdisjoint(letters)
            and not _another_word(content, other, edit)
        ):
            return Verdict.SLIP
    decisive = len(lost + gained) > 1 or DECISIVE.match(content, end) or DECISIVE.match(other, to)
    return Verdict.OTHER if decisive else Verdict.DOUBTFUL


ADVERBS = frozenset("都更会可能要应须将已正得只最太尽必该愿想准许让使")


DECISIVE = re.compile(
    r"同意|赞成|支持|认可|接受|愿|得|应|该|能|可|要|必|准|许|允许|予|宜|再|公开|收费|收取|征收|设|纳入|属于|符合|合理|"
    r"合法|公平|包括|包含|含|限|超过|少于|低于|高于|适用|实行|执行|采纳|采用"
)
"""What an opinion turns on when it is negated."""


def _negations(text: str, start: int, end: int) -> int:
    """Count the negations in a span, words that only look like one left out."""
    harmless = {
        place
        for match in NEGATES_NOTHING.finditer(text, max(0, start - 3), end + 3)
        for place in range(match.start(), match.end())
    }
    return sum(text[place] in NEGATIONS and place not in harmless for place in range(start, end))


def _contrasting(lost: str, gained: str) -> bool:
    if not 0 < len(lost) <= 2 or not 0 < len(gained) <= 2:
        return False
    pairs = zip(lost, gained, strict=True) if len(lost) == len(gained) else ((a, b) for a in lost for b in gained)
    for a, b in pairs:
        if a != b and (kinds := CONTRASTED.get(a)) and (others := CONTRASTED.get(b)) and not kinds.isdisjoint(others):
            return True
    return False


def _another_word(content: str, other: str, edit: Edit) -> bool:
    """Whether a word of the dictionary stands where the other has another word."""
    start, end, at, to = edit
    lost, gained = end - start, to - at
    if not lost or not gained or lost >= LONG or gained >= LONG:
        return False
    after = 0
    while after < 3 and content[end + after : end + after + 1] == other[to + after : to + after + 1] != "":
        after += 1
    for left in range(min(4, start, at) + 1):
        if left and content[start - left] != other[at - left]:
            break
        widest = LONGEST_WORD - left - max(lost, gained)
        for right in range(max(0, 2 - left - min(lost, gained)), min(after, widest) + 1):
            word = content[start - left : end + right]
            if not _frequency(word) or not _of_one_use(word, other[at - left : to + right]):
                continue
            if (left, right) == (0, 0) or _both_stand(
                (content, start - left, end + right), (other, at - left, to + right)
            ):
                return True
    return False


def _of_one_use(word: str, other: str) -> bool:
    """Whether both are words, and if only a letter differs, neither so rare that a slip has made it."""
    frequency, other_frequency = _frequency(word), _frequency(other)
    if not frequency or not other_frequency or word in EMPTY_WORDS or other in EMPTY_WORDS:
        return False
    rarer, commoner = sorted((frequency, other_frequency))
    slip = len(word) == len(other) and sum(a != b for a, b in zip(word, other, strict=True)) == 1
    return not slip or (rarer >= RARE and commoner <= rarer * RARER)


def load_dictionary() -> None:
    """Load the dictionary of words now (a third of a second), not at the first comparison that asks for a word."""
    _frequency("意见")


@lru_cache(maxsize=1 << 16)
def _frequency(word: str) -> int:
    """Return how often the dictionary has seen a word, 0 if it doesn't know it."""
    import rjieba  # loads its dictionary on first use

    return max(1, rjieba.suggest_freq(word)) if rjieba.has_word(word) else 0


def _both_stand(word: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    """Whether both are words where they stand; one of them may be the beginning of a longer one: 免费 and 收费员."""
    begins, ends = zip(*(_word_edges(*each) for each in (word, other)), strict=True)
    return all(begins) and any(ends)


def _word_edges(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Return whether a cut of the text into words begins one at the first place, and whether one ends at the last."""
    import rjieba

    begin = max(0, start - NEAR)
    at, edges = begin, {begin}
    for word in rjieba.cut(text[begin : end + NEAR]):
        at += len(word)
        edges.add(at)
    return start in edges, start in edges and end in edges


def turns(sentence: str) -> bool:
    """Whether a sentence turns or limits what stands beside it: 但不同意…, 除非…."""
    return bool(TURNS.search(sentence))
