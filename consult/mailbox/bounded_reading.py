"""Reads messages, in the bounded process whatever isn't plainly harmless: large ones, and those with containers.

Ordinary mail is read at once; a message that takes its reader down is kept, and put aside with words.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self, TypeVar

import structlog

from consult.app_context import sandbox, settings
from consult.files import attachments, file_type, reply_form_reader, uploaded_files
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.mail import Mail, read
from consult.files.mail.message_reader import MAX_SIZE
from consult.files.mail.sender_text import MustBeOpened
from consult.files.reply_form_reader import READABLE, FilledForm
from consult.files.sandbox import ReaderDied
from consult.text.sentences import sentence

HARMLESS_BYTES = 256 * 1024
"""Length up to which the worker reads a message itself, if nothing in it must be unpacked for that."""
FILES_SECONDS = 60
"""Time that the files of one message may take together; what is left then is refused, so that other mail is read."""
FORM_BYTES = 4 << 20
"""Length up to which a Word document or workbook is looked through for a reply form."""
FORM_NAMES = re.compile(r"反馈|意见|复函|答复|回复")
"""Names of other files that may be one."""
PUT_ASIDE = "读取这封邮件超过了限定的时间或者内存，没有再读，原件已保存"

TOO_MUCH = sentence("过于复杂，没有在限定的时间和内存内查完")
UNCHECKED = sentence("没有查：同一封邮件的其他附件已经用去限定的时间")
IN_THE_ORIGINAL = sentence("邮件原件中有这个文件")

Result = TypeVar("Result")
log = structlog.get_logger()


class Reader:
    """Reads one message after another, in a sandbox that lives until one kills it."""

    def __init__(self) -> None:
        self._sandbox = sandbox()
        self._is_used = False
        self._ends = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()

    def message(self, raw: bytes, own_addresses: Collection[str], trusted_hosts: Collection[str] = ()) -> Mail:
        """Parse a message as ``files.mail.read`` does.

        Raises:
            ReaderDied: it took more than the bounded process has.
            SandboxStopped: that was ended from outside.
        """
        self._ends = time.monotonic() + FILES_SECONDS
        if len(raw) <= HARMLESS_BYTES:
            try:
                return read(raw, own_addresses=own_addresses, trusted_hosts=trusted_hosts, may_open=False)
            except MustBeOpened:
                pass
        return self._of(raw, read_file, list(own_addresses), list(trusted_hosts))

    def attachment(self, name: str, data: bytes) -> CheckedAttachment:
        """Check a file of the last message as ``attachments.check`` does; containers in the sandbox.

        Raises:
            AttachmentRefused: says what is wrong with it, or that its check took too much.
        """
        most = settings().attachment_bytes
        if len(data) > most or not uploaded_files.must_be_opened(data[: uploaded_files.BEGINNING]):
            return attachments.check(name, data, max_bytes=most)
        shown = attachments.safe_name(name)
        if time.monotonic() > self._ends:
            raise AttachmentRefused(shown, UNCHECKED, IN_THE_ORIGINAL)
        try:
            checked = self._of(data, check_file, name, most)
        except ReaderDied as why:
            log.warning("mail_attachment_cut_off", why=str(why))
            raise AttachmentRefused(shown, TOO_MUCH, IN_THE_ORIGINAL) from why
        if isinstance(checked, CheckedAttachment):
            return checked
        raise AttachmentRefused(*checked)

    def form(self, name: str, data: bytes, media_type: str) -> FilledForm | None:
        """Return what a file of the last message says if it is a reply form that was filled in; None for all others."""
        if not may_be_form(name, data, media_type) or time.monotonic() > self._ends:
            return None
        try:
            form = self._of(data, read_form, media_type)
        except ReaderDied as why:  # the file is kept, and a person reads it
            log.warning("reply_form_not_read", why=str(why))
            return None
        return form if form is not None and not form.is_blank else None

    def _of(self, data: bytes, work: Callable[..., Result], *arguments: object) -> Result:
        """Call ``work`` on bytes in the sandbox; once more in a new one, if what came before may have filled it."""
        with NamedTemporaryFile(prefix="mail-") as file:  # by its path: a pipe would keep it in memory twice
            file.write(data)
            file.flush()
            try:
                return self._sandbox.of(work, Path(file.name), *arguments)
            except ReaderDied:
                if not self._is_used:
                    raise
                self._is_used = False
                return self._sandbox.of(work, Path(file.name), *arguments)
            finally:
                self._is_used = True


def read_file(path: Path, own_addresses: Collection[str], trusted_hosts: Collection[str]) -> Mail:
    """Parse the message in a file; for a subprocess."""
    with path.open("rb") as file:
        return read(file.read(MAX_SIZE + 1), own_addresses=own_addresses, trusted_hosts=trusted_hosts)


def may_be_form(name: str, data: bytes, media_type: str) -> bool:
    """Whether it is worth to look for a reply form in a file."""
    if media_type in (file_type.DOCX, file_type.XLSX):
        return len(data) <= FORM_BYTES
    return media_type in READABLE and FORM_NAMES.search(name) is not None


def read_form(path: Path, media_type: str) -> FilledForm | None:
    """Read a reply form; for a subprocess."""
    return reply_form_reader.read(path.read_bytes(), media_type)


def check_file(path: Path, name: str, max_bytes: int) -> CheckedAttachment | uploaded_files.Refusal:
    """Check a file of a message; for a subprocess."""
    return uploaded_files.try_checking(name, path, max_bytes)
