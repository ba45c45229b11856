"""Errors of intake. Nothing is stored of a refused submission."""

from __future__ import annotations

from consult.accounts.errors import Refused


class SubmissionRefused(Refused):
    """A submission is invalid; ``field`` names the field."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class EmptyContent(SubmissionRefused):
    """There is no text and no file."""


class TooLong(SubmissionRefused):
    """A text is longer than the limit."""


class UnknownQuestion(SubmissionRefused):
    """An answer is to a question that the consultation doesn't ask."""


class UnknownProvision(SubmissionRefused):
    """The anchor is not a provision of the draft out for comment."""


class NotOpen(SubmissionRefused):
    """The period has not begun, or the consultation was withdrawn."""


class TooManyAttachments(SubmissionRefused):
    """More files than one submission may have."""


class NotARecord(SubmissionRefused):
    """A row of a table holds no opinion; the message says what it says instead."""


class TimeUnknown(SubmissionRefused):
    """It isn't known when a row was received, and whether it is late depends on that."""


class IdempotencyConflict(SubmissionRefused):
    """The idempotency key of an earlier submission came with different content."""


class HeldBack(Refused):
    """A file is infected: it is kept unchanged and not handed out."""

    def __init__(self, signature: str, what: str = "附件") -> None:
        super().__init__(f"这个{what}被病毒扫描隔离：{signature}")


class Unfit(Refused):
    """A file isn't opened yet, or was found unfit when it was: it is kept unchanged and not handed out."""

    def __init__(self, why: str) -> None:
        super().__init__(f"这个附件不能下载：{why}")


class ReceiptNotFound(Refused):
    """No submission has this number and key; the error doesn't reveal which is wrong."""
