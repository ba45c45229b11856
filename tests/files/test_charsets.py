"""Encodings: what people wrote is read, whatever the label says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.files.charsets import decode, known

OPINION = "建议第十二条第二款中的“合理期限”改为具体的工作日天数，否则企业无法安排。"
TRADITIONAL = "建議將第十二條第二款的「合理期限」改為具體的工作天數，讓企業可以安排。"


@pytest.mark.parametrize(
    "label", [None, "gb2312", "GBK", "utf-8", "us-ascii", "iso-8859-1", "unknown-8bit", "nonsense"]
)
@pytest.mark.parametrize("written", ["utf-8", "gb18030", "utf-8-sig", "utf-16"])
def test_simplified_chinese_is_read_under_any_label(label, written):
    read = decode(OPINION.encode(written), label)
    assert read.text == OPINION
    assert read.clean


@pytest.mark.parametrize("label", [None, "big5", "gb2312", "utf-8", "us-ascii", "windows-1252"])
def test_big5_is_read_under_any_label(label):
    assert decode(TRADITIONAL.encode("big5"), label).text == TRADITIONAL


def test_gb2312_may_hold_what_only_gb18030_has():
    name = "朱镕基、㙍塬、𠮷田"
    assert decode(name.encode("gb18030"), "gb2312").text == name


@pytest.mark.parametrize("short", ["您好", "联通", "同意", "无意见", "支持", "附件", "张伟", "意见"])
@pytest.mark.parametrize("label", [None, "gb2312"])
def test_even_two_characters_are_read(short, label):
    assert decode(short.encode("gb18030"), label).text == short
    assert decode(short.encode("utf-8"), label).text == short


def test_utf_16_is_recognised_without_its_mark():
    assert decode("第一条 同意 agreed, no comment".encode("utf-16-le")).text == "第一条 同意 agreed, no comment"


def test_western_text_stays_western():
    assert decode("Café réservé à l’été".encode("cp1252"), "iso-8859-1").text == "Café réservé à l’été"


def test_a_damaged_byte_costs_one_character_and_is_told():
    damaged = bytearray(OPINION.encode("utf-8"))
    damaged[30] = 0xFF
    read = decode(bytes(damaged), "utf-8")
    assert not read.clean
    assert read.text.startswith("建议第十二条第二款")
    assert read.text.endswith("否则企业无法安排。")


def test_hz_is_read_by_its_label():
    assert decode("意见".encode("hz"), "HZ-GB-2312").text == "意见"


@pytest.mark.parametrize(
    "label", ["base64", "zip", "rot13", "unicode_escape", "idna", "../../x", "x" * 500, "", "undefined"]
)
def test_a_label_that_names_no_charset_is_none(label):
    assert known(label) is None


@given(
    st.binary(max_size=300),
    st.one_of(st.none(), st.sampled_from(["gb2312", "utf-8", "utf-7", "hz", "iso-2022-jp", "utf-16"])),
)
def test_any_bytes_are_read_without_an_error(data, label):
    text = decode(data, label).text
    text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("declared", [None, "gb2312", "iso-8859-1", "us-ascii"])
@pytest.mark.parametrize(
    "text", ["Café résumé.txt", "ФНС_РФ558.zip", "naïve.txt", "日本語の意見.txt", "한국어 의견.txt", "😀意见.txt"]
)
def test_utf_8_of_any_language_is_known_whatever_its_label(text, declared):
    assert decode(text.encode(), declared).text == text


@pytest.mark.parametrize("declared", [None, "gb2312", "iso-8859-1"])
@pytest.mark.parametrize("text", ["学习", "学习.doc", "食堂", "物业", "收费太高"])
def test_short_words_in_gbk_are_chinese_even_where_they_are_valid_utf_8(text, declared):
    assert decode(text.encode("gbk"), declared).text == text
