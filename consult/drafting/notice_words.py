"""Checks that a notice states how and until when opinions are given, and ends with department and date."""

from __future__ import annotations

import re

from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.files.html_reader import read_html
from consult.text.date_parsing import find_dates

_HOW = re.compile(r"[\w.+-]+@[\w-]+\.\w+|本页面|网站|邮件|邮箱|来信|信函|邮寄|传真|来电|电话|网址|平台")
_LAST_LINES = 4


def missing_statements(consultation: Consultation) -> tuple[str, ...]:
    """Return in Chinese what a published notice fails to state (《重大行政决策程序暂行条例》第十五条第一款)."""
    text = read_html(consultation.notice_as_read)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    missing = []
    if not _HOW.search(text):
        missing.append("提出意见的方式")
    if consultation.last_day not in find_dates(text):
        missing.append("提出意见的期限（截止日期）")
    tail = "\n".join(lines[-_LAST_LINES:])
    if settings().department not in tail or not find_dates(tail):
        missing.append("署名和日期")
    return tuple(missing)
