"""涉企意见听取台账: who is in it, in which words, for whom, by page and by command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM, Actor
from consult.consultees import invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import Ownership, Size
from consult.ledger.models import LedgerEntry
from consult.meeting import yearly_ledger
from consult.meeting.errors import MeetingRefused
from consult.store import db
from tests.builders import an_open_consultation
from tests.consultees.answering import an_invited
from tests.faces.cli.console import run
from tests.meeting import twelve
from tests.meeting.green import READY
from tests.meeting.twelve import BOUNCED, BY_MAIL, INSTEAD, LARGE, NO_OPINION, SILENT, UNIT, Twelve
from tests.world import DURING, PUBLISHED, actor

Sheet = list[dict[str, object]]


def sheets(data: bytes) -> dict[str, Sheet]:
    """Return the sheets of a workbook, each row by the words of its head."""
    book = load_workbook(io.BytesIO(data))
    named: dict[str, Sheet] = {}
    for sheet in book.worksheets:
        heads, *rows = sheet.iter_rows(values_only=True)
        named[sheet.title] = [dict(zip(map(str, heads), row, strict=True)) for row in rows]
    return named


def by_name(rows: Sheet) -> dict[str, dict[str, object]]:
    return {str(row["单位名称"]): row for row in rows}


def test_each_consultee_has_a_row_with_all_that_is_asked_and_units_of_government_a_sheet_apart(made: Twelve) -> None:
    book = sheets(yearly_ledger.build(made.office.legal, 2026, at=READY))
    assert list(book) == ["文件", "企业和行业协会商会", "人民团体、社会组织", "机关单位"]
    rows = by_name(book["企业和行业协会商会"])
    assert len(rows) == 10
    assert UNIT not in rows
    assert list(by_name(book["机关单位"])) == [UNIT]
    large = rows[LARGE]
    assert (large["规模"], large["所有制"], large["行业"], large["基本情况的时点"]) == (
        *("大型", "国有", "住宿和餐饮业", "听取意见时"),
    )
    assert large["列入理由"] == "所属行业为住宿和餐饮业"
    assert large["征求意见函"] == "2026年10月20日以信函发出，答复期限2026年11月3日"
    assert (large["答复"], large["情况"]) == ("2026年10月22日，企业端，提出意见", "已答复")
    assert large["意见采纳情况"] == "1条：采纳1条"
    assert rows[BY_MAIL]["答复"] == "2026年10月22日，邮件，提出意见"
    assert rows[NO_OPINION]["意见采纳情况"] == "无意见"
    assert (rows[SILENT]["答复"], rows[SILENT]["情况"], rows[SILENT]["基本情况的时点"]) == (
        *("未答复", "到期未答复", "现登记"),
    )
    assert rows[BOUNCED]["改邀单位"] == f"{INSTEAD}（2026年10月21日）"
    assert (
        rows[INSTEAD]["列入理由"]
        == f"中型企业，代替退回的单位\n改邀：代替{BOUNCED}（2026年10月20日退回：收件人地址不存在）"
    )
    (summary,) = book["文件"]
    assert [
        summary[name] for name in ("列入名单（家）", "已发函（家）", "已听取（家）", "其中无意见（家）", "未听取（家）")
    ] == [
        *(10, 10, 7, 1, 3),
    ]


def test_size_and_ownership_are_those_of_the_day_whatever_the_register_says_now(app: Flask) -> None:
    drafter = actor(Role.DRAFTER)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER), at=PUBLISHED, slug="day")
    invitation = an_invited(drafter, consultation, "甲餐饮", at=DURING, size=Size.SMALL, ownership=Ownership.PRIVATE)
    consultee = invitation.consultee
    responses.respond(invitations.as_consultee(consultee), invitation, no_opinion=True, by="钱二", at=DURING)
    changed = register.Entry("甲餐饮集团", consultee.kind, size=Size.LARGE, ownership=Ownership.FOREIGN)
    register.change(drafter, consultee, changed, at=READY)
    (row,) = sheets(yearly_ledger.build(drafter, 2026, at=READY))["企业和行业协会商会"]
    assert (row["单位名称"], row["规模"], row["所有制"]) == ("甲餐饮", "小型", "民营")


def test_who_was_taken_off_the_list_stays_in_the_ledger_with_the_reason(app: Flask) -> None:
    drafter = actor(Role.DRAFTER)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER), at=PUBLISHED, slug="off")
    invitation = an_invited(drafter, consultation, "甲餐饮", at=DURING)
    hearing.remove(drafter, consultation, invitation.consultee, "已经注销", at=DURING)
    book = sheets(yearly_ledger.build(drafter, 2026, at=READY))
    assert book["企业和行业协会商会"][0]["情况"] == "2026年10月20日移出名单：已经注销"
    assert book["文件"][0]["列入名单（家）"] == 0


def test_a_page_goes_on_where_the_last_ended_over_consultations(app: Flask) -> None:
    drafter, publisher = actor(Role.DRAFTER), actor(Role.PUBLISHER)
    for slug in ("first", "second"):
        consultation = an_open_consultation(drafter, publisher, at=PUBLISHED, slug=slug)
        for n in range(3):
            an_invited(drafter, consultation, f"{slug}{n}号餐饮", at=DURING)
    names, after = [], 0
    while entries := yearly_ledger.page(drafter, 2026, at=READY, after=after, limit=2):
        assert len(entries) <= 2
        names += [entry.account.described.name for entry in entries]
        after = entries[-1].account.listed.id
    assert names == [f"{slug}{n}号餐饮" for slug in ("first", "second") for n in range(3)]


def test_everybody_sees_what_the_desk_shows_them_and_only_who_may_take_out_exports(made: Twelve) -> None:
    stranger, moderator = actor(Role.DRAFTER, "另一处"), actor(Role.MODERATOR)
    assert yearly_ledger.page(stranger, 2026, at=READY, limit=5) == []
    assert yearly_ledger.years(stranger) == []
    assert len(yearly_ledger.page(moderator, 2026, at=READY, limit=50)) == 12
    with pytest.raises(NotAllowed):
        yearly_ledger.build(moderator, 2026, at=READY)
    with pytest.raises(MeetingRefused, match="没有列入"):
        yearly_ledger.build(stranger, 2026, at=READY)
    with pytest.raises(NotAllowed):
        yearly_ledger.page(Actor("public", None, "公众"), 2026, at=READY, limit=5)
    for year in (0, 1, 9999):
        with pytest.raises(MeetingRefused, match="年份"):
            yearly_ledger.page(SYSTEM, year, at=READY, limit=5)
    assert yearly_ledger.years(made.office.drafter) == [2026]
    yearly_ledger.build(made.office.drafter, 2026, at=READY)
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == yearly_ledger.EXPORT)).one()
    assert entry.subject == "year:2026"


def test_the_command_writes_the_same_and_says_what_is_wrong(session_app: Flask, made: Twelve, tmp_path: Path) -> None:
    out = tmp_path / "台账.xlsx"
    name = db.session.get_one(User, made.office.legal.id).username
    with time_machine.travel(READY, tick=False):
        result = run(session_app, "consultees", "ledger", "--year", "2026", "--out", str(out), "--by", name)
        assert result.exit_code == 0, result.stderr
        nothing = run(session_app, "consultees", "ledger", "--year", "2025", "--out", str(out), "--by", name)
        nowhere = run(session_app, "consultees", "ledger", "--year", "2026", "--out", str(tmp_path / "无" / "a.xlsx"))
    assert len(sheets(out.read_bytes())["企业和行业协会商会"]) == 10
    assert "2025年没有列入征求意见名单的单位" in nothing.stderr
    assert "没有这个文件夹" in nowhere.stderr


def test_a_disagreement_is_noted_and_settled_by_command(session_app: Flask, made: Twelve) -> None:
    unit = next(r for r in twelve.confirmation.of(made.consultation) if r.invitation.consultee.name == UNIT)
    number, name = unit.submission.number, db.session.get_one(User, made.office.drafter.id).username
    parts = ("--ours", "保留优惠规定。", "--reason", "体现公益性。", "--basis", "《某某条例》第二条", "--by", name)
    command = ("consultees", "disagreement", made.consultation.slug, "--question", "补贴由谁承担", *parts)
    with time_machine.travel(READY, tick=False):
        result = run(session_app, *command, "--unit", f"{number}=不同意承担。")
        assert result.exit_code == 0, result.stderr
        wrong = run(session_app, *command, "--unit", "20260101-XXXXXXXX")
        (_, noted) = twelve.disagreements.of(made.consultation)
        assert [held.words for held in noted.units] == ["不同意承担。"]
        settle = ("consultees", "settle-disagreement", made.consultation.slug)
        settled = run(session_app, *settle, str(noted.id), "--how", "财政局同意承担。", "--by", name)
        none = run(session_app, *settle, "999", "--how", "财政局同意承担。", "--by", name)
    assert "没有编号" in wrong.stderr
    assert settled.exit_code == 0
    assert "没有第999号分歧意见" in none.stderr
