"""How long personal data are kept: the rows of the rules, one of them overridden by a setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from consult.app_context import rules, settings
from consult.clock import local
from consult.law.rule_rows import RetentionRule, Unit

SENDER = "sender-contact"
RAW = "raw-form"
TABLES = "imported-tables"
UPLOADS = "unconfirmed-uploads"
STRAY_MAIL = "stray-mail"
MEMBERS = "portal-members"
CONTACTS = "consultee-contacts"
LETTERS = "letters"
OUTBOX = "outbox"
SENT_MAIL = "sent-mail"
UNCONFIRMED = "unconfirmed-subscriptions"


def terms() -> Mapping[str, RetentionRule]:
    """Return the terms in force by id; ``RETENTION_DAYS`` overrides that of name and contact."""
    rows = dict(rules().retention)
    days = settings().retention_days
    if days is not None:
        rows[SENDER] = replace(rows[SENDER], length=days, unit=Unit.DAYS)
    return rows


def is_over(rule: RetentionRule, start: datetime | date, at: datetime) -> bool:
    """Whether a term that began on a day is over: its last day has passed."""
    began = local(start).date() if isinstance(start, datetime) else start
    return local(at).date() > rule.last_day(began)
