"""Tables that staff upload: checked without storing, taken by the worker, each row accounted for, through any crash."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import Actor
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.sandbox import ATTEMPTS
from consult.files.tables import TableRefused
from consult.intake import spreadsheet_import, uploaded_table_worker, uploaded_tables
from consult.intake.import_columns import Field
from consult.intake.models import Channel, FileAttempt, ImportStage, Submission, TableImport
from consult.intake.spreadsheet_import import Sheets
from consult.intake.uploaded_tables import ImportRefused
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.builders import NOON, an_actor, an_open_consultation
from tests.files.test_sandbox import is_killed

LATER = NOON + timedelta(hours=2)


def a_table(rows: int = 7, head: str = "工单编号,诉求内容,来电人") -> bytes:
    """Return a table of which every third row says nothing."""
    lines = [f"T{n},{'' if n % 3 == 0 else f'第{n}条意见：延长开放时间。'},来电人{n}" for n in range(1, rows + 1)]
    return "\n".join([head, *lines]).encode("utf-8-sig")


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """An open consultation."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


@pytest.fixture
def moderator(consultation: Consultation) -> Actor:
    """Somebody of the consultation's division who may enter submissions."""
    return an_actor(Role.MODERATOR)


@pytest.fixture(autouse=True)
def short_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a short table have several batches."""
    monkeypatch.setattr(spreadsheet_import, "BATCH_ROWS", 3)


def uploaded(
    actor: Actor, consultation: Consultation, data: bytes | None = None, name: str = "热线.csv"
) -> TableImport:
    """Return a table that was uploaded."""
    data = a_table() if data is None else data
    stream = io.BytesIO(data)
    return uploaded_tables.upload(actor, consultation, Channel.HOTLINE, name, stream, limit=1 << 20, at=LATER)


def taken(actor: Actor, uploaded_table: TableImport) -> TableImport:
    """Have a table checked and taken to its end."""
    uploaded_table_worker.carry_on(LATER)
    uploaded_tables.take(actor, uploaded_table, at=LATER)
    uploaded_table_worker.carry_on(LATER)
    return uploaded_table


def killed(actor: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch, *, in_batch: int) -> TableImport:
    """Return a table whose taking was killed in a batch, counted from 1; the next call of the worker lives."""
    uploaded_table = uploaded(actor, consultation)
    uploaded_table_worker.carry_on(LATER)
    uploaded_tables.take(actor, uploaded_table, at=LATER)
    kill(monkeypatch, in_batch=in_batch)
    return uploaded_table


def kill(monkeypatch: pytest.MonkeyPatch, *, in_batch: int) -> None:
    """Have the worker killed in a batch, counted from 1; its next call lives."""
    whole, calls = spreadsheet_import._batch, iter(range(1, 99))

    def dies(*arguments: object) -> object:
        if next(calls) == in_batch:
            raise SystemExit
        return whole(*arguments)

    monkeypatch.setattr(spreadsheet_import, "_batch", dies)
    with pytest.raises(SystemExit):
        uploaded_table_worker.carry_on(LATER)
    db.session.rollback()


def account_on_disk(uploaded_table: TableImport) -> Path:
    """Return where the account of a table is while it is being written."""
    return settings().data_dir / "imports" / f"{uploaded_table.id}.csv"


def stored() -> int:
    """Return how many submissions there are."""
    return db.session.scalar(select(func.count()).select_from(Submission)) or 0


def figures(uploaded_table: TableImport) -> tuple[int, int, int]:
    """Return how many rows were taken, found to be taken before, refused."""
    return uploaded_table.taken, uploaded_table.already, uploaded_table.refused


def account(uploaded_table: TableImport) -> list[list[str]]:
    """Return the account of a table's rows."""
    return list(csv.reader(io.StringIO(blobs().get(uploaded_table.account).decode("utf-8-sig"))))


def test_a_table_is_checked_without_storing_and_then_taken(moderator: Actor, consultation: Consultation) -> None:
    uploaded_table = uploaded(moderator, consultation)
    assert uploaded_table.stage is ImportStage.CHECKING
    assert uploaded_tables.columns_of(uploaded_table)[Field.CONTENT] == ("诉求内容",)
    assert uploaded_table_worker.carry_on(LATER) == 1
    assert (uploaded_table.stage, figures(uploaded_table), stored()) == (ImportStage.CHECKED, (5, 0, 2), 0)
    assert uploaded_table.notable == [[4, "refused", "内容是空的"], [7, "refused", "内容是空的"]]
    uploaded_tables.take(moderator, uploaded_table, at=LATER)
    assert uploaded_table_worker.carry_on(LATER) == 1
    assert (uploaded_table.stage, figures(uploaded_table), uploaded_table.share, stored()) == (
        ImportStage.TAKEN,
        (5, 0, 2),
        1.0,
        5,
    )
    assert uploaded_table_worker.carry_on(LATER) == 0


def test_the_account_has_every_row_with_its_receipt_or_its_reason(moderator: Actor, consultation: Consultation) -> None:
    head, *rows = account(taken(moderator, uploaded(moderator, consultation)))
    assert head == ["行号", "结果", "回执编号", "说明"]
    assert [int(row[0]) for row in rows] == list(range(2, 9))
    assert [row[1] for row in rows] == ["收下", "收下", "没有收下", "收下", "收下", "没有收下", "收下"]
    numbers = set(db.session.scalars(select(Submission.number)))
    assert {row[2] for row in rows if row[1] == "收下"} == numbers


def test_the_same_table_again_adds_nothing(moderator: Actor, consultation: Consultation) -> None:
    taken(moderator, uploaded(moderator, consultation))
    again = taken(moderator, uploaded(moderator, consultation))
    assert (figures(again), stored()) == ((0, 5, 2), 5)


@pytest.mark.parametrize("dies_in", [1, 2, 3])
def test_killed_between_any_two_batches_it_goes_on_and_tells_each_row_once(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch, dies_in: int
) -> None:
    uploaded_table = killed(moderator, consultation, monkeypatch, in_batch=dies_in)
    assert stored() == uploaded_table.taken
    with account_on_disk(uploaded_table).open("ab") as file:
        file.write(b"9,half a li")
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, figures(uploaded_table), stored()) == (ImportStage.TAKEN, (5, 0, 2), 5)
    assert [int(row[0]) for row in account(uploaded_table)[1:]] == list(range(2, 9))


def test_a_check_that_was_killed_knows_the_rows_again_that_it_had_seen_before(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation, a_table(5) + b"\n" + a_table(1).splitlines()[1])
    kill(monkeypatch, in_batch=2)
    assert uploaded_table.row > 0
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, figures(uploaded_table)) == (ImportStage.CHECKED, (4, 1, 1))


def reading_is_cut_off(monkeypatch: pytest.MonkeyPatch, times: int = ATTEMPTS) -> None:
    """Let the worker die as often while it reads."""

    def dies(*_: object) -> object:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(spreadsheet_import, "_batch", dies)
        for _ in range(times):
            with pytest.raises(SystemExit):
                uploaded_table_worker.carry_on(LATER)
            db.session.rollback()


@pytest.mark.parametrize("stage", [ImportStage.CHECKING, ImportStage.TAKING])
def test_a_table_that_takes_its_reader_down_is_put_aside_and_those_behind_it_are_read(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch, stage: ImportStage
) -> None:
    uploaded_table = uploaded(moderator, consultation)
    if stage is ImportStage.TAKING:
        uploaded_table_worker.carry_on(LATER)
        uploaded_tables.take(moderator, uploaded_table, at=LATER)
    behind = uploaded(moderator, consultation, a_table(4))
    reading_is_cut_off(monkeypatch)
    monkeypatch.setattr(tables, "read_to_end", is_killed)
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, behind.stage) == (ImportStage.REFUSED, ImportStage.CHECKED)
    assert "中断了 3 次" in uploaded_table.why
    assert "另存为新的 .xlsx" in uploaded_table.why
    assert blobs().get(uploaded_table.digest) == a_table()
    uploaded_tables.check(moderator, uploaded_table, {Field.CONTENT: ("诉求内容",)}, at=LATER)
    uploaded_table_worker.carry_on(LATER)
    assert uploaded_table.stage is ImportStage.REFUSED, "asked for again it is tried again, and takes no worker down"


def test_a_table_whose_reader_was_killed_from_outside_is_read_in_the_end(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation)
    reading_is_cut_off(monkeypatch, times=2 * ATTEMPTS)
    assert figures(taken(moderator, uploaded_table)) == (5, 0, 2)
    assert db.session.scalars(select(FileAttempt)).all() == []


def test_a_table_that_gets_on_between_two_kills_is_not_suspected(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation, a_table(6 * ATTEMPTS))
    monkeypatch.setattr(tables, "read_to_end", is_killed)
    for _ in range(ATTEMPTS + 1):
        kill(monkeypatch, in_batch=2)
    uploaded_table_worker.carry_on(LATER)
    assert uploaded_table.stage is ImportStage.CHECKED


def test_an_account_that_was_lost_half_way_is_written_anew(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = killed(moderator, consultation, monkeypatch, in_batch=2)
    account_on_disk(uploaded_table).unlink()
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, figures(uploaded_table), stored()) == (ImportStage.TAKEN, (3, 2, 2), 5)
    assert len(account(uploaded_table)) == 8


def test_columns_that_tell_nothing_wait_to_be_named(moderator: Actor, consultation: Consultation) -> None:
    uploaded_table = uploaded(moderator, consultation, a_table(head="甲,乙,丙"))
    assert uploaded_table.stage is ImportStage.CHOOSING
    assert uploaded_table_worker.carry_on(LATER) == 0
    with pytest.raises(TableRefused, match="缺少内容列"):
        uploaded_tables.check(moderator, uploaded_table, {}, at=LATER)
    with pytest.raises(TableRefused, match="丁"):
        uploaded_tables.check(moderator, uploaded_table, {Field.CONTENT: ("丁",)}, at=LATER)
    uploaded_tables.check(moderator, uploaded_table, {Field.CONTENT: ("乙",), Field.NAME: ("丙",)}, at=LATER)
    assert figures(taken(moderator, uploaded_table)) == (5, 0, 2)
    assert set(db.session.scalars(select(Submission.name))) == {f"来电人{n}" for n in (1, 2, 4, 5, 7)}
    again = uploaded(moderator, consultation, a_table(9, head="甲,乙,丙"))
    assert (again.stage, again.columns) == (ImportStage.CHECKING, {"content": "乙", "name": "丙"})


def test_each_step_is_for_its_stage_only(moderator: Actor, consultation: Consultation) -> None:
    uploaded_table = uploaded(moderator, consultation)
    with pytest.raises(ImportRefused):
        uploaded_tables.take(moderator, uploaded_table, at=LATER)
    taken(moderator, uploaded_table)
    for step in (
        lambda: uploaded_tables.take(moderator, uploaded_table, at=LATER),
        lambda: uploaded_tables.give_up(moderator, uploaded_table, at=LATER),
        lambda: uploaded_tables.check(moderator, uploaded_table, {Field.CONTENT: ("诉求内容",)}, at=LATER),
    ):
        with pytest.raises(ImportRefused):
            step()
    assert uploaded_table.stage is ImportStage.TAKEN


def test_one_that_is_put_away_is_read_no_further(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation)
    whole = spreadsheet_import._batch

    def meanwhile(*arguments: object) -> object:
        uploaded_tables.give_up(moderator, uploaded_table, at=LATER)
        return whole(*arguments)

    monkeypatch.setattr(spreadsheet_import, "_batch", meanwhile)
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, uploaded_table.row) == (ImportStage.GIVEN_UP, 0)
    assert list(uploaded_tables.of_consultation(consultation)) == []


def test_one_that_is_put_away_while_it_turns_out_unreadable_stays_away(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation)

    def meanwhile(_one: TableImport) -> Sheets:
        uploaded_tables.give_up(moderator, uploaded_table, at=LATER)
        raise TableRefused("读不出来。")

    monkeypatch.setattr(uploaded_tables, "sheets_of", meanwhile)
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, uploaded_table.why) == (ImportStage.GIVEN_UP, "")


def test_a_table_that_fails_in_a_way_nobody_foresaw_is_told_and_holds_up_no_other(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = uploaded(moderator, consultation), uploaded(moderator, consultation, name="留言.csv")
    whole = spreadsheet_import._batch

    def fails(work: spreadsheet_import.Import, *rest: Any) -> object:
        if work.sheets.name == first.file_name:
            raise ZeroDivisionError
        return whole(work, *rest)

    monkeypatch.setattr(spreadsheet_import, "_batch", fails)
    uploaded_table_worker.carry_on(LATER)
    assert (first.stage, second.stage) == (ImportStage.REFUSED, ImportStage.CHECKED)
    assert "ZeroDivisionError" in first.why
    assert "请" in first.why


def test_one_that_cannot_go_on_says_what_was_taken_and_takes_no_check_for_it(
    moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded_table = uploaded(moderator, consultation)
    whole = spreadsheet_import._batch

    def fails_in_the_second(work: spreadsheet_import.Import, rows: Any, seen: Any) -> object:
        if rows[0][0].row > 2:
            raise TableRefused("后面的行读不出来。")
        return whole(work, rows, seen)

    monkeypatch.setattr(spreadsheet_import, "_batch", fails_in_the_second)
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, uploaded_table.row, figures(uploaded_table), uploaded_table.notable) == (
        ImportStage.REFUSED,
        0,
        (0, 0, 0),
        [],
    )
    monkeypatch.setattr(spreadsheet_import, "_batch", whole)
    uploaded_tables.check(moderator, uploaded_table, {Field.CONTENT: ("诉求内容",)}, at=LATER)
    uploaded_table_worker.carry_on(LATER)
    uploaded_tables.take(moderator, uploaded_table, at=LATER)
    monkeypatch.setattr(spreadsheet_import, "_batch", fails_in_the_second)
    uploaded_table_worker.carry_on(LATER)
    assert (uploaded_table.stage, uploaded_table.row, figures(uploaded_table), uploaded_table.why) == (
        ImportStage.REFUSED,
        4,
        (2, 0, 1),
        "后面的行读不出来。",
    )
    assert stored() == 2


@pytest.mark.parametrize("stage", [ImportStage.CHECKING, ImportStage.TAKING])
def test_two_workers_at_once_tell_each_row_once(
    app: Flask, moderator: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch, stage: ImportStage
) -> None:
    uploaded_table = uploaded(moderator, consultation)
    if stage is ImportStage.TAKING:
        uploaded_table_worker.carry_on(LATER)
        uploaded_tables.take(moderator, uploaded_table, at=LATER)
    db.session.commit()
    both = Barrier(2, timeout=10)
    opened = uploaded_tables.sheets_of

    def sheets_of_both(of: TableImport) -> Sheets:
        both.wait()  # neither has begun before the other knows of the table
        return opened(of)

    monkeypatch.setattr(uploaded_tables, "sheets_of", sheets_of_both)

    def worker(_n: int) -> None:
        with app.app_context():
            uploaded_table_worker.carry_on(LATER)

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(worker, range(2)))
    db.session.refresh(uploaded_table)
    assert figures(uploaded_table) == (5, 0, 2)
    assert [int(row[0]) for row in account(uploaded_table)[1:]] == list(range(2, 9))
    assert [row[1] for row in account(uploaded_table)[1:]] == [
        "收下",
        "收下",
        "没有收下",
        "收下",
        "收下",
        "没有收下",
        "收下",
    ]


def test_who_may_not_enter_submissions_uploads_nothing(consultation: Consultation) -> None:
    for role, division in ((Role.AUDITOR, "社区服务处"), (Role.MODERATOR, "别的处")):
        with pytest.raises(NotAllowed):
            uploaded(an_actor(role, division=division), consultation)


def test_an_account_closed_meanwhile_takes_nothing(moderator: Actor, consultation: Consultation) -> None:
    uploaded_table = uploaded(moderator, consultation)
    user = db.session.get(User, moderator.id)
    assert user is not None
    user.active = False
    db.session.commit()
    uploaded_table_worker.carry_on(LATER)
    assert uploaded_table.stage is ImportStage.REFUSED
    assert "停用" in uploaded_table.why


@pytest.mark.parametrize(("data", "words"), [(b"", "空文件"), (b"%PDF-1.4\n%%EOF", "不是表格")])
def test_what_is_no_table_is_refused_in_words(
    moderator: Actor, consultation: Consultation, data: bytes, words: str
) -> None:
    with pytest.raises(TableRefused, match=words):
        uploaded(moderator, consultation, data)
    assert db.session.scalar(select(func.count()).select_from(TableImport)) == 0


def test_the_record_says_who_uploaded_and_took_which_file(moderator: Actor, consultation: Consultation) -> None:
    uploaded_table = taken(moderator, uploaded(moderator, consultation))
    of_the_table = (
        select(LedgerEntry).where(LedgerEntry.subject == f"table:{uploaded_table.id}").order_by(LedgerEntry.id)
    )
    entries = db.session.scalars(of_the_table).all()
    assert [entry.act for entry in entries] == ["submission.upload_table", "submission.take_table"]
    assert {entry.detail["sha256"] for entry in entries} == {uploaded_table.digest}
    summary = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "submission.import")).one()
    assert (summary.detail["taken"], summary.detail["refused"], summary.actor_id) == (5, 2, moderator.id)
