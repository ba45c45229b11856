"""Kinds and themes with their numbers, themes proposed from words, and what is done with a theme."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import kinds, queries, themes
from consult.adoption.models import Theme
from consult.drafting.models import Consultation
from consult.faces.desk.adoption.marking import theme_or_404
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to_flash
from consult.faces.desk.navigation import inside


@desk.get("/consultations/<slug>/adoption/themes")
def adoption_themes(slug: str) -> str:
    """Show kinds and themes with their numbers, and on request what words propose as themes."""
    consultation, actor = opinions_of(slug), current_actor()
    return render_template(
        "desk/adoption/themes.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        may_mark=may(actor, Act.MARK, consultation),
        kinds=kinds.counts(actor, consultation),
        themes=themes.overview(actor, consultation),
        proposals=themes.proposals(actor, consultation) if request.args.get("propose") else None,
    )


@desk.post("/consultations/<slug>/adoption/themes")
def adoption_new_themes(slug: str) -> Response:
    """Make the theme that was named, or those of the words that were ticked, on all opinions that have them."""
    consultation, actor, at = opinions_of(slug), current_actor(), clock.now()
    words = request.form.getlist("words")[: themes.PROPOSED]
    name = request.form.get("name", "")
    with refusals_to_flash() as tried:
        made = [themes.create(actor, consultation, each, at=at) for each in (words or [name])]
        n = sum(themes.put_by_words(actor, theme, each, at=at) for theme, each in zip(made, words, strict=False))
    if tried.ok:
        named = "”、“".join(theme.name for theme in made)
        flash(f"已建立主题“{named}”{f'，标记意见 {n} 条' if words else ''}。", "success")
    return _back(slug)


@desk.post("/consultations/<slug>/adoption/themes/<int:key>/<any('rename', 'merge', 'publish', 'remove'):verb>")
def adoption_theme(slug: str, key: int, verb: str) -> Response:
    """Rename, merge, print or remove a theme."""
    consultation = opinions_of(slug)
    theme = theme_or_404(consultation.id, str(key))
    with refusals_to_flash() as tried:
        words = ACTS[verb](consultation, theme)
    if tried.ok:
        flash(words, "success")
    return _back(slug)


def _rename(_consultation: Consultation, theme: Theme) -> str:
    themes.rename(current_actor(), theme, request.form.get("name", ""), at=clock.now())
    return f"已改名为“{theme.name}”。"


def _merge(consultation: Consultation, theme: Theme) -> str:
    into = theme_or_404(consultation.id, request.form.get("into", ""))
    themes.merge(current_actor(), theme, into, at=clock.now())
    return f"“{theme.name}”已并入“{into.name}”。"


def _publish(_consultation: Consultation, theme: Theme) -> str:
    themes.set_public(current_actor(), theme, bool(request.form.get("public")), at=clock.now())
    return f"“{theme.name}”{'列入' if theme.is_public else '不列入'}反馈。"


def _remove(_consultation: Consultation, theme: Theme) -> str:
    themes.remove(current_actor(), theme, at=clock.now())
    return f"已删除主题“{theme.name}”，记录保留。"


ACTS: dict[str, Callable[[Consultation, Theme], str]] = {
    "rename": _rename,
    "merge": _merge,
    "publish": _publish,
    "remove": _remove,
}


def _back(slug: str) -> Response:
    return redirect(url_for("desk.adoption_themes", slug=slug), 303)
