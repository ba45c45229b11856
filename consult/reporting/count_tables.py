"""The counts of a report in tables: by channel, by kind of sender, the public and organisations apart, by provision.

All count what is in time only, as the figures do; the numbers come from one query over the opinions and one over the
submissions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from consult.adoption.models import DecisionState, Opinion, Outcome
from consult.adoption.queries import effective, with_decision
from consult.consultees.models import Listed
from consult.consultees.status import Standing
from consult.drafting.models import Consultation
from consult.intake.models import Channel, SenderKind, Submission
from consult.store import db
from consult.text.anchors import article_of
from consult.text.sentences import sentence

PUBLIC, ORGANISATIONS = "public", "organisations"
ASKED, WITH_OPINION, WITHOUT_OPINION = "asked", "opinion", "no_opinion"
HEARD_WORDS = {ASKED: sentence("发出"), WITH_OPINION: sentence("答复有意见"), WITHOUT_OPINION: sentence("答复无意见")}
APART_WORDS = {PUBLIC: sentence("公众"), ORGANISATIONS: sentence("企业、行业协会商会和其他单位")}

Line = list[Any]
"""``[key, submissions or None, opinions, {outcome: opinions}]``."""


def tables(consultation: Consultation) -> dict[str, list[Line]]:
    """Return the tables of a consultation by name; provisions, by article, are in their order."""
    opinions = _opinions(consultation.id)
    sent = submissions_by_origin(consultation.id)
    return {
        "channels": _table(opinions, sent, [kind.value for kind in Channel], lambda channel, _: channel.value),
        "senders": _table(opinions, sent, [kind.value for kind in SenderKind], lambda _, sender: sender.value),
        "apart": _table(opinions, sent, [PUBLIC, ORGANISATIONS], lambda _, sender: side_of(sender)),
        "articles": _by_provision(opinions, _anchors(consultation)),
    }


def _anchors(consultation: Consultation) -> list[str]:
    version = consultation.public_version
    return [row.anchor for row in version.provisions] if version is not None else []


def side_of(sender: SenderKind) -> str:
    """Return on which side a kind of sender is counted: the public, or organisations."""
    return PUBLIC if sender is SenderKind.PERSON else ORGANISATIONS


def heard(consultation_id: int) -> list[list[Any]]:
    """Return how many consultees were asked by letter, and how many answered with and without an opinion."""
    query = select(Listed.standing, func.count()).where(
        Listed.consultation_id == consultation_id,
        Listed.removed_at.is_(None),
        Listed.standing.not_in(("none", Standing.PREPARED.value, Standing.REVOKED.value)),
    )
    counts = {standing: int(n) for standing, n in db.session.execute(query.group_by(Listed.standing))}
    asked = sum(counts.values())
    numbers = {
        ASKED: asked,
        WITH_OPINION: counts.get(Standing.HEARD.value, 0),
        WITHOUT_OPINION: counts.get(Standing.NO_OPINION.value, 0),
    }
    return [[key, n] for key, n in numbers.items()] if asked else []


_Opinions = list[tuple[Channel, SenderKind, str, str, int]]
_Submissions = list[tuple[Channel, SenderKind, int]]


def _opinions(consultation_id: int) -> _Opinions:
    columns = (Submission.channel, Submission.sender_kind, Opinion.anchor)
    return [
        (channel, sender, anchor, outcome.value if outcome is not None else "", n)
        for (channel, sender, anchor), outcome, n in opinions_by_outcome(consultation_id, *columns)
    ]


def opinions_by_outcome(consultation_id: int, *columns: Any) -> Iterator[tuple[tuple[Any, ...], Outcome | None, int]]:
    """Yield how many opinions in time have the same columns and reviewed outcome; None where none is reviewed."""
    outcome, state = effective("outcome"), effective("state")
    columns = (*columns, outcome, state)
    query = (
        with_decision(*columns, func.count())
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(Opinion.consultation_id == consultation_id, Submission.late.is_(False))
        .group_by(*columns)
    )
    for *values, decided, reviewed, n in db.session.execute(query):
        yield tuple(values), decided if reviewed is DecisionState.REVIEWED else None, int(n)


def submissions_by_origin(consultation_id: int) -> _Submissions:
    """Return how many submissions in time came by each channel from each kind of sender."""
    columns = (Submission.channel, Submission.sender_kind)
    query = (
        select(*columns, func.count())
        .where(Submission.consultation_id == consultation_id, Submission.late.is_(False))
        .group_by(*columns)
    )
    return [(channel, sender, int(n)) for channel, sender, n in db.session.execute(query)]


def _table(
    opinions: _Opinions, sent: _Submissions, order: Iterable[str], key: Callable[[Channel, SenderKind], str]
) -> list[Line]:
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for channel, sender, _, outcome, n in opinions:
        outcomes[key(channel, sender)][outcome] += n
    submissions: Counter[str] = Counter()
    for channel, sender, n in sent:
        submissions[key(channel, sender)] += n
    return [
        _line(name, submissions[name], outcomes[name]) for name in order if submissions[name] or outcomes[name].total()
    ]


def _by_provision(opinions: _Opinions, order: list[str]) -> list[Line]:
    outcomes: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, _, anchor, outcome, n in opinions:
        outcomes[article_of(anchor) or anchor][outcome] += n
    places = {anchor: place for place, anchor in enumerate(order)}
    last = len(places)
    in_order = sorted(outcomes, key=lambda anchor: (places.get(anchor, last if anchor else last + 1), anchor))
    return [_line(anchor, None, outcomes[anchor]) for anchor in in_order]


def _line(key: str, submissions: int | None, outcomes: Counter[str]) -> Line:
    by_outcome = {outcome: n for outcome, n in sorted(outcomes.items()) if outcome and n}
    return [key, submissions, outcomes.total(), by_outcome]
