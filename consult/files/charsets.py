"""Detects the encoding of a Chinese text, whatever its label says.

Labels are wrong in known ways: `gb2312` is written by programs that mean GBK or GB 18030, `us-ascii` and `iso-8859-1`
by programs that did not check, and UTF-8 text is sent under a GB label. So a label is trusted if the bytes are valid
in it and the result reads like text; otherwise the likeliest encoding is used.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

# The hanzi that make up most of any Chinese page, simplified and traditional.
_COMMON = frozenset(
    "的一是不了人在有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都"
    "然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实"
    "回二理美点月明其种声全工己话者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听"
    "世气信北少关并内加化由却代军产入先山五水万市眼体别处总才场师书比住员九性通目报立马命活难神数件安表原车白应路期叫死常提"
    "感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱"
    "让认算论百义科怎元社术结六功指思非流每青管夫连远资队带花快条院变联言权往展该领传近留红治决周保达办运武半七必城父强步"
    "完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令德收党未持取设始版双历越史商千片容研像找友孩站广改议形委"
    "早房音际则首单据导影失拿网似斯专石若谁校读飞观争究包组造落视济喜离虽坏兴医建见征求稿条例规定修订附件项目企业政府部门居民"
    "小区物业收费邮件转发回复主题发送抄送先生女士您好谢谢致敬电话地址姓名张王刘陈杨赵黄吴徐孙朱胡郭"
    "這個來國說們為與時會過學對裡後麼還發當開無見經頭長樣現將進實點種聲話問機給幾業間門東氣關並內產萬體處總場書員報馬難數"
    "應車親務臺記邊風戰許覺題請愛讓認論義術結資隊帶條變聯權該領傳決達辦運強區轉眾輕語滿寫識極黨設雙歷廣議單據導網專誰讀飛"
    "觀爭組視濟離雖壞興醫徵訂項線歡謝電郵續"
)
_STOPS = frozenset("，。、；：？！“”‘’（）《》〈〉【】—…·　「」『』－％～")
_SAMPLE = 6_000  # bytes used for a guess
_LONE = re.compile("[\ud800-\udfff]")  # half a surrogate pair, which neither databases nor pages accept
_MAY_LEAVE_HALVES = frozenset({"utf-7", "utf-16", "utf-16-le", "utf-16-be"})
_LATIN = frozenset({"latin-1", "cp1252", "iso8859-15", "iso8859-1", "ascii"})
_LETTERS_TOGETHER = re.compile(rb"[\x80-\xff]{4}")
_CANDIDATES = ("utf-8", "gb18030", "big5hkscs")
_OTHERS = ("shift_jis", "euc_kr", "cp1252")

_ALIASES = {
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030",
    "936": "gb18030", "gb": "gb18030", "euc-cn": "gb18030", "x-euc-cn": "gb18030", "chinese": "gb18030",
    "gb-18030": "gb18030", "ms936": "gb18030", "windows-936": "gb18030", "gb2312-80": "gb18030",
    "gb2312.1980-0": "gb18030", "csgb2312": "gb18030", "zh-cn": "gb18030", "big5": "big5hkscs",
    "big-5": "big5hkscs", "x-big5": "big5hkscs", "cn-big5": "big5hkscs",
    "cp950": "big5hkscs", "big5-eten": "big5hkscs", "zh-tw": "big5hkscs", "hz-gb-2312": "hz", "utf8": "utf-8",
    "utf-8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8", "cp65001": "utf-8",
    "unicode": "utf-16",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "windows-1252": "cp1252",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Codecs that Python knows and that are no character sets: base64, zip, rot13; and those that are slow or
# odd on purpose.
_TEXT_ONLY = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,40}\Z")
_REFUSED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})


@dataclass(frozen=True)
class Decoded:
    """A text, the `charset` it was read in, and whether every byte of it could be read (`clean`)."""

    text: str
    charset: str
    clean: bool


def known(label: str | None) -> str | None:
    """Return the name of the codec for a charset label, or None.

    Gb2312 is gb18030.
    """
    if not label:
        return None
    name = label.strip().strip("\"'").lower()
    if not _TEXT_ONLY.match(name):
        return None
    name = _ALIASES.get(name, _ALIASES.get(name.replace("_", "-"), name))
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name.replace("-", "_") not in _REFUSED else None


def mark(data: bytes) -> str | None:
    """Return the charset of a byte order mark, or None."""
    return next((charset for start, charset in _BOMS if data.startswith(start)), None)


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """Read `data` as text. `declared` is the charset its sender named, if any. Never raises."""
    if marked := mark(data):
        return _forgiving(data, marked)
    charset = known(declared)
    if (
        data.isascii()
        and 0 not in data
        and charset not in ("hz", "utf-7", "iso2022_jp", "iso2022_kr", "utf-16", "utf-32")
    ):
        return Decoded(data.decode("ascii"), "ascii", clean=True)
    if charset and (text := _strict(data, charset)) is not None and _believable(data, text, charset):
        return Decoded(text, charset, clean=True)
    return _guess(data, charset)


def readable(text: str) -> float:
    """Score how much `text` reads like Chinese: about 1 for real text, 0 for mojibake, less for garbage."""
    points, seen = 0.0, 0
    for char in text:
        code = ord(char)
        if code < 0x80:
            if code < 0x20 and char not in "\t\n\r\x0c\x1b":
                points, seen = points - 2, seen + 1
            continue
        seen += 1
        points += _worth(char, code)
    return points / seen if seen else 1.0


def _worth(char: str, code: int) -> float:
    if char in _COMMON:
        return 1.3
    if char in _STOPS or 0xFF01 <= code <= 0xFF5E:
        return 1.0
    if 0x4E00 <= code <= 0x9FFF:
        return 0.25 if _is_level_one(char) else -0.3
    if 0xE000 <= code <= 0xF8FF or code == 0xFFFD or 0x80 <= code < 0xA0:
        return -3.0
    if 0x1F300 <= code <= 0x1FAFF or 0x2000 <= code <= 0x303F:
        return 0.4
    return -0.5


def _is_level_one(char: str) -> bool:
    """Whether a hanzi is in the first, frequent level of GB 2312 or of Big5."""
    try:
        if 0xB0 <= char.encode("gb2312")[0] <= 0xD7:
            return True
    except UnicodeEncodeError:
        pass
    try:
        return 0xA4 <= char.encode("big5")[0] <= 0xC6
    except UnicodeEncodeError:
        return False


def _believable(data: bytes, text: str, charset: str) -> bool:
    """Whether a label that fits the bytes is also plausible."""
    if charset == "utf-8" or charset.startswith(("utf-16", "utf-32", "hz", "iso2022")):
        return True
    piece = sample(data)
    if charset in _LATIN or charset.startswith(("cp125", "iso8859")):
        return not (_reads_as_chinese(piece) or _is_surely_utf8(data))
    if _is_surely_utf8(data):
        return False
    if _strict(data, "utf-8") is not None:
        return readable(_loose(piece, "utf-8")) <= readable(_loose(piece, charset))
    score = readable(text[: _SAMPLE // 2])
    return score > 0.35 or score >= max(readable(_loose(piece, other)) for other in _CANDIDATES) - 0.05


def _reads_as_chinese(piece: bytes) -> bool:
    """Say whether bytes under a Western label are Chinese: whether they read as frequent hanzi.

    Any hanzi count if letters are combined as in no Western word (`食堂` in GBK: `Ê³ÌÃ`).
    """
    enough = 0.15 if _LETTERS_TOGETHER.search(piece) else 0.3
    return any(_strict_prefix(piece, charset) and readable(_loose(piece, charset)) > enough for charset in _CANDIDATES)


def _is_surely_utf8(data: bytes) -> bool:
    """Say whether bytes are UTF-8 of any language: valid, of assigned characters, and no better Chinese in GB 18030.

    A word of two hanzi in GBK may be valid UTF-8 by chance (`学习`: `ѧϰ`); hardly ever are four.
    """
    text = _strict(data, "utf-8")
    if text is None:
        return False
    letters = [char for char in text[:_SAMPLE] if ord(char) > 0x7F]
    if any(unicodedata.category(char) in ("Cc", "Cn", "Co") for char in letters):
        return False
    piece = sample(data)
    as_chinese = readable(_loose(piece, "gb18030")) if _strict_prefix(piece, "gb18030") else -1.0
    return as_chinese < (0.6 if len(letters) < 4 else 0.9)


def _guess(data: bytes, declared: str | None) -> Decoded:
    """Return the best complete decoding; a broken one only if there is no complete one."""
    if wide := looks_wide(data):
        return _forgiving(data, wide)
    if _is_surely_utf8(data):
        return Decoded(data.decode("utf-8"), "utf-8", clean=True)
    piece = sample(data)
    candidates = [*_CANDIDATES, *([declared] if declared else [])]
    whole = [(charset, text) for charset in candidates if (text := _strict(data, charset)) is not None]
    scored = [(readable(text[: _SAMPLE // 2]), -index, charset, text) for index, (charset, text) in enumerate(whole)]
    if scored and max(scored)[0] > 0.15:
        _, _, charset, text = max(scored)
        return Decoded(text, charset, clean=True)
    loose = max((readable(_loose(piece, charset)), -index, charset) for index, charset in enumerate(candidates))
    if loose[0] > 0.15 and not (scored and loose[0] < max(scored)[0] + 0.2):
        return _mixed(data) or _forgiving(data, loose[2])
    for charset in (*([declared] if declared else []), *_OTHERS):
        if (text := _strict(data, charset)) is not None and readable(text[:2000]) > -1.5:
            return Decoded(text, charset, clean=charset in _LATIN or charset == declared)
    if scored:
        _, _, charset, text = max(scored)
        return Decoded(text, charset, clean=True)
    return _mixed(data) or _forgiving(data, loose[2])


def _mixed(data: bytes) -> Decoded | None:
    """Read a text whose lines are in different charsets, as where an answer in UTF-8 quotes a message in GBK.

    Only where each line is whole in one, and UTF-8, which no other text looks like by chance, is among them.
    """
    lines: list[str] = []
    used: set[str] = set()
    for line in data.split(b"\n"):
        charset = next(
            (candidate for candidate in ("utf-8", "gb18030", "big5hkscs") if _strict(line, candidate) is not None), None
        )
        if charset is None:
            return None
        lines.append(line.decode(charset))
        used |= set() if line.isascii() else {charset}
    text = "\n".join(lines)
    sure = "utf-8" in used and len(used) > 1 and readable(text[:_SAMPLE]) > 0.3
    return Decoded(text, "utf-8", clean=True) if sure else None


def sample(data: bytes) -> bytes:
    """Return a piece of `data` that includes its first non-ASCII bytes."""
    if len(data) <= _SAMPLE:
        return data
    first = re.search(rb"[\x80-\xff]", data)
    start = first.start() if first else 0
    return data[start : start + _SAMPLE]


def looks_wide(data: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark by the position of its zero bytes."""
    head = data[:400]
    if len(head) < 8 or head.count(0) * 5 < len(head):
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) * 5 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _strict(data: bytes, charset: str) -> str | None:
    try:
        text = data.decode(charset)
    except (UnicodeError, LookupError, ValueError):
        return None
    return _LONE.sub("\ufffd", text) if charset in _MAY_LEAVE_HALVES else text


def _strict_prefix(piece: bytes, charset: str) -> bool:
    """Whether `piece`, which may end inside a character, is valid in `charset`."""
    try:
        codecs.getincrementaldecoder(charset)().decode(piece, final=False)
    except (UnicodeError, LookupError):
        return False
    return True


def _loose(piece: bytes, charset: str) -> str:
    try:
        return _LONE.sub("\ufffd", piece.decode(charset, "replace"))
    except (UnicodeError, LookupError, ValueError):
        return "\ufffd"


def _forgiving(data: bytes, charset: str) -> Decoded:
    text = _strict(data, charset)
    if text is not None:
        return Decoded(text, charset, clean=True)
    text = _loose(data, charset)
    if text == "\ufffd":
        return Decoded(data.decode("ascii", "replace"), "ascii", clean=False)
    return Decoded(text, charset, clean=False)
