"""What the workspace and the page of several opinions both do: put a theme on, pass on."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, flash

from consult import clock
from consult.adoption import referrals, themes
from consult.adoption.errors import ThemeRefused
from consult.adoption.models import Opinion, OpinionGroup, Theme
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.forms import ReferralForm, ThemeForm
from consult.faces.desk.blueprint import current_actor
from consult.faces.row_ids import row_id
from consult.store import db


def theme_or_404(consultation_id: int, key: str) -> Theme:
    """Return a theme of a consultation by its id."""
    theme = db.session.get(Theme, row_id(key))
    if theme is None or theme.consultation_id != consultation_id:
        abort(404)
    return theme


def put_theme(subjects: Sequence[Opinion | OpinionGroup], form: ThemeForm) -> None:
    """Put the theme that a form chooses, or the new one that it names, on opinions and groups."""
    actor, at = current_actor(), clock.now()
    consultation = db.session.get_one(Consultation, subjects[0].consultation_id)
    if not form.theme.data and not (form.name.data or "").strip():
        raise ThemeRefused("请选择主题，或者填写新的主题。")
    theme = (
        themes.create(actor, consultation, form.name.data, at=at)
        if form.name.data
        else theme_or_404(consultation.id, form.theme.data or "")
    )
    n = themes.put(actor, theme, subjects, at=at)
    flash(f"已标记主题“{theme.name}”{f'（{n} 条）' if len(subjects) > 1 else ''}。", "success")


def refer_to(opinions: Sequence[Opinion], form: ReferralForm) -> None:
    """Pass opinions on as a form says."""
    made = referrals.refer(
        current_actor(),
        opinions,
        form.organisation.data or "",
        at=clock.now(),
        referred_on=form.referred_on.data,
        number=form.number.data or "",
        remark=form.remark.data or "",
        shown_to_sender=not form.hidden.data,
    )
    flash(f"已登记转{made[0].organisation}办理（{len(made)} 条）。意见仍须作出处理。", "success")
