"""Who issues a document; what a paper of a review was handed in for; what was found of each standard

Revision ID: 0024
Revises: 0023
Create Date: 2026-11-29 19:20:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ISSUER = sa.Enum("department", "joint", "government", name="issuer", native_enum=False, length=32)


def upgrade():
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("issuer", ISSUER, server_default="department", nullable=False))
        batch_op.add_column(sa.Column("leading_unit", sa.String(length=200), server_default="", nullable=False))
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "standards",
                sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
                server_default="{}",
                nullable=False,
            )
        )
    with op.batch_alter_table("review_paper", schema=None) as batch_op:
        batch_op.add_column(sa.Column("item", sa.String(length=40), server_default="", nullable=False))


def downgrade():
    with op.batch_alter_table("review_paper", schema=None) as batch_op:
        batch_op.drop_column("item")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_column("standards")
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_column("leading_unit")
        batch_op.drop_column("issuer")
