"""Recognises the end of a body that the person did not write: signature, device, disclaimer."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"-- ?\Z")
_BRAND = (
    r"(?:i ?phone|i ?pad|android|安卓|邮箱大师|outlook|foxmail|gmail|华为|huawei|鸿蒙|harmonyos|小米|xiaomi|redmi|红米"
    r"|荣耀|honor|vivo|oppo|realme|一加|oneplus|魅族|samsung|galaxy|windows)"
)
_DEVICE = rf"(?:{_BRAND}|手机|手機|平板|电脑|邮箱|郵箱|e?mail|邮件|客户端|企业微信|微信|钉钉|飞书)"
_AROUND = r"[\w +·.-]{0,24}"
_SENT_FROM = re.compile(
    r"[ \t]*[-—<\[【(（]*(?:"
    r"(?:(?:发自|發自|发送自|傳送自|寄自|从我的|從我的|通过我的)(?:我的)?|来自(?:我的)?|get|获取|取得"
    r"|sent (?:from|via|with)(?: my)?)"
    rf"[ \t]{{0,2}}\[?{_AROUND}{_DEVICE}{_AROUND}\]?"
    rf"|(?:从|從|由|通过)(?:我的{_AROUND}{_DEVICE}|[ \t]?{_BRAND}){_AROUND}[ \t]?(?:发送|傳送|发出|寄出)"
    r"|签名由[ \t]?[\w ]{1,20}?[ \t]?定制"
    r")(?:[<(]https?://[^\s<>()]{1,200}[>)])?[。.>\])）】]*\Z",
    re.I,
)
_TABLE_LINE = re.compile(r"[ \t|]*\|[ \t|]*\Z")
_DISCLAIMER = re.compile(
    r"[ \t]*[*【\[(（]*(?:免责声明|保密声明|保密提示|保密通知|(?:本|此)(?:邮件|郵件|電郵)(?:及其?|所|包含|含有|仅|内容)"
    r"|this (?:e-?mail|message)[^.]{0,80}(?:confidential|intended)|confidentiality notice|disclaimer)",
    re.I,
)
RULE_LINE = re.compile(r"[ \t]*[-_=*—－]{5,120}[ \t]*\Z")


def without_ending(lines: list[str]) -> tuple[list[str], list[str]]:
    """Take the signature, the advertisement of the mail program and the disclaimer off the end."""
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line.rstrip("\r")) and len(lines) - number <= 25 and joined(lines[:number]):
            return _trimmed(lines[:number], lines[number:])
    return _trimmed(lines, [])


def _trimmed(written: list[str], ending: list[str]) -> tuple[list[str], list[str]]:
    for number in range(max(0, len(written) - 12), len(written)):
        if _DISCLAIMER.match(written[number]) and joined(written[:number]):
            written, ending = written[:number], written[number:] + ending
            break
    while written:
        line = written[-1].strip()
        if not is_of_a_program(line):
            break
        if line:
            ending = [written[-1], *ending]
        written = written[:-1]
    return written, ending


def is_of_a_program(line: str) -> bool:
    """Whether a line was not written by a person: empty, a rule, 发自我的 iPhone."""
    plain = line.strip()
    return not plain or any(of.match(plain) for of in (_SENT_FROM, RULE_LINE, _TABLE_LINE))


def joined(lines: list[str]) -> str:
    """Return lines as a text, with no more than one empty line between them."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip()
