"""What the virus scanner said of files that staff upload

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-26 16:30:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "file_scan",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "finding",
            sa.Enum("clean", "infected", "passed", "away", name="finding", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_file_scan")),
    )
    with op.batch_alter_table("file_scan", schema=None) as batch_op:
        batch_op.create_index("ix_file_scan_finding", ["finding", "scanned_at"], unique=False)


def downgrade():
    with op.batch_alter_table("file_scan", schema=None) as batch_op:
        batch_op.drop_index("ix_file_scan_finding")

    op.drop_table("file_scan")
