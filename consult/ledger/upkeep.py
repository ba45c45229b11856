"""A round of upkeep, every few seconds: journals shipped, entries sealed, the tree head signed and copied."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from consult.ledger import key_rotation, tree, tree_heads
from consult.ledger.errors import RecordBroken
from consult.ledger.journal import late, shipping

LATE_EVERY = timedelta(seconds=30)
"""How often entries without a line are looked for."""

log = structlog.get_logger()


class Upkeep:
    """The rounds of one process; each may be cut short anywhere, and the next makes up for it."""

    def __init__(self) -> None:
        self._late = late.LateLines()
        self._looked: datetime | None = None
        self._has_begun = False
        self._logged: set[str] = set()

    def round(self, at: datetime) -> int:
        """Do a round; return how many entries were sealed."""
        if self._ship() and not self._has_begun:
            late.begin(at)
            key_rotation.begin(at)
            self._has_begun = True
        if self._looked is None or at - self._looked >= LATE_EVERY:
            made_up = self._late.make_up(at)
            self._looked = at
            if made_up:
                log.warning("journal_made_up", entries=made_up)
        sealed = tree.seal(at)
        self._sign(at)
        return sealed

    def _ship(self) -> bool:
        try:
            shipping.ship()
            tree_heads.copy_out()
        except OSError as error:  # the folder of another machine: the next round tries again
            self._log_once("journal_not_shipped", error)
            return False
        self._logged.discard("journal_not_shipped")
        return True

    def _sign(self, at: datetime) -> None:
        try:
            if tree_heads.sign(at) is not None:
                tree_heads.copy_out()
        except RecordBroken as error:
            self._log_once("tree_head_not_signed", error)
        except OSError as error:
            self._log_once("journal_not_shipped", error)

    def _log_once(self, event: str, error: Exception) -> None:
        if event not in self._logged:
            log.error(event, error=str(error))
            self._logged.add(event)
