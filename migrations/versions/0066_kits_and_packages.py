"""Kits for new media, what a posting is about, archive packages asked for on the desk

Revision ID: 0066
Revises: 0065
Create Date: 2026-11-30 20:40:00

"""

import sqlalchemy as sa
from alembic import op

from consult.store import JSONValue

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _to(table, column, other):
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade():
    op.create_table(
        "publicity_kit",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("files", JSONValue, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=False),
        sa.Column("failed", sa.Text(), nullable=False),
        _to("publicity_kit", "consultation_id", "consultation"),
        _to("publicity_kit", "asked_by_id", "user_account"),
    )
    op.create_index("ix_publicity_kit_about", "publicity_kit", ["consultation_id", "about", "id"])
    op.create_table(
        "archive_package",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("built_at", MOMENT, nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("submissions", sa.Integer(), nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("failed", sa.Text(), nullable=False),
        _to("archive_package", "consultation_id", "consultation"),
        _to("archive_package", "asked_by_id", "user_account"),
    )
    op.create_index("ix_archive_package_consultation_id", "archive_package", ["consultation_id"])
    op.add_column("notice_posting", sa.Column("about", sa.String(32), nullable=False, server_default="notice"))


def downgrade():
    op.drop_column("notice_posting", "about")
    op.drop_table("archive_package")
    op.drop_table("publicity_kit")
