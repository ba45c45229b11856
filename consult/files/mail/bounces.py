"""Reports of non-delivery: recognises them by their wording and reads them (RFC 3464)."""

from __future__ import annotations

import re

from consult.files.mail import addresses, headers
from consult.files.mail.message import Bounce
from consult.files.mail.mime_structure import Part

_LOOKED_AT = 3_000
"""Characters at the start of a body in which a report identifies itself."""
_SUBJECT = re.compile(
    r"\s*\W{0,3}(?:(?:邮件|邮箱|邮局|系统|email)*(?:退信|退件|被?退回)|来自.{1,40}的退信|(?:投递|传递)(?:失败|延迟|状态)"
    r"|(?:电子)?邮件(?:投递|发送|传送|传递|传输|送达)(?:失败|不成功|状态|延迟|错误)|无法(?:投递|送达|传递)"
    r"|(?:电子)?(?:邮件)?(?:未送达|未能送达|已延迟)|(?:电子)?邮件(?:未能|无法)(?:送达|投递|发送|传递)"
    r"|(?:e-?)?mail system error|undeliver(?:ed|able)|(?:returned|failed) (?:e-?)?mail|mail failed"
    r"|failure (?:notice|delivery)|non-?delivery|delayed:"
    r"|(?:(?:e-?mail|message|permanent)\s){0,2}delivery (?:status|fail|has failed|delayed|problem|error|report|warning)"
    r"|mail delivery (?:fail|subsystem|warning|problem|error|report|status|delayed)"
    r"|(?:your )?(?:(?:e-?)?mail|message)\b.{0,60}\b(?:undeliverable|delayed|not (?:been )?(?:yet )?(?:be )?delivered)"
    r"|warning: (?:message .{0,60}delayed|could not send))",
    re.I,
)
# What a mail system says to whom it returns a message. A person says "my message came back".
_STATEMENT = re.compile(
    r"(?:您|你)(?:们)?(?:的|所?发|尝试|试图|于|在|上)[^。\n]{0,120}(?:退回|退信|未送达|延迟|拒收|被拒绝"
    r"|(?:无法|未能|没能|不能)[^。，\n]{0,10}(?:投递|送达|发送|传递|传送|接收)|(?:投递|发送|传递|传送|送达)失败)"
    r"|邮件(?:无法|未能|不能)(?:发送|投递|送达|传递)[到至给]"
    r"|(?:无法|未能|不能)(?:将(?:您的)?邮件)?(?:投递|送达|传递|发送)[到至给]"
    r"|(?:退信|退回|失败)原因\W|传递[到给]以下收件人|以下收件人.{0,20}(?:失败|无法|延迟)"
    r"|收件人(?:地址)?不存在|邮箱(?:已满|不存在)"
    r"|(?:could not|cannot|can't|was not|wasn't|(?:not|wasn't|un)[ -]?able to)(?: be)? deliver(?:ed)?\b"
    r"|\bundeliverable\b|failed recipients?\b|returned to (?:you|sender)"
    r"|created (?:automatically )?by (?:the )?mail delivery"
    r"|deliver(?:y|ing)\b[\s\S]{0,160}?\b(?:fail(?:ed|ure)|postponed|delayed|impossible)"
    r"|this is the (?:mail system|mail delivery|qmail)|user unknown|unknown user|no such user|not a valid user"
    r"|permanent(?: fatal)? (?:delivery )?errors?\b",
    re.I,
)
_OF_A_PERSON = re.compile(r"我(?!们)|本人|贵[局委厅府单司]")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SMTP_CODE = re.compile(r"(?<![\d.])([45])([0-57])\d(?![\d.年月日元条款万户人个%])")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_MESSAGE_ID = re.compile(r"message-id:\s*<([^<>\s]{3,300})>", re.I)


def is_named(subject: str) -> bool:
    """Say whether a subject is one that mail systems give to a report of non-delivery."""
    return bool(_SUBJECT.match(subject))


def is_stated(text: str) -> bool:
    """Whether a text states, as a mail system does, that a message was not delivered."""
    return bool(_STATEMENT.search(text[:_LOOKED_AT]))


def is_stated_by_a_program(text: str, *, encloses: bool) -> bool:
    """Whether a text states so with recipient and code or above a message, and without a person speaking.

    For reports sent from an address that looks like a person's. `encloses`: a message is attached.
    """
    start = text[:_LOOKED_AT]
    precise = encloses or _ADDRESS.search(start) or _STATUS.search(start) or _SMTP_CODE.search(start)
    return bool(precise and is_stated(start) and not _OF_A_PERSON.search(start))


def details(root: Part, text: str) -> Bounce:
    """Read a report of non-delivery: from its machine-readable part (RFC 3464), else from what it says."""
    fields: dict[str, str] = {}
    original = ""
    for part in root.walk():
        if part.media_type == "message/delivery-status":
            fields = fields or _status_fields(part.content()[:50_000])
        elif part.media_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            match = _MESSAGE_ID.search(part.content()[:20_000].decode("latin-1"))
            original = original or (match[1] if match else "")
    failed = addresses.parse(root.fields.first("x-failed-recipients"))
    recipient = fields.get("recipient") or (failed[0][1] if failed else "") or _named_recipient(root, text)
    status = fields.get("status") or _named_status(text)
    match = _MESSAGE_ID.search(text[:50_000])
    return Bounce(
        recipient=recipient,
        status=status,
        action=fields.get("action", ""),
        diagnostic=fields.get("diagnostic", "")[:500],
        original_message_id=original or (match[1] if match else ""),
    )


def _status_fields(data: bytes) -> dict[str, str]:
    """Read the fields about the first recipient that failed."""
    failed: dict[str, str] = {}
    for block in re.split(rb"\r?\n[ \t]*\r?\n", data.strip()):
        items, _, _ = headers.split(block + b"\r\n\r\n", 0, len(block) + 4)
        values = dict(reversed(items))
        address = values.get("final-recipient") or values.get("original-recipient")
        if address is None:
            continue
        pairs = addresses.parse(address.rpartition(b";")[2])
        action = headers.first_word(values.get("action", b""))
        entry = {
            "recipient": pairs[0][1] if pairs else "",
            "action": action,
            "status": _match(_STATUS, values.get("status", b"")) or _match(_STATUS, values.get("diagnostic-code", b"")),
            "diagnostic": headers.decode_words(values.get("diagnostic-code", b"")),
        }
        if not failed or (action == "failed" and failed["action"] != "failed"):
            failed = entry
    return failed


def _match(pattern: re.Pattern[str], value: bytes) -> str:
    match = pattern.search(value[:2_000].decode("latin-1"))
    return match[1] if match else ""


def _named_status(text: str) -> str:
    """Find a status in the words: `5.1.1`, else what class a reply code such as `550` belongs to."""
    head = text[:20_000]
    if match := _STATUS.search(head):
        return match[1]
    code = _SMTP_CODE.search(head)
    return f"{code[1]}.0.0" if code else ""


def _named_recipient(root: Part, text: str) -> str:
    """Find the first address in the words that is neither the reporter's nor the one it reports to."""
    known = {address for name in ("from", "to", "sender") for _, address in addresses.parse(root.fields.first(name))}
    for match in _ADDRESS.finditer(text[:20_000]):
        address = addresses.clean(match[0])
        if address not in known and "daemon" not in address:
            return address
    return ""
