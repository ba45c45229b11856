"""The content of a report from the rows of a consultation: public texts only, names masked without consent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from consult.adoption import themes
from consult.adoption.changes import Rewordings
from consult.adoption.concentration import in_force, newest
from consult.adoption.group_outcomes import Answer, GroupOutcome, group_outcomes
from consult.adoption.models import MADE, Decision, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import UNDECIDED, GroupDecision, OwnDecision, effective, with_decision
from consult.app_context import rules, settings
from consult.clock import local
from consult.drafting import version_comparison
from consult.drafting.models import Consultation, ProvisionRow
from consult.files.feedback import Rewording
from consult.intake.models import SenderKind, Submission
from consult.law.periods import in_words as date_in_words
from consult.reporting import count_tables, figures
from consult.reporting.models import FeedbackReport
from consult.store import db
from consult.text.anchors import in_words
from consult.text.privacy.names import Style, mask_name

WHOLE = "整个草案"
KEPT_PRIVATE = "（来件人要求不公开内容）"
ANONYMOUS = "匿名"
BATCH = 1000
EXCEPTIONS = 3
"""Other answers within a group that are printed in full; more are counted by outcome."""
SEE_ROWS = "理由见逐条意见。"
STANDARD, THEMES, HEARD = "concentration", "themes", "heard"
UNTIL = "until"
"""Key of a snapshot: number of the later version that was read for what was changed."""


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
        return mask_name(submission.name, style=Style(settings().masked_names), keep_organisations=False)
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


def main_opinions(
    consultation: Consultation, places: ProvisionLabels, reworded: Rewordings | None = None
) -> list[dict[str, Any]]:
    """Return the concentrated groups with what became of their members, largest first."""
    query = select(OpinionGroup).where(
        OpinionGroup.consultation_id == consultation.id, OpinionGroup.concentrated.is_(True)
    )
    groups = {group.id: group for group in db.session.scalars(query)}
    outcomes = group_outcomes(groups)
    in_order = sorted(outcomes, key=lambda key: (-outcomes[key].n, key))
    promised = _promised(list(groups)) if reworded is not None else {}
    return [
        _main_opinion(groups[key], outcomes[key], places) | _rewording(reworded, groups[key], promised.get(key))
        for key in in_order
    ]


def _promised(group_ids: Collection[int]) -> dict[int, str]:
    """Return by group the words that most of its adopted members' decisions promise (拟修改为), maybe none."""
    n = func.count().label("n")
    query = (
        with_decision(Opinion.group_id, effective("proposed_text"), n)
        .where(Opinion.group_id.in_(group_ids), effective("outcome").in_(MADE))
        .group_by(Opinion.group_id, effective("proposed_text"))
        .order_by(n, func.max(Opinion.id).desc())
    )
    return {group_id: words or "" for group_id, words, _ in db.session.execute(query)}


def _rewording(reworded: Rewordings | None, group: OpinionGroup, promised: str | None) -> dict[str, Any]:
    change = reworded.of(group.anchor, promised) if reworded is not None and promised is not None else None
    return {"rewording": [change.old, change.new, change.made]} if change is not None else {}


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


def _standard(consultation_id: int) -> dict[str, Any]:
    """Return from when an opinion is concentrated, where that was set: a report compiled before isn't current."""
    if newest(consultation_id) is None and newest(None) is None:
        return {}
    rule = in_force(consultation_id)
    return {STANDARD: {"senders": rule.senders, "share": rule.share, "share_senders": rule.share_senders}}


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


class Printed:
    """What a report of a consultation prints, before private data are masked: the head, and row by row the table."""

    def __init__(
        self, consultation: Consultation, *, until: int | None = None, stored: Mapping[str, Any] | None = None
    ) -> None:
        """Read what the places and changes are named by.

        Arguments:
            until: number of the later version that is read for what was changed; None while there is none.
            stored: the snapshot that this is held against: who had answered by then stays as it was, and where an
                earlier version of the platform compiled it, there are no tables and changes.
        """
        self._consultation, self._until, self._stored = consultation, until, stored
        self._is_earlier = stored is not None and "tables" not in stored
        self._places = ProvisionLabels(consultation)
        self._reworded = Rewordings(consultation, until)

    @classmethod
    def now(cls, consultation: Consultation) -> Printed:
        """What a report compiled now prints: changes are read from the newest version after the one out for comment."""
        latest = version_comparison.latest(consultation)
        return cls(consultation, until=latest.number if latest is not None else None)

    @classmethod
    def like(cls, report: FeedbackReport) -> Printed:
        """What a report would print now that is held against a stored one."""
        return cls(report.consultation, until=report.snapshot.get(UNTIL), stored=report.snapshot)

    def head(self) -> dict[str, Any]:
        """Return what a report prints, except for the table."""
        consultation = self._consultation
        names = {row.id: row.name for row in rules().rejection_reasons}
        tables = count_tables.tables(consultation)
        content: dict[str, Any] = {
            "title": f"《{consultation.title.strip('《》')}》公众意见采纳情况",
            "consultation": consultation.title,
            "slug": consultation.slug,
            "dates": dates(consultation),
            "figures": figures.counts(consultation.id),
            "rejections": {
                names.get(reason, reason): n for reason, n in sorted(figures.rejections(consultation.id).items())
            },
            "main_opinions": main_opinions(consultation, self._places, self._reworded),
            "tables": tables,
            "places": {line[0]: self._places[line[0]] for line in tables["articles"]},
            HEARD: count_tables.heard(consultation.id),
            **_standard(consultation.id),
            **public_themes(consultation.id),
        }
        if self._until is not None:
            content[UNTIL] = self._until
        if self._stored is None:
            return content
        content[HEARD] = self._stored.get(HEARD)
        return _as_earlier(content, self._stored) if self._is_earlier else content

    def row(self, line: Line) -> dict[str, Any]:
        """Return the columns of a report row, without its number."""
        return {
            "opinion_id": line.opinion.id,
            "submission_id": line.submission.id,
            "anchor": line.opinion.anchor,
            "place": self._places[line.opinion.anchor],
            "sender": sender_in_print(line.submission),
            "sender_kind": line.submission.sender_kind.value,
            "channel": line.submission.channel.value,
            "content": printed_content(line.opinion, line.submission),
            "outcome": line.decision.outcome.value if line.decision is not None else "",
            "reason": line.decision.reason if line.decision is not None else "",
            "rewording": self._changed(line),
            "late": line.submission.late,
            "group_id": line.opinion.group_id,
        }

    def _changed(self, line: Line) -> str:
        if self._is_earlier or line.decision is None or line.decision.outcome not in MADE:
            return ""
        change = self._reworded.of(line.opinion.anchor, line.decision.proposed_text)
        return f"{Rewording(change.old, change.new, change.made).label}：{change.new}" if change is not None else ""


def _as_earlier(now: dict[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a snapshot with no more in it than an earlier version of the platform put into ``stored``."""
    mains = [{key: value for key, value in main.items() if key != "rewording"} for main in now["main_opinions"]]
    counted = {name: n for name, n in now["figures"].items() if name in stored["figures"]}
    kept = {**now, "main_opinions": mains, "figures": counted}
    return {key: value for key, value in kept.items() if key in stored or key in (STANDARD, THEMES)}


def digested(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what of a row a report's digest covers; reports of earlier versions of the platform had no rewording."""
    return row if row.get("rewording") else {name: value for name, value in row.items() if name != "rewording"}


def outcome_words(outcome: str) -> str:
    """Return an outcome in Chinese; 待处理 where there is none."""
    return Outcome(outcome).label.words if outcome else UNDECIDED
