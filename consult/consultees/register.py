"""The verbs of the register of consultees: add, change, retire, merge."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from consult.accounts.permissions import Act, Actor, require
from consult.consultees import doubles, merging, register_history
from consult.consultees.doubles import REGISTER_LOCK
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, Contact, Ownership, Size
from consult.consultees.name_search import has_in_name
from consult.consultees.status import update_all_lists
from consult.ledger.service import BulkAct, digest, record, record_many
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

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

NOTHING_CORRECTED = (
    "勾选“更正登记错误”的，须更改类型、规模、行业、所有制或者是否劳动密集型；其他内容不勾选，直接修改保存。"
)
CODE_CHARACTERS = 18
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s]{2,}")
_FORMS = re.compile(r"(股份)?有限(责任)?公司|集团|（.*?）|\(.*?\)|[\s·.\-—、，,]")


@dataclass(frozen=True)
class Entry:
    """The data of a consultee, as entered or imported."""

    name: str
    kind: ConsulteeKind
    credit_code: str = ""
    size: Size | None = None
    sector: str = ""
    ownership: Ownership | None = None
    labour_intensive: bool | None = None
    region: str = ""
    address: str = ""
    contact_name: str = ""
    phone: str = ""
    email: str = ""


def name_key(name: str) -> str:
    """Return a name without its variable parts (brackets, legal form)."""
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


def is_mail_address(words: str) -> bool:
    """Whether a text is a mail address."""
    return _MAIL.fullmatch(words.strip()) is not None


def add(actor: Actor, entry: Entry, *, at: datetime, checked: bool = False) -> Consultee:
    """Put a consultee on the register.

    Arguments:
        checked: the caller checked the entry, and that its code isn't registered.

    Raises:
        ConsulteeRefused: no name, a wrong code, sector or address, or the code is registered already.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    code = (entry.credit_code or None) if checked else check(entry)
    with transaction() as session:
        advisory_lock(REGISTER_LOCK)
        if code is not None and not checked:
            known = session.scalar(select(Consultee).where(Consultee.credit_code == code))
            if known is not None:
                raise ConsulteeRefused(f"统一社会信用代码 {code} 已经登记：{known.name}。")
        consultee = build_consultee(entry, code, at=at)
        insert_consultees(actor, [consultee], at=at)
    return consultee


def build_consultee(entry: Entry, code: str | None, *, at: datetime) -> Consultee:
    """Return a new consultee for a checked entry, to be inserted in the caller's transaction."""
    consultee = Consultee(credit_code=code, created_at=at, contacts=[])
    _write(consultee, entry)
    _write_contact(consultee, entry, at)
    return consultee


def insert_consultees(actor: Actor, drawn_up: list[Consultee], *, at: datetime) -> None:
    """Insert new consultees in order, as a batch, in the caller's transaction."""
    require(actor, Act.MANAGE_CONSULTEES)
    db.session.add_all(drawn_up)
    db.session.flush()
    done = [(f"consultee:{consultee.id}", {"name": consultee.name}) for consultee in drawn_up]
    acts = [BulkAct(subject, digest(detail), detail) for subject, detail in done]
    record_many(actor, "consultee.add", acts, at=at, consultation_id=None)
    doubles.register_names(drawn_up, at=at)


def change(
    actor: Actor,
    consultee: Consultee,
    entry: Entry,
    *,
    at: datetime,
    checked: bool = False,
    correction: bool = False,
    reason: str = "",
) -> None:
    """Change what the register says; what it said before stands in the ledger.

    Who was heard before counts as it was registered then, unless the entry is corrected.

    Arguments:
        correction: the entry was wrong before, not only different. Another kind is always a correction: an association
            can't become an enterprise.
        reason: how that was found; needed where a correction is asked for.

    Raises:
        ConsulteeRefused: as ``check``, or a correction without its reason, or of nothing that counts.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    if correction and not reason.strip():
        raise ConsulteeRefused("请写明更正登记的理由。")
    code = (entry.credit_code or None) if checked else check(entry)
    with transaction() as session:
        advisory_lock(REGISTER_LOCK)
        lock_row(consultee)
        if code is not None and code != consultee.credit_code and not checked:
            known = session.scalar(select(Consultee).where(Consultee.credit_code == code))
            if known is not None:
                raise ConsulteeRefused(f"统一社会信用代码 {code} 已经登记：{known.name}。")
        before = {"name": consultee.name, "code": consultee.credit_code, "region": consultee.region}
        named = (consultee.name, consultee.credit_code)
        counted_as = register_history.fields_of(consultee)
        consultee.credit_code = code
        _write(consultee, entry)
        _write_contact(consultee, entry, at)
        changed = register_history.fields_of(consultee)
        if correction and changed == counted_as:
            raise ConsulteeRefused(NOTHING_CORRECTED)
        if correction or changed["kind"] != counted_as["kind"]:
            words = reason.strip() or "登记的类型有误"
            register_history.note_correction(actor, consultee, counted_as, words, at=at)
        if changed != counted_as:
            update_all_lists([consultee.id])
        if (consultee.name, consultee.credit_code) != named:
            doubles.register_names([consultee], at=at, renamed=consultee.name != named[0])
        detail = {"counted_before": counted_as, "counted_as": changed, "correction": correction, "reason": reason}
        _record(actor, "consultee.change", consultee, at, before=before, name=consultee.name, **detail)


def retire(actor: Actor, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Retire a consultee: it isn't proposed any more."""
    require(actor, Act.MANAGE_CONSULTEES)
    if not reason.strip():
        raise ConsulteeRefused("请写明停用的理由。")
    with transaction():
        advisory_lock(REGISTER_LOCK)
        lock_row(consultee)
        consultee.retired_at = at
        consultee.retired_reason = reason.strip()
        _record(actor, "consultee.retire", consultee, at, reason=reason.strip())


def merge(actor: Actor, kept: Consultee, double: Consultee, *, at: datetime) -> None:
    """Merge a double into the one kept, with its contacts, members, list rows and invitations; the double is retired.

    Raises:
        ConsulteeRefused: they are the same or have different codes, or one of them was merged into another before.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    if kept.id == double.id:
        raise ConsulteeRefused("不能和自己合并。")
    with transaction() as session:
        advisory_lock(REGISTER_LOCK)
        for consultee in sorted((kept, double), key=lambda consultee: consultee.id):
            lock_row(consultee)
            if consultee.merged_into_id is not None:
                raise ConsulteeRefused(f"{consultee.name}已经并入别的单位，不能再合并。")
        if kept.credit_code and double.credit_code and kept.credit_code != double.credit_code:
            raise ConsulteeRefused("两家的统一社会信用代码不同，是两个单位，不能合并。")
        if kept.kind is not double.kind:
            raise ConsulteeRefused("两家登记的类型不同，不能合并；类型登记有误的，请先更正。")
        session.execute(update(Contact).where(Contact.consultee_id == double.id).values(consultee_id=kept.id))
        merging.transfer(actor, kept, double, at=at)
        code, double.credit_code = double.credit_code, None
        session.flush()
        kept.credit_code = kept.credit_code or code
        double.merged_into_id = kept.id
        double.retired_at = at
        double.retired_reason = f"并入 {kept.name}"
        doubles.remove_keys(double)
        _record(actor, "consultee.merge", kept, at, double=double.id, code=code)


def find(
    *, words: str = "", kind: ConsulteeKind | None = None, retired: bool = False, after: int = 0, limit: int = 50
) -> list[Consultee]:
    """Return consultees by id, filtered by parts of their name or by code, and by kind."""
    query = select(Consultee).where(Consultee.id > after).order_by(Consultee.id).limit(limit)
    query = query.where(Consultee.retired_at.is_not(None) if retired else Consultee.retired_at.is_(None))
    if kind is not None:
        query = query.where(Consultee.kind == kind)
    if words.strip():
        code = words.strip().upper()
        is_code = len(code) == CODE_CHARACTERS and code.isascii()
        parts = [Consultee.credit_code == code] if is_code else [has_in_name(part) for part in words.split()]
        query = query.where(*parts)
    return list(db.session.scalars(query))


def entry_of(consultee: Consultee) -> Entry:
    """Return the data of a consultee, with its current contact."""
    contact = next((contact for contact in consultee.contacts if contact.current), None)
    return Entry(
        name=consultee.name,
        kind=consultee.kind,
        credit_code=consultee.credit_code or "",
        size=consultee.size,
        sector=consultee.sector,
        ownership=consultee.ownership,
        labour_intensive=consultee.labour_intensive,
        region=consultee.region,
        address=consultee.address,
        contact_name=contact.name if contact is not None else "",
        phone=contact.phone if contact is not None else "",
        email=contact.email if contact is not None else "",
    )


def differs(consultee: Consultee, entry: Entry) -> bool:
    """Whether an entry differs from the register."""
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
    consultee.ownership = entry.ownership
    consultee.labour_intensive = entry.labour_intensive
    consultee.region = entry.region.strip()[:80]
    consultee.address = entry.address.strip()[:300]


def _write_contact(consultee: Consultee, entry: Entry, at: datetime) -> None:
    values = (entry.contact_name.strip()[:80], entry.phone.strip()[:40], entry.email.strip().lower()[:254])
    if not any(values):
        return
    current = [contact for contact in consultee.contacts if contact.current]
    if any((contact.name, contact.phone, contact.email) == values for contact in current):
        return
    for contact in current:
        contact.current, contact.superseded_at = False, at
    name, phone, email = values
    consultee.contacts.append(Contact(name=name, phone=phone, email=email, current=True))


def _record(actor: Actor, act: str, consultee: Consultee, at: datetime, **detail: Any) -> None:
    record(actor, act, f"consultee:{consultee.id}", at=at, **detail)
