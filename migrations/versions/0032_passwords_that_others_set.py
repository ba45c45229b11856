"""Passwords that another person set have to be changed

Revision ID: 0032
Revises: 0031
Create Date: 2026-11-29 23:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("user_account", sa.Column("password_due", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade():
    op.drop_column("user_account", "password_due")
