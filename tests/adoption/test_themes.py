"""Themes are put on opinions and groups, renamed, merged, removed, proposed from words, counted and printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.adoption import groups, opinions, queries, service, spreadsheet, themes, verification
from consult.adoption.errors import ThemeRefused
from consult.adoption.models import Outcome, Theme, ThemeMark
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.feedback import WRITERS, render
from consult.reporting import service as reporting
from consult.reporting.report_document import document
from consult.store import db
from tests.builders import a_user
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

SAME = "停车收费太高，应当降低停车收费标准。"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    consultation = open_consultation()
    for _ in range(2):
        accepted(consultation, ("art-3", SAME))
    accepted(consultation, "停車位太少，停車難。", ("art-3", "餐价要公示。"))
    return consultation


def with_theme(consultation: Consultation, theme: Theme) -> list[int]:
    return [line.opinion.id for line in queries.with_decisions(consultation.id, where=themes.marked_with(theme.id))]


def test_members_have_the_themes_of_their_group_as_long_as_they_are_in_it(
    consultation: Consultation, tmp_path: Path
) -> None:
    drafter, (first, second, whole, price) = actor(Role.DRAFTER), opinions_of(consultation)
    (group,) = groups.group(drafter, consultation, at=AFTER)
    parking, fees = (themes.create(drafter, consultation, name, at=AFTER) for name in ("停车", " 收  费 "))
    assert (fees.name, themes.create(drafter, consultation, "收费", at=AFTER).id) == ("收 费", fees.id)
    assert themes.put(drafter, parking, [group, whole, first], at=AFTER) == 3
    assert themes.put(drafter, parking, [group, whole], at=AFTER) == 0
    themes.put(drafter, fees, [price], at=AFTER)
    assert with_theme(consultation, parking) == [first.id, second.id, whole.id]
    assert {line.theme.name: line.n for line in themes.counts(consultation.id)} == {"停车": 3, "收 费": 1}
    lines = themes.on_lines([first, second, price], [group])
    assert {key: [theme.name for theme in those] for key, those in lines.items()} == {
        f"g{group.id}": ["停车"],
        f"o{first.id}": ["停车"],
        f"o{second.id}": ["停车"],
        f"o{price.id}": ["收 费"],
    }
    groups.remove_from_group(drafter, [first, second], at=AFTER)
    assert with_theme(consultation, parking) == [first.id, whole.id]
    assert [each.id for each in groups.groups_of(consultation.id)] == []
    spreadsheet.export_decisions(drafter, consultation, tmp_path / "a.xlsx")
    rows = [row for _, row in tables.read("a.xlsx", tmp_path / "a.xlsx")]
    assert sorted(row["主题"] for row in rows) == ["", "停车", "停车", "收 费"]


def test_themes_are_renamed_merged_and_removed(consultation: Consultation) -> None:
    drafter, (first, second, whole, price) = actor(Role.DRAFTER), opinions_of(consultation)
    parking, cars, fees = (themes.create(drafter, consultation, name, at=AFTER) for name in ("停车", "车位", "收费"))
    themes.put(drafter, parking, [first, second], at=AFTER)
    themes.put(drafter, cars, [second, whole], at=AFTER)
    themes.put(drafter, fees, [price], at=AFTER)
    with pytest.raises(ThemeRefused, match="已有主题“停车”"):
        themes.rename(drafter, cars, "停車", at=AFTER)
    themes.rename(drafter, parking, "停车难", at=AFTER)
    themes.merge(drafter, cars, parking, at=AFTER)
    assert with_theme(consultation, parking) == [first.id, second.id, whole.id]
    assert themes.take_off(drafter, parking, [first, price], at=AFTER) == 1
    themes.remove(drafter, fees, at=AFTER)
    assert [line.theme.name for line in themes.counts(consultation.id)] == ["停车难"]
    for act in (
        lambda: themes.put(drafter, cars, [first], at=AFTER),
        lambda: themes.merge(drafter, parking, fees, at=AFTER),
        lambda: themes.merge(drafter, parking, parking, at=AFTER),
        lambda: themes.create(drafter, consultation, " ", at=AFTER),
        lambda: themes.create(drafter, consultation, "长" * 41, at=AFTER),
        lambda: themes.create(drafter, consultation, "致电13800138000", at=AFTER),
        lambda: themes.put_by_words(drafter, parking, "车", at=AFTER),
    ):
        with pytest.raises(ThemeRefused):
            act()
    again = themes.create(drafter, consultation, "收费", at=AFTER)
    assert (again.id == fees.id, with_theme(consultation, again)) == (False, [])
    opinions.split(drafter, whole, ["停車位太少，", "停車難。"], at=AFTER)
    assert len(with_theme(consultation, parking)) == 3
    assert list(verification.missing_opinions()) == []


def test_words_that_stand_out_are_proposed_with_the_opinions_that_each_takes_in(consultation: Consultation) -> None:
    other = open_consultation("other")
    for _ in range(4):
        accepted(other, "公交线路、座位、菜品、卫生和餐价都要公示，早晚一样。")
    accepted(consultation, "停车位的收费要公示。", *["晚上停车不便。"] * 5)
    drafter = actor(Role.DRAFTER)
    proposed = {each.words: each.opinions for each in themes.proposals(drafter, consultation)}
    assert proposed["停车"] == 9
    assert "公交" not in proposed
    theme = themes.create(drafter, consultation, "停车", at=AFTER)
    assert themes.put_by_words(drafter, theme, "停车", at=AFTER) == 9
    assert len(with_theme(consultation, theme)) == 9
    assert "停车" not in {each.words for each in themes.proposals(drafter, consultation)}


def test_only_themes_that_are_public_are_printed_and_a_published_figure_stays(consultation: Consultation) -> None:
    drafter, publisher = actor(Role.DRAFTER), actor(Role.PUBLISHER)
    first, second, whole, price = opinions_of(consultation)
    for opinion, outcome in ((first, Outcome.ADOPTED), (second, Outcome.EXPLAINED), (whole, Outcome.ADOPTED)):
        service.review(
            actor(Role.LEGAL), service.decide(drafter, opinion, outcome, "现行规定已有。", at=AFTER), at=AFTER
        )
    service.review(actor(Role.LEGAL), service.decide(drafter, price, Outcome.ADOPTED, "", at=AFTER), at=AFTER)
    inner, outer = (themes.create(drafter, consultation, name, at=AFTER) for name in ("内部", "停车"))
    themes.put(drafter, inner, [first, price], at=AFTER)
    themes.put(drafter, outer, [first, second, whole], at=AFTER)
    report = reporting.compile_report(publisher, consultation, at=AFTER)
    assert ("themes" in report.snapshot, document(report).themes) == (False, ())
    themes.set_public(drafter, outer, True, at=AFTER)
    report = reporting.compile_report(publisher, consultation, at=AFTER)
    assert report.snapshot["themes"] == [{"name": "停车", "n": 3, "outcomes": {"adopted": 2, "explained": 1}}]
    themes.remove(drafter, outer, at=AFTER)
    printed = document(report)
    assert [theme.line() for theme in printed.themes] == ["停车：3条，其中采纳2条、解释说明1条。"]
    for extension in WRITERS:
        assert len(render(printed, extension)) > 500
    assert "停车：3条" in render(printed, "html").decode()


def test_only_the_drafting_division_marks(consultation: Consultation) -> None:
    theme = themes.create(actor(Role.DRAFTER), consultation, "停车", at=AFTER)
    for other in (Actor.of(a_user(Role.DRAFTER, "other", division="燃气处")), actor(Role.LEGAL), actor(Role.AUDITOR)):
        for act in (
            lambda who=other: themes.create(who, consultation, "收费", at=AFTER),
            lambda who=other: themes.put(who, theme, opinions_of(consultation)[:1], at=AFTER),
            lambda who=other: themes.set_public(who, theme, True, at=AFTER),
        ):
            with pytest.raises(NotAllowed):
                act()


def test_what_is_forged_put_in_or_deleted_is_named(consultation: Consultation) -> None:
    drafter, (first, second, *_) = actor(Role.DRAFTER), opinions_of(consultation)
    theme = themes.create(drafter, consultation, "停车", at=AFTER)
    themes.put(drafter, theme, [first], at=AFTER)
    db.session.commit()
    mark = db.session.scalars(db.select(ThemeMark)).first()
    row = {column.name: getattr(mark, column.name) for column in ThemeMark.__table__.columns}
    two_id = second.id
    assert list(verification.missing_opinions()) == []
    for forgery, where, what in (
        (update(Theme).values(is_public=True), "theme", "changed"),
        (update(ThemeMark).values(opinion_id=two_id), "theme_mark", "changed"),
        (delete(ThemeMark), "theme_mark", "removed"),
        (insert(ThemeMark).values(row | {"id": 99}), "theme_mark", "inserted"),
    ):
        behind_the_back(forgery)
        assert (where, what) in [(fault.where, fault.what.value) for fault in verification.missing_opinions()]
