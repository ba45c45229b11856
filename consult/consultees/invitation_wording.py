"""The words of invitations and reminders by mail."""

from __future__ import annotations

from consult.app_context import settings
from consult.consultees.invitations import last_day, link_of
from consult.consultees.models import Invitation
from consult.drafting import questions
from consult.drafting.models import Consultation
from consult.law.periods import in_words


def invitation_text(invitation: Invitation) -> tuple[str, str]:
    """Return the subject and the text of an invitation."""
    consultation = invitation.consultation
    lines = [
        f"{invitation.consultee.name}：",
        "",
        f"    {settings().department}起草了《{consultation.title}》，现征求贵单位意见。",
        "",
        f"    请于{in_words(last_day(invitation))}（含当日）前答复。",
        "    打开下面的链接即可逐条提出意见、上传盖章复函，或者说明“无意见”：",
        "",
        link_of(invitation),
        "",
        *_questions(consultation),
        "    这个链接只供贵单位使用，请勿转给单位以外的人。也可以直接回复本邮件，或者寄送盖章的复函。",
        *_contact(consultation),
        "",
        settings().department,
    ]
    return f"征求意见函：{consultation.title}", "\n".join(lines)


def reminder_text(invitation: Invitation) -> tuple[str, str]:
    """Return the subject and the text of a reminder."""
    consultation = invitation.consultation
    lines = [
        f"{invitation.consultee.name}：",
        "",
        f"    《{consultation.title}》正在征求贵单位意见，答复期限到{in_words(last_day(invitation))}为止。",
        "    目前还没有收到贵单位的答复。",
        "",
        "    没有意见的，也请打开链接选“无意见”；需要更多时间的，可以在同一页申请延期：",
        "",
        link_of(invitation),
        *_contact(consultation),
        "",
        settings().department,
    ]
    return f"提醒：请答复征求意见函（{consultation.title}）", "\n".join(lines)


def _questions(consultation: Consultation) -> list[str]:
    asked = [f"    {n}. {question.text}" for n, question in enumerate(questions.of(consultation), 1)]
    return ["    请在链接打开的页面一并回答下列问题：", *asked, ""] if asked else []


def _contact(consultation: Consultation) -> list[str]:
    return ["", f"    联系方式：{consultation.contact}"] if consultation.contact else []
