"""The text of a draft as blocks of a document: headings, articles with their captions, items, signature."""

from __future__ import annotations

from collections.abc import Iterator

from consult.files.export.volume import Block, Heading, Line, Look
from consult.text.parser.tree import HEADINGS, Draft, Kind, Provision


def draft_blocks(parsed: Draft) -> Iterator[Block]:
    """Yield the text of a draft without its title."""
    for node in parsed.front:
        if node.kind is Kind.NOTE:
            yield Line(node.text, Look.CENTRED)
    for node in parsed.provisions:
        yield from _provision(node)


def _provision(node: Provision) -> Iterator[Block]:
    if node.kind in HEADINGS:
        yield Line("　".join(part for part in (node.number, node.heading) if part), Look.CENTRED)
        if node.text:
            yield Line(node.text)
    elif node.kind is Kind.ARTICLE:
        yield from _article(node)
        return
    elif node.kind is Kind.SIGNATURE:
        yield Line(node.text, Look.RIGHT)
    elif node.kind is Kind.ANNEX:
        yield Heading("　".join(part for part in (node.number or "附件", node.heading) if part))
    else:
        yield Line(f"{node.written}{node.text}")
    for child in node.children:
        yield from _provision(child)


def _article(article: Provision) -> Iterator[Block]:
    caption = f"（{article.heading}）" if article.heading else ""
    head = f"{article.number}{caption}　"
    if not article.children:
        yield Line(f"{head}{article.text}")
    for place, paragraph in enumerate(article.children):
        yield Line(f"{head if not place else ''}{paragraph.text}")
        for below in paragraph.children:
            for item in below.walk():
                yield Line(f"{item.written}{item.text}")
