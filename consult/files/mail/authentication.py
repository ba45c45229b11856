"""What our own mail server found about the sender (Authentication-Results, RFC 8601)."""

from __future__ import annotations

import re
from collections.abc import Collection

from consult.files.mail.headers import Fields
from consult.files.mail.message import AuthResults

_METHOD = re.compile(r";\s*(spf|dkim|dmarc)(?:/\d)?\s*=\s*([a-z]{2,20})", re.I)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.){0,1000}\)")
_BY = re.compile(r"\bby\s+([A-Za-z0-9._-]{1,200})")


def read(fields: Fields, trusted: Collection[str]) -> AuthResults:
    """Read the results of the hosts in `trusted`; a field of another host, or below the first foreign hop, is not ours.

    Where several results of one method are given, a `pass` of DKIM counts (a message may carry several signatures),
    of the others the topmost.
    """
    hosts = {host.lower().strip(".") for host in trusted}
    results: dict[str, str] = {}
    for name, value in fields.items:
        text = value.decode("latin-1")
        if name == "received":
            by = _BY.search(text)
            if not by or not _is_ours(by[1], hosts):
                break
        if name != "authentication-results" or not _is_ours(text.partition(";")[0].split(" ")[0], hosts):
            continue
        for match in _METHOD.finditer(_COMMENT.sub("", text[:8_000])):
            method, result = match[1].lower(), match[2].lower()
            if method not in results or (method == "dkim" and result == "pass"):
                results[method] = result
    return AuthResults(results.get("spf", ""), results.get("dkim", ""), results.get("dmarc", ""))


# "X-Spam-Flag: YES", "X-Spam-Status: Yes, score=9.1", "X-Rspamd-Action: add header", Exchange's level and verdict
_SPAM_FIELDS: dict[str, re.Pattern[str]] = {
    **{
        name: re.compile(r"\s*(?:yes|true|spam|1)\b", re.I)
        for name in (
            "x-spam", "x-spam-flag", "x-spam-status", "x-barracuda-spam-status", "x-bogosity", "x-dspam-result",
            "x-spam-result", "x-anti-spam", "x-antispam", "x-is-spam", "x-amavis-spam", "x-tm-as-result",
        )
    },
    "x-rspamd-action": re.compile(r"\s*(?:add header|rewrite subject|reject|soft reject|quarantine)", re.I),
    "x-spam-action": re.compile(r"\s*(?:add header|rewrite subject|reject|quarantine|spam|yes)", re.I),
    "x-ms-exchange-organization-scl": re.compile(r"\s*[5-9]\b"),
    "x-forefront-antispam-report": re.compile(r".*\bSFV:(?:SPM|SKB|SKS)\b", re.I),
    "x-microsoft-antispam-report": re.compile(r".*\bSFV:(?:SPM|SKB|SKS)\b", re.I),
}  # fmt: skip
_SPAM_RESULT = re.compile(r";\s*(?:x-)?(?:anti-?)?spam[\w.-]{0,20}\s*=\s*(?:fail|yes|spam|true)\b", re.I)


def spam_verdict(fields: Fields, trusted: Collection[str]) -> str:
    """Return the field in which our own gateway calls a message spam, "" if it doesn't.

    Fields above the first foreign hop are ours where a hop of ours is there, too; below it, where a field that the
    gateway added names it (SpamAssassin's `X-Spam-Checker-Version: … on HOST`).
    """
    hosts = {host.lower().strip(".") for host in trusted}
    verdict, is_named = "", False
    for name, value in fields.items:
        text = value.decode("latin-1")
        if name == "received":
            by = _BY.search(text)
            if not by or not _is_ours(by[1], hosts):
                break
            is_named = True
        elif name == "authentication-results" and _is_ours(text.partition(";")[0].split(" ")[0], hosts):
            is_named = True
            verdict = verdict or (match[0].lstrip("; ") if (match := _SPAM_RESULT.search(text[:8_000])) else "")
        elif name in _SPAM_FIELDS and _SPAM_FIELDS[name].match(text):
            verdict = verdict or f"{name.title()}: {' '.join(text.split())[:60]}"
    if verdict and is_named:
        return verdict
    checker = fields.first("x-spam-checker-version").decode("latin-1").rpartition(" on ")[2].split()
    if not checker or not _is_ours(checker[0], hosts):
        return ""
    flagged = (name for name, pattern in _SPAM_FIELDS.items() if pattern.match(fields.first(name).decode("latin-1")))
    return next(
        (f"{name.title()}: {' '.join(fields.first(name).decode('latin-1').split())[:60]}" for name in flagged), ""
    )


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    plain = host.strip().strip(".").lower()
    return any(plain == ours or plain.endswith(f".{ours}") for ours in hosts)
