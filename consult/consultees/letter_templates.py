"""The verbs of letter templates: add one for a division or for all, retire it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from consult.accounts.models import Division, Role
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs, sandbox
from consult.consultees.errors import LetterRefused
from consult.consultees.letter_models import LetterTemplate
from consult.files import file_type, letter_template
from consult.files.attachments import CheckedAttachment
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row


def add(
    actor: Actor, name: str, file: CheckedAttachment, *, division: Division | None = None, at: datetime
) -> LetterTemplate:
    """Add a template whose file is stored, for a division or for all, after it was tried with a sample letter.

    Raises:
        LetterRefused: no name, another kind of file, or it can't be filled in; says where and why.
    """
    require(actor, Act.INVITE)
    _expect_keeper(actor, division.id if division is not None else None)
    if not name.strip() or len(name.strip()) > 80:
        raise LetterRefused("请填写模板名称，80 字以内。")
    if file.media_type != file_type.DOCX:
        raise LetterRefused("函件模板须为不带宏的 .docx 文件。")
    try:
        with sandbox() as bounded:
            letter_template.check(blobs().get(file.digest), bounded)
    except letter_template.TemplateRefused as refusal:
        raise LetterRefused(str(refusal)) from refusal
    with transaction() as session:
        template = LetterTemplate(
            division_id=division.id if division is not None else None,
            name=name.strip(),
            file_name=file.name[:200],
            digest=file.digest,
            at=at,
            by_id=actor.id,
        )
        session.add(template)
        session.flush()
        record(
            actor, "letter.template", f"letter_template:{template.id}", at=at, name=template.name, digest=file.digest
        )
    return template


def retire(actor: Actor, template: LetterTemplate, *, at: datetime) -> None:
    """Retire a template: letters that were written by it stay."""
    require(actor, Act.INVITE)
    _expect_keeper(actor, template.division_id)
    with transaction():
        lock_row(template)
        if template.retired_at is not None:
            raise LetterRefused("该模板已经停用。")
        template.retired_at = at
        record(actor, "letter.template_retire", f"letter_template:{template.id}", at=at, name=template.name)


def _expect_keeper(actor: Actor, division_id: int | None) -> None:
    if actor.role is Role.DRAFTER and division_id != actor.division_id:
        raise LetterRefused("各处室只能维护本处室的函件模板，全机关通用的由管理员维护。")


def offered(actor: Actor) -> Sequence[LetterTemplate]:
    """Return the templates in use that somebody sees: of their division and of all; an administrator's are all."""
    query = select(LetterTemplate).where(LetterTemplate.retired_at.is_(None))
    if actor.role is Role.DRAFTER:
        query = query.where(or_(LetterTemplate.division_id.is_(None), LetterTemplate.division_id == actor.division_id))
    return list(db.session.scalars(query.order_by(LetterTemplate.division_id, LetterTemplate.id)))


def by_id(identifier: int) -> LetterTemplate:
    """Return a template.

    Raises:
        LetterRefused: there is none.
    """
    template = db.session.get(LetterTemplate, identifier)
    if template is None:
        raise LetterRefused(f"没有编号为 {identifier} 的函件模板。")
    return template


def division_called(name: str) -> Division:
    """Return the division of a name.

    Raises:
        LetterRefused: there is none.
    """
    division = db.session.scalar(select(Division).where(Division.name == name.strip()))
    if division is None:
        raise LetterRefused(f"没有名为“{name.strip()[:80]}”的处室。")
    return division


def divisions(actor: Actor) -> Sequence[Division]:
    """Return the divisions that somebody may keep templates for, besides all of them."""
    query = select(Division).order_by(Division.name)
    if actor.role is Role.DRAFTER:
        query = query.where(Division.id == actor.division_id)
    return list(db.session.scalars(query))


def may_keep_for_all(actor: Actor) -> bool:
    """Whether somebody keeps the templates of all divisions."""
    return actor.role is not Role.DRAFTER
