"""What the one way in asks of everything that comes, whatever the channel and however many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from consult.drafting.models import ProvisionRow, Stage
from consult.drafting.terms import Terms
from consult.intake.arrival import (
    CONTACT_CHARACTERS,
    NAME_CHARACTERS,
    PARTS,
    QUOTE_CHARACTERS,
    SUBJECT_CHARACTERS,
    Arrival,
    Said,
    clean,
)
from consult.intake.errors import EmptyContent, NotOpen, TooLong, TooManyAttachments, UnknownProvision
from consult.settings import settings
from consult.store.query import Query
from consult.text.sentences import sentence

ASKED_AT_ONCE = 16
"""Anchors that one query asks for."""
_PLACES = [f"anchor_{n}" for n in range(ASKED_AT_ONCE)]
_KNOWN = Query(
    select(ProvisionRow.anchor).where(
        ProvisionRow.version_id == bindparam("version_id"), ProvisionRow.anchor.in_([bindparam(p) for p in _PLACES])
    )
)


def said(arrival: Arrival) -> tuple[Said, ...]:
    """Return what an arrival says, in normal form.

    Raises:
        EmptyContent: it says nothing and carries no file.
    """
    parts = tuple([part for part in map(_in_normal_form, arrival.parts) if part.content])
    if not parts and not arrival.attachments:
        raise EmptyContent(sentence("还没有写意见。请写下意见再提交。"), "content")
    return parts or (Said("（意见在附件中）"),)


def _in_normal_form(part: Said) -> Said:
    content, anchor, quote = clean(part.content), part.anchor.strip(), clean(part.quote)[:QUOTE_CHARACTERS]
    as_it_is = content == part.content and anchor == part.anchor and quote == part.quote
    return part if as_it_is else Said(content, anchor, quote)


def check_lengths(arrival: Arrival, parts: Sequence[Said]) -> None:
    """Refuse what is longer or more than one may send; what can't be sent back is taken at any length."""
    if arrival.trusted_length:
        return
    config = settings()
    if len(parts) > PARTS:
        raise TooLong(
            sentence("一次最多对 %(most)s 处提意见，现在有 %(n)s 处，请分几次提交。", most=PARTS, n=len(parts)),
            "content",
        )
    for part in parts:
        if len(part.content) > config.comment_characters:
            raise TooLong(
                sentence(
                    "这条意见有 %(n)s 字，最多 %(most)s 字。请缩短，或者把全文作为附件上传。",
                    n=f"{len(part.content):,}",
                    most=f"{config.comment_characters:,}",
                ),
                "content",
            )
    for text, limit, name, field in (
        (arrival.name, NAME_CHARACTERS, sentence("姓名或者单位名称"), "name"),
        (arrival.contact, CONTACT_CHARACTERS, sentence("联系方式"), "contact"),
        (arrival.subject, SUBJECT_CHARACTERS, sentence("主题"), "subject"),
    ):
        if len(text) > limit:
            words = sentence("%(name)s有 %(n)s 字，最多 %(most)s 字，请缩短。", name=name, n=len(text), most=limit)
            raise TooLong(words, field)
    if len(arrival.attachments) > config.attachment_count:
        raise TooManyAttachments(
            sentence(
                "一次最多上传 %(most)s 个附件，现在有 %(n)s 个。请去掉一些，或者合并成一个文件。",
                most=config.attachment_count,
                n=len(arrival.attachments),
            ),
            "attachments",
        )


def check_period(consultation: Terms, received_at: datetime) -> None:
    """Refuse what came before the consultation opened, or after it was withdrawn."""
    if consultation.opens_at is None or received_at < consultation.opens_at:
        raise NotOpen(sentence("这件征求意见还没有开始。请在公布之后再提交；您写的内容可以先保存下来。"))
    if consultation.stage is Stage.WITHDRAWN:
        raise NotOpen(sentence("这件征求意见已经撤回，不再接收意见。"))


def known_anchors(consultation: Terms, anchors: Iterable[str]) -> set[str]:
    """Return those of ``anchors`` that name a provision of the draft out for comment; the empty one always does."""
    named = sorted(anchor for anchor in anchors if anchor and "\x00" not in anchor)  # PostgreSQL takes no such text
    known = {""}
    for start in range(0, len(named), ASKED_AT_ONCE):
        asked = dict.fromkeys(_PLACES, "") | dict(zip(_PLACES, named[start : start + ASKED_AT_ONCE], strict=False))
        known.update(anchor for (anchor,) in _KNOWN(version_id=consultation.public_version_id, **asked))
    return known


def check_anchors(parts: Sequence[Said], known: set[str]) -> None:
    """Refuse an anchor that isn't among the known ones."""
    unknown = {part.anchor for part in parts} - known
    if unknown:
        words = sentence("草案里没有“%(place)s”这一处。请从草案的条文重新选择。", place=min(unknown)[:80])
        raise UnknownProvision(words, "anchor")
