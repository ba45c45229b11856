"""The forms around accounts; limits are the accounts' verbs' to check."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from consult.accounts.models import Role
from consult.accounts.permissions import ROLE_NAMES
from consult.faces.desk.forms.fields import OneOfField, PlainField

ROLE_HINTS = {
    Role.DRAFTER: "建立征求意见，写公告，逐条提出采纳情况",
    Role.MODERATOR: "审核来件，隐去个人信息",
    Role.PUBLISHER: "审核发布公告和反馈报告",
    Role.LEGAL: "复核采纳情况，核对上会材料",
    Role.ADMIN: "管理账号和设置",
    Role.AUDITOR: "什么都能看，什么都不能改",
}


class AccountForm(FlaskForm):
    """A new account; without a password one is made up."""

    name = PlainField("姓名")
    username = PlainField("用户名")
    role = OneOfField(
        "角色",
        choices=[SelectChoice(role.value, ROLE_NAMES[role]) for role in Role],
        validators=[InputRequired("请选择角色：能做什么由它决定。")],
    )
    division = PlainField("处室")


class DivisionForm(FlaskForm):
    """The name of a division."""

    name = PlainField("处室名称")


class PasswordForm(FlaskForm):
    """One's own password: the present one, the new one twice."""

    present = PasswordField("现在的密码", validators=[InputRequired("请填写现在的密码。")])
    fresh = PasswordField("新密码", validators=[InputRequired("请填写新密码。")])
    again = PasswordField("再写一遍新密码", validators=[InputRequired("请再写一遍新密码。")])

    def validate_again(self, field: Any) -> None:
        """Both must be the same."""
        if field.data != self.fresh.data:
            raise ValidationError("两次写的新密码不一样，请重新填写。")
