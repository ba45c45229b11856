"""What becomes of an issued document: filing, validity, evaluation, repeal; whether it is in force follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment
from consult.issuance import evaluation
from consult.issuance.errors import IssueRefused
from consult.issuance.models import DocumentAct, DocumentActKind, IssuedDocument
from consult.issuance.queries import standing
from consult.issuance.service import NAME_CHARACTERS, SENTENCE_CHARACTERS, check_day, full_words, record_on
from consult.law.periods import in_words
from consult.law.reviews import ReviewKind
from consult.review import queries as reviews
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.organisation_names import why_alike

REMINDER_MONTHS: Final = 6


@dataclass(frozen=True)
class Happening:
    """An act on the issued document; see ``DocumentAct``."""

    kind: DocumentActKind
    on: date
    until: date | None = None
    organisation: str = ""
    number: str = ""
    words: str = ""
    heard: str = ""


def act(
    actor: Actor, document: IssuedDocument, happening: Happening, paper: CheckedAttachment | None, *, at: datetime
) -> DocumentAct:
    """Record what happened to an issued document.

    Raises:
        IssueRefused: it was repealed, the day can't be, what has to come with it is missing, or the evaluation was
            done by who had done the main assessment before.
    """
    consultation = document.consultation
    require(actor, Act.KEEP_ISSUED_DOCUMENT, consultation)
    with transaction() as session:
        lock_row(consultation)
        if standing(document, DocumentActKind.REPEALED) is not None:
            raise IssueRefused("这件文件已经废止。")
        check_day(happening.on, at, "日期")
        if happening.on < document.issued_on:
            raise IssueRefused(f"日期早于印发日期（{in_words(document.issued_on)}），请核对。")
        _check_happening(document, happening, paper)
        made = DocumentAct(
            consultation_id=document.consultation_id,
            kind=happening.kind,
            on=happening.on,
            until=happening.until if happening.kind is DocumentActKind.VALIDITY else None,
            organisation=happening.organisation.strip()[:NAME_CHARACTERS],
            number=happening.number.strip()[:80],
            words=full_words(happening.words),
            heard=full_words(happening.heard),
            paper_name=paper.name if paper is not None else "",
            paper_digest=paper.digest if paper is not None else "",
            at=at,
            by_id=actor.id,
        )
        session.add(made)
        session.flush()
        record_on(actor, Act.KEEP_ISSUED_DOCUMENT, consultation, at, document_act=made.id, kind=happening.kind.value)
    return made


def _check_happening(document: IssuedDocument, happening: Happening, paper: CheckedAttachment | None) -> None:
    words = full_words(happening.words)
    if happening.kind is DocumentActKind.FILED and not happening.organisation.strip():
        raise IssueRefused("请写明报送哪个机关备案。")
    if happening.kind is DocumentActKind.VALIDITY and (happening.until is None or happening.until <= happening.on):
        raise IssueRefused("请写明有效期的最后一日，应当在登记日期之后。")
    if happening.kind is DocumentActKind.REPEALED and len(words) < SENTENCE_CHARACTERS:
        raise IssueRefused("请写明废止的理由，写成完整的一句话。")
    if happening.kind is DocumentActKind.EVALUATED:
        if not happening.organisation.strip() or len(words) < SENTENCE_CHARACTERS or paper is None:
            raise IssueRefused("后评估要写明评估单位和评估结论，并上传评估报告。")
        before = assessed_by(document.consultation)
        if _is_one_of(happening.organisation, before):
            raise IssueRefused(
                f"“{happening.organisation.strip()}”承担过这件文件决策前的主要评估工作，不得承担后评估"
                "（《重大行政决策程序暂行条例》第三十六条）。"
            )
        if evaluation.heard(document) is None and len(full_words(happening.heard)) < SENTENCE_CHARACTERS:
            raise IssueRefused(
                "后评估应当听取社会公众的意见（《重大行政决策程序暂行条例》第三十六条）。请先就实施情况征求意见并公布采纳情况；"
                "已经以其他方式听取的，写明何时、以何种方式听取了哪些人的意见。"
            )


def assessed_by(consultation: Consultation) -> frozenset[str]:
    """Return who did the main assessments before the decision: the units of risk assessments."""
    units = (review.reviewing_unit for review in reviews.of(consultation) if review.kind is ReviewKind.RISK)
    return frozenset(filter(None, units))


@dataclass(frozen=True)
class Validity:
    """Whether a document is in force on a day, and until when; ``review_due`` from six months before its end."""

    words: str
    in_force: bool
    until: date | None = None
    review_due: bool = False


def validity(document: IssuedDocument, at: datetime) -> Validity:
    """Return whether a document is in force at a moment: it follows from its acts and the clock."""
    today = local(at).date()
    repealed = standing(document, DocumentActKind.REPEALED)
    if repealed is not None and repealed.on <= today:
        return Validity(f"{in_words(repealed.on)}废止", in_force=False)
    set_ = standing(document, DocumentActKind.VALIDITY)
    until = set_.until if set_ is not None else None
    if until is not None and until < today:
        return Validity(f"有效期已于{in_words(until)}届满", in_force=False, until=until)
    words = f"{in_words(document.effective_on)}起施行"
    if until is not None:
        words += f"，有效期至{in_words(until)}"
    due = until is not None and today >= _months_before(until, REMINDER_MONTHS)
    return Validity(words, in_force=document.effective_on <= today, until=until, review_due=due)


def due_for_review(at: datetime) -> list[tuple[IssuedDocument, Validity]]:
    """Return the documents whose validity ends within six months, those first that end first."""
    today = local(at).date()
    ending = select(DocumentAct.consultation_id).where(
        DocumentAct.kind == DocumentActKind.VALIDITY,
        DocumentAct.until >= today,
        DocumentAct.until <= today + timedelta(days=31 * (REMINDER_MONTHS + 1)),
    )
    documents = db.session.scalars(select(IssuedDocument).where(IssuedDocument.consultation_id.in_(ending)))
    judged = [(document, validity(document, at)) for document in documents]
    due = [(document, state) for document, state in judged if state.review_due and state.in_force]
    return sorted(due, key=lambda pair: (pair[1].until or date.max, pair[0].consultation_id))


def _months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last."""
    index = day.year * 12 + day.month - 1 - months
    first = date(index // 12, index % 12 + 1, 1)
    after = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))


def _is_one_of(name: str, others: frozenset[str]) -> bool:
    """Whether a name is one of some organisations, however their names are written."""
    return any(_plain(name) == _plain(other) or bool(why_alike(name, other)) for other in others)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()
