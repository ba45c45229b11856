"""Private data are found however people write them, and nothing of them is left after masking."""

import csv
import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consult.text.privacy.detection import Kind, find, mask

# Numbers below are made up; the identity numbers carry right check digits but belong to nobody's published data.
PHONES = [
    "13812345678",
    "请打13812345678谢谢",
    "138 1234 5678",
    "138-1234-5678",
    "138－1234－5678",
    "138.1234.5678",
    "１３８１２３４５６７８",
    "1 3 8 1 2 3 4 5 6 7 8",
    "+8613812345678",
    "+86 138-1234-5678",
    "(+86)13812345678",
    "0086-13812345678",
    "138 12 345 678",
    "①③⑧①②③④⑤⑥⑦⑧",
    "一三八一二三四五六七八",
    "138一二三四5678",
    "幺三八壹贰叁肆伍陆柒捌",
    "l38l2345678",
    "138\u200b1234\u200b5678",
    "138\u00a01234\u00a05678",
    "138_1234_5678",
    "138~1234~5678",
    "微信同号13812345678",
    "2026年11月2413812345678",
    "0571-88886666",
    "（0571）88886666",
    "0571 8888 6666",
    "010-66668888转801",
    "010－66668888",
    "电话：88886666",
    "联系电话 8888 6666",
    "手机尾号前的138****5678",
    "138XXXX5678",
    "+852 9123 4567",
    "+1 415 555 0100",
    "13812345678/13987654321",
]


@pytest.mark.parametrize("text", PHONES)
def test_a_telephone_number_is_found(text):
    assert Kind.PHONE in {datum.kind for datum in find(text)}
    assert not re.search(r"[0-9]{7}", mask(text, find(text)))


IDENTITIES = [
    "110101199003078515",
    "11010119900307851X",
    "身份证号：110101199003078516",
    "１１０１０１１９９００３０７８５１５",
    "110101 19900307 8515",
    "110101-19900307-8515",
    "1 1 0 1 0 1 1 9 9 0 0 3 0 7 8 5 1 5",
    "110101\u200b19900307\u200b8515",
    "一一〇一〇一一九九〇〇三〇七八五一五",
    "110101900307851",
    "身份证 110101900307851",
    "110101199003****15",
    "身份证110101********8515",
    "我的身份证号码是11010119900307851x，请核实",
    "99999999999999999x",
]


@pytest.mark.parametrize("text", IDENTITIES)
def test_an_identity_number_is_found(text):
    assert Kind.IDENTITY in {datum.kind for datum in find(text)}
    assert not re.search(r"[0-9]{6}", mask(text, find(text)))


EMAILS = [
    "lisi@example.com",
    "发到lisi.wu+law@mail.example.com.cn。",
    "ＬＩＳＩ＠ＥＸＡＭＰＬＥ．ＣＯＭ",
    "lisi＠example.com",
    "lisi @ example.com",
    "lisi@example。com",
    "lisi@example .com",
    "lisi(at)example.com",
    "lisi[at]example[dot]com",
    "lisi（at）example。com",
    "lisi at example dot com",
    "lisi#qq.com",
    "12345678#qq.com",
    "lisi艾特qq点com",
    "lisi_at_example.com",
    "邮箱12345678 qq.com",
    "lisi@qq",
    "@example.com",
    "李四@例子.公司",
    "mailto:lisi@example.com",
]


@pytest.mark.parametrize("text", EMAILS)
def test_an_email_address_is_found(text):
    assert [datum.kind for datum in find(text)] == [Kind.EMAIL]
    masked = mask(text, find(text))
    assert "lisi" not in masked.lower()
    assert "@" not in masked


ADDRESSES = [
    "我住在上城区清波街道河坊街12号3栋2单元501室",
    "上城区河坊街12号",
    "河坊街附12号",
    "解放西路12-3号",
    "西湖区文一西路100号3幢2单元501",
    "阳光花园3栋2单元501室",
    "阳光花园3-2-501",
    "阳光花园3号楼1501",
    "2单元501",
    "5栋1203房",
    "A座12层1203室",
    "家庭住址：某市某区某镇东水村",
    "家住石桥镇东水村3组",
    "东水村3组12号",
    "四季青小区十二栋三单元四〇二室",
    "平安里二巷37号",
    "１２栋２单元５０１室",
]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_found(text):
    assert Kind.ADDRESS in {datum.kind for datum in find(text)}


PLACES = [
    "建议在中山路与解放路的路口增设红绿灯",
    "小区5栋后面的垃圾站太臭",
    "地铁2号线沿线",
    "第三条第二款第一项应当删去",
    "《某某条例》第十五条",
    "一个单元只有12户",
    "业主大会应有三分之二以上业主同意",
    "请按照国发〔2026〕12号文件办理",
    "滞纳金每天按万分之五，共计1234567元",
    "自2026年11月24日起施行",
    "2026-11-24 09:30",
    "比例由3.5%改为12.25%",
]


@pytest.mark.parametrize("text", PLACES)
def test_a_public_place_a_provision_a_date_and_an_amount_are_left_alone(text):
    assert find(text) == ()


NAMES = [
    ("我叫张三丰，住在城东", "张三丰"),
    ("本人李小四，男，1970年生", "李小四"),
    ("您好！我是王大明，想问", "王大明"),
    ("联系人：欧阳小明", "欧阳小明"),
    ("联系人： 赵六 电话", "赵六"),
    ("姓名:阿不都拉·买买提", "阿不都拉·买买提"),
    ("姓名：John Smith", "John Smith"),
    ("希望采纳。\n此致\n敬礼\n张三丰\n2026年11月24日", "张三丰"),
    ("希望采纳。\n市民：李四", "李四"),
    ("本村村民周大山，对此有意见", "周大山"),
    ("联系人周大山先生，白天都在", "周大山"),
    ("居民何洁女士来信反映", "何洁"),
    ("经办人司马小刚同志答复", "司马小刚"),
]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_a_name_by_which_the_writer_names_a_person_is_found(text, name):
    assert (Kind.NAME, name) in [(datum.kind, datum.text) for datum in find(text)]


NO_NAMES = [
    "我是高新区的居民",
    "我是一名业主",
    "本人认为第三条不妥",
    "我是外地户口",
    "建议删去。\n谢谢",
    "建议删去。\n祝好",
    "业主应当交费",
    "居民和企业都支持",
    "本人权益，应受保护",
    "我叫了物业三次",
]


@pytest.mark.parametrize("text", NO_NAMES)
def test_a_word_that_opens_with_a_surname_is_no_name(text):
    assert find(text) == ()


OTHERS = [
    ("车牌浙A12345乱停", Kind.PLATE, "浙A12345"),
    ("浙A·D12345", Kind.PLATE, "浙A·D12345"),
    ("京a12345", Kind.PLATE, "京a12345"),
    ("微信：zhang_san88", Kind.WECHAT, "zhang_san88"),
    ("加VX abc12345", Kind.WECHAT, "abc12345"),
    ("QQ：12345678", Kind.QQ, "12345678"),
    ("qq号是1234567890", Kind.QQ, "1234567890"),
    ("扣扣12345678", Kind.QQ, "12345678"),
    ("卡号6222021234567890128", Kind.BANK_CARD, "6222021234567890128"),
    ("4111 1111 1111 1111", Kind.BANK_CARD, "4111 1111 1111 1111"),
    ("护照E12345678", Kind.PASSPORT, "E12345678"),
]


@pytest.mark.parametrize(("text", "kind", "datum"), OTHERS)
def test_accounts_plates_and_passports_are_found(text, kind, datum):
    data = find(text)
    assert len(data) == 1
    assert datum in data[0].text
    assert data[0].kind is kind or kind is Kind.PASSPORT


def test_the_place_of_a_datum_is_its_place_in_the_original():
    text = "电话：１３８ １２３４ ５６７８。邮箱：李lisi@example.com"
    for datum in find(text):
        assert text[datum.start : datum.end] == datum.text


def test_masking_keeps_the_rest_and_tells_no_length():
    text = "请打13812345678或者写信到lisi@example.com。"
    assert mask(text, find(text)) == "请打【电话】或者写信到【邮箱】。"
    assert mask("电话：010-66668888转801", find("电话：010-66668888转801")) == "电话：【电话】"


def test_a_numeral_that_ends_a_name_is_no_digit_of_the_number_after_it():
    assert mask("张三13812345678", find("张三13812345678")) == "【姓名】【电话】"
    assert mask("附表三13812345678", find("附表三13812345678")) == "附表三【电话】"


def test_masking_what_is_masked_changes_nothing():
    text = "我叫张三丰，住河坊街12号3栋2单元501室，身份证110101199003078515，车浙A12345"
    once = mask(text, find(text))
    assert mask(once, find(once)) == once


def test_what_the_sender_gave_in_the_form_is_found_in_the_text():
    text = "这条是Lao Wang写的，老王头同意。"
    assert mask(text, find(text, known=("lao wang", "老王头", ""))) == "这条是【姓名】写的，【姓名】同意。"


def test_overlapping_finds_are_one_of_the_graver_kind():
    data = find("身份证号和电话连写：11010119900307851513812345678")
    assert [datum.kind for datum in data] == [Kind.IDENTITY]


SCANS = (r"1[3-9]\d{9}", r"\d{17}[\dXx]", r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", r"[\w.+-]+@[\w-]+\.[\w.-]+")


def leaks(text):
    return [hit for pattern in SCANS for hit in re.findall(pattern, text)]


PIECES = st.sampled_from(
    [
        "138",
        "1234",
        "5678",
        "13812345678",
        "110101",
        "19900307",
        "8515",
        "X",
        "x",
        " ",
        "-",
        "—",
        "\n",
        "@",
        "＠",
        ".",
        "。",
        "qq",
        "com",
        "example",
        "a",
        "１",
        "３",
        "８",
        "一",
        "零",
        "电话",
        "我叫",
        "张三",
        "路",
        "号",
        "栋",
        "\u200b",
        "٣",
        "①",
        "O",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
@example("1٣٨12345678")
@example("a@b@c.d")
@example("138@.")
@example("110101 19901307 1234 56")
@example("@qq.com@qq.com")
@example("1381234567813812345678@qq.com")
def test_nothing_that_a_scan_would_find_is_left_after_masking(text):
    assert leaks(mask(text, find(text))) == []


@given(st.text(max_size=200))
def test_any_text_is_taken_and_its_data_stand_in_order(text):
    data = find(text)
    assert all(text[datum.start : datum.end] == datum.text for datum in data)
    assert all(before.end <= after.start for before, after in itertools.pairwise(data))


@pytest.mark.corpus
def test_real_messages_hold_nothing_that_a_scan_would_find_after_masking(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [text for row in rows for text in (row["subject"], row["body"])]
    assert len(rows) == 2816
    assert [leak for text in texts for leak in leaks(mask(text, find(text)))] == []


@pytest.mark.corpus
def test_real_messages_with_a_number_put_into_them_lose_just_that(corpus):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as file:
        bodies = [row["body"] for row in csv.DictReader(file)]
    planted = ("13812345678", "138-1234-5678", "110101199003078515", "lisi@example.com")
    for n, body in enumerate(bodies):
        datum = planted[n % len(planted)]
        middle = len(body) // 2
        text = f"{body[:middle]}{datum}{body[middle:]}"
        assert datum not in mask(text, find(text))
        assert leaks(mask(text, find(text))) == []
