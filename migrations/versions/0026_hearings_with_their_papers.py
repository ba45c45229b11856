"""Hearings with their papers, changes and letters

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-29 18:40:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _enum(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, length=32)


def upgrade():
    with op.batch_alter_table("gathering", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancelled_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("cancelled_reason", sa.Text(), server_default="", nullable=False))
    with op.batch_alter_table("gathering_attendance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(254), server_default="", nullable=False))
        batch_op.add_column(sa.Column("no_opinion", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("interest", _enum("interest", "none", "direct", "indirect"), nullable=True))
        batch_op.add_column(sa.Column("interest_words", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("interest_asked_at", MOMENT, nullable=True))
    # the defaults of the new columns stay: dropping them would make SQLite copy tables that rows refer to

    op.create_table(
        "gathering_paper",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("gathering_id", ID, nullable=False),
        sa.Column(
            "role",
            _enum("hearingpaperrole", "minutes", "signed_record", "notice", "selection_rule", "participants"),
            nullable=False,
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("unnecessary", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_gathering_paper_by_id")),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"], name=op.f("fk_gathering_paper_gathering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gathering_paper")),
    )
    with op.batch_alter_table("gathering_paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gathering_paper_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_gathering_paper_gathering_id"), ["gathering_id"], unique=False)

    op.create_table(
        "gathering_change",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("gathering_id", ID, nullable=False),
        sa.Column("from_held_at", MOMENT, nullable=False),
        sa.Column("from_place", sa.String(200), nullable=False),
        sa.Column("to_held_at", MOMENT, nullable=False),
        sa.Column("to_place", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_gathering_change_by_id")),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"], name=op.f("fk_gathering_change_gathering_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gathering_change")),
    )
    with op.batch_alter_table("gathering_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gathering_change_gathering_id"), ["gathering_id"], unique=False)

    op.create_table(
        "gathering_letter",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("attendance_id", ID, nullable=False),
        sa.Column("kind", _enum("letterkind", "invitation", "reminder", "moved", "cancelled"), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("held_at", MOMENT, nullable=False),
        sa.Column("method", _enum("method", "mail", "letter", "hand"), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("bounced_at", MOMENT, nullable=True),
        sa.Column("bounced_why", sa.Text(), nullable=False),
        sa.Column("lapsed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["gathering_attendance.id"], name=op.f("fk_gathering_letter_attendance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gathering_letter")),
        sa.UniqueConstraint(
            "attendance_id", "kind", "rule", "held_at", name=op.f("uq_gathering_letter_attendance_id_kind_rule_held_at")
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_gathering_letter_message_id")),
    )


def downgrade():
    op.drop_table("gathering_letter")
    op.drop_table("gathering_change")
    with op.batch_alter_table("gathering_paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gathering_paper_gathering_id"))
        batch_op.drop_index(batch_op.f("ix_gathering_paper_digest"))
    op.drop_table("gathering_paper")
    with op.batch_alter_table("gathering_attendance", schema=None) as batch_op:
        for name in ("interest_asked_at", "interest_words", "interest", "no_opinion", "email"):
            batch_op.drop_column(name)
    with op.batch_alter_table("gathering", schema=None) as batch_op:
        batch_op.drop_column("cancelled_reason")
        batch_op.drop_column("cancelled_at")
