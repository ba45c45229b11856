"""How often the reading of a file was begun and didn't come to its end

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-26 16:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "file_attempt",
        sa.Column(
            "work", sa.Enum("search", "scan", "table", name="work", native_enum=False, length=32), nullable=False
        ),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("put_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("work", "digest", name=op.f("pk_file_attempt")),
    )


def downgrade():
    op.drop_table("file_attempt")
