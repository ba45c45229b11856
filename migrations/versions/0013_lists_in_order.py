"""Index that gives the list of those to be heard in its order, without sorting

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-26 09:57:00.000000

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("consultation_consultee", schema=None) as batch_op:
        batch_op.create_index("ix_consultation_consultee_order", ["consultation_id", "removed_at", "id"], unique=False)


def downgrade():
    with op.batch_alter_table("consultation_consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultation_consultee_order")
