"""What the one way in refuses, and why. Nothing is stored of what is refused."""

from __future__ import annotations

from consult.accounts.errors import Refused


class SubmissionRefused(Refused):
    """A submission can't be taken as it is; ``field`` says which part of it."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class EmptyContent(SubmissionRefused):
    """Nothing was said."""


class TooLong(SubmissionRefused):
    """A text is longer than the limit."""


class UnknownProvision(SubmissionRefused):
    """The anchor names no provision of the draft that is out for comment."""


class NotOpen(SubmissionRefused):
    """The period has not begun, or the consultation was withdrawn."""


class TooManyAttachments(SubmissionRefused):
    """More files than one submission may carry."""


class IdempotencyConflict(SubmissionRefused):
    """The key of an earlier submission came with another content."""


class HeldBack(Refused):
    """The virus scanner found something in a file: it is kept as it came and not handed on."""

    def __init__(self, signature: str, what: str = "附件") -> None:
        super().__init__(f"这个{what}被病毒扫描隔离：{signature}")


class ReceiptNotFound(Refused):
    """No submission has this number and key; which of the two is wrong isn't said."""
