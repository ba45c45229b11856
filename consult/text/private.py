"""Finds and masks private data in what people send: telephone, identity number, e-mail, address, accounts,
names.

It would rather mask too much than publish one number: any run of digits that has a mobile number or an
identity number inside is masked whole, whatever else it may be. A moderator sees every find as a proposal and
can undo it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import ric

from consult.text.addresses import find_addresses
from consult.text.selfnaming import find_names
from consult.text.widths import flatten, spell_digits


class Kind(StrEnum):
    """Kinds of private data, the one that says most about a person first."""

    IDENTITY = "identity"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    EMAIL = "email"
    PASSPORT = "passport"
    WECHAT = "wechat"
    QQ = "qq"
    PLATE = "plate"
    ADDRESS = "address"
    NAME = "name"


MARKS = {
    Kind.IDENTITY: "【身份证号】",
    Kind.BANK_CARD: "【银行账号】",
    Kind.PHONE: "【电话】",
    Kind.EMAIL: "【邮箱】",
    Kind.PASSPORT: "【证件号】",
    Kind.WECHAT: "【微信号】",
    Kind.QQ: "【QQ号】",
    Kind.PLATE: "【车牌号】",
    Kind.ADDRESS: "【地址】",
    Kind.NAME: "【姓名】",
}
"""What stands in place of a datum; its length tells nothing of the length of what was there (4 to 6 characters)."""

SHORTEST_KNOWN = 2
RANK = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class PrivateDatum:
    """A private datum in a text: its kind, its place in characters (end exclusive), and the characters there."""

    kind: Kind
    start: int
    end: int
    text: str


Span = tuple[Kind, int, int]

GAP = r"[ .·‐‑‒–—―\-_~]{0,2}"
PREFIX = rf"(?:[(]?(?:\+|00)?86[)]?{GAP})?"
DIGIT_RUN = re.compile(r"[0-9]{11,}[Xx]?")
MOBILE_INSIDE = re.compile(r"1[3-9][0-9]{9}")
IDENTITY_INSIDE = re.compile(r"[0-9]{17}[0-9Xx]")
MOBILE = re.compile(rf"{PREFIX}1{GAP}[3-9](?:{GAP}[0-9]){{9}}[0-9]*")
STARRED_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{0,2}[ \-]?[*xX×●•]{3,8}[ \-]?[0-9]{0,4}(?![0-9])")
LANDLINE = re.compile(
    rf"(?<![0-9])(?:{PREFIX}[(]?0[0-9]{{2,3}}[)]?{GAP}[0-9]{{3,4}}{GAP}[0-9]{{3,5}}|[48]00{GAP}[0-9]{{3}}{GAP}[0-9]{{4}})"
    r"(?:[ ]?(?:转|分机|ext\.?|-)[ ]?[0-9]{1,6})?(?![0-9])"
)
ABROAD = re.compile(r"\+[1-9][0-9]{0,2}(?:[ \-()]{0,2}[0-9]){7,12}(?![0-9])")
TOLD_PHONE = re.compile(
    r"(?i)(?:电话|手机|座机|固话|联系方式|联系号码|致电|拨打|来电|tel|phone|mobile)[号码]{0,2}[^0-9\n]{0,8}"
    r"(?P<datum>[0-9][0-9 \-]{4,14}[0-9])(?![0-9])"
)
DAY = r"(?:19|20)[0-9]{2}GAP(?:0[1-9]|1[0-2])GAP(?:0[1-9]|[12][0-9]|3[01])".replace("GAP", GAP)
SPACED_IDENTITY = re.compile(rf"(?<![0-9])[1-9](?:{GAP}[0-9]){{16}}{GAP}[0-9Xx](?![0-9])")
BORN = re.compile(r"^[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
OLD_IDENTITY = re.compile(
    r"(?<![0-9])(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}"
    r"[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}(?![0-9])"
)
STARRED_IDENTITY = re.compile(r"(?<![0-9])[1-9][0-9]{5,13}[*×●•]{3,14}[0-9]{0,4}[0-9Xx]?(?![0-9])")
TOLD_IDENTITY = re.compile(
    r"(?:身份证|证件|社保卡|社会保障|护照)(?:件|号|号码|编号|卡号)*[ ]?[:是为]?[ ]?"
    r"(?P<datum>[A-Za-z]?[0-9][0-9Xx* \-]{4,22}[0-9Xx])"
)
CARD = re.compile(r"(?<![0-9])[0-9]{4}(?:[ \-]?[0-9]{4}){3}(?:[ \-]?[0-9]{1,3})?(?![0-9])")
TOLD_CARD = re.compile(
    r"(?:卡号|账号|帐号|账户|帐户|银行卡|存折)[号码]{0,2}[^0-9\n]{0,6}(?P<datum>[0-9](?:[ \-]?[0-9]){7,24})"
)
TOLD_PASSPORT = re.compile(r"(?<![A-Za-z0-9])[EGPSDHMegpsdhm][A-Za-z]?[0-9]{8}(?![0-9A-Za-z])")

LOCAL = r"[^\s@<>()\[\]{},;:\"'，。；：、（）【】《》“”！？!?\u3400-\u9fff]"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
DOT = r"(?:[ ]{0,2}[.。][ ]{0,2}(?=(?:com|cn|net|org|edu|gov|cc|me|hk|tw)\b)|\.)"
EMAIL = re.compile(
    rf"(?i){LOCAL}{{0,64}}[ ]{{0,2}}@[ ]{{0,2}}{HOST}(?:{DOT}{HOST})+|{LOCAL}{{1,64}}@{HOST}"
    rf"|{LOCAL}{{0,64}}@[\w\-]{{1,200}}\.[\w.\-]{{1,40}}"
    rf"|{LOCAL}{{1,64}}@[A-Za-z0-9.\-]+|{LOCAL}{{0,64}}@(?=\S{{1,100}}\.\S)"
)
PROVIDER = (
    r"(?:qq|vip\.qq|foxmail|163|126|yeah|sina|sohu|139|189|wo|aliyun|tom|21cn|gmail|hotmail|outlook|live|yahoo|icloud)"
)
ENDING = r"(?:com|cn|net|org|edu|gov|cc|me)(?:\.cn)?"
SPELLED_DOT = r"[ ]{0,2}(?:\.|。|点|\(dot\)|\[dot\]|(?<=[ ])dot(?=[ ]))[ ]{0,2}"
SPELLED_AT = (
    r"[ ]{0,2}(?:[(\[{【<]?(?:at|AT|At|艾特|圈a|圈A)[)\]}】>]|[_\-]at[_\-]"
    r"|艾特|圈[aA]|(?<=[ ])(?:at|AT)(?=[ ])|[#＃★☆&*])[ ]{0,2}"
)
SPELLED_EMAIL = re.compile(
    rf"(?i)[A-Za-z0-9][A-Za-z0-9._+\-]{{1,40}}{SPELLED_AT}(?:{PROVIDER}|{HOST}(?=[ ]?(?:[.。点]|[(\[]?dot)))"
    rf"{SPELLED_DOT}{ENDING}(?![A-Za-z0-9])"
)
PROVIDER_EMAIL = re.compile(
    rf"(?i)(?:邮箱|邮件|email|e-mail|mail)[^A-Za-z0-9\n]{{0,6}}(?P<datum>[A-Za-z0-9][A-Za-z0-9._+\-]{{2,40}}"
    rf"[^A-Za-z0-9\n]{{0,3}}{PROVIDER}{SPELLED_DOT}{ENDING})"
)
WECHAT = re.compile(
    r"(?i)(?:微信|威信|薇信|[v微]信|(?<![a-z])(?:vx|wx|wechat|weixin))(?:同号|号码|账号|号|id)?[ ]?[:是为]?[ ]{0,2}"
    r"(?P<datum>[A-Za-z][A-Za-z0-9_\-]{5,19}|[0-9]{5,11})(?![A-Za-z0-9_])"
)
QQ = re.compile(
    r"(?i)(?<![a-z])(?:qq|扣扣|企鹅)(?:群)?(?:号码|号|群)?[ ]?[:是为]?[ ]{0,7}(?P<datum>[0-9][0-9\-]{4,12})"
)
PLATE = re.compile(
    r"(?i)(?<![A-Za-z0-9])[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼楚使领][A-HJ-Z][ ·.•\-]?"
    r"(?=[A-Z]{0,5}[0-9])(?:[A-HJ-NP-Z0-9]{5,6}|[A-HJ-NP-Z0-9]{4}[挂学警港澳])(?![A-Za-z0-9])"
)

PLAIN: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PHONE, MOBILE),
    (Kind.PHONE, STARRED_MOBILE),
    (Kind.PHONE, LANDLINE),
    (Kind.PHONE, ABROAD),
    (Kind.PHONE, TOLD_PHONE),
    (Kind.IDENTITY, OLD_IDENTITY),
    (Kind.IDENTITY, STARRED_IDENTITY),
    (Kind.IDENTITY, TOLD_IDENTITY),
    (Kind.BANK_CARD, TOLD_CARD),
    (Kind.PASSPORT, TOLD_PASSPORT),
    (Kind.EMAIL, EMAIL),
    (Kind.EMAIL, SPELLED_EMAIL),
    (Kind.EMAIL, PROVIDER_EMAIL),
    (Kind.WECHAT, WECHAT),
    (Kind.QQ, QQ),
    (Kind.PLATE, PLATE),
)


def find(text: str, known: Sequence[str] = ()) -> tuple[PrivateDatum, ...]:
    """Find the private data in a text, in order, none overlapping another.

    `known` are a sender's own name and contacts as given in the form: wherever the text repeats one of them,
    it is found too. Linear in the text's length.
    """
    flat = flatten(text)
    spans = [*_numbers(flat), *_plain(flat), *_spelled_numbers(flat)]
    spans += [(Kind.ADDRESS, start, end) for start, end in find_addresses(flat)]
    spans += [(Kind.NAME, start, end) for start, end in find_names(flat)]
    spans += _known(flat, known)
    return tuple(PrivateDatum(kind, start, end, text[start:end]) for kind, start, end in _merged(spans))


def mask(text: str, data: Sequence[PrivateDatum]) -> str:
    """Give the text with each datum replaced by the mark of its kind (`MARKS`); the rest stays as it is."""
    kept: list[str] = []
    done = 0
    for kind, start, end in _merged([(datum.kind, datum.start, datum.end) for datum in data]):
        kept += (text[done:start], MARKS[kind])
        done = end
    return "".join((*kept, text[done:]))


def _numbers(flat: str) -> Iterator[Span]:
    """Find whole runs of digits that hold a mobile or an identity number, and numbers written with gaps."""
    for run in DIGIT_RUN.finditer(flat):
        if IDENTITY_INSIDE.search(run[0]):
            yield _kind_of_long(run[0]), run.start(), run.end()
        elif MOBILE_INSIDE.search(run[0]):
            yield Kind.PHONE, run.start(), run.end()
    for match in SPACED_IDENTITY.finditer(flat):
        digits = re.sub(r"[^0-9Xx]", "", match[0])
        if BORN.match(digits) or _checks(digits):
            yield Kind.IDENTITY, match.start(), match.end()
    for match in CARD.finditer(flat):
        if luhn.is_valid(re.sub(r"[^0-9]", "", match[0])):
            yield Kind.BANK_CARD, match.start(), match.end()


def _checks(digits: str) -> bool:
    """Say whether the check digit of an 18-digit number is right; its region may be one that no register knows."""
    return str(ric.calc_check_digit(digits)) == digits[-1].upper()


def _kind_of_long(digits: str) -> Kind:
    if not BORN.match(digits) and digits.isdigit() and luhn.is_valid(digits):
        return Kind.BANK_CARD
    return Kind.IDENTITY


def _plain(flat: str) -> Iterator[Span]:
    for kind, pattern in PLAIN:
        if kind is Kind.EMAIL and pattern is EMAIL and "@" not in flat:
            continue
        group = "datum" if "datum" in pattern.groupindex else 0
        for match in pattern.finditer(flat):
            yield kind, match.start(group), match.end(group)


def _spelled_numbers(flat: str) -> Iterator[Span]:
    """Find numbers whose digits are Chinese numerals or look-alike letters: 一三八…, 138零零…, l38OO…."""
    spelled = spell_digits(flat)
    if spelled == flat:
        return
    for run in DIGIT_RUN.finditer(spelled):
        if MOBILE_INSIDE.search(flat, *run.span()) or IDENTITY_INSIDE.search(flat, *run.span()):
            continue  # found in plain digits already; 张三13812345678 keeps its 三
        if IDENTITY_INSIDE.search(run[0]) or MOBILE_INSIDE.search(run[0]):
            kind = Kind.IDENTITY if IDENTITY_INSIDE.search(run[0]) else Kind.PHONE
            yield kind, run.start(), run.end()


def _known(flat: str, known: Sequence[str]) -> Iterator[Span]:
    for one in known:
        wanted = flatten(one).strip()
        if len(wanted) < SHORTEST_KNOWN:
            continue
        kind = Kind.EMAIL if "@" in wanted else Kind.PHONE if any(c.isdigit() for c in wanted) else Kind.NAME
        for match in re.finditer(re.escape(wanted), flat, re.IGNORECASE):
            yield kind, match.start(), match.end()


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Join what overlaps under the kind that says most; give the rest in order."""
    current: Span | None = None
    for kind, start, end in sorted((span for span in spans if span[1] < span[2]), key=lambda span: span[1:]):
        if current is not None and start < current[2]:
            current = (min(current[0], kind, key=RANK.__getitem__), current[1], max(current[2], end))
            continue
        if current is not None:
            yield current
        current = (kind, start, end)
    if current is not None:
        yield current
