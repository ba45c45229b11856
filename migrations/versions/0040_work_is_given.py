"""Opinions are given to drafters and divisions, with a day on which they are due

Revision ID: 0040
Revises: 0039
Create Date: 2026-11-30 16:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
IN_FORCE = {
    "unique": True,
    "sqlite_where": sa.text("ended_at IS NULL"),
    "postgresql_where": sa.text("ended_at IS NULL"),
}


def _key(table, column, of):
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade():
    grant, work = "work_grant", "opinion_assignment"
    op.create_table(
        grant,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("user_id", BIG),
        sa.Column("division_id", BIG),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("(user_id IS NULL) <> (division_id IS NULL)", name=op.f("ck_work_grant_to_one")),
        _key(grant, "consultation_id", "consultation"),
        _key(grant, "user_id", "user_account"),
        _key(grant, "division_id", "division"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_grant")),
        sa.UniqueConstraint("consultation_id", "user_id", name=op.f("uq_work_grant_consultation_id_user_id")),
        sa.UniqueConstraint("consultation_id", "division_id", name=op.f("uq_work_grant_consultation_id_division_id")),
    )
    op.create_index(op.f("ix_work_grant_user_id"), grant, ["user_id"])
    op.create_index(op.f("ix_work_grant_division_id"), grant, ["division_id"])
    op.create_table(
        work,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("anchor", sa.String(length=80)),
        sa.Column("group_id", BIG),
        sa.Column("user_id", BIG),
        sa.Column("division_id", BIG),
        sa.Column("due_on", sa.Date()),
        sa.Column("remark", sa.String(length=300), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("given_by_id", BIG),
        sa.Column("replaces_id", BIG),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG),
        sa.CheckConstraint("(anchor IS NULL) <> (group_id IS NULL)", name=op.f("ck_opinion_assignment_of_one_thing")),
        sa.CheckConstraint("(user_id IS NULL) <> (division_id IS NULL)", name=op.f("ck_opinion_assignment_to_one")),
        _key(work, "consultation_id", "consultation"),
        _key(work, "group_id", "opinion_group"),
        _key(work, "user_id", "user_account"),
        _key(work, "division_id", "division"),
        _key(work, "given_by_id", "user_account"),
        _key(work, "replaces_id", work),
        _key(work, "ended_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion_assignment")),
    )
    for column in ("consultation_id", "user_id", "division_id"):
        op.create_index(op.f(f"ix_opinion_assignment_{column}"), work, [column])
    op.create_index("uq_opinion_assignment_anchor_in_force", work, ["consultation_id", "anchor"], **IN_FORCE)
    op.create_index("uq_opinion_assignment_group_in_force", work, ["group_id"], **IN_FORCE)


def downgrade():
    op.drop_table("opinion_assignment")
    op.drop_table("work_grant")
