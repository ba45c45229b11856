"""Imported opinions are placed under the provision that they begin by citing

Revision ID: 0044
Revises: 0043
Create Date: 2026-11-30 21:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("opinion", sa.Column("placed_because", sa.String(length=16), nullable=True))


def downgrade():
    op.drop_column("opinion", "placed_because")
