"""Messages whose files wait for the virus scanner

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-26 09:25:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("mail_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scan_due", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index("ix_mail_message_scan_due", ["scan_due", "id"])


def downgrade():
    with op.batch_alter_table("mail_message", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_message_scan_due")
        batch_op.drop_column("scan_due")
