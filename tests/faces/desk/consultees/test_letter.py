"""The letter of a consultation at the desk, in the portal and on the command line."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from consult import clock
from consult.consultees import invitations, letters, register
from consult.consultees import service as hearing
from consult.consultees.letter_models import LetterTemplate
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.drafting.models import Consultation
from consult.files.pdf_subprocess import text_of_pdf
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.files.test_letter_template import LETTER, a_template

SEALED = b"%PDF-1.4 sealed"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    at = clock.now() - timedelta(days=2)
    return an_open_consultation(staff.of("drafter"), staff.of("publisher"), slug="canteen", at=at)


def invited(staff: Staff, consultation: Consultation, name: str = "甲公司", method: Method = Method.MAIL) -> Invitation:
    entry = register.Entry(name, ConsulteeKind.ENTERPRISE, email="a@example.com")
    consultee = register.add(staff.of("drafter"), entry, at=clock.now())
    hearing.add(staff.of("drafter"), consultation, [(consultee, "")], at=clock.now())
    return hearing.invite(staff.of("drafter"), consultation, consultee, method=method, at=clock.now())


def filled(**fields: str) -> dict[str, str]:
    return {
        "number": "某市建函〔2026〕12号",
        "mark": "",
        "signer": "李某",
        "signed_on": clock.local(clock.now()).date().isoformat(),
        "contact_name": "张某",
        "contact_phone": "0531-12345678",
        "copies": "某市司法局 sfj@example.org\n某市财政局",
        "sealed": "1",
        **fields,
    }


def posted(client: FlaskClient, address: str, data: dict[str, object]) -> TestResponse:
    return client.post(address, data=data, content_type="multipart/form-data")


def test_a_letter_is_prepared_refused_sealed_and_shown(
    signed_in: SignIn, staff: Staff, consultation: Consultation
) -> None:
    client = signed_in("drafter")
    page = "/desk/consultations/canteen/consultees/letter"
    assert "尚未拟函" in client.get(page).text
    refused = posted(client, page, filled(mark="某市建函"))
    assert refused.status_code == 400
    assert "不能两者都用" in refused.text
    assert "某市司法局 sfj@example.org" in refused.text  # what was typed stays
    assert posted(client, page, filled()).status_code == 303
    shown = client.get(page).text
    assert "某市建函〔2026〕12号（本单位办文系统编号）" in shown
    assert "尚未上传盖章件" in shown
    made = invited(staff, consultation)
    upload = {"sealed_file": (io.BytesIO(SEALED), "函.pdf"), "invitation": ""}
    assert posted(client, f"{page}/seal", upload).status_code == 303
    assert "尚未上传盖章件" not in client.get(page).text
    packed = client.get(f"{page}.zip").data
    assert SEALED in packed or len(packed) > 1000
    words = text_of_pdf(client.get(f"{page}.pdf").data)
    assert "某市建函〔2026〕12号" in words
    assert "抄送：某市司法局，某市财政局。" in words
    assert client.get(f"{page}.docx").data.startswith(b"PK")
    assert "意见反馈表" in text_of_pdf(client.get(f"{page}/annexes.pdf").data)
    shown = client.get(f"/desk/consultations/canteen/consultees/{made.id}").text
    assert "某市建函〔2026〕12号" in shown
    assert invitations.code_of(made) in shown


def test_templates_are_added_tried_and_retired(signed_in: SignIn, staff: Staff, consultation: Consultation) -> None:
    client = signed_in("drafter")
    page = "/desk/letter-templates"
    example = client.get(f"{page}/example.docx").data
    division = str(staff.of("drafter").division_id)
    bad = {"template_file": (io.BytesIO(a_template("{{ 文号 }}")), "函.docx"), "name": "处函", "division": division}
    refused = posted(client, page, bad)
    assert (refused.status_code, "不认识的占位符：文号" in refused.text) == (400, True)
    good = {"template_file": (io.BytesIO(example), "函.docx"), "name": "处函", "division": division}
    assert posted(client, page, good).status_code == 303
    (template,) = db.session.scalars(select(LetterTemplate))
    letter = "/desk/consultations/canteen/consultees/letter"
    assert posted(client, letter, filled(template=str(template.id), sealed="")).status_code == 303
    document = Document(io.BytesIO(client.get(f"{letter}.docx").data))
    lines = [paragraph.text for paragraph in document.paragraphs]
    assert "各有关单位：" in lines
    assert any("某市建函〔2026〕12号" in line for line in lines)
    assert document.sections[0].first_page_header.paragraphs[0].text
    assert posted(client, f"{page}/{template.id}/retire", {}).status_code == 303
    assert "没有函件模板" in client.get(page).text


def test_the_portal_gives_the_letter_and_takes_the_code_and_a_wish_for_paper(
    client: FlaskClient, staff: Staff, consultation: Consultation
) -> None:
    entry = letters.Entry("李某", clock.local(clock.now()).date(), "张某", "0531-12345678", number="某函〔2026〕1号")
    letters.prepare(staff.of("drafter"), consultation, entry, at=clock.now())
    made = invited(staff, consultation, method=Method.LETTER)
    code = invitations.code_of(made)
    refused = client.post("/portal/c", data={"code": f"{code[:-1]}%"})
    assert (refused.status_code, "这个答复码不能使用" in refused.text) == (400, True)
    opened = client.post("/portal/c", data={"code": code.lower().replace("-", " ")})
    assert opened.headers["Location"].endswith(f"/portal/answer/{made.id}")
    page = client.get(f"/portal/answer/{made.id}").text
    assert "某函〔2026〕1号" in page
    assert "某函〔2026〕1号" in text_of_pdf(client.get(f"/portal/answer/{made.id}/letter.pdf").data)
    assert client.get(f"/portal/answer/{made.id}/letter.annexes").data.startswith(b"%PDF")
    client.post(f"/portal/answer/{made.id}/paper", data={"address": "短"})
    assert made.paper_asked_at is None
    client.post(f"/portal/answer/{made.id}/paper", data={"address": "某市某路1号 王某收"})
    db.session.refresh(made)
    assert made.paper_address == "某市某路1号 王某收"
    invitations.mark_paper_sent(staff.of("drafter"), made, at=clock.now())
    assert "已寄出纸质函件" in client.get(f"/portal/answer/{made.id}").text


def test_the_commands_do_the_same(app: Flask, staff: Staff, consultation: Consultation, tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        result = app.test_cli_runner().invoke(args=["consultees", *arguments])
        return result.exit_code, result.stdout, result.stderr

    today = clock.local(clock.now()).date().isoformat()
    given = ("--signer", "李某", "--signed-on", today, "--contact", "张某", "--phone", "0531-12345678")
    assert run("invite", "canteen", "--letter")[0] == 1
    assert "尚未拟征求意见函" in run("letter", "canteen")[2]
    code, _, words = run("letter", "canteen", "--number", "某函〔2026〕1号", "--register", "某函", *given)
    assert (code, "不能两者都用" in words) == (1, True)
    code, shown, words = run(
        "letter", "canteen", "--register", "某函", "--cc", "某市司法局=s@example.org", *given, "--json"
    )
    assert (code, words) == (0, "")
    document = json.loads(shown)
    assert document["number"] == f"某函〔{today[:4]}〕1号"
    assert document["cc"] == [{"name": "某市司法局", "email": "s@example.org"}]
    out, sealed = tmp_path / "letter.pdf", tmp_path / "sealed.pdf"
    sealed.write_bytes(SEALED)
    assert run("letter", "canteen", "--out", str(out))[0] == 0
    assert "〕1号" in text_of_pdf(out.read_bytes())
    assert run("letter", "canteen", "--out", str(tmp_path / "letter.odt"))[0] == 1
    assert run("letter", "canteen", "--sealed", str(sealed))[0] == 0
    assert json.loads(run("letter", "canteen", "--json")[1])["sealed"][0]["file"] == "sealed.pdf"
    path = tmp_path / "own.docx"
    path.write_bytes(a_template(*LETTER))
    assert "本处函" in run("template", "--add", str(path), "--name", "本处函")[1]
    assert run("template", "--retire", "1")[1].strip() == "没有函件模板。"
    assert run("template", "--add", str(path), "--name", "x", "--division", "没有的处")[0] == 1
