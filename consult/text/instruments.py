"""The register of instruments that citations are checked against: names, versions, validity."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

_STATE: Final = "中华人民共和国"
_BRACKETS: Final = str.maketrans(
    {"(": "（", ")": "）", "<": "《", ">": "》", "〈": "《", "〉": "》", "＜": "《", "＞": "》"}
)
_TYPES: Final = re.compile(
    r"(?:实施细则|实施条例|实施办法|实施规定|暂行条例|暂行规定|暂行办法|条例|规定|办法|细则|规则|决定|意见|通知|解释|修正案|法)$"
)
_PLACE: Final = re.compile(r"^.{1,12}(?:省|市|自治区|自治州|自治县|特区|新区|地区|县|区)")
_EXPIRED: Final = frozenset(
    {"1", "true", "yes", "是", "已废止", "废止", "失效", "已失效", "已修改", "已被修改", "被修改", "无效"}
)
_VALID: Final = frozenset(
    {
        "",
        "0",
        "false",
        "no",
        "否",
        "有效",
        "现行有效",
        "现行",
        "生效",
        "已生效",
        "未失效",
        "尚未生效",
        "尚未施行",
        "未生效",
    }
)
_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+00:00(?::00)?(?:\.0+)?)?")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of an instrument; `expired` when it is no longer in force."""

    name: str
    level: str = ""
    adopted_on: date | None = None
    in_force_from: date | None = None
    expired: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, str | None]) -> Instrument:
        """Read one row of a register with the columns level, name, adopted_on, in_force_from and expired.

        A date may be written 2024-05-01, 2024/5/1, 2024.5.1 or 2024年5月1日; `expired` as 0 or 1, 是 or 否, or as the
        state of the text (现行有效、已废止…). Raises ValueError where the name is missing or a cell can't be read.
        """
        name = (row.get("name") or "").strip()
        if not name:
            raise ValueError("缺少文件名称（name）。")
        return cls(
            name=name,
            level=(row.get("level") or "").strip(),
            adopted_on=_day(row.get("adopted_on"), "adopted_on"),
            in_force_from=_day(row.get("in_force_from"), "in_force_from"),
            expired=_expired(row.get("expired")),
        )

    @property
    def began(self) -> date:
        """The first day of this version, for ordering versions."""
        return self.in_force_from or self.adopted_on or date.min


def _day(written: str | None, column: str) -> date | None:
    text = (written or "").strip()
    if not text:
        return None
    match = _DAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError(f"日期写法不对（{column}）：{text[:30]}。请写成 2024-05-01 的样子。") from None


def _expired(written: str | None) -> bool:
    text = (written or "").strip().lower()
    if text not in _EXPIRED | _VALID:
        raise ValueError(f"看不懂是否失效（expired）：{text[:30]}。请写 0 或者 1，或者“现行有效”“已废止”。")
    return text in _EXPIRED


def normalise(name: str) -> str:
    """Normalise a name for comparison: no spaces, one kind of brackets, no leading 中华人民共和国."""
    compact = "".join(name.split()).translate(_BRACKETS).removeprefix("《").removesuffix("》")
    inner = compact.replace(f"《{_STATE}", "《")
    return inner.removeprefix(_STATE) or inner


class Register:
    """All instruments known to a department, indexed by name."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._versions: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in instruments:
            self._versions[normalise(instrument.name)].append(instrument)
        for versions in self._versions.values():
            versions.sort(key=lambda version: version.began)
        self._names = list(self._versions)

    def __len__(self) -> int:
        return len(self._names)

    def versions(self, name: str) -> list[Instrument]:
        """Every version of the instrument with this name, the oldest first; none for an unknown name."""
        return self._versions.get(normalise(name), [])

    def names(self) -> Iterable[str]:
        """The normalised names."""
        return self._names

    def likely(self, name: str) -> tuple[str, bool] | None:
        """The known name that a misspelt one probably means, and whether it is certainly a misspelling.

        A name that only adds a place (某市物业管理条例) or a derived type (…法实施细则) is another instrument and has
        none; one that differs in its type too (办法 for 条例) may be either.
        """
        wanted = normalise(name)
        stem = _TYPES.sub("", wanted)
        candidates = process.extract(wanted, self._names, scorer=OSA.distance, score_cutoff=_allowed(stem) + 4, limit=8)
        untyped = stem == wanted  # the misspelling may be in the type: 暂行条列
        likely = [
            (min(OSA.distance(stem, _TYPES.sub("", known)), distance if untyped else _END), distance, known)
            for known, distance, _ in candidates
            if not _is_derived(wanted, known)
        ]
        slips = [candidate for candidate in likely if candidate[0] <= _allowed(stem)]
        if not slips:
            return None
        _, _, known = min(slips)
        return known, _TYPES.search(wanted) is None or wanted[len(stem) :] == known[len(_TYPES.sub("", known)) :]


_END: Final = 1_000  # more characters than any name has


def _allowed(stem: str) -> int:
    """The number of wrong characters in a name (without its type) up to which it counts as misspelt."""
    return 0 if len(stem) < 3 else 1 if len(stem) < 8 else 2 if len(stem) < 14 else 3


def _is_derived(name: str, known: str) -> bool:
    if name.endswith(known):
        return _PLACE.match(name[: -len(known)] + "") is not None
    return name.startswith(known) and _TYPES.fullmatch(name[len(known) :]) is not None
