"""Tells the demonstration: every step is a verb, taken by the account whose step it is, at its own time."""

from __future__ import annotations

import io
import json
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from docx import Document
from sqlalchemy import select

from consult.accounts.models import User
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import groups
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, OpinionGroup, Outcome
from consult.clock import LOCAL, local
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, State, VersionKind
from consult.drafting.versions import add_version
from consult.faces.cli.demo_content import meeting
from consult.faces.cli.demo_content.cast import open_accounts
from consult.faces.cli.demo_content.errors import NotEmpty
from consult.faces.cli.demo_content.scenes import SCENES, Scene
from consult.files.attachments import CheckedAttachment, check
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said
from consult.intake.models import Channel, SenderKind, Submission
from consult.intake.receipts import Receipt
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.settings import blobs, settings
from consult.store import db, transaction

HERE = Path(__file__).parent
ACCOUNTS_OPENED = 260
"""Days before today."""


@dataclass
class Told:
    """What was told: the consultations by slug, and the receipts that came of them, in order."""

    consultations: dict[str, Consultation] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)


def tell(now: datetime) -> Told:
    """Fill an empty database, whole or not at all.

    Arguments:
        now: aware moment that counts as the present.

    Raises:
        NotEmpty: somebody or something is there already.
    """
    with transaction():
        _expect_empty()
        cast = open_accounts(_day(now, ACCOUNTS_OPENED))
        told = Told()
        for scene in sorted(SCENES, key=lambda one: -one.opened):
            teller = _Teller(scene, cast, now)
            teller.tell()
            told.consultations[scene.slug] = teller.consultation
            told.receipts[scene.slug] = teller.receipts
    return told


def _expect_empty() -> None:
    for model in (User, Consultation, Submission):
        if db.session.scalar(select(model.id).limit(1)) is not None:
            raise NotEmpty("数据库里已经有内容，不能装入演示内容。请换一个空的数据库（DATABASE_URL、DATA_DIR）再试。")


def _day(now: datetime, days_ago: float, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of a local day before today, never in the future."""
    day = local(now).date() - timedelta(days=days_ago)
    return min(datetime.combine(day, time(hour, minute), LOCAL), now)


class _Teller:
    """Tells one scene."""

    consultation: Consultation

    def __init__(self, scene: Scene, cast: dict[str, Actor], now: datetime) -> None:
        self.scene, self.now = scene, now
        self.drafter, self.publisher = cast[scene.drafter], cast["fabu"]
        self.legal, self.other = cast["fagui"], cast["qicao2" if scene.drafter == "qicao" else "qicao"]
        self.moderator = cast["shenhe"]
        self.receipts: list[Receipt] = []
        self.groups: dict[str, list[Opinion]] = {}

    def tell(self) -> None:
        """Tell the scene as far as it goes."""
        scene = self.scene
        self._draft()
        if scene.until is State.DRAFTING:
            return
        drafting.submit_for_review(self.drafter, self.consultation, at=self._ago(max(scene.opened, 0) + 1, 15))
        if scene.until is State.IN_REVIEW:
            return
        self._publish()
        story = self._story()
        for place, told in enumerate(story.get("submission", [])):
            self._receive(place, told)
        if scene.withdrawn is not None:
            days, reason = scene.withdrawn
            drafting.withdraw(self.publisher, self.consultation, reason, at=self._ago(days))
        self._decide(story)
        self._report()
        self._meet()

    def _ago(self, days: float, hour: int = 10, minute: int = 0) -> datetime:
        return _day(self.now, days, hour, minute)

    def _story(self) -> dict[str, Any]:
        if not self.scene.submissions:
            return {}
        return tomllib.loads((HERE / "submissions" / f"{self.scene.submissions}.toml").read_text(encoding="utf-8"))

    def _draft(self) -> None:
        scene = self.scene
        text = (HERE / "drafts" / f"{scene.draft}.txt").read_text(encoding="utf-8")
        title = "".join(text.split("\n")[:2])
        began = self._ago(max(scene.opened, 0) + 4)
        self.consultation = drafting.create(
            self.drafter,
            title=title,
            kind=scene.kind,
            file_name=f"{title}.docx",
            data=_docx(text.split("\n")),
            at=began,
            enterprise_related=scene.enterprise_related,
            slug=scene.slug,
        )
        notice = drafting.Notice(
            title=title,
            kind=scene.kind,
            enterprise_related=scene.enterprise_related,
            summary=scene.summary,
            notice_html=self.consultation.notice_html,
            explanation_html="".join(f"<p>{words}</p>" for words in scene.explanation),
            mail_phrase=self.consultation.mail_phrase,
            contact=scene.contact,
        )
        drafting.write_notice(self.drafter, self.consultation, notice, at=self._ago(max(scene.opened, 0) + 3))

    def _publish(self) -> None:
        opened = self.scene.opened
        if opened < 0:
            opens = local(self.now).date() + timedelta(days=-opened)
            drafting.publish(self.publisher, self.consultation, at=self.now, opens=opens)
            return
        drafting.publish(self.publisher, self.consultation, at=self._ago(opened, 9))
        if self.scene.extended is not None:
            ahead, reason = self.scene.extended
            last_day = local(self.now).date() + timedelta(days=ahead)
            drafting.extend_period(
                self.publisher, self.consultation, last_day=last_day, reason=reason, at=self._ago(2, 16)
            )

    def _receive(self, place: int, told: dict[str, Any]) -> None:
        """Take one submission of the story through the one way in, and screen it."""
        at = self._ago(self.scene.opened - told["day"], 10 + place % 11, place * 7 % 60)
        receipt = intake.receive(self.consultation, self._arrival(told, at), at=at)
        self.receipts.append(receipt)
        self._screen(receipt.submission, told, min(at + timedelta(days=1, hours=2), self.now))

    def _arrival(self, told: dict[str, Any], at: datetime) -> Arrival:
        raw = {key: value for key, value in told.items() if key not in ("screen", "reason", "of", "day")}
        said = [{"anchor": one["anchor"], "content": one["content"]} for one in told["say"]]
        return Arrival(
            channel=Channel(told["channel"]),
            parts=tuple(Said(one["content"], one["anchor"]) for one in said),
            raw=json.dumps({**raw, "say": said}, ensure_ascii=False, sort_keys=True).encode(),
            raw_media_type="application/json",
            subject=told.get("subject", ""),
            name=told.get("name", ""),
            contact=told.get("contact", ""),
            publish_name=told.get("publish_name", False),
            keep_private=told.get("keep_private", False),
            sender_kind=SenderKind(told.get("kind", "person")),
            attachments=(_letter(told),) if told.get("letter") else (),
            external_id=told.get("external_id"),
            received_at=at,
        )

    def _screen(self, submission: Submission, told: dict[str, Any], at: datetime) -> None:
        screener = self.moderator if self.drafter.division_id == self.moderator.division_id else SYSTEM
        match told["screen"]:
            case "accept":
                moderation.accept(screener, submission, at=at)
            case "take_up":
                moderation.take_up(screener, submission, at=at)
            case "reject":
                moderation.reject(screener, submission, reason_id=told["reason"], at=at)
            case "duplicate":
                moderation.mark_duplicate(screener, submission, self.receipts[told["of"] - 1].submission, at=at)

    def _decide(self, story: dict[str, Any]) -> None:
        """Decide on every opinion that the story decides on; another person reviews each decision."""
        at = self._ago(self.scene.reported + 2)
        for receipt, told in zip(self.receipts, story.get("submission", []), strict=True):
            opinions = _opinions(receipt.submission)
            for opinion, said in zip(opinions, told["say"], strict=False):
                if "group" in said:
                    self.groups.setdefault(said["group"], []).append(opinion)
                elif "outcome" in said:
                    self._settle(opinion, said, at)
        for group in story.get("group", []):
            made = groups.put_together(self.drafter, self.groups[group["id"]], group["title"], at=at)
            self._settle(made, group, at)

    def _settle(self, subject: Opinion | OpinionGroup, said: dict[str, Any], at: datetime) -> None:
        decision = adoption.decide(self.drafter, subject, Outcome(said["outcome"]), said["reason"], at=at)
        if self.scene.reported:
            adoption.review(self.legal, decision, at=min(at + timedelta(hours=5), self.now))

    def _report(self) -> None:
        scene = self.scene
        if not scene.reported:
            return
        at = self._ago(scene.reported, 9)
        report = reporting.compile_report(self.drafter, self.consultation, at=at, statement=scene.statement)
        reporting.submit_for_review(self.drafter, report, at=at + timedelta(minutes=30))
        if scene.until is State.FEEDBACK_REVIEW:
            return
        reporting.review(self.legal, report, at=at + timedelta(hours=3))
        reporting.publish(self.publisher, report, at=at + timedelta(hours=6))

    def _meet(self) -> None:
        scene = self.scene
        if not scene.submitted:
            return
        text = (HERE / "drafts" / f"{scene.draft}.txt").read_text(encoding="utf-8").replace("征求意见稿", "送审稿")
        add_version(
            self.drafter,
            self.consultation,
            kind=VersionKind.FOR_SUBMISSION,
            file_name="送审稿.docx",
            data=_docx(text.split("\n")),
            at=self._ago(scene.submitted + 20),
        )
        meeting.state_facts(self.legal, self.consultation, sent=scene.submitted + 18, now=self.now)
        meeting.submit(self.legal, self.consultation, at=self._ago(scene.submitted))
        if scene.promulgated:
            meeting.promulgate(self.publisher, self.consultation, at=self._ago(scene.promulgated))


def _opinions(submission: Submission) -> list[Opinion]:
    query = (
        select(Opinion).where(Opinion.submission_id == submission.id, Opinion.withdrawn.is_(False)).order_by(Opinion.id)
    )
    return list(db.session.scalars(query))


def _docx(lines: list[str]) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _letter(told: dict[str, Any]) -> CheckedAttachment:
    """Return the letter that came along, as a file whose bytes are kept."""
    data = _docx([f"{told['name']}来函（演示）", *(one["content"] for one in told["say"])])
    blobs().put(data)
    return check("来函.docx", data, max_bytes=settings().attachment_bytes)
