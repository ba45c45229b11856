"""上会材料: the whole file for the deliberation meeting as one ZIP, with an index of the SHA-256 of each file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local
from consult.consultees import board
from consult.consultees.models import Consultee, Invitation, Response
from consult.consultees.standing import Standing
from consult.drafting.models import Consultation, DraftVersion, VersionKind
from consult.files.attachments import safe_name
from consult.files.export import word
from consult.intake import file_scans
from consult.intake.errors import HeldBack
from consult.intake.scanning import content_of
from consult.ledger import checkpoints
from consult.ledger.service import record
from consult.meeting import facts, opinions, service
from consult.meeting.models import Override
from consult.store import db, transaction
from consult.text import comparison, provisions

STANDINGS = {
    Standing.PREPARED: "待发出",
    Standing.SENT: "已发出，未答复",
    Standing.OPENED: "已打开，未答复",
    Standing.BOUNCED: "退回",
    Standing.DECLINED: "谢绝",
    Standing.SILENT: "到期未答复",
    Standing.NO_OPINION: "无意见",
    Standing.HEARD: "已提出意见",
    Standing.REVOKED: "已撤回",
    None: "未邀请",
}
STATES = {"met": "已满足", "unmet": "未满足", "not_applicable": "不适用", "overridden": "经批准放行"}
KINDS = {"enterprise": "企业", "association": "行业协会商会", "group_organisation": "社会组织"}
MOMENT = (1980, 1, 1, 0, 0, 0)
"""What the ZIP says of every file's time, so that the same file gives the same bytes."""

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
        for name, data in _files(consultation, at):
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


def _files(consultation: Consultation, at: datetime) -> Iterator[File]:
    yield "1-前置条件核对表.docx", _checklist(consultation, at)
    yield from _drafts(consultation)
    public, organisations = opinions.tables(consultation)
    yield "3-意见听取和采纳情况/公众.docx", opinions.to_docx(consultation.title, "公众", public)
    yield (
        "3-意见听取和采纳情况/企业和行业协会商会.docx",
        opinions.to_docx(consultation.title, "企业和行业协会商会", organisations),
    )
    yield "4-征求意见对象名单.csv", _list(consultation, at)
    yield from _responses(consultation)
    yield from _reviews(consultation)
    signed = checkpoints.newest()
    if signed is not None:
        yield "7-公开记录检查点.json", json.dumps(signed.as_document(), ensure_ascii=False, indent=1).encode()


def _checklist(consultation: Consultation, at: datetime) -> bytes:
    """The preconditions as a table: title, state, why, basis."""
    rows = [(item.title, STATES[item.state.value], item.why, item.basis) for item in service.check(consultation, at=at)]
    return opinions.table_docx(
        f"《{consultation.title}》上会前置条件核对表",
        f"核对时间：{local(at):%Y年%m月%d日 %H:%M}",
        (("前置条件", 45), ("情况", 25), ("说明", 97), ("依据", 80)),
        rows,
    )


def _drafts(consultation: Consultation) -> Iterator[File]:
    public = consultation.public_version
    meant = [version for version in consultation.versions if version.kind is VersionKind.FOR_SUBMISSION]
    latest = meant[-1] if meant else (consultation.versions[-1] if consultation.versions else None)
    for words, version in (("征求意见稿", public), ("送审稿" if meant else "最新稿", latest)):
        if version is not None:
            yield _file(f"2-草案/{words}", version.file_name, version.file_digest)
    if public is not None and latest is not None and latest.id != public.id:
        compared = comparison.compare(_parsed(public), _parsed(latest))
        yield "2-草案/修改对照表.docx", word.comparison_to_docx(compared, consultation.title)


def _parsed(version: DraftVersion) -> provisions.Draft:
    return provisions.parse(version.text)


def _list(consultation: Consultation, at: datetime) -> bytes:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(
        ["单位名称", "统一社会信用代码", "类型", "规模", "行业", "地区", "列入理由", "情况", "答复期限", "答复时间"]
    )
    for place in board.every(consultation, at):
        row, invitation, one = place.listed, place.invitation, place.consultee
        answered = invitation.responses[-1].at if invitation is not None and invitation.responses else None
        table.writerow(
            [_plain(value) for value in (*_described(one), row.why, STANDINGS[place.standing])]
            + [_day(invitation.answer_by if invitation else None), _day(answered)]
        )
    return out.getvalue().encode("utf-8-sig")


def _plain(value: str) -> str:
    """Return a cell that no spreadsheet program runs as a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value


def _described(one: Consultee) -> tuple[str, ...]:
    sizes = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"}
    size = sizes.get(one.size.value, "") if one.size is not None else ""
    return one.name, one.credit_code or "", KINDS[one.kind.value], size, one.sector, one.region


def _day(moment: datetime | None) -> str:
    return f"{local(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


def _responses(consultation: Consultation) -> Iterator[File]:
    """A copy of each response, every version, with what was attached."""
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id)
        .order_by(Response.id)
    )
    for response in db.session.scalars(query):
        submission, name = response.submission, safe_name(response.invitation.consultee.name)[:60]
        folder = f"5-复函/{response.invitation_id:05d}-{name}/第{response.version}份"
        lines = [
            f"单位：{response.invitation.consultee.name}",
            f"编号：{submission.number}",
            f"收到：{_day(submission.received_at)}{'（逾期）' if response.late else ''}",
            f"发出：{response.by}",
            "",
        ]
        lines += ["无意见"] if response.no_opinion else []
        lines += (
            []
            if response.no_opinion
            else [f"【{part.anchor or '整个草案'}】{part.content}" for part in submission.parts]
        )
        yield f"{folder}/答复.txt", "\n".join(lines).encode()
        for n, file in enumerate(submission.attachments, 1):
            try:
                yield f"{folder}/附件{n}-{safe_name(file.file_name)}", content_of(file)
            except HeldBack as why:
                yield f"{folder}/附件{n}-已隔离.txt", f"{file.file_name}\n{why}\n".encode()


def _reviews(consultation: Consultation) -> Iterator[File]:
    """What people stated, with its evidence, and the overrides."""
    stated = [
        {
            "fact": fact.name,
            "value": fact.value,
            "note": fact.note,
            "evidence": fact.evidence_name,
            "sha256": fact.evidence_digest,
            "at": fact.at.isoformat(),
            "by": fact.by.name if fact.by is not None else "系统",
        }
        for fact in service.facts_stated(consultation)
    ]
    overridden = [
        {
            "precondition": row.precondition,
            "reason": row.reason,
            "by": row.by.name,
            "at": row.at.isoformat(),
            "withdrawn_at": row.withdrawn_at.isoformat() if row.withdrawn_at else None,
        }
        for row in db.session.scalars(select(Override).where(Override.consultation_id == consultation.id))
    ]
    document = {"facts": stated, "overrides": overridden}
    yield "6-审查和评估/登记情况.json", json.dumps(document, ensure_ascii=False, indent=1).encode()
    for name, fact in sorted(facts.stated(consultation).items()):
        if fact.evidence_digest:
            yield _file(f"6-审查和评估/{safe_name(name)}", fact.evidence_name, fact.evidence_digest)


def _file(place: str, name: str, digest: str) -> File:
    """A file that staff uploaded; in the place of one that is held back, the words that say so."""
    try:
        return f"{place}-{safe_name(name)}", file_scans.content_of(digest)
    except HeldBack as why:
        return f"{place}-已隔离.txt", f"{name}\n{why}\n".encode()
