"""Groups and their members in the spreadsheet: a group is a row, its members have rows of their own, both come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from openpyxl.comments import Comment
from sqlalchemy import Executable, delete, select, update

from consult.accounts.models import Role, User
from consult.accounts.permissions import Actor
from consult.adoption import assignments, groups, queries, service, sheet_entries, spreadsheet
from consult.adoption.errors import DecisionRefused
from consult.adoption.holdings import Work
from consult.adoption.models import Decision, Opinion, OpinionGroup, Outcome
from consult.adoption.spreadsheet import Preview, PreviewChanged
from consult.drafting.models import Consultation
from consult.files import tables
from consult.intake.models import SenderKind
from consult.ledger.models import LedgerEntry
from consult.moderation import service as moderation
from consult.store import db
from tests.ledger.test_rows import behind_the_back
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

Edit = Callable[[Any], None]
REASON = "第三条已有相应规定。"


@dataclass
class World:
    """A consultation with a group of three and two single opinions, and a folder for its sheets."""

    drafter: Actor
    consultation: Consultation
    group: OpinionGroup
    folder: Path

    @property
    def members(self) -> list[Opinion]:
        return [opinion for opinion in opinions_of(self.consultation) if opinion.group_id == self.group.id]

    @property
    def key(self) -> str:
        return f"归并{self.group.id}"

    def out(self, name: str = "out.xlsx") -> Path:
        path = self.folder / name
        spreadsheet.export_decisions(self.drafter, self.consultation, path)
        return path

    def filled(self, path: Path, cells: dict[str, dict[str, Any]], *edits: Edit) -> Path:
        """Write cells into the rows of these numbers, on whichever sheet they are."""
        book = openpyxl.load_workbook(path)
        for sheet in book.worksheets[:2]:
            column = {cell.value: cell.column for cell in sheet[1]}
            for row in range(2, sheet.max_row + 1):
                for name, words in cells.get(str(sheet.cell(row, column["编号"]).value), {}).items():
                    sheet.cell(row, column[name]).value = words
        for edit in edits:
            edit(book)
        book.save(path)
        return path

    def back(self, path: Path) -> spreadsheet.ImportResult:
        book = tables.read_book(path.name, path)
        return spreadsheet.import_decisions(self.drafter, self.consultation, book, at=AFTER)

    def preview(self, path: Path) -> Preview:
        book = tables.read_book(path.name, path)
        preview = spreadsheet.preview_decisions(self.drafter, self.consultation, book, digest="a" * 64)
        return Preview.from_json(preview.as_json())

    def sheet(self, title: str) -> list[dict[str, str]]:
        book = tables.read_book("out.xlsx", self.out("look.xlsx"))
        (table,) = [table for table in book.tables if table.sheet == title]
        return [cells for _, cells in table if isinstance(cells, dict)]

    def outcomes(self) -> dict[int, Outcome | None]:
        rows = queries.with_decisions(self.consultation.id, limit=None)
        return {row.opinion.id: row.decision.outcome if row.decision else None for row in rows}


@pytest.fixture
def world(app: Flask, tmp_path: Path) -> World:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for kind, contact in ((SenderKind.PERSON, "a@example.cn"), (SenderKind.PERSON, "a@example.cn")):
        accepted(consultation, ("art-3", "菜价要公示。"), sender_kind=kind, contact=contact)
    accepted(consultation, ("art-3", "菜价应当公示。"), sender_kind=SenderKind.ENTERPRISE, name="甲餐饮有限公司")
    alike = opinions_of(consultation)
    accepted(consultation, ("art-4", "选定要公开。"))
    accepted(consultation, "总体赞成。")
    made = groups.create_group(drafter, alike, "菜价公示", at=AFTER)
    return World(drafter, consultation, made, tmp_path)


def test_a_group_is_one_row_with_its_numbers_and_what_became_of_its_members(world: World) -> None:
    service.decide(world.drafter, world.group, Outcome.ADOPTED, "", at=AFTER)
    service.decide(world.drafter, world.members[0], Outcome.EXPLAINED, REASON, at=AFTER)
    first, *others = world.sheet("采纳情况")
    shown = [first[name] for name in ("编号", "条文", "意见内容", "采纳情况", "意见数", "人数", "状态")]
    assert shown == [world.key, "第三条", "菜价公示", "采纳", "3", "2", "待复核"]
    assert first["提出人类型"] == "个人 2、企业 1"
    assert first["成员采纳情况"] == "采纳 2、解释说明 1"
    assert [(row["意见内容"], row["提出人类型"], row["意见数"]) for row in others] == [
        ("选定要公开。", "个人", "1"), ("总体赞成。", "个人", "1"),
    ]  # fmt: skip


def test_members_have_rows_of_their_own_that_show_only_exceptions(world: World) -> None:
    service.decide(world.drafter, world.group, Outcome.ADOPTED, "", at=AFTER)
    service.decide(world.drafter, world.members[2], Outcome.EXPLAINED, REASON, at=AFTER)
    assert [
        (row["归并编号"], row["采纳情况"], row["状态"], row["归并意见的采纳情况"]) for row in world.sheet("成员")
    ] == [
        (world.key, "", "待复核（随归并意见）", "采纳"),
        (world.key, "", "待复核（随归并意见）", "采纳"),
        (world.key, "解释说明", "待复核", "采纳"),
    ]
    assert [row["编号"] for row in world.sheet("成员")] == [str(opinion.id) for opinion in world.members]


def test_holder_and_last_day_are_columns_of_both_sheets(world: World) -> None:
    holder = db.session.get_one(User, world.drafter.id)
    works = [Work(group_id=world.group.id), Work(anchor="art-4")]
    assignments.assign(world.drafter, world.consultation, works, holder, at=AFTER, due_on=date(2026, 12, 1))
    held = (holder.name, "2026-12-01")
    assert [(row["承办人"], row["期限"]) for row in world.sheet("采纳情况")] == [held, held, ("", "")]
    assert {(row["承办人"], row["期限"]) for row in world.sheet("成员")} == {held}


def test_a_groups_row_and_a_members_row_in_one_file_both_count(world: World) -> None:
    member = world.members[1]
    path = world.filled(
        world.out(),
        {world.key: {"采纳情况": "采纳"}, str(member.id): {"采纳情况": "部分采纳", "理由": "增加公示期五日。"}},
    )
    result = world.back(path)
    assert (result.rows, result.taken, result.unchanged, result.refused) == (6, 2, 4, [])
    assert [(change.kind, change.id, change.cell, change.old, change.new) for change in result.applied] == [
        ("group", world.group.id, "采纳情况", "", "采纳"),
        ("opinion", member.id, "采纳情况", "", "部分采纳"),
        ("opinion", member.id, "理由", "", "增加公示期五日。"),
    ]
    outcomes = world.outcomes()
    assert [outcomes[opinion.id] for opinion in world.members] == [
        Outcome.ADOPTED, Outcome.PARTLY_ADOPTED, Outcome.ADOPTED,
    ]  # fmt: skip
    again = world.back(path)
    assert (again.taken, again.unchanged, again.refused) == (0, 6, [])


def test_group_and_exception_are_taken_across_transactions_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "CHUNK", 1)
    service.decide(world.drafter, world.group, Outcome.EXPLAINED, REASON, at=AFTER)
    member = world.members[0]
    cells = {
        world.key: {"采纳情况": "采纳", "理由": ""},
        str(member.id): {"采纳情况": "未采纳", "理由": "现行法规已有规定。"},
    }
    assert world.back(world.filled(world.out(), cells)).refused == []
    assert world.outcomes()[member.id] is Outcome.NOT_ADOPTED


def test_sorted_filtered_and_moved_rows_and_columns_import_the_same(world: World) -> None:
    member = world.members[1]
    cells = {world.key: {"采纳情况": "采纳"}, str(member.id): {"采纳情况": "解释说明", "理由": REASON}}

    def turned_round(book: Any) -> None:
        for sheet in book.worksheets[:2]:
            rows = [[cell.value for cell in row][::-1] for row in sheet.iter_rows()]
            sheet.delete_rows(1, sheet.max_row)
            for row in (rows[0], *rows[:0:-1]):
                sheet.append(row)
            sheet.row_dimensions[2].hidden = True
        book.move_sheet("成员", -1)

    result = world.back(world.filled(world.out(), cells, turned_round))
    assert (result.taken, result.unchanged, result.refused) == (2, 4, [])
    assert {remark.words for remark in result.remarks} == {"有 1 行处于隐藏或者筛选状态，已一并读取"}
    assert world.outcomes()[world.members[0].id] is Outcome.ADOPTED


def test_what_somebody_decided_on_the_group_since_stops_group_and_members(world: World) -> None:
    member = world.members[0]
    path = world.filled(
        world.out(),
        {key: {"采纳情况": "解释说明", "理由": REASON} for key in (world.key, str(member.id))},
    )
    service.decide(actor(Role.DRAFTER), world.group, Outcome.ADOPTED, "", at=AFTER)
    result = world.back(path)
    assert (result.taken, result.unchanged) == (0, 4)
    assert [(row.sheet, row.number, row.in_force, row.by) for row in result.conflicts] == [
        ("采纳情况", world.key, "采纳", "测试drafter"), ("成员", str(member.id), "采纳", "测试drafter"),
    ]  # fmt: skip
    assert all("他人已修改" in row.reason for row in result.conflicts)


def test_a_group_that_others_joined_or_left_is_decided_on_by_nobody_who_has_not_seen_it(world: World) -> None:
    path = world.filled(world.out(), {world.key: {"采纳情况": "采纳"}})
    groups.remove_from_group(world.drafter, [world.members[0]], at=AFTER)
    result = world.back(path)
    assert (result.taken, [row.number for row in result.conflicts]) == (0, [world.key])
    assert "导出时 3 条，现为 2 条" in result.refused[0].reason


def test_members_that_changed_places_are_noticed_though_the_number_is_the_same(world: World) -> None:
    newcomer = opinions_of(accepted(world.consultation, ("art-3", "公示菜价。")))[0]
    path = world.filled(world.out(), {world.key: {"采纳情况": "采纳"}})
    groups.remove_from_group(world.drafter, [world.members[0]], at=AFTER)
    groups.move_to_group(world.drafter, newcomer, world.group, at=AFTER)
    assert "成员有变化" in world.back(path).refused[0].reason


def test_a_member_that_left_and_an_opinion_that_joined_since_are_conflicts(world: World) -> None:
    member, newcomer = world.members[0], opinions_of(accepted(world.consultation, ("art-3", "公示菜价。")))[0]
    path = world.filled(world.out(), {str(opinion.id): {"采纳情况": "采纳"} for opinion in (member, newcomer)})
    groups.remove_from_group(world.drafter, [member], at=AFTER)
    groups.move_to_group(world.drafter, newcomer, world.group, at=AFTER)
    reasons = {row.number: row.reason for row in world.back(path).conflicts}
    assert "已移出归并" in reasons[str(member.id)]
    assert f"已归入“{world.key}”" in reasons[str(newcomer.id)]


def test_groups_and_members_that_are_gone_are_refused(world: World) -> None:
    other = open_consultation("streets")
    elsewhere = groups.create_group(
        world.drafter, [opinions_of(accepted(other, "路灯太暗。"))[0] for _ in range(2)], "路灯", at=AFTER
    )
    path = world.filled(
        world.out(),
        {world.key: {"采纳情况": "采纳"}, str(world.members[0].id): {"采纳情况": "采纳"}},
        lambda book: book["采纳情况"].append([f"归并{elsewhere.id}", "", "", "采纳"]),
        lambda book: book["采纳情况"].append(["归并99999999", "", "", "采纳"]),
    )
    for opinion in world.members:
        moderation.undo(actor(Role.MODERATOR), opinion.submission, at=AFTER)
    result = world.back(path)
    assert result.taken == 0
    assert [row.reason.partition("，")[0] for row in result.refused] == [
        "这个归并意见已没有成员（成员已移出",
        f"这件征求意见里没有编号为“归并{elsewhere.id}”的归并意见",
        "这件征求意见里没有编号为“归并99999999”的归并意见",
        *["这条意见已经拆分"] * 3,
    ]


ATTACKS: dict[str, tuple[dict[str, Any], str]] = {
    "a formula": ({"采纳情况": '="采"&"纳"'}, "“采纳情况”是公式"),
    "a formula as a reason": ({"采纳情况": "解释说明", "理由": "=C2"}, "“理由”是公式"),
    "a long reason": ({"采纳情况": "解释说明", "理由": "长" * 40_000}, "最多 4,000 字"),
    "a date": ({"采纳情况": "采纳", "拟修改为": date(2026, 3, 4)}, "“拟修改为”是日期"),
    "no outcome": ({"采纳情况": "同意采纳一半"}, "不认得"),
    "another row's code": ({"采纳情况": "采纳", "校验码": "未定/999@"}, "校验码是编号“999”一行的"),
    "a made-up code": ({"采纳情况": "采纳", "校验码": "v1p-00000000"}, "他人已修改"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_cannot_be_taken_is_refused_and_holds_nothing_else_back(world: World, attack: str) -> None:
    cells, words = ATTACKS[attack]
    single = opinions_of(world.consultation)[3]
    path = world.filled(world.out(), {world.key: cells, str(single.id): {"采纳情况": "采纳"}})
    result = world.back(path)
    assert [(row.sheet, row.row, row.number) for row in result.refused] == [("采纳情况", 2, world.key)]
    assert words in result.refused[0].reason
    assert result.taken == 1


def test_spaces_around_an_outcome_are_no_other_outcome(world: World) -> None:
    result = world.back(world.filled(world.out(), {world.key: {"采纳情况": " 采纳 　"}}))
    assert [change.new for change in result.applied] == ["采纳"]


def test_a_row_pasted_over_another_with_its_code_is_not_taken_for_unchanged(world: World) -> None:
    single, whole = opinions_of(world.consultation)[3:]
    service.decide(world.drafter, single, Outcome.EXPLAINED, REASON, at=AFTER)
    code = next(row["校验码"] for row in world.sheet("采纳情况") if row["编号"] == str(single.id))
    cells = {str(whole.id): {"采纳情况": "解释说明", "理由": REASON, "校验码": code}}
    assert "与本行不符" in world.back(world.filled(world.out(), cells)).refused[0].reason


def test_without_the_column_of_codes_only_what_is_undecided_is_decided(world: World) -> None:
    single, whole = opinions_of(world.consultation)[3:]
    service.decide(world.drafter, single, Outcome.EXPLAINED, REASON, at=AFTER)

    def without_codes(book: Any) -> None:
        sheet = book["采纳情况"]
        sheet.delete_cols(next(cell.column for cell in sheet[1] if cell.value == "校验码"))

    cells = {str(opinion.id): {"采纳情况": "采纳", "理由": ""} for opinion in (single, whole)}
    result = world.back(world.filled(world.out(), cells, without_codes))
    assert (result.taken, [row.number for row in result.conflicts]) == (1, [str(single.id)])
    assert "没有校验码" in result.conflicts[0].reason


def test_two_rows_of_one_group_are_one(world: World) -> None:
    def twice(book: Any) -> None:
        book["采纳情况"].append([world.key, "", "", "解释说明", REASON])

    result = world.back(world.filled(world.out(), {world.key: {"采纳情况": "采纳"}}, twice))
    assert (result.taken, [row.reason for row in result.refused]) == (1, ["和第 2 行是同一个归并意见，只取前一行"])


def test_a_member_is_not_moved_to_another_group_by_its_cell(world: World) -> None:
    member = world.members[0]
    cells = {str(member.id): {"归并编号": "归并77", "采纳情况": "采纳"}}
    result = world.back(world.filled(world.out(), cells))
    assert "归并关系不能在表格里调整" in result.refused[0].reason
    db.session.refresh(member)
    assert member.group_id == world.group.id


def test_an_exception_is_not_emptied_by_an_emptied_cell(world: World) -> None:
    member = world.members[0]
    service.decide(world.drafter, member, Outcome.EXPLAINED, REASON, at=AFTER)
    cells = {str(member.id): {"采纳情况": "", "理由": ""}}
    assert "不能清空" in world.back(world.filled(world.out(), cells)).refused[0].reason


def test_cells_merged_over_several_rows_are_refused_below_the_first(world: World) -> None:
    def merged(book: Any) -> None:
        book["采纳情况"]["D2"] = "采纳"
        book["采纳情况"].merge_cells("D2:D4")

    result = world.back(world.filled(world.out(), {}, merged))
    assert (result.taken, [row.row for row in result.refused]) == (1, [3, 4])
    assert all("合并单元格" in row.reason for row in result.refused)
    assert "合并单元格 1 处（D2:D4），只有左上角的内容" in {remark.words for remark in result.remarks}


def test_what_is_not_imported_is_named(world: World) -> None:
    def extra(book: Any) -> None:
        sheet = book["采纳情况"]
        sheet.cell(1, sheet.max_column + 1).value = "处长批示"
        sheet["C2"] = "改过的标题"
        sheet["D2"].comment = Comment("再议", "处长")
        book.create_sheet("草稿").append(["随手记"])
        book.copy_worksheet(sheet).title = "采纳情况 (2)"
        book["成员"].delete_rows(2)

    result = world.back(world.filled(world.out(), {}, extra))
    assert (result.taken, result.refused, result.missing) == (0, [], 1)
    assert {(remark.where, remark.words.partition("（")[0]) for remark in result.remarks} >= {
        ("采纳情况", "不认识的列未导入：处长批示"),
        ("采纳情况", "“意见内容”有改动的 1 行"),
        ("采纳情况", "批注 1 处"),
        ("草稿", "这张工作表未导入"),
        ("采纳情况 (2)", "这张工作表未导入"),
    }


def test_a_renamed_sheet_is_read_and_an_untouched_file_says_nothing(world: World) -> None:
    def renamed(book: Any) -> None:
        book["采纳情况"].title = "采纳情况（李四填）"

    result = world.back(world.filled(world.out(), {world.key: {"采纳情况": "采纳"}}, renamed))
    assert (result.taken, result.remarks, result.missing) == (1, [], 0)


def test_the_sheets_are_protected_and_only_what_is_filled_in_is_open(world: World) -> None:
    book = openpyxl.load_workbook(world.out())
    for sheet in book.worksheets[:2]:
        heads = [cell.value for cell in sheet[1]]
        opened = [head for head, cell in zip(heads, sheet[2], strict=True) if not cell.protection.locked]
        assert (sheet.protection.sheet, sheet.protection.password) == (True, None)
        assert opened == ["采纳情况", "理由", "拟修改为"]
        assert {choice.errorStyle for choice in sheet.data_validations.dataValidation} == {"stop"}
        assert (sheet.auto_filter.ref is not None, sheet.freeze_panes) == (True, "A2")


def test_a_preview_changes_nothing_and_its_confirmation_does_exactly_what_it_showed(world: World) -> None:
    member = world.members[0]
    cells = {
        world.key: {"采纳情况": "采纳"}, str(member.id): {"采纳情况": "解释说明", "理由": REASON},
        str(opinions_of(world.consultation)[4].id): {"采纳情况": "也许"},
    }  # fmt: skip
    preview = world.preview(world.filled(world.out(), cells))
    assert set(world.outcomes().values()) == {None}
    assert (preview.result.taken, len(preview.result.refused), preview.result.unchanged) == (2, 1, 3)
    done = spreadsheet.confirm_preview(world.drafter, world.consultation, preview, at=AFTER)
    assert (done.taken, done.applied, done.refused) == (2, preview.result.applied, preview.result.refused)
    assert world.outcomes()[member.id] is Outcome.EXPLAINED
    assert world.outcomes()[world.members[1].id] is Outcome.ADOPTED


def test_an_import_is_an_entry_of_its_own_that_names_the_file_and_what_became_of_its_rows(world: World) -> None:
    cells = {world.key: {"采纳情况": "采纳"}, str(opinions_of(world.consultation)[4].id): {"采纳情况": "也许"}}
    preview = world.preview(world.filled(world.out(), cells))
    spreadsheet.confirm_preview(world.drafter, world.consultation, preview, at=AFTER)
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "opinion.import_sheet")).one()
    facts = {
        name: entry.detail[name] for name in ("file_digest", "rows", "applied", "unchanged", "refused", "conflicts")
    }
    assert facts == {
        "file_digest": "a" * 64, "rows": preview.result.rows, "applied": 1, "unchanged": preview.result.unchanged,
        "refused": 1, "conflicts": 0,
    }  # fmt: skip
    assert (entry.actor_id, [*sheet_entries.faults()]) == (world.drafter.id, [])


@pytest.mark.parametrize(
    "forgery",
    [delete(Decision), update(Decision).values(author_id=None)],
    ids=["deleted", "another author"],
)
def test_a_decision_of_an_import_that_is_gone_or_somebody_elses_is_named(world: World, forgery: Executable) -> None:
    world.back(world.filled(world.out(), {world.key: {"采纳情况": "采纳"}}))
    assert [*sheet_entries.faults()] == []
    behind_the_back(forgery)
    assert [fault.where for fault in sheet_entries.faults()] == ["decision"]


def test_what_changed_after_the_preview_is_shown_again_and_nothing_is_taken(world: World) -> None:
    single = opinions_of(world.consultation)[3]
    cells = {world.key: {"采纳情况": "采纳"}, str(single.id): {"采纳情况": "采纳"}}
    preview = world.preview(world.filled(world.out(), cells))
    service.decide(actor(Role.DRAFTER), single, Outcome.EXPLAINED, REASON, at=AFTER)
    with pytest.raises(PreviewChanged) as changed:
        spreadsheet.confirm_preview(world.drafter, world.consultation, preview, at=AFTER)
    assert isinstance(changed.value, DecisionRefused)
    assert service.current(world.group) is None
    now = changed.value.preview.result
    assert (now.taken, [row.number for row in now.conflicts]) == (1, [str(single.id)])
    done = spreadsheet.confirm_preview(world.drafter, world.consultation, changed.value.preview, at=AFTER)
    assert [change.kind for change in done.applied] == ["group"]


def test_without_codes_the_preview_itself_says_what_its_author_saw(world: World) -> None:
    newcomer = opinions_of(accepted(world.consultation, ("art-3", "公示菜价。")))[0]
    path = world.folder / "plain.csv"
    path.write_text(f"编号,采纳情况,理由\n{world.key},采纳,\n{newcomer.id},采纳,\n", "utf-8")
    preview = world.preview(path)
    assert preview.result.taken == 2
    groups.move_to_group(world.drafter, newcomer, world.group, at=AFTER)
    with pytest.raises(PreviewChanged) as changed:
        spreadsheet.confirm_preview(world.drafter, world.consultation, preview, at=AFTER)
    reasons = [row.reason for row in changed.value.preview.result.conflicts]
    assert ["成员有变化" in reasons[0], "已归入" in reasons[1]] == [True, True]
    assert set(world.outcomes().values()) == {None}
    done = spreadsheet.confirm_preview(world.drafter, world.consultation, world.preview(path), at=AFTER)
    assert (done.taken, set(world.outcomes().values())) == (2, {Outcome.ADOPTED, None})
