"""Structured logs without personal data: events and identifiers, never what somebody wrote or who wrote it."""

from __future__ import annotations

import logging
import sys

import structlog

PERSONAL = frozenset({"name", "contact", "email", "phone", "content", "subject", "key", "token", "password", "body"})


def _drop_personal(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for field in PERSONAL & event.keys():
        event[field] = "[…]"
    return event


def configure_logs() -> None:
    """Send log lines to standard error as JSON, personal fields blanked."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _drop_personal,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
