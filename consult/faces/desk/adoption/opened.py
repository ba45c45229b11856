"""The right pane of the adoption workspace: one opinion or group with what was decided, discussed and given on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from consult import clock
from consult.accounts.permissions import Act, is_outside, may
from consult.adoption import (
    discussion,
    kinds,
    presence,
    queries,
    reason_library,
    referrals,
    service,
    similar,
    themes,
    worklist,
)
from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.adoption.reason_library import Offer
from consult.adoption.versions import version_of
from consult.adoption.whole_text import whole_text
from consult.faces.desk.adoption.assignments import assign_facts
from consult.faces.desk.adoption.forms import CommentForm, DecisionForm, KindForm, ReferralForm, SplitForm, ThemeForm
from consult.faces.desk.adoption.panes import Workspace, followed
from consult.faces.desk.blueprint import current_actor
from consult.faces.desk.submissions.behind import behind
from consult.faces.row_ids import row_id
from consult.reporting.snapshot import sender_in_print
from consult.store import db
from consult.text.anchors import WHOLE

MEMBERS = 3
"""Opinions of a group that are shown before one asks for all of them."""
NAMED_PROVISIONS = 5
"""Provisions that the words of one reason name; more are 有关条款."""


def opened_subject(
    workspace: Workspace, subject: Opinion | OpinionGroup, forms: dict[str, FlaskForm]
) -> dict[str, Any]:
    """Return what the right pane shows of an opinion or a group."""
    is_group = isinstance(subject, OpinionGroup)
    key = f"{'g' if is_group else 'o'}{subject.id}"
    holds = service.effective(subject)
    actor, now = current_actor(), clock.now()
    if may(actor, Act.DECIDE, workspace.consultation) and workspace.may_work_on(subject):
        presence.note(actor, workspace.consultation, key, now)
    previous, following = workspace.neighbours(key)
    suggested = _suggested()
    shared = {
        "opened": subject,
        "is_group": is_group,
        "key": key,
        "decision": holds,
        "seen": version_of(holds),
        "history": worklist.history(subject),
        "previous": previous,
        "following": following,
        "unit": workspace.unit_of(subject),
        **followed(workspace.consultation, subject.anchor),
        "comments": discussion.comments(subject),
        "may_discuss": may(actor, Act.DISCUSS, workspace.consultation) and workspace.may_work_on(subject),
        "comment_form": forms.get("comment") or CommentForm(formdata=None),
        "themes": workspace.themes,
        "own_themes": themes.own(subject),
        "group_themes": themes.own(subject.group) if isinstance(subject, Opinion) and subject.group else [],
        "theme_form": forms.get("mark") or ThemeForm(formdata=None),
        "others": presence.others(actor, workspace.consultation, key, now),
        **assign_facts(workspace, subject, forms),
        "form": forms.get("decide") or chosen_reason(workspace, [subject]) or DecisionForm.showing(suggested or holds),
        "forms": forms,
        "reasons": worklist.recent_reasons(current_actor().id),
        "offers": offered_reasons(workspace, subject) if may(actor, Act.DECIDE, workspace.consultation) else [],
        "sender_in_print": sender_in_print,
        "similar": similar.proposals(actor, subject) if request.args.get("similar") else None,
    }
    return shared | (
        _of_group(subject) if isinstance(subject, OpinionGroup) else _of_opinion(workspace, subject, forms)
    )


def _of_group(group: OpinionGroup) -> dict[str, Any]:
    lines = worklist.group_summaries(group.consultation_id, group_id=group.id)
    everything = request.args.get("members") == "all"
    after = request.args.get("from", "")
    members = queries.with_decisions(
        group.consultation_id,
        group_id=group.id,
        after=row_id(after),
        limit=50 if everything else MEMBERS,
    )
    return {
        "line": lines[0] if lines else None,
        "channels": worklist.count_channels(group.id),
        "own_decisions": worklist.count_own_decisions(group.id),
        "everything": everything,
        "members": members,
        **behind(member.opinion.submission for member in members),
    }


def _of_opinion(workspace: Workspace, opinion: Opinion, forms: dict[str, FlaskForm]) -> dict[str, Any]:
    on_place = worklist.group_summaries(opinion.consultation_id, anchors=[opinion.anchor])
    is_inside = not is_outside(current_actor(), workspace.consultation)
    return {
        "submission": opinion.submission,
        "whole": whole_text(opinion, as_sent=is_inside),
        "as_sent": is_inside,
        **behind([opinion.submission]),
        "split_form": forms.get("split") or SplitForm(formdata=None, pieces=opinion.content),
        "referrals": (passed_on := referrals.of_opinion(opinion)),
        "offered": next(filter(None, map(referrals.offered_reason, reversed(passed_on))), ""),
        "refer_form": forms.get("refer") or ReferralForm(formdata=None),
        "reading": kinds.reading(opinion),
        "kinds": forms.get("kind") or KindForm(formdata=None, kind=opinion.kind.value if opinion.kind else ""),
        "groups_here": [line.group for line in on_place if line.group.id != opinion.group_id],
        "places": [(WHOLE, "整个草案"), *((unit.anchor, unit.label) for unit in workspace.draft.units)],
    }


def offered_reasons(workspace: Workspace, subject: Opinion | OpinionGroup) -> list[Offer]:
    """Return reasons of the library to choose from, filled in for an opinion or a group."""
    return offered_together(workspace, [subject])


def offered_together(workspace: Workspace, subjects: Sequence[Opinion | OpinionGroup]) -> list[Offer]:
    """Return reasons of the library to choose from, filled in for several opinions that get one decision."""
    anchors = {subject.anchor for subject in subjects}
    return reason_library.offers(current_actor(), anchors, _values(workspace, subjects))


def _values(workspace: Workspace, subjects: Sequence[Opinion | OpinionGroup]) -> dict[str, str]:
    division = workspace.consultation.division
    labels = [*dict.fromkeys(workspace.draft.label_of(subject.anchor) for subject in subjects)]
    excerpts = {reason_library.excerpt(subject) for subject in subjects}
    return {
        "条款": "、".join(labels) if len(labels) <= NAMED_PROVISIONS else "有关条款",
        "意见": excerpts.pop() if len(excerpts) == 1 else "所提意见",
        "部门": division.name if division is not None else "",
    }


def chosen_reason(workspace: Workspace, subjects: Sequence[Opinion | OpinionGroup]) -> DecisionForm | None:
    """Return the form with the reason of the library that the address names."""
    template = reason_library.offered(current_actor(), row_id(request.args.get("template", "")))
    if template is None:
        return None
    words = reason_library.fill(template, _values(workspace, subjects))
    return DecisionForm(formdata=None, outcome=template.outcome.value, reason=words, template=str(template.id))


def _suggested() -> Decision | None:
    """Return the earlier decision whose reason somebody chose from the library."""
    key = request.args.get("like", "")
    decision = db.session.get(Decision, row_id(key))
    return decision if decision is not None and decision.author_id == current_actor().id else None
