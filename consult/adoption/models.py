"""Opinions, groups of them, and the decisions on both."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.accounts.models import Division, User
from consult.intake.models import Submission, SubmissionPart
from consult.labels import Label, LabelledEnum
from consult.ledger.row_digests import BEFORE
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id, enum_of
from consult.text.opinion_kinds import OpinionKind
from consult.text.placing import Because


class Outcome(LabelledEnum, translated=True):
    """The outcome of an opinion (采纳情况)."""

    ADOPTED = "adopted", Label("采纳", "green")
    PARTLY_ADOPTED = "partly_adopted", Label("部分采纳", "blue")
    NOT_ADOPTED = "not_adopted", Label("未采纳", "seal")
    EXPLAINED = "explained", Label("解释说明", "violet")
    OUT_OF_SCOPE = "out_of_scope", Label("不属于本次征求意见范围", "plain", short="不属本次范围")


MADE = (Outcome.ADOPTED, Outcome.PARTLY_ADOPTED)
"""Outcomes that promise a change of the draft."""


class DecisionState(LabelledEnum):
    """The state of a decision: proposed by its author, then reviewed or returned by another person."""

    PROPOSED = "proposed", Label("待复核", "amber")
    REVIEWED = "reviewed", Label("已复核", "green")
    RETURNED = "returned", Label("已退回", "seal")
    UNDONE = "undone", Label("已撤回", "plain")
    """Taken back by its author before anybody reviewed it; never in force."""


class OpinionGroup(Base):
    """A group of similar opinions (归并意见)."""

    __tablename__ = "opinion_group"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(80), default="")
    title: Mapped[str] = mapped_column(String(300))
    concentrated: Mapped[bool] = mapped_column(default=False)
    """Above the threshold of the rules (较为集中)."""
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Created or changed by a person: computed grouping doesn't change it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    opinions: Mapped[list[Opinion]] = relationship(back_populates="group", order_by="Opinion.id")


class ConcentrationStandard(Base):
    """From when opinions are concentrated (较为集中的标准), set for all consultations or for one; the newest holds."""

    __tablename__ = "concentration_standard"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    """None: for all that have none of their own."""
    senders: Mapped[int | None]
    """None: this consultation goes by the department's again."""
    share: Mapped[int]
    """Percent of the senders on the provision; 0 where only their number counts."""
    share_senders: Mapped[int]
    """How many senders there must be at least for the share to count."""
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    by: Mapped[User | None] = relationship()


class Opinion(Base):
    """One point out of an accepted submission, on one provision or on the whole (意见)."""

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), index=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("submission_part.id"), index=True)
    anchor: Mapped[str] = mapped_column(String(80), default="")
    """Provision of the public version; empty for the whole."""
    content: Mapped[str] = mapped_column(Text)
    """The point as printed: the public text of the part, or a piece of it that a drafter split off."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn: Mapped[bool] = mapped_column(default=False)
    """Its submission is no longer accepted, or it was split: it isn't counted."""
    replaced: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Replaced by its pieces, or by the whole it was a piece of; also when its submission is accepted again."""
    alone: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A person removed it from a group: computed grouping leaves it out."""
    placed_because: Mapped[Because | None] = mapped_column(enum_of(Because, 16))
    """Why the platform proposes ``anchor``, until a person confirms or changes it; None: a person chose."""
    kind: Mapped[OpinionKind | None] = mapped_column(enum_of(OpinionKind))
    """As proposed from its words, or as a person set it; NULL: not read yet."""
    kind_confirmed: Mapped[bool] = mapped_column(default=False, server_default=false(), info={BEFORE: False})
    """A person confirmed or changed its kind: reading its words again leaves it."""

    submission: Mapped[Submission] = relationship()
    part: Mapped[SubmissionPart] = relationship()
    group: Mapped[OpinionGroup | None] = relationship(back_populates="opinions")

    __table_args__ = (
        Index("ix_opinion_by_provision", "consultation_id", "anchor", "id"),
        Index("ix_opinion_by_key", "consultation_id", "id"),
        Index("ix_opinion_by_kind", "consultation_id", "withdrawn", "kind", "id", "kind_confirmed"),
        Index("ix_opinion_unread", "id", sqlite_where=text("kind IS NULL"), postgresql_where=text("kind IS NULL")),
    )


class ReasonTemplate(Base):
    """A reason to choose (理由库), with its legal basis and placeholders; a change is a new row that replaces it."""

    __tablename__ = "reason_template"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    """Whose it is; None: all divisions'."""
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    words: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("reason_template.id"), index=True)
    """Its first version; None: this is it."""
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Retired, or replaced by a newer version."""
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    division: Mapped[Division | None] = relationship()
    by: Mapped[User | None] = relationship(foreign_keys=[by_id])

    @property
    def first_id(self) -> int:
        """The id of its first version."""
        return self.origin_id or self.id


class SavedView(Base):
    """A named combination of filters of the workspace, as an address (视图): one's own, or shared with the division."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    """With whom it is shared."""
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    """Where it holds, if it names a provision or a holder of work; None: everywhere."""
    name: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(600))
    """The query of the address: ``show=undecided&channel=hotline``."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = ({"info": {NOT_IN_RECORD: "shortcuts of those who work with the list; nothing relies on them"}},)


class Decision(Base):
    """A decision on an opinion or a group, with reason, author and reviewer.

    Never overwritten: a new decision refers to the one it replaces; ``current`` marks the one in force.
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_of(Outcome))
    reason: Mapped[str] = mapped_column(Text)
    proposed_text: Mapped[str] = mapped_column(Text, default="", server_default="", info={BEFORE: ""})
    """What the draft will say instead (拟修改为), where it was adopted and the author wrote it."""
    state: Mapped[DecisionState] = mapped_column(enum_of(DecisionState))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    current: Mapped[bool] = mapped_column(default=True)
    template_id: Mapped[int | None] = mapped_column(
        ForeignKey("reason_template.id"),
        index=True,
        info={NOT_IN_RECORD: "counts where a reason is used; says nothing"},
    )
    """The reason of the library that its words come from."""

    opinion: Mapped[Opinion | None] = relationship()
    group: Mapped[OpinionGroup | None] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[author_id])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewer_id])

    __table_args__ = (
        CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name="on_one_thing"),
        Index("ix_decision_opinion", "opinion_id", "current"),
        Index("ix_decision_group", "group_id", "current"),
        Index("ix_decision_state", "consultation_id", "current", "state"),
        Index("ix_decision_author", "author_id", "id"),
    )


class Assignment(Base):
    """The work on a unit of the draft, or on a group, given to a drafter or a division (承办); ended, never changed."""

    __tablename__ = "opinion_assignment"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    anchor: Mapped[str | None] = mapped_column(String(80))
    """Anchor of a unit of the public version, with the opinions on any part of it; empty for the whole draft."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    due_on: Mapped[date | None]
    """The last local day on which its opinions are to be decided on."""
    remark: Mapped[str] = mapped_column(String(300), default="")
    """Words for whoever takes it over."""
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_assignment.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    group: Mapped[OpinionGroup | None] = relationship()
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])
    division: Mapped[Division | None] = relationship()
    given_by: Mapped[User | None] = relationship(foreign_keys=[given_by_id])

    @property
    def holder(self) -> str:
        """The name of whom it was given to."""
        return self.user.name if self.user is not None else self.division.name if self.division is not None else ""

    @property
    def holder_key(self) -> str:
        """What names its holder in addresses and forms: ``user-3``, ``division-2``."""
        return f"user-{self.user_id}" if self.user_id is not None else f"division-{self.division_id}"

    __table_args__ = (
        CheckConstraint("(anchor IS NULL) <> (group_id IS NULL)", name="of_one_thing"),
        CheckConstraint("(user_id IS NULL) <> (division_id IS NULL)", name="to_one"),
        Index(
            "uq_opinion_assignment_anchor_in_force",
            "consultation_id",
            "anchor",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_opinion_assignment_group_in_force",
            "group_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class OpinionComment(Base):
    """What a colleague said to colleagues on an opinion or a group (内部讨论); never changed, only struck out."""

    __tablename__ = "opinion_comment"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    words: Mapped[str] = mapped_column(Text)
    """At most 2,000 characters, without private data; never printed or exported."""
    struck_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    author: Mapped[User | None] = relationship()

    __table_args__ = (CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name="on_one_thing"),)


class ReferralState(LabelledEnum):
    """The state of a referral: it follows from its days."""

    OPEN = "open", Label("待答复", "amber")
    ANSWERED = "answered", Label("已答复", "green")
    TAKEN_BACK = "taken_back", Label("已撤回", "plain")


class Referral(Base):
    """An opinion, or a part of a submission that has no opinion, passed on to another organisation (转办)."""

    __tablename__ = "opinion_referral"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    part_id: Mapped[int] = mapped_column(ForeignKey("submission_part.id"), index=True)
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"), index=True)
    """The point out of the part; NULL where the part has no opinion."""
    organisation: Mapped[str] = mapped_column(String(100))
    """To whom; a sender reads it on the receipt."""
    number: Mapped[str] = mapped_column(String(60), default="")
    """Number of the letter that passed it on (文号)."""
    referred_on: Mapped[date]
    """The local day on which it was passed on."""
    remark: Mapped[str] = mapped_column(String(300), default="")
    """Reason or remark for colleagues, without private data."""
    shown_to_sender: Mapped[bool]
    """Whether the receipt says so; not where that would reveal a private matter."""
    referred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    referred_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    answered_on: Mapped[date | None]
    """The local day on which the organisation answered."""
    taken_back_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    taken_back_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_back_reason: Mapped[str] = mapped_column(String(300), default="")

    part: Mapped[SubmissionPart] = relationship()
    opinion: Mapped[Opinion | None] = relationship()
    referred_by: Mapped[User | None] = relationship(foreign_keys=[referred_by_id])

    @property
    def state(self) -> ReferralState:
        """Its state."""
        if self.taken_back_at is not None:
            return ReferralState.TAKEN_BACK
        return ReferralState.OPEN if self.answered_on is None else ReferralState.ANSWERED

    @property
    def content(self) -> str:
        """The words that were passed on."""
        return self.opinion.content if self.opinion is not None else self.part.content

    __table_args__ = (Index("ix_opinion_referral_list", "consultation_id", "id"),)


class Theme(Base):
    """A theme that opinions and groups are marked with across provisions (主题); removed or merged, never deleted."""

    __tablename__ = "theme"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(80))
    """The name as it is compared: one width, one case, simplified, without blanks."""
    is_public: Mapped[bool] = mapped_column(default=False)
    """Whether the feedback report counts its opinions in print."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("theme.id"))

    __table_args__ = (
        Index(
            "uq_theme_name",
            "consultation_id",
            "name_key",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )


class ThemeMark(Base):
    """A theme on an opinion, or on a group and so on its members; ended, never deleted."""

    __tablename__ = "theme_mark"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    theme_id: Mapped[int] = mapped_column(ForeignKey("theme.id"))
    opinion_id: Mapped[int | None] = mapped_column(ForeignKey("opinion.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("opinion_group.id"))
    marked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    theme: Mapped[Theme] = relationship()

    __table_args__ = (
        CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name="on_one_thing"),
        Index(
            "uq_theme_mark_opinion",
            "opinion_id",
            "theme_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_theme_mark_group",
            "group_id",
            "theme_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_theme_mark_theme", "theme_id", "ended_at", "opinion_id", "group_id"),
    )


class OpinionPresence(Base):
    """What of the workspace an account has open, noted now and then, so that colleagues don't do the same at once."""

    __tablename__ = "opinion_presence"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    subject: Mapped[str] = mapped_column(String(24))
    """``o`` or ``g`` and the id of the opinion or group."""
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship()

    __table_args__ = (
        Index("ix_opinion_presence_seen", "consultation_id", "seen_at"),
        {"info": {NOT_IN_RECORD: "who has what open; noted when nobody has to wait for it"}},
    )
