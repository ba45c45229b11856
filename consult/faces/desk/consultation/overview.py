"""The desk's page of one consultation: its state, its period, and every act on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.models import User
from consult.accounts.permissions import Act, may
from consult.drafting import publication, version_comparison, versions, worklists
from consult.drafting import service as drafting
from consult.drafting.errors import PeriodRefused
from consult.drafting.models import Consultation, Stage, State
from consult.faces.audit_wording import in_words as entry_words
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.consultation.forms import (
    ExtendForm,
    GiveForm,
    PublishForm,
    ReasonForm,
    WhatIfForm,
)
from consult.faces.desk.navigation import inside
from consult.faces.template_filters import last_day, short_day
from consult.ledger.queries import entries
from consult.store import counters, db

LEDGER_LINES = 8
MANY = ("submission.receive", "submission.screen", "submission.import", "opinion.decide", "opinion.review")
"""Acts that are done by the hundred: left out of the few lines beside the overview."""
ROAD = ("起草", "审核", "征求意见", "研究采纳", "反馈公布", "提请审议", "公布施行")
PLACE = {
    State.DRAFTING: 0,
    State.IN_REVIEW: 1,
    State.SCHEDULED: 2,
    State.OPEN: 2,
    State.CLOSED: 3,
    State.FEEDBACK_REVIEW: 3,
    State.FEEDBACK_PUBLISHED: 5,
    State.SUBMITTED_TO_MEETING: 6,
    State.PROMULGATED: 7,
}
"""Where on the road a state is; the road ends behind its last step."""
Answer = str | Response | tuple[str, int]


@desk.get("/consultations/<slug>")
def consultation(slug: str) -> str:
    """Show the state of a consultation and what can be done with it."""
    return overview(consultation_or_404(slug))


@desk.post("/consultations/<slug>/submit-for-review")
def consultation_submit(slug: str) -> Answer:
    """Send it to the publisher."""
    return _act(slug, "submit", FlaskForm(), "已送审，等待信息发布员审核。", _submit)


def _submit(consultation: Consultation, _form: FlaskForm, at: datetime) -> None:
    drafting.submit_for_review(current_actor(), consultation, at=at)


@desk.post("/consultations/<slug>/take-back")
def consultation_recall(slug: str) -> Answer:
    """Take it back from review."""
    return _act(slug, "submit", FlaskForm(), "已收回，修改后重新送审。", _recall)


def _recall(consultation: Consultation, _form: FlaskForm, at: datetime) -> None:
    drafting.take_back(current_actor(), consultation, at=at)


@desk.post("/consultations/<slug>/return")
def consultation_return(slug: str) -> Answer:
    """Give it back to the drafter with a reason."""

    def verb(consultation: Consultation, form: ReasonForm, at: datetime) -> None:
        drafting.return_to_drafter(current_actor(), consultation, form.reason.data or "", at=at)

    return _act(slug, "back", ReasonForm(prefix="back"), "已退回起草处室。", verb)


@desk.post("/consultations/<slug>/publish")
def consultation_publish(slug: str) -> Answer:
    """Publish it, now or for a date."""

    def verb(consultation: Consultation, form: PublishForm, at: datetime) -> None:
        publication.publish(
            current_actor(),
            consultation,
            at=at,
            opens=form.opens.data,
            days=form.days.data,
            reason=form.reason.data or "",
            seen=_moment(form.seen.data),
            explanation_required=True,
        )

    return _act(slug, "publish", PublishForm(), "已发布。", verb)


def _moment(written: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written) if written else None
    except ValueError:
        abort(400)
    if moment is not None and moment.tzinfo is None:
        abort(400)
    return moment


@desk.post("/consultations/<slug>/extend")
def consultation_extend(slug: str) -> Answer:
    """Extend its period with a reason."""

    def verb(consultation: Consultation, form: ExtendForm, at: datetime) -> None:
        if form.last_day.data is None:
            raise PeriodRefused("请填写新的截止日。", "last_day")
        publication.extend_period(
            current_actor(), consultation, last_day=form.last_day.data, reason=form.reason.data or "", at=at
        )

    return _act(slug, "extend", ExtendForm(prefix="extend"), "期限已延长，理由在公众页面显示。", verb)


@desk.post("/consultations/<slug>/withdraw")
def consultation_withdraw(slug: str) -> Answer:
    """Withdraw it with a reason."""

    def verb(consultation: Consultation, form: ReasonForm, at: datetime) -> None:
        drafting.withdraw(current_actor(), consultation, form.reason.data or "", at=at)

    return _act(slug, "withdraw", ReasonForm(prefix="withdraw"), "已撤回。", verb)


@desk.post("/consultations/<slug>/give")
def consultation_give(slug: str) -> Answer:
    """Give it to a moderator of another division."""

    def verb(consultation: Consultation, form: GiveForm, at: datetime) -> None:
        user = db.session.get(User, form.user.data) if form.user.data else None
        if user is None:
            abort(404)
        drafting.grant_access(current_actor(), consultation, user, at=at)

    return _act(slug, "give", GiveForm(prefix="give"), "已交办审核员。", verb)


@desk.post("/consultations/<slug>/take-back/<int:user_id>")
def consultation_take_back(slug: str, user_id: int) -> Response:
    """Take it back from a moderator."""
    consultation = consultation_or_404(slug)
    user = db.session.get(User, user_id) or abort(404)
    with refusals_to_flash() as tried:
        drafting.revoke_access(current_actor(), consultation, user, at=clock.now())
    if tried.ok:
        flash(f"已从“{user.name}”收回。", "success")
    return redirect(url_for(".consultation", slug=slug) + "#given", 303)


@desk.get("/consultations/<slug>/period")
def consultation_period(slug: str) -> str:
    """Count the period that a day and a number of days would give: the part of the page that says so."""
    consultation = consultation_or_404(slug)
    _, answer = _what_if(consultation, _forms(consultation, clock.now()), clock.now())
    return render_template("desk/consultation/period.html", counted=answer)


def _act(slug: str, name: str, form: Any, done: str, verb: Callable[[Consultation, Any, datetime], None]) -> Answer:
    """Do one act; a refusal shows beside its form, with what was typed still there."""
    consultation = consultation_or_404(slug)
    if form.validate():
        with refusals_to(form) as tried:
            verb(consultation, form, clock.now())
        if tried.ok:
            flash(done, "success")
            return redirect(url_for(".consultation", slug=slug), 303)
    return overview(consultation, **{name: form}), 400


def overview(consultation: Consultation, **forms: Any) -> str:
    """Return the first page of a consultation; ``forms`` are those that were refused, by name."""
    now, actor = clock.now(), current_actor()
    state = consultation.state(now)
    wrong = next(iter(forms), "")
    forms = _forms(consultation, now) | forms
    what_if, counted = _what_if(consultation, forms, now)
    return render_template(
        "desk/consultation/overview.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=state.value,
        now=now,
        today=clock.local(now).date(),
        road=_road(consultation, state),
        place=PLACE.get(state, 0),
        rule=publication.period_rule(consultation),
        count_in_words=publication.count_in_words(consultation),
        provisional=publication.is_provisional(consultation),
        what_if=what_if,
        counted=counted,
        forms=forms,
        wrong=wrong,
        wrote=publication.is_author(actor, consultation),
        to_give=worklists.grantable_moderators(consultation) if may(actor, Act.GIVE_SCREENING, consultation) else [],
        given=worklists.granted_moderators(consultation),
        received=counters.counts(consultation.id, "received"),
        channels=counters.counts(consultation.id, "channel"),
        states=counters.counts(consultation.id, "state"),
        gaps=gaps(consultation),
        compare_order=version_comparison.in_order,
        can_add=bool(versions.addable_kinds(consultation)),
        lines=[*map(entry_words, entries(consultation_id=consultation.id, without=MANY, limit=LEDGER_LINES))],
    )


def _forms(consultation: Consultation, now: datetime) -> dict[str, Any]:
    rule = publication.period_rule(consultation)
    give = GiveForm(formdata=None, prefix="give")
    return {
        "submit": FlaskForm(formdata=None),
        "back": ReasonForm(formdata=None, prefix="back"),
        "publish": PublishForm(
            formdata=None,
            data={
                "opens": clock.local(now).date(),
                "days": rule.minimum_days,
                "seen": consultation.changed_at.isoformat(),
            },
        ),
        "extend": ExtendForm(formdata=None, prefix="extend"),
        "withdraw": ReasonForm(formdata=None, prefix="withdraw"),
        "give": give,
    }


def _what_if(consultation: Consultation, forms: dict[str, Any], now: datetime) -> tuple[WhatIfForm, dict[str, Any]]:
    """Count the period that a day and a number of days would give: those asked for, else today and the minimum."""
    form = WhatIfForm(request.args)
    form.validate()
    publish = forms["publish"]
    if not request.args.get("opens"):
        form.opens.data = publish.opens.data or clock.local(now).date()
    if not request.args.get("days"):
        form.days.data = (
            publish.days.data if publish.days.data is not None else publication.period_rule(consultation).minimum_days
        )
    if form.errors:
        return form, {"refusal": "；".join(words for value in form.errors.values() for words in value)}
    if "opens" in request.args and request.method == "GET":
        publish.opens.data, publish.days.data = form.opens.data, form.days.data
    return form, counted(consultation, form.opens.data or clock.local(now).date(), form.days.data)


def counted(consultation: Consultation, opens: date, days: int | None) -> dict[str, Any]:
    """Return the period of a publication on ``opens``; where it needs a reason or isn't lawful, that too in words."""
    try:
        return {"period": publication.proposed_period(consultation, opens, days), "refusal": ""}
    except PeriodRefused as refusal:
        try:
            period = publication.proposed_period(consultation, opens, days, reason="（待填）")
        except PeriodRefused:
            return {"period": None, "refusal": str(refusal)}
        return {"period": period, "refusal": str(refusal)}
    except OverflowError:
        return {"period": None, "refusal": f"公布日期 {opens.isoformat()} 太远，请核对年份。"}


def _road(consultation: Consultation, state: State) -> list[tuple[str, str]]:
    when = dict.fromkeys(ROAD, "")
    when["起草"] = short_day(consultation.created_at)
    if consultation.opens_at is not None and consultation.closes_at is not None:
        opens = short_day(consultation.opens_at, consultation.created_at)
        ends = short_day(last_day(consultation.closes_at), consultation.created_at)
        when["征求意见"] = f"{opens}公布" if state is State.SCHEDULED else f"至{ends}"
    return [(words, when[words]) for words in ROAD]


def gaps(consultation: Consultation) -> list[tuple[str, str]]:
    """Return what the notice of a consultation still lacks, each with the field to fill; a hint, not a refusal."""
    if consultation.stage not in (Stage.DRAFTING, Stage.IN_REVIEW):
        return []
    lacking = []
    if not consultation.explanation_html.strip():
        lacking.append(
            ("尚无起草说明。公布草案应当同时公布起草说明（《重大行政决策程序暂行条例》第十五条）。", "explanation_html")
        )
    if not consultation.contact.strip():
        lacking.append(("未填写来信来电的地址和电话，不便于公众以其他方式提出意见。", "contact"))
    if not consultation.summary.strip():
        lacking.append(("未填写简介，首页仅显示标题。", "summary"))
    return lacking
