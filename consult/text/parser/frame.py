"""The frame of a document: what stands around its body (公文格式要素)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import Any, Final

from consult.text.parser.annex_lists import titles_of
from consult.text.parser.closings import date_in, is_note, is_second_name, is_signer_line, names_of
from consult.text.parser.front_matter import is_document_number
from consult.text.parser.traditional import Restored, has_traditional
from consult.text.parser.tree import FRAME, Draft, Kind, Provision
from consult.text.simplified import simplified_each

_IDEOGRAPH: Final = "[\u2e80-\u9fff\uff00-\uffef“”‘’《》〈〉（）—]"
_SPACE_INSIDE: Final = re.compile(rf"(?<={_IDEOGRAPH})\s+(?={_IDEOGRAPH})")
_SIGNED_BY: Final = re.compile(r"\s*签发人\s*[：:].*$")
_LABEL: Final = re.compile(r"^[【\[]?\s*(?:发[文布](?:字号|文号)|文\s*号)\s*[】\]：:]\s*")
_LISTED_NUMBER: Final = re.compile(r"(?:发文字号|文\s*号)\s*[：:]\s*(\S+(?:\s?\d+\s?号)?)")
_ORDER: Final = re.compile(r"\S{2,40}(?:令|公告)$")


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a letter, opinion, plan or announcement; None or empty where the document has none of it.

    `title` without spaces between ideographs; `addressee` without its colon; `date` as written; `attachments` the
    titles that the document's list of annexes names; `notes` the notes below the date, with their brackets; `annexes`
    the titles of the annexes found in the text.
    """

    title: str | None
    document_number: str | None
    addressee: str | None
    signers: tuple[str, ...]
    date: str | None
    attachments: tuple[str, ...]
    notes: tuple[str, ...]
    annexes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The frame as JSON shows it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def frame_of(draft: Draft) -> Frame:
    """Read the frame from the nodes that stand around a draft's body."""
    around = [node for node in draft.in_order() if node.kind in FRAME or node.kind is Kind.ANNEX]
    source = "\n".join(f"{node.written}\n{node.text}" for node in around)
    if not has_traditional(source):
        return _frame_of(draft)
    simplified = replace(
        draft,
        title=simplified_each(draft.title),
        front=tuple(map(_simplified, draft.front)),
        provisions=tuple(map(_simplified, draft.provisions)),
    )
    return _restored(_frame_of(simplified), Restored(source))


def _restored(frame: Frame, source: Restored) -> Frame:
    """A frame read from simplified characters, in those of its source."""

    def each(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(source.anywhere, words))

    return Frame(
        title=frame.title and source.anywhere(frame.title),
        document_number=frame.document_number and source.anywhere(frame.document_number),
        addressee=frame.addressee and source.anywhere(frame.addressee),
        signers=each(frame.signers),
        date=frame.date and source.anywhere(frame.date),
        attachments=each(frame.attachments),
        notes=each(frame.notes),
        annexes=each(frame.annexes),
    )


def _simplified(node: Provision) -> Provision:
    return node._replace(heading=simplified_each(node.heading), text=simplified_each(node.text))


def _frame_of(draft: Draft) -> Frame:
    notes = [node.text for node in draft.front if node.kind is Kind.NOTE]
    addressee = "".join(_texts(draft.provisions, Kind.ADDRESSEE))
    letter = list(takewhile(lambda node: node.kind is not Kind.ANNEX, draft.provisions))
    closing = _texts(letter, Kind.SIGNATURE)
    signers, date = _signature(closing)
    if not signers and not date:
        signers, date = _signature(_promulgation(notes))
    return Frame(
        title=_SPACE_INSIDE.sub("", draft.title) or None,
        document_number=_number(notes),
        addressee=_SPACE_INSIDE.sub("", addressee.rstrip("：:").strip()) if addressee else None,
        signers=tuple(signers),
        date=date or None,
        attachments=tuple(_SPACE_INSIDE.sub("", title) for title in titles_of(_texts(letter, Kind.ATTACHMENT))),
        notes=tuple(_notes(closing)),
        annexes=tuple(_SPACE_INSIDE.sub("", node.heading) for node in draft.provisions if node.kind is Kind.ANNEX),
    )


def _texts(nodes: Iterable[Provision], kind: Kind) -> list[str]:
    return [node.text for node in nodes if node.kind is kind]


def _notes(closing: list[str]) -> Iterator[str]:
    """The notes of a closing; above its date a name in brackets is a signer's."""
    dated = next((at for at, text in enumerate(closing) if date_in(text)), 0)
    for at, text in enumerate(closing):
        names_a_signer = at < dated and is_second_name(text)
        if is_note(text) and not names_a_signer and not date_in(text):
            yield text


def _promulgation(notes: list[str]) -> list[str]:
    """The signature of an order of promulgation, or the one in brackets below a title."""
    for index, text in enumerate(notes):
        if index and date_in(text) == text.strip():
            return notes[index - 1 : index + 1]
    return []


def _signature(lines: list[str]) -> tuple[list[str], str]:
    """The signing bodies and the date; a second name in brackets belongs to the name above it."""
    dated = next((at for at, text in enumerate(lines) if date_in(text)), None)
    if dated is None:
        dated = next((at for at, text in enumerate(lines) if not is_signer_line(text)), len(lines)) - 1
    signers: list[str] = []
    for text in lines[: dated + 1]:
        names = names_of(text)
        if is_second_name(text) and signers:
            signers[-1] += names[0]
        elif not is_note(text) or date_in(text) or is_second_name(text):
            signers += [name.strip("（()）") if name[0] in "（(" else name for name in names]
    return signers, "".join(date_in(lines[dated]).split()) if 0 <= dated < len(lines) else ""


def _number(notes: list[str]) -> str | None:
    """The document's number: its own line, an order's name with 第…号, or what the metadata of a website says."""
    for index, text in enumerate(notes):
        bare = _LABEL.sub("", _SIGNED_BY.sub("", text)).strip()
        if is_document_number(bare):
            following = notes[index + 1] if index + 1 < len(notes) else ""
            named = _ORDER.match(bare) is not None and is_document_number(following)
            return "".join(f"{bare}{following if named else ''}".split())
    listed = next((match[1] for text in notes if (match := _LISTED_NUMBER.search(text))), None)
    return "".join(listed.split()) if listed else None
