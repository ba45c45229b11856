"""Names that may be those of one organisation: found, merged, told apart, counted once until then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, func, insert, select

from consult.accounts.permissions import Actor
from consult.consultees import doubles, register, register_import, selection, status
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, NameKey, Ownership, Size, SuspectedDouble
from consult.drafting.models import Consultation
from consult.files import tables
from consult.ledger.models import LedgerEntry
from consult.store import db
from consult.text.organisation_names import keys
from tests.builders import NOON

LATER = NOON + timedelta(days=2)
NAMES = ("长春重复建设有限公司", "长春重复建设有限责任公司", "长春市重复建设有限公司", "长春重复建设有限公司分公司")
CODES = ("91350100M000100Y43", "91310000775785552L")


def a_firm(drafter: Actor, name: str, **fields: object) -> Consultee:
    entry = register.Entry(name, ConsulteeKind.ENTERPRISE, **fields)  # type: ignore[arg-type]
    return register.add(drafter, entry, at=NOON)


def listed(drafter: Actor, consultation: Consultation, *consultees: Consultee) -> None:
    hearing.add(drafter, consultation, [(consultee, "") for consultee in consultees], at=LATER)


def test_four_ways_to_write_a_name_count_once_on_the_list_until_they_are_told_apart(
    drafter: Actor, consultation: Consultation
) -> None:
    firms = [a_firm(drafter, name, size=Size.SMALL) for name in NAMES]
    other = a_firm(drafter, "长春第二建设有限公司", size=Size.LARGE)
    listed(drafter, consultation, *firms, other)
    assert doubles.unresolved(consultation) == [{firm.id for firm in firms}]
    assert (status.on_list(consultation).enterprises, status.on_list(consultation).small_micro) == (2, 1)
    for pair in db.session.scalars(select(SuspectedDouble)).all():
        doubles.mark_distinct(drafter, pair, "统一社会信用代码不同。", at=LATER)
    assert doubles.unresolved(consultation) == []
    assert (status.on_list(consultation).enterprises, status.on_list(consultation).small_micro) == (5, 4)


def test_one_that_may_be_large_counts_as_no_small_one(drafter: Actor, consultation: Consultation) -> None:
    small = a_firm(drafter, NAMES[0], size=Size.SMALL, ownership=Ownership.PRIVATE)
    listed(drafter, consultation, small, a_firm(drafter, NAMES[1], size=Size.LARGE))
    counts = status.on_list(consultation)
    assert (counts.enterprises, counts.small_micro, counts.private) == (1, 0, 0)


def test_who_was_taken_off_the_list_is_no_double_on_it(drafter: Actor, consultation: Consultation) -> None:
    kept, double = (a_firm(drafter, name) for name in NAMES[:2])
    listed(drafter, consultation, kept, double)
    hearing.remove(drafter, consultation, double, "重复", at=LATER)
    assert doubles.unresolved(consultation) == []
    assert status.on_list(consultation).enterprises == 1


def test_two_codes_are_two_enterprises_and_a_branch_with_its_own_is_not(drafter: Actor) -> None:
    a_firm(drafter, NAMES[0], credit_code=CODES[0])
    assert doubles.of(a_firm(drafter, NAMES[1], credit_code=CODES[1])) == []
    assert [pair.because for pair in doubles.of(a_firm(drafter, NAMES[3]))] == ["可能是同一家及其分支机构"] * 2


def test_a_new_name_is_looked_up_and_takes_back_what_was_said_of_the_old_one(drafter: Actor) -> None:
    first, second = a_firm(drafter, NAMES[0]), a_firm(drafter, NAMES[1])
    (pair,) = doubles.of(first)
    doubles.mark_distinct(drafter, pair, "住所不同。", at=LATER)
    assert doubles.of(first) == []
    register.change(drafter, second, register.Entry(NAMES[2], ConsulteeKind.ENTERPRISE), at=LATER)
    assert [pair.second_id for pair in doubles.of(first)] == [second.id]
    register.change(drafter, second, register.Entry("山海建材有限公司", ConsulteeKind.ENTERPRISE), at=LATER)
    assert doubles.of(first) == []


def test_a_change_of_the_address_leaves_two_told_apart(drafter: Actor) -> None:
    first, second = a_firm(drafter, NAMES[0]), a_firm(drafter, NAMES[1])
    doubles.mark_distinct(drafter, doubles.of(first)[0], "住所不同。", at=LATER)
    register.change(
        drafter, second, register.Entry(NAMES[1], ConsulteeKind.ENTERPRISE, address="净月大街1号"), at=LATER
    )
    assert doubles.of(first) == []


def test_telling_apart_needs_a_reason_and_is_on_record(drafter: Actor) -> None:
    first, _ = a_firm(drafter, NAMES[0]), a_firm(drafter, NAMES[1])
    (pair,) = doubles.of(first)
    with pytest.raises(ConsulteeRefused, match="为什么不是同一家"):
        doubles.mark_distinct(drafter, pair, " ", at=LATER)
    doubles.mark_distinct(drafter, pair, "住所不同。", at=LATER)
    assert db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "consultee.tell_apart")).one()


def test_a_merged_double_is_suspected_no_more(drafter: Actor) -> None:
    kept, double, third = (a_firm(drafter, name) for name in NAMES[:3])
    register.merge(drafter, kept, double, at=LATER)
    assert [(pair.first_id, pair.second_id) for pair in doubles.page(limit=10)] == [(kept.id, third.id)]
    assert db.session.scalars(select(NameKey).where(NameKey.consultee_id == double.id)).all() == []


def imported(drafter: Actor, *names: str) -> list[register_import.RowAccount]:
    book = tables.read_book("名录.csv", "\n".join(("单位名称", *names)).encode())
    work = register_import.Import(register_import.open_sheets(book, {}), drafter, NOON)
    return list(register_import.run(work))


def test_a_table_says_of_each_row_whom_it_may_be(drafter: Actor) -> None:
    a_firm(drafter, NAMES[0])
    accounts = imported(drafter, "山海建材有限公司", NAMES[2], "山海建材有限责任公司")
    assert ["相近" in account.reason for account in accounts] == [False, True, True]
    assert len(doubles.page(limit=10)) == 2


def test_the_proposal_holds_associations_of_any_sector_lawyers_private_and_labour_intensive_enterprises(
    drafter: Actor, consultation: Consultation
) -> None:
    for name, sector in (("长春市餐饮协会", "H"), ("长春市物流协会", "G"), ("长春市律师协会", "L")):
        register.add(drafter, register.Entry(name, ConsulteeKind.ASSOCIATION, sector=sector), at=NOON)
    a_firm(drafter, "甲厂", sector="H", size=Size.LARGE, ownership=Ownership.PRIVATE)
    a_firm(drafter, "乙厂", sector="H", size=Size.LARGE, labour_intensive=True)
    a_firm(drafter, "丙局", sector="H", size=Size.LARGE, ownership=Ownership.STATE)
    proposals = selection.propose(consultation, selection.Wanted(sectors=("H",)))
    why = {proposal.consultee.name: proposal.why for proposal in proposals}
    assert list(why)[:3] == ["长春市餐饮协会", "长春市物流协会", "长春市律师协会"]
    assert "律师协会" in why["长春市律师协会"]
    assert ("民营企业" in why["甲厂"], "劳动密集型企业" in why["乙厂"], "国有企业" in why["丙局"]) == (True, True, True)
    listed(drafter, consultation, *(proposal.consultee for proposal in proposals))
    lacking, basis = selection.advised(status.on_list(consultation))
    assert [words.partition("至少")[0] for words in lacking] == ["中小微企业"]
    assert "国办发〔2019〕9号" in basis


def test_a_unit_of_government_counts_apart(drafter: Actor, consultation: Consultation) -> None:
    unit = register.add(drafter, register.Entry("长春市财政局", ConsulteeKind.GOVERNMENT_UNIT), at=NOON)
    listed(drafter, consultation, unit)
    counts = status.on_list(consultation)
    assert (counts.government_units, counts.enterprises, counts.associations, counts.group_organisations) == (
        1,
        0,
        0,
        0,
    )


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that is run meanwhile."""
    noted: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        noted.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_a_name_is_looked_up_with_the_same_statements_among_twenty_thousand(drafter: Actor) -> None:
    def adding(name: str) -> tuple[int, int]:
        with statements() as noted:
            made = a_firm(drafter, name)
        return len(noted), len(doubles.of(made))

    a_firm(drafter, NAMES[0])
    few = adding("山海建材有限公司")
    names = {n: f"长春市第{n}建设工程有限公司" for n in range(1000, 21_000)}
    row = {"kind": "enterprise", "sector": "", "region": "", "address": "", "created_at": NOON, "retired_reason": ""}
    db.session.execute(insert(Consultee), [row | {"id": n, "name": name, "name_key": ""} for n, name in names.items()])
    db.session.execute(
        insert(NameKey), [{"key": key, "consultee_id": n} for n, name in names.items() for key in keys(name)]
    )
    shared = select(NameKey.key).group_by(NameKey.key).having(func.count() > 10)
    assert db.session.scalars(shared).all() == []  # a key that says nothing would be shared by all of them
    db.session.commit()
    with statements() as noted:
        doubles.Candidates(["山海餐饮有限公司"])
    assert len(noted) == 1
    assert adding("山川建材有限公司") == few
