"""Distinguishes personal mail from automatic mail: bounces, absence notes, lists, read receipts, our own mail.

An explicit header field decides. A subject that people also write does not: the body must agree.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from consult.files.mail import addresses, bounces, headers, machine_wording, quoted_text
from consult.files.mail.message import Auto
from consult.files.mail.mime_structure import Part
from consult.text.replies import sounds_like_opinion

OWN_MARK = "x-consultation-mail"
"""The field that every message of ours carries (see `compose`)."""

_SYSTEM_SENDER = re.compile(
    r"(?:mailer-?daemon|mdaemon|mail[-._]?delivery(?:[-._]?(?:sub)?system)?|bounce[sd]?|auto-?reply|autoresponder"
    r"|microsoftexchange[0-9a-f]{32})(?:[+-].*)?\Z",
    re.I,
)
# Reports come from it; in a small firm a person may write from it, too.
_POSTMASTER = re.compile(r"postmaster(?:[+-].*)?\Z", re.I)
_AUTOMATIC_REPLY = (
    r"(?:系统|假期|休假|外出|度假|节假日|邮箱)?(?:自动|自動)(?:回复|答复|应答|回覆|回復|答覆)"
    r"|auto(?:matic(?:ally)?)?[- ]?(?:reply|response|generated reply)|autoreply"
)
# "自动回复: …", "【自动回复】", "Automatic reply: …", never "自动回复功能的建议": a delimiter or the end must follow.
_ABSENCE_SUBJECT = re.compile(
    rf"\s*[\[【(（]?\s*(?:{_AUTOMATIC_REPLY}|外出时的自动答复|外出通知|不在办公室"
    r"|out[- ]of[- ](?:the )?office(?: (?:auto)?reply)?"
    r"|vacation(?: (?:reply|response|notice))?|away from (?:my )?(?:mail|office))\s*(?:[:：\]】)）!！-]|\Z)"
    # "… (自动回复)"; "AUTO: Smith, John is out of the office", as Notes writes it
    rf"|.{{0,300}}[\[【(（]\s*(?:{_AUTOMATIC_REPLY})\s*[\]】)）]\s*\Z"
    r"|(?:auto|自动)\s*[:：].{0,80}(?:out of (?:the )?office|\baway\b|不在办公室|外出|出差|休假)",
    re.I,
)
_ANSWERED = re.compile(r"\s*(?:re|回复|答复)\s*[:：]", re.I)
_ABSENCE_WORDS = re.compile(
    r"(?:已|已经)?收到|不在|休假|度假|假期|出差|外出|尽快(?:回|答)复|自动(?:回|答)复|自動"
    r"|\baway\b|vacation|out of (?:the )?office|holiday"
    r"|received your",
    re.I,
)
_ABSENCE_CHARACTERS = 200
# "这是来自QQ邮箱的假期自动回复邮件。"
_STATED_REPLY = re.compile(
    r"\s*(?:这是|此为|本邮件为|此邮件为)(?:(?!关于|对|意见|建议)[^。\n]){0,20}自动(?:回复|答复|应答)"
    r"(?:的?(?:邮件|信件|信息|消息))?\s*(?:[，。！,.!;；]|\n|\Z)"
    r"|\s*[*\[(]*this is an? auto(?:matic(?:ally)?|mated)?[- ](?:generated )?(?:e-?mail )?(?:reply|response)\b",
    re.I,
)
_READ_SUBJECT = re.compile(
    r"\s*(?:已读|未读|阅读回执|已读回执|邮件收条|已讀|讀取回條|read receipt|read|not read"
    r"|return receipt(?: \(displayed\))?)\s*[:：-]",
    re.I,
)
_READ_WORDS = re.compile(
    r"(?:您|你)[^。]{0,80}(?:邮件|郵件)[^。]{0,200}(?:已|被|未经)[^。\n]{0,30}(?:阅读|打开|查看|显示|讀取|删除)"
    r"|对方已(?:阅读|打开|查看)|已(?:阅读|打开|查看)了?(?:您|你)|(?:阅读|已读)回执|邮件收条|讀取回條"
    r"|(?:message|mail)\b.{0,300}\b(?:read|displayed|opened|deleted)\b|receipt",
    re.I | re.S,
)
_READ_CHARACTERS = 600
# "已接受：座谈会", "Canceled: meeting": what an answer to an invitation is called.
_CALENDAR_SUBJECT = re.compile(
    r"\s*(?:已(?:接受|拒绝|取消|暂定|婉拒|更新)|接受|拒绝|暂定|谢绝|取消|邀请|会议(?:邀请|取消|更新|转发通知)|accepted|declined|tentative|cancell?ed"
    r"|invitation|updated invitation|meeting forward notification)\s*[:：]",
    re.I,
)
_CALENDAR_TYPES = ("text/calendar", "application/ics")
_CALENDAR_METHOD = re.compile(
    rb"^METHOD:\s*(REQUEST|REPLY|CANCEL|COUNTER|DECLINECOUNTER|REFRESH|ADD|PUBLISH)", re.I | re.M
)
_RESPONDERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply", "x-autoreply-from", "x-autoresponse",
    "x-auto-reply", "x-cron-env", "x-fc-machinegenerated", "x-qq-autoreply",
)  # fmt: skip
_LIST_FIELDS = ("list-id", "list-post", "list-help", "list-owner", "x-mailing-list", "mailing-list")


def classify(root: Part, sender: str, subject: str, text: str, own_addresses: Collection[str]) -> Auto:
    """Classify a message with the body `text`. `own_addresses` are those that the platform sends from."""
    fields = root.fields
    local = sender.partition("@")[0]
    null_path = fields.has("return-path") and not fields.first("return-path").strip(b" \t<>")
    from_system = null_path or bool(_SYSTEM_SENDER.match(local))
    if report := _report(root, from_system or bool(_POSTMASTER.match(local))):
        return report
    if _is_bounce(root, local, subject, text, from_system):
        return Auto.BOUNCE
    if fields.has(OWN_MARK) or sender.lower() in {address.lower() for address in own_addresses}:
        return Auto.OWN
    if any(fields.has(name) for name in _LIST_FIELDS) and not _is_list_of_ours(fields, own_addresses):
        return Auto.LIST
    if _was_automatic(fields) or _says_absent(subject, text) or from_system:
        return Auto.AUTO_REPLY
    if _READ_SUBJECT.match(subject) and _says_read(fields, text):
        return Auto.READ_RECEIPT
    written = quoted_text.split(text).written
    if _is_calendar(root, subject, written):
        return Auto.CALENDAR
    return _by_words(root, subject, written) or _bulk(fields)


def _is_calendar(root: Part, subject: str, written: str) -> bool:
    """Whether a message is an entry of a calendar (RFC 6047), not an opinion with one attached or in answer to one."""
    entries = [part for part in root.walk() if part.media_type in _CALENDAR_TYPES]
    if not any(part.parameters.get("method") or _CALENDAR_METHOD.search(part.content()[:20_000]) for part in entries):
        return False
    if sounds_like_opinion(written) and not re.match(r"\s*(?:会议|时间|地点|when|where)\s*[:：]", written, re.I):
        return False
    is_the_body = any(not part.name and part.disposition != "attachment" for part in entries)
    return is_the_body or not written.strip() or bool(_CALENDAR_SUBJECT.match(subject))


def _by_words(root: Part, subject: str, written: str) -> Auto | None:
    """Say what a message without any field that states it is, if it says nothing but that."""
    if machine_wording.is_quarantine_notice(subject, written):
        return Auto.GATEWAY
    if any(part.disposition == "attachment" or part.media_type == "message/rfc822" for part in root.walk()):
        return None
    if machine_wording.is_recall_notice(subject, written):
        return Auto.RECALL
    return Auto.ABSENCE if machine_wording.is_absence_note(written) else None


def _report(root: Part, from_system: bool) -> Auto | None:
    """Say what a report of a mail system is (RFC 3464, RFC 8098); one that a person passes on is none."""
    kind = root.parameters.get("report-type", "").lower() if root.media_type == "multipart/report" else ""
    parts = {part.media_type for part in root.walk()} if root.media_type == "multipart/report" or from_system else set()
    if kind == "delivery-status" or parts & {"message/delivery-status", "message/global-delivery-status"}:
        return Auto.BOUNCE
    if kind == "disposition-notification" or "message/disposition-notification" in parts:
        return Auto.READ_RECEIPT
    return None


def _is_bounce(root: Part, local: str, subject: str, text: str, from_system: bool) -> bool:
    """Say whether a message without a machine-readable part reports that something was not delivered.

    The less is known about the sender, the more explicit the wording must be.
    """
    if root.fields.has("x-failed-recipients"):
        return True
    if from_system and bounces.is_stated(text) and not _says_absent(subject, text):
        return True
    if not bounces.is_named(subject):
        return False
    if from_system or _POSTMASTER.match(local):
        return True
    encloses = any(part.media_type in ("message/rfc822", "text/rfc822-headers") for part in root.walk())
    return bounces.is_stated_by_a_program(text, encloses=encloses)


def _is_list_of_ours(fields: headers.Fields, own_addresses: Collection[str]) -> bool:
    """Whether the list is the address for opinions itself, distributed to several officials."""
    ours = {address.lower() for address in own_addresses}
    posts_to = {address.lower() for _, address in addresses.parse(fields.first("list-post"))}
    named = fields.first("list-id").decode("latin-1").lower().rpartition("<")[2].strip(" \t>")
    return bool(posts_to & ours) or (bool(named) and named in {address.replace("@", ".") for address in ours})


def _was_automatic(fields: headers.Fields) -> bool:
    """Whether a field states that no person sent this (RFC 3834, 5, and older conventions)."""
    submitted = headers.first_word(fields.first("auto-submitted"))
    if submitted not in ("", "no", "auto-forwarded"):  # what a rule passes on was written by somebody
        return True
    if any(
        fields.has(name) and headers.first_word(fields.first(name)) not in ("no", "false", "0") for name in _RESPONDERS
    ):
        return True
    return headers.first_word(fields.first("precedence")) in ("auto_reply", "auto-reply", "autoreply")


def _says_absent(subject: str, text: str) -> bool:
    """Say whether a message calls itself an automatic reply; a person may answer one, and write an opinion under it."""
    if _STATED_REPLY.match(text):
        return True
    answered = _ANSWERED.match(subject)
    if not _ABSENCE_SUBJECT.match(subject, answered.end() if answered else 0):
        return False
    return not answered or (len(text) <= _ABSENCE_CHARACTERS and bool(_ABSENCE_WORDS.search(text)))


def _says_read(fields: headers.Fields, text: str) -> bool:
    if not text.strip():
        return fields.has("in-reply-to")
    return len(text) <= _READ_CHARACTERS and bool(_READ_WORDS.search(text))


def _bulk(fields: headers.Fields) -> Auto:
    precedence = headers.first_word(fields.first("precedence"))
    if precedence == "list":
        return Auto.LIST
    return Auto.BULK if precedence in ("bulk", "junk") or fields.has("list-unsubscribe") else Auto.NONE


def wants_no_answer(fields: headers.Fields) -> bool:
    """Say whether the sender asks that no program answers (MS-OXCMAIL, X-Auto-Response-Suppress)."""
    suppressed = {headers.first_word(item) for item in fields.first("x-auto-response-suppress").split(b",")}
    return bool(suppressed & {"all", "oof", "autoreply"})
