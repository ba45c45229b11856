"""The gate before the meeting: every precondition with its state, what it rests on, and the facts that people state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.app_context import rules
from consult.drafting import postings
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, has, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.meeting import issuing
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.faces.uploads import keep, takes_scans
from consult.intake import file_scans
from consult.labels import LabelledEnum
from consult.law.facts import Disclosure
from consult.law.preconditions import CheckState
from consult.meeting import checks, flags, gate_states, overrides, service
from consult.meeting import meeting_file as dossier
from consult.meeting.models import MeetingFact


def _offered(members: Iterable[LabelledEnum]) -> tuple[tuple[str, str], ...]:
    return tuple((member.value, member.label.words) for member in members)


YES = (("", "待确认"), ("true", "是"), ("false", "否"))
WORDS = {
    "market_activity": ("涉及经营者的经济活动", YES),
    "special_group": ("涉及特定群体的利益", YES),
    "public_interest": ("公平竞争影响涉及社会公众利益", YES),
    "enterprise_unrelated": ("与市场主体生产经营活动无关", YES),
    "interpretation_plan": ("解读方案已制定", YES),
    "interpretation_material": ("解读材料已准备", YES),
    "disclosure": ("公开属性", (("", "待确定"), *_offered(Disclosure))),
}
"""Words and choices of each fact that people state."""

FACTS_OF = {
    "consultees-heard": ("enterprise_unrelated",),
    "special-group-heard": ("special_group",),
    "fair-competition-review": ("market_activity",),
    "fair-competition-heard": ("market_activity", "public_interest"),
    "interpretation-plan": ("interpretation_plan",),
    "interpretation-material": ("interpretation_material",),
    "disclosure-attribute": ("disclosure",),
}
PLACES: dict[str, tuple[str, ...]] = {
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
    "fair-competition-review": ("公平竞争审查", "desk.reviews", "fair-competition"),
    "legality-review": ("合法性审查", "desk.reviews", "legality"),
    "risk-assessment": ("风险评估", "desk.reviews", "risk"),
    "expert-argument": ("专家论证", "desk.reviews", "experts"),
    "notice-channels": ("发布情况", "desk.meeting", "notice-channels"),
    "interpretation": ("解读材料", "desk.meeting", "interpretation-plan"),
    "disclosure": ("公开属性", "desk.meeting", "disclosure-attribute"),
}
"""The page on which the evidence of a precondition is added: its words, endpoint and anchor."""


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
        return named.get(self.value, self.value) or "撤回"

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
    consultation, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    results = checks.check(consultation, at=at)
    gate_states.update_states(consultation, results, at=at)
    stated = flags.latest_statements(consultation)
    rows = {row.id: row for row in rules().preconditions}
    return render_template(
        "desk/meeting/meeting.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        checks=results,
        kept=checks.snapshot(consultation),
        open_checks=[item for item in results if not item.passes],
        asked={item.id: _asked(item.id, rows[item.id].test if item.id in rows else "", stated) for item in results},
        held_back=file_scans.held_back({fact.evidence_digest for fact in stated.values()}),
        evidence={item.id: evidence_links(consultation, item.evidence) for item in results},
        waiting={made.precondition: made for made in overrides.pending(consultation)},
        may_approve=may(actor, Act.APPROVE_OVERRIDE, consultation),
        may_confirm=may(actor, Act.CONFIRM_MEETING_FACT, consultation),
        may_post=may(actor, Act.NOTE_POSTING, consultation),
        postings=postings.of(consultation),
        overridable={row.id for row in rules().preconditions if row.overridable},
        may_state=may(actor, Act.STATE_MEETING_FACT, consultation),
        may_override=may(actor, Act.OVERRIDE_PRECONDITION, consultation),
        may_submit=may(actor, Act.SUBMIT_TO_MEETING, consultation),
        **issuing.shown(actor, consultation, at),
        MET=CheckState.MET,
    )


def _asked(precondition: str, test: str, stated: dict[str, MeetingFact]) -> list[Asked]:
    names = FACTS_OF.get(precondition, ())
    asked = [Asked(name, *WORDS[name], stated.get(name)) for name in names]
    if test == "confirmed":
        name = f"{flags.CONFIRMED}{precondition}"
        asked.append(Asked(name, "已经完成", YES, stated.get(name)))
    return asked


def evidence_links(consultation: Consultation, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return words and addresses of the pages on which the evidence of a precondition is added."""
    links = []
    for key in keys:
        words, endpoint, *anchor = PLACES.get(key, ("", "", ""))
        if endpoint and has(endpoint):
            if key == "legality-review":
                words = rules().reviews["legality"].named(consultation.kind)
            links.append((words, url_for(endpoint, slug=consultation.slug, _anchor=anchor[0] if anchor else None)))
    return links


@desk.post("/consultations/<slug>/meeting/fact")
@takes_scans
def meeting_fact(slug: str) -> Response:
    """State the facts of one precondition, with their evidence; what is stated already isn't stated again."""
    consultation = consultation_or_404(slug, Act.STATE_MEETING_FACT)
    typed = request.form
    values = {name: _value(name, typed.getlist(name) or typed.getlist("value")) for name in typed.getlist("name")}
    with refusals_to_flash() as tried:
        files = keep(request.files.getlist("evidence"))
        flags.state_facts(
            current_actor(),
            consultation,
            values,
            at=clock.now(),
            note=typed.get("note", "")[:2000],
            evidence=files[0] if files else None,
        )
    if tried.ok:
        flash("已登记。", "success")
    return _back(slug)


def _value(name: str, typed: list[str]) -> Any:
    first = typed[0] if typed else ""
    if first in ("true", "false"):
        return first == "true"
    return first or None


@desk.get("/consultations/<slug>/meeting/evidence/<int:identifier>")
def meeting_evidence(slug: str, identifier: int) -> Response | tuple[str, int]:
    """Give the evidence that was kept with a fact, as a download; one that is held back to nobody."""
    consultation = consultation_or_404(slug)
    fact = flags.statement_by_id(consultation, identifier)
    if fact is None or not fact.evidence_digest:
        abort(404)
    with refusals_to_flash():
        return download(file_scans.content_of(fact.evidence_digest), fact.evidence_name)
    return meeting(slug), 403


ACTS = {
    "override": "已报批，等待另一人批准。",
    "approve": "已批准。",
    "withdraw": "已撤销例外情形。",
    "confirm": "已确认。",
    "submit": "已提请审议。",
}


@desk.post("/consultations/<slug>/meeting/<any('override', 'approve', 'withdraw', 'confirm', 'submit'):verb>")
@takes_scans
def meeting_act(slug: str, verb: str) -> Response:
    """Ask for or approve an exception, take it back, confirm a statement, or submit."""
    consultation, actor, at = consultation_or_404(slug), current_actor(), clock.now()
    precondition = request.form.get("precondition", "")
    with refusals_to_flash() as tried:
        if verb == "override":
            files = keep(request.files.getlist("document"))
            reason = request.form.get("reason", "")[:4000]
            overrides.request_override(actor, consultation, precondition, reason, files[0] if files else None, at=at)
        elif verb == "approve":
            overrides.approve(actor, consultation, precondition, at=at)
        elif verb == "withdraw":
            overrides.withdraw(actor, consultation, precondition, at=at)
        elif verb == "confirm":
            fact = flags.statement_by_id(consultation, row_id(request.form.get("fact", "")))
            if fact is None:
                abort(404)
            flags.confirm_fact(actor, fact, at=at)
        else:
            service.submit(actor, consultation, at=at)
    if tried.ok:
        flash(ACTS[verb], "success")
    return _back(slug)


@desk.get("/consultations/<slug>/meeting/file.zip")
def meeting_file(slug: str) -> Response:
    """Give the meeting's file as one ZIP."""
    consultation, at = consultation_or_404(slug), clock.now()
    return download(dossier.build(current_actor(), consultation, at=at), f"上会材料-{slug}.zip", "application/zip")


def _back(slug: str) -> Response:
    return redirect(url_for("desk.meeting", slug=slug, _anchor=request.form.get("precondition") or None), 303)
