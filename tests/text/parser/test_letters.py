"""Notices as offices send them: red heads, annexes named and added, signatures, copies, rules sent out by a letter."""

from __future__ import annotations

import pytest

from consult.text.anchors import from_words, in_words
from consult.text.parser.outline import outline
from consult.text.parser.provisions import Form, Kind
from tests.text.drafts import codes, draft


def numbered(text):
    return list(draft(text).numbered)


def tops(text):
    return [node.anchor for node in draft(text).provisions]


def texts(text, kind):
    return [step.provision.text for step in draft(text).walk() if step.provision.kind is kind]


@pytest.mark.parametrize(
    "number", ["某政发〔2024〕12号", "某政发〔2024〕12号　　　签发人：某某", "某政规[2024]3号", "某政发（2024）12 号"]
)
def test_the_title_stands_below_a_red_head(number):
    parsed = draft(f"""
        某市人民政府文件

        {number}

        某市人民政府关于进一步优化
        营商环境的实施意见
        各区人民政府：
        一、甲。
    """)
    assert parsed.title == "某市人民政府关于进一步优化营商环境的实施意见"
    assert [node.kind for node in parsed.front] == [Kind.NOTE, Kind.NOTE, Kind.TITLE, Kind.TITLE]


@pytest.mark.parametrize(
    "head",
    [
        ["特急", "某市人民政府文件", "某政〔2024〕5号"],
        ["000001", "机密★1年", "特 急", "某市人民政府文件", "某政〔2024〕5号"],
        ["某市发展和改革委员会", "某市财政局　　文件", "某市教育局", "某发改〔2024〕3号"],
        ["（征求意见稿）"],
        ["加急"],
    ],
)
def test_what_stands_above_the_title_is_not_the_title(head):
    parsed = draft("\n".join([*head, "关于做好某项工作的通知", "各区：", "一、甲。"]))
    assert parsed.title == "关于做好某项工作的通知"
    assert [node.text for node in parsed.front if node.kind is Kind.NOTE] == head


def test_an_announcement_that_asks_for_comments_is_no_order():
    letter = "关于征求《某办法》意见的公告\n现公开征求意见。\n一、时间\n附件：某办法\n某局\n2024年3月1日"
    parsed = draft(f"{letter}\n某办法\n第一条 甲。\n第二条 乙。")
    assert parsed.title == "关于征求《某办法》意见的公告"
    assert parsed.provisions[-1].heading == "某办法"
    assert [article["n"] for article in outline(parsed)["articles"]] == [1, 2]


LETTER = """
    关于优化服务的通知
    各有关单位：
    一、主要任务
    （一）压缩时限。
    （二）精简材料。
    {named}
    某市政务服务管理局
    {date}
    {annexes}
"""
NAMED = {
    "one": "附件：重点任务分工表",
    "two": "附件：1.重点任务分工表\n          2.责任清单",
    "broken": "附件：1.重点任务分工\n    及完成时限表\n    2.责任清单、\n    问题清单",
    "below": "附件：\n    1.重点任务分工表\n    2.责任清单",
}


@pytest.mark.parametrize("title", ["某市突发事件应急预案", "某市水利发展规划", "某市责任清单（2024年版）"])
def test_what_a_letter_sends_out_begins_at_its_title(title):
    letter = "关于印发某某的通知\n各区：\n现印发给你们。\n    某市人民政府  \n    2020年12月8日 \n\n"
    assert tops(f"{letter}{title}\n1总则\n1.1目的\n甲。") == [
        "addressee-1",
        "para-1",
        "signature-1",
        "signature-2",
        "annex-1",
    ]


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("annexes", ["", "附件1\n    重点任务分工表\n    甲局 乙。"])
def test_annexes_named_above_the_signature_are_no_annexes_yet(named, annexes):
    text = LETTER.format(named=named, date="2024年4月2日", annexes=annexes)
    listed = [f"attachment-{line}" for line in range(1, named.count("\n") + 2)]
    signed = ["signature-1", "signature-2"]
    assert tops(text) == ["addressee-1", "head-1", *listed, *signed, *(["annex-1"] if annexes else [])]
    assert codes(text) == []


@pytest.mark.parametrize(
    "date",
    [
        "2024年4月2日",
        "2024.4.2",
        "2024-04-02",
        "2024/4/2",
        "二O二四年四月二日",
        "二〇二四年四月",
        "2024年4月2日\n    （此件公开发布）",
        "2024年4月2日\n    抄送：市委各部门，市人大常委会办公室。\n    某市政务服务管理局办公室　　2024年4月3日印发",
        "2024年4月2日\n    重点任务分工表.docx\n    责任清单.xlsx",
        "2024年4月2日\n    抄送：市财政局，\n    市审计局。",
        "二00四年四月二日\n    抄送：市委。\n    某市政务服务管理局办公室\n    2024年4月3日印发",
    ],
)
def test_a_signature_ends_with_its_date_and_what_stands_below_it(date):
    text = LETTER.format(named="本通知自印发之日起施行。", date=date, annexes="")
    assert tops(text)[:3] == ["addressee-1", "head-1", "signature-1"]
    assert texts(text, Kind.SIGNATURE)[0] == "某市政务服务管理局"
    assert len(texts(text, Kind.SIGNATURE)) == 2 + date.count("\n")


def test_a_signature_may_stand_on_one_line_with_its_date():
    text = "关于停水的通知\n一、甲。\n二、乙。\n联系电话见公告栏\n某市水务局　　2024年4月2日"
    assert texts(text, Kind.SIGNATURE) == ["某市水务局　　2024年4月2日"]


def test_an_imprint_may_stand_on_two_lines_where_nobody_signs():
    text = "某市应急预案\n1 总则\n1.1 目的\n甲。\n某市人民政府办公室\n2024年4月3日印发"
    assert texts(text, Kind.SIGNATURE) == ["某市人民政府办公室", "2024年4月3日印发"]


def test_copies_and_imprint_end_the_last_annex():
    text = LETTER.format(
        named="附件：责任清单",
        date="2024年4月2日",
        annexes="附件\n    责任清单\n    一、甲局\n    （一）乙。\n    抄送：市委。\n    某市政务办　2024年4月3日印发",
    )
    annex = draft(text).provisions[-1]
    assert [node.anchor for node in annex.children] == ["annex-1-head-1", "annex-1-signature-1", "annex-1-signature-2"]


def test_rules_below_a_signed_letter_are_its_annex_without_a_label():
    parsed = draft("""
        关于印发《某市停车管理办法（试行）》的通知
        某交规〔2023〕3号
        各有关单位：
        现将《某市停车管理办法（试行）》印发给你们，请遵照执行。
        某市交通运输局    某市公安局
        二〇二三年六月一日
        某市停车管理办法（试行）
        第一章 总则
        第一条 甲。
        第二条 乙。
        第三条 丙。
        第二章 附则
        第四条 丁。
        第五条 戊。
    """)
    assert parsed.form is Form.STATUTE
    assert [node.anchor for node in parsed.provisions][:3] == ["addressee-1", "para-1", "signature-1"]
    assert parsed.provisions[-1].heading == "某市停车管理办法（试行）"
    assert [article["n"] for article in outline(parsed)["articles"]] == [1, 2, 3, 4, 5]


def test_a_plan_below_a_signed_letter_counts_its_marks_anew():
    text = """
        某市人民政府办公室
        关于印发某市数字政府建设
        三年行动方案（2024—2026年）的通知
        某政办发〔2024〕8号
        各区人民政府：
        现印发给你们，并就有关事项通知如下：
        一、加强领导。
        二、报送进展。
        某市人民政府办公室
        2024年4月2日
        某市数字政府建设三年行动方案
        （2024—2026年）
        为加快推进数字政府建设，制定本方案。
        一、总体要求
        （一）指导思想
        （二）基本原则
        二、重点任务
        （三）夯实基础
        1.建设政务云。
        2.建设政务网。
    """
    marks = ["一、", "二、", "一、", "（一）", "（二）", "二、", "（三）", "1.", "2."]
    assert numbered(text) == list(zip(marks, [1, 1, 1, 2, 2, 1, 2, 3, 3], strict=True))
    assert tops(text)[-1] == "annex-1"
    assert codes(text) == []


def test_marks_that_begin_again_are_pointed_at_once():
    text = "关于某事的通知\n一、甲\n（一）乙。\n（二）丙。\n一、丁\n（一）戊。\n（二）己。\n1.庚。\n2.辛。"
    assert codes(text) == [("duplicate", "head-1-x2")]


def test_a_section_may_share_its_chapters_line():
    text = "某办法\n第一章 总则\n第一条 甲。\n第二章 采购 第一节 一般规定\n第二条 乙。\n第二节 其他\n第三条 丙。"
    structure = outline(draft(text))
    assert structure["chapters"] == ["第一章 总则", "第二章 采购"]
    assert structure["sections"] == ["第一节 一般规定", "第二节 其他"]


PLAN = """
    某市突发事件应急预案
    1  总则
    1.1  编制目的
    为提高处置能力，制定本预案。
    1.2  适用范围
    1.2.1  自然灾害。
    1.2.2  事故灾难。
    2  组织体系
    2.1  领导机构
    设指挥部。
    1.5倍以上的，另行规定。
    2.2工作机构
    （1）负责值守；
    （2）负责协调。
    3  附则
    3.1 本预案由市应急局解释。
"""


def test_numbers_of_several_parts_are_marks_where_they_count_on():
    assert numbered(PLAN) == [
        ("1", 1),
        ("1.1", 2),
        ("1.2", 2),
        ("1.2.1", 3),
        ("1.2.2", 3),
        ("2", 1),
        ("2.1", 2),
        ("2.2", 2),
        ("（1）", 3),
        ("（2）", 3),
        ("3", 1),
        ("3.1", 2),
    ]
    by_anchor = draft(PLAN).by_anchor
    assert by_anchor["num-1"].heading == "总则"
    assert by_anchor["num-1-dec-2-dec-1"].text == "自然灾害。"
    assert by_anchor["num-2-dec-1-para-2"].text == "1.5倍以上的，另行规定。"
    assert by_anchor["num-2-dec-2-paren-1"].number == "（1）"
    assert codes(PLAN) == []


@pytest.mark.parametrize(
    ("top", "below"), [("{} ", "{}.{} "), ("{}.", "{}.{}."), ("{}．", "{}．{}　"), ("{}", "{}.{}"), ("{}、", "{}.{}、")]
)
def test_numbers_of_several_parts_are_read_however_they_are_set_off(top, below):
    lines = ["某市应急预案"]
    for number, title in enumerate(["总则", "组织体系", "附则"], 1):
        lines += [f"{top.format(number)}{title}", *(f"{below.format(number, sub)}甲乙丙。" for sub in (1, 2))]
    assert [depth for _, depth in numbered("\n".join(lines))] == [1, 2, 2] * 3
    assert [node.heading for node in draft("\n".join(lines)).provisions] == ["总则", "组织体系", "附则"]


def test_the_contents_of_a_plan_are_left_out():
    text = "某市应急预案\n目  录\n1 总则\t1\n1.1 目的\t1\n2 附则\t3\n1 总则\n1.1 目的\n甲。\n2 附则\n2.1 乙。"
    assert numbered(text) == [("1", 1), ("1.1", 2), ("2", 1), ("2.1", 2)]


def test_a_heading_may_begin_like_a_figure_behind_a_number_of_several_parts():
    lines = [
        "1总则",
        "1.1编制目的",
        "1.2人员保障",
        "1.3分级分类",
        "1.3.1为有效处置事件，分为4级。",
        "1.4以人为本",
        "2日常管理",
    ]
    marks = numbered("\n".join(["某市应急预案", *lines, "2.1公告", "2.2平台"]))
    assert [depth for _, depth in marks] == [1, 2, 2, 2, 3, 2, 1, 2, 2]


def test_numbers_of_several_parts_stand_below_chapters_and_other_marks():
    text = "某规范\n第一章 总则\n1.1 甲。\n1.2 乙。\n1.2.1 丙。\n第二章 要求\n2.1 丁。"
    assert numbered(text) == [("1.1", 1), ("1.2", 1), ("1.2.1", 2), ("2.1", 1)]
    marks = "关于某事的通知\n一、甲\n1.1 乙。\n1.2 丙。\n二、丁\n2.1 戊。\n1.己。"
    assert [depth for _, depth in numbered(marks)] == [1, 2, 2, 1, 2, 3]
    assert "chapter-1-dec-2-dec-1" in draft(text).by_anchor


@pytest.mark.parametrize(
    "line",
    ["1.1倍以上的。", "3.15消费者权益日活动。", "2.1万元以下的。", "1　甲　10元", "1.2公里以内。", "9.30前完成。"],
)
def test_a_figure_is_no_number_of_several_parts(line):
    assert numbered(f"关于某事的通知\n1.甲：\n{line}\n2.乙。") == [("1.", 1), ("2.", 1)]


def test_rows_of_a_table_are_no_marks_among_numbers_of_several_parts():
    text = "某规范\n1 总则\n1.1 甲。\n1.2 乙：\n序号 名称\n1 丙\n2 丁\n3 戊\n2 附则\n2.1 己。"
    assert numbered(text) == [("1", 1), ("1.1", 2), ("1.2", 2), ("2", 1), ("2.1", 2)]


@pytest.mark.parametrize("top", ["{} ", "{}", "{}.", "{}. ", "{}、"])
@pytest.mark.parametrize("entry", ["{}.", "{}. ", "{}、"])
def test_a_list_below_a_number_of_several_parts_stands_below_it(top, entry):
    listed = [entry.format(number) for number in (1, 2, 3)]
    lines = [
        f"{top.format(1)}总则",
        "1.1 编制依据",
        *(f"{mark}甲法。" for mark in listed),
        "1.2 适用范围",
        *(f"{mark}乙类事件；" for mark in listed),
        f"{top.format(2)}组织体系",
        "2.1 指挥部",
        "2.1.1 职责",
        *(f"{mark}丙。" for mark in listed),
        f"{top.format(3)}附则",
        "本预案由市应急局解释。",
        f"{top.format(4)}附录",
        "4.1 名词",
    ]
    marks = numbered("\n".join(["某市应急预案", *lines]))
    assert [depth for _, depth in marks] == [1, 2, 3, 3, 3, 2, 3, 3, 3, 1, 2, 3, 4, 4, 4, 1, 1, 2]
    assert codes("\n".join(["某市应急预案", *lines])) == []


def test_a_letter_with_marks_may_send_out_a_plan_with_numbers_of_several_parts():
    letter = "关于印发预案的通知\n各区：\n一、抓好落实。\n二、加强演练。\n某市应急局\n2024年4月2日"
    marks = numbered(f"{letter}\n某市应急预案\n1总则\n1.1目的\n甲。\n1.2依据\n2组织体系\n2.1指挥部")
    assert [mark for mark, _ in marks] == ["一、", "二、", "1", "1.1", "1.2", "2", "2.1"]


@pytest.mark.parametrize("title", ["日常管理", "年度计划", "月报制度", "时效要求"])
def test_a_heading_may_begin_like_a_date_behind_a_number_of_several_parts(title):
    assert numbered(f"某预案\n1 总则\n1.1{title}\n1.2甲\n2 附则") == [("1", 1), ("1.1", 2), ("1.2", 2), ("2", 1)]


def test_a_number_of_several_parts_may_be_left_out_where_the_next_ones_count_on():
    text = "某预案\n第一章总则\n1.1甲\n1.3乙\n1.3.1丙\n1.3.2丁\n第二章附则\n2.1戊"
    assert [mark for mark, _ in numbered(text)] == ["1.1", "1.3", "1.3.1", "1.3.2", "2.1"]


@pytest.mark.parametrize("top", ["{} ", "{}  ", "{}.", "第{}章 "])
def test_a_standard_numbers_provisions_below_no_section_with_a_zero(top):
    text = f"""
        某市技术规定
        {top.format(1)}总则
        1.0.1 甲。
        1.0.2 乙。
        1.0倍以上的，丙。
        {top.format(2)}术语
        2.0.1 丁。
        {top.format(3)}要求
        3.1 一般规定
        3.1.1 戊。
        3.1.2 己。
        {top.format(4)}附则
        4.0.1 庚。
    """
    several = [mark for mark, _ in numbered(text) if mark[1:2] == "." and mark[2:]]
    assert several == ["1.0.1", "1.0.2", "2.0.1", "3.1", "3.1.1", "3.1.2", "4.0.1"]
    if "章" not in top:
        assert in_words("num-1-dec-0-dec-2") == "1.0.2"
        assert draft(text).by_anchor[from_words("1.0.2")].number == "1.0.2"
    assert codes(text) == []


def test_a_cited_article_does_not_break_off_numbers_of_several_parts():
    text = "某预案\n1 总则\n1.1 甲\n第三条规定的情形除外。\n1.2 乙\n2 附则"
    assert [mark for mark, _ in numbered(text)] == ["1", "1.1", "1.2", "2"]


PLAIN_CONTENTS = {
    "untitled": "1 总则\n1.1目的\n1.2依据\n2 组织\n2.1指挥部\n3 附则",
    "titled": "目录\n1 总则\n1.1目的\n1.2依据\n2 组织\n2.1指挥部\n3 附则",
    "numbered": "目  录\n1 总则………1\n1.1目的………1\n1.2依据………2\n2 组织………3\n2.1指挥部………3\n3 附则………4",
}


@pytest.mark.parametrize("contents", PLAIN_CONTENTS.values(), ids=PLAIN_CONTENTS)
@pytest.mark.parametrize("preamble", ["", "为提高处置能力，制定本预案。\n", f"为{'提高处置能力，' * 20}制定本预案。\n"])
@pytest.mark.parametrize("letter", ["", "关于印发预案的通知\n各区：\n一、甲。\n二、乙。\n某市应急局\n2024年4月2日\n"])
def test_contents_are_left_out_wherever_they_stand_and_whatever_follows(contents, preamble, letter):
    body = "1 总则\n1.1目的\n甲。\n1.2依据\n2 组织\n2.1指挥部\n（1）乙。\n3 附则"
    text = f"{letter}某市应急预案\n{contents}\n{preamble}{body}"
    marks = ["1", "1.1", "1.2", "2", "2.1", "（1）", "3"]
    assert [mark for mark, _ in numbered(text)] == [*(["一、", "二、"] if letter else []), *marks]
    assert all("制定本预案" not in node.text for node in draft(text).front)


def test_page_numbers_may_stand_among_the_entries_of_contents():
    contents = "1总则\n1.1目的\n- 1 -\n1.2依据\n2组织\n— 2 —\n2.1指挥部\n3附则"
    body = "1总则\n1.1目的\n甲。\n1.2依据\n2组织\n2.1指挥部\n3附则\n本预案由市应急局解释。"
    marks = ["1", "1.1", "1.2", "2", "2.1", "3"]
    assert [mark for mark, _ in numbered(f"某市应急预案\n{contents}\n为了处置，制定本预案。\n{body}")] == marks


def test_lists_of_the_same_short_entries_are_no_contents():
    groups = [f"{mark}第一组\n1.场地\n2.人员\n3.设备\n4.经费" for mark in ("一、", "二、")]
    assert len(numbered("\n".join(["关于分组的通知", *groups]))) == 10


@pytest.mark.parametrize("label", ["附件1-1", "附件1.1", "附件（1）", "附件(一)", "附录A", "附录 B", "附表1-2"])
def test_an_annexs_label_may_have_brackets_parts_or_a_letter(label):
    annex = draft(f"某市应急预案\n一、甲。\n二、乙。\n{label}\n清单\n1.丙。").provisions[-1]
    assert (annex.kind, annex.number, annex.heading) == (Kind.ANNEX, label, "清单")


@pytest.mark.parametrize("line", ["附件A类企业名单", "附件（略）", "附件1第二项所列的除外"])
def test_a_line_that_begins_with_an_annexs_name_is_no_label(line):
    assert tops(f"某市应急预案\n一、甲。\n二、乙。\n{line}\n丙。") == ["head-1", "head-2"]


def test_forms_with_the_same_headings_in_two_annexes_are_no_contents():
    form = "\n".join(f"{mark}栏目{mark}" for mark in ("一、", "二、", "三、", "四、", "五、", "六、", "七、", "八、"))
    letter = "关于报送材料的通知\n各区：\n请按附件报送。\n某市政府办\n2024年4月2日"
    text = f"{letter}\n附件1\n{form}\n附件2\n{form}"
    assert len(numbered(text)) == 16
    assert tops(text)[-2:] == ["annex-1", "annex-2"]


def test_a_list_of_annexes_may_stand_right_above_them():
    text = "某市行动方案\n一、甲。\n二、乙。\n附件：1.分工表\n2.项目清单\n附件1\n分工表\n丙。\n附件2\n项目清单\n丁。"
    assert tops(text) == ["head-1", "head-2", "attachment-1", "attachment-2", "annex-1", "annex-2"]
    assert codes(text) == []


def test_labelled_annexes_may_follow_one_without_a_label():
    text = "关于印发方案的通知\n各区：\n某市政府办\n2024年4月2日\n某市方案\n一、甲。\n附件1\n清单\n乙。\n附件2\n丙"
    assert tops(text)[-3:] == ["annex-1", "annex-2", "annex-3"]
    assert codes(text) == []


def test_a_title_may_be_set_wide():
    assert draft("某市人民政府办公室\n关于印发预案的\n通　知\n各区：\n一、甲。").title == (
        "某市人民政府办公室关于印发预案的通　知"
    )


def test_half_brackets_are_marks_of_their_own():
    text = "关于报名的通知\n一、材料：\n1)身份证；\n2）学历证书：\n（1）原件；\n（2）复印件。\n3)照片。\n二、其他"
    assert numbered(text) == [
        ("一、", 1),
        ("1)", 2),
        ("2）", 2),
        ("（1）", 3),
        ("（2）", 3),
        ("3)", 2),
        ("二、", 1),
    ]
    assert codes(text) == []
    assert "head-1-half-2-paren-1" in draft(text).by_anchor


def test_a_mark_may_run_into_a_letter_behind_a_figure():
    text = "关于保障的通知\n1.甲。\n2.5G网络组。\n3.3D打印组。\n4.5A级景区组。"
    assert [mark for mark, _ in numbered(text)] == ["1.", "2.", "3.", "4."]
