"""Compares two versions of a draft: what was renumbered, moved, split, merged, added, deleted, changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from consult.labels import Label, LabelledEnum
from consult.text.comparison.matching import match_texts
from consult.text.comparison.splits_and_merges import Group, regroup
from consult.text.comparison.wording import Piece, changed_characters
from consult.text.parser.tree import HEADINGS, Draft, Kind, Provision

_HEADINGS = HEADINGS | {Kind.ANNEX}


class Relation(LabelledEnum):
    """How a provision's text relates to its counterpart."""

    SAME = "same", Label("未改", "plain")
    CHANGED = "changed", Label("修改", "plain")
    SPLIT = "split", Label("拆分", "plain")
    MERGED = "merged", Label("合并", "plain")
    ADDED = "added", Label("新增", "plain")
    DELETED = "deleted", Label("删除", "plain")


@dataclass(frozen=True, slots=True)
class Match:
    """A provision of one version and its counterpart in the other.

    `old` and `new` have one provision each, none if it was added or deleted, several if it was merged or split.
    `renumbered` means a different number, `moved` a different place among the others. `pieces` are the kept, deleted
    and inserted characters of the text in order.
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
class NewAnchor:
    """The new anchor for an old one, or None; `exact` is False if only an enclosing provision is left."""

    anchor: str | None
    exact: bool


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side: matches in the order of the new one, deleted provisions at their old places.

    `anchors` maps each old anchor to its counterpart in the new version.
    """

    matches: tuple[Match, ...]
    anchors: dict[str, str] = field(default_factory=dict)

    def locate(self, anchor: str) -> NewAnchor:
        """Find the anchor in the new version for an anchor of the old one.

        A deleted provision leads to the enclosing one that is left: an item to its paragraph or article.
        """
        if anchor in ("", "draft"):
            return NewAnchor(anchor, exact=True)
        if anchor in self.anchors:
            return NewAnchor(self.anchors[anchor], exact=True)
        around = anchor
        while "-" in around:
            around = around.rpartition("-")[0]
            if around in self.anchors:
                return NewAnchor(self.anchors[around], exact=False)
        return NewAnchor(None, exact=False)

    @cached_property
    def changes(self) -> tuple[Match, ...]:
        """The matches with a change of text, number or place."""
        return tuple(match for match in self.matches if match.is_change)


def compare(old: Draft, new: Draft) -> Comparison:
    """Compare two versions of a draft, article by article, or clause by clause in notice form.

    Counterparts are found by text alone, not by number, so that renumbering and moving are recognised.
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
    """The units of comparison: whole articles, and single nodes outside articles."""
    units: list[Provision] = []
    stack = list(reversed(draft.provisions))
    while stack:
        node = stack.pop()
        if node.kind is Kind.ARTICLE:
            units.append(node)
            continue
        if node.kind not in _HEADINGS:
            units.append(node)
        stack.extend(reversed(node.children))
    return units


def _words(unit: Provision) -> str:
    """A unit's text without its number, one line for each paragraph or item."""
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
    """A unit's number for comparison: an article's from its anchor, because 第12条 and 第十二条 are the same."""
    if unit.kind is Kind.ARTICLE:
        return unit.anchor[unit.anchor.rindex("art-") :].split("-x")[0]
    return "".join(unit.number.split())


def _in_reading_order(groups: list[Group]) -> list[Group]:
    """Sort groups in the order of the new version; a deleted provision follows its old predecessor."""
    after_old: dict[int, int] = {i: group.new[0] for group in groups if group.new for i in group.old}

    def place(group: Group) -> tuple[int, int, int]:
        if group.new:
            return (group.new[0], 0, 0)
        earlier = next((after_old[i] for i in range(group.old[0] - 1, -1, -1) if i in after_old), -1)
        return (earlier, 1, group.old[0])

    return sorted(groups, key=place)


def _map_units(old: Sequence[Provision], new: Sequence[Provision], anchors: dict[str, str]) -> None:
    """Map the anchors of counterparts and of all nodes below them."""
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
    """Map child nodes by their text, level by level."""
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
    """Map chapters and other headings: by title, then by number where the title has changed."""
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
