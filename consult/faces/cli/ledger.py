"""``flask ledger``: check the record, seal it, sign a checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice

from flask.cli import AppGroup
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from consult.adoption import witness as decisions
from consult.clock import now
from consult.drafting import witness as consultations
from consult.faces.cli import files
from consult.faces.cli.console import json_option, refusals, show
from consult.intake import file_scans
from consult.intake import witness as submissions
from consult.intake.mailbox import witness as messages
from consult.ledger import blobs, checking, checkpoints, tree
from consult.ledger.faults import Fault, What
from consult.moderation import witness as screenings
from consult.reporting import witness as reports

ledger_cli = AppGroup("ledger", help="The record of every act, and its seal.")

WITNESSES: tuple[Callable[[], Iterator[Fault]], ...] = (
    submissions.faults,
    file_scans.faults,
    messages.faults,
    screenings.faults,
    screenings.texts,
    decisions.faults,
    decisions.opinions,
    reports.faults,
    consultations.faults,
    lambda: blobs.faults(files.SOURCES),
)
"""What each stage knows of its own rows and holds against the record."""

MOST = 1000
"""Faults named before stopping: with more, the database as a whole was exchanged."""


@ledger_cli.command("verify")
@json_option
@refusals
def verify(as_json: bool) -> None:
    """Recompute the whole record; exit 1 when anything was touched, and say what."""
    checked = checking.Checked()
    faults = list(islice(everything_wrong(checked), MOST + 1))
    document = {
        "ok": not faults,
        **asdict(checked),
        "faults": [asdict(fault) for fault in faults[:MOST]],
        "more": len(faults) > MOST,
    }
    if faults:
        lines = [fault.message for fault in faults[:MOST]] + (["还有更多。"] if len(faults) > MOST else [])
        lines.append(f"共发现 {min(len(faults), MOST)} 处{'以上' if len(faults) > MOST else ''}改动。")
    else:
        lines = [
            f"记录完好：{checked.entries} 行，其中 {checked.leaves} 行在记录树里，{checked.waiting} 行等待归入；"
            f"检查点 {checked.checkpoints} 个。"
        ]
    show(document, "\n".join(lines), as_json)
    if faults:
        sys.exit(1)


def everything_wrong(checked: checking.Checked) -> Iterator[Fault]:
    """Name everything that was touched: of the record itself, and of what the stages hold against it."""
    try:
        yield from checking.verify(checked)
        for witness in WITNESSES:
            yield from witness()
    except (OperationalError, ProgrammingError):
        raise  # no database to check
    except DatabaseError as error:
        message = f"数据库文件损坏，不能读完：{error.orig}。请从备份恢复后再查。"
        yield Fault("database", "", What.CHANGED, message)


@ledger_cli.command("seal")
@json_option
@refusals
def seal(as_json: bool) -> None:
    """Append every row that isn't in the tree yet."""
    sealed = tree.seal(now(), everything=True)
    show({"sealed": sealed, "leaves": tree.size()}, f"归入记录树 {sealed} 行，共 {tree.size()} 行。", as_json)


@ledger_cli.command("checkpoint")
@json_option
@refusals
def checkpoint(as_json: bool) -> None:
    """Seal, and sign the tree as it is."""
    signed = checkpoints.checkpoint(now())
    if signed is None:
        show({"checkpoint": None}, "还没有任何记录，没有可签的检查点。", as_json)
        return
    lines = f"检查点：{signed.size} 条，{signed.at}\n树根 {signed.root}\n公钥 {signed.public_key}"
    show({"checkpoint": signed.as_document()}, lines, as_json)
