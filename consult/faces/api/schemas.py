"""What goes in and out of the JSON interface; the OpenAPI document is made of these same classes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from consult.adoption.models import Outcome
from consult.drafting.models import QuestionTopic, State
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, PARTS, QUOTE_CHARACTERS, SUBJECT_CHARACTERS
from consult.intake.models import SENDERS_FROM_OUTSIDE, Channel, SenderKind
from consult.labels import LabelledEnum
from consult.subscriptions.service import ADDRESS

LIMIT, MOST = 50, 200
WORDS = r"[0-9A-Za-z\u00c0-\u167f\u1681-\u180a\u1810-\u1fff\u3041-\ud7fb\uf900-\ufaff]"
"""A digit or a letter of any script: what has none says nothing."""
ANCHOR = r"^[a-z]+-[0-9]+(-[a-z0-9]+)*$"
WHOLE_ANCHOR = "draft-0"
IDEMPOTENCY_KEY = r'^([!#-~]{1,255}|"[!#-~]{1,255}")$'
"""Visible ASCII characters, bare or in the quotation marks of a structured field (RFC 8941, 3.3.3)."""
SLUG = r"^[a-z0-9]([a-z0-9-]{0,78}[a-z0-9])?$"


def _named(members: Iterable[LabelledEnum]) -> WithJsonSchema:
    """Return how a value is described: one of the members' values, with their words."""
    listed = list(members)
    words = "；".join(f"{member.value} {member.label.for_public.words}" for member in listed)
    return WithJsonSchema({"type": "string", "enum": [member.value for member in listed], "description": words})


def _is_public(state: State) -> State:
    """Refuse a state in which nobody outside may see a consultation."""
    if not state.is_public:
        raise PydanticCustomError("enum", "no state that everybody may see")
    return state


PublicState = Annotated[State, AfterValidator(_is_public), _named(state for state in State if state.is_public)]
ChannelName = Annotated[Channel, _named(Channel)]


def _may_call_itself(kind: SenderKind) -> SenderKind:
    """Refuse what no sender may call itself."""
    if kind not in SENDERS_FROM_OUTSIDE:
        raise PydanticCustomError("enum", "no kind that a sender may call itself")
    return kind


SenderKindIn = Annotated[
    SenderKind, Field(strict=False), AfterValidator(_may_call_itself), _named(SENDERS_FROM_OUTSIDE)
]
SenderKindName = Annotated[SenderKind, Field(strict=False), _named(SenderKind)]
OutcomeName = Annotated[Outcome, _named(Outcome)]
Content = Annotated[
    str,
    Field(min_length=1, pattern=WORDS, description="意见原文，里面要有字。"),
]
AnchorText = Annotated[str, Field(max_length=80, pattern=ANCHOR, description="条文编号，如 art-12-para-2。")]


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def _written_out(value: object) -> object:
    """Refuse what isn't written as RFC 3339 has it: a number would be taken for seconds since 1970."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value
    raise PydanticCustomError("moment", "no moment of RFC 3339")


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), Field(strict=False)]


class Incoming(BaseModel):
    """What a client sends: exact types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True)


class OpinionIn(Incoming):
    """对一处条文（或者不写 anchor：对整个草案）的一条意见。"""

    content: Content
    anchor: AnchorText | None = None
    quote: Annotated[str, Field(max_length=QUOTE_CHARACTERS, description="所引用的草案原文。")] = ""


ANSWERS = 20
"""Most answers that one submission can hold; a consultation asks no more than eleven questions."""


def _whole(value: object) -> object:
    """Read 1.0 as 1: JSON has one kind of number, and JSON Schema calls it an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class AnswerIn(Incoming):
    """对一个问题的回答。"""

    question: Annotated[
        int, Field(ge=1, le=10_000, description="问题的编号，见征求意见的 questions。"), BeforeValidator(_whole)
    ]
    content: Content


class SubmissionBase(Incoming):
    """来件人、公开意愿和对问题的回答。"""

    answers: Annotated[
        list[AnswerIn], Field(max_length=ANSWERS, description="对 questions 中问题的回答，每个问题一条。")
    ] = []
    name: Annotated[str, Field(max_length=NAME_CHARACTERS, description="姓名或者单位名称。")] = ""
    contact: Annotated[str, Field(max_length=CONTACT_CHARACTERS, description="联系方式，不公开。")] = ""
    publish_name: Annotated[bool, Field(description="单独同意公开姓名或者单位名称。")] = False
    keep_private: Annotated[bool, Field(description="要求不公开意见内容。")] = False
    mail_receipt_to: Annotated[
        str | None,
        Field(pattern=f"^(?:{ADDRESS.pattern})$", max_length=254, description="把回执和以后的采纳情况发到这个邮箱。"),
    ] = None
    sender_kind: SenderKindIn = SenderKind.PERSON
    subject: Annotated[str, Field(max_length=SUBJECT_CHARACTERS, description="主题。")] = ""
    external_id: Annotated[
        str | None, Field(max_length=120, min_length=1, description="原系统编号；需要接口密钥。")
    ] = None
    received_at: Annotated[
        Moment | None,
        Field(description="原系统收到的时间；需要接口密钥。"),
    ] = None


class SubmissionOnWhole(SubmissionBase):
    """对整个草案的意见。"""

    content: Content


class SubmissionByProvision(SubmissionBase):
    """对一处或者几处条文的意见。"""

    opinions: Annotated[list[OpinionIn], Field(min_length=1, max_length=PARTS)]


class SubmissionOfAnswers(SubmissionBase):
    """只回答问题。"""

    answers: Annotated[list[AnswerIn], Field(min_length=1, max_length=ANSWERS)]


class ReceiptOut(BaseModel):
    """回执：凭编号和查询码查询办理情况和采纳情况。"""

    number: str
    key: str
    receipt: Annotated[str, Field(description="回执页面的地址。")]
    received_at: datetime
    late: Annotated[bool, Field(description="是否在截止之后收到。")]
    receipt_mailed: Annotated[
        bool | None, Field(description="要求发到邮箱的，回执是否会发出；同一邮箱一天内发得太多的，不发。")
    ] = None


class PeriodOut(BaseModel):
    """征求意见的期限和法律依据。"""

    opens_at: datetime
    closes_at: Annotated[datetime, Field(description="截止时刻：从这一刻起收到的算逾期。")]
    last_day: date
    days: int
    basis: str
    arithmetic: str
    provisional: Annotated[bool, Field(description="最后一日所在年份的放假安排是否尚未公布，公布后可能顺延。")]
    shortened_reason: str


class ExtensionOut(BaseModel):
    """一次延长。"""

    at: datetime
    closes_before: datetime
    closes_after: datetime
    reason: str


class ConsultationOut(BaseModel):
    """列表中的一件征求意见。"""

    slug: str
    title: str
    kind: str
    kind_name: str
    enterprise_related: bool
    state: PublicState
    department: str
    division: str | None
    summary: str
    page: Annotated[str, Field(description="网页地址。")]
    period: PeriodOut


class QuestionOut(BaseModel):
    """向各方面提出的一个问题。"""

    number: int
    topic: Annotated[QuestionTopic, _named(QuestionTopic)]
    text: str


class ConsultationDetail(ConsultationOut):
    """一件征求意见：公告、起草说明、问题和件数。"""

    notice_html: str
    explanation_html: str
    contact: str
    mail_phrase: str
    questions: list[QuestionOut]
    extensions: list[ExtensionOut]
    withdrawn_reason: str
    received: Annotated[int, Field(description="收到的来件，含逾期。")]
    received_late: int
    report: Annotated[str | None, Field(description="采纳情况反馈的接口地址，公布之前为 null。")]


class ProvisionOut(BaseModel):
    """草案的一处：章、条、款、项。"""

    anchor: str
    kind: str
    place: Annotated[str, Field(description="怎么称呼这一处，如 第十二条第二款。")]
    number: str
    heading: str
    text: str
    parent: str | None
    depth: int


class OpinionOut(BaseModel):
    """审核后公开的一条意见；反馈公布之后有采纳情况和理由。"""

    id: int
    anchor: Annotated[str, Field(description="空表示整个草案。")]
    place: str
    content: str
    channel: ChannelName
    sender_kind: SenderKindName
    name: Annotated[str | None, Field(description="来件人单独同意公开的才有。")]
    received_on: date
    late: bool
    outcome: OutcomeName | None
    reason: str | None


class ReportRowOut(BaseModel):
    """反馈表中的一行。"""

    number: int
    anchor: str
    place: str
    sender: str
    sender_kind: SenderKindName
    channel: ChannelName
    content: str
    outcome: str
    reason: str
    late: bool


class ReportOut(BaseModel):
    """公布的意见采纳情况反馈。"""

    consultation: str
    title: str
    version: int
    published_at: datetime
    statement: str
    figures: dict[str, int]
    main_opinions: list[dict[str, Any]]
    themes: list[dict[str, Any]]
    correction_reason: str
    digest: str
    page: str
    files: dict[str, str]


class ProblemItem(BaseModel):
    """请求里的一处不对。"""

    pointer: Annotated[str, Field(description="在请求里的位置，如 /opinions/0/content 或者 query/limit。")]
    detail: str


class Problem(BaseModel):
    """出错时的回答（RFC 9457）。"""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ProblemItem] = []


class ConsultationPage(BaseModel):
    """一页征求意见，新的在前。"""

    items: list[ConsultationOut]
    next: Annotated[str | None, Field(description="下一页的地址；没有了就是 null。")]


class ProvisionPage(BaseModel):
    """一页条文，按草案的顺序。"""

    items: list[ProvisionOut]
    next: str | None


class OpinionPage(BaseModel):
    """一页公开的意见，先来的在前。"""

    items: list[OpinionOut]
    next: str | None


class ReportRowPage(BaseModel):
    """反馈表的一页。"""

    items: list[ReportRowOut]
    next: str | None


class Query(BaseModel):
    """What an address may ask; nothing else, and nothing twice."""

    model_config = ConfigDict(extra="forbid")


Limit = Annotated[int, Field(ge=1, le=MOST, description="一页几项。")]


class ConsultationQuery(Query):
    """Which consultations."""

    state: Annotated[PublicState | None, Field(description="只要这个状态的。")] = None
    after: Annotated[str | None, Field(pattern=SLUG, description="上一页最后一件的 slug。")] = None
    limit: Limit = LIMIT


class ProvisionQuery(Query):
    """Which provisions."""

    after: Annotated[int, Field(ge=-1, le=10_000_000, description="上一页最后一处的次序。")] = -1
    limit: Limit = LIMIT


class OpinionQuery(Query):
    """Which opinions."""

    anchor: Annotated[
        str | None, Field(max_length=80, pattern=ANCHOR, description="只要这一处的；draft-0 表示整个草案。")
    ] = None
    after: Annotated[int, Field(ge=0, le=2**53 - 1, description="上一页最后一条的 id。")] = 0
    limit: Limit = LIMIT


class RowQuery(Query):
    """Which rows of a report."""

    after: Annotated[int, Field(ge=0, le=2**31 - 1, description="上一页最后一行的序号。")] = 0
    limit: Limit = LIMIT
