"""What every command shares: text or JSON out, exit codes, refusals without a traceback, the actor behind --by."""

from __future__ import annotations

import errno
import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar, overload

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError

from consult.accounts import queries as accounts
from consult.accounts.errors import Refused
from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import usable_day
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.cli.click_messages import use_chinese
from consult.faces.cli.groups import GROUPS
from consult.faces.row_ids import LARGEST
from consult.files.errors import UnreadableFile
from consult.labels import LabelledEnum
from consult.law.rules import RulesError
from consult.store.locking import is_conflict

use_chinese()  # before any command is made: click keeps the words of the help option

Command = TypeVar("Command", bound=Callable[..., Any])
_BY_NUMBER = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EFBIG: "文件过大",
    errno.EROFS: "磁盘是只读的",
}
_REASONS = {FileNotFoundError: "没有这个文件", IsADirectoryError: "这是一个文件夹", PermissionError: "没有权限"}

by_option = click.option("--by", "username", help="经办账号的用户名；不写的，由系统办理。")
ROW_ID = click.IntRange(1, LARGEST)
"""The type of an option that takes the id of a row; a larger one the database can't look for."""
slug_argument = click.argument("slug", help="征求意见的编号。")


class CommandGroup(AppGroup):
    """A group whose commands answer refusals with exit code 1, and take ``--json`` where they have ``as_json``."""

    @overload
    def command(self, function: Callable[..., Any], /) -> click.Command: ...

    @overload
    def command(self, *name: Any, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]: ...

    def command(self, *name: Any, **settings: Any) -> Any:
        """Return the decorator that adds a command, or add a function under its own name."""
        if name and callable(name[0]):
            return self.command()(name[0])

        def add(function: Callable[..., Any]) -> click.Command:
            params: list[click.Parameter] = vars(function).setdefault("__click_params__", [])
            if "as_json" in function.__annotations__ and "as_json" not in [param.name for param in params]:
                params.insert(0, click.Option(["--json", "as_json"], is_flag=True, help="以 JSON 输出。"))
            added: click.Command = super(CommandGroup, self).command(*name, **settings)(refusals(function))
            return added

        return add


def command_group(name: str) -> CommandGroup:
    """Return an empty group for its module to fill, with its help from the list of groups."""
    return CommandGroup(name, help=GROUPS[name].help)


class DayType(click.DateTime):
    """A day that was typed, in a year that somebody can mean."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the day as its first moment."""
        moment = super().convert(value, param, ctx)
        try:
            usable_day(moment)
        except ValueError:
            self.fail(f"“{value}”的年份不对，请核对。", param, ctx)
        return moment


def choice_of(members: Iterable[StrEnum]) -> click.Choice[str]:
    """Return the type of an option that takes the value of one of ``members``."""
    return click.Choice([member.value for member in members])


def map_option(fields: type[LabelledEnum], help_: str) -> Callable[[Command], Command]:
    """Return the option ``--map FIELD=COLUMN…``, several of a field together; no column says that there is none."""

    def read(
        _context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]
    ) -> dict[LabelledEnum, tuple[str, ...]]:
        mapping: dict[LabelledEnum, tuple[str, ...]] = {}
        for pair in pairs:
            field, equals, column = pair.partition("=")
            if not equals or field.strip() not in list(fields):
                known = "、".join(f"{field.value}（{field.label.words}）" for field in fields)
                raise click.BadParameter(f"“{pair}”应当写成 字段=列名；字段有：{known}")
            key = fields(field.strip())
            mapping[key] = (*mapping.get(key, ()), *filter(None, (column.strip(),)))
        return mapping

    return click.option("--map", "mapping", multiple=True, callback=read, help=help_)


def unreadable(path: object, error: OSError) -> str:
    """Return why a file can't be read or written, in Chinese."""
    by_number = _BY_NUMBER.get(error.errno or 0) or error.strerror or str(error)
    reason = next((words for kind, words in _REASONS.items() if isinstance(error, kind)), by_number)
    return f"“{path}”不能读写：{reason}。请检查{'磁盘空间' if error.errno in _BY_NUMBER else '路径和权限'}。"


def refuse(message: str) -> None:
    """Print why to standard error and leave with exit code 1."""
    click.echo(message, err=True)
    sys.exit(1)


def refusals(command: Command) -> Command:
    """Turn every refusal of a stage or of the core into a message on standard error and exit code 1."""

    @functools.wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except (Refused, UnreadableFile, RulesError) as refusal:
            refuse(str(refusal))
        except (DBAPIError, StaleDataError) as error:
            if is_conflict(error):
                refuse("他人同时办理了同一事项，本次未保存。请核对当前情况后重新运行。")
            if not isinstance(error, (OperationalError, ProgrammingError)):
                raise
            refuse(f"数据库无法使用：{str(error.orig).strip()}。请先运行 flask db upgrade，并检查 DATABASE_URL。")
        except OSError as error:
            refuse(unreadable(error.filename or "", error))

    return guarded  # type: ignore[return-value]


def show(document: Mapping[str, Any], lines: str, as_json: bool) -> None:
    """Print ``document`` as JSON, or ``lines`` for people."""
    click.echo(json.dumps(document, ensure_ascii=False, default=str) if as_json else lines)


def actor_named(username: str | None) -> Actor:
    """Return the actor behind ``--by``; without one the operator at the console, who is the platform itself."""
    if not username:
        return SYSTEM
    user = accounts.by_username(username)
    if user is None:
        raise Refused(f"没有用户名为“{username}”的账号。")
    if not user.active:
        raise Refused(f"账号“{username}”已停用。")
    return Actor.of(user)


def consultation_named(slug: str) -> Consultation:
    """Return the consultation with this slug."""
    consultation = drafting.by_slug(slug)
    if consultation is None:
        raise Refused(f"没有编号为“{slug}”的征求意见。")
    return consultation
