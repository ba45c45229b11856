"""Parses mail addresses as mail programs write them."""

from __future__ import annotations

import re

from consult.files.mail.headers import MAX_VALUE, decode_words

MAX_ADDRESSES = 200
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:：，；（）《》【】]{1,120}@[^\s<>()\[\]\"',;:，；（）《》【】@]{1,200}")
_ANGLE = re.compile(r"<\s*([^<>]{0,320})>")
_SEPARATORS = re.compile(r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*+\?=|"(?:[^"\\]|\\.)*+"|\((?:[^()\\]|\\.)*+\)|<[^<>]*+>|[,;]')


def parse(value: bytes, hint: str | None = None) -> list[tuple[str, str]]:
    """Return (name, address) for each address in a field, at most MAX_ADDRESSES; what is none is left out."""
    parsed = []
    waiting = ""
    for chunk in _chunks(value[:MAX_VALUE].decode("latin-1")):
        # A name with a comma of its own and no quotation marks: `张三, 某公司 <a@b.cn>`.
        text = f"{waiting}, {chunk}" if waiting else chunk
        pair = _pair(decode_words(text.encode("latin-1"), hint))
        waiting = "" if pair[1] else text[-300:]
        if pair[1]:
            parsed.append(pair)
        if len(parsed) >= MAX_ADDRESSES:
            break
    return parsed


def plus_tag(address: str) -> str:
    """Return the part after the plus sign of an address (`yijian+gjj@x.gov.cn`: `gjj`), "" when there is none."""
    return address.partition("@")[0].partition("+")[2]


def clean(address: str) -> str:
    """Return an address in one spelling: full-width signs as half-width, the domain in lower case."""
    plain = address.strip().strip(".<>\"'").replace("＠", "@").replace("．", ".")
    if plain.lower().startswith("mailto:"):
        plain = plain[7:]
    local, at, domain = plain.rpartition("@")
    return f"{local}{at}{domain.lower()}" if at and local and domain else ""


def _chunks(raw: str) -> list[str]:
    """Cut at commas and semicolons outside quotation marks, comments and angle brackets."""
    chunks, start = [], 0
    for match in _SEPARATORS.finditer(raw):
        if match[0] in (",", ";"):
            chunks.append(raw[start : match.start()])
            start = match.end()
    chunks.append(raw[start:])
    return [chunk for chunk in chunks if chunk.strip()]


def _pair(text: str) -> tuple[str, str]:
    text = text.replace("＜", "<").replace("＞", ">").replace("＠", "@")
    angles = [match for match in _ANGLE.finditer(text) if "@" in match[1]]
    if angles:
        address = clean("".join(angles[-1][1].split()))
        name = text[: angles[-1].start()] or text[angles[-1].end() :]
        return name_in(name), address
    bare = _ADDRESS.search(text)
    if not bare:
        return name_in(text), ""
    return name_in(text[: bare.start()] + text[bare.end() :]), clean(bare[0])


def name_in(text: str) -> str:
    """Return the name of a person from the text beside an address."""
    plain = text.replace("<>", "").strip().removeprefix("mailto:").strip("()（）;").strip().strip("\"'“”").strip()
    return " ".join(plain.replace('\\"', '"').split())[:200]
