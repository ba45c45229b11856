"""Hearing in one consultation: the proposal, the list, the board of invitations, letters, paper answers, gatherings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.consultees import gatherings, invitations, listing, mailing, responses
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.invitations import ANSWERABLE, Standing
from consult.consultees.models import Attendance, Consultee, Gathering, GatheringKind, Invitation, Method
from consult.consultees.register import SECTORS, find
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultees_register import KIND_WORDS, SIZE_WORDS
from consult.faces.desk.sections import inside
from consult.faces.showing import day as in_words
from consult.files import letters
from consult.files.attachments import CheckedAttachment, check
from consult.files.export.word import MEDIA_TYPE
from consult.intake.arrival import Said
from consult.intake.models import Channel
from consult.law.sufficiency import lacks
from consult.settings import blobs, settings
from consult.store import db

PROPOSED = 100
SHOWN = 200
METHOD_WORDS = {Method.MAIL: "邮件", Method.LETTER: "信函", Method.HAND: "当面送达"}
GATHERING_WORDS = {
    GatheringKind.SYMPOSIUM: "座谈会",
    GatheringKind.HEARING: "听证会",
    GatheringKind.EXPERT_ARGUMENT: "专家论证会",
}
NEXT_ACT = {
    None: "发征求意见函",
    Standing.PREPARED: "邮件由系统发出；信函、当面送的，送出后登记",
    Standing.SENT: "等答复，到期前系统提醒",
    Standing.OPENED: "等答复，到期前系统提醒",
    Standing.BOUNCED: "换地址重发，或者换一家",
    Standing.DECLINED: "换一家",
    Standing.SILENT: "打电话催问，延期，或者换一家",
    Standing.REVOKED: "需要的话重新邀请",
}


@desk.get("/consultations/<slug>/consultees")
def consultees(slug: str) -> str:
    """Show the board: who is on the list, where each stands, what the rule demands, what to do next."""
    one, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    rows = invitations.board(one, at)
    only = request.args.get("standing", "")
    after = request.args.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0
    wanted = [row for row in rows if not only or (row[2].value if row[2] else "none") == only]
    shown = [row for row in wanted if row[0].id > start][: SHOWN + 1]
    rule = listing.demanded(one)
    heard = listing.count(invitations.heard(one))
    sought = _wanted()
    return render_template(
        "desk/hearing/board.html",
        desk_nav=inside(actor, one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        rows=shown[:SHOWN],
        only=only,
        next=url_for(".consultees", slug=slug, standing=only or None, after=shown[SHOWN - 1][0].id)
        if len(shown) > SHOWN
        else None,
        counts=Counter(standing.value if standing else "none" for _, _, standing in rows),
        total=len(rows),
        rule=rule,
        on_list=listing.count(row.consultee for row, _, _ in rows),
        heard=heard,
        list_lacks=lacks(listing.count(row.consultee for row, _, _ in rows), rule) if rule else (),
        heard_lacks=lacks(heard, rule) if rule else (),
        proposals=listing.propose(one, sought)[:PROPOSED] if "propose" in request.args else None,
        sought=sought,
        may_invite=may(actor, Act.INVITE, one) and one.state(at) in ANSWERABLE,
        deadline=invitations.deadline(clock.local(at).date())[1],
        by_sector=_by(rows, lambda one: SECTORS.get(one.sector, "没有写明")),
        by_size=_by(rows, lambda one: SIZE_WORDS[one.size] if one.size else "没有写明"),
        sectors=SECTORS,
        kind_words=KIND_WORDS,
        size_words=SIZE_WORDS,
        method_words=METHOD_WORDS,
        next_act=NEXT_ACT,
    )


def _by(rows: list[Any], named: Callable[[Consultee], str]) -> list[tuple[str, int, int]]:
    """Return how many are on the list and how many were heard, by what ``named`` says of each."""
    listed: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    for row, _, standing in rows:
        listed[named(row.consultee)] += 1
        heard[named(row.consultee)] += standing in (Standing.HEARD, Standing.NO_OPINION)
    return [(words, n, heard[words]) for words, n in listed.most_common()]


def _wanted() -> listing.Wanted:
    return listing.Wanted(
        tuple(letter for letter in request.args.getlist("sector") if letter in SECTORS),
        request.args.get("region", "").strip()[:80],
        tuple(request.args.get("words", "").split()[:5]),
    )


@desk.post("/consultations/<slug>/consultees/<any('add', 'remove', 'invite', 'send'):verb>")
def consultees_act(slug: str, verb: str) -> Response:
    """Change the list, or invite those who are ticked (all who aren't yet, when nobody is)."""
    one, actor, at = consultation_or_404(slug), current_actor(), clock.now()
    chosen = [
        db.session.get(Consultee, int(number)) for number in request.form.getlist("consultee") if number.isdecimal()
    ]
    ticked = [consultee for consultee in chosen if consultee is not None]
    words = ""
    with refusals_to_flash() as tried:
        if verb == "add":
            ticked += _named(request.form.get("name", ""))
            if not ticked:
                raise ConsulteeRefused("请勾选要列入的单位，或者填写单位名称、统一社会信用代码。")
            own = request.form.get("reason", "")[:1000]
            why = {consultee.id: request.form.get(f"why-{consultee.id}", "")[:1000] or own for consultee in ticked}
            n = listing.add(actor, one, [(consultee, why[consultee.id]) for consultee in ticked], at=at)
            words = f"已列入 {n} 家。"
        elif verb == "remove":
            for consultee in ticked:
                listing.remove(actor, one, consultee, request.form.get("reason", "")[:1000], at=at)
            words = "已从名单中去掉，理由已保存。"
        elif verb == "invite":
            words = _invite(one, ticked, at)
        else:
            require(actor, Act.INVITE, one)
            sent = mailing.send_waiting(at)
            words = f"发出邮件 {sum(not item.trouble for item in sent)} 封。"
    if tried.ok:
        flash(words, "success")
    return redirect(url_for(".consultees", slug=slug), 303)


def _named(words: str) -> list[Consultee]:
    if not words.strip():
        return []
    exact = find(words=words, limit=20)
    same = [one for one in exact if words.strip() in (one.name, one.credit_code)]
    if len(same) == 1 or len(exact) == 1:
        return (same or exact)[:1]
    if not exact:
        raise ConsulteeRefused(f"名录里没有“{words.strip()}”，请先在企业名录里登记。")
    raise ConsulteeRefused(f"名录里有 {len(exact)} 家名称里有“{words.strip()}”，请写全称或者统一社会信用代码。")


def _invite(one: Consultation, ticked: list[Consultee], at: datetime) -> str:
    if not ticked:
        ticked = [row.consultee for row, made, _ in invitations.board(one, at) if made is None]
    if not ticked:
        raise InvitationRefused("名单上没有还没邀请的单位。请先列入名单。")
    method = Method(request.form.get("method", Method.MAIL.value))
    last = _day(request.form.get("last_day", ""))
    troubles = []
    for consultee in ticked:
        try:
            invitations.invite(current_actor(), one, consultee, method=method, last_day=last, at=at)
        except InvitationRefused as refusal:
            troubles.append(str(refusal))
    if troubles:
        flash("；".join(dict.fromkeys(troubles)), "error")
    return f"已邀请 {len(ticked) - len(troubles)} 家。"


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise InvitationRefused(f"“{typed[:30]}”不是日期，请写成 2026-12-01 这样。") from None


def _invitation(one: Consultation, identifier: int) -> Invitation:
    found = db.session.get(Invitation, identifier)
    if found is None or found.consultation_id != one.id:
        abort(404)
    return found


@desk.get("/consultations/<slug>/consultees/<int:identifier>")
def consultees_one(slug: str, identifier: int) -> str:
    """Show one invitation: its way, its answers, what can be done."""
    one, at = consultation_or_404(slug), clock.now()
    invitation = _invitation(one, identifier)
    return _one(one, invitation, at)


def _one(one: Consultation, invitation: Invitation, at: datetime, typed: dict[str, str] | None = None) -> str:
    standing = invitations.standing(invitation, at)
    return render_template(
        "desk/hearing/invitation.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        invitation=invitation,
        standing=standing.value,
        next_act=NEXT_ACT.get(standing, ""),
        requests=invitations.extensions(invitation),
        draft=drafting.draft_of(one),
        may_invite=may(current_actor(), Act.INVITE, one),
        may_enter=may(current_actor(), Act.RECEIVE_FOR_SENDER, one) and one.state(at) in ANSWERABLE,
        method_words=METHOD_WORDS,
        typed=typed or {},
    )


@desk.post(
    "/consultations/<slug>/consultees/<int:identifier>"
    "/<any('sent', 'delivered', 'bounced', 'revoke', 'extend', 'instead'):verb>"
)
def consultees_follow(slug: str, identifier: int, verb: str) -> Response:
    """Note what became of an invitation, give more time, take it back, or invite another instead."""
    one, actor, at = consultation_or_404(slug), current_actor(), clock.now()
    require(actor, Act.INVITE, one)
    invitation, reason = _invitation(one, identifier), request.form.get("reason", "")[:1000]
    goes_to = invitation
    with refusals_to_flash() as tried:
        if verb == "sent":
            invitations.mark_sent(actor, invitation, at=at)
        elif verb == "delivered":
            invitations.mark_delivered(actor, invitation, at=at)
        elif verb == "bounced":
            invitations.mark_bounced(actor, invitation, reason, at=at)
        elif verb == "revoke":
            invitations.revoke(actor, invitation, reason, at=at)
        elif verb == "extend":
            last = _day(request.form.get("last_day", ""))
            if last is None:
                raise InvitationRefused("请选择新的答复期限。")
            invitations.grant_extension(actor, invitation, last, at=at)
        else:
            named = _named(request.form.get("name", ""))
            other = named[0] if len(named) == 1 else None
            if other is None:
                raise InvitationRefused("请填写改请哪一家。")
            why = reason or f"代替{invitation.consultee.name}"
            listing.add(actor, one, [(other, why)], at=at)
            method = Method(request.form.get("method", Method.MAIL.value))
            goes_to = invitations.invite(actor, one, other, method=method, at=at, replaces=invitation)
    if tried.ok:
        flash("已登记。", "success")
    return redirect(url_for(".consultees_one", slug=slug, identifier=goes_to.id), 303)


@desk.post("/consultations/<slug>/consultees/<int:identifier>/enter")
def consultees_enter(slug: str, identifier: int) -> str | Response | tuple[str, int]:
    """Enter an answer that came on paper, by call or by mail, with its scan; on refusal what was typed stays."""
    one, at = consultation_or_404(slug), clock.now()
    invitation = _invitation(one, identifier)
    typed = {name: value for name, value in request.form.items() if name != "csrf_token"}
    for name in ("anchor", "content"):
        typed |= {f"{name}{n}": value for n, value in enumerate(request.form.getlist(name))}
    with refusals_to_flash() as tried:
        anchors, texts = request.form.getlist("anchor"), request.form.getlist("content")
        received = _day(request.form.get("received", ""))
        receipt = responses.enter(
            current_actor(),
            invitation,
            channel=Channel(request.form.get("channel", Channel.LETTER.value)),
            parts=[Said(words, anchor) for anchor, words in zip(anchors, texts, strict=False)],
            attachments=_uploads("scan"),
            no_opinion=bool(request.form.get("no_opinion")),
            at=at,
            received_at=min(at, clock.midnight(received)) if received else None,
        )
    if tried.ok:
        flash(f"已登记，回执编号 {receipt.number}。", "success")
        return redirect(url_for(".consultees_one", slug=slug, identifier=identifier), 303)
    return _one(one, invitation, at, typed), 400


def _uploads(name: str) -> list[CheckedAttachment]:
    kept = []
    for file in request.files.getlist(name):
        if file.filename:
            data = file.stream.read()
            kept.append(check(file.filename, data, max_bytes=settings().attachment_bytes))
            blobs().put(data)
    return kept


@desk.get("/consultations/<slug>/consultees/letters.<any('docx', 'pdf'):kind>")
def consultees_letters(slug: str, kind: str) -> FlaskResponse:
    """Give the letters of a consultation in one file, or that of one invitation."""
    one, at = consultation_or_404(slug), clock.now()
    require(current_actor(), Act.INVITE, one)
    asked = request.args.get("invitation", "")
    if asked:
        wanted = [_invitation(one, int(asked) if asked.isdecimal() and len(asked) < 19 else 0)]
    else:
        wanted = [
            made for _, made, _ in invitations.board(one, at) if made is not None and made.method is not Method.MAIL
        ]
    written = [_letter(one, invitation, at) for invitation in wanted if invitation.revoked_at is None]
    if not written:
        abort(404)
    data = letters.to_docx(written) if kind == "docx" else letters.to_pdf(written)
    media = MEDIA_TYPE if kind == "docx" else "application/pdf"
    response = FlaskResponse(data, mimetype=media)
    response.headers.set("Content-Disposition", "attachment", filename=f"letters-{slug}.{kind}")
    return response


def _letter(one: Consultation, invitation: Invitation, at: datetime) -> letters.Letter:
    return letters.Letter(
        department=settings().department,
        to=invitation.consultee.name,
        title=one.title,
        deadline=in_words(mailing.last_day(invitation)),
        link=mailing.link_of(invitation),
        contact=one.contact,
        day=in_words(invitation.created_at),
    )


@desk.route("/consultations/<slug>/gatherings", methods=["GET", "POST"], endpoint="gatherings")
def gatherings_page(slug: str) -> str | Response:
    """Show the gatherings; arrange one."""
    one, at, actor = consultation_or_404(slug), clock.now(), current_actor()
    if request.method == "POST":
        with refusals_to_flash() as tried:
            gatherings.arrange(
                actor,
                one,
                kind=GatheringKind(request.form.get("kind", GatheringKind.SYMPOSIUM.value)),
                title=request.form.get("title", ""),
                place=request.form.get("place", ""),
                held_at=_moment(request.form.get("held_at", "")),
                invited=[
                    row.consultee for row in listing.listed(one) if str(row.consultee_id) in request.form.getlist("who")
                ],
                others=request.form.get("others", "").splitlines(),
                at=at,
            )
        if tried.ok:
            flash("已登记。", "success")
        return redirect(url_for(".gatherings", slug=slug), 303)
    found = gatherings.of(one)
    return render_template(
        "desk/hearing/gatherings.html",
        desk_nav=inside(actor, one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        gatherings=found,
        due={gathering.id: gatherings.materials_due(gathering) for gathering in found},
        listed=listing.listed(one)[:SHOWN],
        words=GATHERING_WORDS,
        may_invite=may(actor, Act.INVITE, one),
    )


def _moment(typed: str) -> datetime:
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=clock.LOCAL)
    except ValueError:
        raise ConsulteeRefused("请写明开会的日期和时间。") from None


@desk.post("/consultations/<slug>/gatherings/<int:identifier>/<any('materials', 'minutes', 'said'):verb>")
def gatherings_act(slug: str, identifier: int, verb: str) -> Response:
    """Note that materials arrived, who came with the minutes, or what somebody said."""
    one, actor, at = consultation_or_404(slug), current_actor(), clock.now()
    gathering = db.session.get(Gathering, identifier)
    if gathering is None or gathering.consultation_id != one.id:
        abort(404)
    with refusals_to_flash() as tried:
        if verb == "materials":
            gatherings.send_materials(actor, one, gathering, at=at)
        elif verb == "minutes":
            files = _uploads("minutes")
            came = {int(number) for number in request.form.getlist("came") if number.isdecimal()}
            minutes = files[0] if files else None
            gatherings.keep_minutes(actor, one, gathering, came=came, minutes=minutes, at=at)
        else:
            number = request.form.get("attendance", "")
            attendance = db.session.get(Attendance, int(number) if number.isdecimal() else 0)
            if attendance is None or attendance.gathering_id != gathering.id:
                raise ConsulteeRefused("请选择是哪一位说的。")
            gatherings.said(actor, one, attendance, [Said(request.form.get("content", ""))], at=at)
    if tried.ok:
        flash("已登记。", "success")
    return redirect(url_for(".gatherings", slug=slug), 303)
