"""Drafts in: a file becomes a version with its provisions, which stay as they are for ever."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, insert, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.errors import DraftRefused, WrongState
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, Stage, VersionKind
from consult.drafting.recording import record_act
from consult.files import drafts
from consult.files.drafts import DraftText
from consult.files.errors import UnreadableFile
from consult.files.trial import CutOff, Stopped, Trial
from consult.settings import blobs
from consult.store import db, transaction
from consult.store.claiming import hold
from consult.text import provisions as parser

TITLE_CHARACTERS = 200
SECONDS = 120.0
"""Longest that a draft is read; turning an old format into a new one may take most of it."""
MEMORY = 8 << 30
"""Bytes of addresses that reading a draft may take; LibreOffice, which turns old formats into new ones, takes many."""

log = structlog.get_logger()


@dataclass(frozen=True)
class DraftSource:
    """A draft file as read: its text, its parse, and what was done to the file on the way (in Chinese)."""

    text: str
    draft: parser.Draft
    notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """Everything that a careful reader would look at: notes on the file first, then what the parser found."""
        notes = [{"code": "file", "message": note, "line": 0, "anchor": ""} for note in self.notes]
        return notes + [asdict(warning) for warning in self.draft.warnings]


def read_draft(file_name: str, data: bytes) -> DraftSource:
    """Return a draft file's text and parse.

    Raises:
        UnreadableFile: the file can't be read; says why and what to do.
        DraftRefused: it holds no provision that an opinion could be on.
    """
    source = drafts.read(file_name, data)
    return _as_draft(file_name, source, source.draft())


def read_for_the_first_time(file_name: str, data: bytes) -> DraftSource:
    """Return a draft file's text and parse, read in a process of its own: what it does there it does to nobody else.

    Raises:
        UnreadableFile: it took its reader down, or didn't let it come to an end; else as ``read_draft``.
    """
    with Trial(SECONDS, MEMORY) as trial:
        try:
            read = trial.of(drafts.try_reading, file_name, data)
        except (CutOff, Stopped) as why:
            log.warning("draft_cut_its_reading_off", why=str(why))
            raise UnreadableFile(
                f"读取“{file_name}”时程序中断，没有读完。请再上传一次；还是这样，请用 Word 或 WPS 打开，"
                "另存为新的 .docx 后上传。"
            ) from why
    if isinstance(read, UnreadableFile):
        raise read
    return _as_draft(file_name, *read)


def _as_draft(file_name: str, source: DraftText, draft: parser.Draft) -> DraftSource:
    if draft.form is parser.Form.PLAIN:
        raise DraftRefused(
            f"“{file_name}”里没有找到条文（第×条，或者一、（一）这样的层次）。"
            "请检查是不是传错了文件，或者条文是不是图片。",
            "file",
        )
    return DraftSource(source.text, draft, tuple(source.warnings))


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
    """Store a draft as the next version of a consultation, which the caller's transaction holds or has just made."""
    last = db.session.scalar(
        select(func.max(DraftVersion.number)).where(DraftVersion.consultation_id == consultation.id)
    )
    version = DraftVersion(
        consultation=consultation,
        number=(last or 0) + 1,
        kind=kind,
        title=(source.draft.title or consultation.title)[:TITLE_CHARACTERS],
        file_name=file_name[-200:],
        file_digest=blobs().put(data),
        text=source.text,
        warnings=source.warnings,
        uploaded_at=at,
        uploaded_by_id=actor.id,
    )
    db.session.add(version)
    db.session.flush()
    rows = [{"version_id": version.id, **asdict(row)} for row in flat_rows(source.draft)]
    if rows:
        db.session.execute(insert(ProvisionRow), rows)
    return version


@dataclass(frozen=True)
class FlatRow:
    """A parsed provision in the flat form that it is stored and read in; fields as ``ProvisionRow``'s."""

    position: int
    depth: int
    anchor: str
    parent_anchor: str | None
    kind: str
    number: str
    heading: str
    text: str


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
    actor: Actor, consultation: Consultation, *, kind: VersionKind, file_name: str, data: bytes, at: datetime
) -> DraftVersion:
    """Add a version to a consultation: before release the text for comment or the one in force, then revised ones.

    Raises:
        UnreadableFile, DraftRefused: see ``read_draft``.
        WrongState: the text for comment, and the one in force beside it, can't be exchanged once sent for review; a
            revised one needs a consultation that is out; the promulgated one is added between meeting and promulgation.
    """
    require(actor, Act.ADD_VERSION, consultation)
    source = read_draft(file_name, data)
    with transaction():
        hold(consultation)
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


def kinds_to_add(consultation: Consultation) -> list[VersionKind]:
    """Return the kinds of version that may be added to a consultation in the state that it is in."""
    found = []
    for kind in (
        VersionKind.FOR_COMMENT,
        VersionKind.REVISED,
        VersionKind.FOR_SUBMISSION,
        VersionKind.PROMULGATED,
        VersionKind.IN_FORCE,
    ):
        try:
            _check_stage(consultation, kind)
        except WrongState:
            continue
        found.append(kind)
    return found


def _check_stage(consultation: Consultation, kind: VersionKind) -> None:
    if consultation.stage in (Stage.WITHDRAWN, Stage.PROMULGATED):
        raise WrongState("这件征求意见已经结束，不能再上传文稿。")
    if kind is VersionKind.FOR_COMMENT and consultation.stage is not Stage.DRAFTING:
        raise WrongState("征求意见稿送审后不能更换。需要更换的，请先退回起草处室。")
    if kind is VersionKind.IN_FORCE:
        if consultation.stage is not Stage.DRAFTING:
            raise WrongState("现行文本和征求意见稿一起审核、公布，送审后不能再上传。需要的，请先退回起草处室。")
        return
    if kind is VersionKind.PROMULGATED and consultation.stage is not Stage.SUBMITTED_TO_MEETING:
        raise WrongState("发布稿在提请审议之后、登记公布施行之前上传。")
    if kind is not VersionKind.FOR_COMMENT and consultation.stage in (Stage.DRAFTING, Stage.IN_REVIEW):
        raise WrongState("还没有公布征求意见。现在只能上传征求意见稿；修改稿等公布之后再上传。")
