"""Requests about personal data

Revision ID: 0038
Revises: 0037
Create Date: 2026-11-30 10:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "privacy_request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("submission_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("new_name", sa.String(length=200), nullable=False),
        sa.Column("new_contact", sa.String(length=300), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by_id", BIG),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("confirmed_by_id", BIG),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_privacy_request_submission_id_submission")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_privacy_request_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user_account.id"], name=op.f("fk_privacy_request_confirmed_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
    )
    op.create_index(op.f("ix_privacy_request_submission_id"), "privacy_request", ["submission_id"])
    op.create_index("ix_privacy_request_state_due_on", "privacy_request", ["state", "due_on"])


def downgrade():
    op.drop_table("privacy_request")
