"""Finds e-mail addresses, also written out (at, 艾特, 点, dot) so that no machine should see them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from consult.text.privacy.kinds import Kind, Span
from consult.text.privacy.normalised import Normalised

LOCAL = r"[^\s@<>()\[\]{},;:\"'，。；：、（）【】《》“”！？!?\u3400-\u9fff]"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
DOT = r"(?:[ ]{0,2}[.。][ ]{0,2}(?=(?:com|cn|net|org|edu|gov|cc|me|hk|tw)\b)|\.)"
EMAIL = re.compile(
    rf"(?i){LOCAL}{{0,64}}[ ]{{0,2}}@[ ]{{0,2}}{HOST}(?:{DOT}{HOST})+|{LOCAL}{{1,64}}@{HOST}"
    rf"|{LOCAL}{{0,64}}@[\w\-]{{1,200}}\.[\w.\-]{{1,40}}"
    rf"|{LOCAL}{{1,64}}@[A-Za-z0-9.\-]+|{LOCAL}{{0,64}}@(?=\S{{1,100}}\.\S)"
)
PROVIDER = (
    r"(?:vip[ ]?\.?[ ]?qq|qq|foxmail|163|126|yeah|sina|sohu|139|189|188"
    r"|wo|aliyun|tom|21cn|gmail|hotmail|outlook|live|msn|yahoo"
    r"|icloud|一六三|一二六)"
)
ENDING = r"(?:com|cn|net|org|edu|gov|cc|me)(?:(?:\.|点|dot)cn)?"
SPELLED_DOT = r"[ ]{0,2}(?:[.。·丶、]|点儿?|[(\[{【<](?:dot|点|\.)[)\]}】>]|(?<=[ _\-])dot(?=[ _\-])|dot)[ ]{0,2}"
SPELLED_AT = (
    r"[ ]{0,2}(?:[(\[{【<][ ]?(?:at|艾特|圈a|a|@|小老鼠)[ ]?[)\]}】>]|[_\-]at[_\-]|艾特|爱特|圈a|小老鼠|老鼠号|花a"
    r"|(?<=[ ])at(?=[ ])|[#★☆&*$￥%])[ ]{0,2}"
)
SPELLED_EMAIL = re.compile(
    rf"(?i)[A-Za-z0-9][A-Za-z0-9._+\-]{{1,40}}{SPELLED_AT}(?:{PROVIDER}|{HOST}(?=[ ]?(?:[.。点·丶]|[(\[{{【 ]?dot)))"
    rf"(?:{SPELLED_DOT}{HOST}){{0,2}}?{SPELLED_DOT}{ENDING}(?![A-Za-z0-9])"
)
NAMED_AT = re.compile(rf"(?i)(?:艾特|爱特|圈a|小老鼠|@)[ ]{{0,2}}{PROVIDER}{SPELLED_DOT}{ENDING}(?![A-Za-z0-9])")
"""What stands before it may be written in Chinese: 张三艾特163点com."""
BARE_AT = re.compile(
    rf"(?i)(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._+\-]{{2,40}}at{PROVIDER}(?:{SPELLED_DOT}|dot){ENDING}(?![A-Za-z0-9])"
)
LABELLED_EMAIL = re.compile(
    rf"(?i)(?:邮箱|邮件|电邮|email|e-mail|mail)[^A-Za-z0-9\n]{{0,6}}(?P<datum>[A-Za-z0-9][A-Za-z0-9._+\-]{{2,40}}"
    rf"[^A-Za-z0-9\n]{{0,4}}{PROVIDER}{SPELLED_DOT}{ENDING})"
)
NUMBER_AT_PROVIDER = re.compile(
    r"(?i)(?:(?:qq|扣扣|网易|163|126|新浪|139)邮箱)[ ]?(?:号|账号|地址)?[ ]?[:是为]?[ ]?"
    r"(?P<datum>[0-9]{5,12}|[A-Za-z][A-Za-z0-9_.]{4,20})(?![A-Za-z0-9@])"
)
SIGNS = re.compile(rf"(?i)@|at|艾特|爱特|圈a|老鼠|花a|邮|mail|[#★☆&*$￥%][ ]{{0,2}}{PROVIDER}")


def find_emails(flat: Normalised) -> Iterator[Span]:
    """Yield the spans of e-mail addresses; they may overlap."""
    text = flat.text
    if SIGNS.search(text) is None:
        return
    if "@" in text:
        yield from ((Kind.EMAIL, *match.span()) for match in EMAIL.finditer(text))
    for pattern in (SPELLED_EMAIL, NAMED_AT, BARE_AT, LABELLED_EMAIL, NUMBER_AT_PROVIDER):
        group = "datum" if "datum" in pattern.groupindex else 0
        yield from ((Kind.EMAIL, *match.span(group)) for match in pattern.finditer(text))
