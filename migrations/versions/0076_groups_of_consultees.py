"""Saved groups of consultees

Revision ID: 0076
Revises: 0075
Create Date: 2026-11-30 23:40:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "consultee_group",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("division_id", BIG, sa.ForeignKey("division.id"), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", BIG, sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_consultee_group_division_id", "consultee_group", ["division_id"])
    op.create_table(
        "consultee_group_member",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("group_id", BIG, sa.ForeignKey("consultee_group.id"), nullable=False),
        sa.Column("consultee_id", BIG, sa.ForeignKey("consultee.id"), nullable=False),
    )
    for column in ("group_id", "consultee_id"):
        op.create_index(f"ix_consultee_group_member_{column}", "consultee_group_member", [column])


def downgrade():
    op.drop_table("consultee_group_member")
    op.drop_table("consultee_group")
