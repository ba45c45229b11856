"""Lists of organisations as offices keep them: everything in them is registered or named, and the account sums."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consult.consultees import doubles
from consult.consultees.models import Consultee
from consult.store import db
from tests.conftest import missing
from tests.faces.cli.console import run
from tests.faces.cli.test_tables_accounted import whys
from tests.intake.workbooks import saved, written

CASES = Path(__file__).parents[4] / "shared" / "cases" / "register"
HEAD = ["序号", "企业名称", "统一社会信用代码", "企业性质", "所属行业", "所在区县", "联系人", "联系电话", "邮箱"]


def imported(app: Flask, path: Path, *more: str) -> dict[str, Any]:
    """Import a list; return the account, which sums."""
    if path.parent == CASES and not path.exists():
        missing(f"the cases are not at {CASES}")
    result = run(app, "consultees", "import", str(path), "--json", *more)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    for kind in ("sheets", "columns", "rows", "cells"):
        tally = document[kind]
        assert tally["in"] == tally["taken"] + len(tally["named"]), (kind, tally)
    assert document["rows"]["taken"] == document["taken"] + document["changed"]
    return document


def registered() -> list[Consultee]:
    """Return who is registered, in order."""
    return list(db.session.scalars(select(Consultee).order_by(Consultee.id)))


@pytest.mark.corpus
def test_an_offices_own_list_is_taken_whole_and_its_doubtful_cells_listed(app: Flask) -> None:
    document = imported(app, CASES / "1-typical.xlsx")
    assert (document["taken"], document["refused"], document["left"]) == (10, 0, 5)
    cells = whys(document, "cells")
    assert "可能是“91220100MAG612DD2P”" in cells
    assert "另有“li@example.com”" in cells
    assert "待补" in cells
    assert [consultee.sector for consultee in registered()] == ["K", "E", "K", "E", "E", "E", "D", "F", "K", "S"]
    assert {consultee.region for consultee in registered()} >= {"长春市", "吉林市", "延边州"}
    again = imported(app, CASES / "1-typical.xlsx")
    assert (again["already"], len(registered())) == (10, 10)
    mended = imported(app, CASES / "1-typical.xlsx", "--mend")
    assert (mended["changed"], len(registered())) == (2, 10)
    assert "91220100MAG612DD2P" in {consultee.credit_code for consultee in registered()}


@pytest.mark.corpus
def test_a_second_sheet_with_a_head_of_its_own_is_read(app: Flask) -> None:
    document = imported(app, CASES / "4-two-sheets.xlsx")
    assert (document["sheets"]["taken"], document["taken"]) == (2, 2)
    assert [consultee.name for consultee in registered()] == ["长春多表一有限公司", "吉林省多表二协会"]


@pytest.mark.corpus
def test_one_firm_under_four_names_is_offered_as_a_double(app: Flask) -> None:
    document = imported(app, CASES / "5-doubles.xlsx")
    assert (document["taken"], document["already"], document["refused"]) == (4, 1, 0)
    assert "联系人“乙”" in whys(document, "rows")
    assert len(doubles.page(limit=20)) >= 3


def test_a_list_with_title_unit_notes_and_hidden_rows(app: Flask, tmp_path: Path) -> None:
    rows = [
        ["某区重点企业名录"],
        ["填报单位：某局", None, "联系人：", "王某", "电话：", "0431"],
        HEAD,
        [1, "甲公司", None, "国企", "物业管理", "绿园区", "张三", 13800000001, "a@example.com"],
        [2, "乙公司", None, "民企", "魔法业", "同上", "李四", "无", "/"],
        [3, "丙公司", None, "外企", "餐饮", "南关区", None, 1.38e18, None],
        [4, "丁公司", None, "民企", "E", None, None, None, None],
        [None, "一、企业", None, None, None, None, None, None, None],
        [None, "二、协会", None, None, None, None, None, None, None],
        [5, None, None, None, None, None, None, None, None],
        ["联系人：王某    电话：0431", None, None, None, None, None, None, None, None],
        ["合计", "4家", None, None, None, None, None, None, None],
        ["注：联系电话请填写手机。", None, None, None, None, None, None, None, None],
    ]
    path = saved(tmp_path / "a.xlsx", {"名录": rows}, hidden=[7], merged=["A1:I1", "B9:I9"])
    document = imported(app, path)
    assert [consultee.name for consultee in registered()] == ["甲公司", "乙公司", "丙公司"]
    assert [consultee.region for consultee in registered()] == ["绿园区", "绿园区", "南关区"]
    assert (document["left"], document["refused"]) == (9, 0)
    cells = whys(document, "cells")
    for words in ("行业“魔法业”无法识别", "“同上”，按上一行填入“绿园区”", "请将该列设为文本", "“无”，没有内容可以登记"):
        assert words in cells
    assert imported(app, path, "--with-hidden")["taken"] == 1


def test_columns_may_be_mapped_and_those_that_are_not_used_are_named(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "名号,手机,座机,备注", "甲公司,13800000001,0431-1,老客户")
    document = imported(app, path, "--map", "name=名号", "--map", "phone=手机", "--map", "phone=座机")
    assert document["mapping"] == {"name": "名号", "phone": ["手机", "座机"]}
    assert registered()[0].contacts[0].phone == "13800000001，0431-1"
    assert "“备注”列" in whys(document, "columns")


def test_a_table_of_opinions_is_recognised(app: Flask, tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "单位名称,联系电话,修改意见", "甲公司,138,第三条应当写明。")
    result = run(app, "consultees", "import", str(path))
    assert result.exit_code == 1
    assert "像是来件" in result.stderr
    assert imported(app, path, "--map", "name=单位名称")["taken"] == 1


def test_a_summary_sheet_beside_the_list_is_named_and_not_read(app: Flask, tmp_path: Path) -> None:
    sheets = {"名录": [HEAD, [1, "甲公司"]], "统计": [["单位", "家数"], ["绿园区", 3]]}
    document = imported(app, saved(tmp_path / "a.xlsx", sheets))
    assert (document["taken"], document["sheets"]["taken"]) == (1, 1)
    assert "工作表“统计”" in whys(document, "sheets")
