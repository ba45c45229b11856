"""What stands before every face: CSRF, security headers, rate limits, sign-in sessions, errors turned into pages."""

from __future__ import annotations

import hmac

from flask import Flask, Response, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from config import Settings
from consult.accounts.models import User
from consult.faces.uploads import allow_scans
from consult.store import db

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
    app.config["RATELIMIT_STORAGE_URI"] = settings.ratelimit_storage_url
    app.config["WTF_CSRF_SSL_STRICT"] = False  # receipts send no Referer; the token and SameSite cookies guard
    app.before_request(allow_scans)  # before CSRF, which reads the form
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
    login.login_view = "desk.sign_in"
    login.login_message = "请先登录。"


def keep_address_secret() -> None:
    """Have this request's answer tell the browser never to send its address on as a Referer."""
    g.secret_address = True


def _hide_address(response: Response) -> Response:
    if g.get("secret_address"):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@login.user_loader
def _load_user(user_id: str) -> User | None:
    key = user_id.partition(".")[0]
    user = db.session.get(User, int(key)) if key.isdecimal() and len(key) < 19 else None
    return user if user is not None and user.active and hmac.compare_digest(user.get_id(), user_id) else None
