"""The adoption workspace: provisions, what was said of one, and beside it the article and the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, flash, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import discussion, groups, kinds, opinions, saved_views, service, similar, themes, undo
from consult.adoption.holdings import is_due_soon, is_overdue
from consult.adoption.models import Opinion, OpinionComment, OpinionGroup
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import (
    KEYS,
    CommentForm,
    DecisionForm,
    KindForm,
    ReferralForm,
    SplitForm,
    ThemeForm,
    TitleForm,
)
from consult.faces.desk.adoption.marking import put_theme, refer_to, theme_or_404
from consult.faces.desk.adoption.opened import opened_subject
from consult.faces.desk.adoption.panes import ALL, CHOICES, SAVED, SAVED_BY_HOLDER, SHOWN, Where, Workspace
from consult.faces.desk.blueprint import (
    consultation_or_404,
    current_actor,
    desk,
    refusals_to,
    refusals_to_flash,
)
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.reporting import way_out
from consult.store import db
from consult.text.anchors import WHOLE

Subject = TypeVar("Subject", Opinion, OpinionGroup)

REVISED = ("proposed", "reviewed", "vague")
"""Views of what is decided already: one goes through them line by line."""


@desk.get("/consultations/<slug>/adoption")
def adoption(slug: str) -> str:
    """Show the workspace at one place."""
    return _page(opinions_of(slug), Where.asked(slug))


@desk.post(
    "/consultations/<slug>/adoption/opinions/<int:key>/"
    "<any('decide', 'comment', 'kind', 'mark', 'unmark', 'refer', 'place', 'split', 'take-out', 'put-in'):verb>"
)
def adoption_opinion(slug: str, key: int, verb: str) -> str | Response | tuple[str, int]:
    """Do one act on an opinion."""
    consultation, where = opinions_of(slug), Where.asked(slug)
    opinion = mine(consultation, Opinion, key)
    form: FlaskForm = FORMS.get(verb, FlaskForm)()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            goes_to = OPINION_ACTS[verb](opinion, form)
        if tried.ok:
            return redirect(where.work_url(goes_to) if goes_to else _further(consultation, where, f"o{key}"), 303)
    return _page(consultation, where, f"o{key}", {verb: form}), 400


@desk.post(
    "/consultations/<slug>/adoption/groups/<int:key>/"
    "<any('decide', 'comment', 'mark', 'unmark', 'rename', 'take-out', 'join'):verb>"
)
def adoption_group(slug: str, key: int, verb: str) -> str | Response | tuple[str, int]:
    """Do one act on a group."""
    consultation, where = opinions_of(slug), Where.asked(slug)
    group = mine(consultation, OpinionGroup, key)
    form: FlaskForm = FORMS.get(verb, FlaskForm)()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            goes_to = GROUP_ACTS[verb](group, form)
        if tried.ok:
            return redirect(where.work_url(goes_to) if goes_to else _further(consultation, where, f"g{key}"), 303)
    return _page(consultation, where, f"g{key}", {verb: form}), 400


@desk.post("/consultations/<slug>/adoption/group")
def adoption_regroup(slug: str) -> Response:
    """Have the machine group what says the same."""
    consultation = opinions_of(slug)
    with refusals_to_flash() as tried:
        made = groups.group(current_actor(), consultation, at=clock.now())
    if tried.ok:
        n = sum(group.concentrated for group in made)
        flash(f"相同意见归并为 {len(made)} 组，其中较为集中的 {n} 组。已处理、经人工调整的归并不变。", "success")
    return redirect(Where.asked(slug).url(), 303)


@desk.post("/consultations/<slug>/adoption/undo")
def adoption_undo(slug: str) -> Response:
    """Take back the decisions that the form names: those of the author's last stroke, as the page showed them."""
    consultation = opinions_of(slug, Act.DECIDE)
    keys = {*map(row_id, request.form.getlist("decision"))}
    with refusals_to_flash() as tried:
        shown = [decision for decision in undo.last_stroke(current_actor().id, consultation.id) if decision.id in keys]
        n = undo.undo_many(current_actor(), shown if len(shown) == len(keys) else [], at=clock.now())
    if not tried.ok:
        return redirect(Where.asked(slug).url(), 303)
    flash(f"已撤回 {n} 条处理，恢复为此前的采纳情况。", "success")
    first = shown[0]
    return redirect(
        Where.asked(slug).work_url(f"o{first.opinion_id}" if first.opinion_id else f"g{first.group_id}"), 303
    )


@desk.post("/consultations/<slug>/adoption/comments/<int:key>/strike")
def adoption_strike_comment(slug: str, key: int) -> Response:
    """Strike out a comment of one's own."""
    consultation, where = opinions_of(slug), Where.asked(slug)
    comment = db.session.get(OpinionComment, key)
    if comment is None or comment.consultation_id != consultation.id:
        abort(404)
    with refusals_to_flash() as tried:
        discussion.strike_comment(current_actor(), comment, at=clock.now())
    if tried.ok:
        flash("已删除，记录保留。", "success")
    opened = f"o{comment.opinion_id}" if comment.opinion_id is not None else f"g{comment.group_id}"
    return redirect(where.url(open=opened), 303)


def _decide(subject: Opinion | OpinionGroup, form: Any) -> str | None:
    seen = request.form.get("seen") or None
    service.decide(
        current_actor(),
        subject,
        form.chosen,
        form.reason.data or "",
        at=clock.now(),
        proposed_text=form.proposed_text.data or "",
        seen=seen,
        template_id=form.template_id,
    )
    flash(f"已提交复核：{form.chosen.label.words}。", "success")
    warn_of_private(subject, form.reason.data, form.proposed_text.data)
    return None


def warn_of_private(subject: Opinion | OpinionGroup, *printed: str | None) -> None:
    """Say at once what of words that the report will print looks private."""
    if private := way_out.looks_private(subject.consultation_id, *(text or "" for text in printed)):
        flash(f"其中有疑似个人信息：{'、'.join(private)}。公布前须遮盖或者准予公开，建议现在修改。", "warning")


def _comment(subject: Opinion | OpinionGroup, form: Any) -> str:
    discussion.add_comment(current_actor(), subject, form.words.data or "", at=clock.now())
    flash("已提交内部讨论。", "success")
    return _key(subject)


def _key(subject: Opinion | OpinionGroup) -> str:
    return f"{'g' if isinstance(subject, OpinionGroup) else 'o'}{subject.id}"


def _place(opinion: Opinion, _form: Any) -> str:
    anchor = request.form.get("anchor", "")
    opinions.set_provision(current_actor(), opinion, "" if anchor == WHOLE else anchor, at=clock.now())
    flash("已调整到所选条文。", "success")
    return f"o{opinion.id}"


def _split(opinion: Opinion, form: Any) -> str:
    pieces = form.pieces.data.replace("\r\n", "\n").split("\n\n")
    made = opinions.split(current_actor(), opinion, pieces, at=clock.now())
    flash(f"已拆分为 {len(made)} 条意见，各自处理。", "success")
    return f"o{made[0].id}"


def _take_out(opinion: Opinion, _form: Any) -> str:
    groups.remove_from_group(current_actor(), [opinion], at=clock.now())
    flash("已从归并意见中拆出，须单独处理。", "success")
    return f"o{opinion.id}"


def _put_in(opinion: Opinion, _form: Any) -> str:
    key = request.form.get("group", "")
    group = db.session.get(OpinionGroup, row_id(key))
    if group is None:
        abort(404)
    groups.move_to_group(current_actor(), opinion, group, at=clock.now())
    flash(f"已并入“{group.title}”。", "success")
    return f"g{group.id}"


def _set_kind(opinion: Opinion, form: Any) -> str:
    kinds.set_kind(current_actor(), [opinion], form.chosen, at=clock.now())
    assert opinion.kind is not None
    flash(f"已确认类型：{opinion.kind.label.words}。", "success")
    return f"o{opinion.id}"


def _mark(subject: Opinion | OpinionGroup, form: Any) -> str:
    put_theme([subject], form)
    return _key(subject)


def _unmark(subject: Opinion | OpinionGroup, _form: Any) -> str:
    theme = theme_or_404(subject.consultation_id, request.form.get("theme", ""))
    themes.take_off(current_actor(), theme, [subject], at=clock.now())
    flash(f"已取消主题“{theme.name}”。", "success")
    return _key(subject)


def _refer(opinion: Opinion, form: Any) -> str:
    refer_to([opinion], form)
    return _key(opinion)


def _rename(group: OpinionGroup, form: Any) -> str:
    groups.rename(current_actor(), group, form.title.data or "", at=clock.now())
    warn_of_private(group, group.title)
    return f"g{group.id}"


def _join(group: OpinionGroup, _form: Any) -> str:
    into = db.session.get(OpinionGroup, row_id(request.form.get("group", "")))
    if into is None:
        abort(404)
    similar.join_groups(current_actor(), group, into, at=clock.now())
    flash(f"已整组并入“{into.title}”。", "success")
    return f"g{into.id}"


def _take_many_out(group: OpinionGroup, _form: Any) -> str:
    chosen = [opinion for opinion in group.opinions if str(opinion.id) in set(request.form.getlist("opinion"))]
    groups.remove_from_group(current_actor(), chosen, at=clock.now())
    flash(f"已拆出 {len(chosen)} 条，须单独处理。", "success")
    return f"g{group.id}"


FORMS: dict[str, type[FlaskForm]] = {
    "decide": DecisionForm,
    "comment": CommentForm,
    "kind": KindForm,
    "mark": ThemeForm,
    "refer": ReferralForm,
    "rename": TitleForm,
    "split": SplitForm,
}
OPINION_ACTS: dict[str, Callable[[Opinion, Any], str | None]] = {
    "decide": _decide,
    "comment": _comment,
    "kind": _set_kind,
    "mark": _mark,
    "unmark": _unmark,
    "refer": _refer,
    "place": _place,
    "split": _split,
    "take-out": _take_out,
    "put-in": _put_in,
}
GROUP_ACTS: dict[str, Callable[[OpinionGroup, Any], str | None]] = {
    "decide": _decide,
    "comment": _comment,
    "mark": _mark,
    "unmark": _unmark,
    "rename": _rename,
    "take-out": _take_many_out,
    "join": _join,
}


def opinions_of(slug: str, act: Act = Act.SEE_SUBMISSIONS) -> Consultation:
    """Return the consultation at an address on whose opinions the actor may do ``act``, by default see them."""
    return consultation_or_404(slug, act)


def mine(consultation: Consultation, kind: type[Subject], key: int) -> Subject:
    """Return an opinion or a group of a consultation by its id; 404 where it has none."""
    subject = db.session.get(kind, key)
    if subject is None or subject.consultation_id != consultation.id:
        abort(404)
    return subject


def _further(consultation: Consultation, where: Where, present: str) -> str:
    """Return where to go on after a decision: at the next line to decide on, else the line below, else the same."""
    following = request.form.get("next", "")
    following = following if following[1:].isdecimal() and following[:1] in "og" else ""
    decides = where.show not in REVISED and where.outcome is None
    next_open = Workspace(consultation, where, current_actor()).next_open(following) if decides else None
    return next_open.work_url(next_open.open) if next_open is not None else where.work_url(following or present)


def _page(consultation: Consultation, where: Where, opened: str = "", forms: dict[str, FlaskForm] | None = None) -> str:
    actor = current_actor()
    workspace = Workspace(consultation, where, actor)
    may_decide = may(actor, Act.DECIDE, consultation)
    key = opened or where.open or (workspace.lines[0].key if workspace.lines else "")
    subject = _subject(consultation, key)
    return render_template(
        "desk/adoption/workspace.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        workspace=workspace,
        where=workspace.where,
        shown=SHOWN,
        saved=SAVED,
        saved_by_holder=SAVED_BY_HOLDER,
        views=saved_views.views(actor, consultation),
        view_arguments=saved_views.arguments,
        place_arguments={key: str(value) for key, value in workspace.where.lasting().items()},
        choices=CHOICES,
        at=clock.now(),
        is_overdue=is_overdue,
        is_due_soon=is_due_soon,
        all_provisions=ALL,
        progress=workspace.progress,
        may_decide=may_decide,
        may_group=may(actor, Act.GROUP, consultation),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        may_mark=may(actor, Act.MARK, consultation),
        may_refer=may(actor, Act.REFER, consultation),
        keys=KEYS,
        undoable=undo.last_stroke(actor.id, consultation.id) if may_decide else [],
        shows="work" if opened or where.open else "list",
        label=workspace.draft.label_of,
        **(opened_subject(workspace, subject, forms or {}) if subject is not None else {"opened": None}),
    )


def _subject(consultation: Consultation, key: str) -> Opinion | OpinionGroup | None:
    if key[:1] not in "og" or not key[1:].isdecimal() or len(key) > 19:
        return None
    subject: Opinion | OpinionGroup | None
    subject = db.session.get(Opinion, int(key[1:])) if key[0] == "o" else db.session.get(OpinionGroup, int(key[1:]))
    return subject if subject is not None and subject.consultation_id == consultation.id else None
