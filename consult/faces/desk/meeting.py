"""The gate before the meeting: every precondition with its state, what it rests on, and the facts that people state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, has, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.sections import inside
from consult.faces.uploads import keep, takes_scans
from consult.intake import file_scans
from consult.law.preconditions import CheckState
from consult.meeting import dossier, facts, service
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact
from consult.settings import rules
from consult.store import db, transaction

YES = (("", "还没有确认"), ("true", "是"), ("false", "否"))
WORDS = {
    "market_activity": ("涉及经营者的经济活动", YES),
    "special_group": ("直接涉及特定群体的利益", YES),
    "public_interest": ("公平竞争影响涉及社会公众利益", YES),
    "competition_public_heard": ("公平竞争审查听取了社会公众意见", YES),
    "risk_applies": ("需要风险评估", YES),
    "risk_report": ("有风险评估报告", YES),
    "risk_controllable": ("评估结论是风险可控", YES),
    "experts_apply": ("需要专家论证", YES),
    "experts_reported": ("有专家论证意见及其采纳情况", YES),
    "interpretation_plan": ("解读方案已制定", YES),
    "interpretation_material": ("解读材料已准备", YES),
    "legality_sent_on": ("送合法性审查的日期", None),
    "legality_due_on": ("审查期限到哪一天", None),
    "legality_returned_on": ("审查意见返回的日期", None),
    "fair_competition": (
        "公平竞争审查结论",
        (("", "还没有"), ("conforms", "符合审查标准"), ("exception", "适用例外规定"), ("violates", "违反审查标准")),
    ),
    "legality": (
        "合法性审查结论",
        (("", "还没有"), ("lawful", "合法"), ("exploratory", "探索性改革事项，已明示风险"), ("unlawful", "不合法")),
    ),
    "disclosure": (
        "公开属性",
        (("", "还没有"), ("public", "主动公开"), ("on_request", "依申请公开"), ("not_public", "不予公开")),
    ),
    "notice_channels": (
        "除网站以外，还在哪里公布了",
        (("new_media", "政务新媒体"), ("press", "报刊"), ("broadcast", "广播、电视")),
    ),
}
"""Words and choices of each fact that people state; None is a date."""

FACTS_OF = {
    "notice-channels": ("notice_channels",),
    "special-group-heard": ("special_group",),
    "fair-competition-review": ("market_activity", "fair_competition"),
    "fair-competition-heard": ("market_activity", "public_interest", "competition_public_heard"),
    "legality-review": ("legality",),
    "legality-review-time": ("legality_sent_on", "legality_due_on", "legality_returned_on"),
    "risk-assessment": ("risk_applies", "risk_report", "risk_controllable"),
    "expert-argument": ("experts_apply", "experts_reported"),
    "interpretation-plan": ("interpretation_plan",),
    "interpretation-material": ("interpretation_material",),
    "disclosure-attribute": ("disclosure",),
}
PLACES = {
    "notice": ("公告", "desk.notice"),
    "period": ("期限", "desk.consultation"),
    "draft": ("草案", "desk.draft"),
    "explanation": ("起草说明", "desk.notice"),
    "consultees": ("征求意见对象", "desk.consultees"),
    "responses": ("答复", "desk.consultees"),
    "hearings": ("座谈会、听证会", "desk.gatherings"),
    "submissions": ("来件", "desk.moderation"),
    "opinions": ("意见", "desk.adoption"),
    "decisions": ("采纳情况", "desk.adoption"),
    "concentrated": ("较为集中的意见", "desk.adoption"),
    "report": ("反馈报告", "desk.reporting"),
}
"""Where the evidence of a precondition stands."""


@dataclass(frozen=True)
class Asked:
    """A fact to be stated: its name, words, choices (None: a date) and what was stated last."""

    name: str
    words: str
    choices: tuple[tuple[str, str], ...] | None
    stated: MeetingFact | None

    @property
    def said(self) -> str:
        """What was stated last, in words."""
        named = dict(self.choices or ())
        if self.name == facts.CHANNELS:
            return "、".join(named.get(one, one) for one in self.values if one != "website") or "只在网站"
        return named.get(self.value, self.value) or "撤回"

    @property
    def values(self) -> list[str]:
        """The values of a fact that may have several."""
        value = self.stated.value if self.stated is not None else None
        return [str(one) for one in value] if isinstance(value, list) else []

    @property
    def value(self) -> str:
        """The value as the form holds it."""
        value = self.stated.value if self.stated is not None else None
        if isinstance(value, list):
            return ""
        return {True: "true", False: "false", None: ""}.get(value, str(value)) if not isinstance(value, str) else value


@desk.get("/consultations/<slug>/meeting")
def meeting(slug: str) -> str:
    """Show every precondition: state, reason, basis, evidence, next step, and the facts behind it."""
    one, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    checks = service.check(one, at=at)
    stated = facts.stated(one)
    rows = {row.id: row for row in rules().preconditions}
    return render_template(
        "desk/meeting/meeting.html",
        desk_nav=inside(actor, one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        checks=checks,
        open_checks=[item for item in checks if not item.passes],
        asked={item.id: _asked(item.id, rows[item.id].test, stated) for item in checks},
        held_back=file_scans.held_back({fact.evidence_digest for fact in stated.values()}),
        evidence={item.id: _evidence(one, item.evidence) for item in checks},
        overridable={row.id for row in rules().preconditions if row.overridable},
        may_state=may(actor, Act.STATE_MEETING_FACT, one),
        may_override=may(actor, Act.OVERRIDE_PRECONDITION, one),
        may_submit=may(actor, Act.SUBMIT_TO_MEETING, one),
        may_promulgate=may(actor, Act.PROMULGATE, one),
        MET=CheckState.MET,
    )


def _asked(precondition: str, test: str, stated: dict[str, MeetingFact]) -> list[Asked]:
    names = FACTS_OF.get(precondition, ())
    asked = [Asked(name, *WORDS[name], stated.get(name)) for name in names]
    if test == "confirmed":
        name = f"{facts.CONFIRMED}{precondition}"
        asked.append(Asked(name, "已经完成", YES, stated.get(name)))
    return asked


def _evidence(one: Consultation, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (PLACES[key][0], url_for(PLACES[key][1], slug=one.slug))
        for key in keys
        if key in PLACES and has(PLACES[key][1])
    ]


@desk.post("/consultations/<slug>/meeting/fact")
@takes_scans
def meeting_fact(slug: str) -> Response:
    """State the facts of one precondition, with their evidence; what is stated already isn't stated again."""
    one = consultation_or_404(slug)
    require(current_actor(), Act.STATE_MEETING_FACT, one)
    names, typed = request.form.getlist("name"), request.form
    with refusals_to_flash() as tried, transaction():
        files = keep(request.files.getlist("evidence"))
        note = typed.get("note", "")[:2000]
        known = facts.stated(one)
        for name in names:
            value = _value(name, typed.getlist(name) or typed.getlist("value"))
            if len(names) > 1 and not files and not note and _is_said(known.get(name), value):
                continue
            evidence = files[0] if files else None
            service.state_fact(current_actor(), one, name, value, at=clock.now(), note=note, evidence=evidence)
        if not names:
            raise MeetingRefused("没有要登记的内容，请重新打开这一页。")
    if tried.ok:
        flash("已登记。", "success")
    return _back(slug)


def _is_said(before: MeetingFact | None, value: Any) -> bool:
    """Say whether a value is what was stated last, or nothing where nothing was."""
    return (before.value if before is not None else None) == value or (before is None and value == [])


def _value(name: str, typed: list[str]) -> Any:
    if name == facts.CHANNELS:
        return sorted({one for one in typed if one})
    first = typed[0] if typed else ""
    if first in ("true", "false"):
        return first == "true"
    return first or None


@desk.get("/consultations/<slug>/meeting/evidence/<int:identifier>")
def meeting_evidence(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the evidence that was kept with a fact, as a download; one that is held back to nobody."""
    one = consultation_or_404(slug)
    fact = db.session.scalar(
        select(MeetingFact).where(MeetingFact.id == identifier, MeetingFact.consultation_id == one.id)
    )
    if fact is None or not fact.evidence_digest:
        abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(fact.evidence_digest), fact.evidence_name)
    return meeting(slug), 403


@desk.post("/consultations/<slug>/meeting/<any('override', 'withdraw', 'submit', 'promulgate'):verb>")
def meeting_act(slug: str, verb: str) -> Response:
    """Let one precondition pass, take that back, submit to the meeting, or note the promulgation."""
    one, actor, at = consultation_or_404(slug), current_actor(), clock.now()
    precondition = request.form.get("precondition", "")
    with refusals_to_flash() as tried:
        if verb == "override":
            service.override(actor, one, precondition, request.form.get("reason", "")[:4000], at=at)
        elif verb == "withdraw":
            service.withdraw_override(actor, one, precondition, at=at)
        elif verb == "submit":
            service.submit(actor, one, at=at)
        else:
            service.promulgate(actor, one, at=at)
    if tried.ok:
        words = {
            "override": "已放行。",
            "withdraw": "已取消放行。",
            "submit": "已提交上会。",
            "promulgate": "已登记印发。",
        }
        flash(words[verb], "success")
    return _back(slug)


@desk.get("/consultations/<slug>/meeting/file.zip")
def meeting_file(slug: str) -> Response:
    """Give the meeting's file as one ZIP."""
    one, at = consultation_or_404(slug), clock.now()
    return download(dossier.build(current_actor(), one, at=at), f"上会材料-{slug}.zip", "application/zip")


def _back(slug: str) -> Response:
    return redirect(url_for("desk.meeting", slug=slug, _anchor=request.form.get("precondition") or None), 303)
