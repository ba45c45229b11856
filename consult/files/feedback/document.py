"""The content of a feedback report as plain values, the same for all renderings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consult.text.percentages import shares
from consult.text.sentences import sentence


@dataclass(frozen=True)
class FigureLine:
    """One figure: its name in the rules of counting, its words, its number."""

    name: str
    label: str
    n: int


@dataclass(frozen=True)
class Rewording:
    """What the draft said and what it says instead; ``made`` once a later version has the change."""

    old: str
    new: str
    made: bool = False

    @property
    def label(self) -> str:
        """What stands before the new words."""
        return sentence("已修改为") if self.made else sentence("拟修改为")


@dataclass(frozen=True)
class OtherAnswer:
    """What some of a group got that most of it didn't."""

    n: int
    outcome: str
    reason: str


@dataclass(frozen=True)
class MainOpinion:
    """A group of opinions that say the same, with what most of them got, and the exceptions."""

    title: str
    place: str
    n: int
    outcome: str
    reason: str
    others: tuple[OtherAnswer, ...] = ()
    rewording: Rewording | None = None

    def answer(self) -> str:
        """Return the outcome with its reason, and what the exceptions got."""
        rest = "".join(f"另有{other.n}条：{_sentence(other.outcome, other.reason)}" for other in self.others)
        return f"{_sentence(self.outcome, self.reason)}{rest}"


def _sentence(outcome: str, reason: str) -> str:
    return f"{outcome}。{reason}"


@dataclass(frozen=True)
class ThemeLine:
    """A theme with the number of its opinions, and of those by outcome in words."""

    name: str
    n: int
    outcomes: tuple[tuple[str, int], ...]

    def line(self) -> str:
        """Return it as one line: 停车收费：12条，其中采纳3条、未采纳9条。"""
        parts = "、".join(f"{words}{n}条" for words, n in self.outcomes)
        return f"{self.name}：{self.n}条{f'，其中{parts}' if parts else ''}。"


@dataclass(frozen=True)
class Row:
    """One line of the table 序号 | 条款 | 反馈人 | 意见内容 | 采纳情况 | 理由."""

    number: int
    sender: str
    place: str
    content: str
    outcome: str
    reason: str
    channel: str = ""
    sender_kind: str = ""
    late: bool = False
    rewording: str = ""
    """What the draft says or is to say instead, with its label; empty where nothing is changed."""

    @property
    def answer(self) -> str:
        """The reason, and what is changed."""
        return "\n".join(words for words in (self.reason, self.rewording) if words)


@dataclass(frozen=True)
class CountLine:
    """A line of a table of counts: submissions (None where they aren't counted so), opinions, and these by outcome."""

    words: str
    submissions: int | None
    opinions: int
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Counts:
    """The counts of a report in three ways; empty in reports of earlier versions of the platform."""

    channels: tuple[CountLine, ...] = ()
    senders: tuple[CountLine, ...] = ()
    apart: tuple[CountLine, ...] = ()
    """The public, and enterprises and other organisations."""
    articles: tuple[CountLine, ...] = ()

    def shown(self) -> list[str]:
        """Return the outcomes that occur."""
        lines = (*self.channels, *self.articles)
        return [words for words in lines[0].outcomes if any(line.outcomes[words] for line in lines)] if lines else []


@dataclass(frozen=True)
class FeedbackDocument:
    """A feedback report: head, statement, figures, main opinions, table."""

    title: str
    department: str
    consultation: str
    slug: str
    version: int
    dates: tuple[tuple[str, str], ...]
    """Lines of the head: (征求意见, 2026年7月1日至7月31日) and so on."""
    statement: tuple[str, ...]
    figures: tuple[FigureLine, ...]
    main_opinions: tuple[MainOpinion, ...]
    rows: Sequence[Row]
    themes: tuple[ThemeLine, ...] = ()
    digest: str = ""
    replaces: str = ""
    """For a correction: which version it replaces and why."""
    draft: bool = False
    """Printed across the top until the report is published."""
    day: str = ""
    """Date of publication in words, under the department's name."""
    counts: Counts = field(default_factory=Counts)
    rejections: tuple[tuple[str, int], ...] = ()
    """Reasons of rejection with the numbers of submissions."""
    heard: tuple[tuple[str, int], ...] = ()
    """How many organisations were asked, and how many answered in which way."""
    at: datetime | None = None
    """When it was published or, before that, compiled; for the properties of files."""
    checkpoint: str = ""
    """The newest checkpoint of the public record when the report was published, in words."""

    def n(self, name: str) -> int:
        """Return the number of the figure called ``name``, 0 where it has none."""
        return next((figure.n for figure in self.figures if figure.name == name), 0)

    def has(self, name: str) -> bool:
        """Whether there is a figure called ``name``: reports of earlier versions of the platform have fewer."""
        return any(figure.name == name for figure in self.figures)

    def lines(self, prefix: str) -> list[FigureLine]:
        """Return the figures whose name begins with ``prefix`` and that count something."""
        return [figure for figure in self.figures if figure.name.startswith(prefix) and figure.n]

    def participation(self) -> str:
        """Return the first paragraph of every rendering: how many came, by which channels."""
        if not self.n("received"):
            words = "征求意见期间没有收到来件。"
        else:
            channels = "、".join(f"{line.label}{line.n}件" for line in self.lines("channel."))
            words = f"征求意见期间共收到来件{self.n('received')}件"
            words += f"（{channels}）" if channels else ""
            left_out = [
                f"{line.label}{line.n}件"
                for line in self.lines("state.")
                if line.name in ("state.rejected", "state.duplicate")
            ]
            if left_out and self.n("state.rejected") == self.n("received"):
                words += "，均不予公开" if self.n("received") > 1 else "，不予公开"
            elif left_out:
                words += f"，其中{'、'.join(left_out)}"
            words += f"，整理出意见{self.n('opinions')}条。" if self.n("opinions") else "，没有需要处理的意见。"
        if self.n("late"):
            words += f"另有期满后收到的来件{self.n('late')}件，单独统计。"
        return words

    def adoption(self) -> str:
        """Return the second paragraph: how opinions were grouped, and their outcomes with shares of all."""
        outcomes = self.lines("outcome.")
        if not outcomes and self.n("opinions"):
            return "征求意见期间收到的意见均尚未答复。"
        if not outcomes:
            late = self.n("opinions_late")
            return f"期限内没有需要答复的意见；逾期收到的{late}条列在意见表中。" if late else "没有需要答复的意见。"
        if outcomes[0].n == self.n("opinions"):
            every = f"{outcomes[0].n}条均" if outcomes[0].n > 1 else ""
            return f"{self.grouping()}采纳情况：{every}{outcomes[0].label}。"
        percents = shares([line.n for line in outcomes])
        listed = "，".join(f"{line.label}{line.n}条（{share}）" for line, share in zip(outcomes, percents, strict=True))
        return f"{self.grouping()}采纳情况：{listed}。"

    def grouping(self) -> str:
        """Say how many opinions are in groups, and how many stand alone; empty where that isn't known."""
        if not self.has("grouped") or not self.n("grouped"):
            return ""
        alone = self.n("opinions") - self.n("grouped")
        rest = f"，其余{alone}条逐条处理" if alone else ""
        total, grouped, groups = (self.n(name) for name in ("opinions", "grouped", "groups"))
        return f"{total}条意见中，内容相同或者相近的{grouped}条归并为{groups}类{rest}。"
