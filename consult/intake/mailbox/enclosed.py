"""Files that came with a message: those that may be taken, and those that stay in the raw message with a note why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from consult.files import attachments
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.clamd import Finding
from consult.files.mail import Mail, MailAttachment
from consult.intake import scanning
from consult.intake.mailbox.scanning import refusal
from consult.settings import blobs, settings
from consult.text.sentences import sentence

TAKEN = 20
"""Files taken of one message; a message can't be given back to be split, as the form can."""
NOTED = 200


@dataclass(frozen=True)
class Refusal:
    """A file that wasn't taken: name, size in bytes, SHA-256, and why, in Chinese."""

    name: str
    size: int
    digest: str
    why: str


@dataclass(frozen=True)
class Enclosed:
    """What became of the files of a message; the bytes of those taken are stored.

    ``clean``: the SHA-256 of those in which the scanner found nothing. ``unscanned``: it was away, and those taken are
    still to be scanned. ``infected``: it found something.
    """

    taken: tuple[CheckedAttachment, ...] = ()
    refused: tuple[Refusal, ...] = ()
    clean: frozenset[str] = frozenset()
    unscanned: bool = False
    infected: bool = False


def take(mail: Mail) -> Enclosed:
    """Check a message's files as those of the form are, and store the bytes of those that pass."""
    taken: list[CheckedAttachment] = []
    bytes_taken: list[bytes] = []
    refused: list[Refusal] = []
    clean: set[str] = set()
    unscanned = infected = False
    for file in _in_order(mail.all_attachments()):
        if len(taken) + len(refused) >= NOTED:
            break
        try:
            if len(taken) >= TAKEN:
                raise AttachmentRefused(
                    file.name[:120], sentence("没有收进附件清单"), sentence("一封邮件最多收 %(n)s 个附件", n=TAKEN)
                )
            checked = attachments.check(file.name, file.data, max_bytes=settings().attachment_bytes)
        except Exception as error:  # whatever a file does to its reader, the message that brought it is taken
            if not file.inline:
                refused.append(_refused(file, error))
            continue
        if any(checked.digest == one.digest and checked.name == one.name for one in taken):
            continue
        found = scanning.scan(file.data) if not unscanned else None  # an absent scanner is asked once
        if found is not None and found.finding is Finding.CLEAN:
            clean.add(checked.digest)
        if found is not None and found.finding is Finding.INFECTED:
            infected = True
            refused.append(Refusal(checked.name, checked.size, checked.digest, refusal(checked.name, found.words)))
            continue
        unscanned |= found is not None and found.finding is Finding.AWAY
        taken.append(checked)
        bytes_taken.append(file.data)
    blobs().put_many(bytes_taken)
    return Enclosed(tuple(taken), tuple(refused), frozenset(clean), unscanned, infected)


def _in_order(files: Iterable[MailAttachment]) -> list[MailAttachment]:
    """Put what was sent for its own sake before pictures of the body."""
    return sorted(files, key=lambda file: file.inline)


def _refused(file: MailAttachment, error: Exception) -> Refusal:
    name = attachments.safe_name(file.name)[:200]
    why = (
        str(error) if isinstance(error, AttachmentRefused) else f"附件《{name}》检查时出错（{type(error).__name__}）。"
    )
    return Refusal(name, len(file.data), hashlib.sha256(file.data).hexdigest(), why.replace("\x00", ""))
