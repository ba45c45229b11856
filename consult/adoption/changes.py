"""What the decisions promised against what a later version of the draft says: three lists, provision by provision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused
from consult.adoption.models import MADE, Decision, DecisionState, Opinion, Outcome
from consult.adoption.queries import GroupDecision, OwnDecision, with_decision
from consult.drafting import version_comparison
from consult.drafting.models import Consultation, DraftVersion
from consult.store import db
from consult.text.anchors import WHOLE
from consult.text.comparison.versions import Comparison, Match, Relation
from consult.text.parser import provisions as parser
from consult.text.parser.tree import Draft, Provision


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


@dataclass(frozen=True)
class Changes:
    """The decisions of a consultation held against the changes between two versions."""

    old: DraftVersion
    new: DraftVersion
    adopted_unchanged: tuple[ChangeLine, ...]
    """Adopted, wholly or partly, and the provision says the same as before."""
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


@dataclass
class _Decided:
    """The opinions on one provision with one outcome and one proposed wording."""

    opinions: list[int] = field(default_factory=list)


class _Reading:
    """Both versions, their comparison, and what was decided on the provisions of the older one."""

    def __init__(self, consultation: Consultation, old: DraftVersion, new: DraftVersion) -> None:
        self.consultation, self.old, self.new = consultation, old, new
        self.before: Draft = parser.parse(old.text)
        self.after: Draft = parser.parse(new.text)
        self.comparison: Comparison = version_comparison.between(old, new)
        self.decided: dict[tuple[str, Outcome, str], _Decided] = defaultdict(_Decided)
        for opinion_id, anchor, decision in self._decisions():
            self.decided[(anchor, decision.outcome, decision.proposed_text)].opinions.append(opinion_id)
        self.asked = {anchor for anchor, outcome, _ in self.decided if outcome in MADE and anchor}

    def _decisions(self) -> Iterator[tuple[int, str, Decision]]:
        query = with_decision(Opinion.id, Opinion.anchor, OwnDecision, GroupDecision).where(
            Opinion.consultation_id == self.consultation.id
        )
        for opinion_id, anchor, individual, of_group in db.session.execute(query.order_by(Opinion.id)):
            decision = individual or of_group
            if decision is not None and decision.state is not DecisionState.RETURNED:
                yield opinion_id, self._in_old(anchor), decision

    def _in_old(self, anchor: str) -> str:
        """Return an anchor of the public version in the older version of the two; empty for the whole."""
        if anchor in ("", WHOLE):
            return ""
        return version_comparison.locate(self.consultation, anchor, self.old).anchor or anchor

    def lists(self) -> Changes:
        """Return the three lists, in the order of the older version; what was added follows."""
        unchanged, otherwise, gone = [], [], []
        for (anchor, outcome, proposed), decided in self._in_order():
            line = self._line(anchor, tuple(decided.opinions), outcome, proposed)
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

    def _in_order(self) -> Iterable[tuple[tuple[str, Outcome, str], _Decided]]:
        places = {anchor: place for place, anchor in enumerate(self.before.by_anchor)}
        outcomes = list(Outcome)
        return sorted(
            self.decided.items(),
            key=lambda item: (places.get(item[0][0], -1), item[0][0], outcomes.index(item[0][1]), item[0][2]),
        )

    def _line(self, anchor: str, opinions: tuple[int, ...], outcome: Outcome, proposed: str) -> ChangeLine:
        if not anchor:
            return ChangeLine("", "", opinions, outcome, "", "", proposed)
        node, later = self.before.find(anchor), self._counterpart(anchor)
        old, new = (_shown([each] if each is not None else []) for each in (node, later))
        return ChangeLine(anchor, later.anchor if later is not None else None, opinions, outcome, old, new, proposed)

    def _counterpart(self, anchor: str) -> Provision | None:
        """Return what became of a provision; a paragraph or item rewritten counts when it keeps its place."""
        located = self.comparison.locate(anchor)
        if located.exact or located.anchor is None:
            return self.after.find(located.anchor) if located.anchor else None
        above = next((parent for parent in self.before.by_anchor.values() if _is_child(parent, anchor)), None)
        later = self.after.find(self.comparison.anchors.get(above.anchor, "")) if above is not None else None
        if above is None or later is None or len(above.children) != len(later.children):
            return None
        place = [child.anchor for child in above.children].index(anchor)
        candidate = later.children[place]
        return candidate if candidate.anchor not in self.comparison.anchors.values() else None

    def _changed(self, anchor: str, line: ChangeLine) -> bool:
        if not anchor:
            return any(match.relation is not Relation.SAME for match in self.comparison.matches)
        old, new = self.before.find(anchor), self.after.find(line.new_anchor or "")
        return old is None or new is None or _words(old) != _words(new)

    def _says(self, anchor: str, proposed: str) -> bool:
        """Whether the article or clause around a provision, or what it became, holds the proposed words."""
        if not anchor:
            texts = [_words(step.provision) for step in self.after.walk() if step.parent is None]
        else:
            unit = next((match for match in self.comparison.matches if anchor in _anchors(match.old)), None)
            texts = [_words(node) for node in unit.new] if unit is not None else []
        return _letters(proposed) in "".join(texts)

    def _unasked(self) -> Iterator[ChangeLine]:
        above = self._headings_above()
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
                    key
                    for (anchor, _, _), decided in self.decided.items()
                    if anchor in _anchors([unit])
                    for key in decided.opinions
                )
                new_anchor = located.anchor if located.exact and match.new else None
                yield ChangeLine(unit.anchor, new_anchor, tuple(opinions), None, _shown([unit]), _shown(match.new))

    def _was_asked(self, match: Match, above: dict[str, set[str]], promised: list[str]) -> bool:
        if not match.old:
            words = "".join(map(_words, match.new))
            return any(text and (text in words or words in text) for text in promised)
        anchors = _anchors(match.old)
        for unit in match.old:
            anchors |= above.get(unit.anchor, set())
        return not self.asked.isdisjoint(anchors)

    def _headings_above(self) -> dict[str, set[str]]:
        """Return for each provision of the older version the anchors of what it stands under."""
        above: dict[str, set[str]] = {}
        for step in self.before.walk():
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


def _shown(provisions: Iterable[Provision]) -> str:
    return "\n".join(provision.full_text for provision in provisions)
