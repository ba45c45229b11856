"""What the decisions promised against what a later version of the draft says: three lists, provision by provision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused
from consult.adoption.models import MADE, Decision, DecisionState, Opinion, Outcome
from consult.adoption.queries import GroupDecision, OwnDecision, with_decision
from consult.drafting import stored_drafts, version_comparison
from consult.drafting.models import Consultation, DraftVersion
from consult.store import db
from consult.text.anchors import WHOLE, article_of
from consult.text.comparison.following import followed
from consult.text.comparison.versions import Comparison, Match, NewAnchor, Relation
from consult.text.comparison.wording import Op, Piece, changed_characters
from consult.text.parser.tree import Draft, Provision
from consult.text.widths import flatten

GAINED, LEFT = 0.8, 0.4
"""A paragraph was merged into another that gained this part of its new words from it, which is this part of its own."""


@dataclass(frozen=True)
class ChangeLine:
    """A provision with the opinions decided alike on it, and its text in both versions (empty where it isn't)."""

    anchor: str | None
    """In the older version; None for a provision that was added, empty for the whole draft."""
    new_anchor: str | None
    """In the newer version; None where it is gone."""
    opinions: tuple[int, ...]
    outcome: Outcome | None
    old: str
    new: str
    proposed: str = ""
    """What the draft was to say instead, where the decisions wrote it."""
    possible: tuple[str, ...] = ()
    """Where it is gone: anchors of what may be its counterparts in the newer version, until somebody confirms one."""


@dataclass(frozen=True)
class Changes:
    """The decisions of a consultation held against the changes between two versions."""

    old: DraftVersion
    new: DraftVersion
    adopted_unchanged: tuple[ChangeLine, ...]
    """Adopted, wholly or partly, and the provision says the same as before.

    A reference that only follows the new numbers, and the width of a mark, are no change.
    """
    adopted_otherwise: tuple[ChangeLine, ...]
    """Adopted and changed, but the words that the decision wrote aren't there."""
    changed_unasked: tuple[ChangeLine, ...]
    """Changed, and no adopted opinion is on the provision, on a part of it or on a heading above it."""
    provision_gone: tuple[ChangeLine, ...]
    """Decided, and the provision itself is no longer there."""


LISTS = {
    "adopted_unchanged": "采纳而未改",
    "adopted_otherwise": "已改，但未见拟修改的文字",
    "changed_unasked": "无人提出而改",
    "provision_gone": "所提条文已删去",
}
"""The lists in words, in the order in which pages and the console show them."""


def changes(actor: Actor, consultation: Consultation, *, since: int | None = None, until: int | None = None) -> Changes:
    """Hold the decisions in force against the changes between two versions.

    Arguments:
        since, until: numbers of the versions; by default the one out for comment and the newest after it.

    Raises:
        DecisionRefused: there is no such version, or none after the one out for comment.
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    old, new = _versions(consultation, since, until)
    return _Reading(consultation, old, new).lists()


def _versions(consultation: Consultation, since: int | None, until: int | None) -> tuple[DraftVersion, DraftVersion]:
    numbered = {version.number: version for version in consultation.versions}
    for number in (since, until):
        if number is not None and number not in numbered:
            known = "、".join(map(str, sorted(numbered)))
            raise DecisionRefused(f"没有第 {number} 稿，现有：{known}。")
    old = numbered[since] if since is not None else consultation.public_version
    new = numbered[until] if until is not None else version_comparison.latest(consultation)
    if old is None:
        raise DecisionRefused("草案还没有公开，没有可以对照的文稿。")
    if new is None or new.id == old.id:
        raise DecisionRefused("还没有征求意见之后的文稿。上传修改稿、送审稿或者发布稿后再核对。")
    return old, new


class _Reading:
    """Both versions, their comparison, and what was decided on the provisions of the older one."""

    def __init__(self, consultation: Consultation, old: DraftVersion, new: DraftVersion) -> None:
        self.consultation, self.old, self.new = consultation, old, new
        self.before: Draft = stored_drafts.read(old)
        self.after: Draft = stored_drafts.read(new)
        self.comparison: Comparison = version_comparison.between(old, new)
        self.decided: dict[tuple[str, Outcome, str], list[int]] = defaultdict(list)
        self.asked: set[str] = set()
        """Provisions of the older version that adopted opinions are on, or were on before these were deleted."""
        self.asked_to_add: set[str] = set()
        """Provisions of the newer version that adopted opinions are on, and that the older one lacks."""
        for opinion_id, anchor, decision in self._decisions():
            self._take(opinion_id, anchor, decision)

    def _take(self, opinion_id: int, anchor: str, decision: Decision) -> None:
        """Note a decision at its provision; one that the older version lacks can only be one that is added."""
        before = NewAnchor("", exact=True) if anchor in ("", WHOLE) else self._located(anchor, self.old)
        if before.exact and before.anchor is not None:
            self.decided[(before.anchor, decision.outcome, decision.proposed_text)].append(opinion_id)
        if decision.outcome not in MADE:
            return
        if before.anchor:
            self.asked.add(before.anchor)
        elif before.anchor is None and (after := self._located(anchor, self.new)).exact and after.anchor:
            self.asked_to_add.add(after.anchor)

    def _located(self, anchor: str, version: DraftVersion) -> NewAnchor:
        return version_comparison.locate(self.consultation, anchor, version)

    def _decisions(self) -> Iterator[tuple[int, str, Decision]]:
        """Yield the decisions in force with the opinion's provision of the public version."""
        query = with_decision(Opinion.id, Opinion.anchor, OwnDecision, GroupDecision).where(
            Opinion.consultation_id == self.consultation.id
        )
        for opinion_id, anchor, individual, of_group in db.session.execute(query.order_by(Opinion.id)):
            decision = individual or of_group
            if decision is not None and decision.state is not DecisionState.RETURNED:
                yield opinion_id, anchor, decision

    def lists(self) -> Changes:
        """Return the three lists, in the order of the older version; what was added follows."""
        unchanged, otherwise, gone = [], [], []
        for (anchor, outcome, proposed), opinions in self._in_order():
            line = self._line(anchor, tuple(opinions), outcome, proposed)
            if anchor and line.new_anchor is None:
                gone.append(line)
            elif outcome not in MADE:
                continue
            elif not self._changed(anchor, line):
                unchanged.append(line)
            elif proposed and not self._says(anchor, proposed):
                otherwise.append(line)
        unasked = tuple(self._unasked())
        return Changes(self.old, self.new, tuple(unchanged), tuple(otherwise), unasked, tuple(gone))

    def reworded(self, anchor: str, proposed: str) -> Reworded | None:
        """Return how a provision was changed; None where it wasn't, or not in the words that were promised."""
        located = self._located(anchor, self.old) if anchor not in ("", WHOLE) else NewAnchor("", exact=True)
        if not located.exact or located.anchor is None:
            return None
        line = self._line(located.anchor, (), None, proposed)
        if proposed:
            is_made = self._says(located.anchor, proposed)
            return Reworded(line.old, proposed, made=True) if is_made else None
        if not located.anchor or not line.new or not self._changed(located.anchor, line):
            return None
        return Reworded(line.old, line.new, made=True)

    def _in_order(self) -> Iterable[tuple[tuple[str, Outcome, str], list[int]]]:
        places = {anchor: place for place, anchor in enumerate(self.before.by_anchor)}
        outcomes = list(Outcome)
        return sorted(
            self.decided.items(),
            key=lambda item: (places.get(item[0][0], -1), item[0][0], outcomes.index(item[0][1]), item[0][2]),
        )

    def _line(self, anchor: str, opinions: tuple[int, ...], outcome: Outcome | None, proposed: str) -> ChangeLine:
        if not anchor:
            return ChangeLine("", "", opinions, outcome, "", "", proposed)
        node, later = self.before.find(anchor), self._counterpart(anchor)
        old, new = (_shown([each] if each is not None else []) for each in (node, later))
        if later is not None:
            return ChangeLine(anchor, later.anchor, opinions, outcome, old, new, proposed)
        unit = article_of(anchor)
        possible = tuple(each.new.anchor for each in self.comparison.possible if each.old.anchor == unit)
        return ChangeLine(anchor, None, opinions, outcome, old, new, proposed, possible)

    def _counterpart(self, anchor: str) -> Provision | None:
        """Return what became of a provision; a paragraph or item rewritten counts when it keeps its place."""
        located = self.comparison.locate(anchor)
        if located.exact or located.anchor is None:
            return self.after.find(located.anchor) if located.anchor else None
        above = next((parent for parent in self.before.by_anchor.values() if _is_child(parent, anchor)), None)
        later = self.after.find(self.comparison.anchors.get(above.anchor, "")) if above is not None else None
        if above is None or later is None:
            return None
        if len(above.children) == len(later.children) == 1:
            return later.children[0]
        if len(above.children) != len(later.children):
            return self._merged_into(above, anchor)
        place = [child.anchor for child in above.children].index(anchor)
        candidate = later.children[place]
        return candidate if candidate.anchor not in self.comparison.anchors.values() else None

    def _merged_into(self, above: Provision, anchor: str) -> Provision | None:
        """Return what a paragraph or item was merged into: most that a sibling's counterpart gained are its words."""
        words = _words(self.before.by_anchor[anchor])
        for sibling in above.children:
            counterpart = self.after.find(self.comparison.anchors.get(sibling.anchor, ""))
            if counterpart is None:
                continue
            gained = _joined(changed_characters(_words(sibling), _words(counterpart)), Op.INSERT)
            kept = _joined(changed_characters(words, gained), Op.KEEP)
            if len(kept) >= max(GAINED * len(gained), LEFT * len(words)):
                return counterpart
        return None

    def _changed(self, anchor: str, line: ChangeLine) -> bool:
        if not anchor:
            return any(match.relation is not Relation.SAME for match in self.comparison.matches)
        old, new = self.before.find(anchor), self.after.find(line.new_anchor or "")
        if old is None or new is None:
            return True
        words = followed(_words(old), article_of(anchor), self.comparison.anchors)
        return flatten(words) != flatten(_words(new))

    def _says(self, anchor: str, proposed: str) -> bool:
        """Whether the article or clause around a provision, or what it became, holds the proposed words."""
        if not anchor:
            texts = [_words(step.provision) for step in self.after.walk() if step.parent is None]
        else:
            unit = next((match for match in self.comparison.matches if anchor in _anchors(match.old)), None)
            texts = [_words(node) for node in unit.new] if unit is not None else []
        return _letters(proposed) in "".join(texts)

    def _unasked(self) -> Iterator[ChangeLine]:
        above = _above(self.before)
        promised = [_letters(proposed) for _, outcome, proposed in self.decided if outcome in MADE and proposed]
        for match in self.comparison.matches:
            if match.relation is Relation.SAME or self._was_asked(match, above, promised):
                continue
            if not match.old:
                new = match.new[0]
                yield ChangeLine(None, new.anchor, (), None, "", _shown(match.new))
            for unit in match.old:
                located = self.comparison.locate(unit.anchor)
                opinions = sorted(
                    key for (anchor, _, _), ids in self.decided.items() if anchor in _anchors([unit]) for key in ids
                )
                new_anchor = located.anchor if located.exact and match.new else None
                yield ChangeLine(unit.anchor, new_anchor, tuple(opinions), None, _shown([unit]), _shown(match.new))

    def _was_asked(self, match: Match, above: dict[str, set[str]], promised: list[str]) -> bool:
        if not match.old:
            words = "".join(map(_words, match.new))
            over = self._headings_over(match.new[0].anchor)
            return (
                any(text and (text in words or words in text) for text in promised)
                or not self.asked.isdisjoint(over)
                or not self.asked_to_add.isdisjoint(_anchors(match.new))
            )
        anchors = _anchors(match.old)
        for unit in match.old:
            anchors |= above.get(unit.anchor, set())
        return not self.asked.isdisjoint(anchors)

    def _headings_over(self, anchor: str) -> set[str]:
        """Return the anchors in the older version of what a provision of the newer one stands under."""
        earlier = {new: old for old, new in self.comparison.anchors.items()}
        above = _above(self.after).get(anchor, set())
        return {earlier[heading] for heading in above if heading in earlier}


@dataclass(frozen=True)
class Reworded:
    """What a provision of the public version says and what it says instead; ``made`` once a later version does."""

    old: str
    new: str
    made: bool


class Rewordings:
    """What adopted opinions change, by provision: read from a later version, else from the words that were promised."""

    def __init__(self, consultation: Consultation, until: int | None) -> None:
        """Read the versions.

        Arguments:
            until: number of the later version; None while there is none.
        """
        numbered = {version.number: version for version in consultation.versions}
        public, later = consultation.public_version, numbered.get(until) if until is not None else None
        self._known: dict[tuple[str, str], Reworded | None] = {}
        self._before = stored_drafts.read(public) if public is not None else None
        self._reading = _Reading(consultation, public, later) if public is not None and later is not None else None

    def of(self, anchor: str, proposed: str) -> Reworded | None:
        """Return what an adopted opinion changes; None where nothing shows that anything is.

        Arguments:
            anchor: provision of the public version; empty for the whole.
            proposed: what the decision promised (拟修改为); may be empty.
        """
        key = (anchor, proposed)
        if key not in self._known:
            self._known[key] = self._read(anchor, proposed)
        return self._known[key]

    def _read(self, anchor: str, proposed: str) -> Reworded | None:
        if self._reading is not None and (read := self._reading.reworded(anchor, proposed)) is not None:
            return read
        node = self._before.find(anchor) if self._before is not None and anchor else None
        return Reworded(_shown([node]) if node is not None else "", proposed, made=False) if proposed else None


def _above(draft: Draft) -> dict[str, set[str]]:
    """Return for each provision the anchors of what it stands under."""
    above: dict[str, set[str]] = {}
    for step in draft.walk():
        parent = step.parent
        above[step.provision.anchor] = (
            {parent.anchor} | above.get(parent.anchor, set()) if parent is not None else set()
        )
    return above


def _is_child(parent: Provision, anchor: str) -> bool:
    return any(child.anchor == anchor for child in parent.children)


def _anchors(provisions: Iterable[Provision]) -> set[str]:
    return {node.anchor for provision in provisions for node in provision.walk()}


def _words(provision: Provision) -> str:
    """Return what a provision says, without numbers of articles and items: renumbering is no change of words."""
    return _letters("".join(f"{node.heading}{node.text}" for node in provision.walk()))


def _letters(text: str) -> str:
    return "".join(text.split())


def _joined(pieces: Iterable[Piece], op: Op) -> str:
    return "".join(piece.text for piece in pieces if piece.op is op)


def _shown(provisions: Iterable[Provision]) -> str:
    return "\n".join(provision.full_text for provision in provisions)
