"""Finds Chinese postal addresses of persons: a street with its number, a building with its unit or room, a
home.

A public place without a house number (某某路, 某某小区) is not private: opinions are about such places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NUMBER = r"[0-9A-Z一二三四五六七八九十百〇零甲乙丙丁东西南北*×]{1,6}"
ARABIC = r"[0-9一二三四五六七八九十百〇零]{1,6}"
BIG = "栋|幢|号楼|座|号院|弄|期"
DOOR = "单元|室|房|号房|号室|户(?!型)|(?<![东南西北中大正侧前后])门(?!面|店|口|诊)|梯|号(?!线|文|令)"
FLOOR = rf"(?:{NUMBER}[ ]?(?:楼|层)[ \-]?)?"
LEVEL = rf"(?:{BIG}|{DOOR}|楼|层|组|区)"
NOT_A_HOUSE = r"(?![线桥车机文令楼]|公路|国道|省道|文件|地铁|规划|网格|公告|通告|提案|议案)"
JOIN = r"[ ,，\-附]{0,2}"

# 麓山南路12号 · 文化路石村57号 · 解放西路附5号, with whatever levels follow
STREET = re.compile(
    rf"(?:路|街|道|巷|弄|胡同|里|坊|村|屯|寨|(?<=[路街道东西南北中一二三四五六七八九])段|条)"
    rf"(?:东|西|南|北|中|一|二|三|四|五|[0-9]{{1,2}}段)?[ ]?附?"
    rf"{ARABIC}(?:[-－—之]{ARABIC})?号{NOT_A_HOUSE}(?:院|楼)?"
    rf"(?:[\u4e00-\u9fff]{{0,10}}?{JOIN}{NUMBER}(?:[-－—]{NUMBER}){{0,2}}{LEVEL}){{0,5}}(?:[0-9]{{3,4}}(?![0-9年元]))?"
)
# 3栋2单元501室 · 5号楼1501 · A座12层1203房 · 8栋-2-601
BUILDING = re.compile(
    rf"(?<![0-9A-Za-z]){NUMBER}[ ]?(?:{BIG})[ \-]?"
    rf"(?:{FLOOR}{NUMBER}[ ]?(?:{DOOR})(?:[ \-]?{FLOOR}{NUMBER}(?:{DOOR})){{0,3}}"
    rf"(?:[ \-]?{FLOOR}[0-9]{{3,4}}(?![0-9年元]))?"
    rf"|[0-9]{{1,2}}[\-－—][0-9]{{2,4}}|[0-9]{{3,4}}(?![0-9]|年|元|户|人|名|平|多|余|个|米|[mM]))"
)
# 2单元501室
UNIT = re.compile(
    rf"(?<![0-9A-Za-z]){NUMBER}单元[ \-]?(?:{NUMBER}(?:楼|层))?[ \-]?(?:[0-9]{{2,4}}|{NUMBER})(?:室|房|号|户|门)?"
    r"(?<=[0-9室房号户门])"
)
# 某某花园3-2-501 · 某某小区12-601
DASHED = re.compile(
    r"(?:小区|花园|家园|公寓|苑|园|城|府|湾|庭|郡|邸|宿舍|新村|里|公馆|国际|广场|[一二三四五六七八九十东西南北]区)"
    r"[ ]?[0-9A-Za-z]{1,3}[\-－—][0-9]{1,3}[\-－—][0-9]{2,4}(?![0-9\-米元年月日天人户个])"
)
# 东水村3组12号
VILLAGE = re.compile(
    rf"[\u4e00-\u9fff]{{1,6}}(?:村|社区|屯|寨|嘴|湾|冲|坪)(?:委会)?第?{ARABIC}(?:村民小组|村小组|小组|组|社|队|屯)"
    rf"[ ,，]?(?:附)?(?:{ARABIC}号|门牌[号]?{ARABIC}号?)"
)
# 光达村老屋组23号
VILLAGE_GROUP = re.compile(
    rf"[\u4e00-\u9fff]{{1,6}}[村寨屯][\u4e00-\u9fff]{{1,4}}[组队屯湾冲坪][ ,，]?(?:附)?{ARABIC}号{NOT_A_HOUSE}"
)
PATTERNS = (STREET, BUILDING, UNIT, DASHED, VILLAGE, VILLAGE_GROUP)

# 家庭住址：…… · 我家住…… : the text after it, if it names a place
HOME = re.compile(
    r"(?:(?:家庭|现|通信|通讯|联系|户籍|居住|详细|邮寄|收件|我的|本人)*(?:住址|地址|住所|户籍地|籍贯|居住地)"
    r"[ ]?[:是为]?[ ]?"
    r"|(?:家住|我家在|本人住|我住在?|现住在?|居住在|居住于|户籍在|户口在))"
    r"(?P<place>(?![的了过着])[\u4e00-\u9fffA-Za-z0-9\-－—#· ]{2,50})"
)
PLACE_MARK = re.compile(r"[省市区县镇乡村路街巷道弄组栋幢号室苑园城府湾庭]|小区|单元|花园|公寓")
DOOR_MARK = re.compile(rf"{ARABIC}(?:栋|幢|号|室|单元|组|楼|座|房)")
PLACE_END = re.compile(r"(?<=[栋幢号室元组楼座房村区苑园城府湾庭县市镇乡寓])(?=的|人|居民|业主|农民|[,，。]|$)")

BEFORE = re.compile(r"[\u4e00-\u9fffA-Za-z0-9*]{0,30}$")
CUT = re.compile(
    r"^.*(?:家住|住在|居住|位于|坐落于?|地址|住址|搬到|搬至|常住|属于|投诉|举报|反映|反应|请求|请问|关于|购买|买了|打通|修建|"
    r"前几天|还有|我们|我家|我|他们|她|本人|在|到|从|至|是|的|了|于)"
)


def find_addresses(flat: str) -> Iterator[tuple[int, int]]:
    """Yield the spans (start, end) of addresses in a normalised text; they may overlap."""
    for pattern in PATTERNS:
        for match in pattern.finditer(flat):
            yield _widened(flat, match.start()), match.end()
    for match in HOME.finditer(flat):
        place = match["place"]
        if not PLACE_MARK.search(place):
            continue
        if _labelled(match[0]) or DOOR_MARK.search(place):
            end = PLACE_END.search(place)
            yield match.start("place"), match.start("place") + (end.start() if end else len(place.rstrip()))


def _labelled(cue: str) -> bool:
    """Whether the cue is a form's label (家庭住址：), after which even a place without a number is a home."""
    return re.match(r"[^:]{0,8}(?:住址|户籍地|居住地|地址)[ ]?:", cue) is not None


def _widened(flat: str, start: int) -> int:
    """Move the start of an address left over its region, street and estate."""
    before = BEFORE.search(flat, max(0, start - 30), start)
    if before is None:
        return start
    cut = CUT.match(before[0])
    return before.start() + (cut.end() if cut else 0)
