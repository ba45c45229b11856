"""Tables taken in: what an import leaves behind in the program that ran it."""

from __future__ import annotations

import gc

from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.files import tables
from consult.intake import imports
from consult.intake.columns import choose
from consult.intake.imports import RowOutcome
from consult.intake.models import Channel
from tests.world import DURING, open_consultation


def test_an_import_leaves_the_search_for_garbage_as_it_found_it(app: Flask) -> None:
    table = tables.read("a.csv", "内容\n意见一\n意见二\n".encode())
    work = imports.Import(open_consultation(), table, choose(table.columns, {}), Channel.HOTLINE, SYSTEM, DURING)
    assert [one.outcome for one in imports.run(work)] == [RowOutcome.TAKEN] * 2
    assert gc.get_freeze_count() == 0
    gc.freeze()  # as the web server's master does, so that its workers share their pages
    try:
        assert [one.outcome for one in imports.run(work)] == [RowOutcome.ALREADY] * 2
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
