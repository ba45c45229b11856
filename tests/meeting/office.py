"""The department around the green consultation: pages and commands as its people use them, and what the gate says."""

from __future__ import annotations

import html
import io
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from consult.accounts.models import User
from consult.accounts.permissions import Actor
from consult.store import db
from tests.faces.cli.console import run
from tests.signed_in import sign_in_as

TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
File = tuple[str, bytes]
"""Name and content of a file to upload."""


@dataclass(frozen=True)
class Answer:
    """What came of an act: whether it was refused, and the words."""

    refused: bool
    words: str


@dataclass
class Office:
    """Acts at one moment on one consultation, as accounts named by their part: ``drafter``, ``legal``, …"""

    app: Flask
    people: dict[str, Actor]
    slug: str
    at: datetime
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp()))
    before: dict[str, str] = field(default_factory=dict)
    """What was red before the last of several acts."""

    def post(self, who: str, address: str, files: dict[str, File] | None = None, **typed: Any) -> Answer:
        """Send a form of the desk; ``address`` below the consultation, or from the desk's root with a slash."""
        return self.post_fields(who, address, typed, files or {})

    def post_fields(self, who: str, address: str, typed: dict[str, Any], files: dict[str, File]) -> Answer:
        """Send a form of the desk whose fields can't be named in Python."""
        path = f"/desk{address}" if address.startswith("/") else f"/desk/consultations/{self.slug}/{address}"
        data = dict(typed) | {name: (io.BytesIO(content), file) for name, (file, content) in files.items()}
        with self._now():
            client = self.browser(who)
            response = client.post(path, data=data, content_type="multipart/form-data" if files else None)
            with client.session_transaction() as session:
                flashes = session.get("_flashes", [])
        db.session.rollback()
        db.session.expire_all()
        page = html.unescape(TAGS.sub("", response.text)) if response.status_code >= 400 else ""
        refused = response.status_code >= 400 or any(kind == "error" for kind, _ in flashes)
        return Answer(refused, "；".join([str(words) for _, words in flashes] + [page]))

    def browser(self, who: str) -> FlaskClient:
        """Return a browser in which somebody is signed in."""
        account = self.people[who].id
        assert account is not None
        client = sign_in_as(self.app.test_client(), account)
        db.session.rollback()
        return client

    def username(self, who: str) -> str:
        """Return the account's name."""
        return db.session.get_one(User, self.people[who].id).username

    def flask(self, *arguments: str, by: str = "") -> Answer:
        """Run ``flask …``."""
        named = ("--by", self.username(by)) if by else ()
        with self._now():
            result = run(self.app, *arguments, *named)
        db.session.rollback()
        db.session.expire_all()
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code != 0, result.stderr + result.stdout)

    def file(self, name: str = "材料.txt", content: str | bytes = "") -> str:
        """Return the path of a file that a command takes."""
        path = self.folder / name
        data = content or f"材料：{name}"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    def gate(self) -> dict[str, Any]:
        """Return what ``flask meeting check --json`` says."""
        with self._now():
            result = run(self.app, "meeting", "check", self.slug, "--json")
        db.session.rollback()
        document: dict[str, Any] = json.loads(result.stdout)
        assert document["ready"] == (result.exit_code == 0) == (not document["unmet"])
        return document

    def red(self) -> dict[str, str]:
        """Return the unmet rows of the gate, each with its reason."""
        return {row["id"]: row["why"] for row in self.gate()["preconditions"] if not row["met"]}

    @contextmanager
    def _now(self) -> Iterator[None]:
        with time_machine.travel(self.at, tick=False):
            yield
