"""Plants that nobody tuned the grouping on: other edits, other sentences about oneself, other opposites."""

from __future__ import annotations

import random
import re

from benchmarks.plants import SAYS, Edit, converter

ABOUT_ONESELF = (
    "写信人是附近一家小店的店主，开店十一年了。",
    "退伍老兵一个，说话直，请别介意。",
    "孩子明年上小学，所以格外留意这个消息。",
    "头一回在网上提意见，不知道写得对不对。",
    "手机号就不留了，名字叫我老周就行。",
    "在外打工多年，去年才回到家乡。",
    "辛苦各位工作人员看到这里。",
    "期盼早日看到结果。",
    "本来想打电话的，总占线，就写在这里。",
    "祝工作顺利，身体健康！",
)
SOUNDS_ALIKE = {
    "的": "地",
    "做": "作",
    "在": "再",
    "已": "以",
    "像": "象",
    "账": "帐",
    "哪": "那",
    "需": "须",
    "它": "他",
    "坐": "座",
}


def typing(text: str, dice: random.Random) -> str:
    """Letters next to each other typed twice or left out, a stray mark or letter, letters that sound alike."""
    letters = [SOUNDS_ALIKE.get(letter, letter) if dice.random() < 0.3 else letter for letter in text]
    may = [at for at in range(len(letters) - 1) if not SAYS.search(text[at : at + 2])]
    for at in dice.sample(may, min(len(may), max(1, len(letters) // 50))):
        letters[at] = dice.choice(
            ["", letters[at] * 2, letters[at] + dice.choice("；'/、"), chr(dice.randrange(0x4E00, 0x9FA5))]
        )
    return "".join(letters)


def punctuation(text: str, dice: random.Random) -> str:
    """Western marks in half width, everything on lines of its own, or quotation marks and dots all over."""
    kind = dice.randrange(3)
    if kind == 0:
        return text.translate(str.maketrans("，。；：！？（）", ",.;:!?()"))
    if kind == 1:
        return re.sub(r"(?<=[。！？；])", "\n\n", text)
    return "“" + re.sub(r"[，；]", "……", text) + "”"


def traditional(text: str, dice: random.Random) -> str:
    """Half of the sentences in traditional characters."""
    convert = converter(dice.choice(["s2t", "s2hk", "s2tw"])).convert
    return "".join(convert(part) if dice.random() < 0.7 else part for part in re.split(r"(?<=[。，！？])", text))


def reordered(text: str, dice: random.Random) -> str:
    """The last sentence first."""
    parts = [part for part in re.split(r"(?<=[。！？；!?\n])", text) if part.strip()]
    if len(parts) < 2:
        parts = [part for part in re.split(r"(?<=[，,])", text) if part.strip()]
    at = dice.randrange(len(parts)) if len(parts) > 1 else 0
    return "".join(parts[at:] + parts[:at])


def personal(text: str, dice: random.Random) -> str:
    """A sentence about oneself before, after, or both."""
    first, last = dice.sample(ABOUT_ONESELF, 2)
    return dice.choice([f"{first}{text}", f"{text}\n{last}", f"{first}\n{text}\n{last}"])


EDITS: dict[str, Edit] = {edit.__name__: edit for edit in (typing, punctuation, traditional, reordered, personal)}
OPPOSITES = tuple(
    tuple(pair.split("/"))
    for pair in """
    赞成/不赞成 第十二条/第二十条 七日/十日 上调/下调 准许/不准 三千元/三万元 从重/从轻
    街道办/居委会 放宽/收紧 免费/收费
    强制/自愿
    南侧/北侧 保护/拆除 提前/推迟 必须/不必 建设路/和平路 业主/租户
    白天/夜间 省级/市级 肯定/否定
    15%/50% 前款/本款 城镇/农村 双向/单向 计入/不计入 男性/女性 甲方/乙方 星期一/星期日 原告/被告 一次性/分期
    """.split()  # noqa: SIM905
)
FRAMES = (
    "这一处请明确为{}，免得将来扯皮。",
    "我的意见归结起来是{}三个方面里的第一个",
    "{}的说法，听证会上已经有人讲过",
    "请起草的同志把{}写进去",
    "小组讨论后一致的看法是{}",
)
