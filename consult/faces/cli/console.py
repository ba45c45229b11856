"""What every command shares: text or JSON out, exit codes, refusals without a traceback, the actor behind --by."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError

from consult.accounts.errors import Refused
from consult.accounts.models import User
from consult.accounts.permissions import SYSTEM, Actor
from consult.drafting.models import Consultation
from consult.files.errors import UnreadableFile
from consult.files.tables import TableRefused
from consult.law.rules import RulesError
from consult.store import db
from consult.store.claiming import met_another

Command = TypeVar("Command", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
by_option = click.option("--by", "username", help="Username of the account that acts.")


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
        except (Refused, UnreadableFile, TableRefused, RulesError) as refusal:
            refuse(str(refusal))
        except (DBAPIError, StaleDataError) as error:
            if met_another(error):
                refuse("刚才有人同时办了同一件事，这一次没有存。请看看现在的情况，再运行一次。")
            if not isinstance(error, (OperationalError, ProgrammingError)):
                raise
            refuse(f"数据库不能用：{str(error.orig).strip()}。请先运行 flask db upgrade，并检查 DATABASE_URL。")
        except OSError as error:
            refuse(f"文件不能读写：{error.filename or ''} {error.strerror or error}")

    return guarded  # type: ignore[return-value]


def show(document: Mapping[str, Any], lines: str, as_json: bool) -> None:
    """Print ``document`` as JSON, or ``lines`` for people."""
    click.echo(json.dumps(document, ensure_ascii=False, default=str) if as_json else lines)


def actor_named(username: str | None) -> Actor:
    """Return the actor behind ``--by``; without one the operator at the console, who is the platform itself."""
    if not username:
        return SYSTEM
    user = db.session.scalar(select(User).where(User.username == username))
    if user is None:
        raise Refused(f"没有用户名为“{username}”的账号。")
    if not user.active:
        raise Refused(f"账号“{username}”已停用。")
    return Actor.of(user)


def consultation_named(slug: str) -> Consultation:
    """Return the consultation with this slug."""
    found = db.session.scalar(select(Consultation).where(Consultation.slug == slug))
    if found is None:
        raise Refused(f"没有编号为“{slug}”的征求意见。")
    return found
