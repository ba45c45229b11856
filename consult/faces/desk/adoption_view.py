"""Where somebody is in the adoption workspace, and what its three panes show there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import request, url_for

from consult.adoption import queries, worklist
from consult.adoption.models import DecisionState, Opinion, OpinionGroup
from consult.adoption.queries import Decided
from consult.adoption.worklist import AtProvision, GroupLine
from consult.drafting import comparing
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.drafting.reading import Block, Draft
from consult.faces import change_table
from consult.faces.desk.forms.drafting import VERSION_WORDS
from consult.text.anchors import WHOLE

PAGE = 50
ALL = "all"
SHOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("全部", {}),
    "undecided": ("未定", {"undecided": True}),
    "proposed": ("待复核", {"state": DecisionState.PROPOSED}),
    "returned": ("退回", {"state": DecisionState.RETURNED}),
    "reviewed": ("已复核", {"state": DecisionState.REVIEWED}),
}
SAVED = {
    "concentrated": "较为集中，未定",
    "organisations": "企业和协会",
    "mine": "退回给我的",
}
"""Views that gather from all provisions."""


@dataclass(frozen=True)
class Where:
    """The provision, the kind of opinions, the page of the list and what is open beside it."""

    slug: str
    at: str = ALL
    """Anchor of a unit of the draft, ``draft`` for the whole, or ``all``."""
    show: str = "all"
    after: int = 0
    open: str = ""
    """``o`` or ``g`` and the id of the opinion or group."""

    @classmethod
    def asked(cls, slug: str) -> Where:
        """Return what the request names."""
        show = request.args.get("show", "all")
        after = request.args.get("after", "")
        return cls(
            slug,
            request.args.get("at", ""),
            show if show in SHOWN or show in SAVED else "all",
            int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0,
            request.args.get("open", ""),
        )

    def query(self) -> dict[str, Any]:
        """Return it as arguments of an address, without what is open."""
        named = {"at": self.at, "show": self.show, "after": self.after}
        return {name: value for name, value in named.items() if value and (name == "at" or value != "all")}

    def url(self, *, open: str | None = None, **changes: Any) -> str:
        """Return the address of this place, changed."""
        place = replace(self, **changes)
        return url_for("desk.adoption", slug=self.slug, **place.query(), open=open)

    @property
    def saved(self) -> bool:
        """Whether it is one of the views that gather from all provisions."""
        return self.show in SAVED


@dataclass(frozen=True)
class Provision:
    """A line of the left pane: a unit of the draft with how much is to be done there."""

    at: str
    label: str
    anchors: tuple[str, ...]
    undecided: int
    total: int


@dataclass(frozen=True)
class Line:
    """A line of the middle pane: a group, or an opinion that no group speaks for."""

    key: str
    group: GroupLine | None = None
    opinion: Decided | None = None


class Workspace:
    """What the panes show at one place, for one person."""

    def __init__(self, consultation: Consultation, where: Where, actor_id: int | None) -> None:
        self.consultation = consultation
        self.draft: Draft = draft_of(consultation)
        self.actor_id = actor_id
        counts = worklist.progress_by_anchor(consultation.id)
        self.progress = sum((one.progress for one in counts), queries.Progress())
        self.provisions = provisions(self.draft, counts)
        self.where = where if where.at or where.saved else replace(where, at=self._first())

    def _first(self) -> str:
        """Return where to begin: the first provision with something to decide."""
        if request.args.get("show"):
            return ALL
        busy = [one for one in self.provisions if one.undecided] or self.provisions
        return busy[0].at if busy else ALL

    @cached_property
    def provision(self) -> Provision | None:
        """The provision that is chosen, if one is."""
        return next((one for one in self.provisions if one.at == self.where.at), None)

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the middle pane: groups first, on the first page, then opinions by key."""
        return [*self._group_lines(), *(Line(f"o{one.opinion.id}", opinion=one) for one in self._opinions[:PAGE])]

    @property
    def goes_on(self) -> int:
        """The key from which the next page goes on; 0 on the last page."""
        return self._opinions[PAGE - 1].opinion.id if len(self._opinions) > PAGE else 0

    def _narrowed(self) -> dict[str, Any]:
        show = self.where.show
        narrowed: dict[str, Any] = dict(SHOWN[show][1]) if show in SHOWN else {}
        if show == "mine":
            narrowed = {"state": DecisionState.RETURNED, "author_id": self.actor_id or 0}
        if not self.where.saved and self.where.at != ALL:
            narrowed["anchors"] = self.provision.anchors if self.provision else ()
        return narrowed

    def _group_lines(self) -> list[Line]:
        if self.where.after or self.where.show == "organisations":
            return []
        narrowed = self._narrowed()
        if self.where.show == "concentrated":
            narrowed |= {"concentrated": True, "undecided": True}
        found = worklist.group_lines(self.consultation.id, **narrowed)
        return [Line(f"g{one.group.id}", group=one) for one in found]

    @cached_property
    def _opinions(self) -> list[Decided]:
        if self.where.show == "concentrated":
            return []
        gathering: dict[str, Any] = (
            {"organisations": True} if self.where.show == "organisations" else {"by_themselves": True}
        )
        return queries.decided(
            self.consultation.id, **self._narrowed(), **gathering, after=self.where.after, limit=PAGE + 1
        )

    def neighbours(self, key: str) -> tuple[str, str]:
        """Return the keys of the lines before and after one, empty at the ends."""
        keys = [line.key for line in self.lines]
        if key not in keys:
            return "", next(iter(keys), "")
        place = keys.index(key)
        return (keys[place - 1] if place else ""), (keys[place + 1] if place + 1 < len(keys) else "")

    def unit_of(self, subject: Opinion | OpinionGroup) -> Block | None:
        """Return the unit of the draft that an opinion or a group is about."""
        return self.draft.unit_of(subject.anchor) if subject.anchor else None


def provisions(draft: Draft, counts: Sequence[AtProvision]) -> list[Provision]:
    """Return the provisions that have opinions: the whole draft first, then in document order.

    Opinions on a paragraph or an item count for its article; those on a heading or a loose text stand for themselves.
    """
    by_anchor = {one.anchor: one.progress for one in counts}
    rows: list[tuple[str, str, tuple[str, ...]]] = [(WHOLE, "整个草案", ("",))]
    rows += [(block.anchor, block.label, block.anchors) for block in draft.blocks]
    known = {anchor for _, _, anchors in rows for anchor in anchors}
    rows += [(anchor, draft.label_of(anchor), (anchor,)) for anchor in sorted(by_anchor) if anchor not in known]
    found = [
        Provision(
            at,
            label,
            tuple(anchor for anchor in anchors if anchor in by_anchor),
            sum(by_anchor[anchor].open for anchor in anchors if anchor in by_anchor),
            sum(by_anchor[anchor].total for anchor in anchors if anchor in by_anchor),
        )
        for at, label, anchors in rows
    ]
    return [one for one in found if one.total]


def followed(consultation: Consultation, anchor: str) -> dict[str, Any]:
    """Return what the right pane shows of an opinion's provision in the newest later version; nothing without one."""
    later = comparing.later(consultation, anchor)
    change = change_table.row(later.match) if later is not None and later.match is not None else None
    return {"later": later, "change": change, "version_words": VERSION_WORDS}
