"""Maps the columns of a table of enterprises to fields, and parses their values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from consult.consultees.errors import ConsulteeRefused
from consult.consultees.industries import sections_of
from consult.consultees.models import ConsulteeKind, Ownership, Size
from consult.consultees.register import SECTORS
from consult.files.tables import TableRefused
from consult.files.tables.known_tables import opinion_columns, organisation_columns
from consult.labels import Label, LabelledEnum


class Field(LabelledEnum):
    """A field that an import reads."""

    NAME = "name", Label("单位名称", "plain")
    CREDIT_CODE = "credit_code", Label("统一社会信用代码", "plain")
    KIND = "kind", Label("类型", "plain")
    SIZE = "size", Label("规模", "plain")
    SECTOR = "sector", Label("行业", "plain")
    OWNERSHIP = "ownership", Label("所有制", "plain")
    LABOUR_INTENSIVE = "labour_intensive", Label("劳动密集型", "plain")
    REGION = "region", Label("地区", "plain")
    ADDRESS = "address", Label("地址", "plain")
    CONTACT_NAME = "contact_name", Label("联系人", "plain")
    PHONE = "phone", Label("电话", "plain")
    EMAIL = "email", Label("电子邮箱", "plain")


_NAMES: dict[Field, tuple[str, ...]] = {
    Field.NAME: (
        *("name", "单位名称", "企业名称", "公司名称", "单位", "企业", "公司", "商会名称", "协会名称", "名称"),
        *("机构名称", "市场主体名称", "company", "organisation", "organization", "enterprise"),
    ),
    Field.CREDIT_CODE: (
        *("credit_code", "统一社会信用代码", "社会信用代码", "信用代码", "机构代码", "组织机构代码", "代码"),
        *("uscc", "code", "creditcode"),
    ),
    Field.KIND: ("kind", "类型", "单位类型", "主体类型", "性质", "单位性质", "类别", "type"),
    Field.SIZE: ("size", "规模", "企业规模", "单位规模", "划型", "scale"),
    Field.SECTOR: ("sector", "行业", "所属行业", "行业门类", "行业类别", "行业代码", "industry"),
    Field.OWNERSHIP: (
        *(
            "ownership",
            "所有制",
            "所有制性质",
            "所有制类型",
            "企业性质",
            "经济类型",
            "经济性质",
            "登记注册类型",
            "注册类型",
        ),
    ),
    Field.LABOUR_INTENSIVE: ("labour_intensive", "劳动密集型", "是否劳动密集型", "劳动密集", "劳动密集型企业"),
    Field.REGION: (
        *("region", "地区", "所在地区", "区域", "行政区划", "所在地", "区县", "城市", "city", "district"),
        *(
            "所在市州",
            "市州",
            "所在市",
            "所在区县",
            "所在县区",
            "所在区",
            "所在城市",
            "地市",
            "所属地区",
            "所属区域",
            "辖区",
        ),
    ),
    Field.ADDRESS: ("address", "地址", "通讯地址", "通信地址", "联系地址", "注册地址", "住所"),
    Field.CONTACT_NAME: (
        "contact_name",
        "联系人",
        "联系人姓名",
        "联络员",
        "联络人",
        "联系人员",
        "姓名",
        "经办人",
        "contact",
        "person",
    ),
    Field.PHONE: ("phone", "电话", "联系电话", "手机", "手机号", "手机号码", "联系方式", "mobile", "tel"),
    Field.EMAIL: ("email", "电子邮箱", "邮箱", "联系邮箱", "电子邮件", "e-mail", "mail"),
}
_FILLING = re.compile(r"[\s_\-—:：*（）()【】\[\]]+")
_KIND_WORDS = {
    ConsulteeKind.ASSOCIATION: ("association", "协会", "商会", "行业协会商会", "chamber"),
    ConsulteeKind.GROUP_ORGANISATION: (
        *("group_organisation", "人民团体", "社会组织", "群众团体", "群团组织", "社会团体", "群众代表"),
    ),
    ConsulteeKind.GOVERNMENT_UNIT: ("government_unit", "机关", "机关单位", "政府部门", "行政机关", "government"),
    ConsulteeKind.ENTERPRISE: (
        *("enterprise", "企业", "公司", "个体工商户", "个体", "经营主体", "company"),
        *("国企", "央企", "民企", "私企", "外企", "民营", "私营", "国有", "外资", "集体所有制", "劳动密集"),
    ),
}
_ASSOCIATION = re.compile(r"(协会|商会|联合会|促进会|同业公会)(（.*）|\(.*\)|.{0,4}(分会|联络处))?$")
_GROUP = re.compile(r"(总工会|工会|妇女联合会|妇联|残疾人联合会|残联|消费者(权益保护)?委员会|消费者协会)$")
_GOVERNMENT = re.compile(
    r"(人民政府|(?<![一二三四五六七八九十])局|财政厅|[省自治区].{2,12}厅|人民法院|人民检察院|街道办事处"
    r"|(发展和改革|卫生健康|国有资产监督管理|住房和城乡建设|城乡建设)委员会|政府办公[厅室])$"
)
_OWNERSHIP_WORDS = {
    Ownership.STATE: ("state", "国有", "国企", "央企", "全民所有制", "国有独资", "国有控股"),
    Ownership.PRIVATE: ("private", "民营", "民企", "私营", "私企", "私有", "个体", "自然人"),
    Ownership.FOREIGN: ("foreign", "外资", "外企", "外商", "港澳台", "合资", "三资"),
    Ownership.COLLECTIVE: ("collective", "集体"),
}
_MIXED = ("混合", "股份", "有限责任", "其他", "无", "/", "—")
"""Values of a column of ownership that don't identify the owner."""
_YES, _NO = ("是", "1", "√", "y", "yes", "true", "有"), ("否", "0", "×", "n", "no", "false", "不是", "无", "/", "—")
_SIZES = {
    Size.LARGE: ("large", "大", "大型", "大型企业"),
    Size.MEDIUM: ("medium", "中", "中型", "中型企业"),
    Size.SMALL: ("small", "小", "小型", "小型企业", "小微", "小微企业", "规下"),
    Size.MICRO: ("micro", "微", "微型", "微型企业", "个体工商户", "个体"),
}
_DIVISIONS = (
    *((5, "A"), (12, "B"), (43, "C"), (46, "D"), (50, "E"), (52, "F"), (60, "G"), (62, "H"), (65, "I"), (69, "J")),
    *((70, "K"), (72, "L"), (75, "M"), (79, "N"), (82, "O"), (83, "P"), (85, "Q"), (90, "R"), (96, "S"), (97, "T")),
)
"""Last division of each section of GB/T 4754-2017."""

Columns = dict[Field, tuple[str, ...]]
"""Names of a field's columns in the table's order; a field that the table doesn't have is left out."""
_LONG = 5
"""Characters of a part of a section's name that mean no other section."""
_SEVERAL = (Field.CONTACT_NAME, Field.PHONE, Field.EMAIL)
"""Fields of which all columns of one name are read."""
_AGAIN = re.compile(r"（\d+）$")


def _plain(name: str) -> str:
    return _FILLING.sub("", unicodedata.normalize("NFKC", name).casefold())


def names_a_field(words: str) -> bool:
    """Whether a text is a column name."""
    plain = _plain(words)
    return any(plain == _plain(name) for names in _NAMES.values() for name in names)


def hint(column: str) -> str:
    """Say what a column that isn't used seems to hold; nothing where that can't be seen."""
    plain = _plain(_AGAIN.sub("", column))
    for field, names in _NAMES.items():
        known = [_plain(name) for name in names]
        if plain in known or any(plain.endswith(name) for name in known if len(name) > 1 and not name.isascii()):
            return f"可能是“{field.label.words}”，未导入：要导入的，请指定对应字段"
    return ""


def names_organisations(column: str) -> bool:
    """Whether a column holds the names of organisations by its own name alone."""
    return _plain(column) in {_plain(name) for name in _NAMES[Field.NAME]}


def choose(columns: Sequence[str], given: Mapping[Field, Sequence[str]]) -> Columns:
    """Return the columns of each field: as given, else guessed from the names.

    Arguments:
        given: no columns mean that the table has none.

    Raises:
        TableRefused: a given column is missing, there is none for the name, or the table holds opinions.
    """
    listed = "、".join(columns)
    for field, names in given.items():
        for column in names:
            if column not in columns:
                raise TableRefused(f"表里没有“{column}”这一列（要作为{field.label.words}）。表头现有：{listed}。")
    if Field.NAME not in given:
        _refuse_opinions(columns)
    chosen: Columns = {field: tuple(dict.fromkeys(filter(None, names))) for field, names in given.items()}
    for exact in (True, False):  # every exact name before any that only resembles one
        for field in Field:
            if not chosen.get(field) and field not in given:
                taken = {name for names in chosen.values() for name in names}
                chosen[field] = _guess(field, columns, taken, exact=exact)
    if not chosen.get(Field.NAME):
        raise TableRefused(
            f"看不出哪一列是单位名称。表头现有：{listed}。"
            f"表头如果有合并的单元格，请改成一行、每列一个名称；或者指定列，例如 --map name={columns[0]}"
        )
    return {field: chosen[field] for field in Field if chosen.get(field)}


def _refuse_opinions(columns: Sequence[str]) -> None:
    signs = [] if organisation_columns(columns, beside_opinions=True) else opinion_columns(columns)
    if signs:
        raise TableRefused(
            f"这张表像是来件（有“{'”“'.join(signs[:3])}”列），不是企业名录。来件请在该征求意见的“登记来件”用表格导入"
            "（flask submissions import）；确实是名录的，请指定单位名称所在列，例如 --map name=列名"
        )


def _guess(field: Field, columns: Sequence[str], taken: set[str], *, exact: bool) -> tuple[str, ...]:
    free = {_plain(column): column for column in reversed(columns) if column not in taken}
    for name in map(_plain, _NAMES[field]):
        match = free.get(name, "") if exact else ""
        if not exact and len(name) > 1 and not name.isascii():
            match = next((column for plain, column in free.items() if plain.endswith(name)), "")
        if match:
            base = _AGAIN.sub("", match)
            several = field in _SEVERAL
            return tuple(c for c in columns if c == match or (several and c not in taken and _AGAIN.sub("", c) == base))
    return ()


def stored(columns: Mapping[Field, Sequence[str]]) -> dict[str, str | list[str]]:
    """Return columns as they are stored and printed: one name, or a list of several."""
    return {field.value: names[0] if len(names) == 1 else list(names) for field, names in columns.items() if names}


def from_stored(columns: Mapping[str, str | Sequence[str]]) -> Columns:
    """Return the columns of ``stored``."""
    return {Field(field): (names,) if isinstance(names, str) else tuple(names) for field, names in columns.items()}


def read_kind(words: str, name: str) -> ConsulteeKind:
    """Return the kind by the table's value, else by the name.

    Raises:
        ConsulteeRefused: an unknown kind.
    """
    plain = _plain(words)
    if not plain:
        if _GROUP.search(name):
            return ConsulteeKind.GROUP_ORGANISATION
        if _GOVERNMENT.search(name):
            return ConsulteeKind.GOVERNMENT_UNIT
        return ConsulteeKind.ASSOCIATION if _ASSOCIATION.search(name) else ConsulteeKind.ENTERPRISE
    for kind, known in _KIND_WORDS.items():
        if plain in known or any(word in plain for word in known if not word.isascii()):
            return kind
    raise ConsulteeRefused(f"类型“{words}”无法识别，应当是企业、行业协会商会、社会组织或者机关单位")


def read_size(words: str) -> Size | None:
    """Return the size of an enterprise; None for nothing.

    Raises:
        ConsulteeRefused: an unknown size.
    """
    plain = _plain(words)
    if not plain or plain in ("无", "/", "—"):
        return None
    for size, known in _SIZES.items():
        if plain in known:
            return size
    begun = [size for size, known in _SIZES.items() if plain.startswith(tuple(w for w in known if w.endswith("型")))]
    if len(begun) == 1:
        return begun[0]
    raise ConsulteeRefused(f"规模“{words}”无法识别，应当是大型、中型、小型或者微型")


def read_ownership(words: str, kind: str) -> Ownership | None:
    """Return the ownership by its column, else by the column of the kind (国企、民企、外企).

    Raises:
        ConsulteeRefused: an unknown form of ownership.
    """
    for plain in (_plain(words), _plain(kind)):
        for ownership, known in _OWNERSHIP_WORDS.items():
            if plain and any(plain == word or (not word.isascii() and word in plain) for word in known):
                return ownership
    if words.strip() and not any(word in _plain(words) or word == words.strip() for word in _MIXED):
        raise ConsulteeRefused(f"所有制“{words}”无法识别，应当是国有、民营、外资或者集体")
    return None


def read_labour(words: str, kind: str) -> bool | None:
    """Return whether an enterprise is labour-intensive; None where neither column says so.

    Raises:
        ConsulteeRefused: the words are neither yes nor no.
    """
    plain = _plain(words)
    if plain in _NO:
        return False
    if plain in _YES or "劳动密集" in plain or "劳动密集" in _plain(kind):
        return True
    if plain:
        raise ConsulteeRefused(f"劳动密集型“{words}”无法识别，应当是“是”或者“否”")
    return None


def read_sector(words: str) -> str:
    """Return the section of GB/T 4754 that a letter, a code (``H62``, ``6210``) or a name stands for; empty for none.

    A name may be that of a section, division, group or class, as offices shorten it.

    Raises:
        ConsulteeRefused: no such section.
    """
    plain = unicodedata.normalize("NFKC", words).strip().upper()
    if not plain:
        return ""
    coded = re.match(r"([A-T])(?![A-Z])", plain) or re.search(r"\(([A-T])\d*\)$", plain)
    if coded:
        return coded[1]
    if re.fullmatch(r"\d{2,4}", plain):
        section = next((letter for last, letter in _DIVISIONS if 0 < int(plain[:2]) <= last), "")
        if section:
            return section
    bare = plain.removesuffix("业")
    for letter, name in SECTORS.items():
        parts = (part.removesuffix("业") for part in re.split("[、和及]", name))
        if plain == name or bare in parts or (len(plain) >= _LONG and plain in name):
            return letter
    sections = sections_of(plain)
    if len(sections) == 1:
        return sections[0]
    may_be = f"，可能是{'或者'.join(f'{letter} {SECTORS[letter]}' for letter in sections[:3])}" if sections else ""
    raise ConsulteeRefused(f"行业“{words}”无法识别{may_be}，应当是 GB/T 4754 的门类、大类、中类或者小类")
