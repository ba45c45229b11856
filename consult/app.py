"""The application factory: settings, database, guards and faces put together. Nothing else imports all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Settings
from consult import faces
from consult.accounts import recording
from consult.adoption import service as adoption
from consult.consultees import mail
from consult.intake import unassigned
from consult.intake.mailbox import answering, followers
from consult.ledger import journal
from consult.ledger.service import record
from consult.logs import configure_logs
from consult.migrating import offer_migrations
from consult.moderation import service as moderation
from consult.store.database import connect, engine_options


class Platform(Flask):
    """The application. Nothing in it is asynchronous: Flask would ask so of every function, in every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application for ``settings``, by default those of the environment."""
    settings = settings or Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = Platform(
        "consult",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
        instance_path=str(settings.data_dir.resolve()),
    )
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret(),
        SQLALCHEMY_DATABASE_URI=settings.database(),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database()),
        MAX_CONTENT_LENGTH=settings.request_bytes,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=400,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        REMEMBER_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),  # a working day without signing in again
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: nobody loses a long text to a timer
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    configure_logs()
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    _load_models()
    recording.use(record)
    connect(app)
    journal.register()
    offer_migrations(app)
    moderation.follow(adoption.follow_screening)  # opinions follow from screening
    followers.follow(mail.FOLLOWER)  # responses follow from mail
    unassigned.follow(answering.follow_assignment)
    faces.register(app)
    return app


def _load_models() -> None:
    """Import every stage's models, so that the metadata is whole."""
    from importlib import import_module

    for room in (
        "accounts",
        "ledger",
        "drafting",
        "intake",
        "intake.mailbox",
        "moderation",
        "consultees",
        "adoption",
        "reporting",
        "meeting",
    ):
        import_module(f"consult.{room}.models")
