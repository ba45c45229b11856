"""The feedback report as PDF, set by Typst; the values go in as data, never as markup."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from consult.files.feedback import as_json
from consult.files.feedback.document import FeedbackDocument

FONTS = ("FangSong", "FZXiaoBiaoSong-B05S", "Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC")

TEMPLATE = """
#let report = json("report.json")
#let serif = report.fonts
#set document(title: report.title, date: none)
#set page(paper: "a4", margin: (top: 30mm, bottom: 28mm, left: 24mm, right: 22mm),
  footer: context align(center, text(9pt)[#counter(page).display("— 1 —")]))
#set text(font: serif, size: 11pt, lang: "zh", region: "cn")
#set par(leading: 0.9em, spacing: 0.9em, justify: true, first-line-indent: (amount: 2em, all: true))
#let flush(body) = par(first-line-indent: 0em, body)
#if not report.published [#align(center, text(fill: rgb("#a8281e"))[（未公布的稿子，不作为正式反馈）])]
#align(center, text(18pt, weight: "bold", report.title))
#v(6pt)
#for line in report.dates [#flush[#line.label：#line.value]]
#if report.replaces != none [#report.replaces]
#for paragraph in report.statement [#par(paragraph)]
#flush(text(weight: "bold")[一、公众参与过程])
#par(report.participation)
#flush(text(weight: "bold")[二、主要意见和采纳情况])
#par(report.adoption)
#for (n, main) in report.main_opinions.enumerate(start: 1) [
  #par[#n．#main.title（#main.place，#main.opinions 条）]
  #par[采纳情况：#main.answer]
]
#if report.theme_lines.len() > 0 [#flush(text(weight: "bold")[三、按主题统计])]
#for line in report.theme_lines [#par(line)]
#align(right, report.department)
#pagebreak(weak: true)
#set page(flipped: true, margin: 18mm)
#flush(text(weight: "bold")[附：逐条意见采纳情况])
#set text(9pt)
#set par(justify: false, first-line-indent: 0em, leading: 0.6em, spacing: 0.6em)
#table(
  columns: (auto, 22mm, 32mm, 1fr, 22mm, 62mm),
  stroke: 0.5pt + rgb("#888888"),
  inset: 4pt,
  table.header(..("序号", "反馈人", "条文", "意见内容", "采纳情况", "理由").map(t => text(weight: "bold", t))),
  ..report.opinions.map(o => (str(o.number), o.sender, o.place, o.content, o.outcome, o.reason)).flatten()
)
#if report.digest != none [#flush(text(8pt)[校验：SHA-256 #report.digest])]
"""


def render(document: FeedbackDocument) -> bytes:
    """Return the report as PDF, A4; the table is on landscape pages."""
    import typst  # heavy, and only needed here

    content = json.loads(as_json.render(document))
    content["participation"] = document.participation()
    content["adoption"] = document.adoption()
    for main, printed in zip(document.main_opinions, content["main_opinions"], strict=True):
        printed["answer"] = main.answer()
    content["theme_lines"] = [theme.line() for theme in document.themes]
    content["fonts"] = list(FONTS)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        (root / "report.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(root / "report.typ"), root=str(root)))
