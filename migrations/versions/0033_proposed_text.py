"""What the draft will say instead, beside a decision

Revision ID: 0033
Revises: 0032
Create Date: 2026-11-30 09:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("decision", sa.Column("proposed_text", sa.Text(), server_default="", nullable=False))


def downgrade():
    op.drop_column("decision", "proposed_text")
