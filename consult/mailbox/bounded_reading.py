"""Reads messages, in the bounded process whatever isn't plainly harmless: large ones, and those with containers.

Ordinary mail is read at once; a message that takes its reader down is kept, and put aside with words.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self, TypeVar

import structlog

from consult.app_context import sandbox, settings
from consult.files import attachments, uploaded_files
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.mail import Mail, read
from consult.files.mail.message_reader import MAX_SIZE
from consult.files.mail.sender_text import MustBeOpened
from consult.files.sandbox import ReaderDied
from consult.text.sentences import sentence

HARMLESS_BYTES = 256 * 1024
"""Length up to which the worker reads a message itself, if nothing in it must be unpacked for that."""
FILES_SECONDS = 60
"""Time that the files of one message may take together; what is left then is refused, so that other mail is read."""
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


def check_file(path: Path, name: str, max_bytes: int) -> CheckedAttachment | uploaded_files.Refusal:
    """Check a file of a message; for a subprocess."""
    return uploaded_files.try_checking(name, path, max_bytes)
