"""The lines of a journal: numbered, and each chained to the one before by its digest.

``number id seal mark act subject chain``; the mark is ``-``, or ``late`` for a line that was made up for later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote

LATE = "late"
LONGEST_LINE = 4096
_LINE = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18}) ([0-9a-f]{64}) (-|late) (\S+) (\S+) ([0-9a-f]{64})\n")
_PLAIN = ":-_./@*+"


@dataclass(frozen=True, slots=True)
class Note:
    """What a journal says of an entry."""

    id: int
    seal: str
    act: str
    subject: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a journal: its number from 1, what it says, and the digest that the next is chained to."""

    number: int
    note: Note
    chain: str
    body: bytes

    def follows(self, before: str) -> bool:
        """Say whether the line was written after the one with this chain."""
        return self.chain == chained(before, self.body)


@dataclass(frozen=True, slots=True)
class End:
    """The end of a journal: number and chain of its last line."""

    number: int
    chain: str


def beginning(host: str) -> End:
    """Return the end of a journal without lines."""
    return End(0, sha256(f"journal of {host}".encode()).hexdigest())


def chained(before: str, body: bytes) -> str:
    """Return the chain of a line with this body after one with the chain ``before``."""
    return sha256(before.encode() + b" " + body).hexdigest()


def written(end: End, notes: Sequence[Note]) -> bytes:
    """Return the lines of the notes after ``end``."""
    lines, chain = [], end.chain
    for number, note in enumerate(notes, end.number + 1):
        act, subject = quote(note.act, safe=_PLAIN) or "-", quote(note.subject, safe=_PLAIN) or "-"
        body = f"{number} {note.id} {note.seal} {LATE if note.is_late else '-'} {act} {subject}".encode()
        chain = chained(chain, body)
        lines.append(body + b" " + chain.encode() + b"\n")
    return b"".join(lines)


def parse(raw: bytes) -> Line | None:
    """Return a line, or ``None`` for what is no line."""
    match = _LINE.fullmatch(raw)
    if match is None:
        return None
    number, id_, seal, mark, act, subject, chain = (part.decode() for part in match.groups())
    note = Note(int(id_), seal, unquote(act), unquote(subject), mark == LATE)
    return Line(int(number), note, chain, raw[: match.end(6)])


def read(path: Path, since: int = 0, until: int | None = None) -> Iterator[tuple[int, Line]]:
    """Yield the lines between two offsets with the offset after each; torn ones are left out."""
    with path.open("rb") as file:
        file.seek(since)
        at = since
        while (until is None or at < until) and (raw := file.readline(LONGEST_LINE)):
            at += len(raw)
            if not raw.endswith(b"\n"):
                continue
            line = parse(raw)
            if line is not None:
                yield at, line


def last_line(tail: bytes) -> Line | None:
    """Return the last whole line of some bytes."""
    for raw in reversed(tail.split(b"\n")[:-1]):
        line = parse(raw + b"\n")
        if line is not None:
            return line
    return None
