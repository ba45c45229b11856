"""Letters and words that turn an opinion into another, and those that say nothing."""

from __future__ import annotations

import re

NUMERALS = frozenset("0123456789.〇零一二三四五六七八九十百千万亿两半壹贰叁肆伍陆柒捌玖拾佰仟")
EMPTY_LETTERS = frozenset(
    "的了请也就还再是在和与及吧啊呢吗嘛呀哦呵哈地得着过把我你他她它们人这那之其以而且则又很些个啦嗯唉哎"
)
"""Letters that turn nothing when one of them is missing, added or takes another's place."""
_CONFUSED = "需须 做作 账帐 象像 已以 哪那 坐座 订定 份分 纪记 划画 连联 检捡 缴交 致至 帖贴 密秘 侯候 复覆"
TAKEN_FOR_EACH_OTHER = frozenset(each for pair in _CONFUSED.split() for each in (pair, pair[::-1]))
"""Letters that many write for each other; no word turns on them."""
TERMS = frozenset(
    frozenset(pair.split("/"))
    for pair in """
    权利/权力 法制/法治 制定/指定 事业/失业 公证/公正 行使/行驶 征税/增税 征收/增收
    """.split()  # noqa: SIM905
)
"""Terms that sound alike and that drafters tell apart."""
NEGATIONS = frozenset("不未无勿莫没毋禁否拒反非免")
STANDING_NEGATIONS = frozenset("不未无没非勿莫")
"""Negations that are words; the others are parts of words: 反映, 拒绝."""
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
EMPTY_WORDS = frozenset(
    """
    确实 其实 真的 实在 的确 已经 非常 十分 特别 比较 目前 现在 当然 一直 总是 经常 大概 基本
    几乎 简直 居然 究竟 毕竟 甚至 而且 并且 因此 所以 由于 然后 另外 还有 以及 关于 对于 根据
    按照 这个 那个 这些 那些 这样 那样 什么 怎么 我们 他们 你们 大家 自己
    """.split()  # noqa: SIM905
)
ADVERBS = frozenset("都更会可能要应须将已正得只最太尽必该愿想准许让使")
DECISIVE = re.compile(
    r"同意|赞成|支持|认可|接受|愿|得|应|该|能|可|要|必|准|许|允许|予|宜|再|公开|收费|收取|征收|设|纳入|属于|符合|合理|"
    r"合法|公平|包括|包含|含|限|超过|少于|低于|高于|适用|实行|执行|采纳|采用"
)
"""What an opinion turns on when it is negated."""
TURNS = re.compile(
    r"但|然而|可是|(?<!只)不过|除非|除了|只有|前提|除外|例外|以外|之外|不同意|反对|不赞成|不支持|不认可|不认同|不接受|"
    r"不愿|不应|不该|不要|"
    r"不能|不得|不宜|不必|无需|不用|不可|暂缓|取消|拒绝|仅限|仅对|限于|如果|否则|保留意见|没必要|没有必要|反而|相反|倒是"
)


def says_nothing(lost: str, gained: str) -> bool:
    """Whether a letter that says nothing is missing, added, or stands where there was another; never for a no."""
    if lost in EMPTY_LETTERS:
        return gained not in NEGATIONS
    return gained in EMPTY_LETTERS and lost not in NEGATIONS


def is_other_term(content: str, other: str, at: int, to: int) -> bool:
    """Whether the letters at two places make terms that sound alike and mean something else: 权利 and 权力."""
    return any(
        frozenset((content[at - left : at - left + 2], other[to - left : to - left + 2])) in TERMS
        for left in (0, 1)
        if left <= min(at, to)
    )


def are_contrasted(lost: str, gained: str) -> bool:
    """Whether a letter of one stands for its opposite in the other, each of one letter or two."""
    if not 0 < len(lost) <= 2 or not 0 < len(gained) <= 2:
        return False
    pairs = zip(lost, gained, strict=True) if len(lost) == len(gained) else ((a, b) for a in lost for b in gained)
    for a, b in pairs:
        if a != b and (kinds := CONTRASTED.get(a)) and (others := CONTRASTED.get(b)) and not kinds.isdisjoint(others):
            return True
    return False


def count_negations(text: str, start: int, end: int) -> int:
    """Count the negations in a span, words that only look like one left out."""
    harmless = {
        place
        for match in NEGATES_NOTHING.finditer(text, max(0, start - 3), end + 3)
        for place in range(match.start(), match.end())
    }
    return sum(text[place] in NEGATIONS and place not in harmless for place in range(start, end))


def turns(sentence: str) -> bool:
    """Whether a sentence turns or limits what stands beside it: 但不同意…, 除非…."""
    return bool(TURNS.search(sentence))
