"""What the gate last said of each precondition

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-29 21:00:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "gate_state",
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("precondition", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_gate_state_consultation_id")),
        sa.PrimaryKeyConstraint("consultation_id", "precondition", name=op.f("pk_gate_state")),
    )
    with op.batch_alter_table("gate_state", schema=None) as batch_op:
        batch_op.create_index("ix_gate_state_since", ["state", "since"], unique=False)


def downgrade():
    with op.batch_alter_table("gate_state", schema=None) as batch_op:
        batch_op.drop_index("ix_gate_state_since")
    op.drop_table("gate_state")
