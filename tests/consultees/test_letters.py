"""Official letters: numbered one way only, sealed before they go, sent as they were sealed."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from docx import Document
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.app_context import blobs, settings
from consult.consultees import (
    delivery,
    invitations,
    letter_papers,
    letter_templates,
    letters,
    register,
    responses,
    rounds,
    status,
)
from consult.consultees import service as hearing
from consult.consultees.errors import EntryRefused, InvitationRefused, LetterRefused
from consult.consultees.letter_models import AnnexFormat, NumberSource
from consult.consultees.letters import Entry
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.files import attachments
from consult.files.attachments import CheckedAttachment
from consult.files.pdf_subprocess import text_of_pdf
from consult.intake.arrival import ArrivalPart
from consult.mail_queue import service as mail_queue
from tests.builders import DRAFT, NOON, a_division, an_actor, an_open_consultation, docx_of
from tests.files.test_letter_template import LETTER, a_template

PDF = b"%PDF-1.4 a letter, sealed"
TODAY = NOON.date()


@pytest.fixture
def drafter(app: Flask) -> Actor:
    for old in (settings().data_dir / "outbox").glob("*.eml"):
        old.unlink()
    return an_actor(Role.DRAFTER)


@pytest.fixture
def another(drafter: Actor) -> Consultation:
    return an_open_consultation(drafter, an_actor(Role.PUBLISHER, "publisher2"), title="另一件办法（征求意见稿）")


def an_entry(**given: object) -> Entry:
    plain = Entry(
        signer="李某",
        signed_on=TODAY,
        contact_name="张某",
        contact_phone="0531-12345678",
        number="某市建函〔2026〕12号",
        sealed=False,
    )
    return replace(plain, **given)  # type: ignore[arg-type]


def invited(drafter: Actor, consultation: Consultation, name: str, method: Method = Method.MAIL) -> Invitation:
    mail = f"{len(name)}@example.com" if method is Method.MAIL else ""
    consultee = register.add(drafter, register.Entry(name, ConsulteeKind.ENTERPRISE, email=mail), at=NOON)
    hearing.add(drafter, consultation, [(consultee, "")], at=NOON)
    return hearing.invite(drafter, consultation, consultee, method=method, at=NOON)


def sealed_file(data: bytes = PDF, name: str = "盖章函.pdf") -> CheckedAttachment:
    blobs().put(data)
    return attachments.check(name, data, max_bytes=1 << 20)


def mails() -> list[EmailMessage]:
    read = [path.read_bytes() for path in sorted((settings().data_dir / "outbox").glob("*.eml"))]
    return [email.message_from_bytes(data, policy=email.policy.default) for data in read]  # type: ignore[misc]


def files_of(mail: EmailMessage) -> dict[str, bytes]:
    return {str(part.get_filename()): part.get_payload(decode=True) for part in mail.iter_attachments()}  # type: ignore[misc]


def test_a_letter_needs_one_number_a_signer_a_day_and_whom_to_call(drafter: Actor, consultation: Consultation) -> None:
    for given, words in (
        ({"number": ""}, "须选其一"),
        ({"mark": "某市建函"}, "不能两者都用"),
        ({"signer": " "}, "签发人"),
        ({"signed_on": None}, "签发日期"),
        ({"signed_on": TODAY + timedelta(days=1)}, "还没有到"),
        ({"contact_name": ""}, "联系人"),
        ({"contact_phone": "12345"}, "联系电话"),
        ({"number": "12号"}, "写法不对"),
        ({"number": "", "mark": "某市建函〔2026〕"}, "机关代字只写汉字"),
    ):
        with pytest.raises(LetterRefused, match=words):
            letters.prepare(drafter, consultation, an_entry(**given), at=NOON)
    assert letters.current(consultation) is None


@pytest.mark.parametrize(
    "typed", ["某市建函〔2026〕12号", "某市建函[2026]12号", "某市建函（2026）第012号", " 某市建函 〔2026〕 12 号 "]
)
def test_a_number_is_read_in_whatever_brackets_and_printed_as_the_standard_has_it(typed: str) -> None:
    assert letters.in_words(*letters.parsed(typed)) == "某市建函〔2026〕12号"


def test_the_register_counts_on_by_mark_and_year_and_never_beside_the_office(
    drafter: Actor, consultation: Consultation, another: Consultation
) -> None:
    entry = an_entry(number="", mark="某市建函")
    first = letters.prepare(drafter, consultation, entry, at=NOON)
    second = letters.prepare(drafter, another, entry, at=NOON)
    assert [first.number, second.number] == ["某市建函〔2026〕1号", "某市建函〔2026〕2号"]
    assert first.number_source is NumberSource.REGISTER
    with pytest.raises(LetterRefused, match="不能又由本单位办文系统编制"):
        letters.prepare(drafter, another, an_entry(number="某市建函〔2026〕9号"), at=NOON)
    letters.prepare(drafter, another, an_entry(number="某市建发〔2026〕9号"), at=NOON)
    with pytest.raises(LetterRefused, match="不能又由本平台登记簿编制"):
        letters.prepare(drafter, consultation, an_entry(number="", mark="某市建发"), at=NOON)


def test_the_number_of_the_office_is_used_once(
    drafter: Actor, consultation: Consultation, another: Consultation
) -> None:
    letters.prepare(drafter, consultation, an_entry(), at=NOON)
    with pytest.raises(LetterRefused, match="已经用于"):
        letters.prepare(drafter, another, an_entry(), at=NOON)
    corrected = letters.prepare(drafter, consultation, an_entry(signer="王某"), at=NOON)  # a correction keeps it
    again = letters.prepare(drafter, consultation, an_entry(signer="赵某"), at=NOON)
    assert (corrected.replaces_id is not None, again.replaces_id) == (True, corrected.id)


def test_what_was_sent_is_not_corrected_but_followed_by_another_number(
    drafter: Actor, consultation: Consultation
) -> None:
    letters.prepare(drafter, consultation, an_entry(), at=NOON)
    invited(drafter, consultation, "甲公司")
    delivery.send_waiting(NOON)
    with pytest.raises(LetterRefused, match="已经用于"):
        letters.prepare(drafter, consultation, an_entry(signer="王某"), at=NOON)
    other = letters.prepare(drafter, consultation, an_entry(number="某市建函〔2026〕13号"), at=NOON)
    assert (other.replaces_id, other.round) == (None, 1)


def test_a_letter_waits_for_its_seal_and_goes_out_as_it_was_sealed(drafter: Actor, consultation: Consultation) -> None:
    letter = letters.prepare(drafter, consultation, an_entry(sealed=True), at=NOON)
    for_all, personal = invited(drafter, consultation, "甲公司"), invited(drafter, consultation, "乙乙公司")
    assert delivery.send_waiting(NOON) == []
    with pytest.raises(LetterRefused, match="电子签章的 PDF"):
        letters.seal(drafter, letter, sealed_file(b"words", "a.txt"), at=NOON)
    letters.seal(drafter, letter, sealed_file(), at=NOON)
    letters.seal(drafter, letter, sealed_file(PDF + b"\n%own", "乙.pdf"), personal, at=NOON)
    assert [sent.trouble for sent in delivery.send_waiting(NOON)] == ["", ""]
    attached = {str(mail["To"]): files_of(mail) for mail in mails()}
    assert attached[for_all.email]["征求意见函.pdf"] == PDF
    assert attached[personal.email]["征求意见函.pdf"] == PDF + b"\n%own"
    assert for_all.sent_digest == letter.seals[0].digest


def test_the_mail_has_letter_attachments_and_the_card_of_that_addressee_alone(
    drafter: Actor, consultation: Consultation
) -> None:
    letters.prepare(drafter, consultation, an_entry(), at=NOON)
    first, second = invited(drafter, consultation, "甲公司"), invited(drafter, consultation, "乙乙公司")
    delivery.send_waiting(NOON)
    attached = {str(mail["To"]): files_of(mail) for mail in mails()}
    files = attached[first.email]
    assert sorted(files) == ["征求意见函.pdf", "网上答复方式和意见反馈表.docx", "附件.pdf"]
    words = "".join(text_of_pdf(files["征求意见函.pdf"]).split())
    assert "某市建函〔2026〕12号" in words
    assert "甲公司：" in words
    assert "联系人：张某；电话：0531-12345678" in words
    annexes = "".join(text_of_pdf(files["附件.pdf"]).split())
    assert "意见反馈表" in annexes
    assert consultation.title in annexes
    card = Document(io.BytesIO(files["网上答复方式和意见反馈表.docx"]))
    cells = "".join(cell.text for table in card.tables for row in table.rows for cell in row.cells)
    assert invitations.code_of(first) in cells
    assert invitations.code_of(second) not in cells


def test_attachments_come_as_words_documents_in_a_zip_where_that_is_asked_for(
    drafter: Actor, consultation: Consultation
) -> None:
    letter = letters.prepare(drafter, consultation, an_entry(annexes=AnnexFormat.ZIP), at=NOON)
    packed = letter_papers.annexes_file(letter)
    with zipfile.ZipFile(io.BytesIO(packed.data)) as archive:
        names = archive.namelist()
        assert names[0].startswith("附件1 《")
        assert names[-1].endswith("意见反馈表.docx")
        assert Document(io.BytesIO(archive.read(names[0]))).paragraphs[0].text == "附件1"


def test_an_invitation_without_an_official_letter_goes_out_as_before(
    drafter: Actor, consultation: Consultation
) -> None:
    made = invited(drafter, consultation, "甲公司")
    assert (made.letter_id, made.round) == (None, 1)
    assert letter_papers.of(made).number == ""
    delivery.send_waiting(NOON)
    (mail,) = mails()
    assert sorted(files_of(mail)) == ["意见反馈表.docx"]
    assert invitations.link_of(made) in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_code_opens_what_the_link_opens_however_it_is_typed(drafter: Actor, consultation: Consultation) -> None:
    made = invited(drafter, consultation, "甲公司")
    code = invitations.code_of(made)
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} ", code.replace("0", "O")):
        assert invitations.by_code(typed).id == made.id
    wrong = code[:-1] + ("0" if code[-1] != "0" else "2")
    for typed in (wrong, "", "-", "1", "ZZZZZZZZZZZZZZZZZZZZZZZZ", "中文", code[2:], "9" + code):
        with pytest.raises(EntryRefused):
            invitations.by_code(typed)


def test_a_template_of_another_division_or_one_retired_is_refused(drafter: Actor, consultation: Consultation) -> None:
    file = sealed_file(a_template(*LETTER), "函.docx")
    admin = an_actor(Role.ADMIN)
    everybody = letter_templates.add(admin, "通用函", file, at=NOON)
    elsewhere = letter_templates.add(admin, "别处的函", file, division=a_division("别处"), at=NOON)
    with pytest.raises(LetterRefused, match="其他处室的"):
        letters.prepare(drafter, consultation, an_entry(template=elsewhere), at=NOON)
    with pytest.raises(LetterRefused, match="全机关通用的由管理员维护"):
        letter_templates.retire(drafter, everybody, at=NOON)
    letter = letters.prepare(drafter, consultation, an_entry(template=everybody), at=NOON)
    words = letter_papers.letter_file(letter_papers.sample(letter), letter, "docx").data
    assert Document(io.BytesIO(words)).paragraphs[0].text == "各有关单位："
    letter_templates.retire(admin, everybody, at=NOON)
    with pytest.raises(LetterRefused, match="已经停用"):
        letters.prepare(drafter, consultation, an_entry(template=everybody), at=NOON)


def test_a_consultee_is_invited_once_in_a_round(drafter: Actor, consultation: Consultation) -> None:
    made = invited(drafter, consultation, "甲公司")
    with pytest.raises(InvitationRefused, match="已经邀请过"):
        hearing.invite(drafter, consultation, made.consultee, method=Method.MAIL, at=NOON)


def test_copies_go_once_to_those_with_an_address_and_without_a_code(drafter: Actor, consultation: Consultation) -> None:
    copies = (("某市司法局", "sfj@example.org"), ("某市财政局", ""))
    letters.prepare(drafter, consultation, an_entry(copies=copies), at=NOON)
    made = [invited(drafter, consultation, name) for name in ("甲公司", "乙乙公司")]
    for minutes in range(3):
        delivery.send_waiting(NOON + timedelta(minutes=minutes))
        mail_queue.deliver(NOON + timedelta(minutes=minutes))
    (copy,) = [mail for mail in mails() if str(mail["To"]) == "sfj@example.org"]
    assert sorted(files_of(copy)) == ["征求意见函.pdf", "附件.pdf"]
    everything = copy.as_bytes() + b"".join(files_of(copy).values())
    words = text_of_pdf(files_of(copy)["征求意见函.pdf"])
    for invitation in made:
        assert invitations.token_of(invitation).encode() not in everything
        assert invitations.code_of(invitation) not in words
    assert "抄送：某市司法局，某市财政局。" in words


def test_a_sealed_file_that_is_gone_ends_its_own_letter_and_holds_no_other_up(
    drafter: Actor, consultation: Consultation
) -> None:
    letter = letters.prepare(drafter, consultation, an_entry(sealed=True), at=NOON)
    broken, fine = invited(drafter, consultation, "甲公司"), invited(drafter, consultation, "乙乙公司")
    letters.seal(drafter, letter, sealed_file(), at=NOON)
    gone = replace(sealed_file(PDF + b"\n%gone"), digest="0" * 64)
    letters.seal(drafter, letter, gone, broken, at=NOON)
    fates = {sent.invitation.id: sent.trouble for sent in delivery.send_waiting(NOON)}
    assert fates[fine.id] == ""
    assert "函件的文件不能发出" in fates[broken.id]
    assert "函件的文件不能发出" in broken.bounced_why


def test_a_second_round_asks_on_the_revised_draft_and_keeps_opinions_where_they_belong(
    drafter: Actor, consultation: Consultation
) -> None:
    first = invited(drafter, consultation, "甲公司", Method.LETTER)
    invitations.mark_sent(drafter, first, at=NOON)
    consultee = invitations.as_consultee(first.consultee)
    responses.respond(consultee, first, no_opinion=True, by="王某", at=NOON)
    assert status.heard(consultation).enterprises == 1
    text = DRAFT.replace("第五条 本办法", "第六条 本办法").replace("第四条 社区食堂的", "第五条 社区食堂的")
    text = text.replace("第三条 社区食堂", "第三条 社区食堂应当公示投诉电话，并每季度听取居民意见。\n第四条 社区食堂")
    revised = versions.add_version(
        drafter, consultation, kind=VersionKind.REVISED, file_name="b.docx", data=docx_of(text), at=NOON
    )
    letter = letters.prepare(drafter, consultation, an_entry(version=revised), at=NOON)
    assert letter.round == 2
    again = hearing.invite(drafter, consultation, first.consultee, method=Method.LETTER, at=NOON)
    invitations.mark_sent(drafter, again, at=NOON)
    assert again.round == 2
    assert status.heard(consultation).enterprises == 1  # who was heard stays heard
    content = letter_papers.of(again)
    assert content.head.startswith("关于再次征求《")
    with pytest.raises(InvitationRefused, match="已经邀请过"):
        hearing.invite(drafter, consultation, first.consultee, method=Method.LETTER, at=NOON)
    moved = next(row for row in revised.provisions if "七十周岁" in row.text)
    assert moved.anchor != "art-3-item-3"
    (part,) = rounds.on_public_draft(again, [ArrivalPart("改为六十五周岁。", moved.anchor)])
    public = next(row for row in consultation.public_version.provisions if "七十周岁" in row.text)
    assert part.anchor == public.anchor
    assert part.content.startswith("（修改稿")
    receipt = responses.respond(consultee, again, parts=[part], by="王某", at=NOON)
    assert [row.anchor for row in receipt.submission.parts] == [public.anchor]
    assert rounds.on_public_draft(first, [ArrivalPart("x", "art-3")]) == [ArrivalPart("x", "art-3")]
