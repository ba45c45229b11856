"""The form for signing in."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

USERNAME_CHARACTERS = 64
PASSWORD_CHARACTERS = 200


class SignInForm(FlaskForm):
    """Username and password."""

    username = StringField(
        "用户名",
        validators=[InputRequired("请填写用户名。"), Length(max=USERNAME_CHARACTERS, message="用户名太长，请核对。")],
    )
    password = PasswordField(
        "密码",
        validators=[InputRequired("请填写密码。"), Length(max=PASSWORD_CHARACTERS, message="密码太长，请核对。")],
    )
