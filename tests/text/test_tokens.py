"""Words of a title, cut by the dictionary."""

import subprocess
import sys

from consult.text.tokens import cut


def test_chinese_is_cut_into_words_and_the_rest_stays_whole():
    assert cut("物业管理条例（ＱＲ码 2026）") == ["物业管理", "条例", "qr", "码", "2026"]


def test_signs_alone_give_no_words():
    assert cut("，。！？ \n\t——……") == []


def test_the_dictionary_is_not_loaded_before_it_is_needed():
    code = "import sys; import consult.text.tokens; print('rjieba' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
