"""Colleagues discuss opinions, and see who else has one open

Revision ID: 0042
Revises: 0041
Create Date: 2026-11-30 17:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table, column, of):
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade():
    comment, presence = "opinion_comment", "opinion_presence"
    op.create_table(
        comment,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("opinion_id", BIG),
        sa.Column("group_id", BIG),
        sa.Column("author_id", BIG),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("struck_at", MOMENT),
        sa.CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name=op.f("ck_opinion_comment_on_one_thing")),
        _key(comment, "consultation_id", "consultation"),
        _key(comment, "opinion_id", "opinion"),
        _key(comment, "group_id", "opinion_group"),
        _key(comment, "author_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_comment")),
    )
    for column in ("consultation_id", "opinion_id", "group_id"):
        op.create_index(op.f(f"ix_opinion_comment_{column}"), comment, [column])
    op.create_table(
        presence,
        sa.Column("user_id", BIG, autoincrement=False, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        _key(presence, "user_id", "user_account"),
        _key(presence, "consultation_id", "consultation"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_opinion_presence")),
    )
    op.create_index("ix_opinion_presence_seen", presence, ["consultation_id", "seen_at"])


def downgrade():
    op.drop_table("opinion_presence")
    op.drop_table("opinion_comment")
