"""What holds for every text: it is read, nothing is lost, no two provisions share an anchor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from consult.text.anchors import from_words, in_words
from consult.text.numerals import write_number
from consult.text.parser import provisions
from consult.text.parser.frame import frame_of
from consult.text.parser.line_openings import cut, lines_of
from consult.text.parser.outline import outline
from consult.text.parser.provisions import Kind, parse
from consult.text.parser.tree import FRAME
from tests.text.drafts import in_source_order

_number = (
    st.integers(1, 130).map(write_number) | st.integers(1, 130).map(str) | st.sampled_from(["一 ", "百零二", "〇"])
)
_space = st.sampled_from(["", " ", "　", "　　", "\t", "\u2002"])
_words = st.sampled_from(
    [
        "为了规范停车，制定本办法。",
        "有下列情形之一的：",
        "规定的情形除外。",
        "总则",
        "某市停车管理办法",
        "（立法目的）",
        "【适用范围】",
        "“引号没有关上",
        "”",
        "（",
        "）",
        "《某法》",
        "、第三条",
        "某市停车局",
        "2024年5月1日",
        "（2020年5月1日通过）",
        "……3",
        "施行",
        "甲\t乙",
        "",
    ]
)
_marks = st.one_of(
    st.tuples(st.sampled_from(["第{}条", "第{}章", "第{}节", "第{}编", "第{}分编", "第{}款", "第{}部分"]), _number).map(
        lambda pair: pair[0].format(pair[1])
    ),
    st.tuples(_number, _number).map(lambda pair: f"第{pair[0]}条之{pair[1]}"),
    st.lists(st.integers(1, 3).map(str), min_size=1, max_size=4).map(".".join),
    st.tuples(
        st.sampled_from(["（{}）", "({})", "{}）", "{} ", "{}、", "{}.", "{}．", "附件{}", "{}之{}"]), _number
    ).map(lambda pair: pair[0].replace("{}", pair[1])),
    st.sampled_from(["①", "⑴", "㈠", "a.", "附：", "附则", "目录", "目　录", "序言", "附件", "附 件："]),
    st.just(""),
)
_line = st.tuples(_space, _marks, _space, _words, _words).map("".join)
texts = st.lists(_line, max_size=40).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\n\n", "\r", "\u2028"]).map(lambda separator: separator.join(lines))
)


_FRAME_LINES = [
    "索引号：000014349/2024-00001\t主题分类：综合政务",
    "发文字号：某政发〔2024〕5号",
    "某市人民政府文件",
    "某政发〔2024〕5号",
    "某市某委员会",
    "（某办公室）",
    "关于印发《某办法》的通知",
    "各区人民政府，市政府各部门：",
    "现印发给你们。",
    "一、提高认识。",
    "（一）统一思想。各区应当重视。",
    "附件：1.某办法",
    "2.某表",
    "附件：",
    "附件1",
    "某市人民政府（代章）",
    "甲局　　乙局",
    "二〇二四年五月一日",
    "（此件公开发布）",
    "抄送：市委，",
    "某市人民政府办公室　2024年5月2日印发",
    "扫一扫在手机打开当前页",
    "某办法",
    "（2024年5月1日某局发布",
    "根据某令修订）",
    "目录",
    "第一章 总则",
    "第一章 总则\n第一条 甲。\n第二条 乙。\n第三条 丙。",
    "1 总则",
    "1.1 目的",
]
letters = st.lists(st.sampled_from(_FRAME_LINES), max_size=24).map("\n".join)
"""Lines of the frames of letters and of what they send out, in any order."""


def bare(text):
    """A text without spaces and stops, which the names of a list leave out."""
    return compact(text).replace("。", "").replace("；", "")


def compact(text):
    return "".join(text.split())


@given(texts)
@settings(max_examples=300)
def test_any_text_is_read_and_nothing_of_it_is_lost(text):
    kept = "".join(node.written + node.text for node in in_source_order(parse(text)))
    assert compact(kept) == compact(text)


@given(st.text(max_size=400))
def test_any_characters_are_read_and_nothing_of_them_is_lost(text):
    kept = "".join(node.written + node.text for node in in_source_order(parse(text)))
    assert compact(kept) == compact(text)


@given(letters)
@settings(max_examples=300)
def test_nothing_of_any_letter_is_lost_and_its_frame_is_read(text):
    draft = parse(text)
    kept = "".join(node.written + node.text for node in in_source_order(draft))
    assert compact(kept) == compact(text)
    frame = frame_of(draft)
    assert compact(frame.title or "") == compact("".join(node.text for node in draft.front if node.kind is Kind.TITLE))
    for shown in (frame.addressee, frame.date, *frame.attachments, *frame.notes, *frame.annexes):
        assert shown is None or bare(shown) in bare(text)


@given(texts | letters)
def test_no_two_provisions_share_an_anchor_and_each_survives_the_way_through_words(text):
    anchors = [step.provision.anchor for step in parse(text).walk()]
    assert len(anchors) == len(set(anchors))
    for anchor in anchors:
        assert from_words(in_words(anchor)) == anchor


_BELOW = {
    Kind.ARTICLE: {Kind.PARAGRAPH},
    Kind.ITEM: {Kind.POINT, Kind.PARAGRAPH, Kind.ROW},
    Kind.POINT: {Kind.POINT, Kind.PARAGRAPH, Kind.ROW},
    Kind.ROW: set(),
    Kind.PREAMBLE: set(),
    **{kind: set() for kind in FRAME},
}


@given(texts | letters)
def test_the_tree_is_always_a_valid_one(text):
    draft = parse(text)
    for step in draft.walk():
        below = {child.kind for child in step.provision.children}
        assert below <= _BELOW.get(step.provision.kind, set(Kind))
        assert step.provision.place > 0
        if step.provision.kind is Kind.ANNEX:
            assert step.parent is None
    assert all(warning.message.endswith("。") or "：" in warning.message for warning in draft.warnings)
    outline(draft, tree=True)


@given(texts | letters)
def test_a_text_is_read_the_same_whatever_its_indents(text):
    if any(separator in text for separator in ("\r", "\u2028")):
        return
    indented = "\n".join(f"　　{line}" for line in text.split("\n"))
    assert outline(parse(indented)) == outline(parse(text))


_sentence = st.sampled_from(
    ["为了规范停车，制定本办法。", "前款规定由某局执行。", "有下列情形之一的：", "与他人串通的，处罚款。"]
)
_list = st.tuples(st.lists(_sentence, max_size=3), st.sampled_from(["（{}）", "({})"])).map(
    lambda pair: [pair[1].format(write_number(at)) + text for at, text in enumerate(pair[0], 1)]
)
_disturbance = st.sampled_from(
    [
        "第二章 附则",
        "附则",
        "附件",
        "附件1：某表",
        "某市停车备案办法",
        "（四）其他。",
        "1.甲；",
        "1)甲；",
        "1.1 甲；",
        "1 甲",
        "①注。",
        "甲\t10元",
        "类别\t标准\n乙\t20元",
        "一、乙：",
        "",
    ]
) | st.sampled_from(
    [
        "第三条规定的除外。",
        "第九条 丙。",
        "第二条之一 丁。",
        "第一条 戊。",
        "第四条（己） 庚。",
        "第五条 （删去）",
        "2024年5月1日",
        "某市停车管理局\n2024年5月1日",
        "某市停车管理局　2024年5月1日\n某市停车备案办法",
        "附件：1.某表\n2.某表\n某市停车管理局\n2024年5月1日",
    ]
)


@st.composite
def statutes(draw):
    """A statute as it should be, up to three times over, with a few lines that don't belong."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += ["某市停车管理办法", *draw(st.sampled_from([[], ["第一章 总则"], ["（2024年5月1日通过）", "序言。"]]))]
        first = draw(st.sampled_from([1, 1, 463]))
        for number in range(first, first + draw(st.integers(3, 8))):
            lines += [
                f"第{write_number(number)}条 {draw(_sentence)}",
                *draw(st.lists(_sentence, max_size=2)),
                *draw(_list),
            ]
    for line in draw(st.lists(_disturbance, max_size=2)):
        lines.insert(draw(st.integers(0, len(lines))), line)
    return "\n".join(lines)


@given(statutes())
def test_a_statute_read_in_runs_is_read_as_line_by_line(text):
    assert parse(text) == provisions._line_by_line(text, lines_of(cut(text)))
