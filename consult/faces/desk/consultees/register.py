"""The register of enterprises and associations: find, add, change, retire, merge; their people's accounts."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from consult import clock
from consult.accounts.permissions import Act
from consult.consultees import doubles, members, register, register_history, register_wording
from consult.consultees.models import Consultee, ConsulteeKind, Member, MemberRole, Ownership, Size
from consult.consultees.register import SECTORS, Entry
from consult.faces.choices import choices
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.consultees.register_table import RegisterTableForm
from consult.faces.desk.form_fields import PlainField
from consult.faces.row_ids import row_id
from consult.store import db

PAGE = 50
REASON_CHARACTERS = 1000
LABOUR_CHOICES = [SelectChoice("True", "是"), SelectChoice("False", "否")]
OWNERSHIPS = {ownership.value: ownership for ownership in Ownership}
LABOUR_VALUES = {"True": True, "False": False}


class ConsulteeForm(FlaskForm):
    """The fields of one consultee of the register."""

    name = PlainField("单位名称", validators=[InputRequired("请填写单位名称。")])
    kind = RadioField(
        "类型",
        choices=choices(ConsulteeKind),
        default=ConsulteeKind.ENTERPRISE.value,
    )
    credit_code = PlainField("统一社会信用代码")
    size = SelectField("规模", choices=[SelectChoice("", "不填"), *choices(Size)])
    sector = SelectField(
        "行业", choices=[SelectChoice("", "不填"), *(SelectChoice(k, f"{k} {w}") for k, w in SECTORS.items())]
    )
    ownership = SelectField("所有制", choices=[SelectChoice("", "不填"), *choices(Ownership)], validate_choice=False)
    labour_intensive = SelectField(
        "劳动密集型", choices=[SelectChoice("", "不填"), *LABOUR_CHOICES], validate_choice=False
    )
    region = PlainField("地区")
    address = PlainField("通信地址")
    contact_name = PlainField("联系人")
    phone = PlainField("电话")
    email = PlainField("电子邮箱")
    correction = BooleanField("更正登记错误")
    reason = PlainField("更正理由")

    def entry(self) -> Entry:
        """Return what was typed."""
        return Entry(
            name=self.name.data or "",
            kind=ConsulteeKind(self.kind.data),
            credit_code=self.credit_code.data or "",
            size=Size(self.size.data) if self.size.data else None,
            sector=self.sector.data or "",
            ownership=OWNERSHIPS.get(self.ownership.data or ""),
            labour_intensive=LABOUR_VALUES.get(self.labour_intensive.data or ""),
            region=self.region.data or "",
            address=self.address.data or "",
            contact_name=self.contact_name.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
        )


def _consultee(identifier: int) -> Consultee:
    return db.session.get(Consultee, identifier) or abort(404)


@desk.get("/register", endpoint="register")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_list() -> str:
    """Show a page of the register."""
    words, after = request.args.get("q", "")[:60], request.args.get("after", "")
    kind = request.args.get("kind", "")
    retired = request.args.get("retired") == "1"
    rows = register.find(
        words=words,
        kind=ConsulteeKind(kind) if kind in set(ConsulteeKind) else None,
        retired=retired,
        after=row_id(after),
        limit=PAGE + 1,
    )
    shown = rows[:PAGE]
    asked: dict[str, Any] = {"q": words or None, "kind": kind or None, "retired": "1" if retired else None}
    return render_template(
        "desk/consultees/register.html",
        rows=shown,
        words=words,
        kind=kind,
        retired=retired,
        kinds=ConsulteeKind,
        sectors=SECTORS,
        table=RegisterTableForm(formdata=None),
        next=url_for(".register", **asked, after=shown[-1].id) if len(rows) > PAGE else None,
        first=url_for(".register", **asked) if after else None,
    )


@desk.route("/register/new", methods=["GET", "POST"])
@allowed_to(Act.MANAGE_CONSULTEES)
def register_new() -> str | Response | tuple[str, int]:
    """Put a consultee on the register."""
    form = ConsulteeForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            made = register.add(current_actor(), form.entry(), at=clock.now())
        if tried.ok:
            flash(f"已登记 {made.name}。", "success")
            warn_of_doubles(made)
            return redirect(url_for(".register_one", identifier=made.id), 303)
    page = render_template("desk/consultees/consultee.html", form=form, consultee=None)
    return page, 400 if request.method == "POST" else 200


@desk.route("/register/<int:identifier>", methods=["GET", "POST"])
@allowed_to(Act.MANAGE_CONSULTEES)
def register_one(identifier: int) -> str | Response | tuple[str, int]:
    """Show one consultee of the register, or change it."""
    consultee = _consultee(identifier)
    form = ConsulteeForm() if request.method == "POST" else ConsulteeForm(obj=register.entry_of(consultee))
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            register.change(
                current_actor(),
                consultee,
                form.entry(),
                correction=form.correction.data,
                reason=(form.reason.data or "")[:REASON_CHARACTERS],
                at=clock.now(),
            )
        if tried.ok:
            flash("已保存。", "success")
            warn_of_doubles(consultee)
            return redirect(url_for(".register_one", identifier=identifier), 303)
    return _one(consultee, form), 400 if request.method == "POST" else 200


def warn_of_doubles(consultee: Consultee) -> None:
    """Warn that names on the register are nearly the same as a consultee's."""
    others = [pair.second if pair.first_id == consultee.id else pair.first for pair in doubles.of(consultee)]
    if others:
        names = "、".join(f"“{other.name}”" for other in others[:3])
        flash(f"{consultee.name}与{names}名称相近，可能是同一家。请核对后合并，或者登记为不是同一家。", "warning")


def _one(consultee: Consultee, form: ConsulteeForm, admitted: Member | None = None, password: str = "") -> str:
    return render_template(
        "desk/consultees/consultee.html",
        form=form,
        consultee=consultee,
        alike=doubles.of(consultee),
        people=members.of(consultee),
        corrections=[
            (correction, register_wording.corrected(correction))
            for correction in register_history.corrections(consultee)
        ],
        admitted=admitted,
        password=password,
    )


@desk.post("/register/<int:identifier>/<any('retire', 'merge', 'dismiss'):verb>")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_act(identifier: int, verb: str) -> Response:
    """Retire a consultee, merge a double into it, or close an account of its people."""
    consultee, actor, at = _consultee(identifier), current_actor(), clock.now()
    other = request.form.get("other", "")
    number = row_id(other)
    with refusals_to_flash() as tried:
        if verb == "retire":
            register.retire(actor, consultee, request.form.get("reason", "")[:1000], at=at)
        elif verb == "merge":
            register.merge(actor, consultee, _consultee(number), at=at)
        else:
            member = db.session.get(Member, number)
            if member is None or member.consultee_id != consultee.id:
                abort(404)
            members.close_member(actor, member, at=at)
    if tried.ok:
        flash({"retire": "已停用。", "merge": "已合并。", "dismiss": "账号已停用。"}[verb], "success")
    return redirect(url_for(".register_one", identifier=identifier), 303)


@desk.post("/register/<int:identifier>/admit")
@allowed_to(Act.MANAGE_CONSULTEES)
def register_admit(identifier: int) -> str | Response:
    """Open an account of the portal for one of a consultee's people; its password is shown once."""
    consultee = _consultee(identifier)
    with refusals_to_flash() as tried:
        member, password = members.create_member(
            current_actor(),
            consultee,
            username=request.form.get("username", ""),
            name=request.form.get("name", ""),
            role=MemberRole.SEND,
            at=clock.now(),
        )
    if not tried.ok:
        return redirect(url_for(".register_one", identifier=identifier), 303)
    return _one(consultee, ConsulteeForm(formdata=None, obj=register.entry_of(consultee)), member, password)
