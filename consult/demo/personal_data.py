"""Requests about personal data, each in another state; and files that nobody confirmed and that were kept too long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO

from consult.accounts.permissions import Act, Actor
from consult.intake import staff_uploads
from consult.intake.models import Channel, Purpose, Submission
from consult.privacy import requests
from consult.privacy.models import RequestKind


def ask_and_decide(submissions: Iterable[Submission], legal: Actor, publisher: Actor, *, at: datetime) -> None:
    """Put requests on the first of the submissions that came through the site with a name."""
    named = [came for came in submissions if came.channel is Channel.WEB and came.name and not came.publish_name]
    for came, step in zip(named, (_wait, _propose, _delete, _refuse), strict=False):
        step(came, legal, publisher, at)


def upload_and_forget(drafter: Actor, *, at: datetime) -> None:
    """Upload files that nobody confirms, so that they are deleted when their term is over."""
    draft = "夜间经济促进办法\n第一条 为了繁荣夜间经济，制定本办法。\n第二条 本办法自公布之日起施行。\n"
    table = "单位名称,联系人,电话\n某某餐饮有限公司,联系人甲,010-00000000\n"
    for act, purpose, name, text in (
        (Act.CREATE_CONSULTATION, Purpose.DRAFT, "夜间经济促进办法（讨论稿）.txt", draft),
        (Act.MANAGE_CONSULTEES, Purpose.REGISTER, "餐饮企业名单.csv", table),
    ):
        file = BytesIO(text.encode())
        staff_uploads.upload(drafter, act, purpose, name, file, limit=len(file.getvalue()), at=at)


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
