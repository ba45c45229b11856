"""Which column holds which field: told, remembered, guessed."""

from __future__ import annotations

import pytest

from consult.files.tables import TableRefused
from consult.intake.import_columns import Field, choose

C, S, N, K, R, X, A, W = (
    Field.CONTENT,
    Field.SUBJECT,
    Field.NAME,
    Field.CONTACT,
    Field.RECEIVED_AT,
    Field.EXTERNAL_ID,
    Field.ANCHOR,
    Field.REASON,
)


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            ["id", "sender", "subject", "sent_at", "body", "reply", "replied_at"],
            {X: "id", N: "sender", S: "subject", R: "sent_at", C: "body"},
        ),
        (
            ["留言编号", "留言用户", "留言主题", "留言时间", "留言详情", "答复意见", "答复时间"],
            {X: "留言编号", N: "留言用户", S: "留言主题", R: "留言时间", C: "留言详情"},
        ),
        (
            ["序号", "工单编号", "来电人", "来电号码", "来电时间", "诉求内容", "办理状态"],
            {X: "工单编号", N: "来电人", K: "来电号码", R: "来电时间", C: "诉求内容"},
        ),
        (["条款", "修改意见", "修改理由", "单位名称"], {A: "条款", C: "修改意见", W: "修改理由", N: "单位名称"}),
        (["序号", "条文内容", "修改意见", "理由"], {A: "条文内容", C: "修改意见", W: "理由"}),
        (["序号", "反馈单位", "反馈意见", "采纳情况", "理由"], {N: "反馈单位", C: "反馈意见"}),
        (["反馈意见", "理由", "处理意见", "未采纳理由"], {C: "反馈意见", W: "理由"}),
        (["意见编号", "意见时间", "您的意见（必填）"], {X: "意见编号", R: "意见时间", C: "您的意见（必填）"}),
        (["Content ", "E-Mail"], {C: "Content ", K: "E-Mail"}),
        (["联系人", "联系人电话", "内容"], {N: "联系人", K: "联系人电话", C: "内容"}),
    ],
)
def test_columns_are_guessed_from_their_names(header: list[str], fields: dict[Field, str]) -> None:
    assert choose(header, {}) == {field: (column,) for field, column in fields.items()}


def test_a_serial_number_is_no_number_of_another_system() -> None:
    assert Field.EXTERNAL_ID not in choose(["序号", "内容"], {})


def test_what_is_told_goes_before_what_is_remembered_and_that_before_a_guess() -> None:
    header = ["内容", "正文", "备注", "标题"]
    remembered = {C: ("正文",), S: ("备注",), N: ("不在表里的列",)}
    assert choose(header, {}, remembered) == {C: ("正文",), S: ("备注",)}
    assert choose(header, {C: ("备注",), S: ()}, remembered) == {C: ("备注",)}


def test_a_column_that_was_told_must_be_there_and_the_content_must_be_found() -> None:
    with pytest.raises(TableRefused, match="正文"):
        choose(["内容"], {C: ("正文",)})
    with pytest.raises(TableRefused, match="--map content="):
        choose(["甲", "乙"], {})
