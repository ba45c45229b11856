"""A department's own letter: a DOCX with placeholders in Chinese, filled in a bounded subprocess.

A template is as hostile as any file that is uploaded: its placeholders are expressions of Jinja. They are evaluated in
Jinja's sandbox (no attributes with underscores, no changes of values, bounded ranges), in a process with limits of
memory and time that has nothing of the platform but the values of one letter.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from consult.files.export import letter_layout, official_layout
from consult.files.export.letter_layout import Page
from consult.files.invitation_letter import Letter, qr_code
from consult.files.reply_form import ReplyForm
from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped

NAMES: Final = {
    "发文机关": "发文机关标志、署名",
    "发文字号": "",
    "紧急程度": "特急、加急，没有的为空",
    "标题": "关于征求《……》意见的函",
    "文件名称": "征求意见的文件，不带书名号",
    "主送": "收函单位",
    "正文": "各段，每段另起一段",
    "答复期限": "",
    "附件": "附件说明，每个附件另起一段",
    "成文日期": "",
    "联系人": "",
    "联系电话": "",
    "抄送": "没有的为空",
    "短网址": "",
    "答复码": "",
    "二维码": "图片，30毫米见方",
}
"""Placeholders of a template, and what each gives."""
NEEDED: Final = ("主送", "正文", "成文日期")
"""Placeholders without which it is no letter."""
QR: Final = "二维码"
NEW_PARAGRAPH: Final = "\a"
"""What docxtpl turns into a new paragraph of the same style."""
MOST_BYTES: Final = 64 << 20
_OUTSIDE = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>")
_LINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']")


WRONG: Final = {
    "SecurityError": "模板的占位符中有不允许的表达式，只能写占位符的名称和简单的条件、循环。",
    "OverflowError": "模板中的循环次数过多。",
    "TemplateSyntaxError": "模板的占位符写法有误，请检查“{{”“}}”“{%”“%}”是否成对、是否在同一段内用同一种字体输入。",
    "UndefinedError": "模板中有取不到的值，只能写占位符的名称，不能写它的下级属性。",
    "BadZipFile": "模板不是有效的 .docx 文件。",
}
"""What an error in the subprocess means."""


class TemplateRefused(Exception):
    """A template can't be used; the message says why, in Chinese."""


@dataclass(frozen=True)
class Filled:
    """What the subprocess answers: the document, or what is wrong with the template."""

    data: bytes = b""
    problem: str = ""


def values_of(letter: Letter) -> dict[str, str]:
    """Return the values of the placeholders, other than the picture."""
    attachments = letter.attachments
    numbered = [f"{n}. {name}" for n, name in enumerate(attachments, 1)] if len(attachments) > 1 else attachments
    return {
        "发文机关": letter.department,
        "发文字号": letter.number,
        "紧急程度": letter.urgency,
        "标题": letter.head,
        "文件名称": letter.title,
        "主送": letter.to,
        "正文": NEW_PARAGRAPH.join(letter.paragraphs()),
        "答复期限": letter.deadline,
        "附件": NEW_PARAGRAPH.join(numbered),
        "成文日期": letter.day,
        "联系人": letter.contact_name,
        "联系电话": letter.phone,
        "抄送": "，".join(letter.copies),
        "短网址": letter.address,
        "答复码": letter.code,
    }


def fill(template: bytes, letter: Letter, sandbox: Sandbox) -> bytes:
    """Return a letter in a department's own layout, as DOCX.

    Raises:
        TemplateRefused: the template can't be filled; says where and why.
    """
    try:
        filled = sandbox.of(_fill, template, values_of(letter), qr_code(letter.link, "png"))
    except ReaderDied as why:
        raise TemplateRefused("模板在限定的时间和内存内没有填完，请检查其中的循环和图片。") from why
    except SandboxStopped as why:
        raise TemplateRefused("填写模板的程序被中断，请再试一次。") from why
    if filled.problem:
        raise TemplateRefused(filled.problem)
    return filled.data


def check(template: bytes, sandbox: Sandbox) -> None:
    """Try a template with values of a sample letter.

    Raises:
        TemplateRefused: as ``fill``.
    """
    fill(template, SAMPLE, sandbox)


def _fill(template: bytes, values: Mapping[str, str], picture: bytes) -> Filled:
    """Fill a template; runs in the subprocess, and never raises for what a template does."""
    try:
        problem = _problem_of(template)
        return Filled(problem=problem) if problem else _filled(template, values, picture)
    except MemoryError:
        return Filled(problem="模板填写时超出内存限制，请检查其中的循环和图片。")
    except Exception as error:
        return Filled(
            problem=WRONG.get(type(error).__name__, f"模板无法填写（{type(error).__name__}），请检查占位符的写法。")
        )


def _problem_of(template: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(template)) as package:
        if sum(item.file_size for item in package.infolist()) > MOST_BYTES:
            return "模板展开后过大，请压缩其中的图片。"
        for item in package.infolist():
            if item.filename.endswith((".xml", ".rels")):
                part = package.read(item)
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
                    return f"模板中的 {_plain(item.filename)} 带有文档类型声明，不能使用。"
                if any(not _LINK.search(outside[0]) for outside in _OUTSIDE.finditer(part)):
                    return "模板引用了外部文件（链接的图片、附加的模板等），请改为嵌入或者删除后重新上传。"
            elif "vba" in item.filename.lower():
                return "模板带有宏，请另存为不带宏的 .docx 后重新上传。"
    return ""


def _filled(template: bytes, values: Mapping[str, str], picture: bytes) -> Filled:
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    document = DocxTemplate(io.BytesIO(template))
    asked: set[str] = document.get_undeclared_template_variables(environment)
    unknown = sorted(asked - set(NAMES))
    if unknown:
        return Filled(
            problem=f"模板中有不认识的占位符：{'、'.join(map(_plain, unknown[:5]))}。可以使用：{'、'.join(NAMES)}。"
        )
    missing = [name for name in NEEDED if name not in asked]
    if missing:
        return Filled(problem=f"模板中没有占位符“{'”“'.join(missing)}”，请补上，写法如：{{{{ {missing[0]} }}}}。")
    document = DocxTemplate(io.BytesIO(template))
    context: dict[str, Any] = dict(values)
    context[QR] = InlineImage(document, io.BytesIO(picture), width=Mm(30))
    document.render(context, jinja_env=environment, autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return Filled(out.getvalue())


def _plain(words: str) -> str:
    return " ".join("".join(c for c in words if c.isprintable() or c == " ").split())[:200]


SAMPLE: Final = Letter(
    department="某省某厅",
    to="某某有限公司",
    title="某办法（征求意见稿）",
    deadline="2027年1月8日",
    link="https://example.org/portal/i/x",
    contact="",
    day="2026年12月1日",
    form=ReplyForm("某办法（征求意见稿）", "某某有限公司", (), "2027年1月8日", ""),
    number="某函〔2026〕1号",
    attachments=("《某办法（征求意见稿）》", "起草说明", "意见反馈表"),
    contact_name="张某",
    phone="010-12345678",
    address="https://example.org/portal/c",
    code="1-ABCDE-FGHJK",
)
"""What a template is tried with."""


def example() -> bytes:
    """Return a template to begin with: the platform's own layout with the placeholders in their places."""
    writer = letter_layout.Writer(official_layout.Fonts())
    page = Page(
        department="{{ 发文机关 }}",
        title="{{ 标题 }}",
        to="{{ 主送 }}",
        day="{{ 成文日期 }}",
        number="{{ 发文字号 }}",
        urgency="{{ 紧急程度 }}",
        attachments=("{{ 附件 }}",),
        note="联系人：{{ 联系人 }}；电话：{{ 联系电话 }}",
    )
    writer.begin(page)
    writer.body(("{{ 正文 }}",))
    writer.end(page)
    writer.body(("{% if 抄送 %}抄送：{{ 抄送 }}。{% endif %}",))
    return official_layout.saved(writer.document)
