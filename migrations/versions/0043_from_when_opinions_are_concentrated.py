"""The department sets from when opinions are concentrated

Revision ID: 0043
Revises: 0042
Create Date: 2026-11-30 20:50:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "concentration_standard",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG),
        sa.Column("senders", sa.Integer()),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("share_senders", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", BIG),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_concentration_standard_consultation_id_consultation"),
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["user_account.id"], name=op.f("fk_concentration_standard_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concentration_standard")),
    )
    op.create_index(op.f("ix_concentration_standard_consultation_id"), "concentration_standard", ["consultation_id"])


def downgrade():
    op.drop_table("concentration_standard")
