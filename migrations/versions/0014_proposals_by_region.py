"""The region in the index of proposals, so that those elsewhere are passed over without reading their rows

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-26 10:02:00.000000

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultee_proposal")
        batch_op.create_index("ix_consultee_proposal", ["retired_at", "kind", "sector", "id", "region"], unique=False)


def downgrade():
    with op.batch_alter_table("consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultee_proposal")
        batch_op.create_index("ix_consultee_proposal", ["retired_at", "kind", "sector", "id"], unique=False)
