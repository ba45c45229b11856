"""``flask calendar``: notices from files as offices have them, what they move, and the extensions."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from openpyxl import Workbook

from consult.accounts.models import Role
from consult.calendars import in_force
from consult.calendars.models import CalendarNotice
from consult.store import db
from tests.builders import a_user
from tests.faces.cli.console import run
from tests.law.test_holidays import REST, WORK
from tests.postponement.conftest import until_2026  # noqa: F401
from tests.postponement.test_service import ending

TOML = f"""[[calendar]]
id = "2027"
rest = {json.dumps(REST)}
work = {json.dumps(WORK)}
basis = [{{ note = "国务院办公厅关于2027年部分节假日安排的通知" }}]
"""
ROWS = [*((day, "rest") for day in REST), *((day, "work") for day in WORK)]


def table(rows: list[tuple[str, str]], head: str = "date,kind") -> str:
    return "\r\n".join([head, *(",".join(row) for row in rows)]) + "\r\n"


def kept(tmp_path: Path, data: str | bytes, name: str = "2027.csv") -> str:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def refusal(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    assert db.session.query(CalendarNotice).count() == 0
    return result.stderr


def workbook() -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["日期", "类型"])
    for day, kind in ROWS:
        sheet.append([date.fromisoformat(day), {"rest": "放假", "work": "上班"}[kind]])
    book.save(buffer)
    return buffer.getvalue()


def slashed(day: str) -> str:
    return "/".join(part.lstrip("0") for part in day.split("-"))


GOOD = {
    "TOML": ("2027.toml", TOML),
    "TOML with a BOM": ("2027.toml", TOML.encode("utf-8-sig")),
    "CSV": ("2027.csv", table(ROWS)),
    "CSV with a BOM": ("2027.csv", table(ROWS).encode("utf-8-sig")),
    "CSV in GBK": (
        "2027.csv",
        table([(d, "放假" if k == "rest" else "上班") for d, k in ROWS], "日期,类型").encode("gbk"),
    ),
    "CSV as Excel writes dates": ("2027.csv", table([(slashed(day), kind) for day, kind in ROWS])),
    "CSV in Chinese": ("2027.csv", table([(f"{d[:4]}年{d[5:7]}月{d[8:]}日", k) for d, k in ROWS])),
    "CSV with semicolons": ("2027.csv", table(ROWS).replace(",", ";")),
    "XLSX": ("2027.xlsx", workbook()),
}


@pytest.mark.parametrize(("name", "data"), GOOD.values(), ids=GOOD)
def test_a_notice_is_read_from_files_as_offices_have_them(
    app: Flask, tmp_path: Path, name: str, data: str | bytes
) -> None:
    result = run(app, "calendar", "set", "2027", kept(tmp_path, data, name), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["moved"] == []
    row = in_force.notice_of(2027)
    assert row is not None
    assert (row.rest, row.work) == (sorted(REST), sorted(WORK))


BAD = {
    "empty": ("2027.csv", b"", "空文件"),
    "head alone": ("2027.csv", "date,kind\n", "没有日期|没有数据|没有内容|空"),
    "another head": ("2027.csv", "日子,安排啊\n2027-01-01,rest\n", "date,kind"),
    "no head": ("2027.csv", table(ROWS).split("\r\n", 1)[1], "date,kind"),
    "another kind": ("2027.csv", table([*ROWS, ("2027-03-01", "半天")]), "类型“半天”"),
    "no date": ("2027.csv", table([*ROWS, ("下周一", "rest")]), "“下周一”不是日期"),
    "ambiguous": ("2027.csv", table([*ROWS, ("1/2/2027", "rest")]), "“1/2/2027”不是日期"),
    "2026": ("2027.csv", table(ROWS).replace("2027-", "2026-"), "不是2027年的日期：2026-01-01"),
    "a day of 2026": ("2027.csv", table([*ROWS, ("2026-12-31", "rest")]), "2026-12-31"),
    "both": ("2027.csv", table([*ROWS, ("2027-02-06", "work")]), "既列为放假日又列为上班日：2027-02-06"),
    "twice": ("2027.csv", table([*ROWS, ("2027-02-06", "rest")]), "重复的日期：2027-02-06"),
    "weekday": ("2027.csv", table([*ROWS, ("2027-03-03", "work")]), "2027-03-03（星期三）"),
    "missing": ("2027.csv", table([row for row in ROWS if row[0] != "2027-10-01"]), "2027-10-01（国庆节"),
    "another year's TOML": ("2026.toml", TOML.replace('"2027"', '"2026"'), "是2026年的放假安排，不能登记为2027年"),
    "TOML in GBK": ("2027.toml", TOML.encode("gbk"), "不是UTF-8编码"),
    "no TOML": ("2027.toml", "放假", "不是正确的TOML格式"),
    "an empty TOML": ("2027.toml", "", "现在有0个"),
    "two rows": ("2027.toml", TOML + TOML.replace('"2027"', '"2028"', 1), "现在有2个"),
    "TOML without a basis": ("2027.toml", TOML.split("basis")[0], "缺少字段 basis"),
    "another table": ("2027.toml", "[[clock]]\nid='x'\n", "不认识"),
    "a picture": ("2027.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "2027.csv"),
}


@pytest.mark.parametrize(("name", "data", "why"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_file_is_named(app: Flask, tmp_path: Path, name: str, data: str | bytes, why: str) -> None:
    words = refusal(run(app, "calendar", "set", "2027", kept(tmp_path, data, name)))
    assert any(each in words for each in why.split("|")), words


def test_a_file_that_isnt_there_and_a_year_that_isnt_one(app: Flask, tmp_path: Path) -> None:
    assert "没有这个文件" in refusal(run(app, "calendar", "set", "2027", str(tmp_path / "none.csv")))
    assert run(app, "calendar", "set", "next", kept(tmp_path, TOML)).exit_code == 2


def test_set_lists_what_moves_and_apply_extends_it(app: Flask, tmp_path: Path) -> None:
    slug = ending(date(2027, 2, 10), "spring").slug
    publisher = a_user(Role.PUBLISHER, "li").username
    file = kept(tmp_path, TOML, "2027.toml")
    moved = {"slug": slug, "what": "征求意见期限", "from": "2027-02-10", "to": "2027-02-12"}

    def answer(*words: str) -> dict[str, object]:
        result = run(app, "calendar", *words, "--json")
        assert result.exit_code == 0, result.output
        document: dict[str, object] = json.loads(result.stdout)
        return document

    def days(document: dict[str, object]) -> list[dict[str, str]]:
        return [{key: move[key] for key in moved} for move in document["moved"]]  # type: ignore[attr-defined]

    assert days(answer("set", "2027", file, "--dry-run")) == [moved]
    assert in_force.notice_of(2027) is None
    assert days(answer("set", "2027", file, "--by", publisher)) == [moved]
    assert "无需重复登记" in run(app, "calendar", "set", "2027", file).stderr
    assert days(answer("apply", "2027", "--by", publisher, "--dry-run")) == [moved]
    shown = answer("show", "2027")
    assert (shown["known"], shown["rest"], shown["work"]) == (True, sorted(REST), sorted(WORK))
    assert days(answer("apply", "2027", "--by", publisher)) == [moved]
    assert days(answer("apply", "2027", "--by", publisher)) == []
    words = run(app, "consultation", "show", slug)
    assert "2027年2月12日" in words.stdout


def test_who_may_not_is_refused(app: Flask, tmp_path: Path) -> None:
    drafter, publisher = a_user(Role.DRAFTER, "zhang").username, a_user(Role.PUBLISHER, "li").username
    file = kept(tmp_path, TOML, "2027.toml")
    assert "不能做这一步" in refusal(run(app, "calendar", "set", "2027", file, "--by", drafter))
    assert "不能做这一步" in refusal(run(app, "calendar", "apply", "2026", "--by", drafter))
    assert run(app, "calendar", "apply", "2027").exit_code == 2
    assert "尚未登记，不能顺延" in refusal(run(app, "calendar", "apply", "2027", "--by", publisher))


def test_show_lists_years_and_gives_a_row_to_edit(app: Flask, tmp_path: Path) -> None:
    rows = json.loads(run(app, "calendar", "show", "--json").stdout)["years"]
    assert {row["year"]: row["known"] for row in rows}[2026]
    unknown = json.loads(run(app, "calendar", "show", "2027", "--json").stdout)
    assert (unknown["known"], unknown["statutory"]["2027-02-08"]) == (False, "春节")
    assert "暂按双休日和法定节日计算" in run(app, "calendar", "show", "2027").stdout
    row = run(app, "calendar", "show", "2026", "--toml").stdout
    again = run(app, "calendar", "set", "2026", kept(tmp_path, row, "2026.toml"), "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["moved"] == []
