"""A review is an act on one version, by who may, with its papers and its dates; it falls when one of them falls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import blobs
from consult.drafting import versions
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.files import attachments
from consult.law.reviews import Conclusion, ReviewKind, ReviewState
from consult.ledger.models import LedgerEntry
from consult.review import queries, service, verification
from consult.review.errors import ReviewRefused
from consult.review.models import PaperRole, Review, ReviewPaper
from consult.review.service import Findings, Paper
from consult.store import db
from tests.builders import DRAFT, docx_of
from tests.meeting.green import READY as NOW
from tests.meeting.green import Green, build
from tests.snapshot import Kept, kept
from tests.world import actor

SENT, RETURNED = date(2026, 11, 12), date(2026, 11, 20)
LEGALITY, FAIR = ReviewKind.LEGALITY, ReviewKind.FAIR_COMPETITION


def a_paper(role: PaperRole = PaperRole.OPINION, name: str = "审查意见.txt", **more: str) -> Paper:
    data = f"审查意见：{name}".encode()
    blobs().put(data)
    return Paper(attachments.check(name, data, max_bytes=10_000), role, **more)


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[Green]]:
    """All but the reviews, made once."""
    with kept(session_app, lambda: build(reviewed=False)) as world:
        yield world


@pytest.fixture
def green(world: Kept[Green]) -> Iterator[Green]:
    """The consultation that waits for its reviews."""
    with world.turn() as green:
        yield green


@pytest.fixture
def version(green: Green) -> DraftVersion:
    newest = queries.newest_version(green.consultation)
    assert newest is not None
    return newest


def conclude(actor: Actor, version: DraftVersion, kind: ReviewKind, conclusion: Conclusion, **changed: Any) -> Review:
    asked = {key: changed.pop(key) for key in ("sent_on", "early_reason", "material") if key in changed}
    if kind is LEGALITY:
        asked.setdefault("sent_on", SENT)
        changed.setdefault("returned_on", RETURNED)
    changed.setdefault("papers", [a_paper()])
    return service.record_whole(actor, version, kind, Findings(conclusion, **changed), at=NOW, **asked)


def state(consultation: Consultation, kind: ReviewKind = LEGALITY) -> ReviewState:
    db.session.expire_all()
    return queries.finding(consultation, kind, NOW).state


def test_a_review_with_its_papers_stands_for_the_newest_version(green: Green, version: DraftVersion) -> None:
    conclude(green.legal, version, LEGALITY, Conclusion.LAWFUL)
    finding = queries.finding(green.consultation, LEGALITY, NOW)
    assert (finding.state, finding.passes, finding.version) == (ReviewState.STANDS, True, version.number)
    assert finding.papers == ("审查意见.txt",)
    assert list(verification.faults()) == []


EXCEPTION = {
    "article": "第三项",
    "alternatives": "考虑过提高补贴和延长过渡期，均不能达到同样的环境保护目标。",
    "note": "为实现节约能源、保护环境的公共利益，理由详见附件。",
    "until": date(2027, 12, 31),
}

REFUSED: list[tuple[str, Callable[[Green], Actor], ReviewKind, Conclusion, dict[str, Any], str]] = [
    ("a drafter on legality", lambda g: g.second, LEGALITY, Conclusion.LAWFUL, {}, "法规处"),
    ("the author on competition", lambda g: g.drafter, FAIR, Conclusion.CONFORMS, {}, "起草人"),
    ("the drafting division on competition", lambda g: g.second, FAIR, Conclusion.CONFORMS, {}, "起草处室以外"),
    ("the operator at the console", lambda g: SYSTEM, LEGALITY, Conclusion.LAWFUL, {}, "具体人员"),
    ("no paper", lambda g: g.legal, LEGALITY, Conclusion.LAWFUL, {"papers": []}, "原件"),
    ("not returned", lambda g: g.legal, LEGALITY, Conclusion.LAWFUL, {"returned_on": None}, "退回日期"),
    ("not sent", lambda g: g.legal, LEGALITY, Conclusion.LAWFUL, {"sent_on": None}, "送审日期"),
    ("returned tomorrow", lambda g: g.legal, LEGALITY, Conclusion.LAWFUL, {"returned_on": date(2026, 11, 25)}, "尚未"),
    (
        "returned before sent",
        lambda g: g.legal,
        LEGALITY,
        Conclusion.LAWFUL,
        {"returned_on": date(2026, 11, 11)},
        "早于送审日期",
    ),
    (
        "sent while the period ran",
        lambda g: g.legal,
        LEGALITY,
        Conclusion.LAWFUL,
        {"sent_on": date(2026, 10, 20)},
        "采纳情况",
    ),
    (
        "sent early, with a reason and without its paper",
        lambda g: g.legal,
        LEGALITY,
        Conclusion.LAWFUL,
        {"sent_on": date(2026, 10, 20), "early_reason": "因突发公共卫生事件需要立即施行。"},
        "证明材料",
    ),
    ("a conclusion of another kind", lambda g: g.legal, LEGALITY, Conclusion.CONFORMS, {}, "没有“conforms”"),
    (
        "an exception without its item",
        lambda g: g.legal,
        FAIR,
        Conclusion.EXCEPTION,
        {**EXCEPTION, "article": ""},
        "项",
    ),
    (
        "an exception without an end",
        lambda g: g.legal,
        FAIR,
        Conclusion.EXCEPTION,
        {**EXCEPTION, "until": None},
        "实施期限或者终止条件",
    ),
    (
        "an exception without the alternatives",
        lambda g: g.legal,
        FAIR,
        Conclusion.EXCEPTION,
        {**EXCEPTION, "alternatives": "无"},
        "替代方案",
    ),
    ("an exception not explained", lambda g: g.legal, FAIR, Conclusion.EXCEPTION, {**EXCEPTION, "note": ""}, "说明"),
    (
        "an exception that has ended",
        lambda g: g.legal,
        FAIR,
        Conclusion.EXCEPTION,
        {**EXCEPTION, "until": SENT},
        "期限",
    ),
    ("no risk without a reason", lambda g: g.legal, ReviewKind.RISK, Conclusion.NOT_APPLICABLE, {}, "说明"),
    ("experts without experts", lambda g: g.legal, ReviewKind.EXPERTS, Conclusion.SUPPORTED, {}, "论证会"),
]


@pytest.mark.parametrize(
    ("who", "kind", "conclusion", "changed", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_what_the_rules_demand_is_demanded(
    green: Green,
    version: DraftVersion,
    who: Callable[[Green], Actor],
    kind: ReviewKind,
    conclusion: Conclusion,
    changed: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises(ReviewRefused, match=words):
        conclude(who(green), version, kind, conclusion, **changed)
    assert queries.of(green.consultation) == []


def test_an_exception_that_names_everything_stands(green: Green, version: DraftVersion) -> None:
    conclude(green.publisher, version, FAIR, Conclusion.EXCEPTION, **EXCEPTION)
    assert state(green.consultation, FAIR) is ReviewState.STANDS


def test_an_expert_with_an_interest_is_refused_and_signed_opinions_are_taken(
    green: Green, version: DraftVersion
) -> None:
    signed = a_paper(PaperRole.EXPERT_OPINION, signatory="论证专家甲")
    with pytest.raises(ReviewRefused, match="利害关系"):
        conclude(
            green.legal,
            version,
            ReviewKind.EXPERTS,
            Conclusion.SUPPORTED,
            papers=[signed, a_paper(PaperRole.EXPERT_OPINION, "乙.txt", interest="持有申请企业的股份")],
        )
    conclude(green.legal, version, ReviewKind.EXPERTS, Conclusion.SUPPORTED, papers=[signed])
    assert state(green.consultation, ReviewKind.EXPERTS) is ReviewState.STANDS


def test_two_reviewers_who_differ_are_a_conflict_and_neither_is_overwritten(
    green: Green, version: DraftVersion
) -> None:
    conclude(green.legal, version, FAIR, Conclusion.VIOLATES)
    conclude(green.publisher, version, FAIR, Conclusion.CONFORMS)
    finding = queries.finding(green.consultation, FAIR, NOW)
    assert finding.state is ReviewState.CONFLICT
    assert not finding.passes
    assert "违反审查标准" in finding.why
    assert "符合审查标准" in finding.why


def test_another_version_needs_the_reviewers_confirmation(green: Green, version: DraftVersion) -> None:
    review = conclude(green.legal, version, LEGALITY, Conclusion.LAWFUL)
    data = docx_of(DRAFT.replace("七十周岁", "六十周岁"))
    later = versions.add_version(
        green.drafter, green.consultation, kind=VersionKind.FOR_SUBMISSION, file_name="新.docx", data=data, at=NOW
    )
    assert state(green.consultation) is ReviewState.LAPSED
    with pytest.raises(ReviewRefused, match="法规处"):
        service.confirm_for(green.second, review, later, "只改了年龄，不影响原审核意见。", at=NOW)
    with pytest.raises(ReviewRefused, match="不少于"):
        service.confirm_for(green.legal, review, later, "同意", at=NOW)
    service.confirm_for(green.legal, review, later, "只改了年龄，不影响原审核意见。", at=NOW)
    assert state(green.consultation) is ReviewState.STANDS
    assert list(verification.faults()) == []


def test_a_conclusion_falls_with_its_paper(green: Green, version: DraftVersion) -> None:
    review = conclude(green.legal, version, LEGALITY, Conclusion.LAWFUL)
    blobs().path(review.papers[0].digest).unlink()
    finding = queries.finding(green.consultation, LEGALITY, NOW)
    assert (finding.state, finding.passes) == (ReviewState.BROKEN, False)
    assert "审查意见.txt" in finding.why


def test_only_who_concluded_takes_a_conclusion_back(green: Green, version: DraftVersion) -> None:
    review = conclude(green.legal, version, LEGALITY, Conclusion.LAWFUL)
    with pytest.raises(ReviewRefused, match="另行登记"):
        service.withdraw(actor(Role.LEGAL), review, "我认为这个结论不对，应当重新审核。", at=NOW)
    service.withdraw(green.legal, review, "送审材料有误，需要重新审核全文。", at=NOW)
    assert state(green.consultation) is ReviewState.MISSING


def test_material_sent_back_stops_the_review_until_it_is_complete(green: Green, version: DraftVersion) -> None:
    review = service.ask(green.drafter, version, LEGALITY, sent_on=SENT, at=NOW)
    service.pause(green.legal, review, "缺少意见采纳情况说明", on=SENT + timedelta(days=1), at=NOW)
    assert state(green.consultation) is ReviewState.PAUSED
    findings = Findings(Conclusion.LAWFUL, [a_paper()], RETURNED)
    with pytest.raises(ReviewRefused, match="补正"):
        service.conclude(green.legal, review, findings, at=NOW)
    service.resume(green.drafter, review, [a_paper(PaperRole.MATERIAL)], on=SENT + timedelta(days=3), at=NOW)
    service.conclude(green.legal, review, findings, at=NOW)
    finding = queries.finding(green.consultation, LEGALITY, NOW)
    assert (finding.state, finding.paused_days) == (ReviewState.STANDS, 2)


def test_a_review_changed_inserted_or_deleted_behind_the_record_is_named(green: Green, version: DraftVersion) -> None:
    review = conclude(green.legal, version, LEGALITY, Conclusion.LAWFUL)
    other = conclude(green.publisher, version, FAIR, Conclusion.CONFORMS)
    db.session.execute(update(Review).where(Review.id == review.id).values(sent_on=date(2026, 11, 13)))
    db.session.execute(delete(ReviewPaper).where(ReviewPaper.review_id == other.id))
    db.session.execute(delete(Review).where(Review.id == other.id))
    db.session.commit()
    assert {(fault.which, fault.what.value) for fault in verification.faults()} == {
        (str(review.id), "changed"),
        (str(other.id), "removed"),
    }
    db.session.execute(delete(LedgerEntry).where(LedgerEntry.subject == f"review:{review.id}"))
    db.session.commit()
    assert (str(review.id), "inserted") in {(fault.which, fault.what.value) for fault in verification.faults()}
