"""Edits a spreadsheet in LibreOffice as a person does; run by Debian's Python, orders as JSON on standard input.

For each sheet: ``protected`` cells are tried first, then the protection is lifted, the table sorted by ``sort`` (a
column, ``descending``), filtered to rows whose ``filter`` column has a word, and ``cells`` (by number, by column)
written.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.sheet import TableFilterField
from com.sun.star.sheet.FilterOperator import EQUAL
from com.sun.star.table import TableSortField


def prop(name: str, value: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def connected(pipe: str) -> Any:
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    try:
        remote = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
    except NoConnectException:  # it is still starting: the caller tries again
        sys.exit(3)
    return remote.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", remote)


def used(sheet: Any) -> Any:
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    return sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow)


def edit(sheet: Any, order: dict[str, Any]) -> dict[str, Any]:
    table = used(sheet)
    heads = list(table.DataArray[0])
    rows = {str(row[heads.index("编号")]): place for place, row in enumerate(table.DataArray)}
    saw = {
        "protected": sheet.isProtected(),
        "open": [
            head
            for place, head in enumerate(heads)
            if len(rows) > 1 and not sheet.getCellByPosition(place, 1).CellProtection.IsLocked
        ],
        "alert": sheet.getCellByPosition(heads.index("采纳情况"), 1).Validation.ErrorAlertStyle.value,
    }
    sheet.unprotect("")
    for key, cells in order.get("cells", {}).items():
        for head, words in cells.items():
            sheet.getCellByPosition(heads.index(head), rows[key]).setString(words)
    if "sort" in order:
        field = TableSortField()
        field.Field, field.IsAscending = heads.index(order["sort"]), not order.get("descending", False)
        fields = uno.Any("[]com.sun.star.table.TableSortField", (field,))
        uno.invoke(table, "sort", ((prop("SortFields", fields), prop("ContainsHeader", True)),))
    if "filter" in order:
        column, word = order["filter"]
        wanted = TableFilterField()
        wanted.Field, wanted.IsNumeric, wanted.StringValue = heads.index(column), False, word
        wanted.Operator = EQUAL
        descriptor = table.createFilterDescriptor(True)
        descriptor.ContainsHeader = True
        descriptor.setFilterFields((wanted,))
        table.filter(descriptor)
    return saw


def main() -> None:
    order = json.load(sys.stdin)
    desktop = connected(order["pipe"])
    book = desktop.loadComponentFromURL(uno.systemPathToFileUrl(order["source"]), "_blank", 0, (prop("Hidden", True),))
    try:
        saw = {title: edit(book.Sheets.getByName(title), edits) for title, edits in order["sheets"].items()}
        book.storeToURL(uno.systemPathToFileUrl(order["target"]), (prop("FilterName", "Calc MS Excel 2007 XML"),))
    finally:
        book.close(True)
    json.dump(saw, sys.stdout)


if __name__ == "__main__":
    main()
