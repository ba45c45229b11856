"""Finds the sender's text: in the body, in a forwarded message, in enclosed messages, in attachments.

A forwarded message is kept with the text above it: when an official forwards an opinion, the opinion is the lower part.
An answered message is left out, and so is our own notice, however it comes back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from consult.files.attachments import CONTAINERS
from consult.files.mail import quoted_text, writers
from consult.files.mail.bodies import Contents
from consult.files.mail.message import MAYBE_A_PERSON, Auto, Mail, MailAttachment, TextSource, Way, Writer
from consult.files.mail.subjects import is_forward, normalise_subject
from consult.files.text_extraction import text_of

_MAX_READ_ATTACHMENTS = 5
# A body that points to a file: 详见附件, 意见如附, 现将……发送给贵局（附件）, see attached.
_POINTER = re.compile(
    r"(?:见|参阅|查收|查阅|查看|审阅|发送|提交|报送|发来)[^，。；\n]{0,6}附[件表档]|附[件表档]\W*(?:\Z|\n|[是为中里内已请如])"
    r"|附上|附后|如附|随信附|见附|请(?:查收|查阅|审阅|查看)|(?<![无没有])(?:意见|建议|反馈)(?:表|函|书)?\W*\Z|\A\W*如题"
    r"|(?:see|find|refer to)[^.]{0,20}(?:attach|enclos)|attached (?:is|are|please)",
    re.I,
)
_POINTER_CHARACTERS = 300
"""Longest body that is taken to introduce its attachment; its words stay above those of the file."""
_POINTS_DOWN = re.compile(
    r"如下|见下|下面|下文|转发|轉發|转来|转去|请(?:查收|看|查阅|阅)|代(?:为|发|转)|附上|fyi|forward", re.I
)
_PASSING_ON_CHARACTERS = 200
"""Longest words above a forwarded message that are taken to introduce it, whatever they say."""
# "我的意见在原文中用红字标出。": the opinion is inside the quoted text.
_POINTS_AMONG = re.compile(
    r"(?:如下|见下|下面|下文|文中|原文|红[字色]|蓝[字色]|标[红黄蓝注]|批注|括号)[^。，；\n]{0,12}[。：:！!，,\s]*\Z"
)
_POINTS_AMONG_CHARACTERS = 80
_COURTESY = re.compile(
    r"(?:尊敬的|敬爱的|各位)?[^，。；：:！!,\s]{0,20}(?:您好|你好|大家好|领导好|老师好)|尊敬的[^，。；：:\n]{1,20}(?=[：:\n，,]|\Z)"
    r"|谢谢|感谢|此致|敬礼|祝好|顺祝|商祺"
)
# A name, a telephone number, a date: the signature of a letter that is in the file.
_SIGNATURE_CHARACTERS = 25  # of each line
_SAYS_SOMETHING = re.compile(r"[。，；！？,;!?]|建议|意见|如下|同意|反对|支持|赞成|删|改|增加|应|不|没有|无")
# Our own notice comes back under names that we don't know: sent on by an association, printed from the site.
_NOTICE = re.compile(r"征求意见的?(?:通知|公告|通告|启事|函|说明)|公开征求[^。\n]{0,60}意见")
_NOTICE_STARTS_WITHIN = 400


class MustBeOpened(Exception):
    """The text of a message is in an attachment that must be unpacked."""


@dataclass(frozen=True)
class Found:
    """The sender's text, the rest, and where the text was found."""

    text: str
    quoted: str
    source: TextSource
    writer: Writer | None = None
    encloses: bool = False
    """Whether the message only encloses others."""


def find(
    body: str,
    sender: tuple[str, str],
    subject: str,
    contents: Contents,
    nested: tuple[Mail, ...],
    auto: Auto,
    own_addresses: Collection[str],
    *,
    answers: bool,
    may_open: bool,
) -> Found:
    """Find the sender's text. `answers`: a field or the subject marks the message as an answer.

    Raises:
        MustBeOpened: the text is in an attachment that must be unpacked, and `may_open` forbids it.
    """
    uses_html = any(block.uses_html for block in contents.blocks)
    plain = TextSource.HTML if uses_html else TextSource.PLAIN
    words = quoted_text.split(body)
    if auto in (Auto.BOUNCE, Auto.READ_RECEIPT):
        return Found(words.written or body, words.quoted if words.written else "", plain if body else TextSource.NONE)
    if not words.written and not words.message and not answers and not is_forward(subject):
        # Nothing is answered here: the marks of quotation are the writer's own.
        words = quoted_text.Words(quoted_text.written_among(words.quoted))
    passed_on, head = _forwarded(words, sender, subject, own_addresses, answers=answers)
    named = words.forward or is_forward(subject)
    if passed_on and _introduces(words.written, passed_on, named=named):
        writer = writers.in_head(head, sender)
        if writer and (named or writer.address) and writers.passes_on(words.written, sender[1], own_addresses):
            return Found(passed_on, _below(words), TextSource.FORWARDED, writer)
        if passed_on in words.written:  # found above already, for older lines below it are marked
            return Found(words.written, words.quoted, TextSource.FORWARDED)
        return Found(f"{words.written}\n\n{passed_on}".strip(), words.quoted, TextSource.FORWARDED)
    if words.message and _points_among(words.written):
        return Found(f"{words.written}\n\n{words.message}", words.quoted, plain)
    if words.message and is_courtesy(words.written):  # who greets above may have answered below, among unmarked lines
        words = replace(words, written="", quoted=f"{words.written}\n\n{words.quoted}".strip())
    letters = [mail for mail in nested if mail.auto is Auto.NONE and (mail.text or mail.attachments or mail.enclosed)]
    passes_on = bool(letters) and writers.passes_on(words.written, sender[1], own_addresses)
    if passes_on and len(letters) == 1 and (writer := _writer_of(letters[0], sender)):
        return Found(letters[0].text, _below(words), TextSource.NESTED, writer)
    if inside := _inside(nested):
        text = f"{words.written}\n\n{inside}".strip()
        return Found(text, words.quoted, TextSource.NESTED, encloses=passes_on)
    if not words.written or _is_pointer(words.written):
        readable = auto in MAYBE_A_PERSON and not contents.encrypted
        attached = _text_of_attachments(contents.attachments, may_open=may_open) if readable else ""
        if attached:
            return Found(f"{words.written}\n\n{attached}".strip(), words.quoted, TextSource.ATTACHMENT)
    if (
        not words.written
        and auto in MAYBE_A_PERSON
        and not (contents.attachments or nested or words.quoted or contents.encrypted)
    ):
        plain_subject = normalise_subject(subject)
        return Found(plain_subject, "", TextSource.SUBJECT if plain_subject else TextSource.NONE)
    return Found(words.written, words.quoted, plain if words.written else TextSource.NONE)


def _below(words: quoted_text.Words) -> str:
    """Return what isn't the writer's: the words of who passed the letter on, and what is quoted."""
    return f"{words.written}\n\n{words.quoted}".strip()


def _writer_of(letter: Mail, sender: tuple[str, str]) -> Writer | None:
    """Return who wrote an enclosed letter, if not the sender of what encloses it."""
    if letter.writer is not None:
        return letter.writer
    if letter.from_address.lower() == sender[1].lower() or not (letter.from_address or letter.from_name):
        return None
    return Writer(letter.from_name, letter.from_address, Way.ENCLOSED, letter.subject, letter.message_id)


def _forwarded(
    words: quoted_text.Words, sender: tuple[str, str], subject: str, own_addresses: Collection[str], *, answers: bool
) -> tuple[str, str]:
    """Return the forwarded text and its head, "" if the message answers another or returns our own notice.

    Some people type the head of a letter themselves (发件人：…, 日期：…): that is nothing answered either.
    """
    if not words.message or not (words.forward or is_forward(subject) or (words.bare_head and not answers)):
        return "", ""
    named = quoted_text.sender_in(words.head).lower()
    if any(address.lower() in named for address in own_addresses if address):
        return "", ""
    head, inner = words.head, quoted_text.split(words.message)
    for _ in range(5):
        if not inner.message or (inner.written and not _is_passed_further(inner, sender, own_addresses)):
            break
        head, inner = inner.head, quoted_text.split(inner.message)
    return inner.written or words.message, head


def _is_passed_further(inner: quoted_text.Words, sender: tuple[str, str], own_addresses: Collection[str]) -> bool:
    """Whether a forwarded message passes on another: 信访科 sends on what 县局 sent on."""
    writer = writers.in_head(inner.head, sender)
    is_ours = any(address.lower() in inner.head.lower().split("\n")[0] for address in own_addresses if address)
    explicit = inner.forward or inner.bare_head
    if not explicit or is_ours or writer is None or len(inner.written) > _PASSING_ON_CHARACTERS:
        return False
    return bool(_POINTS_DOWN.search(inner.written)) and writers.passes_on(inner.written, "", ())


def _introduces(above: str, passed_on: str, *, named: bool) -> bool:
    """Whether the text above a message only introduces it. Above a notice it is the opinion.

    `named`: the mark above the message or the subject says that it is forwarded.
    """
    if not above:
        return True
    if len(above) < 60 and _POINTS_DOWN.search(above):
        return True
    return named and len(above) <= _PASSING_ON_CHARACTERS and not _NOTICE.search(passed_on[:_NOTICE_STARTS_WITHIN])


def _inside(nested: Sequence[Mail]) -> str:
    """Join the texts of attached personal messages, each under its subject if there are several."""
    texts = [(mail.subject, mail.text) for mail in nested if mail.text and mail.auto is Auto.NONE]
    if len(texts) == 1:
        return texts[0][1]
    return "\n\n".join(f"【{subject or '没有主题'}】\n{text}" for subject, text in texts)


def _points_among(text: str) -> bool:
    return 0 < len(text) <= _POINTS_AMONG_CHARACTERS and bool(_POINTS_AMONG.search(text))


def is_courtesy(text: str) -> bool:
    """Say whether a text only greets and thanks."""
    return len(text) <= _PASSING_ON_CHARACTERS and not re.search(r"\w", _COURTESY.sub("", text))


def _is_pointer(text: str) -> bool:
    if len(text) > _POINTER_CHARACTERS:
        return False
    return bool(_POINTER.search(text)) or is_courtesy(text) or _is_signature(text)


def _is_signature(text: str) -> bool:
    """Whether a body is only a greeting and a signature."""
    rest = _COURTESY.sub("", text)
    lines = [line.strip() for line in rest.splitlines() if re.search(r"\w", line)]
    return not any(_SAYS_SOMETHING.search(line.strip("，,：:")) or len(line) > _SIGNATURE_CHARACTERS for line in lines)


def _text_of_attachments(attachments: list[MailAttachment], *, may_open: bool) -> str:
    """Join the texts of the attached files (not inline ones), each under its name."""
    pieces = []
    for attachment in [item for item in attachments if not item.inline][:_MAX_READ_ATTACHMENTS]:
        if not may_open and attachment.media_type in CONTAINERS:
            raise MustBeOpened
        text = text_of(attachment.data, attachment.media_type)
        if text:
            pieces.append((attachment.name, text))
    if len(pieces) == 1:
        return pieces[0][1]
    return "\n\n".join(f"【{name}】\n{text}" for name, text in pieces)
