"""Sites of their own for the tests: a data folder and a database each, filled or empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import stamp
from sqlalchemy.orm import close_all_sessions

from config import Settings
from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app import create_app
from consult.app_context import blobs
from consult.backup import rows
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.faces.guards import limiter
from consult.files.attachments import CheckedAttachment
from consult.intake.receipts import Receipt
from consult.ledger import checkpoints, key_rotation, verification
from consult.ledger.rows import enrolment
from consult.ledger.upkeep import Upkeep
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import a_submission, an_actor, an_open_consultation
from tests.conftest import Browser, a_database

DAY = timedelta(days=1)


@dataclass
class Site:
    """A site: its application, and the settings that it was made with."""

    app: Flask
    settings: Settings

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Push its context."""
        limiter.enabled = False
        with self.app.app_context():
            yield
            db.session.rollback()
            db.session.remove()

    def command(self, *args: str) -> Any:
        """Run a command of the site and return its result."""
        return self.app.test_cli_runner().invoke(args=list(args))

    def environment(self) -> dict[str, str]:
        """Return what a process of its own needs."""
        of = self.settings
        return {
            "DATA_DIR": str(of.data_dir),
            "DATABASE_URL": of.database_url,
            "JOURNAL_FOLDER": str(of.journal_folder or ""),
            "SQLITE_SYNCHRONOUS": "OFF",
            "RATELIMIT_ENABLED": "false",
        }


@dataclass
class Sites:
    """Makes sites, and gives their databases back."""

    folder: Path
    opened: ExitStack = field(default_factory=ExitStack)
    made: int = 0

    def empty(self, *, on_sqlite: bool = False, **settings: Any) -> Site:
        """Return a site without anything: a new machine."""
        self.made += 1
        place = self.folder / f"site-{self.made}"
        place.mkdir()
        url = f"sqlite:///{place}/own.sqlite3" if on_sqlite else self.opened.enter_context(a_database(place))
        of = Settings(
            **{
                "database_url": url,
                "data_dir": place / "data",
                "ratelimit_enabled": False,
                "sqlite_synchronous": "OFF",
                "host_name": "web",
                "public_url": "https://yj.example.gov.cn",
                **settings,
            }
        )
        app = create_app(of)
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = Browser
        return Site(app, of)

    def working(self, **settings: Any) -> Site:
        """Return a site with the newest schema, as ``flask db upgrade`` leaves it."""
        site = self.empty(**settings)
        with site.inside():
            db.create_all()
            stamp(directory="migrations")
            enrolment.enrol(clock.now())
            key_rotation.begin(clock.now())
        return site

    def filled(self, **settings: Any) -> tuple[Site, list[tuple[str, str]]]:
        """Return a site with a consultation and submissions, and number and key of each."""
        site = self.working(**settings)
        with site.inside():
            now = clock.now()
            consultation = an_open_consultation(
                an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=now - DAY, slug="canteens"
            )
            receipts = [send(consultation, f"第 {n} 条意见：建议延长营业时间。") for n in range(3)]
            moderation.accept(SYSTEM, receipts[0].submission, at=now)
            shown = [(receipt.number, receipt.key) for receipt in receipts]
            Upkeep().round(clock.now())
            checkpoints.checkpoint(clock.now())
        return site, shown

    def close(self) -> None:
        """Give everything back."""
        close_all_sessions()
        self.opened.close()


def send(consultation: Consultation, words: str) -> Receipt:
    """Send a submission with an attachment."""
    data = f"附件：{words}".encode()
    attachment = CheckedAttachment(name="附件.txt", media_type="text/plain", size=len(data), digest=blobs().put(data))
    return a_submission(consultation, words, at=clock.now(), attachments=(attachment,))


def rows_of(site: Site) -> dict[str, dict[str, Any]]:
    """Return count and sum of every table of a site."""
    with site.inside(), db.engine.connect() as connection:
        return {shape.name: rows.sums_of(connection, shape) for shape in rows.shapes()}


def faults_of(site: Site) -> tuple[list[str], verification.CheckedCounts]:
    """Verify a site's record; return what was found, in words, and what was checked."""
    checked = verification.CheckedCounts()
    with site.inside():
        return [fault.message for fault in everything_wrong(checked)], checked
