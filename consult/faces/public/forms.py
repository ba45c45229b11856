"""The forms of the public pages, with their limits and the words that say what to do."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length, Regexp, ValidationError

from consult.faces.choices import choices
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, QUOTE_CHARACTERS
from consult.intake.models import SENDERS_FROM_OUTSIDE, SenderKind
from consult.subscriptions.models import Scope
from consult.subscriptions.service import WORDS_CHARACTERS, address_in
from consult.text.sentences import sentence

NO_ADDRESS = sentence("要收邮件的，请在“联系方式”里写邮箱，例如 name@example.cn。")
PIECES = 60
"""Places of the draft that one form may speak of."""
ANCHOR_CHARACTERS = 80
TOKEN_CHARACTERS = 64
TOKEN = re.compile(rf"[\w.~-]{{0,{TOKEN_CHARACTERS}}}\Z", re.ASCII)
RECEIPT_CHARACTERS = 60


class PieceForm(Form):
    """What is said of one place of the draft: an empty anchor means the whole."""

    anchor = HiddenField(
        validators=[Length(max=ANCHOR_CHARACTERS, message=sentence("条文的编号不对，请从草案里重新选择。"))]
    )
    quote = HiddenField(validators=[Length(max=QUOTE_CHARACTERS, message=sentence("选中的字句最多 %(max)d 字。"))])
    content = TextAreaField(sentence("意见"))


class CommentForm(FlaskForm):
    """Opinions on several places in one go; lengths of the texts are the intake's to check, its token the page's."""

    class Meta:
        """No token field: the page checks the token, so that an expired one gets a message of its own."""

        csrf = False

    pieces = FieldList(FormField(PieceForm), max_entries=PIECES)
    token = HiddenField(validators=[Regexp(TOKEN, message=sentence("表单已经失效，请再点一次“提交意见”。"))])
    name = StringField(
        sentence("姓名或者单位名称"),
        validators=[Length(max=NAME_CHARACTERS, message=sentence("姓名或者单位名称最多 %(max)d 字，请缩短。"))],
    )
    contact = StringField(
        sentence("联系方式"),
        validators=[Length(max=CONTACT_CHARACTERS, message=sentence("联系方式最多 %(max)d 字，请缩短。"))],
    )
    sender_kind = RadioField(sentence("您是"), choices=choices(SENDERS_FROM_OUTSIDE), default=SenderKind.PERSON.value)
    publish_name = BooleanField(sentence("公布我的意见时，可以写出我的姓名或者单位名称"))
    keep_private = BooleanField(sentence("不要公开我的意见内容，只供研究采纳时参考"))
    by_mail = BooleanField(sentence("把回执发到我的邮箱，公布采纳情况后也发邮件告诉我"))
    files = MultipleFileField(sentence("附件"))
    website = StringField(sentence("网址（请留空）"))

    def validate_contact(self, field: StringField) -> None:
        """Ask for a mail address where letters are wanted."""
        if self.by_mail.data and not address_in(field.data or ""):
            raise ValidationError(NO_ADDRESS)


class SubscribeForm(FlaskForm):
    """Whom to tell of what."""

    address = StringField(sentence("邮箱"), validators=[Length(max=320, message=sentence("邮箱地址太长，请核对。"))])
    scope = RadioField(sentence("订阅哪些"), choices=choices(Scope), default=Scope.ALL.value)
    words = StringField(
        sentence("标题或者摘要里的字"), validators=[Length(max=WORDS_CHARACTERS, message=sentence("最多 %(max)d 字。"))]
    )


class ReceiptForm(FlaskForm):
    """Number and key of a receipt."""

    number = StringField(
        sentence("回执编号"), validators=[Length(max=RECEIPT_CHARACTERS, message=sentence("回执编号太长，请核对。"))]
    )
    key = StringField(
        sentence("查询码"), validators=[Length(max=RECEIPT_CHARACTERS, message=sentence("查询码太长，请核对。"))]
    )
