"""Finds what is named by a word before it or known by its shape: accounts, papers, plates, coordinates, addresses of
machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address

from consult.text.privacy.kinds import Kind, Span
from consult.text.privacy.normalised import Normalised

IS = r"[ ]{0,2}[:=是为(\"“【\[]{0,2}[ ]{0,2}"
NUMBERED = r"(?:[ ]?(?:同号|账号|帐号|号码|号|id))?"

PAPERS = (
    "身份证|证件|社保卡|社会保障|护照|通行证|台胞证|台胞证件|回乡证|返乡证|居住证|居留证|军官证|士兵证|警官证|驾驶证|驾照|"
    "学生证|残疾证|退役军人证|户口簿|户口本"
)
LABELLED_PAPER = re.compile(
    rf"(?:{PAPERS})(?:件|档案|号|号码|编号|卡号)*{IS}"
    rf"(?P<datum>[a-z]{{0,3}}[ \-]?[0-9][0-9x*() \-]{{3,22}}[0-9x)])(?![a-z0-9])"
)
MILITARY_PAPER = re.compile(
    r"(?:军官证|士兵证|警官证|文职)[号码]{0,2}" + IS + r"(?P<datum>[\u4e00-\u9fff]{1,4}字?第?[0-9]{5,10}号?)"
)
PASSPORT = re.compile(
    r"(?<![a-z0-9/])(?:[egdsphmcwtlk][ ]?[0-9]{4}[ ]?[0-9]{4}|e[a-hj-np-z][ \-]?[0-9]{7}|[dsp]e[ \-]?[0-9]{7}"
    r"|c[a-hj-np-z][ \-]?[0-9]{7}|[hm][0-9]{10}|[egp][a-z][0-9]{8})(?![0-9a-z])"
)
HONG_KONG_IDENTITY = re.compile(r"(?<![a-z0-9])[a-z]{1,2}[0-9]{6}\([0-9a]\)")

CARD = re.compile(
    r"(?:卡号|账号|帐号|账户|帐户|银行卡|储蓄卡|信用卡|存折|卡)[号码]{0,2}[^0-9\n。,;]{0,6}"
    r"(?P<datum>[0-9](?:[ \-]{0,2}[0-9]){9,24})"
)

WECHAT_WORD = (
    r"(?:微信|威信|薇信|维信|徽信|微芯|葳信|[v微薇]信|[v微]心|加[ ]?v[ ]?(?=[:a-z0-9])|加[ ]?微(?=[ :a-z0-9])"
    r"|加卫星|卫星(?:号|(?=[ ]?[:是]))|[vw微][❤♥💚]|[微薇v][^\w\s]{1,2}信"
    r"|(?<![a-z])(?:vx|wx|v\+|wechat|weixin|微x|v号)|(?<![a-z0-9])[v微](?=[ ]?:))"
)
WECHAT = re.compile(
    rf"{WECHAT_WORD}{NUMBERED}(?P<sign>{IS})"
    rf"(?P<datum>[a-z][a-z0-9_\-]{{5,19}}|[0-9](?:[ \-]?[0-9]){{4,10}})(?![a-z0-9_@])"
)
QQ_WORD = (
    r"(?:(?<![a-z])q[ ]?q|扣扣|抠抠|叩叩|口口号|球球|企鹅|(?<![a-z0-9])q(?=[ ]?[:号群])|扣(?=[ ]?[:号])"
    r"|加扣(?=[ ]?[0-9]))"
)
QQ = re.compile(
    rf"{QQ_WORD}(?:群|邮箱)?{NUMBERED}(?:群)?{IS}[ ]{{0,5}}(?P<datum>[0-9](?:[ .\-]?[0-9]){{4,12}})(?![0-9])"
)

PROVINCE = "楚京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
JOIN = r"[ ·.•\-_・]{0,2}"
PLATE = re.compile(
    rf"(?<![a-z0-9])[{PROVINCE}]{JOIN}[a-hj-z]{JOIN}(?=[a-z ·.\-]{{0,5}}[0-9])"
    rf"(?:[a-hj-np-z0-9]{JOIN}){{4}}(?:[a-hj-np-z0-9]{JOIN}[a-hj-np-z0-9]|[a-hj-np-z0-9]|[挂学警港澳])(?![a-z0-9])"
)
SPELLED_PLATE = re.compile(
    rf"(?:车牌号?(?:码)?{IS}|[{PROVINCE}])(?P<datum>[a-hj-z]{JOIN}(?:[a-hj-np-z0-9]{JOIN}){{4,5}}[0-9a-hj-np-z])(?![a-z0-9])"
)
OFFICIAL_PLATE = re.compile(r"(?:[0-9]{6}使|使[0-9]{6}|[a-z]?[0-9]{5}领)(?![0-9\u4e00-\u9fff])")

PROPERTY = re.compile(
    r"(?:[\u4e00-\u9fff]{0,2}[ ]?[(〔\[]?(?:19|20)[0-9]{2}[)〕\]]?[ ]?)?[\u4e00-\u9fff]{0,10}"
    r"(?:不动产(?:权证?|证明)|房地?产?权?证|房地(?=[\u4e00-\u9fff]{0,4}字)|房权证|房产证|土地证|国用|集用|宅基地证)"
    r"(?:书|编号|号码|号|[\u4e00-\u9fff]{0,4}字)*[ ]?" + IS + r"(?:[(〔](?:19|20)[0-9]{2}[)〕])?[ ]?第?[ ]?"
    r"(?P<number>[0-9][0-9\-]{4,20}(?:号)?)"
)
PROPERTY_UNIT = re.compile(r"(?<![0-9a-z])[0-9]{6}[ ]?[0-9]{6}[ ]?[a-z]{2}[0-9]{5}[ ]?[a-z][0-9]{8}(?![0-9a-z])")

DEGREES = (
    r"[0-9]{1,3}(?:\.[0-9]+)?[ ]?[°度º˚]"
    r"(?:[ ]?[0-9]{1,2}(?:\.[0-9]+)?[ ]?[′'分’](?:[ ]?[0-9]{1,2}(?:\.[0-9]+)?[ ]?(?:[″\"秒”]|'')?)?)?"
)
COORDINATES = re.compile(
    rf"(?:东经|西经|北纬|南纬|经度|纬度|[nesw])?{IS}{DEGREES}[nesw]?[ ,;、及和/]{{0,3}}"
    rf"(?:东经|西经|北纬|南纬|经度|纬度|[nesw])?{IS}{DEGREES}[nesw]?"
    r"|(?<![a-z0-9])[ns][ :]?[0-9]{1,2}\.[0-9]{3,}[ ,;/]{0,3}[ew][ :]?[0-9]{1,3}\.[0-9]{3,}"
    r"|(?<![a-z0-9])[ew][ :]?[0-9]{1,3}\.[0-9]{3,}[ ,;/]{0,3}[ns][ :]?[0-9]{1,2}\.[0-9]{3,}"
    r"|(?:东经|西经|北纬|南纬|经度|纬度|(?<![a-z])(?:lng|lat|lon))[ ]?[:=是为]?[ ]?[0-9]{1,3}\.[0-9]{2,}"
)
DIRECTION = re.compile("[东西南北经纬nesw]|l(?:ng|at|on)")
FINER = re.compile(r"[0-9]\.[0-9]|[′'分’]")
"""More exact than whole degrees."""
DECIMAL_PAIR = re.compile(
    r"(?<![0-9.])(?P<one>[0-9]{1,3}\.[0-9]{4,})[ ]?[,;/、 ][ ]?(?P<two>[0-9]{1,3}\.[0-9]{4,})(?![0-9.])"
)
CHINA = ((3.0, 54.0), (73.0, 136.0))
"""Latitudes and longitudes, degrees."""

OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IP_4 = re.compile(rf"(?<![0-9.v])(?:{OCTET}\.){{3}}{OCTET}(?![0-9]|\.[0-9])(?P<port>:[0-9]{{2,5}})?")
IP_LABEL = re.compile(r"(?:ip|网址|主机)(?:地址|v4|v6)?[ ]?[:是为]?[ ]?$")
IP_6 = re.compile(r"(?<![0-9a-z])(?<![0-9a-f]:)[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?![0-9a-z:])")
LEAST_COLONS_OF_6 = 3
LEAST_DIGITS_OF_4 = 6


@dataclass(frozen=True)
class Pattern:
    """What to search for in lower case: only if the text has one of `signs`; `spelled` reads spoken digits too."""

    kind: Kind
    pattern: re.Pattern[str]
    signs: tuple[str, ...]
    spelled: bool = False


WECHAT_SIGNS = (
    "信",
    "vx",
    "wx",
    "v+",
    "wechat",
    "weixin",
    "心",
    "卫星",
    "芯",
    "加v",
    "加微",
    "加 v",
    "v:",
    "微",
    "❤",
    "♥",
    "💚",
    "v号",
    "v :",
)
PATTERNS = (
    Pattern(Kind.IDENTITY, LABELLED_PAPER, ("证", "护照", "社", "户口", "驾照"), spelled=True),
    Pattern(Kind.PASSPORT, MILITARY_PAPER, ("军", "士兵", "警官")),
    Pattern(Kind.BANK_CARD, CARD, ("卡", "账", "帐", "存折"), spelled=True),
    Pattern(Kind.WECHAT, WECHAT, WECHAT_SIGNS),
    Pattern(Kind.QQ, QQ, ("q", "扣", "抠", "叩", "口口", "球球", "企鹅"), spelled=True),
    Pattern(Kind.PROPERTY, PROPERTY, ("产", "房", "土地", "国用", "集用", "宅基")),
    Pattern(Kind.COORDINATES, COORDINATES, ("°", "度", "经", "纬", "lng", "lat", "lon", "º", "˚", ".")),
)
SHAPES = (
    Pattern(Kind.PASSPORT, PASSPORT, ()),
    Pattern(Kind.PASSPORT, HONG_KONG_IDENTITY, ()),
    Pattern(Kind.PLATE, PLATE, ()),
    Pattern(Kind.PROPERTY, PROPERTY_UNIT, ()),
)
LETTER_BESIDE_DIGIT = re.compile(r"[a-z][ ·.•\-_・(]{0,2}[0-9]")
PAPERS_AS_PASSPORT = re.compile(r"护照|通行证|台胞|[回返]乡证|军官|士兵|警官|驾|学生|残疾|退役|居住|居留|户口")


def find_identifiers(flat: Normalised) -> Iterator[Span]:
    """Yield the spans of identifiers; they may overlap."""
    low = flat.lower
    for entry in PATTERNS:
        if any(sign in low for sign in entry.signs):
            text = flat.spelled.lower() if entry.spelled else low
            yield from _matches(entry, text)
    if LETTER_BESIDE_DIGIT.search(low):
        for entry in SHAPES:
            yield from _matches(entry, low)
    if "车" in low or "牌" in low:
        spelled = flat.spelled.lower()
        yield from ((Kind.PLATE, *_from_province(match)) for match in SPELLED_PLATE.finditer(spelled))
    if "使" in low or "领" in low:
        yield from ((Kind.PLATE, *match.span()) for match in OFFICIAL_PLATE.finditer(low))
    if "." in low:
        yield from _with_dots(low)
    if low.count(":") >= LEAST_COLONS_OF_6:
        yield from ((Kind.IP_ADDRESS, *match.span()) for match in IP_6.finditer(low) if _is_ip_6(match[0]))


def _matches(entry: Pattern, text: str) -> Iterator[Span]:
    group = "datum" if "datum" in entry.pattern.groupindex else 0
    for match in entry.pattern.finditer(text):
        kind = entry.kind
        if kind is Kind.WECHAT and not _is_account(match):
            continue
        if kind is Kind.COORDINATES and not (DIRECTION.search(match[0]) and FINER.search(match[0])):
            continue  # 36度37度: a temperature; 北纬28度、东经113度: a hundred kilometres
        if kind is Kind.IDENTITY and PAPERS_AS_PASSPORT.match(match[0]):
            kind = Kind.PASSPORT
        yield kind, *match.span(group)


def _is_account(match: re.Match[str]) -> bool:
    """Whether what stands after a word for WeChat is an account and no word of English."""
    return re.search(r"[0-9_]", match["datum"]) is not None or re.search(r"[:=是为]", match["sign"]) is not None


def _is_ip_6(text: str) -> bool:
    try:
        return IPv6Address(text).version == 6
    except ValueError:
        return False


def _from_province(match: re.Match[str]) -> tuple[int, int]:
    return (match.start() if match[0][0] in PROVINCE else match.start("datum")), match.end("datum")


def _with_dots(low: str) -> Iterator[Span]:
    for match in DECIMAL_PAIR.finditer(low):
        pair = sorted((float(match["one"]), float(match["two"])))
        if all(least <= value <= most for value, (least, most) in zip(pair, CHINA, strict=True)):
            yield Kind.COORDINATES, *match.span()
    for match in IP_4.finditer(low):
        octets = re.split(r"[.:]", match[0])[:4]
        labelled = IP_LABEL.search(low[max(0, match.start() - 10) : match.start()])
        apart = len(octets[0]) >= 2 and sum(map(len, octets)) >= LEAST_DIGITS_OF_4
        if labelled or match["port"] or apart:
            yield Kind.IP_ADDRESS, *match.span()
