"""What was typed and uploaded in the forms of the reviews, as the verbs want it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request

from consult.accounts.errors import Refused
from consult.app_context import rules
from consult.consultees import hearings
from consult.consultees.models import Gathering
from consult.drafting.models import Consultation, DraftVersion
from consult.faces.desk import form_values
from consult.faces.row_ids import row_id
from consult.faces.uploads import keep
from consult.law.reviews import Conclusion, ReviewKind
from consult.review.models import PaperRole
from consult.review.service import Findings, Paper

TEXT_CHARACTERS = 4000
UPLOAD_ROWS = 4
"""Rows of the form for papers; more papers are added by choosing several files in a row."""
ROLES = {
    ReviewKind.LEGALITY: (PaperRole.OPINION, PaperRole.COUNSEL_OPINION),
    ReviewKind.FAIR_COMPETITION: (PaperRole.OPINION, PaperRole.REGULATOR_OPINION),
    ReviewKind.EXPERTS: (PaperRole.EXPERT_OPINION, PaperRole.OPINION),
}
"""Roles of the papers that a conclusion of each kind may have; the first is offered first."""
STANDARD = "standard-"


def roles_of(kind: ReviewKind) -> tuple[PaperRole, ...]:
    """Return the roles that papers of a conclusion of this kind may have."""
    return ROLES.get(kind, (PaperRole.OPINION,))


def text(name: str) -> str:
    """Return what was typed in a field.

    Raises:
        Refused: it is far too long.
    """
    typed = request.form.get(name, "").strip()
    if len(typed) > TEXT_CHARACTERS:
        raise Refused(f"填写的内容有 {len(typed):,} 字，最多 {TEXT_CHARACTERS:,} 字，请缩短，详细内容请作为附件上传。")
    return typed


def version_of(consultation: Consultation) -> DraftVersion:
    """Return the version that was chosen.

    Raises:
        Refused: there is no such version.
    """
    number = row_id(request.form.get("version", ""))
    for version in consultation.versions:
        if version.number == number:
            return version
    raise Refused("没有这一稿，请重新选择文稿。")


def material(kind: ReviewKind) -> list[Paper]:
    """Keep the files handed in with a request or a completion: for each item, others, and why it was sent early."""
    items = [row.id for row in rules().material if row.review == kind.value]
    papers = [
        Paper(file, PaperRole.MATERIAL, item=item)
        for item in ("", *items)
        for file in keep(request.files.getlist(f"material-{item}"))
    ]
    papers += [Paper(file, PaperRole.EMERGENCY) for file in keep(request.files.getlist("emergency"))]
    return papers


def findings(consultation: Consultation, kind: ReviewKind) -> Findings:
    """Return what a reviewer concludes, with its papers kept.

    Raises:
        Refused: no conclusion was chosen, or a value isn't one.
    """
    return Findings(
        conclusion=_conclusion(),
        papers=list(_papers(kind)),
        returned_on=form_values.day(request.form.get("returned_on", "")),
        note=text("note"),
        article=_article(),
        alternatives=text("alternatives"),
        until=form_values.day(request.form.get("until", "")),
        end_condition=text("end_condition"),
        hearing=_hearing(consultation),
        points=[typed[:TEXT_CHARACTERS] for typed in request.form.getlist("point")],
        reviewing_unit=text("reviewing_unit"),
        standards=_standards(),
    )


def regulator_paper() -> tuple[Paper, Conclusion | None]:
    """Return the market regulator's opinion and what it concludes.

    Raises:
        Refused: no file was chosen.
    """
    files = keep(request.files.getlist("file"))
    if not files:
        raise Refused("请上传市场监管部门的审查意见。")
    concludes = request.form.get("conclusion", "")
    return Paper(files[0], PaperRole.REGULATOR_OPINION), _conclusion() if concludes else None


def _conclusion() -> Conclusion:
    typed = request.form.get("conclusion", "")
    if typed not in set(Conclusion):
        raise Refused("请选择审查结论。")
    return Conclusion(typed)


def _article() -> str:
    typed = request.form.get("article", "")
    row = rules().exceptions.get(typed)
    if typed and row is None:
        raise Refused("没有所选的例外情形，请重新选择。")
    return row.basis[0].article if row is not None else ""


def _papers(kind: ReviewKind) -> Iterator[Paper]:
    names, interests = request.form.getlist("signatory"), request.form.getlist("interest")
    for row in range(UPLOAD_ROWS):
        files = keep(request.files.getlist(f"paper-{row}"))
        if not files:
            continue
        role = form_values.one_of(PaperRole, request.form.get(f"role-{row}", ""), roles_of(kind)[0], "材料种类")
        if role not in roles_of(kind):
            raise Refused(f"“{role.label.words}”不是这种审查的材料，请重新选择。")
        signatory = names[row] if row < len(names) else ""
        if role is PaperRole.EXPERT_OPINION and not signatory.strip():
            raise Refused("专家书面论证意见应当署名，请填写专家姓名。")
        has_interest = request.form.get(f"has-interest-{row}", "")
        if role is PaperRole.EXPERT_OPINION and has_interest not in ("no", "yes"):
            raise Refused(f"请填写专家{signatory.strip()}与决策事项有无直接利害关系。")
        interest = interests[row] if row < len(interests) else ""
        stated = (interest.strip() or "有直接利害关系") if has_interest == "yes" else ""
        for file in files:
            yield Paper(file, role, signatory=signatory, interest=stated[:TEXT_CHARACTERS])


def _hearing(consultation: Consultation) -> Gathering | None:
    typed = request.form.get("hearing", "")
    if not typed:
        return None
    for hearing in hearings.of(consultation):
        if hearing.id == row_id(typed):
            return hearing
    raise Refused("没有所选的会议，请重新选择。")


def _standards() -> dict[str, str]:
    return {
        name.removeprefix(STANDARD): value
        for name, value in request.form.items()
        if name.startswith(STANDARD) and value
    }
