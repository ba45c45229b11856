"""Decisions out to a spreadsheet and back: every row is taken, unchanged, or reported with its number and why."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import groups, queries, service, spreadsheet
from consult.adoption.models import DecisionState, Outcome
from consult.adoption.versions import version_of
from consult.drafting.models import Consultation
from consult.files import tables
from consult.moderation import service as moderation
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

Changes = dict[int, dict[str, str]]


def three_opinions() -> Consultation:
    consultation = open_consultation()
    for anchor, text in [("art-3", "菜价要公示。"), ("art-4", "=1+1 选定要公开。"), ("", "总体赞成。")]:
        accepted(consultation, (anchor, text))
    return consultation


def exported(consultation: Consultation, folder: Path) -> Path:
    path = folder / "out.xlsx"
    spreadsheet.export_decisions(actor(Role.DRAFTER), consultation, path)
    return path


def filled_in(path: Path, changes: Changes) -> Path:
    """Write into cells as a person does in a spreadsheet program; rows count from 2."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet is not None
    column = {cell.value: cell.column for cell in sheet[1]}
    for row, cells in changes.items():
        for name, words in cells.items():
            sheet.cell(row, column[name]).value = words
    book.save(path)
    return path


def taken(consultation: Consultation, path: Path, **more: object) -> spreadsheet.ImportResult:
    return spreadsheet.import_decisions(
        actor(Role.DRAFTER), consultation, tables.read(path.name, path), at=AFTER, **more
    )  # type: ignore[arg-type]


def test_an_export_has_one_row_for_each_opinion_with_place_text_and_decision(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    service.decide(
        actor(Role.DRAFTER), opinions_of(consultation)[0], Outcome.NOT_ADOPTED, "现行法规已有规定。", at=AFTER
    )
    rows = [cells for _, cells in tables.read("out.xlsx", exported(consultation, tmp_path)) if isinstance(cells, dict)]
    assert [row["条文"] for row in rows] == ["第三条", "第四条", "整个草案"]
    assert [row["意见内容"] for row in rows] == ["菜价要公示。", "=1+1 选定要公开。", "总体赞成。"]
    assert [(row["采纳情况"], row["理由"], row["状态"]) for row in rows] == [
        ("未采纳", "现行法规已有规定。", "待复核"),
        ("", "", "待处理"),
        ("", "", "待处理"),
    ]


def test_a_text_that_begins_like_a_formula_is_written_as_text(app: Flask, tmp_path: Path) -> None:
    path = exported(three_opinions(), tmp_path)
    assert "<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    cell = openpyxl.load_workbook(path).active["C3"]  # type: ignore[index]
    assert (cell.value, cell.data_type) == ("=1+1 选定要公开。", "s")


def test_the_outcomes_can_be_chosen_from_a_list(app: Flask, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(exported(three_opinions(), tmp_path)).active
    choices = sheet.data_validations.dataValidation  # type: ignore[union-attr]
    assert [choice.formula1 for choice in choices] == ['"采纳,部分采纳,未采纳,解释说明,不属于本次征求意见范围"']


def test_what_was_filled_in_is_proposed_and_the_rest_left_alone(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    path = filled_in(
        exported(consultation, tmp_path),
        {2: {"采纳情况": "采纳"}, 4: {"采纳情况": "部分采纳", "理由": "增加公示期五日。"}},
    )
    result = taken(consultation, path)
    assert (result.taken, result.unchanged, result.refused) == (2, 1, [])
    assert queries.progress(consultation.id) == queries.Progress(total=3, undecided=1, proposed=2)


def test_the_same_file_twice_does_nothing_the_second_time(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    path = filled_in(exported(consultation, tmp_path), {2: {"采纳情况": "采纳"}})
    taken(consultation, path)
    again = taken(consultation, path)
    assert (again.taken, again.unchanged, again.refused) == (0, 3, [])


def test_a_reviewer_confirms_what_was_taken(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    path = filled_in(exported(consultation, tmp_path), {2: {"采纳情况": "采纳"}})
    result = taken(consultation, path, reviewer=actor(Role.LEGAL))
    assert (result.taken, result.reviewed) == (1, 1)
    assert queries.progress(consultation.id).reviewed == 1


def test_what_a_colleague_decided_meanwhile_is_a_conflict_and_stays(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    path = filled_in(exported(consultation, tmp_path), {2: {"采纳情况": "未采纳", "理由": "现行法规已有规定。"}})
    first = opinions_of(consultation)[0]
    service.decide(actor(Role.DRAFTER), first, Outcome.ADOPTED, "", at=AFTER)
    result = taken(consultation, path)
    assert (result.taken, result.unchanged) == (0, 2)
    assert (result.refused[0].row, result.refused[0].number) == (2, str(first.id))
    assert "他人已修改" in result.refused[0].reason
    assert (result.conflicts[0].in_force, result.conflicts[0].by) == ("采纳", "测试drafter")
    assert service.current(first).outcome is Outcome.ADOPTED  # type: ignore[union-attr]


def test_a_row_left_as_exported_is_no_conflict_when_a_colleague_changed_it(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    first = opinions_of(consultation)[0]
    service.decide(actor(Role.DRAFTER), first, Outcome.EXPLAINED, "第三条已有相应规定。", at=AFTER)
    path = exported(consultation, tmp_path)
    service.decide(actor(Role.DRAFTER), first, Outcome.ADOPTED, "", at=AFTER)
    result = taken(consultation, path)
    assert (result.taken, result.unchanged, result.refused) == (0, 3, [])


def test_every_row_that_cannot_be_taken_is_reported_with_its_number_and_why(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    gone = accepted(consultation, "撤回的。")
    path = filled_in(
        exported(consultation, tmp_path),
        {
            2: {"采纳情况": "也许"},
            3: {"采纳情况": "未采纳"},
            4: {"编号": "99999", "采纳情况": "采纳"},
            5: {"采纳情况": "采纳"},
            6: {"编号": "", "采纳情况": "采纳", "理由": "?"},
            7: {"编号": str(opinions_of(consultation)[0].id), "采纳情况": "采纳"},
        },
    )
    moderation.undo(actor(Role.MODERATOR), gone, at=AFTER)
    result = taken(consultation, path)
    reasons = {refusal.row: refusal.reason for refusal in result.refused}
    assert set(reasons) == {2, 3, 4, 5, 6, 7}
    assert "不认得" in reasons[2]
    assert "请写明理由" in reasons[3]
    assert "没有编号为" in reasons[4]
    assert "撤回审核" in reasons[5]
    assert "没有编号" in reasons[6]
    assert "第 2 行" in reasons[7]
    assert queries.progress(consultation.id).undecided == 3


def test_another_consultations_opinion_is_not_touched(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    other = open_consultation("streets")
    accepted(other, "别处的意见。")
    path = filled_in(exported(consultation, tmp_path), {2: {"编号": str(opinions_of(other)[0].id), "采纳情况": "采纳"}})
    assert [refusal.row for refusal in taken(consultation, path).refused] == [2]
    assert queries.progress(other.id).undecided == 1


def test_a_decision_is_not_emptied_by_an_emptied_cell(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    service.decide(actor(Role.DRAFTER), opinions_of(consultation)[0], Outcome.ADOPTED, "", at=AFTER)
    result = taken(consultation, filled_in(exported(consultation, tmp_path), {2: {"采纳情况": ""}}))
    assert "不能清空" in result.refused[0].reason


EARLIER = ("编号", "条文", "意见内容", "采纳情况", "理由", "状态", "归并", "来件", "收到", "校验码")
"""Columns of sheets exported before groups had rows."""


def exported_earlier(consultation: Consultation, path: Path, *, code: bool, states: bool = True) -> Path:
    """Write a sheet as earlier releases did: a row for each opinion; their code had no state at first."""
    columns = EARLIER if code else EARLIER[:-1]
    rows = []
    for item in queries.with_decisions(consultation.id, limit=None):
        opinion, decision = item.opinion, item.decision
        version = version_of(decision)
        cells = {
            "编号": str(opinion.id),
            "条文": "整个草案",
            "意见内容": opinion.content,
            "采纳情况": decision.outcome.label.words if decision else "",
            "理由": decision.reason if decision else "",
            "归并": opinion.group.title if opinion.group else "",
            "校验码": version if states else re.sub(r"(?<=[0-9])[prt]-", "-", version),
        }
        rows.append([cells.get(name, "") for name in columns])
    tables.write_xlsx(path, [tables.Sheet("采纳情况", columns, rows)])
    return path


@pytest.mark.parametrize("states", [True, False])
def test_a_member_of_a_group_gets_its_own_decision_by_its_row_of_an_earlier_sheet(
    app: Flask, tmp_path: Path, states: bool
) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for _ in range(2):
        accepted(consultation, ("art-3", "菜价要公示。"))
    group = groups.create_group(drafter, opinions_of(consultation), "公示", at=AFTER)
    service.decide(drafter, group, Outcome.ADOPTED, "", at=AFTER)
    earlier = exported_earlier(consultation, tmp_path / "earlier.xlsx", code=True, states=states)
    path = filled_in(earlier, {3: {"采纳情况": "解释说明", "理由": "第三条已经写明。"}})
    result = taken(consultation, path)
    assert (result.taken, result.unchanged, result.remarks) == (1, 1, [])
    assert [row.decision.outcome for row in queries.with_decisions(consultation.id) if row.decision] == [
        Outcome.ADOPTED,
        Outcome.EXPLAINED,
    ]


def test_an_earlier_sheet_without_codes_decides_what_is_undecided(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    service.decide(actor(Role.DRAFTER), opinions_of(consultation)[0], Outcome.ADOPTED, "", at=AFTER)
    earlier = exported_earlier(consultation, tmp_path / "earlier.xlsx", code=False)
    path = filled_in(earlier, {row: {"采纳情况": "解释说明", "理由": "起草说明已有解释。"} for row in (2, 3)})
    result = taken(consultation, path)
    assert (result.taken, result.unchanged) == (1, 1)
    assert "没有校验码" in result.conflicts[0].reason
    assert result.conflicts[0].in_force == "采纳"


def test_a_plain_table_without_the_check_column_decides_what_is_undecided(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    first, second, _ = opinions_of(consultation)
    service.decide(actor(Role.DRAFTER), second, Outcome.ADOPTED, "", at=AFTER)
    path = tmp_path / "own.csv"
    path.write_text(
        f"编号,采纳情况,理由\n{first.id},不采纳,现行法规已有规定。\n{second.id},未采纳,复核后已作修改\n", "gb18030"
    )
    result = taken(consultation, path)
    assert (result.taken, [refusal.row for refusal in result.refused]) == (1, [3])
    assert service.current(first).outcome is Outcome.NOT_ADOPTED  # type: ignore[union-attr]


def test_a_table_without_the_columns_is_refused_with_their_names(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("编号,意见\n1,好\n")
    with pytest.raises(tables.TableRefused, match="采纳情况、理由"):
        taken(three_opinions(), path)


def test_who_may_not_decide_imports_nothing(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    path = filled_in(exported(consultation, tmp_path), {2: {"采纳情况": "采纳"}})
    with pytest.raises(NotAllowed):
        spreadsheet.import_decisions(actor(Role.AUDITOR), consultation, tables.read(path.name, path), at=AFTER)
    with pytest.raises(NotAllowed):
        spreadsheet.import_decisions(
            actor(Role.DRAFTER), consultation, tables.read(path.name, path), at=AFTER, reviewer=actor(Role.MODERATOR)
        )
    assert queries.progress(consultation.id).undecided == 3


def test_a_returned_decision_comes_back_changed(app: Flask, tmp_path: Path) -> None:
    consultation = three_opinions()
    decision = service.decide(
        actor(Role.DRAFTER), opinions_of(consultation)[0], Outcome.EXPLAINED, "前述意见已作答复。", at=AFTER
    )
    service.return_decision(actor(Role.LEGAL), decision, "写清楚。", at=AFTER)
    path = filled_in(exported(consultation, tmp_path), {2: {"理由": "第三条已经规定公示菜价。"}})
    assert taken(consultation, path).taken == 1
    assert service.current(opinions_of(consultation)[0]).state is DecisionState.PROPOSED  # type: ignore[union-attr]
