"""Plants for the benchmark of grouping: opinions edited as people edit them, and pairs that say the opposite."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache

import opencc

Edit = Callable[[str, random.Random], str]

PERSONAL = (
    "我是住在城东的一名退休教师。",
    "本人家住阳光小区三栋。",
    "作为一名普通市民，我很关心这件事。",
    "感谢给我们提意见的机会！",
    "谢谢领导。",
    "我今年六十八岁，在这里住了二十多年。",
    "希望能够采纳，谢谢！",
    "我们家有两位老人和一个孩子。",
    "您好，打扰了。",
    "以上是我个人的一点看法，供参考。",
)
TYPED = (
    "的了请也就还再有在是人这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里"
    "后小么心多天而能好都然日于起还发成事只作当想看文开手用主行方又如前所本见经头面公同已老从动长"
)
SAYS = re.compile(r"[0-9A-Za-z〇零一二三四五六七八九十百千万亿两半不未无没非勿莫否]")
MARKS = re.compile(r"(?<!\d)[，。；：！？、,.;:!?]")


@cache
def converter(name: str) -> opencc.OpenCC:
    """Return the converter of a script, made once."""
    return opencc.OpenCC(name)


def typing(text: str, dice: random.Random) -> str:
    """One letter in forty left out, doubled, swapped with the next or replaced; at least one.

    Never a numeral or a negation: that would say something else.
    """
    letters = list(text)
    may = [at for at in range(len(letters) - 1) if not SAYS.search(text[at : at + 2])]
    for at in dice.sample(may, min(len(may), max(1, len(letters) // 40))):
        kind = dice.randrange(4)
        if kind == 0:
            letters[at] = ""
        elif kind == 1:
            letters[at] *= 2
        elif kind == 2:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        else:
            letters[at] = dice.choice(TYPED)
    return "".join(letters)


def punctuation(text: str, dice: random.Random) -> str:
    """Other marks, none, or spaces and line breaks in their place."""
    marks = dice.choice([("，", ","), ("，", " "), ("", ""), ("！", "。"), ("\n", "；")])
    return MARKS.sub(lambda _: dice.choice(marks), text) + dice.choice(["", "。", "！！", " "])


def traditional(text: str, dice: random.Random) -> str:
    """Written in traditional characters, of the mainland's standard, of Taiwan or of Hong Kong."""
    return converter(dice.choice(["s2t", "s2tw", "s2hk"])).convert(text)


def reordered(text: str, dice: random.Random) -> str:
    """The sentences in another order; of a single sentence two letters."""
    sentences = [part for part in re.split(r"(?<=[。！？；!?\n])", text) if part.strip()]
    if len(sentences) < 2:
        sentences = [part for part in re.split(r"(?<=[，,、 ])", text) if part.strip()]
    if len(sentences) < 2:
        at = dice.randrange(len(text) - 1)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    dice.shuffle(sentences)
    return "".join(sentences)


def personal(text: str, dice: random.Random) -> str:
    """A sentence about the writer, or thanks, before or after."""
    sentence = dice.choice(PERSONAL)
    return sentence + text if dice.random() < 0.5 else text.rstrip("。") + "。" + sentence


EDITS: dict[str, Edit] = {edit.__name__: edit for edit in (typing, punctuation, traditional, reordered, personal)}

OPPOSITES = tuple(
    tuple(pair.split("/"))
    for pair in """
    同意/不同意 第八条/第九条 三十日/九十日 提高/降低 允许/禁止 五十元/五百元 从宽/从严
    业主大会/物业公司 增加/减少 公开/保密 有偿/无偿 东侧/西侧 保留/拆除 延长/缩短 应当/不得
    解放路/人民路 居民/商户 上午/下午 市级/县级 支持/反对
    """.split()  # noqa: SIM905
)
FRAMES = (
    "我认为这里应写明{}，请按此修改。",
    "关于本条，我们的意见是{}的部分要说清楚",
    "{}这一点，大家讨论过多次",
    "建议在办法里写上{}",
    "就{}这件事，我说几句",
)


def opposite_pair(
    words: tuple[str, ...], length: int, filler: str, dice: random.Random, frames: tuple[str, ...]
) -> list[str]:
    """Two texts of about a length that differ in one word only."""
    frame = dice.choice(frames)
    cut = max(0, length - len(frame))
    at = dice.randrange(cut + 1) if cut else 0
    before, after = filler[:at], filler[at:cut]
    return [f"{before}。{frame.format(word)}。{after}".strip("。") for word in words]
