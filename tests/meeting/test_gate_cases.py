"""One fact away from right, through pages and commands: each from one green copy, each red or refused by name.

What is tried: to state over another's conclusion, to leave out a paper, a day, a person; to do it the other way round,
a third time, both at once; to take away afterwards what the gate rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Select, select

from consult.accounts.models import Role
from consult.consultees.hearing_models import HearingPaper, HearingPaperRole
from consult.law.reviews import ReviewKind
from consult.meeting.models import MeetingFact
from consult.review.models import PaperRole, Review, ReviewPaper
from consult.store import db
from tests.builders import DRAFT, a_consultation, an_open_consultation
from tests.conftest import _empty
from tests.meeting.gate_acts import (
    ANOTHER,
    ONE_NUMBER,
    PDF,
    SENTENCE,
    Deed,
    answer_of,
    approve,
    arrange,
    ask,
    at,
    at_hearing,
    change_mailbox,
    close_mailbox,
    conclude,
    confirm_newest,
    decide,
    experts,
    follow_up,
    gate_act,
    import_kinds,
    issue,
    legality,
    letter,
    merge,
    nothing,
    number_of,
    post_notice,
    publish_for_hearing,
    register,
    reject,
    report,
    review_decision,
    screen,
    speak,
    split,
    state,
    steps,
    take_back,
    take_out,
    unpost,
    upload,
    write_from,
)
from tests.meeting.green import READY, build
from tests.meeting.office import Answer, Office
from tests.snapshot import Snapshot
from tests.world import DURING, PUBLISHED, actor

NOW = READY + timedelta(hours=8)
LEGAL, TIME, FAIR, RISK = "legality-review", "legality-review-time", "fair-competition-review", "risk-assessment"
EXPERTS, HEARD, SPECIAL, COMPETITION = (
    "expert-argument",
    "consultees-heard",
    "special-group-heard",
    "fair-competition-heard",
)
CHANNELS, PLAN, HEARING, REPORT = "notice-channels", "plan-channels", "hearing-material", "feedback-report"
SCREENED, DECIDED, REVIEWED, REASONS = (
    "submissions-screened",
    "opinions-decided",
    "opinions-reviewed",
    "concentrated-reasons",
)
PLANNED, EXPLAINED, OPEN = "interpretation-plan", "interpretation-material", "disclosure-attribute"
ALL_REVIEWS = {LEGAL, TIME, FAIR, RISK, EXPERTS}
ASSOCIATION, MEDIUM, SMALL, MICRO, GROUP = (
    "餐饮行业协会",
    "中型餐饮公司",
    "小型餐饮公司",
    "微型餐饮店",
    "老年人协会联络处",
)


@dataclass(frozen=True)
class Case:
    """What is tried, and what must come of it: rows that turn red, or (``red`` empty) a refusal with these words."""

    name: str
    deed: Deed
    words: str
    red: frozenset[str] = frozenset()


def refused(name: str, deed: Deed, words: str) -> Case:
    return Case(name, deed, words)


def red(name: str, deed: Deed, words: str, *rows: str) -> Case:
    return Case(name, deed, words, frozenset(rows))


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[tuple[Office, Snapshot]]:
    """The green consultation, made once, and a way back to it."""
    with session_app.app_context():
        _empty()
        green = build()
        people = {name: getattr(green, name) for name in ("drafter", "second", "publisher", "legal", "chief")}
        others = {"moderator": Role.MODERATOR, "admin": Role.ADMIN, "auditor": Role.AUDITOR}
        people |= {name: actor(role) for name, role in others.items()}
        people["outsider"] = actor(Role.DRAFTER, "财务处")
        a_consultation(green.drafter, kind="normative-document", slug="normative", at=READY)
        an_open_consultation(green.drafter, green.publisher, slug="open", at=PUBLISHED)
        office = Office(session_app, people, "green", NOW)
        snapshot = Snapshot()
        yield office, snapshot
        snapshot.restore()
        snapshot.close()


@pytest.fixture
def office(world: tuple[Office, Snapshot]) -> Iterator[Office]:
    """The department at the gate; the database is put back afterwards."""
    made, snapshot = world
    made.at, made.slug = NOW, "green"
    made.app.extensions["tests.snapshot"] = snapshot
    yield made
    snapshot.restore()
    made.before = {}


def lose(query: Select[tuple[str]]) -> Deed:
    """The file of a paper disappears from the storage."""

    def do(office: Office) -> None:
        digest = db.session.scalars(query).first()
        assert digest
        office.app.extensions["tests.snapshot"].lose_blob(digest)

    return do


def in_the_other(deed: Deed, slug: str = "normative") -> Deed:
    """Do it to the normative document that is being drafted beside, or to the one that is out for comment."""

    def do(office: Office) -> Answer | None:
        office.slug = slug
        answer = deed(office)
        office.slug, office.at, office.before = "green", NOW, {}
        return answer

    return do


def during(deed: Deed) -> Deed:
    """Do it to a draft that is out for comment."""
    return in_the_other(at(DURING, deed), "open")


def hearing_paper(role: HearingPaperRole) -> Select[tuple[str]]:
    return select(HearingPaper.digest).where(HearingPaper.role == role)


UNPLANNED = state(PLANNED.replace("-", "_"), "")
FAR = READY + timedelta(days=420)
EXPERT_PAPER = select(ReviewPaper.digest).where(ReviewPaper.role == PaperRole.EXPERT_OPINION)
PLAN_PAPER = select(MeetingFact.evidence_digest).where(MeetingFact.name == "interpretation_plan")

REVIEWS = [
    red("the legality review is taken back", take_back(ReviewKind.LEGALITY), "没有合法性审查意见", LEGAL, TIME),
    refused("returned before it was sent", legality("lawful", returned="2026-11-09"), "早于送审日期"),
    refused("returned tomorrow", legality("lawful", returned="2026-11-25"), "尚未到来"),
    refused("sent tomorrow", legality("lawful", sent="2026-11-25", returned="2026-11-25"), "尚未到来"),
    refused("lawful, not returned", legality("lawful", returned=""), "退回日期"),
    refused("sent on no day", legality("lawful", sent=""), "请填写合法性审查的送审日期"),
    refused("lawful without its paper", legality("lawful", paper=False), "须附审查意见"),
    refused("a paper without content", legality("lawful", content=b"\n"), ""),
    refused("sent while the period ran", legality("lawful", sent="2026-10-20"), "送审材料缺少意见采纳情况"),
    refused("sent before it was public", legality("lawful", sent="2026-10-09"), "送审材料缺少意见采纳情况"),
    refused(
        "sent early, a reason without its paper",
        legality("lawful", "--early-reason", SENTENCE, sent="2026-10-20"),
        "证明材料",
    ),
    refused("sent early, “急”", legality("lawful", "--early-reason", "急", sent="2026-10-20"), "不少于10字"),
    refused("the drafter finds it lawful", legality("lawful", by="drafter"), "合法性审查的结论只能由"),
    refused("another drafter finds it lawful", legality("lawful", by="second"), "合法性审查的结论只能由"),
    refused("the moderator finds it lawful", legality("lawful", by="moderator"), "需要"),
    refused("the publisher finds it lawful", legality("lawful", by="publisher"), "合法性审查的结论只能由"),
    refused("the administrator finds it lawful", legality("lawful", by="admin"), "需要"),
    refused("the auditor finds it lawful", legality("lawful", by="auditor"), "需要"),
    refused(
        "the drafter says “lawful” over “unlawful”",
        steps(legality("unlawful", "--note", SENTENCE, by="chief"), legality("lawful", by="drafter")),
        "合法性审查的结论只能由",
    ),
    red(
        "the legal division of two minds",
        legality("unlawful", "--note", SENTENCE, by="chief"),
        "结论不一致",
        LEGAL,
        TIME,
    ),
    red("the reviewer changes to “unlawful”", legality("unlawful", "--note", SENTENCE), "不得提交讨论", LEGAL),
    red(
        "lawful, unlawful, and lawful by a third",
        steps(
            legality("unlawful", "--note", SENTENCE, by="chief"),
            legality("lawful", by="legal"),
        ),
        "结论不一致",
        LEGAL,
        TIME,
    ),
    red(
        "two working days for the legal division",
        steps(take_back(ReviewKind.LEGALITY), legality("lawful", returned="2026-11-12")),
        "少于7个工作日",
        TIME,
    ),
    red(
        "the review of the draft for comment",
        steps(take_back(ReviewKind.LEGALITY), legality("lawful", "--version", "1")),
        "对照新旧文稿",
        LEGAL,
        TIME,
    ),
    refused("a conclusion that there is none of", legality("perfect"), "没有“perfect”这一结论"),
    refused("a conclusion of another review", legality("conforms"), "没有“conforms”这一结论"),
    refused("the review of a version that there isn't", legality("lawful", "--version", "9"), "没有第 9 稿"),
    red("one number changed after the reviews", upload(ONE_NUMBER), "对照新旧文稿", *ALL_REVIEWS),
    red("another document after the reviews", upload(ANOTHER), "对照新旧文稿", *ALL_REVIEWS),
    refused(
        "the drafter says “conforms” over “violates”",
        steps(
            conclude("fair-competition", "violates", "--note", SENTENCE, by="legal"),
            conclude("fair-competition", "conforms", by="drafter"),
        ),
        "结论",
    ),
    red(
        "two who disagree on competition",
        conclude("fair-competition", "violates", "--note", SENTENCE, by="legal"),
        "结论不一致",
        FAIR,
    ),
    refused("a colleague of the drafter on competition", conclude("fair-competition", "conforms", by="second"), "起草"),
    refused(
        "“conforms” without its paper", conclude("fair-competition", "conforms", by="publisher", paper=False), "须附"
    ),
    red(
        "the review on competition is taken back", take_back(ReviewKind.FAIR_COMPETITION), "没有公平竞争审查意见", FAIR
    ),
    red("no risks were assessed", take_back(ReviewKind.RISK), "没有风险评估意见", RISK),
    red("risks beyond control", conclude("risk", "uncontrollable", "--note", SENTENCE), "风险不可控", RISK),
    refused("no risk, without a reason", conclude("risk", "not_applicable", paper=False), "不少于10字"),
    refused("assessed already, no report named", conclude("risk", "controllable", paper=False), "须附"),
    red("no experts", take_back(ReviewKind.EXPERTS), "没有专家论证意见", EXPERTS),
    refused("experts, no meeting and no papers", conclude("experts", "supported", paper=False), "论证"),
    refused(
        "experts at the hearing of citizens",
        conclude("experts", "supported", "--meeting", "1", paper=False),
        "不是专家论证会",
    ),
    refused(
        "experts at a meeting to come",
        steps(
            arrange("2026-12-09T09:00", "expert_argument"),
            conclude("experts", "supported", "--meeting", "2", paper=False),
        ),
        "尚未召开",
    ),
    refused(
        "experts at a meeting without minutes",
        steps(
            arrange("2026-11-09T09:00", "expert_argument"),
            conclude("experts", "supported", "--meeting", "2", paper=False),
        ),
        "没有会议笔录",
    ),
    refused(
        "no experts needed, “无”", conclude("experts", "not_applicable", "--note", "无", paper=False), "不少于10字"
    ),
]

EXCEPTION = ("--article", "第十二条第一项", "--alternatives", SENTENCE, "--until", "2027-12-31", "--note", SENTENCE)


def exception(*without: str, **instead: str) -> Deed:
    """Record an exception that lacks something, or says something else."""
    pairs = dict(zip(EXCEPTION[::2], EXCEPTION[1::2], strict=True))
    pairs |= {f"--{name}": value for name, value in instead.items()}
    more = [word for name, value in pairs.items() if name.removeprefix("--") not in without for word in (name, value)]
    return conclude("fair-competition", "exception", *more, by="publisher")


COMPETITION_CASES = [
    refused("an exception without its item", exception("article"), "适用"),
    refused("an exception without alternatives", exception("alternatives", note=""), "不少于10字"),
    refused("an exception without an end", exception("until"), "实施期限或者终止条件"),
    refused("an exception that has ended", exception(until="2026-11-01"), "晚于今天"),
    refused("an exception not explained", exception(note=""), "说明"),
    red("an exception whose time is over", steps(exception(), at(FAR, nothing)), "届满", FAIR),
    refused(
        "the public heard on competition by a tick", state("competition_public_heard", "true"), "由系统根据办理记录认定"
    ),
    refused("lawful by a tick", state("legality", "lawful", by="legal"), "由系统根据办理记录认定"),
    refused("conforming by a tick", state("fair_competition", "conforms"), "由系统根据办理记录认定"),
    refused("heard by a tick", state("heard", "true"), "由系统根据办理记录认定"),
    refused("the public not touched, no reason", state("public_interest", "false"), "不少于10字"),
    refused(
        "the public not touched, confirmed by oneself",
        steps(state("public_interest", "false", SENTENCE), confirm_newest("drafter")),
        "另一人确认",
    ),
]

DOCUMENT = [
    refused(
        "a normative document on request only",
        in_the_other(state("disclosure", "on_request", SENTENCE)),
        "应当主动公开",
    ),
    refused(
        "a normative document not public",
        in_the_other(state("disclosure", "not_public", f"第十四条，{SENTENCE}")),
        "第二十条",
    ),
    refused("not public, without a reason", state("disclosure", "not_public"), "写明理由和所依据的条文"),
    refused("not public, without an article", state("disclosure", "not_public", SENTENCE), "写明理由和所依据的条文"),
    refused("public in a way that there isn't", state("disclosure", "secret", SENTENCE), "没有“secret”这一种"),
    red("disclosure taken back", state("disclosure", ""), "公开属性未确定", OPEN),
    refused("no group touched, no reason", state("special_group", "false"), "不少于10字"),
    refused("no group touched, eight letters", state("special_group", "false", "没有涉及特定群体"), "不少于10字"),
    red(
        "no group touched, says one alone",
        state("special_group", "false", SENTENCE),
        "须改为涉及，或者由另一人确认",
        SPECIAL,
    ),
    refused(
        "no group touched, confirmed by oneself",
        steps(state("special_group", "false", SENTENCE), confirm_newest("drafter")),
        "另一人确认",
    ),
    red("a group, or not?", state("special_group", ""), "尚未确认", SPECIAL),
    red("the plan taken back", UNPLANNED, "没有解读方案", PLANNED),
    refused("a plan without its paper", state("interpretation_plan", "true"), "上传"),
    red("there is no material", state("interpretation_material", "false"), "没有解读材料", EXPLAINED),
    red("the plan's file is gone", lose(PLAN_PAPER), "已不存在", PLANNED),
    red("the experts' file is gone", lose(EXPERT_PAPER), "已不存在", EXPERTS),
    red(
        "the reviews' file is gone",
        lose(select(ReviewPaper.digest).where(ReviewPaper.role == PaperRole.OPINION)),
        "已不存在",
        LEGAL,
        FAIR,
        RISK,
    ),
]

EXCEPTIONS = [
    refused("legality by “领导同意”", steps(take_back(ReviewKind.LEGALITY), ask(LEGAL, "领导同意")), ""),
    refused("legality by a whole sentence", ask(LEGAL), "依法不得按例外情形处理"),
    refused("competition by a whole sentence", ask(FAIR), "依法不得按例外情形处理"),
    refused("the reason “1”", steps(UNPLANNED, ask(PLANNED, "1")), "不少于10字"),
    refused("a reason of dots", steps(UNPLANNED, ask(PLANNED, "。" * 30)), "不少于10字"),
    refused("no paper", steps(UNPLANNED, ask(PLANNED, paper=False)), "须附证明材料"),
    refused("the drafter asks", steps(UNPLANNED, ask(PLANNED, by="drafter")), "需要"),
    refused("the publisher asks", steps(UNPLANNED, ask(PLANNED, by="publisher")), "需要"),
    refused("the administrator asks", steps(UNPLANNED, ask(PLANNED, by="admin")), "需要"),
    refused("a row that is met", ask(PLANNED), "无须按例外情形报批"),
    refused("a row that there isn't", ask("moon"), "没有“moon”这一项"),
    red("asked, not approved", steps(UNPLANNED, ask(PLANNED)), "尚未经另一人批准", PLANNED),
    refused("approved by who asked", steps(UNPLANNED, ask(PLANNED), approve(PLANNED, "legal")), "不能批准自己"),
    refused("approved by the drafter", steps(UNPLANNED, ask(PLANNED), approve(PLANNED, "drafter")), "需要"),
    refused("approved by the administrator", steps(UNPLANNED, ask(PLANNED), approve(PLANNED, "admin")), "需要"),
    refused("approved before it was asked", steps(UNPLANNED, approve(PLANNED)), "没有等待批准"),
    refused(
        "approved twice",
        steps(UNPLANNED, ask(PLANNED), approve(PLANNED), approve(PLANNED, "publisher")),
        "没有等待批准",
    ),
    red(
        "approved, then taken back",
        steps(UNPLANNED, ask(PLANNED), approve(PLANNED), gate_act("withdraw", "legal", precondition=PLANNED)),
        "没有解读方案",
        PLANNED,
    ),
    red(
        "approved for one finding, then another",
        steps(
            UNPLANNED,
            ask(PLANNED),
            approve(PLANNED),
            state("interpretation_plan", "true", paper=True),
            lose(select(MeetingFact.evidence_digest).order_by(MeetingFact.id.desc())),
        ),
        "须重新报批",
        PLANNED,
    ),
    refused("submitted by the drafter", gate_act("submit", "drafter"), "需要"),
    refused(
        "submitted while one row is red", steps(UNPLANNED, gate_act("submit", "legal")), "还有 1 项前置条件没有满足"
    ),
    refused("promulgated before the meeting", issue(), "提请审议以后"),
    refused(
        "a statement after the submission",
        steps(gate_act("submit", "legal"), state("disclosure", "public")),
        "不能再改",
    ),
    refused("a review after the submission", steps(gate_act("submit", "legal"), legality("lawful")), "不能再登记审查"),
]


def extend(day: str, reason: str = "来件较多，需要更长时间。") -> Deed:
    return lambda office: office.flask("consultation", "extend", office.slug, "--until", day, "--reason", reason)


NOTICE = [
    refused("extended to a Saturday of a holiday", during(extend("2027-02-06")), "不能是休息日"),
    refused("extended to a Sunday", during(extend("2026-11-15")), "休息日结束的次日是11月16日"),
    refused("extended without a reason", during(extend("2026-11-16", " ")), "请写明延长的理由"),
    refused("extended after it ended", extend("2026-11-30"), "已经截止的不能再延长"),
    refused("extended to an earlier day", during(extend("2026-10-21")), "必须晚于"),
    red("posted nowhere else", unpost, "政务新媒体", CHANNELS, PLAN),
    red(
        "posted in a paper instead",
        steps(unpost, post_notice("press", "2026-10-10", link="https://example.cn/b")),
        "政务新媒体",
        PLAN,
    ),
    refused("posted without link or picture", post_notice("new_media", "2026-10-10"), "请填写链接"),
    refused(
        "posted on no account",
        post_notice("new_media", "2026-10-10", link="https://example.cn", account=" "),
        "请填写发布的账号",
    ),
    refused("posted tomorrow", post_notice("new_media", "2026-11-25", link="https://example.cn"), "尚未到来"),
    refused(
        "posted before the notice", post_notice("new_media", "2026-10-09", link="https://example.cn"), "早于公布日期"
    ),
    refused("posted under a link that is none", post_notice("new_media", "2026-10-10", link="javascript:1"), "http"),
    red("the mailbox is closed", close_mailbox, "征集信箱", PLAN),
]

HEARINGS = [
    red("material reached them six days before", at_hearing("materials", day="2026-10-24"), "晚于规定日期", HEARING),
    red("material reached them afterwards", at_hearing("materials", day="2026-11-02"), "晚于规定日期", HEARING),
    refused("material to come", at_hearing("materials", day="2026-12-02"), "还没有到"),
    red("a hearing still to come", arrange("2026-12-09T09:00"), "听证会", HEARING),
    red("a hearing without minutes or people", arrange("2026-11-09T09:00"), "听证会", HEARING),
    red("the minutes are gone", lose(hearing_paper(HearingPaperRole.MINUTES)), "已不存在", HEARING),
    red("the signed record is gone", lose(hearing_paper(HearingPaperRole.SIGNED_RECORD)), "已不存在", HEARING),
    refused("a hearing that was held is moved", at_hearing("move", held_at="2026-12-09T09:00", reason=SENTENCE), ""),
    refused("a hearing that was held is cancelled", at_hearing("cancel", reason=SENTENCE), ""),
    refused("said at a hearing to come", during(steps(arrange("2026-10-30T09:00"), speak())), "还没有召开"),
    refused(
        "moved without a reason",
        during(steps(arrange("2026-10-30T09:00"), at_hearing("move", held_at="2026-11-03T09:00", place="三楼"))),
        "原因",
    ),
    refused("cancelled without a reason", during(steps(arrange("2026-10-30T09:00"), at_hearing("cancel"))), "原因"),
    refused(
        "minutes of a hearing to come",
        steps(arrange("2026-12-09T09:00"), at_hearing("minutes", {"minutes": PDF})),
        "还没有召开",
    ),
    refused("said twice", speak(), "已经登记过"),
]

PEOPLE = [
    refused(
        "heard and taken off the list",
        lambda o: o.post("drafter", "consultees/remove", consultee=_id(MEDIUM), reason=SENTENCE),
        "不能从名单中移出",
    ),
    red("two enterprises are one", merge(MEDIUM, SMALL), "现有4家", HEARD),
    red(
        "the association is an enterprise",
        register(ASSOCIATION, kind="enterprise"),
        "行业协会商会至少1家",
        HEARD,
        COMPETITION,
    ),
    red("an enterprise is an association", register(MEDIUM, kind="association"), "现有4家", HEARD),
    red("the group is an enterprise", register(GROUP, kind="enterprise"), "社会组织", SPECIAL),
]

OPINIONS = [
    red("a letter came in", letter, "还有1件来件", SCREENED, DECIDED, REPORT),
    red(
        "a letter was let pass",
        steps(letter, screen("accept", lambda: number_of("居民甲"))),
        "1条意见未处理",
        DECIDED,
        REPORT,
    ),
    red("a screening undone", screen("undo", lambda: number_of("居民0")), "还有1件来件", SCREENED, DECIDED, REPORT),
    red(
        "a submission is a duplicate",
        steps(
            screen("undo", lambda: number_of("居民0")),
            lambda o: o.post("moderator", f"moderation/{number_of('居民0')}/duplicate", original=number_of("居民1")),
        ),
        "重新编制",
        REPORT,
    ),
    red("decided otherwise", decide("adopted", "采纳。"), "未复核", REVIEWED, REPORT),
    red(
        "a decision returned",
        steps(decide("adopted", "采纳。"), review_decision("second", "return", "理由不充分。")),
        "未处理",
        DECIDED,
        REPORT,
    ),
    refused(
        "the author reviews",
        steps(decide("adopted", "采纳。"), review_decision("drafter")),
        "复核人不能是作出这条处理的人",
    ),
    refused("not adopted, without a reason", decide("not_adopted", " "), "理由"),
    red(
        "decided otherwise and reviewed, not reported",
        steps(decide("adopted", "采纳。"), review_decision("second")),
        "重新编制",
        REPORT,
    ),
    red("taken out of its group", take_out, "1条意见未处理", DECIDED, REPORT),
    red("an opinion split", split, "2条意见未处理", DECIDED, REPORT),
    refused(
        "the drafter reviews the report",
        steps(
            lambda o: o.post("drafter", "report/compile", statement="。", correction_reason="有更正。"),
            report("submit", "drafter", 2),
            report("review", "drafter", 2),
        ),
        "需要",
    ),
    refused("the public report is returned", report("return", "legal", reason="撤回。"), ""),
]

OTHER_FILE = "公平竞争审查已通过（材料“审查意见.txt”的文件已不存在"
FAIR_PAPER = (
    select(ReviewPaper.digest)
    .join(Review, Review.id == ReviewPaper.review_id)
    .where(Review.kind == ReviewKind.FAIR_COMPETITION)
)
SUBMITTED = gate_act("submit", "legal")
ASSOCIATION_REJECTED = reject(lambda: answer_of(ASSOCIATION))
UNSCREENED = (HEARD, COMPETITION, SCREENED, DECIDED, REPORT)

ANSWERS = [
    red("the association's only answer is rejected", ASSOCIATION_REJECTED, "现有0家", HEARD, COMPETITION, REPORT),
    *(
        red(
            f"rejected, then a mail “{words}”",
            steps(ASSOCIATION_REJECTED, write_from(ASSOCIATION, words)),
            "行业协会商会至少1家，现有0家",
            *UNSCREENED,
        )
        for words in ("收到，谢谢", "链接打不开", "本人已离职，请联系其他同事。", "建议第三条改为六十周岁。")
    ),
    red(
        "the screening of the association's answer undone",
        screen("undo", lambda: answer_of(ASSOCIATION)),
        "关于公平竞争影响的意见",
        COMPETITION,
        SCREENED,
        DECIDED,
        REPORT,
    ),
    red(
        "a medium one is micro since, and a small one's answer is rejected",
        steps(register(MEDIUM, size="micro"), reject(lambda: answer_of(SMALL))),
        "小微企业至少2家，现有1家",
        HEARD,
        REPORT,
    ),
    red("a table makes the association an enterprise", import_kinds("企业", ASSOCIATION), "0家", HEARD, COMPETITION),
    red("a table makes two enterprises associations", import_kinds("行业协会商会", MEDIUM, SMALL), "现有3家", HEARD),
    red("one is renamed to nearly another's name", register(MEDIUM, name="小型餐饮有限公司"), "现有4家", HEARD),
    red("the words at the hearing are rejected", reject(lambda: number_of("居民代表")), "发言", HEARING, REPORT),
    red("its notice was published after it", publish_for_hearing("notice", "2026-11-02"), "在召开以前", HEARING),
    red("its list was published on its day", publish_for_hearing("participants", "2026-10-30"), "在召开以前", HEARING),
]

AFTERWARDS = [
    red(
        "the same words in another file", upload(f"{DRAFT.replace('七十周岁', '六十五周岁')}\n"), "第3稿", *ALL_REVIEWS
    ),
    refused(
        "an expert with an interest",
        experts(**{"has-interest-0": "yes", "interest": "持有股份", "signatory": "甲"}),
        "有直接利害关系的专家不得参与论证",
    ),
    refused("an expert who wasn't asked", experts(signatory="甲"), "未登记，已填写的内容均已保留"),
    refused(
        "the review on competition is taken back after the submission",
        steps(SUBMITTED, take_back(ReviewKind.FAIR_COMPETITION)),
        "",
    ),
    refused(
        "its paper is lost after the submission",
        steps(SUBMITTED, lose(FAIR_PAPER), issue()),
        OTHER_FILE,
    ),
    refused(
        "its exception has ended when the document is issued",
        steps(take_back(ReviewKind.FAIR_COMPETITION), exception(), SUBMITTED, at(FAR, issue())),
        "不能登记印发",
    ),
    refused("another 送审稿 after the submission", steps(SUBMITTED, upload(ONE_NUMBER)), "上传文稿"),
    red("the mailbox failed while the period ran", change_mailbox(error="登录失败"), "征集信箱", PLAN),
    red(
        "the mailbox was connected after the period",
        change_mailbox(created_at=READY, fetched_at=READY),
        "征集信箱",
        PLAN,
    ),
]

HARMLESS: dict[str, Deed] = {
    "an invitation is revoked after its answer": follow_up(MEDIUM, "revoke", reason="发函有误。"),
    "one that was heard is micro since": register(MEDIUM, size="micro"),
    "the mailbox fails after it was read past the end": change_mailbox(fetched_at=READY, error="登录失败"),
    "a correction of the report is drawn up, not published": lambda office: office.post(
        "drafter", "report/compile", statement="更正。", correction_reason="数字有误。"
    ),
    "the association is retired after it was heard": lambda office: office.post(
        "drafter", f"/register/{_id(ASSOCIATION)}/retire", reason="已注销。"
    ),
}
"""What takes nothing away that the gate rests on."""

CASES = [
    *ANSWERS,
    *AFTERWARDS,
    *REVIEWS,
    *COMPETITION_CASES,
    *DOCUMENT,
    *EXCEPTIONS,
    *NOTICE,
    *HEARINGS,
    *PEOPLE,
    *OPINIONS,
]


def _id(name: str) -> int:
    from tests.meeting.gate_acts import consultee

    return consultee(name).id


def test_it_is_green_before(office: Office) -> None:
    assert office.red() == {}


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_red_or_refused_by_name(office: Office, case: Case) -> None:
    answer = case.deed(office)
    unmet = office.red()
    if not case.red:
        assert answer is not None
        assert answer.refused, f"taken: {unmet}"
        assert case.words in answer.words
        assert unmet == office.before
        return
    assert answer is None or not answer.refused, answer.words
    assert set(unmet) == case.red
    assert any(case.words in why for why in unmet.values()), unmet


@pytest.mark.parametrize("deed", HARMLESS.values(), ids=list(HARMLESS))
def test_it_stays_green(office: Office, deed: Deed) -> None:
    answer = deed(office)
    assert answer is None or not answer.refused, answer.words
    assert office.red() == {}
