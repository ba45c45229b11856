"""Reports are signed, their files made by the worker, and rows say what was changed

Revision ID: 0050
Revises: 0049
Create Date: 2026-11-30 21:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("feedback_report") as table:
        table.add_column(sa.Column("signature", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("checkpoint", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("report_row") as table:
        table.add_column(sa.Column("rewording", sa.Text(), nullable=False, server_default=""))
        table.create_index("ix_report_row_outcome", ["report_id", "outcome", "number"])
        table.create_index("ix_report_row_anchor", ["report_id", "anchor", "number"])


def downgrade():
    with op.batch_alter_table("report_row") as table:
        table.drop_index("ix_report_row_anchor")
        table.drop_index("ix_report_row_outcome")
        table.drop_column("rewording")
    with op.batch_alter_table("feedback_report") as table:
        table.drop_column("checkpoint")
        table.drop_column("signature")
