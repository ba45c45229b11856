"""The content of a report from the rows of a consultation: public texts only, names masked without consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from consult.adoption import themes
from consult.adoption.concentration import in_force, newest
from consult.adoption.group_outcomes import Answer, GroupOutcome, group_outcomes
from consult.adoption.models import Decision, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import UNDECIDED, GroupDecision, OwnDecision, with_decision
from consult.app_context import rules
from consult.clock import local
from consult.drafting.models import Consultation, ProvisionRow
from consult.intake.models import SenderKind, Submission
from consult.law.periods import in_words as date_in_words
from consult.reporting import figures
from consult.store import db
from consult.text.anchors import in_words
from consult.text.privacy.names import mask_name

WHOLE = "整个草案"
KEPT_PRIVATE = "（来件人要求不公开内容）"
ANONYMOUS = "匿名"
BATCH = 1000
EXCEPTIONS = 3
"""Other answers within a group that are printed in full; more are counted by outcome."""
SEE_ROWS = "理由见逐条意见。"


@dataclass(frozen=True)
class Line:
    """A row of the table with the ids behind it."""

    opinion: Opinion
    submission: Submission
    decision: Decision | None


def lines(consultation_id: int) -> Iterator[Line]:
    """Yield every opinion that isn't withdrawn with its submission and effective decision, those in time first."""
    for late in (False, True):
        after = 0
        while True:
            query = (
                with_decision(Opinion, Submission, OwnDecision, GroupDecision)
                .join(Submission, Submission.id == Opinion.submission_id)
                .where(Opinion.consultation_id == consultation_id, Opinion.id > after, Submission.late.is_(late))
                .order_by(Opinion.id)
                .limit(BATCH)
            )
            rows = db.session.execute(query).all()
            for opinion, submission, decision, of_group in rows:
                yield Line(opinion, submission, decision or of_group)
            if len(rows) < BATCH:
                break
            after = rows[-1][0].id


def sender_in_print(submission: Submission) -> str:
    """Return the sender as printed: the name only with consent."""
    if not submission.name:
        return ANONYMOUS
    if submission.publish_name:
        return submission.name
    if submission.sender_kind is SenderKind.PERSON:
        return mask_name(submission.name, keep_organisations=False)
    return submission.sender_kind.label.words


def printed_content(opinion: Opinion, submission: Submission) -> str:
    """Return an opinion as printed."""
    return KEPT_PRIVATE if submission.keep_private else opinion.content


class ProvisionLabels:
    """The provisions of the public version in Chinese, with their captions, by anchor."""

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


def main_opinions(consultation: Consultation, places: ProvisionLabels) -> list[dict[str, Any]]:
    """Return the concentrated groups with what became of their members, largest first."""
    query = select(OpinionGroup).where(
        OpinionGroup.consultation_id == consultation.id, OpinionGroup.concentrated.is_(True)
    )
    groups = {group.id: group for group in db.session.scalars(query)}
    outcomes = group_outcomes(groups)
    in_order = sorted(outcomes, key=lambda key: (-outcomes[key].n, key))
    return [_main_opinion(groups[key], outcomes[key], places) for key in in_order]


def _main_opinion(group: OpinionGroup, outcome: GroupOutcome, places: ProvisionLabels) -> dict[str, Any]:
    main, *exceptions = outcome.answers
    rest: Counter[str] = Counter()
    for answer in exceptions[EXCEPTIONS:]:
        rest[_value(answer)] += answer.n
    return {
        "group": group.id,
        "title": group.title,
        "place": places[group.anchor],
        "n": outcome.n,
        "outcome": _value(main),
        "reason": main.reason,
        "others": [
            *({"n": other.n, "outcome": _value(other), "reason": other.reason} for other in exceptions[:EXCEPTIONS]),
            *({"n": n, "outcome": value, "reason": SEE_ROWS} for value, n in rest.items()),
        ],
    }


def _value(answer: Answer) -> str:
    return answer.outcome.value if answer.outcome is not None else ""


def dates(consultation: Consultation) -> list[list[str]]:
    """Return the lines of the report's head."""
    head: list[list[str]] = []
    if consultation.opens_at is not None and consultation.closes_at is not None:
        first, last = local(consultation.opens_at), local(consultation.closes_at) - timedelta(days=1)
        head.append(["征求意见", f"{date_in_words(first)}至{date_in_words(last)}"])
    if consultation.shortened_reason:
        head.append(["期限缩短的理由", consultation.shortened_reason])
    for extension in consultation.extensions:
        day = local(extension.closes_after) - timedelta(days=1)
        head.append(["期限延长", f"延长至{date_in_words(day)}，{extension.reason}"])
    if consultation.division is not None:
        head.append(["起草处室", consultation.division.name])
    return head


def snapshot(consultation: Consultation) -> dict[str, Any]:
    """Return what a report prints, except for the table."""
    places = ProvisionLabels(consultation)
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
        **_standard(consultation.id),
        **public_themes(consultation.id),
    }


def _standard(consultation_id: int) -> dict[str, Any]:
    """Return from when an opinion is concentrated, where that was set: a report compiled before isn't current."""
    if newest(consultation_id) is None and newest(None) is None:
        return {}
    rule = in_force(consultation_id)
    return {"concentration": {"senders": rule.senders, "share": rule.share, "share_senders": rule.share_senders}}


def public_themes(consultation_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return the themes that the report prints, with the numbers of opinions in time and of their outcomes.

    Nothing, not even the key, where no theme is printed.
    """
    lines = themes.counts(consultation_id, in_time=True, public=True)
    printed = [
        {"name": line.theme.name, "n": line.n, "outcomes": {each.value: n for each, n in line.outcomes.items()}}
        for line in lines
        if line.n
    ]
    return {"themes": printed} if printed else {}


def row_values(line: Line, places: ProvisionLabels) -> dict[str, Any]:
    """Return the columns of a report row, without its number."""
    return {
        "opinion_id": line.opinion.id,
        "submission_id": line.submission.id,
        "anchor": line.opinion.anchor,
        "place": places[line.opinion.anchor],
        "sender": sender_in_print(line.submission),
        "sender_kind": line.submission.sender_kind.value,
        "channel": line.submission.channel.value,
        "content": printed_content(line.opinion, line.submission),
        "outcome": line.decision.outcome.value if line.decision is not None else "",
        "reason": line.decision.reason if line.decision is not None else "",
        "late": line.submission.late,
        "group_id": line.opinion.group_id,
    }


def outcome_words(outcome: str) -> str:
    """Return an outcome in Chinese; 待处理 where there is none."""
    return Outcome(outcome).label.words if outcome else UNDECIDED
