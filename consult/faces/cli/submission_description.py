"""How ``flask submissions show`` prints one submission."""

from __future__ import annotations

from typing import Any

from consult.intake.models import Channel, SubmissionState
from consult.moderation.submission_export import file_words, minute


def in_lines(document: dict[str, Any]) -> str:
    """Return one submission as lines for people."""
    lines = [
        f"{document['number']}  {SubmissionState.words_of(document['state'])}"
        + ("  逾期收到" if document["late"] else ""),
        f"征求意见：{document['consultation'] or '待归类'}　渠道：{Channel.words_of(document['channel'])}",
        f"收到：{minute(document['received_at'])}　登记：{minute(document['recorded_at'])}",
        f"姓名或者单位：{document['name'] or '未填'}　联系方式：{document['contact'] or '未填'}",
    ]
    if document["subject"]:
        lines.append(f"主题：{document['subject']}")
    for part in document["parts"]:
        lines += [f"【{part['place']}】", part["content"]]
        if part["public"] is not None and part["public"] != part["content"]:
            lines += ["（公开文本）", part["public"]]
    for answer in document["answers"]:
        lines += [f"【问题 {answer['number']}：{answer['question']}】", answer["content"]]
    lines += [f"附件：{file_words(file)}（{file['size']:,} 字节）" for file in document["attachments"]]
    lines += [
        f"{minute(act['at'])} {act['by'] or '系统'}：{act['act']} {act['reason']}".rstrip()
        for act in document["screening"]
    ]
    return "\n".join(lines)
