"""Who wrote a message, where another sent it: a website's form, an official who passes it on.

What stands in a head can't be verified, no more than a From field can; it is shown as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from consult.files.mail import addresses, quoted_text
from consult.files.mail.headers import Fields
from consult.files.mail.message import Way, Writer
from consult.text.replies import sounds_like_opinion

_TAKES_NO_MAIL = re.compile(r"(?:no|do[-_.]?not|dont|not)[-_.]?reply", re.I)
# What a website calls itself. From such an address a person may write, too: who is to be answered lives elsewhere then.
_OF_A_SITE = re.compile(
    r"(?:web|www|site|portal|cms|form|mailer|wordpress|php|apache|nginx|system|sys|robot|auto|notif|notice"
    r"|admin|service"
    r"|server|liuyan|xinxiang|message|feedback)[\w.+-]*\Z|postmaster\Z|root\Z|info\Z|mail\Z",
    re.I,
)
_NAME_OF_A_SITE = re.compile(
    r"网站|门户|平台|留言|信箱|系统|表单|政务|公众号|小程序|website|web form|contact form", re.I
)
_FORM_NAME = re.compile(
    r"^\s*[【\[]?(?:您的|留言人|联系人|写信人|来信人|提交人|真实)?(?:姓\s*名|称\s*呼|单位名称|name)[】\]]?\s*[:：]\s*(\S.{0,60})",
    re.M,
)
_FORM_ADDRESS = re.compile(
    r"^\s*[【\[]?(?:您的|电子|联系|个人)*(?:邮箱|邮件|email|e-mail)(?:地址)?[】\]]?\s*[:：]\s*([\w.+-]+@[\w.-]+\.\w+)",
    re.M | re.I,
)
_FORM_CONTENT = re.compile(
    r"^\s*[【\[]?(?:留言|意见|建议|反馈|来信|信件|具体|诉求)*(?:内容|意见|建议|留言|正文|message)[】\]]?\s*[:：]",
    re.M | re.I,
)

# Words above a letter that somebody passes on: “请阅处。”, “现将一封群众来信转去，请研究。”
_PASSES_ON = re.compile(
    r"(?:请|望|烦|盼|恳请)[^，。；\n]{0,14}(?:阅|办|处|研究|参考|酌|采纳|知|查|转|协调|答复|回复|收|看|考虑"
    r"|登记|汇总|予以)"
    r"|转(?:发|来|去|交|给|呈|送|请|至|报|办|你|贵)|[呈报送]上|(?:现|特|兹)将|来信|来件|来函|邮件|[群市]众"
    r"|网友|附件|如下|见下|下面|下文|阅[处示知办]|拟办|供参考|收到|同志"
    r"|\bfyi\b|forward|please (?:see|find|handle|process)|see below|for your|the following",
    re.I,
)
_GREETING = re.compile(
    r"(?:各位|尊敬的)?[^，。\s]{0,10}(?:您好|你好|领导|老师|同事|科长|处长|局长|主任|大家好)|谢谢|感谢|此致|敬礼|祝好|商祺|hi\b|hello|dear|thanks?|regards",
    re.I,
)
_SHORT_LINE = 25
_SAYS = re.compile(r"[不没无太]|同意|反对|支持|赞成|建议|应|要|希望|认为|觉得")
_OWN_WORDS = re.compile(
    r"我们?[^，。\n]{0,6}(?:认为|觉得|建议|同意|不同意|反对|支持|赞成)|我[局厅委单司会处][^，。\n]{0,12}(?:认为|建议|同意|反对|意见)|一致同意|同意(?:他|她|其)"
)


def of_a_form(fields: Fields, sender: tuple[str, str], body: str, own_addresses: Collection[str]) -> Writer | None:
    """Return who filled in a form that a website sends as mail: in Reply-To, or in the fields of the form."""
    ours = {address.lower() for address in own_addresses}
    name, address = sender
    local, _, domain = address.partition("@")
    named = _FORM_NAME.search(body)
    name_there = named[1].strip() if named else ""
    pairs = [pair for value in fields.all("reply-to")[:2] for pair in addresses.parse(value, fields.charset)]
    is_certain = bool(_TAKES_NO_MAIL.search(local)) or address.lower() in ours
    if len(pairs) == 1:
        reply_name, reply_to = pairs[0]
        other = reply_to.lower() not in {address.lower(), *ours} and not _TAKES_NO_MAIL.search(
            reply_to.partition("@")[0]
        )
        elsewhere = reply_to.rpartition("@")[2] != domain
        is_site = _OF_A_SITE.match(local) or _NAME_OF_A_SITE.search(name) or fields.has("x-php-originating-script")
        if other and (is_certain or (elsewhere and is_site)):
            shown = "" if "@" in reply_name or reply_name == name else reply_name
            return Writer(shown or name_there, reply_to, Way.FORM)
    if not pairs and is_certain and name_there and _FORM_CONTENT.search(body):
        given = _FORM_ADDRESS.search(body)
        return Writer(name_there, addresses.clean(given[1]) if given else "", Way.FORM)
    return None


def in_head(head: str, sender: tuple[str, str]) -> Writer | None:
    """Return the writer whom the head of a passed on message names; None if it is who passes it on."""
    named = quoted_text.sender_in(head)
    value = quoted_text.without_label(named)
    pairs = addresses.parse(value.replace("[mailto:", "<").replace("]", ">").encode("utf-8"), "utf-8")
    name, address = pairs[0] if pairs else (addresses.name_in(value.strip(" ;；|\t*")), "")
    name = "" if "@" in name else name.strip(' ;；|*"“”')
    if not (name or address) or len(name) > 80:
        return None
    if address.lower() == sender[1].lower() or (name and name == sender[0]):
        return None
    return Writer(name, address, Way.FORWARD, subject=quoted_text.subject_in(head))


def passes_on(above: str, address: str, own_addresses: Collection[str]) -> bool:
    """Whether the words above a letter only pass it on. An official's may say more, so long as they are no opinion."""
    if not above.strip():
        return True
    if _OWN_WORDS.search(above):
        return False
    clauses = [clause.strip() for clause in re.split(r"[。！!；;，,\n]+", above) if re.search(r"\w", clause)]
    unexplained = [clause for clause in clauses if not (_PASSES_ON.search(clause) or _GREETING.search(clause))]
    if any(sounds_like_opinion(clause) for clause in unexplained):
        return False
    if is_office(address, own_addresses):
        return True
    return all(len(clause) <= _SHORT_LINE and not _SAYS.search(clause) for clause in unexplained)


def is_office(address: str, own_addresses: Collection[str]) -> bool:
    """Whether an address is of a government office, or of the domain that the platform's mailboxes are in."""
    domain = address.rpartition("@")[2].lower()
    ours = {mailbox.rpartition("@")[2].lower() for mailbox in own_addresses}
    return domain.endswith(".gov.cn") or domain in ours
