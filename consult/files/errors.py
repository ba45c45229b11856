"""Errors of reading files."""

from __future__ import annotations


class UnreadableFile(Exception):
    """A file that can't be read; the message says in Chinese what is wrong, where, and what to do."""
