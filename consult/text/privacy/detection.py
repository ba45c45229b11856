"""Finds and masks private data in what people send: telephones, identity numbers, accounts, addresses, names.

It errs on the side of masking: any run of digits that contains a mobile number or an identity number is masked
whole, whatever else it may be. A moderator sees every match as a proposal and can undo it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from consult.text.privacy.addresses import find_addresses
from consult.text.privacy.emails import find_emails
from consult.text.privacy.identifiers import find_identifiers
from consult.text.privacy.kinds import BY_CHARACTERS, RANK, Kind, PrivateDatum, Span
from consult.text.privacy.normalised import Normalised, normalise
from consult.text.privacy.numbers import RUN, find_numbers
from consult.text.privacy.self_introduction import find_names
from consult.text.privacy.third_persons import find_third_persons
from consult.text.tokens import is_word

__all__ = ["Kind", "PrivateDatum", "find", "find_given", "mask", "merged", "plain"]

SHORTEST_NAME = 2
SHORTEST_CONTACT = 5
LONGEST_ODD = 3
"""Characters of the names that may be everyday words (和平, 老百姓): found only where they introduce somebody."""
INTRODUCED = (
    r"(?:(?<=我是)|(?<=我叫)|(?<=本人)|(?<=姓名:)|(?<=姓名: )|(?<=名字叫)|(?<=联系人:)|(?<=联系人)|(?<=署名:)"
    r"|(?<=市民:)|(?<=敬礼\n))"
)
ALONE_ON_A_LINE = r"(?m:^[ ]*{name}[ ]*$)"


def find(text: str, known: Sequence[str] = ()) -> tuple[PrivateDatum, ...]:
    """Find the private data in a text, in order, none overlapping another.

    `known` are the sender's name and contacts as given in the form: every occurrence of one of them is found too.
    Linear in the text's length.
    """
    flat = normalise(text)
    spans = [*find_numbers(flat), *find_emails(flat), *find_identifiers(flat)]
    spans += [(Kind.ADDRESS, start, end) for start, end in find_addresses(flat.text)]
    spans += [(Kind.NAME, start, end) for start, end in find_names(flat.text)]
    spans += find_third_persons(flat.text, [(start, end) for kind, start, end in spans if kind is Kind.PHONE])
    spans += _known(flat, known)
    return tuple(_datum(text, flat, *span) for span in _merged(spans))


def find_given(text: str, known: Sequence[str]) -> tuple[PrivateDatum, ...]:
    """Find only what is known of the sender, in order: ``find`` with ``known`` finds these and all others."""
    flat = normalise(text)
    return tuple(_datum(text, flat, *span) for span in _merged([*_known(flat, known)]))


def merged(text: str, data: Sequence[PrivateDatum]) -> tuple[PrivateDatum, ...]:
    """Return data of one text in order, those that overlap as one of their most identifying kind."""
    spans = _merged([(datum.kind, datum.start, datum.end) for datum in data])
    return tuple(PrivateDatum(kind, start, end, text[start:end]) for kind, start, end in spans)


def plain(kind: Kind, text: str) -> str:
    """Return a datum as it is compared: the same number or name, however it was set out, gives the same characters."""
    flat = normalise(text)
    written = flat.lower if kind in BY_CHARACTERS else flat.spelled.lower()
    return "".join(character for character in written if character.isalnum() or character in "@.")


def mask(text: str, data: Sequence[PrivateDatum]) -> str:
    """Return the text with each datum replaced by its kind in brackets."""
    kept: list[str] = []
    done = 0
    for kind, start, end in _merged([(datum.kind, datum.start, datum.end) for datum in data]):
        kept += (text[done:start], f"【{kind.label.words}】")
        done = end
    return "".join((*kept, text[done:]))


def _datum(text: str, flat: Normalised, kind: Kind, start: int, end: int) -> PrivateDatum:
    first, last = flat.original(start, end)
    return PrivateDatum(kind, first, last, text[first:last])


def _known(flat: Normalised, known: Sequence[str]) -> Iterator[Span]:
    for datum in known:
        wanted = normalise(datum).text.strip()
        if "@" in wanted or any(character.isdigit() for character in wanted):
            yield from _known_contact(flat, wanted)
        elif len(wanted) >= SHORTEST_NAME and any(character.isalpha() for character in wanted):
            yield from ((Kind.NAME, *match.span()) for match in _name_pattern(wanted).finditer(flat.text))


def _known_contact(flat: Normalised, wanted: str) -> Iterator[Span]:
    if len(wanted) < SHORTEST_CONTACT:
        return
    kind = Kind.EMAIL if "@" in wanted else Kind.PHONE
    for match in re.finditer(re.escape(wanted), flat.text, re.IGNORECASE):
        yield kind, *match.span()
    digits = re.sub(r"[^0-9]", "", wanted)
    if kind is Kind.PHONE and len(digits) > SHORTEST_CONTACT:
        spaced = re.compile(r"(?:[\W_]{0,3})".join(digits))
        for run in RUN.finditer(flat.spelled):
            yield from ((kind, *match.span()) for match in spaced.finditer(flat.spelled, *run.span()))


def _name_pattern(name: str) -> re.Pattern[str]:
    """Return what to search for: the name anywhere, or where it introduces somebody if it is an everyday word."""
    pattern = re.escape(name)
    if len(name) <= LONGEST_ODD and (is_word(name) or name.isascii()):
        pattern = rf"{INTRODUCED}{pattern}(?!\w)|{ALONE_ON_A_LINE.format(name=pattern)}"
    return re.compile(pattern, re.IGNORECASE)


def _merged(spans: list[Span]) -> Iterator[Span]:
    """Merge overlapping spans under their most identifying kind; yield all in order."""
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
