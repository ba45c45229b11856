"""The mailboxes: set up, changed, tested, closed; how their last fetch went; mail that a program seems to have sent."""

from __future__ import annotations

from typing import Any

from flask import Response as Download
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, require
from consult.faces.desk.blueprint import current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.forms.mailboxes import MailboxForm
from consult.intake.mailbox import boxes, fetching, figures, keeping, reconsidering, withheld
from consult.intake.mailbox.models import Mailbox, MailMessage, Outcome
from consult.store import db

Answer = str | Response | tuple[str, int]
OUTCOME_WORDS = {
    Outcome.STORED: "已收",
    Outcome.UNASSIGNED: "未归类",
    Outcome.AUTOMATIC: "自动邮件",
    Outcome.DUPLICATE: "重复",
    Outcome.QUARANTINED: "读不出",
}


@desk.get("/mailboxes")
def mailboxes() -> str:
    """Show every mailbox, how its last fetch went and what it brought."""
    require(current_actor(), Act.MANAGE_MAILBOXES)
    return _page(MailboxForm(formdata=None))


@desk.post("/mailboxes")
def mailboxes_add() -> Answer:
    """Set a mailbox up."""
    require(current_actor(), Act.MANAGE_MAILBOXES)
    form = MailboxForm()
    if form.validate():
        with refusals_to(form) as tried:
            mailbox = boxes.add(current_actor(), form.terms(), at=clock.now())
        if tried.ok:
            flash(f"已设置 {mailbox.user}。请点“测试连接”看能不能读到。", "success")
            return _back()
    return _page(form), 400


@desk.route("/mailboxes/<int:mailbox_id>", methods=["GET", "POST"])
def mailboxes_change(mailbox_id: int) -> Answer:
    """Change a mailbox; an empty password leaves the stored one."""
    mailbox = _mailbox(mailbox_id)
    form = MailboxForm() if request.method == "POST" else MailboxForm.of(mailbox, formdata=None)
    if form.is_submitted() and form.validate():
        with refusals_to(form) as tried:
            boxes.change(current_actor(), mailbox, form.terms(), at=clock.now())
        if tried.ok:
            flash(f"{mailbox.user} 的设置已改。", "success")
            return _back()
    page = render_template("desk/mailboxes/change.html", mailbox=mailbox, form=form)
    return (page, 400) if form.errors or form.form_errors else page


@desk.post("/mailboxes/<int:mailbox_id>/test")
def mailboxes_test(mailbox_id: int) -> Response:
    """Connect and say what was found, or what is wrong and what to do."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash():
        flash(f"{mailbox.user}：{fetching.test(mailbox)}", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/close")
def mailboxes_close(mailbox_id: int) -> Response:
    """Stop reading a mailbox."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        boxes.close(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user} 已停用，已收到的来件都还在。", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/reopen")
def mailboxes_reopen(mailbox_id: int) -> Response:
    """Read a mailbox again, from where it was left."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        boxes.reopen(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user} 已重新启用，从上次读到的地方继续。", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/ask-again")
def mailboxes_ask_again(mailbox_id: int) -> Response:
    """Let the worker begin anew to ask for the messages that the server kept back."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        n = withheld.ask_again(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user}：{n} 封没有取到的邮件，几分钟内再取。" if n else "没有要再取的邮件。", "success")
    return _back()


@desk.get("/mailboxes/automatic")
def mailboxes_automatic() -> str:
    """List the messages that were taken for a program's, newest first, by key."""
    require(current_actor(), Act.ASSIGN_SUBMISSION)
    before = request.args.get("before", "")
    key = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else 0
    found = figures.automatic(key, figures.PAGE + 1)
    shown = found[: figures.PAGE]
    return render_template(
        "desk/mailboxes/automatic.html",
        mails=shown,
        n=figures.count_automatic(),
        next=url_for(".mailboxes_automatic", before=shown[-1].id) if len(found) > figures.PAGE else None,
        first=url_for(".mailboxes_automatic") if key else None,
    )


@desk.post("/mailboxes/automatic/<int:mail_id>")
def mailboxes_reconsider(mail_id: int) -> Response:
    """Say that a person wrote a message after all."""
    mail = _automatic(mail_id)
    with refusals_to_flash() as tried:
        number = reconsidering.is_from_a_person(current_actor(), mail, at=clock.now())
    if tried.ok:
        flash(f"已登记为来件 {number}，请在这里归类。", "success")
        return redirect(url_for(".unassigned"), 303)
    return redirect(url_for(".mailboxes_automatic"), 303)


@desk.get("/mailboxes/automatic/<int:mail_id>/raw")
def mailboxes_automatic_raw(mail_id: int) -> Download:
    """Hand out the raw message as a file that no browser opens by itself."""
    headers = {"Content-Disposition": f'attachment; filename="{mail_id}.eml"'}
    return Download(keeping.raw_of(_automatic(mail_id)), mimetype="application/octet-stream", headers=headers)


def _mailbox(mailbox_id: int) -> Mailbox:
    require(current_actor(), Act.MANAGE_MAILBOXES)
    return db.session.get(Mailbox, mailbox_id) or abort(404)


def _automatic(mail_id: int) -> MailMessage:
    require(current_actor(), Act.ASSIGN_SUBMISSION)
    mail = db.session.get(MailMessage, mail_id)
    return mail if mail is not None and mail.outcome is Outcome.AUTOMATIC else abort(404)


def _back() -> Response:
    return redirect(url_for(".mailboxes"), 303)


def _page(form: MailboxForm, **more: Any) -> str:
    counts = figures.by_outcome()
    mailboxes = boxes.everything()
    return render_template(
        "desk/mailboxes/mailboxes.html",
        mailboxes=mailboxes,
        kept_back=withheld.waited_for(mailboxes),
        is_given_up=withheld.is_given_up,
        counts={
            id_: [(words, found[outcome]) for outcome, words in OUTCOME_WORDS.items() if outcome in found]
            for id_, found in counts.items()
        },
        form=form,
        **more,
    )
