"""Sentences read as Chinese and can still be translated."""

from __future__ import annotations

import copy
import pickle

from consult.accounts.errors import Refused
from consult.text.sentences import Sentence, sentence

IN_ENGLISH = {"%(name)s有 %(n)s 字": "%(n)s characters in %(name)s", "主题": "the subject"}


def test_a_sentence_is_its_chinese_text() -> None:
    assert sentence("%(name)s有 %(n)s 字", name=sentence("主题"), n=9) == "主题有 9 字"
    assert sentence("100% 采纳") == "100% 采纳"


def test_a_sentence_goes_through_a_translation_with_the_sentences_in_it() -> None:
    message = sentence("%(name)s有 %(n)s 字", name=sentence("主题"), n=9)
    assert message.translated(lambda words: IN_ENGLISH[words]) == "9 characters in the subject"


def test_the_text_of_an_error_the_filled_pattern_and_a_copy_are_still_sentences() -> None:
    message = sentence("%(name)s有 %(n)s 字")
    filled = message % {"name": "甲", "n": 2}
    for carried in (str(Refused(filled)), copy.copy(filled), pickle.loads(pickle.dumps(filled))):
        assert isinstance(carried, Sentence)
        assert (carried, carried.pattern, carried.values) == ("甲有 2 字", message.pattern, {"name": "甲", "n": 2})
