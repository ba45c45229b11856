"""What waits for an account, in the order in which it is due; every line leads to what it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from consult.accounts.permissions import Act, Actor, may
from consult.adoption.waiting import Waiting, waiting
from consult.drafting import desks
from consult.drafting.models import Consultation, Stage
from consult.drafting.release import wrote
from consult.faces.desk.blueprint import has
from consult.intake.models import SubmissionState
from consult.intake.unassigned import count_unassigned
from consult.reporting import queries as reports
from consult.reporting.models import ReportState
from consult.store import tally

OWN_DRAFT = "起草中，待送审"


@dataclass(frozen=True)
class Todo:
    """``n`` of something to do, what about, and the page that lists it."""

    n: int
    unit: str
    what: str
    title: str
    href: str
    consultation: Consultation | None = None
    note: str = ""


def todos(actor: Actor, at: datetime) -> list[Todo]:
    """Return what waits for an actor: drafts, reviews, submissions, decisions, reports."""
    held = desks.on_hand(actor)
    ids = [consultation.id for consultation in held]
    found = [*_drafting(actor, held), *_screening(actor, held, ids), *_deciding(actor, held, ids)]
    found += _reporting(actor, held, ids)
    n = count_unassigned() if may(actor, Act.ASSIGN_SUBMISSION) and has("desk.unassigned") else 0
    if n:
        found.append(Todo(n, "件", "未归类来件", "没有对上任何一件征求意见的邮件", url_for("desk.unassigned")))
    found.sort(key=lambda one: one.what == OWN_DRAFT)  # what others wait for comes first
    return found


def _to(endpoint: str, consultation: Consultation, **query: Any) -> str:
    """Return the address of a page about a consultation; its first page while that one doesn't exist."""
    target = endpoint if has(endpoint) else "desk.consultation"
    return url_for(target, slug=consultation.slug, **query)


def _drafting(actor: Actor, held: list[Consultation]) -> Iterator[Todo]:
    for one in held:
        href = url_for("desk.consultation", slug=one.slug)
        if one.stage is Stage.IN_REVIEW and may(actor, Act.PUBLISH_CONSULTATION, one) and not wrote(actor, one):
            yield Todo(1, "件", "待审核发布", one.title, href, one)
        if one.stage is Stage.DRAFTING and may(actor, Act.SUBMIT_FOR_REVIEW, one):
            if one.returned_reason:
                yield Todo(1, "件", "退回修改", one.title, href, one, one.returned_reason)
            else:
                yield Todo(1, "件", OWN_DRAFT, one.title, href, one)


def _screening(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    counts = {
        state: tally.count_for(ids, "state", state.value)
        for state in (SubmissionState.RECEIVED, SubmissionState.SCREENING)
    }
    words = {SubmissionState.RECEIVED: "来件待审核", SubmissionState.SCREENING: "来件审核到一半"}
    for one in held:
        if not may(actor, Act.SCREEN, one):
            continue
        for state, by_id in counts.items():
            if by_id.get(one.id):
                href = _to("desk.moderation", one, state=state.value)
                yield Todo(by_id[one.id], "件", words[state], one.title, href, one)


def _deciding(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    counts = waiting(ids, actor.id)
    for one in held:
        here = counts.get(one.id, Waiting())
        if may(actor, Act.DECIDE, one):
            if here.returned:
                yield Todo(
                    here.returned,
                    "条",
                    "采纳情况被退回",
                    one.title,
                    _to("desk.adoption", one, at="all", show="returned"),
                    one,
                )
            if here.undecided:
                yield Todo(
                    here.undecided,
                    "条",
                    "意见还没有定",
                    one.title,
                    _to("desk.adoption", one, at="all", show="undecided"),
                    one,
                )
        if here.to_confirm and may(actor, Act.REVIEW_DECISION, one):
            yield Todo(here.to_confirm, "条", "采纳情况待复核", one.title, _to("desk.adoption_review", one), one)


def _reporting(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    by_id = {one.id: one for one in held}
    for report in reports.unfinished(ids):
        one = by_id[report.consultation_id]
        href = _to("desk.reporting", one)
        mine = report.compiled_by_id is not None and report.compiled_by_id == actor.id
        if report.state is ReportState.IN_REVIEW and may(actor, Act.REVIEW_REPORT, one) and not mine:
            yield Todo(1, "份", "反馈报告待审核", one.title, href, one)
        checked = report.reviewed_by_id is not None and report.reviewed_by_id == actor.id
        if report.state is ReportState.REVIEWED and may(actor, Act.PUBLISH_REPORT, one) and not checked:
            yield Todo(1, "份", "反馈报告待公布", one.title, href, one)
