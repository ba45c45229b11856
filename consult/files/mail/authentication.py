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


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    plain = host.strip().strip(".").lower()
    return any(plain == ours or plain.endswith(f".{ours}") for ours in hosts)
