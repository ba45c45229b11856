"""Every enumeration that people read has a label beside each member; a member without one is named."""

from __future__ import annotations

import ast
import inspect
import pickle
import sys
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from consult.faces import i18n
from consult.intake.models import Channel
from consult.labels import TONES, Label, LabelledEnum, LabelMissing
from scripts import labels, translations

NEVER_SHOWN = {
    "consult.accounts.permissions.Act": "names acts in the ledger; the record's page has its own words for every act",
    "consult.drafting.draft_units.Shape": "how a block of a draft is laid out",
    "consult.drafting.models.Stage": "what is stored of a state; people read State",
    "consult.drafting.queries.PublicList": "a section of the public lists, whose headings are sentences of the page",
    "consult.files.clamd.Finding": "what the scanner answered; a file that is held back shows the signature",
    "consult.files.mail.message.TextSource": "which part of a message was read",
    "consult.files.tables.errors.Odd": "what a cell is; the import that refuses it says so in a sentence",
    "consult.intake.models.Work": "what a file is read for, in the worker's table",
    "consult.law.calendar.DayKind": "an answer of the calendar's arithmetic",
    "consult.law.conditions.finding.State": "what one condition finds; people read CheckState",
    "consult.law.reviews.Conclusion": "the rule file names every conclusion",
    "consult.law.reviews.ReviewKind": "the rule file names every kind of review",
    "consult.law.rule_rows.Bound": "a word of the rule file",
    "consult.law.rule_rows.Direction": "a word of the rule file",
    "consult.law.rule_rows.Effect": "a word of the rule file",
    "consult.law.rule_rows.Unit": "a word of the rule file",
    "consult.ledger.faults.Damage": "a code in the JSON of a check; the fault's message is a sentence",
    "consult.mailbox.models.Ending": "why the mailbox stopped asking for a message",
    "consult.files.export.volume.Look": "how a line stands on a page",
    "consult.text.comparison.wording.Op": "a piece of a comparison, shown by ins and del",
    "consult.text.parser.tree.Form": "how a draft is organised",
    "consult.text.parser.tree.Kind": "the level of a provision, which its own number names",
    "consult.text.privacy.names.Style": "how a name is masked",
    "consult.text.replies.Reply": "what a reply looks like; people read ResponseStanding",
}
SHOWN = [enumeration for enumeration in labels.enumerations() if labels.name_of(enumeration) not in NEVER_SHOWN]
LABELLED = labels.labelled()
STYLES = Path(__file__).parent.parent / "static/site.css"


@cache
def translated() -> frozenset[str]:
    """Return the sentences that both catalogues translate."""
    sets = [
        {message.id for message in i18n.read_catalogue(locale) if isinstance(message.id, str) and message.string}
        for locale in (translations.TRADITIONAL, translations.ENGLISH)
    ]
    return frozenset(set.intersection(*sets))


def with_another_member(enumeration: type[LabelledEnum], declaration: str) -> type[LabelledEnum]:
    """Return an enumeration as it is made in a copy of its module where one more member is declared."""
    source = inspect.getsource(enumeration)
    [tree] = ast.parse(source).body
    assert isinstance(tree, ast.ClassDef)
    last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Assign))
    lines = source.splitlines()
    lines.insert(last, f"    ONE_MORE = {declaration}")
    copy: dict[str, Any] = {**vars(sys.modules[enumeration.__module__]), "__name__": "a_copy", "Label": Label}
    exec("\n".join(lines), copy)
    made: type[LabelledEnum] = copy[enumeration.__name__]
    return made


@pytest.mark.parametrize("enumeration", SHOWN, ids=labels.name_of)
def test_every_member_has_words_tone_and_translation(enumeration: type[StrEnum]) -> None:
    assert labels.complaints(enumeration, translated()) == []


def test_the_exceptions_are_enumerations_without_labels() -> None:
    bare = {
        labels.name_of(enumeration)
        for enumeration in labels.enumerations()
        if not issubclass(enumeration, LabelledEnum)
    }
    assert bare == set(NEVER_SHOWN)


def test_an_enumeration_without_labels_is_named() -> None:
    class Season(StrEnum):
        SPRING = "spring"

    assert labels.complaints(Season) == ["Season: its members have no labels"]


@pytest.mark.parametrize("enumeration", LABELLED, ids=labels.name_of)
def test_a_member_that_was_added_without_a_label_is_named(enumeration: type[LabelledEnum]) -> None:
    with pytest.raises(LabelMissing, match=rf"^{enumeration.__name__}\.ONE_MORE: declared without words and tone"):
        with_another_member(enumeration, '"one-more"')


@pytest.mark.parametrize("enumeration", LABELLED, ids=labels.name_of)
def test_a_member_that_was_added_with_half_a_label_is_named_with_what_it_lacks(
    enumeration: type[LabelledEnum],
) -> None:
    more = with_another_member(enumeration, '"one-more", Label("", "pink")')
    complaints = labels.complaints(more, {*translated(), ""})
    assert complaints == [
        f"{enumeration.__name__}.ONE_MORE has no words",
        f"{enumeration.__name__}.ONE_MORE has the tone 'pink', which no tag has",
    ]


@pytest.mark.parametrize(
    "enumeration", [enumeration for enumeration in LABELLED if enumeration.is_translated], ids=labels.name_of
)
def test_a_member_that_was_added_without_a_translation_is_named(enumeration: type[LabelledEnum]) -> None:
    more = with_another_member(enumeration, '"one-more", Label("尚无译文的词", "green")')
    assert labels.complaints(more, translated()) == [
        f"{enumeration.__name__}.ONE_MORE is not translated: 尚无译文的词",
    ]


@pytest.mark.parametrize("tone", sorted(TONES - {"plain"}))
def test_a_tag_has_every_tone(tone: str) -> None:
    assert f".tag-{tone} {{" in STYLES.read_text(encoding="utf-8")


def test_a_member_stays_the_plain_string_that_is_stored() -> None:
    assert str(Channel.WEB) == f"{Channel.WEB}" == Channel.WEB.value == "web"
    assert Channel("web") is Channel.WEB
    assert pickle.loads(pickle.dumps(Channel.WEB)) is Channel.WEB
