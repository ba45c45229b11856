"""``flask ledger``: check the record, seal it, sign a checkpoint."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError, OperationalError, ProgrammingError

from consult.adoption import sheet_entries
from consult.adoption import verification as decisions
from consult.clock import now
from consult.consultees import hearing_verification as hearings
from consult.consultees import late_recognition
from consult.consultees import verification as consultees
from consult.drafting import verification as consultations
from consult.faces.cli.console import command_group, show
from consult.file_sources import SOURCES
from consult.intake import count_verification as counts
from consult.intake import file_scans
from consult.intake import verification as submissions
from consult.ledger import checkpoints, file_verification, head_mail, key_rotation, tree, tree_heads, verification
from consult.ledger.faults import Damage, Fault
from consult.ledger.journal.files import shared_folder
from consult.ledger.rows import enrolment
from consult.ledger.upkeep import Upkeep
from consult.ledger.verification import accounts
from consult.ledger.verification import rows as covered_rows
from consult.mailbox import verification as messages
from consult.meeting import verification as gate
from consult.moderation import verification as screenings
from consult.reporting import verification as reports
from consult.review import verification as reviews

ledger_cli = command_group("ledger")

WITNESSES: tuple[Callable[[], Iterator[Fault]], ...] = (
    accounts.faults,
    submissions.faults,
    file_scans.faults,
    messages.faults,
    screenings.faults,
    screenings.texts,
    screenings.duplicates,
    counts.faults,
    decisions.faults,
    decisions.opinions,
    decisions.missing_opinions,
    sheet_entries.faults,
    reports.faults,
    reviews.faults,
    consultees.faults,
    hearings.faults,
    consultations.faults,
    gate.faults,
    lambda: file_verification.faults(SOURCES),
)
"""What each stage knows of its own rows and holds against the record."""

MOST = 1000
"""Faults named before stopping: with more, the database as a whole was exchanged."""


@ledger_cli.command("verify", help="核验全部记录；发现改动的，逐处列出，退出码为 1。")
@click.option(
    "--head",
    "kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="另行保存的树头：发给审计人员的邮件（原件）、其附件，或者树头文件的副本；一并核对。",
)
def verify(kept: Path | None, as_json: bool) -> None:
    """Recompute the whole record; exit 1 when anything was touched, and say what."""
    checked = verification.CheckedCounts()
    of_kept = head_mail.faults(kept.read_bytes()) if kept is not None else ()
    faults = list(islice(chain(of_kept, everything_wrong(checked)), MOST + 1))
    if checked.journal_late:
        checked.notes.append(f"底账里有 {checked.journal_late} 行是事后补记的：进程曾在写底账之前中断。")
    document = {
        "whole": not faults,
        "ok": not faults,
        **asdict(checked),
        "lost": [asdict(lost) for lost in checked.lost.values()],
        "faults": [{**asdict(fault), "found": fault.message} for fault in faults[:MOST]],
        "more": len(faults) > MOST,
    }
    if faults:
        lines = [fault.message for fault in faults[:MOST]] + (["还有更多。"] if len(faults) > MOST else [])
        lines.append(f"共发现 {min(len(faults), MOST)} 处{'以上' if len(faults) > MOST else ''}改动。")
    else:
        lines = [
            f"记录完好：{checked.entries} 行，其中 {checked.leaves} 行在记录树里，{checked.waiting} 行等待归入；"
            f"检查点 {checked.checkpoints} 个，签名的树头 {checked.heads} 个，底账 {checked.journal_lines} 行。"
            f"逐行校验的数据 {checked.rows} 行。"
        ]
    if checked.lost:
        lines.append(f"恢复备份时丢失的记录，底账里还有 {len(checked.lost)} 行，逐行列出：")
        lines += [f"第 {lost.id} 行　{lost.act}　{lost.subject}" for lost in checked.lost.values()]
    lines += checked.notes
    lines += [
        f"自 {day} 起纳入校验：当时已有的数据 {n} 行；在那以前的改动查不出来。" for day, n in checked.rows_since.items()
    ]
    show(document, "\n".join(lines), as_json)
    if faults:
        sys.exit(1)


def everything_wrong(checked: verification.CheckedCounts) -> Iterator[Fault]:
    """Name everything that was touched: of the record itself, and of what the stages hold against it."""
    seen: set[tuple[str, str, Damage]] = set()
    try:
        wrong_keys = list(key_rotation.faults())
        if wrong_keys:
            checked.notes.append("密钥不对，其余没有核验。")
            yield from wrong_keys
            return
        for fault in chain(
            verification.verify(checked), covered_rows.rows(checked), *(witness() for witness in WITNESSES)
        ):
            if (fault.where, fault.which, fault.what) not in seen:  # a row and its stage can name the same
                seen.add((fault.where, fault.which, fault.what))
                yield fault
    except (OperationalError, ProgrammingError):
        raise  # no database to check
    except DatabaseError as error:
        message = f"数据库文件损坏，不能读完：{error.orig}。请从备份恢复后再查。"
        yield Fault("database", "", Damage.CHANGED, message)


@ledger_cli.command("enrol", help="把记录覆盖以前就有的数据行纳入校验；每张表只纳入一次。")
def enrol(as_json: bool) -> None:
    """Take in the rows of tables that the record doesn't cover yet."""
    taken_in = enrolment.enrol(now())
    if taken_in:
        late_recognition.note_recognised(now())
    rows = sum(taken_in.values())
    words = f"纳入校验：{len(taken_in)} 张表，{rows} 行。" if taken_in else "全部数据表都已纳入校验。"
    show({"tables": taken_in, "rows": rows}, words, as_json)


@ledger_cli.command("seal", help="把尚未归入的记录归入记录树。")
def seal(as_json: bool) -> None:
    """Append every row that isn't in the tree yet."""
    sealed = tree.seal(now(), everything=True)
    show({"sealed": sealed, "leaves": tree.size()}, f"归入记录树 {sealed} 行，共 {tree.size()} 行。", as_json)


@ledger_cli.command("ship", help="送出本机的底账，归入记录，签名树头；后台任务每几秒做一次。")
def ship(as_json: bool) -> None:
    """Do one round of upkeep: for a host that runs no worker."""
    sealed = Upkeep().round(now())
    head = tree_heads.newest()
    lines = f"底账已送到 {shared_folder()}，归入 {sealed} 行，"
    lines += "尚无签名的树头。" if head is None else f"签名的树头 {head.checkpoint.size} 条。"
    show({"sealed": sealed, "head": head.checkpoint.as_document() if head else None}, lines, as_json)


@ledger_cli.command("checkpoint", help="归入全部记录，签署检查点。")
def checkpoint(as_json: bool) -> None:
    """Seal, and sign the tree as it is."""
    signed = checkpoints.checkpoint(now())
    if signed is None:
        show({"checkpoint": None}, "尚无记录，不能签署检查点。", as_json)
        return
    lines = f"检查点：{signed.size} 条，{signed.at}\n根哈希 {signed.root}\n公钥 {signed.public_key}"
    show({"checkpoint": signed.as_document()}, lines, as_json)
