"""The form that says which columns of a table hold which field, the same for every kind of table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import request
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from consult.labels import LabelledEnum

NO_COLUMN = "表里没有"
NOT_READ = "不导入"
MORE = "more-{}"
"""What the form calls the choice for a column, by its place from 0, that isn't the first of a field."""


class ColumnField(SelectField):
    """One of a table's columns, or none."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, default="", invalid_choice_message="表里没有这一列，请从列出的列里选。", **options)


class ColumnsForm(FlaskForm):
    """A field of the form for the first column of each field, and one for every further column of the table."""

    fields: type[LabelledEnum]
    columns: Sequence[str] = ()
    chosen: Mapping[LabelledEnum, Sequence[str]] = {}

    def offer(self, columns: Sequence[str], chosen: Mapping[Any, Sequence[str]]) -> None:
        """Let every field choose among the table's columns; ``chosen`` are those chosen before."""
        self.columns, self.chosen = columns, chosen
        options = [SelectChoice("", NO_COLUMN), *(SelectChoice(name, name) for name in columns)]
        for field in self.fields:
            self[field.value].choices = options
            if not request.form:
                self[field.value].data = next(iter(chosen.get(field, ())), "")

    @property
    def firsts(self) -> list[Any]:
        """The fields of the form, one for each field of the table, in order."""
        return [self[field.value] for field in self.fields]

    @property
    def others(self) -> list[tuple[str, str, str]]:
        """The columns that aren't the first of a field: name in the form, name in the table, and the field chosen."""
        firsts = {self[field.value].data for field in self.fields}
        further = {name: field.value for field, names in self.chosen.items() for name in names[1:]}
        return [
            (MORE.format(place), column, request.form.get(MORE.format(place), further.get(column, "")))
            for place, column in enumerate(self.columns)
            if column not in firsts
        ]

    def mapping(self) -> dict[Any, tuple[str, ...]]:
        """Return what was chosen, in the table's order; a field without columns isn't in the table."""
        chosen: dict[Any, set[str]] = {field: {self[field.value].data or ""} for field in self.fields}
        known = {field.value: field for field in self.fields}
        for place, column in enumerate(self.columns):
            further = known.get(request.form.get(MORE.format(place), ""))
            if further is not None and column not in {name for names in chosen.values() for name in names}:
                chosen[further].add(column)
        return {field: tuple(name for name in self.columns if name in names) for field, names in chosen.items()}


Form = TypeVar("Form", bound=ColumnsForm)


def with_columns(kind: type[LabelledEnum]) -> Callable[[type[Form]], type[Form]]:
    """Return the decorator that gives a form a choice of column for each field of a table."""

    def add(form: type[Form]) -> type[Form]:
        form.fields = kind
        for field in kind:
            setattr(form, field.value, ColumnField(field.label.words))
        return form

    return add
