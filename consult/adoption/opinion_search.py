"""Full-text search of opinions: what is printed of each, and the number, subject and sender of its submission.

The index is that of submissions (``consult.intake.search``), so that there is one of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from consult.adoption.models import Opinion
from consult.adoption.queries import DecidedOpinion, with_decisions
from consult.intake import search
from consult.intake.models import Submission
from consult.store import db
from consult.text import search_terms


def find(
    consultation_id: int, words: str, *, before: int = 0, limit: int = 50, **narrowed: Any
) -> list[DecidedOpinion]:
    """Return opinions that contain every term of ``words``, those of the latest submission first.

    Arguments:
        words: terms separated by blanks; single characters are ignored.
        before: the id of the last opinion of the page before.
        narrowed: further conditions, as ``with_decisions`` takes them.
    """
    sought = search_terms.terms(words)
    last = db.session.get(Opinion, before) if before else None
    hits: list[DecidedOpinion] = []
    first = last.submission_id + 1 if last is not None else 0
    for ids in search.candidates(consultation_id, sought, before=first, size=2 * limit):
        submissions = {row.id: row for row in db.session.scalars(select(Submission).where(Submission.id.in_(ids)))}
        decided = with_decisions(consultation_id, submission_ids=ids, limit=None, **narrowed)
        for line in sorted(decided, key=lambda line: (line.opinion.submission_id, line.opinion.id), reverse=True):
            opinion, submission = line.opinion, submissions[line.opinion.submission_id]
            if last is not None and (opinion.submission_id, opinion.id) >= (last.submission_id, last.id):
                continue
            if search_terms.contains_all(_searched(opinion, submission), sought):
                hits.append(line)
        if len(hits) >= limit:
            break
    return hits[:limit]


def _searched(opinion: Opinion, submission: Submission) -> str:
    return "\n".join((opinion.content, submission.number, submission.subject, submission.name))
