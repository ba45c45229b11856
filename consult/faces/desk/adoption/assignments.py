"""Opinions given to colleagues: a page with every unit and group, and the form beside an opinion or a group."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import assignments, queries
from consult.adoption.board import board
from consult.adoption.errors import AssignmentRefused
from consult.adoption.holdings import Work, is_due_soon, is_holder, is_overdue
from consult.adoption.models import Opinion, OpinionGroup
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import AssignForm
from consult.faces.desk.adoption.panes import Where, Workspace
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to
from consult.faces.desk.navigation import inside

TOGETHER = 500
"""Units and groups that are given at once at most."""

Choices = list[tuple[str, list[tuple[str, str]]]]


@desk.get("/consultations/<slug>/adoption/assignments")
def adoption_assignments(slug: str) -> str:
    """Show every unit and group with its holder and its last day."""
    return _page(consultation_or_404(slug, Act.SEE_SUBMISSIONS), AssignForm(formdata=None))


@desk.post("/consultations/<slug>/adoption/assignments/<any('give', 'take-back'):verb>")
def adoption_assign(slug: str, verb: str) -> Response | tuple[str, int]:
    """Give what was ticked to somebody, or take it back; from the workspace, go back to what is open there."""
    consultation, form = consultation_or_404(slug, Act.DECIDE), AssignForm()
    keys = request.form.getlist("work")[:TOGETHER]
    works = [work for key in keys if (work := Work.from_key(key)) is not None]
    if form.validate_on_submit() or verb == "take-back":
        with refusals_to(form) as tried:
            words = _assign(consultation, works, form) if verb == "give" else _take_back(consultation, works)
        if tried.ok:
            flash(words, "success")
            opened = request.args.get("open")
            if not _still_sees(consultation):
                return redirect(url_for("desk.home"), 303)
            back = Where.asked(slug).url(open=opened) if opened else url_for("desk.adoption_assignments", slug=slug)
            return redirect(back, 303)
    return _page(consultation, form, set(keys)), 400


def _assign(consultation: Consultation, works: list[Work], form: AssignForm) -> str:
    to = assignments.holder_named(form.to.data or "")
    if to is None:
        raise AssignmentRefused("请选择承办人或者承办处室。", "to")
    given = assignments.assign(
        current_actor(),
        consultation,
        works,
        to,
        at=clock.now(),
        due_on=form.due_on.data,
        remark=form.remark.data or "",
    )
    return f"已交给“{to.name}”承办 {len(given)} 项。"


def _take_back(consultation: Consultation, works: list[Work]) -> str:
    return f"已收回 {assignments.take_back(current_actor(), consultation, works, at=clock.now())} 项。"


def _still_sees(consultation: Consultation) -> bool:
    """Whether the actor, having handed over the last of it, still sees the consultation."""
    return may(current_actor(), Act.SEE_SUBMISSIONS, consultation)


def _page(consultation: Consultation, form: AssignForm, ticked: set[str] | None = None) -> str:
    actor, at = current_actor(), clock.now()
    lines = board(actor, consultation)
    may_assign = may(actor, Act.ASSIGN_OPINIONS, consultation)
    return render_template(
        "desk/adoption/assignments.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        may_assign=may_assign,
        may_hand_over=may_assign or any(is_holder(actor, line.assignment) for line in lines),
        lines=[(line, may_assign or is_holder(actor, line.assignment)) for line in lines],
        at=at,
        is_overdue=is_overdue,
        is_due_soon=is_due_soon,
        form=form,
        choices=choices(consultation),
        ticked=ticked or set(),
    )


def choices(consultation: Consultation) -> Choices:
    """Return whom the actor may give work to, under headings: people of the own division, others, divisions."""
    actor = current_actor()
    people, divisions = assignments.holders(consultation)
    outside = not may(actor, Act.ASSIGN_OPINIONS, consultation)
    home = actor.division_id if outside else consultation.division_id
    inner = [(f"user-{user.id}", user.name) for user in people if user.division_id == home]
    if outside:
        return [("本处室", inner)]
    outer = [
        (f"user-{user.id}", f"{user.name}（{user.division.name}）" if user.division is not None else user.name)
        for user in people
        if user.division_id != home
    ]
    named = [(f"division-{division.id}", division.name) for division in divisions]
    headed = [("起草处室", inner), ("其他处室人员（协办）", outer), ("处室", named)]
    return [(heading, members) for heading, members in headed if members]


def assign_facts(workspace: Workspace, subject: Opinion | OpinionGroup, forms: dict[str, FlaskForm]) -> dict[str, Any]:
    """Return what the right pane shows of the holder of an opinion or a group, with the form that gives it."""
    actor, held = current_actor(), workspace.holdings.of(subject)
    is_group = isinstance(subject, OpinionGroup)
    work = Work(group_id=subject.id) if is_group else Work(anchor=workspace.holdings.unit(subject.anchor))
    may_assign = may(actor, Act.ASSIGN_OPINIONS, workspace.consultation)
    return {
        "held": held,
        "may_work": workspace.may_work_on(subject),
        "work": work,
        "may_assign": may_assign,
        "may_hand_over": may_assign or is_holder(actor, workspace.holdings.given.get(work)),
        "given": workspace.holdings.given.get(work),
        "assign_form": AssignForm(formdata=None),
        "people": choices(workspace.consultation) if may_assign or workspace.held else [],
    }
