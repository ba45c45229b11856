"""The register: enterprises, associations and organisations; checked, retired, merged, never deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import or_, select, update
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Attendance, Consultee, ConsulteeKind, Contact, Invitation, Listed, Member, Size
from consult.consultees.standing import follow
from consult.ledger.service import Done, digest, record, record_many
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns

SECTORS = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}
"""Sections of the industry classification, GB/T 4754-2017."""

_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}")
_FORMS = re.compile(r"(股份)?有限(责任)?公司|集团|（.*?）|\(.*?\)|[\s·.\-—、，,]")
TURNS = "consultee.register"
"""What who adds to the register or changes it takes turns with, and who puts somebody of it on a list."""
NEARLY_EQUAL = 88
"""Similarity in percent (rapidfuzz ratio) from which two names are offered for merging."""


@dataclass(frozen=True)
class Entry:
    """What is known of a consultee, as typed or imported."""

    name: str
    kind: ConsulteeKind
    credit_code: str = ""
    size: Size | None = None
    sector: str = ""
    region: str = ""
    address: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""


def name_key(name: str) -> str:
    """Return a name without what varies in writing it."""
    return _FORMS.sub("", name)[:200] or name[:200]


def check_code(code: str) -> str | None:
    """Return a unified social credit code in its normal form, None for an empty one.

    Raises:
        ConsulteeRefused: the length or the check character is wrong (GB 32100-2015).
    """
    compact = code.strip().upper().replace(" ", "").replace("-", "")
    if not compact:
        return None
    try:
        return str(uscc.validate(compact))
    except ValidationError as error:
        raise ConsulteeRefused(
            f"统一社会信用代码“{code.strip()}”不对：应当是 18 位，并且校验位要对得上。请核对营业执照。"
        ) from error


def add(actor: Actor, entry: Entry, *, at: datetime, checked: bool = False) -> Consultee:
    """Put a consultee on the register.

    Arguments:
        checked: the caller checked the entry, and that its code is registered nowhere.

    Raises:
        ConsulteeRefused: no name, a wrong code, sector or address, or the code is registered already.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    code = (entry.credit_code or None) if checked else check(entry)
    with transaction() as session:
        take_turns(TURNS)
        if code is not None and not checked:
            known = session.scalar(select(Consultee).where(Consultee.credit_code == code))
            if known is not None:
                raise ConsulteeRefused(f"统一社会信用代码 {code} 已经登记：{known.name}。")
        consultee = draw_up(entry, code, at=at)
        enter(actor, [consultee], at=at)
    return consultee


def draw_up(entry: Entry, code: str | None, *, at: datetime) -> Consultee:
    """Return a consultee that was checked and is about to be registered, within the caller's transaction."""
    consultee = Consultee(credit_code=code, created_at=at, contacts=[])
    _write(consultee, entry)
    _write_contact(consultee, entry)
    return consultee


def enter(actor: Actor, drawn_up: list[Consultee], *, at: datetime) -> None:
    """Register all that were drawn up, in their order, and together: one by one takes several times as long."""
    require(actor, Act.MANAGE_CONSULTEES)
    db.session.add_all(drawn_up)
    db.session.flush()
    done = [(f"consultee:{one.id}", {"name": one.name}) for one in drawn_up]
    acts = [Done(subject, digest(detail), detail) for subject, detail in done]
    record_many(actor, "consultee.add", acts, at=at, consultation_id=None)


def change(actor: Actor, consultee: Consultee, entry: Entry, *, at: datetime, checked: bool = False) -> None:
    """Change what the register says; what it said before stands in the ledger."""
    require(actor, Act.MANAGE_CONSULTEES)
    code = (entry.credit_code or None) if checked else check(entry)
    with transaction() as session:
        take_turns(TURNS)
        hold(consultee)
        if code is not None and code != consultee.credit_code and not checked:
            known = session.scalar(select(Consultee).where(Consultee.credit_code == code))
            if known is not None:
                raise ConsulteeRefused(f"统一社会信用代码 {code} 已经登记：{known.name}。")
        before = {"name": consultee.name, "code": consultee.credit_code, "region": consultee.region}
        counted_as = (consultee.kind, consultee.size, consultee.sector)
        consultee.credit_code = code
        _write(consultee, entry)
        _write_contact(consultee, entry)
        if (consultee.kind, consultee.size, consultee.sector) != counted_as:
            _follow_everywhere([consultee.id])
        _record(actor, "consultee.change", consultee, at, before=before, name=consultee.name)


def _follow_everywhere(consultee_ids: list[int]) -> None:
    """Bring the counts of every list up to date on which one of these stands."""
    lists = select(Listed.consultation_id).where(Listed.consultee_id.in_(consultee_ids)).distinct()
    for consultation_id in sorted(db.session.scalars(lists)):
        follow(consultation_id, consultee_ids)


def retire(actor: Actor, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Take a consultee off future proposals; its history stays."""
    require(actor, Act.MANAGE_CONSULTEES)
    if not reason.strip():
        raise ConsulteeRefused("请写明停用的理由。")
    with transaction():
        take_turns(TURNS)
        hold(consultee)
        consultee.retired_at = at
        consultee.retired_reason = reason.strip()
        _record(actor, "consultee.retire", consultee, at, reason=reason.strip())


def merge(actor: Actor, kept: Consultee, double: Consultee, *, at: datetime) -> None:
    """Merge a double into the one kept: contacts, members, listings and invitations go over, the double is retired.

    Raises:
        ConsulteeRefused: they are the same or have different codes, or one of them was merged into another before.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    if kept.id == double.id:
        raise ConsulteeRefused("不能和自己合并。")
    with transaction() as session:
        take_turns(TURNS)
        for one in sorted((kept, double), key=lambda one: one.id):
            hold(one)
            if one.merged_into_id is not None:
                raise ConsulteeRefused(f"{one.name}已经并入别的单位，不能再合并。")
        if kept.credit_code and double.credit_code and kept.credit_code != double.credit_code:
            raise ConsulteeRefused("两家的统一社会信用代码不同，是两个单位，不能合并。")
        for model in (Contact, Member, Attendance):
            session.execute(update(model).where(model.consultee_id == double.id).values(consultee_id=kept.id))
        listed = _held_places((kept.id, double.id))
        session.execute(update(Invitation).where(Invitation.consultee_id == double.id).values(consultee_id=kept.id))
        _merge_lists(kept, double, listed, at)
        code, double.credit_code = double.credit_code, None
        session.flush()
        kept.credit_code = kept.credit_code or code
        double.merged_into_id = kept.id
        double.retired_at = at
        double.retired_reason = f"并入 {kept.name}"
        _record(actor, "consultee.merge", kept, at, double=double.id, code=code)


def _held_places(consultee_ids: tuple[int, int]) -> list[Listed]:
    """Return the places on all lists, which nobody else changes until the end."""
    query = select(Listed).where(Listed.consultee_id.in_(consultee_ids)).order_by(Listed.id)
    query = query.with_for_update(of=Listed, key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def _merge_lists(kept: Consultee, double: Consultee, listed: list[Listed], at: datetime) -> None:
    """Let every list hold the one kept, once; where both stood, the row of the double is taken off."""
    standing = {row.consultation_id: row for row in listed if row.consultee_id == kept.id}
    for row in [row for row in listed if row.consultee_id == double.id]:
        there = standing.get(row.consultation_id)
        if there is None:
            row.consultee_id = kept.id
        elif row.removed_at is None:
            row.removed_at, row.removed_reason = at, f"并入 {kept.name}"
            there.removed_at, there.removed_reason = None, ""
    _follow_everywhere([kept.id, double.id])


def nearly_equal(consultee: Consultee, *, limit: int = 5) -> list[Consultee]:
    """Return consultees whose names are nearly the same, likeliest first, to be offered for merging."""
    key = consultee.name_key
    alike = select(Consultee).where(
        Consultee.id != consultee.id,
        Consultee.retired_at.is_(None),
        or_(Consultee.name_key == key, Consultee.name_key.like(f"{_escaped(key[:4])}%", escape="\\")),
    )
    scored = [(fuzz.ratio(key, other.name_key), other) for other in db.session.scalars(alike.limit(500))]
    scored = [(score, other) for score, other in scored if score >= NEARLY_EQUAL]
    scored.sort(key=lambda pair: (-pair[0], pair[1].id))
    return [other for _, other in scored[:limit]]


def find(
    *, words: str = "", kind: ConsulteeKind | None = None, retired: bool = False, after: int = 0, limit: int = 50
) -> list[Consultee]:
    """Return consultees by key, filtered by the beginning of their name or by code, and by kind."""
    query = select(Consultee).where(Consultee.id > after).order_by(Consultee.id).limit(limit)
    query = query.where(Consultee.retired_at.is_not(None) if retired else Consultee.retired_at.is_(None))
    if kind is not None:
        query = query.where(Consultee.kind == kind)
    if words.strip():
        pattern = f"%{_escaped(words.strip())}%"
        query = query.where(
            or_(Consultee.name.like(pattern, escape="\\"), Consultee.credit_code == words.strip().upper())
        )
    return list(db.session.scalars(query))


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def entry_of(consultee: Consultee) -> Entry:
    """Return what the register says of a consultee, with its current contact."""
    contact = next((contact for contact in consultee.contacts if contact.current), None)
    return Entry(
        name=consultee.name,
        kind=consultee.kind,
        credit_code=consultee.credit_code or "",
        size=consultee.size,
        sector=consultee.sector,
        region=consultee.region,
        address=consultee.address,
        contact_name=contact.name if contact is not None else "",
        phone=contact.phone if contact is not None else "",
        email=contact.email if contact is not None else "",
    )


def differs(consultee: Consultee, entry: Entry) -> bool:
    """Say whether an entry says anything else than the register does."""
    return entry_of(consultee) != replace(entry, email=entry.email.lower())


def check(entry: Entry) -> str | None:
    """Return the code of an entry that can be registered.

    Raises:
        ConsulteeRefused: says what is wrong with it.
    """
    if not entry.name.strip():
        raise ConsulteeRefused("请填写单位名称。")
    if entry.sector and entry.sector not in SECTORS:
        raise ConsulteeRefused(f"行业门类“{entry.sector}”不对，应当是 A 到 T 的一个字母（GB/T 4754）。")
    if entry.email and not _MAIL.fullmatch(entry.email.strip()):
        raise ConsulteeRefused(f"电子邮箱“{entry.email}”不对，请核对。")
    return check_code(entry.credit_code)


def _write(consultee: Consultee, entry: Entry) -> None:
    consultee.name = entry.name.strip()[:200]
    consultee.name_key = name_key(entry.name.strip())
    consultee.kind = entry.kind
    consultee.size = entry.size
    consultee.sector = entry.sector
    consultee.region = entry.region.strip()[:80]
    consultee.address = entry.address.strip()[:300]


def _write_contact(consultee: Consultee, entry: Entry) -> None:
    values = (entry.contact_name.strip()[:80], entry.phone.strip()[:40], entry.email.strip().lower()[:254])
    if not any(values):
        return
    current = [contact for contact in consultee.contacts if contact.current]
    if any((contact.name, contact.phone, contact.email) == values for contact in current):
        return
    for contact in current:
        contact.current = False
    name, phone, email = values
    consultee.contacts.append(Contact(name=name, phone=phone, email=email, current=True))


def _record(actor: Actor, act: str, consultee: Consultee, at: datetime, **detail: Any) -> None:
    record(actor, act, f"consultee:{consultee.id}", at=at, **detail)
