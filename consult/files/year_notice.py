"""Reads the holiday notice of a year from a file: a `[[calendar]]` row in TOML, or a table with date and kind."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

from consult.files import tables
from consult.files.errors import UnreadableFile
from consult.law import rule_file
from consult.law.rule_rows import CalendarYear
from consult.text.date_parsing import read_datetime

DAY = ("date", "日期", "day")
KIND = ("kind", "类型", "类别", "安排")
REST = frozenset({"rest", "放假", "放假日", "休", "休息", "休息日", "节假日"})
WORK = frozenset({"work", "上班", "上班日", "班", "调休上班", "调休", "工作日", "补班"})
MOST_ROWS = 400
LISTED = 8


@dataclass(frozen=True)
class NoticeFile:
    """What a file says: days in its order, doubles too; the year and the source only where it names them."""

    rest: tuple[date, ...]
    work: tuple[date, ...]
    year: int | None = None
    basis: str = ""


def read(path: Path) -> NoticeFile:
    """Read a notice from a `.toml`, or from a table (CSV in any encoding, XLSX).

    Raises:
        UnreadableFile, RulesError: the file is no such thing; the message names the row.
    """
    return _read_toml(path) if path.suffix.lower() == ".toml" else _read_table(path)


def _read_toml(path: Path) -> NoticeFile:
    rows = rule_file.read(path, {"calendar": CalendarYear}).get("calendar", {})
    if len(rows) != 1:
        raise UnreadableFile(f"《{path.name}》应当有一个 [[calendar]]，现在有{len(rows)}个。")
    row = rule_file.build(path, "calendar", CalendarYear, next(iter(rows.values())))
    if not (row.id.isascii() and row.id.isdecimal() and len(row.id) == 4):
        raise UnreadableFile(f"《{path.name}》中 [[calendar]] 的 id 应当是四位年份，现在是“{row.id[:20]}”。")
    return NoticeFile(row.rest, row.work, int(row.id), row.cited)


def _read_table(path: Path) -> NoticeFile:
    with path.open("rb"):  # a missing file is named as such
        pass
    table = tables.read(path.name, path)
    names = {name.strip().lower(): name for name in table.columns}
    day, kind = (next((names[word] for word in words if word in names), None) for words in (DAY, KIND))
    if day is None or kind is None:
        raise UnreadableFile(
            f"《{path.name}》的第一行应当是列名 date,kind（日期、类型），现在是：{'、'.join(table.columns)[:100]}。"
        )
    days: dict[bool, list[date]] = {True: [], False: []}
    wrong = []
    for n, (number, cells) in enumerate(table):
        if n >= MOST_ROWS:
            raise UnreadableFile(f"《{path.name}》超过{MOST_ROWS}行，不是一年的放假安排。")
        if isinstance(cells, tables.BadRow):
            wrong.append(f"第{number}行：{cells.reason}")
            continue
        moment, word = read_datetime(cells[day], UTC), cells[kind].strip().lower()
        if moment is None:
            wrong.append(f"第{number}行：“{cells[day][:30]}”不是日期，请写成 2027-01-01 这样")
        elif word not in REST | WORK:
            wrong.append(f"第{number}行：类型“{cells[kind][:30]}”应当是 rest（放假）或者 work（上班）")
        else:
            days[word in REST].append(moment.at.date())
    if wrong:
        more = f"等{len(wrong)}行" if len(wrong) > LISTED else ""
        raise UnreadableFile(f"《{path.name}》有的行无法读取：{'；'.join(wrong[:LISTED])}{more}。")
    return NoticeFile(tuple(days[True]), tuple(days[False]))


def as_toml(year: int, rest: tuple[date, ...], work: tuple[date, ...], basis: str) -> str:
    """Return the `[[calendar]]` row of a year, as ``read`` and a rule file take it."""
    lists = [", ".join(f'"{day.isoformat()}"' for day in days) for days in (rest, work)]
    note = basis.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    row = f'[[calendar]]\nid = "{year}"\nrest = [{lists[0]}]\nwork = [{lists[1]}]\nbasis = [{{ note = "{note}" }}]\n'
    tomllib.loads(row)
    return row
