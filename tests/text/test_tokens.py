"""What is indexed is found again, by queries of one, two and more characters."""

import csv
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.tokens import query_tokens, tokens

TEXT = "建议在物业管理条例第十二条中增加电梯加装的补偿标准（ＱＲ码 Wi-Fi 2026）"


@pytest.mark.parametrize(
    "query", ["梯", "电梯", "物业", "物业管理", "加装的补偿", "qr", "QR码", "２０２６", "wi-fi", "十二条", "条例 电梯"]
)
def test_a_query_finds_the_text_that_has_it(query):
    assert query_tokens(query)
    assert set(query_tokens(query)) <= set(tokens(TEXT))


@pytest.mark.parametrize("query", ["车", "停车", "物管", "业物", "2027", "电的"])
def test_a_query_does_not_find_the_text_that_lacks_it(query):
    assert not set(query_tokens(query)) <= set(tokens(TEXT))


def test_long_words_are_tokens_of_their_own():
    assert "物业管理" in tokens(TEXT)


def test_a_token_stands_once_and_holds_no_blank():
    found = tokens(TEXT * 3)
    assert len(found) == len(set(found))
    assert not any(character.isspace() for token in found for character in token)


def test_signs_alone_give_no_tokens():
    assert tokens("，。！？ \n\t——……") == []
    assert query_tokens("%'\"*") == []


def test_rare_characters_are_found_too():
    assert query_tokens("𠮷野") == ["𠮷野"]
    assert set(query_tokens("𠮷")) <= set(tokens("𠮷野家"))


@given(st.text(max_size=80))
def test_any_text_is_found_by_itself(text):
    assert set(query_tokens(text)) <= set(tokens(text))


@given(
    st.text("甲乙丙丁一二三abAB１2 ，。", max_size=30), st.text("甲乙丙丁一二三abAB１2 ，。", min_size=1, max_size=10)
)
def test_a_text_is_found_by_each_part_of_it_that_stands_between_signs(before, part):
    assert set(query_tokens(part)) <= set(tokens(f"{before}。{part}。{before}"))


def test_the_dictionary_is_not_loaded_before_it_is_needed():
    code = "import sys; import consult.text.tokens as t; t.query_tokens('物业管理'); print('rjieba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


@pytest.mark.corpus
def test_real_messages_are_found_by_any_two_neighbouring_characters_of_theirs(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = [row["body"] for row in csv.DictReader(file)][:300]
    for body in bodies:
        index = set(tokens(body))
        assert all(
            set(query_tokens(body[at : at + 2])) <= index for at in range(0, len(body) - 1, 7) if _whole(body, at)
        )


def _whole(body, at):
    """Two neighbours that do not cut a word of letters or digits in two."""
    return not any(character.isascii() and character.isalnum() for character in body[max(0, at - 1) : at + 3])
