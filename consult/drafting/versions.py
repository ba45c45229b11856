"""Stores draft files as versions with their provisions, which never change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import func, insert, select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs, sandbox
from consult.drafting.audit import record_act
from consult.drafting.errors import DraftRefused, WrongState
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, Stage, VersionKind
from consult.files import drafts
from consult.files.drafts import DraftText
from consult.files.errors import UnreadableFile
from consult.files.sandbox import ReaderDied, SandboxStopped
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.parser import provisions as parser

TITLE_CHARACTERS = 200

log = structlog.get_logger()


@dataclass(frozen=True)
class FlatRow:
    """A parsed provision in flat form, with the fields of ``ProvisionRow``."""

    position: int
    depth: int
    anchor: str
    parent_anchor: str | None
    kind: str
    number: str
    heading: str
    text: str


@dataclass(frozen=True)
class DraftSource:
    """A draft file read and parsed once, for display before it is stored, and then for storing.

    ``warnings`` are first those about the conversion of the file (in Chinese), then those of the parser.
    """

    text: str
    title: str
    rows: list[FlatRow]
    warnings: list[dict[str, Any]]

    @classmethod
    def of(cls, source: DraftText, draft: parser.Draft) -> DraftSource:
        """Return a draft file's text and provisions in the form that is stored."""
        notes = [{"code": "file", "message": note, "line": 0, "anchor": ""} for note in source.warnings]
        warnings = [asdict(warning) for warning in draft.warnings]
        return cls(source.text, draft.title, flat_rows(draft), notes + warnings)

    def as_json(self) -> bytes:
        """Serialise it as JSON, for keeping until the upload is confirmed."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes) -> DraftSource:
        """Deserialise the output of ``as_json``."""
        fields = json.loads(data)
        return cls(**fields | {"rows": [FlatRow(**row) for row in fields["rows"]]})


def read_draft(file_name: str, data: bytes) -> DraftSource:
    """Read and parse a draft file.

    Raises:
        UnreadableFile: the file can't be read; says why and what to do.
        DraftRefused: it has no provision that an opinion could be on.
    """
    source = drafts.read(file_name, data)
    return _as_draft(file_name, source, source.draft())


def read_in_sandbox(file_name: str, source: bytes | Path) -> DraftSource:
    """Read and parse a draft, a file or its bytes, in a sandbox, so that a hostile file can't harm this process.

    Raises:
        UnreadableFile: it killed its reader or timed out; else as ``read_draft``.
    """
    with sandbox() as reader:
        try:
            read = reader.of(drafts.try_reading, file_name, source)
        except (ReaderDied, SandboxStopped) as why:
            log.warning("draft_cut_its_reading_off", why=str(why))
            raise UnreadableFile(
                f"读取“{file_name}”时程序中断，没有读完。请再上传一次；还是这样，请用 Word 或 WPS 打开，"
                "删去图片和大表格，另存为新的 .docx 后上传。"
            ) from why
    if isinstance(read, UnreadableFile):
        raise read
    return _as_draft(file_name, *read)


def _as_draft(file_name: str, source: DraftText, draft: parser.Draft) -> DraftSource:
    if draft.form is parser.Form.PLAIN:
        raise DraftRefused(
            f"“{file_name}”里未找到条文（第×条，或者一、（一）这样的层次）。"
            "请检查是不是传错了文件，或者条文是不是图片。",
            "file",
        )
    return DraftSource.of(source, draft)


def store_version(
    consultation: Consultation,
    *,
    kind: VersionKind,
    file_name: str,
    data: bytes,
    source: DraftSource,
    actor: Actor,
    at: datetime,
) -> DraftVersion:
    """Store a draft as the next version of a consultation, which the caller has locked or just created."""
    last = db.session.scalar(
        select(func.max(DraftVersion.number)).where(DraftVersion.consultation_id == consultation.id)
    )
    version = DraftVersion(
        consultation=consultation,
        number=(last or 0) + 1,
        kind=kind,
        title=(source.title or consultation.title)[:TITLE_CHARACTERS],
        file_name=file_name[-200:],
        file_digest=blobs().put(data),
        text=source.text,
        warnings=source.warnings,
        uploaded_at=at,
        uploaded_by_id=actor.id,
    )
    db.session.add(version)
    db.session.flush()
    rows = [{"version_id": version.id, **asdict(row)} for row in source.rows]
    if rows:
        db.session.execute(insert(ProvisionRow), rows)
    return version


def flat_rows(draft: parser.Draft) -> list[FlatRow]:
    """Return every provision of a parsed draft in document order."""
    return [
        FlatRow(
            position=position,
            depth=depth,
            anchor=node.anchor,
            parent_anchor=parent.anchor if parent is not None else None,
            kind=node.kind.value,
            number=node.number,
            heading=node.heading,
            text=node.text,
        )
        for position, (node, depth, parent) in enumerate(draft.walk())
    ]


def add_version(
    actor: Actor,
    consultation: Consultation,
    *,
    kind: VersionKind,
    file_name: str,
    data: bytes,
    at: datetime,
    source: DraftSource | None = None,
) -> DraftVersion:
    """Add a version to a consultation: the text for comment or in force before release, then revised ones.

    Arguments:
        source: the parse result of ``data`` from its upload; without it, ``data`` is parsed now.

    Raises:
        UnreadableFile, DraftRefused: see ``read_draft``.
        WrongState: this kind can't be added in the consultation's stage.
    """
    require(actor, Act.ADD_VERSION, consultation)
    source = source or read_draft(file_name, data)
    with transaction():
        lock_row(consultation)
        _check_stage(consultation, kind)
        version = store_version(
            consultation,
            kind=kind,
            file_name=file_name,
            data=data,
            source=source,
            actor=actor,
            at=at,
        )
        if kind is VersionKind.FOR_COMMENT:
            consultation.public_version = version
        consultation.changed_at = at
        record_act(
            actor,
            Act.ADD_VERSION,
            consultation,
            at,
            stored=version,
            content_digest=version.file_digest,
            kind=kind.value,
        )
    return version


def addable_kinds(consultation: Consultation) -> list[VersionKind]:
    """Return the kinds of version that may be added to a consultation in its stage."""
    kinds = []
    for kind in VersionKind:
        try:
            _check_stage(consultation, kind)
        except WrongState:
            continue
        kinds.append(kind)
    return kinds


def _check_stage(consultation: Consultation, kind: VersionKind) -> None:
    if kind is VersionKind.PROMULGATED and consultation.stage is Stage.PROMULGATED:
        if any(version.kind is kind for version in consultation.versions):
            raise WrongState("发布稿已经登记，不能更换。")
        return  # promulgated before its text was asked for
    if consultation.stage in (Stage.WITHDRAWN, Stage.PROMULGATED):
        raise WrongState("这件征求意见已经结束，不能再上传文稿。")
    if kind is VersionKind.FOR_COMMENT and consultation.stage is not Stage.DRAFTING:
        raise WrongState("征求意见稿送审后不能更换。需要更换的，请先退回起草处室。")
    if kind is VersionKind.IN_FORCE:
        if consultation.stage is not Stage.DRAFTING:
            raise WrongState("现行文本和征求意见稿一起审核、公布，送审后不能再上传。需要的，请先退回起草处室。")
        return
    if kind is VersionKind.FOR_SUBMISSION and consultation.stage is Stage.SUBMITTED_TO_MEETING:
        raise WrongState("已经提请审议，送审稿不能更换。审议后的文本请作为发布稿上传。")
    if kind is VersionKind.PROMULGATED and consultation.stage is not Stage.SUBMITTED_TO_MEETING:
        raise WrongState("发布稿在提请审议之后、登记公布施行之前上传。")
    if kind is not VersionKind.FOR_COMMENT and consultation.stage in (Stage.DRAFTING, Stage.IN_REVIEW):
        raise WrongState("还没有公布征求意见。现在只能上传征求意见稿；修改稿等公布之后再上传。")
