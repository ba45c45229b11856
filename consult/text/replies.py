"""Classifies a short Chinese reply to a letter: an opinion, the statement that there is none, or no answer.

The result is a proposal for a person, with its evidence; without evidence it is an opinion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

BECAUSE = 3
"""Maximum pieces of evidence."""
WORDS = 60
"""Maximum characters of a piece of evidence."""
SHORT = 300
"""Maximum characters of a text that a single phrase can make no answer."""


class Reply(StrEnum):
    """What a reply looks like."""

    OPINION = "opinion"
    NO_OPINION = "no_opinion"
    NOT_AN_ANSWER = "not_an_answer"


@dataclass(frozen=True)
class Proposal:
    """A classification with its evidence."""

    reply: Reply
    because: tuple[str, ...]


_NO_OPINION = re.compile(
    r"(?:无|没有|暂无|并无|没)(?:任何|其他|其它|不同|修改|反馈|补充|具体|相关|的|提出)*(?:意见|建议|异议)(?:(?:和|与|、|及|或)?(?:建议|意见))?"
)
_COURTESY = re.compile(
    r"(?:非常|十分|衷心)?感谢(?:贵[厅局委单位部门处室]+|你们|您)?[^。！？!?\n，,]{0,20}|谢谢[^。！？!?\n，,]{0,12}|多谢|辛苦了"
    r"|您好|你好|尊敬的[^：:\n]{0,20}|此致|敬礼|顺祝[^\n]{0,10}|商祺|特此(?:函复|回复|复函)|如题|祝好"
)
_NAMED = re.compile(r"《[^》\n]{0,80}》(?:（[^）\n]{0,20}）)?")
_NEUTRAL = re.compile(
    r"(?:征求|反馈|回复|提供|提出|征集|收到|查收|您的|你们的|贵[厅局委])[^。！？!?\n]{0,12}?(?:意见|建议)(?:的?(?:函|通知|邮件|回执))?"
)
_OPINION = re.compile(
    r"第[一二三四五六七八九十百零〇\d]+条|建议(?!。|，|,|\Z)|应当|应该|不应|不宜|修改为|改为|删除|删去|增加|补充规定|调整为|明确规定"
    r"|希望|不同意|反对|不合理|不可行|过高|过低|过长|过短|太高|太低|太短|太长|负担|成本|难以|意见如下|修改意见[:：]|我们认为|我司认为|我单位认为"
)
_NO_ANSWER = (
    re.compile(
        r"撤回(?:了)?(?:此|该|上一|一)?(?:封|条)?(?:邮件|消息|信件)|尝试撤回|请忽略(?:上|前|此|该)[^。\n]{0,12}|recall",
        re.I,
    ),
    re.compile(
        r"已阅读|已读(?:回执)?|阅读回执|已于[^。\n]{0,30}阅读|邮件已(?:被)?(?:查看|打开)|read receipt|was read", re.I
    ),
    re.compile(
        r"(?:已[^。，,\n]{0,16})?(?:离职|調離|離職|调离|退休|离岗)|不再(?:担任|负责|使用)[^。\n]{0,16}|(?:邮箱|账号)[^。，\n]{0,16}(?:停用|停止使用|不再使用|弃用|注销)"
        r"|(?:工作|有关|相关)事[宜项][^。\n]{0,4}请(?:联系|与)[^。\n]{0,16}"
    ),
    re.compile(
        r"(?:正在|目前|本人|现|我)?(?:休假|年假|产假|病假|出差|外出|不在办公室|度假)[^。\n]{0,20}|自动(?:回复|答复|发送|生成)"
        r"|(?:无法|不能)(?:及时|马上|立即)(?:回复|处理|查看)[^。\n]{0,10}|out of (?:the )?office|on leave",
        re.I,
    ),
    re.compile(
        r"(?:链接|网址|网页|页面|系统|附件|二维码|网站|验证码)[^。！？!?\n]{0,12}(?:打不开|无法打开|点不开|进不去|失效|过期|报错|不能用|无法访问|下载不了|显示不了|乱码)"
        r"|(?:打不开|点不开|无法打开|进不去)[^。！？!?\n]{0,10}(?:链接|网址|网页|页面|系统|附件)|404"
    ),
    re.compile(
        r"(?:申请|能否|可否|可以|是否可以|希望|请)[^。！？!?\n]{0,12}(?:延期|延长|宽限|推迟)[^。！？!?\n]{0,12}"
    ),
    re.compile(
        r"(?:已|会|将)[^。\n，,]{0,6}(?:转(?:交|给|发|送|至)?|呈)[^。\n，,]{0,20}(?:部门|同事|领导|科|处|部|办理|研究|法务)"
        r"|(?:研究|讨论|汇总|核实)后[^。\n]{0,8}(?:回复|答复|反馈|报送)|(?:稍后|随后|尽快|近日|下周|届时)[^。\n]{0,8}(?:回复|答复|反馈|报送)"
    ),
    re.compile(
        r"发错|错发|退订|(?:与|和)(?:我|本)[公司单位]+无关|不是(?:我们|我司|本公司)[^。\n]{0,10}|请勿再发|不要再发"
    ),
    re.compile(
        r"(?:请问|想问|咨询|麻烦问)[^。\n]{0,60}|[^。！!\n]{2,60}(?:吗|呢|么)[？?]?(?=$|[\s。])|[^。！!\n]{2,60}[？?]"
    ),
    re.compile(
        r"(?:已|均已|回执|邮件|来函|函件|信件|通知)*(?:已)?(?:收到|收悉|知悉|知晓|已阅)(?:了|[^。！？!?\n]{0,12})?"
        r"|好的|ok|okay|thanks?(?: you)?|got it|received",
        re.I,
    ),
)
_EMPTY = re.compile(r"[\W_]+|(?:回复|答复|转发|自动|re|fw|fwd)", re.I)


def classify(text: str, attachments: Sequence[str] = ()) -> Proposal:
    """Classify a reply.

    Arguments:
        text: the sender's text without quotations.
        attachments: names of the attached files.
    """
    plain = _NAMED.sub("", text.strip())
    files = tuple(f"附件：{name[:WORDS]}" for name in attachments[:BECAUSE])
    none = _NO_OPINION.search(plain)
    rest = _COURTESY.sub("", _NEUTRAL.sub("", _NO_OPINION.sub("", plain)))
    opinions = _clauses(rest)
    if opinions and not _only_asks(rest):
        return Proposal(Reply.OPINION, (*opinions, *files)[:BECAUSE])
    if none is not None and len(plain) <= SHORT:
        return Proposal(Reply.NO_OPINION, (none.group()[:WORDS], *files)[:BECAUSE])
    if not files and len(plain) <= SHORT and (evidence := _no_answer(rest)):
        return Proposal(Reply.NOT_AN_ANSWER, evidence)
    if files:
        return Proposal(Reply.OPINION, files)
    left = _EMPTY.sub("", rest)
    if len(left) < 2:
        return Proposal(Reply.NOT_AN_ANSWER, (text.strip()[:WORDS] or "（没有文字）",))
    return Proposal(Reply.OPINION, (text.strip()[:WORDS],))


def sounds_like_opinion(text: str) -> bool:
    """Whether a text has a clause that asks for, or objects to, something in a draft."""
    return bool(_clauses(_COURTESY.sub("", _NEUTRAL.sub("", _NAMED.sub("", text)))))


def _only_asks(text: str) -> bool:
    """Whether a short text only asks for time or help: 希望延期 is a wish, not an opinion."""
    asks = _NO_ANSWER[4].search(text) or _NO_ANSWER[5].search(text)
    stripped = _NO_ANSWER[5].sub("", _NO_ANSWER[4].sub("", text))
    return asks is not None and not _OPINION.search(stripped)


def _no_answer(text: str) -> tuple[str, ...]:
    phrases = [match.group().strip()[:WORDS] for pattern in _NO_ANSWER for match in [pattern.search(text)] if match]
    return tuple(dict.fromkeys(words for words in phrases if words))[:BECAUSE]


def _clauses(text: str) -> tuple[str, ...]:
    """Return the clauses that sound like an opinion."""
    clauses = re.split(r"[。；;！!\n]", text)
    return tuple(clause.strip()[:WORDS] for clause in clauses if _OPINION.search(clause))[:BECAUSE]
