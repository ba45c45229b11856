"""The check code (校验码) of a sheet's row: what its author saw, of which opinion or group, and who was in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select

from consult.adoption.models import Decision, Opinion
from consult.adoption.versions import version_of
from consult.store import db

GROUP_KEY = "归并"
_FOLLOWS = "随"
_KEY = re.compile(rf"({GROUP_KEY})?([0-9]{{1,18}})\Z")


@dataclass(frozen=True)
class Key:
    """The number of a row (编号): an opinion's, or a group's."""

    id: int
    is_group: bool = False

    @classmethod
    def read(cls, words: str) -> Key | None:
        """Return the key that was written, or None where it is none."""
        match = _KEY.match("".join(words.split()))
        return cls(int(match[2]), bool(match[1])) if match is not None else None

    def __str__(self) -> str:
        return f"{GROUP_KEY}{self.id}" if self.is_group else str(self.id)


@dataclass(frozen=True)
class Code:
    """A check code; sheets exported earlier have the version alone.

    ``home`` is the number of the row. ``within`` is the group that an opinion was in, or the membership of a group.
    """

    version: str
    home: str = ""
    within: str = ""
    follows: bool = False
    """The cells were empty, because the opinion followed its group; the version is that of the group's decision."""

    @classmethod
    def read(cls, words: str) -> Code:
        """Return the code of a cell."""
        version, _, home = words.strip().partition("/")
        key, _, within = home.partition("@")
        return cls(version.removeprefix(_FOLLOWS), key, within, version.startswith(_FOLLOWS))

    def __str__(self) -> str:
        return f"{_FOLLOWS if self.follows else ''}{self.version}/{self.home}@{self.within}"

    @property
    def digest(self) -> str:
        """The digest of what was exported."""
        return self.version.rpartition("-")[2]


def of_opinion(opinion: Opinion, decision: Decision | None) -> Code:
    """Return the code of an opinion with its effective decision."""
    if opinion.group_id is None:
        return Code(version_of(decision), str(opinion.id))
    follows = decision is None or decision.opinion_id is None
    return Code(version_of(decision), str(opinion.id), str(Key(opinion.group_id, is_group=True)), follows)


def of_group(group_id: int, decision: Decision | None, membership: str) -> Code:
    """Return the code of a group with its own decision."""
    return Code(version_of(decision), str(Key(group_id, is_group=True)), membership)


def memberships(group_ids: Collection[int]) -> dict[int, str]:
    """Return for each group what changes when members join or leave: their number, and the sum of their ids."""
    query = (
        select(Opinion.group_id, func.count(), func.sum(Opinion.id))
        .where(Opinion.group_id.in_(group_ids), Opinion.withdrawn.is_(False))
        .group_by(Opinion.group_id)
    )
    return {int(group_id or 0): f"{n}.{total}" for group_id, n, total in db.session.execute(query)}
