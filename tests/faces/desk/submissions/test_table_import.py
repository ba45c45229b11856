"""Tables on the desk: uploaded, columns named, checked, taken, accounted for."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.tables import Account
from consult.intake.models import ImportMapping, ImportStage, Submission, TableImport
from consult.store import db
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted, released
from tests.files import samples
from tests.intake.workbooks import saved

TABLE = "工单编号,诉求内容,来电人\nT1,建议延长营业时间。,某市民\nT2,,某市民\nT3,=HYPERLINK(1),某市民\n".encode(
    "gb18030"
)


def upload(
    client: FlaskClient, consultation: Consultation, data: bytes = TABLE, name: str = "热线工单.csv", **fields: Any
):
    """Send a table."""
    form = {"channel": "hotline", **fields, "file": (io.BytesIO(data), name)}
    return client.post(f"/desk/consultations/{consultation.slug}/tables", data=form)


def work() -> TableImport:
    """Let the worker do what there is; return the one import."""
    jobs.run("imports")
    db.session.rollback()
    return db.session.scalars(select(TableImport)).one()


def test_from_the_upload_to_the_account_of_every_row(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    answer = upload(client, consultation)
    assert answer.status_code == 303
    address = answer.location
    waiting = client.get(address).text
    assert "正在检查" in waiting
    assert "data-follow" in waiting
    work()
    checked = client.get(address).text
    assert "可登记 2 行，已登记 0 行，不能登记 1 行" in checked
    assert "内容是空的" in checked
    assert '<option selected value="诉求内容">' in checked
    assert "建议延长营业时间。" in checked
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 0
    assert client.post(f"{address}/take").location == address
    assert "正在导入" in client.get(address).text
    work()
    assert "收下 2 行，已登记 0 行，未登记 1 行" in client.get(address).text
    account = client.get(f"{address}/account.csv")
    rows = list(csv.reader(io.StringIO(account.get_data().decode("utf-8-sig"))))
    assert [row[:2] for row in rows[1:]] == [["2", "收下"], ["3", "没有收下"], ["4", "收下"]]
    assert "attachment" in account.headers["Content-Disposition"]
    numbers = set(db.session.scalars(select(Submission.number)))
    assert numbers == {row[2] for row in rows[1:] if row[2]}
    listed = client.get(f"/desk/consultations/{consultation.slug}/tables").text
    assert "热线工单.csv" in listed
    assert "已导入" in listed


def test_columns_are_named_once_and_remembered(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    unclear = "甲,乙\nT1,建议延长营业时间。\n".encode()
    address = upload(client, consultation, unclear).location
    assert "请在下方指定" in client.get(address).text
    wrong = client.post(f"{address}/check", data={"external_id": "甲"})
    assert wrong.status_code == 400
    assert "缺少内容列" in wrong.text
    assert client.post(f"{address}/check", data={"content": "丙"}).status_code == 400
    assert client.post(f"{address}/check", data={"content": "乙", "external_id": "甲"}).status_code == 303
    assert work().stage is ImportStage.CHECKED
    client.post(f"{address}/take")
    assert work().taken == 1
    remembered = db.session.scalars(select(ImportMapping)).one().columns
    assert (remembered["content"], remembered["external_id"]) == ("乙", "甲")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "空文件"), (b"\xd0\xcf\x11\xe0" + bytes(600), "旧版表格"), (b"%PDF-1.7 ", "不是表格文件")],
)
def test_what_is_no_table_is_refused_in_words(signed_in: SignIn, staff: Staff, data: bytes, words: str) -> None:
    answer = upload(signed_in("moderator"), released(staff), data)
    assert answer.status_code == 400
    assert words in answer.text


def test_a_form_without_a_file_or_with_a_forged_channel_says_so(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    missing = client.post(f"/desk/consultations/{consultation.slug}/tables", data={"channel": "hotline"})
    assert missing.status_code == 400
    assert "请选择表格" in missing.text
    forged = upload(client, consultation, channel="web")
    assert forged.status_code == 400
    assert db.session.scalar(select(func.count()).select_from(TableImport)) == 0


def test_before_the_release_nothing_can_be_imported(signed_in: SignIn, staff: Staff) -> None:
    answer = upload(signed_in("drafter"), drafted(staff))
    assert answer.status_code == 400
    assert "还没有开始" in answer.text


def test_a_table_is_put_away_before_it_is_taken_and_not_after(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    address = upload(client, consultation).location
    work()
    client.post(f"{address}/take")
    work()
    client.post(f"{address}/give-up")
    assert work().stage is ImportStage.TAKEN
    assert "状态刚刚变了" in client.get(address).text


def test_nobody_else_sees_or_takes_a_table(signed_in: SignIn, staff: Staff) -> None:
    consultation = released(staff)
    address = upload(signed_in("moderator"), consultation).location
    work()
    for who in ("auditor", "other_moderator", "other_drafter"):
        client = signed_in(who)
        for answer in (
            client.get(address),
            client.get(f"{address}/account.csv"),
            client.post(f"{address}/take"),
            upload(client, consultation),
        ):
            assert answer.status_code in {403, 404}
    assert work().stage is ImportStage.CHECKED


def test_a_table_of_another_consultation_is_not_found(signed_in: SignIn, staff: Staff) -> None:
    consultation, other, client = released(staff), released(staff), signed_in("moderator")
    identifier = upload(client, consultation).location.rpartition("/")[2]
    assert client.get(f"/desk/consultations/{other.slug}/tables/{identifier}").status_code == 404


def a_workbook(tmp_path: Path) -> bytes:
    """Return a workbook with a title, a second and a hidden sheet, a hidden row, a total, and cells without a word."""
    head = ["序号", "姓名", "联系电话", "对第三条的意见", "其他意见", "手机"]
    rows = [
        ["某市留言汇总"],
        head,
        [1, "甲", "13800001111", "应当写明。", "无", "139"],
        [2, "乙", 9.12e17, "(跳过)", "应当公示。", None],
        [3, "丙", None, "应当删去。", None, None],
        ["合计", None, None, "2件"],
    ]
    path = saved(tmp_path / "a.xlsx", {"来件": rows, "统计": [["区", "数"], ["甲区", 3]]}, hidden=[5])
    return path.read_bytes()


def test_the_page_shows_what_became_of_everything_in_the_file(signed_in: SignIn, staff: Staff, tmp_path: Path) -> None:
    consultation, client = released(staff), signed_in("moderator")
    address = upload(client, consultation, a_workbook(tmp_path), name="来件.xlsx").location
    assert work().stage is ImportStage.CHECKED
    page = client.get(address).text
    assert "表格内容去向" in page
    for words in (
        "工作表“统计”：未读取：表头不同",
        "“手机”列：可能是“联系方式”，未导入",
        "第 6 行：合计行，未导入",
        "第 5 行：隐藏或者筛选掉的行，未导入",
        "第 1 行：表头上方的标题或者说明，未导入",
        "第 3 行“其他意见”列：“无”，没有内容可以登记",
        "请将该列设为文本",
    ):
        assert words in page
    table = work()
    assert Account.from_json(table.accounted).sums
    assert '<option value="contact">' in page
    more = page.partition("手机</label>")[2].partition('name="')[2].partition('"')[0]
    again = {"content": "对第三条的意见", "name": "姓名", "contact": "联系电话", more: "contact", "with_hidden": "y"}
    assert client.post(f"{address}/check", data=again).status_code == 303
    assert work().taken == 2
    client.post(f"{address}/take")
    work()
    names = {submission.name: submission.contact for submission in db.session.scalars(select(Submission))}
    assert names == {"甲": "13800001111，139", "丙": ""}


def test_attachments_come_in_an_archive_beside_the_table(signed_in: SignIn, staff: Staff, tmp_path: Path) -> None:
    consultation, client = released(staff), signed_in("moderator")
    archive = samples.zipped({"一.pdf": samples.pdf(["letter"]), "多余.pdf": samples.pdf(["other"])})
    data = "姓名,意见,附件\n甲,应当写明。,一.pdf\n".encode()
    address = upload(client, consultation, data, files=(io.BytesIO(archive), "附件.zip")).location
    work()
    assert "多余.pdf：表中没有行写明这个文件" in client.get(address).text
    client.post(f"{address}/take")
    work()
    (submission,) = db.session.scalars(select(Submission))
    assert [file.file_name for file in submission.attachments] == ["一.pdf"]
    bad = upload(client, consultation, data, files=(io.BytesIO(b"no archive"), "附件.zip"))
    assert bad.status_code == 400
    assert "附件压缩包不能使用" in bad.text


def test_a_list_of_organisations_is_recognised_on_the_page(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    data = "企业名称,统一社会信用代码,企业规模,联系人\n甲公司,,小型,张三\n".encode()
    page = client.get(upload(client, consultation, data).location).text
    assert "像是企业名录" in page
    assert "请在下方指定" in page
