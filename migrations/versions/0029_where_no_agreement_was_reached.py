"""Where no agreement was reached with units of government

Revision ID: 0029
Revises: 0028
Create Date: 2026-11-29 21:20:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade():
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "disagreement",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("consultation_id", key, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", key, nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", key, nullable=True),
        sa.Column("settled_how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_disagreement_consultation_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_disagreement_by_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["user_account.id"], name=op.f("fk_disagreement_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disagreement")),
    )
    with op.batch_alter_table("disagreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disagreement_consultation_id"), ["consultation_id"], unique=False)
    op.create_table(
        "disagreement_unit",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("disagreement_id", key, nullable=False),
        sa.Column("response_id", key, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["disagreement_id"], ["disagreement.id"], name=op.f("fk_disagreement_unit_disagreement_id")
        ),
        sa.ForeignKeyConstraint(["response_id"], ["response.id"], name=op.f("fk_disagreement_unit_response_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disagreement_unit")),
        sa.UniqueConstraint(
            "disagreement_id", "response_id", name=op.f("uq_disagreement_unit_disagreement_id_response_id")
        ),
    )
    with op.batch_alter_table("disagreement_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_disagreement_unit_response_id"), ["response_id"], unique=False)


def downgrade():
    op.drop_table("disagreement_unit")
    op.drop_table("disagreement")
