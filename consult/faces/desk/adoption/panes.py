"""Where somebody is in the adoption workspace, and what its three panes show there."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from flask import request, url_for
from sqlalchemy import ColumnElement, and_

from consult import clock
from consult.accounts.permissions import Actor, is_outside
from consult.adoption import discussion, opinion_search, queries, referrals, themes, worklist
from consult.adoption.holdings import NOBODY, Holdings, Work, is_holder
from consult.adoption.models import Assignment, DecisionState, Opinion, OpinionGroup, Outcome, Referral, Theme
from consult.adoption.queries import DecidedOpinion
from consult.adoption.worklist import GroupSummary, ProvisionProgress
from consult.drafting import version_comparison
from consult.drafting.draft_units import Block, Draft
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.faces import change_table
from consult.faces.row_ids import row_id
from consult.intake import search
from consult.intake.models import Channel, SenderKind
from consult.labels import LabelledEnum
from consult.text.anchors import WHOLE
from consult.text.opinion_kinds import OpinionKind

Member = TypeVar("Member", bound=LabelledEnum)

PAGE = 50
GROUPS = 100
"""Groups on a page: they come before the opinions that no group speaks for."""
SOUGHT_CHARACTERS = 60
HOLDER_CHARACTERS = 30
ALL = "all"
SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("全部", {}),
    "undecided": ("待处理", {"undecided": True}),
    "proposed": ("待复核", {"state": DecisionState.PROPOSED}),
    "returned": ("退回", {"state": DecisionState.RETURNED}),
    "reviewed": ("已复核", {"state": DecisionState.REVIEWED}),
}
SAVED_BY_HOLDER = {"held": "本人承办，待处理", "held-all": "本人承办，全部", "due": "逾期、近日到期"}
"""Views that gather by holder and last day."""
SAVED = {
    "concentrated": "较为集中，待处理",
    "organisations": "企业和协会",
    "mine": "退回本人的",
    "vague": "理由没有说明为什么",
}
"""Views that gather from all provisions."""
CHOICES: tuple[tuple[str, str, type[LabelledEnum]], ...] = (
    ("channel", "渠道", Channel),
    ("sender", "提出人", SenderKind),
    ("outcome", "采纳情况", Outcome),
    ("kind", "类型", OpinionKind),
)
"""Conditions by which opinions are looked for: name in the address, words, enumeration."""


@dataclass(frozen=True)
class Where:
    """The provision, the kind of opinions, the page of the list and what is open beside it."""

    slug: str
    at: str = ALL
    """Anchor of a unit of the draft, ``draft`` for the whole, or ``all``."""
    show: str = "all"
    after: int = 0
    skip: int = 0
    """Groups on the pages before."""
    open: str = ""
    """``o`` or ``g`` and the id of the opinion or group."""
    words: str = ""
    """Words that the opinions contain."""
    channel: Channel | None = None
    sender: SenderKind | None = None
    outcome: Outcome | None = None
    kind: OpinionKind | None = None
    holder: str = ""
    """``Assignment.holder_key`` of the opinions' holder, or ``NOBODY``."""
    theme: int = 0
    """The id of a theme that they are marked with."""

    @classmethod
    def asked(cls, slug: str) -> Where:
        """Return what the request names."""
        show = request.args.get("show", "all")
        after = request.args.get("after", "")
        return cls(
            slug,
            request.args.get("at", ""),
            show if show in SHOWN or show in SAVED or show in SAVED_BY_HOLDER else "all",
            row_id(after),
            row_id(request.args.get("skip", "")),
            request.args.get("open", ""),
            request.args.get("words", "").strip()[:SOUGHT_CHARACTERS],
            _member(Channel, "channel"),
            _member(SenderKind, "sender"),
            _member(Outcome, "outcome"),
            _member(OpinionKind, "kind"),
            request.args.get("holder", "")[:HOLDER_CHARACTERS],
            row_id(request.args.get("theme", "")),
        )

    def query(self) -> dict[str, Any]:
        """Return it as arguments of an address, without what is open."""
        named = {"at": self.at, "show": self.show, "after": self.after, "skip": self.skip} | self.filters
        return {name: value for name, value in named.items() if value and (name == "at" or value != "all")}

    def lasting(self) -> dict[str, Any]:
        """Return what a saved view keeps: the query without the page of the list."""
        return {name: value for name, value in self.query().items() if name not in ("after", "skip")}

    def url(self, *, open: str | None = None, **changes: Any) -> str:
        """Return the address of this place, changed."""
        place = replace(self, **changes)
        return url_for("desk.adoption", slug=self.slug, **place.query(), open=open)

    def work_url(self, open: str) -> str:
        """Return the address of what is open, at which the browser puts the focus."""
        return f"{self.url(open=open)}#work"

    @property
    def filters(self) -> dict[str, Any]:
        """Words and conditions by which single opinions are looked for, those of groups among them."""
        chosen = {
            "words": self.words,
            "channel": self.channel,
            "sender": self.sender,
            "outcome": self.outcome,
            "kind": self.kind,
            "holder": self.holder,
            "theme": self.theme,
        }
        return {name: value for name, value in chosen.items() if value}

    def unfiltered(self) -> Where:
        """Return this place without words and conditions, at its beginning."""
        nothing: dict[str, Any] = {name: None for name, _, _ in CHOICES}
        return replace(self, words="", holder="", theme=0, after=0, skip=0, open="", **nothing)

    @property
    def saved(self) -> bool:
        """Whether it is one of the views that gather from all provisions."""
        return self.show in SAVED or self.show in SAVED_BY_HOLDER


@dataclass(frozen=True)
class Provision:
    """A line of the left pane: a unit of the draft with how much is to be done there."""

    at: str
    label: str
    anchors: tuple[str, ...]
    undecided: int
    total: int
    assignment: Assignment | None = None

    @property
    def unit(self) -> str:
        """Its anchor as work is given by; empty for the whole draft."""
        return "" if self.at == WHOLE else self.at


@dataclass(frozen=True)
class Line:
    """A line of the middle pane: a group, or an opinion that no group speaks for."""

    key: str
    group: GroupSummary | None = None
    opinion: DecidedOpinion | None = None

    @property
    def is_open(self) -> bool:
        """Whether something on it has no decision yet, or one that was returned."""
        if self.group is not None:
            return self.group.outcome.open > 0
        decision = self.opinion.decision if self.opinion is not None else None
        return decision is None or decision.state is DecisionState.RETURNED

    @property
    def subject(self) -> Opinion | OpinionGroup:
        """The opinion or the group."""
        if self.group is not None:
            return self.group.group
        assert self.opinion is not None
        return self.opinion.opinion


class Workspace:
    """What the panes show at one place, for one person."""

    def __init__(self, consultation: Consultation, where: Where, actor: Actor) -> None:
        self.consultation = consultation
        self._only_open = False
        self.draft: Draft = draft_of(consultation)
        self.actor = actor
        self.holdings = Holdings(consultation)
        self.held = self.holdings.held_by(actor)
        if not where.at and is_outside(actor, consultation) and not request.args.get("show"):
            where = replace(where, at=ALL, show="held")
        counts = worklist.progress_by_anchor(consultation.id)
        self.progress = sum((count.progress for count in counts), queries.Progress())
        self.provisions = [
            replace(provision, assignment=self.holdings.given.get(Work(anchor=provision.unit)))
            for provision in provisions(self.draft, counts)
        ]
        self.where = where if where.at or where.saved else replace(where, at=self._first())

    def _first(self) -> str:
        """Return where to begin: the first provision with something to decide."""
        if request.args.get("show"):
            return ALL
        busy = [provision for provision in self.provisions if provision.undecided] or self.provisions
        return busy[0].at if busy else ALL

    @cached_property
    def provision(self) -> Provision | None:
        """The provision that is chosen, if one is."""
        return next((provision for provision in self.provisions if provision.at == self.where.at), None)

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the middle pane: groups first, on the first page, then opinions by key."""
        groups = [Line(f"g{line.group.id}", group=line) for line in self._groups[:GROUPS]]
        if self.more_groups:
            return groups
        return [*groups, *(Line(f"o{line.opinion.id}", opinion=line) for line in self._opinions[:PAGE])]

    @cached_property
    def comment_counts(self) -> dict[str, int]:
        """How many comments stand on each line, by its key."""
        opinions = [line.opinion.opinion.id for line in self.lines if line.opinion is not None]
        groups = [line.group.group.id for line in self.lines if line.group is not None]
        return discussion.comment_counts(opinions, groups)

    @cached_property
    def line_themes(self) -> dict[str, list[Theme]]:
        """The themes on each line, by its key."""
        subjects = [line.subject for line in self.lines]
        return themes.on_lines(
            [each for each in subjects if isinstance(each, Opinion)],
            [each for each in subjects if isinstance(each, OpinionGroup)],
        )

    @cached_property
    def themes(self) -> list[Theme]:
        """The themes of the consultation."""
        return themes.themes_of(self.consultation.id)

    @cached_property
    def referred(self) -> dict[int, list[Referral]]:
        """What of the lines' opinions was passed on, by opinion."""
        return referrals.in_force([line.opinion.opinion.id for line in self.lines if line.opinion is not None])

    @property
    def more_groups(self) -> int:
        """How many groups the next page skips; 0 where this page shows the last of them."""
        return self.where.skip + GROUPS if len(self._groups) > GROUPS else 0

    @property
    def goes_on(self) -> int:
        """The key from which the next page of opinions goes on; 0 on the last page, and before the last groups."""
        if self.more_groups:
            return 0
        return self._opinions[PAGE - 1].opinion.id if len(self._opinions) > PAGE else 0

    def _narrowed(self) -> dict[str, Any]:
        show = self.where.show
        narrowed: dict[str, Any] = dict(SHOWN[show][1]) if show in SHOWN else {}
        if show == "mine":
            narrowed = {"state": DecisionState.RETURNED, "author_id": self.actor.id or 0}
        if show == "vague":
            narrowed = {"reasons": worklist.vague_reasons(self.consultation.id)}
        conditions = [self._held(), themes.marked_with(self.where.theme) if self.where.theme else None]
        if asked := [condition for condition in conditions if condition is not None]:
            narrowed["where"] = and_(*asked)
        if not self.where.saved and self.where.at != ALL:
            narrowed["anchors"] = self.provision.anchors if self.provision else ()
        return narrowed

    def _held(self) -> ColumnElement[bool] | None:
        """Return the condition on the opinions' holder, and on when they are due."""
        show = self.where.show
        helps = self._only_open and is_outside(self.actor, self.consultation)
        return self.holdings.condition(
            held_by=self.actor if helps or show in ("held", "held-all") else None,
            due_at=clock.now() if show == "due" else None,
            is_open=self._only_open or show in ("held", "due"),
            holder=self.where.holder,
        )

    @property
    def holders(self) -> dict[str, str]:
        """The holders of anything, by key, to look for their opinions."""
        names = {each.holder_key: each.holder for each in self.holdings.given.values()}
        return {**names, NOBODY: "未交办"} if names else {}

    def given_group(self, group: OpinionGroup) -> Assignment | None:
        """Return the assignment of a group that was given itself."""
        return self.holdings.given.get(Work(group_id=group.id))

    def may_work_on(self, subject: Opinion | OpinionGroup) -> bool:
        """Whether the actor, if a drafter of another division, was given an opinion or a group."""
        return not is_outside(self.actor, self.consultation) or is_holder(self.actor, self.holdings.of(subject))

    @cached_property
    def _groups(self) -> list[GroupSummary]:
        if self.where.after or self.where.filters or self.where.show in ("organisations", "vague"):
            return []
        narrowed = self._narrowed()
        if self.where.show == "concentrated":
            narrowed |= {"concentrated": True, "undecided": True}
        return worklist.group_summaries(self.consultation.id, **narrowed, skip=self.where.skip, limit=GROUPS + 1)

    @cached_property
    def _opinions(self) -> list[DecidedOpinion]:
        if self.where.filters:
            return self._filtered()
        if self.where.show == "concentrated":
            return []
        gathering: dict[str, Any] = (
            {"organisations": True}
            if self.where.show == "organisations"
            else {}
            if self.where.show == "vague"
            else {"ungrouped": True}
        )
        return queries.with_decisions(
            self.consultation.id, **self._narrowed(), **gathering, after=self.where.after, limit=PAGE + 1
        )

    def _filtered(self) -> list[DecidedOpinion]:
        """Return the opinions that meet what is looked for, also those that a group speaks for."""
        where, narrowed = self.where, self._narrowed()
        if where.show == "organisations":
            narrowed["organisations"] = True
        if where.show == "concentrated":
            narrowed |= {"concentrated": True, "undecided": True}
        narrowed |= {"channel": where.channel, "sender_kind": where.sender, "outcome": where.outcome}
        narrowed["kind"] = where.kind
        if where.words:
            return opinion_search.find(
                self.consultation.id, where.words, before=where.after, limit=PAGE + 1, **narrowed
            )
        return queries.with_decisions(self.consultation.id, **narrowed, after=where.after, limit=PAGE + 1)

    @property
    def searchable(self) -> bool:
        """Whether the words looked for, if any, are enough to look for."""
        return not self.where.words or search.is_enough(self.where.words)

    def neighbours(self, key: str) -> tuple[str, str]:
        """Return the keys of the lines before and after one, empty at the ends; among what is due, the first again."""
        keys = [line.key for line in self.lines]
        if key not in keys:
            return "", next(iter(keys), "")
        place = keys.index(key)
        after = keys[place + 1 :] or (keys[:place] if self.where.show in ("held", "due") else [])
        return (keys[place - 1] if place else ""), next(iter(after), "")

    def next_open(self, following: str = "") -> Where | None:
        """Return the place of the next line to decide on, the line open; None where there is none.

        It is below on this page, else above, else on a later page, else on an earlier one, else on the next provision
        that has one.

        Arguments:
            following: key of the line below the one that was just decided.
        """
        keys = [line.key for line in self.lines]
        start = keys.index(following) if following in keys else 0
        for line in self.lines[start:] + self.lines[:start]:
            if line.is_open and self.may_work_on(line.subject):
                return replace(self.where, open=line.key)
        if self.goes_on and (where := self._first_open(after=self.goes_on)) is not None:
            return where
        if (self.where.after or self.where.skip or self.more_groups) and (
            where := self._first_open(after=0, skip=0)
        ) is not None:
            return where
        if self.where.saved or self.where.filters or self.provision is None:
            return None
        place = self.provisions.index(self.provision)
        for each in self.provisions[place + 1 :] + self.provisions[:place]:
            if each.undecided and (where := self._first_open(at=each.at, after=0, skip=0)) is not None:
                return where
        return None

    def _first_open(self, **changes: Any) -> Where | None:
        """Return the first line to decide on at another place, however many decided ones come before it."""
        there = copy(self)
        for name in ("provision", "lines", "_groups", "_opinions"):
            vars(there).pop(name, None)
        there.where, there._only_open = replace(self.where, **changes), True
        line = next(iter(there.lines), None)
        if line is None:
            return None
        if line.opinion is None or not there.where.after:
            return replace(there.where, open=line.key)
        id_ = line.opinion.opinion.id  # the list begins with it: later opinions follow, but those with words go back
        return replace(there.where, after=id_ + 1 if there.where.words else id_ - 1, open=line.key)

    def unit_of(self, subject: Opinion | OpinionGroup) -> Block | None:
        """Return the unit of the draft that an opinion or a group is about."""
        return self.draft.unit_of(subject.anchor) if subject.anchor else None


def _member(kind: type[Member], name: str) -> Member | None:
    """Return what the address names of an enumeration; ``None`` where it names nothing that there is."""
    return next((member for member in kind if member.value == request.args.get(name)), None)


def provisions(draft: Draft, counts: Sequence[ProvisionProgress]) -> list[Provision]:
    """Return the provisions that have opinions: the whole draft first, then in document order."""
    by_anchor = {count.anchor: count.progress for count in counts}
    provisions = [
        Provision(
            at,
            label,
            tuple(anchor for anchor in anchors if anchor in by_anchor),
            sum(by_anchor[anchor].open for anchor in anchors if anchor in by_anchor),
            sum(by_anchor[anchor].total for anchor in anchors if anchor in by_anchor),
        )
        for at, label, anchors in draft.opinion_places(by_anchor)
    ]
    return [provision for provision in provisions if provision.total]


def followed(consultation: Consultation, anchor: str) -> dict[str, Any]:
    """Return what the right pane shows of an opinion's provision in the newest later version; nothing without one."""
    later = version_comparison.later_provision(consultation, anchor)
    change = change_table.row(later.match) if later is not None and later.match is not None else None
    return {"later": later, "change": change}
