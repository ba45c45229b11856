"""Acts on the green consultation through pages and commands, as rows of the tables of cases name them."""

from __future__ import annotations

import html
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import time_machine
from sqlalchemy import select, update

from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.consultees.models import Consultee, Gathering, Invitation, Response
from consult.drafting.models import NoticePosting, VersionKind
from consult.drafting.postings import withdraw as withdraw_posting
from consult.faces import jobs
from consult.intake.models import Submission
from consult.law.reviews import ReviewKind
from consult.mailbox.models import Mailbox
from consult.moderation.service import rejection_reasons
from consult.review.models import Review
from consult.store import db
from tests.builders import DRAFT, docx_of
from tests.faces.desk.making import token_in
from tests.meeting.office import TAGS, Answer, File, Office

Deed = Callable[[Office], Answer | None]
PDF: File = ("材料.pdf", b"%PDF-1.4\n%%EOF")
SENTENCE = "情况特殊，理由和依据见所附材料。"


def steps(*deeds: Deed) -> Deed:
    """Do one after another; all but the last must go through."""

    def do(office: Office) -> Answer | None:
        for deed in deeds[:-1]:
            answer = deed(office)
            assert answer is None or not answer.refused, answer.words
        office.before = office.red()
        return deeds[-1](office)

    return do


def at(moment: Any, deed: Deed) -> Deed:
    """Do something at another moment; the gate is asked then, too."""

    def do(office: Office) -> Answer | None:
        office.at = moment
        return deed(office)

    return do


def nothing(_office: Office) -> None:
    """Do nothing but let time pass."""


# ------------------------------------------------------------------ reviews


def conclude(
    kind: str, conclusion: str, *more: str, by: str = "legal", paper: bool = True, content: str | bytes = ""
) -> Deed:
    """``flask review record``."""

    def do(office: Office) -> Answer:
        document = ("--document", office.file("意见.txt", content)) if paper else ()
        named = ("--kind", kind, "--conclusion", conclusion)
        return office.flask("review", "record", office.slug, *named, *document, *more, by=by)

    return do


def legality(conclusion: str, *more: str, sent: str = "2026-11-10", returned: str = "2026-11-20", **how: Any) -> Deed:
    """``flask review record --kind legality`` with its days; none for an empty one."""
    days = (("--sent", sent) if sent else ()) + (("--returned", returned) if returned else ())
    return conclude("legality", conclusion, *days, *more, **how)


def newest_review(kind: ReviewKind) -> Review:
    query = select(Review).where(Review.kind == kind, Review.withdrawn_at.is_(None)).order_by(Review.id.desc())
    review = db.session.scalars(query).first()
    assert review is not None
    return review


def take_back(kind: ReviewKind, by: str = "", reason: str = "重新审查后认为原结论不妥。") -> Deed:
    """Take the review of a kind back on its page; by default its reviewer does."""

    def do(office: Office) -> Answer:
        review = newest_review(kind)
        reviewer = next(name for name, actor in office.people.items() if actor.id == review.reviewer_id)
        return office.post(by or reviewer, f"reviews/{review.id}/withdraw", reason=reason)

    return do


def confirm_for_newest(kind: ReviewKind, by: str, note: str = SENTENCE) -> Deed:
    """Confirm on the page of reviews that a review stands for the newest version."""

    def do(office: Office) -> Answer:
        number = max(version.number for version in newest_review(kind).version.consultation.versions)
        return office.post(by, f"reviews/{newest_review(kind).id}/confirm", version=number, note=note)

    return do


def experts(**typed: str) -> Deed:
    """Record the experts' papers on the page of reviews."""

    def do(office: Office) -> Answer:
        number = newest_review(ReviewKind.LEGALITY).version.number
        fields = {"kind": "experts", "version": number, "conclusion": "supported", "role-0": "expert_opinion"} | typed
        return office.post_fields("legal", "reviews/record", fields, {"paper-0": PDF})

    return do


# ------------------------------------------------------------------ statements, exceptions, postings


def state(name: str, value: str, note: str = "", *, by: str = "drafter", paper: bool = False) -> Deed:
    """State one fact on the page of the gate."""
    return lambda office: office.post(
        by, "meeting/fact", {"evidence": PDF} if paper else None, name=name, value=value, note=note
    )


def confirm_newest(by: str) -> Deed:
    """Confirm the newest statement on the page of the gate."""

    def do(office: Office) -> Answer:
        from consult.meeting.models import MeetingFact

        newest = db.session.scalars(select(MeetingFact.id).order_by(MeetingFact.id.desc())).first()
        return office.post(by, "meeting/confirm", fact=newest)

    return do


def ask(row: str, reason: str = SENTENCE, *, by: str = "legal", paper: bool = True) -> Deed:
    """``flask meeting override``."""

    def do(office: Office) -> Answer:
        document = ("--document", office.file()) if paper else ()
        return office.flask("meeting", "override", office.slug, row, "--reason", reason, *document, by=by)

    return do


def approve(row: str, by: str = "chief") -> Deed:
    """``flask meeting approve-override``."""
    return lambda office: office.flask("meeting", "approve-override", office.slug, row, by=by)


def gate_act(verb: str, by: str, **typed: str) -> Deed:
    """A button on the page of the gate."""
    return lambda office: office.post(by, f"meeting/{verb}", **typed)


def issue(day: str = "2026-11-24") -> Deed:
    """Issue the document on the page of the gate."""
    return lambda office: office.post(
        "publisher",
        "meeting/issue",
        document_number="某建发〔2026〕12号",
        issued_on=day,
        effective_on=day,
        published_in="本厅网站",
    )


def post_notice(medium: str, day: str, *, link: str = "", account: str = "某某发布") -> Deed:
    """Note a posting on the page of the gate."""
    return lambda office: office.post(
        "drafter", "publicity/posting", medium=medium, posted_on=day, link=link, account=account
    )


def unpost(office: Office) -> None:
    """Take the note of the posting back; by the verb: there is no page for it."""
    from consult.drafting.models import Consultation

    consultation = db.session.scalars(select(Consultation).where(Consultation.slug == office.slug)).one()
    for posting in db.session.scalars(select(NoticePosting)):
        withdraw_posting(office.people["drafter"], consultation, posting, "登记有误。", at=office.at)


def write_from(sender: str, words: str) -> Deed:
    """Have a consultee, whose address the register learns, answer by mail: ``flask mailbox ingest``."""

    def do(office: Office) -> Answer:
        known = register(sender, email="lianxi@example.cn")(office)
        assert known is not None
        assert not known.refused, known.words
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "lianxi@example.cn", "yijian@example.cn", "回复：征求意见函"
        mail["Message-ID"] = "<answer@example.cn>"
        mail.set_content(words)
        return office.flask("mailbox", "ingest", office.file("答复.eml", mail.as_bytes()))

    return do


def change_mailbox(**changed: Any) -> Deed:
    """What its fetching finds out about a mailbox."""

    def do(office: Office) -> None:
        db.session.execute(update(Mailbox).values(**changed))
        db.session.commit()

    return do


def import_kinds(kind: str, *names: str) -> Deed:
    """``flask consultees import`` of a table that says of registered ones that they are of another kind."""

    def do(office: Office) -> Answer:
        table = "单位名称,类型\n" + "".join(f"{name},{kind}\n" for name in names)
        return office.flask("consultees", "import", office.file("名录.csv", table), by="drafter")

    return do


def close_mailbox(office: Office) -> Answer:
    mailbox = db.session.scalars(select(Mailbox.id)).one()
    return office.post("admin", f"/mailboxes/{mailbox}/close")


# ------------------------------------------------------------------ drafts


def upload(text: str, kind: VersionKind = VersionKind.FOR_SUBMISSION, by: str = "drafter") -> Deed:
    """Upload another version and confirm its preview."""

    def do(office: Office) -> Answer:
        with time_machine.travel(office.at, tick=False):
            client = office.browser(by)
            import io

            sent = client.post(
                f"/desk/consultations/{office.slug}/new-version",
                data={"kind": kind.value, "file": (io.BytesIO(docx_of(text)), "新稿.docx")},
                content_type="multipart/form-data",
            )
            jobs.run("uploads")
            preview = client.get(sent.location).text if sent.status_code == 303 else ""
        db.session.rollback()
        if sent.status_code != 303:
            return Answer(sent.status_code >= 400, html.unescape(TAGS.sub("", sent.text)))
        return office.post(by, "new-version/preview", draft=token_in(preview), kind=kind.value)

    return do


ONE_NUMBER = DRAFT.replace("七十周岁", "六十六周岁")
ANOTHER = "停车场管理办法\n第一条 停车场应当收费。\n第二条 本办法自2027年1月1日起施行。"


# ------------------------------------------------------------------ consultees


def consultee(name: str) -> Consultee:
    """Return one of the register, renamed or not."""
    return db.session.scalars(select(Consultee).where(Consultee.name.startswith(name))).one()


def invitation(name: str) -> int:
    query = (
        select(Invitation.id)
        .join(Consultee, Consultee.id == Invitation.consultee_id)
        .where(Consultee.name.startswith(name))
    )
    return db.session.scalars(query.order_by(Invitation.id.desc())).first() or 0


def answer_of(name: str) -> str:
    """Return the number of what a consultee sent."""
    query = (
        select(Submission.number)
        .join(Response, Response.submission_id == Submission.id)
        .where(Response.invitation_id == invitation(name))
    )
    return db.session.scalars(query).one()


def number_of(sender: str) -> str:
    return db.session.scalars(select(Submission.number).where(Submission.name == sender)).one()


def screen(verb: str, number: Callable[[], str], **typed: str) -> Deed:
    """A button of the moderator on one submission."""
    return lambda office: office.post("moderator", f"moderation/{number()}/{verb}", **typed)


def reject(number: Callable[[], str]) -> Deed:
    """Undo the screening of a submission, and reject it."""

    def do(office: Office) -> Answer:
        reason = rejection_reasons()[0].id
        undone = office.post("moderator", f"moderation/{number()}/undo")
        assert not undone.refused, undone.words
        return office.post("moderator", f"moderation/{number()}/reject", reason_id=reason, reason=SENTENCE)

    return do


def register(known_as: str, **changed: str) -> Deed:
    """Change what the register says of one, on its page."""

    def do(office: Office) -> Answer:
        known = consultee(known_as)
        fields = {"name": known.name, "kind": known.kind.value, "size": known.size.value if known.size else ""}
        fields |= {"sector": known.sector, "credit_code": known.credit_code or ""}
        return office.post("drafter", f"/register/{known.id}", **(fields | changed))

    return do


def merge(kept: str, double: str) -> Deed:
    return lambda office: office.post("drafter", f"/register/{consultee(kept).id}/merge", other=consultee(double).id)


def follow_up(name: str, verb: str, **typed: str) -> Deed:
    """A button on the page of an invitation."""
    return lambda office: office.post("drafter", f"consultees/{invitation(name)}/{verb}", **typed)


# ------------------------------------------------------------------ hearings


def hearing() -> Gathering:
    return db.session.scalars(select(Gathering).order_by(Gathering.id.desc())).first() or Gathering()


def arrange(held_at: str, kind: str = "hearing") -> Deed:
    return lambda office: office.post(
        "drafter", "gatherings", kind=kind, title="第二次会议", place="二楼会议室", held_at=held_at, others="居民甲"
    )


def at_hearing(verb: str, files: dict[str, File] | None = None, **typed: str) -> Deed:
    return lambda office: office.post("drafter", f"gatherings/{hearing().id}/{verb}", files, **typed)


def publish_for_hearing(role: str, day: str) -> Deed:
    """Note that a notice, a rule or a list of the hearing was published on a day."""
    fields = {"role": role, "published_on": day, "address": "https://example.cn/hearing"}
    return lambda office: office.post_fields("drafter", f"gatherings/{hearing().id}/paper", fields, {})


def speak(words: str = "赞成。") -> Deed:
    def do(office: Office) -> Answer:
        attendance = hearing().attendances[0].id
        return office.post("drafter", f"gatherings/{hearing().id}/said", attendance=attendance, content=words)

    return do


# ------------------------------------------------------------------ decisions and report


def decide(outcome: str, reason: str, by: str = "drafter") -> Deed:
    def do(office: Office) -> Answer:
        group = db.session.scalars(select(OpinionGroup.id)).first()
        return office.post(by, f"adoption/groups/{group}/decide", outcome=outcome, reason=reason)

    return do


def review_decision(by: str, verb: str = "confirm", reason: str = "") -> Deed:
    def do(office: Office) -> Answer:
        newest = db.session.scalars(select(Decision.id).order_by(Decision.id.desc())).first()
        return office.post(by, f"adoption/review/{newest}/{verb}", reason=reason)

    return do


def take_out(office: Office) -> Answer:
    opinion = db.session.scalars(select(Opinion.id).where(Opinion.group_id.is_not(None))).first()
    return office.post("drafter", f"adoption/opinions/{opinion}/take-out")


def split(office: Office) -> Answer:
    opinion = db.session.scalars(select(Opinion).where(Opinion.group_id.is_not(None))).first()
    assert opinion is not None
    half = len(opinion.content) // 2
    pieces = f"{opinion.content[:half]}\n\n{opinion.content[half:]}"
    return office.post("drafter", f"adoption/opinions/{opinion.id}/split", pieces=pieces)


def letter(office: Office) -> Answer:
    """Type in a letter that came in time."""
    typed = {"channel": "letter", "received": "2026-11-02", "sender_kind": "person", "name": "居民甲"}
    typed |= {"pieces-0-anchor": "art-3", "pieces-0-content": "请增加送餐服务。", "token": "a-token-of-a-form"}
    return office.post_fields("moderator", "enter", typed, {})


def report(verb: str, by: str, version: int = 1, **typed: str) -> Deed:
    return lambda office: office.post(by, f"report/{version}/{verb}", **typed)
