"""Loads the demonstration: each step is a verb of a stage, by the account responsible, at a past time."""

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
from consult.adoption import groups, kinds, referrals, themes
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, OpinionGroup, Outcome
from consult.app_context import blobs, settings
from consult.clock import LOCAL, local
from consult.consultees.models import Gathering, GatheringKind
from consult.demo import hearing, meeting, personal_data
from consult.demo.consultations import SCENES, Scene
from consult.demo.demo_accounts import open_accounts
from consult.demo.errors import DatabaseNotEmpty
from consult.demo.letters import receive_mail
from consult.demo.papers import store_paper
from consult.drafting import publication
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, State, VersionKind
from consult.drafting.versions import add_version
from consult.files.attachments import CheckedAttachment, check
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel, SenderKind, Submission
from consult.intake.receipts import Receipt
from consult.issuance import document_acts
from consult.issuance import service as issuance
from consult.issuance.document_acts import Happening
from consult.issuance.models import DocumentActKind, MeetingOutcome
from consult.moderation import service as moderation
from consult.privacy import retention
from consult.reporting import service as reporting
from consult.store import db, transaction
from consult.text.opinion_kinds import OpinionKind

HERE = Path(__file__).parent
ACCOUNTS_OPENED = 260
"""Days before today."""
FORGOTTEN = 40
"""Days before today on which files were uploaded that nobody confirmed: longer than they are kept."""


@dataclass
class LoadedDemo:
    """The loaded content: consultations and receipts by slug, receipts in order."""

    consultations: dict[str, Consultation] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)


def load_demo(now: datetime) -> LoadedDemo:
    """Load the demonstration into an empty database, in one transaction.

    Arguments:
        now: current time, aware.

    Raises:
        DatabaseNotEmpty: there are accounts, consultations or submissions.
    """
    with transaction():
        _expect_empty()
        cast = open_accounts(_day(now, ACCOUNTS_OPENED))
        loaded = LoadedDemo()
        for scene in sorted(SCENES, key=lambda scene: -scene.opened):
            loader = _SceneLoader(scene, cast, now)
            loader.load()
            loaded.consultations[scene.slug] = loader.consultation
            loaded.receipts[scene.slug] = loader.receipts
        came = [receipt.submission for receipts in loaded.receipts.values() for receipt in receipts]
        personal_data.ask_and_decide(came, cast["fagui"], cast["fabu"], at=now)
        personal_data.upload_and_forget(cast["qicao"], at=_day(now, FORGOTTEN))
    retention.run_as_system(now)
    return loaded


def _expect_empty() -> None:
    for model in (User, Consultation, Submission):
        if db.session.scalar(select(model.id).limit(1)) is not None:
            raise DatabaseNotEmpty(
                "数据库里已经有内容，不能装入演示内容。请换一个空的数据库（DATABASE_URL、DATA_DIR）再试。"
            )


def _day(now: datetime, days_ago: float, hour: int = 9, minute: int = 0) -> datetime:
    """Return a local time so many days ago, at most now."""
    day = local(now).date() - timedelta(days=days_ago)
    return min(datetime.combine(day, time(hour, minute), LOCAL), now)


class _SceneLoader:
    """Loads one scene."""

    consultation: Consultation

    def __init__(self, scene: Scene, cast: dict[str, Actor], now: datetime) -> None:
        self.scene, self.now = scene, now
        self.drafter, self.publisher = cast[scene.drafter], cast["fabu"]
        self.legal, self.other = cast["fagui"], cast["qicao2" if scene.drafter == "qicao" else "qicao"]
        self.moderator = cast["shenhe"]
        self.receipts: list[Receipt] = []
        self.groups: dict[str, list[Opinion]] = {}
        self.themes: list[tuple[str, OpinionGroup]] = []
        self.hearing: hearing.Hearing | None = None

    def load(self) -> None:
        """Take the steps of the scene up to its state."""
        scene = self.scene
        self._draft()
        if scene.until is State.DRAFTING:
            return
        drafting.submit_for_review(self.drafter, self.consultation, at=self._ago(max(scene.opened, 0) + 1, 15))
        if scene.until is State.IN_REVIEW:
            return
        self._publish()
        self._hear()
        story = self._story()
        for place, entry in enumerate(story.get("submission", [])):
            self._receive(place, entry)
        if scene.withdrawn is not None:
            days, reason = scene.withdrawn
            drafting.withdraw(self.publisher, self.consultation, reason, at=self._ago(days))
        self._decide(story)
        self._mark()
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
        story = hearing.story_of(scene.draft)
        hearing.ask_questions(self.drafter, self.consultation, story, at=self._ago(max(scene.opened, 0) + 2))

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
            while publication.rest_day_note(last_day):
                last_day += timedelta(days=1)
            drafting.extend_period(
                self.publisher, self.consultation, last_day=last_day, reason=reason, at=self._ago(2, 16)
            )

    def _hear(self) -> None:
        """Hear the consultees of the scene."""
        story = hearing.story_of(self.scene.draft)
        if not story:
            return
        staff = hearing.Staff(self.drafter, self.moderator)
        self.hearing = hearing.Hearing(self.consultation, staff, self._after_opening, story, self.now)
        self.hearing.hear()
        if self.scene.reported:
            self.hearing.accept()

    def _after_opening(self, days: float, hour: int) -> datetime:
        return self._ago(self.scene.opened - days, hour)

    def _receive(self, place: int, entry: dict[str, Any]) -> None:
        """Receive and screen one submission."""
        at = self._ago(self.scene.opened - entry["day"], 10 + place % 11, place * 7 % 60)
        if entry["channel"] == Channel.MAILBOX.value and self.scene.submitted:
            receipt = self._read_mail(place, entry, at)
        else:
            receipt = intake.receive(self.consultation, self._arrival(entry, at), at=at)
        self.receipts.append(receipt)
        self._screen(receipt.submission, entry, min(at + timedelta(days=1, hours=2), self.now))

    def _read_mail(self, place: int, entry: dict[str, Any], at: datetime) -> Receipt:
        """Receive a submission as mail; of what goes to the meeting, for it has to have a working mailbox."""
        return receive_mail(
            self.consultation,
            (entry.get("name", ""), entry.get("contact", f"{self.scene.slug}-{place}@example.com")),
            "\n".join(part["content"] for part in entry["say"]),
            message_id=f"<{self.scene.slug}.{place}@example.com>",
            at=at,
        )

    def _arrival(self, entry: dict[str, Any], at: datetime) -> Arrival:
        raw = {key: value for key, value in entry.items() if key not in ("screen", "reason", "of", "day")}
        parts = [{"anchor": part["anchor"], "content": part["content"]} for part in entry["say"]]
        return Arrival(
            channel=Channel(entry["channel"]),
            parts=tuple(ArrivalPart(part["content"], part["anchor"]) for part in parts),
            raw=json.dumps({**raw, "say": parts}, ensure_ascii=False, sort_keys=True).encode(),
            raw_media_type="application/json",
            subject=entry.get("subject", ""),
            name=entry.get("name", ""),
            contact=entry.get("contact", ""),
            publish_name=entry.get("publish_name", False),
            keep_private=entry.get("keep_private", False),
            sender_kind=SenderKind(entry.get("kind", "person")),
            attachments=(_letter(entry),) if entry.get("letter") else (),
            external_id=entry.get("external_id"),
            received_at=at,
        )

    def _screen(self, submission: Submission, entry: dict[str, Any], at: datetime) -> None:
        screener = self.moderator if self.drafter.division_id == self.moderator.division_id else SYSTEM
        match entry["screen"]:
            case "accept":
                moderation.accept(screener, submission, at=at)
            case "take_up":
                moderation.take_up(screener, submission, at=at)
            case "reject":
                moderation.reject(screener, submission, reason_id=entry["reason"], at=at)
            case "duplicate":
                moderation.mark_duplicate(screener, submission, self.receipts[entry["of"] - 1].submission, at=at)

    def _decide(self, story: dict[str, Any]) -> None:
        """Make the decisions of the story; another person reviews them."""
        at = self._ago(self.scene.reported + 2)
        for receipt, entry in zip(self.receipts, story.get("submission", []), strict=True):
            opinions = _opinions(receipt.submission)
            for opinion, plan in zip(opinions, entry["say"], strict=False):
                if "group" in plan:
                    self.groups.setdefault(plan["group"], []).append(opinion)
                elif "outcome" in plan:
                    self._settle(opinion, plan, at)
        if self.hearing is not None and self.scene.reported:
            for submission, plans in self.hearing.opinions:
                for opinion, plan in zip(_opinions(submission), plans, strict=True):
                    self._settle(opinion, plan, at)
            self.hearing.disagree(at + timedelta(hours=6))
        for group in story.get("group", []):
            made = groups.create_group(self.drafter, self.groups[group["id"]], group["title"], at=at)
            self._settle(made, group, at)
            self.themes.append((group["theme"], made))

    def _mark(self) -> None:
        """Give themes to what is grouped, where something is, and pass on a question."""
        if not self.themes:
            return
        at = self._ago(self.scene.reported + 1)
        for name, group in self.themes:
            theme = themes.create(self.drafter, self.consultation, name, at=at)
            themes.put(self.drafter, theme, [group], at=at)
            themes.set_public(self.drafter, theme, True, at=at)
        question = db.session.scalar(
            select(Opinion)
            .where(Opinion.consultation_id == self.consultation.id, Opinion.withdrawn.is_(False))
            .where(Opinion.kind == OpinionKind.QUESTION)
            .limit(1)
        )
        if question is not None:
            kinds.set_kind(self.drafter, [question], None, at=at)
            referrals.refer(self.drafter, [question], "市政务服务中心", number="（演示）", at=at)

    def _settle(self, subject: Opinion | OpinionGroup, plan: dict[str, Any], at: datetime) -> None:
        decision = adoption.decide(self.drafter, subject, Outcome(plan["outcome"]), plan["reason"], at=at)
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
        sent = scene.reviewed or scene.asked or (scene.submitted + 18 if scene.submitted else 0)
        if not sent:
            return
        final = HERE / "drafts" / f"{scene.draft}-final.txt"  # where the decisions changed the draft
        unchanged = HERE / "drafts" / f"{scene.draft}.txt"
        text = (final if final.exists() else unchanged).read_text(encoding="utf-8").replace("征求意见稿", "送审稿")
        add_version(
            self.drafter,
            self.consultation,
            kind=VersionKind.FOR_SUBMISSION,
            file_name="送审稿.docx",
            data=_docx(text.split("\n")),
            at=self._ago(sent + 2),
        )
        staff = meeting.Staff(self.drafter, self.legal, self.publisher)
        if scene.asked:
            meeting.leave_open(staff, self.consultation, sent=self._ago(sent), today=self.now)
            return
        meeting.post_notice(staff, self.consultation, at=self._ago(scene.opened - 1))
        meeting.prepare(staff, self.consultation, sent=self._ago(sent), experts=self._experts())
        if not scene.submitted:
            return
        meeting.submit(staff, self.consultation, at=self._ago(scene.submitted))
        if scene.promulgated:
            self._issue(text, scene.promulgated)

    def _issue(self, text: str, promulgated: int) -> None:
        """The meeting passes it, the text that was reviewed is issued, filed, and valid for five years."""
        held = self._ago(promulgated + 2)
        minutes = store_paper("会议纪要.txt", "厅务会议纪要：审议通过。")
        result = issuance.Result(MeetingOutcome.PASSED, local(held).date(), "厅务会议")
        issuance.record_result(self.publisher, self.consultation, result, minutes, at=held)
        data = _docx(text.replace("（送审稿）", "").split("\n"))
        add_version(
            self.drafter,
            self.consultation,
            kind=VersionKind.PROMULGATED,
            file_name="发布稿.docx",
            data=data,
            at=self._ago(promulgated + 1),
        )
        at = self._ago(promulgated)
        today = local(at).date()
        facts = issuance.Issue(
            document_number=f"某建发〔{today.year}〕12号",
            issued_on=today,
            effective_on=today + timedelta(days=30),
            published_in=f"本厅网站；省人民政府公报{today.year}年第10期",
        )
        document = issuance.issue(self.publisher, self.consultation, facts, at=at)
        filed = Happening(DocumentActKind.FILED, today, organisation="省人民政府")
        document_acts.act(self.publisher, document, filed, None, at=at)
        until = (
            today.replace(year=today.year + 5) if (today.month, today.day) != (2, 29) else today + timedelta(days=1826)
        )
        valid = Happening(DocumentActKind.VALIDITY, today, until=until, words="规范性文件的有效期为五年。")
        document_acts.act(self.publisher, document, valid, None, at=at)

    def _experts(self) -> Gathering | None:
        gatherings = self.hearing.gatherings if self.hearing is not None else []
        return next((held for held in gatherings if held.kind is GatheringKind.EXPERT_ARGUMENT), None)


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


def _letter(entry: dict[str, Any]) -> CheckedAttachment:
    """Store the letter of a submission and return it as an attachment."""
    data = _docx([f"{entry['name']}来函（演示）", *(part["content"] for part in entry["say"])])
    blobs().put(data)
    return check("来函.docx", data, max_bytes=settings().attachment_bytes)
