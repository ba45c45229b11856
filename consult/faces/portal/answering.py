"""Answering an invitation: by article, saved, handed on, sent, corrected; whatever goes wrong, what was typed stays."""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.errors import Refused
from consult.consultees import deadlines, invitations, members, responses
from consult.consultees.invitations import ANSWERABLE, READABLE
from consult.consultees.models import Invitation
from consult.drafting import queries
from consult.faces.guards import csrf, limiter
from consult.faces.portal.blueprint import Visitor, invitation_or_404, portal
from consult.faces.public.feeds import outside
from consult.faces.speaking import gettext, translated
from consult.faces.uploads import lift_limits, look_at
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.intake import receipts
from consult.intake.arrival import Said
from consult.reporting import queries as reports
from consult.settings import blobs, settings
from consult.text.sentences import sentence

NAME_CHARACTERS = 40
NOTE_CHARACTERS = 500
WRITES = "240 per hour"
"""Savings and sendings from one address; the form isn't looked at to tell them apart, for it may be large."""
STALE = sentence("页面放得太久，或者浏览器没有带上安全标记。您写的都还在，请再点一次。")
DRAFTS_ONLY = sentence("您的账号只能起草。已经保存，请本单位有权发出的同事发出。")


class AnswerForm(FlaskForm):
    """Guards the page against forged requests; its texts are fields ``said-<anchor>``."""


@portal.before_request
def _allow_large_uploads() -> None:
    if request.endpoint == "portal.write":
        lift_limits()


@portal.get("/answer/<int:identifier>")
def answer(identifier: int) -> str | Response:
    """Show the draft by article with a place to write under each; what was sent already leads to its confirmation."""
    who, invitation = invitation_or_404(identifier)
    if invitation.consultation.state(clock.now()) not in READABLE:
        abort(404)
    draft = responses.draft_of(invitation)
    if draft is None and invitation.responses and "correct" not in request.args:
        return redirect(url_for(".confirmation", identifier=identifier), 303)
    return _page(who, invitation, draft.content if draft is not None else _last_sent(invitation))


@portal.post("/answer/<int:identifier>")
@csrf.exempt  # checked below, so that a stale token doesn't cost anybody their text
@limiter.limit(WRITES)
def write(identifier: int) -> str | Response | tuple[str, int]:
    """Save, send, or say that there is no opinion."""
    who, invitation = invitation_or_404(identifier)
    content = _typed(invitation)
    if not AnswerForm().validate():
        return _page(who, invitation, content, [STALE]), 400
    troubles = _take_files(content)
    verb = request.form.get("verb", "save")
    if verb.startswith("drop-"):
        content["attachments"] = [file for file in content["attachments"] if file["digest"] != verb[5:]]
        verb = "save"
    at = clock.now()
    if troubles:
        _save(who, invitation, content)
        return _page(who, invitation, content, troubles), 400
    if verb == "save":
        _save(who, invitation, content)
        flash(gettext("已经保存，还没有发出。可以改天再写，也可以交给同事接着写。"), "success")
        return redirect(url_for(".answer", identifier=identifier), 303)
    if verb == "hand":
        _save(who, invitation, content)
        return redirect(url_for(".colleague", identifier=identifier), 303)
    if not who.may_send:
        _save(who, invitation, content)
        return _page(who, invitation, content, [DRAFTS_ONLY]), 403
    try:
        receipt = responses.respond(
            who.actor,
            invitation,
            parts=[Said(words, anchor) for anchor, words in content["parts"]],
            attachments=[CheckedAttachment(**file) for file in content["attachments"]],
            no_opinion=verb == "none",
            publish_name=content["publish_name"],
            by=_writer(who, content),
            at=at,
            idempotency_key=f"portal:{identifier}:{request.form.get('token', '')[:60]}",
        )
    except Refused as refusal:
        _save(who, invitation, content)
        return _page(who, invitation, content, [str(refusal)]), 400
    return redirect(url_for(".confirmation", identifier=identifier, fresh=receipt.number), 303)


@portal.get("/answer/<int:identifier>/colleague")
def colleague(identifier: int) -> str | Response:
    """Say how a colleague goes on: by the same personal link, or by an account of their own."""
    who, invitation = invitation_or_404(identifier)
    return render_template(
        "portal/colleague.html",
        who=who,
        invitation=invitation,
        consultation=invitation.consultation,
        saved=responses.draft_of(invitation),
        people=[one for one in members.of(who.consultee) if one.left_at is None] if who.member else [],
        link=_link(invitation) if who.member is None else "",
    )


@portal.get("/answer/<int:identifier>/colleague.svg")
def colleague_qr(identifier: int) -> FlaskResponse:
    """Give the personal link as a QR code, to who came by it."""
    who, invitation = invitation_or_404(identifier)
    if who.member is not None:  # who may only draft must not send by the organisation's link
        abort(404)
    return _qr(_link(invitation))


def _link(invitation: Invitation) -> str:
    return outside("portal.open_invitation", token=invitations.token_from(invitation.nonce))


@portal.get("/answer/<int:identifier>/confirmation")
def confirmation(identifier: int) -> str | Response:
    """Show, to be printed, what was sent, version by version, and what became of each point."""
    who, invitation = invitation_or_404(identifier)
    if not invitation.responses:
        return redirect(url_for(".answer", identifier=identifier), 303)
    now = clock.now()
    newest = invitation.responses[-1]
    return render_template(
        "portal/confirmation.html",
        who=who,
        invitation=invitation,
        consultation=invitation.consultation,
        state=invitation.consultation.state(now),
        now=now,
        draft=queries.draft_of(invitation.consultation),
        versions=list(reversed(invitation.responses)),
        answers=reports.answers(newest.submission),
        rejection=reports.rejection(newest.submission),
        key=receipts.key_of(newest.submission.number),
        fresh=request.args.get("fresh", "") == newest.submission.number,
        correctable=invitation.consultation.state(now) in ANSWERABLE and invitations.is_live(invitation, now),
    )


@portal.get("/answer/<int:identifier>/qr.svg")
def confirmation_qr(identifier: int) -> FlaskResponse:
    """Give the address of the newest receipt with its key as a QR code."""
    _, invitation = invitation_or_404(identifier)
    if not invitation.responses:
        abort(404)
    number = invitation.responses[-1].submission.number
    return _qr(outside("public.receipt", number=number, key=receipts.key_of(number)))


def _qr(address: str) -> FlaskResponse:
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", scale=4, border=2, dark="#000", light="#fff", xmldecl=False
    )
    return FlaskResponse(drawn.getvalue(), mimetype="image/svg+xml")


@portal.post("/answer/<int:identifier>/<any('decline', 'extension'):verb>")
def ask(identifier: int, verb: str) -> Response:
    """Decline to take part, or ask for more time."""
    who, invitation = invitation_or_404(identifier)
    why = request.form.get("why", "")[:2000]
    try:
        if not who.may_send:
            raise Refused(sentence("您的账号只能起草，请本单位有权发出的同事办理。"))
        if not invitations.is_live(invitation, clock.now()):
            raise Refused(sentence("这份征求意见函已经过期，请联系发函的处室。"))
        if verb == "decline":
            invitations.decline(who.actor, invitation, why, at=clock.now())
            words = gettext("已经告诉发函的处室：这一次不参加。改变主意的，在期限之前仍然可以在这里答复。")
            flash(words, "success")
        else:
            deadlines.ask_extension(who.actor, invitation, why, at=clock.now())
            flash(gettext("延期的申请已经送到发函的处室。同意后，新的期限显示在这里。"), "success")
    except Refused as refusal:
        flash(translated(str(refusal)), "error")
    return redirect(url_for(".answer", identifier=identifier), 303)


def _page(who: Visitor, invitation: Invitation, content: dict[str, Any], refusals: list[str] | None = None) -> str:
    now, consultation = clock.now(), invitation.consultation
    saved = responses.draft_of(invitation)
    return render_template(
        "portal/answer.html",
        who=who,
        invitation=invitation,
        consultation=consultation,
        state=consultation.state(now),
        now=now,
        draft=queries.draft_of(consultation),
        said=dict(content.get("parts", [])),
        publish_name=content.get("publish_name", False),
        by=content.get("by", ""),
        handed_note=saved.content.get("note", "") if saved is not None else "",
        note_kept=content.get("note", "") if refusals else "",
        requests=deadlines.extensions(invitation),
        files=content.get("attachments", []),
        saved=saved,
        form=AnswerForm(formdata=None),
        token=request.form.get("token") or secrets.token_urlsafe(24),
        refusals=refusals or [],
        live=consultation.state(now) in ANSWERABLE and invitations.is_live(invitation, now),
        late=now >= invitation.answer_by,
        lost_files=bool(refusals) and any(file.filename for file in request.files.getlist("files")),
    )


def _typed(invitation: Invitation) -> dict[str, Any]:
    """Return what the form holds; files come from what was saved."""
    stored = responses.draft_of(invitation)
    parts = [
        [name[5:], words.replace("\r\n", "\n")]
        for name, words in request.form.items()
        if name.startswith("said-") and words.strip()
    ]
    kept = stored.content if stored is not None else _last_sent(invitation)
    return {
        "parts": parts,
        "attachments": list(kept.get("attachments", [])),
        "publish_name": bool(request.form.get("publish_name")),
        "by": " ".join(request.form.get("by", "").split())[:NAME_CHARACTERS],
        "note": request.form.get("note", "").strip()[:NOTE_CHARACTERS],
    }


def _take_files(content: dict[str, Any]) -> list[str]:
    """Keep the files that were sent along; return what is wrong with those that can't be kept."""
    troubles = []
    for file in request.files.getlist("files"):
        if not file.filename:
            continue
        try:
            if len(content["attachments"]) >= settings().attachment_count:
                most = settings().attachment_count
                raise Refused(sentence("最多上传 %(most)s 个附件，请先去掉一些，或者合并成一个文件。", most=most))
            checked, data = look_at(file)
            if all(checked.digest != known["digest"] for known in content["attachments"]):
                blobs().put(data)
                content["attachments"].append(
                    {
                        "name": checked.name,
                        "media_type": checked.media_type,
                        "size": checked.size,
                        "digest": checked.digest,
                    }
                )
        except (Refused, AttachmentRefused) as refusal:
            troubles.append(str(refusal))
    return troubles


def _save(who: Visitor, invitation: Invitation, content: dict[str, Any]) -> None:
    responses.save_draft(invitation, content, by=_writer(who, content), at=clock.now())


def _writer(who: Visitor, content: dict[str, Any]) -> str:
    """Return who writes: the member, or the name that the holder of a link gave."""
    return who.name if who.member is not None else content["by"] or who.name


def _last_sent(invitation: Invitation) -> dict[str, Any]:
    """Return what was sent last, to be corrected."""
    if not invitation.responses or invitation.responses[-1].no_opinion:
        return {}
    submission = invitation.responses[-1].submission
    return {
        "parts": [[part.anchor, part.content] for part in submission.parts],
        "publish_name": submission.publish_name,
        "attachments": [
            {"name": file.file_name, "media_type": file.media_type, "size": file.size, "digest": file.digest}
            for file in submission.attachments
        ],
    }
