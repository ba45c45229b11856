"""Coming in and going out: the personal link, the account, the organisation's people."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from consult import clock
from consult.accounts import sessions
from consult.accounts.errors import Refused
from consult.app_context import settings
from consult.consultees import members, portal_sessions, queries
from consult.consultees.errors import EntryRefused
from consult.consultees.models import Member, MemberRole
from consult.consultees.status import standing
from consult.faces import cookies
from consult.faces.choices import choices
from consult.faces.cookies import device
from consult.faces.guards import limiter
from consult.faces.i18n import gettext
from consult.faces.portal.blueprint import (
    clear_session_cookie,
    entered,
    portal,
    set_session_cookie,
    visitor,
    visitor_or_401,
)
from consult.store import db
from consult.text.sentences import sentence

ONLY_SENDERS = sentence("有提交权限的账号方可管理本单位人员。")
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


class CodeForm(FlaskForm):
    """The code on a letter."""

    code = StringField(
        sentence("答复码"),
        validators=[
            InputRequired(sentence("请填写函件上的答复码。")),
            Length(max=60, message=sentence("答复码太长。")),
        ],
    )


class PasswordForm(FlaskForm):
    """One's own password: the present one, the new one twice."""

    present = PasswordField(sentence("现在的密码"), validators=[InputRequired(sentence("请填写现在的密码。"))])
    fresh = PasswordField(sentence("新密码"), validators=[InputRequired(sentence("请填写新密码。"))])
    again = PasswordField(
        sentence("再次输入新密码"),
        validators=[
            InputRequired(sentence("请再次输入新密码。")),
            EqualTo("fresh", sentence("两次输入的新密码不一致，请重新输入。")),
        ],
    )


class MemberForm(FlaskForm):
    """A colleague to let in."""

    username = StringField(sentence("登录名"), validators=[InputRequired(sentence("请填写登录名。"))])
    name = StringField(sentence("姓名"), validators=[InputRequired(sentence("请填写姓名。"))])
    role = RadioField(
        sentence("权限"),
        choices=choices(MemberRole),
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
        invitation, pass_token = portal_sessions.enter_by_link(token, device(), at=clock.now())
    except EntryRefused as refusal:
        return render_template("portal/closed.html", words=str(refusal)), 404
    return set_session_cookie(redirect(url_for(".answer", identifier=invitation.id), 303), pass_token)


@portal.route("/c", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_receipt, methods=["POST"])
def enter_code() -> str | Response | tuple[str, int]:
    """Take the code that is printed on a letter, for those who can't open its link."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            invitation, pass_token = portal_sessions.enter_by_code(form.code.data or "", device(), at=clock.now())
            return set_session_cookie(redirect(url_for(".answer", identifier=invitation.id), 303), pass_token)
        except EntryRefused as refusal:
            form.form_errors.append(str(refusal))
    return render_template("portal/code.html", form=form), 400 if request.method == "POST" else 200


@portal.get("/")
def home() -> str | Response:
    """Show the invitations of an organisation."""
    who = visitor_or_401()
    if who.invitation is not None:
        return redirect(url_for(".answer", identifier=who.invitation.id), 303)
    now = clock.now()
    rows = [(invitation, standing(invitation, now)) for invitation in queries.invitations_of(who.consultee, now)]
    return render_template("portal/home.html", who=who, rows=rows, now=now)


@portal.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(lambda: settings().ratelimit_sign_in, methods=["POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Let a member in by name and password."""
    form = SignInForm()
    if form.validate_on_submit():
        try:
            token = portal_sessions.sign_in(
                form.username.data or "", form.password.data or "", device(), at=clock.now()
            )
            return set_session_cookie(redirect(url_for(".home"), 303), token)
        except Refused as refusal:
            form.form_errors.append(str(refusal))
    return render_template("portal/sign_in.html", form=form, asked=False), 400 if request.method == "POST" else 200


@portal.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    here = entered()
    if here is not None:
        portal_sessions.sign_out(here, at=clock.now())
    return cookies.signed_out(clear_session_cookie(redirect(url_for(".sign_in"), 303)))


@portal.get("/sessions")
def own_sessions() -> str | Response:
    """Show a member where the account is signed in."""
    visitor_or_401()
    here, now = entered(), clock.now()
    if here is None or here.member is None:
        return redirect(url_for(".home"), 303)
    lines = sessions.lines(here.session, portal_sessions.holder_of(here.member), now)
    return render_template("portal/sessions.html", who=visitor_or_401(), lines=lines)


@portal.route("/password", methods=["GET", "POST"])
def password() -> str | Response | tuple[str, int]:
    """Let a member change the password."""
    who, form = visitor_or_401(), PasswordForm()
    if who.member is None:
        return redirect(url_for(".home"), 303)
    if form.validate_on_submit():
        try:
            token = portal_sessions.change_password(
                who.member, form.present.data or "", form.fresh.data or "", device(), at=clock.now()
            )
            flash(gettext("密码已改。"), "success")
            return set_session_cookie(redirect(url_for(".own_sessions"), 303), token)
        except Refused as refusal:
            form.form_errors.append(str(refusal))
    page = render_template("portal/password.html", who=who, form=form)
    return page, 400 if request.method == "POST" else 200


@portal.post("/sessions/others")
def end_other_sessions() -> Response:
    """End all sessions of the account but this one."""
    visitor_or_401()
    here = entered()
    if here is not None:
        portal_sessions.sign_out_everywhere(here, others_only=True, at=clock.now())
    flash(gettext("已退出其他登录。"), "success")
    return redirect(url_for(".own_sessions"), 303)


@portal.post("/sessions/all")
def end_all_sessions() -> Response:
    """End all sessions of the account, this one too."""
    visitor_or_401()
    here = entered()
    if here is not None:
        portal_sessions.sign_out_everywhere(here, others_only=False, at=clock.now())
    return cookies.signed_out(clear_session_cookie(redirect(url_for(".sign_in"), 303)))


@portal.route("/people", methods=["GET", "POST"])
def people() -> str | tuple[str, int]:
    """Show the organisation's people; who may send lets colleagues in and out."""
    who = visitor_or_401()
    form, password, admitted = MemberForm(), "", None
    if who.member is None or not who.may_send:
        return render_template("portal/closed.html", words=ONLY_SENDERS), 403
    if form.validate_on_submit():
        try:
            admitted, password = members.create_member(
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
    members.close_member(who.actor, member, at=clock.now())
    flash(gettext("%(name)s的账号已经停用。", name=member.name), "success")
    return redirect(url_for(".people"), 303)
