"""Proposes the kind of an opinion from its words, and the wording that it wants changed, as spans of its text.

A kind is read from weighted expressions, traditional characters included; the heaviest wins. Where nothing speaks for
another kind, an opinion asks for a change: that is what people are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from consult.labels import Label, LabelledEnum
from consult.text.numerals import NUMERALS
from consult.text.simplified import simplified_each
from consult.text.widths import flatten

Span = tuple[int, int]
"""First character and the one behind the last, of the text that was read."""


class OpinionKind(LabelledEnum):
    """What an opinion is (意见类型)."""

    CHANGE = "change", Label("修改建议", "blue")
    QUESTION = "question", Label("询问", "violet")
    SUPPORT = "support", Label("赞同", "green")
    OFF_TOPIC = "off_topic", Label("与草案无关", "plain")
    COMPLAINT = "complaint", Label("投诉举报", "amber")


@dataclass(frozen=True)
class Wording:
    """Words that are to be struck out, and words that are to stand there: a side that isn't given is None."""

    old: Span | None
    new: Span | None


@dataclass(frozen=True)
class Reading:
    """A proposed kind, the words that it was read from (none where nothing spoke for another), and what is reworded."""

    kind: OpinionKind
    words: tuple[str, ...] = ()
    wordings: tuple[Wording, ...] = ()

    def reworded(self, text: str) -> list[list[tuple[str, str]]]:
        """Return each rewording in pieces: ``delete`` or ``insert``, and words of the text that was read."""
        return [
            [(op, text[slice(*span)]) for op, span in (("delete", each.old), ("insert", each.new)) if span is not None]
            for each in self.wordings
        ]


WORDS = 3
"""Expressions that are named as the reason."""
WORDINGS = 10
LOOKED_AT = 1500
"""Characters of a text in which expressions are looked for."""
HITS = 3
"""How often an expression counts."""
SUBJECT_WEIGHT = 3
SHORT = 80
"""Letters of a text that praise can be the whole of."""

_DRAFT: Final = re.compile(
    rf"第[{NUMERALS}]{{1,6}}[条章款]|征求意见稿|草案|意见稿|本(?:办法|条例|规定|细则|法|通知)|该(?:办法|条例|规定)|"
    r"《[^》]{2,40}(?:办法|条例|规定|细则|稿)[^》]{0,12}》"
)
_EXPRESSIONS: Final[tuple[tuple[OpinionKind, int, str], ...]] = (
    (
        OpinionKind.COMPLAINT,
        3,
        r"投诉|举报|检举|控告|信访|曝光|查处|严查|彻查|查一查|严惩|惩治|惩处|追究[^，。]{0,8}责任|打击[^，。]{0,10}(?:团伙|行为|犯罪)|"
        r"拖欠|欠薪|讨薪|克扣|诈骗|被骗|欺骗|骗取|坑害|维权|扰民|违章(?:建筑|搭建)|违建|乱收费|收黑钱|偷排|恶臭|臭气|污水|"
        r"贪污|受贿|行贿|侵吞|挪用|黑社会|黑恶|恶霸|不作为|推诿|踢皮球|敷衍|没有?人[管来理]|无人管|无人问津|烂尾|霸占|强占|强拆|"
        r"非法|违法|违规|猫腻|不闻不问|互相推|弄虚作假|以权谋私|暗箱|勾结|取缔|黑(?:网吧|车|作坊|中介|心)|骗局|骗子|"
        r"强制(?:消费|购买|收|买|要求)|强买强卖|(?:态度|服务)(?:极|很|非常|十分|特别)?(?:差|恶劣|蛮横)|无证|打人|被打|骂人|辱骂|霸王条款|"
        r"不(?:予|肯|给|同意)?退(?:款|还|钱|费|定金)|占道经营|乱停|乱象|无法无天",
    ),
    (
        OpinionKind.COMPLAINT,
        2,
        r"求助|求救|请求|恳请|恳求|盼望|(?<!来电)(?<!来信)反映|反应[^，。]{0,12}(?:问题|情况)|做主|苦不堪言|民不聊生|怨声载道|"
        r"(?:一直|至今|迟迟|始终|仍然|还是|依然)[^，。]{0,6}(?:没|未|无|不)|"
        r"(?:请|希望|(?<!指)望|要求|盼|能否|能不能|敬请)[^，。]{0,24}?(?:解决|处理|核实|调查|督促|督办|督察|制止|整治|治理|出面|协调|帮忙|帮助|关注|"
        r"重视|维修|修复|修好|管理一下|管一管|监管|过问|落实|给个说法|还我们|硬化|安装)|"
        r"隐患|噪音|噪声|灰尘|尘土|刺鼻|脏乱差|堵得|水泄不通|坑坑洼洼|漏水|停水|停电|断水|质量问题",
    ),
    (
        OpinionKind.COMPLAINT,
        1,
        r"我(?:们)?(?:是|系|家|们小区|们村|们单位|村|小区)[^，。]{0,20}(?:业主|居民|村民|职工|员工|学生|家长|住户|村|小区)|"
        r"严重(?:影响|扰乱|损害|威胁)|周边居民|附近居民|老百姓|物业(?:公司)?|开发商|[\d一二三四五六七八九十]+[栋幢]",
    ),
    (
        OpinionKind.QUESTION,
        3,
        r"请问|敬问|咨询|想(?:请|咨)?问|问一下|问下|想了解|想知道|不知道?(?:是否|能否|什么时候|何时)|请告知|请(?:予以)?(?:解答|解释|明示|指教)|"
        r"(?:望|请|希望|求)[^，。]{0,8}(?:解答|答复|回复|告知|解惑)|求解|如何理解|是指什么|指的是什么|有没有(?:具体|相关|这方面)",
    ),
    (
        OpinionKind.QUESTION,
        2,
        r"(?:何时|几时|什么时候|什么时间|多久|多少|怎么|怎样|如何|是否|能不能|可不可以|可否|能否|是不是|有没有|哪里|哪些|哪个|哪天|为什么|为何|"
        r"什么|吗|呢|几)[^。！!；;\n?]{0,24}\?",
    ),
    (
        OpinionKind.QUESTION,
        1,
        r"(?:吗|么|呢)(?=[。，,.!！\n]|$)|是否|能否|可否|何时|什么时候|如何(?:办理|申请|处理|申报)",
    ),
    (
        OpinionKind.SUPPORT,
        4,
        r"(?<!不)(?:支持|赞成|赞同|拥护|点赞|同意|认同|认可|赞一个)|(?:没有|无|没)(?:不同|修改|其他|任何|补充|反对)?(?:的)?(?:意见|异议)|"
        r"(?:规定|办法|草案|条例|政策|制度|措施|做法|意见稿)[^，。]{0,10}(?:很好|非常好|及时|必要|完善|科学|合理可行)|"
        r"^(?:很好|非常好|好政策|好办法)|(?:表示|表达)[^，。]{0,6}感谢|衷心感谢|为[^，。]{1,12}(?:叫好|点赞)",
    ),
    (
        OpinionKind.CHANGE,
        3,
        r"建议|提议|倡议|修改为|改为|改成|调整为|删[去除掉]|(?:应当|应该|应)(?:明确|增加|补充|规定|细化|取消|提高|降低|延长|缩短|限制|禁止|允许|"
        r"统一|公开|建立|设立|完善|写明)|修改意见|进一步(?:明确|细化|完善)|不(?:够|太)?(?:合理|明确|具体|清楚|妥|科学)|不宜|"
        r"不同意|不赞成|不支持|不认同|反对|过(?:高|低|长|短|严|宽|重|轻|于)|太(?:高|低|长|短|严|宽|重|轻)",
    ),
    (
        OpinionKind.CHANGE,
        4,
        r"(?:能否|可否|可不可以|能不能)[^，。?]{0,16}?(?:调整|增加|增设|改为|延长|缩短|提高|降低|取消|放宽|延伸)",
    ),
    (
        OpinionKind.CHANGE,
        1,
        r"应当|应该|希望(?:能)?(?:增加|规定|明确|取消|提高|降低|延长|统一|完善|出台|制定|规划)|明确|细化|取消|增设|规划|出台",
    ),
    (
        OpinionKind.OFF_TOPIC,
        5,
        r"与(?:本|该|这)(?:草案|办法|条例|次|件)[^，。]{0,8}无关|加(?:我)?(?:微信|vx|qq)|(?:代开|办理)(?:发票|证件)|低息贷款|无抵押|刷单|"
        r"日结|点击链接|招聘(?:兼职|启事)|诚招|优惠(?:促销|大酬宾)",
    ),
)
_PATTERNS: Final = tuple((kind, weight, re.compile(words, re.IGNORECASE)) for kind, weight, words in _EXPRESSIONS)
_SUBJECT: Final = tuple(
    (kind, re.compile(words))
    for kind, words in (
        (OpinionKind.QUESTION, r"咨询|请问|询问|想了解|想知道|疑问|[?]|何时|是否|如何|怎么"),
        (OpinionKind.COMPLAINT, r"投诉|举报|反映|反应|求助|请求|强烈要求|曝光|控告|盼望?|呼吁"),
        (OpinionKind.CHANGE, r"建议|提议|意见|倡议|修改"),
        (OpinionKind.SUPPORT, r"感谢|点赞|表扬|支持"),
    )
)
_NOTHING: Final = re.compile(
    r"^(?:测试|试一下|test|testing|你好|您好|谢谢|哈+|路过|看看|顶|\d+|[a-z]{1,8})*$", re.IGNORECASE
)
_TURNS: Final = re.compile(r"但(?:是)?|不过|然而|建议|希望|应当|应该|只是|除外|如果|前提")
_ORDER: Final = (
    OpinionKind.COMPLAINT,
    OpinionKind.QUESTION,
    OpinionKind.CHANGE,
    OpinionKind.SUPPORT,
    OpinionKind.OFF_TOPIC,
)
"""Which kind is proposed of those that as much speaks for."""


def read(text: str, subject: str = "") -> Reading:
    """Return the kind proposed for an opinion.

    Arguments:
        subject: that of its submission; it counts where it names a kind.
    """
    plain = _plain(text[:LOOKED_AT])
    wordings = tuple(islice(_wordings(plain), WORDINGS))
    letters = "".join(filter(str.isalnum, plain))
    if _NOTHING.match(letters):
        return Reading(OpinionKind.OFF_TOPIC, (text.strip()[:20],) if letters else ())
    scores: dict[OpinionKind, int] = dict.fromkeys(OpinionKind, 0)
    evidence: dict[OpinionKind, list[tuple[int, str]]] = {kind: [] for kind in OpinionKind}
    for kind, weight, pattern in _PATTERNS:
        for hit in islice(pattern.finditer(plain), HITS):
            scores[kind] += weight
            evidence[kind].append((weight, text[hit.start() : hit.end()]))
    _weigh_subject(_plain(subject), subject, scores, evidence)
    if draft := _DRAFT.search(plain):
        scores[OpinionKind.COMPLAINT] //= 2
        evidence[OpinionKind.CHANGE].append((1, text[draft.start() : draft.end()]))
        scores[OpinionKind.CHANGE] += 2
    if wordings:
        scores[OpinionKind.CHANGE] += 8
    if len(letters) > SHORT or _TURNS.search(plain):
        scores[OpinionKind.SUPPORT] //= 3
    elif scores[OpinionKind.SUPPORT]:
        scores[OpinionKind.SUPPORT] += 3
    best = max(_ORDER, key=lambda kind: scores[kind])  # the first of equals
    if not scores[best]:
        return Reading(OpinionKind.CHANGE)
    heaviest = sorted(evidence[best], key=lambda pair: -pair[0])
    return Reading(best, tuple(dict.fromkeys(words for _, words in heaviest))[:WORDS], wordings)


def _weigh_subject(
    plain: str, subject: str, scores: dict[OpinionKind, int], evidence: dict[OpinionKind, list[tuple[int, str]]]
) -> None:
    for kind, pattern in _SUBJECT:
        if hit := pattern.search(plain):
            scores[kind] += SUBJECT_WEIGHT
            evidence[kind].append((SUBJECT_WEIGHT, subject[hit.start() : hit.end()]))
            return


def _plain(text: str) -> str:
    """Return a text in simplified characters and narrow forms, character by character."""
    return simplified_each(flatten(text))


_QUOTED: Final = "[“\"「『‘'〝]([^“”\"「」『』‘’'〝〞\\n]{1,300})[”\"」』’'〞]"
_TO: Final = r"(?:修改|改|调整|变更|替换|更换|换|表述|写|提高|降低|延长|缩短|放宽|增加|减少)(?:为|成|到|至)[:：]?"
_AROUND: Final = r"[^，。；“”\"「」『』‘’'\n]{0,12}?"
_ASKS: Final = r"(?:建议|应当|应该|应|希望|宜|拟|请|可以|可|要求)"
_OPENS: Final = rf"(?:{_ASKS}[^。；\n]{{0,40}}?|第[{NUMERALS}]{{1,6}}条[^。；\n]{{0,40}}?)"
_BARE: Final = r"([^，。；、“”\"「」『』‘’'\n]{1,60}?)"
_END: Final = r"(?=[，。；、\n]|$)"
_AMOUNT: Final = rf"((?:百分之)?[{NUMERALS}]+(?:%|个)?[^，。；、\s“”‘’]{{0,4}}?)"
_ADD: Final = r"(?:增加|补充|增写|加上|加入|增设|新增)"
_WHAT: Final = (
    rf"(?:第?[{NUMERALS}]{{1,4}}[条款项句]|作为[^，。；]{{1,12}}[条款项]|内容|规定|"
    r"表述|字样|条款|以下|下列|如下)*[,，:：]?"
)
_REWORDS: Final = re.compile(r"[改换删增补加]|调整|变更|表述|提高|降低|延长|缩短|放宽|减少|取消|不要|写[为成]")
_REWORDINGS: Final = tuple(
    (re.compile(words), old, new, _QUOTED in words)
    for words, old, new in (
        (rf"{_QUOTED}{_AROUND}{_TO}{_QUOTED}", 1, 2),
        (rf"{_QUOTED}{_AROUND}{_ASKS}?{_TO}([^，。；“”‘’\n]{{1,120}}?){_END}", 1, 2),
        (rf"{_OPENS}(?:将|把|由|从)(?!第){_BARE}{_AROUND}{_TO}{_QUOTED}", 1, 2),
        (rf"{_OPENS}(?:由|从){_BARE}{_TO}{_BARE}{_END}", 1, 2),
        (
            rf"{_OPENS}(?:将|把|由|从)(?:第[{NUMERALS}]{{1,6}}[条款项](?:[^，。；]{{0,8}}的|中的?|里的?))?{_BARE}{_TO}{_BARE}{_END}",
            1,
            2,
        ),
        (rf"{_OPENS}{_AMOUNT}{_TO}{_AMOUNT}{_END}", 1, 2),
        (rf"删[去除掉]{_AROUND}{_QUOTED}", 1, 0),
        (rf"{_QUOTED}{_AROUND}(?:删[去除掉]|不要|取消)", 1, 0),
        (rf"{_OPENS}删[去除掉]{_BARE}{_END}", 1, 0),
        (rf"^{_AROUND}删[去除掉]{_BARE}{_END}", 1, 0),
        (rf"{_ADD}{_WHAT}{_QUOTED}", 0, 1),
        (rf"{_OPENS}{_ADD}{_WHAT}([^。；\n]{{2,200}}?)(?=[。；\n]|$)", 0, 1),
    )
)
"""Expressions that reword, the surest first: the groups of the old and the new words, and whether they are quoted."""


def _wordings(plain: str) -> Iterator[Wording]:
    """Yield what a text wants reworded, in its order; what a surer expression has read, none reads again."""
    read_already: list[Span] = []
    wordings: list[Wording] = []
    if not _REWORDS.search(plain):
        return
    is_sure = bool(_DRAFT.search(plain)) or len(plain) <= SHORT
    for pattern, old, new, is_quoted in _REWORDINGS:
        if not is_quoted and not is_sure:
            continue  # a story: the developer turned the lawn into a car park
        for match in pattern.finditer(plain):
            wording = Wording(match.span(old) if old else None, match.span(new) if new else None)
            start, end = _extent(wording)
            if all(end <= first or start >= last for first, last in read_already):
                read_already.append((start, end))
                wordings.append(wording)
    yield from sorted(wordings, key=_extent)


def _extent(wording: Wording) -> Span:
    spans = [span for span in (wording.old, wording.new) if span is not None]
    return min(start for start, _ in spans), max(end for _, end in spans)
