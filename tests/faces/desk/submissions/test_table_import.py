"""Tables on the desk: uploaded, columns named, checked, taken, accounted for."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.intake.models import ImportMapping, ImportStage, Submission, TableImport
from consult.store import db
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted, released

TABLE = "工单编号,诉求内容,来电人\nT1,建议延长营业时间。,某市民\nT2,,某市民\nT3,=HYPERLINK(1),某市民\n".encode(
    "gb18030"
)


def upload(client: FlaskClient, consultation: Consultation, data: bytes = TABLE, **fields: str):
    """Send a table."""
    form = {"channel": "hotline", **fields, "file": (io.BytesIO(data), "热线工单.csv")}
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
