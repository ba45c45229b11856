"""Checking the record: every row, leaf, node and checkpoint is recomputed, and what was touched is named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from consult.ledger import checkpoints, journal
from consult.ledger.checking import rows, signed
from consult.ledger.checking.leaves import leaves
from consult.ledger.checking.view import Checked, one_view
from consult.ledger.faults import Fault

__all__ = ["Checked", "verify"]


def verify(checked: Checked) -> Iterator[Fault]:
    """Check the whole record and yield what is wrong; memory is the same at a million rows.

    Arguments:
        checked: filled with how much was looked at.
    """
    # Read before the database, which then holds all that they speak of.
    reach, signed_files = journal.extent(), list(checkpoints.files())
    with one_view():
        seen: set[tuple[str, str]] = set()
        for fault in chain(
            leaves(checked),
            rows.waiting(checked),
            rows.copies(),
            rows.gaps(),
            journal.faults(reach),
            signed.signatures(signed_files, checked),
        ):
            if (fault.where, fault.which) not in seen:  # found on two ways, named once
                seen.add((fault.where, fault.which))
                yield fault
