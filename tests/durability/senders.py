"""People who send while the site is being killed: each tries again until the receipt is there, as browsers do.

They write down every receipt that they were shown, also of a try that broke off afterwards.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import secrets
import threading
import urllib.parse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage

from tests.imap.dovecot import Account

PATIENCE_SECONDS = 20
_BOUNDARY = "a-boundary-of-the-tests"


@dataclass
class Book:
    """What was shown to the senders, and how often they had to try again."""

    shown: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """Numbers and keys (empty where only the number was shown) by the words that were sent."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Attachment by the words it came with."""
    sent: int = 0
    cut: int = 0
    """Tries that broke off."""
    refused: list[str] = field(default_factory=list)
    """Answers that nobody should have got."""

    def note(self, words: str, number: str, key: str = "") -> None:
        """Write down a receipt that was shown."""
        self.shown[words].add((number, key))


class Line:
    """A connection of one browser: keeps cookies, opens itself again after it broke."""

    def __init__(self, port: int) -> None:
        self._port, self._http, self.cookies = port, None, {}  # type: ignore[var-annotated]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], str]:
        """Send a request and return status, headers and text; raises OSError or HTTPException when it breaks off."""
        if self._http is None:
            self._http = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            self._http.request(method, path, body, fields)
            answer = self._http.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self._http.close()
            self._http = None
            raise
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, dict(answer.headers), text


def by_program(port: int, slug: str, book: Book, words: str) -> Callable[[], bool]:
    """Return one try to send by the JSON interface; it says whether the receipt was shown."""
    line, key = Line(port), secrets.token_hex(16)
    body = json.dumps({"content": words}).encode()

    def attempt() -> bool:
        path = f"/api/v1/consultations/{slug}/submissions"
        headers = {"Content_Type": "application/json", "Idempotency_Key": key}
        status, _, text = line.ask("POST", path, body, **headers)
        if status != 201:
            return _odd(book, status, text)
        receipt = json.loads(text)
        book.note(words, receipt["number"], receipt["key"])
        return True

    return attempt


def by_browser(port: int, slug: str, book: Book, words: str) -> Callable[[], bool]:
    """Return one try to send by the form, with a file, and to see the receipt's page."""
    line, page = Line(port), f"/consultations/{slug}/comment"
    fields: dict[str, str] = {}
    book.files[words] = f"附件：{words}".encode()

    def attempt() -> bool:
        if not fields:
            status, _, form = line.ask("GET", page)
            if status != 200:
                return _odd(book, status, form)
            fields.update(_hidden(form) | {"pieces-0-content": words, "verb": "send", "sender_kind": "person"})
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        status, headers, text = line.ask("POST", page, _multipart(fields, book.files[words]), Content_Type=kind)
        if status != 303:
            return _odd(book, status, text)
        place = urllib.parse.urlsplit(headers["Location"]).path
        book.note(words, place.rpartition("/")[2])
        status, _, receipt = line.ask("GET", place)
        key = re.search(r"data-receipt-key>([^<]+)<", receipt)
        if status != 200 or key is None:
            return _odd(book, status, receipt)
        book.note(words, place.rpartition("/")[2], key[1])
        return True

    return attempt


def _odd(book: Book, status: int, text: str) -> bool:
    book.refused.append(f"{status} {text[:300]}")
    return False


def _hidden(form: str) -> dict[str, str]:
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and name[1] in ("csrf_token", "token", "pieces-0-anchor"):
            fields[name[1]] = value[1]
    return fields


def _multipart(fields: dict[str, str], file: bytes) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    head = 'Content-Disposition: form-data; name="files"; filename="fujian.txt"\r\nContent-Type: text/plain\r\n\r\n'
    parts.append(head.encode() + file)
    edge = f"--{_BOUNDARY}\r\n".encode()
    return b"".join(edge + part + b"\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n".encode()


class Crowd:
    """Senders, each a thread, until the stop event is set; each finishes the request that it is in."""

    def __init__(self, port: int, slug: str, people: int) -> None:
        self.book, self._port, self._slug = Book(), port, slug
        self._stopping, self._numbers = threading.Event(), itertools.count()
        self._news = threading.Condition()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(people)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        while not self._stopping.is_set():
            number = next(self._numbers)
            way = by_browser if number % 4 == 0 else by_program
            attempt = way(self._port, self._slug, self.book, f"第 {number} 条意见：建议延长营业时间。")
            while not self._tried(attempt):
                self._stopping.wait(0.03)  # the site may be down
            with self._news:
                self.book.sent += 1
                self._news.notify_all()

    def _tried(self, attempt: Callable[[], bool]) -> bool:
        try:
            return attempt()
        except (OSError, http.client.HTTPException):
            self.book.cut += 1
            return False

    def wait_for(self, more: int, seconds: float) -> bool:
        """Wait until so many more receipts were shown; say whether they were."""
        with self._news:
            goal = self.book.sent + more
            return self._news.wait_for(lambda: self.book.sent >= goal, seconds)

    def stop(self, seconds: float) -> bool:
        """Let everybody finish what was begun; say whether all did."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)


class Post:
    """A mail carrier: puts messages into two mailboxes, some into both."""

    def __init__(self, boxes: tuple[Account, Account], to: str) -> None:
        self.letters: dict[str, bytes] = {}
        """Every letter by the words of its body."""
        self._boxes, self._to, self._n = boxes, to, 0

    def bring(self) -> None:
        """Deliver three letters: one to each mailbox and one to both; two of them carry the same Message-ID."""
        first, second, both = (self._letter(kind) for kind in ("甲", "乙", "丙"))
        self._boxes[0].put(first, both)
        self._boxes[1].put(both, second)
        self._n += 1

    def _letter(self, kind: str) -> bytes:
        words = f"第 {self._n} 封来信{kind}：请公示菜品价格。"
        letter = EmailMessage()
        letter["From"], letter["To"] = f"写信人{kind} <writer{self._n}{ord(kind)}@example.cn>", self._to
        letter["Subject"] = "意见"
        letter["Message-ID"] = f"<{self._n}-{'same' if kind in '甲乙' else 'both'}@example.cn>"
        letter.set_content(words)
        if self._n % 3 == 0:
            letter.add_attachment(f"附件：{words}".encode(), maintype="text", subtype="plain", filename="fujian.txt")
        self.letters[words] = letter.as_bytes()
        return self.letters[words]
