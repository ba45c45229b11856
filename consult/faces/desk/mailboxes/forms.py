"""The form of a mailbox; what its settings may be is the stage's to check."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from consult.faces.desk.form_fields import OneOfField, PlainField
from consult.mailbox.models import Encryption, Mailbox
from consult.mailbox.settings import MailboxSettings


class PortField(IntegerField):
    """A port, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("端口写阿拉伯数字，例如 993。") from None


class MailboxForm(FlaskForm):
    """Where a mailbox is and how to sign in; the password is never given back to the page."""

    host = PlainField("邮件服务器")
    user = PlainField("用户名")
    password = PasswordField("密码或者授权码")
    encryption = OneOfField(
        "加密方式",
        choices=[SelectChoice(kind.value, f"{kind.label.words}（{kind.label.hint}）") for kind in Encryption],
        default=Encryption.TLS.value,
    )
    port = PortField("端口", validators=[Optional()])
    folder = PlainField("文件夹", default="INBOX")
    address = PlainField("公众写信用的地址")

    @classmethod
    def of(cls, mailbox: Mailbox, **more: Any) -> MailboxForm:
        """Return the form with a mailbox's settings, without its password."""
        return cls(obj=mailbox, data={"encryption": mailbox.encryption.value}, **more)

    def terms(self) -> MailboxSettings:
        """Return the settings as they were typed."""
        return MailboxSettings(
            host=self.host.data or "",
            user=self.user.data or "",
            password=self.password.data or "",
            port=self.port.data,
            encryption=Encryption(self.encryption.data or Encryption.TLS.value),
            folder=self.folder.data or "",
            address=self.address.data or "",
        )
