"""``flask adoption assign``, ``take-back`` and ``assignments``: who decides on which opinions, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from consult.accounts import queries as accounts
from consult.accounts.errors import Refused
from consult.accounts.models import Division, User
from consult.adoption import assignments
from consult.adoption.board import WorkLine, board
from consult.adoption.holdings import Work
from consult.clock import now
from consult.faces.cli.adoption import adoption_cli
from consult.faces.cli.console import ROW_ID, DayType, actor_named, by_option, consultation_named, show, slug_argument
from consult.text.anchors import WHOLE

Command = TypeVar("Command", bound=Callable[..., Any])


def work_options(command: Command) -> Command:
    """Add the options that name units of the draft and groups."""
    command = click.option("--group", "groups", type=ROW_ID, multiple=True, help="归并意见的编号，可以重复。")(command)
    return click.option("--anchor", "anchors", multiple=True, help=f"条的位置，可以重复；整个草案写 {WHOLE}。")(command)


def _works(anchors: tuple[str, ...], groups: tuple[int, ...]) -> list[Work]:
    units = [Work(anchor="" if anchor == WHOLE else anchor) for anchor in anchors]
    return [*units, *(Work(group_id=group) for group in groups)]


@adoption_cli.command("assign", help="把条文、归并意见交给一人或者一个处室承办；他人承办的随之移交。")
@slug_argument
@work_options
@click.option("--to", "holder", help="承办人的用户名。")
@click.option("--division", help="承办处室的名称。")
@click.option("--due", type=DayType(["%Y-%m-%d"]), help="办理期限（最后一日）。")
@click.option("--remark", default="", help="交办说明。")
@by_option
def assign(
    slug: str,
    anchors: tuple[str, ...],
    groups: tuple[int, ...],
    holder: str | None,
    division: str | None,
    due: datetime | None,
    remark: str,
    username: str | None,
    as_json: bool,
) -> None:
    """Give units and groups of SLUG to a drafter or a division."""
    to = _holder(holder, division)
    given = assignments.assign(
        actor_named(username),
        consultation_named(slug),
        _works(anchors, groups),
        to,
        at=now(),
        due_on=due.date() if due is not None else None,
        remark=remark,
    )
    facts = {"consultation": slug, "to": to.name, "assignments": [each.id for each in given]}
    show(facts, f"已交给“{to.name}”承办 {len(given)} 项。", as_json)


def _holder(username: str | None, division: str | None) -> User | Division:
    if (username is None) == (division is None):
        raise click.UsageError("请用 --to 写承办人，或者用 --division 写承办处室，只写一项。")
    holder = accounts.by_username(username) if username is not None else accounts.division_by_name(division or "")
    if holder is None:
        raise Refused(f"没有用户名为“{username}”的账号。" if username is not None else f"没有“{division}”这个处室。")
    return holder


@adoption_cli.command("take-back", help="收回交办的条文、归并意见。")
@slug_argument
@work_options
@by_option
def take_back(
    slug: str, anchors: tuple[str, ...], groups: tuple[int, ...], username: str | None, as_json: bool
) -> None:
    """Take units and groups of SLUG back from their holders."""
    n = assignments.take_back(actor_named(username), consultation_named(slug), _works(anchors, groups), at=now())
    show({"consultation": slug, "taken_back": n}, f"已收回 {n} 项。", as_json)


@adoption_cli.command("assignments", help="列出各条、各归并意见的承办人、期限和待处理数。")
@slug_argument
@by_option
def list_assignments(slug: str, username: str | None, as_json: bool) -> None:
    """Print the holder, the last day and the open opinions of each unit and group of SLUG."""
    consultation, at = consultation_named(slug), now()
    lines = board(actor_named(username), consultation)
    words = [
        f"{line.label}{f'　{line.title}' if line.title else ''}　待处理 {line.progress.open} / {line.progress.total}　"
        f"{_holder_words(line)}{'　逾期' if line.is_overdue(at) else ''}"
        for line in lines
    ]
    show({"consultation": slug, "work": [_facts(line, at) for line in lines]}, "\n".join(words), as_json)


def _holder_words(line: WorkLine) -> str:
    if line.assignment is None:
        return "未交办"
    due = f"（{line.assignment.due_on}）" if line.assignment.due_on else ""
    return f"{line.assignment.holder}{due}"


def _facts(line: WorkLine, at: datetime) -> dict[str, Any]:
    given = line.assignment
    return {
        "anchor": line.work.anchor,
        "group": line.work.group_id,
        "label": line.label,
        "title": line.title,
        "open": line.progress.open,
        "total": line.progress.total,
        "to": given.user.username if given is not None and given.user is not None else None,
        "division": given.division.name if given is not None and given.division is not None else None,
        "due_on": given.due_on.isoformat() if given is not None and given.due_on is not None else None,
        "overdue": line.is_overdue(at),
        "remark": given.remark if given is not None else "",
    }
