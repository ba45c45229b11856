"""The standard notice of a consultation, composed from its data; the drafter can edit it."""

from __future__ import annotations

import html
import re

from consult.app_context import settings
from consult.drafting.models import LAST_DAY, PUBLISHED_ON, Consultation

_TAG = re.compile(r"<[^>]*>")


def core_title(title: str) -> str:
    """Return a title without its bracketed suffix: 某某办法（征求意见稿） → 某某办法."""
    core = title.strip()
    if core.startswith("《") and core.endswith("》") and "《" not in core[1:]:
        core = core[1:-1]
    for opening in ("（", "("):
        if opening in core and core.endswith(("）", ")")):
            core = core[: core.rindex(opening)]
    return core.strip() or title


def standard_notice(consultation: Consultation) -> str:
    """Return the notice as HTML: what it is about, how and until when opinions are given (条例第十五条)."""
    config = settings()
    title = html.escape(consultation.title)
    ways = [
        "在本页面逐条或者对整个草案提出意见，不用注册；",
        f"发送电子邮件至 {html.escape(config.mail_sender)}，"
        f"请在邮件主题注明“{html.escape(consultation.mail_phrase)}”字样；",
    ]
    if consultation.contact:
        ways.append(f"来信或者来电：{html.escape(consultation.contact)}。")
    items = "".join(f"<li>{way}</li>" for way in ways)
    if consultation.evaluates is not None:
        return _evaluation_notice(consultation.evaluates, items)
    return (
        f"<p>为了增强工作的透明度，提高文件质量，现将《{title}》及其起草说明公布，征求社会各界意见。"
        "有关单位和各界人士可以通过以下方式提出意见：</p>"
        f"<ol>{items}</ol>"
        "<p>提交后您会得到回执。征求意见结束后，每条意见是否采纳以及理由，都可以凭回执查询，并统一公布。</p>"
        f"<p>征求意见截止日期：{LAST_DAY}。</p>"
        f"<p>{html.escape(config.department)}</p><p>{PUBLISHED_ON}</p>"
    )


def _evaluation_notice(evaluated: Consultation, items: str) -> str:
    """Return the notice of a consultation on how an issued document works (条例第三十六条)."""
    title = html.escape(core_title(evaluated.title))
    return (
        f"<p>《{title}》施行以来，为了解实施情况和效果，根据《重大行政决策程序暂行条例》第三十六条开展后评估，现公开听取社会各界意见："
        "规定是否合理、是否得到执行、有什么困难，哪些条文需要修改或者废止。有关单位和各界人士可以通过以下方式提出意见：</p>"
        f"<ol>{items}</ol>"
        "<p>提交后您会得到回执。征求意见结束后，每条意见是否采纳以及理由，都可以凭回执查询，并统一公布。</p>"
        f"<p>征求意见截止日期：{LAST_DAY}。</p>"
        f"<p>{html.escape(settings().department)}</p><p>{PUBLISHED_ON}</p>"
    )


def is_standard_notice(consultation: Consultation, notice_html: str) -> bool:
    """Whether a notice is still the standard text, whatever an editor did to its markup."""
    return _words(notice_html) == _words(standard_notice(consultation))


def _words(notice_html: str) -> str:
    return "".join(html.unescape(_TAG.sub("", notice_html)).split())
