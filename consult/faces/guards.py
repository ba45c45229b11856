"""Guards of every face: CSRF, security headers, rate limits, sign-in sessions, errors turned into pages."""

from __future__ import annotations

from flask import Flask, Response, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from config import Settings
from consult import clock
from consult.accounts import sessions
from consult.accounts.models import User
from consult.faces import rate_counter
from consult.faces.address_guard import refuse_body
from consult.faces.uploads import allow_scans

csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
login = LoginManager()

CSP = {
    "default-src": "'self'",
    "img-src": ["'self'", "data:"],
    "object-src": "'none'",
    "worker-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def register(app: Flask) -> None:
    """Put the guards before the application."""
    settings: Settings = app.config["SETTINGS"]
    app.config["RATELIMIT_ENABLED"] = settings.ratelimit_enabled
    app.config["RATELIMIT_STORAGE_URI"] = rate_counter.URI
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"target": rate_counter.target(settings)}
    app.config["WTF_CSRF_SSL_STRICT"] = False  # receipts send no Referer; the token and SameSite cookies guard
    app.before_request(allow_scans)  # before CSRF, which reads the form
    app.before_request(refuse_body)
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_hide_address)  # before Talisman, so that it runs after it
    Talisman(
        app,
        force_https=False,  # TLS ends at the proxy
        strict_transport_security=settings.cookie_secure,
        session_cookie_secure=settings.cookie_secure,
        content_security_policy=CSP,
        referrer_policy="same-origin",
        frame_options="DENY",
    )
    login.init_app(app)
    login.session_protection = None  # sessions live on the server, and end there
    login.login_view = "desk.sign_in"
    login.login_message = "请先登录。"


def keep_address_secret() -> None:
    """Send ``Referrer-Policy: no-referrer`` with this response."""
    g.secret_address = True


def _hide_address(response: Response) -> Response:
    if g.get("secret_address"):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login.user_loader
def _load_user(token: str) -> User | None:
    entered = sessions.behind(token, clock.now())
    if entered is None:
        return None
    g.account_session, user = entered
    return user
