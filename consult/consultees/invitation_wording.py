"""The words of invitations and reminders by mail."""

from __future__ import annotations

from consult.app_context import settings
from consult.consultees import letters
from consult.consultees.invitations import code_of, last_day, link_of, short_address
from consult.consultees.letter_models import OfficialLetter
from consult.consultees.models import Invitation
from consult.drafting import questions
from consult.drafting.models import Consultation
from consult.law.periods import in_words


def invitation_text(invitation: Invitation) -> tuple[str, str]:
    """Return the subject and the text of an invitation; an official letter is enclosed, and is what counts."""
    consultation, letter = invitation.consultation, letters.of_invitation(invitation)
    department, title = settings().department, consultation.title
    if letter is None:
        what = [f"    {department}起草了《{title}》，现征求贵单位意见。"]
        sent, subject = "", f"征求意见函：{title}"
    else:
        again = "再次" if letter.round > 1 else ""
        what = [f"    现送上{department}关于{again}征求《{letter.version.title}》意见的函（{letter.number}）及附件。"]
        sent, subject = "    正式函件见附件，以附件为准。", f"征求意见函（{letter.number}）：{title}"
    lines = [
        f"{invitation.consultee.name}：",
        "",
        *what,
        *([sent] if sent else []),
        "",
        f"    请于{in_words(last_day(invitation))}（含当日）前答复。",
        "    打开下面的链接即可逐条提出意见、上传盖章复函，或者说明“无意见”：",
        "",
        link_of(invitation),
        "",
        f"    链接不便打开的，在浏览器中打开 {short_address()} ，输入答复码 {code_of(invitation)} 。",
        "    也可以填写所附意见反馈表，直接回复本邮件并附上填好的表，或者寄送盖章的复函。",
        "    需要纸质函件的，请在上述页面说明。",
        "",
        *_questions(consultation),
        "    链接和答复码只供贵单位使用，请勿转给单位以外的人。",
        *_contact(consultation, letter),
        "",
        department,
    ]
    return subject, "\n".join(lines)


def copy_text(name: str, letter: OfficialLetter) -> str:
    """Return the text of the mail to one of those of 抄送."""
    lines = [
        f"{name}：",
        "",
        f"    现抄送《{letter.consultation.title}》征求意见函（{letter.number}）及附件，请阅知。",
        f"    联系人：{letter.contact_name}，{letter.contact_phone}",
        "",
        settings().department,
    ]
    return "\n".join(lines)


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
        *_contact(consultation, letters.of_invitation(invitation)),
        "",
        settings().department,
    ]
    return f"提醒：请答复征求意见函（{consultation.title}）", "\n".join(lines)


def _questions(consultation: Consultation) -> list[str]:
    asked = [f"    {n}. {question.text}" for n, question in enumerate(questions.of(consultation), 1)]
    return ["    请在链接打开的页面一并回答下列问题：", *asked, ""] if asked else []


def _contact(consultation: Consultation, letter: OfficialLetter | None) -> list[str]:
    if letter is not None:
        return ["", f"    联系人：{letter.contact_name}，{letter.contact_phone}"]
    return ["", f"    联系方式：{consultation.contact}"] if consultation.contact else []
