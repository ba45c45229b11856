"""Verification of the record: every entry, leaf, node and checkpoint is recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from consult.keys import Purpose
from consult.ledger import checkpoints, key_times
from consult.ledger.faults import Fault
from consult.ledger.verification import checkpoint_signatures, entries
from consult.ledger.verification.database_view import CheckedCounts, snapshot_read
from consult.ledger.verification.journals import JournalCheck, Journals
from consult.ledger.verification.leaves import leaves
from consult.ledger.verification.signed_heads import HeadFiles, SignedHeads

__all__ = ["CheckedCounts", "verify"]


def verify(checked: CheckedCounts) -> Iterator[Fault]:
    """Check the whole record and yield its faults, in constant memory.

    Arguments:
        checked: receives the counts of what was checked.
    """
    # Read before the database, so that it holds all that they name.
    signed_files, head_files, journals = list(checkpoints.files()), HeadFiles(), Journals()
    with snapshot_read():
        least = key_times.least(Purpose.SEALS)
        heads = SignedHeads(head_files, checked)
        noted = JournalCheck(journals, heads.claims, checked)
        seen: set[tuple[str, str]] = set()
        for fault in chain(
            noted.missing,
            leaves(checked, heads, least),
            entries.waiting(checked, least),
            entries.copies(),
            entries.gaps(),
            noted.others,
            heads.faults,
            checkpoint_signatures.signatures(signed_files, checked),
        ):
            if (fault.where, fault.which) not in seen:  # two checks can find the same
                seen.add((fault.where, fault.which))
                yield fault
