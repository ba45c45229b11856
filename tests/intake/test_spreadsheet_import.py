"""Tables taken in: what an import leaves behind in the program that ran it."""

from __future__ import annotations

import gc

from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.files import tables
from consult.intake import spreadsheet_import
from consult.intake.import_columns import Field
from consult.intake.models import Channel
from consult.intake.spreadsheet_import import RowOutcome
from tests.together import both
from tests.world import DURING, open_consultation


def test_an_import_leaves_the_search_for_garbage_as_it_found_it(app: Flask) -> None:
    sheets = spreadsheet_import.open_sheets(tables.read_book("a.csv", "内容\n意见一\n意见二\n".encode()), {})
    work = spreadsheet_import.Import(open_consultation(), sheets, Channel.HOTLINE, SYSTEM, DURING)
    assert [outcome.outcome for outcome in spreadsheet_import.run(work)] == [RowOutcome.TAKEN] * 2
    assert gc.get_freeze_count() == 0
    gc.freeze()  # as the web server's master does, so that its workers share their pages
    try:
        assert [outcome.outcome for outcome in spreadsheet_import.run(work)] == [RowOutcome.ALREADY] * 2
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_two_imports_of_one_channel_that_begin_together_are_both_remembered(app: Flask) -> None:
    both(
        app,
        lambda: spreadsheet_import.remember(Channel.HOTLINE, {Field.CONTENT: ("内容",)}, at=DURING),
        lambda: spreadsheet_import.remember(Channel.HOTLINE, {Field.CONTENT: ("诉求",)}, at=DURING),
    )
    assert spreadsheet_import.remembered(Channel.HOTLINE)[Field.CONTENT] == ("诉求",)
