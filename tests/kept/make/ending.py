"""Reports, the file for the meeting, overrides, the meeting, the promulgation."""

from __future__ import annotations

from typing import Any

from consult.clock import now
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.law.preconditions import unmet
from consult.meeting import facts
from consult.meeting import service as meeting
from consult.reporting import service as reporting
from tests.kept.make.base import DRAFT, PDF, docx_of, file, who

STATED: dict[str, Any] = {
    "market_activity": True,
    "special_group": True,
    "public_interest": True,
    "competition_public_heard": True,
    "risk_applies": True,
    "risk_report": True,
    "risk_controllable": False,
    "experts_apply": True,
    "experts_reported": False,
    "notice_channels": ["new_media", "press"],
    "fair_competition": "conforms",
    "legality": "lawful",
    "legality_sent_on": "2026-11-09",
    "legality_due_on": "2026-11-19",
    "legality_returned_on": "2026-11-18",
    "interpretation_plan": True,
    "interpretation_material": True,
    "disclosure": "public",
}
WITH_EVIDENCE = ("fair_competition", "legality", "risk_report", "interpretation_plan")
SHORT = {
    "market_activity": False, "special_group": False, "public_interest": False, "risk_applies": False,
    "experts_apply": False, "notice_channels": ["press"], "legality": "lawful", "legality_sent_on": "2026-11-09",
    "legality_returned_on": "2026-11-19", "interpretation_plan": True, "interpretation_material": True,
    "disclosure": "on_request",
}  # fmt: skip


def publish_report(consultation: Consultation, statement: str, *, correction: str = "") -> None:
    """Compile a report, have it reviewed, publish it."""
    report = reporting.compile_report(who("drafter"), consultation, at=now(), statement=statement, correction_reason=correction)
    reporting.submit_for_review(who("drafter"), report, at=now())
    reporting.review(who("legal"), report, at=now())
    reporting.publish(who("publisher"), report, at=now())


def meet(consultation: Consultation, *, full: bool, submit: bool = True) -> None:
    """State the facts, let pass what is unmet with the reason "1", submit; promulgate where it isn't the full file."""
    legal, drafter = who("legal"), who("drafter")
    subject = consultation.title.removesuffix("管理办法（征求意见稿）")
    text = DRAFT.replace("社区食堂", subject).replace("七十周岁", "六十五周岁").replace("征求意见稿", "送审稿")
    for kind, name in ((VersionKind.REVISED, "修改稿.docx"), (VersionKind.FOR_SUBMISSION, "送审稿.docx")):
        versions.add_version(drafter, consultation, kind=kind, file_name=name, data=docx_of(text), at=now())
    wanted = dict(STATED if full else SHORT)
    if full:
        meeting.state_fact(legal, consultation, "legality", "exploratory", at=now(), note="先这样写")
        for name in facts.known_names() - set(wanted):
            wanted[name] = True if name.startswith(facts.CONFIRMED) else "与本件无关"
    for name, value in wanted.items():
        evidence = file(f"{name}.pdf", PDF + name.encode()) if full and name in WITH_EVIDENCE else None
        meeting.state_fact(legal, consultation, name, value, at=now(), note="据会议记录", evidence=evidence)
    if not submit:
        return
    red = unmet(meeting.check(consultation, at=now()))
    print(consultation.slug, [(item.id, item.why) for item in red])
    for item in red:
        meeting.override(legal, consultation, item.id, "1", at=now())
    if full:
        assert red
        meeting.withdraw_override(legal, consultation, red[0].id, at=now())
        meeting.override(legal, consultation, red[0].id, "1", at=now())
    meeting.submit(legal, consultation, at=now())
    if full:
        return
    data = docx_of(text.replace("（送审稿）", ""))
    versions.add_version(drafter, consultation, kind=VersionKind.PROMULGATED, file_name="发布稿.docx", data=data, at=now())
    meeting.promulgate(who("publisher"), consultation, at=now())
