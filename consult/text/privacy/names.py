"""Masks the name of a sender as published feedback tables do: 朱**, 张*祥."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from consult.text.privacy import detection
from consult.text.privacy.surnames import COMPOUND, ORGANISATION_ENDINGS, surname_of

STAR = "*"
ANONYMOUS = "匿名"
LEAST_ORGANISATION = 4
LONGEST_PERSON = 4
HONORIFICS = (
    "先生",
    "女士",
    "小姐",
    "同志",
    "老师",
    "阿姨",
    "大爷",
    "师傅",
    "同学",
    "医生",
    "律师",
    "教授",
    "经理",
)
CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class Style(StrEnum):
    """How a person's name is masked: keeping the surname (朱**), or both ends (张*祥)."""

    SURNAME = "surname"
    ENDS = "ends"


def mask_name(name: str, *, style: Style = Style.SURNAME, keep_organisations: bool = True) -> str:
    """Mask a name for publication.

    A Chinese name keeps its surname, compound ones whole (欧阳**), and gets one star for each further
    character, two at the most; with `Style.ENDS` a name of three or more keeps its last character (张*祥),
    and a name of two is masked as with `Style.SURNAME`. A foreign name keeps its first character (J**, 约**).
    A name made of digits, an e-mail address or a nickname keeps at most its first letter. An organisation is
    kept, private data in its name masked, or (not `keep_organisations`) keeps its first character and its kind
    (长**公司). No name at all gives 匿名.
    """
    name = " ".join(unicodedata.normalize("NFKC", name).split())
    if not any(character.isalnum() for character in name):
        return ANONYMOUS
    if is_organisation(name):
        return detection.mask(name, detection.find(name)) if keep_organisations else _mask_organisation(name)
    squeezed = name.replace(" ", "")
    if not CJK.match(squeezed):
        return _mask_foreign(squeezed)
    honorific = next(
        (honorific for honorific in HONORIFICS if squeezed.endswith(honorific) and len(squeezed) > len(honorific)), ""
    )
    squeezed = squeezed.removesuffix(honorific)
    if honorific and len(squeezed) == 1:
        return squeezed + STAR * 2
    if len(squeezed) > LONGEST_PERSON or any(not CJK.match(character) for character in squeezed):
        return squeezed[0] + STAR * 2
    return _mask_chinese(squeezed, style)


def is_organisation(name: str) -> bool:
    """Whether a name is that of an organisation, judged by its ending."""
    name = re.sub(r"[（(][^（）()]*[）)]\s*$", "", name).rstrip() or name
    if name[:2] in COMPOUND and len(name) <= LONGEST_PERSON:
        return False
    if re.search(r"(?i)\b(?:co|ltd|inc|llc|gmbh|corp|corporation|company|association|limited)\.?$", name):
        return True
    return len(name) >= LEAST_ORGANISATION and name.endswith(ORGANISATION_ENDINGS)


def _mask_chinese(name: str, style: Style) -> str:
    surname = surname_of(name)
    kept = surname if surname and len(name) > len(surname) else name[0]
    hidden = len(name) - len(kept)
    if style is Style.ENDS and hidden >= 2:
        return kept + STAR * (hidden - 1) + name[-1]
    return kept + STAR * max(1, min(2, hidden))


def _mask_foreign(name: str) -> str:
    first = name[0]
    return (first if first.isalpha() else "") + STAR * (2 if first.isalpha() else 3)


def _mask_organisation(name: str) -> str:
    ending = max((ending for ending in ORGANISATION_ENDINGS if name.endswith(ending)), key=len, default="")
    return name[0] + STAR * 2 + ending
