"""The register of instruments: every row is taken or reported, and the same one twice is one."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.drafting import instruments
from consult.files import tables
from consult.files.tables import TableRefused
from tests.builders import NOON, an_actor
from tests.together import both

CSV = (
    "level,name,adopted_on,in_force_from,expired\n"
    "规章,某省停车管理办法,2016-03-01,2016-05-01,1\n"
    "规章,某省停车管理办法,2021-03-01,2021-05-01,0\n"
)


def take(data: str | bytes, name: str = "清单.csv", role: Role = Role.LEGAL) -> instruments.ImportResult:
    return instruments.import_register(
        an_actor(role, f"{role.value}-{instruments.count()}-{len(data)}"),
        tables.read(name, data if isinstance(data, bytes) else data.encode()),
        at=NOON,
    )


def test_every_version_of_an_instrument_is_a_row_and_the_newest_is_in_force(app: Flask) -> None:
    assert take(CSV).added == 2
    versions = instruments.register().versions("某省停车管理办法")
    assert [(version.in_force_from, version.expired) for version in versions] == [
        (date(2016, 5, 1), True),
        (date(2021, 5, 1), False),
    ]


def test_the_same_table_again_adds_nothing_and_a_later_state_is_taken_over(app: Flask) -> None:
    take(CSV)
    again = take(CSV + " ")
    assert (again.added, again.changed, again.unchanged, again.refused) == (0, 0, 2, [])
    newer = take(CSV.replace("2021-05-01,0", "2021-05-01,1"), role=Role.ADMIN)
    assert (newer.added, newer.changed, newer.unchanged) == (0, 1, 1)
    assert instruments.count() == 2


def test_a_workbook_with_chinese_heads_and_dates_is_read(app: Flask) -> None:
    book = openpyxl.Workbook()
    book.active.append(["序号", "文件名称", "效力级别", "公布日期", "施行日期", "时效性"])
    book.active.append([1, "某市养犬管理规定", "地方性法规", date(2019, 5, 6), "2019年7月1日", "现行有效"])
    book.active.append([2, "某市旧养犬办法", "规章", "2001/2/3", "2001.3.1", "已废止"])
    buffer = io.BytesIO()
    book.save(buffer)
    taken = take(buffer.getvalue(), "清单.xlsx")
    assert (taken.added, taken.refused) == (2, [])
    rows = instruments.page()
    assert [(row.adopted_on, row.in_force_from, row.expired) for row in rows] == [
        (date(2019, 5, 6), date(2019, 7, 1), False),
        (date(2001, 2, 3), date(2001, 3, 1), True),
    ]


def test_a_row_that_cant_be_read_is_reported_by_its_number_and_the_rest_is_taken(app: Flask) -> None:
    taken = take("名称,施行日期,时效性\n甲办法,2020-02-30,有效\n,2020-02-01,有效\n乙办法,2020-02-01,也许\n丙办法,,\n")
    assert [row for row, _ in taken.refused] == [2, 3, 4]
    assert "2020-02-30" in taken.refused[0][1]
    assert "也许" in taken.refused[2][1]
    assert [row.name for row in instruments.page()] == ["丙办法"]


def test_a_table_without_names_is_refused_with_what_to_do(app: Flask) -> None:
    with pytest.raises(TableRefused, match="名称"):
        take("a,b\n1,2\n")


def test_the_register_is_paged_by_key_and_searched_by_name(app: Flask) -> None:
    take("名称\n" + "".join(f"第{n}号停车办法\n" for n in range(8)) + "养犬规定\n")
    first = instruments.page(words="停车", limit=5)
    rest = instruments.page(words="停车", after=first[-1].id, limit=5)
    assert len(first) == 5
    assert len(rest) == 3
    assert not {row.id for row in first} & {row.id for row in rest}


def test_only_the_legal_division_and_the_administrator_keep_the_register(app: Flask) -> None:
    with pytest.raises(NotAllowed):
        take(CSV, role=Role.DRAFTER)
    assert instruments.count() == 0


def test_a_table_that_two_bring_together_is_taken_once(app: Flask) -> None:
    actor, data = an_actor(Role.LEGAL), "名称,公布日期\n城市供水条例,2018-03-19\n".encode()
    taken: list[instruments.ImportResult] = []

    def bring() -> None:
        taken.append(instruments.import_register(actor, tables.read("清单.csv", data), at=NOON))

    both(app, bring, bring)
    assert ([result.added for result in taken], instruments.count()) == ([1, 0], 1)
