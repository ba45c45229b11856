"""Plants as an adversary writes them: what people really do to a letter that is passed round, and closer opposites."""

from __future__ import annotations

import random
import re

from benchmarks.plants import SAYS, Edit, converter

SENTENCES = (
    "我在这条街上开了六年小吃店，天天看着。",
    "我是外地来的租房户，孩子在附近上小学。",
    "家里老人腿脚不方便，出门全靠我推着轮椅。",
    "我们单位有二十几个同事都住在这一片。",
    "本人已经退休，平时在小区里帮忙看看门。",
    "我母亲今年八十三岁，听说以后也很着急。",
    "昨天晚上和几个邻居聊天，大家说的都差不多。",
    "我平时很少写信，文化水平不高，请多包涵。",
    "作为两个孩子的父亲，我每天接送都从那里过。",
    "我去年刚从部队转业回来，对家乡的事很上心。",
    "因为工作忙，拖到今天才有空写这封信。",
    "我爱人也让我一定要写一写。",
    "我是一名出租车司机，跑夜班跑了十五年。",
    "刚毕业的大学生一枚，租住在附近。",
)
CLOSINGS = (
    "以上意见，请采纳。",
    "以上意见，请予采纳！",
    "以上建议仅供参考。",
    "特此反映，望回复。",
    "此致\n敬礼！",
    "妥否，请酌。",
    "盼答复为感。",
    "期待您的回音，祝工作愉快！",
    "敬请领导批示。",
    "请领导重视起来，谢谢！！！",
)
OPENINGS = (
    "尊敬的市领导：",
    "各位领导：\n　　你们好！",
    "敬爱的政府工作人员，您好：",
    "市政府办公室：",
    "司法局同志：您好！",
    "胡书记：",
    "有关部门：",
    "致有关单位：",
    "负责同志，见字如面。",
)
SIGNATURES = (
    "\n　　　　　　王建国\n　　2026年11月3日\n电话：13907310021",
    "\n一位普通市民\n二〇二六年十一月三日",
    "\n联系人：李女士，手机 138 0731 5566",
    "\n此致 敬礼  反映人：赵先生  11月5日",
    "\n签名：刘晓梅\n日期：2026-11-08",
    "\n（居民 陈某某，联系电话0731-84512233）",
    "\n市民：周先生 2026.11.9",
)
PASSED_ON = ("转发：", "【转】", "同楼上，我也说一遍：", "复制一下邻居的意见：", "支持上面的意见：", "＋1 ", "顶！")
HOMOPHONES = {
    "的": "得",
    "在": "再",
    "做": "作",
    "是": "事",
    "和": "合",
    "为": "位",
    "要": "药",
    "时": "是",
    "有": "又",
    "到": "道",
    "她": "他",
    "请": "情",
    "与": "于",
    "市": "是",
    "应": "因",
    "已": "以",
    "以": "已",
    "部": "布",
    "们": "门",
    "里": "理",
    "出": "初",
    "个": "各",
    "这": "着",
    "进": "近",
    "期": "其",
    "经": "径",
    "像": "向",
    "业": "叶",
    "车": "彻",
    "路": "露",
    "政": "证",
    "府": "付",
    "区": "曲",
    "民": "名",
    "建": "见",
    "议": "意",
}
EMOJI = "😀😡👍🙏🌹✨❗❓⭐★☆"
FULL = {chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)}


def homophones(text: str, dice: random.Random) -> str:
    """One letter in fifty replaced by one that sounds the same; at least one if there is any."""
    letters = list(text)
    may = [at for at, letter in enumerate(letters) if letter in HOMOPHONES]
    for at in dice.sample(may, min(len(may), max(1, len(letters) // 50))):
        letters[at] = HOMOPHONES[letters[at]]
    return "".join(letters)


def keyboard(text: str, dice: random.Random) -> str:
    """One to three slips anywhere but at numbers and negations, whatever the length."""
    letters = list(text)
    may = [at for at in range(1, len(letters) - 2) if not SAYS.search(text[at - 1 : at + 2])]
    for at in dice.sample(may, min(len(may), dice.choice((1, 2, 3)))):
        kind = dice.randrange(5)
        if kind == 0:
            letters[at] = ""
        elif kind == 1:
            letters[at] *= 2
        elif kind == 2:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind == 3:
            letters[at] += dice.choice("的了是，。、 a1；")
        else:
            letters[at] = dice.choice(text)  # a letter of the text itself
    return "".join(letters)


def marks(text: str, dice: random.Random) -> str:
    """No marks at all, emoji, widths, tildes, spaces between all letters, or brackets."""
    kind = dice.randrange(6)
    if kind == 0:
        return re.sub(r"(?<!\d)[^\w\s%％.]|[。，]", "", text)
    if kind == 1:
        return re.sub(r"[。！？]", lambda _: dice.choice(EMOJI) + dice.choice(EMOJI), text) + dice.choice(EMOJI)
    if kind == 2:
        return "".join(FULL.get(c, c) for c in text)
    if kind == 3:
        return re.sub(r"[，。！]", "~~~", text) + "……"
    if kind == 4:
        return " ".join(text)
    return "【" + text.replace("。", "。】【") + "】"


def lines(text: str, dice: random.Random) -> str:
    """Sentences on lines of their own with the marks of a list, or quoted."""
    parts = [part for part in re.split(r"(?<=[。！？；\n])", text) if part.strip()]
    kind = dice.randrange(5)
    made = []
    for n, part in enumerate(parts, 1):
        mark = (f"{n}、", f"（{'一二三四五六七八九十'[(n - 1) % 10]}）", f"{n}. ", "> ", "- ")[kind]
        made.append(mark + part.strip())
    return "\n".join(made)


def script(text: str, dice: random.Random) -> str:
    """Traditional with words of Taiwan, or with the marks of vertical writing, or letter by letter."""
    kind = dice.randrange(3)
    if kind == 0:
        return converter("s2twp").convert(text)
    if kind == 1:
        return converter("s2t").convert(text).translate(str.maketrans("“”‘’，。", "「」『』、．"))
    convert = converter("s2hk").convert
    return "".join(convert(c) if dice.random() < 0.5 else c for c in text)


def order(text: str, dice: random.Random) -> str:
    """Sentences shuffled, and one of them twice; or halves exchanged."""
    parts = [part for part in re.split(r"(?<=[。！？；!?\n])", text) if part.strip()]
    if len(parts) < 2:
        parts = [part for part in re.split(r"(?<=[，, 、])", text) if part.strip()]
    if dice.random() < 0.5:
        dice.shuffle(parts)
        return "".join(part if part.endswith(tuple("。！？；，,!?\n")) else part + "。" for part in parts)
    half = len(parts) // 2
    return "".join(parts[half:] + parts[:half])


def middle(text: str, dice: random.Random) -> str:
    """A sentence about oneself in the middle, between two sentences or clauses."""
    cuts = [m.end() for m in re.finditer(r"[。！？；，\n]", text[:-1])] or [0]
    at = dice.choice(cuts)
    return text[:at] + dice.choice(SENTENCES) + text[at:]


def two(text: str, dice: random.Random) -> str:
    """Two sentences about oneself, before, after or around."""
    first, second = dice.sample(SENTENCES, 2)
    return dice.choice((f"{first}{second}{text}", f"{text}{first}{second}", f"{first}{text}{second}"))


def letter(text: str, dice: random.Random) -> str:
    """A whole letter: salutation, closing and signature."""
    made = dice.choice(OPENINGS) + ("\n　　" if dice.random() < 0.5 else "") + text
    if dice.random() < 0.7:
        made += dice.choice(CLOSINGS)
    if dice.random() < 0.7:
        made += dice.choice(SIGNATURES)
    return made


def forwarded(text: str, dice: random.Random) -> str:
    """Passed on with a line before it."""
    return dice.choice(PASSED_ON) + text


EDITS: dict[str, Edit] = {
    edit.__name__: edit for edit in (homophones, keyboard, marks, lines, script, order, middle, two, letter, forwarded)
}
OPPOSITES = tuple(
    tuple(pair.split("/"))
    for pair in """
    同意/不同意 第八条/第九条 三十日/九十日 提高/降低 允许/禁止 五十元/五百元 从宽/从严 业主大会/物业公司
    赞同/不赞同 应当/不应当 可以/不可以 必须/可以 有权/无权 第三款/第四款 十五日/五日 0.5%/5% 2米/20米
    合并/分立 上浮/下浮 收取/不收取 强制/鼓励 全额/半额 一票否决/一票通过 工作日/自然日 罚款/警告 每月/每年
    甲类/乙类 东区/西区 开放/封闭 优先/限制 新建/改建 村委会/居委会 市政府/县政府 教师/学生 以上/以下 之前/之后
    含税/不含税 公布/不公布 纳税人/消费者 业主/开发商 1998年/2008年 18周岁/16周岁 国有/集体 满意/不满意 早上/晚上
    """.split()  # noqa: SIM905
)
FRAMES = (
    "综上，我们认为写成{}更合适，请研究。",
    "{}",
    "各位邻居商量的结果是：{}，特此说明",
    "我只提一点，那就是{}这几个字要写明白",
    "请把相关表述改为“{}”",
)
