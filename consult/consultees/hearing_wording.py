"""The words of letters to those invited to a gathering, by mail and on paper."""

from __future__ import annotations

from consult.app_context import settings
from consult.clock import local
from consult.consultees import hearing_papers
from consult.consultees.hearing_models import HearingLetter, LetterKind
from consult.consultees.models import Gathering
from consult.drafting.models import Consultation
from consult.law.calendar import weekday
from consult.law.periods import in_words
from consult.store import db

HEADS = {
    LetterKind.INVITATION: "关于参加{}的通知",
    LetterKind.REMINDER: "关于按时参加{}的提醒",
    LetterKind.MOVED: "关于{}变更时间、地点的通知",
    LetterKind.CANCELLED: "关于取消{}的通知",
}


def head_of(letter: HearingLetter) -> str:
    """Return the title of a letter."""
    return HEADS[letter.kind].format(f"“{_gathering(letter).title}”")


def text_of(letter: HearingLetter) -> tuple[str, str]:
    """Return the subject and the text of a letter as mail."""
    consultation = _consultation(letter)
    lines = [f"{letter.attendance.name}：", ""]
    lines += [f"    {words}" for words in paragraphs(letter)]
    lines += [f"    联系方式：{consultation.contact}"] if consultation.contact else []
    lines += ["", settings().department, in_words(local(letter.created_at).date())]
    return head_of(letter), "\n".join(lines)


def paragraphs(letter: HearingLetter) -> tuple[str, ...]:
    """Return the body of a letter, a paragraph each."""
    gathering, title = _gathering(letter), _consultation(letter).title
    words = gathering.kind.label.words
    when = f"时间：{moment_in_words(gathering)}。地点：{gathering.place or '另行通知'}。"
    if letter.kind is LetterKind.CANCELLED:
        return (
            f"原定于{moment_in_words(gathering)}就《{title}》召开的{words}取消。原因：{gathering.cancelled_reason}",
            "对文件草案的意见仍可以书面提出。",
        )
    if letter.kind is LetterKind.MOVED:
        changes = hearing_papers.changes_of(gathering)
        reason = changes[-1].reason if changes else ""
        return (f"就《{title}》召开的{words}变更如下。{when}", f"变更原因：{reason}")
    if letter.kind is LetterKind.REMINDER:
        return (f"就《{title}》召开的{words}将按期举行，请准时参加。{when}",)
    return (
        f"现就《{title}》召开{words}，请参加。{when}",
        "请围绕文件草案发表意见；没有意见的，也请在会上说明。不能参加的，请提前告知，并可以书面提出意见。",
    )


def moment_in_words(gathering: Gathering) -> str:
    """Return the day and the hour of a gathering in words."""
    moment = local(gathering.held_at)
    return f"{in_words(moment.date())}（{weekday(moment.date())}）{moment:%H:%M}"


def _gathering(letter: HearingLetter) -> Gathering:
    return db.session.get_one(Gathering, letter.attendance.gathering_id)


def _consultation(letter: HearingLetter) -> Consultation:
    return db.session.get_one(Consultation, _gathering(letter).consultation_id)
