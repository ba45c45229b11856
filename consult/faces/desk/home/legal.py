"""What waits for the legal division: reviews, confirmations, exceptions, statements; and what turned red."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import url_for

from consult.accounts.errors import Refused
from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, may
from consult.app_context import rules
from consult.clock import local, midnight
from consult.drafting.models import Consultation, Stage
from consult.drafting.publication import is_author
from consult.faces.desk.home.line import Todo
from consult.faces.desk.meeting.gate import evidence_links
from consult.law.reviews import ReviewKind
from consult.meeting import flags, gate_states, overrides
from consult.review import queries, service


@dataclass(frozen=True)
class RedRow:
    """A precondition that turned red: of what, since when, and where the missing paper is added."""

    consultation: Consultation
    title: str
    since: datetime
    href: str
    links: list[tuple[str, str]]


def review_todos(actor: Actor, held: list[Consultation]) -> Iterator[Todo]:
    """Yield the reviews that wait for an actor who may conclude them: asked for, or to confirm for a newer version."""
    if not may(actor, Act.CONCLUDE_REVIEW):
        return
    waiting = queries.waiting([consultation.id for consultation in held])
    for consultation in held:
        for kind, lapsed in waiting.get(consultation.id, ()):
            if not _may_conclude(actor, consultation, kind):
                continue
            href = url_for("desk.reviews", slug=consultation.slug, _anchor=kind.value)
            name = service.rule_of(kind).named(consultation.kind)
            what = f"{name}换稿待确认" if lapsed else f"{name}待出具意见"
            yield Todo(1, "件", what, consultation.title, href, consultation)


def gate_todos(actor: Actor, held: list[Consultation]) -> Iterator[Todo]:
    """Yield the exceptions to approve and the statements to confirm, each at its row of the gate."""
    titles = {row.id: row.title for row in rules().preconditions}
    for consultation in held:
        if consultation.stage not in gate_states.WATCHED or is_author(actor, consultation):
            continue
        if may(actor, Act.APPROVE_OVERRIDE, consultation):
            for made in overrides.pending(consultation):
                if made.by_id != actor.id:
                    href = url_for("desk.meeting", slug=consultation.slug, _anchor=made.precondition)
                    about = titles.get(made.precondition, made.precondition)
                    yield Todo(1, "项", "例外情形待批准", consultation.title, href, consultation, about)
        if may(actor, Act.CONFIRM_MEETING_FACT, consultation):
            facts = flags.latest_statements(consultation).values()
            n = sum(fact.by_id != actor.id and flags.needs_confirmation(fact) for fact in facts)
            if n:
                href = url_for("desk.meeting", slug=consultation.slug)
                yield Todo(n, "项", "上会事项待确认", consultation.title, href, consultation)


def lapsed_rows(actor: Actor, held: list[Consultation], at: datetime) -> list[RedRow]:
    """Return what turned red since yesterday, for the legal division."""
    if actor.role is not Role.LEGAL:
        return []
    by_id = {consultation.id: consultation for consultation in held if consultation.stage is not Stage.DRAFTING}
    rows = {row.id: row for row in rules().preconditions}
    since = midnight(local(at).date() - timedelta(days=1))
    return [
        RedRow(
            by_id[state.consultation_id],
            rows[state.precondition].title,
            state.since,
            url_for("desk.meeting", slug=by_id[state.consultation_id].slug, _anchor=state.precondition),
            evidence_links(by_id[state.consultation_id], rows[state.precondition].evidence),
        )
        for state in gate_states.turned_red(list(by_id), since)
        if state.precondition in rows
    ]


def _may_conclude(actor: Actor, consultation: Consultation, kind: ReviewKind) -> bool:
    try:
        service.check_reviewer(actor, consultation, kind)
    except Refused:
        return False
    return True
