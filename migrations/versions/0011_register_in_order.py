"""Indexes that give the register and the proposals in their order, without sorting

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-26 09:30:00.000000

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultee_proposal")
        batch_op.create_index("ix_consultee_proposal", ["retired_at", "kind", "sector", "id"], unique=False)
        batch_op.create_index("ix_consultee_register", ["retired_at", "id"], unique=False)
        batch_op.create_index("ix_consultee_register_kind", ["retired_at", "kind", "id"], unique=False)


def downgrade():
    with op.batch_alter_table("consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultee_register_kind")
        batch_op.drop_index("ix_consultee_register")
        batch_op.drop_index("ix_consultee_proposal")
        batch_op.create_index("ix_consultee_proposal", ["retired_at", "sector", "kind", "size", "id"], unique=False)
