"""The content of a feedback report as plain values, the same for all renderings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FigureLine:
    """One figure: its name in the rules of counting, its words, its number."""

    name: str
    label: str
    n: int


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

    def answer(self) -> str:
        """Return the outcome with its reason, and what the exceptions got."""
        rest = "".join(f"另有{other.n}条：{other.outcome}。{other.reason}" for other in self.others)
        return f"{self.outcome}。{self.reason}{rest}"


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
    """One line of the table 序号 | 反馈人 | 意见内容 | 采纳情况 | 理由."""

    number: int
    sender: str
    place: str
    content: str
    outcome: str
    reason: str
    channel: str = ""
    sender_kind: str = ""
    late: bool = False


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

    def n(self, name: str) -> int:
        """Return the number of the figure called ``name``, 0 where it has none."""
        return next((figure.n for figure in self.figures if figure.name == name), 0)

    def lines(self, prefix: str) -> list[FigureLine]:
        """Return the figures whose name begins with ``prefix`` and that count something."""
        return [figure for figure in self.figures if figure.name.startswith(prefix) and figure.n]

    def participation(self) -> str:
        """Return the first paragraph of every rendering: how many came, by which channels."""
        channels = "、".join(f"{line.label}{line.n}件" for line in self.lines("channel."))
        words = f"征求意见期间共收到来件{self.n('received')}件"
        words += f"（{channels}）" if channels else ""
        states = [
            f"{line.label}{line.n}件"
            for line in self.lines("state.")
            if line.name in ("state.rejected", "state.duplicate")
        ]
        words += f"，其中{'、'.join(states)}" if states else ""
        words += f"，整理出意见{self.n('opinions')}条。"
        if self.n("late"):
            words += f"另有期满后收到的来件{self.n('late')}件，单独统计。"
        return words

    def adoption(self) -> str:
        """Return the second paragraph: the outcomes of the opinions."""
        outcomes = "，".join(f"{line.label}{line.n}条" for line in self.lines("outcome."))
        return f"采纳情况：{outcomes}。" if outcomes else "没有需要答复的意见。"
