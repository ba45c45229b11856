"""Answering an invitation: by article, saved, handed on, sent, corrected; whatever goes wrong, what was typed stays."""

from __future__ import annotations

import io
import secrets
from typing import Any

import segno
from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.errors import Refused
from consult.app_context import settings
from consult.consultees import (
    deadlines,
    extensions,
    invitations,
    letter_papers,
    letters,
    members,
    reply_forms,
    response_chain,
    responses,
    rounds,
)
from consult.consultees.invitations import ANSWERABLE, READABLE
from consult.consultees.models import Invitation
from consult.consultees.models import Response as Answer
from consult.drafting import queries, questions
from consult.faces.address_guard import cleans_text
from consult.faces.guards import csrf, limiter
from consult.faces.i18n import gettext, translated
from consult.faces.portal.blueprint import Visitor, invitation_or_404, portal
from consult.faces.public.feeds import full_address
from consult.faces.public.form_input import answers
from consult.faces.uploads import checked_upload, chosen_files, lift_limits, store
from consult.files import reply_form
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.export.word import MEDIA_TYPE
from consult.intake import filled_forms, receipts
from consult.intake.arrival import ArrivalAnswer, ArrivalPart
from consult.reporting import queries as reports
from consult.text.anchors import article_of, in_words
from consult.text.sentences import sentence

NAME_CHARACTERS = 40
NOTE_CHARACTERS = 500
RELATION_CHARACTERS = 40
WRITES = "240 per hour"
"""Drafts saved and answers sent from one address, together: to count them apart, the whole form would be read."""
STALE = sentence("页面放得太久，或者浏览器没有带上安全标记。已填写的内容均已保留，请重新提交。")
DRAFTS_ONLY = sentence("本账号仅可起草。已保存，请本单位有提交权限的人员提交。")


class AnswerForm(FlaskForm):
    """Guards the page against forged requests; its texts are fields ``said-<anchor>`` and ``answer-<number>``."""


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
    asked = "correct" in request.args or "add" in request.args
    if draft is None and invitation.is_answered and not asked:
        return redirect(url_for(".confirmation", identifier=identifier), 303)
    return _page(who, invitation, draft.content if draft is not None else _begun(invitation))


@portal.post("/answer/<int:identifier>")
@csrf.exempt  # checked below, so that a stale token doesn't cost anybody their text
@limiter.limit(WRITES)
@cleans_text
def write(identifier: int) -> str | Response | tuple[str, int]:
    """Save, send, or say that there is no opinion."""
    who, invitation = invitation_or_404(identifier)
    content = _typed(invitation)
    if not AnswerForm().validate():
        return _page(who, invitation, content, [STALE]), 400
    before = {file["digest"] for file in content["attachments"]}
    troubles = _take_files(content)
    read = _read_forms(invitation, content, before)
    verb = request.form.get("verb", "save")
    if verb.startswith("drop-"):
        content["attachments"] = [file for file in content["attachments"] if file["digest"] != verb[5:]]
        verb = "save"
    at = clock.now()
    if troubles:
        _save(who, invitation, content)
        return _page(who, invitation, content, troubles), 400
    if read and verb != "hand":
        _save(who, invitation, content)
        flash(read, "success")
        return redirect(url_for(".answer", identifier=identifier), 303)
    if verb == "save":
        _save(who, invitation, content)
        flash(gettext("已保存，尚未提交。可稍后继续填写，或者转交同事。"), "success")
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
            parts=rounds.on_public_draft(
                invitation, [ArrivalPart(words, anchor) for anchor, words in content["parts"]]
            ),
            answers=[ArrivalAnswer(number, words) for number, words in content["answers"]],
            attachments=[CheckedAttachment(**file) for file in content["attachments"]],
            no_opinion=verb == "none",
            publish_name=content["publish_name"],
            by=_writer(who, content),
            at=at,
            idempotency_key=f"portal:{identifier}:{request.form.get('token', '')[:60]}",
            **_related(invitation, content["relation"]),
        )
    except Refused as refusal:
        _save(who, invitation, content)
        return _page(who, invitation, content, [str(refusal)]), 400
    return redirect(url_for(".confirmation", identifier=identifier, fresh=receipt.number), 303)


@portal.get("/answer/<int:identifier>/form.docx")
def form_to_fill_in(identifier: int) -> Response:
    """Give the form to be filled in by hand, sealed and uploaded."""
    _, invitation = invitation_or_404(identifier)
    if invitation.consultation.state(clock.now()) not in READABLE:
        abort(404)
    data = io.BytesIO(reply_form.to_docx(reply_forms.of(invitation)))
    return send_file(data, mimetype=MEDIA_TYPE, as_attachment=True, download_name=f"{reply_form.TITLE}.docx")


@portal.get("/answer/<int:identifier>/letter.<any('pdf', 'annexes'):what>")
def letter_file(identifier: int, what: str) -> Response:
    """Give the letter as it was sent, sealed where it has a seal, or its attachments in one file."""
    _, invitation = invitation_or_404(identifier)
    if invitation.consultation.state(clock.now()) not in READABLE or letters.of_invitation(invitation) is None:
        abort(404)
    file = letter_papers.for_addressee(invitation, annexes=what == "annexes")
    return send_file(io.BytesIO(file.data), mimetype=file.media_type, as_attachment=True, download_name=file.name)


@portal.post("/answer/<int:identifier>/paper")
def ask_for_paper(identifier: int) -> Response:
    """Ask for the letter on paper."""
    who, invitation = invitation_or_404(identifier)
    try:
        invitations.ask_for_paper(who.actor, invitation, request.form.get("address", "")[:600], at=clock.now())
        flash(gettext("已告知发函处室，纸质函件将寄往所填地址。"), "success")
    except Refused as refusal:
        flash(translated(str(refusal)), "error")
    return redirect(url_for(".answer", identifier=identifier), 303)


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
        people=[member for member in members.of(who.consultee) if member.left_at is None] if who.member else [],
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
    return full_address("portal.open_invitation", token=invitations.token_of(invitation))


@portal.get("/answer/<int:identifier>/confirmation")
def confirmation(identifier: int) -> str | Response:
    """Show, to be printed, what was sent, version by version, and what became of each point."""
    who, invitation = invitation_or_404(identifier)
    if not invitation.is_answered:
        return redirect(url_for(".answer", identifier=identifier), 303)
    now = clock.now()
    versions = [response for response in reversed(invitation.responses) if response.is_answer]
    newest = versions[0]
    return render_template(
        "portal/confirmation.html",
        who=who,
        invitation=invitation,
        consultation=invitation.consultation,
        state=invitation.consultation.state(now),
        now=now,
        draft=queries.draft_of(invitation.consultation),
        versions=versions,
        answers={version.id: reports.answers(version.submission) for version in versions},
        rejections={version.id: reports.rejection(version.submission) for version in versions},
        key=receipts.key_of(newest.submission.number),
        fresh=request.args.get("fresh", "") == newest.submission.number,
        correctable=invitation.consultation.state(now) in ANSWERABLE and invitations.is_live(invitation, now),
    )


@portal.get("/answer/<int:identifier>/qr.svg")
def confirmation_qr(identifier: int) -> FlaskResponse:
    """Give the address of the newest receipt with its key as a QR code."""
    _, invitation = invitation_or_404(identifier)
    if not invitation.is_answered:
        abort(404)
    number = next(response for response in reversed(invitation.responses) if response.is_answer).submission.number
    return _qr(full_address("public.receipt", number=number, key=receipts.key_of(number)))


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
            raise Refused(sentence("本账号仅可起草，请本单位有提交权限的人员办理。"))
        if not invitations.is_live(invitation, clock.now()):
            raise Refused(sentence("这份征求意见函已经过期，请联系发函处室。"))
        if verb == "decline":
            invitations.decline(who.actor, invitation, why, at=clock.now())
            words = gettext("已告知发函处室不参加本次征求意见。期限届满前仍可在此答复。")
            flash(words, "success")
        else:
            extensions.ask_extension(who.actor, invitation, why, at=clock.now())
            flash(gettext("延期申请已送发函处室。同意后，新的期限在此显示。"), "success")
    except Refused as refusal:
        flash(translated(str(refusal)), "error")
    return redirect(url_for(".answer", identifier=identifier), 303)


def _page(who: Visitor, invitation: Invitation, content: dict[str, Any], refusals: list[str] | None = None) -> str:
    now, consultation = clock.now(), invitation.consultation
    saved = responses.draft_of(invitation)
    return render_template(
        "portal/answer.html",
        count_in_words=deadlines.count_in_words(invitation),
        who=who,
        invitation=invitation,
        consultation=consultation,
        state=consultation.state(now),
        now=now,
        draft=rounds.draft_of(invitation),
        said=dict(content.get("parts", [])),
        questions=questions.of(consultation),
        answered=dict(content.get("answers", [])),
        publish_name=content.get("publish_name", False),
        by=content.get("by", ""),
        handed_note=saved.content.get("note", "") if saved is not None else "",
        note_kept=content.get("note", "") if refusals else "",
        letter=letters.of_invitation(invitation),
        requests=extensions.extensions(invitation),
        files=content.get("attachments", []),
        saved=saved,
        form=AnswerForm(formdata=None),
        token=request.form.get("token") or secrets.token_urlsafe(24),
        refusals=refusals or [],
        live=consultation.state(now) in ANSWERABLE and invitations.is_live(invitation, now),
        late=now >= invitation.answer_by,
        earlier=list(reversed(response_chain.counted_responses(invitation))),
        relation=content.get("relation", ""),
        lost_files=bool(refusals) and bool(chosen_files("files")),
    )


def _typed(invitation: Invitation) -> dict[str, Any]:
    """Return what the form holds; files come from what was saved."""
    stored = responses.draft_of(invitation)
    parts = [
        [name[5:], words.replace("\r\n", "\n").replace("\0", "")]  # which PostgreSQL takes in no text
        for name, words in request.form.items()
        if name.startswith("said-") and words.strip()
    ]
    begun = {} if request.form.get("relation") == "adds" else _begun(invitation)
    kept = stored.content if stored is not None else begun
    return {
        "parts": parts,
        "answers": [
            [answer.number, answer.content.replace("\0", "")]
            for answer in answers(request.form)
            if answer.content.strip()
        ],
        "attachments": list(kept.get("attachments", [])),
        "publish_name": bool(request.form.get("publish_name")),
        "by": " ".join(request.form.get("by", "").split())[:NAME_CHARACTERS],
        "note": request.form.get("note", "").strip()[:NOTE_CHARACTERS],
        "relation": request.form.get("relation", "")[:RELATION_CHARACTERS],
    }


def _take_files(content: dict[str, Any]) -> list[str]:
    """Keep the files that were sent along; return what is wrong with those that can't be kept."""
    troubles = []
    for file in chosen_files("files"):
        try:
            if len(content["attachments"]) >= settings().attachment_count:
                most = settings().attachment_count
                raise Refused(sentence("最多上传 %(most)s 个附件，请先去掉一些，或者合并成一个文件。", most=most))
            checked = checked_upload(file)
            if all(checked.digest != known["digest"] for known in content["attachments"]):
                store([file])
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


def _read_forms(invitation: Invitation, content: dict[str, Any], before: set[str]) -> str:
    """Fill in what reply forms among the files that just came say, where nothing was typed; return what was read."""
    opinions, none = 0, False
    for file in content["attachments"]:
        form = reply_forms.read(CheckedAttachment(**file)) if file["digest"] not in before else None
        if form is None:
            continue
        taken = filled_forms.placed(form, invitation.consultation, rounds.version_of(invitation))
        parts, answered = dict(content["parts"]), dict(content["answers"])
        for part in taken.parts if not form.no_opinion else ():
            unit = article_of(part.anchor)
            words = part.content if unit == part.anchor else f"（{in_words(part.anchor)}）{part.content}"
            parts[unit] = f"{parts[unit]}\n\n{words}" if parts.get(unit) and words not in parts[unit] else words
            opinions += 1
        for answer in taken.answers:
            answered.setdefault(answer.number, answer.content)
        content["parts"], content["answers"] = [list(row) for row in parts.items()], [list(r) for r in answered.items()]
        content["publish_name"] = content["publish_name"] or bool(form.publish)
        none |= form.no_opinion
    if none and not opinions:
        return gettext("意见反馈表选择了“无意见”。请核对后点击“回复‘无意见’”。")
    return gettext("已从意见反馈表读入 %(n)s 条意见，填在相应条文下。请核对后提交。", n=opinions) if opinions else ""


def _save(who: Visitor, invitation: Invitation, content: dict[str, Any]) -> None:
    responses.save_draft(invitation, content, by=_writer(who, content), at=clock.now())


def _writer(who: Visitor, content: dict[str, Any]) -> str:
    """Return who writes: the member, or the name that the holder of a link gave."""
    return who.name if who.member is not None else content["by"] or who.name


def _related(invitation: Invitation, relation: str) -> dict[str, Answer | None]:
    """Return the earlier answer that the organisation says it corrects (``replaces``, the newest, or one by id).

    ``adds`` adds to the newest. The form says nothing where nothing was sent before.
    """
    earlier = response_chain.counted_responses(invitation)
    verb, _, id_ = relation.partition("-")
    chosen = [response for response in earlier if not id_ or str(response.id) == id_]
    if verb not in ("replaces", "adds") or not chosen:
        return {}
    return {"replaces" if verb == "replaces" else "adds_to": chosen[-1]}


def _begun(invitation: Invitation) -> dict[str, Any]:
    """Return what an answer begins with: nothing, or, to be corrected, what was sent last."""
    earlier = response_chain.counted_responses(invitation)
    if not earlier or "add" in request.args:
        return {"relation": "adds"} if earlier else {}
    relation = {"relation": f"replaces-{earlier[-1].id}"} if "correct" in request.args else {}
    submission, says_nothing = earlier[-1].submission, earlier[-1].no_opinion
    return relation | {
        "parts": [] if says_nothing else [[part.anchor, part.content] for part in submission.parts],
        "answers": [[answer.question.number, answer.content] for answer in submission.answers],
        "publish_name": submission.publish_name,
        "attachments": [
            {"name": file.file_name, "media_type": file.media_type, "size": file.size, "digest": file.digest}
            for file in submission.attachments
        ],
    }
