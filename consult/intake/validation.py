"""Validation of submissions, the same for all channels, single ones and batches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, bindparam, select

from consult.app_context import settings
from consult.drafting.models import ProvisionRow, Question, Stage
from consult.drafting.terms import Terms
from consult.intake.arrival import (
    CONTACT_CHARACTERS,
    NAME_CHARACTERS,
    PARTS,
    QUOTE_CHARACTERS,
    SUBJECT_CHARACTERS,
    Arrival,
    ArrivalAnswer,
    ArrivalPart,
    clean,
)
from consult.intake.errors import EmptyContent, NotOpen, TooLong, TooManyAttachments, UnknownProvision, UnknownQuestion
from consult.store.compiled_query import Query
from consult.text.sentences import sentence

CUT = "\n（来件共 {together:,} 字，这里只列到第 {most:,} 字，后面的没有列出；全文见来件原件。）"
"""What stands where a text that can't be sent back was cut."""
ATTACHED = "（意见在附件中）"
"""What stands for the words of a submission that is nothing but files."""
ASKED_AT_ONCE = 16
"""Anchors looked up by one query."""
_PLACES = [f"anchor_{n}" for n in range(ASKED_AT_ONCE)]
_KNOWN = Query(
    select(ProvisionRow.anchor).where(
        ProvisionRow.version_id == bindparam("version_id"), ProvisionRow.anchor.in_([bindparam(p) for p in _PLACES])
    )
)


_ASKED = select(Question.number, Question.id).where(
    Question.consultation_id == bindparam("consultation_id"), Question.removed_at.is_(None)
)
_QUESTIONS = Query(cast("Select[Any]", _ASKED))


@dataclass(frozen=True, slots=True)
class Answered:
    """A text in answer to a question, by its id."""

    question_id: int
    content: str


def parts_of(arrival: Arrival) -> tuple[ArrivalPart, ...]:
    """Return the parts of an arrival in normal form.

    Raises:
        EmptyContent: there is neither text nor file.
    """
    parts = tuple([part for part in map(_in_normal_form, arrival.parts) if part.content])
    if arrival.trusted_length:
        parts = _within(parts, settings().submission_characters)
    if parts or (arrival.answers and answers_of(arrival) and not arrival.attachments):
        return parts
    if not arrival.attachments:
        raise EmptyContent(sentence("还没有写意见。请写下意见再提交。"), "content")
    return (ArrivalPart(ATTACHED),)


def _within(parts: tuple[ArrivalPart, ...], most: int) -> tuple[ArrivalPart, ...]:
    """Return parts that nobody can be asked to shorten, cut where they are too long; the raw form is whole."""
    together = sum(len(part.content) for part in parts)
    if together <= most:
        return parts
    kept: list[ArrivalPart] = []
    for part in parts:
        room = most - sum(len(earlier.content) for earlier in kept)
        if len(part.content) > room:
            cut = CUT.format(together=together, most=most)
            return (*kept, ArrivalPart(part.content[:room] + cut, part.anchor, part.quote))
        kept.append(part)
    return tuple(kept)


def answers_of(arrival: Arrival) -> tuple[ArrivalAnswer, ...]:
    """Return the answers of an arrival in normal form, by the number of their question.

    Those without any letter or digit (blanks, “/”, “。”) say nothing and are left out; the raw form keeps them.

    Raises:
        UnknownQuestion: a question is answered twice.
    """
    written = (ArrivalAnswer(answer.number, clean(answer.content)) for answer in arrival.answers)
    answers = sorted(
        (answer for answer in written if any(map(str.isalnum, answer.content))), key=lambda answer: answer.number
    )
    if len({answer.number for answer in answers}) < len(answers):
        raise UnknownQuestion(sentence("同一个问题只能回答一次。"), "answers")
    return tuple(answers)


def answered(consultation: Terms | None, arrival: Arrival) -> tuple[Answered, ...]:
    """Return the answers with the ids of their questions, which only a consultation that was answered is asked for.

    Raises:
        UnknownQuestion: the consultation asks no such question.
    """
    if not arrival.answers or not (answers := answers_of(arrival)):
        return ()
    asked = dict(_QUESTIONS(consultation_id=consultation.id)) if consultation is not None else {}
    unknown = next((answer.number for answer in answers if answer.number not in asked), None)
    if unknown is not None:
        raise UnknownQuestion(sentence("没有编号为 %(n)s 的问题。请刷新页面后重新填写。", n=unknown), "answers")
    return tuple(Answered(asked[answer.number], answer.content) for answer in answers)


def _in_normal_form(part: ArrivalPart) -> ArrivalPart:
    content, anchor, quote = clean(part.content), part.anchor.strip(), clean(part.quote)[:QUOTE_CHARACTERS]
    as_it_is = content == part.content and anchor == part.anchor and quote == part.quote
    return part if as_it_is else ArrivalPart(content, anchor, quote)


def check_lengths(arrival: Arrival, parts: Sequence[ArrivalPart]) -> None:
    """Refuse texts and files beyond the limits, unless ``trusted_length``."""
    if arrival.trusted_length:
        return
    config = settings()
    if len(parts) > PARTS:
        raise TooLong(
            sentence("一次最多对 %(most)s 处提意见，现在有 %(n)s 处，请分几次提交。", most=PARTS, n=len(parts)),
            "content",
        )
    written: list[ArrivalPart | ArrivalAnswer] = [*parts, *(answers_of(arrival) if arrival.answers else ())]
    for part in written:
        if len(part.content) > config.comment_characters:
            raise TooLong(
                sentence(
                    "这条意见有 %(n)s 字，最多 %(most)s 字。请缩短，或者把全文作为附件上传。",
                    n=f"{len(part.content):,}",
                    most=f"{config.comment_characters:,}",
                ),
                "content",
            )
    together = sum(len(part.content) for part in written) + sum(len(part.quote) for part in parts)
    if together > config.submission_characters:
        raise TooLong(
            sentence(
                "这一次提交的意见一共有 %(n)s 字，最多 %(most)s 字。请分几次提交，或者把全文作为附件上传。",
                n=f"{together:,}",
                most=f"{config.submission_characters:,}",
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
    """Refuse a submission before the consultation opened or after it was withdrawn."""
    if consultation.opens_at is None or received_at < consultation.opens_at:
        raise NotOpen(sentence("这件征求意见还没有开始。请在公布之后再提交；您写的内容可以先保存下来。"))
    if consultation.stage is Stage.WITHDRAWN:
        raise NotOpen(sentence("这件征求意见已经撤回，不再接收意见。"))


def known_anchors(consultation: Terms, anchors: Iterable[str]) -> set[str]:
    """Return those of ``anchors`` that exist in the draft out for comment; the empty one always does."""
    named = sorted(anchor for anchor in anchors if anchor and "\x00" not in anchor)  # PostgreSQL refuses such text
    known = {""}
    for start in range(0, len(named), ASKED_AT_ONCE):
        asked = dict.fromkeys(_PLACES, "") | dict(zip(_PLACES, named[start : start + ASKED_AT_ONCE], strict=False))
        known.update(anchor for (anchor,) in _KNOWN(version_id=consultation.public_version_id, **asked))
    return known


def check_anchors(parts: Sequence[ArrivalPart], known: set[str]) -> None:
    """Refuse an anchor that isn't among the known ones."""
    unknown = {part.anchor for part in parts} - known
    if unknown:
        words = sentence("草案里没有“%(place)s”这一处。请从草案的条文重新选择。", place=min(unknown)[:80])
        raise UnknownProvision(words, "anchor")
