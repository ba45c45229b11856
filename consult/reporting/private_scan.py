"""Private data in what a report prints: detected once for each row, and only looked up after that."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import Executable, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from consult import keys
from consult.adoption.models import Opinion
from consult.adoption.queries import GroupDecision, OwnDecision, with_decision
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.ledger.service import canonical
from consult.reporting.models import ReportScan
from consult.reporting.snapshot import BATCH, Line, Printed, lines
from consult.store import db, transaction
from consult.store.database import write_if_free
from consult.text.privacy import detection
from consult.text.privacy.kinds import Kind, PrivateDatum
from consult.text.privacy.version import version

HEAD = 0
"""The row of all that is printed beside the table."""
CODES = frozenset({"anchor", "sender_kind", "channel", "outcome", "slug", "tables", "heard"})
"""Keys of values that are codes of the platform, and no words."""
SENDER = "sender"
SHORT = 4000
"""Characters of texts whose private data a process remembers: many rows have the same reason."""

Values = dict[str, Any]
Texts = dict[str, str]
Row = tuple[int, Submission | None, Values]
"""Its number in ``report_scan``, the submission behind it, what it prints."""
Store = Callable[[Executable], Any]


@dataclass(frozen=True, slots=True)
class Find:
    """A private datum in what a report prints.

    ``row`` is the id of the opinion (``HEAD`` for what isn't in the table), ``column`` the value that has it, a path
    within nested ones; ``number`` the row's number in the table, where it is known.
    """

    row: int
    column: str
    datum: PrivateDatum
    digest: str
    number: int = 0

    @property
    def key(self) -> tuple[Kind, str]:
        """What decisions know it by."""
        return self.datum.kind, self.digest


def texts_of(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text within values, with its path: ``main_opinions.0.title``."""
    if isinstance(values, str):
        yield path, values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            if key not in CODES:
                yield from texts_of(value, f"{path}.{key}" if path else str(key))
    elif isinstance(values, Sequence):
        for place, value in enumerate(values):
            yield from texts_of(value, f"{path}.{place}" if path else str(place))


def with_texts(values: Any, texts: Mapping[str, str], path: str = "") -> Any:
    """Return values with the texts at some paths replaced."""
    if isinstance(values, str):
        return texts.get(path, values)
    if isinstance(values, Mapping):
        return {key: with_texts(value, texts, f"{path}.{key}" if path else str(key)) for key, value in values.items()}
    if isinstance(values, Sequence):
        return [
            with_texts(value, texts, f"{path}.{place}" if path else str(place)) for place, value in enumerate(values)
        ]
    return values


def digest_of(consultation_id: int, kind: Kind, text: str) -> str:
    """Return what a datum is known by in a consultation: no one learns it from the database, which hasn't the key.

    The key is of the first generation always, so that decisions stay found after a rotation.
    """
    stated = f"find\0{consultation_id}\0{kind.value}\0{detection.plain(kind, text)}"
    return hmac.digest(_key(), stated.encode("utf-8", "surrogatepass"), "sha256").hex()


def _key() -> bytes:
    key = keys.generation(keys.Purpose.ROWS, 1)
    assert key is not None, "a ring has the first generation of every key"
    return key


@lru_cache(maxsize=2048)
def _found_short(text: str) -> tuple[PrivateDatum, ...]:
    return detection.find(text)


def found(text: str, known: Sequence[str] = ()) -> tuple[PrivateDatum, ...]:
    """Return the private data in a text; ``known`` are the sender's name and contact."""
    data = _found_short(text) if len(text) <= SHORT else detection.find(text)
    given = detection.find_given(text, known) if known else ()
    return detection.merged(text, (*data, *given)) if given else data


def finds_in(consultation_id: int, row: int, texts: Texts, submission: Submission | None = None) -> list[Find]:
    """Return the private data in the texts of a row, in order of columns and places."""
    return [
        Find(row, column, datum, digest_of(consultation_id, datum.kind, datum.text))
        for column, text in texts.items()
        for datum in _private_in(column, text, submission)
    ]


def _private_in(column: str, text: str, submission: Submission | None) -> Iterator[PrivateDatum]:
    if column == SENDER and submission is not None and submission.publish_name:
        yield from (datum for datum in found(text) if datum.kind is not Kind.NAME)  # printed by consent
    else:
        yield from found(text, _known(submission))


def _known(submission: Submission | None) -> tuple[str, ...]:
    if submission is None:
        return ()
    given = (submission.contact,) if submission.publish_name else (submission.contact, submission.name)
    return tuple(datum for datum in given if datum)


def scanned(
    consultation_id: int, rows: Iterable[Row], store: Store = write_if_free
) -> Iterator[tuple[Row, list[Find]]]:
    """Yield rows with their private data; what wasn't detected yet, or by another detector, is and is kept.

    Rows are read in batches, so that memory doesn't grow with their number.
    """
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        query = select(ReportScan).where(
            ReportScan.consultation_id == consultation_id, ReportScan.row.in_([row for row, _, _ in batch])
        )
        kept = {scan.row: (scan.digest, scan.finds) for scan in db.session.execute(_columns(query))}
        fresh: list[dict[str, Any]] = []
        done: list[tuple[Row, list[Find]]] = []
        for row, submission, values in batch:
            texts, known = dict(texts_of(values)), _known(submission)
            digest, stored = kept.get(row, ("", ""))
            if digest == _scan_digest(texts, known, stored):
                finds = _read(row, texts, stored)
            else:
                finds = finds_in(consultation_id, row, texts, submission)
                fresh.append(_scan(consultation_id, row, texts, known, finds))
            done.append(((row, submission, values), finds))
        if fresh:
            store(_upsert(fresh))
        yield from done


def _columns(query: Any) -> Any:
    return query.with_only_columns(ReportScan.row, ReportScan.digest, ReportScan.finds)


def _scan_digest(texts: Texts, known: Sequence[str], finds: str) -> str:
    stated = canonical({"detector": version(), "texts": texts, "known": list(known), "finds": finds})
    return hmac.digest(_key(), stated, "sha256").hex()


def _scan(consultation_id: int, row: int, texts: Texts, known: Sequence[str], finds: list[Find]) -> dict[str, Any]:
    stored = json.dumps(
        [[find.column, find.datum.kind.value, find.datum.start, find.datum.end, find.digest] for find in finds],
        ensure_ascii=False,
    )
    stored = stored if finds else ""
    digest = _scan_digest(texts, known, stored)
    return {"consultation_id": consultation_id, "row": row, "digest": digest, "finds": stored}


def _read(row: int, texts: Texts, stored: str) -> list[Find]:
    return [
        Find(row, column, PrivateDatum(Kind(kind), start, end, texts[column][start:end]), digest)
        for column, kind, start, end, digest in (json.loads(stored) if stored else ())
    ]


def _upsert(rows: list[dict[str, Any]]) -> Executable:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(ReportScan).values(rows)
    return statement.on_conflict_do_update(
        index_elements=["consultation_id", "row"],
        set_={"digest": statement.excluded.digest, "finds": statement.excluded.finds},
    )


def table(consultation: Consultation, printed: Printed) -> Iterator[Row]:
    """Yield the rows that a report of a consultation would print, unmasked."""
    for line in lines(consultation.id):
        yield line.opinion.id, line.submission, printed.row(line)


def rows_of(consultation: Consultation, ids: Collection[int]) -> Iterator[Row]:
    """Yield the rows of some opinions, ``HEAD`` among them, as ``head`` and ``table`` have them."""
    printed = Printed.now(consultation)
    if HEAD in ids:
        yield head(printed)
    query = with_decision(Opinion, Submission, OwnDecision, GroupDecision)
    query = query.join(Submission, Submission.id == Opinion.submission_id).where(
        Opinion.consultation_id == consultation.id, Opinion.id.in_(ids)
    )
    for opinion, submission, decision, of_group in db.session.execute(query.order_by(Opinion.id)):
        yield opinion.id, submission, printed.row(Line(opinion, submission, decision or of_group))


def head(printed: Printed) -> Row:
    """Return what a report of a consultation would print beside its table, unmasked."""
    return HEAD, None, printed.head()


def scan(consultation: Consultation) -> None:
    """Detect private data in all that a report would print, in short transactions. May be killed and called again."""

    def store(statement: Executable) -> None:
        with transaction() as session:
            session.execute(statement)

    printed = Printed.now(consultation)
    for rows in (iter([head(printed)]), table(consultation, printed)):
        for _ in scanned(consultation.id, rows, store):
            pass
    standing = select(Opinion.id).where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
    store(
        delete(ReportScan).where(
            ReportScan.consultation_id == consultation.id, ReportScan.row != HEAD, ReportScan.row.not_in(standing)
        )
    )


def numbered(find: Find, number: int) -> Find:
    """Return a find with the number of its row."""
    return replace(find, number=number)
