"""One invitation: its way, its answers, what can be done; answers that came on paper; letters to print."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import (
    board,
    deadlines,
    extensions,
    invitations,
    letter_papers,
    letters,
    reply_forms,
    responses,
    status,
)
from consult.consultees import service as hearing
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Invitation, Method
from consult.consultees.status import standing
from consult.drafting import queries as drafting
from consult.drafting import questions
from consult.drafting.models import Consultation
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.consultees.board import named
from consult.faces.desk.consultees.responses import earlier_answers, may_confirm
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.public.form_input import answers
from consult.faces.row_ids import LARGEST, row_id
from consult.faces.uploads import keep, takes_scans
from consult.files import invitation_letter, reply_form
from consult.files.export.word import MEDIA_TYPE
from consult.files.reply_form_reader import FilledForm
from consult.intake.arrival import ArrivalPart
from consult.intake.filled_forms import Placed
from consult.intake.models import Channel
from consult.store import db

LETTERS = 500
"""Letters in one file to print."""
PIECES = 3


def _invitation(consultation: Consultation, identifier: int) -> Invitation:
    invitation = db.session.get(Invitation, identifier) if identifier <= LARGEST else None
    if invitation is None or invitation.consultation_id != consultation.id:
        abort(404)
    return invitation


@desk.get("/consultations/<slug>/consultees/<int:identifier>")
def consultees_one(slug: str, identifier: int) -> str:
    """Show one invitation: its way, its answers, what can be done."""
    consultation = consultation_or_404(slug)
    return _page(consultation, _invitation(consultation, identifier))


def _page(consultation: Consultation, invitation: Invitation, refusal: str = "") -> str:
    at = clock.now()
    stands = standing(invitation, at)
    pieces = list(zip(request.form.getlist("anchor"), request.form.getlist("content"), strict=False))
    more = PIECES if request.form.get("verb") == "more" else 0
    return render_template(
        "desk/consultees/invitation.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        today=clock.local(at).date(),
        invitation=invitation,
        count_in_words=deadlines.count_in_words(invitation),
        letter=letters.of_invitation(invitation),
        code=invitations.code_of(invitation) if invitations.is_live(invitation, at) else "",
        standing=stands,
        next_act=status.label_of(stands).hint,
        requests=extensions.extensions(invitation),
        draft=drafting.draft_of(consultation),
        may_invite=may(current_actor(), Act.INVITE, consultation),
        may_enter=may(current_actor(), Act.RECEIVE_FOR_SENDER, consultation) and consultation.state(at) in ANSWERABLE,
        methods=Method,
        channels=[channel for channel in Channel if channel.label.brings_responses],
        may_confirm=may_confirm(consultation),
        earlier=earlier_answers(invitation.responses),
        typed=request.form,
        questions=questions.of(consultation),
        answered={answer.number: answer.content for answer in answers(request.form)},
        pieces=pieces + [("", "")] * (max(0, PIECES - len(pieces)) + more),
        refusal=refusal,
        lost_files=[file.filename for file in request.files.getlist("scan") if file.filename],
    )


@desk.post(
    "/consultations/<slug>/consultees/<int:identifier>"
    "/<any('sent', 'delivered', 'bounced', 'revoke', 'extend', 'refuse', 'again', 'instead', 'paper'):verb>"
)
def consultees_follow(slug: str, identifier: int, verb: str) -> Response:
    """Note what became of an invitation, give more time, revoke it, send it again, or invite another instead."""
    consultation, actor, at = consultation_or_404(slug, Act.INVITE), current_actor(), clock.now()
    invitation, reason = _invitation(consultation, identifier), request.form.get("reason", "")[:1000]
    goes_to = invitation
    with refusals_to_flash() as tried:
        if verb == "sent":
            invitations.mark_sent(actor, invitation, at=at)
        elif verb == "paper":
            invitations.mark_paper_sent(actor, invitation, at=at)
        elif verb == "delivered":
            invitations.mark_delivered(actor, invitation, at=at)
        elif verb == "bounced":
            invitations.mark_bounced(actor, invitation, reason, at=at)
        elif verb == "revoke":
            hearing.revoke(actor, invitation, reason, at=at)
        elif verb == "extend":
            last = form_values.day(request.form.get("last_day", ""))
            if last is None:
                raise InvitationRefused("请选择新的答复期限。")
            extensions.grant_extension(actor, invitation, last, at=at)
        elif verb == "refuse":
            extensions.refuse_extension(actor, invitation, reason, at=at)
        else:
            replace = _again if verb == "again" else _instead
            goes_to = replace(consultation, invitation, reason, at)
    if tried.ok:
        flash("已登记。" if goes_to is invitation else f"已邀请 {goes_to.consultee.name}。", "success")
    return redirect(url_for(".consultees_one", slug=slug, identifier=goes_to.id), 303)


def _again(_consultation: Consultation, invitation: Invitation, _reason: str, at: datetime) -> Invitation:
    """Send the invitation again, by mail to the address given, which is saved in the register too."""
    method = form_values.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    return hearing.send_again(current_actor(), invitation, method=method, email=request.form.get("email", ""), at=at)


def _instead(consultation: Consultation, invitation: Invitation, reason: str, at: datetime) -> Invitation:
    """Invite another consultee instead, which goes on the list with that as its reason."""
    substitutes = named(request.form.get("name", ""))
    if not substitutes:
        raise InvitationRefused("请填写改邀单位。")
    method = form_values.one_of(Method, request.form.get("method", ""), Method.MAIL, "送达方式")
    why = reason or f"代替{invitation.consultee.name}"
    hearing.add(current_actor(), consultation, [(substitutes[0], why)], at=at)
    return hearing.invite(current_actor(), consultation, substitutes[0], method=method, at=at, replaces=invitation)


@desk.post("/consultations/<slug>/consultees/<int:identifier>/enter")
@takes_scans
def consultees_enter(slug: str, identifier: int) -> str | Response | tuple[str, int]:
    """Enter an answer that came on paper, by call or by mail, with its scan; on refusal what was typed stays."""
    consultation, at = consultation_or_404(slug, Act.RECEIVE_FOR_SENDER), clock.now()
    invitation = _invitation(consultation, identifier)
    if request.form.get("verb") == "more":
        return _page(consultation, invitation)
    number = ""
    with refusals_to_flash(quiet=True) as tried:
        anchors, texts = request.form.getlist("anchor"), request.form.getlist("content")
        received = form_values.day(request.form.get("received", ""))
        scans = keep(request.files.getlist("scan"))
        typed = any(map(str.strip, texts)) or bool(request.form.get("no_opinion")) or bool(answers(request.form))
        forms = [scan for scan in scans if not typed and reply_forms.read(scan) is not None]
        if forms:
            entered = reply_forms.enter(current_actor(), invitation, forms[0], received_on=received, at=at)
            flash(_words_of(entered[1], entered[2], invitation), "success")
            return redirect(url_for(".consultees_one", slug=slug, identifier=identifier), 303)
        receipt = responses.enter(
            current_actor(),
            invitation,
            channel=form_values.one_of(Channel, request.form.get("channel", ""), Channel.LETTER, "来件方式"),
            parts=[ArrivalPart(words, anchor) for anchor, words in zip(anchors, texts, strict=False)],
            answers=answers(request.form),
            attachments=scans,
            no_opinion=bool(request.form.get("no_opinion")),
            publish_name=bool(request.form.get("publish_name")),
            at=at,
            received_on=received,
            caller=_caller(),
        )
        number = receipt.number
    if tried.ok:
        flash(f"已登记，回执编号 {number}。确认后计入听取。", "success")
        return redirect(url_for(".consultees_one", slug=slug, identifier=identifier), 303)
    return _page(consultation, invitation, tried.refusal), 400


def _words_of(form: FilledForm, taken: Placed, invitation: Invitation) -> str:
    """Say what was read from a form, and what wasn't."""
    what = "无意见" if form.no_opinion else f"{len(taken.parts)} 条意见"
    words = f"已从意见反馈表读入{what}并登记，请对照原表核对后确认。"
    if reply_forms.names_another(form, invitation):
        words += f"表上的单位名称是“{form.to}”，与收函单位不同。"
    return words + (f"没有读入：{'；'.join(taken.left)}。" if taken.left else "")


def _caller() -> responses.Caller | None:
    """Return who gave an answer of which there is no scan, None where nothing is said of it."""
    name, phone, called = (request.form.get(field, "").strip() for field in ("caller", "phone", "called"))
    if not (name or phone or called):
        return None
    return responses.Caller(name[:80], phone[:40], form_values.moment(called, "来电或者来访"))


@desk.get("/consultations/<slug>/consultees/letters.<any('docx', 'pdf'):kind>")
def consultees_letters(slug: str, kind: str) -> FlaskResponse | Response:
    """Give the letters of a consultation in one file, or that of one invitation."""
    consultation, at = consultation_or_404(slug, Act.INVITE), clock.now()
    asked = request.args.get("invitation", "")
    if asked:
        wanted = [_invitation(consultation, row_id(asked))]
    else:
        places = board.all_places(consultation, at)
        made = (place.invitation for place in places if place.invitation is not None)
        wanted = list(islice((invitation for invitation in made if invitation.method is not Method.MAIL), LETTERS))
    written = [letter_papers.of(invitation) for invitation in wanted if invitation.revoked_at is None]
    if not written:
        flash("无待打印的信函。请在名单中选择“信函”或者“当面送达”邀请单位。", "error")
        return redirect(url_for(".consultees", slug=slug), 303)
    data = invitation_letter.to_docx(written) if kind == "docx" else invitation_letter.to_pdf(written)
    media = MEDIA_TYPE if kind == "docx" else "application/pdf"
    response = FlaskResponse(data, mimetype=media)
    response.headers.set("Content-Disposition", "attachment", filename=f"letters-{slug}.{kind}")
    return response


@desk.get("/consultations/<slug>/consultees/<int:identifier>/form.docx")
def consultees_form(slug: str, identifier: int) -> Response:
    """Give the form on which one consultee answers by hand."""
    invitation = _invitation(consultation_or_404(slug, Act.INVITE), identifier)
    return download(reply_form.to_docx(reply_forms.of(invitation)), f"{reply_form.TITLE}.docx", MEDIA_TYPE)
