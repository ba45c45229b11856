"""The files of a message: accepted as attachments, or refused with the reason and kept in the raw message only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from consult.app_context import blobs
from consult.files import attachments
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.clamd import Finding
from consult.files.mail import Mail, MailAttachment
from consult.files.reply_form_reader import FilledForm
from consult.files.sandbox import SandboxStopped
from consult.intake import virus_scanning
from consult.mailbox.bounded_reading import Reader
from consult.mailbox.virus_scanning import refusal
from consult.text.sentences import sentence

MAX_ATTACHMENTS = 20
"""Maximum attachments of one message; a message can't be returned to its sender like a form."""
MAX_FILES = 200


@dataclass(frozen=True)
class Refusal:
    """A refused file: name, size in bytes, SHA-256, and the reason in Chinese."""

    name: str
    size: int
    digest: str
    why: str


@dataclass(frozen=True)
class CheckedFiles:
    """The checked files of a message; the bytes of those taken are stored.

    ``clean``: SHA-256 of the files that were scanned and are clean. ``unscanned``: the scanner was unavailable, and the
    files taken are still to be scanned. ``infected``: a virus was found.
    """

    taken: tuple[CheckedAttachment, ...] = ()
    refused: tuple[Refusal, ...] = ()
    clean: frozenset[str] = frozenset()
    unscanned: bool = False
    infected: bool = False
    forms: tuple[FilledForm, ...] = ()
    """What the reply forms (意见反馈表) among the files taken say."""


def check_files(mail: Mail, reader: Reader) -> CheckedFiles:
    """Check a message's files like those of the form, and store the bytes of those accepted."""
    taken: list[CheckedAttachment] = []
    bytes_taken: list[bytes] = []
    refused: list[Refusal] = []
    clean: set[str] = set()
    forms: list[FilledForm] = []
    unscanned = infected = False
    for file in _in_order(mail.all_attachments()):
        if len(taken) + len(refused) >= MAX_FILES:
            break
        try:
            if len(taken) >= MAX_ATTACHMENTS:
                raise AttachmentRefused(
                    file.name[:120],
                    sentence("没有收进附件清单"),
                    sentence("一封邮件最多收 %(n)s 个附件", n=MAX_ATTACHMENTS),
                )
            checked = reader.attachment(file.name, file.data)
        except SandboxStopped:  # says nothing about the file
            raise
        except Exception as error:  # a failure on one file must not lose the message
            if not file.inline:
                refused.append(_refused(file, error))
            continue
        if any(checked.digest == accepted.digest and checked.name == accepted.name for accepted in taken):
            continue
        scan = virus_scanning.scan(file.data) if not unscanned else None  # an unavailable scanner is asked once
        if scan is not None and scan.finding is Finding.CLEAN:
            clean.add(checked.digest)
        if scan is not None and scan.finding is Finding.INFECTED:
            infected = True
            refused.append(Refusal(checked.name, checked.size, checked.digest, refusal(checked.name, scan.words)))
            continue
        unscanned |= scan is not None and scan.finding is Finding.AWAY
        taken.append(checked)
        bytes_taken.append(file.data)
        if (form := reader.form(checked.name, file.data, checked.media_type)) is not None:
            forms.append(form)
    blobs().put_many(bytes_taken)
    return CheckedFiles(tuple(taken), tuple(refused), frozenset(clean), unscanned, infected, tuple(forms))


def _in_order(files: Iterable[MailAttachment]) -> list[MailAttachment]:
    """Sort attached files before inline pictures."""
    return sorted(files, key=lambda file: file.inline)


def _refused(file: MailAttachment, error: Exception) -> Refusal:
    name = attachments.safe_name(file.name)[:200]
    why = (
        str(error) if isinstance(error, AttachmentRefused) else f"附件《{name}》检查时出错（{type(error).__name__}）。"
    )
    return Refusal(name, len(file.data), hashlib.sha256(file.data).hexdigest(), why.replace("\x00", ""))
