"""Mail in and out: reading what people really send, writing what their programs understand."""

from consult.files.mail.addresses import plus_tag
from consult.files.mail.message import AuthResults, Auto, Bounce, Mail, MailAttachment, TextSource, Way, Writer
from consult.files.mail.message_reader import read
from consult.files.mail.subjects import normalise_subject, quoted_titles

__all__ = [
    "AuthResults",
    "Auto",
    "Bounce",
    "Mail",
    "MailAttachment",
    "TextSource",
    "Way",
    "Writer",
    "normalise_subject",
    "plus_tag",
    "quoted_titles",
    "read",
]
