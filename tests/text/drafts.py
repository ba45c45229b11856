"""Drafts for tests: a text set in as the test's code is, read."""

from __future__ import annotations

from textwrap import dedent

from consult.text.parser.provisions import parse


def draft(text):
    """Return a draft as read from an indented text."""
    return parse(dedent(text).strip("\n"))


def codes(text):
    """Return code and anchor of each warning."""
    return [(warning.code, warning.anchor) for warning in draft(text).warnings]


def in_source_order(read):
    """Return every node of a draft with its front matter, in the order of the source."""
    nodes = [node for top in (*read.front, *read.provisions) for node in top.walk()]
    return sorted(nodes, key=lambda node: node.place)
