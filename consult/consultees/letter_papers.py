"""What goes out with an invitation: the letter, sealed or made here, its attachments, the card with the code."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import sandbox, settings
from consult.clock import local
from consult.consultees import invitations, letters, reply_forms
from consult.consultees.letter_models import AnnexFormat, OfficialLetter
from consult.consultees.models import Invitation
from consult.drafting import questions, stored_drafts
from consult.drafting.models import Consultation
from consult.files import invitation_letter, letter_template, libreoffice, reply_form
from consult.files.export import letter_annexes
from consult.files.export.draft_blocks import draft_blocks
from consult.files.export.letter_annexes import Annex
from consult.files.export.volume import Line
from consult.files.export.word import MEDIA_TYPE
from consult.files.html_reader import read_html
from consult.files.invitation_letter import Letter, Parts
from consult.files.mail.compose import Enclosure
from consult.files.reply_form import ReplyForm
from consult.intake import file_scans
from consult.law.periods import in_words

PDF = "application/pdf"
ZIP = "application/zip"
EXPLANATION = "起草说明"
EVERYBODY = "各有关单位"
NAME = "征求意见函"
CARD_NAME = f"{invitation_letter.CARD}和{reply_form.TITLE}"


def of(invitation: Invitation) -> Letter:
    """Return the content of the letter to one addressee: the official one, or the plain one without a number."""
    consultation, letter = invitation.consultation, letters.of_invitation(invitation)
    plain = Letter(
        department=settings().department,
        to=invitation.consultee.name,
        title=consultation.title,
        deadline=in_words(invitations.last_day(invitation)),
        link=invitations.link_of(invitation),
        contact=consultation.contact,
        day=in_words(local(invitation.created_at).date()),
        form=reply_forms.of(invitation),
        address=invitations.short_address(),
        code=invitations.code_of(invitation),
    )
    return plain if letter is None else _official(letter, plain, letter.addressee or plain.to)


def sample(letter: OfficialLetter) -> Letter:
    """Return the letter as it is before anybody is invited by it: without a personal code and a deadline."""
    consultation = letter.consultation
    deadline = "〇〇〇〇年〇月〇日"
    form = ReplyForm(consultation.title, "", _questions(consultation), deadline, consultation.contact)
    plain = Letter(
        department=settings().department,
        to=EVERYBODY,
        title=consultation.title,
        deadline=deadline,
        link=invitations.short_address(),
        contact="",
        day="",
        form=form,
    )
    return _official(letter, plain, letter.addressee or EVERYBODY)


def _official(letter: OfficialLetter, plain: Letter, to: str) -> Letter:
    again = ""
    if letter.round > 1:
        again = f"《{letter.consultation.title}》征求意见后，我单位作了修改。"
    return Letter(
        department=plain.department,
        to=to,
        title=letter.version.title,
        deadline=plain.deadline,
        link=plain.link,
        contact=plain.contact,
        day=in_words(letter.signed_on),
        form=plain.form,
        address=plain.address,
        code=plain.code,
        number=letter.number,
        urgency=letter.urgency.printed,
        attachments=tuple(annex.name for annex in annexes(letter)),
        copies=tuple(name for name, _ in letter.copies),
        sealed=letter.sealed,
        again=again,
        contact_name=letter.contact_name,
        phone=letter.contact_phone,
    )


def _questions(consultation: Consultation) -> tuple[str, ...]:
    return tuple(question.text for question in questions.of(consultation))


def annexes(letter: OfficialLetter) -> list[Annex]:
    """Return the attachments of a letter: draft, explanation, form; the form without the name of an addressee."""
    consultation, version = letter.consultation, letter.version
    draft = stored_drafts.read(version)
    listed = [Annex(f"《{version.title}》", version.title, tuple(draft_blocks(draft)))]
    explanation = [line.strip() for line in read_html(consultation.explanation_html).splitlines() if line.strip()]
    if explanation:
        blocks = tuple(Line(line) for line in explanation)
        listed.append(Annex(EXPLANATION, f"《{version.title}》{EXPLANATION}", blocks))
    last = in_words(consultation.last_day) if consultation.last_day is not None else "函件载明的期限"
    form = ReplyForm(version.title, "", _questions(consultation), last, consultation.contact)
    return [*listed, Annex(reply_form.TITLE, reply_form.TITLE, form=form)]


def annexes_file(letter: OfficialLetter, kind: AnnexFormat | None = None) -> Enclosure:
    """Return the attachments in one file."""
    content = tuple(annexes(letter))
    if (kind or letter.annexes) is AnnexFormat.ZIP:
        return Enclosure("附件.zip", ZIP, _zipped(content))
    return Enclosure("附件.pdf", PDF, _set(content))


@lru_cache(maxsize=4)
def _zipped(content: tuple[Annex, ...]) -> bytes:
    return letter_annexes.to_zip(content)


@lru_cache(maxsize=4)  # they are the same for all addressees
def _set(content: tuple[Annex, ...]) -> bytes:
    return letter_annexes.to_pdf(content)


def letter_file(letter: Letter, official: OfficialLetter | None, kind: str = "pdf") -> Enclosure:
    """Return a letter alone as ``pdf`` or ``docx``: in the department's own template, or in the 信函格式.

    Raises:
        UnreadableFile: it is to be a PDF of a template, and there is no program to convert it.
        TemplateRefused: the template can't be filled.
    """
    template = official.template if official is not None else None
    if template is not None:
        with sandbox() as bounded:
            data = letter_template.fill(file_scans.content_of(template.digest), letter, bounded)
        if kind == "docx":
            return Enclosure(f"{NAME}.docx", MEDIA_TYPE, data)
        return Enclosure(f"{NAME}.pdf", PDF, libreoffice.to_pdf(data, f"{NAME}.docx"))
    if kind == "docx":
        return Enclosure(f"{NAME}.docx", MEDIA_TYPE, invitation_letter.to_docx([letter], parts=Parts.LETTER))
    return Enclosure(f"{NAME}.pdf", PDF, invitation_letter.to_pdf([letter], Parts.LETTER))


def enclosures(invitation: Invitation) -> Sequence[Enclosure]:
    """Return the files that go along by mail: letter, attachments, and the card with the form to fill in.

    A plain letter has the form alone: its words are the mail itself.
    """
    content, official = of(invitation), letters.of_invitation(invitation)
    if official is None:
        return (Enclosure(f"{reply_form.TITLE}.docx", MEDIA_TYPE, reply_form.to_docx(content.form)),)
    card = invitation_letter.to_docx([content], parts=Parts.CARD)
    return (
        _letter_to_send(invitation, content, official),
        annexes_file(official),
        Enclosure(f"{CARD_NAME}.docx", MEDIA_TYPE, card),
    )


def _letter_to_send(invitation: Invitation | None, content: Letter, official: OfficialLetter) -> Enclosure:
    """Return the sealed file as it was uploaded, byte for byte; else the letter as PDF, or as Word if it must be."""
    sealed = letters.sealed_for(official, invitation)
    if sealed is not None:
        return Enclosure(_named(sealed.name), sealed.media_type, file_scans.content_of(sealed.digest))
    kind = "docx" if official.template is not None and libreoffice.office_program() is None else "pdf"
    return letter_file(content, official, kind)


def _named(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return f"{NAME}.{ending}"


def copy_enclosures(letter: OfficialLetter) -> Sequence[Enclosure]:
    """Return what those of 抄送 get: the letter and its attachments, without anybody's code."""
    return (_letter_to_send(None, sample(letter), letter), annexes_file(letter))


def written(actor: Actor, letter: OfficialLetter, invitation: Invitation | None, kind: str) -> bytes:
    """Return a letter as ``pdf`` or ``docx`` to be sealed, or as ``zip`` with its attachments and the sealed file.

    Arguments:
        invitation: to this addressee; None: as it is before anybody is invited.

    Raises:
        TemplateRefused, UnreadableFile: as ``letter_file``.
    """
    require(actor, Act.INVITE, letter.consultation)
    content = of(invitation) if invitation is not None else sample(letter)
    if kind != "zip":
        return letter_file(content, letter, kind).data
    files = [_letter_to_send(invitation, content, letter), annexes_file(letter)]
    if invitation is not None:
        card = invitation_letter.to_docx([content], parts=Parts.CARD)
        files.append(Enclosure(f"{CARD_NAME}.docx", MEDIA_TYPE, card))
    return letter_annexes.packed(files)


def for_addressee(invitation: Invitation, *, annexes: bool) -> Enclosure:
    """Return the letter as its addressee gets it, or its attachments; only for one with an official letter."""
    official = letters.of_invitation(invitation)
    assert official is not None
    return annexes_file(official) if annexes else _letter_to_send(invitation, of(invitation), official)
