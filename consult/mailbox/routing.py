"""Routes a message to the consultation that it is about, by evidence from the strongest to the weakest.

Evidence for one consultation decides. If it fits several, weaker evidence may decide between them; otherwise the
message waits to be assigned by hand, with the candidates as suggestions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from consult.drafting.models import Consultation, Stage
from consult.files.mail import Auto, Mail, normalise_subject, plus_tag, quoted_titles
from consult.intake.models import Submission
from consult.mailbox import draft_titles
from consult.mailbox.models import Acknowledgement
from consult.store import db
from consult.text.fingerprint import normalise
from consult.text.simplified import simplified
from consult.text.widths import flatten

SUGGESTIONS = 5
SEARCHED = 60_000
"""Characters of a body searched for titles."""
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(20\d{6}-[23456789A-HJKMNP-Z]{8})(?![0-9A-Za-z])", re.I)
_SLUG = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_TRADITIONAL = re.compile(
    "[們國對這個會來時說後從應當兩實體點開關進過還發現經業數據機構電話號碼區辦規範圍內條項據變動權責場處專與為產務總則計網絡環保護]"
)

BULK_HINT = "群发邮件，写有草案名称，可能是意见，请人工判断"

_ON_A_DRAFT = re.compile(
    r"(?:\A|[。；;])\s*(?:[一二三四五六七八九十\d]{1,3}[、.．)）]|[（(][一二三四五六七八九十\d]{1,3}[)）]|第[一二三]部分"
    r"|另外?[，,]?|此外[，,]?|同时[，,]?)*\s*"
    r"(?:(?:对|就|关于|针对|有关|至于)(?:贵[局委厅府]|你们)?[^《。，,\n]{0,12}(?:《[^》\n]{2,100}》[和与及、以]*)+[^。，,；;\n]{0,16}"
    r"(?:意见|建议|看法|[:：]|(?=第[一二三四五六七八九十百\d]+条))|(?:《[^》\n]{2,100}》[和与及、以]*)+(?:（[^）\n]{1,20}）)?"
    r"(?:的)?(?:意见|建议|部分|方面)*\s*(?:[:：]|\Z))"
)

Linked = Callable[[Mail], Iterable[int]]


@dataclass(frozen=True)
class Target:
    """The columns of a consultation that routing needs."""

    id: int
    slug: str
    title: str
    phrase: str
    stage: Stage
    opens_at: datetime | None
    closes_at: datetime | None

    def refusal(self, at: datetime) -> str:
        """Return why it accepts no submission at ``at``, in Chinese; empty if it does."""
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
    """The route of a message: the consultation or none, the reason in Chinese, and other candidates, best first."""

    target: Target | None
    why: str
    suggested: tuple[int, ...] = ()


def targets() -> list[Target]:
    """Return all consultations."""
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


def route_if_submission(
    mail: Mail, known: Sequence[Target], *, at: datetime, linked: Sequence[Linked] = ()
) -> Route | None:
    """Return the route of a message that is a submission; None if it stays with what programs sent.

    Mail to many that names a draft may be an opinion: a person says so. A note that only its words show to be one goes
    to the organisation that was asked, if it is from one.
    """
    if mail.auto is Auto.NONE or (mail.auto is Auto.ABSENCE and any(set(look(mail)) for look in linked)):
        return route(mail, known, at=at, linked=linked)
    if mail.auto is not Auto.BULK:
        return None
    named = list(dict.fromkeys(hit for _, hits in _evidence(mail, known, ()) for hit in sorted(hits)))
    return Route(None, BULK_HINT, tuple(named[:SUGGESTIONS])) if named else None


def route(mail: Mail, known: Sequence[Target], *, at: datetime, linked: Sequence[Linked] = ()) -> Route:
    """Return the route of a message.

    Arguments:
        linked: lookups of other stages (the consultees' invitations and contacts).
        at: aware moment of routing.
    """
    candidates: set[int] = set()
    reason = ""
    weaker: list[int] = []
    by_id = {target.id: target for target in known}
    for words, hits in _evidence(mail, known, linked):
        hits = {hit for hit in hits if hit in by_id}
        weaker += sorted(hits)
        if not hits:
            continue
        candidates, reason = (candidates & hits or candidates, reason) if candidates else (hits, words)
        if len(candidates) == 1:
            break
    if len(candidates) > 1:
        running = {candidate for candidate in candidates if by_id[candidate].is_open(at)}
        candidates = running if len(running) == 1 else candidates
    suggested = tuple(dict.fromkeys([*sorted(candidates), *weaker]))[:SUGGESTIONS]
    if len(candidates) == 1:
        target = by_id[next(iter(candidates))]
        refusal = target.refusal(at)
        if refusal:
            return Route(None, f"{refusal}，请人工处理", suggested)
        others = _others(mail, target, known, at)
        if others:
            titles = "".join(f"《{other.title}》" for other in others)
            both = tuple(dict.fromkeys((target.id, *(other.id for other in others), *suggested)))[:SUGGESTIONS]
            return Route(None, f"来信还对{titles}提出意见，请人工归类；另一件的部分请用“登记来件”登记", both)
        return Route(target, reason, suggested)
    if candidates:
        return Route(None, f"{reason}：同时对上 {len(candidates)} 件征求意见，请人工归类", suggested)
    return Route(None, "没有对上任何一件征求意见，请人工归类", _similar(mail, known, at))


def _others(mail: Mail, target: Target, known: Sequence[Target], at: datetime) -> list[Target]:
    """Return other running consultations that a message gives an opinion on, not those that it only refers to.

    An opinion on another draft names it in the subject, or begins a part: “对《乙办法》的意见：”, “二、《乙办法》”.
    """
    heads = [line.strip() for line in f"{mail.subject}\n{mail.text[:SEARCHED]}".split("\n") if "《" in line]
    heads = [simplified(line) if _TRADITIONAL.search(line) else line for line in heads]
    marked = [title for line in heads for match in _ON_A_DRAFT.finditer(line) for title in quoted_titles(match[0])]
    marked += quoted_titles(simplified(mail.subject))
    named = {form(title) for title in marked for form in (draft_titles.normalised, draft_titles.core)}
    there = {form(target.title) for form in (draft_titles.normalised, draft_titles.core)}
    return [
        other
        for other in known
        if other.id != target.id
        and other.is_open(at)
        and draft_titles.core(other.title) in named
        and draft_titles.core(other.title) not in there
    ]


def _evidence(mail: Mail, known: Sequence[Target], linked: Sequence[Linked]) -> Iterator[tuple[str, set[int]]]:
    """Yield the evidence in a message, described in words, with the consultations it fits, strongest first."""
    subject = "\n".join(dict.fromkeys((normalise_subject(mail.subject), normalise_subject(mail.title))))
    subject = simplified(subject) if _TRADITIONAL.search(subject) else subject
    yield "收件地址带有编号", _by_plus(mail, known)
    yield "主题里有公告要求注明的字样", _by_phrase(subject, known)
    yield "主题里有征求意见的编号", _by_slug(subject, known)
    yield "主题里有草案名称", _by_title(subject, known)
    yield "回复平台发出的邮件", _by_thread(mail) | _by_receipt(subject)
    for look in linked:
        yield "与征求意见函有关", set(look(mail))
    text = mail.text[:SEARCHED]
    text = simplified(text) if _TRADITIONAL.search(text) else text
    yield "正文里有草案名称", _by_title(text, known)
    yield "正文里有公告要求注明的字样", _by_phrase(text[:2_000], known)
    yield "正文里有回执编号", _by_receipt(text[:5_000])
    yield "附件名称里有草案名称", _by_title("\n".join(file.name for file in mail.all_attachments()), known)
    yield "引用的原文里有草案名称", _by_title(mail.quoted[:SEARCHED], known)


def _by_plus(mail: Mail, known: Sequence[Target]) -> set[int]:
    tags = {plus_tag(address).lower() for address in mail.recipients()} - {""}
    return {target.id for target in known if target.slug.lower() in tags} if tags else set()


def _by_phrase(text: str, known: Sequence[Target]) -> set[int]:
    return _longest(normalise(text), [(normalise(target.phrase), target.id) for target in known if target.phrase])


def _by_slug(subject: str, known: Sequence[Target]) -> set[int]:
    """Find slugs as whole words: no letter, digit or hyphen before or after."""
    words = set(_SLUG.findall(flatten(subject).lower()))
    return {target.id for target in known if target.slug.lower() in words}


def _by_title(text: str, known: Sequence[Target]) -> set[int]:
    """Find titles: quoted in full, quoted without the note at the end, then unquoted."""
    if not text.strip():
        return set()
    quoted = quoted_titles(text)
    for form in (draft_titles.normalised, draft_titles.core):
        named = {form(title) for title in quoted}
        hits = {target.id for target in known if form(target.title) in named}
        if hits:
            return hits
    flat = draft_titles.normalised(text) if len(text) < 500 else normalise(text).replace("<", "").replace(">", "")
    return _longest(flat, [(draft_titles.normalised(target.title), target.id) for target in known]) or _longest(
        flat, [(draft_titles.core(target.title), target.id) for target in known]
    )


def _longest(flat: str, wanted: Sequence[tuple[str, int]]) -> set[int]:
    """Return the ids whose words occur in ``flat``, except inside longer matches."""
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
    named = _referenced_ids(mail)
    if not named:
        return set()
    query = (
        select(Submission.consultation_id)
        .join(Acknowledgement, Acknowledgement.submission_id == Submission.id)
        .where(
            or_(Acknowledgement.message_id.in_(named), Acknowledgement.collected_in.in_(named)),
            Submission.consultation_id.is_not(None),
        )
    )
    return {id_ for id_ in db.session.scalars(query) if id_ is not None}


def _referenced_ids(mail: Mail) -> Collection[str]:
    return [
        message_id
        for message_id in dict.fromkeys((mail.in_reply_to, *mail.references))
        if message_id and "\x00" not in message_id
    ]


def _by_receipt(text: str) -> set[int]:
    """Return the consultations of the receipt numbers in a text."""
    numbers = {number.upper() for number in _NUMBER.findall(text)}
    if not numbers:
        return set()
    query = select(Submission.consultation_id).where(
        Submission.number.in_(numbers), Submission.consultation_id.is_not(None)
    )
    return {id_ for id_ in db.session.scalars(query) if id_ is not None}


def _similar(mail: Mail, known: Sequence[Target], at: datetime) -> tuple[int, ...]:
    """Return open or closed consultations with titles most similar to a message, best first."""
    pairs = _pairs(normalise(f"{mail.subject}\n{mail.text[:3_000]}"))
    scored = []
    for target in known:
        title_pairs = _pairs(draft_titles.core(target.title)) - _COMMON
        shared = len(title_pairs & pairs) / len(title_pairs) if title_pairs else 0.0
        if shared >= 0.3 and not target.refusal(at):
            scored.append((target.is_open(at), shared, target.id))
    return tuple(id_ for _, _, id_ in sorted(scored, reverse=True)[:SUGGESTIONS])


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


_COMMON = _pairs("关于印发管理办法实施细则规定条例暂行若干意见通知的")
