"""Who is heard in a scene: the register and its list, letters and answers on every way in, meetings, disagreements."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import SYSTEM, Actor
from consult.clock import local
from consult.consultees import confirmation, disagreements, hearings, invitations, letters, register, responses
from consult.consultees import service as invite
from consult.consultees.hearing_models import HearingPaperRole
from consult.consultees.hearing_papers import PUBLISHED
from consult.consultees.models import (
    Consultee,
    ConsulteeKind,
    Gathering,
    GatheringKind,
    Interest,
    Invitation,
    Method,
    Ownership,
    Response,
    Size,
)
from consult.consultees.response_kinds import ResponseStanding
from consult.demo.letters import receive_mail
from consult.demo.papers import store_paper
from consult.drafting import questions
from consult.drafting.models import Consultation, QuestionTopic
from consult.intake.arrival import ArrivalAnswer, ArrivalPart
from consult.intake.models import Channel, Submission
from consult.moderation import service as moderation
from consult.store import db

HERE = Path(__file__).parent / "hearings"
LETTER_MARK = "某市示范函"
INVITED = 2
"""Days after the opening on which the letters go out."""
SITE = "https://www.example.com/tingzheng"

Moment = Callable[[float, int], datetime]
"""Returns the moment so many days after the opening, at an hour; never in the future."""


@dataclass(frozen=True)
class Staff:
    """Who hears: the drafter, and the moderator who confirms what others typed in."""

    drafter: Actor
    moderator: Actor


@dataclass
class Hearing:
    """Those who are heard in one consultation, from the file of its scene."""

    consultation: Consultation
    staff: Staff
    moment: Moment
    story: dict[str, Any]
    now: datetime
    opinions: list[tuple[Submission, list[dict[str, str]]]] = field(default_factory=list)
    """What came in, each with its opinions as the file has them."""
    gatherings: list[Gathering] = field(default_factory=list)
    _letters: dict[str, Invitation] = field(default_factory=dict)

    def hear(self) -> None:
        """Put everybody on the list, invite them, take what they answer and say."""
        self._write_letter()
        for row in self.story["consultee"]:
            self._list(row)
        for row in self.story["consultee"]:
            if "way" in row:
                self._answer(row)
        for row in self.story.get("meeting", []):
            self._meet(row)

    def accept(self) -> None:
        """Let a moderator accept what came in."""
        for submission, _ in self.opinions:
            moderation.accept(self.staff.moderator, submission, at=submission.received_at + timedelta(hours=20))

    def disagree(self, at: datetime) -> None:
        """Note the questions on which a unit of government holds another opinion."""
        for row in self.story.get("disagreement", []):
            response = self._response(self._letters[row["unit"]])
            disagreements.note(
                self.staff.drafter,
                self.consultation,
                row["question"],
                {response: ""},
                ours=row["ours"],
                reason=row["reason"],
                basis=row["basis"],
                at=at,
            )

    def _write_letter(self) -> None:
        """Give the letter a number of the register, a signer and whom to call."""
        at = self.moment(INVITED, 9)
        entry = letters.Entry(
            signer="李明",
            signed_on=local(at).date(),
            contact_name="张华",
            contact_phone="0000-12345678",
            mark=LETTER_MARK,
            copies=(("某市司法局", ""),),
            sealed=False,
        )
        letters.prepare(self.staff.drafter, self.consultation, entry, at=at)

    def _list(self, row: dict[str, Any]) -> None:
        days = row.get("invited", INVITED)
        at = self.moment(max(days, 0), 9)
        consultee = register.add(self.staff.drafter, _entry(row), at=at)
        invite.add(self.staff.drafter, self.consultation, [(consultee, row["why"])], at=at)
        if days < 0:
            return
        letter = invite.invite(
            self.staff.drafter,
            self.consultation,
            consultee,
            method=Method(row.get("method", "letter")),
            replaces=self._letters.get(row.get("instead", "")),
            at=at,
        )
        self._letters[consultee.name] = letter
        invitations.mark_sent(self.staff.drafter, letter, message_id=f"<{letter.id}.demo@example.com>", at=at)
        if "bounced" in row:
            invitations.mark_bounced(SYSTEM, letter, row["bounced"], at=at + timedelta(minutes=5))
        if "opened" in row:
            with_link = invitations.token_of(letter)
            invitations.open_link(with_link, at=self.moment(row["opened"], 10))

    def _answer(self, row: dict[str, Any]) -> None:
        letter, at = self._letters[row["name"]], self.moment(row["day"], 14)
        match row["way"]:
            case "portal":
                submission = self._by_portal(row, letter, at)
            case "mail":
                submission = self._by_mail(row, letter, at)
            case _:
                submission = self._typed_in(row, letter, at)
        if "confirmed" in row:
            standing = ResponseStanding(row["confirmed"])
            response = self._response(letter)
            confirmation.confirm(self.staff.moderator, response, standing, at=at + timedelta(hours=2))
        if "confirmed" in row or row["way"] == "portal":
            self.opinions.append((submission, row.get("say", [])))

    def _by_portal(self, row: dict[str, Any], letter: Invitation, at: datetime) -> Submission:
        asked = questions.of(self.consultation)
        receipt = responses.respond(
            invitations.as_consultee(letter.consultee),
            letter,
            parts=_parts(row),
            answers=[
                ArrivalAnswer(question.number, words) for question, words in zip(asked, row["answers"], strict=True)
            ],
            no_opinion=row.get("no_opinion", False),
            publish_name=True,
            by=row["by"],
            at=at,
        )
        return receipt.submission

    def _by_mail(self, row: dict[str, Any], letter: Invitation, at: datetime) -> Submission:
        receipt = receive_mail(
            self.consultation,
            (row["name"], letter.email),
            "\n".join(part["content"] for part in row["say"]),
            subject=f"回复：{self.consultation.mail_phrase}",
            message_id=f"<{letter.id}.answer@example.com>",
            in_reply_to=letter.message_id,
            at=at,
        )
        return receipt.submission

    def _typed_in(self, row: dict[str, Any], letter: Invitation, at: datetime) -> Submission:
        channel = Channel(row["way"])
        caller = responses.Caller(row["by"], row["phone"], at) if channel is Channel.PHONE else None
        scan = store_paper("复函（盖章）.txt", *(part["content"] for part in row["say"]))
        receipt = responses.enter(
            self.staff.drafter,
            letter,
            channel=channel,
            parts=_parts(row),
            attachments=[] if caller else [scan],
            caller=caller,
            at=at,
        )
        return receipt.submission

    def _response(self, letter: Invitation) -> Response:
        query = select(Response).where(Response.invitation_id == letter.id).order_by(Response.id.desc())
        return db.session.scalars(query).one()

    def _meet(self, row: dict[str, Any]) -> None:
        drafter, held_at = self.staff.drafter, self._held_at(row)
        arranged = self.moment(row["arranged"], 9)
        gathering = hearings.arrange(
            drafter,
            self.consultation,
            kind=GatheringKind(row["kind"]),
            title=row["title"],
            place=row["place"],
            held_at=held_at,
            invited=[self._consultee(name) for name in row.get("consultees", [])],
            others=row.get("people", []),
            at=arranged,
        )
        self.gatherings.append(gathering)
        if gathering.kind is GatheringKind.HEARING:
            self._publish(gathering, arranged + timedelta(hours=6))
        if held_at < self.now:
            self._hold(gathering, row["say"])

    def _held_at(self, row: dict[str, Any]) -> datetime:
        """Return when a meeting is held; one that is still to come lies ahead of today."""
        opened = self.moment(0, 9)
        return opened + timedelta(days=row["day"])

    def _consultee(self, name: str) -> Consultee:
        return self._letters[name].consultee

    def _publish(self, gathering: Gathering, at: datetime) -> None:
        drafter = self.staff.drafter
        for role in PUBLISHED:
            address, day = f"{SITE}/{role.value}", local(at).date()
            hearings.keep_paper(drafter, self.consultation, gathering, role, address=address, published_on=day, at=at)
        hearings.send_materials(drafter, self.consultation, gathering, at=at + timedelta(hours=1))

    def _hold(self, gathering: Gathering, words: list[dict[str, str]]) -> None:
        drafter, at = self.staff.drafter, gathering.held_at + timedelta(hours=3)
        everybody = {attendance.id for attendance in gathering.attendances}
        minutes = store_paper("会议笔录.txt", gathering.title, *(f"{row['who']}：{row['content']}" for row in words))
        hearings.keep_minutes(drafter, self.consultation, gathering, came=everybody, minutes=minutes, at=at)
        if gathering.kind is GatheringKind.HEARING:
            record, role = store_paper("经签字的听证会记录.txt", gathering.title), HearingPaperRole.SIGNED_RECORD
            hearings.keep_paper(drafter, self.consultation, gathering, role, paper=record, at=at)
        for attendance in list(gathering.attendances):
            if gathering.kind is GatheringKind.EXPERT_ARGUMENT:
                hearings.ask_interest(drafter, self.consultation, attendance, Interest.NONE, "", at=at)
            spoken = [row for row in words if row["who"] == attendance.name]
            parts = _parts({"say": spoken})
            receipt = hearings.record_statement(drafter, self.consultation, attendance, parts, at=at)
            self.opinions.append((receipt.submission, spoken))


def story_of(slug_of_draft: str) -> dict[str, Any]:
    """Return the file of those heard on a draft, empty where nobody in particular is."""
    path = HERE / f"{slug_of_draft}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def ask_questions(drafter: Actor, consultation: Consultation, story: dict[str, Any], *, at: datetime) -> None:
    """Put the drafting division's own questions beside the one on competition."""
    for row in story.get("question", []):
        questions.add(drafter, consultation, QuestionTopic.OWN, row["text"], at=at)


def _entry(row: dict[str, Any]) -> register.Entry:
    return register.Entry(
        row["name"],
        ConsulteeKind(row["kind"]),
        size=Size(row["size"]) if "size" in row else None,
        ownership=Ownership(row["ownership"]) if "ownership" in row else None,
        labour_intensive=row.get("labour_intensive"),
        sector=row.get("sector", ""),
        email=row.get("email", ""),
        region="某市",
    )


def _parts(row: dict[str, Any]) -> list[ArrivalPart]:
    return [ArrivalPart(part["content"], part["anchor"]) for part in row.get("say", [])]
