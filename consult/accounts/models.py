"""Divisions, users, the record of sign-ins, sessions, and what a second factor consists of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from consult.labels import Label, LabelledEnum
from consult.store import NOT_IN_RECORD, Base, UTCDateTime, big_id, enum_of


class Role(LabelledEnum):
    """What an account is for (product.md, People)."""

    DRAFTER = "drafter", Label("起草处室", "plain", hint="创建征求意见，填写公告，逐条提出采纳情况")
    MODERATOR = "moderator", Label("审核员", "plain", hint="审核来件，隐去个人信息")
    PUBLISHER = "publisher", Label("信息发布员", "plain", hint="审核发布公告和反馈报告")
    LEGAL = "legal", Label("法规处", "plain", hint="复核采纳情况，核对上会材料")
    ADMIN = "admin", Label("管理员", "plain", hint="管理账号和设置")
    AUDITOR = "auditor", Label("审计员", "plain", hint="只读，不能修改")


class Division(Base):
    """An internal unit (处室) of the department."""

    __tablename__ = "division"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class User(Base):
    """An account of a member of staff."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[Role] = mapped_column(enum_of(Role))
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_due: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether another person set the password, so that it has to be changed before anything else."""
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    factors_changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When a second factor was last set up or taken away: sessions of before end with it."""
    email: Mapped[str | None] = mapped_column(String(254))
    """Where its holder gets notice of what others do to the account."""

    division: Mapped[Division | None] = relationship(lazy="joined")

    # What Flask-Login asks of a user.
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        """Whether the account may sign in."""
        return self.active


class SignIn(Base):
    """One attempt to sign in; the address is kept as a keyed hash only."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    succeeded: Mapped[bool]
    address_hash: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_sign_in_username_at", "username", "at"),
        {"info": {NOT_IN_RECORD: "every attempt has an entry of its own"}},
    )


class HolderKind(LabelledEnum):
    """Who a session belongs to."""

    USER = "user", Label("工作人员", "plain")
    MEMBER = "member", Label("企业端账号", "plain")
    LINK = "link", Label("函件链接", "plain")
    STEP = "step", Label("待完成两步验证", "plain")


class SessionEnd(LabelledEnum, translated=True):
    """Why a session was ended before its time."""

    SIGNED_OUT = "signed_out", Label("已退出", "plain")
    ELSEWHERE = "elsewhere", Label("在其他设备上退出", "plain")
    PASSWORD = "password", Label("密码已修改", "plain")
    ROLE = "role", Label("角色已变更", "plain")
    CLOSED = "closed", Label("账号已停用", "plain")
    FACTOR = "factor", Label("两步验证已变更", "plain")
    RESTORED = "restored", Label("系统从备份恢复", "plain")


class AccountSession(Base):
    """What a browser that is signed in stands on: its cookie carries a random token, of which a hash is kept."""

    __tablename__ = "account_session"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[HolderKind] = mapped_column(enum_of(HolderKind))
    holder_id: Mapped[int] = mapped_column(BigInteger)
    """Id of the account, of the member or of the invitation; those of later stages are out of reach for a key."""
    stamp: Mapped[str] = mapped_column(String(64))
    """Digest of what the session was opened with (password, role, link), of its token and its time: any ends it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, info={NOT_IN_RECORD: "noted when nobody has to wait for it"})
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_why: Mapped[SessionEnd | None] = mapped_column(enum_of(SessionEnd))

    __table_args__ = (Index("ix_account_session_kind_holder_id", "kind", "holder_id"),)


class Totp(Base):
    """The secret of an authenticator app (RFC 6238), confirmed by a code before it was stored."""

    __tablename__ = "totp"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True, autoincrement=False)
    secret_sealed: Mapped[str] = mapped_column(Text)
    """Encrypted (``consult.stored_secrets``)."""
    last_step: Mapped[int] = mapped_column(BigInteger)
    """The time step of the newest code that counted: none up to it counts again."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RecoveryCode(Base):
    """A code that stands in for the second factor once; only its digest is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)


class Passkey(Base):
    """The public half of a key pair that an authenticator keeps for an account (WebAuthn)."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    """The authenticator's id of it, as base64url."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """COSE key (RFC 9052, section 7)."""
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often the authenticator has signed, by its own count; 0 where it doesn't count."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    counted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the challenge was made that counted last: none of that moment or before counts again."""
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Identity(Base):
    """Which user of the department's identity provider an account belongs to; linked by an administrator."""

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(big_id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    """The value of the claim ``OIDC_CLAIM``."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))
