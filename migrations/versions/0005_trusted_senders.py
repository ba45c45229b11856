"""trusted senders

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-24 03:15:22.967605

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "trusted_sender",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "mailbox",
                "portal",
                "letter",
                "phone",
                "hotline",
                "new_media",
                "meeting",
                name="channel",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_sender")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_trusted_sender_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_trusted_sender_name")),
    )


def downgrade():
    op.drop_table("trusted_sender")
