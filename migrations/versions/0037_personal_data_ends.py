"""Personal data end: stubs of what was deleted, and holds

Revision ID: 0037
Revises: 0036
Create Date: 2026-11-30 09:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
NEW = (
    ("submission_raw", "erased_digest", sa.String(length=64)),
    ("mail_message", "erased_at", MOMENT),
    ("consultee_contact", "superseded_at", MOMENT),
)


def upgrade():
    for table, name, kind in NEW:
        op.add_column(table, sa.Column(name, kind))
    op.create_table(
        "personal_data_erasure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("consultation_id", BIG),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("file_gone_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_personal_data_erasure_consultation_id_consultation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_data_erasure")),
        sa.UniqueConstraint("rule", "subject", name=op.f("uq_personal_data_erasure_rule_subject")),
    )
    op.create_index("ix_personal_data_erasure_file_gone_at", "personal_data_erasure", ["file_gone_at", "file"])
    op.create_table(
        "retention_hold",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.Column("lifted_at", MOMENT),
        sa.Column("lifted_by_id", BIG),
        sa.Column("lifted_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_retention_hold_consultation_id_consultation")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_retention_hold_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"], ["user_account.id"], name=op.f("fk_retention_hold_lifted_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_index(op.f("ix_retention_hold_consultation_id"), "retention_hold", ["consultation_id"])


def downgrade():
    op.drop_table("retention_hold")
    op.drop_table("personal_data_erasure")
    for table, name, _ in NEW:
        op.drop_column(table, name)
