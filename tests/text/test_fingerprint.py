"""The same text has the same fingerprint however it was typed; another text has another."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.fingerprint import INVISIBLE, SAME_MARK, fingerprint, normalise

SAME = [
    ("建议删去第十二条。", "建议删去第十二条"),
    ("建议删去第１２条", "建议删去第12条"),
    ("建议，删去第十二条", "建议,删去 第十二条\r\n"),
    ("“同意”", '"同意"'),
    ("「同意」", "“同意”"),
    ("Agree", "ＡＧＲＥＥ"),
    ("同意\u200b", "\u3000同意"),
    ("同意……", "同意"),
]
OTHER = [
    ("税率改为3.5%", "税率改为35%"),
    ("同意", "不同意"),
    ("删去第十二条", "删去第十三条"),
    ("甲,乙", "甲;乙"),
    ("", "。"),
]


@pytest.mark.parametrize(("text", "other"), SAME)
def test_the_same_text_typed_otherwise_has_the_same_fingerprint(text, other):
    assert fingerprint(text) == fingerprint(other)


@pytest.mark.parametrize(("text", "other"), OTHER)
def test_another_text_has_another_fingerprint(text, other):
    assert fingerprint(text) != fingerprint(other)


def test_a_fingerprint_is_a_sha256_of_any_text():
    assert len(fingerprint("")) == len(fingerprint("\ud800")) == len(fingerprint("同意" * 100_000)) == 64


JOINING = "\u0301\u0323\u0338\u1100\u1161\u11a8가ᄀ\u3099か"
"""Characters that normal form puts in order or joins with what stands beside them."""


@given(st.text() | st.text("意见,.…－—·・“》<=＜＞，（）％１Ａı İß\t\n\u3000\u00a0\u200b\u00ad" + JOINING))
def test_character_by_character_gives_what_the_whole_at_once_gives(text):
    folded = unicodedata.normalize("NFKC", text).casefold().translate(SAME_MARK)
    squeezed = "".join(c for c in folded if unicodedata.category(c) not in INVISIBLE)
    assert normalise(text) == (squeezed.rstrip(".,;:?!-~") or squeezed)
