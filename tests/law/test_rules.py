"""The rules as data: complete, and a department's file over them."""

from datetime import date

import pytest

from consult.law import loading
from consult.law.loading import load
from consult.law.rules import RulesError

LAW = loading.national()


def department(tmp_path, content):
    path = tmp_path / "department.toml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "major-decision",
        "enterprise-related",
        "rules-draft",
        "administrative-regulation",
        "law-draft",
        "normative-document",
    ],
)
def test_every_kind_of_document_has_thirty_days_and_a_basis(kind):
    rule = LAW.period(kind)
    assert rule.minimum_days == 30
    assert rule.cited


def test_a_basis_that_the_public_reads_asks_nothing_of_the_department():
    assert [rule.cited for rule in LAW.periods.values() if "请" in rule.cited] == []


def test_only_a_major_decision_may_be_shortened():
    assert [kind for kind, rule in LAW.periods.items() if rule.may_shorten] == ["major-decision"]


def test_every_other_clock_stands_with_its_basis():
    assert {key: (row.length, row.unit, row.cited) for key, row in LAW.clocks.items()} == {
        "disclosure": (20, "working_days", "《政府信息公开条例》第二十六条"),
        "hearing-material": (7, "days", "《重大行政决策程序暂行条例》第十六条第三款"),
        "legality-review": (7, "working_days", "《重大行政决策程序暂行条例》第二十六条第二款"),
        "legality-review-normative": (
            5,
            "working_days",
            "国办发〔2018〕115号：一般不少于5个工作日，不超过15个工作日（未核对原文，情况紧急的除外）",
        ),
        "network-logs": (6, "months", "《网络安全法》第二十一条"),
        "personal-data-request": (
            15,
            "working_days",
            "《个人信息保护法》第五十条第一款（法律要求及时处理，没有规定日数，本部门按十五个工作日办理）",
        ),
    }


def test_an_enterprise_related_document_stands_under_both_rules():
    rule = LAW.period("rules-draft", enterprise_related=True)
    assert "规章制定程序条例" in rule.cited
    assert "优化营商环境条例" in rule.cited


def test_the_longer_of_two_periods_holds(tmp_path):
    longer = load(
        department(
            tmp_path,
            '[[period]]\nid="normative-document"\nminimum_days=45\nbasis=[{title="甲省规范性文件办法",article="第九条"}]',
        )
    )
    assert longer.period("normative-document", enterprise_related=True).minimum_days == 45
    shorter = load(
        department(
            tmp_path,
            '[[period]]\nid="normative-document"\nminimum_days=7\nbasis=[{title="甲省规范性文件办法",article="第九条"}]',
        )
    )
    assert shorter.period("normative-document").minimum_days == 7
    assert shorter.period("normative-document", enterprise_related=True).minimum_days == 30


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(RulesError, match="major-decision"):
        LAW.period("decree")


def test_a_department_adds_rows_and_changes_its_own_numbers(tmp_path):
    rules = load(
        department(
            tmp_path,
            """
            [[sufficiency]]
            id = "enterprise-related"
            enterprises = 12
            small_micro = 4

            [[precondition]]
            id = "party-group"
            title = "党组会议研究"
            test = "confirmed"
            next_step = "提请党组会议研究"
            basis = [{ note = "本部门工作规则" }]

            [[calendar]]
            id = "2030"
            rest = ["2030-01-01"]
            work = [2030-01-05]
            basis = [{ note = "放假通知" }]
            """,
        )
    )
    assert rules.sufficiency["enterprise-related"].enterprises == 12
    assert rules.sufficiency["enterprise-related"].associations == 1
    assert rules.preconditions[-1].id == "party-group"
    assert rules.calendars["2030"].work == (date(2030, 1, 5),)
    assert rules.calendar.day_kind(date(2030, 1, 5)) == "working"
    assert LAW.calendar.day_kind(date(2026, 10, 1)) == "rest"
    assert len(rules.preconditions) == len(LAW.preconditions) + 1


WRONG = [
    ("this is no toml", "不是正确的TOML格式"),
    ("[[perod]]\nid='x'", "perod"),
    ("[[period]]\nminimum_days=30", "第1个 .*缺少 id"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=30", "“x”：缺少字段 basis"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=30\nbasis=[]", "basis 为空"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days='30'\nbasis=[{note='甲'}]", "minimum_days 应当是整数"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=true\nbasis=[{note='甲'}]", "minimum_days 应当是整数"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=0\nbasis=[{note='甲'}]", "至少为1"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=-1\nbasis=[{note='甲'}]", "0和3650之间"),
    ("[[period]]\nid='x'\nname=' '\nminimum_days=30\nbasis=[{note='甲'}]", "name 不能为空"),
    ("[[period]]\nid='x'\nday=30\nbasis=[{note='甲'}]", "day 不认识"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=30\nbasis=['甲']", "basis 的第1项 应当写成"),
    ("[[period]]\nid='x'\nname='x'\nminimum_days=30\nbasis=[{title='甲'}]", "title、article"),
    ("[[period]]\nid='major-decision'\nminimum_days=20", "少于法定的30日"),
    ("[[period]]\nid='rules-draft'\nshortening='紧急'", "没有允许缩短"),
    ("[[period]]\nid='normative-document'\nminimum_days=15", "写明本省规定"),
    ("[[period]]\nid='a'\n[[period]]\nid='a'", "出现了两次"),
    ("[[clock]]\nid='legality-review'\nlength=5", "legality-review"),
    ("[[clock]]\nid='disclosure'\nlength=30", "disclosure"),
    ("[[clock]]\nid='disclosure'\nunit='weeks'", "working_days"),
    ("[[rejection]]\nid='privacy'\neffect='burn'", "withhold"),
    ("[[wording]]\nid='effective-date'\npatterns=['(']", "正则表达式"),
    ("[[wording]]\nid='effective-date'\nwords='施行'", "应当是列表"),
    ("[[calendar]]\nid='2030'\nrest=['soon']\nbasis=[{note='甲'}]", "应当是日期"),
    ("[[calendar]]\nid='2030'\nbasis=[{note='甲'}]", "没有一个放假日"),
    ("[[calendar]]\nid='next'\nrest=['2030-01-01']\nbasis=[{note='甲'}]", "四位年份"),
    ("[[precondition]]\nid='legality-review'\ntest='confirmed'", "test 不能改"),
    (
        "[[precondition]]\nid='x'\ntitle='x'\nnext_step='x'\ntest='hope'\nbasis=[{note='甲'}]",
        "test “hope”不认识",
    ),
    ("[[sufficiency]]\nid='enterprise-related'\nassociations=0", "至少各为1"),
    ("[[concentration]]\nid='default'\nsimilarity=1.5", "similarity"),
    ("period = 3", "应当写成"),
]


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_a_wrong_department_file_is_refused_by_file_row_and_fault(tmp_path, content, message):
    path = department(tmp_path, content)
    with pytest.raises(RulesError, match=message) as refused:
        load(path)
    assert str(path) in str(refused.value)


def test_a_missing_or_misencoded_file_is_refused(tmp_path):
    with pytest.raises(RulesError, match="读不出来"):
        load(tmp_path / "none.toml")
    path = tmp_path / "gb.toml"
    path.write_bytes("# 规则".encode("gb18030"))
    with pytest.raises(RulesError, match="UTF-8"):
        load(path)


def test_every_row_has_a_basis_that_prints():
    rows = [*LAW.periods.values(), *LAW.clocks.values(), *LAW.preconditions, *LAW.rejection_reasons, *LAW.wordings]
    assert all(row.cited for row in rows)


def test_rejection_reasons_tell_what_the_public_sees():
    reasons = {row.id: row for row in LAW.rejection_reasons}
    assert reasons["state-secret"].effect == "withhold"
    assert reasons["advertising"].effect == "reject"
    assert reasons["duplicate"].effect == "duplicate"
    assert all(row.public_note for row in reasons.values())


def test_every_kind_of_personal_data_has_a_term_and_its_basis():
    for row in LAW.retention.values():
        assert row.length >= 1
        assert "《个人信息保护法》第十九条" in row.cited
        assert "第四十七条" in row.cited
    assert LAW.retention["sender-contact"].last_day(date(2026, 2, 28)) == date(2029, 2, 28)
    assert LAW.retention["stray-mail"].last_day(date(2024, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize(("length", "unit"), [(37, "months"), (1100, "days")])
def test_a_longer_term_needs_a_basis_of_its_own_and_a_shorter_one_does_not(tmp_path, length, unit):
    path = tmp_path / "rules.toml"
    path.write_text(f'[[retention]]\nid = "sender-contact"\nlength = {length}\nunit = "{unit}"\n', encoding="utf-8")
    with pytest.raises(RulesError, match="写明依据"):
        load(path)
    basis = 'basis = [{ note = "某省个人信息保存规定" }]\n'
    path.write_text(path.read_text(encoding="utf-8") + basis, encoding="utf-8")
    assert load(path).retention["sender-contact"].length == length
    path.write_text('[[retention]]\nid = "sender-contact"\nlength = 12\n', encoding="utf-8")
    assert load(path).retention["sender-contact"].term == "1年"
