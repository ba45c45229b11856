"""上会材料 of a consultation with 12 consultees: what must be in it, in words of the trade, and what must not leak."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from datetime import timedelta

import pytest
from docx import Document
from docx.table import Table
from flask import Flask
from sqlalchemy import select, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs
from consult.consultees import confirmation, disagreements, hearing_verification
from consult.consultees.disagreement_models import UnitOpinion
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, Response
from consult.files.pdf_reader import read_pdf
from consult.law.preconditions import unmet
from consult.ledger.models import LedgerEntry
from consult.meeting import checks, meeting_file, overrides
from consult.moderation import service as moderation
from consult.review import heard_opinions
from consult.store import db
from tests.builders import an_open_consultation
from tests.meeting import twelve
from tests.meeting.green import READY, a_paper
from tests.meeting.twelve import (
    ASSOCIATION,
    BOUNCED,
    BY_CALL,
    BY_MAIL,
    DECISIONS,
    GROUP,
    INSTEAD,
    LARGE,
    NO_OPINION,
    ON_PAPER,
    SECOND_SILENT,
    SILENT,
    UNIT,
    Twelve,
)
from tests.world import PUBLISHED, actor

NAMED = re.compile(r"https?://\S+|[\w.]+@[\w.]+|[\w（）《-]+\.(?:docx|pdf|txt|xlsx)|测试[a-z]+|\d{8}-[0-9A-Z]+")
"""What may hold Latin letters: addresses, files, the names of accounts in tests, numbers of receipts."""
Rows = list[list[str]]


def files_of(made: Twelve) -> dict[str, bytes]:
    """Return the file as the legal division takes it out."""
    data = meeting_file.build(made.office.legal, made.consultation, at=READY)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


class Read:
    """The volume as Word shows it: its paragraphs and tables."""

    def __init__(self, data: bytes) -> None:
        document = Document(io.BytesIO(data))
        self.paragraphs = [paragraph.text for paragraph in document.paragraphs]
        self.tables: list[Rows] = [self._rows(table) for table in document.tables]
        self.text = "\n".join([*self.paragraphs, *(cell for rows in self.tables for row in rows for cell in row)])

    @staticmethod
    def _rows(table: Table) -> Rows:
        return [[cell.text for cell in row.cells] for row in table.rows]

    def table(self, *heads: str) -> Rows:
        """Return the rows of all tables with these heads, without the heads."""
        return [row for rows in self.tables if rows and rows[0] == list(heads) for row in rows[1:]]

    def of(self, name: str, *heads: str) -> Rows:
        """Return the rows of a table that name somebody."""
        return [row for row in self.table(*heads) if any(name in cell for cell in row)]


HOW = ("序号", "单位及基本情况", "列入理由", "征求意见函", "答复", "情况")
WHAT = ("序号", "提出单位", "条文", "意见", "采纳情况", "理由", "修改内容")
CAME = ("序号", "单位", "收到", "复函内容和附件", "认定")


def read(made: Twelve) -> Read:
    return Read(files_of(made)["上会材料.docx"])


def test_every_consultee_stands_there_with_how_it_was_chosen_invited_and_answered(made: Twelve) -> None:
    volume = read(made)
    assert len(volume.table(*HOW)) == 12
    for name, words in (
        (
            ASSOCIATION,
            (
                "行业协会商会",
                "住宿和餐饮业",
                "2026年10月20日以邮件发出",
                "2026年10月22日，企业端，提出意见",
                "在听证会上发言",
            ),
        ),
        (LARGE, ("大型、国有", "以信函发出", "答复期限2026年11月3日")),
        (SILENT, ("未答复", "到期未答复", "（按现登记）")),
        (SECOND_SILENT, ("外资", "未答复", "到期未答复")),
        (BY_MAIL, ("邮件，提出意见", "已答复")),
        (ON_PAPER, ("集体", "信函，提出意见")),
        (BY_CALL, ("微型", "电话，提出意见", "无扫描件")),
        (NO_OPINION, ("企业端，无意见",)),
        (GROUP, ("人民团体、社会组织", "涉及老年人利益")),
        (UNIT, ("机关单位", "征求部门意见")),
    ):
        (row,) = [row for row in volume.table(*HOW) if row[1].startswith(name)]
        for expected in words:
            assert expected in "\n".join(row), (name, expected)
    (bounced,) = [row for row in volume.table(*HOW) if row[1].startswith(BOUNCED)]
    assert "2026年10月20日退回：收件人地址不存在" in bounced[5]
    assert f"已改邀{INSTEAD}（2026年10月21日）" in bounced[5]
    (instead,) = [row for row in volume.table(*HOW) if row[1].startswith(INSTEAD)]
    assert f"代替{BOUNCED}（2026年10月20日退回：收件人地址不存在）" in instead[2]
    assert f"改邀：{BOUNCED}（2026年10月20日退回：收件人地址不存在），改邀{INSTEAD}。" in volume.paragraphs


def test_every_opinion_has_its_decision_its_reason_and_the_words_that_were_changed(made: Twelve) -> None:
    volume = read(made)
    for name, (outcome, reason) in DECISIONS.items():
        rows = [row for row in volume.of(name, *WHAT) if row[5] == reason]
        assert [row[4] for row in rows] == [outcome.label.words], name
    (large,) = volume.of(LARGE, *WHAT)
    assert large[2] == "第四条"
    assert large[6].startswith("第四条　")
    assert "公开招标方式选定，并公示结果" in large[6]
    (partly,) = [row for row in volume.of(ASSOCIATION, *WHAT) if "偏高" in row[3]]
    assert "（三）对" in partly[6]
    assert "公示菜品价格" not in partly[6]  # only the line that changed
    (refused,) = volume.of(BY_MAIL, *WHAT)
    assert refused[6] == ""
    (none,) = volume.of(NO_OPINION, *WHAT)
    assert none[3:5] == ["无意见", ""]


def test_a_stamped_letter_is_named_with_its_attachment_and_the_organisation(made: Twelve) -> None:
    files = files_of(made)
    volume = Read(files["上会材料.docx"])
    (opinion,), (came,) = volume.of(ON_PAPER, *WHAT), volume.of(ON_PAPER, *CAME)
    (path,) = [name for name in files if ON_PAPER in name]
    assert files[path] == twelve.SCAN
    number = path.removeprefix("附件/").split(" ")[0]
    for cell in (opinion[3], came[3]):
        assert cell == f"意见见附件。\n（{number}《复函（盖章）.pdf》）"
    assert [number, f"{ON_PAPER}复函附件《{ON_PAPER}-复函（盖章）.pdf》"] in volume.table("编号", "文件")


def test_units_of_government_stand_apart_with_the_question_that_is_open(made: Twelve) -> None:
    volume = read(made)
    assert (
        "列入征求意见名单10家（企业9家、行业协会商会1家），已听取7家，其中提出意见6家、答复无意见1家。" in volume.text
    )
    assert "未听取3家：退回1家、到期未答复2家，不计入。" in volume.text
    assert "机关单位的意见单独计算，不计入企业和行业协会商会。" in volume.paragraphs
    assert "问题1　对老年人给予优惠所需的资金由谁承担" in volume.paragraphs
    (facts,) = [dict(rows) for rows in volume.tables if rows and rows[0][0] == UNIT]  # type: ignore[arg-type]
    assert facts[UNIT].startswith("第三条的优惠所需资金没有来源，建议删去优惠规定。\n（2026年10月22日复函")
    assert facts["起草单位意见"] == "由市级财政和街道按比例承担，保留优惠规定。"
    assert facts["依据"] == "《某某市养老服务条例》第十二条"
    assert facts["协商结果"] == "未达成一致，提请会议研究。"


def test_the_volume_has_all_its_materials_in_their_order(made: Twelve) -> None:
    volume = read(made)
    titles = [row[1] for row in volume.table("编号", "材料")]
    assert titles == [title for key, title in meeting_file.TITLES.items() if key != "exceptions"]
    marks = [words for words in volume.paragraphs if re.fullmatch(r"材料[一二三四五六七八九十]+", words)]
    assert marks == [row[0] for row in volume.table("编号", "材料")]
    for words in (
        "《社区食堂管理办法》",
        "提请审议的文稿：第3稿（送审稿）",
        "一、起草的必要性。为了方便老年人就餐，规范社区食堂的建设和运营。",
        "征求意见截止日期：2026年11月9日。",
        "第一条（目的）　为了规范社区食堂的建设和运营，方便居民就餐，制定本办法。",
        "送审稿与现行文本对照（第3稿）",
        "送审稿与征求意见稿对照（第3稿）",
        "感谢社会各界参与。",
        "一、公平竞争审查",
        "一、收费标准会议",
        "未列入：例外情形（没有按例外情形处理的前置条件）。",
    ):
        assert words in volume.paragraphs
    assert not unmet(checks.check(made.consultation, at=READY))
    assert {row[1] for row in volume.table("前置条件", "情况", "说明", "依据")} <= {"已满足", "不适用"}


def test_nothing_of_the_machine_leaks_into_the_papers_for_people(made: Twelve) -> None:
    files = files_of(made)
    assert not [name for name in files if name.endswith(".json") and not name.startswith("机读数据/")]
    for name, data in files.items():
        if not name.endswith(".docx") or "附件3-" in name:  # what was uploaded stays as it came
            continue
        text = Read(data).text
        assert not re.search(r"art-\d|\d\d:\d\d:\d\d|\+00:00|\bUTC\b|\d{4}-\d\d-\d\d|[{}\[\]]|None|True|False", text), (
            name
        )
        assert not re.findall(r"[A-Za-z_]{2,}", NAMED.sub("", text)), name


def test_times_are_local(made: Twelve) -> None:
    """The notice came out at 10 o'clock of the local day, and the meeting's 9 o'clock is local."""
    assert PUBLISHED.hour == 2
    volume = read(made)
    (facts,) = [dict(rows) for rows in volume.tables if rows and rows[0] == ["类别", "听证会"]]  # type: ignore[arg-type]
    assert facts["时间"] == "2026年10月30日（星期五）09:00"


def test_the_pdf_says_the_same_with_the_pages_in_its_index(made: Twelve) -> None:
    text = re.sub(r"\s", "", read_pdf(files_of(made)["上会材料.pdf"], "上会材料.pdf").text)
    for name in (ASSOCIATION, BOUNCED, INSTEAD, UNIT, ON_PAPER):
        assert name in text
    assert "编号材料页码" in text
    assert "art-" not in text


def test_the_digests_and_the_list_for_machines_are_beside(made: Twelve) -> None:
    files = files_of(made)
    index = files.pop("SHA256SUMS.txt").decode().splitlines()
    assert sorted(index) == sorted(f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in files.items())
    table = list(csv.DictReader(io.StringIO(files["机读数据/征求意见对象名单.csv"].decode("utf-8-sig"))))
    assert {row["单位名称"]: row["采纳情况"] for row in table}[LARGE] == "1条：采纳1条"
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "meeting.export")).one()
    assert entry is not None
    named = {line.split("  ", 1)[1] for line in index}
    listed = {row[0] for row in Read(files["上会材料.docx"]).table("编号", "文件")}
    assert listed == {name.removeprefix("附件/").split(" ")[0] for name in named if name.startswith("附件/")}


@pytest.mark.parametrize("name", ["=1+1", "＝HYPERLINK(1)", "\t=1+1", " @SUM(1)"])
def test_no_cell_of_the_list_runs_as_a_formula(made: Twelve, name: str) -> None:
    consultee = db.session.scalars(select(Consultee).where(Consultee.name == SILENT)).one()
    consultee.name = name
    db.session.commit()
    text = files_of(made)["机读数据/征求意见对象名单.csv"].decode("utf-8-sig")
    assert f"'{name}" in {row[0] for row in csv.reader(io.StringIO(text))}


def test_what_no_longer_counts_falls_out_of_the_report(made: Twelve) -> None:
    responses = {r.invitation.consultee.name: r for r in confirmation.of(made.consultation)}
    for name in (ON_PAPER, UNIT):
        submission = responses[name].submission
        moderation.undo(SYSTEM, submission, at=READY)
        moderation.reject(SYSTEM, submission, reason_id="public-decency", reason="含有侮辱性的言论", at=READY)
    volume = read(made)
    (row,) = [row for row in volume.table(*HOW) if row[1].startswith(ON_PAPER)]
    assert "不予公开，不计入" in row[4]
    assert row[5] != "已答复"
    assert volume.of(ON_PAPER, *WHAT) == []
    assert "已听取6家" in volume.text
    assert "所依据的复函现已不计入，请核对。" in volume.text
    assert ON_PAPER not in [row[0] for row in heard_opinions.organisations(made.consultation)]


def test_a_proposed_answer_is_no_opinion_of_the_review_and_none_of_the_report(made: Twelve) -> None:
    mail = next(r for r in confirmation.of(made.consultation) if r.invitation.consultee.name == BY_MAIL)
    before = heard_opinions.organisations(made.consultation)
    assert BY_MAIL in [row[0] for row in before]
    confirmation.confirm(made.office.second, mail, twelve.ResponseStanding.NOT_AN_ANSWER, at=READY)
    assert BY_MAIL not in [row[0] for row in heard_opinions.organisations(made.consultation)]
    (row,) = [row for row in read(made).table(*HOW) if row[1].startswith(BY_MAIL)]
    assert "不是答复" in row[4]


def test_exceptions_stand_there_with_who_asked_who_approved_and_the_paper(app: Flask) -> None:
    drafter, legal, chief = actor(Role.DRAFTER), actor(Role.LEGAL), actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER))
    at = consultation.opens_at + timedelta(days=1)  # type: ignore[operator]
    why = "解读方案随会议通知另行报送，已经办公室同意。"
    overrides.request_override(legal, consultation, "interpretation-plan", why, a_paper("例外说明.txt"), at=at)
    data = meeting_file.build(legal, consultation, at=at)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert "尚未批准，不计入" in Read(packed.read("上会材料.docx")).text
    overrides.approve(chief, consultation, "interpretation-plan", at=at)
    data = meeting_file.build(legal, consultation, at=at)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        volume = Read(packed.read("上会材料.docx"))
        names = packed.namelist()
    (facts,) = [dict(rows) for rows in volume.tables if rows and rows[0][0] == "未满足的情况"]  # type: ignore[arg-type]
    assert facts["理由"] == why
    assert "批准" in facts["批准"]
    assert [name for name in names if name.endswith("例外说明.txt")]
    absent = [words for words in volume.paragraphs if words.startswith("未列入：")]
    assert len(absent) == 6  # what isn't there is named, and why


def test_a_paper_that_is_gone_is_named_in_its_place(made: Twelve) -> None:
    response = next(r for r in confirmation.of(made.consultation) if r.invitation.consultee.name == ON_PAPER)
    blobs().path(response.submission.attachments[0].digest).unlink()
    assert [name for name in files_of(made) if ON_PAPER in name and name.endswith("-缺失.txt")]


def test_only_who_may_take_submissions_out_gets_the_file(made: Twelve) -> None:
    for role in (Role.MODERATOR,):
        with pytest.raises(NotAllowed):
            meeting_file.build(actor(role), made.consultation, at=READY)
    with pytest.raises(NotAllowed):
        meeting_file.build(actor(Role.DRAFTER, "另一处"), made.consultation, at=READY)


NOTED = {"ours": "保留优惠规定。", "reason": "体现公益性。", "basis": "《某某条例》第二条"}
LACKING = [
    ({"question": ""}, "分歧的问题"),
    ({"ours": "。"}, "本单位的意见"),
    ({"reason": ""}, "理由"),
    ({"basis": "无"}, "依据"),
]


@pytest.mark.parametrize(("change", "words"), LACKING)
def test_a_disagreement_without_one_of_its_parts_is_refused(made: Twelve, change: dict[str, str], words: str) -> None:
    unit = _response(made, UNIT)
    typed = {"question": "资金由谁承担"} | NOTED | change
    question = typed.pop("question")
    with pytest.raises(ConsulteeRefused, match=f"请写明{words}"):
        disagreements.note(made.office.drafter, made.consultation, question, {unit: ""}, **typed, at=READY)


def test_a_disagreement_rests_on_the_opinion_of_a_unit_that_counts(made: Twelve) -> None:
    office, consultation = made.office, made.consultation
    firm = {_response(made, LARGE): ""}
    with pytest.raises(ConsulteeRefused, match="不是机关单位现行有效的意见"):
        disagreements.note(office.drafter, consultation, "资金由谁承担", firm, **NOTED, at=READY)
    with pytest.raises(ConsulteeRefused, match="至少选择一个机关单位"):
        disagreements.note(office.drafter, consultation, "资金由谁承担", {}, **NOTED, at=READY)
    with pytest.raises(NotAllowed):
        disagreements.note(office.legal, consultation, "资金由谁承担", {_response(made, UNIT): ""}, **NOTED, at=READY)
    assert len(disagreements.of(consultation)) == 1
    (noted,) = disagreements.of(consultation)
    disagreements.settle(office.drafter, consultation, noted, "经协商，财政局同意列入预算。", at=READY)
    assert "2026年11月24日已协商一致：经协商，财政局同意列入预算。" in read(made).text
    with pytest.raises(ConsulteeRefused, match="已经登记为协商一致"):
        disagreements.settle(office.drafter, consultation, noted, "再次登记协商一致。", at=READY)


def _response(made: Twelve, name: str) -> Response:
    return next(r for r in confirmation.of(made.consultation) if r.invitation.consultee.name == name)


def test_a_disagreement_changed_behind_the_records_back_is_named(made: Twelve) -> None:
    assert list(hearing_verification.faults()) == []
    db.session.execute(update(UnitOpinion).values(words="同意。"))
    db.session.commit()
    assert [(fault.where, fault.what.value) for fault in hearing_verification.faults()] == [("disagreement", "changed")]
