"""Recognises by its words alone what a program wrote: absence notes, recalls, notices of gateways.

Such a notice says nothing else: every clause must be one that programs write, so that a person who mentions the same
words (“本人已离职，现就草案提出意见……”) stays a person.
"""

from __future__ import annotations

import re

from consult.text.replies import sounds_like_opinion

NOTICE_CHARACTERS = 400
"""Longest text that is looked at as a notice."""
_LEFT_OF_CLAUSE = 5
_LEFT_IN_ALL = 12
_CLAUSE = re.compile(r"[。！!；;，,\n]+")
_NAMED = re.compile(r"《[^》\n]{0,120}》|“[^”\n]{0,120}”|\"[^\"\n]{0,120}\"")
_NOT_SAID = re.compile(r"[\W_\d]+")
_POSITION = re.compile(
    r"[吗？?几太]|规定|标准|政策|合理|必须|问责|追究|处罚|咨询|请问|费|第[一二三四五六七八九十百零〇\d]+[条款项章]"
    r"|同意|反对|支持|赞成|应当|建议|修改|删除|意见"
)
# What a note of absence is about. Each is one statement; what else stands in its clause is weighed.
_ABSENT = (
    r"(?:本|此|该|这封)?(?:邮件|郵件|信件|回复|消息)?(?:由|是|为|系)?(?:[^，。\s]{0,8})?(?:系统|系統|程序|邮箱)?"
    r"(?:自动|自動)(?:发送|发出|回复|回覆|答复|应答|生成|發送)"
    r"(?:的?(?:邮件|郵件|信件|消息|内容))?"
    r"|(?:本人|我|该(?:员工|同事|同志|用户|职员|人员)|此人|原联系人)?(?:因[^，。]{1,10})?(?:现|均|已经|已|將"
    r"|将)(?:于|從|从|自)?[^，。]{0,14}(?:离职|離職|离岗|调离|調離|調職|调岗|退休|离任|卸任)"
    r"(?:了|不再[^，。]{1,12})?"
    r"|(?:本人|我|该(?:员工|同事|同志|用户|职员|人员)|此人)(?:现|已经|已|将)[^，。]{0,14}(?:离开|调往|调至"
    r"|调到)[^，。]{1,16}"
    r"|(?:本|此|该|这个|原|我的)?(?:电子)?(?:邮箱|信箱|邮件地址|邮件账户|邮件账号|账号|帐号|郵箱|信箱)(?:地址"
    r"|账号|账户)?(?:现|即日起|自[^，。]{1,14})?(?:已经|已|将|現已|现已)?(?:于[^，。]{1,14})?"
    r"(?:停用|停止使用|不再使用|弃用|注销|关闭|失效|作废|不再(?:接收|查收|收取|查看|维护)[^，。]{0,6}|无人"
    r"(?:值守|查看|查收|使用|管理))"
    r"|(?:本人|我|目前|现|近期|最近|正在|正)+(?:将|已|正在|正|在)?(?:于)?[^，。]{0,16}(?:休假|年假|产假|病假"
    r"|婚假|出差|外出|度假|不在办公室|离开办公室)(?:中|期间|在外)?"
    r"|(?:休假|年假|产假|病假|出差|外出|度假)中|不在办公室"
    r"|不再(?:担任|负责|从事|任职)[^，。]{0,20}"
    r"|(?:暂时|可能|期间)?(?:无法|不能|不便|不方便)(?:及时|马上|立即|亲自|第一时间)?(?:查看|处理|回复|阅读"
    r"|接听|查收)(?:您|你|的|来信|来电|邮件|信件|电话)*"
)
_IS_ABSENT = re.compile(_ABSENT)
_RECEIVED = (
    r"(?:您|你|贵方)?(?:的|所发)?(?:来信|来函|来件|邮件|信件|郵件|邮件我)(?:我们?)?(?:已经|已)?(?:收到|收悉"
    r"|送达)(?:了)?"
)
_WILL_ANSWER = (
    r"(?:我们?|本人|工作人员)?(?:将|会)?(?:尽快|尽早|及时|第一时间|随后|稍后|回来后|返岗后|上班后|返回后)(?:给?"
    r"(?:您|你))?(?:处理|回复|答复|回覆|联系|与您联系)(?:您|你)?"
)
_IS_RECEIVED, _IS_PROMISED = re.compile(_RECEIVED), re.compile(_WILL_ANSWER)
_BESIDE = re.compile(
    rf"{_ABSENT}|{_RECEIVED}|{_WILL_ANSWER}"
    r"|(?:后续|相关|有关|工作|业务|一切|如有|若有|如需|公司|其他|急事|紧急|要事|问题|需要|事[宜项务情]|联系"
    r"|处理|合作|对接|的|或|和|及|与|请|可|敬请|烦请|麻烦|請|直接|今后|以后|此后)*"
    r"(?:与[^，。\n]{1,16}(?:联系|联络|对接|接洽|沟通)|(?:联系|联络|致电|咨询|拨打|电联|聯絡|聯繫)[^，。\n]{1,40}"
    r"|(?:发|转|寄|抄)(?:送|至|到|给|往)+[^，。\n]{1,60}|(?:使用|改用|启用)[^，。\n]{1,40})"
    r"|(?:由|已由|交由)[^，。\n]{1,16}(?:接替|接任|负责|处理|接手|跟进)|(?:新|联系)?(?:电话|手机|邮箱|郵箱"
    r"|电邮|微信|联系方式|email|e-mail|tel)(?:为|是|：|:|\s)*[\w.+@-]{4,60}"
    r"|[\w.+-]+@[\w.-]+|请勿(?:直接)?回复(?:此|本|该)?(?:邮件|信件)?|无需回复|不要回复|请(?:及时)?(?:知悉|知晓"
    r"|更新(?:联系方式|通讯录)?)|特此(?:告知|通知)"
    r"|(?:给|为)?(?:您|你)?(?:带来|造成)?(?:的)?不便(?:之处)?(?:敬请|还请|请|深表)*(?:谅解|见谅|原谅|歉意)"
    r"|敬请(?:谅解|见谅)|抱歉|对不起"
    r"|(?:尊敬的)?[^，。\s]{0,6}(?:您好|你好)|感谢(?:您|你)?的?(?:来信|来函|关注|支持|理解|配合)*|谢谢(?:您"
    r"|你|理解|配合)*|祝[^，。]{1,10}|顺祝[^，。]{1,8}|此致|敬礼|商祺"
    r"|(?:预计|将于|于|到|至)?[^，。]{0,12}(?:返回|返岗|回来|上班|返工|归来)(?:后)?|期间"
    r"|(?:\d{2,4}年)?\d{1,2}月(?:\d{1,2}[日号])?|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}",
    re.I,
)
_SIGNATURE = re.compile(r"[^\W\d_]{2,12}\Z")
_ENGLISH_ABSENCE = re.compile(
    r"\b(?:i(?:'m| am| will be)?|he|she) (?:is |am |be |currently )*(?:out of (?:the )?office|on (?:\w+ )?"
    r"(?:leave|holiday|vacation)|away)"
    r"|no longer (?:works?|employed|with|at)\b|has left (?:the )?(?:company|organi[sz]ation)"
    r"|this (?:mailbox|e-?mail (?:address|account)|account|address) is (?:no longer|not|un)\s?(?:being )?(?:monitored"
    r"|in use|used|active|valid)"
    r"|this is an auto",
    re.I,
)
_ENGLISH_BESIDE = re.compile(
    r"contact|return|back (?:on|in)|urgent|thank|reply|respond|access to|e-?mail|regards|dear|hello|hi\b|office"
    r"|please|call",
    re.I,
)
# “此邮件由系统自动发送，请勿回复。” under whatever a system has to say to its user
_SYSTEM_SENT = re.compile(
    r"(?:邮件|郵件|信件|消息|信息)(?:由|是|为|系)[^，。\n]{0,12}(?:系统|系統|程序|平台)[^，。\n]{0,4}(?:自动"
    r"|自動)(?:发送|发出|生成|發送)"
)
_TO_A_USER = re.compile(r"您|你|用户|客户|尊敬的")
_OF_A_PERSON = re.compile(
    r"我(?!们)|本人|我[局厅委单司会]|(?:姓名|称呼|电话|手机|联系方式|联系人|地址|留言|内容|来信|意见|建议|诉求"
    r"|反馈)(?:内容|人|标题)?\s*[】\]]?\s*[:：]"
)

_RECALL_SUBJECT = re.compile(
    r"\s*[\[【(（]?\s*(?:(?:发[信件][方人]|寄件[者人]|对方|對方|\S{1,20}?)?\s*(?:已经?|将|想要?|请求|要求|尝试"
    r"|申请)?\s*)"
    r"(?:撤回|召回|撤销|撤銷|收回|回收|取回)(?:了)?(?:一?封|此|该|这封)?(?:邮件|郵件|信件)?(?:的?(?:通知|提醒"
    r"|请求|成功))?\s*(?:[\]】)）]|[:：]|\Z)"
    r"|\s*[\[【(（]?\s*(?:邮件|郵件|信件)(?:已|被)?(?:撤回|召回|收回|撤销)(?:的?(?:通知|提醒|请求|成功))?\s*"
    r"(?:[\]】)）]|[:：]|\Z)"
    r"|\s*(?:message )?recall(?: (?:report|request|notification))?\s*[:：]",
    re.I,
)
_RECALLED = re.compile(
    r"(?:发[信件][方人]|寄件[者人]|对方|對方)(?:[（(<][^）)>\n]{1,80}[）)>])?[^。，,\n我]{0,12}?(?:撤回|召回"
    r"|撤销|撤銷|收回|回收)(?:了)?(?:一?封|此|该|这封|上述)?(?:邮件|郵件|信件|来信)?"
    r"|(?:此|该|这封|本|您收到的)(?:封)?(?:[^。，,\n我]{0,30})?(?:邮件|郵件|信件)[^。，,\n我]{0,16}(?:已|被)[^。，,\n我]{0,16}"
    r"(?:撤回|召回|收回|撤销|撤銷)"
    r"|[^。，,\n]{0,40}?(?<!我)(?:将|想要?|希望|请求|要求|已经?|尝试|申请)(?:要)?(?:撤回|召回|收回|撤销)(?:了)?"
    r"(?:一?封|此|该)?(?:邮件|郵件)"
    r"|[^。，,\n我]{1,20}(?:撤回|召回|收回)了(?:一封|此|该|这封)?(?:邮件|郵件)"
    r"|.{1,80}? (?:would like to|wants to|has|is attempting to) recall(?:ed)? (?:the|this|a) (?:message|e-?mail)",
    re.I,
)
_TITLE = re.compile(r"(?:对|关于)[^，。！？；\n我]{1,60}(?:意见|建议|来信|反馈|函)\Z")
_BESIDE_RECALL = re.compile(
    r"(?:如|若|如果)?(?:您|你)?(?:已|已经)?(?:阅读|查看|收到|打开)?(?:的话)?[，,]?(?:请|敬请)(?:您|你)?(?:忽略"
    r"|勿理会|不予理会|删除)[^。，\n]{0,10}"
    r"|(?:您|你)?(?:将|已)?(?:无法|不能)(?:再)?(?:查看|阅读|打开)[^。，\n]{0,12}|(?:发件人|收件人|主题|时间"
    r"|日期|发送时间)\s*[:：][^\n]{0,200}|您好|你好|谢谢",
    re.I,
)

_QUARANTINE_SUBJECT = re.compile(
    r"(?:邮件|郵件|信件)(?:网关)?(?:系统)?(?:的)?(?:隔离|拦截|審查|隔離|攔截)(?:区|箱)?(?:邮件)?(?:通知|摘要"
    r"|报告|日报|周报|提醒|清单|列表|汇总|通知单)"
    r"|(?:隔离|拦截|隔離|攔截|垃圾)(?:的)?(?:区|箱)?(?:邮件|郵件|信件)(?:隔离|拦截|过滤|处理|区|箱)*(?:通知"
    r"|摘要|报告|日报|周报|提醒|清单|列表|汇总)"
    r"|反垃圾(?:邮件)?(?:网关|系统|引擎)?(?:的)?(?:通知|摘要|报告|日报|周报|提醒)|(?:您有|你有)[^。\n]{0,12}封[^。\n]{0,12}"
    r"(?:隔离|拦截|垃圾)"
    r"|\b(?:spam|quarantine[d]?|end[- ]user)\b.{0,40}\b(?:digest|quarantine[d]?|notifications?|summary|report)\b"
    r"|\bmessages? (?:in|held in|on) (?:quarantine|hold)\b|\bquarantined? (?:e-?mail|message)s?\b",
    re.I,
)
_QUARANTINED = re.compile(
    r"(?:邮件|郵件|信件)[^。\n]{0,30}(?:已|被|已被|放入|进入|移入)[^。\n]{0,12}(?:隔离|拦截|隔離|攔截)|(?:隔离"
    r"|拦截|隔離|攔截)(?:了|区|箱)[^。\n]{0,30}(?:封|邮件|郵件)"
    r"|(?:垃圾邮件|反垃圾|邮件安全|安全邮件)(?:网关|系统|引擎)|(?:点击|请)[^。\n]{0,12}(?:放行|取回|释放)|加入白名单"
    r"|\b(?:held|quarantined|blocked)\b[^.\n]{0,60}|\brelease\b|\bwhitelist\b|\bsafe senders?\b",
    re.I,
)
_OF_A_CITIZEN = re.compile(r"我(?!们)|本人|贵[局委厅府单司]|建议|意见如下|第[一二三四五六七八九十百\d]+条")


def is_absence_note(text: str) -> bool:
    """Whether a text says only that its sender is away, has left, or no longer reads this mailbox."""
    if not 0 < len(text) <= NOTICE_CHARACTERS:
        return False
    if text.isascii():
        sentences = [piece for piece in re.split(r"[.!\n]+\s*", text) if len(piece.split()) > 2]
        is_stated = bool(_ENGLISH_ABSENCE.search(text))
        return is_stated and all(_ENGLISH_ABSENCE.search(s) or _ENGLISH_BESIDE.search(s) for s in sentences)
    if _SYSTEM_SENT.search(text) and _TO_A_USER.search(text) and not _OF_A_PERSON.search(text):
        return not sounds_like_opinion(text) and not _POSITION.search(_NAMED.sub("", text))
    plain = _NAMED.sub("", text)
    if _POSITION.search(plain):
        return False
    is_note = _IS_ABSENT.search(plain) or (_IS_RECEIVED.search(plain) and _IS_PROMISED.search(plain))
    return bool(is_note) and _says_nothing_else(plain, _BESIDE)


def is_recall_notice(subject: str, text: str) -> bool:
    """Whether a message says only that its sender takes another one back."""
    if not 0 < len(text) <= NOTICE_CHARACTERS:
        return False
    rest, recalled = [], 0
    for line in text.split("\n"):
        match = _RECALLED.match(line.strip(' “”"[]【】'))
        recalled += match is not None
        after = _NAMED.sub("", line.strip(' “”"[]【】')[match.end() :] if match else line).strip(' :：，,。.“”"')
        rest.append("" if match and (after in subject or _TITLE.match(after)) else after)
    if not recalled:
        return False
    in_third_person = bool(re.match(r"\W*(?:发[信件][方人]|寄件[者人]|对方|對方|此|该|这封|本)", text))
    named = bool(_RECALL_SUBJECT.match(subject))
    return (named or in_third_person) and _says_nothing_else("\n".join(rest), _BESIDE_RECALL)


def is_quarantine_notice(subject: str, text: str) -> bool:
    """Whether a gateway says which messages it held back."""
    start = _NAMED.sub("", text[:3_000])
    listed = _QUARANTINE_SUBJECT.search(subject) is not None and _QUARANTINED.search(start) is not None
    return listed and not _OF_A_CITIZEN.search(start)


def _says_nothing_else(text: str, known: re.Pattern[str]) -> bool:
    """Whether each clause is one of those known, but for a signature at the end."""
    left_in_all = 0
    clauses = [clause.strip() for clause in _CLAUSE.split(text) if _NOT_SAID.sub("", clause)]
    for place, clause in enumerate(clauses):
        left = _NOT_SAID.sub("", known.sub("", clause))
        if left and left == _NOT_SAID.sub("", clause):
            is_signature = place >= len(clauses) - 2 and place > 0 and _SIGNATURE.match(clause)
            if not is_signature or f"\n{clause}" not in text or re.search("[不没无]", clause):
                return False
            continue
        left_in_all += len(left)
        if len(left) > _LEFT_OF_CLAUSE:
            return False
    return left_in_all <= _LEFT_IN_ALL
