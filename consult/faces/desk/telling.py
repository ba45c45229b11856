"""The record in words: who did what, on what, when, and the facts that were kept with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consult.accounts.permissions import ROLE_NAMES
from consult.adoption.deciding import OUTCOME_NAMES
from consult.adoption.models import DecisionState
from consult.faces.cli.words import CHANNEL_WORDS, STATE_WORDS, SUBMISSION_WORDS
from consult.faces.desk.forms.drafting import VERSION_WORDS
from consult.faces.showing import last_moment, moment
from consult.ledger.models import LedgerEntry
from consult.reporting.models import ReportState
from consult.settings import rules

ACTS = {
    "account.create": "建立账号",
    "account.set_password": "改密码",
    "account.deactivate": "停用账号",
    "account.reactivate": "重新启用账号",
    "account.sign_in": "登录",
    "account.sign_in_refused": "登录没有成功",
    "account.sign_out": "退出登录",
    "account.add_division": "增加处室",
    "account.rename_division": "处室改名",
    "consultation.create": "新建征求意见",
    "consultation.edit": "修改公告",
    "consultation.submit_for_review": "送审",
    "consultation.return": "退回",
    "consultation.publish": "审核发布",
    "consultation.extend": "延长期限",
    "consultation.withdraw": "撤回",
    "consultation.promulgate": "公布施行",
    "draft.add_version": "上传文稿",
    "draft.take_instruments": "更新文件库",
    "consultee.import": "导入名录",
    "invitation.remind": "提醒答复",
    "member.admit": "开通企业端账号",
    "member.dismiss": "停用企业端账号",
    "member.sign_in": "企业端登录",
    "member.sign_in_refused": "企业端登录没有成功",
    "gathering.arrange": "登记会议",
    "gathering.materials": "会议材料送达",
    "gathering.minutes": "登记到会情况和笔录",
    "gathering.said": "登记会议发言",
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
    "submission.take_up": "留下细看",
    "submission.accept": "来件通过",
    "submission.reject": "来件不予公开",
    "submission.mark_duplicate": "标为重复",
    "submission.mask": "改公开文本",
    "submission.undo": "撤销审核",
    "attachment.hold_back": "附件被病毒扫描隔离",
    "file.hold_back": "工作台上传的文件被病毒扫描隔离",
    "opinion.decide": "提出采纳情况",
    "opinion.review": "复核采纳情况",
    "opinion.return": "退回采纳情况",
    "opinion.group": "归并意见",
    "opinion.place": "改意见所针对的条文",
    "opinion.put_in": "并入一组",
    "opinion.put_together": "归并意见",
    "opinion.rename_group": "归并意见改名",
    "opinion.split": "拆分意见",
    "opinion.take_out": "从组里拆出",
    "report.compile": "汇总反馈报告",
    "report.submit_for_review": "反馈报告送审",
    "report.return": "退回反馈报告",
    "report.review": "审核反馈报告",
    "report.publish": "公布反馈报告",
    "consultee.add": "增加征求意见对象",
    "consultee.change": "修改征求意见对象",
    "consultee.retire": "停用征求意见对象",
    "consultee.merge": "合并征求意见对象",
    "consultee.list": "列入征求意见名单",
    "consultee.unlist": "移出征求意见名单",
    "consultee.invite": "准备征求意见函",
    "invitation.send": "发出征求意见函",
    "invitation.open": "打开征求意见函",
    "invitation.deliver": "征求意见函送达",
    "invitation.bounce": "征求意见函退信",
    "invitation.decline": "谢绝答复",
    "invitation.ask_extension": "请求延期答复",
    "invitation.extend": "延长答复期限",
    "invitation.refuse_extension": "不同意延期答复",
    "invitation.revoke": "撤回征求意见函",
    "response.send": "收到复函",
    "meeting.state_fact": "填写上会事项",
    "meeting.override": "前置条件特批",
    "meeting.withdraw_override": "撤回特批",
    "meeting.submit": "提请审议",
    "mailbox.add": "增加征集信箱",
    "mailbox.change": "修改征集信箱",
    "mailbox.close": "停用征集信箱",
    "mailbox.reopen": "重新启用征集信箱",
    "mailbox.ask_again": "重新再取没有取到的邮件",
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
    "version": "第几稿",
    "kind": "类别",
    "title": "标题",
    "to": "交给",
    "taken_back_from": "收回自",
    "channel": "渠道",
    "late": "逾期",
    "role": "角色",
    "division": "处室",
    "before": "原来",
    "name": "名称",
    "rows": "行数",
    "state": "状态",
    "outcome": "采纳情况",
    "signature": "查出",
}
"""Facts that are shown, in this order; the rest are digests and long texts that only the record needs."""
FACT_CHARACTERS = 120

STATES: dict[str, str] = {
    **{state.value: words for state, words in STATE_WORDS.items()},
    **{state.value: words for state, words in SUBMISSION_WORDS.items()},
    DecisionState.PROPOSED.value: "待复核",
    DecisionState.REVIEWED.value: "已复核",
    DecisionState.RETURNED.value: "已退回",
    ReportState.COMPILED.value: "已汇总",
    ReportState.PUBLISHED.value: "已公布",
    ReportState.DISCARDED.value: "已作废",
}
"""States of everything that the record speaks of; where two have one name, they have one word, too."""


@dataclass(frozen=True)
class Told:
    """An entry of the record as people read it."""

    id: int
    at: datetime
    who: str
    act: str
    subject: str
    facts: str
    consultation_id: int | None
    digest: str


def told(entry: LedgerEntry) -> Told:
    """Return an entry in words."""
    return Told(
        id=entry.id,
        at=entry.at,
        who=entry.actor_name,
        act=ACTS.get(entry.act, entry.act),
        subject=entry.subject,
        facts="；".join(_facts(entry.detail)),
        consultation_id=entry.consultation_id,
        digest=entry.digest,
    )


def _facts(detail: Mapping[str, Any]) -> list[str]:
    found = []
    for name, words in FACTS.items():
        value = detail.get(name)
        if value in (None, "", False, [], {}):
            continue
        if value is True:
            found.append(words)
            continue
        shown = _shown(name, value)
        shown = shown.rstrip("。；")
        found.append(f"{words} {shown[:FACT_CHARACTERS]}{'…' if len(shown) > FACT_CHARACTERS else ''}")
    return found


def _shown(name: str, value: Any) -> str:
    text = str(value)
    if name == "channel":
        return next((words for channel, words in CHANNEL_WORDS.items() if channel.value == text), text)
    if name == "state":
        return STATES.get(text, text)
    if name == "outcome":
        return next((words for outcome, words in OUTCOME_NAMES.items() if outcome.value == text), text)
    if name == "role":
        return next((words for role, words in ROLE_NAMES.items() if role.value == text), text)
    if name == "kind":
        periods = rules().periods
        words = {kind.value: words for kind, words in VERSION_WORDS.items()}
        return periods[text].name if text in periods else words.get(text, text)
    if name in ("opens", "closes"):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return last_moment(at) if name == "closes" else moment(at)
    return text
