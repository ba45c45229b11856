"""Letters on their way out

Revision ID: 0051
Revises: 0050
Create Date: 2026-11-30 18:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "outgoing_mail",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mail_message_id")),
    )
    op.create_index("ix_outgoing_mail_due", "outgoing_mail", ["state", "next_at"])
    op.create_index("ix_outgoing_mail_address", "outgoing_mail", ["address", "queued_at"])
    op.create_index("ix_outgoing_mail_subject", "outgoing_mail", ["subject"])


def downgrade():
    op.drop_table("outgoing_mail")
