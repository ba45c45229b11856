"""Opinions have a kind, proposed from their words and confirmed by a person

Revision ID: 0046
Revises: 0045
Create Date: 2026-11-30 20:30:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

UNREAD = sa.text("kind IS NULL")


def upgrade():
    op.add_column("opinion", sa.Column("kind", sa.String(length=32)))
    op.add_column("opinion", sa.Column("kind_confirmed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_opinion_by_kind", "opinion", ["consultation_id", "withdrawn", "kind", "id", "kind_confirmed"])
    op.create_index("ix_opinion_unread", "opinion", ["id"], sqlite_where=UNREAD, postgresql_where=UNREAD)


def downgrade():
    op.drop_index("ix_opinion_unread", "opinion")
    op.drop_index("ix_opinion_by_kind", "opinion")
    op.drop_column("opinion", "kind_confirmed")
    op.drop_column("opinion", "kind")
