"""Requests about personal data: one waits, one waits for a second person, one was done by two, one was refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from consult.accounts.permissions import Actor
from consult.intake.models import Channel, Submission
from consult.privacy import requests
from consult.privacy.models import RequestKind


def ask_and_decide(submissions: Iterable[Submission], legal: Actor, publisher: Actor, *, at: datetime) -> None:
    """Put requests on the first of the submissions that came through the site with a name."""
    named = [came for came in submissions if came.channel is Channel.WEB and came.name and not came.publish_name]
    for came, step in zip(named, (_wait, _propose, _delete, _refuse), strict=False):
        step(came, legal, publisher, at)


def _wait(came: Submission, _legal: Actor, _publisher: Actor, at: datetime) -> None:
    requests.ask(came, RequestKind.CORRECT, "换了号码。", at=at, name=came.name, contact="wenjian@example.com")


def _propose(came: Submission, legal: Actor, _publisher: Actor, at: datetime) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "不再需要联系我。", at=at)
    requests.grant(legal, asked, "意见已经核实，可以删除。", at=at)


def _delete(came: Submission, legal: Actor, publisher: Actor, at: datetime) -> None:
    _propose(came, legal, publisher, at)
    requests.confirm(publisher, requests.of(came)[0], at=at)


def _refuse(came: Submission, legal: Actor, _publisher: Actor, at: datetime) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "", at=at)
    requests.refuse(legal, asked, "所提情况正在向您核实，核实后可以再次申请。", at=at)
