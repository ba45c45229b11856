"""``build``: the archive package of a consultation as one ZIP; what it held goes to the record."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.queries import division_name
from consult.adoption import spreadsheet
from consult.app_context import blobs, rules, settings
from consult.archive import data
from consult.archive.package import INDEX, Described, Package
from consult.clock import local
from consult.drafting.models import Consultation, DraftVersion
from consult.files import tables
from consult.files.attachments import safe_name
from consult.files.blobs import BlobError
from consult.intake import file_scans
from consult.intake.errors import HeldBack
from consult.issuance import queries as issued
from consult.issuance import service as issuance
from consult.ledger import checkpoints
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.meeting import meeting_file
from consult.moderation import submission_archive, submission_export
from consult.moderation.submission_archive import Document
from consult.reporting import publication_check, signatures
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import transaction

NOTICE, LETTERS, DECISIONS = "01-征求意见公告和文稿", "02-原始来件", "03-采纳表"
FEEDBACK, APPROVALS, MEETING = "04-意见采纳情况反馈", "05-审批记录", "06-上会材料"
ISSUE = "07-会议结果和印发"
SCRIPT = Path(__file__).with_name("rebuild.py")
ACT_COLUMNS = ("时间", "经办", "事项", "对象", "情况", "摘要")
README = """《{title}》征求意见归档包

编制：{department}，{day}

01 至 07 是供人查阅的文件，目录见“{index}.csv”，各文件的著录项见“元数据.xml”
（按 DA/T 46—2009 的元素，本平台能够提供的部分）。档号由档案部门编列，目录中留空。
data 文件夹是机读数据，一行一条（JSON）。

核对：安装 Python 3.9 以上，运行 python3 rebuild.py 归档包.zip。不联网，不需要征求意见平台。
核对通过，表示每个文件、每件来件、反馈各版的正文和附表与登记的摘要相符，反馈中的每个数字都由包内的原始数据重新计算得出。

本包含有来件人的姓名、联系方式等个人信息，仅供归档保存和依法查阅（《个人信息保护法》第四十七条第二款）。
"""
BUILT = "archive.build"
Describe = Callable[[LedgerEntry], tuple[str, str]]
"""From an entry of the record to the act and its circumstances, in Chinese."""


@dataclass(frozen=True)
class Built:
    """What was written: the numbers of files, documents in the index, submissions and versions of the report."""

    files: int
    documents: int
    submissions: int
    reports: int
    sha256: str


def build(actor: Actor, consultation: Consultation, out: Path, *, at: datetime, describe: Describe) -> Built:
    """Write the package; it appears at ``out`` whole or not at all.

    Raises:
        NotAllowed: the actor may not take submissions out.
        Refused: ``out`` isn't a ZIP, or its folder isn't there.
        ReportAltered: a published report isn't what was published.
    """
    require(actor, Act.EXPORT_SUBMISSIONS, consultation)
    if out.suffix.lower() != ".zip":
        raise Refused(f"归档包是 ZIP 文件，请把“{out.name}”改为 .zip。")
    if not out.parent.is_dir():
        raise Refused(f"没有这个文件夹：{out.parent}。")
    written: list[Built] = []

    def fill(part: Path) -> None:
        with part.open("w+b") as file:
            with Package(file) as package:
                counted = _Contents(consultation, package, at, describe).fill()
                files = package.finish(_properties(consultation, at))
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            written.append(Built(files, len(package.documents), *counted, digest))

    submission_export.whole(out, fill)
    (built,) = written
    with transaction():
        subject = f"consultation:{consultation.slug}"
        record(
            actor,
            BUILT,
            subject,
            at=at,
            consultation_id=consultation.id,
            content_digest=built.sha256,
            files=built.files,
            submissions=built.submissions,
        )
    return built


def _properties(consultation: Consultation, at: datetime) -> list[tuple[str, str]]:
    years = [moment.year for moment in map(local, filter(None, (consultation.opens_at, consultation.created_at)))]
    return [
        ("聚合层次", "案卷"),
        ("立档单位名称", settings().department),
        ("机构或问题", division_name(consultation.division_id) or ""),
        ("题名", f"《{consultation.title}》征求意见"),
        ("年度", str(years[0])),
        ("形成时间", local(at).isoformat(timespec="seconds")),
    ]


class _Contents:
    """Puts the documents of a consultation into a package, folder by folder."""

    def __init__(self, consultation: Consultation, package: Package, at: datetime, describe: Describe) -> None:
        self._consultation, self._package, self._at, self._describe = consultation, package, at, describe
        self._office = division_name(consultation.division_id) or settings().department
        self._department = settings().department

    def fill(self) -> tuple[int, int]:
        """Fill the package; return how many submissions and versions of the report are in it."""
        consultation = self._consultation
        words = README.format(
            title=consultation.title, department=self._department, day=self._day(self._at), index=INDEX
        )
        self._package.add_data("说明.txt", words.encode())
        self._package.add_data("rebuild.py", SCRIPT.read_bytes())
        self._notice()
        submissions = self._letters()
        self._decisions()
        reports = self._reports()
        self._approvals()
        self._meeting()
        self._issue()
        for name, rows in data.TABLES.items():
            self._lines(name, rows(consultation))
        self._package.add_data("data/consultation.json", data.line(data.consultation(consultation)))
        reasons = {row.id: row.name for row in rules().rejection_reasons}
        self._package.add_data("data/rules.json", data.line({"rejection_reasons": reasons}))
        newest = checkpoints.newest()
        if newest is not None:
            self._package.add_data("data/checkpoint.json", data.line(newest.as_document()))
        return submissions, reports

    def _add(self, folder: str, name: str, title: str, content: Any, **facts: str) -> None:
        """Add a document for people; its name is numbered within the package by its place in the index."""
        described = Described(
            path=f"{folder}/{name}",
            title=title,
            category=folder.partition("-")[2],
            responsible=facts.pop("responsible", self._office),
            **facts,
        )
        self._package.add(described, content)

    def _stored(self, folder: str, name: str, title: str, digest: str, on: str) -> None:
        """Add a file that staff uploaded; in the place of one that is held back or gone, the words that say so."""
        try:
            content = file_scans.content_of(digest)
        except (HeldBack, BlobError) as why:
            self._add(folder, f"{name}-缺失.txt", title, f"{why}\n".encode(), on=on, note=str(why))
            return
        self._add(folder, name, title, content, on=on)

    def _notice(self) -> None:
        consultation = self._consultation
        opened = self._day(consultation.opens_at)
        for name, title, html in (
            ("征求意见公告", "征求意见公告", consultation.notice_as_read),
            ("起草说明", "起草说明", consultation.explanation_html),
        ):
            if html:
                self._add(NOTICE, f"{name}.html", f"{title}：{consultation.title}", _page(title, html), on=opened)
        for version in consultation.versions:
            self._version(version)

    def _version(self, version: DraftVersion) -> None:
        name, on = f"第{version.number}稿", self._day(version.uploaded_at)
        title = f"{version.title}（{name}，{version.kind.label.words}）"
        self._stored(NOTICE, f"{name}-{safe_name(version.file_name)}", title, version.file_digest, on)
        self._add(NOTICE, f"{name}-文本.txt", f"{title}的文本", version.text.encode(), on=on)

    def _letters(self) -> int:
        count = 0
        with self._package_lines("submissions") as write:
            for document in submission_archive.documents(self._consultation):
                self._letter(document)
                write(document)
                count += 1
        return count

    def _letter(self, document: Document) -> None:
        sender = document["name"] or "未署名"
        on = document["received_at"][:10]
        for file in submission_export.stored_files(document):
            is_form = file.path == document["raw"]
            what = "来件" if is_form else f"来件附件“{file.path.rpartition('/')[2].partition('-')[2]}”"
            with file.open() as content:
                facts = {"responsible": sender, "on": on, "number": document["number"]}
                self._add(LETTERS, file.path, f"{what}（{document['number']}）", content, **facts)
        for file in document["attachments"]:
            if file["path"] is None:
                words = f"{submission_export.file_words(file)}，SHA-256 {file['sha256']}\n".encode()
                name = f"attachments/{document['number']}/{safe_name(file['name'])}-未收录.txt"
                self._add(LETTERS, name, f"未收录的附件（{document['number']}）", words, on=on, note="附件未收录")

    def _decisions(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sheet.xlsx"
            spreadsheet.write(self._consultation, path)
            with path.open("rb") as file:
                self._add(DECISIONS, "采纳情况.xlsx", "意见采纳情况表", file, on=self._day(self._at))

    def _reports(self) -> int:
        versions = data.reports(self._consultation)
        self._lines("reports", map(data.report, versions))
        for report in versions:
            self._lines(f"report-{report.version}-rows", data.report_rows(report))
            if report.state is ReportState.PUBLISHED:
                publication_check.require_unaltered(report)
            self._report_files(report)
        return len(versions)

    def _report_files(self, report: FeedbackReport) -> None:
        folder = f"{FEEDBACK}/第{report.version}版"
        on = self._day(report.published_at)
        title = f"{report.snapshot['title']}（第{report.version}版，{report.state.label.words}）"
        for extension, digest in report.files.items():
            with blobs().open(digest) as content:
                name = f"report.{extension}"
                facts = {"responsible": self._department, "on": on}
                self._add(folder, name, f"{title}，{extension.upper()}", content, **facts)
        if report.signature:
            signed = json.dumps(signatures.document(report), ensure_ascii=False, indent=1).encode()
            self._add(folder, f"report.{signatures.EXTENSION}", f"{title}的签名", signed, on=on)

    def _approvals(self) -> None:
        rows = (
            (local(entry.at).strftime("%Y-%m-%d %H:%M:%S"), entry.actor_name, act, entry.subject, facts, entry.digest)
            for entry in data.entries(self._consultation)
            for act, facts in [self._describe(entry)]
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "acts.csv"
            tables.write_csv(path, ACT_COLUMNS, rows)
            with path.open("rb") as file:
                self._add(APPROVALS, "审批记录.csv", "审批记录", file, on=self._day(self._at))

    def _meeting(self) -> None:
        for name, content in meeting_file.files(self._consultation, self._at):
            self._add(MEETING, name, name.rpartition("/")[2].rpartition(".")[0], content, on=self._day(self._at))

    def _issue(self) -> None:
        for n, result in enumerate(issuance.results(self._consultation), 1):
            name = f"{n}-{safe_name(result.minutes_name)}"
            self._stored(ISSUE, name, f"会议纪要：{result.meeting}", result.minutes_digest, result.held_on.isoformat())
        document = issuance.document_of(self._consultation)
        for made in issued.acts(document) if document is not None else ():
            if made.paper_digest:
                name = f"{made.kind.label.words}{made.id}-{safe_name(made.paper_name)}"
                self._stored(ISSUE, name, made.kind.label.words, made.paper_digest, made.on.isoformat())

    def _lines(self, name: str, rows: Iterable[Document]) -> None:
        with self._package_lines(name) as write:
            for row in rows:
                write(row)

    def _package_lines(self, name: str) -> _Lines:
        return _Lines(self._package, f"data/{name}.jsonl")

    @staticmethod
    def _day(moment: datetime | None) -> str:
        return local(moment).date().isoformat() if moment is not None else ""


class _Lines:
    """Collects lines beside the package, which is written one file at a time, and packs them at its end."""

    def __init__(self, package: Package, path: str) -> None:
        self._package, self._path = package, path

    def __enter__(self) -> Callable[[Document], object]:
        self._file = tempfile.TemporaryFile()
        return lambda document: self._file.write(data.line(document))

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._file.seek(0)
            self._package.add_data(self._path, self._file)
        self._file.close()


def _page(title: str, html: str) -> bytes:
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
        f"<body>{html}</body></html>\n"
    ).encode()
