"""Where one's own account is signed in, and ending that."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts import sessions
from consult.faces import cookies
from consult.faces.desk.blueprint import current_account, current_session, desk
from consult.ledger.two_persons import passwords_given


@desk.get("/sessions")
def own_sessions() -> str:
    """Show the sessions of one's own account."""
    lines = sessions.lines(current_session(), sessions.holder_of(current_account()), clock.now())
    return render_template("desk/accounts/sessions.html", lines=lines, given=passwords_given(current_account()))


@desk.post("/sessions/others")
def end_other_sessions() -> Response:
    """End all sessions of the account but this one."""
    n = sessions.sign_out_everywhere(current_session(), current_account(), others_only=True, at=clock.now())
    flash(f"已退出其他登录：{n} 处。", "success")
    return redirect(url_for(".own_sessions"), 303)


@desk.post("/sessions/all")
def end_all_sessions() -> Response:
    """End all sessions of the account, this one too."""
    sessions.sign_out_everywhere(current_session(), current_account(), others_only=False, at=clock.now())
    session.clear()
    flash("已全部退出登录。", "success")
    return cookies.signed_out(redirect(url_for(".sign_in"), 303))
