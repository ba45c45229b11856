"""Comparing two versions of a draft: what was renumbered, moved, split, merged, added, deleted, changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from consult.text.matching import match_texts
from consult.text.regrouping import Group, regroup
from consult.text.tree import HEADINGS, Draft, Kind, Provision
from consult.text.wording import Piece, changed_characters

_HEADINGS = HEADINGS | {Kind.ANNEX}


class Relation(StrEnum):
    """What became of a provision's text."""

    SAME = "same"
    CHANGED = "changed"
    SPLIT = "split"
    MERGED = "merged"
    ADDED = "added"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Match:
    """A provision of one version beside its counterpart in the other.

    `old` and `new` hold one provision each, none where it was added or deleted, several where it was merged or split.
    `renumbered` means another number, `moved` another place among the others. `pieces` are the text's kept, deleted
    and inserted characters in order.
    """

    relation: Relation
    old: tuple[Provision, ...]
    new: tuple[Provision, ...]
    renumbered: bool = False
    moved: bool = False
    pieces: tuple[Piece, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether anything changed: text, number or place."""
        return self.relation is not Relation.SAME or self.renumbered or self.moved


@dataclass(frozen=True, slots=True)
class Followed:
    """Where an old anchor leads: a new one, or None; `exact` is False where only what stood around it is left."""

    anchor: str | None
    exact: bool


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side: matches in the order of the new one, deleted provisions where they stood.

    `anchors` maps each old anchor to its counterpart in the new version.
    """

    matches: tuple[Match, ...]
    anchors: dict[str, str] = field(default_factory=dict)

    def follow(self, anchor: str) -> Followed:
        """Where the provision with an old anchor is in the new version.

        A provision that is gone leads to what is left around it: a deleted item to its paragraph or article.
        """
        if anchor in ("", "draft"):
            return Followed(anchor, exact=True)
        if anchor in self.anchors:
            return Followed(self.anchors[anchor], exact=True)
        around = anchor
        while "-" in around:
            around = around.rpartition("-")[0]
            if around in self.anchors:
                return Followed(self.anchors[around], exact=False)
        return Followed(None, exact=False)

    @cached_property
    def changes(self) -> tuple[Match, ...]:
        """The matches that show a change of text, number or place."""
        return tuple(match for match in self.matches if match.is_change)


def compare(old: Draft, new: Draft) -> Comparison:
    """Compare two versions of a draft, article by article, or clause by clause in notice form.

    Numbers play no part in finding the counterparts, so that renumbering and moving are recognised as what they are.
    """
    left, right = _units(old), _units(new)
    left_texts, right_texts = [_words(unit) for unit in left], [_words(unit) for unit in right]
    groups = regroup(match_texts(left_texts, right_texts), left_texts, right_texts)
    anchors: dict[str, str] = {}
    for group in groups:
        if group.old and group.new:
            _map_units([left[i] for i in group.old], [right[j] for j in group.new], anchors)
    _map_headings(old, new, anchors)
    matches = tuple(
        _match(group, [left[i] for i in group.old], [right[j] for j in group.new])
        for group in _in_reading_order(groups)
    )
    return Comparison(matches, anchors)


def _units(draft: Draft) -> list[Provision]:
    """What is compared one by one: articles whole, everything outside articles node by node."""
    found: list[Provision] = []
    stack = list(reversed(draft.provisions))
    while stack:
        node = stack.pop()
        if node.kind is Kind.ARTICLE:
            found.append(node)
            continue
        if node.kind not in _HEADINGS:
            found.append(node)
        stack.extend(reversed(node.children))
    return found


def _words(unit: Provision) -> str:
    """A unit's text without its own number, a line a paragraph or item."""
    if unit.kind is not Kind.ARTICLE:
        return "\n".join(filter(None, (unit.heading, unit.text)))
    lines = [unit.heading] if unit.heading else []
    lines += [f"{node.written}{node.text}" for paragraph in unit.children for node in paragraph.walk()]
    return "\n".join(lines)


def _match(group: Group, old: list[Provision], new: list[Provision]) -> Match:
    before, after = "\n".join(map(_words, old)), "\n".join(map(_words, new))
    relation = _relation(group, before, after)
    renumbered = len(old) == len(new) == 1 and _number(old[0]) != _number(new[0])
    return Match(relation, tuple(old), tuple(new), renumbered, group.moved, changed_characters(before, after))


def _relation(group: Group, before: str, after: str) -> Relation:
    if not group.old:
        return Relation.ADDED
    if not group.new:
        return Relation.DELETED
    if len(group.new) > 1:
        return Relation.SPLIT
    if len(group.old) > 1:
        return Relation.MERGED
    return Relation.SAME if "".join(before.split()) == "".join(after.split()) else Relation.CHANGED


def _number(unit: Provision) -> str:
    """A unit's number for telling renumbering: an article's from its anchor, since 第12条 and 第十二条 are one."""
    if unit.kind is Kind.ARTICLE:
        return unit.anchor[unit.anchor.rindex("art-") :].split("-x")[0]
    return "".join(unit.number.split())


def _in_reading_order(groups: list[Group]) -> list[Group]:
    """In the order of the new version; a deleted provision follows the one it stood behind."""
    after_old: dict[int, int] = {i: group.new[0] for group in groups if group.new for i in group.old}

    def place(group: Group) -> tuple[int, int, int]:
        if group.new:
            return (group.new[0], 0, 0)
        earlier = next((after_old[i] for i in range(group.old[0] - 1, -1, -1) if i in after_old), -1)
        return (earlier, 1, group.old[0])

    return sorted(groups, key=place)


def _map_units(old: Sequence[Provision], new: Sequence[Provision], anchors: dict[str, str]) -> None:
    """Map the anchors of counterparts, and of all below them."""
    if len(old) == len(new) == 1:
        anchors[old[0].anchor] = new[0].anchor
    else:
        for unit in old:
            best = max(new, key=lambda candidate: _overlap(unit, candidate))
            anchors[unit.anchor] = best.anchor
    if old[0].kind is Kind.ARTICLE:
        _map_children(old, new, anchors)


def _overlap(old: Provision, new: Provision) -> int:
    kept = (len(piece.text) for piece in changed_characters(_words(old), _words(new)) if piece.op == "keep")
    return sum(kept)


def _map_children(old: Sequence[Provision], new: Sequence[Provision], anchors: dict[str, str]) -> None:
    """Map what stands one level below, level by level, by its text."""
    left = [child for node in old for child in node.children]
    right = [child for node in new for child in node.children]
    if not left or not right:
        return
    if len(left) == len(right) == 1:
        anchors[left[0].anchor] = right[0].anchor
    else:
        pairs = match_texts([child.full_text for child in left], [child.full_text for child in right])
        for pair in pairs:
            anchors[left[pair.old].anchor] = right[pair.new].anchor
    _map_children(left, right, anchors)


def _map_headings(old: Draft, new: Draft, anchors: dict[str, str]) -> None:
    """Map chapters and their like: by their titles, then by their numbers where the titles are new."""
    left = [step.provision for step in old.walk() if step.provision.kind in _HEADINGS]
    right = [step.provision for step in new.walk() if step.provision.kind in _HEADINGS]
    pairs = match_texts(
        [f"{node.kind}{node.heading}" for node in left], [f"{node.kind}{node.heading}" for node in right]
    )
    taken: set[str] = set()
    for pair in pairs:
        if left[pair.old].kind is right[pair.new].kind:
            anchors[left[pair.old].anchor] = right[pair.new].anchor
            taken.add(right[pair.new].anchor)
    for node in left:
        same = next((other for other in right if other.anchor == node.anchor), None)
        if node.anchor not in anchors and same is not None and same.anchor not in taken:
            anchors[node.anchor] = same.anchor
