"""Sessions are rows

Revision ID: 0031
Revises: 0030
Create Date: 2026-11-29 22:40:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KIND = sa.Enum("user", "member", "link", name="holderkind", native_enum=False, length=32)
WHY = sa.Enum("signed_out", "elsewhere", "password", "role", "closed", name="sessionend", native_enum=False, length=32)


def upgrade():
    op.create_table(
        "account_session",
        sa.Column("id", BIG, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", KIND, nullable=False),
        sa.Column("holder_id", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=80), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_why", WHY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_account_session_token_hash")),
    )
    op.create_index("ix_account_session_kind_holder_id", "account_session", ["kind", "holder_id"])
    op.create_index(op.f("ix_account_session_created_at"), "account_session", ["created_at"])


def downgrade():
    op.drop_table("account_session")
