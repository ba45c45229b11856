"""Finds the names of third persons: after a role (我们物业经理王小明说), and beside a telephone number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from consult.text.privacy.kinds import Kind, Span
from consult.text.privacy.self_introduction import MINORITY, may_name
from consult.text.privacy.surnames import COMPOUND, EVERYDAY, FREQUENT, ORGANISATION_ENDINGS, SINGLE

ROLES = (
    "经理|主任|书记|局长|处长|科长|股长|所长|队长|站长|院长|校长|厂长|园长|董事长|总裁|总监|主管|店长|会长|组长|班长|村长|镇长|乡长|区长|"
    "县长|市长|厅长|部长|支书|老板|老板娘|房东|房主|医生|大夫|护士|老师|律师|法官|检察官|警官|民警|交警|辅警|保安|司机|师傅|客服|中介|"
    "干部|会计|出纳|秘书|助理|专员|工程师|代表|委员|负责人|邻居|业主|住户|租户|租客|村民|居民|市民|工友|员工|职工|学生|家长|同学|同事|"
    "朋友|父亲|母亲|爸爸|妈妈|丈夫|妻子|老公|老婆|儿子|女儿|哥哥|弟弟|姐姐|妹妹|爷爷|奶奶|外公|外婆|亲戚|当事人|嫌疑人|被告人?|原告|"
    "法人|法人代表|股东|包工头|开发商|承包人|承包商|介绍人|证人|患者|死者|伤者"
)
GIVEN = (
    r"(?![的了是不有到也就都被把着过没很在去吗呢吧你我他她您们这那哪和与或及并且说称要让对从给为个因由于以可能会应该将还又再"
    r"及等各每某本该其此均已未如若所者性化百千万几多少])[\u3400-\u9fff]"
)
TELLS = (
    r"(?=[^\w]|$|[0-9_]|先生|女士|小姐|同志|说|称|讲|告诉|表示|回复|答复|要求|让|叫|把|将|带|对|向|的|在|是|也|又|还|就|等|和|与|及|打|骂|拿|"
    r"大妈|大爷|大叔|大姐|大哥|阿姨|叔叔|老师|师傅|给|跟|从|于|以|利用|指使|一直|曾|多次|电话|手机|负责|不|收|找|来|去|住|家|因|为|已|没|未|有|被|之|可|能|今|昨|前天|强行|私自|擅自|领着|带着|反映|反应|认为|指出|提出|投诉|举报|拒绝|承诺)"
)
OFTEN = "".join(sorted(FREQUENT))
NAME = rf"(?:(?:{'|'.join(sorted(COMPOUND))}){GIVEN}{{1,2}}{TELLS}|[{OFTEN}]{GIVEN}{{1,2}}?{TELLS})"
AFTER_ROLE = re.compile(rf"(?:{ROLES})[ ]?[:(\"“,]?[ ]?(?P<name>{MINORITY}|{NAME})")
HONOURED = rf"[{OFTEN}](?:先生|女士|小姐|同志|师傅|老师|经理|主任|总|工|姐|哥|阿姨|叔叔)"
PLAIN_NAME = rf"(?:(?:{'|'.join(sorted(COMPOUND))}){GIVEN}{{1,2}}|[{''.join(sorted(SINGLE - EVERYDAY))}]{GIVEN}{{1,2}})"
KIN = re.compile(
    rf"我(?:的|们家)?(?:爱人|老伴|对象|父亲|母亲|爸爸?|妈妈?|丈夫|妻子|老公|老婆|儿子|女儿|孙子|孙女|哥哥?|弟弟?|姐姐?|妹妹?|岳父|岳母|公公|婆婆)"
    rf"(?P<name>(?:{'|'.join(sorted(COMPOUND))}|[{''.join(sorted(SINGLE - EVERYDAY))}]){GIVEN}{{1,2}}?)"
    r"(?=在|今年|现年|因|于|被|患|[,，。、(（]|$)"
)
BEFORE_POST = re.compile(
    rf"(?:^|[^\u3400-\u9fff]|由|让|被|请|找|给|向|和|与|是|对|叫)(?P<name>(?!谢谢)[{OFTEN}]{GIVEN}{{2}}(?<!副))"
    r"(?=(?:副)?(?:局长|处长|科长|所长|队长|站长|院长|校长|书记|镇长|乡长|区长|县长|市长|经理|主任|村长|警官|法官|医生|老师|律师|师傅))",
    re.MULTILINE,
)
"""张建军局长: a whole name before a post."""
BEFORE_NUMBER = re.compile(
    rf"(?:^|[^\u3400-\u9fff]|联系人?|找|打给|致电|电话|手机|号码|人|是|叫|给|和|与)(?P<name>{HONOURED}|{PLAIN_NAME})"
    r"[ ]?(?:先生|女士|同志)?(?:的)?[ ,，(]{0,2}(?:联系)?(?:电话|手机|号码|手机号|tel)?[是为]?[ :,，(]{0,3}$",
    re.MULTILINE,
)
AFTER_NUMBER = re.compile(
    rf"[ ]{{0,2}}(?:[(,、/ \-—]|联系人[:是]?|[)]?找|[)]?,?(?:是|为)){{0,2}}[ ]?(?P<name>{HONOURED}|{PLAIN_NAME})"
    r"(?=[ ]?(?:[^\w]|$|[0-9_]))"
)
REACH = 24
"""Characters before a number in which its name may stand."""


def find_third_persons(text: str, numbers: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """Yield the spans of names of other persons in a normalised text; `numbers` are its telephone numbers."""
    for pattern in (AFTER_ROLE, KIN, BEFORE_POST):
        for match in pattern.finditer(text):
            if may_name(match["name"]):
                yield Kind.NAME, *match.span("name")
    for start, end in numbers:
        left = max(0, start - REACH)
        before = BEFORE_NUMBER.search(text[left:start])
        if before and may_name(before["name"]):
            yield Kind.NAME, left + before.start("name"), left + before.end("name")
        after = AFTER_NUMBER.match(text[: end + REACH], end)
        if after and may_name(after["name"]) and after["name"] not in ORGANISATION_ENDINGS:
            yield Kind.NAME, *after.span("name")
