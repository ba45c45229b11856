"""What staff upload is read by the worker before it is confirmed

Revision ID: 0048
Revises: 0047
Create Date: 2026-11-30 23:30:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    table = "staff_upload"
    op.create_table(
        table,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("consultation_id", BIG),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_staff_upload_user_id_user_account")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_staff_upload_consultation_id_consultation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_upload")),
    )
    op.create_index(op.f("ix_staff_upload_stage"), table, ["stage"])
    op.create_index(op.f("ix_staff_upload_uploaded_at"), table, ["uploaded_at"])


def downgrade():
    op.drop_table("staff_upload")
