"""``flask submissions``: a table in, row by row; everything out again; bulk screening."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.app_context import blobs
from consult.clock import local, now
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment
from consult.intake import ledger_statement
from consult.intake.models import Channel, RawForm, Submission, SubmissionPart
from consult.ledger.models import LedgerEntry
from consult.store import counters, db
from tests.builders import a_submission, an_actor, an_open_consultation
from tests.faces.cli.console import run

HEADER = ["编号", "留言用户", "留言主题", "留言时间", "留言详情"]
ROWS = [
    ["101", "李某", "关于价格", "", "第三条应当写明价格怎么公示。"],
    ["102", "王某", "关于老人", "", "建议优惠年龄改为六十五周岁。"],
    ["103", "赵某", "关于老人", "", "建议优惠年龄改为六十五周岁。"],
]


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """A consultation that opened ten days ago."""
    drafter, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    return an_open_consultation(drafter, publisher, at=now() - timedelta(days=10), slug="canteen")


def a_csv(folder: Path, rows: list[list[str]], header: list[str] = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "来件.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def an_xlsx(folder: Path, rows: list[list[Any]], header: list[str] = HEADER) -> Path:
    book = Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    book.save(folder / "来件.xlsx")
    return folder / "来件.xlsx"


def imported(app: Flask, path: Path, *more: str, channel: str = "hotline") -> dict[str, Any]:
    result = run(app, "submissions", "import", str(path), "--consultation", "canteen", "--channel", channel, "--json",
                 *more)  # fmt: skip
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    return result.stderr


def totals(document: dict[str, Any]) -> tuple[int, int, int, int]:
    return document["rows"]["in"], document["taken"], document["already"], document["refused"]


def stored() -> int:
    return db.session.scalar(select(func.count()).select_from(Submission)) or 0


def test_every_row_is_taken_and_the_same_file_again_adds_nothing(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    path = a_csv(tmp_path, ROWS)
    first = imported(app, path)
    assert totals(first) == (3, 3, 0, 0)
    second = imported(app, path)
    assert totals(second) == (3, 0, 3, 0)
    assert [row["number"] for row in second["account"]] == [row["number"] for row in first["account"]]
    assert stored() == 3


def test_a_taken_row_is_a_whole_submission_like_any_other(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    number = imported(app, a_csv(tmp_path, ROWS[:1]))["account"][0]["number"]
    submission = db.session.scalars(select(Submission).where(Submission.number == number)).one()
    assert (submission.name, submission.subject, submission.external_id) == ("李某", "关于价格", "101")
    assert [part.content for part in submission.parts] == ["第三条应当写明价格怎么公示。"]
    assert json.loads(db.session.get_one(RawForm, submission.id).body or b"")["留言用户"] == "李某"
    assert counters.counts(consultation.id, "channel") == {"hotline": 1}
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.subject == f"submission:{number}")).one()
    assert (entry.act, entry.digest) == ("submission.receive", submission.digest)


def test_the_same_row_twice_is_one_and_two_numbers_of_the_other_system_are_two(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    document = imported(app, a_csv(tmp_path, [*ROWS, ROWS[0]]))
    assert totals(document) == (4, 3, 1, 0)
    assert document["account"][3]["number"] == document["account"][0]["number"]


def test_without_a_number_of_the_other_system_the_whole_row_is_what_counts(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    rows = [["甲", "同意。", ""], ["甲", "同意。", ""], ["乙", "同意。", ""]]
    document = imported(app, a_csv(tmp_path, rows, ["姓名", "意见内容", "答复意见"]))
    assert totals(document) == (3, 2, 1, 0)
    answered = [["甲", "同意。", "感谢您的意见"], ["乙", "同意。", "收到"]]
    assert totals(imported(app, a_csv(tmp_path, answered, ["姓名", "意见内容", "答复意见"]))) == (2, 0, 2, 0)


def test_a_number_used_again_for_other_words_is_reported_not_lost_in_silence(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    imported(app, a_csv(tmp_path, ROWS[:1]))
    document = imported(app, a_csv(tmp_path, [["101", "李某", "", "", "换了一份内容。"], ROWS[1]]))
    assert totals(document) == (2, 1, 0, 1)
    assert "内容不同" in document["account"][0]["reason"]


def test_a_workbook_of_the_same_rows_adds_nothing(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    moment = (local(now()) - timedelta(days=2)).replace(microsecond=0, tzinfo=None)
    written = f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M:%S}"
    header = ["姓名", "内容", "时间"]
    assert totals(imported(app, a_csv(tmp_path, [["甲", "好。", written]], header)))[1] == 1
    assert totals(imported(app, an_xlsx(tmp_path, [["甲", "好。", moment]], header))) == (1, 0, 1, 0)


def test_line_ends_that_a_spreadsheet_program_left_escaped_are_line_ends(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    imported(app, a_csv(tmp_path, [["1", "", "", "", "第一段_x000D_\n第二段"]]))
    assert db.session.scalars(select(SubmissionPart.content)).one() == "第一段\n第二段"


def test_each_bad_row_is_reported_with_its_number_and_reason_and_the_others_are_taken(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    path = tmp_path / "来件.csv"
    lines = ["编号,姓名,标题,内容", "1,甲,,好。", "2,乙,,   ", "3,丙,,多,出,来,的", "4,丁,,也好。"]
    path.write_text("\n".join(lines), encoding="utf-8")
    document = imported(app, path)
    assert totals(document) == (4, 2, 0, 2)
    assert [(row["row"], row["outcome"]) for row in document["account"]] == [
        (2, "taken"), (3, "refused"), (4, "refused"), (5, "taken"),
    ]  # fmt: skip
    assert "空" in document["account"][1]["reason"]
    assert "列" in document["account"][2]["reason"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_gives_the_same_words(
    app: Flask, consultation: Consultation, tmp_path: Path, encoding: str
) -> None:
    assert totals(imported(app, a_csv(tmp_path, ROWS, encoding=encoding))) == (3, 3, 0, 0)
    assert "建议优惠年龄改为六十五周岁。" in set(db.session.scalars(select(SubmissionPart.content)))


def test_a_dry_run_says_what_would_become_of_each_row_and_stores_nothing(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    imported(app, a_csv(tmp_path, ROWS[:1]))
    before = db.session.scalar(select(func.count()).select_from(LedgerEntry))
    document = imported(app, a_csv(tmp_path, [*ROWS, ROWS[2], ["9", "", "", "", ""]]), "--dry-run")
    assert totals(document) == (5, 2, 2, 1)
    assert document["account"][1]["number"] == ""
    assert stored() == 1
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == before


def test_columns_are_told_once_and_remembered_for_the_channel(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    header = ["甲列", "乙列"]
    path = a_csv(tmp_path, [["第一条太笼统。", "7"]], header)
    bare = run(app, "submissions", "import", str(path), "--consultation", "canteen", "--channel", "new_media")
    assert "缺少内容列" in refused(bare)
    assert "甲列" in bare.stderr
    summary = imported(app, path, "--map", "content=甲列", "--map", "external_id=乙列", channel="new_media")
    assert summary["mapping"] == {"content": "甲列", "external_id": "乙列"}
    again = imported(app, a_csv(tmp_path, [["第二条也是。", "8"]], header), channel="new_media")
    assert (again["mapping"], again["taken"]) == ({"content": "甲列", "external_id": "乙列"}, 1)


def test_a_column_that_is_not_there_is_refused_and_an_unknown_field_is_wrong_usage(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    start = ["submissions", "import", str(a_csv(tmp_path, ROWS)), "--consultation", "canteen", "--channel", "phone"]
    assert "没有“正文”这一列" in refused(run(app, *start, "--map", "content=正文"))
    assert run(app, *start, "--map", "colour=正文").exit_code == 2
    assert stored() == 0


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("空.csv", b"", "空文件"),
        ("旧.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xlsx"),
        ("假.xlsx", b"PK\x03\x04 no workbook", "xlsx"),
        ("图.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "不是表格"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    app: Flask, consultation: Consultation, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    words = refused(run(app, "submissions", "import", str(path), "--consultation", "canteen", "--channel", "phone"))
    assert says in words


def test_the_time_in_the_file_counts_inside_the_period_and_makes_late_after_it(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    assert consultation.opens_at is not None
    consultation.closes_at = now() - timedelta(days=3)
    db.session.commit()
    at = {
        "before": consultation.opens_at - timedelta(days=400),
        "inside": now() - timedelta(days=5),
        "after": now() - timedelta(days=1),
        "future": now() + timedelta(days=30),
    }
    rows = [[name, "", "", f"{local(moment):%Y/%m/%d %H:%M:%S}", f"{name}的意见"] for name, moment in at.items()]
    document = imported(app, a_csv(tmp_path, rows))
    submissions = {s.external_id: s for s in db.session.scalars(select(Submission))}
    assert abs(submissions["inside"].received_at - at["inside"]) < timedelta(seconds=2)
    late = {"before": False, "inside": False, "after": True}
    assert {name: submission.late for name, submission in submissions.items()} == late
    assert "早于公布日期" in document["account"][0]["reason"]
    assert document["account"][3]["outcome"] == "refused"
    assert "将来" in document["account"][3]["reason"]
    day = f"{local(now() - timedelta(days=5)):%Y-%m-%d}"
    again = imported(app, a_csv(tmp_path, rows), "--received-on", day)
    assert totals(again) == (4, 1, 3, 0)
    assert [submission.late for submission in db.session.scalars(select(Submission))].count(True) == 1


def test_a_file_never_tells_the_web_forms_own_clock(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    stated = f"{local(now() - timedelta(days=5)):%Y-%m-%d %H:%M}"
    imported(app, a_csv(tmp_path, [["1", "", "", stated, "好。"]]), channel="web")
    submission = db.session.scalars(select(Submission)).one()
    assert now() - submission.received_at < timedelta(minutes=5)


def test_a_time_that_nobody_can_read_keeps_the_row(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    document = imported(app, a_csv(tmp_path, [["1", "", "", "上周三", "好。"]]))
    assert totals(document) == (1, 1, 0, 0)
    assert "无法识别" in document["account"][0]["reason"]


def test_a_column_of_provisions_places_opinions_and_an_unknown_one_falls_to_the_whole(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    rows = [["1", "第三条第一款第（二）项", "甲"], ["2", "3", "乙"], ["3", "art-4", "丙"], ["4", "第九十九条", "丁"]]
    document = imported(app, a_csv(tmp_path, rows, ["编号", "条款", "内容"]))
    anchors = {part.content: part.anchor for part in db.session.scalars(select(SubmissionPart))}
    assert anchors == {"甲": "art-3-para-1-item-2", "乙": "art-3", "丙": "art-4", "丁": ""}
    assert "第九十九条" in document["account"][3]["reason"]


def test_nothing_can_be_imported_before_the_opening(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    run(app, "consultation", "create", "--title", "甲", "--kind", "rules-draft", "--slug", "later", "--file",
        str(_draft(tmp_path)))  # fmt: skip
    result = run(app, "submissions", "import", str(a_csv(tmp_path, ROWS)), "--consultation", "later", "--channel",
                 "phone")  # fmt: skip
    assert "还没有开始" in refused(result)


def _draft(folder: Path) -> Path:
    path = folder / "draft.txt"
    path.write_text("某办法\n第一条 为了方便群众，制定本办法。\n第二条 本办法自公布之日起施行。\n", encoding="utf-8")
    return path


def test_the_account_can_be_kept_as_a_table(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    kept = tmp_path / "结果.csv"
    imported(app, a_csv(tmp_path, [*ROWS, ["9", "", "", "", ""]]), "--account", str(kept))
    with kept.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert lines[0] == ["行号", "结果", "回执编号", "说明"]
    assert [line[1] for line in lines[1:]] == ["收下", "收下", "收下", "没有收下"]


def test_more_rows_than_a_batch_are_all_accounted_for(app: Flask, consultation: Consultation, tmp_path: Path) -> None:
    rows = [[str(n), "", "", "", f"第 {n} 条意见"] for n in range(5600)]
    document = imported(app, a_csv(tmp_path, rows))
    assert totals(document) == (5600, 5600, 0, 0)
    assert [row["row"] for row in document["account"]] == list(range(2, 5602))
    assert len({row["number"] for row in document["account"]}) == 5600
    assert counters.counts(consultation.id, "received") == {"in_time": 5600}


def test_numbers_and_parts_of_later_submissions_do_not_collide_with_imported_ones(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    imported(app, a_csv(tmp_path, ROWS))
    a_submission(consultation, "网上的一件", at=now())
    imported(app, a_csv(tmp_path, [["104", "", "", "", "又一件"]]))
    assert stored() == 5


def test_accept_all_lets_what_waits_pass_with_private_data_masked(
    app: Flask, consultation: Consultation, tmp_path: Path
) -> None:
    imported(app, a_csv(tmp_path, [*ROWS, ["9", "", "", "", "请打电话13800138000给我。"]]))
    done = json.loads(run(app, "submissions", "accept", "canteen", "--all", "--json").stdout)
    assert done == {"accepted": 4, "masked": 1}
    assert counters.counts(consultation.id, "state") == {"accepted": 4}
    assert json.loads(run(app, "submissions", "accept", "canteen", "--all", "--json").stdout)["accepted"] == 0


def test_accept_takes_numbers_or_all_and_the_right_role(app: Flask, consultation: Consultation) -> None:
    number = a_submission(consultation, "好。", at=now()).number
    assert run(app, "submissions", "accept", "canteen").exit_code == 2
    assert "需要" in refused(run(app, "submissions", "accept", "canteen", "--all", "--by", "publisher"))
    assert "没有回执编号" in refused(run(app, "submissions", "accept", "canteen", "20260101-XXXXXXXX"))
    assert run(app, "submissions", "accept", "canteen", number).exit_code == 0
    shown = run(app, "submissions", "show", number).stdout
    assert "已受理" in shown
    assert "好。" in shown


@pytest.fixture
def full(app: Flask, consultation: Consultation, tmp_path: Path) -> Consultation:
    """A consultation with imported rows, and one submission on two provisions with a file."""
    imported(app, a_csv(tmp_path, ROWS))
    digest = blobs().put(b"%PDF-1.7 scan")
    file = CheckedAttachment(name="来信.pdf", media_type="application/pdf", size=13, digest=digest)
    a_submission(consultation, "=1+1 这样的意见", at=now(), channel=Channel.LETTER, attachments=(file,))
    return consultation


def test_the_export_as_json_has_every_submission_in_order(app: Flask, full: Consultation, tmp_path: Path) -> None:
    out = tmp_path / "all.json"
    assert run(app, "submissions", "export", "canteen", "--out", str(out)).exit_code == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["consultation"]["slug"] == "canteen"
    assert [item["parts"][0]["content"] for item in document["submissions"]] == [
        *(row[4] for row in ROWS), "=1+1 这样的意见",
    ]  # fmt: skip


def test_the_export_as_a_table_has_a_line_for_each_opinion_and_runs_no_formula(
    app: Flask, full: Consultation, tmp_path: Path
) -> None:
    for ending in ("csv", "xlsx"):
        assert run(app, "submissions", "export", "canteen", "--out", str(tmp_path / f"all.{ending}")).exit_code == 0
    rows = list(load_workbook(tmp_path / "all.xlsx").active.iter_rows(values_only=True))
    assert len(rows) == 5
    content = rows[0].index("意见内容")
    assert rows[4][content] == "=1+1 这样的意见"
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[content] for row in csv.reader(file)][4].startswith("'=")


def test_the_archive_holds_raw_forms_and_attachments_byte_for_byte(
    app: Flask, full: Consultation, tmp_path: Path
) -> None:
    out = tmp_path / "all.zip"
    assert (
        json.loads(run(app, "submissions", "export", "canteen", "--out", str(out), "--json").stdout)["submissions"] == 4
    )
    with zipfile.ZipFile(out) as packed:
        listed = json.loads(packed.read("submissions.json"))["submissions"]
        assert json.loads(packed.read(listed[0]["raw"]))["编号"] == "101"
        assert packed.read(listed[3]["attachments"][0]["path"]) == b"%PDF-1.7 scan"


def test_from_the_archive_alone_every_submission_is_proved_whole_and_none_is_missing(
    app: Flask, full: Consultation, tmp_path: Path
) -> None:
    out = tmp_path / "all.zip"
    assert run(app, "submissions", "export", "canteen", "--out", str(out)).exit_code == 0
    with zipfile.ZipFile(out) as packed:
        assert packed.testzip() is None
        listed = json.loads(packed.read("submissions.json"))["submissions"]
        named = {item["raw"] for item in listed} | {file["path"] for item in listed for file in item["attachments"]}
        assert named | {"submissions.json"} == set(packed.namelist())
        for item in listed:
            assert sha256(packed.read(item["raw"])).hexdigest() == item["raw_sha256"]
            for file in item["attachments"]:
                assert sha256(packed.read(file["path"])).hexdigest() == file["sha256"]
    files = [
        [{"file_name": file["name"], "digest": file["sha256"], **file} for file in item["attachments"]]
        for item in listed
    ]
    proved = {
        ledger_statement.digest_of(
            item["salt"],
            ledger_statement.statement(
                item | {"received_at": datetime.fromisoformat(item["received_at"])},
                item["parts"],
                (item["raw_media_type"], item["raw_sha256"]),
                given,
            ),
        )
        for item, given in zip(listed, files, strict=True)
    }
    sealed = select(LedgerEntry.digest).where(LedgerEntry.act == ledger_statement.RECEIVE)
    assert proved == set(db.session.scalars(sealed))


def test_an_unknown_ending_is_refused(app: Flask, full: Consultation, tmp_path: Path) -> None:
    assert ".xlsx" in refused(run(app, "submissions", "export", "canteen", "--out", str(tmp_path / "all.doc")))


@pytest.mark.corpus
def test_the_citizens_messages_are_taken_whole_as_csv_and_the_same_as_xlsx_adds_nothing(
    app: Flask, consultation: Consultation, corpus: Path, tmp_path: Path
) -> None:
    source = corpus / "citizen-messages.csv"
    with source.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))
    first = imported(app, source)
    assert totals(first) == (2816, 2816, 0, 0)
    numbers = [row["number"] for row in first["account"]]
    workbook = an_xlsx(tmp_path, rows, header)
    for again in (source, workbook, workbook):
        document = imported(app, again)
        assert totals(document) == (2816, 0, 2816, 0)
        assert [row["number"] for row in document["account"]] == numbers
    assert stored() == 2816
