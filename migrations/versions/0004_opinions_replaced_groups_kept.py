"""Opinions replaced or taken out of a group, groups that people keep

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-24 02:32:33.497705

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_author", ["author_id", "id"], unique=False)
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaced", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("alone", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("opinion_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    with op.batch_alter_table("opinion_group", schema=None) as batch_op:
        batch_op.drop_column("kept")
    with op.batch_alter_table("opinion", schema=None) as batch_op:
        batch_op.drop_column("alone")
        batch_op.drop_column("replaced")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_author")
