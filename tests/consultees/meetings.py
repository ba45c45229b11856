"""Meetings that were held with all that they need, for tests that change one thing about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from consult.accounts.permissions import Actor
from consult.app_context import blobs
from consult.clock import local
from consult.consultees import hearings
from consult.consultees.hearing_models import HearingPaperRole
from consult.consultees.hearing_papers import PUBLISHED
from consult.consultees.models import Consultee, Gathering, GatheringKind, Interest
from consult.drafting.models import Consultation
from consult.files import attachments
from consult.files.attachments import CheckedAttachment
from consult.intake.arrival import ArrivalPart

ADDRESS = "https://www.example.gov.cn/hearing"


def a_file(name: str = "笔录.txt") -> CheckedAttachment:
    """Keep a file and return it."""
    data = f"{name}的内容".encode()
    blobs().put(data)
    return attachments.check(name, data, max_bytes=10_000)


def arranged(
    drafter: Actor,
    consultation: Consultation,
    kind: GatheringKind = GatheringKind.HEARING,
    *,
    held_at: datetime,
    at: datetime,
    invited: Sequence[Consultee] = (),
    others: Sequence[str] = ("居民代表",),
) -> Gathering:
    """Arrange a meeting."""
    return hearings.arrange(
        drafter,
        consultation,
        kind=kind,
        title="收费标准会议",
        place="三楼会议室",
        held_at=held_at,
        invited=list(invited),
        others=list(others),
        at=at,
    )


def publish_before(drafter: Actor, consultation: Consultation, gathering: Gathering, *, at: datetime) -> None:
    """Note that time and place, the rule of selection and the list were published on the day of ``at``."""
    day = local(at).date()
    for role in PUBLISHED:
        hearings.keep_paper(drafter, consultation, gathering, role, address=ADDRESS, published_on=day, at=at)


def hold(drafter: Actor, consultation: Consultation, gathering: Gathering) -> None:
    """Note who came, keep the minutes and the signed record, ask experts, take the words of everybody."""
    at = gathering.held_at + timedelta(hours=3)
    everybody = {attendance.id for attendance in gathering.attendances}
    hearings.keep_minutes(drafter, consultation, gathering, came=everybody, minutes=a_file(), at=at)
    if gathering.kind is GatheringKind.HEARING:
        paper, role = a_file("签字记录.txt"), HearingPaperRole.SIGNED_RECORD
        hearings.keep_paper(drafter, consultation, gathering, role, paper=paper, at=at)
    for attendance in list(gathering.attendances):
        if gathering.kind is GatheringKind.EXPERT_ARGUMENT:
            hearings.ask_interest(drafter, consultation, attendance, Interest.NONE, "", at=at)
        words = [ArrivalPart(f"{attendance.name}：标准应当再低一些。", "art-3")]
        hearings.record_statement(drafter, consultation, attendance, words, at=at)
