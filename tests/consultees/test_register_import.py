"""The register from a spreadsheet: every row is accounted for, whatever stands in it."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.consultees import register_import
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, Contact, Size
from consult.consultees.register_columns import names_a_field, read_sector, stored
from consult.files import tables
from consult.files.tables import TableRefused
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.service import is_seal_valid
from consult.store import db
from tests.builders import NOON, an_actor

HEAD = "企业名称,统一社会信用代码,单位类型,企业规模,所属行业,所在地区,联系人,联系电话,电子邮箱"
GOOD = "和顺餐饮有限公司,91350100M000100Y43,企业,小型,H,南城区,钱二,0591-1,a@example.com"


def take(*lines: str, dry_run: bool = False, mend: bool = False) -> list[register_import.RowAccount]:
    sheets = opened("名录.csv", "\n".join((HEAD, *lines)).encode())
    return list(register_import.run(register_import.Import(sheets, SYSTEM, NOON, dry_run, mend=mend)))


def opened(name: str, data: bytes) -> register_import.Sheets:
    return register_import.open_sheets(tables.read_book(name, data, names_a_field), {})


def registered() -> int:
    return db.session.scalar(select(func.count()).select_from(Consultee)) or 0


def test_a_row_is_registered_with_its_contact_and_known_the_next_time(app: Flask) -> None:
    assert [row.outcome for row in take(GOOD)] == [register_import.RowOutcome.TAKEN]
    known = db.session.scalars(select(Consultee)).one()
    assert (known.kind, known.size, known.sector, known.region) == (ConsulteeKind.ENTERPRISE, Size.SMALL, "H", "南城区")
    assert known.contacts[0].email == "a@example.com"
    assert [row.outcome for row in take(GOOD)] == [register_import.RowOutcome.ALREADY]


def test_a_row_that_says_something_else_changes_the_register_and_keeps_the_old_contact(app: Flask) -> None:
    take(GOOD)
    changed = take(GOOD.replace("a@example.com", "b@example.com").replace("南城区", ""))
    assert [row.outcome for row in changed] == [register_import.RowOutcome.CHANGED]
    known = db.session.scalars(select(Consultee)).one()
    assert known.region == "南城区"
    emails = {contact.email: contact.current for contact in db.session.scalars(select(Contact))}
    assert emails == {"a@example.com": False, "b@example.com": True}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("甲公司,91350100M000100Y44,,,,,,,", "校验位"),
        ("甲公司,,,巨型,,,,,", "规模“巨型”无法识别"),
        ("甲公司,,外星人,,,,,,", "类型“外星人”无法识别"),
        ("甲公司,,,,魔法业,,,,", "行业“魔法业”无法识别"),
        ("甲公司,,,,,,,,不是邮箱", "电子邮箱“不是邮箱”不对"),
        ("甲公司,,,,,,,,a@example.com；b@example.com", "另有“b@example.com”"),
        ("甲公司,,,,,,,1.38E+10,", "电话"),
    ],
)
def test_a_cell_in_doubt_is_left_open_and_its_row_is_taken(app: Flask, line: str, why: str) -> None:
    first, second = take(line, GOOD)
    assert (first.row, first.outcome) == (2, register_import.RowOutcome.TAKEN)
    (name,) = first.tally.named
    assert why in f"{name.where}{name.why}"
    assert second.outcome is register_import.RowOutcome.TAKEN
    assert registered() == 2


def test_a_row_without_a_name_is_refused_with_its_number(app: Flask) -> None:
    first, second = take(",,,,,,,,x@example.com", GOOD)
    assert (first.row, first.outcome, first.reason) == (2, register_import.RowOutcome.REFUSED, "单位名称是空的")
    assert second.outcome is register_import.RowOutcome.TAKEN


@pytest.mark.parametrize("code", ["9135O1OOMOOO1OOY43", "9I350I00M000I00Y43", "９１３５０１OO M000100Y43"])
def test_letters_typed_for_figures_are_offered_mended_and_taken_when_wanted(app: Flask, code: str) -> None:
    mended = "91350100M000100Y43"
    (account,) = take(GOOD.replace(mended, code), dry_run=True)
    assert f"可能是“{mended}”" in account.reason
    (account,) = take(GOOD.replace(mended, code), mend=True)
    assert "订正" in account.reason
    assert db.session.scalars(select(Consultee.credit_code)).one() == mended


def test_double_rows_are_one_and_contradicting_ones_are_named(app: Flask) -> None:
    accounts = take(GOOD, GOOD, GOOD.replace("小型", "大型").replace("钱二", "孙三"))
    assert [row.outcome.value for row in accounts] == ["taken", "already", "already"]
    assert "第 2 行" in accounts[2].reason
    assert "规模“大型”、联系人“孙三”" in accounts[2].reason
    assert registered() == 1


def test_a_row_without_the_code_of_one_before_it_means_the_same_with_one_contact(app: Flask) -> None:
    accounts = take(GOOD, GOOD.replace("91350100M000100Y43", ""))
    assert [row.outcome.value for row in accounts] == ["taken", "already"]
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_rows_that_are_new_and_change_one_another_stand_in_the_ledger_in_their_order(app: Flask) -> None:
    others = [f"第{i}家餐饮店,,,,,,联系人{i},,c{i}@example.com" for i in range(40)]
    later = GOOD.replace("91350100M000100Y43", "").replace("a@example.com", "b@example.com")
    accounts = take(GOOD, later, *others)
    assert [row.outcome.value for row in accounts] == ["taken", "changed", *["taken"] * 40]
    acts = select(LedgerEntry).where(LedgerEntry.subject != DIGESTS_OF_ROWS)
    entries = db.session.scalars(acts.order_by(LedgerEntry.id)).all()
    assert [entry.act for entry in entries] == [
        "consultee.add",
        "consultee.change",
        *["consultee.add"] * 40,
        "consultee.import",
    ]
    assert all(is_seal_valid(entry) for entry in entries)
    subjects = {entry.subject: entry.detail["name"] for entry in entries if entry.act == "consultee.add"}
    consultees = db.session.scalars(select(Consultee).order_by(Consultee.id)).all()
    assert subjects == {f"consultee:{consultee.id}": consultee.name for consultee in consultees}
    assert [contact.name for consultee in consultees[1:] for contact in consultee.contacts] == [
        f"联系人{i}" for i in range(40)
    ]


def test_a_name_nearly_the_same_is_taken_and_pointed_out(app: Flask) -> None:
    take("和顺餐饮有限公司,,,,,,,,")
    (account,) = take("和顺餐饮有限责任公司,,,,,,,,")
    assert account.outcome is register_import.RowOutcome.TAKEN
    assert "相近" in account.reason


def test_a_dry_run_says_the_same_and_stores_nothing(app: Flask) -> None:
    assert [row.outcome.value for row in take(GOOD, GOOD, dry_run=True)] == ["taken", "already"]
    assert registered() == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("市餐饮行业协会", ConsulteeKind.ASSOCIATION),
        ("市总商会", ConsulteeKind.ASSOCIATION),
        ("市总工会", ConsulteeKind.GROUP_ORGANISATION),
        ("市残疾人联合会", ConsulteeKind.GROUP_ORGANISATION),
        ("海山商会大厦有限公司", ConsulteeKind.ENTERPRISE),
    ],
)
def test_without_a_kind_the_name_says_what_somebody_is(app: Flask, name: str, kind: ConsulteeKind) -> None:
    take(f"{name},,,,,,,,")
    assert db.session.scalars(select(Consultee)).one().kind is kind


@pytest.mark.parametrize(("words", "section"), [("制造业", "C"), ("H62", "H"), ("6210", "H"), ("住宿和餐饮业", "H")])
def test_a_sector_is_read_as_letter_code_or_name(app: Flask, words: str, section: str) -> None:
    take(f"甲,,,,{words},,,,")
    assert db.session.scalars(select(Consultee)).one().sector == section


def test_merged_headings_in_two_rows_are_read_as_one(app: Flask) -> None:
    sheets = opened("名录.xlsx", _merged(["单位名称", "统一社会信用代码", "规模", "联系人", None, None]))
    assert stored(sheets.columns) == {
        "name": "单位名称", "credit_code": "统一社会信用代码", "size": "规模",
        "contact_name": "姓名", "phone": "电话", "email": "邮箱",
    }  # fmt: skip


def test_merged_headings_that_do_not_match_are_refused_before_anything_is_stored(app: Flask) -> None:
    with pytest.raises(TableRefused, match="表头占了两行"):
        opened("名录.xlsx", _merged(["单位名称", "统一社会信用代码", "规模", "联系人", "方式", None]))


def _merged(headings: list[str | None]) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(headings)
    sheet.append([None, None, None, "姓名", "电话", "邮箱"])
    sheet.append(["和顺餐饮有限公司", None, "小型", "钱二", "0591", "a@example.com"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_table_without_names_says_which_columns_there_are(app: Flask) -> None:
    with pytest.raises(TableRefused, match="颜色、重量"):
        opened("x.csv", "颜色,重量\n红,1\n".encode())


def test_only_who_keeps_the_register_may_import(app: Flask) -> None:
    sheets = opened("名录.csv", f"{HEAD}\n{GOOD}".encode())
    with pytest.raises(NotAllowed):
        register_import.run(register_import.Import(sheets, an_actor(Role.MODERATOR), NOON))


@pytest.mark.parametrize(
    ("words", "section"),
    [
        ("物业管理", "K"), ("市政工程", "E"), ("热力供应", "D"), ("建材批发", "F"), ("建筑装饰和装修业", "E"),
        ("房地产中介服务", "K"), ("社会团体", "S"), ("餐饮", "H"), ("软件开发", "I"), ("律师事务所", "L"),
        ("房地产业（K）", "K"), ("E-建筑业", "E"), ("K70房地产业", "K"),
    ],
)  # fmt: skip
def test_a_sector_may_be_named_by_its_division_or_group(words: str, section: str) -> None:
    assert read_sector(words) == section


@pytest.mark.parametrize("words", ["魔法业", "综合", "其他", "服务业"])
def test_a_name_that_stands_for_no_section_or_for_several_is_in_doubt(words: str) -> None:
    with pytest.raises(ConsulteeRefused):
        read_sector(words)
