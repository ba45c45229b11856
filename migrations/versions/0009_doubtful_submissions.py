"""Doubtful submissions

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-26 07:55:00

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DOUBT = sa.Enum("none", "unproven", "trap", name="doubt", native_enum=False, length=32)


def upgrade():
    op.add_column("submission", sa.Column("doubt", DOUBT, server_default="none", nullable=False))


def downgrade():
    op.drop_column("submission", "doubt")
