"""Several opinions at once: one decision for all, one group of them, their kind, a theme, or passed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import groups, kinds, service, worklist
from consult.adoption.models import Opinion
from consult.adoption.versions import version_of
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import KEYS, DecisionForm, KindForm, ReferralForm, ThemeForm, TitleForm
from consult.faces.desk.adoption.marking import put_theme, refer_to
from consult.faces.desk.adoption.opened import chosen_reason, offered_together
from consult.faces.desk.adoption.panes import Where, Workspace
from consult.faces.desk.adoption.workspace import mine, opinions_of, warn_of_private
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.submissions.behind import behind
from consult.faces.row_ids import row_id
from consult.reporting.snapshot import sender_in_print

TOGETHER = 200
"""Opinions that are handled together at most."""


@desk.route("/consultations/<slug>/adoption/together", methods=["GET", "POST"])
def adoption_together(slug: str) -> str | Response | tuple[str, int]:
    """Handle several opinions at once."""
    consultation, where = opinions_of(slug, Act.DECIDE), Where.asked(slug)
    keys = [*map(row_id, request.values.getlist("opinion")[:TOGETHER])]
    chosen = [mine(consultation, Opinion, key) for key in dict.fromkeys(keys)]
    if not chosen:
        flash("尚未选择意见，请在列表中勾选。", "warning")
        return redirect(where.url(), 303)
    asked = request.form.get("verb", "")
    verb = asked if asked in VERBS else "decide"
    forms = {name: kind() if name == verb else kind(formdata=None) for name, (kind, _) in VERBS.items()}
    if forms[verb].validate_on_submit():
        with refusals_to(forms[verb]) as tried:
            goes_to = VERBS[verb][1](chosen, forms[verb])
        if tried.ok:
            return redirect(where.url(open=goes_to), 303)
    return _page(consultation, where, chosen, forms), 400 if request.method == "POST" else 200


def _page(consultation: Consultation, where: Where, chosen: list[Opinion], forms: dict[str, FlaskForm]) -> str:
    workspace, actor = Workspace(consultation, where, current_actor()), current_actor()
    if request.method == "GET":
        forms["decide"] = chosen_reason(workspace, chosen) or forms["decide"]
    return render_template(
        "desk/adoption/together.html",
        consultation=consultation,
        where=where,
        chosen=chosen,
        decided=(decided := {opinion.id: service.effective(opinion) for opinion in chosen}),
        seen={key: version_of(decision) for key, decision in decided.items()},
        forms=forms,
        keys=KEYS,
        label=workspace.draft.label_of,
        sender_in_print=sender_in_print,
        **behind(opinion.submission for opinion in chosen),
        may_group=may(actor, Act.GROUP, consultation),
        may_mark=may(actor, Act.MARK, consultation),
        may_refer=may(actor, Act.REFER, consultation),
        themes=workspace.themes,
        one_place=len({opinion.anchor for opinion in chosen}) == 1,
        reasons=worklist.recent_reasons(actor.id),
        offers=offered_together(workspace, chosen),
    )


def _decide(chosen: list[Opinion], form: Any) -> None:
    seen = {opinion.id: version for opinion in chosen if (version := request.form.get(f"seen-{opinion.id}"))}
    service.decide_many(
        current_actor(),
        chosen,
        form.chosen,
        form.reason.data or "",
        at=clock.now(),
        proposed_text=form.proposed_text.data or "",
        seen=seen,
        template_id=form.template_id,
    )
    flash(f"{len(chosen)} 条意见已提交复核：{form.chosen.label.words}。", "success")
    warn_of_private(chosen[0], form.reason.data, form.proposed_text.data)


def _group(chosen: list[Opinion], form: Any) -> str:
    made = groups.create_group(current_actor(), chosen, form.title.data or "", at=clock.now())
    flash(f"已归并 {len(chosen)} 条意见。", "success")
    warn_of_private(made, made.title)
    return f"g{made.id}"


def _set_kind(chosen: list[Opinion], form: Any) -> None:
    n = kinds.set_kind(current_actor(), chosen, form.chosen, at=clock.now())
    flash(f"已确认类型 {n} 条。", "success")


VERBS: dict[str, tuple[type[FlaskForm], Callable[[list[Opinion], Any], str | None]]] = {
    "decide": (DecisionForm, _decide),
    "group": (TitleForm, _group),
    "kind": (KindForm, _set_kind),
    "mark": (ThemeForm, put_theme),
    "refer": (ReferralForm, refer_to),
}
