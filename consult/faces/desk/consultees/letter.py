"""The official letter of a consultation: number and signer, the sealed file, what goes out; the templates."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.consultees import letter_papers, letter_templates, letters
from consult.consultees.errors import LetterRefused
from consult.consultees.letter_models import AnnexFormat, LetterTemplate, OfficialLetter, Urgency
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation, DraftVersion
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import allowed_to, consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.downloads import download
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import LARGEST, row_id
from consult.faces.uploads import keep, takes_scans
from consult.files import letter_template
from consult.files.errors import UnreadableFile
from consult.files.export.word import MEDIA_TYPE
from consult.files.letter_template import TemplateRefused
from consult.store import db

MEDIA = {"pdf": "application/pdf", "docx": MEDIA_TYPE, "zip": "application/zip"}
FIELDS = ("number", "mark", "signer", "contact_name", "contact_phone", "addressee")


@desk.get("/consultations/<slug>/consultees/letter")
def consultees_letter(slug: str) -> str:
    """Show the letter of a consultation, and the form for it."""
    return _page(consultation_or_404(slug))


def _page(consultation: Consultation, refusal: str = "") -> str:
    at, actor, current = clock.now(), current_actor(), letters.current(consultation)
    allowed = may(actor, Act.INVITE, consultation) and consultation.state(at) in letters.PREPARABLE
    return render_template(
        "desk/consultees/letter.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(at).value,
        now=at,
        today=clock.local(at).date(),
        letter=current,
        earlier=[letter for letter in reversed(letters.of(consultation)) if letter is not current],
        used=current is not None and letters.is_used(current),
        addressees=letters.invitations_by(current) if current is not None else [],
        typed=request.form if refusal else _typed(current),
        urgencies=Urgency,
        formats=AnnexFormat,
        templates=[row for row in letter_templates.offered(actor) if letters.serves(row, consultation)],
        versions=letters.versions(consultation),
        may_prepare=allowed,
        refusal=refusal,
    )


def _typed(current: OfficialLetter | None) -> dict[str, str]:
    """Return what the form begins with: the present letter, to be corrected."""
    if current is None:
        return {"sealed": "1"}
    office = current.number_source.value == "office"
    return {
        "number": current.number if office else "",
        "mark": "" if office else current.series.mark,
        "signer": current.signer,
        "signed_on": current.signed_on.isoformat(),
        "contact_name": current.contact_name,
        "contact_phone": current.contact_phone,
        "addressee": current.addressee,
        "copies": "\n".join(f"{name} {email}".strip() for name, email in current.copies),
        "urgency": current.urgency.value,
        "annexes": current.annexes.value,
        "sealed": "1" if current.sealed else "",
        "template": str(current.template_id or ""),
        "version": str(current.version_id),
    }


@desk.post("/consultations/<slug>/consultees/letter")
def consultees_letter_prepare(slug: str) -> str | Response | tuple[str, int]:
    """Prepare the letter, or correct it; on refusal what was typed stays."""
    consultation = consultation_or_404(slug, Act.INVITE)
    number = ""
    with refusals_to_flash(quiet=True) as tried:
        form = request.form
        words = {field: form.get(field, "")[:400] for field in FIELDS}
        entry = letters.Entry(
            **words,
            signed_on=form_values.day(form.get("signed_on", "")),
            copies=_copies(form.get("copies", "")),
            urgency=form_values.one_of(Urgency, form.get("urgency", ""), Urgency.NONE, "紧急程度"),
            annexes=form_values.one_of(AnnexFormat, form.get("annexes", ""), AnnexFormat.PDF, "附件的形式"),
            sealed=bool(form.get("sealed")),
            template=_template(form.get("template", "")),
            version=_version(consultation, form.get("version", "")),
        )
        number = letters.prepare(current_actor(), consultation, entry, at=clock.now()).number
    if tried.ok:
        flash(f"已拟函：{number}。", "success")
        return redirect(url_for(".consultees_letter", slug=slug), 303)
    return _page(consultation, tried.refusal), 400


def _copies(typed: str) -> tuple[tuple[str, str], ...]:
    """Read 抄送, a line each: a name, or a name and a mail address."""
    rows = []
    for line in typed[:8000].splitlines():
        words = line.split()
        email = words.pop() if len(words) > 1 and "@" in words[-1] else ""
        if words:
            rows.append((" ".join(words)[:200], email[:254]))
    return tuple(rows)


def _template(typed: str) -> LetterTemplate | None:
    return letter_templates.by_id(row_id(typed)) if typed else None


def _version(consultation: Consultation, typed: str) -> DraftVersion | None:
    if not typed:
        return None
    wanted = [version for version in letters.versions(consultation) if version.id == row_id(typed)]
    if not wanted:
        raise LetterRefused("没有这一稿，请重新选择。")
    return wanted[0]


@desk.post("/consultations/<slug>/consultees/letter/seal")
@takes_scans
def consultees_letter_seal(slug: str) -> Response:
    """Store the sealed letter, for all or for one addressee."""
    consultation = consultation_or_404(slug, Act.INVITE)
    current = letters.current(consultation)
    if current is None:
        abort(404)
    with refusals_to_flash() as tried:
        files = keep(request.files.getlist("sealed_file"))
        if not files:
            raise LetterRefused("请选择盖章件。")
        letters.seal(current_actor(), current, files[0], _addressee(current), at=clock.now())
    if tried.ok:
        flash("盖章件已上传，待发的函由系统按此发出。", "success")
    return redirect(url_for(".consultees_letter", slug=slug), 303)


def _addressee(current: OfficialLetter) -> Invitation | None:
    typed = request.form.get("invitation", "")
    if not typed:
        return None
    invitation = db.session.get(Invitation, row_id(typed))
    if invitation is None or invitation.letter_id != current.id:
        raise LetterRefused("该单位不是按这份函邀请的，请重新选择。")
    return invitation


@desk.get("/consultations/<slug>/consultees/letter.<any('pdf', 'docx', 'zip'):kind>")
def consultees_letter_file(slug: str, kind: str) -> Response:
    """Give the letter to be sealed, or with its attachments and the sealed file."""
    consultation = consultation_or_404(slug, Act.INVITE)
    current = letters.current(consultation)
    if current is None:
        abort(404)
    data = b""
    with refusals_to_flash() as tried:
        try:
            data = letter_papers.written(current_actor(), current, None, kind)
        except (TemplateRefused, UnreadableFile) as refusal:
            raise LetterRefused(str(refusal)) from refusal
    if not tried.ok:
        return redirect(url_for(".consultees_letter", slug=slug), 303)
    return download(data, f"{letter_papers.NAME}.{kind}", MEDIA[kind])


@desk.get("/consultations/<slug>/consultees/letter/annexes.<any('pdf', 'zip'):kind>")
def consultees_letter_annexes(slug: str, kind: str) -> Response:
    """Give the attachments of the letter in one file."""
    current = letters.current(consultation_or_404(slug, Act.INVITE))
    if current is None:
        abort(404)
    file = letter_papers.annexes_file(current, AnnexFormat(kind))
    return download(file.data, file.name, file.media_type)


@desk.get("/letter-templates")
@allowed_to(Act.INVITE)
def letter_templates_list() -> str:
    """List the templates of letters, and say what may be in one."""
    return _templates_page()


def _templates_page(refusal: str = "") -> str:
    actor = current_actor()
    return render_template(
        "desk/consultees/letter_templates.html",
        templates=letter_templates.offered(actor),
        divisions=letter_templates.divisions(actor),
        for_all=letter_templates.may_keep_for_all(actor),
        placeholders=letter_template.NAMES,
        needed=letter_template.NEEDED,
        typed=request.form if refusal else {},
        refusal=refusal,
    )


@desk.post("/letter-templates")
@allowed_to(Act.INVITE)
@takes_scans
def letter_templates_add() -> str | Response | tuple[str, int]:
    """Add a template, after it was tried."""
    with refusals_to_flash(quiet=True) as tried:
        actor = current_actor()
        files = keep(request.files.getlist("template_file"))
        if not files:
            raise LetterRefused("请选择模板文件。")
        wanted = row_id(request.form.get("division", ""))
        divisions = [row for row in letter_templates.divisions(actor) if row.id == wanted]
        if not divisions and not letter_templates.may_keep_for_all(actor):
            raise LetterRefused("请选择本处室。")
        name = request.form.get("name", "")[:200]
        division = divisions[0] if divisions else None
        letter_templates.add(actor, name, files[0], division=division, at=clock.now())
    if tried.ok:
        flash("模板已添加。", "success")
        return redirect(url_for(".letter_templates_list"), 303)
    return _templates_page(tried.refusal), 400


@desk.post("/letter-templates/<int:identifier>/retire")
@allowed_to(Act.INVITE)
def letter_templates_retire(identifier: int) -> Response:
    """Retire a template."""
    with refusals_to_flash() as tried:
        letter_templates.retire(current_actor(), letter_templates.by_id(min(identifier, LARGEST)), at=clock.now())
    if tried.ok:
        flash("模板已停用。", "success")
    return redirect(url_for(".letter_templates_list"), 303)


@desk.get("/letter-templates/example.docx")
@allowed_to(Act.INVITE)
def letter_templates_example() -> Response:
    """Give a template to begin with."""
    return download(letter_template.example(), "函件模板样例.docx", MEDIA_TYPE)
