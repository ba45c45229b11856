"""Enumerations whose members are declared together with the words that people read for them.

A member's line holds its value (which the database, JSON and commands keep), its words and the tone of its tag. Pages,
commands, figures, tables and the interface for programs read ``member.label``; nothing else lists the members' words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar, Literal, Self, get_args

Tone = Literal["plain", "green", "blue", "seal", "amber", "violet"]
TONES: frozenset[str] = frozenset(get_args(Tone))
"""Tones of a tag (``templates/components/tag.html``); the word carries the meaning, the colour only helps."""


class LabelMissing(TypeError):
    """A member of an enumeration was declared without its label."""


@dataclass(frozen=True)
class Label:
    """The words for a member of an enumeration and the tone in which they are shown.

    ``short`` is for narrow places, ``hint`` says what the choice means or what comes next, and ``public`` is what the
    public reads where that is different from what the desk reads.
    """

    words: str
    tone: Tone
    short: str = ""
    hint: str = ""
    public: Label | None = None

    @property
    def brief(self) -> str:
        """The words for a narrow place."""
        return self.short or self.words

    @property
    def for_public(self) -> Label:
        """What the public reads."""
        return self.public or self

    def complaints(self) -> Iterator[str]:
        """Yield what the label lacks, in a few words each."""
        if not self.words.strip():
            yield "has no words"
        if self.tone not in TONES:
            yield f"has the tone {self.tone!r}, which no tag has"
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and value != value.strip():
                yield f"has blanks around {field.name}"
        if self.public is not None:
            yield from self.public.complaints()


class LabelledEnum(StrEnum):
    """A string enumeration each of whose members has a label; the value stays a plain string.

    ``class Channel(LabelledEnum, translated=True)`` says that the public or enterprises read the words, so that the
    catalogues must hold them.
    """

    label: Label
    is_translated: ClassVar[bool]

    def __new__(cls, value: str, label: Label | None = None) -> Self:
        """Make a member of its value; a label that is missing is named once all members are known."""
        member = str.__new__(cls, value)
        member._value_ = value
        if label is not None:
            member.label = label
        return member

    def __init_subclass__(cls, *, translated: bool = False) -> None:
        """Check that every member has a label.

        Raises:
            LabelMissing: with the names of those that have none, or are another member by a second name.
        """
        super().__init_subclass__()
        cls.is_translated = translated
        doubled = [f"{cls.__name__}.{name}" for name, member in cls.__members__.items() if member.name != name]
        if doubled:
            raise LabelMissing(f"{', '.join(doubled)}: declared with the value of another member")
        bare = [f"{cls.__name__}.{member.name}" for member in cls if not hasattr(member, "label")]
        if bare:
            raise LabelMissing(f"{', '.join(bare)}: declared without words and tone; write NAME = value, Label(…)")

    @classmethod
    def words_of(cls, value: str) -> str:
        """Return the words for a value that was kept as text; the text itself where no member has it."""
        return next((member.label.words for member in cls if member.value == value), value)
