"""Whatever is killed, whenever: what was acknowledged is there, and everything is there once.

The real web server, worker and mail fetch are killed with SIGKILL 200 times while people send and mail arrives. SQLite
waits for the disk as in production.
"""

from __future__ import annotations

import json
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config import Settings
from consult import clock
from consult.accounts.models import Role
from consult.app import create_app
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.intake import receipts
from consult.intake.models import Channel, RawForm, Submission
from consult.mail_queue.models import MailState, OutgoingMail
from consult.mailbox import settings as boxes
from consult.mailbox.models import Acknowledgement, Encryption, MailMessage
from consult.store import counters, db, transaction
from tests.builders import an_actor, an_open_consultation
from tests.durability.nursery import Nursery, Running, kill
from tests.durability.senders import Book, Crowd, Post
from tests.imap.dovecot import Account, Dovecot

KILLS = 200
PEOPLE = 4
LETTERS_EVERY = 5
"""Kills between two rounds of the post."""
LONGEST_PAUSE = 0.08
"""Seconds between the site's answer and the next kill: longer than a submission takes."""
SLUG, REHEARSAL = "canteen", "rehearsal"
LIMIT_SECONDS = 60
"""How long anything that must happen is waited for."""


@dataclass
class Site:
    """The site's processes, as an operator's supervisor keeps them: whatever is gone is started again."""

    nursery: Nursery
    running: dict[str, Running] = field(default_factory=dict)
    started: list[Running] = field(default_factory=list)

    def keep_up(self, *names: str) -> None:
        """Start what isn't running."""
        for name in names:
            if name not in self.running or not self.running[name].is_alive():
                self.running[name] = self.nursery.start(name)
                self.started.append(self.running[name])

    def kill(self, victim: str, rng: random.Random) -> bool:
        """Kill one of VICTIMS; say whether it was running."""
        name = victim.split()[0]
        process = self.running.get(name)
        if process is None or not process.is_alive():
            return False
        if victim == "web worker":
            workers = process.children()
            return bool(workers) and kill(rng.choice(workers))
        del self.running[name]
        return kill(process.pid) if victim == "web master" else process.kill()

    def finish(self, name: str) -> None:
        """Run a process to its end."""
        self.started.append(self.nursery.start(name))
        self.await_end(name)

    def await_end(self, name: str) -> None:
        """Wait until no process of this name is left, of those that were started ever."""
        until = time.monotonic() + LIMIT_SECONDS
        while any(process.name == name and process.is_alive() for process in self.started):
            assert time.monotonic() < until, f"{name} doesn't end"
            time.sleep(0.01)

    def close(self) -> None:
        """Kill everything."""
        for process in self.started:
            process.kill()
        self.nursery.close()


VICTIMS = {"web worker": 180, "web": 56, "web master": 4, "worker": 80, "fetch": 80}
"""What is killed, with its children or alone, and how often out of 400."""


@contextmanager
def a_site(tmp_path: Path, url: str, accounts: tuple[Account, Account]) -> Iterator[tuple[Site, Flask, int]]:
    """Return the site's processes, an application on the same data, and the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    environment = {
        "DATABASE_URL": url,
        "DATA_DIR": str(tmp_path / "data"),
        "PORT": str(port),
        "SECRET_KEY": "a key for tests only",
        "RATELIMIT_ENABLED": "false",
        "SMTP_HOST": "",
        "REDIS_URL": "",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
    }
    values = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
    app = create_app(Settings(**values))  # type: ignore[arg-type]
    with app.app_context():
        db.create_all()
        at = clock.now() - timedelta(days=1)
        drafter, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
        for slug in (SLUG, REHEARSAL):
            an_open_consultation(drafter, publisher, at=at, slug=slug)
        admin = an_actor(Role.ADMIN)
        for account in accounts:
            terms = boxes.MailboxSettings(
                "127.0.0.1", account.user, account.password, account.server.port, Encryption.NONE
            )
            boxes.add(admin, terms, at=at)
        db.session.remove()
    site = Site(Nursery(environment, REHEARSAL, tmp_path / "log"))
    try:
        yield site, app, port
    finally:
        site.close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def wait_for_an_answer(site: Site, crowd: Crowd) -> None:
    """Wait until the site takes a submission, starting the web server again where its orphans kept the port from it."""
    until = time.monotonic() + LIMIT_SECONDS
    while not crowd.wait_for(1, 1.0):
        assert time.monotonic() < until, "the site doesn't come back"
        site.keep_up("web")


def kill_at_random(site: Site, crowd: Crowd, post: Post, rng: random.Random) -> Counter[str]:
    """Kill KILLS times under load, each time at a random moment; return what was killed how often."""
    killed: Counter[str] = Counter()
    while killed.total() < KILLS:
        if killed.total() % LETTERS_EVERY == 0:
            post.bring()
        site.keep_up("web", "worker", "fetch")
        victim = rng.choices(list(VICTIMS), list(VICTIMS.values()))[0]
        if victim.startswith("web"):
            wait_for_an_answer(site, crowd)
        moment = time.perf_counter() + rng.uniform(0, LONGEST_PAUSE)
        while time.perf_counter() < moment:
            time.sleep(0.0005)
        killed[victim] += site.kill(victim, rng)
    return killed


@pytest.mark.imap
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_200_kills_lose_nothing_and_double_nothing(tmp_path: Path, empty_database_url: str, dovecot: Dovecot) -> None:
    seed = int(os.environ.get("KILLS_SEED", time.time_ns() % 1_000_000))
    print(f"KILLS_SEED={seed}")
    rng = random.Random(seed)
    accounts = (dovecot.account(), dovecot.account())
    with a_site(tmp_path, empty_database_url, accounts) as (site, app, port):
        site.keep_up("web")
        post = Post(accounts, f"zqyj+{SLUG}@example.gov.cn")
        crowd = Crowd(port, SLUG, PEOPLE)
        assert crowd.wait_for(1, LIMIT_SECONDS), (tmp_path / "log").read_text()[-3000:]
        killed = kill_at_random(site, crowd, post, rng)
        site.keep_up("web")
        wait_for_an_answer(site, crowd)
        assert crowd.stop(LIMIT_SECONDS), (tmp_path / "log").read_text()[-3000:]
        print(dict(killed), f"{crowd.book.sent} sent, {crowd.book.cut} tries cut, {len(post.letters)} letters")
        site.kill("worker", rng)
        site.await_end("worker")
        site.finish("fetch")
        with app.app_context():
            check_what_was_sent(crowd.book)
            check_the_mail(post)
            check_the_whole(app)


def consultation_id() -> int:
    """Return the consultation that people write to."""
    return db.session.scalars(select(Consultation.id).where(Consultation.slug == SLUG)).one()


def count_of(channel: Channel) -> int:
    """Count the rows of what came through a channel."""
    query = select(func.count()).where(Submission.channel == channel, Submission.consultation_id == consultation_id())
    return db.session.scalar(query) or 0


def check_what_was_sent(book: Book) -> None:
    """Every receipt that was shown opens what was sent, and nothing was stored twice."""
    assert book.refused == []
    assert book.cut > 0, "no kill ever met a request"
    assert count_of(Channel.WEB) == len(book.shown) == book.sent
    for words, shown in book.shown.items():
        assert len({number for number, _ in shown}) == 1, words
        for number, key in shown:
            submission = receipts.find(number, key or receipts.key_of(number))
            assert [part.content for part in submission.parts] == [words]
            files = [book.files[words]] if words in book.files else []
            assert [blobs().get(file.digest) for file in submission.attachments] == files


def check_the_mail(post: Post) -> None:
    """Every letter is one submission, whole, wherever it lay; none is two."""
    unsorted = select(func.count()).where(MailMessage.outcome.is_(None))
    assert db.session.scalar(unsorted) == 0
    query = select(RawForm).join(RawForm.submission).where(Submission.channel == Channel.MAILBOX)
    raws = {raw.submission.parts[0].content: raw.body for raw in db.session.scalars(query)}
    assert count_of(Channel.MAILBOX) == len(raws) == len(post.letters)
    for words, letter in post.letters.items():
        assert raws[words].replace(b"\r\n", b"\n").rstrip() == letter.rstrip()


def check_the_whole(app: Flask) -> None:
    """The counts are those of the rows, each letter is answered once, and the record is whole."""
    runner = app.test_cli_runner()
    with transaction() as session:  # the time passes for which a letter belongs to the worker that was killed with it
        session.execute(update(OutgoingMail).where(OutgoingMail.state == MailState.WAITING).values(next_at=clock.now()))
    ran = runner.invoke(args=["jobs", "run-once", "acknowledge", "seal", "checkpoint", "counts", "--json"])
    assert ran.exit_code == 0, ran.output
    assert None not in json.loads(ran.stdout)["done"].values(), ran.stdout
    skipped = select(MailMessage.answer_due, Acknowledgement.skipped).join(
        Acknowledgement, Acknowledgement.submission_id == MailMessage.submission_id, isouter=True
    )
    unanswered = skipped.where(Acknowledgement.sent_at.is_(None), MailMessage.submission_id.is_not(None))
    assert db.session.execute(unanswered).all() == []
    by_channel = {channel.value: count_of(channel) for channel in (Channel.WEB, Channel.MAILBOX)}
    assert counters.counts(consultation_id(), "channel") == by_channel
    assert counters.counts(consultation_id(), "state") == {"received": sum(by_channel.values())}
    assert len(list((settings().data_dir / "outbox").glob("*.eml"))) == by_channel["mailbox"]
    result = runner.invoke(args=["ledger", "verify", "--json"])
    verdict = json.loads(result.stdout)
    assert verdict["ok"], verdict["faults"]
    assert verdict["waiting"] == 0
