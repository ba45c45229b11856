"""``flask adoption kinds``, ``set-kind``, ``themes``, ``mark`` and what else is done with a theme."""

from __future__ import annotations

from typing import Any

import click

from consult.accounts.errors import Refused
from consult.adoption import kinds, themes
from consult.adoption.models import Opinion, OpinionGroup, Theme
from consult.clock import now
from consult.drafting.models import Consultation
from consult.faces.cli.adoption import adoption_cli
from consult.faces.cli.console import ROW_ID, actor_named, by_option, choice_of, consultation_named, show, slug_argument
from consult.store import db
from consult.text.opinion_kinds import OpinionKind

opinions_option = click.option("--opinion", "opinions", type=ROW_ID, multiple=True, help="意见的编号，可以重复。")


@adoption_cli.command("kinds", help="列出各类意见的数量，其中已确认的。")
@slug_argument
@by_option
def list_kinds(slug: str, username: str | None, as_json: bool) -> None:
    """Print how many opinions of SLUG are of each kind."""
    consultation, actor = consultation_named(slug), actor_named(username)
    lines = kinds.counts(actor, consultation)
    facts = [{"kind": line.kind, "opinions": line.n, "confirmed": line.confirmed} for line in lines]
    words = [
        f"{line.kind.label.words if line.kind else '尚未识别'}　{line.n} 条，已确认 {line.confirmed} 条"
        for line in lines
    ]
    show({"consultation": slug, "kinds": facts}, "\n".join(words), as_json)


@adoption_cli.command("set-kind", help="确认或者变更意见的类型。")
@slug_argument
@opinions_option
@click.option("--kind", type=choice_of(OpinionKind), help="类型；不写的，按系统提出的类型确认。")
@by_option
def set_kind(slug: str, opinions: tuple[int, ...], kind: str | None, username: str | None, as_json: bool) -> None:
    """Confirm or change the kind of opinions of SLUG."""
    chosen = _opinions(consultation_named(slug), opinions)
    n = kinds.set_kind(actor_named(username), chosen, OpinionKind(kind) if kind else None, at=now())
    show({"consultation": slug, "changed": n}, f"已确认类型 {n} 条。", as_json)


@adoption_cli.command("themes", help="列出各主题的意见数和采纳情况；加 --propose 的，列出意见中突出的用语。")
@slug_argument
@click.option("--propose", is_flag=True, help="列出突出的用语和含有该用语的意见数。")
@by_option
def list_themes(slug: str, propose: bool, username: str | None, as_json: bool) -> None:
    """Print the themes of SLUG with their numbers, or the words that stand out."""
    consultation, actor = consultation_named(slug), actor_named(username)
    if propose:
        proposed = themes.proposals(actor, consultation)
        facts = [{"words": each.words, "opinions": each.opinions} for each in proposed]
        words = [f"{each.words}　{each.opinions} 条" for each in proposed]
        show({"consultation": slug, "proposals": facts}, "\n".join(words), as_json)
        return
    lines = themes.overview(actor, consultation)
    show(
        {"consultation": slug, "themes": [_facts(line) for line in lines]},
        "\n".join(f"{line.theme.name}　{line.n} 条{'　列入反馈' if line.theme.is_public else ''}" for line in lines),
        as_json,
    )


@adoption_cli.command("mark", help="建立主题，标记意见、归并意见，或者文字中有某词语的全部意见。")
@slug_argument
@click.argument("name", help="主题的名称。")
@opinions_option
@click.option("--group", "groups", type=ROW_ID, multiple=True, help="归并意见的编号，可以重复。")
@click.option("--words", help="标记文字中有该词语的全部意见。")
@click.option("--off", is_flag=True, help="取消所列意见、归并意见的标记。")
@by_option
def mark(
    slug: str,
    name: str,
    opinions: tuple[int, ...],
    groups: tuple[int, ...],
    words: str | None,
    off: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Put a theme on opinions and groups of SLUG, or take it off."""
    consultation, actor, at = consultation_named(slug), actor_named(username), now()
    subjects: list[Opinion | OpinionGroup] = [*_opinions(consultation, opinions), *_groups(consultation, groups)]
    if off:
        n = themes.take_off(actor, _theme(consultation, name), subjects, at=at)
        show({"consultation": slug, "theme": name, "unmarked": n}, f"已取消标记 {n} 条。", as_json)
        return
    theme = themes.create(actor, consultation, name, at=at)
    n = themes.put(actor, theme, subjects, at=at)
    if words:
        n += themes.put_by_words(actor, theme, words, at=at)
    show({"consultation": slug, "theme": theme.name, "marked": n}, f"已标记主题“{theme.name}” {n} 条。", as_json)


@adoption_cli.command("theme", help="主题改名、合并、列入反馈或者删除。")
@slug_argument
@click.argument("name", help="主题的名称。")
@click.option("--rename", "new_name", help="新的名称。")
@click.option("--into", help="并入的主题。")
@click.option("--public/--internal", "is_public", default=None, help="列入反馈，或者不列入。")
@click.option("--remove", is_flag=True, help="删除主题，记录保留。")
@by_option
def change_theme(
    slug: str,
    name: str,
    new_name: str | None,
    into: str | None,
    is_public: bool | None,
    remove: bool,
    username: str | None,
    as_json: bool,
) -> None:
    """Change a theme of SLUG in one way."""
    if sum((new_name is not None, into is not None, is_public is not None, remove)) != 1:
        raise click.UsageError("请在 --rename、--into、--public、--internal、--remove 中写一项。")
    consultation, actor, at = consultation_named(slug), actor_named(username), now()
    theme = _theme(consultation, name)
    if new_name is not None:
        themes.rename(actor, theme, new_name, at=at)
    elif into is not None:
        themes.merge(actor, theme, _theme(consultation, into), at=at)
    elif is_public is not None:
        themes.set_public(actor, theme, is_public, at=at)
    else:
        themes.remove(actor, theme, at=at)
    stands = theme.removed_at is None
    show({"consultation": slug, "theme": theme.name, "public": theme.is_public, "stands": stands}, "已办理。", as_json)


def _theme(consultation: Consultation, name: str) -> Theme:
    theme = themes.named(consultation.id, name)
    if theme is None:
        raise Refused(f"没有主题“{name}”。")
    return theme


def _opinions(consultation: Consultation, keys: tuple[int, ...]) -> list[Opinion]:
    rows = [db.session.get(Opinion, key) for key in keys]
    opinions = [each for each in rows if each is not None and each.consultation_id == consultation.id]
    if len(opinions) < len(keys):
        raise Refused("有的编号不是这件征求意见的意见。")
    return opinions


def _groups(consultation: Consultation, keys: tuple[int, ...]) -> list[OpinionGroup]:
    rows = [db.session.get(OpinionGroup, key) for key in keys]
    groups = [each for each in rows if each is not None and each.consultation_id == consultation.id]
    if len(groups) < len(keys):
        raise Refused("有的编号不是这件征求意见的归并意见。")
    return groups


def _facts(line: themes.ThemeCount) -> dict[str, Any]:
    return {
        "theme": line.theme.name,
        "opinions": line.n,
        "outcomes": {outcome.value: n for outcome, n in line.outcomes.items()},
        "public": line.theme.is_public,
    }
