"""Opinions are passed on to other organisations, and marked with themes

Revision ID: 0047
Revises: 0046
Create Date: 2026-11-30 21:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table, column, of):
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def _unique_where(name, table, columns, condition):
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def upgrade():
    referral, theme, mark = "opinion_referral", "theme", "theme_mark"
    op.create_table(
        referral,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("part_id", BIG, nullable=False),
        sa.Column("opinion_id", BIG),
        sa.Column("organisation", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("referred_on", sa.Date(), nullable=False),
        sa.Column("remark", sa.String(length=300), nullable=False),
        sa.Column("shown_to_sender", sa.Boolean(), nullable=False),
        sa.Column("referred_at", MOMENT, nullable=False),
        sa.Column("referred_by_id", BIG),
        sa.Column("answered_on", sa.Date()),
        sa.Column("taken_back_at", MOMENT),
        sa.Column("taken_back_by_id", BIG),
        sa.Column("taken_back_reason", sa.String(length=300), nullable=False),
        _key(referral, "consultation_id", "consultation"),
        _key(referral, "part_id", "submission_part"),
        _key(referral, "opinion_id", "opinion"),
        _key(referral, "referred_by_id", "user_account"),
        _key(referral, "taken_back_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_referral")),
    )
    for column in ("part_id", "opinion_id"):
        op.create_index(op.f(f"ix_opinion_referral_{column}"), referral, [column])
    op.create_index("ix_opinion_referral_list", referral, ["consultation_id", "id"])
    op.create_table(
        theme,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.Column("merged_into_id", BIG),
        _key(theme, "consultation_id", "consultation"),
        _key(theme, "merged_into_id", "theme"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme")),
    )
    _unique_where("uq_theme_name", theme, ["consultation_id", "name_key"], "removed_at IS NULL")
    op.create_table(
        mark,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("theme_id", BIG, nullable=False),
        sa.Column("opinion_id", BIG),
        sa.Column("group_id", BIG),
        sa.Column("marked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("(opinion_id IS NULL) <> (group_id IS NULL)", name=op.f("ck_theme_mark_on_one_thing")),
        _key(mark, "theme_id", "theme"),
        _key(mark, "opinion_id", "opinion"),
        _key(mark, "group_id", "opinion_group"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_mark")),
    )
    _unique_where("uq_theme_mark_opinion", mark, ["opinion_id", "theme_id"], "ended_at IS NULL")
    _unique_where("uq_theme_mark_group", mark, ["group_id", "theme_id"], "ended_at IS NULL")
    op.create_index("ix_theme_mark_theme", mark, ["theme_id", "ended_at", "opinion_id", "group_id"])


def downgrade():
    for table in ("theme_mark", "theme", "opinion_referral"):
        op.drop_table(table)
