"""上会材料: one volume for people as DOCX and PDF, the files that it names, tables for machines, and their digests."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from consult.accounts.permissions import Act, Actor, require
from consult.accounts.queries import division_name
from consult.app_context import blobs, rules, settings
from consult.clock import local
from consult.consultees import confirmation, delivery, disagreements, hearings, invitations, reply_forms
from consult.consultees.models import Response
from consult.consultees.response_kinds import COUNTING
from consult.consultees.standing_queries import is_in_force
from consult.drafting import postings
from consult.drafting import queries as drafting
from consult.drafting.models import Consultation, DraftVersion, QuestionTopic
from consult.drafting.notice import core_title
from consult.files import tables
from consult.files.export import volume_as_docx, volume_as_pdf
from consult.files.export.volume import Block, Heading, Line, Look, Material, Section, Table, Volume
from consult.files.invitation_letter import Letter
from consult.intake.models import Submission
from consult.intake.virus_scanning import content_of
from consult.law.periods import in_words
from consult.law.rule_rows import Row as RuleRow
from consult.ledger import checkpoints
from consult.ledger.service import record
from consult.meeting import checks, file_papers, hearing_report, overrides
from consult.meeting import hearing_account as hearing
from consult.meeting.annexes import Annexes
from consult.reporting import report_document, report_versions
from consult.store import transaction

MOMENT = (1980, 1, 1, 0, 0, 0)
"""What the ZIP says of every file's time, so that the same file gives the same bytes."""
MACHINES = "机读数据"
NAME = "上会材料"
TITLES = {
    "explanation": "起草说明",
    "notice": "征求意见公告",
    "draft": "草案文本",
    "changes": "修改对照表",
    "hearing": "听取意见情况报告",
    "disagreement": "机关单位分歧意见",
    "feedback": "意见采纳情况反馈",
    "letters": "征求意见函和复函",
    "gatherings": "会议记录",
    "reviews": "审查意见",
    "interpretation": "政策解读和公开属性",
    "exceptions": "例外情形",
    "checklist": "上会前置条件核对表",
}
"""The materials in their order."""
HEADS = {"disagreement": "关于《{}》分歧意见的说明"}
"""What stands above a material where it isn't the document's name and the material's."""
ABSENT = {
    "changes": "没有可对照的文稿",
    "disagreement": "没有登记与机关单位的分歧意见",
    "feedback": "意见采纳情况反馈尚未公布",
    "letters": "没有发出征求意见函",
    "gatherings": "没有召开座谈会、听证会、论证会",
    "reviews": "没有审查记录",
    "exceptions": "没有按例外情形处理的前置条件",
}
LIST_COLUMNS = (
    *("单位名称", "统一社会信用代码", "类型", "基本情况"),
    *("列入理由", "征求意见函", "答复", "情况", "采纳情况", "改邀"),
)
File = tuple[str, bytes]


def build(actor: Actor, consultation: Consultation, *, at: datetime) -> bytes:
    """Return the ZIP; what it held goes to the record.

    Raises:
        NotAllowed: the actor may not take submissions out.
    """
    require(actor, Act.EXPORT_SUBMISSIONS, consultation)
    packed = io.BytesIO()
    index: list[str] = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files(consultation, at):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), data, zipfile.ZIP_DEFLATED)
            index.append(f"{hashlib.sha256(data).hexdigest()}  {name}")
        archive.writestr(zipfile.ZipInfo("SHA256SUMS.txt", MOMENT), "\n".join(index) + "\n", zipfile.ZIP_DEFLATED)
    data = packed.getvalue()
    with transaction():
        subject = f"consultation:{consultation.slug}"
        digest = hashlib.sha256(data).hexdigest()
        record(
            actor, "meeting.export", subject, at=at, consultation_id=consultation.id, files=len(index), digest=digest
        )
    return data


def files(consultation: Consultation, at: datetime) -> Iterator[File]:
    """Yield path and bytes of every file of the meeting's material."""
    bound, annexes = volume(consultation, at)
    yield f"{NAME}.docx", volume_as_docx.render(bound)
    yield f"{NAME}.pdf", volume_as_pdf.render(bound)
    for file in bound.files:
        yield file.path, annexes.files[file.path]
    yield from _for_machines(consultation, at)


def volume(consultation: Consultation, at: datetime) -> tuple[Volume, Annexes]:
    """Return the volume with everything that people read, and the files that it names."""
    annexes = Annexes()
    newest = file_papers.newest_of(consultation)
    number = {key: place for place, key in enumerate(_present(consultation, newest), 1)}
    files = _response_files(consultation, annexes, number["letters"]) if "letters" in number else {}
    writers = {
        "explanation": partial(_explanation, consultation),
        "notice": partial(_notice, consultation, annexes, number["notice"]),
        "draft": partial(_draft, consultation, newest, annexes, number["draft"]),
        "changes": partial(_changes, consultation, newest),
        "hearing": partial(hearing_report.sections, consultation, at, files),
        "disagreement": partial(file_papers.disagreement, consultation),
        "feedback": partial(_feedback, consultation, annexes, number.get("feedback", 0)),
        "letters": partial(_letters, consultation, files),
        "gatherings": partial(file_papers.gatherings, consultation, annexes, number.get("gatherings", 0), at),
        "reviews": partial(file_papers.reviews, consultation, annexes, number.get("reviews", 0)),
        "interpretation": partial(file_papers.interpretation, consultation, annexes, number["interpretation"]),
        "exceptions": partial(file_papers.exceptions, consultation, annexes, number.get("exceptions", 0)),
        "checklist": partial(file_papers.checklist, checks.check(consultation, at=at), at),
    }
    title = core_title(consultation.title)
    materials = [
        Material(place, TITLES[key], _head(key, title, newest), writers[key]()) for key, place in number.items()
    ]
    absent = [f"未列入：{TITLES[key]}（{why}）。" for key, why in ABSENT.items() if key not in number]
    bound = Volume(
        title=f"《{title}》",
        subtitle=NAME,
        cover=_cover(consultation, newest),
        department=settings().department,
        day=in_words(local(at).date()),
        materials=materials,
        files=annexes.in_order(),
        absent=absent,
    )
    return bound, annexes


def _present(consultation: Consultation, newest: DraftVersion | None) -> list[str]:
    """Return the materials that there are, in their order."""
    lacks = {
        "changes": newest is None or not file_papers.comparisons(consultation, newest),
        "disagreement": not disagreements.of(consultation),
        "feedback": report_versions.published(consultation.id) is None,
        "letters": delivery.first_sent(consultation) is None and not confirmation.of(consultation),
        "gatherings": not hearings.of(consultation),
        "reviews": not file_papers.has_reviews(consultation),
        "exceptions": not overrides.standing(consultation),
    }
    return [key for key in TITLES if not lacks.get(key)]


def _cover(consultation: Consultation, newest: DraftVersion | None) -> list[tuple[str, str]]:
    row: RuleRow | None = rules().periods.get(consultation.kind)
    lines = [("文件类别", getattr(row, "name", "") or "其他文件")]
    if newest is not None:
        lines.append(("提请审议的文稿", f"第{newest.number}稿（{newest.kind.label.words}）"))
    lines.append(("起草单位", division_name(consultation.division_id) or "未登记"))
    return lines


# ------------------------------------------------------------------ materials


def _explanation(consultation: Consultation) -> tuple[Section, ...]:
    lines = file_papers.html_lines(consultation.explanation_html)
    return (Section(tuple(lines or [Line("没有起草说明。")])),)


def _notice(consultation: Consultation, annexes: Annexes, number: int) -> tuple[Section, ...]:
    lines = file_papers.html_lines(consultation.notice_as_read) or [Line("没有公告。")]
    rows = []
    for posting in postings.of(consultation):
        where = [posting.link] if posting.link else []
        if posting.picture_digest:
            words = f"{posting.medium.label.words}发布情况"
            file = annexes.add_stored(number, words, posting.picture_name, posting.picture_digest)
            where.append(f"{file}《{posting.picture_name}》")
        rows.append((posting.medium.label.words, posting.account, in_words(posting.posted_on), "\n".join(where)))
    columns = (("途径", 30), ("账号、报刊或者台名", 44), ("发布日期", 36), ("链接、附件", 46))
    return (Section((*lines, Line("公告在网站以外的发布情况：", Look.NOTE), Table(columns, rows, none="没有登记。"))),)


def _head(key: str, title: str, newest: DraftVersion | None) -> str:
    if key == "draft" and newest is not None:
        return newest.title
    return HEADS.get(key, "《{}》" + TITLES[key]).format(title)


def _draft(
    consultation: Consultation, newest: DraftVersion | None, annexes: Annexes, number: int
) -> tuple[Section, ...]:
    public = consultation.public_version
    for version in dict.fromkeys((newest, public)):
        if version is not None:
            words = f"{version.kind.label.words}（第{version.number}稿）原件"
            annexes.add_stored(number, words, version.file_name, version.file_digest)
    return file_papers.draft(newest) if newest is not None else (Section((Line("没有文稿。"),)),)


def _changes(consultation: Consultation, newest: DraftVersion | None) -> tuple[Section, ...]:
    return file_papers.comparisons(consultation, newest) if newest is not None else ()


def _feedback(consultation: Consultation, annexes: Annexes, number: int) -> tuple[Section, ...]:
    report = report_versions.published(consultation.id)
    if report is None:
        return ()
    printed = report_document.document(report)
    lines: list[Block] = [Line(f"{label}：{value}") for label, value in printed.dates]
    lines += [Line(printed.replaces)] if printed.replaces else []
    lines += [Line(words) for words in (*printed.statement, printed.participation(), printed.adoption())]
    for place, main in enumerate(printed.main_opinions, 1):
        lines.append(Line(f"{place}．{main.title}（{main.place}，{main.n}条）。采纳情况：{main.answer()}"))
    names = []
    for extension in ("docx", "pdf", "xlsx"):
        if extension in report.files:
            name = f"意见采纳情况反馈-第{report.version}版.{extension}"
            names.append(annexes.add_stored(number, "公布的意见采纳情况反馈", name, report.files[extension]))
    if names:
        lines.append(Line(f"公布的反馈全文（含逐条意见）见{'、'.join(names)}。"))
    return (Section(tuple(lines)),)


def _response_files(consultation: Consultation, annexes: Annexes, number: int) -> dict[int, list[str]]:
    """Add what came with the responses to the files; return their names by the id of the submission."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for response in confirmation.of(consultation):
        submission = response.submission
        who = response.invitation.consultee.name
        for attachment in submission.attachments:
            file = annexes.add_read(
                number, f"{who}复函附件", f"{who}-{attachment.file_name}", partial(content_of, attachment)
            )
            names[submission.id].append(f"（{file}《{attachment.file_name}》）")
    return names


def _letters(consultation: Consultation, files: dict[int, list[str]]) -> tuple[Section, ...]:
    """Return every answer to a letter as it came, with what it was found to be."""
    sections = (Section(tuple(_letter(consultation))),)
    rows = []
    label = drafting.draft_of(consultation).label_of
    for place, response in enumerate(confirmation.of(consultation), 1):
        submission = response.submission
        rows.append(
            (
                str(place),
                response.invitation.consultee.name,
                _came(response),
                "\n".join((*_answer(submission, label), *files.get(submission.id, ()))),
                _found_to_be(response, consultation),
            )
        )
    columns = (("序号", 12), ("单位", 44), ("收到", 52), ("复函内容和附件", 92), ("认定", 47))
    answers = Table(columns, rows, none="没有收到复函。")
    return *sections, Section((Heading("复函", level=2), answers), landscape=True)


def _letter(consultation: Consultation) -> Iterator[Block]:
    """Yield the words of the letter; the personal link is left out, because whoever has it can answer."""
    invitation = delivery.first_sent(consultation)
    if invitation is None:
        return
    letter = Letter(
        department=settings().department,
        to=invitation.consultee.name,
        title=consultation.title,
        deadline=in_words(invitations.last_day(invitation)),
        link="",
        contact=consultation.contact,
        day=hearing.day(invitation.sent_at),
        form=reply_forms.of(invitation),
    )
    yield Line("征求意见函（样式，个人链接和二维码从略；发送对象、方式和日期见听取意见情况报告附表）：", Look.NOTE)
    yield Line(f"关于征求《{consultation.title}》意见的函", Look.CENTRED)
    yield Line(f"{letter.to}：")
    for words in letter.paragraphs():
        yield Line(words)
    if letter.note:
        yield Line(f"（{letter.note}）")
    yield Line(letter.department, Look.RIGHT)
    yield Line(letter.day, Look.RIGHT)


def _came(response: Response) -> str:
    lines = [f"{hearing.day(response.submission.received_at)}，{response.way.label.words}"]
    lines += ["逾期"] if response.late else []
    lines += [f"来件编号{response.submission.number}"]
    lines += [f"经办：{response.by}"] if response.by else []
    return "\n".join(lines)


def _answer(submission: Submission, label: object) -> Iterator[str]:
    for part in submission.parts:
        place = label(part.anchor) if part.anchor and callable(label) else ""
        yield f"{place}：{part.content}" if place else part.content
    for answer in submission.answers:
        asks_competition = answer.question.topic is QuestionTopic.COMPETITION
        question = "关于公平竞争影响" if asks_competition else f"问题“{answer.question.text}”"
        yield f"{question}：{answer.content}"


def _found_to_be(response: Response, consultation: Consultation) -> str:
    words = response.standing.label.words
    if response.standing in COUNTING and not is_in_force(response.submission, consultation.id):
        words += f"\n来件{response.submission.state.label.words}，不计入"
    if response.confirmed_by is not None:
        words += f"\n{hearing.day(response.confirmed_at)}由{response.confirmed_by.name}确认"
    if response.replaces is not None:
        words += f"\n更正来件{response.replaces.submission.number}"
    if response.adds_to is not None:
        words += f"\n补充来件{response.adds_to.submission.number}"
    if response.standing in COUNTING and not response.has_scan:
        words += f"\n{hearing.WITHOUT_SCAN}"
    return words


# ------------------------------------------------------------------ for machines


def _for_machines(consultation: Consultation, at: datetime) -> Iterator[File]:
    yield f"{MACHINES}/征求意见对象名单.csv", _list(consultation, at)
    gate = [
        {"precondition": item.id, "title": item.title, "state": item.state.value, "why": item.why, "basis": item.basis}
        for item in checks.check(consultation, at=at)
    ]
    yield f"{MACHINES}/前置条件.json", _json({"consultation": consultation.slug, "at": at.isoformat(), "checks": gate})
    report = report_versions.published(consultation.id)
    if report is not None and "json" in report.files and blobs().exists(report.files["json"]):
        yield f"{MACHINES}/意见采纳情况反馈.json", blobs().get(report.files["json"])
    signed = checkpoints.newest()
    if signed is not None:
        yield f"{MACHINES}/公开记录检查点.json", _json(signed.as_document())


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _list(consultation: Consultation, at: datetime) -> bytes:
    rows = (
        (
            account.described.name,
            account.listed.consultee.credit_code or "",
            account.described.kind.label.words,
            account.described.words,
            *hearing.course_words(account),
        )
        for account in hearing.accounts(consultation, at)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        tables.write_csv(path, LIST_COLUMNS, rows)
        return path.read_bytes()
