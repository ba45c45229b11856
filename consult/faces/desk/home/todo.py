"""The list of tasks of an account, by urgency; every line links to what it counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import url_for

from consult.accounts.permissions import Act, Actor, is_outside, may
from consult.adoption.board import own_work
from consult.adoption.queries import OpenWork, open_work
from consult.consultees import confirmation
from consult.drafting import worklists
from consult.drafting.models import Consultation, Stage
from consult.drafting.publication import is_author
from consult.faces.desk.blueprint import has
from consult.faces.desk.home.legal import gate_todos, review_todos
from consult.faces.desk.home.line import Todo
from consult.faces.template_filters import day
from consult.intake.models import SubmissionState
from consult.intake.unassigned import count_unassigned
from consult.issuance import document_acts
from consult.issuance import service as issuance
from consult.mailbox import queries as mailboxes
from consult.postponement import service as postponement
from consult.privacy import requests
from consult.privacy.models import RequestState
from consult.reporting import queries as reports
from consult.reporting.models import ReportState
from consult.store import counters

PRIVACY = {RequestState.WAITING: "个人信息申请待办理", RequestState.PROPOSED: "删除个人信息待复核"}
DRAFT_IN_WORK = "起草中，待送审"


def todos(actor: Actor, at: datetime) -> list[Todo]:
    """Return the tasks of an actor: drafts, reviews, submissions, decisions, reports."""
    held = worklists.unfinished(actor)
    ids = [consultation.id for consultation in held]
    lines = [*_drafting(actor, held), *_screening(actor, held, ids), *_confirming(actor, held, ids)]
    lines += _deciding(actor, held, ids, at)
    lines += _reporting(actor, held, ids)
    lines += [*review_todos(actor, held), *gate_todos(actor, held)]
    n = count_unassigned() if may(actor, Act.ASSIGN_SUBMISSION) and has("desk.unassigned") else 0
    if n:
        lines.append(Todo(n, "件", "未归类来件", "未能对应征求意见的邮件", url_for("desk.unassigned")))
    lines += _mailboxes(actor)
    lines += _privacy(actor)
    lines += _issued(actor, at)
    lines += _calendars(actor, held, at)
    lines.sort(key=lambda line: line.what == DRAFT_IN_WORK)  # what others wait for comes first
    return lines


def _mailboxes(actor: Actor) -> Iterator[Todo]:
    """Yield the mailboxes that couldn't be read the last time: opinions wait there unseen."""
    silent = [state for state in mailboxes.states() if state.error] if may(actor, Act.MANAGE_MAILBOXES) else []
    if silent:
        names = "、".join(state.user for state in silent)
        yield Todo(len(silent), "个", "征集信箱未能读取", names, url_for("desk.mailboxes"))


def _privacy(actor: Actor) -> Iterator[Todo]:
    """Yield what senders ask about their personal data, with the earliest day by which it must be decided."""
    if not may(actor, Act.DECIDE_PRIVACY_REQUEST):
        return
    waiting = requests.undecided(actor)
    for state, what in PRIVACY.items():
        here = [asked for asked in waiting if asked.state is state and asked.decided_by_id != actor.id]
        if here:
            days = [asked.due_day for asked in here if asked.due_day is not None]
            note = f"最早的须于 {day(min(days))} 前办结" if days else ""
            yield Todo(len(here), "项", what, "来件人申请更正、删除个人信息", url_for("desk.privacy"), note=note)


def _issued(actor: Actor, at: datetime) -> Iterator[Todo]:
    """Yield the issued documents whose validity ends within six months, and those whose issue isn't registered."""
    for document, state in document_acts.due_for_review(at):
        if may(actor, Act.KEEP_ISSUED_DOCUMENT, document.consultation):
            note = f"有效期至 {day(state.until)}" if state.until is not None else ""
            yield _todo(1, "件", "有效期将满，待清理评估", document.consultation, "desk.meeting", note, "#issuing")
    for consultation in issuance.without_document():
        if may(actor, Act.PROMULGATE, consultation):
            yield _todo(1, "件", "印发情况待补登", consultation, "desk.meeting", part="#issuing")


def _calendars(actor: Actor, held: list[Consultation], at: datetime) -> Iterator[Todo]:
    """Yield the notices of years that are to be entered, and what waits to be extended by one."""
    for year, provisional in postponement.wanted(at) if may(actor, Act.SET_CALENDAR) else ():
        note = f"{provisional} 件征求意见的截止日暂定" if provisional else ""
        href = url_for("desk.calendar_year", year=year)
        yield Todo(1, "项", "放假安排待登记", f"国务院办公厅关于{year}年部分节假日安排的通知", href, note=note)
    waiting = postponement.pending(at)
    for year in sorted({move.before.year for move in waiting}):
        here = [move for move in waiting if move.before.year == year]
        if may(actor, Act.APPLY_CALENDAR):
            href = url_for("desk.calendar_year", year=year)
            yield Todo(len(here), "项", "期限待顺延", f"{year}年放假安排公布后，截止日为休息日", href)
            continue
        for consultation in held:
            mine = [move for move in here if move.consultation.id == consultation.id]
            if mine and may(actor, Act.EDIT_CONSULTATION, consultation):
                note = f"{mine[0].what}拟顺延至 {day(mine[0].after)}，由信息发布员确认"
                yield _todo(len(mine), "项", "期限将顺延", consultation, "desk.consultation", note, "#period")


def _todo(
    n: int, unit: str, what: str, about: Consultation, endpoint: str, note: str = "", part: str = "", **query: Any
) -> Todo:
    """Return a line about a consultation; its page is the consultation's first while the endpoint doesn't exist."""
    href = url_for(endpoint if has(endpoint) else "desk.consultation", slug=about.slug, **query)
    return Todo(n, unit, what, about.title, href + part, about, note)


def _drafting(actor: Actor, held: list[Consultation]) -> Iterator[Todo]:
    for consultation in held:
        to_publish = consultation.stage is Stage.IN_REVIEW and may(actor, Act.PUBLISH_CONSULTATION, consultation)
        if to_publish and not is_author(actor, consultation):
            yield _todo(1, "件", "待审核发布", consultation, "desk.consultation")
        if consultation.stage is Stage.DRAFTING and may(actor, Act.SUBMIT_FOR_REVIEW, consultation):
            what = "退回修改" if consultation.returned_reason else DRAFT_IN_WORK
            yield _todo(1, "件", what, consultation, "desk.consultation", consultation.returned_reason)


def _screening(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    words = {SubmissionState.RECEIVED: "来件待审核", SubmissionState.SCREENING: "来件待核实"}
    counts = {state: counters.count_for(ids, "state", state.value) for state in words}
    for consultation in held:
        if not may(actor, Act.SCREEN, consultation):
            continue
        for state, by_id in counts.items():
            if n := by_id.get(consultation.id):
                yield _todo(n, "件", words[state], consultation, "desk.moderation", state=state.value)


def _confirming(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    waiting = confirmation.counts_waiting(ids)
    for consultation in held:
        allowed = may(actor, Act.RECEIVE_FOR_SENDER, consultation) or may(actor, Act.SCREEN, consultation)
        if consultation.id in waiting and allowed:
            n = waiting[consultation.id]
            yield _todo(n, "件", "待确认的答复", consultation, "desk.consultees", part="#waiting-title")


def _deciding(actor: Actor, held: list[Consultation], ids: list[int], at: datetime) -> Iterator[Todo]:
    counts, at_all = open_work(ids, actor.id), {"at": "all"}
    waiting = own_work(actor, held, at)
    for consultation in held:
        here = counts.get(consultation.id, OpenWork())
        if mine := waiting.get(consultation.id):
            if mine.overdue:
                yield _todo(mine.overdue, "条", "本人承办，逾期", consultation, "desk.adoption", **at_all, show="held")
            if mine.open > mine.overdue:
                n = mine.open - mine.overdue
                yield _todo(n, "条", "本人承办，待处理", consultation, "desk.adoption", **at_all, show="held")
        if is_outside(actor, consultation):
            continue
        if here.returned and may(actor, Act.DECIDE, consultation):
            yield _todo(here.returned, "条", "采纳情况被退回", consultation, "desk.adoption", **at_all, show="returned")
        if here.undecided and may(actor, Act.DECIDE, consultation):
            yield _todo(here.undecided, "条", "意见待处理", consultation, "desk.adoption", **at_all, show="undecided")
        if here.to_confirm and may(actor, Act.REVIEW_DECISION, consultation):
            yield _todo(here.to_confirm, "条", "采纳情况待复核", consultation, "desk.adoption_review")


def _reporting(actor: Actor, held: list[Consultation], ids: list[int]) -> Iterator[Todo]:
    by_id = {consultation.id: consultation for consultation in held}
    for report in reports.unfinished(ids):
        consultation = by_id[report.consultation_id]
        to_review = report.state is ReportState.IN_REVIEW and may(actor, Act.REVIEW_REPORT, consultation)
        if to_review and report.compiled_by_id != actor.id:
            yield _todo(1, "份", "反馈报告待审核", consultation, "desk.reporting")
        to_publish = report.state is ReportState.REVIEWED and may(actor, Act.PUBLISH_REPORT, consultation)
        if to_publish and report.reviewed_by_id != actor.id:
            yield _todo(1, "份", "反馈报告待公布", consultation, "desk.reporting")
