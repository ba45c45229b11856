"""Decisions by keyboard alone in a real Chromium, and two people on one row of the page or of the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.accounts.service import create_user
from consult.adoption import groups, queries
from consult.adoption.models import Decision, DecisionState, Opinion, Outcome
from consult.drafting.models import Consultation
from consult.moderation import service as moderation
from consult.store import db
from tests import chromium
from tests.faces.desk.keys import press
from tests.world import AFTER, PUBLISHED, open_consultation, opinions_of, submission

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a long password for tests only 2026"
LIKE = "优惠应当从六十五周岁起。"
PLACES = {"": 7, "art-3": 11, "art-4": 9}
"""How many opinions stand alone, by provision; three more are a group on art-3."""
GROUP = 3
OUTCOMES = list(Outcome)
FOCUS = """() => {
  const on = document.activeElement, box = on.getBoundingClientRect();
  const work = document.getElementById("work");
  const shown = on.matches("input[type=radio]") ? on.closest(".choice").getBoundingClientRect() : box;
  return {
    inside: work.contains(on),
    on_screen: shown.bottom > 0 && shown.top < innerHeight && shown.right > 0 && shown.left < innerWidth,
    outlined: on.matches(":focus-visible"),
  };
}"""
SEEN = {"inside": True, "on_screen": True, "outlined": True}
ACTION = "document.querySelector('#decision')?.getAttribute('action').split('?')[0]"


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """Thirty opinions in three places, and two drafters who decide on them."""
    for username, name in (("drafter", "起草甲"), ("colleague", "起草乙")):
        create_user(
            SYSTEM,
            username=username,
            name=name,
            role=Role.DRAFTER,
            password=PASSWORD,
            division="社区服务处",
            at=PUBLISHED,
        )
    made = open_consultation()
    contents = [
        (anchor, f"{anchor or '整个草案'}的第{n}条意见。") for anchor, n_of in PLACES.items() for n in range(n_of)
    ]
    came = [submission(made, each) for each in contents]
    alike = [submission(made, ("art-3", LIKE)) for _ in range(GROUP)]
    moderation.accept_many(SYSTEM, [*came, *alike], at=AFTER)
    members = [opinion for opinion in opinions_of(made) if opinion.content == LIKE]
    groups.create_group(SYSTEM, members, "优惠年龄", at=AFTER)
    return made


@pytest.fixture
def served(app: Flask, consultation: Consultation, browser: Browser) -> Iterator[str]:
    with chromium.served(app) as url:
        yield url


def at_the_desk(browser: Browser, served: str, username: str, path: str, *, width: int = 1280) -> Page:
    """Return a page at an address of the consultation, after signing in by keyboard at the login page."""
    page = browser.new_context(viewport={"width": width, "height": 800}).new_page()
    page.set_default_timeout(15_000)
    page.goto(f"{served}/desk/sign-in")
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")
    page.goto(f"{served}/desk/consultations/canteens/adoption{path}")
    return page


def opened(page: Page) -> str:
    """Return what the form decides on: ``opinions/12`` or ``groups/1``."""
    page.wait_for_selector("html[data-keys=listening]", state="attached")
    kind, key, _ = page.evaluate(ACTION).split("/")[-3:]
    return f"{kind}/{key}"


def open_from_list(page: Page) -> None:
    """Open the first line where the list fills the screen: with Tab and Enter."""
    while not page.evaluate("document.activeElement.matches('.pane-row, .pane-row > a')"):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def decide(page: Page, outcome: Outcome, reason: str) -> None:
    """Decide on what is open, by keys alone, and wait for the page that says so."""
    press(page, str(OUTCOMES.index(outcome) + 1))
    assert page.evaluate(FOCUS) == SEEN
    if reason:
        page.keyboard.press("w")
        page.keyboard.press("Control+a")
        page.keyboard.type(reason)
        assert page.evaluate(FOCUS) == SEEN
    submit(page, f"已提交复核：{outcome.label.words}。")


def submit(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    expect(page.locator(".flashes")).to_have_text(words)
    expect(page.locator("#live")).to_have_text(words)  # said to a screen reader, too
    expect(page.locator("#work")).to_be_focused()
    assert page.evaluate(FOCUS) == SEEN


def open_lines() -> set[str]:
    """Return what is still to be decided on, as ``opened`` names it."""
    db.session.rollback()
    listed = queries.with_decisions(db.session.scalars(db.select(Consultation.id)).one(), undecided=True, limit=None)
    return {
        f"groups/{each.opinion.group_id}" if each.opinion.group_id else f"opinions/{each.opinion.id}" for each in listed
    }


def ruling(place: int, key: str) -> tuple[Outcome, str]:
    outcome = OUTCOMES[place % 5]
    return outcome, "" if outcome is Outcome.ADOPTED else f"{key}：现行规定已有安排 1 2 3 j k z。"


def in_force() -> dict[str, tuple[Outcome, str, DecisionState]]:
    db.session.rollback()
    decisions = db.session.scalars(db.select(Decision).where(Decision.current.is_(True)))
    return {
        (f"opinions/{each.opinion_id}" if each.opinion_id else f"groups/{each.group_id}"): (
            each.outcome,
            each.reason,
            each.state,
        )
        for each in decisions
    }


@pytest.mark.parametrize("width", [1280, 360])
def test_thirty_opinions_are_decided_without_a_mouse(browser: Browser, served: str, width: int) -> None:
    page = at_the_desk(browser, served, "drafter", "", width=width)
    if not page.locator("#work").is_visible():
        open_from_list(page)
    wanted: dict[str, tuple[Outcome, str, DecisionState]] = {}
    to_decide = open_lines()
    assert len(to_decide) == sum(PLACES.values()) + 1
    for place in range(len(to_decide)):
        key = opened(page)
        assert key in to_decide - wanted.keys(), "what is open next has no decision yet"
        outcome, reason = ruling(place, key)
        decide(page, outcome, reason)
        wanted[key] = (outcome, reason, DecisionState.PROPOSED)
        if place == 4:  # a second thought
            with page.expect_navigation():
                press(page, "z")
            expect(page.locator(".flashes")).to_contain_text("已撤回 1 条处理")
            assert opened(page) == key
            expect(page.locator("#work")).to_be_focused()
            assert key in open_lines()
            decide(page, Outcome.NOT_ADOPTED, "改为不采纳：现行规定已有安排。")
            wanted[key] = (Outcome.NOT_ADOPTED, "改为不采纳：现行规定已有安排。", DecisionState.PROPOSED)
    assert open_lines() == set()
    assert in_force() == wanted
    total = sum(
        db.session.query(Opinion).filter_by(group_id=int(key.partition("/")[2])).count() if key[0] == "g" else 1
        for key in wanted
    )
    assert total == 30
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_escape_leaves_a_field_for_the_pane_that_it_is_in(browser: Browser, served: str) -> None:
    page = at_the_desk(browser, served, "drafter", "?at=art-4")
    first = opened(page)
    press(page, "w")
    page.keyboard.type("写到一半 j")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "work"
    with page.expect_navigation():
        page.keyboard.press("j")
    assert opened(page) != first
    expect(page.locator("#work")).to_be_focused()
    with page.expect_navigation():
        press(page, "k")
    assert opened(page) == first


def test_the_second_of_two_is_shown_what_the_first_wrote_and_loses_nothing(browser: Browser, served: str) -> None:
    first, second = (at_the_desk(browser, served, name, "?at=art-4") for name in ("drafter", "colleague"))
    key = opened(first)
    assert opened(second) == key
    press(second, "2")
    second.keyboard.press("w")
    second.keyboard.type("第四条将增加公示的位置。")
    decide(first, Outcome.NOT_ADOPTED, "现行法规已有规定，不再重复。")
    second.keyboard.press("Control+Enter")
    summary = second.get_by_role("alert")
    expect(summary).to_contain_text("起草甲已作出处理（未采纳，待复核）")
    expect(summary).to_be_focused()
    expect(second.locator("#work")).to_contain_text("现行法规已有规定，不再重复。")
    expect(second.get_by_label("理由（向来件人公开）")).to_have_value("第四条将增加公示的位置。")
    expect(second.locator("input[value=partly_adopted]")).to_be_checked()
    assert in_force() == {key: (Outcome.NOT_ADOPTED, "现行法规已有规定，不再重复。", DecisionState.PROPOSED)}
    assert opened(second) == key
    submit(second, "已提交复核：部分采纳。")
    assert in_force() == {key: (Outcome.PARTLY_ADOPTED, "第四条将增加公示的位置。", DecisionState.PROPOSED)}
    assert opened(second) != key


def test_a_sheet_doesn_t_overwrite_what_a_colleague_decided_on_the_page(
    browser: Browser, served: str, tmp_path: Path
) -> None:
    page = at_the_desk(browser, served, "colleague", "?at=art-4")
    key = opened(page)
    table = at_the_desk(browser, served, "drafter", "/table")
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(table.request.get(f"{served}/desk/consultations/canteens/adoption/opinions.xlsx").body())
    fill_in(sheet, key.partition("/")[2], "采纳", "表里写的理由。")
    decide(page, Outcome.NOT_ADOPTED, "现行法规已有规定，不再重复。")
    table.set_input_files("#file", str(sheet))
    table.locator("main form[enctype] button[type=submit]").focus()
    table.keyboard.press("Enter")
    chromium.let_worker_read(table)
    conflict = table.locator("tr", has_text="他人已修改")
    expect(conflict).to_have_count(1)
    expect(conflict).to_contain_text("未采纳")
    expect(conflict).to_contain_text("现行法规已有规定，不再重复。")
    assert in_force() == {key: (Outcome.NOT_ADOPTED, "现行法规已有规定，不再重复。", DecisionState.PROPOSED)}


def fill_in(sheet: Path, number: str, outcome: str, reason: str) -> None:
    """Write a decision into the row of an opinion, as in a spreadsheet program."""
    book = openpyxl.load_workbook(sheet)
    rows = book.worksheets[0]
    columns = {str(cell.value): place for place, cell in enumerate(rows[1], 1)}
    (row,) = (row for row in range(2, rows.max_row + 1) if str(rows.cell(row, columns["编号"]).value) == number)
    rows.cell(row, columns["采纳情况"]).value = outcome
    rows.cell(row, columns["理由"]).value = reason
    book.save(sheet)
