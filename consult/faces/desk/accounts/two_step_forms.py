"""The forms of two-step sign-in; what is right is the verbs' to check."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

CODE_CHARACTERS = 60


class PresentPasswordForm(FlaskForm):
    """One's present password, before one's own second factor changes."""

    password = PasswordField("现在的密码", validators=[InputRequired("请填写现在的密码。")])


class TotpForm(PresentPasswordForm):
    """A code of an authenticator app that was given the offered secret."""

    offer = HiddenField()
    code = StringField(
        "应用显示的 6 位数字",
        validators=[InputRequired("请填写应用显示的 6 位数字。"), Length(max=CODE_CHARACTERS, message="口令太长。")],
    )


class SecondStepForm(FlaskForm):
    """A code of the authenticator app, or a recovery code."""

    code = StringField(
        "动态口令",
        validators=[InputRequired("请填写动态口令或者备用码。"), Length(max=CODE_CHARACTERS, message="口令太长。")],
    )


class EmailForm(FlaskForm):
    """The address for notices of what others do to one's account."""

    email = StringField("通知邮箱", validators=[Length(max=254, message="邮箱地址太长。")])


class PasskeyForm(PresentPasswordForm):
    """A passkey that the browser made, with the name that its holder knows it by."""

    name = StringField("名称")
    answer = HiddenField()


class PasskeyAnswerForm(FlaskForm):
    """What the browser answers with a passkey."""

    answer = HiddenField()
