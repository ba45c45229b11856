"""remembered import columns

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-24 02:35:28.011880

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "import_mapping",
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
        sa.Column("columns", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_import_mapping")),
    )


def downgrade():
    op.drop_table("import_mapping")
