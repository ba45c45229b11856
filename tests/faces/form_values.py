"""Values that somebody could fill in: for each field of the desk's forms and each parameter of commands, by kind.

What a field holds is drawn from what is stored at that moment: ids of rows of the consultation, members of
enumerations, days, files, words. ``fixed`` holds what a test wants said of a field instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.models import Division, Role, User
from consult.adoption import spreadsheet
from consult.adoption.models import Decision, Opinion, OpinionComment, OpinionGroup, Outcome, Referral, Theme
from consult.app_context import blobs, rules
from consult.clock import local
from consult.consultees import register_import
from consult.consultees.disagreement_models import Disagreement
from consult.consultees.group_models import ConsulteeGroup
from consult.consultees.hearing_models import HearingPaperRole
from consult.consultees.letter_models import AnnexFormat, LetterTemplate, Urgency
from consult.consultees.models import (
    Attendance,
    Consultee,
    ConsulteeKind,
    Gathering,
    GatheringKind,
    Interest,
    Invitation,
    Method,
    Response,
    Size,
    SuspectedDouble,
)
from consult.consultees.response_kinds import CONFIRMABLE, ResponseStanding
from consult.drafting import versions
from consult.drafting.models import (
    Consultation,
    DraftVersion,
    Issuer,
    Medium,
    NoticePosting,
    PublicText,
    Question,
    QuestionTopic,
    VersionKind,
)
from consult.files import letter_template, tables
from consult.files.reply_form import ReplyForm
from consult.intake.models import Channel, ImportStage, Purpose, SenderKind, StaffUpload, Submission, TableImport
from consult.issuance.models import DocumentActKind, MeetingOutcome
from consult.law.facts import Disclosure
from consult.law.reviews import Conclusion, ReviewKind
from consult.mail_queue.models import OutgoingMail
from consult.mailbox.models import Encryption, Mailbox, MailMessage
from consult.meeting.flags import DISCLOSURE, FLAGS, PAPERS
from consult.meeting.models import MeetingFact
from consult.moderation.service import rejection_reasons
from consult.privacy.models import PrivacyRequest
from consult.reporting.models import FeedbackReport, FindChoice, FindDecision
from consult.review.models import PaperRole, Review
from consult.store import db
from consult.text.opinion_kinds import OpinionKind
from consult.text.privacy.kinds import Kind as PrivateKind
from tests.builders import DRAFT, docx_of
from tests.files.reply_forms import filled
from tests.law.test_holidays import REST
from tests.meeting.office import File, Office

SENTENCE = "情况特殊，理由和依据见所附的第一号材料。"
WORDS = (SENTENCE, "采纳。", "同意", "1", " ", "第十四条规定不予公开，理由见附件。")
PAPER: File = ("材料.txt", "审查材料正文。".encode())
REGISTER: File = ("名录.csv", "单位名称,规模,行业\n新城餐饮有限公司,小型,H\n".encode())
NOTICE: File = ("2027.csv", "\n".join(["date,kind", *(f"{day},rest" for day in REST)]).encode())
TABLE: File = ("来件.csv", "内容,姓名\n请增加送餐服务。,居民丁\n".encode())
DRAFT_FILE: File = ("新稿.txt", DRAFT.replace("七十周岁", "六十八周岁").encode())


class Values:
    """Draws values for one act of one person."""

    def __init__(self, office: Office, who: str, random: Random, fixed: dict[str, Any] | None = None) -> None:
        self.office, self.who, self.random, self.fixed = office, who, random, fixed or {}

    def of(self, kind: str, name: str) -> Any:
        """Return a value of a kind for a field."""
        if name in self.fixed:
            return self.fixed[name]
        return KINDS[kind](self)

    @property
    def consultation(self) -> Consultation:
        return db.session.scalars(select(Consultation).where(Consultation.slug == self.office.slug)).one()

    def one(self, column: Any, *where: Any) -> Any:
        """Return a value of a column of a random row, 1 where there is no row."""
        values = db.session.scalars(select(column).where(*where)).all()
        return self.random.choice(values) if values else 1

    def own(self, column: Any) -> Any:
        """Return a value of a column of a random row of the consultation."""
        return self.one(column, column.class_.consultation_id == self.consultation.id)

    def member(self, kind: Any) -> str:
        return str(self.random.choice(list(kind)).value)

    def day(self) -> str:
        """Return a day around today."""
        days = self.random.choice((-45, -20, -14, -4, -3, 0, 1, 30))
        return (local(self.office.at).date() + timedelta(days=days)).isoformat()

    def previewed(self, about: int | None = None) -> str:
        """Return the confirmation of a previewed draft of one's own."""
        name, data = "新稿.docx", docx_of(DRAFT_FILE[1].decode())
        read = versions.read_draft(name, data).as_json()
        return self.uploaded(Purpose.DRAFT, name, data, read, about)

    def register_upload(self) -> str:
        """Return the confirmation of a checked table of the register of one's own."""
        read = register_import.Summary({}, [], 0).as_json()
        return self.uploaded(Purpose.REGISTER, REGISTER[0], REGISTER[1], read)

    def uploaded(self, purpose: Purpose, name: str, data: bytes, read: bytes, about: int | None = None) -> str:
        """Return the confirmation of an upload of one's own in which ``read`` was read."""
        at = self.office.at
        upload = StaffUpload(
            purpose=purpose,
            user_id=self.office.people[self.who].id,
            consultation_id=about,
            file_name=name,
            digest=blobs().put(data),
            stage=ImportStage.CHECKED,
            uploaded_at=at,
            asked_at=at,
            noted_at=at,
            result=blobs().put(read),
        )
        db.session.add(upload)
        db.session.commit()
        return upload.confirmation

    def sheet_preview(self) -> str:
        """Return the confirmation of a previewed sheet of one's own, in which an opinion is adopted; or none."""
        opinion = self.own(Opinion.id)
        sheet = f"编号,采纳情况,理由\n{opinion},采纳,\n".encode()
        table = tables.read_book("填好.csv", sheet)
        actor = self.office.people[self.who]
        try:
            preview = spreadsheet.preview_decisions(actor, self.consultation, table, digest="")
        except Refused:
            return ""
        return self.uploaded(Purpose.DECISIONS, "填好.csv", sheet, preview.as_json(), self.consultation.id)


def _fact_value(values: Values) -> str:
    return values.random.choice(("true", "false", "", *(member.value for member in Disclosure)))


KINDS: dict[str, Callable[[Values], Any]] = {
    "slug": lambda v: v.office.slug,
    "sentence": lambda v: v.random.choice(WORDS),
    "name": lambda v: v.random.choice(("新城餐饮公司", "居民丁", "第二次会议")),
    "flag": lambda v: v.random.choice(("", "y")),
    "day": lambda v: v.day(),
    "moment": lambda v: f"{v.day()}T09:00",
    "days": lambda v: v.random.choice((10, 30, 45)),
    "piece": lambda v: v.random.choice((1, 2)),
    "character": lambda v: v.random.choice((0, 2, 9)),
    "version": lambda v: v.own(DraftVersion.number),
    "version kind": lambda v: v.member(VersionKind),
    "previewed draft": lambda v: v.previewed(),
    "previewed version": lambda v: v.previewed(v.consultation.id),
    "sheet preview": lambda v: v.random.choice(("", v.sheet_preview())),
    "kind of document": lambda v: v.random.choice(sorted(rules().periods)),
    "issuer": lambda v: v.member(Issuer),
    "account": lambda v: v.one(User.id),
    "username": lambda v: v.one(User.username),
    "role": lambda v: v.member(Role),
    "division": lambda v: v.one(Division.id),
    "password": lambda _v: "correct horse 8",
    "opinion": lambda v: v.own(Opinion.id),
    "work": lambda v: v.random.choice(("anchor:art-3", "anchor:", f"group:{v.own(OpinionGroup.id)}")),
    "holder": lambda v: v.random.choice((f"user-{v.one(User.id)}", f"division-{v.one(Division.id)}")),
    "comment": lambda v: v.own(OpinionComment.id),
    "opinion kind": lambda v: v.member(OpinionKind),
    "referral": lambda v: v.own(Referral.id),
    "theme": lambda v: v.own(Theme.id),
    "verb of several": lambda v: v.random.choice(("decide", "group", "kind", "mark", "refer")),
    "group": lambda v: v.own(OpinionGroup.id),
    "decision": lambda v: v.own(Decision.id),
    "passkey": lambda _v: 1,
    "outcome": lambda v: v.member(Outcome),
    "find": lambda v: v.own(FindDecision.digest),
    "find choice": lambda v: v.member(FindChoice),
    "private kind": lambda v: v.member(PrivateKind),
    "private text": lambda _v: "电话0571-88886666",
    "anchor": lambda v: v.random.choice(("art-3", "")),
    "pieces": lambda v: f"{SENTENCE}\n\n{v.own(Opinion.content)}",
    "consultee": lambda v: v.one(Consultee.id),
    "consultee name": lambda v: v.one(Consultee.name),
    "consultee kind": lambda v: v.member(ConsulteeKind),
    "size": lambda v: v.random.choice(("", v.member(Size))),
    "sector": lambda v: v.random.choice(("", "H", "C")),
    "consultee group": lambda v: v.random.choice(("", v.one(ConsulteeGroup.id))),
    "invitation": lambda v: v.own(Invitation.id),
    "response": lambda v: v.member(ResponseStanding),
    "confirmable": lambda v: v.random.choice(sorted(kind.value for kind in CONFIRMABLE)),
    "response id": lambda v: v.one(Response.id),
    "disagreement": lambda v: v.own(Disagreement.id),
    "year": lambda v: v.random.choice((2026, 2025)),
    "relation": lambda v: v.random.choice(("", "replaces", "adds_to", f"replaces:{v.one(Response.id)}")),
    "phone": lambda v: v.random.choice(("", "01012345678")),
    "method": lambda v: v.member(Method),
    "mail address": lambda v: v.random.choice(("", "a@example.cn")),
    "gathering": lambda v: v.own(Gathering.id),
    "gathering kind": lambda v: v.member(GatheringKind),
    "hearing paper": lambda v: v.member(HearingPaperRole),
    "interest": lambda v: v.member(Interest),
    "double": lambda v: v.one(SuspectedDouble.id),
    "attendance": lambda v: v.one(Attendance.id),
    "submission": lambda v: v.own(Submission.number),
    "privacy request": lambda v: v.one(PrivacyRequest.id),
    "channel": lambda v: v.member(Channel),
    "sender kind": lambda v: v.member(SenderKind),
    "table": lambda v: v.one(TableImport.id),
    "rejection": lambda v: v.random.choice([row.id for row in rejection_reasons()]),
    "report": lambda v: v.own(FeedbackReport.version),
    "precondition": lambda v: v.random.choice([row.id for row in rules().preconditions]),
    "fact": lambda v: v.random.choice(sorted((*FLAGS, *PAPERS, DISCLOSURE, "legality"))),
    "fact value": _fact_value,
    "statement": lambda v: v.own(MeetingFact.id),
    "meeting outcome": lambda v: v.member(MeetingOutcome),
    "document act": lambda v: v.member(DocumentActKind),
    "question": lambda v: v.own(Question.number),
    "question topic": lambda v: v.member(QuestionTopic),
    "public text": lambda v: v.member(PublicText),
    "posting": lambda v: v.own(NoticePosting.id),
    "medium": lambda v: v.member(Medium),
    "link": lambda v: v.random.choice(("https://example.cn/notice", "", "example.cn")),
    "review": lambda v: v.own(Review.id),
    "review kind": lambda v: v.member(ReviewKind),
    "conclusion": lambda v: v.member(Conclusion),
    "exception": lambda v: v.random.choice(("", *rules().exceptions)),
    "paper role": lambda v: v.member(PaperRole),
    "point": lambda v: 1,
    "mailbox": lambda v: v.one(Mailbox.id),
    "mail": lambda v: v.one(MailMessage.id),
    "letter": lambda v: v.one(OutgoingMail.id),
    "encryption": lambda v: v.member(Encryption),
    "port": lambda v: 993,
    "nonce": lambda v: f"{v.random.getrandbits(80):020x}",
    "document number": lambda v: v.random.choice(("", f"某函〔2026〕{v.random.randint(1, 99)}号", "第3号")),
    "urgency": lambda v: v.member(Urgency),
    "annexes": lambda v: v.member(AnnexFormat),
    "letter template": lambda v: v.random.choice(("", v.one(LetterTemplate.id))),
    "stored letter template": lambda v: v.one(LetterTemplate.id),
    "letter template file": lambda _v: ("函.docx", letter_template.example()),
    "draft version": lambda v: v.random.choice(("", v.own(DraftVersion.id))),
    "paper": lambda v: PAPER,
    "register upload": lambda v: v.register_upload().partition("-")[0],
    "register seen": lambda v: v.register_upload().partition("-")[2],
    "reply form path": lambda v: ("反馈表.docx", filled(ReplyForm("", v.one(Consultee.name), (), "", ""))),
    "letter template path": lambda _v: ("函.docx", letter_template.example()),
    "register file": lambda v: REGISTER,
    "calendar year": lambda v: v.random.choice((2026, 2027, 2028)),
    "notice": lambda v: v.random.choice(("0", "1", "x")),
    "days of a year": lambda v: v.random.choice(("\n".join(REST), "2月20日", "", "春节")),
    "notice file": lambda v: NOTICE,
    "submissions file": lambda v: TABLE,
    "draft file": lambda v: DRAFT_FILE,
}
"""How a value of each kind is drawn."""
