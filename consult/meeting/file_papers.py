"""The materials of the meeting's file that are words of the platform: drafts, notice, reviews, minutes, exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from consult.app_context import rules, settings
from consult.clock import local
from consult.consultees import disagreements, hearing_papers, hearings
from consult.consultees.disagreement_models import UnitOpinion
from consult.consultees.hearing_models import HearingPaper
from consult.consultees.hearing_wording import moment_in_words
from consult.consultees.models import Attendance, Gathering
from consult.drafting import stored_drafts, version_comparison
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.files.export.draft_blocks import draft_blocks
from consult.files.export.review_forms import ReviewForm
from consult.files.export.volume import Block, Cell, Facts, Heading, Line, Look, Run, Section, Table
from consult.files.html_reader import read_html
from consult.law.facts import Disclosure
from consult.law.periods import in_words
from consult.law.preconditions import Check
from consult.meeting import flags, overrides
from consult.meeting.annexes import Annexes
from consult.meeting.hearing_account import day
from consult.meeting.models import MeetingFact
from consult.review import forms, queries
from consult.review.models import PaperRole, Review
from consult.review.service import conclusion_rule, rule_of
from consult.text.anchors import in_words as anchor_in_words
from consult.text.comparison.versions import Match, Relation
from consult.text.comparison.wording import Op
from consult.text.parser.tree import Provision

_DAY = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
COMPARED = (("修改前", 100), ("修改后", 100), ("说明", 47))
CHECKED = (("前置条件", 45), ("情况", 25), ("说明", 92), ("依据", 85))
ATTENDED = (("参加人", 50), ("到会", 20), ("发言", 86))
PAPER_COLUMNS = (("材料", 80), ("附件", 76))
INTERPRETATION = {"interpretation_plan": "解读方案", "interpretation_material": "解读材料"}
STATED = {
    "market_activity": "涉及经营者的经济活动",
    "special_group": "涉及特定群体的利益",
    "public_interest": "公平竞争影响涉及社会公众利益",
    "enterprise_unrelated": "与市场主体生产经营活动无关",
}


def html_lines(html: str) -> list[Block]:
    """Return a text of the editor as paragraphs; the department and the day at its end stand on the right."""
    lines = [line.strip() for line in read_html(html).splitlines() if line.strip()]
    return [
        Line(line, Look.RIGHT if _signs(line) and place >= len(lines) - 2 else Look.BODY)
        for place, line in enumerate(lines)
    ]


def _signs(line: str) -> bool:
    return line == settings().department or bool(_DAY.fullmatch(line))


# ------------------------------------------------------------------ drafts


def draft(version: DraftVersion) -> tuple[Section, ...]:
    """Return the text of a version."""
    parsed = stored_drafts.read(version)
    return (Section(tuple(draft_blocks(parsed))),)


def comparisons(consultation: Consultation, newest: DraftVersion) -> tuple[Section, ...]:
    """Return the tables of changes: against the text in force, and against the draft that was out for comment."""
    pairs = []
    base, public = version_comparison.in_force(consultation), consultation.public_version
    if base is not None:
        pairs.append(("与现行文本对照", base))
    if public is not None and public.id != newest.id:
        pairs.append(("与征求意见稿对照", public))
    blocks: list[Block] = []
    for words, old in pairs:
        changes = version_comparison.between(old, newest).changes
        blocks.append(Heading(f"{newest.kind.label.words}{words}（第{newest.number}稿）", level=2))
        blocks.append(Table(COMPARED, [_change(match) for match in changes], none="两稿内容一致，没有修改。"))
        blocks.append(Line("删去的文字加删除线，增加的文字加下划线；未改的条文从略。", Look.NOTE))
    return (Section(tuple(blocks), landscape=True),) if blocks else ()


def _change(match: Match) -> tuple[Cell, ...]:
    notes = [match.relation.label.words] if match.relation is not Relation.SAME else []
    notes += ["序号改变"] if match.renumbered else []
    notes += ["位置移动"] if match.moved else []
    return _side(match, match.old, Op.INSERT), _side(match, match.new, Op.DELETE), "、".join(notes)


def _side(match: Match, nodes: tuple[Provision, ...], left_out: Op) -> Cell:
    if not nodes:
        return ""
    numbers = "、".join(node.number or anchor_in_words(node.anchor) for node in nodes)
    return [Run(f"{numbers}　")] + [Run(piece.text, piece.op) for piece in match.pieces if piece.op is not left_out]


# ------------------------------------------------------------------ meetings


def gatherings(consultation: Consultation, annexes: Annexes, number: int, at: datetime) -> tuple[Section, ...]:
    """Return the records of the gatherings: what was published, who came, what was said, minutes."""
    blocks: list[Block] = []
    for place, gathering in enumerate(reversed(hearings.of(consultation)), 1):
        lacking = hearings.why_not_held(gathering, at)
        blocks.append(Heading(f"{'一二三四五六七八九'[place - 1] if place < 10 else place}、{gathering.title}"))
        blocks.append(
            Facts(
                [
                    ("类别", gathering.kind.label.words),
                    ("时间", moment_in_words(gathering)),
                    ("地点", gathering.place or "未写明"),
                    ("材料送达", day(gathering.materials_sent_at) or "未登记"),
                    ("认定", f"不能作为听取意见的依据：{lacking}" if lacking else "已召开，笔录和到会情况齐全"),
                    *_changes(gathering),
                ]
            )
        )
        blocks.append(Table(ATTENDED, [_attended(row) for row in gathering.attendances], none="没有参加人。"))
        papers = [_paper(paper, annexes, number) for paper in _papers_in_order(gathering)]
        blocks.append(Table(PAPER_COLUMNS, papers, none="没有会议材料。"))
    return (Section(tuple(blocks)),) if blocks else ()


def _changes(gathering: Gathering) -> Iterator[tuple[str, str]]:
    for change in hearing_papers.changes_of(gathering):
        before = local(change.from_held_at)
        yield "改期", f"原定{in_words(before.date())}{before:%H:%M}，{change.from_place}。原因：{change.reason}"


def _attended(row: Attendance) -> tuple[str, str, str]:
    came = {True: "到会", False: "未到会", None: "未登记"}[row.came]
    name = row.name
    if row.interest is not None:
        words = f"：{row.interest_words}" if row.interest_words else ""
        name += f"\n（{row.interest.label.words}{words}）"
    if row.no_opinion:
        return name, came, "无意见"
    if row.submission is None:
        return name, came, "未登记发言"
    words = "\n".join(
        f"{anchor_in_words(part.anchor)}：{part.content}" if part.anchor else part.content
        for part in row.submission.parts
    )
    return name, came, words


def _papers_in_order(gathering: Gathering) -> list[HearingPaper]:
    return sorted(hearing_papers.of(gathering), key=lambda paper: paper.id)


def _paper(paper: HearingPaper, annexes: Annexes, number: int) -> tuple[str, str]:
    words = paper.role.label.words
    if paper.published_on is not None:
        words += f"（{in_words(paper.published_on)}公布）"
    if paper.unnecessary:
        return words, f"不需要遴选：{paper.unnecessary}"
    lines = [paper.address] if paper.address else []
    if paper.digest:
        lines.append(f"{annexes.add_stored(number, paper.role.label.words, paper.name, paper.digest)}《{paper.name}》")
    return words, "\n".join(lines)


# ------------------------------------------------------------------ disagreement


def disagreement(consultation: Consultation) -> tuple[Section, ...]:
    """Return the paper on questions without agreement (《重大行政决策程序暂行条例》第十三条)."""
    noted = disagreements.of(consultation)
    if not noted:
        return ()
    blocks: list[Block] = [
        Line(
            f"起草过程中，就《{consultation.title}》征求有关机关单位意见。下列问题经协商未能达成一致，"
            "依据《重大行政决策程序暂行条例》第十三条，将各方意见及理由、依据一并报告。"
        )
    ]
    for place, row in enumerate(noted, 1):
        blocks.append(Heading(f"问题{place}　{row.question}", level=2))
        facts = [(unit.response.invitation.consultee.name, _held(unit, consultation)) for unit in row.units]
        facts += [("起草单位意见", row.ours), ("理由", row.reason), ("依据", row.basis)]
        if row.settled_at is not None:
            facts.append(("协商结果", f"{day(row.settled_at)}已协商一致：{row.settled_how}"))
        else:
            facts.append(("协商结果", "未达成一致，提请会议研究。"))
        blocks.append(Facts(facts))
    return (Section(tuple(blocks)),)


def _held(unit: UnitOpinion, consultation: Consultation) -> str:
    source = f"（{day(unit.response.submission.received_at)}复函，来件编号{unit.response.submission.number}）"
    fallen = "" if disagreements.counts(unit.response, consultation) else "\n所依据的复函现已不计入，请核对。"
    return f"{unit.words}\n{source}{fallen}"


# ------------------------------------------------------------------ reviews


def reviews(consultation: Consultation, annexes: Annexes, number: int) -> tuple[Section, ...]:
    """Return every review that wasn't withdrawn: by whom, when, of which version, its conclusion, points and papers."""
    blocks: list[Block] = []
    standing = [review for review in queries.of(consultation) if review.withdrawn_at is None]
    newest = queries.newest_version(consultation)
    for place, review in enumerate(standing, 1):
        name = rule_of(review.kind).named(consultation.kind)
        blocks.append(Heading(f"{'一二三四五六七八九'[place - 1] if place < 10 else place}、{name}"))
        current = newest is not None and review.version_digest == newest.file_digest
        blocks.append(Facts(_review_facts(review, current=current)))
        if review.conclusion is not None and review.kind in forms.WITH_FORM:
            form = forms.form_of(review)
            blocks += _form(form)
            file_name, data = forms.document(review)
            annexes.add(number, f"{name}：系统生成的表单", file_name, data)
        elif review.points:
            rows = [(str(point.number), point.text, point.done or "尚未登记办理情况") for point in review.points]
            blocks.append(Table((("序号", 16), ("意见", 70), ("办理情况", 70)), rows))
        papers = []
        for paper in review.papers:
            file = annexes.add_stored(number, f"{name}：{paper.role.label.words}", paper.name, paper.digest)
            papers.append((_paper_words(paper.role, paper.signatory), f"{file}《{paper.name}》"))
        blocks.append(Table(PAPER_COLUMNS, papers, none="没有附送材料。"))
    return (Section(tuple(blocks)),) if blocks else ()


def has_reviews(consultation: Consultation) -> bool:
    """Say whether there is a review that wasn't withdrawn."""
    return any(review.withdrawn_at is None for review in queries.of(consultation))


def _paper_words(role: PaperRole, signatory: str) -> str:
    return f"{role.label.words}（{signatory}）" if signatory else role.label.words


def _review_facts(review: Review, *, current: bool) -> list[tuple[str, str]]:
    who = f"{review.reviewing_unit}{review.reviewer.name}" if review.reviewer is not None else review.reviewing_unit
    facts = [
        ("审查对象", f"《{review.version.title}》第{review.version.number}稿（{review.version.kind.label.words}）")
    ]
    facts += [("审查人", who)] if who.strip() else []
    facts += [("送审日期", in_words(review.sent_on))] if review.sent_on else []
    facts += [("退回日期", in_words(review.returned_on))] if review.returned_on else []
    if review.conclusion is None:
        return [*facts, ("结论", "尚未作出")]
    facts.append(("结论", conclusion_rule(review.kind, review.conclusion).name))
    facts += [("说明", review.note)] if review.note else []
    return facts if current else [*facts, ("对应文稿", "文稿已更换，本结论须由审查人确认")]


def _form(form: ReviewForm) -> Iterator[Block]:
    for table in form.tables:
        yield Heading(table.heading, level=2)
        yield Table(table.columns, table.rows, none=table.none)
    yield Heading("审查结论", level=2)
    yield Facts(form.conclusion)
    for words in form.notes:
        yield Line(words, Look.NOTE)


# ------------------------------------------------------------------ statements, exceptions, checklist


def interpretation(consultation: Consultation, annexes: Annexes, number: int) -> tuple[Section, ...]:
    """Return the plan and the material of the interpretation, the disclosure, and what was stated of the document."""
    stated = flags.latest_statements(consultation)
    rows = []
    for name, words in INTERPRETATION.items():
        fact = stated.get(name)
        if fact is not None and fact.value and fact.evidence_digest:
            file = annexes.add_stored(number, words, fact.evidence_name, fact.evidence_digest)
            rows.append((f"{words}（{day(fact.at)}登记）", f"{file}《{fact.evidence_name}》"))
        else:
            rows.append((words, "尚未登记"))
    blocks: list[Block] = [Heading("一、政策解读"), Table(PAPER_COLUMNS, rows), Heading("二、公开属性和其他登记事项")]
    facts: list[tuple[str, str]] = []
    disclosure = stated.get(flags.DISCLOSURE)
    if disclosure is not None and disclosure.value is not None:
        reason = f"。理由：{disclosure.note}" if disclosure.note else ""
        facts.append(
            ("公开属性", f"{Disclosure(disclosure.value).label.words}{reason}{_evidence(disclosure, annexes, number)}")
        )
    for name, fact in sorted(stated.items()):
        words = _stated_words(name)
        if not words or fact.value is None:
            continue
        value = fact.value if isinstance(fact.value, str) else ("是" if fact.value else "否")
        who = f"{day(fact.at)}由{fact.by.name if fact.by is not None else '系统'}登记"
        if fact.confirmed_by is not None:
            who += f"，{day(fact.confirmed_at)}由{fact.confirmed_by.name}确认"
        line = f"{value}。{fact.note}（{who}）" if fact.note else f"{value}（{who}）"
        facts.append((words, f"{line}{_evidence(fact, annexes, number)}"))
    blocks.append(Facts(facts) if facts else Line("没有登记。"))
    return (Section(tuple(blocks)),)


def _evidence(fact: MeetingFact, annexes: Annexes, number: int) -> str:
    if not fact.evidence_digest:
        return ""
    file = annexes.add_stored(number, "登记事项的证明材料", fact.evidence_name, fact.evidence_digest)
    return f"\n{file}《{fact.evidence_name}》"


def _stated_words(name: str) -> str:
    if name in STATED:
        return STATED[name]
    prefix = next((prefix for prefix in (flags.CONFIRMED, flags.NOT_APPLICABLE) if name.startswith(prefix)), "")
    row = next((row for row in rules().preconditions if prefix and row.id == name.removeprefix(prefix)), None)
    if row is None:
        return ""
    return f"{row.title}（不适用）" if prefix == flags.NOT_APPLICABLE else row.title


def exceptions(consultation: Consultation, annexes: Annexes, number: int) -> tuple[Section, ...]:
    """Return the exceptions that were asked for and weren't withdrawn, with who approved and their papers."""
    titles = {row.id: row.title for row in rules().preconditions}
    blocks: list[Block] = []
    for place, row in enumerate(overrides.standing(consultation), 1):
        blocks.append(Heading(f"{place}．{titles.get(row.precondition, '已停用的前置条件')}", level=2))
        approved = (
            f"{row.approved_by.name}，{day(row.approved_at)}批准" if row.approved_by is not None else "尚未批准，不计入"
        )
        paper = "没有"
        if row.document_digest:
            file = annexes.add_stored(number, "例外情形的证明材料", row.document_name, row.document_digest)
            paper = f"{file}《{row.document_name}》"
        blocks.append(
            Facts(
                [
                    ("未满足的情况", row.finding),
                    ("理由", row.reason),
                    ("报批", f"{row.by.name}，{day(row.at)}"),
                    ("批准", approved),
                    ("证明材料", paper),
                ]
            )
        )
    return (Section(tuple(blocks)),) if blocks else ()


def checklist(checks: tuple[Check, ...], at: datetime) -> tuple[Section, ...]:
    """Return the preconditions with state, reason and basis."""
    rows = [(item.title, item.state.label.words, item.why, item.basis) for item in checks]
    moment = local(at)
    words = f"核对时间：{in_words(moment.date())}{moment:%H:%M}。"
    return (Section((Line(words), Table(CHECKED, rows)), landscape=True),)


def newest_of(consultation: Consultation) -> DraftVersion | None:
    """Return the text that goes to the meeting: the newest 送审稿, else the newest draft."""
    meant = [version for version in consultation.versions if version.kind is VersionKind.FOR_SUBMISSION]
    return meant[-1] if meant else queries.newest_version(consultation)
