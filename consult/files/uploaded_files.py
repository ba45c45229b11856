"""Checks uploaded files: what must be unpacked for it is unpacked in a sandbox, whatever the file may do there."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import structlog

from consult.files import attachments, file_type
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped
from consult.text.sentences import Sentence, sentence

AT_ONCE = 2
"""Files that one process has checked at the same time; more wait."""
_SANDBOXED = (b"PK", b"\xd0\xcf\x11\xe0", b"{\\rt")
"""How files begin that hold others (ZIP and the formats made of it, OLE) or are searched whole (RTF)."""
BEGINNING = 1024
"""Bytes that tell a container from everything else; a PDF may begin anywhere in them."""
_TURNS = threading.BoundedSemaphore(AT_ONCE)
Refusal = tuple[str, Sentence, Sentence]

log = structlog.get_logger()


def check(name: str, stream: IO[bytes], sandbox: Sandbox, *, max_bytes: int) -> CheckedAttachment:
    """Check an uploaded file as ``attachments.check`` does; one that is too large isn't read.

    Raises:
        AttachmentRefused: says what is wrong with it, or that its check took too much, and what to do.
    """
    attachments.refuse_size(name, stream.seek(0, io.SEEK_END), max_bytes)
    stream.seek(0)
    beginning = stream.read(8)
    stream.seek(0)
    if not beginning.startswith(_SANDBOXED):
        return attachments.check(name, stream.read(), max_bytes=max_bytes)
    with _turn(name, sandbox), copied(stream) as path:
        checked = _answer_of(name, sandbox, path, max_bytes)
    if isinstance(checked, CheckedAttachment):
        return checked
    raise AttachmentRefused(*checked)


def glance(name: str, stream: IO[bytes], *, max_bytes: int) -> CheckedAttachment:
    """Check what an uploaded file shows without being opened: size, name, first bytes, a text, a picture.

    A container is taken for what its name says; who takes it has it opened later (``check``).

    Raises:
        AttachmentRefused: says what is wrong with it and what to do.
    """
    size = stream.seek(0, io.SEEK_END)
    attachments.refuse_size(name, size, max_bytes)
    stream.seek(0)
    beginning = stream.read(BEGINNING)
    stream.seek(0)
    if kind := must_be_opened(beginning):
        return attachments.taken_unopened(name, kind, _digest_of(stream), size)
    return attachments.check(name, stream.read(), max_bytes=max_bytes)


def must_be_opened(beginning: bytes) -> str:
    """Return the kind of container that a file with these first ``BEGINNING`` bytes is, "" if it is none."""
    kind = file_type.OLE if beginning.startswith(_SANDBOXED[1]) else file_type.sniff(beginning)
    return kind if kind in (file_type.ZIP, file_type.OLE, file_type.RTF, file_type.PDF) else ""


def _digest_of(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def copied(stream: IO[bytes]) -> Iterator[Path]:
    """Copy a stream to a temporary file with a path, which a sandbox can open."""
    stream.seek(0)
    with tempfile.NamedTemporaryFile(prefix="upload-") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
        file.flush()
        yield Path(file.name)


def try_checking(name: str, path: Path, max_bytes: int) -> CheckedAttachment | Refusal:
    """Check a file; for a subprocess, where errors are returned, not raised."""
    try:
        return attachments.check(name, path.read_bytes(), max_bytes=max_bytes)
    except AttachmentRefused as refusal:
        return refusal.name, refusal.wrong, refusal.advice


@contextmanager
def _turn(name: str, sandbox: Sandbox) -> Iterator[None]:
    """Wait until another file may be checked, no longer than the check of one may take."""
    if not _TURNS.acquire(timeout=sandbox.seconds):
        raise AttachmentRefused(
            attachments.safe_name(name),
            sentence("还没有查，正在查的附件太多"),
            sentence("写的内容都还在，请过一分钟再提交"),
        )
    try:
        yield
    finally:
        _TURNS.release()


def _answer_of(name: str, sandbox: Sandbox, path: Path, max_bytes: int) -> CheckedAttachment | Refusal:
    shown = attachments.safe_name(name)
    try:
        with sandbox:
            return sandbox.of(try_checking, name, path, max_bytes)
    except SandboxStopped:
        return shown, sentence("没有查完，平台正在重新启动"), sentence("写的内容都还在，请过一分钟再提交")
    except ReaderDied as why:
        log.warning("attachment_check_cut_off", why=str(why))
        return shown, sentence("过于复杂，没有在限定的时间和内存内查完"), sentence("请另存为 PDF，或者拆分后上传")
