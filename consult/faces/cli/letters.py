"""``flask consultees letter`` and ``template``: the official letter of a consultation, and the departments' own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.accounts.permissions import Actor
from consult.clock import now
from consult.consultees import letter_papers, letter_templates, letters, queries
from consult.consultees.letter_models import AnnexFormat, OfficialLetter, Urgency
from consult.consultees.models import Invitation
from consult.drafting.models import Consultation, DraftVersion
from consult.faces.cli.console import (
    DayType,
    actor_named,
    by_option,
    choice_of,
    consultation_named,
    show,
    slug_argument,
)
from consult.faces.cli.consultees import consultees_cli
from consult.faces.cli.papers import keep_file
from consult.faces.row_ids import LARGEST
from consult.files.letter_template import TemplateRefused

ENDINGS = ("pdf", "docx", "zip")


@consultees_cli.command("letter", help="征求意见函：拟函编号、上传盖章件、写出文件；不带选项的，显示当前的函。")
@slug_argument
@click.option("--number", default="", help="本单位办文系统编制的发文字号，例如 某市监函〔2026〕12号。")
@click.option(
    "--register", "mark", default="", help="由本平台登记簿编号时的机关代字，例如 某市监函；与 --number 只用一个。"
)
@click.option("--signer", default="", help="签发人。")
@click.option("--signed-on", type=DayType(["%Y-%m-%d"]), help="签发日期（成文日期）。")
@click.option("--contact", default="", help="联系人。")
@click.option("--phone", default="", help="联系电话。")
@click.option("--to", "addressee", default="", help="主送，例如 各有关单位；不写的按收函单位分别主送。")
@click.option("--cc", "copies", multiple=True, help="抄送单位，可以接“=邮箱”；可以写多次。")
@click.option("--urgency", type=choice_of(Urgency), default=Urgency.NONE.value, help="紧急程度。")
@click.option("--no-seal", is_flag=True, help="不盖章，拟好即发；不写的，上传盖章件后发出。")
@click.option("--annexes", type=choice_of(AnnexFormat), default=AnnexFormat.PDF.value, help="附件的形式。")
@click.option("--template", "template", type=click.IntRange(1, LARGEST), help="函件模板的编号。")
@click.option(
    "--version", "version", type=click.IntRange(1, LARGEST), help="征求意见的文本是第几版；再次征求意见的，为修改稿。"
)
@click.option("--sealed", type=click.Path(path_type=Path, dir_okay=False), help="盖章件：扫描件或者电子签章的 PDF。")
@click.option("--consultee", default="", help="盖章件、写出的函只对这一家：名称、统一社会信用代码或编号。")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="写出：.pdf、.docx 为函，.zip 为函和附件。"
)
@by_option
def letter(
    slug: str,
    signed_on: datetime | None,
    copies: tuple[str, ...],
    urgency: str,
    no_seal: bool,
    annexes: str,
    template: int | None,
    version: int | None,
    sealed: Path | None,
    consultee: str,
    out: Path | None,
    username: str | None,
    as_json: bool,
    **words: str,
) -> None:
    """Prepare the letter of SLUG, store its sealed file, write it to a file, or show it."""
    consultation, actor, at = consultation_named(slug), actor_named(username), now()
    if any(words.values()) or signed_on is not None:
        entry = letters.Entry(
            signer=words["signer"],
            signed_on=signed_on.date() if signed_on is not None else None,
            contact_name=words["contact"],
            contact_phone=words["phone"],
            number=words["number"],
            mark=words["mark"],
            addressee=words["addressee"],
            copies=tuple(_copy(line) for line in copies),
            urgency=Urgency(urgency),
            sealed=not no_seal,
            annexes=AnnexFormat(annexes),
            template=letter_templates.by_id(template) if template is not None else None,
            version=_version(consultation, version) if version is not None else None,
        )
        letters.prepare(actor, consultation, entry, at=at)
    current = letters.current(consultation)
    if current is None:
        raise Refused("尚未拟征求意见函。请写明 --number 或者 --register、--signer、--signed-on、--contact、--phone。")
    invitation = letters.invitation_by(current, queries.named(consultee)) if consultee else None
    if sealed is not None:
        letters.seal(actor, current, keep_file(sealed), invitation, at=at)
    if out is not None:
        _write(actor, current, invitation, out)
    document = describe(current)
    show({"consultation": slug, **document}, "\n".join(_lines(document)), as_json)


def _copy(line: str) -> tuple[str, str]:
    name, _, email = line.partition("=")
    return name, email


def _version(consultation: Consultation, number: int) -> DraftVersion:
    version = next((version for version in consultation.versions if version.number == number), None)
    if version is None:
        raise Refused(f"没有序号为 {number} 的稿。")
    return version


def _write(actor: Actor, current: OfficialLetter, invitation: Invitation | None, out: Path) -> None:
    kind = out.suffix.lstrip(".").lower()
    if kind not in ENDINGS:
        raise Refused(f"只能写出 {'、'.join(f'.{ending}' for ending in ENDINGS)} 文件。")
    if not out.resolve().parent.is_dir():
        raise Refused(f"没有这个文件夹：{out.resolve().parent}。请先创建，或者换一个位置。")
    try:
        out.write_bytes(letter_papers.written(actor, current, invitation, kind))
    except TemplateRefused as refusal:
        raise Refused(str(refusal)) from refusal


def describe(current: OfficialLetter) -> dict[str, Any]:
    """Return a letter as a document."""
    return {
        "letter": current.id,
        "number": current.number,
        "number_source": current.number_source.value,
        "round": current.round,
        "version": current.version.number,
        "signer": current.signer,
        "signed_on": current.signed_on,
        "contact": current.contact_name,
        "phone": current.contact_phone,
        "to": current.addressee,
        "cc": [{"name": name, "email": email} for name, email in current.copies],
        "urgency": current.urgency.value,
        "annexes": current.annexes.value,
        "template": current.template_id,
        "needs_seal": current.sealed,
        "sealed": [
            {"file": row.name, "sha256": row.digest, "at": row.at, "consultee": _addressee(row.invitation)}
            for row in current.seals
        ],
    }


def _addressee(invitation: Invitation | None) -> str | None:
    return invitation.consultee.name if invitation is not None else None


def _lines(document: dict[str, Any]) -> list[str]:
    source = "本单位办文系统" if document["number_source"] == "office" else "本平台登记簿"
    lines = [
        f"{document['number']}（{source}编号），第{document['round']}次征求意见，文本为第{document['version']}稿",
        f"签发人：{document['signer']}，{document['signed_on']}；联系人：{document['contact']}，{document['phone']}",
    ]
    if document["cc"]:
        lines.append("抄送：" + "，".join(row["name"] for row in document["cc"]))
    if document["needs_seal"] and not document["sealed"]:
        lines.append("尚未上传盖章件，上传后发出。")
    lines += [
        f"盖章件：{row['file']}" + (f"（{row['consultee']}）" if row["consultee"] else "") for row in document["sealed"]
    ]
    return lines


@consultees_cli.command("template", help="函件模板：列出；--add 添加，--retire 停用。")
@click.option("--add", "path", type=click.Path(path_type=Path, dir_okay=False), help="带占位符的 .docx 文件。")
@click.option("--name", default="", help="模板名称。")
@click.option("--division", "division_name", default="", help="所属处室；不写的各处室通用。")
@click.option("--retire", "retired", type=click.IntRange(1, LARGEST), help="停用的模板编号。")
@by_option
def template(
    path: Path | None, name: str, division_name: str, retired: int | None, username: str | None, as_json: bool
) -> None:
    """List the templates of letters, add one for a division or for all, or retire one."""
    actor, at = actor_named(username), now()
    if path is not None:
        division = letter_templates.division_called(division_name) if division_name else None
        letter_templates.add(actor, name, keep_file(path), division=division, at=at)
    if retired is not None:
        letter_templates.retire(actor, letter_templates.by_id(retired), at=at)
    rows = [
        {"id": row.id, "name": row.name, "division": row.division.name if row.division else None, "file": row.file_name}
        for row in letter_templates.offered(actor)
    ]
    lines = [f"{row['id']}\t{row['name']}\t{row['division'] or '各处室通用'}" for row in rows]
    show({"templates": rows}, "\n".join(lines) or "没有函件模板。", as_json)
