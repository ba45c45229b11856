"""One invitation: its way, its answers, what can be done; answers that came on paper; letters to print."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may, require
from consult.consultees import board, deadlines, invitations, listing, mailing, responses
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Invitation, Method
from consult.consultees.standing import standing
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation
from consult.faces.desk import typed
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.hearing import METHOD_WORDS, NEXT_ACT, named
from consult.faces.desk.sections import inside
from consult.faces.showing import day as in_words
from consult.faces.uploads import keep, takes_scans
from consult.files import letters
from consult.files.export.word import MEDIA_TYPE
from consult.intake.arrival import Said
from consult.intake.models import Channel
from consult.settings import settings
from consult.store import db

LETTERS = 500
"""Letters in one file to print."""
PIECES = 3


def _invitation(one: Consultation, identifier: int) -> Invitation:
    found = db.session.get(Invitation, identifier) if identifier <= typed.LARGEST else None
    if found is None or found.consultation_id != one.id:
        abort(404)
    return found


@desk.get("/consultations/<slug>/consultees/<int:identifier>")
def consultees_one(slug: str, identifier: int) -> str:
    """Show one invitation: its way, its answers, what can be done."""
    one = consultation_or_404(slug)
    return _page(one, _invitation(one, identifier))


def _page(one: Consultation, invitation: Invitation, refusal: str = "") -> str:
    at = clock.now()
    stands = standing(invitation, at)
    pieces = list(zip(request.form.getlist("anchor"), request.form.getlist("content"), strict=False))
    more = PIECES if request.form.get("verb") == "more" else 0
    return render_template(
        "desk/hearing/invitation.html",
        desk_nav=inside(current_actor(), one),
        consultation=one,
        state=one.state(at).value,
        now=at,
        today=clock.local(at).date(),
        invitation=invitation,
        standing=stands.value,
        next_act=NEXT_ACT.get(stands, ""),
        requests=deadlines.extensions(invitation),
        draft=drafting.draft_of(one),
        may_invite=may(current_actor(), Act.INVITE, one),
        may_enter=may(current_actor(), Act.RECEIVE_FOR_SENDER, one) and one.state(at) in ANSWERABLE,
        method_words=METHOD_WORDS,
        typed=request.form,
        pieces=pieces + [("", "")] * (max(0, PIECES - len(pieces)) + more),
        refusal=refusal,
        lost_files=[file.filename for file in request.files.getlist("scan") if file.filename],
    )


@desk.post(
    "/consultations/<slug>/consultees/<int:identifier>"
    "/<any('sent', 'delivered', 'bounced', 'revoke', 'extend', 'refuse', 'again', 'instead'):verb>"
)
def consultees_follow(slug: str, identifier: int, verb: str) -> Response:
    """Note what became of an invitation, give more time, take it back, send it anew, or invite another instead."""
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
            last = typed.day(request.form.get("last_day", ""))
            if last is None:
                raise InvitationRefused("请选择新的答复期限。")
            deadlines.grant_extension(actor, invitation, last, at=at)
        elif verb == "refuse":
            deadlines.refuse_extension(actor, invitation, reason, at=at)
        else:
            goes_to = _again(one, invitation, at) if verb == "again" else _instead(one, invitation, reason, at)
    if tried.ok:
        flash("已登记。" if goes_to is invitation else f"已邀请 {goes_to.consultee.name}。", "success")
    return redirect(url_for(".consultees_one", slug=slug, identifier=goes_to.id), 303)


def _again(one: Consultation, invitation: Invitation, at: datetime) -> Invitation:
    """Invite the same consultee anew, by mail to the address given; the register learns it, too."""
    method = typed.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    return invitations.send_anew(current_actor(), invitation, method=method, email=request.form.get("email", ""), at=at)


def _instead(one: Consultation, invitation: Invitation, reason: str, at: datetime) -> Invitation:
    """Invite another consultee instead, which goes on the list with that as its reason."""
    found = named(request.form.get("name", ""))
    if not found:
        raise InvitationRefused("请填写改请哪一家。")
    method = typed.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    why = reason or f"代替{invitation.consultee.name}"
    listing.add(current_actor(), one, [(found[0], why)], at=at)
    return invitations.invite(current_actor(), one, found[0], method=method, at=at, replaces=invitation)


@desk.post("/consultations/<slug>/consultees/<int:identifier>/enter")
@takes_scans
def consultees_enter(slug: str, identifier: int) -> str | Response | tuple[str, int]:
    """Enter an answer that came on paper, by call or by mail, with its scan; on refusal what was typed stays."""
    one, at = consultation_or_404(slug), clock.now()
    invitation = _invitation(one, identifier)
    require(current_actor(), Act.RECEIVE_FOR_SENDER, one)
    if request.form.get("verb") == "more":
        return _page(one, invitation)
    number = ""
    with refusals_to_flash(quiet=True) as tried:
        anchors, texts = request.form.getlist("anchor"), request.form.getlist("content")
        received = typed.day(request.form.get("received", ""))
        receipt = responses.enter(
            current_actor(),
            invitation,
            channel=typed.one_of(Channel, request.form.get("channel", ""), Channel.LETTER, "来件方式"),
            parts=[Said(words, anchor) for anchor, words in zip(anchors, texts, strict=False)],
            attachments=keep(request.files.getlist("scan")),
            no_opinion=bool(request.form.get("no_opinion")),
            at=at,
            received_on=received,
        )
        number = receipt.number
    if tried.ok:
        flash(f"已登记，回执编号 {number}。", "success")
        return redirect(url_for(".consultees_one", slug=slug, identifier=identifier), 303)
    return _page(one, invitation, tried.refusal), 400


@desk.get("/consultations/<slug>/consultees/letters.<any('docx', 'pdf'):kind>")
def consultees_letters(slug: str, kind: str) -> FlaskResponse | Response:
    """Give the letters of a consultation in one file, or that of one invitation."""
    one, at = consultation_or_404(slug), clock.now()
    require(current_actor(), Act.INVITE, one)
    asked = request.args.get("invitation", "")
    if asked:
        wanted = [_invitation(one, typed.number(asked))]
    else:
        places = board.every(one, at)
        made = (place.invitation for place in places if place.invitation is not None)
        wanted = list(islice((one for one in made if one.method is not Method.MAIL), LETTERS))
    written = [_letter(one, invitation) for invitation in wanted if invitation.revoked_at is None]
    if not written:
        flash("没有要打印的信函。先在名单里选“信函”或者“当面送达”，邀请单位。", "error")
        return redirect(url_for(".consultees", slug=slug), 303)
    data = letters.to_docx(written) if kind == "docx" else letters.to_pdf(written)
    media = MEDIA_TYPE if kind == "docx" else "application/pdf"
    response = FlaskResponse(data, mimetype=media)
    response.headers.set("Content-Disposition", "attachment", filename=f"letters-{slug}.{kind}")
    return response


def _letter(one: Consultation, invitation: Invitation) -> letters.Letter:
    return letters.Letter(
        department=settings().department,
        to=invitation.consultee.name,
        title=one.title,
        deadline=in_words(mailing.last_day(invitation)),
        link=mailing.link_of(invitation),
        contact=one.contact,
        day=in_words(invitation.created_at),
    )
