"""Opinions of a consultation by key

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-24 03:40:11.102233

"""

from alembic import op

# revision identifiers, used by Alembic.
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.create_index("ix_opinion_by_key", ["consultation_id", "id"], unique=False)


def downgrade():
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.drop_index("ix_opinion_by_key")
