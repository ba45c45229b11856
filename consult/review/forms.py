"""The forms of a review as documents, filled from what is recorded: 公平竞争审查表, 合法性审核（审查）意见书."""

from __future__ import annotations

from datetime import date

from consult import clock
from consult.accounts.queries import division_name
from consult.app_context import rules, settings
from consult.drafting.models import Consultation, Issuer
from consult.files.export.review_forms import ReviewForm, Table, to_docx
from consult.law.periods import in_words
from consult.law.reviews import Conclusion, ReviewKind
from consult.review import heard_opinions, material, queries
from consult.review.models import PaperRole, Review, ReviewPaper, StandardFinding
from consult.review.service import conclusion_rule, rule_of

NOT_STATED = "未填写"
NOT_READ = (
    "本表依据《公平竞争审查条例》第八条至第十八条编制。"
    "《公平竞争审查条例实施办法》未核对原文，其所附表样与本表不一致的，以其为准。"
)
WITH_FORM = (ReviewKind.FAIR_COMPETITION, ReviewKind.LEGALITY)


def documents(consultation: Consultation) -> list[tuple[str, bytes]]:
    """Return the forms of the newest concluded reviews for the meeting's file, as file names and bytes."""
    newest: dict[ReviewKind, Review] = {}
    for review in queries.of(consultation):
        if review.kind in WITH_FORM and review.conclusion is not None and review.withdrawn_at is None:
            newest[review.kind] = review
    return [document(newest[kind]) for kind in WITH_FORM if kind in newest]


def document(review: Review) -> tuple[str, bytes]:
    """Return the name and the bytes of the form of a concluded review of legality or fair competition.

    Raises:
        LookupError: this review has no form.
    """
    if review.conclusion is None or review.kind not in WITH_FORM:
        raise LookupError(f"review {review.id} has no form")
    form = form_of(review)
    return f"{form.title}-第{review.version.number}稿.docx", to_docx(form)


def form_of(review: Review) -> ReviewForm:
    """Return the filled form of a concluded review of legality or fair competition."""
    return fair_competition(review) if review.kind is ReviewKind.FAIR_COMPETITION else legality(review)


def fair_competition(review: Review) -> ReviewForm:
    """Return the filled 公平竞争审查表 (《公平竞争审查条例》第十六条、第十七条)."""
    consultation = review.version.consultation
    opinions = heard_opinions.public(consultation)
    heard = [("社会公众", "公开征求意见", _period(consultation), opinions)] if opinions else []
    return ReviewForm(
        title="公平竞争审查表",
        document=f"《{review.version.title}》第{review.version.number}稿",
        facts=(
            ("政策措施名称", review.version.title),
            ("文件类别", _kind_name(consultation)),
            ("出台单位", _issuer(consultation)),
            ("起草单位", _drafting_unit(consultation)),
            ("审查单位", review.reviewing_unit or NOT_STATED),
            ("审查人", review.reviewer.name if review.reviewer is not None else NOT_STATED),
        ),
        tables=(
            Table(
                "听取意见情况（第十六条）",
                (("听取对象", 50), ("方式", 30), ("时间", 36), ("意见及采纳情况", 40)),
                [*heard_opinions.organisations(consultation), *heard],
                none="没有听取意见的记录。",
            ),
            Table(
                "审查标准逐项审查情况（第八条至第十一条）",
                (("条款", 32), ("审查标准", 88), ("审查情况", 36)),
                _standards(review),
            ),
        ),
        conclusion=(
            ("结论", _conclusion(review)),
            *_exception(review),
            *([("说明", review.note)] if review.note else []),
            ("审查意见原件", _papers(review, PaperRole.OPINION)),
            *_regulator(review),
        ),
        notes=(NOT_READ,),
        unit=review.reviewing_unit or settings().site_name,
        day=_day(review.returned_on or _concluded_on(review)),
    )


def legality(review: Review) -> ReviewForm:
    """Return the filled 合法性审核（审查）意见书 with the checklist, the points and the counsels' opinion."""
    consultation = review.version.consultation
    at = review.concluded_at or clock.now()
    checklist = [
        (
            item.row.name,
            "已备" if item.is_there else "平台未登记",
            "；".join([*filter(None, [item.held]), *_names(item.papers)]),
        )
        for item in material.checklist(review.kind, review.version, at, review)
    ]
    pauses = [
        (in_words(pause.from_on), pause.lacking, in_words(pause.until_on) if pause.until_on else "尚未补正")
        for pause in review.pauses
    ]
    points = [(str(point.number), point.text, point.done or "尚未登记办理情况") for point in review.points]
    return ReviewForm(
        title=f"{rule_of(review.kind).named(consultation.kind)}意见书",
        document=f"《{review.version.title}》第{review.version.number}稿",
        facts=(
            ("文件名称", review.version.title),
            ("文件类别", _kind_name(consultation)),
            ("起草单位", _drafting_unit(consultation)),
            ("审核单位" if consultation.kind != "major-decision" else "审查单位", review.reviewing_unit or NOT_STATED),
            ("送审日期", _day(review.sent_on)),
            ("退回日期", _day(review.returned_on)),
            *([("提前送审的理由", review.early_reason)] if review.early_reason else []),
        ),
        tables=(
            Table("送审材料", (("材料", 56), ("情况", 20), ("内容", 80)), checklist),
            *(
                [Table("补正情况", (("退回日期", 36), ("需要补正的材料", 84), ("补正完成", 36)), pauses)]
                if pauses
                else []
            ),
            Table(
                "审查意见及办理情况",
                (("序号", 16), ("意见", 70), ("办理情况", 70)),
                points,
                none="没有需要办理的审查意见。",
            ),
        ),
        conclusion=(
            ("结论", _conclusion(review)),
            *([("说明", review.note)] if review.note else []),
            ("法律顾问、公职律师意见", _papers(review, PaperRole.COUNSEL_OPINION)),
            ("意见原件", _papers(review, PaperRole.OPINION)),
        ),
        notes=(f"依据：{rule_of(review.kind).cited}。",),
        unit=review.reviewing_unit or settings().site_name,
        day=_day(review.returned_on or _concluded_on(review)),
    )


def _kind_name(consultation: Consultation) -> str:
    row = rules().periods.get(consultation.kind)
    return row.name if row is not None else consultation.kind


def _issuer(consultation: Consultation) -> str:
    words = consultation.issuer.label.words
    return f"{words}（牵头起草单位：{consultation.leading_unit}）" if consultation.leading_unit else words


def _drafting_unit(consultation: Consultation) -> str:
    return division_name(consultation.division_id) or NOT_STATED


def _period(consultation: Consultation) -> str:
    if consultation.opens_at is None or consultation.last_day is None:
        return ""
    return f"{in_words(clock.local(consultation.opens_at).date())}至{in_words(consultation.last_day)}"


def _standards(review: Review) -> list[tuple[str, str, str]]:
    words = {finding.value: finding.label.words for finding in StandardFinding}
    return [
        (
            row.basis[0].article,
            f"影响{row.group}：{row.text}",
            words.get(review.standards.get(id_, ""), "未逐项登记，见审查意见原件"),
        )
        for id_, row in rules().standards.items()
    ]


def _conclusion(review: Review) -> str:
    assert review.conclusion is not None
    words = conclusion_rule(review.kind, review.conclusion).name
    if review.kind is ReviewKind.FAIR_COMPETITION and review.version.consultation.issuer is Issuer.GOVERNMENT:
        words = f"初审意见：{words}"
    return f"{words}（对照新旧文稿确认仍然有效）" if review.confirms_id is not None else words


def _exception(review: Review) -> list[tuple[str, str]]:
    if review.conclusion is not Conclusion.EXCEPTION:
        return []
    item = next((row for row in rules().exceptions.values() if row.basis[0].article == review.article), None)
    article = f"{review.article}：{item.text}" if item is not None else review.article
    end = [f"实施期限至{in_words(review.until)}"] if review.until is not None else []
    end += [f"终止条件：{review.end_condition}"] if review.end_condition else []
    return [
        ("适用例外规定", article),
        ("替代方案", review.alternatives or review.note),
        ("期限、条件", "\n".join(end)),
    ]


def _regulator(review: Review) -> list[tuple[str, str]]:
    if review.version.consultation.issuer is not Issuer.GOVERNMENT:
        return []
    return [("市场监管部门审查意见", _papers(review, PaperRole.REGULATOR_OPINION))]


def _papers(review: Review, role: PaperRole) -> str:
    papers = [
        f"{paper.name}（{paper.signatory}）" if paper.signatory else paper.name
        for paper in review.papers
        if paper.role is role
    ]
    return "\n".join(papers) or "无"


def _names(papers: tuple[ReviewPaper, ...]) -> list[str]:
    return [paper.name for paper in papers]


def _concluded_on(review: Review) -> date | None:
    return clock.local(review.concluded_at).date() if review.concluded_at is not None else None


def _day(day: date | None) -> str:
    return in_words(day) if day is not None else NOT_STATED
