"""The State Council's notices of years, as they were entered

Revision ID: 0070
Revises: 0066
Create Date: 2026-11-30 23:30:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0070"
down_revision = "0066"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade():
    op.create_table(
        "calendar_notice",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("rest", JSON, nullable=False),
        sa.Column("work", JSON, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_calendar_notice_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_notice")),
    )


def downgrade():
    op.drop_table("calendar_notice")
