"""Compares two versions of a draft: what was renumbered, moved, split, merged, added, deleted, changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from consult.labels import Label, LabelledEnum
from consult.text.comparison.matching import heaviest_in_order, match_texts
from consult.text.comparison.possible import Weighed, are_versions, is_weak, possible_pairs
from consult.text.comparison.splits_and_merges import Group, regroup
from consult.text.comparison.wording import Piece, changed_characters
from consult.text.parser.tree import HEADINGS, Draft, Kind, Provision

IN_PLACE = 4
"""Weight of a provision that stays under its heading against one that doesn't, where it is asked which of two moved."""
_CLOSING = re.compile(r"本[^，。；自]{1,8}自.{2,20}起施行")
"""How a document ends: 本法自2023年7月1日起施行。"""
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


@dataclass(frozen=True, slots=True)
class PossibleMatch:
    """A provision of each version that may be counterparts (可能对应), for a person to confirm.

    One of them at least is left over: deleted or added as far as the texts prove. `score` (0 to 1) is the share of the
    leftover's own words that the other one has.
    """

    old: Provision
    new: Provision
    score: float


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side: matches in the order of the new one, deleted provisions at their old places.

    `anchors` maps each old anchor to its counterpart in the new version. `possible` are pairs for a person to confirm,
    in the order of the old version. `related` is false for two texts that aren't versions of one: then only what is
    word for word the same is matched.
    """

    matches: tuple[Match, ...]
    anchors: dict[str, str] = field(default_factory=dict)
    possible: tuple[PossibleMatch, ...] = ()
    related: bool = True

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


def compare(
    old: Draft,
    new: Draft,
    *,
    confirmed: Collection[tuple[str, str]] = (),
    rejected: Collection[tuple[str, str]] = (),
) -> Comparison:
    """Compare two versions of a draft, article by article, or clause by clause in notice form.

    Counterparts are found by text alone, not by number, so that renumbering and moving are recognised.

    Arguments:
        confirmed, rejected: pairs of anchors (old, new) of which a person said whether they are counterparts.
    """
    left, right = _units(old), _units(new)
    left_texts, right_texts = [_words(unit) for unit in left], [_words(unit) for unit in right]
    groups = regroup(match_texts(left_texts, right_texts), left_texts, right_texts)
    weighed = Weighed(left_texts, right_texts)
    related = are_versions(weighed, [(group.old, group.new) for group in groups if group.old and group.new])
    placed = [(g.old[0], g.new[0]) for g in groups if g.old and g.new and is_weak(weighed, g.old, g.new)]
    groups = list(_proven(groups, left_texts, right_texts, weighed, related=related))
    places = {unit.anchor: i for i, unit in enumerate(left)}, {unit.anchor: j for j, unit in enumerate(right)}
    groups = _joined(groups, [(places[0][i], places[1][j]) for i, j in confirmed if i in places[0] and j in places[1]])
    anchors: dict[str, str] = {}
    for group in groups:
        if group.old and group.new:
            _map_units([left[i] for i in group.old], [right[j] for j in group.new], anchors)
    _map_headings(old, new, anchors)
    _mark_moved(groups, (_headings(old), left), (_headings(new), right), anchors)
    matches = tuple(
        _match(group, [left[i] for i in group.old], [right[j] for j in group.new])
        for group in _in_reading_order(groups)
    )
    pairs = possible_pairs(weighed, [(group.old, group.new) for group in groups], placed) if related else []
    possible = tuple(
        PossibleMatch(left[pair.old], right[pair.new], pair.score)
        for pair in pairs
        if (left[pair.old].anchor, right[pair.new].anchor) not in rejected
    )
    return Comparison(matches, anchors, possible, related)


def _joined(groups: list[Group], confirmed: list[tuple[int, int]]) -> list[Group]:
    """Return the groups with those of each confirmed pair made one, so that it names all parts."""
    for i, j in confirmed:
        old = next(group for group in groups if i in group.old)
        new = next(group for group in groups if j in group.new)
        if old is not new:
            whole = Group(sorted({*old.old, *new.old}), sorted({*old.new, *new.new}))
            groups = [*(group for group in groups if group is not old and group is not new), whole]
    return groups


def _proven(groups: list[Group], old: list[str], new: list[str], weighed: Weighed, *, related: bool) -> Iterator[Group]:
    """Yield the groups with their counterparts where these are proven, without them where they aren't."""
    closing = [[i for group in groups for i in group.old if not group.new and _CLOSING.match(old[i])],
               [j for group in groups for j in group.new if not group.old and _CLOSING.match(new[j])]]  # fmt: skip
    pair = tuple(side[-1] for side in closing) if related and all(closing) else ()
    for group in groups:
        if not group.old or not group.new:
            if pair and (group.old == [pair[0]] or group.new == [pair[1]]):
                if group.old:
                    yield Group([pair[0]], [pair[1]])
                continue
            yield group
        elif (related and not is_weak(weighed, group.old, group.new)) or _same(group, old, new):
            yield group
        else:
            yield from (Group([i], []) for i in group.old)
            yield from (Group([], [j]) for j in group.new)


_Placed = tuple[dict[str, str], list[Provision]]
"""The anchors of the headings over provisions by their anchors, and the units of one version."""


def _mark_moved(groups: list[Group], old: _Placed, new: _Placed, anchors: dict[str, str]) -> None:
    """Mark what moved: what left the order of the others, rather what left its chapter than what it passed."""
    together = {group.old[0]: group for group in groups if group.old and group.new}
    matched = {i: group.new[0] for i, group in together.items()}
    weights = {}
    for i, j in matched.items():
        before, after = (place[0].get(place[1][at].anchor, "") for place, at in ((old, i), (new, j)))
        weights[i] = IN_PLACE if anchors.get(before, before) == after else 1
    kept = heaviest_in_order(matched, weights)
    for i, group in together.items():
        group.moved = i not in kept


def _headings(draft: Draft) -> dict[str, str]:
    """Return the anchor of the heading that each provision stands under directly."""
    return {
        step.provision.anchor: step.parent.anchor
        for step in draft.walk()
        if step.parent is not None and step.parent.kind in _HEADINGS
    }


def _same(group: Group, old: list[str], new: list[str]) -> bool:
    before, after = "".join(old[i] for i in group.old), "".join(new[j] for j in group.new)
    return "".join(before.split()) == "".join(after.split())


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
