"""Tables of submissions as offices send them: everything in them is taken or named, and the account sums."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from sqlalchemy import select

from consult.accounts.models import Role
from consult.app_context import blobs
from consult.clock import local, now
from consult.drafting.models import Consultation
from consult.intake.models import Channel, ImportMapping, Submission
from consult.store import db
from tests.builders import an_actor, an_open_consultation
from tests.conftest import missing
from tests.faces.cli.console import run
from tests.files import samples
from tests.intake.workbooks import saved, written

CASES = Path(__file__).parents[4] / "shared" / "cases" / "tables"
ARTICLES = "\n".join(
    f"第{n}条 本条写明第{n}件事。"
    for n in ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")
)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """A draft of thirteen articles, open since a fortnight."""
    at = now() - timedelta(days=15)
    drafter, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    return an_open_consultation(drafter, publisher, text=f"某办法\n{ARTICLES}\n", at=at, slug="canteen")


def imported(app: Flask, path: Path, *more: str, channel: str = "hotline", code: int = 0) -> dict[str, Any]:
    """Import a table; return the account, which sums."""
    if path.parent == CASES and not path.exists():
        missing(f"the cases are not at {CASES}")
    result = run(app, "submissions", "import", str(path), "--consultation", "canteen", "--channel", channel,
                 "--json", *more)  # fmt: skip
    assert result.exit_code == code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    for kind in ("sheets", "columns", "rows", "cells"):
        tally = document[kind]
        assert tally["in"] == tally["taken"] + len(tally["named"]), (kind, tally)
        assert all(name["where"] and name["why"] for name in tally["named"])
    assert document["rows"]["taken"] == document["taken"]
    return document


def whys(document: dict[str, Any], kind: str) -> str:
    """Return what is named of a kind, in one text."""
    return "\n".join(f"{name['where']}：{name['why']}" for name in document[kind]["named"])


def stored() -> list[Submission]:
    """Return the submissions in order."""
    return list(db.session.scalars(select(Submission).order_by(Submission.id)))


def contents() -> list[list[tuple[str, str]]]:
    """Return the parts of every submission as (anchor, content)."""
    return [[(part.anchor, part.content) for part in submission.parts] for submission in stored()]


@pytest.mark.corpus
def test_totals_and_signatures_of_a_hotlines_export_are_no_opinions(app: Flask, consultation: Consultation) -> None:
    document = imported(app, CASES / "02-hotline.xlsx")
    assert (document["rows"]["in"], document["taken"], document["left"]) == (8, 4, 4)
    assert "合计行" in whys(document, "rows")
    assert [submission.name for submission in stored()] == ["赵1", "赵2", "赵3", "赵4"]


@pytest.mark.corpus
def test_two_sheets_of_one_shape_are_read_together(app: Flask, consultation: Consultation) -> None:
    document = imported(app, CASES / "06b-two-sheets.xlsx")
    assert (document["sheets"]["in"], document["sheets"]["taken"], document["taken"]) == (2, 2, 4)
    assert {row.get("sheet") for row in document["account"]} == {"10月", "11月"}
    assert imported(app, CASES / "06b-two-sheets.xlsx")["already"] == 4


@pytest.mark.corpus
def test_every_question_of_a_questionnaire_counts(app: Flask, consultation: Consultation) -> None:
    document = imported(app, CASES / "07-wenjuanxing.xlsx", channel="new_media")
    assert contents() == [
        [("art-8", "出资比例要写明"), ("art-12", "公示改为十五日")],
        [("", "【其他意见和建议】\n希望多听听老人意见")],
    ]
    assert [(submission.name, submission.contact) for submission in stored()] == [("冯一", "13900001111"), ("", "")]
    assert "“无”，没有内容可以登记" in whys(document, "cells")
    assert "来自IP" in whys(document, "columns")


@pytest.mark.corpus
def test_what_a_table_lacked_is_not_lacking_in_the_next(app: Flask, consultation: Consultation) -> None:
    imported(app, CASES / "a-first.csv")
    imported(app, CASES / "b-second.csv")
    _, first, second = stored()
    assert [first.name, second.name] == ["钱一", "钱二"]
    assert [first.external_id, first.contact] == ["GD001", "13811112222"]
    assert contents()[1:] == [[("art-8", "出资比例应当写明，低保户免交。")], [("art-12", "公示期应当改为十五日。")]]


def test_what_is_remembered_of_an_earlier_time_says_where_a_column_was_and_no_more(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    names = {"content": "反馈意见", "name": "", "contact": "", "received_at": ""}
    db.session.add(ImportMapping(channel=Channel.HOTLINE, columns=names, changed_at=now()))
    db.session.commit()
    imported(app, written(tmp_path / "b.csv", "姓名,联系电话,反馈意见", "钱一,13811112222,应当写明。"))
    assert stored()[0].name == "钱一"
    imported(app, written(tmp_path / "c.csv", "反馈意见", "只有意见。"))
    again = imported(app, written(tmp_path / "d.csv", "来人,姓名,反馈意见", "甲,钱三,又一件。"))
    assert again["mapping"]["name"] == "姓名"


def over(consultation: Consultation) -> None:
    """Let a period of forty days have ended yesterday; the first day of a month is among its last thirty."""
    consultation.opens_at, consultation.closes_at = now() - timedelta(days=41), now() - timedelta(days=1)
    db.session.commit()


@pytest.mark.parametrize(
    "form", ["{0.month}月{0.day}日", "{0.month}-{0.day}", "{0.month}月{0.day}日 9:30", "{0:%y-%m-%d}", "{0:%d/%m/%Y}"]
)
def test_a_date_in_part_is_completed_where_only_one_day_of_the_period_fits(
    app: Flask, consultation: Consultation, tmp_path: Path, form: str
) -> None:
    over(consultation)
    day = next(day for n in range(2, 40) if (day := local(now() - timedelta(days=n))).day > 12)
    path = written(tmp_path / "a.csv", "诉求人,诉求内容,受理时间", f"钱七,应当优先。,{form.format(day)}")
    document = imported(app, path)
    (submission,) = stored()
    assert local(submission.received_at).date() == day.date()
    assert not submission.late
    assert "补全为" in document["account"][0]["reason"]


@pytest.mark.parametrize("words", ["09:05 至 09:30", "上旬", "昨天", "2月30日", "下周", "2026年", "星期三"])
def test_a_time_that_cannot_be_read_is_asked_about_once_lateness_depends_on_it(
    app: Flask, consultation: Consultation, tmp_path: Path, words: str
) -> None:
    path = written(tmp_path / "a.csv", "诉求人,诉求内容,受理时间", f"钱七,应当优先。,{words}", "钱八,应当公示。,")
    over(consultation)
    document = imported(app, path)
    assert (document["taken"], document["refused"]) == (1, 1)
    assert f"时间“{words}”无法识别" in whys(document, "rows")
    assert [(submission.name, submission.late) for submission in stored()] == [("钱八", False)]
    day = f"{local(now() - timedelta(days=9)):%Y-%m-%d}"
    assert imported(app, path, "--received-on", day)["taken"] == 1
    assert {submission.late for submission in stored()} == {False}


def test_a_received_day_outside_the_period_is_refused(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "诉求人,诉求内容", "钱七,应当优先。")
    start = ["submissions", "import", str(path), "--consultation", "canteen", "--channel", "phone"]
    assert run(app, *start, "--received-on", "2020-01-01").exit_code == 1


@pytest.mark.corpus
def test_a_date_without_a_year_never_makes_a_row_late(app: Flask, consultation: Consultation) -> None:
    over(consultation)
    document = imported(app, CASES / "22-late-date.csv")
    assert document["rows"]["in"] == 2
    assert not any(submission.late for submission in stored())


HEAD = ["序号", "诉求人", "联系电话", "诉求内容"]


def one_sheet(path: Path, rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD, **how: Any) -> Path:
    """Write a workbook of one sheet."""
    return saved(path, {"Sheet": [head, *rows]}, **how)


def test_hidden_rows_are_left_out_and_named_unless_they_are_wanted(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    rows = [[1, "甲", None, "第一条应当写明。"], [2, "乙", None, "第二条应当写明。"]]
    path = one_sheet(tmp_path / "a.xlsx", rows, hidden=[3])
    document = imported(app, path)
    assert (document["taken"], document["left"]) == (1, 1)
    assert "第 3 行：隐藏或者筛选掉的行" in whys(document, "rows")
    assert imported(app, path, "--with-hidden")["taken"] == 1
    assert [submission.name for submission in stored()] == ["甲", "乙"]


def test_merged_cells_are_carried_down_and_named(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    rows = [
        [1, "甲", 138, "第一条应当写明。"],
        [2, None, None, "第二条应当写明。"],
        [3, "丙", None, "第三条应当写明。"],
    ]
    document = imported(app, one_sheet(tmp_path / "a.xlsx", rows, merged=["B2:B3", "C2:C3"]))
    assert [(submission.name, submission.contact) for submission in stored()] == [
        ("甲", "138"),
        ("甲", "138"),
        ("丙", ""),
    ]
    assert "第 3 行“诉求人”列：合并单元格，按首格填入“甲”" in whys(document, "cells")


def test_opinions_of_one_merged_number_are_each_taken(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    head = ["工单编号", "诉求人", "诉求内容"]
    rows = [["GD1", "甲", "第一条应当写明。"], [None, None, "第二条应当写明。"]]
    document = imported(app, one_sheet(tmp_path / "a.xlsx", rows, head, merged=["A2:A3", "B2:B3"]))
    assert (document["taken"], document["refused"]) == (2, 0)


@pytest.mark.parametrize(
    "word", ["无", "/", "—", "(空)", "（跳过）", "N/A", "无意见", "没有修改意见。", "本单位无意见", "-"]
)
def test_a_cell_that_says_nothing_is_no_opinion(
    app: Flask, consultation: Consultation, tmp_path: Path, word: str
) -> None:
    document = imported(app, written(tmp_path / "a.csv", "姓名,反馈意见", f"甲,{word}", "乙,第一条应当写明。"))
    assert (document["taken"], document["left"], document["refused"]) == (1, 1, 0)
    assert word in whys(document, "rows")


@pytest.mark.parametrize(
    "word", ["无障碍设施应当增加。", "同意。", "建议无偿提供。", "没有意见箱，应当设置。", "没有征求意见的时间"]
)
def test_an_opinion_that_begins_like_nothing_is_an_opinion(
    app: Flask, consultation: Consultation, tmp_path: Path, word: str
) -> None:
    assert imported(app, written(tmp_path / "a.csv", "姓名,反馈意见", f"甲,{word}"))["taken"] == 1


def test_ditto_repeats_the_cell_above(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    lines = ["姓名,反馈意见", "甲,第一条应当写明。", "乙,同上", "丙,第二条应当写明。", "乙,同上"]
    document = imported(app, written(tmp_path / "a.csv", *lines))
    assert (document["taken"], document["already"]) == (4, 0)
    assert [parts[0][1][:3] for parts in contents()] == ["第一条", "第一条", "第二条", "第二条"]
    assert "“同上”，按上一行填入“第一条应当写明。”" in whys(document, "cells")


@pytest.mark.parametrize("number", ["1.38E+10", "9.12E+17", "1.38e+10"])
def test_a_number_that_excel_ruined_is_named_with_its_column(
    app: Flask, consultation: Consultation, tmp_path: Path, number: str
) -> None:
    lines = [
        "工单编号,联系电话,诉求内容",
        f"{number},{number},第一条应当写明。",
        f"{number},13800001111,第二条应当写明。",
    ]
    document = imported(app, written(tmp_path / "a.csv", *lines))
    assert document["taken"] == 2
    assert [submission.contact for submission in stored()] == ["", "13800001111"]
    assert "“联系电话”列" in whys(document, "cells")
    assert "请将该列设为文本" in whys(document, "cells")


def test_a_long_number_cell_is_ruined_too_and_a_telephone_number_is_not(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    rows = [[1, "甲", 13800138001, "第一条应当写明。"], [2, "乙", 912201001234567936, "第二条应当写明。"]]
    imported(app, one_sheet(tmp_path / "a.xlsx", rows))
    assert [submission.contact for submission in stored()] == ["13800138001", ""]


def test_a_formula_without_a_value_is_named(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    rows = [["=A1", "甲", "=B1", "第一条应当写明。"], [2, "乙", None, "=A1&B1"], ["=A1", None, None, None]]
    document = imported(app, one_sheet(tmp_path / "a.xlsx", rows))
    assert (document["taken"], document["refused"]) == (1, 2)
    assert "“联系电话”列：公式没有算出的结果" in whys(document, "cells")
    assert "公式没有算出的结果" in whys(document, "rows")


@pytest.mark.parametrize(
    "tail",
    [
        ["合计", None, None, "2件"],
        ["合 计", None, None, None],
        ["总计：", None, None, "2"],
        ["共2件", None, None, None],
        ["注：以上为截至11月28日的数据", None, None, None],
        ["备注：1.不含重复来电", None, None, None],
        ["制表人：李四", None, "审核人：王五", None],
        [None, None, None, "填表日期：2026年11月28日"],
        ["序号", "诉求人", "联系电话", "诉求内容"],
        [None, "小计", None, "2"],
        [3, None, None, None],
    ],
)
def test_totals_notes_and_signatures_are_named(
    app: Flask, consultation: Consultation, tmp_path: Path, tail: list[Any]
) -> None:
    rows = [[1, "甲", None, "第一条应当写明。"], [2, "乙", None, "第二条应当写明。"], tail]
    document = imported(app, one_sheet(tmp_path / "a.xlsx", rows))
    assert (document["taken"], document["left"]) == (2, 1), whys(document, "rows")


@pytest.mark.parametrize(
    "opinion",
    [
        "注：第三条的说明应当写进正文。",
        "合计办理时限不应超过五日。",
        "说明：第一条太笼统。",
        "总计费用应当公示。",
        "备注栏应当增加。",
    ],
)
def test_an_opinion_that_begins_like_a_note_is_an_opinion(
    app: Flask, consultation: Consultation, tmp_path: Path, opinion: str
) -> None:
    assert imported(app, written(tmp_path / "a.csv", "反馈意见", opinion))["taken"] == 1
    rows = [[1, "甲", None, opinion]]
    assert imported(app, one_sheet(tmp_path / "b.xlsx", rows))["taken"] == 1


def test_sheets_of_another_shape_hidden_and_empty_ones_are_named(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    sheets = {
        "来件": [HEAD, [1, "甲", None, "第一条应当写明。"]],
        "统计": [["区县", "件数"], ["绿园区", 3]],
        "藏": [HEAD, [1, "丙", None, "第三条应当写明。"]],
        "空": [],
        "续表": [HEAD, [2, "乙", None, "第二条应当写明。"]],
    }
    document = imported(app, saved(tmp_path / "a.xlsx", sheets, hidden_sheets=["藏"]))
    assert (document["sheets"]["in"], document["sheets"]["taken"], document["taken"]) == (5, 2, 2)
    for title, why in (("统计", "未读取：表头不同"), ("藏", "隐藏"), ("空", "空工作表")):
        assert f"工作表“{title}”：{why}" in whys(document, "sheets")
    assert [submission.name for submission in stored()] == ["甲", "乙"]


def test_reasons_belong_to_their_suggestions_and_provisions_to_theirs(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    lines = [
        "序号,提出单位,条款,修改建议,修改理由,条款,修改建议,修改理由,联系人",
        "1,某某协会,第三条,删去。,重复。,第四条,改为十日。,太短。,张三",
        "2,某某公司,第五条,写明。,,,,,李四",
    ]
    document = imported(app, written(tmp_path / "a.csv", *lines), channel="letter")
    assert contents() == [
        [("art-3", "删去。\n理由：重复。"), ("art-4", "改为十日。\n理由：太短。")],
        [("art-5", "写明。")],
    ]
    assert [submission.name for submission in stored()] == ["某某协会", "某某公司"]
    assert "“联系人”列：可能是“姓名或者单位”" in whys(document, "columns")


def test_two_columns_of_one_name_both_count(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    lines = ["姓名,意见,联系电话,意见,联系电话", "甲,第一条写明。,138,第二条写明。,139"]
    imported(app, written(tmp_path / "a.csv", *lines))
    assert contents() == [[("", "第一条写明。\n\n第二条写明。")]]
    assert stored()[0].contact == "138，139"


def test_a_field_may_be_mapped_to_several_columns(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "甲,乙,丙,丁", "第一条写明。,第二条写明。,张三,某公司")
    maps = ["content=甲", "content=乙", "name=丁", "name=丙"]
    document = imported(app, path, *(word for pair in maps for word in ("--map", pair)))
    assert document["mapping"] == {"content": ["甲", "乙"], "name": ["丁", "丙"]}
    assert contents() == [[("", "【甲】\n第一条写明。\n\n【乙】\n第二条写明。")]]
    assert stored()[0].name == "某公司 张三"


def test_what_staff_wrote_about_an_opinion_is_no_opinion(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    lines = ["姓名,诉求内容,处理意见,是否采纳意见,审核意见,意见类型", "甲,第一条写明。,拟采纳,是,同意,建议"]
    document = imported(app, written(tmp_path / "a.csv", *lines))
    assert document["mapping"]["content"] == "诉求内容"
    assert contents() == [[("", "第一条写明。")]]


def a_zip(path: Path, **files: bytes) -> Path:
    """Write an archive."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_attachments_come_by_an_archive_and_are_named_by_rows(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    letter, table = samples.pdf(["letter"]), samples.docx("意见")
    archive = a_zip(
        tmp_path / "附件.zip", **{"附件/一.pdf": letter, "附件/二.docx": table, "附件/多余.pdf": letter + b"\n"}
    )
    lines = ["姓名,意见,附件", "甲,第一条写明。,一.pdf；二.docx", "乙,第二条写明。,没有.pdf", "丙,见附件。,一"]
    document = imported(app, written(tmp_path / "a.csv", *lines), "--attachments", str(archive))
    assert [[file.file_name for file in submission.attachments] for submission in stored()] == [
        ["一.pdf", "二.docx"], [], ["一.pdf"],
    ]  # fmt: skip
    assert blobs().get(stored()[0].attachments[0].digest) == letter
    assert document["attachments"]["in"] == 3
    assert [name["where"] for name in document["attachments"]["named"]] == ["附件/多余.pdf"]
    assert "“没有.pdf”" in whys(document, "cells")


def test_a_list_of_companies_is_recognised(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "企业名称,统一社会信用代码,企业规模,联系人,备注", "甲公司,,小型,张三,意见无")
    result = run(app, "submissions", "import", str(path), "--consultation", "canteen", "--channel", "letter")
    assert result.exit_code == 1
    assert "像是企业名录" in result.stderr
    assert imported(app, path, "--map", "content=备注", channel="letter")["taken"] == 1


def test_a_text_that_is_kept_in_part_is_named(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    document = imported(app, written(tmp_path / "a.csv", "姓名,意见", f"{'长' * 300},应当写明。"))
    assert len(stored()[0].name) == 200
    assert "“姓名”列：超过 200 字，只登记前 200 字" in whys(document, "cells")


def test_the_sheet_with_the_opinions_is_read_wherever_it_stands(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    sheets = {
        "填表说明": [["填写说明：请在意见栏逐条填写意见"], ["一、每行填写一条。"], ["二、请写明条款。"]],
        "意见": [["序号", "反馈单位", "条款", "修改意见"], [1, "某公司", "第三条", "应当写明。"]],
    }
    document = imported(app, saved(tmp_path / "a.xlsx", sheets))
    assert [submission.name for submission in stored()] == ["某公司"]
    assert "工作表“填表说明”" in whys(document, "sheets")


@pytest.mark.parametrize(
    ("head", "anchor"),
    [
        ("Q1.您对《某办法（征求意见稿）》第三条有什么意见？", "art-3"),
        ("2、您对第四条（用人单位责任）的意见和建议：", "art-4"),
        ("3）对第五条办理时限的意见", "art-5"),
        ("第6题 第三条第一款的修改建议（选填）", "art-3-para-1"),
    ],
)
def test_a_question_about_a_provision_is_an_opinion_on_it(
    app: Flask, consultation: Consultation, tmp_path: Path, head: str, anchor: str
) -> None:
    lines = [f"姓名,{head},其他建议,是否同意公开意见", "甲,应当写明。,应当公示。,是"]
    document = imported(app, written(tmp_path / "a.csv", *lines))
    assert contents() == [[(anchor, "应当写明。"), ("", "【其他建议】\n应当公示。")]], document["mapping"]


@pytest.mark.parametrize("tail", ["注：以上为截至11月28日的数据", "合计,2", "制表人：李四", "共2件"])
def test_a_short_note_below_a_csv_file_is_a_note(
    app: Flask, consultation: Consultation, tmp_path: Path, tail: str
) -> None:
    lines = ["某市热线", "序号,姓名,意见", "1,甲,应当写明。", "2,乙,应当公示。", tail]
    document = imported(app, written(tmp_path / "a.csv", *lines))
    assert (document["taken"], document["refused"], document["left"]) == (2, 0, 2)


def test_pictures_and_comments_are_named(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    path = one_sheet(tmp_path / "a.xlsx", [[1, "甲", None, "应当写明。"]])
    book = load_workbook(path)
    chart = BarChart()
    chart.add_data(Reference(book.active, min_col=1, min_row=1, max_row=2))
    book.active.add_chart(chart, "H2")
    book.active["B2"].comment = Comment("请再看", "处长")
    book.save(path)
    cells = whys(imported(app, path), "cells")
    assert "单元格 B2：批注未导入" in cells
    assert "图片、图形或者图表，未导入" in cells
