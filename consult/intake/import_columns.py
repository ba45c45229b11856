"""Maps the columns of a table to fields: given, remembered, or guessed from their names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from consult.files.tables import TableRefused
from consult.files.tables.known_tables import organisation_columns
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
    REASON = "reason", Label("理由", "plain")
    ATTACHMENT = "attachment", Label("附件文件名", "plain")


Columns = dict[Field, tuple[str, ...]]
"""Names of a field's columns in the table's order; a field that the table doesn't have is left out."""

_NAMES: dict[Field, tuple[str, ...]] = {
    Field.EXTERNAL_ID: (
        *("external_id", "id", "编号", "留言编号", "工单编号", "工单号", "来件编号", "信件编号", "诉求编号"),
        *("受理编号", "单号", "流水号", "message_id", "ticket", "uuid"),
    ),
    Field.RECEIVED_AT: (
        *("received_at", "sent_at", "时间", "留言时间", "来电时间", "提交时间", "收到时间", "收件时间", "受理时间"),
        *(
            "创建时间",
            "发布时间",
            "来信时间",
            "登记时间",
            "反馈时间",
            "日期",
            "留言日期",
            "来电日期",
            "反馈日期",
            "收到日期",
        ),
        *("提交答卷时间", "答题时间", "created_at", "submitted_at", "datetime", "timestamp", "time", "date"),
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
        *("提出单位", "反馈单位", "提出意见单位", "反馈意见单位", "意见单位", "来文单位", "提出人", "反馈人"),
        *("name", "sender", "姓名", "留言人", "留言用户", "来电人", "来信人", "诉求人", "单位名称", "企业名称"),
        *("联系人", "姓名或单位", "用户名", "昵称", "用户", "单位", "author", "from", "username"),
    ),
    Field.ANCHOR: (
        *("anchor", "provision", "article", "条文", "条款", "针对条文", "针对条款", "对应条款", "涉及条款", "条款号"),
        *("条文内容", "条款内容", "原条文", "条文原文", "草案条文", "章节条款", "所涉条款", "条款序号"),
    ),
    Field.REASON: (
        "reason",
        "修改理由",
        "意见理由",
        "建议理由",
        "理由",
        "修改依据",
        "理由及依据",
        "理由和依据",
        "说明理由",
    ),
    Field.ATTACHMENT: ("attachment", "附件文件名", "附件名称", "附件", "附件名", "文件名"),
}
"""Usual names of columns, likeliest first; fields choose in this order."""
_AFTERWARDS = re.compile(r"答复|回复|办理|办结|处理|状态|满意|承办|采纳情况|repl(?:y|ied)|answer|status|handled")
"""Columns about the handling of a message; they aren't part of it, and may change between exports."""
_TAIL = re.compile(r"(?<=.)[（(【\[][^（(【\[]*[）)】\]]$")
_FILLING = re.compile(r"[\s_\-—:：*（）()【】\[\]]+")
_QUESTION = re.compile(
    r"^(?:第?\s*(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*[、.．)）题]|q\d{1,3}[.、:：]?)\s*", re.IGNORECASE
)
_OPINION = re.compile(
    r"(?:意见|建议|看法|想法)(?:和|与|及|或)?(?:意见|建议|理由)?$|^(?:建议)?修改(?:为|后(?:条文|内容|表述)?)$|^建议(?:修改|改)(?:为|内容)?$"
    r"|对.{0,30}(?:意见|建议|看法|想法)|第.{1,8}条.{0,20}(?:意见|建议|看法|想法)"
)
"""Names of further columns that hold opinions: one of several questions, an opinion beside a suggestion."""
_ASKED = re.compile(
    r"对.{0,40}(?:意见|建议|看法|想法)|第.{1,8}条.{0,30}(?:意见|建议|看法|想法)|(?:意见|建议|看法|想法)是[?？]?$"
)
"""Questions of a questionnaire, which may be about anything, the handling of messages too."""
_NO_ANSWER = re.compile(r"是否|有无|满意|同意|采纳|答复|回复|类[型别]|时间$|编号$|理由$|原因$|依据$")
_YES_OR_NO = re.compile(r"是否|有无|满意")
_TITLE = re.compile(r"《[^》]*》")
_NO_OPINION = re.compile(
    r"是否|有无|满意|类[型别]|分类|来源|编号|时间|日期|数量|[件条]数|单位|人$|状态|处理|办理|拟办|批示|审[核批查]|领导|承办"
    r"|初审|复核|采纳|答复|回复|理由|原因|依据|附件|标题|主题|方式|渠道|性质|摘要|公开|征求意见稿"
)
_AGAIN = re.compile(r"（\d+）$")
_WITH_TWINS = (Field.CONTENT, Field.NAME, Field.CONTACT, Field.SUBJECT, Field.ANCHOR, Field.REASON, Field.ATTACHMENT)
"""Fields of which all columns of one name are read."""


def _plain(name: str) -> str:
    """Normalise a column's name for comparison: no bracketed suffix (意见（必填）), spaces or marks."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    return _FILLING.sub("", _TAIL.sub("", _QUESTION.sub("", folded)))


def heading_of(column: str) -> str:
    """Return a column's name as a heading of what was written there: without number and colon."""
    bare = _QUESTION.sub("", unicodedata.normalize("NFC", _AGAIN.sub("", column)).strip())
    return bare.rstrip(" ：:？?") or column


def base_of(column: str) -> str:
    """Return a column's name as it stands in the head, where others may have the same."""
    return _AGAIN.sub("", column)


def is_afterwards(column: str) -> bool:
    """Whether a column is about the handling of a message, not its content."""
    return _AFTERWARDS.search(unicodedata.normalize("NFKC", column).casefold()) is not None and not _is_asked(column)


def _is_asked(column: str) -> bool:
    """Whether a column holds the answers to a question for opinions."""
    name = _TITLE.sub("", _plain(column))
    return bool(_ASKED.search(name)) and not _NO_ANSWER.search(name)


def is_known(name: str) -> bool:
    """Whether a text is the name of a column that holds a field."""
    return len(name) <= 40 and (_plain(name) in _KNOWN or _is_opinion(name))


def hint(column: str) -> str:
    """Say what a column that isn't used seems to hold; nothing where that can't be seen."""
    if is_afterwards(column):
        return ""
    plain = _plain(column)
    for field, names in _NAMES.items():
        known = [_plain(name) for name in names]
        if plain in known or any(plain.endswith(name) for name in known if len(name) > 1 and not name.isascii()):
            return f"可能是“{field.label.words}”，未导入：要导入的，请指定对应字段"
    return ""


def choose(
    columns: Sequence[str],
    given: Mapping[Field, Sequence[str]],
    remembered: Mapping[Field, Sequence[str]] | None = None,
) -> Columns:
    """Return the columns of each field: as given, else as remembered for this channel, else guessed from the names.

    Arguments:
        columns: the header's names.
        given: no columns mean that the table has none.
        remembered: counts as far as the table has these columns.

    Raises:
        TableRefused: a given column doesn't exist, there is none for the content, or it is a list of organisations.
    """
    listed = "、".join(columns)
    for field, names in given.items():
        for column in names:
            if column not in columns:
                raise TableRefused(
                    f"表里没有“{column}”这一列（要作为{field.label.words}）。表头现有：{listed}。请检查列名。"
                )
    known = {field: tuple(name for name in names if name in columns) for field, names in (remembered or {}).items()}
    chosen: Columns = {**{field: names for field, names in known.items() if names}, **_tuples(given)}
    if not chosen.get(Field.CONTENT) and Field.CONTENT not in given:
        _refuse_organisations(columns)
    for exact in (True, False):  # every exact name before any that only resembles one
        for field in _NAMES:
            if not chosen.get(field) and field not in given:
                taken = {name for names in chosen.values() for name in names}
                chosen[field] = _guess(field, columns, taken, exact=exact)
    for field in _WITH_TWINS:
        if field not in given:
            chosen[field] = _with_more(field, columns, chosen)
    if not chosen[Field.CONTENT]:
        raise TableRefused(
            f"缺少内容列：看不出哪一列是来件的内容。表头现有：{listed}。请指定，例如 --map content={columns[0]}"
        )
    return {field: chosen[field] for field in Field if chosen[field]}


def _tuples(given: Mapping[Field, Sequence[str]]) -> Columns:
    return {field: tuple(dict.fromkeys(name for name in names if name)) for field, names in given.items()}


def _refuse_organisations(columns: Sequence[str]) -> None:
    signs = organisation_columns(columns)
    if signs:
        raise TableRefused(
            f"这张表像是企业名录（有“{'”“'.join(signs[:3])}”列），不是来件。企业名录请在“企业名录”导入"
            "（flask consultees import）；确实是来件的，请指定内容所在列，例如 --map content=列名"
        )


def _guess(field: Field, columns: Sequence[str], taken: set[str], *, exact: bool) -> tuple[str, ...]:
    """Return the column that equals, or else ends in or contains, one of a field's names, in their order."""
    free = {_plain(column): column for column in reversed(columns) if column not in taken and not is_afterwards(column)}
    if field is Field.REASON:
        free = {plain: column for plain, column in free.items() if not _is_of_decision(column, columns)}
    names = [_plain(name) for name in _NAMES[field]]
    if exact:
        return next(((free[name],) for name in names if name in free), ())
    chinese = [name for name in names if len(name) > 1 and not name.isascii()]
    for fits in (str.endswith, str.__contains__):
        for name in chinese:
            for plain in reversed(free):
                if fits(plain, name) and not _misleads(field, name, plain):
                    return (free[plain],)
    return ()


def _is_of_decision(column: str, columns: Sequence[str]) -> bool:
    """Whether the reasons in a column are the office's: its head says so, or it stands behind what was decided."""
    before = [name for name in columns[: columns.index(column)] if is_afterwards(name) or _is_opinion(name)]
    return "采纳" in column or bool(before and is_afterwards(before[-1]))


def _misleads(field: Field, name: str, plain: str) -> bool:
    """Whether a column that has a field's name in its own holds something else: 主管单位, 是否同意公开意见."""
    return name == "单位" if field is Field.NAME else field is Field.CONTENT and _YES_OR_NO.search(plain) is not None


def _with_more(field: Field, columns: Sequence[str], chosen: Columns) -> tuple[str, ...]:
    """Return a field's columns with those of the same name, and with all that hold opinions."""
    present = chosen[field]
    taken = {name for names in chosen.values() for name in names}
    bases = {base_of(column) for column in present}
    more = {column for column in columns if column not in taken and base_of(column) in bases}
    if field is Field.CONTENT and present:
        more |= {column for column in columns if column not in taken and _is_opinion(column)}
    return tuple(column for column in columns if column in present or column in more) if more else present


def _is_opinion(column: str) -> bool:
    plain = _TITLE.sub("", _plain(column))
    opinion = bool(_OPINION.search(plain)) and not _NO_OPINION.search(plain) and not is_afterwards(column)
    return opinion or _is_asked(column)


def stored(columns: Mapping[Field, Sequence[str]]) -> dict[str, str | list[str]]:
    """Return columns as they are stored and printed: one name, or a list of several."""
    return {field.value: names[0] if len(names) == 1 else list(names) for field, names in columns.items() if names}


def from_stored(columns: Mapping[str, str | Iterable[str]]) -> Columns:
    """Return the columns of ``stored``; an empty name, of an earlier time, is no column."""
    read = {Field(field): (names,) if isinstance(names, str) else tuple(names) for field, names in columns.items()}
    return {field: names for field, names in read.items() if any(names)}


_KNOWN = frozenset(_plain(name) for names in _NAMES.values() for name in names)
