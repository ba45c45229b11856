"""The record in words: who did what, on what, when, and the facts that were kept with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consult.accounts.models import Role
from consult.adoption.models import DecisionState, Outcome
from consult.app_context import rules
from consult.consultees.models import ConsulteeKind, GatheringKind
from consult.drafting.models import State, VersionKind
from consult.faces.template_filters import last_moment, moment
from consult.intake.models import Channel, SubmissionState
from consult.labels import LabelledEnum
from consult.ledger.models import LedgerEntry
from consult.reporting.models import ReportState
from consult.text import anchors

ACTS = {
    "journal.begin": "开始记底账",
    "keys.begin": "登记密钥",
    "keys.rotate": "换用新密钥",
    "backup.create": "创建备份",
    "record.restore": "从备份恢复",
    "record.move": "迁移数据库",
    "rows.change": "数据变动的校验值",
    "rows.enrol": "纳入校验",
    "account.create": "创建账号",
    "account.set_password": "改密码",
    "account.set_role": "改角色",
    "account.deactivate": "停用账号",
    "account.reactivate": "重新启用账号",
    "account.sign_in": "登录",
    "account.sign_in_refused": "登录失败",
    "account.first_step": "登录第一步：密码正确",
    "account.second_step_refused": "登录第二步：验证未通过",
    "account.set_up_totp": "设置动态口令",
    "account.add_passkey": "登记通行密钥",
    "account.remove_passkey": "移除通行密钥",
    "account.renew_recovery_codes": "重新生成备用码",
    "account.give_up_factor": "停用两步验证",
    "account.take_factor": "解除他人的两步验证",
    "account.link_identity": "关联统一身份认证用户",
    "account.unlink_identity": "取消关联统一身份认证用户",
    "account.set_email": "修改通知邮箱",
    "account.sign_out": "退出登录",
    "account.end_sessions": "退出其他登录",
    "account.add_division": "增加处室",
    "account.rename_division": "处室改名",
    "consultation.create": "新建征求意见",
    "consultation.edit": "修改公告",
    "consultation.submit_for_review": "送审",
    "consultation.return": "退回",
    "consultation.take_back": "收回送审",
    "consultation.publish": "审核发布",
    "consultation.extend": "延长期限",
    "consultation.withdraw": "撤回",
    "consultation.promulgate": "公布施行",
    "draft.add_version": "上传文稿",
    "draft.match": "核对两稿条文的对应",
    "draft.take_instruments": "更新文件库",
    "calendar.set": "登记放假安排",
    "calendar.apply": "按放假安排顺延期限",
    "consultee.import": "导入名录",
    "invitation.remind": "提醒答复",
    "member.admit": "开通企业端账号",
    "member.dismiss": "停用企业端账号",
    "member.sign_in": "企业端登录",
    "member.sign_in_refused": "企业端登录失败",
    "member.set_password": "企业端改密码",
    "member.sign_out": "企业端退出登录",
    "member.end_sessions": "企业端退出其他登录",
    "gathering.arrange": "登记会议",
    "gathering.materials": "会议材料送达",
    "gathering.minutes": "登记到会情况和笔录",
    "gathering.said": "登记会议发言",
    "gathering.move": "会议改期",
    "gathering.cancel": "取消会议",
    "gathering.paper": "登记会议公布情况和材料",
    "gathering.interest": "登记专家利害关系",
    "gathering.letters": "准备会议通知",
    "gathering.letter_sent": "发出会议通知",
    "gathering.letter_bounced": "会议通知退回",
    "disagreement.note": "登记机关单位分歧意见",
    "disagreement.settle": "登记分歧意见协商一致",
    "hearing.export_ledger": "导出涉企意见听取台账",
    "mail.retry": "重发信件",
    "mail.give_up": "信件不再发送",
    "mail.release": "恢复后继续发信",
    "meeting.record_result": "登记会议结果",
    "document.issue": "登记印发情况",
    "document.keep": "登记文件印发后的情况",
    "archive.build": "生成归档包",
    "meeting.export": "导出上会材料",
    "submission.receive": "收到来件",
    "submission.enter": "登记来件",
    "submission.import": "导入来件",
    "submission.upload_table": "上传来件表格",
    "submission.take_table": "开始导入来件表格",
    "submission.give_up_table": "放弃来件表格",
    "submission.assign": "归类来件",
    "submission.dismiss": "认定不是意见",
    "submission.restore": "恢复为待归类",
    "submission.export": "导出来件",
    "submission.screen": "审核来件",
    "submission.give_screening": "交办审核",
    "submission.withdraw_consent": "撤回公布姓名的同意",
    "submission.erase_personal": "删除来件人的个人信息",
    "submission.correct_sender": "更正来件人的姓名、联系方式",
    "import.erase_personal": "删除导入的表格",
    "ledger.mail_head": "把树头发给审计人员",
    "privacy.run": "删除到期的个人信息",
    "upload.erase_personal": "删除未确认使用的上传文件",
    "mail.erase_personal": "删除没有成为来件的邮件",
    "member.erase_personal": "删除企业端账号的姓名",
    "consultee.erase_personal": "删除不再使用的联系人",
    "invitation.erase_personal": "删除征求意见函的收件邮箱",
    "outbox.erase_personal": "删除存为文件的信件",
    "sent_mail.erase_personal": "删除已发信件的收件地址",
    "response.erase_personal": "删除复函来电人的姓名、电话",
    "gathering.erase_personal": "删除会议通知的收件邮箱",
    "privacy.ask": "申请更正、删除个人信息",
    "privacy.copy": "来件人复制个人信息",
    "privacy.take_back": "撤回个人信息申请",
    "privacy.grant": "同意个人信息申请",
    "privacy.erase": "删除个人信息",
    "privacy.confirm": "复核删除个人信息",
    "privacy.refuse": "不予办理个人信息申请",
    "hold.place": "暂停删除个人信息",
    "hold.lift": "恢复到期删除个人信息",
    "submission.take_up": "标为待核实",
    "submission.accept": "来件通过",
    "submission.reject": "来件不予公开",
    "submission.mark_duplicate": "标为重复",
    "submission.mask": "修改公开文本",
    "submission.undo": "撤销审核",
    "attachment.hold_back": "附件被病毒扫描隔离",
    "attachment.refuse": "附件检查未通过，不提供下载",
    "file.hold_back": "工作台上传的文件被病毒扫描隔离",
    "opinion.decide": "提出采纳情况",
    "opinion.review": "复核采纳情况",
    "opinion.return": "退回采纳情况",
    "opinion.group": "归并意见",
    "opinion.import_sheet": "用表格导入采纳情况",
    "opinion.place": "改意见所针对的条文",
    "opinion.put_in": "并入一组",
    "opinion.put_together": "归并意见",
    "opinion.rename_group": "归并意见改名",
    "opinion.set_kind": "确认意见类型",
    "opinion.split": "拆分意见",
    "opinion.take_out": "从组里拆出",
    "opinion.undo": "撤回采纳情况",
    "opinion.assign": "交办意见",
    "reason.keep": "存入理由库",
    "reason.change": "修改理由库的理由",
    "reason.retire": "停用理由库的理由",
    "opinion.set_concentration": "设定较为集中的标准",
    "opinion.refer": "转办意见",
    "opinion.referral_answered": "登记转办的答复",
    "opinion.take_back_referral": "撤回转办",
    "theme.create": "建立主题",
    "theme.mark": "标记主题",
    "theme.merge": "合并主题",
    "theme.publish": "设置主题是否列入反馈",
    "theme.remove": "删除主题",
    "theme.rename": "主题改名",
    "theme.unmark": "取消主题标记",
    "opinion.comment": "内部讨论",
    "opinion.strike_comment": "删除本人的内部讨论",
    "opinion.hand_over": "移交意见",
    "opinion.take_back": "收回交办的意见",
    "consultation.help": "变更协办处室、人员",
    "report.compile": "汇总反馈报告",
    "report.decide_find": "处理反馈中的个人信息",
    "report.submit_for_review": "反馈报告送审",
    "report.return": "退回反馈报告",
    "report.take_back": "收回送审的反馈报告",
    "report.review": "审核反馈报告",
    "report.publish": "公布反馈报告",
    "consultee.add": "增加征求意见对象",
    "consultee.change": "修改征求意见对象",
    "consultee.retire": "停用征求意见对象",
    "consultee.merge": "合并征求意见对象",
    "consultee.tell_apart": "登记疑似重复单位不是同一家",
    "consultee.list": "列入征求意见名单",
    "consultee.unlist": "移出征求意见名单",
    "consultee.invite": "准备征求意见函",
    "invitation.send": "发出征求意见函",
    "consultee.save_group": "保存常用名单",
    "consultee.retire_group": "停用常用名单",
    "letter.prepare": "拟征求意见函",
    "letter.seal": "上传盖章件",
    "letter.template": "添加函件模板",
    "letter.template_retire": "停用函件模板",
    "invitation.ask_paper": "申请纸质函件",
    "invitation.paper_sent": "寄出纸质函件",
    "invitation.open": "打开征求意见函",
    "invitation.deliver": "征求意见函送达",
    "invitation.bounce": "征求意见函退信",
    "invitation.decline": "谢绝答复",
    "invitation.ask_extension": "请求延期答复",
    "invitation.extend": "延长答复期限",
    "invitation.postpone": "按放假安排顺延答复期限",
    "invitation.refuse_extension": "不同意延期答复",
    "invitation.revoke": "撤回征求意见函",
    "response.send": "收到复函",
    "response.confirm": "确认复函",
    "response.replaced": "复函被更正",
    "response.restored": "恢复被更正的复函",
    "submission.recognise": "认定来件单位",
    "invitation.answered": "征求意见函已答复",
    "invitation.move": "征求意见函随单位合并",
    "member.move": "企业端账号随单位合并",
    "consultee.relist": "收到答复后恢复列入名单",
    "consultee.merge_place": "名单随单位合并",
    "gathering.merge": "参会单位随单位合并",
    "review.ask": "送审查",
    "review.conclude": "登记审查结论",
    "review.pause": "退回补正送审材料",
    "review.resume": "补正送审材料",
    "review.add_opinion": "登记市场监管部门审查意见",
    "review.settle_point": "登记审查意见办理情况",
    "review.withdraw": "撤回审查",
    "meeting.state_fact": "填写上会事项",
    "meeting.confirm_fact": "确认上会事项",
    "meeting.override": "按例外情形报批",
    "meeting.approve_override": "批准例外情形",
    "meeting.withdraw_override": "撤销例外情形",
    "meeting.keep_checks": "保存提请审议时的前置条件",
    "consultation.note_posting": "登记宣传发布情况",
    "consultation.withdraw_posting": "撤销宣传发布登记",
    "publicity.ask": "要求生成宣传材料",
    "publicity.draw": "生成宣传材料",
    "archive.ask": "要求生成归档包",
    "archive.keep": "生成归档包",
    "archive.take": "下载归档包",
    "archive.remove": "归档包到期删除",
    "consultation.add_question": "增加征询问题",
    "consultation.remove_question": "删除征询问题",
    "meeting.submit": "提请审议",
    "mailbox.add": "增加征集信箱",
    "mailbox.change": "修改征集信箱",
    "mailbox.close": "停用征集信箱",
    "mailbox.reopen": "重新启用征集信箱",
    "mailbox.ask_again": "重新读取未读取的邮件",
    "mail.reconsider": "自动邮件改登记为来件",
    "sender.admit": "发放接口密钥",
    "sender.revoke": "停用接口密钥",
}
"""Acts in words; an act that isn't here is shown by its own name."""

FACTS = {
    "reason": "理由",
    "days": "期限（日）",
    "opens": "公布",
    "closes": "截止",
    "shortened_reason": "缩短的理由",
    "version": "稿次",
    "kind": "类别",
    "title": "标题",
    "to": "交给",
    "taken_back_from": "收回自",
    "anchor": "条文",
    "due_on": "期限",
    "helpers": "协办",
    "channel": "渠道",
    "late": "逾期",
    "role": "角色",
    "division": "处室",
    "before": "原来",
    "name": "名称",
    "rows": "行数",
    "applied": "已导入",
    "refused": "未导入",
    "conflicts": "冲突",
    "file_digest": "文件摘要",
    "state": "状态",
    "outcome": "采纳情况",
    "signature": "查出",
    "conclusion": "结论",
    "lacking": "需补正",
    "point": "第几条",
    "second_step": "第二步",
    "identity": "统一身份认证用户",
}
"""Facts that are shown, in this order; the rest are digests and long texts that only the record needs."""
FACT_CHARACTERS = 120

SECOND_STEPS = {"totp": "动态口令", "recovery": "备用码", "passkey": "通行密钥", "passkey_alone": "仅用通行密钥"}

STATES: tuple[type[LabelledEnum], ...] = (State, SubmissionState, DecisionState, ReportState)
"""States of everything that the record speaks of; the first that knows a state gives its words."""
KINDS: tuple[type[LabelledEnum], ...] = (VersionKind, ConsulteeKind, GatheringKind)
STORED_VALUES: Mapping[str, tuple[type[LabelledEnum], ...]] = {
    "channel": (Channel,),
    "state": STATES,
    "outcome": (Outcome,),
    "role": (Role,),
}
"""Enumerations whose values an entry keeps as text, by the name of the fact."""


@dataclass(frozen=True)
class AuditLine:
    """An entry of the record as people read it."""

    id: int
    at: datetime
    who: str
    act: str
    subject: str
    facts: str
    consultation_id: int | None
    digest: str


def in_words(entry: LedgerEntry) -> AuditLine:
    """Return an entry in words."""
    return AuditLine(
        id=entry.id,
        at=entry.at,
        who=entry.actor_name,
        act=ACTS.get(entry.act, entry.act),
        subject=entry.subject,
        facts="；".join(_facts(entry.detail)),
        consultation_id=entry.consultation_id,
        digest=entry.digest,
    )


def act_and_facts(entry: LedgerEntry) -> tuple[str, str]:
    """Return an entry's act and its circumstances in words."""
    line = in_words(entry)
    return line.act, line.facts


def _facts(detail: Mapping[str, Any]) -> list[str]:
    facts = []
    for name, words in FACTS.items():
        value = detail.get(name)
        if value in (None, "", False, [], {}):
            continue
        if value is True:
            facts.append(words)
            continue
        shown = _shown(name, value)
        shown = shown.rstrip("。；")
        facts.append(f"{words} {shown[:FACT_CHARACTERS]}{'…' if len(shown) > FACT_CHARACTERS else ''}")
    return facts


def _shown(name: str, value: Any) -> str:
    text = str(value)
    if name in STORED_VALUES:
        return _words(STORED_VALUES[name], text)
    if name == "kind":
        row = rules().periods.get(text) or rules().reviews.get(text)
        return row.name if row is not None else _words(KINDS, text)
    if name == "conclusion":
        return next((row.name for row in rules().conclusions if row.conclusion == text), text)
    if name == "second_step":
        return SECOND_STEPS.get(text, text)
    if name == "anchor":
        return _place(text)
    if name in ("opens", "closes"):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return last_moment(at) if name == "closes" else moment(at)
    return text


def _place(anchor: str) -> str:
    try:
        return anchors.in_words(anchor)
    except ValueError:
        return anchor


def _words(enumerations: Iterable[type[LabelledEnum]], value: str) -> str:
    return next((enumeration(value).label.words for enumeration in enumerations if value in set(enumeration)), value)
