"""The feedback report as one self-contained HTML file."""

from __future__ import annotations

from html import escape

from consult.files.feedback.document import FeedbackDocument, MainOpinion, Row

STYLE = """
body{max-width:60em;margin:2em auto;padding:0 1em;color:#1a1d21;background:#fff;
 font:17px/1.75 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
h1{font-size:1.7em;line-height:1.35}h2{font-size:1.25em;margin-top:2em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1em}dt{color:#5f6872}dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:.92em}th,td{border:1px solid #b6bdc5;padding:.4em .6em;
 vertical-align:top;text-align:left;white-space:pre-line;overflow-wrap:anywhere}th{background:#f6f6f3}
.draft{border:2px solid #a8281e;color:#a8281e;padding:.3em .8em;display:inline-block}
.reason{background:#f6f6f3;padding:.5em 1em}
@media print{body{margin:0;font-size:11pt}tr{break-inside:avoid}}
"""


def render(document: FeedbackDocument) -> bytes:
    """Return the report as a whole HTML page, UTF-8."""
    head = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in document.dates)
    statement = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in document.statement)
    parts = [
        "<!doctype html>",
        '<html lang="zh-Hans"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(document.title)}</title><style>{STYLE}</style></head><body>",
        '<p class="draft">未公布的稿子，不作为正式反馈</p>' if document.draft else "",
        f"<h1>{escape(document.title)}</h1><dl>{head}</dl>",
        f"<p>{escape(document.replaces)}</p>" if document.replaces else "",
        statement,
        f"<h2>公众参与和采纳情况</h2><p>{escape(document.participation())}</p><p>{escape(document.adoption())}</p>",
        _main(document.main_opinions),
        _themes(document),
        "<h2>逐条意见</h2><table><thead><tr><th>序号</th><th>反馈人</th><th>条文</th><th>意见内容</th>",
        "<th>采纳情况</th><th>理由</th></tr></thead><tbody>",
        *(_row(row) for row in document.rows),
        "</tbody></table>",
        f"<p>校验：SHA-256 {escape(document.digest)}</p>" if document.digest else "",
        f"<p>{escape(document.department)}</p></body></html>",
    ]
    return "\n".join(part for part in parts if part).encode()


def _main(opinions: tuple[MainOpinion, ...]) -> str:
    if not opinions:
        return ""
    blocks = [
        f"<h3>{escape(main.title)}（{main.n}条 · {escape(main.place)}）</h3>"
        f'<p class="reason">采纳情况：{escape(main.answer())}</p>'
        for main in opinions
    ]
    return "<h2>较为集中的意见</h2>" + "".join(blocks)


def _themes(document: FeedbackDocument) -> str:
    if not document.themes:
        return ""
    return "<h2>按主题统计</h2>" + "".join(f"<p>{escape(theme.line())}</p>" for theme in document.themes)


def _row(row: Row) -> str:
    cells = (str(row.number), row.sender, row.place, row.content, row.outcome, row.reason)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
