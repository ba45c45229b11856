"""Subscriptions, and who wants receipt and decisions by mail

Revision ID: 0052
Revises: 0055
Create Date: 2026-11-30 18:30:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0055"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "subscription",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("words", sa.String(40), nullable=False),
        sa.Column("consultation_id", BIG),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "(scope = 'consultation') = (consultation_id IS NOT NULL)",
            name=op.f("ck_subscription_of_one_consultation"),
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_subscription_consultation_id_consultation")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_subscription_token")),
    )
    op.create_index("ix_subscription_address", "subscription", ["address"])
    op.create_index(op.f("ix_subscription_consultation_id"), "subscription", ["consultation_id"])
    op.create_table(
        "letter_wish",
        sa.Column("submission_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("token", sa.String(43), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_letter_wish_submission_id_submission")
        ),
        sa.UniqueConstraint("token", name=op.f("uq_letter_wish_token")),
    )


def downgrade():
    op.drop_table("letter_wish")
    op.drop_table("subscription")
