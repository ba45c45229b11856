"""What a draft cites, and whether it exists and is in force."""

from __future__ import annotations

from datetime import date
from textwrap import dedent

import pytest

from consult.text.citations import CitationStatus, find_citations
from consult.text.comparison.versions import compare
from consult.text.drafting_check import Purpose, Severity, check_draft
from consult.text.instruments import Instrument, Register, normalise
from consult.text.parser.provisions import parse

TODAY = date(2026, 11, 24)
REGISTER = Register(
    Instrument.from_row(dict(zip(("level", "name", "adopted_on", "in_force_from", "expired"), row, strict=True)))
    for row in [
        ("法律", "行政处罚法", "2021-01-22", "2021-07-15", "0"),
        ("法律", "行政处罚法", "2017-09-01", "2018-01-01", "1"),
        ("法律", "道路交通安全法", "2021-04-29", "2021-04-29", "0"),
        ("法律", "噪声防治法", "2018-12-29", "2018-12-29", "1"),
        ("法律", "停车法", "2026-10-01", "2027-03-01", "0"),
        ("行政法规", "物业管理条例", "2018-03-19", "", "0"),
        ("行政法规", "道路运输条例", "2022-03-29", "", "0"),
    ]
)


def cited(body):
    draft = parse("某市停车管理办法\n" + dedent(body).strip("\n"))
    return find_citations(draft, REGISTER, TODAY)


def statuses(body):
    return [(c.name, c.status) for c in cited(body).citations]


def dangling(body):
    return [(r.words, r.anchor) for r in cited(body).dangling]


@pytest.mark.parametrize(
    ("citation", "status"),
    [
        ("《中华人民共和国行政处罚法》", CitationStatus.IN_FORCE),
        ("《行政处罚法》", CitationStatus.IN_FORCE),
        ("《行政处罚法》（2017年修正）", CitationStatus.SUPERSEDED),
        ("《行政处罚法》（2009年修正）", CitationStatus.SUPERSEDED),
        ("《行政处罚法》（2021年修订）", CitationStatus.IN_FORCE),
        ("《中华人民共和国噪声防治法》", CitationStatus.EXPIRED),
        ("《停车法》", CitationStatus.NOT_YET),
        ("《中华人民共和国道路交同安全法》", CitationStatus.MISSPELT),
        ("《道路安全交通法》", CitationStatus.UNKNOWN),
        ("《物业管里条例》", CitationStatus.MISSPELT),
        ("《物业管理办法》", CitationStatus.UNKNOWN),
        ("《某市物业管理条例》", CitationStatus.UNKNOWN),
        ("《行政处罚法实施细则》", CitationStatus.UNKNOWN),
        ("《某市停车管理办法》", CitationStatus.SELF),
    ],
)
def test_a_cited_instrument_is_looked_up_in_the_register(citation, status):
    assert [s for _, s in statuses(f"第一条 根据{citation}等规定，制定本办法。")] == [status]


def test_a_misspelt_name_comes_with_the_right_one():
    (citation,) = cited("第一条 根据《中华人民共和国道路交同安全法》，制定本办法。").citations
    assert citation.suggestion == "道路交通安全法"


def test_the_articles_named_after_an_instrument_belong_to_it():
    (citation,) = cited("第一条 依照《行政处罚法》第八条、第九条第二款和第十条第（三）项的规定处罚。").citations
    assert citation.articles == ("第八条", "第九条第二款", "第十条第（三）项")


def test_a_short_name_stands_for_the_instrument_it_was_introduced_for():
    cited_in_draft = cited(
        "第一条 根据《中华人民共和国行政处罚法》（以下简称处罚法），制定本办法。\n第二条 依照处罚法第三十条处罚。"
    )
    assert [(c.name, c.articles) for c in cited_in_draft.citations] == [
        ("中华人民共和国行政处罚法", ()),
        ("中华人民共和国行政处罚法", ("第三十条",)),
    ]
    assert cited_in_draft.references == ()


def test_a_known_statute_named_without_title_marks_is_no_reference_to_the_draft():
    cited_in_draft = cited("第一条 违反规定的，依照道路交通安全法第九十条处罚。")
    assert [(c.name, c.articles) for c in cited_in_draft.citations] == [("道路交通安全法", ("第九十条",))]
    assert cited_in_draft.references == ()


def test_a_name_within_a_name_belongs_to_it():
    assert [name for name, _ in statuses("第一条 《关于修改〈物业管理条例〉的决定》已经公布。")] == [
        "关于修改〈物业管理条例〉的决定"
    ]


def test_references_that_point_to_nothing_are_found():
    assert dangling("""
        第一条 违反本办法第二条、第九条规定的，处罚款。
        第二条 依照第一条第三款办理：
        （一）有前款情形的；
        （二）有本条第一款第二项情形的；
        （三）有本条第二款情形的。
        第三条 前条所称情形，按照本办法第二条第三项执行。
    """) == [("第九条", "art-1-para-1"), ("第一条第三款", "art-2-para-1"), ("前款", "art-2-para-1-item-1"),
             ("本条第二款", "art-2-para-1-item-3")]  # fmt: skip


def test_the_first_article_has_none_before_it():
    assert dangling("第一条 前条规定的情形除外。\n第二条 前条规定的情形除外。") == [("前条", "art-1-para-1")]


def test_names_are_compared_without_spaces_brackets_and_the_states_name():
    assert normalise("《中华人民共和国 行政处罚法》") == normalise("行政处罚法")
    assert normalise("刑法修正案(十)") == normalise("刑法修正案（十）")


@pytest.mark.parametrize("row", [{"name": ""}, {"name": "甲法", "adopted_on": "去年"}])
def test_a_bad_row_of_the_register_is_refused(row):
    with pytest.raises(ValueError):
        Instrument.from_row(row)


def codes(body, purpose=None, since=None):
    draft = parse("某市停车管理办法\n" + dedent(body).strip("\n"))
    return [finding.code for finding in check_draft(draft, REGISTER, purpose, since)]


def test_a_sound_draft_has_no_findings():
    assert codes("第一条 根据《行政处罚法》，制定本办法。\n第二条 本办法自2027年1月1日起施行，有效期五年。") == []


def test_what_a_normative_document_must_say_is_asked_for():
    assert codes("第一条 为了规范停车，制定本办法。") == ["no_effective_date", "no_validity"]
    assert codes("第一条 本办法自公布之日起施行。", Purpose(normative_document=False)) == []


def test_errors_come_before_warnings():
    draft = parse("某办法\n第一条 甲。\n第三条 依照本办法第九条和《噪声防治法》办理。")
    severities = [finding.severity for finding in check_draft(draft, REGISTER)]
    assert severities == sorted(severities, key=list(Severity).index)


def test_a_draft_that_touches_enterprises_must_say_so():
    body = """
        第一条 企业从事停车经营活动，应当取得营业执照。
        第二条 本办法自公布之日起施行，有效期五年。
    """
    assert codes(body) == ["not_marked_enterprise_related"]
    assert codes(body, Purpose(enterprise_related=True)) == []


def test_an_article_cited_by_its_old_number_is_found():
    tail = "本办法自公布之日起施行，有效期五年。"
    old = parse(f"某办法\n第一条 停车场应当备案。\n第二条 违反本办法第一条规定的，责令改正。\n第三条 {tail}")
    new = parse(
        "某办法\n第一条 为了规范停车，制定本办法。\n第二条 停车场应当备案。\n"
        f"第三条 违反本办法第一条规定的，责令改正。\n第四条 {tail}"
    )
    findings = check_draft(new, REGISTER, since=compare(old, new))
    assert [(f.code, f.anchor) for f in findings] == [("cited_after_renumbering", "art-3-para-1")]
    assert "第二条" in findings[0].message


@pytest.mark.parametrize("slip", ["重大行政决策程序暂行条列", "重大行政决策程续暂行条例", "重大行政决策程序暂行条"])
def test_a_slip_in_the_words_for_its_type_is_one_too(slip):
    register = Register([Instrument("重大行政决策程序暂行条例")])
    assert register.likely(slip) == ("重大行政决策程序暂行条例", True)
