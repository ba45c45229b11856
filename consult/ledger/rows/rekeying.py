"""Rows under a new key of their digests: the record gets each table's count and sum with that key.

Single digests stay as they were recorded, each under the key of its time.
"""

from __future__ import annotations

from typing import Any

from consult import keys
from consult.ledger.errors import RecordBroken
from consult.ledger.rows.coverage import RowDigests, covered_tables, rows_query
from consult.ledger.rows.recorded import SUMS, RowSum, recorded_sums
from consult.ledger.verification.database_view import stream

__all__ = ["SUMS", "sums_with_newest_key"]


def sums_with_newest_key() -> dict[str, dict[str, Any]]:
    """Return count and sum of every table with the newest key, once they match the record with the key before.

    Raises:
        RecordBroken: a table isn't as recorded: a new sum would hide it.
    """
    recorded = recorded_sums()
    sums = {}
    before, after = RowDigests(keys.newest(keys.Purpose.ROWS) - 1), RowDigests()
    for table in covered_tables():
        with_old, with_new = RowSum(), RowSum()
        for row in stream(rows_query(table)):
            with_old.add(before.of(table, row._mapping))
            with_new.add(after.of(table, row._mapping))
        if with_old != recorded.get(table.name, RowSum()):
            raise RecordBroken(
                f"数据表 {table.name} 与记录不符，不能换用新的校验密钥：换了就查不出改动。"
                "请用 flask ledger verify 查明；还没有纳入校验的，先运行 flask ledger enrol。"
            )
        if table.name in recorded:
            sums[table.name] = with_new.as_detail()
    return sums
