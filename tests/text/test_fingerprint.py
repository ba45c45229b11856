"""The same text has the same fingerprint however it was typed; another text has another."""

import pytest

from consult.text.fingerprint import fingerprint

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


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_text_typed_otherwise_has_the_same_fingerprint(one, other):
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_text_has_another_fingerprint(one, other):
    assert fingerprint(one) != fingerprint(other)


def test_a_fingerprint_is_a_sha256_of_any_text():
    assert len(fingerprint("")) == len(fingerprint("\ud800")) == len(fingerprint("同意" * 100_000)) == 64
