"""The application factory: settings, database, hooks and faces put together. Nothing else imports all of them."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings, from_environment
from consult import by_role, faces, keys, stored_secrets
from consult.accounts import audit_hook
from consult.faces import cli
from consult.intake.hooks import after_assignment
from consult.ledger import journal
from consult.ledger.rows import changes
from consult.ledger.service import record
from consult.logs import configure_logs
from consult.mail_queue import hooks as mail_queue
from consult.mailbox.hooks import mail_hooks
from consult.models import load_models
from consult.moderation.hooks import after_screening, before_screening
from consult.platform import Platform
from consult.store.database import connect, engine_options

OTHERS = 0o077
"""The rights of everybody but the owner."""


def create_app(settings: Settings | None = None) -> Flask:
    """Return the whole application for ``settings``, by default those of the environment."""
    app = Platform(lambda platform: set_up(platform, settings), faces.register)
    cli.register(app)
    load_models()
    app.set_up_pages()
    return app


def set_up(app: Flask, settings: Settings | None = None) -> None:
    """Give the application its settings, the database and the hooks between stages."""
    settings = settings or from_environment()
    _close(settings.data_dir)
    app.instance_path = str(settings.data_dir.resolve())
    _configure(app, settings)
    configure_logs()
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    audit_hook.use(record)
    connect(app)
    keys.connect(app)
    journal.register()
    changes.register()
    before_screening.register("consult.consultees.screening_hook:lock_places")
    after_screening.register("consult.adoption.opinion_sync:sync_after_screening")
    after_screening.register("consult.consultees.screening_hook:update_after_screening")
    mail_hooks.register("consult.consultees.mail_hook:HOOK")
    after_assignment.register("consult.mailbox.acknowledgement:report_assignment")
    mail_queue.register(
        "acknowledgement",
        compose="consult.mailbox.acknowledgement:compose_acknowledgement",
        ended="consult.mailbox.acknowledgement:note_end",
    )
    mail_queue.register(
        "collected",
        compose="consult.mailbox.acknowledgement:compose_collected",
        ended="consult.mailbox.acknowledgement:note_collected_end",
    )
    for purpose, compose in {
        "receipt": "receipt_letters:compose_receipt",
        "decisions": "decision_letters:compose_decisions",
        "consultee_decisions": "decision_letters:compose_decisions",
        "confirm_subscription": "service:compose_confirmation",
        "evaluation": "evaluation_letters:compose_evaluation",
        "news": "news:compose_news",
    }.items():
        mail_queue.register(purpose, compose=f"consult.subscriptions.{compose}")
    for purpose, room in {"invitation": "delivery", "reminder": "reminders", "meeting": "hearing_letters"}.items():
        home = f"consult.consultees.{room}"
        mail_queue.register(purpose, compose=f"{home}:compose", ended=f"{home}:note_end")
    mail_queue.register("invitation_copy", compose="consult.consultees.delivery:compose_copy")
    stored_secrets.owners.register("consult.accounts.second_factor:encrypt_again")
    stored_secrets.owners.register("consult.mailbox.settings:encrypt_again")


def _close(data_dir: Path) -> None:
    """Keep what this process writes to its own account, the data folder and the files in it from before as well."""
    os.umask(os.umask(OTHERS) | OTHERS)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (data_dir, *data_dir.iterdir()):
        with suppress(OSError):  # another account's, which it has opened to this one; or gone since
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & OTHERS and not path.is_symlink():
                path.chmod(mode & ~OTHERS)


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret(),
        TRUSTED_HOSTS=settings.hosts(),
        SQLALCHEMY_DATABASE_URI=settings.database(),
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database()),
        MAX_CONTENT_LENGTH=settings.request_bytes,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=400,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        REMEMBER_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=by_role.read(settings.session_hours).largest),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: nobody loses a long text to a timer
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
