"""What the register says of a consultee in words, and how two such statements differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consult.consultees.models import ConsulteeKind, Ownership, RegisterCorrection, Size
from consult.consultees.register import SECTORS
from consult.consultees.register_history import FIELDS, LABOUR, LAWYERS

NAMES = dict(zip(FIELDS, ("类型", "规模", "行业", "所有制和特点"), strict=True))
TRAITS = {ownership.value: ownership.label.words for ownership in Ownership} | {
    LABOUR: "劳动密集型",
    LAWYERS: "律师协会",
}
UNSAID = "未填"


@dataclass(frozen=True)
class Difference:
    """A field of which the register said something else before, in words."""

    name: str
    before: str
    after: str


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return the fields that two statements of the register differ in."""
    return tuple(
        Difference(NAMES[name], in_words(name, before[name]), in_words(name, after[name]))
        for name in FIELDS
        if name in before and name in after and before[name] != after[name]
    )


def corrected(correction: RegisterCorrection) -> tuple[Difference, ...]:
    """Return what a correction of the register changed."""
    before, after = ({name: pair[n] for name, pair in correction.changes.items()} for n in (0, 1))
    return differences(before, after)


def in_words(name: str, value: str) -> str:
    """Return the value of a field (``register_history.FIELDS``) in words."""
    if not value:
        return UNSAID
    if name == "kind":
        return ConsulteeKind(value).label.words
    if name == "size":
        return Size(value).label.words
    if name == "sector":
        return SECTORS.get(value, value)
    return "、".join(TRAITS.get(trait, trait) for trait in value.split("+"))
