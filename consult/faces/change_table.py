"""The table of changes (修改对照表) as pages show it: a row for each provision, old and new beside each other."""

from __future__ import annotations

from dataclasses import dataclass

from consult.faces.citations import provision_words
from consult.faces.i18n import gettext, translated
from consult.faces.languages import ENGLISH, language
from consult.text.comparison import change_sentences
from consult.text.comparison.versions import Comparison, Match
from consult.text.comparison.wording import Op
from consult.text.parser.tree import Provision


@dataclass(frozen=True)
class Side:
    """One side of a row: the provisions, (anchor, name) each, and their words in pieces (keep, delete or insert)."""

    provisions: tuple[tuple[str, str], ...]
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ChangeRow:
    """One provision in both versions; ``words`` says in words what became of it."""

    old: Side
    new: Side
    words: str
    relation: str
    pieces: tuple[tuple[str, str], ...]
    """Both sides in one text."""


@dataclass(frozen=True)
class ChangeTable:
    """What a page shows of a comparison; ``counts`` says how many changes there are of which kind."""

    rows: tuple[ChangeRow, ...]
    counts: tuple[tuple[str, int], ...]
    total: int


def table(comparison: Comparison, *, whole: bool) -> ChangeTable:
    """Return a comparison for showing: what changed, or with ``whole`` all of it."""
    matches = comparison.matches if whole else comparison.changes
    return ChangeTable(
        tuple(map(row, matches)), tuple(change_sentences.count_changes(comparison)), len(comparison.matches)
    )


def row(match: Match) -> ChangeRow:
    """Return one match for showing."""
    return ChangeRow(
        _side(match, match.old, Op.INSERT),
        _side(match, match.new, Op.DELETE),
        _words(match),
        match.relation.value,
        tuple((piece.op.value, piece.text) for piece in match.pieces),
    )


def _words(match: Match) -> str:
    old, new = (gettext("、").join(map(_name, provisions)) for provisions in (match.old, match.new))
    return gettext("，").join(map(translated, change_sentences.sentences(match, old, new)))


def _name(node: Provision) -> str:
    return provision_words(node.anchor) if language() is ENGLISH else change_sentences.name(node)


def _side(match: Match, provisions: tuple[Provision, ...], left_out: Op) -> Side:
    named = tuple((node.anchor, _name(node)) for node in provisions)
    return Side(named, tuple(change_sentences.one_side(match, left_out)) if provisions else ())
