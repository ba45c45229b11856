"""Maps the columns of a table to fields: given, remembered, or guessed from their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from consult.files.tables import TableRefused
from consult.labels import Label, LabelledEnum


class Field(LabelledEnum):
    """A field that an import reads from a row."""

    CONTENT = "content", Label("内容", "plain")
    SUBJECT = "subject", Label("主题", "plain")
    NAME = "name", Label("姓名或者单位", "plain")
    CONTACT = "contact", Label("联系方式", "plain")
    RECEIVED_AT = "received_at", Label("收到时间", "plain")
    EXTERNAL_ID = "external_id", Label("原系统编号", "plain")
    ANCHOR = "anchor", Label("条文", "plain")


Columns = dict[Field, str]
"""Name of the column by field; a field that the table doesn't have is left out."""

_NAMES: dict[Field, tuple[str, ...]] = {
    Field.EXTERNAL_ID: (
        *("external_id", "id", "编号", "留言编号", "工单编号", "工单号", "来件编号", "信件编号", "诉求编号"),
        *("受理编号", "单号", "流水号", "message_id", "ticket", "uuid"),
    ),
    Field.RECEIVED_AT: (
        *("received_at", "sent_at", "时间", "留言时间", "来电时间", "提交时间", "收到时间", "收件时间", "受理时间"),
        *("创建时间", "发布时间", "来信时间", "登记时间", "日期", "留言日期", "来电日期"),
        *("created_at", "submitted_at", "datetime", "timestamp", "time", "date"),
    ),
    Field.CONTENT: (
        *("content", "body", "内容", "留言详情", "留言内容", "意见内容", "意见建议", "意见和建议", "具体意见"),
        *("反馈意见", "诉求内容", "来电内容", "来信内容", "信件内容", "问题描述", "详情", "正文", "意见", "建议"),
        *("text", "message", "comment", "opinion", "detail", "description"),
    ),
    Field.SUBJECT: (
        *("subject", "title", "主题", "标题", "留言主题", "留言标题", "诉求标题", "信件标题", "事项", "headline"),
    ),
    Field.CONTACT: (
        *("contact", "联系方式", "联系电话", "来电号码", "手机", "手机号", "手机号码", "电话", "邮箱", "电子邮箱"),
        *("phone", "mobile", "tel", "email", "e-mail"),
    ),
    Field.NAME: (
        *("name", "sender", "姓名", "反馈人", "提出人", "留言人", "留言用户", "来电人", "来信人", "诉求人", "联系人"),
        *("单位名称", "企业名称", "姓名或单位", "用户名", "昵称", "用户", "author", "from", "username"),
    ),
    Field.ANCHOR: ("anchor", "provision", "article", "条文", "条款", "针对条文", "针对条款", "对应条款", "涉及条款"),
}
"""Usual names of columns, likeliest first; fields choose in this order."""
_AFTERWARDS = re.compile(r"答复|回复|办理|办结|处理|状态|满意|承办|采纳情况|repl(?:y|ied)|answer|status|handled")
"""Columns about the handling of a message; they aren't part of it, and may change between exports."""
_TAIL = re.compile(r"(?<=.)[（(【\[][^（(【\[]*[）)】\]]$")
_FILLING = re.compile(r"[\s_\-—:：*（）()【】\[\]]+")


def _plain(name: str) -> str:
    """Normalise a column's name for comparison: no bracketed suffix (意见（必填）), spaces or marks."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    return _FILLING.sub("", _TAIL.sub("", folded))


def is_afterwards(column: str) -> bool:
    """Whether a column is about the handling of a message, not its content."""
    return _AFTERWARDS.search(unicodedata.normalize("NFKC", column).casefold()) is not None


def choose(
    columns: Sequence[str], given: Mapping[Field, str], remembered: Mapping[Field, str] | None = None
) -> Columns:
    """Return the column of each field: as given, else as remembered for this channel, else guessed from the names.

    Arguments:
        columns: the header's names.
        given: an empty name means that the table has no such column.

    Raises:
        TableRefused: a given column doesn't exist, or there is none for the content.
    """
    listed = "、".join(columns)
    for field, column in given.items():
        if column and column not in columns:
            raise TableRefused(
                f"表里没有“{column}”这一列（要作为{field.label.words}）。表头现有：{listed}。请检查列名。"
            )
    chosen = {**{f: c for f, c in (remembered or {}).items() if not c or c in columns}, **given}
    for field in _NAMES:
        if field not in chosen:
            chosen[field] = _guess(field, columns, taken=set(chosen.values()))
    if not chosen[Field.CONTENT]:
        raise TableRefused(
            f"缺少内容列：看不出哪一列是来件的内容。表头现有：{listed}。请指定，例如 --map content={columns[0]}"
        )
    return {field: chosen[field] for field in Field if chosen[field]}


def _guess(field: Field, columns: Sequence[str], taken: set[str]) -> str:
    """Return the column that equals, else ends in, else contains one of a field's names, in their order."""
    free = {_plain(column): column for column in reversed(columns) if column not in taken and not is_afterwards(column)}
    names = [_plain(name) for name in _NAMES[field]]
    for name in names:
        if name in free:
            return free[name]
    chinese = [name for name in names if len(name) > 1 and not name.isascii()]
    for fits in (str.endswith, str.__contains__):
        for name in chinese:
            for plain in reversed(free):
                if fits(plain, name):
                    return free[plain]
    return ""
