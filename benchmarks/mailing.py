"""Mail taken in, as a ratio against the least that anybody could do with it, measured in the same run.

    python -m benchmarks.mailing            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.mailing    # an empty database of its own

The baseline parses the same messages with the standard library (``policy.default``, subject, sender and body read) and
writes each to a file of its own that is synced to the disk. Goal: at least half its rate. Rounds alternate, so that
what else the machine does slows both; the ratio is that of the medians.
"""

from __future__ import annotations

import email
import email.policy
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.road import a_consultation, an_app
from consult.clock import now
from consult.mailbox import service
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import Outcome
from consult.store import db
from tests.files.mail.builders import message, multipart_message, part, word

ROUNDS, EACH = 7, 96
TOGETHER = 32
"""Messages that ``flask mailbox ingest`` and ``fetch`` take at once."""
_OPINION = "建议第三条增加公示食材来源的要求，方便居民监督；第五条的期限延长到二十个工作日。"


def a_round(number: int) -> list[bytes]:
    """Return messages as people send them: plain and HTML, with a quoted answer, in three charsets, all different."""
    messages = []
    for n in range(EACH):
        text = f"{number}-{n}：{_OPINION * (1 + n % 5)}"
        subject = f"对《事务办理办法》的意见 {number}-{n}"
        identifier = ("In-Reply-To", f"<{number}.{n}@dept.example.gov.cn>")
        quoted = f"{text}\r\n\r\n在 2026-11-20 09:00:00，局 <a@b.cn> 写道：\r\n> {_OPINION}\r\n"
        rich = f"<html><body><div>{text}</div><br><blockquote type='cite'>{_OPINION}</blockquote></body></html>"
        messages.append(
            (
                message(subject=word(subject), body=text),
                message(
                    subject=word(subject, "gb18030"), body=text.encode("gb18030"), kind="text/plain; charset=gb2312"
                ),
                message(identifier, subject=word(subject), body=quoted),
                multipart_message(
                    "alternative",
                    part(text, encoding="base64"),
                    part(rich, "text/html; charset=utf-8", encoding="quoted-printable"),
                    subject=word(subject),
                ),
            )[n % 4]
        )
    return messages


def bare(letters: list[bytes], folder: Path) -> float:
    """Parse and write each message; return messages per second."""
    began = time.perf_counter()
    for place, raw in enumerate(letters):
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        body = mail.get_body(("plain", "html"))
        _ = mail["subject"], mail["from"], body.get_content() if body is not None else ""
        with (folder / f"{place}.eml").open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    return len(letters) / (time.perf_counter() - began)


def taken_in(letters: list[bytes]) -> float:
    """Take the messages in; return messages per second."""
    began = time.perf_counter()
    for start in range(0, len(letters), TOGETHER):
        batch = [RawMessage(raw, "bench.eml") for raw in letters[start : start + TOGETHER]]
        outcomes = {ingested.outcome for ingested in service.ingest_many(batch, at=now())}
        assert outcomes == {Outcome.STORED}, outcomes
        db.session.remove()
    return len(letters) / (time.perf_counter() - began)


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            a_consultation("bench")
            taken_in(a_round(-1)[:TOGETHER])
            ours, theirs = [], []
            for number in range(ROUNDS):
                letters = a_round(number)
                place = Path(folder) / f"bare-{number}"
                place.mkdir()
                theirs.append(bare(letters, place))
                ours.append(taken_in(letters))
            name = db.engine.dialect.name
    rate, base = statistics.median(ours), statistics.median(theirs)
    print(
        f"mail on {name}: taken in {rate:,.0f} messages/s; parsed by the standard library and written to a synced file"
        f" {base:,.0f}/s; ratio {rate / base:.2f} (goal: 0.5)"
    )


if __name__ == "__main__":
    main()
