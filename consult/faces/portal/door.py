"""Coming in and going out: the personal link, the account, the organisation's people."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from consult import clock
from consult.accounts.errors import Refused
from consult.consultees import invitations, members
from consult.consultees.errors import EntryRefused
from consult.consultees.models import Invitation, Member, MemberRole
from consult.consultees.standing import standing
from consult.drafting.models import State
from consult.faces.guards import limiter
from consult.faces.portal.blueprint import at_the_door, let_in, portal, see_out, visitor
from consult.faces.speaking import gettext
from consult.settings import settings
from consult.store import db
from consult.text.sentences import sentence

LISTED = 100
ONLY_SENDERS = sentence("只有能以本单位名义发出的账号，才能管理本单位的人员。")
NO_SUCH_ACCOUNT = sentence("没有这个账号。")


class SignInForm(FlaskForm):
    """Username and password of a member."""

    username = StringField(
        sentence("登录名"),
        validators=[
            InputRequired(sentence("请填写登录名。")),
            Length(max=120, message=sentence("登录名太长。")),
        ],
    )
    password = PasswordField(
        sentence("密码"),
        validators=[InputRequired(sentence("请填写密码。")), Length(max=200, message=sentence("密码太长。"))],
    )


class MemberForm(FlaskForm):
    """A colleague to let in."""

    username = StringField(sentence("登录名"), validators=[InputRequired(sentence("请填写登录名。"))])
    name = StringField(sentence("姓名"), validators=[InputRequired(sentence("请填写姓名。"))])
    role = RadioField(
        sentence("可以做什么"),
        choices=[
            SelectChoice(MemberRole.DRAFT.value, sentence("起草、保存")),
            SelectChoice(MemberRole.SEND.value, sentence("起草、保存，并以本单位名义发出")),
        ],
        default=MemberRole.DRAFT.value,
    )


@portal.app_errorhandler(401)
def _no_pass(error: Unauthorized) -> tuple[str, int] | Unauthorized:
    """Say how to come in."""
    if not request.path.startswith("/portal"):
        return error
    return render_template("portal/sign_in.html", form=SignInForm(formdata=None), asked=True), 401


@portal.get("/i/<token>")
@limiter.limit(lambda: settings().ratelimit_receipt)
def open_invitation(token: str) -> Response | tuple[str, int]:
    """Trade a personal link for a pass, and lead to the page without the token."""
    try:
        invitation = invitations.open_link(token, at=clock.now())
    except EntryRefused as refusal:
        return render_template("portal/closed.html", words=str(refusal)), 404
    return let_in(redirect(url_for(".answer", identifier=invitation.id), 303), invitation=invitation)


@portal.get("/")
def home() -> str | Response:
    """Show the invitations of an organisation."""
    who = at_the_door()
    if who.invitation is not None:
        return redirect(url_for(".answer", identifier=who.invitation.id), 303)
    query = (
        select(Invitation)
        .where(Invitation.consultee_id == who.consultee.id, Invitation.revoked_at.is_(None))
        .order_by(Invitation.id.desc())
        .limit(LISTED)
    )
    now = clock.now()
    found = [one for one in db.session.scalars(query) if one.consultation.state(now) is not State.WITHDRAWN]
    rows = [(one, standing(one, now).value) for one in found]
    return render_template("portal/home.html", who=who, rows=rows, now=now)


@portal.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Let a member in by name and password."""
    form = SignInForm()
    if form.validate_on_submit():
        try:
            member = members.sign_in(
                form.username.data or "", form.password.data or "", request.remote_addr, at=clock.now()
            )
            return let_in(redirect(url_for(".home"), 303), member=member)
        except Refused as refusal:
            form.form_errors.append(str(refusal))
    return render_template("portal/sign_in.html", form=form, asked=False), 400 if request.method == "POST" else 200


@portal.post("/sign-out")
def sign_out() -> Response:
    """Take the pass away."""
    return see_out(redirect(url_for(".sign_in"), 303))


@portal.route("/people", methods=["GET", "POST"])
def people() -> str | tuple[str, int]:
    """Show the organisation's people; who may send lets colleagues in and out."""
    who = at_the_door()
    form, password, admitted = MemberForm(), "", None
    if who.member is None or not who.may_send:
        return render_template("portal/closed.html", words=ONLY_SENDERS), 403
    if form.validate_on_submit():
        try:
            admitted, password = members.admit(
                who.actor,
                who.consultee,
                username=form.username.data or "",
                name=form.name.data or "",
                role=MemberRole(form.role.data),
                at=clock.now(),
            )
            form = MemberForm(formdata=None)
        except Refused as refusal:
            form.form_errors.append(str(refusal))
    page = render_template(
        "portal/people.html", who=who, form=form, people=members.of(who.consultee), password=password, admitted=admitted
    )
    return page, 400 if form.errors or form.form_errors else 200


@portal.post("/people/<int:identifier>/leave")
def leave(identifier: int) -> Response | tuple[str, int]:
    """Close the account of a colleague who has left."""
    who = visitor()
    member = db.session.get(Member, identifier)
    if who is None or who.member is None or not who.may_send or member is None:
        return render_template("portal/closed.html", words=NO_SUCH_ACCOUNT), 404
    if member.consultee_id != who.consultee.id or member.id == who.member.id:
        return render_template("portal/closed.html", words=NO_SUCH_ACCOUNT), 404
    members.dismiss(who.actor, member, at=clock.now())
    flash(gettext("%(name)s的账号已经停用。", name=member.name), "success")
    return redirect(url_for(".people"), 303)
