"""Drafts for tests: a text set in as the test's code is, read."""

from __future__ import annotations

from textwrap import dedent

from consult.text.provisions import parse


def draft(text):
    """Return a draft as read from an indented text."""
    return parse(dedent(text).strip("\n"))


def codes(text):
    """Return code and anchor of each warning."""
    return [(warning.code, warning.anchor) for warning in draft(text).warnings]
