"""What the desk's header and a consultation's tabs lead to. A page is listed here and shows itself once it exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_login import current_user

from consult.accounts.permissions import Act, Actor, may
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces.desk.blueprint import current_actor, desk, has


@dataclass(frozen=True)
class Section:
    """A page that people go to: its words, endpoint, the act that one must be allowed, the key that leads there.

    ``under``: beginnings of the endpoints that belong to it, so that it is marked as the present one.
    ``once_released``: there is nothing to do there before the consultation was released.
    """

    words: str
    endpoint: str
    act: Act
    key: str = ""
    under: tuple[str, ...] = ()
    once_released: bool = False

    def is_current(self) -> bool:
        """Say whether the present page belongs to this section."""
        endpoint = request.endpoint or ""
        return endpoint == self.endpoint or endpoint.startswith(tuple(f"desk.{name}" for name in self.under) or ("/",))

    def entry(self, **values: Any) -> dict[str, Any]:
        """Return what the template shows of it; ``values`` go into its address."""
        href = url_for(self.endpoint, **values)
        return {"words": self.words, "href": href, "current": self.is_current(), "key": self.key or None}


HEADER = (
    Section("待办", "desk.home", Act.SEE_CONSULTATION, "g"),
    Section("新建征求意见", "desk.new_consultation", Act.CREATE_CONSULTATION, "n", ("new_consultation",)),
    Section("未归类来件", "desk.unassigned", Act.ASSIGN_SUBMISSION, "", ("unassigned",)),
    Section("时限", "desk.clocks", Act.SEE_CONSULTATION, "", ("calendar",)),
    Section("文件库", "desk.instruments", Act.MANAGE_INSTRUMENTS, "", ("instruments",)),
    Section("理由库", "desk.reasons", Act.KEEP_REASONS, "", ("reason",)),
    Section("集中标准", "desk.concentration_standard", Act.SET_CONCENTRATION, "", ("concentration",)),
    Section("企业名录", "desk.register", Act.MANAGE_CONSULTEES, "", ("register",)),
    Section("听取台账", "desk.hearings_ledger", Act.SEE_CONSULTATION, "", ("hearings_ledger",)),
    Section("征集信箱", "desk.mailboxes", Act.MANAGE_MAILBOXES, "", ("mailboxes",)),
    Section("个人信息", "desk.privacy", Act.DECIDE_PRIVACY_REQUEST, "", ("privacy",)),
    Section("账号", "desk.accounts", Act.MANAGE_ACCOUNTS, "", ("accounts",)),
    Section("运行情况", "desk.health", Act.SEE_HEALTH, "", ("health",)),
    Section("记录", "desk.ledger", Act.SEE_LEDGER, "", ("ledger",)),
)

TABS = (
    Section("概览", "desk.consultation", Act.SEE_CONSULTATION, "", ("consultation",)),
    Section("公告", "desk.notice", Act.SEE_CONSULTATION, "", ("notice",)),
    Section("草案", "desk.draft", Act.SEE_CONSULTATION, "", ("draft", "new_version")),
    Section("登记来件", "desk.enter", Act.RECEIVE_FOR_SENDER, "", ("enter",), once_released=True),
    Section("审核", "desk.moderation", Act.SEE_SUBMISSIONS, "", ("moderation",), once_released=True),
    Section("采纳", "desk.adoption", Act.SEE_SUBMISSIONS, "", ("adoption",), once_released=True),
    Section("征求意见对象", "desk.consultees", Act.SEE_CONSULTATION, "", ("consultees", "gatherings", "disagreements")),
    Section("反馈报告", "desk.reporting", Act.SEE_CONSULTATION, "", ("reporting",), once_released=True),
    Section("审查", "desk.reviews", Act.SEE_CONSULTATION, "", ("reviews", "review_")),
    Section("宣传", "desk.publicity", Act.SEE_CONSULTATION, "", ("publicity",), once_released=True),
    Section("上会", "desk.meeting", Act.SEE_CONSULTATION, "", ("meeting",), once_released=True),
)
"""Tabs of one consultation; the endpoint takes ``slug``."""


def navigation(actor: Actor) -> list[dict[str, Any]]:
    """Return the entries of the header that this actor may follow."""
    return [section.entry() for section in HEADER if has(section.endpoint) and may(actor, section.act)]


def tabs(actor: Actor, consultation: Consultation) -> list[dict[str, Any]]:
    """Return the tabs of a consultation that this actor may follow."""
    return [
        section.entry(slug=consultation.slug)
        for section in TABS
        if has(section.endpoint)
        and may(actor, section.act, consultation)
        and (consultation.opens_at is not None or not section.once_released)
    ]


def inside(actor: Actor, consultation: Consultation) -> list[dict[str, Any]]:
    """Return the header of a page that fills the window: back to the first page, then the consultation's tabs."""
    return [*navigation(actor)[:1], *tabs(actor, consultation)]


@desk.context_processor
def _for_every_page() -> dict[str, Any]:
    """Give the templates what the header of the desk needs."""
    if not current_user.is_authenticated:
        return {"settings": settings(), "has": has}
    actor = current_actor()
    division = current_user.division.name if current_user.division is not None else ""
    role = current_user.role.label.words
    return {
        "settings": settings(),
        "has": has,
        "actor": actor,
        "may": lambda act, concern=None: may(actor, Act(act), concern),
        "desk_nav": navigation(actor),
        "desk_user": {"name": actor.name, "role": " · ".join(dict.fromkeys(word for word in (division, role) if word))},
        "desk_sign_out_href": url_for("desk.sign_out") if has("desk.sign_out") else None,
    }
