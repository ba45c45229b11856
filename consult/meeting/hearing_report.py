"""《听取意见情况报告》: the public, enterprises and associations, other organisations, units of government apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from consult.adoption.models import Outcome
from consult.adoption.queries import UNDECIDED, DecidedOpinion
from consult.clock import local
from consult.consultees import hearings
from consult.consultees.hearing_wording import moment_in_words
from consult.consultees.models import ConsulteeKind
from consult.consultees.selection import demanded
from consult.consultees.status import HEARD, Standing, heard, label_of
from consult.drafting import postings, queries, version_comparison
from consult.drafting.models import Consultation
from consult.drafting.publication import count_in_words
from consult.files.export.volume import Block, Cell, Heading, Line, Run, Section, Table
from consult.intake.models import Channel
from consult.law.periods import in_words
from consult.law.sufficiency import missing_counts
from consult.meeting import hearing_account as hearing
from consult.meeting.hearing_account import Account
from consult.reporting import figures
from consult.reporting.report_document import main_opinion
from consult.reporting.snapshot import ProvisionLabels, main_opinions
from consult.review.queries import newest_version
from consult.text.anchors import article_of
from consult.text.comparison.versions import Comparison, Match, Relation
from consult.text.comparison.wording import Op

GROUPS = (
    ("听取企业和行业协会商会意见情况", (ConsulteeKind.ENTERPRISE, ConsulteeKind.ASSOCIATION)),
    ("听取人民团体、社会组织意见情况", (ConsulteeKind.GROUP_ORGANISATION,)),
    ("征求机关单位意见情况", (ConsulteeKind.GOVERNMENT_UNIT,)),
)
HOW_COLUMNS = (("序号", 12), ("单位及基本情况", 52), ("列入理由", 48), ("征求意见函", 52), ("答复", 48), ("情况", 35))
OPINION_COLUMNS = (
    ("序号", 12),
    ("提出单位", 38),
    ("条文", 27),
    ("意见", 58),
    ("采纳情况", 24),
    ("理由", 44),
    ("修改内容", 44),
)
Files = Mapping[int, Sequence[str]]
"""Names of the files that came with a submission, with their numbers in the volume, by the submission's id."""


def sections(consultation: Consultation, at: datetime, files: Files) -> tuple[Section, ...]:
    """Return the report: in words on upright pages, then its tables on turned ones."""
    accounts = list(hearing.accounts(consultation, at))
    words: list[Block] = [*_public(consultation)]
    tables: list[Block] = []
    changes = Changes(consultation)
    number, table = 2, 1
    for title, kinds in GROUPS:
        group = [account for account in accounts if account.described.kind in kinds]
        strangers = hearing.unlisted(consultation) if ConsulteeKind.ENTERPRISE in kinds else []
        if not group and not strangers and ConsulteeKind.ENTERPRISE not in kinds:
            continue
        words.append(Heading(f"{'一二三四五'[number - 1]}、{title}"))
        words += _counts(consultation, group, kinds)
        if group or strangers:
            words.append(Line(f"征求意见的对象、方式、日期和答复见附表{table}，逐条意见和采纳情况见附表{table + 1}。"))
            tables += _tables(title, table, group, strangers, changes, files)
            table += 2
        number += 1
    words += _gatherings(consultation, number, at)
    return Section(tuple(words)), *((Section(tuple(tables), landscape=True),) if tables else ())


def _public(consultation: Consultation) -> Iterator[Block]:
    yield Heading("一、公开征求意见情况")
    if consultation.opens_at is None or consultation.last_day is None:
        yield Line("尚未公开征求意见。")
        return
    opened, last = local(consultation.opens_at).date(), consultation.last_day
    yield Line(
        f"{in_words(opened)}至{in_words(last)}，《{consultation.title}》及其起草说明在网站公布，向社会公开征求意见"
        f"，期限{consultation.period_days}日。{count_in_words(consultation)}"
    )
    if consultation.shortened_reason:
        yield Line(f"期限缩短的理由：{consultation.shortened_reason}")
    for extension in consultation.extensions:
        yield Line(f"{hearing.day(extension.at)}延长期限。理由：{extension.reason}")
    for posting in postings.of(consultation):
        where = f"{posting.medium.label.words}“{posting.account}”"
        yield Line(f"{in_words(posting.posted_on)}在{where}发布公告。")
    n = figures.counts(consultation.id)
    channels = [
        f"{channel.label.words}{n[f'channel.{channel.value}']}件"
        for channel in Channel
        if n[f"channel.{channel.value}"]
    ]
    senders = [
        f"{figure.label}{n[name]}件"
        for name, figure in figures.FIGURES.items()
        if name.startswith("sender.") and n[name]
    ]
    came = f"期限内共收到来件{n['received']}件"
    came += f"：按渠道，{'、'.join(channels)}；按来件人，{'、'.join(senders)}" if n["received"] else ""
    yield Line(
        f"{came}。不予公开{n['state.rejected']}件，重复来件{n['state.duplicate']}件，逾期来件{n['late']}件，单独统计。"
    )
    outcomes = [
        f"{outcome.label.words}{n[f'outcome.{outcome.value}']}条"
        for outcome in Outcome
        if n[f"outcome.{outcome.value}"]
    ]
    yield Line(f"整理出意见{n['opinions']}条" + (f"：{'，'.join(outcomes)}。" if outcomes else "。"))
    gathered = [main_opinion(main) for main in main_opinions(consultation, ProvisionLabels(consultation))]
    if gathered:
        yield Line("较为集中的意见和采纳情况如下：")
    for place, main in enumerate(gathered, 1):
        yield Line(f"{place}．{main.title}（{main.place}，{main.n}条）。{main.answer()}")


def _counts(consultation: Consultation, group: Sequence[Account], kinds: Sequence[ConsulteeKind]) -> Iterator[Block]:
    listed = [account for account in group if not account.was_removed]
    if not listed:
        yield Line("未列入征求意见对象。")
        return
    unit = "家" if ConsulteeKind.ENTERPRISE in kinds else "个"
    standings = Counter(account.standing for account in listed)
    answered = {"提出意见": standings[Standing.HEARD], "答复无意见": standings[Standing.NO_OPINION]}
    unheard = Counter(label_of(account.standing).words for account in listed if account.standing not in HEARD)
    of_kind = {kind.label.words: sum(account.described.kind is kind for account in listed) for kind in kinds}
    line = f"列入征求意见名单{len(listed)}{unit}" + (f"（{_each(of_kind, unit)}）" if len(kinds) > 1 else "")
    line += f"，已听取{sum(answered.values())}{unit}"
    line += f"，其中{_each(answered, unit)}。" if any(answered.values()) else "。"
    yield Line(line + (f"未听取{sum(unheard.values())}{unit}：{_each(unheard, unit)}，不计入。" if unheard else ""))
    if ConsulteeKind.ENTERPRISE in kinds:
        yield from _demanded(consultation)
    if ConsulteeKind.GOVERNMENT_UNIT in kinds:
        yield Line("机关单位的意见单独计算，不计入企业和行业协会商会。")
    for account in group:
        for other in account.replaced_by:
            why = hearing.failure_of(account.invitations[-1])
            yield Line(f"改邀：{account.described.name}（{why}），改邀{other.consultee.name}。")
        if account.was_removed:
            yield Line(f"{account.described.name}：{hearing.standing_words(account)}。")


def _each(counts: Mapping[str, int], unit: str) -> str:
    return "、".join(f"{words}{n}{unit}" for words, n in counts.items() if n)


def _demanded(consultation: Consultation) -> Iterator[Block]:
    rule = demanded(consultation)
    if rule is None:
        return
    missing = missing_counts(heard(consultation), rule)
    yield Line(f"依据{rule.cited}，" + (f"尚缺：{'；'.join(missing)}。" if missing else "听取的范围和数量符合要求。"))


def _gatherings(consultation: Consultation, number: int, at: datetime) -> Iterator[Block]:
    held = [gathering for gathering in reversed(hearings.of(consultation)) if not hearings.why_not_held(gathering, at)]
    if not held:
        return
    yield Heading(f"{'一二三四五'[number - 1]}、召开会议听取意见情况")
    for gathering in held:
        came = sum(bool(row.came) for row in gathering.attendances)
        where = f"在{gathering.place}" if gathering.place else ""
        kind = gathering.kind.label.words
        yield Line(f"{moment_in_words(gathering)}，{where}召开{kind}“{gathering.title}”，{came}人到会。详见会议记录。")


def _tables(
    title: str,
    number: int,
    group: Sequence[Account],
    strangers: Sequence[DecidedOpinion],
    changes: Changes,
    files: Files,
) -> Iterator[Block]:
    yield Heading(f"附表{number}　{title}：对象、方式和答复", level=2)
    yield Table(HOW_COLUMNS, [_how(place, account) for place, account in enumerate(group, 1)])
    yield Heading(f"附表{number + 1}　{title}：意见和采纳情况", level=2)
    rows = [row for account in group for row in _opinions(account, changes, files)]
    rows += [
        _opinion(f"{each.opinion.submission.name or '未署名单位'}\n（未列入名单，主动提出）", each, changes, files)
        for each in strangers
    ]
    yield Table(OPINION_COLUMNS, [(str(place), *row) for place, row in enumerate(rows, 1)], none="没有提出意见。")


def _how(place: int, account: Account) -> tuple[str, ...]:
    described = account.described
    basics = "、".join(part for part in (described.kind.label.words, described.words) if part)
    remark = "" if described.of_the_day else "（按现登记）"
    state = "\n".join(filter(None, (hearing.standing_words(account), _replaced(account))))
    return (
        str(place),
        f"{described.name}\n{basics}{remark}",
        hearing.chosen_words(account),
        hearing.invited_words(account),
        hearing.answered_words(account),
        state,
    )


def _replaced(account: Account) -> str:
    words = hearing.replaced_words(account)
    return f"已改邀{words}" if words else ""


def _opinions(account: Account, changes: Changes, files: Files) -> Iterator[tuple[Cell, ...]]:
    name = account.described.name
    for each in account.opinions:
        yield _opinion(name, each, changes, files)
    with_opinions = {each.opinion.submission_id for each in account.opinions}
    for response in account.counting:
        if response.no_opinion:
            yield name, "", _with_files("无意见", files.get(response.submission_id, ())), "", "", ""
        elif (response.submission.duplicate_of_id or response.submission_id) not in with_opinions:
            answers = response.submission.answers
            words = "\n".join(f"回答问题：{answer.content}" for answer in answers) or "已答复，尚未整理出意见"
            decided = "" if answers and not response.submission.parts else UNDECIDED
            yield name, "", _with_files(words, files.get(response.submission_id, ())), decided, "", ""
    for _, attendance in account.speeches:
        if attendance.no_opinion:
            yield name, "", "无意见（会上说明）", "", "", ""


def _opinion(name: str, each: DecidedOpinion, changes: Changes, files: Files) -> tuple[Cell, ...]:
    opinion = each.opinion
    return (
        name,
        changes.place(opinion.anchor),
        _with_files(opinion.content, files.get(opinion.submission_id, ())),
        hearing.decision_words(each),
        each.decision.reason if each.decision is not None else "",
        changes.made_for(each),
    )


def _with_files(words: str, names: Sequence[str]) -> str:
    return "\n".join((words, *names))


class Changes:
    """What the newest version says instead, by the provision of the public version that an opinion is on."""

    def __init__(self, consultation: Consultation) -> None:
        self._draft = queries.draft_of(consultation)
        public, newest = consultation.public_version, newest_version(consultation)
        self._compared: Comparison | None = None
        if public is not None and newest is not None and newest.id != public.id:
            self._compared = version_comparison.between(public, newest)

    def place(self, anchor: str) -> str:
        """Return a provision in words."""
        return self._draft.label_of(anchor) or "整个草案"

    def made_for(self, each: DecidedOpinion) -> Cell:
        """Return the words that were changed for an opinion that was adopted, marked; why there are none."""
        if each.decision is None or each.decision.outcome not in (Outcome.ADOPTED, Outcome.PARTLY_ADOPTED):
            return ""
        if self._compared is None:
            return "尚无修改后的文稿"
        if not each.opinion.anchor:
            return "见修改对照表"
        match = self._match(self._compared, each.opinion.anchor)
        if match is None or match.relation is Relation.SAME:
            return "该条文字未改，见修改对照表"
        if not match.new:
            return "该条已删除"
        return [Run(f"{match.new[0].number}　"), *_touched(match)]

    @staticmethod
    def _match(compared: Comparison, anchor: str) -> Match | None:
        article = article_of(anchor)
        for match in compared.matches:
            if any(node.anchor in (anchor, article) for node in match.old):
                return match
        return None


def _touched(match: Match) -> list[Run]:
    """Return the lines of a provision in which something changed."""
    lines: list[list[Run]] = [[]]
    for piece in match.pieces:
        for place, text in enumerate(piece.text.split("\n")):
            if place:
                lines.append([])
            if text:
                lines[-1].append(Run(text, piece.op))
    touched = [line for line in lines if any(run.mark is not Op.KEEP for run in line)]
    return [run for place, line in enumerate(touched) for run in ([Run("\n")] if place else []) + line]
