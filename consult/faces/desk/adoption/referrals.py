"""What was passed on to other organisations: the list, the answers' days, and taking back."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.adoption import queries, referrals
from consult.adoption.errors import ReferralRefused
from consult.adoption.models import Referral, ReferralState
from consult.drafting.models import Consultation
from consult.drafting.queries import draft_of
from consult.faces.desk.adoption.forms import AnsweredForm, ReturnForm
from consult.faces.desk.adoption.workspace import opinions_of
from consult.faces.desk.blueprint import current_actor, desk, refusals_to
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.store import db

PAGE = 50


@desk.get("/consultations/<slug>/adoption/referrals")
def adoption_referrals(slug: str) -> str:
    """Show what was passed on, newest first, by its state."""
    return _page(opinions_of(slug))


@desk.get("/consultations/<slug>/adoption/referrals.<any('xlsx', 'csv'):extension>")
def adoption_referrals_table(slug: str, extension: str) -> Response:
    """Give the list as a table."""
    consultation = opinions_of(slug)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{extension}"
        referrals.export(current_actor(), consultation, path)
        return download(path.read_bytes(), f"转办-{slug}.{extension}")


@desk.post("/consultations/<slug>/adoption/referrals/<int:key>/<any('answered', 'take-back'):verb>")
def adoption_referral(slug: str, key: int, verb: str) -> Response | tuple[str, int]:
    """Note the answer to a referral, or take it back."""
    consultation = opinions_of(slug)
    referral = db.session.get(Referral, key)
    if referral is None or referral.consultation_id != consultation.id:
        abort(404)
    form: FlaskForm = AnsweredForm() if verb == "answered" else ReturnForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            _act(referral, form)
        if tried.ok:
            flash("已登记答复日期。" if verb == "answered" else "已撤回转办，记录保留。", "success")
            return redirect(url_for("desk.adoption_referrals", slug=slug, state=request.args.get("state")), 303)
    return _page(consultation, key, form), 400


def _act(referral: Referral, form: FlaskForm) -> None:
    if isinstance(form, ReturnForm):
        referrals.take_back(current_actor(), referral, form.reason.data or "", at=clock.now())
    elif isinstance(form, AnsweredForm):
        if form.answered_on.data is None:
            raise ReferralRefused("请填写答复日期。", "answered_on")
        referrals.note_answer(current_actor(), referral, form.answered_on.data, at=clock.now())


def _page(consultation: Consultation, wrong: int = 0, form: FlaskForm | None = None) -> str:
    actor = current_actor()
    state = next((each for each in ReferralState if each.value == request.args.get("state")), None)
    listed = referrals.page(consultation.id, state, before=row_id(request.args.get("before", "")), limit=PAGE + 1)
    return render_template(
        "desk/adoption/referrals.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        progress=queries.progress(consultation.id),
        may_review=may(actor, Act.REVIEW_DECISION, consultation),
        may_refer=may(actor, Act.REFER, consultation),
        state=state,
        states=ReferralState,
        referrals=listed[:PAGE],
        goes_on=listed[PAGE - 1].id if len(listed) > PAGE else 0,
        label=draft_of(consultation).label_of,
        today=clock.local(clock.now()).date(),
        wrong=wrong,
        form=form,
    )
