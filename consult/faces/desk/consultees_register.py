"""The register of enterprises and associations: find, add, change, retire, merge; their people's accounts."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from consult import clock
from consult.accounts.permissions import Act, require
from consult.consultees import imports, members, register
from consult.consultees.models import Consultee, ConsulteeKind, Member, MemberRole, Size
from consult.consultees.register import SECTORS, Entry
from consult.faces.desk.blueprint import current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.forms.fields import PlainField
from consult.files import tables
from consult.store import db

PAGE = 50
KIND_WORDS = {
    ConsulteeKind.ENTERPRISE: "企业",
    ConsulteeKind.ASSOCIATION: "行业协会、商会",
    ConsulteeKind.GROUP_ORGANISATION: "人民团体、社会组织",
}
SIZE_WORDS = {Size.LARGE: "大型", Size.MEDIUM: "中型", Size.SMALL: "小型", Size.MICRO: "微型"}
SHOWN_ROWS = 200


class ConsulteeForm(FlaskForm):
    """What the register says of one consultee."""

    name = PlainField("单位名称", validators=[InputRequired("请填写单位名称。")])
    kind = RadioField(
        "类型",
        choices=[SelectChoice(k.value, w) for k, w in KIND_WORDS.items()],
        default=ConsulteeKind.ENTERPRISE.value,
    )
    credit_code = PlainField("统一社会信用代码")
    size = SelectField(
        "规模", choices=[SelectChoice("", "不填"), *(SelectChoice(s.value, w) for s, w in SIZE_WORDS.items())]
    )
    sector = SelectField(
        "行业", choices=[SelectChoice("", "不填"), *(SelectChoice(k, f"{k} {w}") for k, w in SECTORS.items())]
    )
    region = PlainField("地区")
    address = PlainField("通信地址")
    contact_name = PlainField("联系人")
    phone = PlainField("电话")
    email = PlainField("电子邮箱")

    def entry(self) -> Entry:
        """Return what was typed."""
        return Entry(
            name=self.name.data or "",
            kind=ConsulteeKind(self.kind.data),
            credit_code=self.credit_code.data or "",
            size=Size(self.size.data) if self.size.data else None,
            sector=self.sector.data or "",
            region=self.region.data or "",
            address=self.address.data or "",
            contact_name=self.contact_name.data or "",
            phone=self.phone.data or "",
            email=self.email.data or "",
        )


class RegisterTableForm(FlaskForm):
    """A spreadsheet to import."""

    file = FileField("表格", validators=[FileRequired("请选择表格（.xlsx 或 .csv）。")])


def _consultee(identifier: int) -> Consultee:
    require(current_actor(), Act.MANAGE_CONSULTEES)
    return db.session.get(Consultee, identifier) or abort(404)


@desk.get("/register", endpoint="register")
def register_list() -> str:
    """Show a page of the register."""
    require(current_actor(), Act.MANAGE_CONSULTEES)
    words, after = request.args.get("q", "")[:60], request.args.get("after", "")
    kind = request.args.get("kind", "")
    retired = request.args.get("retired") == "1"
    found = register.find(
        words=words,
        kind=ConsulteeKind(kind) if kind in set(ConsulteeKind) else None,
        retired=retired,
        after=int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0,
        limit=PAGE + 1,
    )
    shown = found[:PAGE]
    asked: dict[str, Any] = {"q": words or None, "kind": kind or None, "retired": "1" if retired else None}
    return render_template(
        "desk/hearing/register.html",
        rows=shown,
        words=words,
        kind=kind,
        retired=retired,
        kind_words=KIND_WORDS,
        size_words=SIZE_WORDS,
        sectors=SECTORS,
        table=RegisterTableForm(formdata=None),
        next=url_for(".register", **asked, after=shown[-1].id) if len(found) > PAGE else None,
        first=url_for(".register", **asked) if after else None,
    )


@desk.route("/register/new", methods=["GET", "POST"])
def register_new() -> str | Response | tuple[str, int]:
    """Put a consultee on the register."""
    require(current_actor(), Act.MANAGE_CONSULTEES)
    form = ConsulteeForm()
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            made = register.add(current_actor(), form.entry(), at=clock.now())
        if tried.ok:
            flash(f"已登记 {made.name}。", "success")
            return redirect(url_for(".register_one", identifier=made.id), 303)
    page = render_template("desk/hearing/consultee.html", form=form, consultee=None)
    return page, 400 if request.method == "POST" else 200


@desk.route("/register/<int:identifier>", methods=["GET", "POST"])
def register_one(identifier: int) -> str | Response | tuple[str, int]:
    """Show one consultee, change what the register says of it."""
    consultee = _consultee(identifier)
    form = ConsulteeForm() if request.method == "POST" else ConsulteeForm(obj=register.entry_of(consultee))
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            register.change(current_actor(), consultee, form.entry(), at=clock.now())
        if tried.ok:
            flash("已保存。", "success")
            return redirect(url_for(".register_one", identifier=identifier), 303)
    return _one(consultee, form), 400 if request.method == "POST" else 200


def _one(consultee: Consultee, form: ConsulteeForm, admitted: Member | None = None, password: str = "") -> str:
    return render_template(
        "desk/hearing/consultee.html",
        form=form,
        consultee=consultee,
        alike=register.nearly_equal(consultee) if consultee.retired_at is None else [],
        people=members.of(consultee),
        admitted=admitted,
        password=password,
    )


@desk.post("/register/<int:identifier>/<any('retire', 'merge', 'dismiss'):verb>")
def register_act(identifier: int, verb: str) -> Response:
    """Retire a consultee, merge a double into it, or close an account of its people."""
    consultee, actor, at = _consultee(identifier), current_actor(), clock.now()
    other = request.form.get("other", "")
    number = int(other) if other.isdecimal() and len(other) < 19 else 0
    with refusals_to_flash() as tried:
        if verb == "retire":
            register.retire(actor, consultee, request.form.get("reason", "")[:1000], at=at)
        elif verb == "merge":
            register.merge(actor, consultee, _consultee(number), at=at)
        else:
            member = db.session.get(Member, number)
            if member is None or member.consultee_id != consultee.id:
                abort(404)
            members.dismiss(actor, member, at=at)
    if tried.ok:
        flash({"retire": "已停用。", "merge": "已合并。", "dismiss": "账号已停用。"}[verb], "success")
    return redirect(url_for(".register_one", identifier=identifier), 303)


@desk.post("/register/<int:identifier>/admit")
def register_admit(identifier: int) -> str | Response:
    """Open an account of the portal for one of a consultee's people; its password is shown once."""
    consultee = _consultee(identifier)
    with refusals_to_flash() as tried:
        member, password = members.admit(
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


@desk.post("/register/import")
def register_import() -> str | tuple[str, int]:
    """Take a table into the register, or only check it; account for every row."""
    require(current_actor(), Act.MANAGE_CONSULTEES)
    form, dry_run = RegisterTableForm(), request.form.get("verb") == "check"
    accounts: list[imports.RowAccount] = []
    if form.validate_on_submit():
        with refusals_to(form) as tried:
            table = tables.read(form.file.data.filename, form.file.data.stream.read())
            work = imports.Import(table, imports.open_table(table, {}), current_actor(), clock.now(), dry_run)
            accounts = list(imports.run(work))
        if not tried.ok:
            accounts = []
    worth = [one for one in accounts if one.reason and one.outcome is not imports.RowOutcome.ALREADY]
    page = render_template(
        "desk/hearing/import.html",
        form=form,
        counts=Counter(one.outcome.value for one in accounts),
        rows=worth[:SHOWN_ROWS],
        more=max(0, len(worth) - SHOWN_ROWS),
        total=len(accounts),
        dry_run=dry_run,
    )
    return page, 200 if accounts else 400
