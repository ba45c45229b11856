"""The statutory holidays of a year, computed, and the checks of a year's notice."""

from dataclasses import replace
from datetime import date

import pytest

from consult.law import holidays, loading, year_notices
from consult.law.calendar import DayKind, published

CALENDAR = loading.national().calendar
KNOWN = sorted(published().years)
OUT_OF_THE_ORDINARY = {2006, 2007, 2011, 2012, 2015, 2018, 2020, 2023}
"""Years whose notice shared days with the next or the last, had a holiday of its own (2015), or was extended (2020)."""
REST = [
    *("2027-01-01", "2027-01-02", "2027-01-03"),
    *(f"2027-02-{day:02}" for day in range(5, 12)),
    *("2027-04-03", "2027-04-04", "2027-04-05"),
    *(f"2027-05-{day:02}" for day in range(1, 6)),
    *("2027-06-09",),
    *("2027-09-15",),
    *(f"2027-10-{day:02}" for day in range(1, 8)),
]
WORK = ["2027-01-31", "2027-02-20", "2027-05-08", "2027-10-09"]
"""A notice of 2027 that was invented for tests."""


def days(*written):
    return tuple(map(date.fromisoformat, written))


def faults(rest, work, year=2027):
    return "；".join(year_notices.check(year, rest, work, CALENDAR).faults)


@pytest.mark.parametrize("year", KNOWN)
def test_every_statutory_holiday_of_a_published_year_was_a_day_off(year):
    for day, name in CALENDAR.statutory(year).items():
        assert published().day_kind(day) is DayKind.REST, f"{day} {name}"


@pytest.mark.parametrize("year", [year for year in KNOWN if year >= 2008])
def test_the_published_names_of_those_days_are_ours(year):
    for day, name in CALENDAR.statutory(year).items():
        if day in published().rest:
            assert published().rest[day] in name or "、" in name


def test_the_holidays_of_2027():
    assert {day.isoformat(): name for day, name in CALENDAR.statutory(2027).items()} == {
        "2027-01-01": "元旦",
        **dict.fromkeys(("2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08"), "春节"),
        "2027-04-05": "清明节",
        **dict.fromkeys(("2027-05-01", "2027-05-02"), "劳动节"),
        "2027-06-09": "端午节",
        "2027-09-15": "中秋节",
        **dict.fromkeys(("2027-10-01", "2027-10-02", "2027-10-03"), "国庆节"),
    }


def test_two_holidays_on_one_day_have_both_names():
    assert CALENDAR.statutory(2020)[date(2020, 10, 1)] == "中秋节、国庆节"


def test_a_year_beyond_the_lunar_table_has_its_fixed_days():
    assert list(CALENDAR.statutory(2150)) == [
        date(2150, month, day) for month, day in [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)]
    ]


@pytest.mark.parametrize("words", ["", "13月1日", "十三月初五", "五月初十一", "2月30日", "某日"])
def test_words_that_name_no_day_are_refused(words):
    with pytest.raises(ValueError, match=r"no day|month|day"):
        holidays.day_of(words, 2027)


def test_a_departments_own_holiday_is_presumed_rest(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(
        "[[holiday]]\nid='local'\nname='三月三'\ndays=['三月初三']\nsince=2020\nbasis=[{note='自治区规定'}]\n", "utf-8"
    )
    calendar = replace(loading.load(file).calendar, years=frozenset({2026}))
    assert calendar.presumes_rest(date(2027, 4, 9))
    file.write_text(file.read_text("utf-8").replace("三月初三", "三月三"), "utf-8")
    with pytest.raises(loading.RulesError, match="应当写成 10月1日"):
        loading.load(file)


@pytest.mark.parametrize("year", [year for year in KNOWN if year not in OUT_OF_THE_ORDINARY])
def test_every_notice_so_far_passes_without_a_warning(year):
    rest = [day for day in published().rest if day.year == year]
    work = [day for day in published().work if day.year == year]
    assert year_notices.check(year, rest, work, CALENDAR) == year_notices.NoticeCheck((), ())


def test_a_notice_that_is_in_order_passes():
    assert year_notices.check(2027, days(*REST), days(*WORK), CALENDAR) == year_notices.NoticeCheck((), ())


WRONG = [
    ([*REST, "2026-12-31"], WORK, "不是2027年的日期：2026-12-31"),
    ([day.replace("2027", "2026") for day in REST], [], "不是2027年的日期"),
    ([day for day in REST if day != "2027-04-05"], WORK, "缺少法定节日：2027-04-05（清明节，星期一）"),
    ([day for day in REST if day != "2027-05-01"], WORK, "2027-05-01（劳动节，星期六）"),
    (REST, [*WORK, "2027-03-03"], "调休上班日应当是星期六或者星期日：2027-03-03（星期三）"),
    (REST, [*WORK, "2027-02-06"], "既列为放假日又列为上班日：2027-02-06"),
    ([*REST, "2027-01-01"], WORK, "放假日中重复的日期：2027-01-01"),
    (REST, [*WORK, "2027-01-31"], "上班日中重复的日期：2027-01-31"),
    ([], [], "没有日期"),
    ([], WORK, "缺少法定节日"),
]


@pytest.mark.parametrize(("rest", "work", "fault"), WRONG)
def test_what_is_wrong_with_a_notice_is_named(rest, work, fault):
    assert fault in faults(days(*rest), days(*work))


def test_what_is_unusual_is_a_warning():
    check = year_notices.check(2027, days(*REST, "2027-07-14"), days(*WORK, "2027-08-01"), CALENDAR)
    assert check.faults == ()
    assert "不与法定节日相连的放假日：2027-07-14（星期三）" in "；".join(check.warnings)
    assert "离法定节日较远的上班日：2027-08-01（星期日）" in "；".join(check.warnings)


def test_a_row_of_a_rule_file_obeys_the_same_rules_and_keeps_the_statutory_days(tmp_path):
    file = tmp_path / "rules.toml"
    row = "[[calendar]]\nid='2027'\nrest=['2027-03-03']\nwork=['{}']\nbasis=[{{note='通知'}}]\n"
    file.write_text(row.format("2027-03-06"), "utf-8-sig")
    calendar = loading.load(file).calendar
    assert calendar.day_kind(date(2027, 2, 8)) is DayKind.REST
    assert calendar.source(2027) == "通知"
    for day, why in (("2027-03-04", "星期六或者星期日"), ("2026-03-07", "不是2027年的日期")):
        file.write_text(row.format(day), "utf-8")
        with pytest.raises(loading.RulesError, match=why):
            loading.load(file)


def test_the_days_around_a_holiday_have_its_name():
    row = loading.rule_rows.CalendarYear("2027", (loading.rule_rows.Basis(note="通知"),), days(*REST), days(*WORK))
    calendar = CALENDAR.extended({"2027": row})
    assert calendar.describe(date(2027, 2, 10)) == "春节假期"
    assert calendar.describe(date(2027, 2, 20)) == "调休上班日"
    assert calendar.after_rest(date(2027, 2, 8)) == date(2027, 2, 12)
