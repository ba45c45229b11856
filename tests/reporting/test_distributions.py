"""How what came in is spread: each part counts the rows that its figure lists."""

from datetime import UTC, datetime, timedelta

from flask import Flask

from consult.accounts.models import Role
from consult.adoption import service
from consult.adoption.models import Outcome
from consult.intake.models import Channel, SenderKind
from consult.reporting import distributions
from tests.world import AFTER, DURING, accepted, actor, open_consultation, opinions_of, submission

LAST_MOMENT = datetime(2026, 10, 20, 15, 59, 59, 999_000, tzinfo=UTC)
"""Of 20 October in Asia/Shanghai."""


def by_name(consultation):
    return {each.name: each for each in distributions.distributions(consultation)}


def test_each_part_counts_the_rows_that_its_figure_lists(app: Flask) -> None:
    consultation = open_consultation()
    mine = accepted(consultation, ("art-2", "第二条写得好。"), "总的来说可以。", at=LAST_MOMENT)
    accepted(
        consultation,
        ("art-3-para-1-item-1", "菜价要公示。"),
        channel=Channel.HOTLINE,
        at=LAST_MOMENT + timedelta(seconds=1),
    )
    accepted(consultation, ("art-3", "留样要写明。"), sender_kind=SenderKind.ENTERPRISE, at=DURING)
    submission(consultation, "还没有审核。", at=DURING + timedelta(days=3))
    accepted(consultation, ("art-2", "晚来的意见。"), at=AFTER)
    drafter, reviewer = actor(Role.DRAFTER), actor(Role.LEGAL)
    decided = service.decide(drafter, opinions_of(mine)[0], Outcome.ADOPTED, "", at=AFTER)
    service.decide(drafter, opinions_of(mine)[1], Outcome.EXPLAINED, "草案已经规定了这一点。", at=AFTER)
    service.review(reviewer, decided, at=AFTER)

    spread = by_name(consultation)
    counts = {name: {part.words: part.n for part in each.parts} for name, each in spread.items()}
    assert counts["provision"] == {"整个草案": 1, "第二条": 1, "第三条": 2}
    assert counts["day"] == {"2026年10月20日": 2, "2026年10月21日": 1, "2026年10月22日": 0, "2026年10月23日": 1}
    assert counts["channel"] == {"网站": 3, "12345热线": 1}
    assert counts["sender"] == {"个人": 3, "企业": 1}
    assert counts["decision"] == {"采纳": 1, "待处理、待复核": 3}
    for each in spread.values():
        for part in each.parts:
            figure = distributions.figure(consultation, part.figure)
            assert figure is not None
            assert figure.count(consultation.id) == part.n, part.figure


def test_no_figure_of_an_invented_name(app: Flask) -> None:
    consultation = open_consultation()
    for name in ("day.2026-13-40", "day.", "day.0001-01-01", "provision.art-77", "provision.", "x", "channel.x"):
        figure = distributions.figure(consultation, name)
        assert figure is None or figure.count(consultation.id) == 0, name


def test_counts_are_kept_until_something_is_recorded(app: Flask, monkeypatch) -> None:
    monkeypatch.setitem(app.extensions, distributions.EXTENSION, {})
    monkeypatch.setattr(distributions, "KEPT_FOR", 0)
    consultation = open_consultation()
    accepted(consultation, "一条。")
    first = distributions.counted(consultation, at=DURING)
    assert distributions.counted(consultation, at=AFTER) is first
    accepted(consultation, "又一条。")
    assert distributions.counted(consultation, at=AFTER).distributions[0].total == 2
    monkeypatch.setattr(distributions, "KEPT_FOR", 1_000_000)
    accepted(consultation, "第三条意见。")
    kept = distributions.counted(consultation, at=AFTER)
    accepted(consultation, "第四条意见。")
    assert distributions.counted(consultation, at=AFTER + timedelta(minutes=1)) is kept, (
        "counted a moment ago, and says so"
    )
    other = open_consultation("other")
    assert distributions.counted(other, at=AFTER).distributions[0].total == 0
