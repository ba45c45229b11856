"""A draft as Akoma Ntoso 3.0 (OASIS LegalDocML, akn-core v1.0): a bill whose eIds are the draft's anchors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from lxml import etree

from consult.files.export.xml_characters import xml_text
from consult.text.parser.tree import Draft, Kind, Provision

NAMESPACE: Final = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
MEDIA_TYPE: Final = "application/akn+xml"
_ELEMENTS: Final = {
    Kind.PART: "part",
    Kind.SUBPART: "subpart",
    Kind.CHAPTER: "chapter",
    Kind.SECTION: "section",
    Kind.ARTICLE: "article",
    Kind.PARAGRAPH: "paragraph",
    Kind.ITEM: "point",
    Kind.POINT: "indent",
    Kind.CLAUSE: "level",
}
_PREFACE: Final = frozenset({Kind.NOTE, Kind.TOC, Kind.ADDRESSEE})


@dataclass(frozen=True, slots=True)
class Particulars:
    """What identifies a draft: its place in the department's address space, its date, its author's name."""

    slug: str
    day: date
    author: str
    version: str = "1"


def to_akoma_ntoso(draft: Draft, particulars: Particulars) -> bytes:
    """Write a draft as Akoma Ntoso XML in UTF-8, valid against the OASIS schema, its text whole and in order.

    Title, notes, contents and addressee are the preface; a list of annexes, a signature above annexes and an annex are
    containers of the body; anchors become eIds unchanged.
    """
    root = etree.Element(f"{{{NAMESPACE}}}akomaNtoso", nsmap={None: NAMESPACE})
    bill = _add(root, "bill", name="draft", contains="singleVersion")
    _write_meta(bill, particulars)
    rest = list(draft.provisions)
    above = _taken_while(rest, _PREFACE)
    _write_preface(bill, draft, above)
    if preamble := _taken_while(rest, _PREFACE | {Kind.PREAMBLE}):
        block = _add(bill, "preamble")
        for node in preamble:
            _paragraph(block, f"{node.written}{node.text}", node.anchor)
    body = _add(bill, "body")
    closing: list[Provision] = []
    while rest and rest[-1].kind is Kind.SIGNATURE:
        closing.insert(0, rest.pop())
    for node in rest:
        _write_provision(body, node)
    if not len(body):
        _paragraph(_add(_add(body, "hcontainer", name="empty", eId="empty"), "content"), "")
    if closing:
        block = _add(bill, "conclusions")
        for node in closing:
            _paragraph(block, node.text, node.anchor)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def _taken_while(nodes: list[Provision], kinds: frozenset[Kind]) -> list[Provision]:
    """Take the nodes of these kinds from the beginning of `nodes`."""
    taken: list[Provision] = []
    while nodes and nodes[0].kind in kinds:
        taken.append(nodes.pop(0))
    return taken


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", {k: xml_text(v) for k, v in attributes.items()})


def _paragraph(parent: etree._Element, text: str, anchor: str = "") -> None:
    element = _add(parent, "p", **({"eId": anchor} if anchor else {}))
    element.text = xml_text(text)


def _write_meta(bill: etree._Element, particulars: Particulars) -> None:
    meta = _add(bill, "meta")
    identification = _add(meta, "identification", source="#author")
    day = particulars.day.isoformat()
    work = f"/akn/cn/bill/{day}/{particulars.slug}"
    expression = f"{work}/zho@{particulars.version}"
    for level, this in (("FRBRWork", work), ("FRBRExpression", expression), ("FRBRManifestation", f"{expression}.akn")):
        block = _add(identification, level)
        _add(block, "FRBRthis", value=f"{this}/!main" if level == "FRBRWork" else this)
        _add(block, "FRBRuri", value=this)
        _add(block, "FRBRdate", date=day, name="draft")
        _add(block, "FRBRauthor", href="#author")
        if level == "FRBRWork":
            _add(block, "FRBRcountry", value="cn")
        elif level == "FRBRExpression":
            _add(block, "FRBRlanguage", language="zho")
    references = _add(meta, "references", source="#author")
    _add(
        references, "TLCOrganization", eId="author", href="/ontology/organization/cn.author", showAs=particulars.author
    )


def _write_preface(bill: etree._Element, draft: Draft, above: list[Provision]) -> None:
    """Title, notes, contents and addressee in the order of the source, the title's lines in one docTitle."""
    preface = _add(bill, "preface")
    title: etree._Element | None = None
    is_open = False  # whether the title's lines go on: a table of contents may stand among them
    for node in sorted([*draft.front, *above], key=lambda node: node.place):
        if node.kind is Kind.TITLE and title is None:
            title = _add(_add(_add(preface, "longTitle"), "p"), "docTitle")
            title.text = xml_text(node.text)
            is_open = True
        elif node.kind is Kind.TITLE and is_open and title is not None:
            title.text = f"{title.text or ''}{xml_text(node.text)}"
        else:
            _paragraph(preface, node.text, node.anchor)
            is_open = False
    if title is None:
        _add(_add(_add(preface, "longTitle"), "p"), "docTitle").text = ""


def _write_provision(parent: etree._Element, node: Provision) -> None:
    """Write one provision: number, heading, then its text, as an introduction if it has children."""
    name = _ELEMENTS.get(node.kind)
    element = (
        _add(parent, name, eId=node.anchor)
        if name
        else _add(parent, "hcontainer", name=node.kind.value, eId=node.anchor)
    )
    number, heading = node.opening
    if number:
        _add(element, "num").text = xml_text(number)
    if heading:
        _add(element, "heading").text = xml_text(heading)
    if node.children:
        if node.text:
            _paragraph(_add(element, "intro"), node.text)
        for child in node.children:
            _write_provision(element, child)
    else:
        _paragraph(_add(element, "content"), node.text)
