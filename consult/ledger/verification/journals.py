"""Verification of journals: each is whole, agrees with its copies, and the database has every entry that it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from consult.clock import local, now
from consult.ledger import continuation
from consult.ledger.faults import Damage, Fault
from consult.ledger.journal import files, late
from consult.ledger.journal.lines import End, Line, Note, beginning, read
from consult.ledger.models import LedgerEntry
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.copies_of_files import Comparison, SizedFile, compare, sized
from consult.ledger.verification.database_view import CheckedCounts, Lost, parse_time, stored_text, stream
from consult.store import db

BATCH = 500
"""Entries in one query."""
LISTED_SINGLY = 20
"""Missing entries in a row up to which each gets a fault of its own."""
SILENT = timedelta(minutes=1)
"""After which a host that shipped nothing is mentioned."""
MOST = 2000
"""Faults kept; with more, the database as a whole was exchanged."""


Claims = dict[str, dict[int, str]]
"""The chain of the lines at which a host's shipped journal ended when tree heads were signed: by host and number."""


@dataclass(frozen=True)
class Journals:
    """The journals as they were before the database was read: all that they name must be in it."""

    shipped: dict[str, SizedFile] = field(default_factory=lambda: sized(files.shipped()))
    here: dict[str, SizedFile] = field(default_factory=lambda: sized(files.kept_here()))

    def hosts(self) -> list[str]:
        """Return the hosts that have a journal here or in the shared folder."""
        return sorted({*self.here, *(host for host in self.shipped if files.ASIDE not in host)})


class JournalCheck:
    """The check of all journals against each other, the signed heads and the database.

    Arguments:
        claims: where each host's shipped journal ended by the signed heads.
        checked: receives counts, and notes of what is behind.
    """

    def __init__(self, journals: Journals, claims: Claims, checked: CheckedCounts) -> None:
        self.missing: list[Fault] = []
        """Entries that a journal names and the database lacks."""
        self.others: list[Fault] = []
        """Entries that differ, and journals that were touched."""
        self._journals, self._claims, self._checked = journals, claims, checked
        self._continued = continuation.known()
        self._noted = bytearray(((db.session.scalar(select(func.max(LedgerEntry.id))) or 0) >> 3) + 1)
        for host in journals.hosts():
            self._check_host(host)
        for name, aside in journals.shipped.items():
            if files.ASIDE in name:
                self._check_aside(name, aside)
        self._look_for_gone_hosts()

    def _check_host(self, host: str) -> None:
        here, shipped = self._journals.here.get(host), self._journals.shipped.get(host)
        if here is None and shipped is not None:
            self._check_file(host, shipped)
            self._note_silent(host, shipped)
        elif here is not None and shipped is None:
            lines = self._check_file(host, here)
            self._checked.notes.append(f"主机 {host} 的底账（{lines} 行）还没有送到共享的文件夹。")
        elif here is not None and shipped is not None:
            lines, compared = self._check_file(host, here), compare(here, shipped)
            if compared is Comparison.CONTINUES:
                self._note_behind(host, here, shipped)
            else:
                self._add_differing_copy(host, compared, lines, self._check_file(host, shipped))

    def _check_aside(self, name: str, aside: SizedFile) -> None:
        host = name.partition(files.ASIDE)[0]
        message = f"主机 {host} 的底账没有接着送达的副本写下去：它被截断、删除或者换过。副本存为 {aside.path.name}。"
        self._add("journal", name, Damage.CHANGED, message)
        self._check_file(host, aside, claimed=False)

    def _add_differing_copy(self, host: str, compared: Comparison, lines: int, shipped: int) -> None:
        if compared is Comparison.CUT_SHORT:
            message = f"主机 {host} 的底账被截断或者换成了较早的副本：剩下 {lines} 行，已经送达的有 {shipped} 行。"
            self._add("journal", host, Damage.REMOVED, message)
        else:
            message = (
                f"主机 {host} 的底账（{lines} 行）与已经送达的副本（{shipped} 行）不同：有行被改动、调换或者删除。"
            )
            self._add("journal", host, Damage.CHANGED, message)

    def _note_behind(self, host: str, here: SizedFile, shipped: SizedFile) -> None:
        waiting = sum(1 for _ in read(here.path, shipped.size, here.size))
        if waiting:
            since = _moment(shipped.changed_at)
            self._checked.notes.append(f"主机 {host} 的底账有 {waiting} 行还没有送达，最近一次送达在 {since}。")

    def _note_silent(self, host: str, shipped: SizedFile) -> None:
        behind = now() - datetime.fromtimestamp(shipped.changed_at, UTC)
        if host == files.host():
            self._add("journal", host, Damage.REMOVED, f"本机（{host}）的底账文件不见了：送达的副本还在。")
        elif behind > SILENT:
            since, minutes = _moment(shipped.changed_at), int(behind.total_seconds() // 60)
            self._checked.notes.append(f"主机 {host} 的底账最近一次送达在 {since}，落后 {minutes} 分钟。")

    def _check_file(self, host: str, file: SizedFile, *, claimed: bool = True) -> int:
        """Check a journal's chain, its entries, and that it has the line that a signed head names; return its lines."""
        end, claims = beginning(host), self._claims.get(host, {}) if claimed else {}
        notes: list[Note] = []
        missing = _Missing(host)
        unmet = dict(claims)
        lines = 0
        for _, line in read(file.path, 0, file.size):
            self._check_chain(host, file, end, line)
            end = End(line.number, line.chain)
            if unmet.get(line.number) == line.chain:
                del unmet[line.number]
            lines += 1
            self._checked.journal_lines += 1
            self._checked.journal_late += line.note.is_late
            notes.append(line.note)
            if len(notes) == BATCH:
                self._compare(host, notes, missing)
                notes = []
        self._compare(host, notes, missing)
        self.missing += missing.as_faults()[: MOST - len(self.missing)]
        if unmet:
            first = min(unmet)
            message = (
                f"主机 {host} 的底账 {file.path.name} 没有签名的树头写明的第 {first} 行"
                f"（共 {len(unmet)} 处）：被截断、改写或者换过。"
            )
            self._add("journal", f"{host}:{first}", Damage.REMOVED, message)
        return lines

    def _check_chain(self, host: str, file: SizedFile, before: End, line: Line) -> None:
        if line.number == before.number + 1 and line.follows(before.chain):
            return
        message = (
            f"主机 {host} 的底账 {file.path.name} 的第 {line.number} 行接不上第 {before.number} 行："
            "有行被改动、调换、插入或者删除。"
        )
        self._add("journal", f"{host}:{line.number}", Damage.CHANGED, message)

    def _compare(self, host: str, notes: Sequence[Note], missing: _Missing) -> None:
        query = select(LedgerEntry.id, LedgerEntry.seal).where(LedgerEntry.id.in_({note.id for note in notes}))
        stored = {row.id: row.seal for row in db.session.execute(query)}
        for note in notes:
            if note.id not in stored:
                if not continuation.is_lost(self._continued, note.id):
                    missing.add(note)
                elif len(self._checked.lost) < MOST:
                    self._checked.lost.setdefault(note.id, Lost(note.id, note.act, note.subject))
                continue
            self._noted[note.id >> 3] |= 1 << (note.id & 7)
            if stored[note.id] != note.seal:
                message = f"记录第 {note.id} 行被换过：主机 {host} 的底账里是 {_act(note)}，封条不同。"
                self._add("entry", str(note.id), Damage.CHANGED, message)

    def _add(self, where: str, which: str, what: Damage, message: str) -> None:
        if len(self.others) < MOST:
            self.others.append(Fault(where, which, what, message))

    def _look_for_gone_hosts(self) -> None:
        begun = _begun()
        for host, (at, _) in begun.items():
            if host not in self._journals.here and host not in self._journals.shipped:
                message = f"主机 {host} 的底账不见了：记录里写着它自 {local(at):%Y-%m-%d %H:%M:%S} 开始。"
                self._add("journal", host, Damage.REMOVED, message)
            elif host not in self._journals.shipped:
                self._add("journal", host, Damage.REMOVED, f"主机 {host} 的底账送达共享文件夹的副本不见了。")
        for host, claims in self._claims.items():
            if host not in begun and host not in self._journals.here and host not in self._journals.shipped:
                message = f"主机 {host} 的底账不见了：签名的树头写明它有 {max(claims)} 行。"
                self._add("journal", host, Damage.REMOVED, message)
        if begun:
            self._note_without_line(min(after for _, after in begun.values()))

    def _note_without_line(self, after: int) -> None:
        before, first, n = now() - late.GRACE, 0, 0
        columns = LedgerEntry.id, stored_text(LedgerEntry.at).label("at")
        for row in stream(select(*columns).where(LedgerEntry.id > after).order_by(LedgerEntry.id)):
            if not self._noted[row.id >> 3] >> (row.id & 7) & 1 and _is_before(row.at, before):
                first, n = first or row.id, n + 1
        if n:
            message = f"记录里有 {n} 行还没有底账，最早的是第 {first} 行：进程曾在写底账之前中断，或者底账没有送达。"
            self._checked.notes.append(message)


class _Missing:
    """Entries of a journal that the database lacks; many in a row are named together."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._runs: list[tuple[list[Note], int, int]] = []
        """The first notes of each run, its last id, and how many it has."""

    def add(self, note: Note) -> None:
        if self._runs and note.id == self._runs[-1][1] + 1:
            notes, _, n = self._runs.pop()
            if n < LISTED_SINGLY:
                notes.append(note)
            self._runs.append((notes, note.id, n + 1))
        elif len(self._runs) < MOST:
            self._runs.append(([note], note.id, 1))

    def as_faults(self) -> list[Fault]:
        """Return the faults of all runs."""
        faults: list[Fault] = []
        for notes, last, n in self._runs:
            for note in notes:
                message = f"记录第 {note.id} 行（{_act(note)}）被删除：主机 {self._host} 的底账里有它。"
                faults.append(Fault("entry", str(note.id), Damage.REMOVED, message))
            if n > len(notes):
                start = notes[-1].id + 1
                message = f"记录第 {start} 至 {last} 行被删除：主机 {self._host} 的底账里有它们。"
                faults.append(Fault("entry", f"{start}-{last}", Damage.REMOVED, message))
        return faults


def _begun() -> dict[str, tuple[datetime, int]]:
    """Return for each host when its journal began, and the id of the last entry that needs no line."""
    columns = stored_text(LedgerEntry.at).label("at"), stored_text(LedgerEntry.detail).label("detail")
    query = select(*columns).where(LedgerEntry.subject == late.SUBJECT, LedgerEntry.act == late.BEGIN)
    begun: dict[str, tuple[datetime, int]] = {}
    for row in db.session.execute(query.order_by(LedgerEntry.id)):
        try:
            detail = detail_of(row)
            begun.setdefault(str(detail["host"]), (parse_time(row.at), int(detail["after"])))
        except (ValueError, TypeError, KeyError):
            continue  # the check of the entries reports it
    return begun


def first_begun() -> datetime | None:
    """Return when the first journal began."""
    return min((at for at, _ in _begun().values()), default=None)


def _is_before(stored: object, before: datetime) -> bool:
    try:
        return parse_time(stored) < before
    except ValueError:
        return False  # the check of the entries reports it


def _act(note: Note) -> str:
    return f"{note.act}，{note.subject}"


def _moment(seconds: float) -> str:
    return f"{local(datetime.fromtimestamp(seconds, UTC)):%Y-%m-%d %H:%M:%S}"
