"""The journal: a second copy of every entry's id and seal, in a file of each host outside the database.

Every transaction that adds entries appends their lines after its commit and before its verb returns, so before a
receipt is shown. The worker copies the file to a folder that all hosts share (``shipping``).
"""

from consult.ledger.journal.capture import WRITTEN, register

__all__ = ["WRITTEN", "register"]
