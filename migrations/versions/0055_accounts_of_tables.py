"""Tables account for everything in them, may have attachments, and are read as their uploader chose

Revision ID: 0055
Revises: 0051
Create Date: 2026-11-30 21:30:00

"""

import sqlalchemy as sa
from alembic import op

from consult.store import JSONValue, UTCDateTime

revision = "0055"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("table_import") as table:
        table.add_column(sa.Column("with_hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("received_on", UTCDateTime(), nullable=True))
        table.add_column(sa.Column("files", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("accounted", JSONValue, nullable=False, server_default="{}"))
    with op.batch_alter_table("staff_upload") as table:
        table.add_column(sa.Column("options", JSONValue, nullable=False, server_default="{}"))


def downgrade():
    with op.batch_alter_table("staff_upload") as table:
        table.drop_column("options")
    with op.batch_alter_table("table_import") as table:
        for column in ("accounted", "files", "received_on", "with_hidden"):
            table.drop_column(column)
