"""The meeting's result, the issued document, and what becomes of it

Revision ID: 0053
Revises: 0052
Create Date: 2026-11-30 19:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _by(table):
    return sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f(f"fk_{table}_by_id_user_account"))


def upgrade():
    op.create_table(
        "meeting_result",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("meeting", sa.String(200), nullable=False),
        sa.Column("differing", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("minutes_name", sa.String(200), nullable=False),
        sa.Column("minutes_digest", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_meeting_result_consultation_id_consultation")
        ),
        _by("meeting_result"),
    )
    op.create_index(op.f("ix_meeting_result_consultation_id"), "meeting_result", ["consultation_id"])
    op.create_table(
        "issued_document",
        sa.Column("consultation_id", BIG, primary_key=True, autoincrement=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("document_number", sa.String(80), nullable=False),
        sa.Column("register_number", sa.String(80), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("published_in", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_issued_document_consultation_id_consultation")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["draft_version.id"], name=op.f("fk_issued_document_version_id_draft_version")
        ),
        _by("issued_document"),
    )
    op.create_table(
        "document_act",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("consultation_id", BIG, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("paper_name", sa.String(200), nullable=False),
        sa.Column("paper_digest", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["issued_document.consultation_id"],
            name=op.f("fk_document_act_consultation_id_issued_document"),
        ),
        _by("document_act"),
    )
    op.create_index("ix_document_act_kind", "document_act", ["consultation_id", "kind", "id"])


def downgrade():
    op.drop_table("document_act")
    op.drop_table("issued_document")
    op.drop_table("meeting_result")
