"""From the rows of a consultation to what a report prints: only what moderation released goes through this door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.adoption.queries import OfGroup, Own, with_decision
from consult.adoption.service import OUTCOME_NAMES
from consult.clock import local
from consult.drafting.models import Consultation, ProvisionRow
from consult.intake.models import SenderKind, Submission
from consult.reporting import figures
from consult.settings import rules
from consult.store import db
from consult.text.anchors import in_words
from consult.text.names import mask_name

WHOLE = "整个草案"
KEPT_PRIVATE = "（来件人要求不公开内容）"
ANONYMOUS = "匿名"
BATCH = 1000


@dataclass(frozen=True)
class Line:
    """A row of the table with the ids behind it."""

    opinion: Opinion
    submission: Submission
    decision: Decision | None


def lines(consultation_id: int) -> Iterator[Line]:
    """Yield every standing opinion with its submission and the decision that holds, what came in time first."""
    for late in (False, True):
        after = 0
        while True:
            query = (
                with_decision(Opinion, Submission, Own, OfGroup)
                .join(Submission, Submission.id == Opinion.submission_id)
                .where(Opinion.consultation_id == consultation_id, Opinion.id > after, Submission.late.is_(late))
                .order_by(Opinion.id)
                .limit(BATCH)
            )
            rows = db.session.execute(query).all()
            for opinion, submission, own, of_group in rows:
                yield Line(opinion, submission, own or of_group)
            if len(rows) < BATCH:
                break
            after = rows[-1][0].id


def sender_in_print(submission: Submission) -> str:
    """Return the sender as printed: in full only with the sender's own consent."""
    if not submission.name:
        return ANONYMOUS
    if submission.publish_name:
        return submission.name
    if submission.sender_kind is SenderKind.PERSON:
        return mask_name(submission.name, keep_organisations=False)
    return figures.SENDER_NAMES[submission.sender_kind]


def content_in_print(opinion: Opinion, submission: Submission) -> str:
    """Return an opinion as printed."""
    return KEPT_PRIVATE if submission.keep_private else opinion.content


class Places:
    """Provisions of the public version in words, with their captions."""

    def __init__(self, consultation: Consultation) -> None:
        query = select(ProvisionRow.anchor, ProvisionRow.kind, ProvisionRow.number, ProvisionRow.heading).where(
            ProvisionRow.version_id == consultation.public_version_id
        )
        self._words = {"": WHOLE}
        for anchor, kind, number, heading in db.session.execute(query):
            words = in_words(anchor)
            if heading:
                words = f"{number} {heading}" if kind != "article" else f"{words}（{heading}）"
            self._words[anchor] = words[:120]

    def __getitem__(self, anchor: str) -> str:
        return self._words.get(anchor) or in_words(anchor)[:120]


def main_opinions(consultation: Consultation, places: Places) -> list[dict[str, Any]]:
    """Return the concentrated groups with what became of them, largest first."""
    n = func.count(Opinion.id)
    query = (
        select(OpinionGroup, Decision, n)
        .join(Opinion, (Opinion.group_id == OpinionGroup.id) & Opinion.withdrawn.is_(False))
        .outerjoin(Decision, (Decision.group_id == OpinionGroup.id) & Decision.current.is_(True))
        .where(OpinionGroup.consultation_id == consultation.id, OpinionGroup.concentrated.is_(True))
        .group_by(OpinionGroup.id, Decision.id)
        .order_by(n.desc(), OpinionGroup.id)
    )
    return [
        {
            "group": group.id,
            "title": group.title,
            "place": places[group.anchor],
            "n": int(count),
            "outcome": decision.outcome.value if decision is not None else "",
            "reason": decision.reason if decision is not None else "",
        }
        for group, decision, count in db.session.execute(query)
    ]


def dates(consultation: Consultation) -> list[list[str]]:
    """Return the lines of the report's head."""
    found: list[list[str]] = []
    if consultation.opens_at is not None and consultation.closes_at is not None:
        first = local(consultation.opens_at)
        last = local(consultation.closes_at) - timedelta(days=1)
        found.append(
            ["征求意见", f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日"]
        )
    if consultation.shortened_reason:
        found.append(["期限缩短的理由", consultation.shortened_reason])
    for extension in consultation.extensions:
        day = local(extension.closes_after) - timedelta(days=1)
        found.append(["期限延长", f"延长至{day.year}年{day.month}月{day.day}日，{extension.reason}"])
    if consultation.division is not None:
        found.append(["起草处室", consultation.division.name])
    return found


def snapshot(consultation: Consultation) -> dict[str, Any]:
    """Return all that a report prints but its table."""
    places = Places(consultation)
    names = {row.id: row.name for row in rules().rejection_reasons}
    return {
        "title": f"《{consultation.title.strip('《》')}》公众意见采纳情况",
        "consultation": consultation.title,
        "slug": consultation.slug,
        "dates": dates(consultation),
        "figures": figures.counts(consultation.id),
        "rejections": {
            names.get(reason, reason): n for reason, n in sorted(figures.rejections(consultation.id).items())
        },
        "main_opinions": main_opinions(consultation, places),
    }


def row_values(line: Line, places: Places) -> dict[str, Any]:
    """Return the columns of a report row, without its number."""
    return {
        "opinion_id": line.opinion.id,
        "submission_id": line.submission.id,
        "anchor": line.opinion.anchor,
        "place": places[line.opinion.anchor],
        "sender": sender_in_print(line.submission),
        "sender_kind": line.submission.sender_kind.value,
        "channel": line.submission.channel.value,
        "content": content_in_print(line.opinion, line.submission),
        "outcome": line.decision.outcome.value if line.decision is not None else "",
        "reason": line.decision.reason if line.decision is not None else "",
        "late": line.submission.late,
        "group_id": line.opinion.group_id,
    }


def outcome_words(outcome: str) -> str:
    """Return an outcome in words; 未定 where there is none yet."""
    return next((name for key, name in OUTCOME_NAMES.items() if key.value == outcome), "未定")
