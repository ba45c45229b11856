"""What stands round the opinion in a letter: to whom it goes, the closing words, and the block of the signature."""

from __future__ import annotations

import re

from consult.text.privacy.surnames import FREQUENT

NUMBERING = re.compile(
    r"^\s*(?:[>＞\-•·*◆●]+\s*|[0-9一二三四五六七八九十]{1,3}(?:、|[.．](?!\d))\s*|"
    r"[（(][0-9一二三四五六七八九十]{1,3}[）)]\s*|第?[0-9一二三四五六七八九十]{1,3}点?[,，：:]\s*(?=\D))"
)
"""The number or mark of an item of a list: 1、, （二）, 3., -."""
POSTS = "领导|书记|市长|县长|区长|镇长|局长|主任|处长|科长|同志|老师|编辑"
OFFICES = "部门|单位|政府|办公室|办公厅|委员会|信箱|工作人员|经办人|负责人|负责同志|局|委|厅|院|办"
SALUTATION = re.compile(
    r"^\s*(?:尊敬的|敬爱的|各位)[^。！!？?；;]{0,24}?[，,：:。！!\n]+"
    rf"|^\s*[^。，,：:！!？?；;的应要须可将]{{0,12}}(?:{POSTS})(?:们|同志)?[，,：:。！!]+"
    rf"|^\s*(?:各位|[^。，,：:]{{0,10}}(?:{POSTS}))?(?:您|你|大家)们?好(?:[，,。！!：:\s]+|$)"
    rf"|^\s*(?!责任|主管|牵头|实施|配合|建设|施工|监督|管理|由|经)(?:致|呈|转)?[^。，,：:！!？?；;\s的应要须可将由]{{0,12}}"
    rf"(?:{OFFICES})(?:领导|同志)?们?[：:]+"
    r"|^\s*[【\[（(]?(?:转发|转载|转帖|转)[】\]）)：:]+"
)

DIGIT = "0-9〇零一二三四五六七八九十"
YEAR = r"(?:[0-9]{4}|[〇零○一二三四五六七八九]{4})\s?[年./-]\s?"
DATE = rf"(?:{YEAR})?[{DIGIT}]{{1,3}}\s?[月./-]\s?[{DIGIT}]{{1,3}}\s?[日号]?"
NUMBER = r"[+（(]?[0-9][0-9 \-—－）)]{6,20}"
ROLES = "反映人|联系人|投诉人|举报人|申请人|写信人|建议人|提议人|签名|署名|落款|姓名|日期|市民|居民|业主|村民|群众|公民"
NAME = rf"[{FREQUENT}](?:先生|女士|小姐|老师|同志|某某?|[\u4e00-\u9fff] ?[\u4e00-\u9fff]?)"
BEFORE = r"(?:^|(?<=[\s　（(。！!？?；;，,]))"
SIGNED = re.compile(
    rf"{BEFORE}(?:此致[\s　]*敬礼|此致|敬礼|(?:{ROLES})(?:[：:\s　]*{NAME}|[：:])|"
    rf"(?:一名|一位|一个)(?:普通|热心)?(?:{ROLES})|{NAME}(?:敬上|谨上|呈上|上|呈)?|"
    rf"(?:联系)?(?:电话|手机|方式)(?:号码?)?[：:\s　]*{NUMBER}|{NUMBER}|{DATE}|(?:日期|时间)[：:]?\s?(?:{DATE})?)$"
)
"""One part of a signature, at the end of a text."""
LONGEST_PART = 40
BESIDE = " \t\r\n　（(）)！!。，,"
OPEN_ENDED = tuple("：:，,、为是到至自从在于")
"""A date after one of these belongs to the opinion: 实施时间改为："""
MOST_PARTS = 8


def salutations(text: str) -> list[str]:
    """Return the salutations and numbers that a text begins with."""
    opening: list[str] = []
    at = 0
    while match := SALUTATION.match(text[at:]) or NUMBERING.match(text[at:]):
        opening.append(match[0])
        at += match.end()
    return opening


def without_salutation(text: str) -> str:
    """Return a text without the salutation and the numbering it begins with."""
    return text[sum(map(len, salutations(text))) :]


def without_signature(text: str) -> str:
    """Return a text without the name, telephone and date that it ends with: 李女士　手机 …　2026年11月3日."""
    rest = text
    for _ in range(MOST_PARTS):
        end = len(rest.rstrip(BESIDE))
        begin = max(0, end - LONGEST_PART)
        match = SIGNED.search(rest[begin:end])
        if match is None:
            break
        rest = rest[: begin + match.start()]
    if not rest.strip(BESIDE) or (rest != text and rest.rstrip().endswith(OPEN_ENDED)):
        return text
    return rest
