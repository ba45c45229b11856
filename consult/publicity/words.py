"""The words of a kit: what the public pages say about the notice, the report and the issued text, and nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from consult.app_context import settings
from consult.clock import local
from consult.drafting import draft_units
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, PublicText, Stage
from consult.files.feedback import MainOpinion
from consult.files.html_reader import read_html
from consult.files.publicity import Kit, Point
from consult.issuance import document_acts
from consult.issuance import service as issuance
from consult.law.periods import in_words
from consult.ledger.service import canonical
from consult.publicity.errors import NotPublic
from consult.reporting import publication_check, report_document, report_versions
from consult.store import db
from consult.subscriptions.service import base_address

DRAWING: Final = 1
"""Generation of the drawing: a higher one makes every kit out of date."""
CHAPTERS: Final = 40
FIGURES: Final = ("received", "opinions", "outcome.adopted", "outcome.partly_adopted", "outcome.not_adopted")


def public_since(consultation: Consultation, about: PublicText, at: datetime) -> datetime | None:
    """Return since when a text is public; None if it isn't at ``at``."""
    if not consultation.is_public(at) or consultation.stage is Stage.WITHDRAWN:
        return None
    if about is PublicText.NOTICE:
        return consultation.opens_at
    if about is PublicText.REPORT:
        report = report_versions.published(consultation.id)
        return report.published_at if report is not None else None
    document = issuance.document_of(consultation)
    return document.at if document is not None else None


def public_day(consultation: Consultation, about: PublicText, at: datetime) -> date | None:
    """Return the local day from which a text was public, for the register of postings."""
    document = issuance.document_of(consultation) if about is PublicText.ISSUED else None
    since = public_since(consultation, about, at)
    return document.issued_on if document is not None else local(since).date() if since is not None else None


def compose(consultation: Consultation, about: PublicText, at: datetime) -> Kit:
    """Return the words of a kit.

    Raises:
        NotPublic: there is nothing to make known.
        ReportAltered: the published report isn't what was published.
    """
    if public_since(consultation, about, at) is None:
        raise NotPublic(f"{about.label.words}尚未公布，没有可以宣传的内容。")
    return {PublicText.NOTICE: _notice, PublicText.REPORT: _report, PublicText.ISSUED: _issued}[about](consultation, at)


def basis(kit: Kit) -> str:
    """Return the digest of a kit's words."""
    return hashlib.sha256(canonical({"drawing": DRAWING, **asdict(kit)})).hexdigest()


def _kit(consultation: Consultation, eyebrow: str, day: date | None, **words: object) -> Kit:
    values = {
        "facts": (),
        "paragraphs": (),
        "points_head": "",
        "points": (),
        "figures": (),
        "url": f"{base_address()}/consultations/{consultation.slug}",
    }
    config = settings()
    return Kit(
        eyebrow=eyebrow,
        title=str(words.pop("title", consultation.title)),
        department=config.department,
        site=config.site_name,
        day=in_words(day) if day is not None else "",
        **(values | words),  # type: ignore[arg-type]
    )


def _notice(consultation: Consultation, at: datetime) -> Kit:
    opened = local(consultation.opens_at).date() if consultation.opens_at is not None else None
    last = consultation.last_day
    facts = [("征求意见", f"{in_words(opened)}至{in_words(last)}24时")] if opened and last else []
    facts += [("延长期限", extension.reason) for extension in consultation.extensions[-1:]]
    facts.append(("在线提意见", f"{base_address()}/consultations/{consultation.slug}"))
    if consultation.contact:
        facts.append(("联系方式", consultation.contact))
    notice = [line.strip() for line in read_html(consultation.notice_as_read).splitlines()]
    return _kit(
        consultation,
        "公开征求意见" if not consultation.extensions else "公开征求意见（已延长期限）",
        opened,
        facts=tuple(facts),
        paragraphs=tuple(filter(None, notice)),
        points_head="草案目录",
        points=_contents(consultation.public_version),
        call="扫码看草案全文、提意见",
    )


def _report(consultation: Consultation, at: datetime) -> Kit:
    report = report_versions.published(consultation.id)
    assert report is not None
    publication_check.require_unaltered(report)
    document = report_document.document(report)
    figures = {line.name: line for line in document.figures}
    return _kit(
        consultation,
        "意见采纳情况反馈" if report.replaces_id is None else "意见采纳情况反馈（更正）",
        local(report.published_at).date() if report.published_at is not None else None,
        facts=document.dates,
        paragraphs=document.statement,
        figures=tuple((f"{figures[name].n:,}", figures[name].label) for name in FIGURES if name in figures),
        points_head="较为集中的意见和采纳情况",
        points=tuple(map(_main, document.main_opinions)),
        call="扫码看每条意见的采纳情况和理由" if document.n("opinions") else "扫码看反馈全文",
        url=f"{base_address()}/consultations/{consultation.slug}/report",
        note=document.replaces,
    )


def _main(opinion: MainOpinion) -> Point:
    paragraphs = [f"{opinion.place}，{opinion.n:,} 条。{opinion.reason}".strip()]
    paragraphs += [f"另有 {other.n:,} 条：{other.outcome}。{other.reason}" for other in opinion.others]
    if opinion.rewording is not None:
        paragraphs += [f"原文：{opinion.rewording.old}"] if opinion.rewording.old else []
        paragraphs.append(f"{opinion.rewording.label}：{opinion.rewording.new}")
    return Point(opinion.title, tuple(paragraphs), opinion.outcome)


def _issued(consultation: Consultation, at: datetime) -> Kit:
    document = issuance.document_of(consultation)
    assert document is not None
    facts = [("发文字号", document.document_number), ("印发日期", in_words(document.issued_on))]
    facts += [("施行情况", document_acts.validity(document, at).words), ("公布于", document.published_in)]
    report = report_versions.published(consultation.id)
    beside = "网页同时公布意见的采纳情况和理由，以及印发的文本和征求意见稿的对照。" if report is not None else ""
    return _kit(
        consultation,
        "文件公布",
        document.issued_on,
        title=document.version.title or consultation.title,
        facts=tuple(facts),
        paragraphs=(beside,) if beside else (),
        points_head="目录",
        points=_contents(document.version),
        call="扫码看全文",
    )


def _contents(version: DraftVersion | None) -> tuple[Point, ...]:
    """Return the heads of a text's chapters, or of its uppermost clauses or articles."""
    if version is None:
        return ()
    query = select(ProvisionRow).where(ProvisionRow.version_id == version.id).order_by(ProvisionRow.position)
    entries = draft_units.read(db.session.scalars(query).all()).contents({})
    left_out = (Point(f"……（共 {len(entries)} 项）"),) if len(entries) > CHAPTERS else ()
    return tuple(Point(block.label) for block, _ in entries[:CHAPTERS]) + left_out
