"""The forms around accounts; limits are the accounts' verbs' to check."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, ValidationError

from consult.accounts.models import Role
from consult.faces.choices import choices
from consult.faces.desk.form_fields import OneOfField, PlainField


class AccountForm(FlaskForm):
    """A new account; without a password one is made up."""

    name = PlainField("姓名")
    username = PlainField("用户名")
    role = OneOfField(
        "角色",
        choices=choices(Role),
        validators=[InputRequired("请选择角色，权限由角色决定。")],
    )
    division = PlainField("处室")


class RoleForm(FlaskForm):
    """Another role or division of an account."""

    role = OneOfField("角色", choices=choices(Role), validators=[InputRequired("请选择角色。")])
    division = PlainField("处室")


class DivisionForm(FlaskForm):
    """The name of a division."""

    name = PlainField("处室名称")


class PasswordForm(FlaskForm):
    """One's own password: the present one, the new one twice."""

    present = PasswordField("现在的密码", validators=[InputRequired("请填写现在的密码。")])
    fresh = PasswordField("新密码", validators=[InputRequired("请填写新密码。")])
    again = PasswordField("再次输入新密码", validators=[InputRequired("请再次输入新密码。")])

    def validate_again(self, field: Any) -> None:
        """Both must be the same."""
        if field.data != self.fresh.data:
            raise ValidationError("两次输入的新密码不一致，请重新输入。")
