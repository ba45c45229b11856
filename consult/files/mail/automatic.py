"""Telling what a person wrote from what a program sent: bounces, absence notes, lists, read receipts, our own mail."""

from __future__ import annotations

import re
from collections.abc import Collection

from consult.files.mail import addresses, headers
from consult.files.mail.model import Auto, Bounce
from consult.files.mail.structure import Part

OWN_MARK = "x-consultation-mail"
"""The field that every message of ours carries (see `compose`)."""

_SYSTEM_SENDER = re.compile(
    r"(?:mailer-?daemon|mail-?delivery|bounce[sd]?|auto-?reply|autoresponder)(?:[+-].*)?\Z",
    re.I,
)
# Reports come from it; in a small firm a person may write from it, too.
_POSTMASTER = re.compile(r"postmaster(?:[+-].*)?\Z", re.I)
_BOUNCE_SUBJECT = re.compile(
    r"\s*(?:\W{0,3}(?:系统)?退信|退件|来自.{1,40}的退信|投递失败|邮件(?:投递|发送|传送)(?:失败|不成功|状态)"
    r"|无法(?:投递|送达|传递)|未送达|未能送达|邮件(?:未能|无法)(?:送达|投递|发送)|mail system error"
    r"|undeliver(?:ed|able)|delivery (?:status notification|failure|has failed|delayed)|mail delivery (?:failed"
    r"|failure|subsystem)"
    r"|returned mail|failure notice|non-?delivery|message (?:not delivered|undeliverable)"
    r"|warning: message .{0,60}delayed)",
    re.I,
)
# "自动回复: …", "【自动回复】", "Automatic reply: …", never "自动回复功能的建议": a delimiter or the end must follow.
_ABSENCE_SUBJECT = re.compile(
    r"\s*(?:re|回复|答复)?\s*[:：]?\s*[\[【(（]?\s*(?:自动回复|自动答复|自动应答|自動回覆|自動回復|自動答覆"
    r"|休假自动回复|外出自动回复|外出时的自动答复|外出通知"
    r"|不在办公室|auto(?:matic(?:ally)?)?[- ]?(?:reply|response|generated reply)|autoreply"
    r"|out[- ]of[- ](?:the )?office(?: (?:auto)?reply)?"
    r"|vacation(?: (?:reply|response|notice))?|away from (?:my )?(?:mail|office))\s*(?:[:：\]】)）!！-]|\Z)",
    re.I,
)
_READ_SUBJECT = re.compile(
    r"\s*(?:已读|未读|阅读回执|已讀|讀取回條|read receipt|read|not read|return receipt(?: \(displayed\))?)\s*[:：-]",
    re.I,
)
_RESPONDERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply", "x-autoreply-from", "x-autoresponse",
    "x-auto-reply", "x-cron-env", "x-fc-machinegenerated", "x-qq-autoreply",
)  # fmt: skip
_LIST_FIELDS = ("list-id", "list-post", "list-help", "list-owner", "x-mailing-list", "mailing-list")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SMTP_CODE = re.compile(r"\b([45])(\d)\d[ -]")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}")
_MESSAGE_ID = re.compile(r"message-id:\s*<([^<>\s]{3,300})>", re.I)


def classify(root: Part, sender: str, subject: str, own: Collection[str]) -> Auto:
    """Say what sent a message. `own` are the addresses that the platform itself writes from."""
    fields = root.fields
    local = sender.partition("@")[0]
    null_path = fields.has("return-path") and not fields.first("return-path").strip(b" \t<>")
    from_system = null_path or bool(_SYSTEM_SENDER.match(local))
    reports = from_system or bool(_POSTMASTER.match(local))
    if report := _report(root, reports):
        return report
    if (_BOUNCE_SUBJECT.match(subject) and reports) or fields.has("x-failed-recipients"):
        return Auto.BOUNCE
    if fields.has(OWN_MARK) or sender.lower() in {address.lower() for address in own}:
        return Auto.OWN
    if any(fields.has(name) for name in _LIST_FIELDS):
        return Auto.LIST
    if _was_automatic(fields) or _ABSENCE_SUBJECT.match(subject) or from_system:
        return Auto.AUTO_REPLY
    if _READ_SUBJECT.match(subject) and fields.has("in-reply-to") and not root.is_multipart:
        return Auto.READ_RECEIPT
    return _bulk(fields)


def _report(root: Part, from_system: bool) -> Auto | None:
    """Say what a report of a mail system is (RFC 3464, RFC 8098); one that a person passes on is none."""
    kind = root.parameters.get("report-type", "").lower() if root.media_type == "multipart/report" else ""
    parts = {part.media_type for part in root.walk()} if root.media_type == "multipart/report" or from_system else set()
    if kind == "delivery-status" or parts & {"message/delivery-status", "message/global-delivery-status"}:
        return Auto.BOUNCE
    if kind == "disposition-notification" or "message/disposition-notification" in parts:
        return Auto.READ_RECEIPT
    return None


def _was_automatic(fields: headers.Fields) -> bool:
    """Say whether a field states that no person sent this (RFC 3834, 5, and what programs wrote before it)."""
    submitted = _word(fields.first("auto-submitted"))
    if submitted and submitted != "no":
        return True
    if any(fields.has(name) and _word(fields.first(name)) not in ("no", "false", "0") for name in _RESPONDERS):
        return True
    return _word(fields.first("precedence")) in ("auto_reply", "auto-reply", "autoreply")


def _bulk(fields: headers.Fields) -> Auto:
    precedence = _word(fields.first("precedence"))
    if precedence == "list":
        return Auto.LIST
    return Auto.BULK if precedence in ("bulk", "junk") or fields.has("list-unsubscribe") else Auto.NONE


def _word(value: bytes) -> str:
    return re.split(rb"[\s;(]", value.strip().lower(), maxsplit=1)[0].decode("latin-1").strip("\"'")


def wants_no_answer(fields: headers.Fields) -> bool:
    """Say whether the sender asks that no program answers (MS-OXCMAIL, X-Auto-Response-Suppress)."""
    suppressed = {_word(item) for item in fields.first("x-auto-response-suppress").split(b",")}
    return bool(suppressed & {"all", "oof", "autoreply"})


def read_bounce(root: Part, text: str) -> Bounce:
    """Read a report of non-delivery: from its machine-readable part (RFC 3464), else from what it says."""
    details: dict[str, str] = {}
    original = ""
    for part in root.walk():
        if part.media_type == "message/delivery-status":
            details = details or _status_fields(part.content()[:50_000])
        elif part.media_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers"):
            found = _MESSAGE_ID.search(part.content()[:20_000].decode("latin-1"))
            original = original or (found[1] if found else "")
    failed = addresses.parse(root.fields.first("x-failed-recipients"))
    recipient = details.get("recipient") or (failed[0][1] if failed else "") or _named_recipient(root, text)
    status = details.get("status") or _named_status(text)
    found = _MESSAGE_ID.search(text[:50_000])
    return Bounce(
        recipient=recipient,
        status=status,
        action=details.get("action", ""),
        diagnostic=details.get("diagnostic", "")[:500],
        original_message_id=original or (found[1] if found else ""),
    )


def _status_fields(data: bytes) -> dict[str, str]:
    """Read the fields about the first recipient that failed."""
    found: dict[str, str] = {}
    for block in re.split(rb"\r?\n[ \t]*\r?\n", data.strip()):
        items, _, _ = headers.split(block + b"\r\n\r\n", 0, len(block) + 4)
        values = dict(reversed(items))
        address = values.get("final-recipient") or values.get("original-recipient")
        if address is None:
            continue
        pairs = addresses.parse(address.rpartition(b";")[2])
        action = _word(values.get("action", b""))
        entry = {
            "recipient": pairs[0][1] if pairs else "",
            "action": action,
            "status": _match(_STATUS, values.get("status", b"")) or _match(_STATUS, values.get("diagnostic-code", b"")),
            "diagnostic": headers.decode_words(values.get("diagnostic-code", b"")),
        }
        if not found or (action == "failed" and found["action"] != "failed"):
            found = entry
    return found


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
