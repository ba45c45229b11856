"""Days and moments as people and programs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.date_parsing import complete_datetime, parse_datetime, read_datetime

HERE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2019, 4, 25, 9, 32, 9, tzinfo=HERE)


@pytest.mark.parametrize(
    "words",
    [
        "2019/4/25 9:32:09",
        "2019-04-25T09:32:09",
        "2019-04-25 09:32:09.000",
        "2019.4.25 9:32:09",
        "2019年4月25日 9时32分9秒",
        "2019年4月25日上午9点32分9秒",
        "２０１９年４月２５日　９：３２：０９",
        "20190425093209",
        "2019-04-25T01:32:09Z",
        "2019-04-25 01:32:09+00:00",
        "43580.39732638889",
        "1556155929",
        "1556155929000",
    ],
)
def test_one_moment_is_read_however_it_is_written(words: str) -> None:
    moment = parse_datetime(words, HERE)
    assert moment is not None
    assert (moment.at, moment.whole_day) == (MORNING, False)


@pytest.mark.parametrize("words", ["2019/4/25", "2019年4月25日", "2019-04-25", "20190425", "43580", " 2019.4.25 "])
def test_a_day_alone_is_its_first_moment(words: str) -> None:
    moment = parse_datetime(words, HERE)
    assert moment is not None
    assert (moment.at, moment.whole_day) == (datetime(2019, 4, 25, tzinfo=HERE), True)


@pytest.mark.parametrize(
    ("words", "hour"),
    [("2019/4/25 下午3:05", 15), ("2019-4-25 3:05 PM", 15), ("2019-4-25 12:05 AM", 0), ("2019/4/25 中午12:05", 12)],
)
def test_halves_of_the_day_are_understood(words: str, hour: int) -> None:
    moment = parse_datetime(words, HERE)
    assert moment is not None
    assert (moment.at.astimezone(HERE).hour, moment.at.minute) == (hour, 5)


def test_twenty_four_oclock_is_the_end_of_the_day() -> None:
    moment = parse_datetime("2026年12月24日24时", HERE)
    assert moment is not None
    assert moment.at == datetime(2026, 12, 25, tzinfo=HERE)


@pytest.mark.parametrize("words", ["", "昨天", "2019年2月30日", "4/5/2019", "12345", "2019/4/25 27:00", "99999999999"])
def test_what_is_no_day_or_could_be_two_is_not_guessed(words: str) -> None:
    assert parse_datetime(words, HERE) is None


@given(st.integers(0, 4_000_000_000))
def test_iso_form_round_trips(seconds: int) -> None:
    whole = datetime.fromtimestamp(seconds, UTC)
    read = parse_datetime(whole.isoformat(), HERE)
    assert read is not None
    assert read.at == whole


@given(st.text(max_size=60))
def test_nothing_makes_it_fail(words: str) -> None:
    parse_datetime(words, HERE)


@pytest.mark.parametrize(
    ("words", "hour", "minute"),
    [
        ("二〇二六年十一月二十日", 0, 0),
        ("二○二六年十一月二十日上午九时三十分", 9, 30),
        ("2026-11-20 09:05 至 09:30", 9, 5),
        ("2026年11月20日 9点05分-9点30分", 9, 5),
        ("2026年11月20日（周五）", 0, 0),
        ("2026年11月20日星期五 9:05", 9, 5),
        ("2026年11月20日上午", 0, 0),
    ],
)
def test_a_date_as_people_write_it_in_tables_is_read(words: str, hour: int, minute: int) -> None:
    moment = read_datetime(words, HERE)
    assert moment is not None
    assert moment.at == datetime(2026, 11, 20, hour, minute, tzinfo=HERE)


@pytest.mark.parametrize("words", ["2026-11-20 至 2026-11-22", "11月", "周五", "2026年", "十一月", "第二十日"])
def test_what_names_no_day_is_no_date(words: str) -> None:
    assert read_datetime(words, HERE) is None
    assert complete_datetime(words, HERE, date(2026, 11, 1), date(2026, 11, 30)) is None


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("11月10日", date(2026, 11, 10)), ("26-11-20", date(2026, 11, 20)), ("20/11/2026", date(2026, 11, 20)),
        ("十一月二十日", date(2026, 11, 20)), ("20日", date(2026, 11, 20)), ("11-10", date(2026, 11, 10)),
        ("11.20 9:05", date(2026, 11, 20)), ("11月10日（周二）下午3点", date(2026, 11, 10)),
        ("1月2日", date(2027, 1, 2)),
    ],
)  # fmt: skip
def test_a_date_in_part_is_completed_from_a_period(words: str, day: date) -> None:
    moment = complete_datetime(words, HERE, date(2026, 11, 8), date(2027, 1, 5))
    if words == "20日":  # of November or of December
        assert moment is None
        moment = complete_datetime(words, HERE, date(2026, 11, 8), date(2026, 12, 5))
    assert moment is not None
    assert moment.at.date() == day


@pytest.mark.parametrize("words", ["11月31日", "4/5/2026", "10月1日", "5日", "9:05", "11/12/13"])
def test_a_date_that_fits_no_day_or_several_stays_unread(words: str) -> None:
    assert complete_datetime(words, HERE, date(2026, 11, 1), date(2027, 3, 5)) is None
