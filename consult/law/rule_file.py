"""Reads a rule file into rows; errors name the file, the row and the fault."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from consult.law.rule_rows import Basis, Row

type_of_row = TypeVar("type_of_row", bound=Row)

Raw = dict[str, dict[str, dict[str, Any]]]
"""Table name → row id → field name → value."""


class RulesError(ValueError):
    """A rule file is invalid; the message (Chinese) names the file, the row and the fault."""


def read(path: Path, tables: Mapping[str, type[Row]]) -> Raw:
    """Read a rule file into raw rows by table and id. Raises RulesError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RulesError(f"规则文件 {path} 读不出来：{error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RulesError(f"规则文件 {path} 不是UTF-8编码，请另存为UTF-8后再试") from error
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"规则文件 {path} 不是正确的TOML格式：{error}") from error
    unknown = sorted(set(content) - set(tables))
    if unknown:
        raise RulesError(f"规则文件 {path} 中的表 [[{unknown[0]}]] 不认识；可用的表：{'、'.join(tables)}")
    return {name: _by_id(path, name, rows) for name, rows in content.items()}


def _by_id(path: Path, table: str, rows: object) -> dict[str, dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RulesError(f"规则文件 {path} 中的 {table} 应当写成 [[{table}]]，每行一段")
    by_id: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, start=1):
        key = row.get("id")
        if not isinstance(key, str) or not key.strip():
            raise RulesError(f"规则文件 {path} 第{number}个 [[{table}]] 缺少 id")
        if key in by_id:
            raise RulesError(f"规则文件 {path} 的 [[{table}]] 中 id “{key}”出现了两次")
        by_id[key] = row
    return by_id


def overlay(base: Raw, extra: Raw) -> Raw:
    """Merge the department's rows into the base: given fields replace fields, new rows go at the end."""
    merged: Raw = {table: dict(rows) for table, rows in base.items()}
    for table, rows in extra.items():
        target = merged.setdefault(table, {})
        for key, row in rows.items():
            target[key] = {**target.get(key, {}), **row}
    return merged


def build(path: Path, table: str, kind: type[type_of_row], raw: dict[str, Any]) -> type_of_row:
    """Build one row from raw values. Raises RulesError naming the invalid field."""
    where = f"规则文件 {path} 的 [[{table}]] “{raw['id']}”"
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    for name in raw:
        if name not in known:
            raise RulesError(f"{where}：字段 {name} 不认识；可用的字段：{'、'.join(known)}")
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in raw:
            values[name] = _value(f"{where}：字段 {name}", hints[name], raw[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise RulesError(f"{where}：缺少字段 {name}")
    if not values["basis"]:
        raise RulesError(f"{where}：字段 basis 为空，每行规则都要写明依据")
    return kind(**values)


def _value(where: str, hint: Any, value: object) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise RulesError(f"{where} 应当是列表，如 [ … ]")
        item = get_args(hint)[0]
        return tuple(_value(f"{where} 的第{n}项", item, element) for n, element in enumerate(value, start=1))
    if hint is Basis:
        return _basis(where, value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise RulesError(f"{where} 应当是下列之一：{'、'.join(hint)}；现在是“{value}”")
        return hint(str(value))
    if hint is date:
        return _date(where, value)
    return _plain(where, hint, value)


def _basis(where: str, value: object) -> Basis:
    allowed = {field.name for field in fields(Basis)}
    if not isinstance(value, dict) or set(value) - allowed or not all(isinstance(v, str) for v in value.values()):
        raise RulesError(f'{where} 应当写成 {{ title = "…", article = "…" }} 或者 {{ note = "…" }}')
    basis = Basis(**value)
    if not str(basis).strip() or (basis.title and not (basis.article or basis.note)):
        raise RulesError(f"{where} 要写明文件名称和条文（title、article），没有条文的写明说明（note）")
    return basis


def _date(where: str, value: object) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise RulesError(f"{where} 应当是日期，如 2030-01-01；现在是“{value}”") from error


_PLAIN = {int: "整数", float: "数字", str: "文字", bool: "true 或者 false"}


def _plain(where: str, hint: type, value: object) -> object:
    if hint is float and type(value) is int:
        value = float(value)
    if type(value) is not hint:
        raise RulesError(f"{where} 应当是{_PLAIN[hint]}；现在是“{value}”")
    if isinstance(value, int | float) and not isinstance(value, bool) and not 0 <= value <= 3650:
        raise RulesError(f"{where} 应当在0和3650之间；现在是“{value}”")
    if isinstance(value, str) and not value.strip():
        raise RulesError(f"{where} 不能为空")
    return value


def compiles(where: str, patterns: tuple[str, ...]) -> None:
    """Check that every pattern is a regular expression. Raises RulesError."""
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise RulesError(f"{where}：patterns 中的“{pattern}”不是正确的正则表达式：{error}") from error
