"""Compares names of enterprises and associations: which two may be the same organisation, written differently.

A Chinese name of an enterprise is place + trade name + line of business + legal form. Place and legal form are written
or left out at will; the trade name and the line of business identify it. 长春第一建设 and 长春第二建设 differ in one
character and are two; 长春重复建设有限公司 and 吉林省长春市重复建设有限责任公司 differ in six and may be one.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from rapidfuzz.distance import OSA

from consult.text.numerals import NUMERALS
from consult.text.simplified import simplified

_FORM = re.compile(
    r"(?:股份有限责任公司|股份有限公司|有限责任公司|有限公司|股份公司|总公司|公司|股份集团|集团|合伙企业|有限合伙|普通合伙)$"
)
_BRANCH = re.compile(
    r"(?P<head>.+?(?:公司|集团|商行|银行))(?P<own>.{0,12}?)(?:分公司|支公司|营业部|办事处|分店|分厂|分部)$"
)
_BARE_BRANCH = re.compile(r"(?P<head>.{3,}?)(?P<own>)(?:分公司|支公司)$")
_BRACKETED = re.compile(r"[(\[【〔](?P<inside>[^)\]】〕]*)[)\]】〕]")
_FILLING = re.compile(r"[\s·.\-—、,，_'\"“”]+")
_DISTRICT = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,4}?)(?P<kind>经济技术开发区|经济开发区|高新技术开发区|高新区|新区|开发区|(?<![社园小校景库厂])区|县|旗)"
)
_LEVEL = re.compile(r"全?(?P<level>[省市县区])")
_ASSOCIATION = re.compile(r"(?:协会|商会|联合会|促进会|公会|学会|研究会|联盟)(?:[(（].*)?$")
_NATION = ("中华人民共和国", "中国", "中华", "全国")

_GENERIC = re.compile(
    "|".join(
        (
            *(
                "有限责任",
                "股份",
                "有限",
                "责任",
                "公司",
                "集团",
                "企业",
                "实业",
                "行业",
                "控股",
                "投资",
                "发展",
                "开发",
                "经营",
            ),
            *(
                "工程",
                "建设",
                "建筑",
                "建材",
                "材料",
                "科技",
                "技术",
                "信息",
                "网络",
                "电子",
                "机械",
                "设备",
                "制造",
                "服务",
            ),
            *(
                "管理",
                "贸易",
                "商贸",
                "咨询",
                "文化",
                "传媒",
                "餐饮",
                "饮食",
                "食品",
                "物业",
                "物流",
                "运输",
                "医药",
                "汽车",
                "农业",
            ),
        )
    )
)
"""Generic words of a name: line of business and form."""
_GENERIC_OF_ASSOCIATIONS = re.compile("行业|企业")
_DISTINCTIVE = frozenset(f"{NUMERALS}第甲乙丙丁戊己庚辛东南西北中上下左右前后内外大小新老旧总分")
"""Characters that by themselves distinguish two organisations: 第一建设, 第二建设; 东方, 南方."""
_HOMOPHONES = str.maketrans("鸿弘洪覆帐欣鑫馨莘峰锋烽圆园源晟盛胜", "宏宏宏复账欣欣欣欣丰丰丰元元元盛盛盛")
"""Homophones that are confused in trade names."""
SHORTEST_WITH_INSERTION = 4
"""Length of a trade name from which one missing, added or swapped character counts as a typo."""
SHORTEST_WITH_SUBSTITUTION = 8
"""Length of a trade name from which one different character counts as a typo."""
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A place at the beginning of a name; no ``name``: only its level is given (市餐饮协会); no ``level``: either."""

    name: str
    level: str

    def may_be(self, other: Place) -> bool:
        """Whether both may be the same place."""
        same_name = self.name == other.name or not (self.name and other.name)
        return same_name and (self.level == other.level or not (self.level and other.level))


@dataclass(frozen=True, slots=True)
class OrganisationName:
    """A name in its parts."""

    places: tuple[Place, ...]
    trade_name: str
    """Without places, generic words and legal form; homophones are normalised."""
    generic: tuple[str, ...]
    """Line of business and form, in their order."""
    branch: str | None
    """Name of the branch, empty for an unnamed one; None if it isn't a branch."""
    association: bool


def is_lawyers_association(name: str) -> bool:
    """Whether a name is that of a lawyers' association."""
    return "律师" in name and name.rstrip("）)").endswith("协会")


@lru_cache(maxsize=8192)
def parse(name: str) -> OrganisationName:
    """Return a name in its parts."""
    plain = _FILLING.sub("", unicodedata.normalize("NFKC", _simplified(name)).upper())
    association = bool(_ASSOCIATION.search(plain))
    inside = [bracket["inside"] for bracket in _BRACKETED.finditer(plain)]
    plain = _BRACKETED.sub("", plain)
    branch, plain = _branch_of(plain)
    while (shorter := _FORM.sub("", plain)) != plain and shorter:
        plain = shorter
    places, core = _places(plain)
    for words in inside:
        bracketed, rest = _places(words + "　　")
        if bracketed and not rest.strip("　"):
            places = (*places, *(place for place in bracketed if place not in places))
        else:
            core += _FORM.sub("", words)
    generic_words = _GENERIC_OF_ASSOCIATIONS if association else _GENERIC
    trade_name, generic = generic_words.sub("", core), tuple(generic_words.findall(core))
    if not trade_name and places:  # the place is the trade name: 长春建设工程有限公司
        *left, last = places
        places, trade_name = tuple(left), last.name
    if not trade_name:
        trade_name, generic = core or plain, ()
    return OrganisationName(places, trade_name.translate(_HOMOPHONES), generic, branch, association)


def _simplified(name: str) -> str:
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return simplified(name)
    return name


def _branch_of(plain: str) -> tuple[str | None, str]:
    """Return the name of the branch, or None if it isn't one, and the name of the organisation."""
    matched = _BRANCH.fullmatch(plain) or _BARE_BRANCH.fullmatch(plain)
    return (matched["own"], matched["head"]) if matched else (None, plain)


@lru_cache(maxsize=1)
def _known_places() -> tuple[int, dict[str, Place]]:
    """Return the length of the longest word for a place, and the places by word."""
    data = tomllib.loads(resources.files("consult.text").joinpath("places.toml").read_text("utf-8"))
    known: dict[str, Place] = {words: Place("中国", "国") for words in _NATION}
    for key, level in (("provinces", "省"), ("cities", "市")):
        for pair in data[key].split():
            full, _, short = pair.partition(":")
            known.setdefault(full, Place(short, level))
            both = short in known and known[short].level != level  # 吉林 is a province and a city
            known[short] = Place(short, "" if both else level)
    return max(map(len, known)), known


def _places(plain: str) -> tuple[tuple[Place, ...], str]:
    """Return the places at the beginning of a name, and the rest."""
    places: list[Place] = []
    while len(plain) > 2:
        words, place = _first_place(plain, after_another=bool(places))
        if place is None or len(plain) - len(words) < 2:
            break
        places.append(place)
        plain = plain[len(words) :]
    return tuple(places), plain


def _first_place(plain: str, *, after_another: bool) -> tuple[str, Place | None]:
    """Return the place that a name begins with, and the words for it."""
    district = _DISTRICT.match(plain) if after_another else None  # 长春市朝阳区; 朝阳 is a city as well
    longest, known = _known_places()
    words = next((plain[:n] for n in range(longest, 1, -1) if plain[:n] in known), "")
    place = known.get(words)
    if district is not None and (place is None or len(district[0]) > len(words)):
        return district[0], Place(district["name"], "区")
    level = _LEVEL.match(plain) if place is None and not after_another else None
    if level is not None:
        return level[0], Place("", "区" if level["level"] in "县区" else level["level"])
    return words, place


def keys(name: str) -> frozenset[str]:
    """Return the lookup keys of a name: two names that ``why_alike`` takes for the same share one.

    They are made of the trade name only; thousands share a place or a line of business.
    """
    trade_name = parse(name).trade_name[:LONGEST_KEY]
    without_one = (
        trade_name[:n] + trade_name[n + 1 :] for n, character in enumerate(trade_name) if character not in _DISTINCTIVE
    )
    return frozenset((trade_name, *(without_one if len(trade_name) >= SHORTEST_WITH_INSERTION else ())))


def why_alike(name: str, other: str) -> str:
    """Return in Chinese why two names may be of the same organisation; empty when they aren't."""
    first, second = parse(name), parse(other)
    if name.strip() == other.strip():
        return "名称相同"
    if first.association != second.association or not _same_places(first, second):
        return ""
    if first.branch and second.branch and first.branch != second.branch:
        return ""
    if not (_within(first.generic, second.generic) or _within(second.generic, first.generic)):
        return ""
    if first.trade_name != second.trade_name:
        return "名称只差一两个字，可能是笔误" if _is_typo(first.trade_name, second.trade_name) else ""
    if (first.branch is None) != (second.branch is None):
        return "可能是同一家及其分支机构"
    if first.generic != second.generic:
        return "名称只差行业或者组织形式的用词"
    return "名称只差地区或者公司形式的写法"


def _same_places(first: OrganisationName, second: OrganisationName) -> bool:
    """Whether the places may be the same; the last place of an association is its level, of a firm its seat."""
    shorter, longer = sorted((first.places, second.places), key=len)
    left = iter(longer)
    within = all(any(place.may_be(other) for other in left) for place in shorter)
    if not within:
        return False
    return not (first.association and shorter) or shorter[-1].may_be(longer[-1])


def _within(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    left = iter(many)
    return all(word in left for word in few)


def _is_typo(trade_name: str, other: str) -> bool:
    """Whether two trade names differ by one typo in a character that isn't distinctive."""
    shorter, longer = sorted((trade_name, other), key=len)
    if len(longer) < SHORTEST_WITH_INSERTION or OSA.distance(trade_name, other) != 1:
        return False
    if len(shorter) != len(longer):
        (missing,) = Counter(longer) - Counter(shorter)
        return missing not in _DISTINCTIVE
    differing = {character for pair in zip(trade_name, other, strict=True) if pair[0] != pair[1] for character in pair}
    if _DISTINCTIVE & differing:
        return False
    return sorted(trade_name) == sorted(other) or len(longer) >= SHORTEST_WITH_SUBSTITUTION
