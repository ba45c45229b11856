"""Drafts of every make read as a careful reader would."""

from __future__ import annotations

import pytest

from consult.text.parser.outline import outline
from consult.text.parser.provisions import Form, Kind, parse
from tests.text.drafts import codes, draft


def articles(text):
    """(number, paragraphs, items) of each article."""
    return [
        (f"{a['n']}-{a['sub']}" if a["sub"] else str(a["n"]), a["paragraphs"], a["items"])
        for a in outline(draft(text))["articles"]
    ]


def headings(text):
    structure = outline(draft(text))
    return [structure[name] for name in ("parts", "subparts", "chapters", "sections")]


def anchors(text):
    return [step.provision.anchor for step in draft(text).walk()]


@pytest.mark.parametrize(
    "title", ["第二章 和解", "第二章　与著作权有关的权利", "第二章与公共安全有关的设施", "第二章 及其他"]
)
def test_a_chapters_title_may_begin_like_a_citation(title):
    text = f"某法\n第一章 总则\n第一条 甲。\n{title}\n第二条 乙。\n第二章和第三章的规定，丙；\n第三条 丁。"
    assert len(headings(text)[2]) == 2
    assert articles(text) == [("1", 1, 0), ("2", 2, 0), ("3", 1, 0)]


def test_a_sections_title_may_be_broken_at_its_comma():
    text = "某法\n第一章 总则\n第一节 请求没收、\n返还财物\n第一条 甲。\n第二节 其他\n第二条 乙。"
    assert headings(text)[3] == ["第一节 请求没收、返还财物", "第二节 其他"]


def test_a_deleted_article_keeps_its_number():
    article = parse("某法\n第一条 甲。\n第二条 （删去）\n第三条 乙。").provisions[1]
    assert (article.anchor, article.heading, article.children[0].text) == ("art-2", "", "（删去）")


def test_a_plain_statute():
    assert articles("""
        某市停车管理办法

        第一章 总则
        　　第一条 为了规范停车，制定本办法。
        　　第二条 有下列情形之一的，不得停车：
        　　（一）消防通道；
        　　（二）盲道。
        　　前款规定由公安机关执行。
        第二章 附则
        　　第三条 本办法自公布之日起施行。
    """) == [("1", 1, 0), ("2", 2, 2), ("3", 1, 0)]


def test_every_node_of_a_statute_has_a_readable_anchor():
    assert anchors("""
        某市停车管理办法
        第一章 总则
        第一条 为了规范停车，制定本办法。
        第一条之一 有下列情形的：
        （一）甲：
        1.乙；
        2.丙。
    """) == [
        "chapter-1",
        "art-1",
        "art-1-para-1",
        "art-1-1",
        "art-1-1-para-1",
        "art-1-1-para-1-item-1",
        "art-1-1-para-1-item-1-point-1",
        "art-1-1-para-1-item-1-point-2",
    ]


def test_the_table_of_contents_is_left_out():
    text = """
        某市停车管理办法
        目　录
        第一章 总则
        第二章 规划与建设
        第三章 附则

        第一章 总　则
        第一条 为了规范停车，制定本办法。
        第二章 规划与建设
        第二条 编制规划。
        第三章 附　则
        第三条 自公布之日起施行。
    """
    assert headings(text)[2] == ["第一章 总　则", "第二章 规划与建设", "第三章 附　则"]
    assert [node.kind for node in draft(text).front].count(Kind.TOC) == 4


@pytest.mark.parametrize("leader", ["........1", "……3", " 12", "\t5", "（第一条—第五条）", " — 7 —"])
def test_a_table_of_contents_may_have_page_numbers(leader):
    text = f"""
        某市停车管理办法
        目录
        第一章 总则{leader}
        第二章 附则{leader}
        第一章 总则
        第一条 甲。
        第二章 附则
        第二条 乙。
    """
    assert headings(text)[2] == ["第一章 总则", "第二章 附则"]
    assert articles(text) == [("1", 1, 0), ("2", 1, 0)]


def test_a_table_of_contents_may_have_no_title_of_its_own():
    assert headings("""
        某市停车管理办法
        第一章 总则
        第二章 附则
        第一章 总则
        第一条 甲。
        第二章 附则
        第二条 乙。
    """)[2] == ["第一章 总则", "第二章 附则"]


def test_a_table_of_contents_may_list_articles_and_parts():
    text = """
        某法
        目录
        第一编 总则
        第一章 基本规定
        第一条 目的....1
        第二编 分则
        第一章 某权
        附则
        第一编 总则
        第一章 基本规定
        第一条（目的） 为了甲，制定本法。
        第二编 分则
        第一章 某权
        第二条（某权） 乙。
        附则
        第三条 自公布之日起施行。
    """
    assert headings(text)[:3] == [["第一编 总则", "第二编 分则"], [], ["第一章 基本规定", "第一章 某权"]]
    assert articles(text) == [("1", 1, 0), ("2", 1, 0), ("3", 1, 0)]


def test_parts_subparts_and_sections_nest():
    assert anchors("""
        某法
        第三编 合同
        第一分编 通则
        第一章 一般规定
        第一节 甲
        第一条 甲。
        第二分编 典型合同
        第九章 买卖合同
        第二条 乙。
    """) == [
        "part-3",
        "part-3-subpart-1",
        "part-3-subpart-1-chapter-1",
        "part-3-subpart-1-chapter-1-section-1",
        "art-1",
        "art-1-para-1",
        "part-3-subpart-2",
        "part-3-subpart-2-chapter-9",
        "art-2",
        "art-2-para-1",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "第一条（立法目的） 为了规范停车，制定本办法。",
        "第一条(立法目的)为了规范停车，制定本办法。",
        "第一条【立法目的】为了规范停车，制定本办法。",
        "第一条 【立法目的】　为了规范停车，制定本办法。",
        "第一条　〔立法目的〕为了规范停车，制定本办法。",
    ],
)
def test_a_caption_in_brackets_is_the_articles_heading(line):
    article = parse("某办法\n" + line).provisions[0]
    assert (article.number, article.heading) == ("第一条", "立法目的")
    assert article.children[0].text == "为了规范停车，制定本办法。"


@pytest.mark.parametrize(
    ("number", "anchor"),
    [
        ("第 一 条", "art-1"),
        ("第　十　二　条", "art-12"),
        ("第１２条", "art-12"),
        ("第 12 条", "art-12"),
        ("第一百零五条", "art-105"),
        ("第一百〇五条", "art-105"),
        ("第百零五条", "art-105"),
        ("第一○五条", "art-105"),
        ("第一百二十条之一", "art-120-1"),
        ("第120条之1", "art-120-1"),
        ("第十二之一条", "art-12-1"),
    ],
)
def test_an_articles_number_is_read_however_it_is_written(number, anchor):
    assert parse(f"某办法\n{number} 为了甲，制定本办法。").provisions[0].anchor == anchor


def test_numbers_that_run_into_the_text_are_articles_all_the_same():
    assert articles("""
        某办法
        第一条为了规范停车，制定本办法。
        第二条本办法所称停车，是指停放。
        第三条中华人民共和国境内适用本办法。
        第十条规定的情形除外。
        第四条以营利为目的的，不适用。
    """) == [("1", 1, 0), ("2", 1, 0), ("3", 2, 0), ("4", 1, 0)]


def test_a_line_that_begins_by_citing_an_article_is_no_article():
    assert articles("""
        某办法
        　　第一条 甲应当申报。
        　　第三条规定的人员，可以不申报。
        　　第二条 乙。
        　　第五条、第六条所列情形，从其规定。
        　　第一条 第二款所称人员，是指丙。
        　　第三条第一款规定的期限，为三十日。
        　　第三条 丁。
    """) == [("1", 2, 0), ("2", 4, 0), ("3", 1, 0)]


def test_a_citation_of_the_very_next_article_is_no_article_where_that_one_follows():
    assert articles("""
        某办法
        第一条 甲。
        第二条规定的情形除外。
        第二条 乙。
        第三条 丙。
    """) == [("1", 2, 0), ("2", 1, 0), ("3", 1, 0)]


def test_an_article_may_begin_with_words_that_citations_go_on_with():
    assert articles("""
        某办法
        第一条 规定期限届满的，应当续期。
        第二条 的士停靠站由交通部门设置。
        第三条 款项应当专用。
    """) == [("1", 1, 0), ("2", 1, 0), ("3", 1, 0)]


def test_articles_quoted_by_an_amending_decision_are_its_text():
    parsed = draft("""
        某市人民代表大会常务委员会关于修改《某市停车管理条例》的决定
        一、将第五条修改为：
        “第五条 停车场应当备案。
        “有下列情形的除外：
        “（一）甲。”
        二、删去第十条。
        三、增加一条，作为第十二条：
        “第十二条 违反规定的，处罚款。”
        本决定自公布之日起施行。
    """)
    assert parsed.form is Form.NOTICE
    assert parsed.numbered == (("一、", 1), ("二、", 1), ("三、", 1))


def test_articles_cited_after_clauses_do_not_make_a_notice_a_statute():
    parsed = draft("""
        关于修改部分规章的决定
        一、对《甲办法》作出修改
        第五条 修改为：“停车场应当备案。”
        二、对《乙办法》作出修改
        第七条 第二款修改为：“应当公示。”
    """)
    assert parsed.form is Form.NOTICE
    assert parsed.numbered == (("一、", 1), ("二、", 1))


def test_clauses_over_articles_are_headings():
    text = """
        关于适用某法若干问题的解释
        为了正确适用某法，制定本解释。
        一、管辖
        第一条 甲案由某法院管辖。
        第二条 乙案由某法院管辖。
        二、回避
        第三条 丙。
    """
    assert articles(text) == [("1", 1, 0), ("2", 1, 0), ("3", 1, 0)]
    assert [node.heading for node in draft(text).provisions if node.kind is Kind.HEADING] == ["管辖", "回避"]


def test_old_statutes_number_items_with_clauses():
    assert articles("""
        某暂行条例
        第一条 有下列行为之一的，处罚款：
        一、擅自停车；
        二、堵塞通道。
        第二条 本条例自公布之日起施行。
    """) == [("1", 1, 2), ("2", 1, 0)]


def test_items_inside_the_second_paragraph_and_text_after_them():
    text = """
        某办法
        第一条 甲。
        有下列情形之一的：
        (一)乙；
        （二） 丙。
        前款第一项所称乙，是指丁。
        第二条 戊。
    """
    assert articles(text) == [("1", 3, 2), ("2", 1, 0)]
    assert "art-1-para-2-item-2" in anchors(text)


def test_points_stand_below_their_item():
    text = """
        某办法
        第一条 所得包括：
        （一）经营所得，是指：
        1．个体所得；
        2．承包所得。
        （二）财产所得。
    """
    assert "art-1-para-1-item-1-point-2" in anchors(text)
    assert "art-1-para-1-item-2" in anchors(text)
    assert articles(text)[0][2] == 2


def test_an_item_may_go_on_in_paragraphs_of_its_own():
    text = """
        某办法
        第一条 用语含义：
        （一）甲是指乙。
        （二）丙是指丁。
        下列情形视为丙：
        1.戊；
        2.己。
        （三）庚是指辛。
        前款第一项所称乙，是指壬。
        第二条 有下列情形之一的：
        （一）甲。
        有前项情形，并有下列情形之一的：
        （一）乙。
    """
    assert articles(text) == [("1", 5, 3), ("2", 2, 2)]
    assert anchors(text)[3:8] == [
        "art-1-para-1-item-2",
        "art-1-para-1-item-2-para-2",
        "art-1-para-1-item-2-point-1",
        "art-1-para-1-item-2-point-2",
        "art-1-para-1-item-3",
    ]
    assert codes(text) == []


def test_a_mark_may_run_into_a_figure_where_its_neighbours_count_on():
    text = """
        某办法
        第一条 限额为：
        （一）人身伤亡：
        1.300总吨以下的，甲；
        2.500总吨以下的，乙。
        （二）其他：
        1.300总吨以下的，丙；
        2.超过500总吨的，丁。
        1.5万元以下的，不计。
        第二条 收费为：
        1.5万元以下的，甲。
        （一）乙。
    """
    assert articles(text) == [("1", 6, 2), ("2", 2, 1)]


def test_a_line_that_cites_items_is_a_paragraph():
    assert articles("""
        某办法
        第一条 费用包括：
        （一）食宿费；
        （二）咨询费；
        （三）其他费用。
        （二）、（三）项规定的费用，由当事人预付。
        （一）项规定的费用，由机构承担。
    """) == [("1", 3, 3)]


def test_an_annex_ends_the_last_article():
    text = """
        某收费办法
        第一条 按照附件收费。
        附件所列费用，每年调整一次。
        第二条 本办法自公布之日起施行。
        附件：
        收费标准表
        一类 40元
        二类 50元
    """
    assert articles(text) == [("1", 2, 0), ("2", 1, 0)]
    annex = draft(text).provisions[-1]
    assert (annex.kind, annex.heading, annex.anchor) == (Kind.ANNEX, "收费标准表", "annex-1")


def test_articles_that_begin_again_belong_to_an_annexed_document():
    text = """
        关于印发两个办法的通知
        各处室：
        现将两个办法印发给你们。

        停车收费办法
        第一条 甲。
        第二条 乙。
        停车备案办法
        第一章 总则
        第一条 丙。
        第二条 丁。
    """
    assert [a[0] for a in articles(text)] == ["1", "2", "1", "2"]
    assert "annex-1-chapter-1" in anchors(text)
    assert "annex-1-art-2-para-1" in anchors(text)
    assert draft(text).provisions[-1].heading == "停车备案办法"


def test_articles_that_count_anew_in_each_chapter_keep_their_own_anchors():
    text = """
        某公司管理手册
        第一章 总则
        第一条 甲。
        第二条 乙。
        第二章 考勤
        第一条 丙。
    """
    assert anchors(text)[-2:] == ["art-1-x2", "art-1-x2-para-1"]
    assert ("duplicate", "art-1-x2") in codes(text)


def test_articles_go_on_after_a_table_in_the_middle():
    assert articles("""
        某办法
        第一条 按下表收费：
        附表一
        甲 10元
        第二条 乙。
    """) == [("1", 3, 0), ("2", 1, 0)]


def test_the_signature_and_date_are_no_paragraph():
    text = """
        某办法
        第一条 甲。
        第二条 本办法自公布之日起施行。
        某市停车管理局
        2024年5月1日
    """
    assert articles(text)[-1] == ("2", 1, 0)
    assert [node.text for node in draft(text).provisions if node.kind is Kind.SIGNATURE] == [
        "某市停车管理局",
        "2024年5月1日",
    ]


def test_the_title_note_and_preamble_stand_before_the_articles():
    parsed = draft("""
        某市停车管理办法
        （征求意见稿）
        （2020年5月1日某市人民政府第3次常务会议通过　2021年5月1日起施行）
        　　停车关系千家万户，为了规范停车，特制定本办法。
        第一条 甲。
    """)
    assert parsed.title == "某市停车管理办法（征求意见稿）"
    assert [node.kind for node in parsed.front] == [Kind.TITLE, Kind.TITLE, Kind.NOTE]
    assert parsed.provisions[0].kind is Kind.PREAMBLE


@pytest.mark.parametrize("first", ["附件", "附件1", "某府规〔2024〕5号", "某市人民政府令第12号"])
def test_a_label_over_the_title_is_not_the_title(first):
    assert draft(f"{first}\n\n某市停车管理办法\n\n第一条 甲。").title == "某市停车管理办法"


def test_a_title_broken_over_two_lines_is_one_title():
    assert (
        draft("某市人民政府办公厅\n关于加强停车管理的通知\n各区人民政府：\n一、甲。").title
        == "某市人民政府办公厅关于加强停车管理的通知"
    )


def test_a_chapters_title_may_stand_on_the_next_line():
    assert headings("""
        某办法
        第一章
        总则
        第一条 甲。
        第二章
        附则
        第二条 乙。
    """)[2] == ["第一章 总则", "第二章 附则"]


def test_an_articles_text_may_stand_on_the_next_line():
    assert articles("某办法\n第一条\n甲。\n第二条\n乙：\n（一）丙。") == [("1", 1, 0), ("2", 1, 1)]


def test_a_chapter_and_its_first_article_may_share_a_line():
    text = "某办法\n第一章 总则 第一条 甲。\n第二条 乙。"
    assert headings(text)[2] == ["第一章 总则"]
    assert articles(text) == [("1", 1, 0), ("2", 1, 0)]


def test_a_sentence_that_begins_with_a_chapter_is_no_heading():
    text = "某办法\n第一章 总则\n第一条 甲。\n第二章规定的情形除外。\n第二章 附则\n第二条 乙。"
    assert headings(text)[2] == ["第一章 总则", "第二章 附则"]
    assert articles(text) == [("1", 2, 0), ("2", 1, 0)]


def test_a_notice_nests_its_marks():
    parsed = draft("""
        关于加强停车管理的通知
        各区人民政府：
        为加强停车管理，现通知如下：
        一、提高认识
        （一）统一思想。各区应当重视。
        1.加强宣传。
        （1）张贴海报。
        ①每个小区一张。
        （二）落实责任。
        二、严格执法
        1、加强巡查。
        本通知自印发之日起施行。
    """)
    assert parsed.form is Form.NOTICE
    assert [depth for _, depth in parsed.numbered] == [1, 2, 3, 4, 5, 2, 1, 2]
    by_anchor = {step.provision.anchor: step.provision for step in parsed.walk()}
    assert by_anchor["head-1-sub-1"].heading == "统一思想"
    assert by_anchor["head-1-sub-1"].text == "各区应当重视。"
    assert "head-1-sub-1-num-1-paren-1-ring-1" in by_anchor
    assert by_anchor["head-2-num-1-para-2"].text == "本通知自印发之日起施行。"


def test_a_decimal_and_a_year_are_no_marks():
    assert draft("关于某事的通知\n一、甲\n1.5万元以上的。\n2024年起执行。\n3、5、7号楼适用。").numbered == (
        ("一、", 1),
    )


def test_classes_named_by_numbers_are_no_marks():
    classes = draft("关于口岸的规定\n一、甲。\n一、二类口岸由国务院批准。\n二、乙。")
    assert classes.numbered == (("一、", 1), ("二、", 1))
    grades = draft("关于医院的规定\n一、二级医院应当设置急诊。\n二、乙。")
    assert grades.numbered == (("一、", 1), ("二、", 1))


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("一、二审法院应当加强沟通。", ["一、", "二、", "三、"]),
        ("五、六月份加强值守。", ["一、", "二、", "三、"]),
        ("1、2级响应由区启动。", ["一、", "1、", "2、"]),
    ],
)
def test_numbers_in_a_row_are_no_marks_where_they_do_not_count_on(line, others):
    marks = draft("\n".join(["关于某事的通知", f"{others[0]}甲", line, *(f"{mark}乙" for mark in others[1:])])).numbered
    assert [mark for mark, _ in marks] == others


def test_a_heading_may_begin_with_the_next_number():
    text = "关于某事的通知\n一、二级响应\n甲。\n二、三年行动\n三、四项任务\n附件1\n清单\n一、二类\n二、三类\n三、其他"
    assert [mark for mark, _ in draft(text).numbered] == ["一、", "二、", "三、"] * 2


def test_a_mark_set_off_from_a_figure_or_after_a_semicolon_is_one():
    spaced = draft("关于某事的通知\n1. 甲。\n2. 30%以上的，乙。\n（1）丙。\n3. 5月底前完成。").numbered
    assert [mark for mark, _ in spaced] == ["1.", "2.", "（1）", "3."]
    assert [mark for mark, _ in draft("关于某事的通知\n1.甲；\n2.5万元以下的，乙。").numbered] == ["1.", "2."]
    hundred = draft("关于某事的通知\n1.甲。\n2.乙。\n3.100%覆盖。\n1.5倍以上的，不计。").numbered
    assert [mark for mark, _ in hundred] == ["1.", "2.", "3."]


@pytest.mark.parametrize("joint", [" ", "　", "\t"])
def test_a_clauses_number_may_be_set_off_by_a_space_alone(joint):
    text = "关于某事的意见\n各区：\n一{0}总体要求\n甲。\n二{0}主要任务\n（一）乙。\n1.丙。\n三{0}保障措施\n丁。"
    marks = (("一", 1), ("二", 1), ("（一）", 2), ("1.", 3), ("三", 1))
    assert draft(text.format(joint)).numbered == marks
    assert [node.heading for node in draft(text.format(joint)).provisions[1:]] == ["总体要求", "主要任务", "保障措施"]


@pytest.mark.parametrize(
    "lines",
    ["一 甲\n二 乙\n三 丙", "一 审\n甲。", "一 甲\n乙。\n三 丙\n丁。", "一、甲\n乙。\n一 丙\n丁。\n二 戊\n己。"],
)
def test_chinese_numerals_before_a_space_are_no_marks_where_they_do_not_count_on(lines):
    assert all("、" in mark for mark, _ in draft(f"关于某事的意见\n各区：\n{lines}").numbered)


def test_a_chinese_numeral_may_have_a_closing_bracket_alone():
    marks = draft("关于某事的通知\n一、甲\n一)乙。\n（二）丙。\n二、丁\n一）戊。").numbered
    assert marks == (("一、", 1), ("一)", 2), ("（二）", 2), ("二、", 1), ("一）", 2))


@pytest.mark.parametrize(
    "line", ["（一）项、（二）项的情形除外。", "（二）项以外的，从其规定。", "（一）款和（二）款同时适用。"]
)
def test_a_line_that_cites_items_is_no_mark(line):
    assert draft(f"关于某事的通知\n（一）项目。\n（二）款项。\n{line}").numbered == (("（一）", 1), ("（二）", 1))


def test_an_article_quoted_without_quotation_marks_does_not_make_a_decision_a_statute():
    text = "某决定\n一、将第一条修改为：\n第一条 甲。\n二、第二条修改为：\n第二条 乙：\n（一）丙。\n三、删去第三条。"
    assert draft(text).form is Form.NOTICE
    assert [mark for mark, _ in draft(text).numbered] == ["一、", "二、", "（一）", "三、"]


def test_a_mark_may_be_followed_by_a_date():
    marks = draft("关于某事的通知\n一、甲\n1.2024年底前完成。\n2、10月底前完成。\n3.5月1日起施行。\n4.5万元以上的。")
    assert marks.numbered == (("一、", 1), ("1.", 2), ("2、", 2), ("3.", 2))


def test_a_draft_of_neither_form_is_paragraphs():
    parsed = draft("停车倡议书\n亲爱的市民：\n请有序停车。")
    assert parsed.form is Form.PLAIN
    assert [step.provision.anchor for step in parsed.walk()] == ["addressee-1", "para-1"]


def test_gaps_duplicates_and_disorder_are_pointed_at():
    text = """
        某办法
        第一条 甲。
        第三条 乙：
        （一）丙；
        （三）丁。
        第三条 戊。
        第二条 己（庚。
    """
    assert sorted(codes(text)) == [
        ("duplicate", "art-3-x2"),
        ("gap", "art-3"),
        ("gap", "art-3-para-1-item-3"),
        ("out_of_order", "art-2"),
        ("unclosed_bracket", "art-2-para-1"),
    ]
    assert all(warning.line for warning in draft(text).warnings)


def test_a_level_left_out_is_pointed_at():
    assert codes("某办法\n第一编 总则\n第一节 甲\n第一条 乙。") == [("level_skipped", "part-1-section-1")]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "　　", "第", "第条", "（", "一", "、", "附", "第一条", "第一章", "目录", "（一）"]
)
def test_nothing_much_is_read_too(text):
    assert parse(text).provisions is not None


@pytest.mark.parametrize(("head", "signer"), [("某市人民政府令", "市长 某某"), ("", "市  长  某某")])
def test_the_title_may_stand_below_the_order_that_promulgates_it(head, signer):
    parsed = draft(f"""
        {head}
        第12号
        《某市停车管理办法》已经常务会议通过，现予公布，自2025年1月1日起施行。
        {signer}
        2024年12月1日
        某市停车管理办法
        第一章 总则
        第一条 甲。
    """)
    assert parsed.title == "某市停车管理办法"
    assert [node.kind for node in parsed.provisions] == [Kind.CHAPTER]


def test_a_table_of_contents_without_a_title_may_follow_a_document_number():
    assert headings("""
        某规则（试行）
        （2013年9月23日通过）
        某发〔2013〕3号
        第一章 总则
        第二章 审查
        第一节 一般规定
        第二节 听证
        第三章 附则
        第一章 总则
        第一条 甲。
        第二章 审查
        第一节 一般规定
        第二条 乙。
        第二节 听证
        第三条 丙。
        第三章 附则
        第四条 丁。
    """)[2:] == [["第一章 总则", "第二章 审查", "第三章 附则"], ["第一节 一般规定", "第二节 听证"]]


def test_a_note_in_brackets_may_fill_several_lines():
    parsed = draft("""
        某法
        （1982年12月4日第五次会议通过　同日公布
        根据1988年4月12日第一次会议通过的修正案
        和2018年3月11日第一次会议通过的修正案修正）
        第一条 甲。
    """)
    assert [node.kind for node in parsed.front] == [Kind.TITLE, Kind.NOTE, Kind.NOTE, Kind.NOTE]
    assert parsed.provisions[0].kind is Kind.ARTICLE


def test_a_quotation_over_several_paragraphs_opens_each_of_them():
    text = """
        关于修改《某法》的决定
        一、第三条修改为：“有下列情形的：
        “（一）甲；
        “（二）乙。”
        二、第四条修改为：“丙。
        三、第五条修改为：“丁。”
    """
    assert codes(text) == [("unclosed_bracket", "head-2")]


def test_an_article_may_begin_with_an_instruments_name():
    text = "某规定\n第一条 甲。\n第三条 《某法》施行前的，从其规定。\n第四条 乙。"
    assert [number for number, *_ in articles(text)] == ["1", "3", "4"]


def test_a_letter_may_send_out_the_rules_annexed_to_it():
    parsed = draft("""
        某部关于印发《某办法》的通知
        各省某厅：
        现将《某办法》印发给你们。
        附件：某办法
        某部
        2020年1月1日
        （此件公开发布）
        附件
        某办法
        第一章 总则
        第一条 甲。
        第二条 乙。
    """)
    assert parsed.form is Form.STATUTE
    signed = "signature-1", "signature-2", "signature-3"
    above = "addressee-1", "para-1", "attachment-1"
    assert [node.anchor for node in parsed.provisions] == [*above, *signed, "annex-1"]
