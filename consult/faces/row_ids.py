"""Ids of rows as they come in addresses and forms."""

LARGEST = 2**63 - 1
"""The largest that a database takes."""


def row_id(typed: str | int) -> int:
    """Return the id that was typed; 0, which no row has, for anything else."""
    plain = str(typed).strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < len(str(LARGEST)) else 0
