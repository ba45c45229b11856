"""Finds numbers that lead to a person in runs of digits: mobile and fixed-line telephones, identity and bank cards.

A run is digits with up to three signs, blanks or line ends between any two. Whether some of its groups are a number is
decided by their count, their shape and, where the number has one, its check digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from stdnum import luhn
from stdnum.cn import ric

from consult.text.privacy.kinds import Kind, Span
from consult.text.privacy.normalised import Normalised

SIGN = r"(?:[^\w%‰¥$€]|_)"
RUN = re.compile(rf"[0-9](?:{SIGN}{{0,3}}[0-9]){{6,}}")
GROUP = re.compile(r"[0-9]+")
PLAIN = re.compile(r"[0-9]{11,}")
MOBILE_DIGITS = 11
BODY_DIGITS = 17
"""Digits of an identity number before its check digit."""
MOBILE = re.compile(r"1[3-9][0-9]{9}")
IDENTITY_INSIDE = re.compile(r"[0-9]{17}[0-9Xx]")
THREE_FOUR_FOUR = re.compile(rf"1[3-9][0-9]{SIGN}{{1,3}}[0-9]{{4}}{SIGN}{{1,3}}[0-9]{{4}}")
"""A mobile number as people group it, even with other digits right before or after it."""
CHECK_X = re.compile(rf"{SIGN}{{0,2}}[Xx](?![A-Za-z])")
BORN = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
OLD_IDENTITY = re.compile(
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}$"
)
AREA_CODE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})")
FIXED_SHAPES = {(3, 8), (4, 7), (4, 8), (3, 4, 4), (4, 3, 4), (4, 4, 4), (4, 4, 3), (7, 4), (7, 3, 4), (8, 4)}
LOCAL_SHAPES = {(7,), (8,), (3, 4), (4, 4), (4, 3), (2, 2, 2, 2), (1,) * 7, (1,) * 8}
EXTENSION = re.compile(r"(?i)[ (]{0,2}(?:转|分机|ext\.?|-)[ ]?[0-9]{1,6}(?![0-9])")
COUNTRY_CODE = re.compile(r"[(]?(?:\+|00)?86[)]?[^\w\n]{0,3}$")
OPEN_BRACKET = re.compile(r"[(\[]$")
PHONE_CUE = re.compile(
    r"(?i)(?:电话|传真|手机|座机|固话|热线|联系方式|联系号码|致电|拨打|拨|来电|打给|联系我|短信|号码是|tel|fax|phone|mobile|call|[☎☏✆📞📱📲℡])"
    r"(?:号码|号)?[^0-9\n。;]{0,8}$"
)
OF_A_PAPER = re.compile(
    r"(?:发票号?|许可证号|备案?号?|证书号|案号|合同号|订单号|流水号|档案号)(?:码)?[^0-9\n。;]{0,5}$"
)
"""What isn't a telephone though it is set apart as one: 发票号0571-88886666."""
SHORT_NUMBER = re.compile(r"(?:短号|虚拟网|集群网|小号)[号码]{0,2}[ ]?[:是为]?[ ]?(?P<datum>[0-9]{3,6})(?![0-9])")
QUANTITY = re.compile(r"[ ]?(?:元|万|亿|千|百|吨|平|米|户|人|名|个|公里|千米|亩|%|多|余|㎡|m|号文|年|月)")
AMOUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
DECIMALS = re.compile(r"\.[0-9]|[ ]?元")
DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$")
STARRED_MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{0,2}[ \-]?[*xX×●•]{3,8}[ \-]?[0-9]{0,4}(?![0-9])")
STARRED_IDENTITY = re.compile(r"(?<![0-9])[1-9][0-9]{5,13}[*×●•]{3,14}[0-9]{0,4}[0-9Xx]?(?![0-9])")
ABROAD = re.compile(r"\+[1-9][0-9]{0,2}(?:[ \-()]{0,2}[0-9]){7,12}(?![0-9])")
STARS = re.compile(r"[*×●•]{3}|[xX]{3}")
BEFORE_CHARACTERS = 20
LONGEST = 19
MOST_GROUPS = 20
LABELLED_LENGTHS = range(7, 13)
CARD_LENGTHS = range(15, 20)
CARD_DIGITS, CARD_GROUPS, UNION_PAY = 16, 4, "62"
"""Of a card whose check digit is wrong: digits and groups at least, and what a card of a bank here begins with."""
PAYING = re.compile(r"[打转退付汇存赔缴]|账|帐|卡|银行|款")
FEW_GROUPS = 5

Groups = list[tuple[int, int]]


def find_numbers(flat: Normalised) -> Iterator[Span]:
    """Yield the spans of numbers; they may overlap."""
    for run in RUN.finditer(flat.spelled):
        yield from _in_run(flat, run.start(), run.end())
    if STARS.search(flat.text):
        for kind, pattern in ((Kind.PHONE, STARRED_MOBILE), (Kind.IDENTITY, STARRED_IDENTITY)):
            yield from ((kind, *match.span()) for match in pattern.finditer(flat.text))
    if "+" in flat.text:
        yield from ((Kind.PHONE, *match.span()) for match in ABROAD.finditer(flat.spelled))
    if "号" in flat.text:
        yield from ((Kind.PHONE, *match.span("datum")) for match in SHORT_NUMBER.finditer(flat.text))


def _in_run(flat: Normalised, start: int, end: int) -> Iterator[Span]:
    groups = [match.span() for match in GROUP.finditer(flat.spelled, start, end)]
    for match in THREE_FOUR_FOUR.finditer(flat.spelled, start, end):
        first = max(group[0] for group in groups if group[0] <= match.start())
        yield Kind.PHONE, first, min(group[1] for group in groups if group[1] >= match.end())
    at = 0
    while at < len(groups):
        whole = list(_whole_group(flat, *groups[at]))
        yield from whole
        span, taken = (None, 1) if whole else _several_groups(flat, groups[at : at + MOST_GROUPS])
        if span is not None:
            yield span
        at += taken


def _whole_group(flat: Normalised, start: int, end: int) -> Iterator[Span]:
    """Yield what in a group holds a mobile or identity number, whatever else its digits may be.

    Digits in plain characters come first: the 三 of 张三13812345678 belongs to the name.
    """
    if end - start < MOBILE_DIGITS:
        return
    plain = [(start + match.start(), start + match.end()) for match in PLAIN.finditer(flat.text[start:end])]
    spans = [span for part in plain if (span := _holding(flat, *part))]
    whole = None if spans else _holding(flat, start, end)
    yield from spans or ([whole] if whole else [])


def _holding(flat: Normalised, start: int, end: int) -> Span | None:
    digits = flat.spelled[start : end + 1] if flat.spelled[end : end + 1] in "Xx" else flat.spelled[start:end]
    if len(digits) == BODY_DIGITS and BORN.match(digits) and (check := CHECK_X.match(flat.text, end)):
        return Kind.IDENTITY, start, check.end()
    if IDENTITY_INSIDE.search(digits):
        return _kind_of_long(digits), start, start + len(digits)
    return (Kind.PHONE, start, end) if MOBILE.search(digits) else None


def _kind_of_long(digits: str) -> Kind:
    if not BORN.match(digits) and digits.isdigit() and luhn.is_valid(digits):
        return Kind.BANK_CARD
    return Kind.IDENTITY


def _several_groups(flat: Normalised, groups: Groups) -> tuple[Span | None, int]:
    """Return the first number that groups from the first one on make, and how many groups it takes."""
    first = groups[0][0]
    digits = ""
    fixed: tuple[Span | None, int] = (None, 1)
    for taken, (start, end) in enumerate(groups, 1):
        digits += flat.spelled[start:end]
        if len(digits) > LONGEST:
            break
        kind = _kind(flat, digits, groups[:taken])
        if kind is Kind.IDENTITY and len(digits) == 17:
            end = _after_check(flat.text, end)
        if (kind is Kind.PHONE and digits[0] == "0") or (kind is Kind.PHONE and len(digits) < 10):
            fixed = (kind, *_with_surroundings(flat.text, first, end)), taken  # a longer one may follow: 0571-8888-666
        elif kind is None and _is_mistyped_card(flat.text, digits, groups[:taken]):
            fixed = (Kind.BANK_CARD, first, end), taken  # its last group may follow
        elif kind is not None:
            return (kind, *_with_surroundings(flat.text, first, end)), taken
    return fixed


def _kind(flat: Normalised, digits: str, groups: Groups) -> Kind | None:
    n = len(digits)
    shape = tuple(end - start for start, end in groups)
    end = groups[-1][1]
    if _is_identity(flat.text, digits, end) and _is_one_number(flat.text, groups):
        return Kind.IDENTITY
    if n in CARD_LENGTHS and luhn.is_valid(digits) and digits[0] in "3456789" and _card_shape(shape):
        return Kind.BANK_CARD
    if n == 11 and MOBILE.match(digits) and _mobile_shape(flat.text, groups, shape):
        return Kind.PHONE
    if n in LABELLED_LENGTHS and _is_fixed_line(flat, digits, groups, shape):
        return Kind.PHONE
    return None


def _is_identity(text: str, digits: str, end: int) -> bool:
    n = len(digits)
    if n == 18:
        return BORN.match(digits) is not None or _checks(digits)
    if n == 17:
        return BORN.match(digits) is not None and CHECK_X.match(text, end) is not None
    return n == 15 and OLD_IDENTITY.match(digits) is not None


def _is_one_number(text: str, groups: Groups) -> bool:
    """Whether groups are one number and not dates and times beside each other."""
    between = {text[left[1] : right[0]] for left, right in pairwise(groups)}
    return len(between) <= 1 or (len(groups) <= FEW_GROUPS and not any(":" in signs for signs in between))


def _checks(digits: str) -> bool:
    """Whether the check digit of an 18-digit number is right; the region code is not checked."""
    return str(ric.calc_check_digit(digits)) == digits[-1].upper()


def _after_check(text: str, end: int) -> int:
    check = CHECK_X.match(text, end)
    return check.end() if check else end


def _is_mistyped_card(text: str, digits: str, groups: Groups) -> bool:
    """Whether a number whose check digit is wrong is set apart as a card is, or stands after a word for paying."""
    if not CARD_DIGITS <= len(digits) <= LONGEST or digits[0] not in "3456789":
        return False
    shape = tuple(end - start for start, end in groups)
    if len(shape) >= CARD_GROUPS and set(shape[:-1]) == {4} and shape[-1] <= 4:
        return _is_one_number(text, groups)
    paid = PAYING.search(text[max(0, groups[0][0] - BEFORE_CHARACTERS) : groups[0][0]]) is not None
    return paid and digits.startswith(UNION_PAY) and _card_shape(shape)


def _card_shape(shape: tuple[int, ...]) -> bool:
    return len(shape) == 1 or (set(shape[:-1]) == {4} and shape[-1] <= 4) or set(shape) == {1} or len(shape) == 2


def _mobile_shape(text: str, groups: Groups, shape: tuple[int, ...]) -> bool:
    """Whether eleven digits are set apart as a number is, not as a list, a time or an amount."""
    if shape in {(11,), (3, 4, 4)}:
        return True
    between = {text[left[1] : right[0]] for left, right in pairwise(groups)}
    if AMOUNT.fullmatch(text, groups[0][0], groups[-1][1]):
        return False
    if max(shape[1:]) == 1:
        return True
    if any(text[start:end][:2] in {"19", "20"} for start, end in groups if end - start == 4) and len(between) > 1:
        return False
    if len(between) == 1 and (max(shape) - min(shape) <= 1):
        return len(shape) <= 6 or max(shape) == 1
    return len(shape) <= FEW_GROUPS and min(shape[1:]) >= 2 and ":" not in "".join(between)


def _is_fixed_line(flat: Normalised, digits: str, groups: Groups, shape: tuple[int, ...]) -> bool:
    """Whether digits are a fixed-line number: with an area code, or after a word for telephone.

    Service numbers (400, 800, five digits and less) aren't anybody's own.
    """
    n, (start, end) = len(digits), (groups[0][0], groups[-1][1])
    if n == 10 and digits[:3] in {"400", "800"}:
        return False
    before = flat.text[max(0, start - BEFORE_CHARACTERS) : start]
    if OF_A_PAPER.search(before) and not PHONE_CUE.search(before):
        return False
    area = AREA_CODE.match(digits)
    plain = GROUP.fullmatch(flat.text, start, end) is not None or len(shape) > 1
    if area and plain and n - area.end() in {7, 8} and digits[area.end()] in "2345678":
        return shape in FIXED_SHAPES or (len(shape) == 1 and n >= 10)
    if digits[0] == "0" and shape in {(4, 8), (4, 7), (3, 8)} and not DECIMALS.match(flat.text, end):
        return True
    if QUANTITY.match(flat.text, end) or DATE.match(digits):
        return False
    if PHONE_CUE.search(before):
        return shape in LOCAL_SHAPES or (n > 8 and len(shape) == 1)
    return False


def _with_surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a number over its country code and its extension."""
    code = COUNTRY_CODE.search(text[max(0, start - 10) : start])
    if code:
        start -= len(code[0])
    elif OPEN_BRACKET.search(text[:start][-1:]) and re.search(r"[)\]]", text[start:end]):
        start -= 1
    extension = EXTENSION.match(text, end)
    return start, extension.end() if extension else end
