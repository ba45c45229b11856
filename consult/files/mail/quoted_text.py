"""Separates what a person wrote from what their mail program put below it.

Nothing is thrown away: the rest is returned separately.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consult.files.mail.signature_blocks import RULE_LINE, is_of_a_program, joined, without_ending

_MAX_TEXT = 1_000_000  # characters that are looked through
_WRAPPED = 4  # lines over which an attribution may be wrapped
_LOOKED_BELOW = 3  # lines under an attribution, for marks of quotation
_WRAPPED_COLUMNS = 64  # of a line, beyond which a program wraps it; a hanzi takes two

# "------------------ 原始邮件 ------------------", "-----Original Message-----", "---- 回复的原邮件 ----"
_RULE = re.compile(
    r"[ \t>]*[-_=*—－]{2,60}(?:[ \t\xa0]|&nbsp;)*"
    r"(?:(?:(?:回复|答复|转发|轉寄|轉發|引用|原始|原来|原)的?){1,3}(?:邮件|郵件|电邮|信息|消息|来信)(?:信息|内容|原件|原文)?"
    r"|邮件(?:原件|原文)|转发信息|original(?: (?:e-?mail|message))?|(?:begin )?forwarded (?:mail|message)|repl(?:y"
    r"|ied) message)"
    r"(?:[ \t\xa0]|&nbsp;)*[-_=*—－]{2,60}[ \t]*\Z",
    re.I,
)
_RULERS = "-_=*—－"
# "----- 原文 -----" begins a message where its head follows; people put it over the words of a draft, too.
_RULE_ABOVE_HEAD = re.compile(r"[ \t>]*[-_=*—－]{2,60}[ \t\xa0]*(?:引用)?原文[ \t\xa0]*[-_=*—－]{2,60}[ \t]*\Z")
_BARE_RULE = re.compile(
    r"[ \t>]*(?:原始邮件|原始郵件|(?:begin )?forwarded message|开始转发的邮件|開始轉寄的郵件"
    r"|以下为转发邮件)[ \t]*[:：]?[ \t]*\Z",
    re.I,
)
_FORWARD_WORDS = re.compile(r"转发|轉寄|轉發|forward", re.I)
_WORDS_OF_WRITING = "写道|寫道|写到|wrote"
# "在 2026-11-24 10:32:11，"张三" <a@b.cn> 写道：", "张三 <a@b.cn> 于2026年11月24日周二 15:00写道：", "On Tue, … wrote:"
_WROTE = re.compile(rf"(?:{_WORDS_OF_WRITING}|写|寫|writes|sent|schrieb|a écrit)[ \t]*[:：][ \t]*\Z", re.I)
# "---- 在 2026年11月20日 09:00，张三<a@b.cn> 写道 ----"
_WROTE_RULE = re.compile(
    rf"[ \t>]*[-_]{{2,60}}[^-_].{{1,300}}(?:{_WORDS_OF_WRITING})[ \t]*[:：]?[ \t]*[-_]{{2,60}}[ \t]*\Z", re.I
)
# "2026-11-20 9:00 GMT+08:00 张三 <a@b.cn>:", as Gmail wrote it
_DATED_SENDER = re.compile(
    r"(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}\b.{0,150}<\s?[^<>\s]{1,100}@[^<>\s]{2,100}\s?>?\s*([:：]?)\Z"
)
_LINK = re.compile(r"https?://\S*")
_WHO = re.compile(r"[^\s<>]{1,100}@[^\s<>]{2,100}")
_DAY = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s*[-/年.]\s*\d{1,2}|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d|(?:19|20)\d\d,? at \d", re.I
)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s*[:：点时]\s*\d\d(?!\d)")
_ATTRIBUTION_START = re.compile(
    r"[ \t>]*(?:在|于|於|on|at|am|le|el|\S.{0,80}[<＜(]\S{1,100}@|\S{1,60}@|(?:19|20)\d\d)", re.I
)
# The block that Outlook, Foxmail and forwarding programs write.
_LABELS = {
    "from": r"发件人|寄件者|寄件人|發件人|發信人|发信人|from|von|de",
    "to": r"收件人|收件者|收信人|to|an",
    "date": r"发送时间|发送日期|发件时间|日[ \t　]*期|时[ \t　]*间|傳送時間|傳送日期|發送時間|寄件日期|寄信日期|時間"
    r"|sent|date|datum"
    r"|gesendet",
    "subject": r"主[ \t　]*题|主[ \t　]*旨|主題|标题|subject|betreff",
    "cc": r"抄送人|抄[ \t　]*送|密件副本|副本|密送|cc|bcc|reply-to|回复|附件|attachments?|重要性|importance",
}
_LABEL = re.compile(
    r"[ \t>*·|]*(?:"
    + "|".join(f"(?P<{kind}>{words})" for kind, words in _LABELS.items())
    + r")(?:[ \t*]*[:：](?!//)|[ \t]*[|\t])",
    re.I,
)
# Foxmail, 阿里邮箱 and others quote in a plain block: it begins with the head of the message or follows "写道：".
_BLOCK_START = re.compile(
    rf"[{_RULERS}\s>]*(?:原始邮件|原始郵件|回复的原邮件|转发的原邮件|(?:{_LABELS['from']})\s*[:：]"
    rf"|(?:在|on\b).{{5,120}}(?:{_WORDS_OF_WRITING})\s*[:：])",
    re.I | re.S,
)
_ABOVE_BLOCK = re.compile(rf"(?:{_WORDS_OF_WRITING})\s*[:：]\s*\Z|(?:原始邮件|回复的原邮件)[\s-]*\Z", re.I)
_QUOTE = re.compile(r"[ \t]{0,3}[>＞]")


@dataclass(frozen=True)
class Words:
    """A body split into the person's text and the rest.

    `written` is the person's text, `quoted` everything else unchanged. If another message follows, `head` has the lines
    that introduce it, `message` its body, `forward` says that it is marked as forwarded, not answered, and `bare_head`
    that there is no mark above its head.
    """

    written: str
    quoted: str = ""
    head: str = ""
    message: str = ""
    forward: bool = False
    bare_head: bool = False


def split(text: str) -> Words:
    """Split a plain text body."""
    lines = text[:_MAX_TEXT].split("\n")
    cut = _find_cut(lines)
    above, below = (lines, []) if cut is None else (lines[: cut.line], lines[cut.line :])
    written, quoted = _without_quotes(above)
    written, ending = without_ending(written)
    answered = _with_wrapped_marked(below[cut.length :]) if cut else []
    if inside := _answers_below(answered, alone=not joined(written)):
        inside, ending_inside = without_ending(inside)
        written, ending = [*written, "", *inside], [*ending, *ending_inside]
        if _begins_marked(answered):
            answered = [line for line in answered if _QUOTE.match(line)]
    rest = "\n".join(part for part in (joined(ending), joined(quoted), joined(below)) if part) + text[_MAX_TEXT:]
    if cut is None:
        return Words(joined(written), rest)
    message = joined(_unquoted(answered))
    return Words(joined(written), rest, joined(below[: cut.length]), message, cut.forward, cut.bare_head)


@dataclass(frozen=True)
class _Cut:
    """Where the answered or forwarded message begins: at `line`, its head takes `length` lines."""

    line: int
    length: int
    forward: bool = False
    bare_head: bool = False


def _find_cut(lines: list[str]) -> _Cut | None:
    for number, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or len(stripped) > 400:
            continue
        rule, head = _rule(stripped), 0
        if rule or (stripped[-1] in _RULERS and _RULE_ABOVE_HEAD.match(stripped)):
            head = _head_length(lines, number + 1)
        if rule or head:
            return _Cut(number, 1 + head, bool(_FORWARD_WORDS.search(stripped)))
        if _LABEL.match(line) and (length := _head_length(lines, number)):
            start = _over_rule_line(lines, number)
            return _Cut(start, length + number - start, bare_head=True)
        wrapped = _attribution_length(lines, number)
        if wrapped:
            return _Cut(number, wrapped)
    return None


def _rule(line: str) -> bool:
    """Whether a line is a mail program's mark that another message begins below it."""
    if line[-1] not in _RULERS:
        return bool(_BARE_RULE.match(line))
    named = _WROTE_RULE.match(line) and (_DAY.search(line) or _WHO.search(line))
    return bool(named or _RULE.match(line))


def is_quoting_block(above: str, start: str) -> bool:
    """Whether a block of a body contains another message, by the line above it or by its first words.

    `start` has each piece of the block on a line.
    """
    marks = (above.strip(), start.strip().partition("\n")[0].rstrip())
    return bool(_ABOVE_BLOCK.search(above) or _BLOCK_START.match(start)) or any(_rule(mark) for mark in marks if mark)


def _head_length(lines: list[str], start: int) -> int:
    """Return how many lines a block of From, Sent, To and Subject takes, 0 when there is none.

    It must name the sender and one thing more within a few lines, so that a person who writes “主题：……” in an opinion
    is not cut off.
    """
    kinds: set[str] = set()
    last, gaps = start, 0
    for number in range(start, min(start + 14, len(lines))):
        line = lines[number]
        match = _LABEL.match(line)
        if match and match.lastgroup:
            kinds.add(match.lastgroup)
            last, gaps = number + 1, 0
        elif not line.strip(" \t>"):
            gaps += 1
            if gaps > 1 or len(kinds) >= 3:
                break
        elif not kinds or number - last > 2:  # a long list of recipients is wrapped
            break
    return last - start if "from" in kinds and kinds & {"date", "to", "subject"} else 0


def sender_in(head: str) -> str:
    """Return the lines of a head that name the sender; all of it where it has no such label."""
    kind: str | None = None
    named: list[str] = []
    for line in head.split("\n"):
        if match := _LABEL.match(line):
            kind = match.lastgroup
        if kind == "from":
            named.append(line)
    return "\n".join(named) or head


def without_label(line: str) -> str:
    """Return a line of a head without its label."""
    match = _LABEL.match(line)
    return line[match.end() :] if match else line


def subject_in(head: str) -> str:
    """Return the subject that a head names, "" if none."""
    matches = ((line, _LABEL.match(line)) for line in head.split("\n"))
    return next((line[match.end() :].strip(" |*\t") for line, match in matches if match and match["subject"]), "")


def _over_rule_line(lines: list[str], number: int) -> int:
    """Step up over a ruled line just before a block of fields."""
    above = number - 1
    while above >= 0 and not lines[above].strip() and number - above < 3:
        above -= 1
    return above if above >= 0 and RULE_LINE.match(lines[above]) else number


def _attribution_length(lines: list[str], number: int) -> int:
    """Return how many lines an attribution (“… wrote:”) takes here, 0 if there is none."""
    if not _ATTRIBUTION_START.match(lines[number][:300]):
        return 0
    words = ""
    for length in range(1, _WRAPPED + 1):
        if number + length > len(lines):
            return 0
        line = lines[number + length - 1].strip(" \t>")
        if not line and length > 1:
            return 0
        words += line + " "
        if len(words) > 500:
            return 0
        below = lines[number + length : number + length + _LOOKED_BELOW]
        if _WROTE.search(words.strip()):
            return length if _names_a_message(words, below) else 0
        if (sender := _DATED_SENDER.match(words.strip())) and (sender[1] or _begins_marked(below)):
            return length
    return 0


def _names_a_message(words: str, below: list[str]) -> bool:
    """Say whether “… wrote:” is of a mail program: it gives an address, or a day with its time, or quotes follow.

    A person who cites the newspaper (“2026年11月1日的报道中写道：”) gives a day alone.
    """
    if _WHO.search(words):
        return True
    if not _DAY.search(words):
        return False
    following = next((line for line in below if line.strip()), "")
    return bool(_TIME.search(words) or _QUOTE.match(following))


def _without_quotes(lines: list[str]) -> tuple[list[str], list[str]]:
    """Separate the lines that begin with `>` from the others."""
    written: list[str] = []
    quoted: list[str] = []
    for line in lines:
        (quoted if _QUOTE.match(line) else written).append(line)
    return written, quoted


def _answers_below(lines: list[str], *, alone: bool) -> list[str]:
    """Return what a person wrote under or between the quoted lines, where quoted lines are marked.

    Where there are words above, too (`alone` is False), the quotation must begin marked: what a program quotes without
    marks may hold marked lines of an older message.
    """
    written, quoted = _without_quotes(lines)
    if not joined(quoted) or not (alone or _begins_marked(lines)):
        return []
    older = _find_cut(written)
    return written if older is None else written[: older.line]


def _begins_marked(lines: list[str]) -> bool:
    return bool(_QUOTE.match(next((line for line in lines if line.strip()), "")))


def _with_wrapped_marked(lines: list[str]) -> list[str]:
    """Mark what a program left unmarked when it wrapped a quoted line.

    It is a single line between two marked ones, after a long one or in the middle of a link.
    """
    out = list(lines)
    for number in range(1, len(lines) - 1):
        above, line, below = lines[number - 1 : number + 2]
        if not line.strip() or _QUOTE.match(line) or not (_QUOTE.match(above) and _QUOTE.match(below)):
            continue
        link = _LINK.search(line) or ((match := _LINK.search(above)) and match.end() == len(above.rstrip()))
        if len(above.encode("gb18030", "replace")) >= _WRAPPED_COLUMNS or (link and line.isascii()):
            out[number] = f"> {line}"
    return out


def written_among(text: str) -> str:
    """Return the text of an answer among quoted lines, without quotation marks; "" if a program wrote all of it."""
    lines = _unquoted(text.split("\n"))
    return "" if all(is_of_a_program(line) for line in lines) else joined(lines)


def _unquoted(lines: list[str]) -> list[str]:
    """Take one mark of quotation off each line, where most lines have one."""
    marked = sum(1 for line in lines if _QUOTE.match(line))
    if marked * 2 <= sum(1 for line in lines if line.strip()):
        return lines
    return [re.sub(r"^[ \t]{0,3}[>＞] ?", "", line) for line in lines]
