"""What the virus scanner said of attachments

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-26 13:28:41.604712

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "attachment_scan",
        sa.Column(
            "attachment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "finding",
            sa.Enum("clean", "infected", "passed", "away", name="finding", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("search_due", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_scan_attachment_id")),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_scan")),
    )
    with op.batch_alter_table("attachment_scan", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_scan_finding", ["finding", "scanned_at"], unique=False)
        batch_op.create_index("ix_attachment_scan_search_due", ["search_due", "attachment_id"], unique=False)


def downgrade():
    with op.batch_alter_table("attachment_scan", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_scan_search_due")
        batch_op.drop_index("ix_attachment_scan_finding")

    op.drop_table("attachment_scan")
