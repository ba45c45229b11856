"""``flask calendar``: the State Council's notices of years, what they move, and the extensions that follow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.calendars import in_force
from consult.calendars.service import YearNotice
from consult.clock import local, now
from consult.faces.cli.console import DayType, actor_named, command_group, show
from consult.files import year_notice
from consult.law.calendar import weekday
from consult.law.periods import in_words
from consult.postponement import service
from consult.postponement.moves import Effect, Move

calendar_cli = command_group("calendar")
year_argument = click.argument("year", type=click.IntRange(1000, 9999), metavar="年份", help="年份，如 2027。")


@calendar_cli.command("show", help="列出一年的放假日、调休上班日和依据；不写年份的，列出各年。")
@click.argument("year", type=click.IntRange(1000, 9999), metavar="[年份]", required=False, help="年份；不写的，各年。")
@click.option("--toml", "as_toml", is_flag=True, help="输出一段 [[calendar]]，修改后可以重新登记。")
def show_calendar(year: int | None, as_toml: bool, as_json: bool) -> None:
    """Print the calendar of a year, or which years are known."""
    calendar, this_year = in_force.calendar(), local(now()).year
    if year is None:
        years = sorted({*calendar.years, this_year, this_year + 1})
        rows = [{"year": each, "known": each in calendar.years, "basis": _basis(each)} for each in years]
        lines = [f"{row['year']}\t{row['basis'] or '放假安排尚未公布或者登记'}" for row in rows]
        show({"years": rows}, "\n".join(lines), as_json)
        return
    if year not in calendar.years:
        statutory = calendar.statutory(year)
        document: dict[str, Any] = {
            "year": year, "known": False, "basis": None, "rest": [], "work": [],
            "statutory": {day.isoformat(): name for day, name in statutory.items()},
        }  # fmt: skip
        lines = [f"{year}年放假安排尚未公布或者登记，暂按双休日和法定节日计算：", *_day_lines(statutory)]
        show(document, "\n".join(lines), as_json)
        return
    rest = {day: name for day, name in sorted(calendar.rest.items()) if day.year == year}
    work = sorted(day for day in calendar.work if day.year == year)
    if as_toml:
        click.echo(year_notice.as_toml(year, tuple(rest), tuple(work), calendar.source(year)), nl=False)
        return
    waiting = service.pending(now(), year)
    document = {
        "year": year, "known": True, "basis": calendar.source(year), "rest": [day.isoformat() for day in rest],
        "work": [day.isoformat() for day in work],
        "statutory": {day.isoformat(): name for day, name in calendar.statutory(year).items()},
        "pending": [_document(move) for move in waiting],
    }  # fmt: skip
    lines = [f"依据：{calendar.source(year)}", "放假：", *_day_lines(rest), "上班："]
    lines += _day_lines(dict.fromkeys(work, "调休上班")) or ["无"]
    lines += ["待顺延：", *map(_line, waiting)] if waiting else []
    show(document, "\n".join(lines), as_json)


def _basis(year: int) -> str | None:
    calendar = in_force.calendar()
    return calendar.source(year) if year in calendar.years else None


def _day_lines(days: Any) -> list[str]:
    return [f"{day.isoformat()} {weekday(day)}\t{name}" for day, name in days.items()]


@calendar_cli.command("set", help="登记国务院办公厅的放假通知，列出由此变动的期限；同一年再次登记的，以后一次为准。")
@year_argument
@click.argument(
    "file", type=click.Path(path_type=Path), metavar="文件", help=".toml（一段 [[calendar]]）或者 .csv（date,kind）。"
)
@click.option("--basis", default="", help="通知的名称和文号；.toml 中已写明的不用写。")
@click.option("--issued", type=DayType(["%Y-%m-%d"]), help="通知的发布日期。")
@click.option("--url", default="", help="通知公布的网址。")
@click.option("--dry-run", is_flag=True, help="只核对并列出变动的期限，不登记。")
@click.option("--by", "username", help="经办账号的用户名；不写的，由系统办理。")
def set_calendar(
    year: int, file: Path, basis: str, issued: datetime | None, url: str, dry_run: bool, username: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Enter the notice of a year from FILE, and print what it moves."""
    read = year_notice.read(file)
    if read.year is not None and read.year != year:
        raise Refused(f"《{file.name}》是{read.year}年的放假安排，不能登记为{year}年。")
    source = (
        basis.strip()
        or read.basis
        or f"国务院办公厅关于{year}年部分节假日安排的通知（文号未登记，据“{file.name[:80]}”）"
    )
    notice = YearNotice(year, read.rest, read.work, source, issued.date() if issued is not None else None, url.strip())
    verb = service.try_year if dry_run else service.set_year
    entered = verb(actor_named(username), notice, at=now())
    document = {
        "year": year,
        "dry_run": dry_run,
        "basis": source,
        "moved": [_document(move) for move in entered.moved],
        "stands": [_document(move) for move in entered.stands],
        "warnings": list(entered.warnings),
    }
    done = "核对无误，未登记" if dry_run else "已登记"
    lines = [f"{year}年放假安排{done}：放假{len(read.rest)}天，上班{len(read.work)}天。"]
    lines += [f"提示：{warning}。" for warning in entered.warnings]
    lines += [_line(move) for move in (*entered.moved, *entered.stands)] or ["没有变动的期限。"]
    if not dry_run and any(move.effect is Effect.POSTPONED for move in entered.moved):
        lines.append(f"待顺延的，由信息发布员确认：flask calendar apply {year} --by 用户名")
    show(document, "\n".join(lines), as_json)


@calendar_cli.command("apply", help="按已登记的放假安排，顺延截止日为休息日的期限，理由自动填写并公开。")
@year_argument
@click.option("--dry-run", is_flag=True, help="只列出，不顺延。")
@click.option("--by", "username", required=True, help="经办账号的用户名。")
def apply_calendar(year: int, dry_run: bool, username: str, as_json: bool) -> None:
    """Extend what the calendar of a year moves."""
    actor, at = actor_named(username), now()
    moved = service.proposed(actor, year, at=at) if dry_run else service.apply(actor, year, at=at)
    lines = [_line(move, "将顺延" if dry_run else "已顺延") for move in moved] or ["没有待顺延的期限。"]
    document = {"year": year, "dry_run": dry_run, "moved": [_document(move) for move in moved]}
    show(document, "\n".join(lines), as_json)


def _document(move: Move) -> dict[str, str]:
    return {
        "slug": move.slug,
        "what": move.what,
        "from": move.before.isoformat(),
        "to": move.after.isoformat(),
        "effect": move.effect.value,
        "why": move.why,
    }


def _line(move: Move, effect: str = "") -> str:
    days = f"{in_words(move.before)}（{weekday(move.before)}）→ {in_words(move.after)}（{weekday(move.after)}）"
    why = f"：{move.why}" if move.why else ""
    return f"{move.slug}\t{move.what}\t{days}\t{effect or move.effect.label.words}{why}"
