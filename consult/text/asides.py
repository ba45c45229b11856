"""Clauses of a text that state no opinion: salutations, who the writer is, thanks."""

from __future__ import annotations

import re

from consult.text.letter_frame import NUMBERING, salutations, without_signature

CLAUSE_END = re.compile(r"(?<=[。！？；，、：!?;,:\n])|\s{2,}")
SENTENCE_ENDS = "。！？；!?;\n"
DEMAND = re.compile(
    r"建议|应(?!届)|须|务必|要求|认为|不要|不得|不能|不该|写|改|希望(?!.{0,6}(?:采纳|回复|答复|考虑|重视|解决|"
    r"处理|关注))|"
    r"(?<!不)同意|反对|赞成|支持|拥护|取消|删除|删去|增加|提高|降低|允许|禁止|但|除非|只有|规定|条例|办法|"
    r"第.{1,4}[条款项]"
)
WHO = (
    r"居民|市民|村民|业主|住户|租户|群众|百姓|教师|老师|工人|职工|员工|干部|学生|老人|党员|家长|退休|农民|司机|医生|护士|"
    r"经营者|店主|商户"
)
ASIDE = re.compile(
    r"^(?:我|本人|俺|咱|笔者|鄙人|在下|我们)(?:是|叫|姓|名|系|住|家|今年|现年|来自|在|从|也是|就|已|一直|们?是|"
    r"的(?:名字|电话|联系|住址|孩子|家))|"
    r"^我?(?:很|十分|非常|一直|一向)?(?:关心|关注)这件?事|^(?:作为|身为|本人|家住|住在|住址|现住|居住|家里|家中|"
    r"今年|现年|联系电话|电话|手机|姓名|年龄|职业)|"
    r"谢谢|感谢|多谢|致谢|鞠躬|敬礼|此致|辛苦(?:了|您|你|各位|大家|领导)|[您你]们?辛苦|打[扰搅](?:了|您|你|各位|大家|领导)|见谅|包涵|祝您|祝你|祝愿|祝大家|顺祝|敬上|敬请|您好|你好|大家好|"
    r"朋友好|问好|"
    r"尊敬的|敬爱的|希望.{0,6}(?:采纳|回复|答复|考虑|重视)|拜托|劳驾|费心|采纳为盼|望采纳|请采纳|供参考|请参考|仅供|"
    r"盼复|盼回|望回复|请回复|"
    r"望答复|期待回复|期待您|等候|恳请|(?:以上|这)(?:就?是|为)(?:我|本人|个人)|(?:个人|一点|肺腑|"
    r"粗浅)(?:的)?(?:看法|意见|想法|浅见|之言|心里话)|"
    rf"^一[名个位].{{0,12}}(?:{WHO})|^(?:普通|退休|本市|本地|当地|附近).{{0,8}}(?:{WHO})$|"
    rf"住了.{{1,5}}年|[多几]年了$|^(?:我|本人|今年|现年|年龄|已经?|快|都).{{0,8}}岁了?$"
)
CLOSING = re.compile(
    r"^(?:以上|上述)(?:就?是|为|均为|仅为)?(?:我|本人|个人|我们)?的?(?:个人|几点|一点|一些|粗浅)?的?(?:意见|建议|看法|想法|情况)$|"
    r"^(?:以上|上述)?(?:意见|建议|看法|想法|情况|问题)?(?:仅|敬|谨|特|万)?(?:供|请|望|恳请|希望|敬请|盼)?"
    r"(?:各位|市)?(?:领导|有关部门|贵单位|你们|您)?们?(?:予以|给予|认真|能够?|可以|酌情|尽快|早日|多多|审慎)*"
    r"(?:参考|采纳|考虑|重视(?:起来)?|批示|回复|答复|斟酌|酌定|酌|反馈|回音|解答)(?:为(?:感|盼|荷|谢))?$|"
    r"^(?:妥否|当否|为感|为盼|为荷|特此(?:反映|说明|致函|建议|报告|投诉)|此致|敬礼|见字如面|期待.{0,8}(?:回音|回复|答复))$"
)
"""Closing words of a letter."""
LONGEST_ASIDE = 40


def is_aside(clause: str) -> bool:
    """Whether a clause says who the writer is, greets or thanks, and demands nothing."""
    bare = clause.strip(" \t\r\n　。！？；，、：!?;,:.~～…")
    if not 0 < len(bare) <= LONGEST_ASIDE:
        return False
    return bool(CLOSING.match(bare)) or (bool(ASIDE.search(bare)) and not DEMAND.search(bare))


def clauses(text: str) -> list[str]:
    """Return the clauses of a text with their marks."""
    return [clause for clause in CLAUSE_END.split(text) if clause and not clause.isspace()]


def told_apart(text: str) -> tuple[list[str], list[str]]:
    """Return the clauses that state the opinion, and what else stands in the text: its frame as a letter, asides."""
    head = salutations(text)
    body = text[sum(map(len, head)) :]
    rest = without_signature(body)
    points: list[str] = []
    aside = head
    begins = True
    for clause in clauses(rest):
        words = NUMBERING.sub("", clause, count=1) if begins else clause
        if words.strip():
            (aside if is_aside(words) else points).append(words)
        begins = (begins and not words.strip()) or clause.rstrip(" \t\u3000")[-1:] in SENTENCE_ENDS
    return points, [*aside, body[len(rest) :]]
