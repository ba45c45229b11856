"""Export of all submissions of a consultation: a table, a JSON document, or a ZIP with raw forms and attachments."""

from __future__ import annotations

import json
import mimetypes
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.files.tables import Sheet, write_csv, write_xlsx
from consult.intake.errors import HeldBack, Unfit
from consult.intake.models import Channel, SubmissionState
from consult.ledger.service import record
from consult.moderation import submission_archive
from consult.store import transaction

SHEET_ROWS = 1_000_000
COLUMNS = (
    *("回执编号", "渠道", "状态", "收到时间", "登记时间", "逾期", "身份", "姓名或者单位", "联系方式", "同意公开姓名"),
    *(
        "要求不公开",
        "主题",
        "条文",
        "引用原文",
        "意见内容",
        "公开文本",
        "附件",
        "原系统编号",
        "重复于",
        "审核说明",
        "摘要",
    ),
)
_UNSAFE = re.compile(r"[\\/:*?\"<>|\x00-\x1f]")


def write(actor: Actor, consultation: Consultation, out: Path, *, at: datetime) -> int:
    """Write all submissions of a consultation to ``out`` and return how many; its ending says the format.

    Raises:
        Refused: an unknown ending.
        NotAllowed: the actor may not export.
    """
    require(actor, Act.EXPORT_SUBMISSIONS, consultation)
    writer = {".xlsx": _xlsx, ".csv": _csv, ".json": _json, ".zip": _zip}.get(out.suffix.lower())
    if writer is None:
        raise Refused(f"不认识的文件类型“{out.suffix}”。请用 .xlsx、.csv、.json 或者 .zip。")
    if not out.parent.is_dir():
        raise Refused(f"没有这个文件夹：{out.parent}。")
    count = _Count()
    writer(consultation, out, count)
    with transaction():
        record(
            actor,
            Act.EXPORT_SUBMISSIONS,
            f"consultation:{consultation.slug}",
            at=at,
            consultation_id=consultation.id,
            format=out.suffix.lower(),
            submissions=count.n,
        )
    return count.n


class _Count:
    """Counts the documents of an iterator as they are read."""

    def __init__(self) -> None:
        self.n = 0

    def over(self, documents: Iterator[submission_archive.Document]) -> Iterator[submission_archive.Document]:
        for document in documents:
            self.n += 1
            yield document


def _lines(document: submission_archive.Document) -> Iterator[tuple[str, ...]]:
    """Yield one line of the table for each part of a submission, and for each answer to a question."""
    reasons = "；".join(
        act["reason"] or act["reason_id"] for act in document["screening"] if act["reason_id"] or act["reason"]
    )
    texts = [(part["place"], part["quote"], part["content"], part["public"] or "") for part in document["parts"]]
    texts += [
        (f"问题 {answer['number']}：{answer['question']}", "", answer["content"], answer["masked"])
        for answer in document["answers"]
    ]
    for place, quote, content, public in texts:
        yield (
            document["number"],
            Channel.words_of(document["channel"]),
            SubmissionState.words_of(document["state"]),
            minute(document["received_at"]),
            minute(document["recorded_at"]),
            "是" if document["late"] else "",
            document["sender_kind"],
            document["name"],
            document["contact"],
            "是" if document["publish_name"] else "",
            "是" if document["keep_private"] else "",
            document["subject"],
            place,
            quote,
            content,
            public,
            "；".join(map(file_words, document["attachments"])),
            document["external_id"] or "",
            document["duplicate_of"] or "",
            reasons,
            document["digest"],
        )


def file_words(file: dict[str, Any]) -> str:
    """Return the name of an attachment, and why its content is held back."""
    if file["held_back"] is not None:
        return f"{file['name']}（{HeldBack(file['held_back'])}）"
    return str(file["name"]) if file["unfit"] is None else f"{file['name']}（{Unfit(file['unfit'])}）"


def minute(moment: str) -> str:
    """Return an ISO 8601 moment as people read it: to the second, without its offset."""
    return moment[:19].replace("T", " ")


def _rows(consultation: Consultation, count: _Count) -> Iterator[tuple[str, ...]]:
    return (line for document in count.over(submission_archive.documents(consultation)) for line in _lines(document))


def _csv(consultation: Consultation, out: Path, count: _Count) -> None:
    write_csv(out, COLUMNS, _rows(consultation, count))


def _xlsx(consultation: Consultation, out: Path, count: _Count) -> None:
    rows = _rows(consultation, count)

    def sheets() -> Iterator[Sheet]:
        yield Sheet("来件", COLUMNS, islice(rows, SHEET_ROWS))
        for number in range(2, 1000):
            first = next(rows, None)
            if first is None:
                return
            yield Sheet(f"来件{number}", COLUMNS, chain([first], islice(rows, SHEET_ROWS - 1)))

    write_xlsx(out, sheets())


def _json(consultation: Consultation, out: Path, count: _Count) -> None:
    def fill(part: Path) -> None:
        with part.open("w", encoding="utf-8") as file:
            _write_json(consultation, count.over(submission_archive.documents(consultation)), file)

    whole(out, fill)


def _write_json(consultation: Consultation, documents: Iterator[submission_archive.Document], file: TextIO) -> None:
    head = {"slug": consultation.slug, "title": consultation.title, "kind": consultation.kind}
    file.write(f'{{"consultation": {json.dumps(head, ensure_ascii=False)}, "submissions": [')
    for place, document in enumerate(documents):
        file.write((",\n" if place else "\n") + json.dumps(document, ensure_ascii=False))
    file.write("\n]}\n")


def _zip(consultation: Consultation, out: Path, count: _Count) -> None:
    def fill(part: Path) -> None:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            listed = out.with_name(f".{out.name}.{os.getpid()}.json")
            try:
                with listed.open("w", encoding="utf-8") as file:
                    _write_json(
                        consultation, _packing(packed, count.over(submission_archive.documents(consultation))), file
                    )
                packed.write(listed, "submissions.json")
            finally:
                listed.unlink(missing_ok=True)

    whole(out, fill)


def _packing(
    packed: zipfile.ZipFile, documents: Iterator[submission_archive.Document]
) -> Iterator[submission_archive.Document]:
    """Pack the raw form and the files of each document that goes by, and name them in it."""
    for document in documents:
        for file in stored_files(document):
            with file.open() as content, packed.open(file.path, "w") as member:
                shutil.copyfileobj(content, member)
        yield document


@dataclass(frozen=True)
class StoredFile:
    """A file of a submission: its path in an archive, and how it is opened."""

    path: str
    open: Callable[[], AbstractContextManager[Any]]


def stored_files(document: submission_archive.Document) -> Iterator[StoredFile]:
    """Yield the raw form and the attachments of a submission, and write their paths into its document.

    A file that is held back is left out, its path null: its SHA-256 and why are in the document.
    """
    media_type, body = submission_archive.raw(document["id"])
    document["raw"] = f"raw/{document['number']}{_ending(media_type)}"
    yield StoredFile(document["raw"], lambda: BytesIO(body))
    for position, file in enumerate(document["attachments"], start=1):
        if file["held_back"] is not None or file["unfit"] is not None:
            file["path"] = None
            continue
        file["path"] = f"attachments/{document['number']}/{position}-{_UNSAFE.sub('_', file['name'])}"
        yield StoredFile(file["path"], partial(blobs().open, file["sha256"]))


def _ending(media_type: str) -> str:
    plain = media_type.partition(";")[0].strip()
    return {"message/rfc822": ".eml"}.get(plain) or mimetypes.guess_extension(plain) or ".bin"


def whole(out: Path, fill: Callable[[Path], None]) -> None:
    """Have a file filled beside its place and put there when it is whole."""
    part = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        fill(part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
