"""Settings with one number for everybody and others for some roles: ``240, admin=60``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PORTAL, LINK = "portal", "link"
"""Kinds of visitors beside the roles of staff: members with an account, holders of an invitation's link."""
ROLES = frozenset({"drafter", "moderator", "publisher", "legal", "admin", "auditor"})
"""Roles of staff (``consult.accounts.models.Role``, which settings can't import)."""
NAMES = ROLES | {PORTAL, LINK}
LARGEST = 100_000


@dataclass(frozen=True)
class ByRole:
    """A number for everybody, with those of the roles that have another."""

    default: int
    others: Mapping[str, int] = field(default_factory=dict)

    def of(self, role: str) -> int:
        """Return the number of a role."""
        return self.others.get(role, self.default)

    @property
    def largest(self) -> int:
        """The largest number of any role."""
        return max(self.default, *self.others.values()) if self.others else self.default


def read(text: str) -> ByRole:
    """Read ``240, admin=60, portal=120``: the first number is everybody's.

    Raises:
        ValueError: a role that there isn't, or no number from 1 to LARGEST.
    """
    default, others = None, {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        role, equals, number = (part.strip() for part in item.rpartition("="))
        if not number.isascii() or not number.isdecimal() or len(number) > 6 or not 1 <= int(number) <= LARGEST:
            raise ValueError(f"“{item}”不是 1 到 {LARGEST} 的整数")
        if not equals:
            default = int(number)
        elif role in NAMES:
            others[role] = int(number)
        else:
            raise ValueError(f"没有“{role}”这个角色，可以用：{'、'.join(sorted(NAMES))}")
    if default is None:
        raise ValueError("没有写所有角色共用的数，例如：240, admin=60")
    return ByRole(default, others)
