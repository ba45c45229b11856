"""Letters on their way out: what waits, what was refused and why; tried again, or given up."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to_flash
from consult.faces.row_ids import row_id
from consult.mail_queue import service
from consult.mail_queue.models import MailState

PAGE = 50


@desk.get("/mailboxes/outgoing")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_outgoing() -> str:
    """List the letters that wait or were never delivered, newest first, by key; or those in one state."""
    chosen = request.args.get("state", "")
    if chosen and chosen not in set(MailState):
        abort(404)
    key = row_id(request.args.get("before", ""))
    letters = service.listed(state=MailState(chosen) if chosen else None, before=key, limit=PAGE + 1)
    shown = letters[:PAGE]
    return render_template(
        "desk/mailboxes/outgoing.html",
        letters=shown,
        counts=service.counts(),
        chosen=chosen,
        states=MailState,
        held=service.held(),
        next=url_for(".mailboxes_outgoing", before=shown[-1].id, state=chosen or None) if len(letters) > PAGE else None,
        first=url_for(".mailboxes_outgoing", state=chosen or None) if key else None,
    )


@desk.post("/mailboxes/outgoing/release")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_outgoing_release() -> Response:
    """Let letters out again after a restore."""
    letters = 0
    with refusals_to_flash() as tried:
        letters = service.release(current_actor(), at=clock.now())
    if tried.ok:
        flash(f"已恢复发信，{letters} 封信将在一分钟内发出。", "success")
    return redirect(url_for(".mailboxes_outgoing"), 303)


@desk.post("/mailboxes/outgoing/<int:letter_id>/retry")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_outgoing_retry(letter_id: int) -> Response:
    """Have a letter tried again now."""
    with refusals_to_flash() as tried:
        service.retry(current_actor(), letter_id, at=clock.now())
    if tried.ok:
        flash(f"第 {letter_id} 封信将在一分钟内重新发送。", "success")
    return redirect(url_for(".mailboxes_outgoing"), 303)


@desk.post("/mailboxes/outgoing/<int:letter_id>/give-up")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_outgoing_give_up(letter_id: int) -> Response:
    """Give up a letter that waits."""
    with refusals_to_flash() as tried:
        service.give_up(current_actor(), letter_id, at=clock.now())
    if tried.ok:
        flash(f"第 {letter_id} 封信不再发送。", "success")
    return redirect(url_for(".mailboxes_outgoing"), 303)
