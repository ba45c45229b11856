"""What becomes of private data in a report is decided, and where it stands is kept

Revision ID: 0049
Revises: 0048
Create Date: 2026-11-30 18:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table, column, of):
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade():
    decision, scan = "report_find_decision", "report_scan"
    op.create_table(
        decision,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=40), nullable=False),
        sa.Column("choice", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.Column("replaces_id", BIG),
        _key(decision, "consultation_id", "consultation"),
        _key(decision, "by_id", "user_account"),
        _key(decision, "replaces_id", decision),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_find_decision")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_report_find_decision_replaces_id")),
    )
    op.create_index("ix_report_find_decision_key", decision, ["consultation_id", "kind", "digest"])
    op.create_table(
        scan,
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("row", BIG, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("finds", sa.Text(), nullable=False),
        _key(scan, "consultation_id", "consultation"),
        sa.PrimaryKeyConstraint("consultation_id", "row", name=op.f("pk_report_scan")),
    )


def downgrade():
    op.drop_table("report_scan")
    op.drop_table("report_find_decision")
