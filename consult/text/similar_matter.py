"""Opinions that may want the same in other words: proposed to a person with the reason, never merged by themselves.

What texts are about (words weighted by how rare they are among those compared) must be alike, and they must not
want the opposite: 提高 and 降低. A machine can't tell more; whether the demand is one, a person says.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consult.text import asides
from consult.text.difference import NUMBER
from consult.text.simplified import simplified
from consult.text.standing_out import words_of

READ_CHARACTERS = 2_000
LIKE = 0.34
"""Share of what two texts are about that they must have in common."""
SAME_DEMAND = 0.08
"""What the same demand adds to it."""
FEWEST_SHARED = 2
"""Words and demands that they must have in common."""
SHOWN_WORDS = 6

DEMANDS = {
    "提高": "提高 上调 调高 增加 加大 提升 加强 涨 多给",
    "降低": "降低 下调 调低 减少 减轻 减免 压缩 降 少收",
    "延长": "延长 放宽 顺延 延后 推迟 展期",
    "缩短": "缩短 压减 提前 加快 收紧",
    "允许": "允许 准许 准予 放开",
    "禁止": "禁止 不准 不许 不得 严禁 取缔 杜绝 制止",
    "增设": "增设 增加 新增 补充 加上 设立 增列 设置 建设 安装",
    "删除": "删除 删去 取消 删掉 去掉 废止 撤销 拆除",
    "公开": "公开 公示 公布 透明 张贴 告知",
    "保密": "保密 不公开",
    "明确": "明确 写明 细化 界定 写清 说明 写清楚 讲清楚 注明",
    "免费": "免费 免收 免除 不收费 不收",
    "收费": "收费 收取 征收 缴纳",
    "赞同": "赞成 同意 支持 拥护",
    "反对": "反对 不同意 不赞成 不支持",
}
"""Words of what is wanted, by the one that stands for them."""
OPPOSED = (
    ("提高", "降低"), ("延长", "缩短"), ("允许", "禁止"), ("增设", "删除"), ("公开", "保密"), ("免费", "收费"),
    ("赞同", "反对"),
)  # fmt: skip
NEGATIVE = frozenset({"禁止", "删除", "反对", "保密"})
"""Demands that turn a text against one that doesn't have them."""
MATTERS = """
    老人/老年人/老年/长者/高龄 孩子/儿童/未成年人/小孩/学生 费用/价格/收费标准/金额/资费/价钱
    补贴/补助/补偿/资助 住户/居民/业主/群众/百姓 车位/停车位/停车场/停车/泊车 电瓶车/电动车/电动自行车
    宠物/狗/犬只/养狗/养犬 噪音/噪声/吵闹/扰民 垃圾/废弃物 物业/物业公司/物业服务企业 年龄/年纪/岁数/周岁
    期限/时限/时间/期间/期 处罚/罚款/惩罚 电梯/升降梯 公交/公交车/公共汽车/巴士 医院/诊所/卫生院
    幼儿园/托儿所/托育 企业/公司/单位/经营者 工地/施工/建筑工地 夜间/晚上/夜里/深夜 早上/早晨/清晨 标准/尺度
    申请/申报 材料/资料/手续/证明 路灯/照明 学校/校园 食堂/餐厅 投诉/举报 残疾人/残障人士/残障 无障碍/坡道
    摆摊/摊贩/地摊/流动商贩 房租/租金 维修/修理/检修 监督/监管
"""
_MATTER = {word: words.split("/")[0] for words in MATTERS.split() for word in words.split("/")}
_DEMAND = [(word, name) for name, words in DEMANDS.items() for word in words.split()]


@dataclass(frozen=True)
class Matter:
    """What a text is about, what it wants, and its numbers."""

    words: frozenset[str]
    demands: frozenset[str]
    numbers: frozenset[str]
    plain: str = ""

    def has(self, word: str) -> bool:
        """Whether a word is in the text, also as part of a longer one."""
        return word in self.words or word in self.plain


@dataclass(frozen=True)
class Similarity:
    """How much two texts have in common (0 to 1), and why: the words, and the demands."""

    score: float
    words: tuple[str, ...]
    demands: tuple[str, ...]


def matter_of(text: str) -> Matter:
    """Return what a text is about, who its writer is and thanks left out."""
    plain = "".join(asides.told_apart(simplified(text[:READ_CHARACTERS]))[0])
    demands = {name for word, name in _DEMAND if word in plain}
    if "保密" in demands or "反对" in demands:  # 不公开 holds 公开
        demands -= {"公开" if "不公开" in plain else "", "赞同" if "反对" in demands else ""}
    if "不收" in plain or "免收" in plain:
        demands.discard("收费")
    words = {_MATTER.get(word, word) for word in words_of(plain)} - {word for word, _ in _DEMAND}
    words |= {name for word, name in _MATTER.items() if len(word) > 1 and word in plain}
    numbers = {number for number in NUMBER.findall(plain) if number not in "一两半"}
    return Matter(frozenset(words), frozenset(demands), frozenset(numbers), plain)


class Weights:
    """How much each word says among the texts that are compared."""

    def __init__(self, matters: Iterable[Matter]) -> None:
        known = list(matters)
        self._of = Counter(word for matter in known for word in matter.words)
        self._n = len(known)

    def of(self, words: Iterable[str]) -> float:
        """Return what words weigh together."""
        return sum(math.log(1 + self._n / max(1, self._of[word])) for word in words)


def similarity(matter: Matter, other: Matter, weights: Weights) -> Similarity | None:
    """Return what two texts have in common; None where that is little or one wants the opposite."""
    shared = {word for word in matter.words if other.has(word)} | {word for word in other.words if matter.has(word)}
    demands = matter.demands & other.demands
    if not shared or len(shared) + len(demands) < FEWEST_SHARED or _wants_else(matter.demands, other.demands):
        return None
    if matter.numbers and other.numbers and matter.numbers.isdisjoint(other.numbers):
        return None
    totals = weights.of(matter.words | shared), weights.of(other.words | shared)
    score = 2 * weights.of(shared) / sum(totals) + (SAME_DEMAND if demands else 0)
    if score < LIKE:
        return None
    words = sorted(shared, key=lambda word: (-weights.of([word]), word))[:SHOWN_WORDS]
    return Similarity(min(1.0, score), tuple(words), tuple(sorted(demands)))


def most_similar(matter: Matter, others: Sequence[Matter], limit: int) -> list[tuple[int, Similarity]]:
    """Return the places of those that are most similar, with why, the most similar first."""
    weights = Weights([matter, *others])
    compared = ((place, similarity(matter, other, weights)) for place, other in enumerate(others))
    near = [(place, similar) for place, similar in compared if similar is not None]
    return sorted(near, key=lambda pair: (-pair[1].score, pair[0]))[:limit]


def _wants_else(demands: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one wants something else than the other, or the opposite of it."""
    if demands and others and demands.isdisjoint(others):
        return True
    if not (demands and others) and not NEGATIVE.isdisjoint(demands | others):
        return True
    return any(
        (first in demands) != (second in demands)
        and (first in others) != (second in others)
        and (first in demands) != (first in others)
        for first, second in OPPOSED
    )
