"""Finding the consultation that a message is about, from the surest sign to the weakest.

A sign that points to one consultation decides. Where it points to several, the weaker signs may tell them apart; else
the message waits for somebody to say where it belongs, with what was found as suggestions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.drafting.models import Consultation, Stage
from consult.files.mail import Mail, normalise_subject, plus_tag, quoted_titles
from consult.intake.mailbox import titles
from consult.intake.mailbox.models import Acknowledgement
from consult.intake.models import Submission
from consult.store import db
from consult.text.fingerprint import normalise
from consult.text.widths import flatten

SUGGESTIONS = 5
LOOKED_AT = 60_000
"""Characters of a body that are searched for titles."""
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(20\d{6}-[23456789A-HJKMNP-Z]{8})(?![0-9A-Za-z])", re.I)
_SLUG = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_TRADITIONAL = re.compile(
    "[們國對這個會來時說後從應當兩實體點開關進過還發現經業數據機構電話號碼區辦規範圍內條項據變動權責場處專與為產務總則計網絡環保護]"
)

Linked = Callable[[Mail], Iterable[int]]


@dataclass(frozen=True)
class Target:
    """A consultation as far as finding it needs."""

    id: int
    slug: str
    title: str
    phrase: str
    stage: Stage
    opens_at: datetime | None
    closes_at: datetime | None

    def refusal(self, at: datetime) -> str:
        """Say why it takes no submission at ``at``, in Chinese; empty when it takes one."""
        if self.stage is Stage.WITHDRAWN:
            return f"《{self.title}》的征求意见已经撤回，不再接收意见"
        if self.opens_at is None or at < self.opens_at:
            return f"《{self.title}》还没有开始征求意见"
        return ""

    def is_open(self, at: datetime) -> bool:
        """Whether its period is running."""
        return not self.refusal(at) and self.closes_at is not None and at < self.closes_at


@dataclass(frozen=True)
class Route:
    """Where a message belongs: the consultation or none, why in Chinese, and others that it might be, best first."""

    target: Target | None
    why: str
    suggested: tuple[int, ...] = ()


def targets() -> list[Target]:
    """Return all consultations as they are now."""
    columns = (
        Consultation.id,
        Consultation.slug,
        Consultation.title,
        Consultation.mail_phrase,
        Consultation.stage,
        Consultation.opens_at,
        Consultation.closes_at,
    )
    return [Target(*row) for row in db.session.execute(select(*columns).order_by(Consultation.id))]


def route(mail: Mail, known: Sequence[Target], *, at: datetime, linked: Sequence[Linked] = ()) -> Route:
    """Return where a message belongs.

    Arguments:
        linked: what else knows of a message (the stage of the consultees: its invitations, its contacts).
        at: aware moment at which it is sorted.
    """
    found: set[int] = set()
    said = ""
    weaker: list[int] = []
    by_id = {target.id: target for target in known}
    for words, hits in _signs(mail, known, linked):
        hits = {hit for hit in hits if hit in by_id}
        weaker += sorted(hits)
        if not hits:
            continue
        found, said = (found & hits or found, said) if found else (hits, words)
        if len(found) == 1:
            break
    if len(found) > 1:
        running = {one for one in found if by_id[one].is_open(at)}
        found = running if len(running) == 1 else found
    suggested = tuple(dict.fromkeys([*sorted(found), *weaker]))[:SUGGESTIONS]
    if len(found) == 1:
        target = by_id[next(iter(found))]
        refusal = target.refusal(at)
        if refusal:
            return Route(None, f"{refusal}，请人工处理", suggested)
        return Route(target, said, suggested)
    if found:
        return Route(None, f"{said}：同时对上 {len(found)} 件征求意见，请人工归类", suggested)
    return Route(None, "没有对上任何一件征求意见，请人工归类", _alike(mail, known, at))


def _signs(mail: Mail, known: Sequence[Target], linked: Sequence[Linked]) -> Iterator[tuple[str, set[int]]]:
    """Yield the signs of a message, each in words with the consultations that it points to, the surest first."""
    subject = normalise_subject(mail.subject)
    subject = titles.simplified(subject) if _TRADITIONAL.search(subject) else subject
    yield "收件地址带有编号", _by_plus(mail, known)
    yield "主题里有公告要求注明的字样", _by_phrase(subject, known)
    yield "主题里有征求意见的编号", _by_slug(subject, known)
    yield "主题里有草案名称", _by_title(subject, known)
    yield "回复平台发出的邮件", _by_thread(mail) | _by_receipt(subject)
    for look in linked:
        yield "与征求意见函有关", set(look(mail))
    text = mail.text[:LOOKED_AT]
    text = titles.simplified(text) if _TRADITIONAL.search(text) else text
    yield "正文里有草案名称", _by_title(text, known)
    yield "正文里有公告要求注明的字样", _by_phrase(text[:2_000], known)
    yield "正文里有回执编号", _by_receipt(text[:5_000])
    yield "附件名称里有草案名称", _by_title("\n".join(file.name for file in mail.all_attachments()), known)
    yield "引用的原文里有草案名称", _by_title(mail.quoted[:LOOKED_AT], known)


def _by_plus(mail: Mail, known: Sequence[Target]) -> set[int]:
    tags = {plus_tag(address).lower() for address in mail.recipients()} - {""}
    return {target.id for target in known if target.slug.lower() in tags} if tags else set()


def _by_phrase(text: str, known: Sequence[Target]) -> set[int]:
    return _longest(normalise(text), [(normalise(target.phrase), target.id) for target in known if target.phrase])


def _by_slug(subject: str, known: Sequence[Target]) -> set[int]:
    """Find slugs that stand by themselves: no letter, digit or hyphen before or after."""
    words = set(_SLUG.findall(flatten(subject).lower()))
    return {target.id for target in known if target.slug.lower() in words}


def _by_title(text: str, known: Sequence[Target]) -> set[int]:
    """Find titles: quoted whole, quoted without the note at the end, then unquoted."""
    if not text.strip():
        return set()
    quoted = quoted_titles(text)
    for form in (titles.whole, titles.core):
        named = {form(title) for title in quoted}
        hits = {target.id for target in known if form(target.title) in named}
        if hits:
            return hits
    flat = titles.whole(text) if len(text) < 500 else normalise(text).replace("<", "").replace(">", "")
    return _longest(flat, [(titles.whole(target.title), target.id) for target in known]) or _longest(
        flat, [(titles.core(target.title), target.id) for target in known]
    )


def _longest(flat: str, wanted: Sequence[tuple[str, int]]) -> set[int]:
    """Return the ids whose words stand in ``flat``, without those whose words only stand inside longer ones."""
    there = [(words, id_) for words, id_ in wanted if words and words in flat]
    rest = flat
    hits: set[int] = set()
    for words in sorted({words for words, _ in there}, key=len, reverse=True):
        if words in rest:
            hits |= {id_ for same, id_ in there if same == words}
            rest = rest.replace(words, "\n")
    return hits


def _by_thread(mail: Mail) -> set[int]:
    """Return the consultations of the acknowledgements that a message answers."""
    named = _named(mail)
    if not named:
        return set()
    query = (
        select(Submission.consultation_id)
        .join(Acknowledgement, Acknowledgement.submission_id == Submission.id)
        .where(Acknowledgement.message_id.in_(named), Submission.consultation_id.is_not(None))
    )
    return {id_ for id_ in db.session.scalars(query) if id_ is not None}


def _named(mail: Mail) -> Collection[str]:
    return [one for one in dict.fromkeys((mail.in_reply_to, *mail.references)) if one and "\x00" not in one]


def _by_receipt(text: str) -> set[int]:
    """Return the consultations of the receipts whose numbers stand in a text."""
    numbers = {number.upper() for number in _NUMBER.findall(text)}
    if not numbers:
        return set()
    query = select(Submission.consultation_id).where(
        Submission.number.in_(numbers), Submission.consultation_id.is_not(None)
    )
    return {id_ for id_ in db.session.scalars(query) if id_ is not None}


def _alike(mail: Mail, known: Sequence[Target], at: datetime) -> tuple[int, ...]:
    """Return open or closed consultations whose titles share most with a message, best first."""
    pairs = _pairs(normalise(f"{mail.subject}\n{mail.text[:3_000]}"))
    scored = []
    for target in known:
        own = _pairs(titles.core(target.title)) - _COMMON
        shared = len(own & pairs) / len(own) if own else 0.0
        if shared >= 0.3 and not target.refusal(at):
            scored.append((target.is_open(at), shared, target.id))
    return tuple(id_ for _, _, id_ in sorted(scored, reverse=True)[:SUGGESTIONS])


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


_COMMON = _pairs("关于印发管理办法实施细则规定条例暂行若干意见通知的")
