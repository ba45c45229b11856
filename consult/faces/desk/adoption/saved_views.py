"""Saves, renames and removes views of the workspace."""

from __future__ import annotations

from flask import abort, flash, redirect
from werkzeug.wrappers import Response

from consult import clock
from consult.adoption import saved_views
from consult.adoption.models import SavedView
from consult.faces.desk.adoption.forms import ViewForm
from consult.faces.desk.adoption.panes import Where
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to_flash
from consult.store import db


@desk.post("/consultations/<slug>/adoption/views")
def adoption_view_save(slug: str) -> Response:
    """Save what the list shows under a name."""
    consultation, where, form = opinions_of(slug), Where.asked(slug), ViewForm()
    with refusals_to_flash() as tried:
        saved_views.save_view(
            current_actor(),
            consultation,
            form.name.data or "",
            where.lasting(),
            shared=bool(form.shared.data),
            at=clock.now(),
        )
    if tried.ok:
        flash("视图已保存。", "success")
    return redirect(where.url(), 303)


@desk.post("/consultations/<slug>/adoption/views/<int:key>/<any('rename', 'remove'):verb>")
def adoption_view(slug: str, key: int, verb: str) -> Response:
    """Rename or remove a view of one's own."""
    consultation, where = opinions_of(slug), Where.asked(slug)
    view = db.session.get(SavedView, key)
    if view is None or view not in saved_views.views(current_actor(), consultation):
        abort(404)
    with refusals_to_flash() as tried:
        if verb == "rename":
            saved_views.rename_view(current_actor(), view, ViewForm().name.data or "")
        else:
            saved_views.remove_view(current_actor(), view)
    if tried.ok:
        flash("视图已改名。" if verb == "rename" else "视图已删除。", "success")
    return redirect(where.url(), 303)
