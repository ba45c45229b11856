"""Structured logs without personal data: events and identifiers, never what somebody wrote or who wrote it.

What libraries and Flask log through the standard library comes out in the same form, one JSON object a line.
"""

from __future__ import annotations

import logging
import sys

import structlog

PERSONAL = frozenset({"name", "contact", "email", "phone", "content", "subject", "key", "token", "password", "body"})
OURS = "consult_handler"
"""Name of the handler that writes what comes through the standard library."""


def _drop_personal(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for field in PERSONAL & event.keys():
        event[field] = "[…]"
    return event


_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    _drop_personal,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_RENDER: tuple[structlog.typing.Processor, ...] = (
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer(ensure_ascii=False),
)


def formatter() -> logging.Formatter:
    """Return what turns a record of the standard library into a line like all others."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_RENDER],
        foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
    )


def configure_logs() -> None:
    """Send log lines to standard error as JSON, personal fields blanked."""
    structlog.configure(
        processors=[*_SHARED, *_RENDER],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if handler.get_name() == OURS]:
        root.removeHandler(handler)  # an earlier application's of this process
    fresh = logging.StreamHandler(sys.stderr)
    fresh.set_name(OURS)
    fresh.setFormatter(formatter())
    fresh.setLevel(logging.WARNING)
    root.addHandler(fresh)
