"""The mailboxes: set up, changed, tested, closed; how their last fetch went; mail that a program seems to have sent."""

from __future__ import annotations

from typing import Any

from flask import Response as Download
from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act
from consult.faces.desk.blueprint import allowed_to, current_actor, desk, refusals_to, refusals_to_flash
from consult.faces.desk.mailboxes.forms import MailboxForm
from consult.faces.row_ids import row_id
from consult.mailbox import fetching, message_store, queries, retries, service, settings
from consult.mailbox.models import Mailbox, MailMessage, Outcome
from consult.store import db

Answer = str | Response | tuple[str, int]


@desk.get("/mailboxes")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes() -> str:
    """Show every mailbox, how its last fetch went and what it brought."""
    return _page(MailboxForm(formdata=None))


@desk.post("/mailboxes")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_add() -> Answer:
    """Set a mailbox up."""
    form = MailboxForm()
    if form.validate():
        with refusals_to(form) as tried:
            mailbox = settings.add(current_actor(), form.terms(), at=clock.now())
        if tried.ok:
            flash(f"已设置 {mailbox.user}。请点击“测试连接”核对能否读取。", "success")
            return _back()
    return _page(form), 400


@desk.route("/mailboxes/<int:mailbox_id>", methods=["GET", "POST"])
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_change(mailbox_id: int) -> Answer:
    """Change a mailbox; an empty password leaves the stored one."""
    mailbox = _mailbox(mailbox_id)
    form = MailboxForm() if request.method == "POST" else MailboxForm.of(mailbox, formdata=None)
    if form.is_submitted() and form.validate():
        with refusals_to(form) as tried:
            settings.change(current_actor(), mailbox, form.terms(), at=clock.now())
        if tried.ok:
            flash(f"{mailbox.user} 的设置已改。", "success")
            return _back()
    page = render_template("desk/mailboxes/change.html", mailbox=mailbox, form=form)
    return (page, 400) if form.errors or form.form_errors else page


@desk.post("/mailboxes/<int:mailbox_id>/test")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_test(mailbox_id: int) -> Response:
    """Connect and say what was found, or what is wrong and what to do."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash():
        flash(f"{mailbox.user}：{fetching.test(current_actor(), mailbox)}", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/close")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_close(mailbox_id: int) -> Response:
    """Stop reading a mailbox."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        settings.close(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user} 已停用，已收来件予以保留。", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/reopen")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_reopen(mailbox_id: int) -> Response:
    """Read a mailbox again, from where it was left."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        settings.reopen(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user} 已重新启用，接续读取。", "success")
    return _back()


@desk.post("/mailboxes/<int:mailbox_id>/ask-again")
@allowed_to(Act.MANAGE_MAILBOXES)
def mailboxes_ask_again(mailbox_id: int) -> Response:
    """Let the worker retry the messages that the server did not return."""
    mailbox = _mailbox(mailbox_id)
    with refusals_to_flash() as tried:
        n = retries.restart(current_actor(), mailbox, at=clock.now())
    if tried.ok:
        flash(f"{mailbox.user}：{n} 封未读取的邮件，数分钟内重新读取。" if n else "无待重新读取的邮件。", "success")
    return _back()


@desk.get("/mailboxes/automatic")
@allowed_to(Act.ASSIGN_SUBMISSION)
def mailboxes_automatic() -> str:
    """List the messages classified as automatic, newest first, by key."""
    key = row_id(request.args.get("before", ""))
    mails = queries.automatic(key, queries.PAGE + 1)
    shown = mails[: queries.PAGE]
    return render_template(
        "desk/mailboxes/automatic.html",
        mails=shown,
        n=queries.count_automatic(),
        next=url_for(".mailboxes_automatic", before=shown[-1].id) if len(mails) > queries.PAGE else None,
        first=url_for(".mailboxes_automatic") if key else None,
    )


@desk.post("/mailboxes/automatic/<int:mail_id>")
@allowed_to(Act.ASSIGN_SUBMISSION)
def mailboxes_reconsider(mail_id: int) -> Response:
    """Say that a person wrote a message after all."""
    mail = _automatic(mail_id)
    with refusals_to_flash() as tried:
        number = service.reclassify_as_submission(current_actor(), mail, at=clock.now())
    if tried.ok:
        flash(f"已登记为来件 {number}，请在这里归类。", "success")
        return redirect(url_for(".unassigned"), 303)
    return redirect(url_for(".mailboxes_automatic"), 303)


@desk.get("/mailboxes/automatic/<int:mail_id>/raw")
@allowed_to(Act.ASSIGN_SUBMISSION)
def mailboxes_automatic_raw(mail_id: int) -> Download:
    """Hand out the raw message as a file that no browser opens by itself."""
    headers = {"Content-Disposition": f'attachment; filename="{mail_id}.eml"'}
    return Download(message_store.raw_of(_automatic(mail_id)), mimetype="application/octet-stream", headers=headers)


def _mailbox(mailbox_id: int) -> Mailbox:
    return db.session.get(Mailbox, mailbox_id) or abort(404)


def _automatic(mail_id: int) -> MailMessage:
    mail = db.session.get(MailMessage, mail_id)
    return mail if mail is not None and mail.outcome is Outcome.AUTOMATIC else abort(404)


def _back() -> Response:
    return redirect(url_for(".mailboxes"), 303)


def _page(form: MailboxForm, **more: Any) -> str:
    counts = queries.by_outcome()
    mailboxes = settings.all_mailboxes()
    return render_template(
        "desk/mailboxes/mailboxes.html",
        mailboxes=mailboxes,
        kept_back=retries.withheld(mailboxes),
        is_given_up=retries.is_given_up,
        counts={
            id_: [(outcome.label.words, by_outcome[outcome]) for outcome in Outcome if outcome in by_outcome]
            for id_, by_outcome in counts.items()
        },
        form=form,
        without_details="" if fetching.sees_details(current_actor()) else fetching.NO_DETAILS,
        **more,
    )
