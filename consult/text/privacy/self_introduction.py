"""Finds names in self-introductions: 我叫……, 联系人：……, a signature at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consult.text.privacy.surnames import COMPOUND, EVERYDAY, NOT_NAMES, SINGLE, surname_of
from consult.text.tokens import is_word

GIVEN = r"[\u3400-\u9fff]"
BOUNDARY = r"(?=[\s,.;:!?，。；：！？、（）()\-—\"“”【】/|]|[0-9]|$)"
STOP = r"(?=[住是在今年男女系来电于的和与及现家从有身籍为户]|先生|女士|同志)"
SURNAME = rf"(?:{'|'.join(sorted(COMPOUND))}|[{''.join(sorted(SINGLE))}])"
CHINESE = rf"{SURNAME}(?:{GIVEN}[ ]?{GIVEN}?{BOUNDARY}|{GIVEN}{{1,2}}?{STOP}|{GIVEN}{{1,2}})"
AFTER = r"(?=[,。;()\s、]*(?:[男女]|今年|现年|电话|手机|身份证|家住|籍贯|出生|来自)|系|住)"
CLOSED = rf"{SURNAME}{GIVEN}[ ]?{GIVEN}?(?:{BOUNDARY}|{AFTER})"
CLOSED_IN_THREE = rf"{SURNAME}{GIVEN}{{2}}{BOUNDARY}"
MINORITY = rf"{GIVEN}{{2,8}}[·•・]{GIVEN}{{1,8}}"
ANY = rf"{GIVEN}{{2,4}}{BOUNDARY}"
LATIN = r"[A-Z][a-z]{1,15}(?:[ ][A-Z][a-z]{1,15}){1,2}"
SPACED = rf"{SURNAME}[ ]{GIVEN}(?:[ ]?{GIVEN})?{BOUNDARY}"
"""姓名:赵 六."""

LABEL = re.compile(
    r"(?:姓名|名字|联系人|投诉人|举报人|反映人|申请人|建议人|意见人|留言人|来信人|写信人|提交人|提案人|署名|落款|当事人|反映者|投诉者|户主|代表人|经办人|"
    r"负责人|实名|签名|签字|法定代表人|委托人|市民|居民|村民|业主|网友|群众)"
    rf"(?:[ ]?[:][ ]{{0,4}}|[ ]{{1,4}}(?={SURNAME}{GIVEN}{{1,2}}[ ]{{0,2}}(?:[男女,。;]|$|[0-9]))"
    rf"|(?={SURNAME}{GIVEN}{{1,2}}(?:先生|女士|小姐|同志)))"
    rf"(?P<name>{MINORITY}|{SPACED}|{CHINESE}|{ANY}|{LATIN})"
)
CALLED = re.compile(
    rf"(?:我的名字[叫是]|我名叫|我名字叫|本人叫|本人名叫|我叫做?|姓名是|本人姓名)[ ]?[:]?[ ]?"
    rf"(?P<name>{MINORITY}|{SPACED}|{CHINESE}|{LATIN})"
    r"|(?:我是|本人是|本人|(?<![A-Za-z])(?:[Mm]r|[Mm]rs|[Mm]s|[Dd]r)[.]?|(?<![A-Za-z])(?:[Mm]y name is|I am))"
    rf"[ ]?(?P<latin>{LATIN})"
)
WEAK = re.compile(
    rf"(?:(?:我是|本人是|本人系|我系|本人|我,|我[(])[ ]?(?P<name>{MINORITY}|{CLOSED})"
    rf"|(?:村民|居民|业主|市民|农民|群众|职工|员工|学生|家长|经理|书记|主任)(?P<titled>{CLOSED_IN_THREE}))"
)
NEVER_IN_NAMES = re.compile(
    r"[的了是不有到也就都被把着过没很在去吗呢吧你我他她您们这那]|[局区县镇村乡市路院校厂司员者]$"
)
POST = re.compile(r".(?:局长|处长|科长|主任|书记|市长|县长|区长|镇长|乡长|校长|院长|总|经理|老师|医生|律师|警官)$")
"""A surname with a post is no name."""
RULE = re.compile(r"应[当该于由按]|须[由经于按]|必[须填]|可[以由]")
"""What a label asks for, not who it is: 申请人:应当提交下列材料."""
IN_BRACKETS = re.compile(
    rf"[(\[](?:签名|签字|署名|姓名|落款|反映人|建议人|投诉人)[)\]][ :]{{0,4}}"
    rf"(?P<name>{MINORITY}|{SPACED}|{SURNAME}{GIVEN}{{1,2}}{BOUNDARY})"
)
"""（签名）郑成功."""
SIGNED = re.compile(
    rf"^[ ]*(?:此致[ ]?敬礼|此致|敬礼|祝好|谢谢|敬上|谨上|一?[位名个]?(?:市民|居民|村民|业主|群众|百姓|公民))?[ ,:!。]*"
    rf"(?P<name>{MINORITY}|{SURNAME}{GIVEN}[ ]?{GIVEN}?)[ ]*(?:敬上|谨上|上|呈|启|书|敬启|拜上)?[ 。.]*$"
)
SIGNATURE_LINES = 4


def find_names(flat: str) -> Iterator[tuple[int, int]]:
    """Yield the spans (start, end) of names that a normalised text introduces."""
    for pattern in (LABEL, CALLED, IN_BRACKETS):
        for match in pattern.finditer(flat):
            group = "latin" if match.groupdict().get("latin") else "name"
            if may_name(match[group]) and (surname_of(match[group]) or not is_word(match[group])):
                yield match.span(group)
    for match in WEAK.finditer(flat):
        group = "name" if match["name"] else "titled"
        if may_name(match[group]) and surname_of(match[group]) not in EVERYDAY:
            yield match.span(group)
    yield from _signature(flat)


def may_name(name: str) -> bool:
    """Whether these characters can be a person's name and aren't an everyday word."""
    name = name.replace(" ", "")
    return "·" in name or (
        not POST.match(name) and not RULE.match(name) and name not in NOT_NAMES and not NEVER_IN_NAMES.search(name)
    )


def _signature(flat: str) -> Iterator[tuple[int, int]]:
    """Find a name alone on one of the last lines, perhaps before a date or telephone number."""
    end = len(flat)
    seen = 0
    while end > 0 and seen < SIGNATURE_LINES:
        start = flat.rfind("\n", 0, end) + 1
        line = flat[start:end]
        end = start - 1
        if not line.strip():
            continue
        seen += 1
        match = SIGNED.match(line)
        if match and start > 0 and may_name(match["name"]):
            yield start + match.start("name"), start + match.end("name")
            return
